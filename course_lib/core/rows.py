"""A list of rows that tells whether it has only grown: what was written of it then still holds, and the rest is added.

To write a record of 400,000 rows anew takes seconds; to compare it with what was written takes nearly as long. So the
list and the rows in it count their own changes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

_changes = 0  # of all rows and lists of rows in this process, but for rows that were added at the end


def _counted(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method, which counts as a change."""

    def counted(self: Any, *arguments: Any, **named: Any) -> Any:
        global _changes
        _changes += 1
        return method(self, *arguments, **named)

    counted.__name__, counted.__doc__ = method.__name__, method.__doc__
    return counted


class Row(dict[str, Any]):
    """One row; it counts when a value is changed after it was made."""

    __slots__ = ()


class Rows(list[dict[str, Any]]):
    """Rows in the order in which they were added."""

    def __init__(self, rows: Iterable[dict[str, Any]] = ()) -> None:
        super().__init__(map(_row, rows))

    def append(self, row: dict[str, Any], /) -> None:
        """Add a row at the end."""
        super().append(_row(row))

    def extend(self, rows: Iterable[dict[str, Any]], /) -> None:
        """Add rows at the end."""
        super().extend(map(_row, rows))

    def __iadd__(self, rows: Iterable[dict[str, Any]]) -> "Rows":  # type: ignore[override,misc]
        self.extend(rows)
        return self

    def __setitem__(self, place: Any, value: Any) -> None:
        super().__setitem__(place, map(_row, value) if isinstance(place, slice) else _row(value))

    def insert(self, place: Any, row: dict[str, Any], /) -> None:
        """Add a row before another one."""
        super().insert(place, _row(row))


@dataclass(frozen=True)
class Mark:
    """How a list of rows was at one moment."""

    rows: list[dict[str, Any]]
    count: int
    changes: int


def mark(rows: list[dict[str, Any]]) -> Mark:
    """Note how the rows are now."""
    return Mark(rows, len(rows), _changes)


def only_grew(rows: list[dict[str, Any]], since: Mark) -> bool:
    """Whether they are the rows of the mark, unchanged, and perhaps more behind them."""
    return isinstance(rows, Rows) and rows is since.rows and since.changes == _changes and len(rows) >= since.count


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return Row(row) if type(row) is dict else row


for _kind, _names in (
    (Row, ("__setitem__", "__delitem__", "__ior__", "clear", "pop", "popitem", "setdefault", "update")),
    (Rows, ("__setitem__", "__delitem__", "__imul__", "clear", "insert", "pop", "remove", "reverse", "sort")),
):
    for _name in _names:
        setattr(_kind, _name, _counted(getattr(_kind, _name)))
