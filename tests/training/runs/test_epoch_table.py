"""The table of a run: a line per epoch, the same live and after the fact."""

import pytest
import torch

from course_lib.core.history import History
from course_lib.core.seeding import Seeds
from course_lib.training.loop.state import TrainState
from course_lib.training.runs.epoch_table import history_table, print_table


def history(epochs: int) -> History:
    rows = History()
    for epoch in range(1, epochs + 1):
        rows.add("train", step=10 * epoch, epoch=epoch, loss=2.0 / epoch, rate=1e-3, seconds=0.123)
        if epoch % 2:
            rows.add("val", step=10 * epoch, epoch=epoch, loss=2.5 / epoch, accuracy=0.9)
    return rows


def test_the_table_has_a_line_per_epoch_and_a_column_per_value() -> None:
    assert history_table(history(3)).splitlines() == [
        "epoch  train loss  train rate   val loss  val accuracy",
        "    1           2       0.001        2.5           0.9",
        "    2           1       0.001          -             -",
        "    3      0.6667       0.001     0.8333           0.9",
    ]


def test_times_stay_out_of_the_table() -> None:
    assert "0.123" not in history_table(history(2))


def test_a_history_without_rows_has_no_table() -> None:
    with pytest.raises(ValueError, match="history must hold at least one row, got none"):
        history_table(History())


@pytest.mark.parametrize("resumed_after", [0, 2])
def test_the_lines_that_a_run_prints_are_the_table(resumed_after: int) -> None:
    model = torch.nn.Linear(1, 1)
    state = TrainState(model, torch.optim.SGD(model.parameters(), lr=1.0), Seeds.same(0))
    rows, lines = history(4).rows, []
    printing = print_table(lines.append)
    for epoch in range(resumed_after + 1, 5):
        state.history.rows[:] = [row for row in rows if row["epoch"] <= epoch]
        printing(state)
    assert "\n".join(lines) == history_table(history(4))
