"""Does every part of the data hold every class in its share? The check of stratified_split."""

import math
from typing import Any

import numpy as np

from course_lib.numpy_nn.plain import stratified_split
from course_lib.teaching.checks.training_loop.split import MISTAKES, VARIANTS
from course_lib.teaching.exercises.exercise import Exercise, Property
from course_lib.teaching.exercises.forms import Detail, all_the_same, kind_of, row_numbers
from course_lib.teaching.exercises.observe import CHANGED, Raised, calls

# Classes of unequal size, with labels that do not start at 0 and that do not come in order. No share of a class lies
# half-way between two whole numbers, where rules of rounding differ. The large classes show by their counts whether the
# classes were looked at: by chance no part comes so near to its share.
_CLASSES = {2: 941, 5: 527, 9: 11, 12: 256}
_FRACTIONS = (0.6, 0.25, 0.15)
_LABELS = np.random.default_rng(3).permutation(np.repeat(list(_CLASSES), list(_CLASSES.values())))


def _split_seen(answer: Any) -> Any:
    cases = [(_LABELS, _FRACTIONS, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    seen = calls(answer, *cases)
    first, again, other = (case["result"] for case in seen.values())
    if first is None or isinstance(first, Raised):
        return {"case 1": first}
    given = list(first) if isinstance(first, list | tuple) else [first]
    parts = [row_numbers(part) for part in given]
    if len(parts) != 3 or any(part is None for part in parts):
        content = {np.asarray(part).dtype.kind for part in given} if len(given) == 3 else set()
        return {"form": "masks" if content == {"b"} else "other", "given": Detail(kind_of(first))}
    facts = _facts(parts) | _randomness(first, again, other)
    return {"form": "row numbers", **facts, CHANGED: seen["case 1"][CHANGED]}


def _facts(parts: list[np.ndarray]) -> dict[str, Any]:
    rows = np.concatenate(parts)
    exists = (rows >= 0) & (rows < len(_LABELS))
    labels = [_LABELS[part[(part >= 0) & (part < len(_LABELS))]] for part in parts]
    counts = np.array([[np.sum(own == label) for label in _CLASSES] for own in labels])  # (parts, classes)
    return {
        "only rows that exist": bool(exists.all()),
        "no row twice in a part": all(len(set(part.tolist())) == len(part) for part in parts),
        "no row in two parts": sum(len(set(part.tolist())) for part in parts) == len(set(rows.tolist())),
        "every row in a part": set(range(len(_LABELS))) <= set(rows.tolist()),
        "sorted": all((np.diff(part) >= 0).all() for part in parts),
        "cut": _cut_like(counts),
        "taken": "in order" if _in_order(parts) else "at random",
        "counts": Detail(counts),
    }


def _cut_like(counts: np.ndarray) -> str:
    """By which rule the classes were cut, as far as the counts (parts, classes) tell."""
    a, b, c = _FRACTIONS
    rules = {
        "as asked": lambda m: (round(m * a), round(m * (a + b)), m),
        "rounded down": lambda m: (int(m * a), int(m * (a + b)), m),
        "rounded up": lambda m: (math.ceil(m * a), math.ceil(m * (a + b)), m),
        "shares rounded": lambda m: (round(m * a), round(m * a) + round(m * b), m),
        "all rounded down": lambda m: (int(m * a), int(m * a) + int(m * b), int(m * a) + int(m * b) + int(m * c)),
        "swapped": lambda m: (round(m * a), round(m * a) + m - round(m * (a + b)), m),
    }
    for name, rule in rules.items():
        ends = [rule(m) for m in _CLASSES.values()]  # (classes, parts)
        if (counts == np.diff(ends, axis=1, prepend=0).T).all():
            return name
    by_class = np.outer(_FRACTIONS, list(_CLASSES.values()))  # (parts, classes)
    return "rounded in another way" if (np.abs(counts - by_class) < 2.5).all() else "in other shares"


def _in_order(parts: list[np.ndarray]) -> bool:
    """Whether the training rows of each class lie before its other rows."""
    train, rest = ([row for row in rows if 0 <= row < len(_LABELS)] for rows in (parts[0], np.concatenate(parts[1:])))
    for label in _CLASSES:
        early, late = ([row for row in rows if _LABELS[row] == label] for rows in (train, rest))
        if not early or not late or max(early) > min(late):
            return False
    return True


def _randomness(first: Any, again: Any, other: Any) -> dict[str, bool]:
    def same(one: Any, two: Any) -> bool:
        return [sorted(np.asarray(p).tolist()) for p in one] == [sorted(np.asarray(p).tolist()) for p in two]

    return {"same seed, same split": same(first, again), "another seed, another split": not same(first, other)}


def _form(seen: Any, right: Any) -> str | None:
    return f"expected three arrays of row numbers, you give {seen['given'].value}" if seen["form"] == "other" else None


def _rows(seen: Any, right: Any) -> str | None:
    facts = ("only rows that exist", "no row twice in a part", "no row in two parts", "every row in a part")
    broken = [name for name in facts if not seen[name]]
    return f"this does not hold: {'; '.join(broken)}" if broken else None


def _sorted(seen: Any, right: Any) -> str | None:
    return None if seen["sorted"] else "the row numbers of your parts are not sorted"


def _shares(seen: Any, right: Any) -> str | None:
    if seen["cut"] == "as asked":
        return None
    wrong = (seen["counts"].value != right["counts"].value).any(axis=0)  # (classes,)
    place = int(np.flatnonzero(wrong)[0])
    label, m = list(_CLASSES.items())[place]
    own = ", ".join(str(count) for count in seen["counts"].value[:, place])
    return f"of the {m} rows of class {label} your parts hold {own}; where does the rule cut {m} rows, at {_FRACTIONS}?"


def _chance(seen: Any, right: Any) -> str | None:
    if seen["taken"] != right["taken"]:
        return "your training part holds the first rows of each class, not rows taken at random"
    for name in ("same seed, same split", "another seed, another split"):
        if not seen[name]:
            return f"this does not hold: {name}"
    return None


STRATIFIED_SPLIT = Exercise(
    slug="stratified_split",
    title="Split the data so that every part holds every class",
    kind="implement",
    core=False,
    difficulty=2,
    minutes=15,
    reference=stratified_split,
    observe=_split_seen,
    accepted=tuple(VARIANTS),
    mistakes=tuple(MISTAKES),
    properties=(
        Property("row numbers", _form),
        Property("disjoint and complete", _rows),
        Property("the shares of each class", _shares),
        Property("sorted", _sorted),
        Property("random rows, from rng", _chance),
    ),
    hints=(
        "Split the rows of one class first; then do the same for every class and join the pieces of each part.",
        "np.flatnonzero(labels == label) gives the rows of a class, rng.permutation(rows) their random order.",
        "np.split(rows, [a, b]) gives rows[:a], rows[a:b] and rows[b:].",
    ),
    not_tested="groups (several images of one patient): those need a split by group",
    indistinguishable=all_the_same(VARIANTS),
)
