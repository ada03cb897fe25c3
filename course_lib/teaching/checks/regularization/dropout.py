"""Dropout, forward: the facts that do not depend on how random numbers are used, and the known mistakes.

The masks of two right answers differ, so the facts are the scale of what is kept, the share, what shares a coin. A
share is judged on 6,000 values with a margin of 0.05, eight standard deviations.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from course_lib.by_hand.regularizers import dropout_forward
from course_lib.teaching.exercises.kinds import Detail, Property, Raised, calls, implement, kind_of

P = 0.3
REFUSED = (1.0, -0.1, 1.5)
_MARGIN, _MARGIN_SHARED = 0.05, 0.19  # of coins that are shared there are only 75 or 80
_SEEDS = range(1, 13)  # a dozen, so that equal numbers in all of them are no accident
_rng = np.random.default_rng
_X = _rng(5).choice([-1.0, 1.0], (80, 75)) * _rng(6).uniform(0.5, 1.5, (80, 75))  # no zeros: a zero in y was dropped
_ZERO = _rng(7).random(_X.shape) < 0.1
_HOLED = np.where(_ZERO, 0.0, _X)


def facts(answer: Any) -> dict[str, Any]:
    """The observation of an answer; every call gets an x of its own, so that a change of x is told as just that."""

    def twice(x: np.ndarray, p: float, rng: np.random.Generator) -> list[Any]:
        other = x.copy()
        return [answer(x, p, rng, True), answer(other, p, rng, True)]

    def off(x: np.ndarray, p: float, rng: np.random.Generator) -> list[Any]:
        before = str(rng.bit_generator.state)
        return [*answer(x, p, rng, False), before == str(rng.bit_generator.state)]

    def guard(p: float, training: bool) -> Any:
        return answer(_X.copy(), p, _rng(5), training)

    training = calls(twice, *((_X, P, _rng(seed)) for seed in (1, *_SEEDS)), (_X, 0.0, _rng(3)), (_HOLED, P, _rng(6)))
    refused = calls(guard, *((p, True) for p in REFUSED), (1.5, False))
    *drawn, none, holed = (case["result"] for case in training.values())
    masks = _masks(drawn, holed)
    return {
        "training": masks,
        "p = 0": _unchanged(none) if _fair(masks) else "not asked",
        "out of training": _evaluation(calls(off, (_X, P, _rng(4)))["case 1"]["result"]),
        "refused": [
            one["result"].type if isinstance(one["result"], Raised) else "accepted" for one in refused.values()
        ],
        "x": {"inputs changed": training["case 1"]["inputs changed"]},
    }


def _masks(drawn: list[Any], holed: Any) -> Any:
    """The facts of training: two pairs of calls with equal seeds, then pairs with others, then one on an x with 0."""
    first, again, another, *_ = drawn
    if isinstance(first, Raised) or first[0] is None:
        return first if isinstance(first, Raised) else None
    form = _form(first[0]) or _form(first[1])
    if form:
        return {"form": form, "given": Detail(kind_of(first[0]))}
    y = np.asarray(first[0][0], float)
    passed = y != 0
    dropped, ratio = 1 - passed.mean(), y[passed] / _X[passed]
    coins = _coins(passed)
    margin = _MARGIN if coins == "one for each value" else _MARGIN_SHARED
    next_call = _same(first, first[1])
    numbers = {int((np.asarray(pair[0][0]) == 0).sum()) for pair in drawn if not isinstance(pair, Raised)}
    number = f"exactly {min(numbers):,}" if len(numbers) == 1 else "another at every call"
    return {
        "share dropped": next(
            (name for name, share in (("p", P), ("1 - p", 1 - P)) if abs(dropped - share) < margin), "something else"
        ),
        "measured": Detail(dropped),
        "scale of what is kept": (float(np.median(ratio)) if ratio.size and np.ptp(ratio) < 1e-5 else "not one number"),
        "coins": coins,
        "number dropped": number if next_call == "another mask" else "as in the same mask",
        "kept": _mask(first[0][1], passed, holed),
        "next call": next_call,
        "same seed": _same(first, again if isinstance(again, Raised) else again[0]),
        "another seed": _same(first, another if isinstance(another, Raised) else another[0]),
    }


def _form(one: Any) -> str:
    """What is wrong with the form of a result; "" where nothing is."""

    def only_marks(value: Any) -> bool:
        return np.ndim(value) > 0 and bool(np.isin(np.asarray(value), (0, 1)).all())

    if not isinstance(one, tuple | list) or len(one) != 2:
        return "not y and kept"
    if only_marks(one[0]) and np.shape(one[1]) == _X.shape and not only_marks(one[1]):
        return "kept and y"
    return "" if np.shape(one[0]) == _X.shape else "not y and kept"


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


def _mask(kept: Any, passed: np.ndarray, holed: Any) -> str:
    try:
        mask = None if kept is None else np.broadcast_to(kept, passed.shape)  # shared coins may come as one row
    except ValueError:
        mask = None
    if mask is None or np.ndim(kept) == 0:
        return "not an array of the shape of x"
    if not np.array_equal(mask, passed):  # 1 and 0 serve as well
        return "True where a value was dropped" if np.array_equal(mask, ~passed) else "other numbers"
    if isinstance(holed, Raised) or np.shape(holed[0][0]) != _X.shape:
        return "not an array of the shape of x"
    marks = np.broadcast_to(np.asarray(holed[0][1], bool), _X.shape)[_ZERO]  # the zeros of x have coins of their own
    if marks.all() or not marks.any():
        return f"one and the same for all values of x that are 0: {bool(marks.all())}"
    return "True where a value passed"


def _same(first: Any, other: Any) -> str:
    if isinstance(other, Raised):
        return "another mask"
    equal = np.array_equal(np.asarray(first[0][0]) != 0, np.asarray(other[0]) != 0)
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
    found = next((word for word, rule in words.items() if np.allclose(y, rule)), "something else")
    return {"y": found, "kept": "None" if result[1] is None else "a mask", "rng": "untouched" if result[2] else "used"}


def _faults(seen: Any, right: Any) -> Iterator[str]:
    """What is wrong, in the order in which it is told; only the first is."""
    training = seen["training"]
    if training is None:
        yield "in training your function returns None: is there a `return` on that path?"
    if training.get("form") == "kept and y":
        yield "the first of the two results is a mask of True and False: return y, kept"
    if "form" in training:
        yield f"expected y and kept, you give {training['given'].value}"
    if seen["x"] != right["x"]:
        yield "it changes x itself: who else may still need that array?"
    if training["share dropped"] != "p":
        yield f"with p = {P} your function drops a share of {training['measured'].value:.2f} of 6,000 values"
    scale = training["scale of what is kept"]
    if isinstance(scale, str):
        yield "what is kept is not multiplied by one and the same number"
    elif abs(scale - right["training"]["scale of what is kept"]) > 1e-6:
        yield f"with p = {P} what is kept is multiplied by {scale:.4g}"
    if training["number dropped"].startswith("exactly"):
        number = training["number dropped"]
        yield f"your function drops {number} of 6,000 values at every call: is that what 6,000 coins do?"
    for name in ("coins", "kept", "next call", "same seed", "another seed"):
        if training[name] != right["training"][name]:
            yield f"{name}: {training[name]}; expected: {right['training'][name]}"
    own = seen["out of training"]
    if own != right["out of training"]:
        told = ", ".join(f"{key} is {value}" for key, value in own.items()) if isinstance(own, dict) else own
        yield f"out of training: {told}; expected y is x itself, kept is None, rng is untouched"
    if seen["p = 0"] == "fails":
        yield "p = 0 raises an exception; it is allowed: nothing is dropped then"
    if seen["p = 0"] != right["p = 0"]:
        yield "with p = 0 your result is not x; nothing is dropped then"
    for p, told in zip(REFUSED, seen["refused"], strict=False):
        if told == "accepted":
            yield f"p = {p:g} is accepted; it must raise ValueError (0 <= p < 1)"
        if told != "ValueError":
            yield f"p = {p:g} raises {told}; the docstring asks for ValueError"
    if seen["refused"][-1] != "ValueError":
        yield "out of training p = 1.5 is accepted; is p refused before the two cases are told apart?"


DROPOUT_FORWARD = implement(
    "dropout_forward: Dropout, forward | core, difficulty 2, 20 minutes",
    dropout_forward,
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
        drop: if not training: ...; return: RESULT if training else (x, None)
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
        after y = A -> x[...] = y; return: x, kept
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
    properties=(Property("each fact", lambda seen, right: next(_faults(seen, right), None)),),
    hints="""
    One random number per value: rng.random(x.shape) lies below p with the probability p.
    If a share 1 - p of equal values is left, by what must it be divided so that the mean is the same?
    Refuse a bad p first, then treat the case out of training, then draw.
    """,
    not_tested="float32, x of other than two axes, and coins that are shared in other ways than by rows or columns",
    fade=("kept = ", "y = "),
)
