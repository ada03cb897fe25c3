"""What does a dropout function do, whatever its random numbers? The facts that the check of dropout_forward compares.

The masks of two right answers differ, so the facts do not depend on how random numbers are used: the scale of what is
kept, the share, what shares a coin. A share is judged on 6,000 values with a margin of 0.05, eight standard deviations.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from course_lib.teaching.exercises.forms import Detail, kind_of
from course_lib.teaching.exercises.observe import Raised, calls

P = 0.3
REFUSED = (1.0, -0.1, 1.5)
_MARGIN = 0.05
_MARGIN_SHARED = 0.19  # of coins that are shared there are only 75 or 80
_SEEDS = range(1, 13)  # a dozen, so that equal numbers in all of them are no accident
_SIGNS = np.random.default_rng(5).choice([-1.0, 1.0], (80, 75))
_X = _SIGNS * np.random.default_rng(6).uniform(0.5, 1.5, (80, 75))  # no zeros: a zero in y was dropped
_ZERO = np.random.default_rng(7).random(_X.shape) < 0.1
_HOLED = np.where(_ZERO, 0.0, _X)


def facts(answer: Any) -> dict[str, Any]:
    """The observation of an answer; every call gets an x of its own, so that a change of x is told as just that."""

    def twice(x: np.ndarray, p: float, rng: np.random.Generator) -> list[Any]:
        other = x.copy()
        return [answer(x, p, rng, True), answer(other, p, rng, True)]

    def off(x: np.ndarray, p: float, rng: np.random.Generator) -> list[Any]:
        before = str(rng.bit_generator.state)
        return [*answer(x, p, rng, False), before == str(rng.bit_generator.state)]

    training = calls(twice, *((_X, P, _rng(seed)) for seed in (1, *_SEEDS)), (_X, 0.0, _rng(3)), (_HOLED, P, _rng(6)))
    evaluation = calls(off, (_X, P, _rng(4)))["case 1"]
    guard = calls(lambda p: answer(_X.copy(), p, _rng(5), True), *((p,) for p in REFUSED))
    *drawn, none, holed = (case["result"] for case in training.values())
    masks = _masks(drawn, holed)
    return {
        "training": masks,
        "p = 0": _unchanged(none) if _fair(masks) else "not asked",
        "out of training": _evaluation(evaluation["result"]),
        "refused": [_refused(case["result"]) for case in guard.values()],
        "x": {"inputs changed": training["case 1"]["inputs changed"]},
    }


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _masks(drawn: list[Any], holed: Any) -> Any:
    """The facts of training: two pairs of calls with equal seeds, then pairs with others, then one on an x with 0."""
    first, again, *others = drawn
    if isinstance(first, Raised):
        return first
    if first[0] is None:
        return None
    form = next(_forms(first), None)
    if form:
        return {"form": form, "given": Detail(kind_of(first[0]))}
    y = np.asarray(first[0][0], float)
    passed = y != 0
    coins = _coins(passed)
    next_call = _same(first[0], first[1])
    return {
        "share dropped": _share(1 - passed.mean(), coins),
        "measured": Detail(1 - passed.mean()),
        "scale of what is kept": _scale(y, passed),
        "coins": coins,
        "number dropped": _number(drawn) if next_call == "another mask" else "as in the same mask",
        "kept": _mask(first[0][1], passed, holed),
        "next call": next_call,
        "same seed": "another mask" if isinstance(again, Raised) else _same(first[0], again[0]),
        "another seed": "another mask" if isinstance(others[0], Raised) else _same(first[0], others[0][0]),
    }


def _forms(calls_made: list[Any]) -> Iterator[str]:
    """What is wrong with the form of the results, if anything."""
    for one in calls_made:
        if not isinstance(one, tuple | list) or len(one) != 2:
            yield "not y and kept"
        elif _only_marks(one[0]) and np.shape(one[1]) == _X.shape and not _only_marks(one[1]):
            yield "kept and y"
        elif np.shape(one[0]) != _X.shape:
            yield "not y and kept"


def _only_marks(value: Any) -> bool:
    return np.ndim(value) > 0 and bool(np.isin(np.asarray(value), (0, 1)).all())


def _share(dropped: float, coins: str) -> str:
    margin = _MARGIN if coins == "one for each value" else _MARGIN_SHARED
    for name, share in (("p", P), ("1 - p", 1 - P)):
        if abs(dropped - share) < margin:
            return name
    return "something else"


def _scale(y: np.ndarray, passed: np.ndarray) -> Any:
    ratio = y[passed] / _X[passed]
    return float(np.median(ratio)) if ratio.size and np.ptp(ratio) < 1e-5 else "not one number"


def _fair(masks: Any) -> bool:
    """Whether share and scale are right; if not, p = 0 shows the same fault, in as many forms as it can be written."""
    if not isinstance(masks, dict) or "form" in masks or isinstance(masks["scale of what is kept"], str):
        return False
    return masks["share dropped"] == "p" and abs(masks["scale of what is kept"] * (1 - P) - 1) < 1e-5


def _coins(passed: np.ndarray) -> str:
    if passed.all() or not passed.any():
        return "none"
    if (passed == passed[:1]).all():
        return "one for each feature, shared by all samples"
    return "one for each sample" if (passed == passed[:, :1]).all() else "one for each value"


def _number(drawn: list[Any]) -> str:
    """ "exactly 1,800" where every mask drops so many values; coins give another number every time."""
    numbers = {int((np.asarray(pair[0][0]) == 0).sum()) for pair in drawn if not isinstance(pair, Raised)}
    return f"exactly {numbers.pop():,}" if len(numbers) == 1 else "another at every call"


def _mask(kept: Any, passed: np.ndarray, holed: Any) -> str:
    try:
        mask = None if kept is None else np.broadcast_to(kept, passed.shape)  # shared coins may come as one row
    except ValueError:
        mask = None
    if mask is None or np.ndim(kept) == 0:
        return "not an array of the shape of x"
    if np.array_equal(mask, passed):  # 1 and 0 serve as well
        return _mask_of_zeros(holed)
    return "True where a value was dropped" if np.array_equal(mask, ~passed) else "other numbers"


def _mask_of_zeros(holed: Any) -> str:
    """Whether the zeros of x have coins of their own in the mask, as every value has."""
    if isinstance(holed, Raised) or np.shape(holed[0][0]) != _X.shape:
        return "not an array of the shape of x"
    marks = np.broadcast_to(np.asarray(holed[0][1], bool), _X.shape)[_ZERO]
    if marks.all() or not marks.any():
        return "one and the same for all values of x that are 0: " + ("True" if marks.all() else "False")
    return "True where a value passed"


def _same(one: Any, other: Any) -> str:
    equal = np.array_equal(np.asarray(one[0]) != 0, np.asarray(other[0]) != 0)
    return "the same mask" if equal else "another mask"


def _unchanged(result: Any) -> Any:
    if isinstance(result, Raised) or result[0] is None:
        return "fails" if isinstance(result, Raised) else "nothing"
    try:
        return "x itself" if np.allclose(result[0][0], _X) else "something else"
    except (TypeError, ValueError, IndexError):
        return "something else"


def _evaluation(result: Any) -> Any:
    if isinstance(result, Raised):
        return f"fails ({result.type})"
    if len(result) != 3 or np.shape(result[0]) != _X.shape:
        return "not y and None"
    y = np.asarray(result[0], float)
    words = {"x itself": _X, "x times 1 - p": _X * (1 - P), "x divided by 1 - p": _X / (1 - P)}
    found = [word for word, rule in words.items() if np.allclose(y, rule)]
    kept = "None" if result[1] is None else "a mask"
    return {"y": found[0] if found else "something else", "kept": kept, "rng": "untouched" if result[2] else "used"}


def _refused(result: Any) -> str:
    return result.type if isinstance(result, Raised) else "accepted"
