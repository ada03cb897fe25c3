"""A line and a bar say how a run is doing, outside of compared outputs; a loss that grows is told within 20 steps."""

import io
import math
import os
import sys
from types import SimpleNamespace

import pytest
import torch
from sklearn.datasets import load_digits

from course_lib.core.history import History
from course_lib.core.metrics import Loss
from course_lib.core.seeding import Seeds
from course_lib.digits.train import DigitsConfig, classification_loss, classification_scores, digits_net
from course_lib.teaching.build import execute
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.loop.callbacks import evaluate_on, every
from course_lib.training.loop.fit import fit
from course_lib.training.loop.state import LastStep, TrainState
from course_lib.training.runs import bar as progress
from course_lib.training.runs.bar import print_line, run_bar, run_line, total_steps, watch_divergence

PIXELS, LABELS = (torch.from_numpy(array) for array in load_digits(return_X_y=True))
PIXELS = (PIXELS / 16).float()


def small_state(seed: int = 0, rate: float = 1e-3) -> TrainState:
    model = digits_net(DigitsConfig(), seed=seed)
    return TrainState(model, torch.optim.Adam(model.parameters(), lr=rate), Seeds.same(seed))


def loader(count: int = 200, size: int = 32, seed: int = 0) -> TensorLoader:
    return TensorLoader(PIXELS[:count], LABELS[:count], batch_size=size, seed=seed)


@pytest.mark.parametrize("accumulate", [1, 2, 3, 7, 20])
def test_total_steps_is_the_number_of_updates_that_fit_makes(accumulate):
    state = small_state()
    fit(state, loader(), classification_loss, epochs=2, accumulate=accumulate)
    assert total_steps(loader(), epochs=2, accumulate=accumulate) == state.step


def test_a_line_in_an_epoch_tells_the_last_update_and_between_epochs_what_was_measured(capsys):
    test = TensorLoader(PIXELS[200:300], LABELS[200:300], batch_size=64, shuffle=False)
    state, shown = small_state(), []
    fit(
        state,
        loader(),
        classification_loss,
        epochs=2,
        on_step=[every(5, print_line), lambda state: shown.append(float(state.loss.mean))],
        on_epoch=[evaluate_on("val", test, classification_scores), print_line],
    )
    loss, score, accuracy = (
        f"{state.history.last(*names):.3g}" for names in (("train", "loss"), ("val", "loss"), ("val", "accuracy"))
    )
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[0] == f"epoch   1  step      5  loss {shown[4]:.3g}  rate 0.001"
    assert lines[2] == f"epoch   2  step     10  loss {shown[9]:.3g}  rate 0.001"
    assert lines[3] == (
        f"epoch   2  step     14  train loss {loss}  train rate 0.001  val loss {score}  val accuracy {accuracy}"
    )


def test_a_line_before_the_first_update_and_for_a_batch_without_elements_raises_nothing():
    state = small_state()
    assert run_line(state) == "epoch   0  step      0"
    state.batch, state.last = 1, LastStep(Loss(torch.tensor(0.0), 0))
    assert "loss nan" in run_line(state)


def run_with(bar, epochs: int = 2, **settings) -> TrainState:
    state = small_state()
    fit(state, loader(), classification_loss, epochs=epochs, on_step=[bar], on_epoch=[bar], **settings)
    return state


def test_a_bar_reaches_its_end_with_loss_and_rate_and_is_closed_once():
    file = io.StringIO()
    state = run_with(run_bar(14, seconds=0, file=file))
    last = file.getvalue().rstrip().split("\r")[-1]
    assert "100%" in last
    assert "14/14" in last
    assert f"loss={float(state.loss.mean):.3g}, rate=0.001" in last
    assert file.getvalue().count("\n") == 1


def test_a_bar_changes_nothing_in_the_run():
    with_bar, without = run_with(run_bar(14, seconds=0, file=io.StringIO())), run_with(lambda state: None)
    assert all(torch.equal(a, b) for a, b in zip(with_bar.model.parameters(), without.model.parameters(), strict=True))
    assert [row["loss"] for row in with_bar.history.rows] == [row["loss"] for row in without.history.rows]


def test_a_bar_is_drawn_rarely_and_the_loss_read_only_then():
    file, reads = io.StringIO(), []

    class Read(Loss):
        @property
        def mean(self):
            reads.append(1)
            return super().mean

    bar, state = run_bar(1000, seconds=3600, file=file), small_state()
    for state.step in range(1, 1001):
        state.last = LastStep(Read(torch.tensor(1.0), 1))
        bar(state)
    assert len(reads) == 2  # the first and the last


def test_a_bar_of_a_run_that_goes_on_starts_where_the_run_stands():
    file = io.StringIO()
    state = small_state()
    fit(state, loader(), classification_loss, epochs=1)
    fit(state, loader(), classification_loss, epochs=2, on_step=[run_bar(14, seconds=0, file=file)])
    assert "| 8/14" in file.getvalue()
    assert "| 7/14" not in file.getvalue()


def test_a_bar_is_closed_where_the_run_is_stopped():
    file, state = io.StringIO(), small_state()
    bar = run_bar(14, seconds=0, file=file)

    def stop_at_3(state: TrainState) -> None:
        state.stop = state.step == 3

    fit(state, loader(), classification_loss, epochs=2, on_step=[stop_at_3, bar])
    assert file.getvalue().endswith("\n")
    assert "3/14" in file.getvalue().split("\r")[-1]


@pytest.mark.parametrize(
    ("notebook", "terminal", "variable", "drawn"),
    [
        (True, False, "1", True),
        (False, True, "1", True),
        (True, True, "0", False),  # the output is compared
        (False, False, "1", False),  # a log file, a pipe
    ],
)
def test_a_bar_is_drawn_only_where_somebody_looks(monkeypatch, notebook, terminal, variable, drawn):
    bars = []

    def fake_bar(*arguments):
        bars.append(arguments)
        return SimpleNamespace(n=0, set_postfix=dict, update=lambda steps: 0, refresh=lambda: 0, close=lambda: 0)

    monkeypatch.setattr(progress, "_bar", fake_bar)
    monkeypatch.setenv("COURSE_PROGRESS_BARS", variable)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    if notebook:
        monkeypatch.setitem(sys.modules, "ipykernel", SimpleNamespace())
    run_with(run_bar(14))
    assert (len(bars) > 0) == drawn


def test_tests_and_kernels_that_make_stored_outputs_run_without_bars(tmp_path):
    assert os.environ["COURSE_PROGRESS_BARS"] == "0"
    assert execute._environment(tmp_path)["COURSE_PROGRESS_BARS"] == "0"


def test_without_tqdm_a_run_goes_on_without_a_bar(monkeypatch):
    monkeypatch.setattr(progress.importlib.util, "find_spec", lambda name: None)
    file = io.StringIO()
    assert run_with(run_bar(14, file=file)).step == 14
    assert file.getvalue() == ""


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: run_bar(0), "total must be at least 1, got 0"),
        (lambda: run_bar(1, seconds=-1), "seconds must be at least 0, got -1"),
        (lambda: watch_divergence(factor=1.0), "factor must be above 1, got 1.0"),
        (lambda: watch_divergence(least=-1.0), "least must be at least 0, got -1.0"),
        (lambda: watch_divergence(recent=0), r"recent must be in \[1, window\], got 0 with window 50"),
        (lambda: watch_divergence(recent=6, window=5), r"recent must be in \[1, window\], got 6 with window 5"),
    ],
)
def test_settings_that_make_no_sense_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def losses_watched(losses, **settings) -> tuple[History, list[str], TrainState]:
    state, said = small_state(), []
    watch = watch_divergence(log=said.append, **settings)
    for step, loss in enumerate(losses, start=1):
        if state.ended:
            break
        state.step, state.last = step, LastStep(Loss(torch.tensor(loss), 1))
        watch(state)
    return state.history, said, state


@pytest.mark.parametrize("rise_at", [6, 20, 300])
def test_a_loss_of_more_than_three_times_its_median_is_told_within_three_steps(rise_at):
    history, said, _ = losses_watched([1.0] * rise_at + [3.1] * 20)
    (alarm,) = [row for row in history.rows if row["split"] == "divergence"]
    assert rise_at < alarm["step"] <= max(rise_at + 3, 10)
    assert said == [
        f"the loss has grown from 1 to 3.1 (medians) by step {alarm['step']} at rate 0.001: the rate may be too high"
    ]


@pytest.mark.parametrize(
    "losses",
    [
        [1.0] * 50 + [2.9] * 50,  # not three times
        [1.0, 1.0, 9.0, 1.0, 1.0] * 20,  # hard batches
        [4.0 * 0.9**k for k in range(100)],  # it learns
        [1.1**k for k in range(4)],  # too few to say
        [0.001] * 50 + [0.09] * 50,  # still next to nothing
    ],
)
def test_a_loss_that_stays_within_bounds_is_no_alarm(losses):
    history, said, _ = losses_watched(losses)
    assert said == []
    assert {row["split"] for row in history.rows} == {"watch"}
    assert [row["loss"] for row in history.rows] == pytest.approx(losses)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_is_an_alarm(bad):
    _, said, state = losses_watched([1.0] * 20 + [bad] * 10, stop=True)
    assert len(said) == 1
    assert "from 1 to inf" in said[0]
    assert (state.stop, state.step) == (True, 23)


def test_after_an_alarm_the_new_level_is_what_counts():
    assert len(losses_watched([1.0] * 20 + [4.0] * 200)[1]) == 1
    assert len(losses_watched([1.0] * 20 + [4.0] * 50 + [16.0] * 50)[1]) == 2


def test_a_second_run_in_the_same_history_is_compared_with_itself():
    first, _, _ = losses_watched([1.0] * 30)
    state, said = small_state(), []
    state.history = first
    watch = watch_divergence(log=said.append)
    for state.step in range(1, 31):  # another loss function: its values are ten times as large
        state.last = LastStep(Loss(torch.tensor(10.0), 1))
        watch(state)
    assert said == []


def digits_watched(state: TrainState, **settings) -> list[str]:
    said = []
    fit(state, loader(1400), classification_loss, on_step=[watch_divergence(log=said.append)], **settings)
    return said


@pytest.mark.parametrize("seed", range(3))
def test_a_rate_a_hundred_times_too_large_is_told_within_twenty_steps_and_a_good_one_never(seed):
    state = small_state(seed, rate=3e-3)
    assert digits_watched(state, epochs=4) == []
    good = state.step
    digits_watched(state, epochs=5, schedule=lambda step: 100.0)
    alarms = [row["step"] for row in state.history.rows if row["split"] == "divergence"]
    assert good < alarms[0] <= good + 20


def test_a_resumed_run_sounds_the_alarm_at_the_same_step():
    losses = [1.0] * 20 + [5.0] * 10
    history, _, whole = losses_watched(losses)
    for cut in (7, 20, 22, 25):
        part, _, state = losses_watched(losses[:cut])
        watch = watch_divergence(log=lambda text: None)
        for step, loss in enumerate(losses[cut:], start=cut + 1):
            state.step, state.last = step, LastStep(Loss(torch.tensor(loss), 1))
            watch(state)
        assert part.rows == history.rows
    assert whole.step == 30
