"""The history of a run: rows of plain numbers, one JSON object per line on disk."""

import json
import math
import numbers
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from course_lib.core.files import write_text
from course_lib.core.rows import Row as KeptRow
from course_lib.core.rows import Rows
from course_lib.core.validation import validate_at_least, validate_choice, validate_integer

Row = dict[str, Any]  # "split" is a text, "step" and "epoch" are integers, every other entry is a number

_POSITION = ("split", "step", "epoch")

# Strict JSON has no word for these three, so they are written as texts.
_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class History:
    """The record of a run: `rows` is a list of dicts in the order in which they were added.

    >>> history = History()
    >>> history.add("train", step=1, epoch=0, loss=2.31)
    >>> history.add("train", step=2, epoch=0, loss=2.05)
    >>> history.last("train", "loss")
    2.05
    """

    def __init__(self) -> None:
        self.rows: list[Row] = Rows()

    def add(self, split: str, *, step: int, epoch: int, **values: float) -> None:
        """Add one row: the numbers that were measured on `split` after `step` updates, in `epoch`.

        Raises TypeError for anything but plain numbers and NumPy scalars (which become plain numbers): a
        tensor would keep its whole graph alive, and an array would not say which number is meant. Raises
        ValueError for an empty split name, a negative step or epoch, or a row without a value.
        """
        list.append(self.rows, _row(split, step, epoch, values))  # a Row already, which Rows.append would make of it

    def series(self, split: str, name: str, x: str = "step") -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """The recorded values of `split`/`name` and where they lie on the axis `x`.

        `x` is "step", "epoch" or the name of another value of the same rows (such as "seconds").
        Returns (positions (n,), values (n,)), both float64, in the order of recording.
        Raises ValueError, which lists what was recorded, if there is no row with both.
        """
        rows = [row for row in self._rows_with(split, name) if x in row]
        if not rows:
            raise ValueError(f"no row of {split}/{name} has {x!r}; {self._inventory()}")
        positions = np.array([row[x] for row in rows], dtype=np.float64)  # (n,)
        values = np.array([row[name] for row in rows], dtype=np.float64)  # (n,)
        return positions, values

    def last(self, split: str, name: str) -> float:
        """The value of `split`/`name` that was recorded last. Raises ValueError if there is none."""
        value: float = self.newest(split, name)[name]
        return value

    def newest(self, split: str, name: str) -> Row:
        """The row of the value of `split`/`name` that was recorded last. Raises ValueError if there is none."""
        found = next((row for row in reversed(self.rows) if row["split"] == split and name in row), None)
        return self._rows_with(split, name)[-1] if found is None else found

    def best(self, split: str, name: str, mode: str = "min") -> Row:
        """A copy of the row whose `split`/`name` is smallest ("min") or largest ("max"); the first of equals.

        NaN is never best. Raises ValueError for another mode, or if there is no value that is a number.
        """
        validate_choice("mode", mode, ("min", "max"))
        rows = [row for row in self._rows_with(split, name) if not math.isnan(row[name])]
        if not rows:
            raise ValueError(f"{split}/{name} has no best row: every recorded value is NaN")
        choose = min if mode == "min" else max
        return dict(choose(rows, key=lambda row: row[name]))

    def save(self, path: Path) -> None:
        """Write the rows to `path`, one JSON object per line; the file is complete or untouched."""
        write_text(path, self.lines().decode("ascii"))

    def lines(self, start: int = 0) -> bytes:
        """What `save` writes of the rows from number `start` on."""
        lines = [json.dumps({key: _to_json(value) for key, value in row.items()}) for row in self.rows[start:]]
        return "".join(line + "\n" for line in lines).encode("ascii")

    @classmethod
    def load(cls, path: Path) -> "History":
        """Read what `save` wrote. Raises ValueError with the file and the line of the first damaged row."""
        return cls.parse(Path(path).read_bytes(), path)

    @classmethod
    def parse(cls, data: bytes, place: Path) -> "History":
        """The history in the bytes of a file, which `place` names. Raises ValueError as `load` does."""
        history, lines = cls(), data.splitlines()
        try:
            history.rows = Rows(_all_at_once(lines))
        except (ValueError, TypeError, RecursionError):  # which line it is, is found line by line
            history.rows = Rows()
            for number, line in enumerate(lines, start=1):
                try:
                    history.rows.append(_validated(json.loads(line, parse_constant=_refuse)))
                except (ValueError, TypeError, RecursionError) as error:
                    raise ValueError(f"{place}, line {number} is damaged: {error}") from error
        return history

    def _rows_with(self, split: str, name: str) -> list[Row]:
        rows = [row for row in self.rows if row["split"] == split and name in row]
        if not rows:
            raise ValueError(f"the history has no {split}/{name}; {self._inventory()}")
        return rows

    def _inventory(self) -> str:
        """A sentence that lists every split/name that was recorded."""
        found = {f"{row['split']}/{name}" for row in self.rows for name in row if name not in _POSITION}
        return "it has " + (", ".join(sorted(found)) or "no rows")


def _row(split: str, step: int, epoch: int, values: dict[str, Any]) -> Row:
    """A row whose every part is checked."""
    if not isinstance(split, str):
        raise TypeError(f"split must be the name of a part of the data, got {split!r}")
    if not split:
        raise ValueError("split must be the name of a part of the data, got an empty text")
    row: Row = {"split": split, "step": _count("step", step), "epoch": _count("epoch", epoch)}
    if not values:
        raise ValueError(f"the row {split} at step {step} must hold at least one value, got none")
    for name, value in values.items():
        row[name] = _plain_number(f"{split}/{name} at step {step}", value)
    return KeptRow(row)


def _count(name: str, value: int) -> int:
    if type(value) is int and value >= 0:
        return value  # the usual case, in every training step
    validate_integer(name, value)
    validate_at_least(name, value, 0)
    return int(value)


def _plain_number(place: str, value: object) -> bool | int | float:
    """`value` as a Python number; NumPy registers its scalars as numbers, arrays and tensors are none."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    advice = ", so pass value.item()" if hasattr(value, "item") else ""
    raise TypeError(f"{place} is a {type(value).__name__}; history keeps plain numbers{advice}")


def _to_json(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # "nan", "inf" or "-inf"
    return value


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def _all_at_once(lines: list[bytes]) -> list[Row]:
    """The rows of a file, in a fifth of the time that its lines take one by one. Raises where one is damaged.

    No text goes over the end of a line, and no row holds an object: so where every line starts and ends with a brace,
    and there are as many rows as lines, each line is a row.
    """
    text = b",\n".join(lines).decode("utf-8")
    rows: list[Row] = json.loads(f"[{text}]", parse_constant=_refuse)
    if len(rows) != len(lines) or not all(line[:1] == b"{" and line[-1:] == b"}" for line in lines):
        raise ValueError("a line is no row")
    usual: set[tuple[object, ...]] = set()  # names and types of rows that were checked: nothing else can be wrong
    for number, row in enumerate(rows):
        kind = (*row, *map(type, row.values()))
        if kind not in usual or row["step"] < 0 or row["epoch"] < 0 or not row["split"]:
            rows[number] = checked = _validated(row)
            if [*checked] == [*kind[: len(checked)]] and all(type(checked[name]) is type(row[name]) for name in row):
                usual.add(kind)
        else:
            rows[number] = KeptRow(row)
    return rows


def _validated(values: Any) -> Row:
    """The row that was read from one line of a history file."""
    if not isinstance(values, dict):
        raise ValueError(f"a row must be a JSON object, got {values!r}")
    missing = [key for key in _POSITION if key not in values]
    if missing:
        raise ValueError(f"a row must have {', '.join(missing)}")
    numbers_again = {
        name: _SPECIAL.get(value, value) if isinstance(value, str) else value
        for name, value in values.items()
        if name not in _POSITION
    }
    return _row(values["split"], values["step"], values["epoch"], numbers_again)
