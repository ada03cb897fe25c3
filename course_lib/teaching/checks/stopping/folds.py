"""Folds: every row validated exactly once, and never by a model that saw it; the known mistakes of k_folds."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from course_lib.by_hand.stopping import k_folds
from course_lib.teaching.exercises.kinds import Property, Raised, calls, first_trait, implement, kind_of, row_numbers

_SIZES = ((50, 5), (23, 4), (6, 6))


def _seen(answer: Any) -> Any:
    def run(count: int, k: int, rng: np.random.Generator) -> Any:
        pairs = answer(count, k, rng)
        return list(pairs) if isinstance(pairs, Iterator) else pairs

    cases = [(count, k, np.random.default_rng(3)) for count, k in _SIZES]
    results = [case["result"] for case in calls(run, *cases, (*_SIZES[0], np.random.default_rng(4))).values()]
    facts = {f"{n} rows, {k} folds": _facts(result, n) for (n, k), result in zip(_SIZES, results, strict=False)}
    same = _order(results[0]) == _order(results[3])
    return facts | {"another seed": {"folds": "the same" if same else "another order"}}


def _facts(result: Any, count: int) -> Any:
    """Facts that do not depend on how the random numbers are used."""
    if isinstance(result, Raised) or result is None:
        return result
    try:
        pairs = [(row_numbers(training), row_numbers(validation)) for training, validation in result]
    except (TypeError, ValueError):
        pairs = [(None, None)]
    if any(rows is None for pair in pairs for rows in pair):
        return kind_of(result)
    validated = np.concatenate([validation for _, validation in pairs])
    return {
        "validation sizes": sorted(len(validation) for _, validation in pairs),
        "training sizes": sorted(len(training) for training, _ in pairs),
        "rows validated once": int(sum(np.bincount(validated, minlength=count) == 1)),
        "rows in both parts of a pair": int(sum(len(np.intersect1d(*pair)) for pair in pairs)),
        "pairs that do not train on all other rows": sum(
            not np.array_equal(np.sort(training), np.setdiff1d(np.arange(count), validation))
            for training, validation in pairs
        ),
        "shuffled": bool(count < 10 or not (np.diff(np.sort(pairs[0][1])) == 1).all()),
    }


def _order(result: Any) -> Any:
    """Which rows each fold validates; None for an answer of another form, of which the other cases tell."""
    try:
        return [list(validation) for _, validation in result]
    except (TypeError, ValueError):
        return None


K_FOLDS = implement(
    "k_folds: Folds for cross-validation | difficulty 2, 12 minutes",
    k_folds,
    observe=_seen,
    right="""
    strided: every k-th row of a random order
        folds = A -> order = rng.permutation(count); folds = [order[place::k] for place in range(k)]
    one_by_one: a generator of pairs of lists
        return: ((training.tolist(), fold.tolist()) for training, fold in pairs)
    """,
    wrong="""
    not_shuffled: folds in the order of the data | what would a fold hold if the data were sorted by class?
        rng.permutation(count) -> np.arange(count)
    drawn_anew: a validation part drawn anew for every pair | does the second pair know which rows the first one took?
        rng.permutation(count) -> np.arange(count)
        after folds = A -> folds = [rng.permutation(count)[:len(one)] for one in folds]
        training = A -> training = np.setdiff1d(np.arange(count), folds[place])
    trains_on_all: training parts that hold all rows | has the model seen the rows on which it is scored?
        folds[:place] + folds[place + 1:] -> folds
    remainder_dropped: folds that leave the remainder out | 23 rows, 4 folds of 5: where are the last three?
        rng.permutation(count) -> rng.permutation(count)[:count // k * k]
    remainder_in_last: a last fold that takes the whole remainder
        | 23 rows in 4 folds: may one fold have 8 and the rest 5?
        np.array_split(A, k) -> np.split(A, [place * (count // k) for place in range(1, k)])
    exchanged: training and validation exchanged | which part is larger with five folds?
        (training, folds[place]) -> (folds[place], training)
    size_for_number: folds of k rows | is k the number of folds, or of the rows in one?
        np.array_split(A, k) -> np.split(A, range(k, count, k)); range(k) -> range(len(folds))
        training = A -> training = np.setdiff1d(np.arange(count), folds[place])
    one_fold_to_train: training parts of one fold | how many of the k folds may the model learn from?
        training = A -> training = folds[place - 1]
    own_order: an order that does not come from rng | can anyone repeat your folds from the seed of rng?
        rng.permutation(count) -> np.random.default_rng(0).permutation(count)
    last_fold_left_out: all folds but the last | how many pairs do k folds give?
        return: pairs[:-1]
    """,
    properties=(Property("every row validated once", first_trait({}, form="a list of pairs of row numbers")),),
    hints="""
    One random order of all rows, cut into k pieces.
    np.array_split cuts into k pieces whose sizes differ by at most one.
    The training rows of a pair are all pieces but one; folds[:i] + folds[i + 1:] leaves piece i out.
    """,
    not_tested="classes and groups: these folds are neither stratified nor by group",
)
