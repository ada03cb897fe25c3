"""Batches of an epoch: what is observed of batch_rows, and its known mistakes.

Two right answers may use the random numbers differently, so that facts are compared and not the rows themselves.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course_lib.by_hand.first_step import batch_rows
from course_lib.teaching.exercises.kinds import Detail, Raised, calls, expected, implement, other_form, row_numbers

_BIG = (200, 64)  # so many rows that chance does not look like order, nor drawing with replacement like a shuffle
_SMALL = ((10, 4), (12, 4), (3, 8), (5, 1))
_FEW_STEPS = 40  # from row to row; a random order of 200 rows has about 126 different ones, a rotated one has 2


def _observe(answer: Callable[..., Any]) -> dict[str, Any]:
    def two_epochs(count: int, batch_size: int, rng: np.random.Generator) -> list[Any]:
        epochs = [answer(count, batch_size, rng) for _ in range(2)]
        return [list(epoch) if isinstance(epoch, Iterator) else epoch for epoch in epochs]

    cases = [(count, size, np.random.default_rng(7)) for count, size in (*_SMALL, _BIG, _BIG)]
    results = [case["result"] for case in calls(two_epochs, *cases, (*_BIG, np.random.default_rng(8))).values()]
    seen = {
        f"case {number} ({count} rows, batches of {size})": _sizes(result, count)
        for number, ((count, size), result) in enumerate(zip((*_SMALL, _BIG), results[:-2], strict=True), start=1)
    }
    return seen | {"order": _order(*results[-3:])}


def _sizes(result: Any, count: int) -> Any:
    if isinstance(result, Raised) or result[0] is None:
        return result if isinstance(result, Raised) else None
    pieces = [row_numbers(piece) for piece in result[0]]
    if any(piece is None for piece in pieces):
        return other_form(result[0])
    sizes = ", ".join(str(len(piece)) for piece in pieces)
    every = sorted(row for piece in pieces for row in piece.tolist()) == list(range(count))
    return {"form": "row numbers", "given": Detail(None), "batches of": sizes, "every row once": every}


def _order(first: Any, again: Any, other: Any) -> Any:
    if isinstance(first, Raised) or first[0] is None:
        return first if isinstance(first, Raised) else None
    pieces = [row_numbers(piece) for piece in first[0]]
    if not pieces or any(piece is None or not piece.size for piece in pieces):
        return {"rows": "not row numbers"}
    rows, count = np.concatenate(pieces), _BIG[0]
    return {
        "every row in a batch": set(range(count)) <= set(rows.tolist()),
        "no row twice in a batch": all(len(set(piece.tolist())) == len(piece) for piece in pieces),
        "no row in two batches": sum(len(set(piece.tolist())) for piece in pieces) == len(set(rows.tolist())),
        "only rows that exist": bool(rows.min() >= 0 and rows.max() < count),
        "mixing": _mixing(pieces, rows),
        "another order in the next epoch": not _same(first[0], first[1]),
        "the same order from the same seed": _same(first[0], again[0]),
        "another order from another seed": not _same(first[0], other[0]),
    }


def _mixing(pieces: list[np.ndarray], rows: np.ndarray) -> str:
    if (np.diff(rows) == 1).all():
        return "none"
    if all((np.diff(piece) == 1).all() for piece in pieces):
        return "whole batches"
    in_place = np.concatenate([np.sort(piece) for piece in pieces])
    if (np.diff(in_place) == 1).all():
        return "within each batch"
    if all((np.diff(piece) > 0).all() for piece in pieces):
        return "sorted within each batch"
    steps = set((np.diff(rows) % len(rows)).tolist())
    return "rotated" if steps == {1} else "a regular pattern" if len(steps) < _FEW_STEPS else "all rows"


def _same(one: Any, other: Any) -> bool:
    return [list(piece) for piece in one] == [list(piece) for piece in other]


BATCH_ROWS = implement(
    "batch_rows: Cut an epoch into batches",
    batch_rows,
    observe=_observe,
    right="""
    shuffled_in_place: rng.shuffle in place, then cut
        order = A -> order = np.arange(count); rng.shuffle(order)
        return: np.split(order, range(batch_size, count, batch_size))
    sorted_keys: the order of random numbers is a random order
        rng.permutation(count) -> np.argsort(rng.random(count)); return: [list(piece) for piece in RESULT]
    one_by_one: a generator of pieces
        rng.permutation(count) -> rng.choice(count, size=count, replace=False); return A -> yield from A
    """,
    wrong="""
    last_batch_dropped: batches without the last, smaller one | which rows does no batch hold, epoch after epoch?
        return: [piece for piece in RESULT if len(piece) == batch_size]
    not_shuffled: batches in the order of the data | what would a batch hold if the data were sorted by class?
        rng.permutation(count) -> np.arange(count)
    same_every_epoch: the same order in every epoch | does the generator that you draw from go on between two calls?
        rng.permutation -> np.random.default_rng(0).permutation
    global_random_state: an order that does not come from rng | can anyone repeat your run from the seed of rng?
        rng.permutation -> np.random.permutation
    with_replacement: rows drawn with replacement | is a row that was drawn put back, and what is an epoch then?
        rng.permutation(count) -> rng.integers(0, count, size=count)
    each_batch_drawn_anew: every batch drawn anew from all rows
        | does the second batch know which rows the first one took?
        drop: order = A; order[A] -> rng.choice(count, size=min(batch_size, count - start), replace=False)
    batches_shuffled: whole batches shuffled, not rows | do rows that are neighbours in the data ever part?
        rng.permutation(count) -> np.arange(count)
        return A -> pieces = A; return [pieces[place] for place in rng.permutation(len(pieces))]
    shuffled_within: rows shuffled within each batch only | can a row of the first batch ever meet one of the last?
        rng.permutation(count) -> np.arange(count); order[A] -> rng.permutation(order[A])
    sorted_within: rows sorted within each batch | which of your lines puts the rows of a batch back into order?
        return: [np.sort(piece) for piece in RESULT]
    last_batch_filled: a last batch filled up with rows that were used already | how often does an epoch use each row?
        order[A] -> order[min(start, max(0, count - batch_size)) :][:batch_size]
    equal_pieces: batches of nearly equal size | is it the size of a batch that is given, or the number of batches?
        return: np.array_split(order, -(-count // batch_size))
    size_as_number: batch_size batches | is batch_size the number of rows in a batch, or the number of batches?
        return: np.array_split(order, batch_size)
    slice_too_short: batches that lack their last row | where does a slice a[start:stop] end?
        start + batch_size -> start + batch_size - 1
    empty_batch: an extra empty batch where the sizes divide | how many batches of 4 do 12 rows make?
        range(0, count, batch_size) -> range(0, count // batch_size * batch_size + 1, batch_size)
    one_based: row numbers from 1 to count | which is the first row of an array in Python?
        rng.permutation(count) -> rng.permutation(count) + 1
    rotated: the data in their order, from a random row on | do rows that are neighbours in the data ever part?
        rng.permutation(count) -> np.roll(np.arange(count), rng.integers(count))
    """,
    properties=(expected("a list of arrays of row numbers"),),
    hints="""
    Bring all rows into a random order first, then cut that order into pieces.
    rng.permutation(count) gives the order; a slice may end beyond the end of an array.
    range(0, count, batch_size) runs over the places where the pieces start.
    """,
    not_tested="whether all orders are equally likely",
)
