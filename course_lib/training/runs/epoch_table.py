"""A run in numbers: one line per epoch, the same in a notebook, in the shell and after the fact."""

from collections.abc import Callable, Sequence

from course_lib.core.history import History
from course_lib.core.validation import validate_not_empty
from course_lib.training.loop.state import Callback, TrainState

Column = tuple[str, str]  # (split, name)

# What differs from machine to machine stays out, so that stored outputs can be compared.
_HIDDEN = {"seconds", "split", "step", "epoch"}


def history_table(history: History) -> str:
    """The rows of a history that belong to one epoch each, side by side: a line per epoch, a column per split/name.

    An epoch is a line as soon as it has a row; numbers have 4 significant digits, "-" where nothing was measured.
    Times are left out. Raises ValueError for a history without rows.
    """
    columns = columns_of(history)
    validate_not_empty("history", columns, "row")
    lines = [_header(columns)]
    lines += [_line(history, epoch, columns) for epoch in epochs_of(history)]
    return "\n".join(lines)


def print_table(log: Callable[[str], object] = print) -> Callback:
    """The same table line by line as the epochs end; a resumed run begins with the lines of the epochs before.

    Put it behind the callbacks that measure: its columns are those of the first epoch that it sees.
    """
    columns: list[Column] = []
    printed: set[int] = set()

    def callback(state: TrainState) -> None:
        if not columns:
            columns.extend(columns_of(state.history))
            log(_header(columns))
        for epoch in epochs_of(state.history):
            if epoch not in printed:
                log(_line(state.history, epoch, columns))
                printed.add(epoch)

    return callback


def columns_of(history: History) -> list[Column]:
    """(split, name) of everything that was recorded, in the order of its first row, without times."""
    found: dict[Column, None] = {}
    for row in history.rows:
        found.update({(row["split"], name): None for name in row if name not in _HIDDEN})
    return list(found)


def epochs_of(history: History) -> list[int]:
    """The epochs that have a row, in their order."""
    return sorted({row["epoch"] for row in history.rows})


def _header(columns: Sequence[Column]) -> str:
    return "epoch" + "".join(f"  {_title(column):>{_width(column)}}" for column in columns)


def _line(history: History, epoch: int, columns: Sequence[Column]) -> str:
    values = {(row["split"], name): row[name] for row in history.rows if row["epoch"] == epoch for name in row}
    cells = (f"{values[column]:.4g}" if column in values else "-" for column in columns)
    return f"{epoch:>5}" + "".join(f"  {cell:>{_width(column)}}" for cell, column in zip(cells, columns, strict=True))


def _title(column: Column) -> str:
    return " ".join(column)


def _width(column: Column) -> int:
    return max(len(_title(column)), 9)  # 9 holds -1.234e-05 but for its sign, and every other number of 4 digits
