"""The distance of two observations.

An observation is nested dicts, tuples, lists or dataclasses of arrays, numbers, bools and strings. Its leaves are
reached by paths such as `("case 2", "result", 1)`. The second of two is always the one that sets structure and scale.
"""

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

MOST_DEPTH = 12
SMALLEST_SCALE = 1e-9  # below this a leaf is taken for zero, and differences from it are absolute
FLOAT32_TOLERANCE = 2e-5  # rounding of float32 over the few operations of an exercise
MOST_TOLERANCE = 100  # times the tolerance of the exercise
MISSING = type("Missing", (), {"__repr__": lambda self: "nothing"})()

_LEAVES = {np.ndarray, np.float64, float, int, bool, str, type(None)}  # the most frequent ones

Path = tuple[Any, ...]


def to_array(value: Any) -> np.ndarray | None:
    """`value` as an array of numbers or bools, or None where it is none: arrays, tensors, numbers, lists of them."""
    if type(value) is np.ndarray:
        return value if value.dtype.kind in "biuf" else None
    if isinstance(value, str | bytes | Mapping | type) or value is None:
        return None
    try:
        array = np.asarray(_plain_tensor(value) if hasattr(value, "detach") else value)
    except Exception:  # ragged lists, objects with a broken __array__, tensors that hold no numbers
        return None
    return array if array.dtype.kind in "biuf" else None


def _plain_tensor(value: Any) -> Any:
    """A tensor as NumPy knows them: dense, not quantized, of a float that NumPy has. Without importing torch."""
    value = value.detach()
    if value.is_quantized:
        value = value.dequantize()
    if value.layout.__repr__() != "torch.strided":
        value = value.to_dense()
    if value.dtype.is_floating_point and value.dtype.__repr__() not in (
        "torch.float64",
        "torch.float32",
        "torch.float16",
    ):
        value = value.float()
    return value.cpu().resolve_neg().numpy()


def children(value: Any) -> dict[Any, Any] | None:
    """The parts of a container by key, place or field; None for a leaf."""
    if type(value) in _LEAVES:
        return None
    if type(value) is dict:
        return value
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple | list):
        return dict(enumerate(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type) and type(value).__name__ != "Raised":
        return {field.name: getattr(value, field.name, MISSING) for field in dataclasses.fields(value)}
    return None


def pairs(ours: Any, theirs: Any, path: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    """(path, our leaf, their leaf) for every leaf of `theirs`, in order; parts of different structure as a whole.

    A key that only one side has comes as a pair with MISSING.
    """
    parts = children(theirs) if len(path) < MOST_DEPTH else None
    own = children(ours)
    if parts is None or own is None or (isinstance(ours, Mapping) != isinstance(theirs, Mapping)):
        yield path, ours, theirs
        return
    for key, part in parts.items():
        yield from pairs(own.get(key, MISSING), part, (*path, key))
    for key in own:
        if key not in parts:
            yield (*path, key), own[key], MISSING


def leaf_distance(ours: Any, theirs: Any) -> float:
    """Largest difference relative to the scale of `theirs`; inf where type, shape, NaN or text differ.

    Integers are exact (their differences are not scaled down); bools and strings are equal or infinitely far.
    """
    if ours is MISSING or theirs is MISSING:
        return math.inf
    rule, own = to_array(theirs), to_array(ours)
    if rule is None:
        return 0.0 if _equal(ours, theirs) else math.inf
    if own is None or own.shape != rule.shape or (own.dtype.kind == "b") != (rule.dtype.kind == "b"):
        return math.inf
    if rule.dtype.kind == "b":
        return 0.0 if bool((own == rule).all()) else math.inf
    if rule.size == 0:
        return 0.0
    whole = rule.dtype.kind in "iu"
    return _numeric_distance(own.astype(np.float64), rule.astype(np.float64), whole=whole)


def _numeric_distance(own: np.ndarray, rule: np.ndarray, *, whole: bool) -> float:
    finite, own_finite = np.isfinite(rule), np.isfinite(own)
    if not (finite.all() and own_finite.all()):
        if not (finite == own_finite).all() or not np.array_equal(own[~finite], rule[~finite], equal_nan=True):
            return math.inf
        if not finite.any():
            return 0.0
        own, rule = own[finite], rule[finite]
    scale = float(np.abs(rule).max())
    with np.errstate(over="ignore"):
        difference = float(np.abs(own - rule).max())
    return difference if whole or scale < SMALLEST_SCALE else difference / scale


def _equal(ours: Any, theirs: Any) -> bool:
    if ours is theirs:
        return True
    try:
        return type(ours) is type(theirs) and bool(ours == theirs)
    except Exception:  # a broken __eq__ of the learner's own class
        return False


def distance(ours: Any, theirs: Any, most: float = math.inf) -> float:
    """The largest leaf distance between two observations; 0 when equal, inf when their structure differs.

    The first one above `most` is returned at once, for those who only ask whether there is one.
    """
    largest = 0.0
    for _, own, rule in pairs(ours, theirs):
        largest = max(largest, leaf_distance(own, rule))
        if largest > most:
            break
    return largest


def same(ours: Any, theirs: Any) -> bool:
    """Equal to the last bit, structure included."""
    return _same_bytes(ours, theirs) or distance(ours, theirs, most=0.0) == 0.0


def _same_bytes(ours: Any, theirs: Any) -> bool:
    return (
        type(ours) is type(theirs) is np.ndarray
        and (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
        and ours.dtype.kind in "biuf"
        and ours.tobytes() == theirs.tobytes()
    )


def tolerance_for(ours: Any, theirs: Any, tolerance: float) -> float:
    """`tolerance`, or that of float32 where a float leaf is no finer; at most 100 times `tolerance`, a tenth of the
    separation that every exercise keeps."""
    for _, own, rule in pairs(ours, theirs):
        kinds = [array.dtype for array in (to_array(own), to_array(rule)) if array is not None]
        if any(kind.kind == "f" and kind.itemsize <= 4 for kind in kinds):
            return min(max(tolerance, FLOAT32_TOLERANCE), MOST_TOLERANCE * tolerance)
    return tolerance


def gap_within(ours: Any, theirs: Any, tolerance: float) -> float | None:
    """The distance of two observations where `tolerance_for` them allows it, else None."""
    most = MOST_TOLERANCE * tolerance
    gap = distance(ours, theirs, most)
    near = gap <= tolerance or (gap <= most and gap <= tolerance_for(ours, theirs, tolerance))
    return gap if near else None


def form_notes(ours: Any, theirs: Any) -> list[str]:
    """What is unusual about the form of an answer whose numbers are right, one sentence piece each."""
    notes: list[str] = []
    for _, own, rule in pairs(ours, theirs):
        array = to_array(rule)
        if array is None or not hasattr(rule, "dtype") or array.ndim == 0:
            continue
        if isinstance(own, list | tuple):
            notes.append(f"you return a {type(own).__name__} where the rule gives an array")
        elif _dtype_name(own, rule) != _dtype_name(rule, rule):
            notes.append(f"you return {_dtype_name(own, rule)} where the rule gives {_dtype_name(rule, rule)}")
    return list(dict.fromkeys(notes))


def _dtype_name(value: Any, rule: Any) -> str:
    """ "float64" for a NumPy array and for a torch tensor; a value without a dtype has that of the rule."""
    return str(getattr(value, "dtype", rule.dtype)).removeprefix("torch.")
