"""A split class by class: what is observed of stratified_split, and its known mistakes.

Two right answers may draw other rows, so that facts are compared: which rows, how many of each class, where from.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from course_lib.by_hand.first_step import stratified_split
from course_lib.teaching.exercises.kinds import Detail, Property, expected, implement, other_form, row_numbers
from course_lib.teaching.exercises.observe import CHANGED, Raised, calls

# Classes of unequal size, with labels that do not start at 0 and that do not come in order. The large ones show by
# their counts whether the classes were looked at: by chance no part comes so near to its share. No share of a class
# lies half-way between two whole numbers. In the second case many do, in fractions that are exact in binary.
_CLASSES = {2: 941, 5: 527, 9: 11, 12: 256}
_FRACTIONS = (0.6, 0.25, 0.15)
_HALVES = {7: 10, 0: 6, 3: 5, 4: 18, 1: 1}
_QUARTERS = (0.25, 0.25, 0.5)


def _mixed(classes: Mapping[int, int]) -> np.ndarray:
    return np.random.default_rng(3).permutation(np.repeat(list(classes), list(classes.values())))


_LABELS, _FEW = _mixed(_CLASSES), _mixed(_HALVES)


def _observe(answer: Any) -> Any:
    cases = [(_LABELS, _FRACTIONS, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    seen = calls(answer, *cases, (_FEW, _QUARTERS, np.random.default_rng(2)))
    first, again, other, few = (case["result"] for case in seen.values())
    if first is None or isinstance(first, Raised):
        return {"case 1": first}
    parts, small = _parts(first), _parts(few)
    if parts is None:
        masks = _long(first) == 3 and all(np.asarray(part).dtype.kind == "b" for part in first)
        return {"form": "masks"} if masks else other_form(first)
    return {
        "form": "row numbers",
        **_facts(parts, _LABELS, _CLASSES, _FRACTIONS),
        "halves": few if small is None else _facts(small, _FEW, _HALVES, _QUARTERS),
        "the rows of each class are taken": _taken(parts),
        "same seed, same split": _sets(first) == _sets(again),
        "another seed, another split": _sets(first) != _sets(other),
        CHANGED: seen["case 1"][CHANGED],
    }


def _long(value: Any) -> int:
    return len(value) if isinstance(value, list | tuple) else 0


def _sets(result: Any) -> list[list[int]]:
    return [sorted(np.asarray(part).tolist()) for part in result]


def _parts(result: Any) -> list[np.ndarray] | None:
    """Three arrays of row numbers, or None."""
    parts = [row_numbers(part) for part in result] if _long(result) == 3 else [None]
    return None if any(part is None for part in parts) else parts


def _facts(
    parts: list[np.ndarray], labels: np.ndarray, classes: Mapping[int, int], fractions: tuple[float, ...]
) -> dict[str, Any]:
    rows, count = np.concatenate(parts), len(labels)
    found = [labels[part[(part >= 0) & (part < count)]] for part in parts]
    counts = np.array([[np.sum(own == label) for label in classes] for own in found])  # (parts, classes)
    return {
        "only rows that exist": bool(((rows >= 0) & (rows < count)).all()),
        "no row twice in a part": all(len(set(part.tolist())) == len(part) for part in parts),
        "no row in two parts": sum(len(set(part.tolist())) for part in parts) == len(set(rows.tolist())),
        "every row in a part": set(range(count)) <= set(rows.tolist()),
        "sorted row numbers": all((np.diff(part) >= 0).all() for part in parts),
        "cut": _cut_like(counts, list(classes.values()), fractions),
        "counts": Detail(counts),
    }


def _cut_like(counts: np.ndarray, sizes: list[int], fractions: tuple[float, ...]) -> str:
    """By which rule the classes were cut, as far as the counts (parts, classes) tell."""
    a, b, c = fractions
    rules = {
        "as asked": lambda m: (round(m * a), round(m * (a + b)), m),
        "halves rounded up": lambda m: (math.floor(m * a + 0.5), math.floor(m * (a + b) + 0.5), m),
        "rounded down": lambda m: (int(m * a), int(m * (a + b)), m),
        "rounded up": lambda m: (math.ceil(m * a), math.ceil(m * (a + b)), m),
        "shares rounded": lambda m: (round(m * a), round(m * a) + round(m * b), m),
        "all rounded down": lambda m: (int(m * a), int(m * a) + int(m * b), int(m * a) + int(m * b) + int(m * c)),
        "swapped": lambda m: (round(m * a), round(m * a) + m - round(m * (a + b)), m),
    }
    for name, rule in rules.items():
        if (counts == np.diff([rule(m) for m in sizes], axis=1, prepend=0).T).all():
            return name
    return "rounded in another way" if (np.abs(counts - np.outer(fractions, sizes)) < 2.5).all() else "in other shares"


def _taken(parts: list[np.ndarray]) -> str:
    """Whether in every class the rows of a part lie before those of the parts that follow."""
    ordered = [_before(parts[0], np.concatenate(parts[1:])), _before(parts[1], parts[2])]
    return "in order" if all(ordered) else "in order but for one part" if any(ordered) else "at random"


def _before(one: np.ndarray, other: np.ndarray) -> bool:
    for label in _CLASSES:
        early, late = ([r for r in rows if 0 <= r < len(_LABELS) and _LABELS[r] == label] for rows in (one, other))
        if not early or not late or max(early) > min(late):
            return False
    return True


def _shares(seen: Any, right: Any) -> str | None:
    for own, rule, classes, fractions in (
        (seen, right, _CLASSES, _FRACTIONS),
        (seen["halves"], right["halves"], _HALVES, _QUARTERS),
    ):
        wrong = (own["counts"].value != rule["counts"].value).any(axis=0)  # (classes,)
        if wrong.any():
            place = int(np.flatnonzero(wrong)[0])
            label, m = list(classes.items())[place]
            held = ", ".join(str(count) for count in own["counts"].value[:, place])
            cut = f"where does the rule cut {m} rows, at {fractions}?"
            return f"of the {m} rows of class {label} your parts hold {held}; {cut}"
    return None


STRATIFIED_SPLIT = implement(
    "stratified_split: Split the data so that every part holds every class | difficulty 2, 15 minutes",
    stratified_split,
    observe=_observe,
    right="""
    by_place: each row goes to its part by its place in a random order of its class
        rng.permutation(A) -> A[np.argsort(rng.random((labels == label).sum()))]
    shuffled_once: all rows are shuffled once, before they are taken class by class
        rng.permutation(A) -> order[labels[order] == label]; first: order = rng.permutation(len(labels))
        return: tuple(part.tolist() for part in RESULT)
    """,
    wrong="""
    not_stratified: a split that does not look at the classes | how many rows of the rarest class does each part get?
        np.unique(labels) -> [0]; np.flatnonzero(A) -> len(labels)
    not_stratified_not_sorted: an unsorted split that does not look at the classes
        | how many rows of the rarest class has each part?
        np.unique(labels) -> [0]; np.flatnonzero(A) -> len(labels); np.sort(A) -> A
    cut_as_it_lies: a cut of the data as they lie | what does each part hold if the data were sorted by class?
        np.unique(labels) -> [0]; rng.permutation(A) -> np.arange(len(labels))
    not_random: the first rows of each class, not random ones | what if early rows differ from late ones?
        rng.permutation(A) -> A
    own_seed: a split that is the same whatever rng is | what does a split with another seed give?
        first: rng = np.random.default_rng(0)
    global_random_state: a split that does not come from rng | can anyone repeat your split from the seed of rng?
        rng.permutation -> np.random.permutation
    parts_swapped: validation and test in each other's place | which fraction belongs to which part?
        return: train, test, validation
    rounded_down: cuts that int() rounds down | what is int(6.6), and what does the rule say?
        np.round(A) -> A
    shares_rounded: each share rounded by itself | where is the second cut, at the sum of two roundings?
        np.round(A) -> np.cumsum(np.round(np.array(fractions[:2]) * len(rows)))
    rounded_up: cuts that are rounded up | does the rule round up, or to the nearest whole number?
        np.round -> np.ceil
    halves_up: cuts that round every half up | what does round(2.5) give in Python?
        np.round(A) -> np.floor(A + 0.5)
    second_cut_too_early: a second cut at f2, not at f1 + f2
        | where does validation end, counted from the start of the class?
        np.cumsum(fractions)[:2] -> np.array(fractions[:2])
    rows_lost: three parts of which each is rounded down | do the parts together hold all rows?
        np.split(rows, ends) -> np.split(rows, np.cumsum([int(len(rows) * f) for f in fractions]))[:3]
    not_sorted: parts that are not sorted | in which order do the rows of the classes come in your parts?
        np.sort(A) -> rng.permutation(A)
    labels_returned: the labels of the rows, not their numbers
        | what can you do with labels alone, where are the inputs?
        return: tuple(labels[part] for part in RESULT)
    masks: masks of True and False, not row numbers | which function gives the numbers of the True places?
        return: tuple(np.isin(np.arange(len(labels)), part) for part in RESULT)
    places_for_rows: places within a class taken for row numbers
        | the third row of a class: which row of the data is it?
        np.flatnonzero(A) -> int(A.sum())
    labels_assumed: labels taken to be 0, 1, 2, ... | which labels does np.unique(labels) give?
        np.unique(labels) -> range(len(np.unique(labels)))
    drawn_anew: each part drawn from all rows of a class | may a row that trains the network also test it?
        for part, piece in zip(A, B, strict=True): ...
        -> for place, part in enumerate(parts): part.append(np.split(rng.permutation(rows), ends)[place])
    only_training_drawn: random rows for training, the rest as they lie | which of the two cuts is a random one?
        after ends = A -> rows[ends[0] :] = np.sort(rows[ends[0] :])
    """,
    properties=(
        expected("three arrays of row numbers"),
        Property("the shares of each class", _shares),
    ),
    hints="""
    Split the rows of one class first; then do the same for every class and join the pieces of each part.
    np.flatnonzero(labels == label) gives the rows of a class, rng.permutation(rows) their random order.
    np.split(rows, [a, b]) gives rows[:a], rows[a:b] and rows[b:].
    """,
    not_tested="groups (several images of one patient): those need a split by group",
)
