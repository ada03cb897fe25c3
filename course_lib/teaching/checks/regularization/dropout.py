"""Dropout, forward: the facts that do not depend on how random numbers are used, and the known mistakes.

The masks of two right answers differ, so the facts are the scale of what is kept, the share, what shares a coin. A
share is judged on 6,000 values with a margin of 0.05, eight standard deviations.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_regularizers import dropout_forward
from course_lib.teaching.exercises.exercise import Property
from course_lib.teaching.exercises.forms import kind_of
from course_lib.teaching.exercises.kinds import implement
from course_lib.teaching.exercises.observe import Detail, Raised, calls

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
    guard = calls(
        lambda p, training: answer(_X.copy(), p, _rng(5), training), *((p, True) for p in REFUSED), (1.5, False)
    )
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


def _form(seen: Any, right: Any) -> str | None:
    training = seen["training"]
    if training is None:
        return "in training your function returns None: is there a `return` on that path?"
    if training.get("form") == "kept and y":
        return "the first of the two results is a mask of True and False: return y, kept"
    return f"expected y and kept, you give {training['given'].value}" if "form" in training else None


def _changed(seen: Any, right: Any) -> str | None:
    if seen["x"] != right["x"]:
        return "it changes x itself: who else may still need that array?"
    return None


def _wrong_share(seen: Any, right: Any) -> str | None:
    training = seen["training"]
    if training["share dropped"] != "p":
        return f"with p = {P} your function drops a share of {training['measured'].value:.2f} of 6,000 values"
    return None


def _wrong_scale(seen: Any, right: Any) -> str | None:
    own, rule = (each["training"]["scale of what is kept"] for each in (seen, right))
    if isinstance(own, str):
        return "what is kept is not multiplied by one and the same number"
    return f"with p = {P} what is kept is multiplied by {own:.4g}" if abs(own - rule) > 1e-6 else None


def _wrong_number(seen: Any, right: Any) -> str | None:
    number = seen["training"]["number dropped"]
    if not number.startswith("exactly"):
        return None
    return f"your function drops {number} of 6,000 values at every call: is that what 6,000 coins do?"


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


def _wrong_p(seen: Any, right: Any) -> str | None:
    if seen["p = 0"] == "fails":
        return "p = 0 raises an exception; it is allowed: nothing is dropped then"
    if seen["p = 0"] != right["p = 0"]:
        return "with p = 0 your result is not x; nothing is dropped then"
    for p, told in zip(REFUSED, seen["refused"], strict=False):
        if told == "accepted":
            return f"p = {p:g} is accepted; it must raise ValueError (0 <= p < 1)"
        if told != "ValueError":
            return f"p = {p:g} raises {told}; the docstring asks for ValueError"
    if seen["refused"][-1] != "ValueError":
        return "out of training p = 1.5 is accepted; is p refused before the two cases are told apart?"
    return None


DROPOUT_FORWARD = implement(
    "dropout_forward",
    "Dropout, forward",
    dropout_forward,
    core=True,
    difficulty=2,
    minutes=20,
    observe=facts,
    right="""
    by_binomial: coins from rng.binomial
        rng.random(x.shape) >= p -> rng.binomial(1, 1 - p, size=x.shape).astype(bool)
        x * kept / (1 - p) -> np.where(kept, x / (1 - p), 0)
    mask_first: the mask scaled first, the share to keep compared
        rng.random(x.shape) >= p -> rng.random(x.shape) < 1 - p; x * kept / (1 - p) -> x * (kept / (1 - p))
    copies: a copy of x out of training
        return x, None -> return x.copy(), None
    """,
    wrong="""
    not_rescaled: dropout that does not rescale what it keeps | what is the mean of y when every x is 1?
        x * kept / (1 - p) -> x * kept
    rescaled_at_test: dropout that scales out of training, by 1 - p | in which of the two modes does *inverted* scale?
        x * kept / (1 - p) -> x * kept; return x, None -> return x * (1 - p), None
    rescaled_twice: dropout that scales in both modes | how often may a value be scaled, so that the means agree?
        return x, None -> return x / (1 - p), None
    keeps_p: dropout that keeps a share p, with the scale of one that drops it | is p the share kept or dropped?
        rng.random(x.shape) >= p -> rng.random(x.shape) < p
    p_is_kept: dropout with p as the share that is kept, everywhere | what does the docstring call p?
        rng.random(x.shape) >= p -> rng.random(x.shape) < p; x * kept / (1 - p) -> x * kept * (1 / p if p else 1)
    divided_by_p: dropout that divides by p | which share of the values is left, p or 1 - p?
        x * kept / (1 - p) -> x * kept * (1 / p if p else 1)
    multiplied: dropout that multiplies what is kept by 1 - p | must what is left become larger or smaller?
        x * kept / (1 - p) -> x * kept * (1 - p)
    mask_per_feature: one mask for all samples of the batch | do two rows of x lose the same features?
        rng.random(x.shape) >= p -> np.broadcast_to(rng.random((1, x.shape[1])) >= p, x.shape)
    mask_per_sample: whole samples that are dropped | which shape must the array of random numbers have?
        rng.random(x.shape) >= p -> np.broadcast_to(rng.random((len(x), 1)) >= p, x.shape)
    always_on: dropout that is on out of training as well | what does the argument `training` decide?
        drop: if not training: ...
    draws_at_test: a mask that is drawn out of training too, though not used | is rng the same after an evaluation?
        drop: if not training: ...
        return: RESULT if training else (x, None)
    global_random_state: random numbers that do not come from rng | can anyone repeat your mask from the seed of rng?
        rng.random -> np.random.random
    same_mask: the same mask at every call | does the generator that you draw from go on between two calls?
        first: rng = np.random.default_rng(0)
    scale_of_the_draw: a scale from the share that happened to be kept | is the scale a function of p, or of the draw?
        x * kept / (1 - p) -> x * kept / kept.mean()
    mask_of_the_dropped: a mask that marks what was dropped | is your mask True where a value passed?
        return: y, ~kept
    mask_with_scale: a mask that is scaled already | what is returned: which values passed, or the factors?
        return: y, kept / (1 - p)
    mask_from_y: a mask read off y, in which a 0 that was kept is marked as dropped
        | what tells a 0 that was kept from a value that was dropped: y, or the coins?
        return: y, y != 0
    exact_number: dropout of exactly 1,800 of the 6,000 values at every call
        | is that what 6,000 coins do, one for each value?
        rng.random(x.shape) >= p -> (rng.permutation(x.size) >= int(p * x.size)).reshape(x.shape)
    in_place: dropout that changes x itself: whoever uses x next sees what was dropped
        | who else may still need that array?
        after y = A -> x[...] = y
        return: x, kept
    one_is_allowed: dropout that takes p = 1 | what is 0 / 0, and which p does the docstring allow?
        first: if p >= 1: return x * 0, np.zeros(x.shape, bool)
    not_guarded: dropout without a check of p | what comes out for p = 1, and for p = -0.1?
        drop: if not 0 <= p < 1: ...
    guarded_in_training: dropout that checks p in training only
        | what is the first thing to ask of p, whatever the mode?
        first: if not training: return x, None
    """,
    equivalent="""
    rng.random(x.shape) >= p -> rng.random(x.shape) > p | a coin falls on p itself once in 2**53 times
    """,
    properties=(
        Property("form", _form),
        Property("x as it was", _changed),
        Property("share that is dropped", _wrong_share),
        Property("scale of what is kept", _wrong_scale),
        Property("number that is dropped", _wrong_number),
        Property("masks", _wrong_fact),
        Property("evaluation", _wrong_mode),
        Property("which p", _wrong_p),
    ),
    hints=(
        "One random number per value: rng.random(x.shape) lies below p with the probability p.",
        "If a share 1 - p of equal values is left, by what must it be divided so that the mean is the same?",
        "Refuse a bad p first, then treat the case out of training, then draw.",
    ),
    not_tested="float32, x of other than two axes, and coins that are shared in other ways than by rows or columns",
    fade=("kept = ", "y = "),
)
