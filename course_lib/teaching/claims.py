"""Numbers in prose: `claim` holds one against a computed value, `quoted` against the report it is from."""

import math
import operator
import re
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np

from course_lib.teaching.numbers import cell
from course_lib.teaching.numbers.rows import EXACT, REPORTED, NumberRow, number_text
from course_lib.teaching.running import tell_of_long_cells

_NUMBER = r"[+−-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][+−-]?\d+)?"
_PLAIN = re.compile(rf"({_NUMBER}) ?%?")
_RELATION = re.compile(rf"(>=|<=|!=|>|<) ?({_NUMBER}) ?%?")
_BETWEEN = re.compile(rf"between ({_NUMBER}) ?%? and ({_NUMBER}) ?%?")
_PART = re.compile(r"(\d+) of (\d+)")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "!=": operator.ne,
}
FORMS = '"97.07", "1,024", "1.6e-4", "86.75 %" (of the percentage), "> 5", ">= 0.95", "between 0.2 and 0.3", "12 of 20"'


def claim(quoted: str, value: Any, statement: str, *, seeds: Sequence[Any] | None = None) -> None:
    """Check that `value` rounds to the text `quoted`, or satisfies the relation in it, and show it in a row.

    A number holds when `value`, rounded to the decimals that the text shows, is that number; a whole number only when
    `value` rounds to it. "12 of 20" is compared with a pair (12, 20) or with the count 12. NaN never holds.
    seeds: what single seeds gave, two or more numbers in the unit of `value`; their standard deviation is kept, so that
    a band can be compared with it. The rows of a cell are one table; a cell of a lesson that only checks is folded.
    Raises AssertionError with text, value and statement where it does not hold, ValueError for a text in none of the
    forms, TypeError for a value that is not one number.
    """
    if not statement.strip():
        raise ValueError("statement must say what the number is, got an empty text")
    if not holds(quoted, value):
        raise AssertionError(f"the text says {quoted!r}, the value is {_shown(value)}: {statement}")
    cell.add(_row(quoted.strip(), value, statement, _spread(seeds)))


def _row(text: str, value: Any, statement: str, spread: float | None) -> NumberRow:
    band = bool(_RELATION.fullmatch(text) or _BETWEEN.fullmatch(text))
    number = float(text.split(" of ")[0]) if _PART.fullmatch(text) else _one_number(value)
    shown = number_text(number) + (" %" if "%" in text else "") if band else text
    says = f"the text says {text}" if band else EXACT
    return NumberRow(shown, says, statement, text, number, spread, band)


def _spread(seeds: Sequence[Any] | None) -> float | None:
    if seeds is None:
        return None
    values = np.array([_one_number(one) for one in seeds])
    if len(values) < 2:
        raise ValueError(f"seeds must hold the values of two seeds or more, got {len(values)}")
    return float(values.std(ddof=1))


def holds(quoted: str, value: Any) -> bool:
    """Whether the text is true of the value; see `claim` for the forms."""
    text = quoted.strip()
    if match := _PART.fullmatch(text):
        return _part_holds(int(match[1]), int(match[2]), value)
    number = _one_number(value)
    if match := _RELATION.fullmatch(text):
        return not math.isnan(number) and _COMPARE[match[1]](number, float(_decimal(match[2])))
    if match := _BETWEEN.fullmatch(text):
        low, high = float(_decimal(match[1])), float(_decimal(match[2]))
        if low > high:
            raise ValueError(f"between {low} and {high} holds nothing; the smaller number comes first")
        return low <= number <= high
    if match := _PLAIN.fullmatch(text):
        return math.isfinite(number) and _rounds_to(number, _decimal(match[1]))
    raise ValueError(f"a claim is written like {FORMS}; got {quoted!r}")


def _rounds_to(number: float, shown: Decimal) -> bool:
    """Rounding to the last decimal shown; a tie holds either way, since tools break it differently."""
    step = Decimal(1).scaleb(int(shown.as_tuple().exponent))
    exact = Decimal(repr(number))
    return shown in (exact.quantize(step, ROUND_HALF_UP), exact.quantize(step, ROUND_HALF_DOWN))


def _part_holds(count: int, total: int, value: Any) -> bool:
    if isinstance(value, tuple | list) and len(value) == 2:
        return (_one_number(value[0]), _one_number(value[1])) == (count, total)
    return _one_number(value) == count and count <= total


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("−", "-"))


def _one_number(value: Any) -> float:
    """A number or an array of one without dimensions. Raises TypeError for anything else."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    array = np.asarray(value)
    if array.ndim or array.dtype.kind not in "biuf":
        raise TypeError(f"a claim is about one number, got {_shown(value)}")
    return float(array)


def _shown(value: Any) -> str:
    array = np.asarray(value) if hasattr(value, "shape") else None
    if array is not None and array.ndim:
        return f"an array of shape {array.shape}"
    return f"{float(array):.10g}" if array is not None else repr(value)


def quoted(text: str, *, report: str, at: str | tuple[str, str, str]) -> None:
    """Check that a source document gives `text` for what it stands for, and show it, in a row like those of `claim`.

    `at` is the name of a fact, or (table, row, column). Raises AssertionError when something else stands there,
    ValueError for a report that is not kept and for an `at` that names no place of it.
    """
    from course_lib.core.reports.tables import get_report, report_number, report_place

    place = report_place(report, at)
    places = report_number(text, report)
    if place not in places:
        elsewhere = "; ".join(f"{one.table}: {one.row}, {one.column}" for one in places)
        raise AssertionError(
            f"{text!r} does not stand at {place.table}: {place.row}, {place.column} of the report {report!r}, which "
            f"has {place.text!r} there; {text!r} stands " + (f"at {elsewhere}" if elsewhere else "nowhere in it")
        )
    is_fact = isinstance(at, str)
    what = get_report(report).fact(place.row).meaning if is_fact else f"{place.table}, {place.row}, {place.column}"
    cell.add(NumberRow(text, REPORTED, f"{report}: {what}", text))


tell_of_long_cells()  # every lesson imports this module in its first cells
