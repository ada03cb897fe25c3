"""Which lengths does max-norm limit? The check of max_norm."""

from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_regularizers import max_norm
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, known
from course_lib.teaching.exercises.observe import calls

_RNG = np.random.default_rng(41)
_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []
# Units of very different length, below and above the limit, and one without any weight.
_CASES = (
    (_RNG.normal(size=(5, 6)) * [0.1, 2.0, 0.5, 3.0, 0.0, 0.9], 1.5),
    (_RNG.normal(size=(4, 4)) * [1.0, 0.2, 4.0, 0.1], 0.7),
)


@also_right(_RIGHT, "unit by unit")
def unit_by_unit(weight, limit):
    result = weight.copy()
    for unit in range(weight.shape[1]):
        length = np.linalg.norm(weight[:, unit])
        if length > limit:
            result[:, unit] *= limit / length
    return result


@also_right(_RIGHT, "np.where over the factors")
def by_where(weight, limit):
    lengths = np.linalg.norm(weight, axis=0, keepdims=True)
    return weight * np.where(lengths > limit, limit / np.where(lengths == 0, 1, lengths), 1)


@known(_WRONG, "a limit on the outgoing weights, the rows", "which axis of weight (i, o) runs over the inputs?")
def rows(weight, limit):
    return max_norm(weight.T, limit).T


@known(_WRONG, "a limit on the whole matrix", "does one long unit shorten the others?")
def whole_matrix(weight, limit):
    return weight * (limit / max(np.linalg.norm(weight), limit))


@known(_WRONG, "all units brought to the limit, short ones too", "what becomes of a unit that is shorter?")
def stretched(weight, limit):
    lengths = np.linalg.norm(weight, axis=0)
    return weight * limit / np.where(lengths == 0, 1, lengths)


@known(_WRONG, "all units at the limit, and 0 / 0 for a unit of zeros", "what becomes of a unit that is shorter?")
def stretched_nan(weight, limit):
    return weight * limit / np.linalg.norm(weight, axis=0)


@known(_WRONG, "single weights that are clipped", "what is limited, each weight or the length of a unit?")
def clipped(weight, limit):
    return np.clip(weight, -limit, limit)


@known(_WRONG, "a limit on the square of the length", "where is the root?")
def squared(weight, limit):
    return weight * limit / np.maximum((weight**2).sum(axis=0), limit)


@known(_WRONG, "a limit on the sum of the absolute weights", "which length is meant, Euclid's?")
def absolute(weight, limit):
    return weight * limit / np.maximum(np.abs(weight).sum(axis=0), limit)


@known(_WRONG, "units divided by their length", "which length has a long unit afterwards: 1, or limit?")
def to_one(weight, limit):
    lengths = np.linalg.norm(weight, axis=0)
    return np.where(lengths > limit, weight / np.where(lengths == 0, 1, lengths), weight)


@known(_WRONG, "long units set to zero", "shall a long unit be shortened, or removed?")
def removed(weight, limit):
    return weight * (np.linalg.norm(weight, axis=0) <= limit)


def _lengths(seen: Any, right: Any) -> str | None:
    for case, (weight, limit) in zip(right, _CASES, strict=True):
        own = np.asarray(seen[case]["result"])
        if own.shape != weight.shape:
            return None
        before, after = np.linalg.norm(weight, axis=0), np.linalg.norm(own, axis=0)
        if not np.isfinite(after).all():
            return f"{case}: unit {int(np.argmin(np.isfinite(after)))} is not finite; is it one of zeros?"
        wrong = np.flatnonzero(~np.isclose(after, np.minimum(before, limit)))
        if wrong.size:
            unit = wrong[0]
            return f"{case}: limit {limit}, unit {unit} had the length {before[unit]:.3g} and has {after[unit]:.3g}"
    return None


MAX_NORM = Exercise(
    slug="max_norm",
    title="Shorten the weights of a unit",
    kind="implement",
    core=False,
    difficulty=1,
    minutes=10,
    reference=max_norm,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("length of each unit", _lengths),),
    hints=(
        "A unit's incoming weights are a column. Which axis do you sum over to get one length per unit?",
        "The factor is limit / length where the unit is too long, and 1 elsewhere.",
        "np.maximum(lengths, limit) is never 0, and limit divided by it is never above 1.",
    ),
    not_tested="a limit of 0",
    fade=("lengths =", "factor ="),
    indistinguishable=all_the_same(_RIGHT),
)
