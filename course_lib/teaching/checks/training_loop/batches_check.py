"""Is every row used once per epoch, in a new random order? The check of batch_rows."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from course_lib.numpy_nn.plain import batch_rows
from course_lib.teaching.checks.training_loop.batches import MISTAKES, VARIANTS
from course_lib.teaching.exercises.exercise import Exercise, Property
from course_lib.teaching.exercises.forms import Detail, all_the_same, kind_of, row_numbers
from course_lib.teaching.exercises.observe import Raised, calls

_BIG = (200, 64)  # so many rows that chance does not look like order, nor drawing with replacement like a shuffle
_SMALL = ((10, 4), (12, 4), (3, 8))


def _two_epochs(answer: Any) -> Any:
    def run(count: int, batch_size: int, rng: np.random.Generator) -> list[Any]:
        epochs = [answer(count, batch_size, rng) for _ in range(2)]
        return [list(epoch) if isinstance(epoch, Iterator) else epoch for epoch in epochs]

    return run


def _batches_seen(answer: Any) -> dict[str, Any]:
    run = _two_epochs(answer)
    cases = [(count, size, np.random.default_rng(7)) for count, size in (*_SMALL, _BIG, _BIG)]
    results = [case["result"] for case in calls(run, *cases, (*_BIG, np.random.default_rng(8))).values()]
    seen = {
        f"case {number} ({count} rows, batches of {size})": _sizes(result)
        for number, ((count, size), result) in enumerate(zip((*_SMALL, _BIG), results[:4], strict=True), start=1)
    }
    return seen | {"order": _order(*results[3:])}


def _sizes(result: Any) -> Any:
    if isinstance(result, Raised) or result[0] is None:
        return result if isinstance(result, Raised) else None
    pieces = [row_numbers(piece) for piece in result[0]]
    if any(piece is None for piece in pieces):
        return {"form": "not row numbers", "given": Detail(kind_of(result[0]))}
    return {"form": "row numbers", "given": Detail(None), "sizes": [len(piece) for piece in pieces]}


def _order(first: Any, again: Any, other: Any) -> Any:
    """Facts that do not depend on how the random numbers are used."""
    if isinstance(first, Raised) or first[0] is None:
        return first if isinstance(first, Raised) else None
    pieces = [row_numbers(piece) for piece in first[0]]
    if not pieces or any(piece is None or not piece.size for piece in pieces):
        return {"rows": "not row numbers"}
    rows, count = np.concatenate(pieces), _BIG[0]
    return {
        "rows in no batch": bool(set(range(count)) - set(rows.tolist())),
        "rows twice in a batch": any(len(set(piece.tolist())) < len(piece) for piece in pieces),
        "rows in two batches": sum(len(set(piece.tolist())) for piece in pieces) > len(set(rows.tolist())),
        "rows that do not exist": bool(rows.min() < 0 or rows.max() >= count),
        "mixing": _mixing(pieces, rows),
        "next epoch": "the same order" if _same(first[0], first[1]) else "another order",
        "same seed": "the same order" if _same(first[0], again[0]) else "another order",
        "another seed": "the same order" if _same(first[0], other[0]) else "another order",
    }


def _mixing(pieces: list[np.ndarray], rows: np.ndarray) -> str:
    if (np.diff(rows) == 1).all():
        return "none"
    if all((np.diff(piece) == 1).all() for piece in pieces):
        return "whole batches"
    in_place = np.concatenate([np.sort(piece) for piece in pieces])
    return "within each batch" if (np.diff(in_place) == 1).all() else "all rows"


def _same(one: Any, other: Any) -> bool:
    return [list(piece) for piece in one] == [list(piece) for piece in other]


def _form(seen: Any, right: Any) -> str | None:
    odd = [facts for facts in seen.values() if isinstance(facts, dict) and facts.get("form") == "not row numbers"]
    return f"expected a list of arrays of row numbers, you give {odd[0]['given'].value}" if odd else None


def _wrong_sizes(seen: Any, right: Any) -> str | None:
    for case in list(right)[:-1]:
        own = seen[case]["sizes"]
        if own != right[case]["sizes"]:
            return f"{case}: your pieces hold {own} rows; count by hand what they should hold"
    return None


def _wrong_rows(seen: Any, right: Any) -> str | None:
    facts = seen["order"]
    wrong = [name for name in right["order"] if name.startswith("rows") and facts[name]]
    return f"there are {', and '.join(wrong)} ({_BIG[0]} rows, batches of {_BIG[1]})" if wrong else None


def _wrong_order(seen: Any, right: Any) -> str | None:
    facts, rule = seen["order"], right["order"]
    for name in ("mixing", "next epoch", "same seed", "another seed"):
        if facts[name] != rule[name]:
            return f"{name}: {facts[name]}, expected: {rule[name]}"
    return None


BATCH_ROWS = Exercise(
    slug="batch_rows",
    title="Cut an epoch into batches",
    kind="implement",
    core=False,
    difficulty=1,
    minutes=10,
    reference=batch_rows,
    observe=_batches_seen,
    accepted=tuple(VARIANTS),
    mistakes=tuple(MISTAKES),
    properties=(
        Property("row numbers", _form),
        Property("sizes of the pieces", _wrong_sizes),
        Property("every row once", _wrong_rows),
        Property("a new random order per epoch, from rng", _wrong_order),
    ),
    hints=(
        "Bring all rows into a random order first, then cut that order into pieces.",
        "rng.permutation(count) gives the order; a slice may end beyond the end of an array.",
        "range(0, count, batch_size) runs over the places where the pieces start.",
    ),
    not_tested="whether all orders are equally likely",
    indistinguishable=all_the_same(VARIANTS),
)
