"""How a wrong result relates to the right one, in words that do not give the right one away.

Many faults leave a trace that can be read off the numbers: a constant factor where a mean was a sum, a transpose, a
turned sign, a constant offset, rows in another order.
"""

from typing import Any

import numpy as np

from course_lib.teaching.exercises.compare import MISSING, Path, children, leaf_distance, pairs, to_array
from course_lib.teaching.exercises.observe import CHANGED, INPUTS, Raised

CLOSE = 1e-6


def describe_first_difference(ours: Any, theirs: Any, tolerance: float, *, numbers: bool = True) -> str:
    """One line on the first leaf that differs by more than `tolerance`; "" where none does.

    With `numbers=False` it says which leaf is not right and nothing of the size: where the answer is itself a value,
    "yours is 3, off by 2" would be the solution.
    """
    leaves = list(pairs(ours, theirs))
    for path, own, rule in leaves:
        if leaf_distance(own, rule) > tolerance:
            if own is False and rule is True and path[-1:] and isinstance(path[-1], str) and path[-1] != "result":
                return f"this does not hold: {name_of(path)}"
            factors = _factors(leaves, path) if numbers else ""
            told = f"yours is {factors}" if factors else _difference(own, rule, numbers=numbers)
            return f"{name_of(path)}{_inputs(theirs, path)}: {told}"
    return ""


def _inputs(theirs: Any, path: Path) -> str:
    case = theirs.get(path[0]) if path and isinstance(theirs, dict) else None
    given = case.get(INPUTS) if isinstance(case, dict) else None
    return f" (inputs {given})" if given else ""


def _factors(leaves: list[tuple[Path, Any, Any]], path: Path) -> str:
    """ "the right result times 1/6, 1/20 in the cases", where in every case it is off by a plain factor."""
    if len(path) < 2:
        return ""
    over_cases = [(own, rule) for other, own, rule in leaves if len(other) > 1 and other[1:] == path[1:]]
    told = []
    for own, rule in over_cases:
        yours, right = to_array(own), to_array(rule)
        if yours is None or right is None or yours.shape != right.shape or right.dtype.kind != "f":
            return ""
        factor = _constant_factor(yours.astype(np.float64), right.astype(np.float64))
        if factor is None or (right.size == 1 and "." in _factor(factor)):
            return ""
        told.append(_factor(factor))
    if len(told) < 2 or len(set(told)) < 2:
        return ""
    return f"the right result times {', '.join(told)} in the {len(told)} cases"


def _constant_factor(yours: np.ndarray, right: np.ndarray) -> float | None:
    norm = float((right * right).sum())
    if not np.isfinite(yours).all() or not np.isfinite(right).all() or norm == 0 or not yours.any():
        return None
    factor = float((yours * right).sum()) / norm
    return factor if leaf_distance(yours, factor * right) <= CLOSE else None


def name_of(path: Path) -> str:
    """A path for readers: ("case 2", "result", 1) is "case 2, part 2"."""
    words = [f"part {key + 1}" if isinstance(key, int) else str(key) for key in path if key != "result"]
    return ", ".join(words) or "your answer"


def _difference(own: Any, rule: Any, *, numbers: bool) -> str:
    if own is MISSING:
        return "missing"
    if rule is MISSING:
        return "not asked for"
    if isinstance(rule, Raised):
        return f"the rule raises {rule.type} here, yours gives {_form(own)}"
    if isinstance(rule, str) or isinstance(own, str):
        return f"{_short(own)} is not right"
    yours, right = to_array(own), to_array(rule)
    if yours is None or right is None or (yours.dtype.kind == "b") != (right.dtype.kind == "b"):
        return f"you give {_form(own)}, expected {_form(rule)}"
    if yours.shape != right.shape:
        return f"your shape is {yours.shape}, expected {right.shape}" + _broadcast(yours, right)
    if right.dtype.kind == "b":
        wrong = f"{int((yours != right).sum())} of {right.size} truth values differ"
        return wrong if right.ndim else f"{bool(yours)} is not right"
    if not numbers:
        return f"{_short(own)} is not right"
    return numbers_apart(yours.astype(np.float64), right.astype(np.float64))


def _broadcast(yours: np.ndarray, right: np.ndarray) -> str:
    if yours.size == right.size and yours.shape == right.shape[::-1]:
        return " (transposed?)"
    if yours.size == right.size**2 and right.ndim == 1:
        return " ((n, 1) with (n,) broadcasts to (n, n))"
    return ""


def numbers_apart(yours: np.ndarray, right: np.ndarray) -> str:
    """How numbers of one shape differ: "yours is 36, off by 108"."""
    holes = int((~np.isfinite(yours) & np.isfinite(right)).sum())
    if holes:
        return f"{holes} of {yours.size} of your numbers are NaN or infinite"
    trace = relation(yours, right)
    if trace:
        return f"yours is {trace}"
    with np.errstate(all="ignore"):
        gap = np.abs(yours - right)
    where = tuple(int(i) for i in np.unravel_index(int(np.nanargmax(gap)), gap.shape)) if gap.ndim else ()
    place = f" at {list(where)}" if where else ""
    told = f"yours is {_value(yours[where], 4)}{place}, off by {_value(gap[where], 2)}"
    return told + (f"; {int((gap > CLOSE * np.abs(right).max()).sum())} of {gap.size} numbers differ" if where else "")


def _value(value: Any, digits: int) -> str:
    """A whole number in full, another one with so many digits."""
    return f"{value:.0f}" if abs(value) < 1e9 and value == round(value) else f"{value:.{digits}g}"


def relation(yours: np.ndarray, right: np.ndarray) -> str:
    """The simple relation between two arrays of one shape, or "" where there is none."""

    def equal(a: np.ndarray, b: np.ndarray) -> bool:
        return a.shape == b.shape and leaf_distance(a, b) <= CLOSE

    if yours.size == 0 or not np.isfinite(yours).all() or not np.isfinite(right).all():
        return ""
    if not yours.any():
        return "zero everywhere" if yours.ndim else "zero"
    if equal(yours, -right):
        return "the right result with its sign turned round"
    if yours.ndim == 2 and equal(yours, right.T):
        return "the transpose of the right result"
    factor = _constant_factor(yours, right)
    if right.size > 1 and factor is not None:
        return f"the right result times {_factor(factor)}, everywhere"
    if right.size > 2 and equal(yours - right, np.full_like(right, float((yours - right).mean()))):
        return f"the right result plus {float((yours - right).mean()):.4g}, everywhere"
    if right.size > 2 and equal(np.sort(yours, axis=None), np.sort(right, axis=None)):
        return "the right numbers in another order"
    return ""


def _factor(factor: float) -> str:
    """A factor as a whole number or as one over a whole number where it is one: 32, 1/32."""
    if abs(factor - round(factor)) < CLOSE * abs(factor):
        return str(round(factor))
    if abs(1 / factor - round(1 / factor)) < CLOSE * abs(1 / factor):
        return f"{'-' if factor < 0 else ''}1/{abs(round(1 / factor))}"
    return f"{factor:.4g}"


def _form(value: Any) -> str:
    """The form of a value without its numbers."""
    if value is None:
        return "None"
    if isinstance(value, Raised):
        return f"an exception ({value.type})"
    array = to_array(value)
    if array is not None and array.ndim:
        return f"{'a list' if isinstance(value, list) else 'numbers'} of shape {array.shape}"
    if array is not None:
        return "True or False" if array.dtype.kind == "b" else "one number"
    parts = children(value)
    if parts is not None:
        return f"a {type(value).__name__} of {len(parts)}"
    return f"a {type(value).__name__}"


def _short(value: Any) -> str:
    text = repr(value).replace("\n", " ")
    return text if len(text) <= 60 else text[:57] + "..."


def changed_inputs(observation: Any) -> list[str]:
    """The cases in which an answer wrote into its arguments, as "argument 1 (case 2)"."""
    found = [(path, own) for path, own, _ in pairs(observation, observation) if path and path[-1] == CHANGED]
    return [f"{own} ({path[0]})" for path, own in found if own != "none"]


def with_inputs_kept(observation: Any, reference: Any) -> Any:
    """The observation as if the answer had changed of its arguments what the reference changes: nothing, as a rule."""
    if not isinstance(observation, dict) or not isinstance(reference, dict):
        return observation
    return {
        key: reference[key] if key == CHANGED and key in reference else with_inputs_kept(part, reference.get(key))
        for key, part in observation.items()
    }
