"""Is it inverted dropout, whatever its random numbers? The check of dropout_forward.

The masks of two right answers differ, so the observation holds facts that do not depend on how random numbers are used:
the scale of what is kept, the share, what shares a coin. A share is judged on 6,000 values with a margin of 0.05,
eight standard deviations.
"""

from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_regularizers import dropout_forward
from course_lib.teaching.checks.regularization.dropout import MISTAKES, VARIANTS
from course_lib.teaching.checks.writing import Detail, all_the_same, kind_of
from course_lib.teaching.exercise import Exercise, Property
from course_lib.teaching.observe import Raised, calls

_P = 0.3
_MARGIN = 0.05
_SIGNS = np.random.default_rng(5).choice([-1.0, 1.0], (80, 75))
_X = _SIGNS * np.random.default_rng(6).uniform(0.5, 1.5, (80, 75))  # no zeros: a zero in y was dropped


def _observe(answer: Any) -> dict[str, Any]:
    def twice(x: np.ndarray, p: float, rng: np.random.Generator) -> list[Any]:
        return [answer(x, p, rng, True), answer(x, p, rng, True)]

    def off(x: np.ndarray, p: float, rng: np.random.Generator) -> list[Any]:
        before = str(rng.bit_generator.state)
        return [*answer(x, p, rng, False), before == str(rng.bit_generator.state)]

    def rng(seed: int) -> np.random.Generator:
        return np.random.default_rng(seed)

    training = calls(twice, (_X, _P, rng(1)), (_X, _P, rng(1)), (_X, _P, rng(2)), (_X, 0.0, rng(3)))
    evaluation = calls(off, (_X, _P, rng(4)))["case 1"]
    guard = calls(lambda p: answer(_X, p, rng(5), True), (1.0,), (-0.1,), (1.5,))
    first, again, other, none = (case["result"] for case in training.values())
    return {
        "training": _masks(first, again, other),
        "p = 0": _unchanged(none),
        "out of training": _evaluation(evaluation["result"]),
        "p = 1, p = -0.1, p = 1.5": [_refused(case["result"]) for case in guard.values()],
        "inputs changed": training["case 1"]["inputs changed"],
    }


def _masks(first: Any, again: Any, other: Any) -> Any:
    if isinstance(first, Raised):
        return first
    if first[0] is None:
        return None
    good = all(isinstance(one, tuple | list) and len(one) == 2 and np.shape(one[0]) == _X.shape for one in first)
    if not good:
        return {"form": "not y and kept", "given": Detail(kind_of(first[0]))}
    y = np.asarray(first[0][0], float)
    passed = y != 0
    return {
        "share dropped": _share(1 - passed.mean()),
        "measured": Detail(1 - passed.mean()),
        "scale of what is kept": _scale(y, passed),
        "coins": _coins(passed),
        "kept": _mask(first[0][1], passed),
        "next call": _same(first[0], first[1]),
        "same seed": "another mask" if isinstance(again, Raised) else _same(first[0], again[0]),
        "another seed": "another mask" if isinstance(other, Raised) else _same(first[0], other[0]),
    }


def _share(dropped: float) -> str:
    for name, share in (("p", _P), ("1 - p", 1 - _P)):
        if abs(dropped - share) < _MARGIN:
            return name
    return "something else"


def _scale(y: np.ndarray, passed: np.ndarray) -> Any:
    ratio = y[passed] / _X[passed]
    return float(np.median(ratio)) if ratio.size and np.ptp(ratio) < 1e-5 else "not one number"


def _coins(passed: np.ndarray) -> str:
    if passed.all() or not passed.any():
        return "none"
    if (passed == passed[:1]).all():
        return "one for each feature, shared by all samples"
    return "one for each sample" if (passed == passed[:, :1]).all() else "one for each value"


def _mask(kept: Any, passed: np.ndarray) -> str:
    mask = None if kept is None else np.asarray(kept)
    if mask is None or mask.shape != passed.shape:
        return "not an array of the shape of x"
    if np.array_equal(mask, passed):
        return "True where a value passed"  # 1 and 0 serve as well
    return "True where a value was dropped" if np.array_equal(mask, ~passed) else "other numbers"


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
    words = {"x itself": _X, "x times 1 - p": _X * (1 - _P), "x divided by 1 - p": _X / (1 - _P)}
    found = [word for word, rule in words.items() if np.allclose(y, rule)]
    kept = "None" if result[1] is None else "a mask"
    return {"y": found[0] if found else "something else", "kept": kept, "rng": "untouched" if result[2] else "used"}


def _refused(result: Any) -> str:
    if isinstance(result, Raised):
        return "ValueError" if result.type == "ValueError" else f"another exception ({result.type})"
    return "accepted"


def _form(seen: Any, right: Any) -> str | None:
    facts = seen["training"]
    return f"expected y and kept, you give {facts['given'].value}" if "form" in facts else None


def _wrong_share(seen: Any, right: Any) -> str | None:
    facts = seen["training"]
    if facts["share dropped"] != "p":
        return f"with p = {_P} your function drops a share of {facts['measured'].value:.2f} of 6,000 values"
    return None


def _wrong_scale(seen: Any, right: Any) -> str | None:
    own, rule = (each["training"]["scale of what is kept"] for each in (seen, right))
    if isinstance(own, str):
        return "what is kept is not multiplied by one and the same number"
    return f"with p = {_P} what is kept is multiplied by {own:.4g}" if abs(own - rule) > 1e-6 else None


def _wrong_fact(seen: Any, right: Any) -> str | None:
    for name in ("coins", "kept", "next call", "same seed", "another seed"):
        if seen["training"][name] != right["training"][name]:
            return f"{name}: {seen['training'][name]}; expected: {right['training'][name]}"
    return None


def _wrong_mode(seen: Any, right: Any) -> str | None:
    own, rule = seen["out of training"], right["out of training"]
    if own == rule:
        return None
    told = ", ".join(f"{key} is {value}" for key, value in own.items()) if isinstance(own, dict) else own
    return f"out of training: {told}; expected y is x itself, kept is None, rng is untouched"


DROPOUT_FORWARD = Exercise(
    slug="dropout_forward",
    title="Dropout, forward",
    kind="implement",
    core=True,
    difficulty=2,
    minutes=20,
    reference=dropout_forward,
    observe=_observe,
    accepted=tuple(VARIANTS),
    mistakes=tuple(MISTAKES),
    properties=(
        Property("form", _form),
        Property("share that is dropped", _wrong_share),
        Property("scale of what is kept", _wrong_scale),
        Property("masks", _wrong_fact),
        Property("evaluation", _wrong_mode),
    ),
    hints=(
        "One random number per value: rng.random(x.shape) lies below p with the probability p.",
        "If a share 1 - p of equal values is left, by what must it be divided so that the mean is the same?",
        "Refuse a bad p first, then treat the case out of training, then draw.",
    ),
    not_tested="float32, x of other than two axes, and coins that are shared in other ways than by rows or columns",
    fade=("kept = ", "y = "),
    indistinguishable=all_the_same(VARIANTS),
)
