"""Max-norm: its cases and its known mistakes."""

from typing import Any

import numpy as np

from course_lib.by_hand.regularizers import max_norm
from course_lib.teaching.exercises.kinds import Property, implement

_RNG = np.random.default_rng(41)
# Units of very different length, below, at and above the limit, and one without any weight.
_CASES = (
    (_RNG.normal(size=(5, 6)) * [0.1, 2.0, 0.5, 3.0, 0.0, 0.9], 1.5),
    (_RNG.normal(size=(4, 4)) * [1.0, 0.2, 4.0, 0.1], 0.7),
    (np.array([[3.0, 6.0, 0.0], [4.0, 8.0, 0.5]]), 5.0),
)


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


MAX_NORM = implement(
    "max_norm: Shorten the weights of a unit",
    max_norm,
    cases=_CASES,
    right="""
    unit_by_unit: unit by unit
        return: np.stack([w * (limit / s if s > limit else 1) for w, s in zip(weight.T, lengths)], axis=1)
    by_where: np.where over the factors
        limit / np.maximum(lengths, limit)
        -> np.where(lengths > limit, limit / np.where(lengths == 0, 1, lengths), 1)
    """,
    wrong="""
    rows: a limit on the outgoing weights, the rows | which axis of weight (i, o) runs over the inputs?
        A.sum(axis=0) -> A.sum(axis=1, keepdims=True)
    whole_matrix: a limit on the whole matrix | does one long unit shorten the others?
        A.sum(axis=0) -> A.sum()
    stretched: all units brought to the limit, short ones too | what becomes of a unit that is shorter?
        np.maximum(lengths, limit) -> np.where(lengths == 0, 1, lengths)
    stretched_nan: all units at the limit, and 0 / 0 for a unit of zeros | what becomes of a unit that is shorter?
        np.maximum(lengths, limit) -> lengths
    clipped: single weights that are clipped | what is limited, each weight or the length of a unit?
        weight * factor -> np.clip(weight, -limit, limit)
    squared: a limit on the square of the length | where is the root?
        np.sqrt(A) -> A
    absolute: a limit on the sum of the absolute weights | which length is meant, Euclid's?
        np.sqrt(A) -> np.abs(weight).sum(axis=0)
    to_one: units divided by their length | which length has a long unit afterwards: 1, or limit?
        limit / np.maximum(lengths, limit) -> np.where(lengths > limit, 1 / np.where(lengths == 0, 1, lengths), 1)
    removed: long units set to zero | shall a long unit be shortened, or removed?
        limit / np.maximum(lengths, limit) -> lengths <= limit
    """,
    properties=(Property("length of each unit", _lengths),),
    hints="""
    A unit's incoming weights are a column. Which axis do you sum over to get one length per unit?
    The factor is limit / length where the unit is too long, and 1 elsewhere.
    np.maximum(lengths, limit) is never 0, and limit divided by it is never above 1.
    """,
    not_tested="a limit of 0",
    fade=("lengths =", "factor ="),
)
