"""Is every row validated exactly once, and never by a model that saw it? The check of k_folds."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_stopping import k_folds
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import Detail, all_the_same, also_right, kind_of, known, row_numbers
from course_lib.teaching.exercises.observe import Raised, calls

_SIZES = ((50, 5), (23, 4), (6, 6))
MISTAKES: list[Mistake] = []
VARIANTS: list[Variant] = []


def _rest(count, rows):
    return np.setdiff1d(np.arange(count), rows)


@also_right(VARIANTS, "every k-th row of a random order")
def strided(count, k, rng):
    order = rng.permutation(count)
    return [(_rest(count, order[place::k]), order[place::k]) for place in range(k)]


@also_right(VARIANTS, "a generator of pairs of lists")
def one_by_one(count, k, rng):
    for fold in np.array_split(rng.permutation(count), k):
        yield _rest(count, fold).tolist(), fold.tolist()


@known(MISTAKES, "folds in the order of the data", "what would a fold hold if the data were sorted by class?")
def not_shuffled(count, k, rng):
    return [(_rest(count, fold), fold) for fold in np.array_split(np.arange(count), k)]


@known(
    MISTAKES, "a validation part drawn anew for every pair", "does the second pair know which rows the first one took?"
)
def drawn_anew(count, k, rng):
    sizes = [len(fold) for fold in np.array_split(np.arange(count), k)]
    drawn = [rng.permutation(count)[:size] for size in sizes]
    return [(_rest(count, fold), fold) for fold in drawn]


@known(MISTAKES, "training parts that hold all rows", "has the model seen the rows on which it is scored?")
def trains_on_all(count, k, rng):
    order = rng.permutation(count)
    return [(order, fold) for fold in np.array_split(order, k)]


@known(MISTAKES, "folds that leave the remainder out", "23 rows, 4 folds of 5: where are the last three?")
def remainder_dropped(count, k, rng):
    size, order = count // k, rng.permutation(count)
    folds = [order[place * size : (place + 1) * size] for place in range(k)]
    used = np.concatenate(folds)
    return [(np.setdiff1d(used, fold), fold) for fold in folds]


@known(
    MISTAKES, "a last fold that takes the whole remainder", "23 rows in 4 folds: may one fold have 8 and the rest 5?"
)
def remainder_in_last(count, k, rng):
    size, order = count // k, rng.permutation(count)
    folds = [order[place * size : (place + 1) * size if place < k - 1 else count] for place in range(k)]
    return [(_rest(count, fold), fold) for fold in folds]


@known(MISTAKES, "training and validation exchanged", "which part is larger with five folds?")
def exchanged(count, k, rng):
    return [(fold, _rest(count, fold)) for fold in np.array_split(rng.permutation(count), k)]


@known(MISTAKES, "folds of k rows", "is k the number of folds, or of the rows in one?")
def size_for_number(count, k, rng):
    order = rng.permutation(count)
    folds = [order[start : start + k] for start in range(0, count, k)]
    return [(_rest(count, fold), fold) for fold in folds]


@known(MISTAKES, "training parts of one fold", "how many of the k folds may the model learn from?")
def one_fold_to_train(count, k, rng):
    folds = np.array_split(rng.permutation(count), k)
    return [(folds[place - 1], folds[place]) for place in range(k)]


@known(MISTAKES, "an order that does not come from rng", "can anyone repeat your folds from the seed of rng?")
def own_order(count, k, rng):
    return [(_rest(count, fold), fold) for fold in np.array_split(np.random.default_rng(0).permutation(count), k)]


@known(MISTAKES, "all folds but the last", "how many pairs do k folds give?")
def last_fold_left_out(count, k, rng):
    folds = np.array_split(rng.permutation(count), k)
    return [(_rest(count, fold), fold) for fold in folds[:-1]]


def _seen(answer: Any) -> Any:
    def run(count: int, k: int, rng: np.random.Generator) -> Any:
        pairs = answer(count, k, rng)
        return list(pairs) if isinstance(pairs, Iterator) else pairs

    cases = [(count, k, np.random.default_rng(3)) for count, k in _SIZES]
    results = [case["result"] for case in calls(run, *cases, (*_SIZES[0], np.random.default_rng(4))).values()]
    facts = {f"{n} rows, {k} folds": _facts(result, n) for (n, k), result in zip(_SIZES, results, strict=False)}
    return facts | {"another seed": _other_order(results[0], results[3])}


def _facts(result: Any, count: int) -> Any:
    """Facts that do not depend on how the random numbers are used."""
    if isinstance(result, Raised) or result is None:
        return result
    try:
        pairs = [(row_numbers(training), row_numbers(validation)) for training, validation in result]
    except (TypeError, ValueError):
        pairs = [(None, None)]
    if any(rows is None for pair in pairs for rows in pair):
        return {"form": "not pairs of row numbers", "given": Detail(kind_of(result))}
    validated = np.concatenate([validation for _, validation in pairs])
    return {
        "form": "pairs of row numbers",
        "given": Detail(None),
        "validation sizes": sorted(len(validation) for _, validation in pairs),
        "training sizes": sorted(len(training) for training, _ in pairs),
        "rows validated once": int(sum(np.bincount(validated, minlength=count) == 1)),
        "rows in both parts of a pair": int(sum(len(np.intersect1d(*pair)) for pair in pairs)),
        "shuffled": bool(count < 10 or not (np.diff(np.sort(pairs[0][1])) == 1).all()),
    }


def _other_order(first: Any, other: Any) -> Any:
    if isinstance(first, Raised) or first is None:
        return first
    try:
        return "the same" if [list(b) for _, b in first] == [list(b) for _, b in other] else "another order"
    except (TypeError, ValueError):
        return "not pairs of row numbers"


def _first_wrong(seen: Any, right: Any) -> str | None:
    for case, rule in right.items():
        if not isinstance(rule, dict):
            return f"with another seed your folds are {seen[case]}, expected: {rule}" if seen[case] != rule else None
        for key, value in rule.items():
            own = seen[case][key]
            if key == "form" and own != value:
                return f"expected a list of pairs of row numbers, you give {seen[case]['given'].value}"
            if own != value:
                return f"{case}: {key} {own}"
    return None


K_FOLDS = Exercise(
    slug="k_folds",
    title="Folds for cross-validation",
    kind="implement",
    core=False,
    difficulty=2,
    minutes=12,
    reference=k_folds,
    observe=_seen,
    accepted=tuple(VARIANTS),
    mistakes=tuple(MISTAKES),
    properties=(Property("every row validated once", _first_wrong),),
    hints=(
        "One random order of all rows, cut into k pieces.",
        "np.array_split cuts into k pieces whose sizes differ by at most one.",
        "The training rows of a pair are all pieces but one; folds[:i] + folds[i + 1:] leaves piece i out.",
    ),
    not_tested="classes and groups: these folds are neither stratified nor by group",
    indistinguishable=all_the_same(VARIANTS),
)
