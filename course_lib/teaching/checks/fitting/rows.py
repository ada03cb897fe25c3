"""Is the order of the rows a function of seed and epoch? Known mistakes, and the check of rows_from."""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.teaching.checks.writing import Detail, all_the_same, also_right, known, row_numbers
from course_lib.teaching.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.observe import calls
from course_lib.training.plain import rows_from

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []
_CASES = ((23, 5, 3, 1), (24, 6, 0, 2), (40, 7, 11, 4))  # count, batch size, seed, epoch


def _pieces(said: Any) -> list[np.ndarray] | None:
    if not isinstance(said, list | tuple):
        return None
    pieces = [row_numbers(piece) for piece in said]
    return None if any(piece is None for piece in pieces) else pieces


def _joined(pieces: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros(0, np.int64), *pieces])


def _equal(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return len(one) == len(other) and all(map(np.array_equal, one, other))


def _facts(answer: Callable[..., Any]) -> Callable[..., Any]:
    """Traits of the order, which every right way of drawing it has; the rows themselves are a Detail."""

    def run(count: int, size: int, seed: int, epoch: int) -> Any:
        def ask(seed: int, epoch: int, start: int = 0) -> list[np.ndarray]:
            pieces = _pieces(answer(count, size, seed, epoch, start))
            if pieces is None:
                raise TypeError("return a list of arrays of row numbers")
            return pieces

        state = np.random.get_state()[1].copy()
        whole = ask(seed, epoch)
        world = np.array_equal(state, np.random.get_state()[1])
        np.random.seed(99)
        again = ask(seed, epoch)
        late = ask(seed, epoch, 2)
        rows, late_rows = _joined(whole), _joined(late)
        orders = {(s, e): ask(s, e) for s in (seed, seed + 1, seed + 2) for e in (epoch, epoch + 1, epoch + 2)}
        flat = {key: tuple(_joined(pieces).tolist()) for key, pieces in orders.items()}
        return {
            "sizes": str([len(piece) for piece in whole]),
            "every row once": bool(np.array_equal(np.sort(rows), np.arange(count))),
            "shuffled": not np.array_equal(rows, np.arange(len(rows))),
            "the same at the next call": _equal(whole, again),
            "world's generator untouched": world,
            "another order in the next epoch": flat[seed, epoch] != flat[seed, epoch + 1],
            "another order for another seed": flat[seed, epoch] != flat[seed + 1, epoch],
            "seed + 1 is not epoch + 1": flat[seed + 1, epoch] != flat[seed, epoch + 1],
            "batches left after two": len(late),
            "number of rows left after two": len(late_rows),
            "they are those that were left": _equal(late, whole[2:]),
            "rows left after two": bool(np.array_equal(np.sort(late_rows), np.sort(rows[2 * size :]))),
            "the first batch": Detail(whole[0].tolist() if whole else []),
        }

    return run


def _cut(order: np.ndarray, size: int, start: int = 0) -> list[np.ndarray]:
    return [order[first : first + size] for first in range(0, len(order), size)][start:]


@also_right(_RIGHT, "np.array_split, and a seed from a SeedSequence")
def seed_sequence(count, batch_size, seed, epoch, start=0):
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(epoch,)))
    return np.array_split(rng.permutation(count), range(batch_size, count, batch_size))[start:]


@also_right(_RIGHT, "the library's epoch_order")
def by_library(count, batch_size, seed, epoch, start=0):
    from course_lib.core.seeding import epoch_order

    return _cut(epoch_order(count, seed, epoch)[start * batch_size :], batch_size)


@known(_WRONG, "an order that is the same in every epoch", "which of your lines reads `epoch`?")
def epoch_left_out(count, batch_size, seed, epoch, start=0):
    return _cut(np.random.default_rng(seed).permutation(count), batch_size, start)


@known(_WRONG, "an order that is the same for every seed", "which of your lines reads `seed`?")
def seed_left_out(count, batch_size, seed, epoch, start=0):
    return _cut(np.random.default_rng(epoch).permutation(count), batch_size, start)


@known(_WRONG, "seed + epoch as the seed", "which order has seed 1 in epoch 2, and which has seed 2 in epoch 1?")
def added(count, batch_size, seed, epoch, start=0):
    return _cut(np.random.default_rng(seed + epoch).permutation(count), batch_size, start)


@known(_WRONG, "seed * epoch as the seed", "which order has seed 0 in epoch 1, and which in epoch 2?")
def multiplied(count, batch_size, seed, epoch, start=0):
    return _cut(np.random.default_rng(seed * epoch).permutation(count), batch_size, start)


_SHARED = np.random.default_rng(0)


@known(_WRONG, "a generator that lives on between the calls", "what has been drawn before epoch 7 of a resumed run?")
def shared_generator(count, batch_size, seed, epoch, start=0):
    return _cut(_SHARED.permutation(count), batch_size, start)


@known(_WRONG, "np.random.seed: the generator of the whole program", "whose random numbers change when you call it?")
def world_seeded(count, batch_size, seed, epoch, start=0):
    np.random.seed([seed, epoch])
    return _cut(np.random.permutation(count), batch_size, start)


@known(_WRONG, "np.random without any seed", "how would a resumed run find the order again?")
def unseeded(count, batch_size, seed, epoch, start=0):
    return _cut(np.random.permutation(count), batch_size, start)


@known(_WRONG, "the whole epoch, whatever `start` says", "which rows has the interrupted epoch used already?")
def start_ignored(count, batch_size, seed, epoch, start=0):
    return rows_from(count, batch_size, seed, epoch)


@known(_WRONG, "`start` taken for rows, not for batches", "how many rows have two batches used?")
def start_in_rows(count, batch_size, seed, epoch, start=0):
    order = np.concatenate(rows_from(count, batch_size, seed, epoch))
    return _cut(order[start:], batch_size)


@known(_WRONG, "an epoch without one batch more than it had used", "which batch comes first after two are used?")
def one_too_many(count, batch_size, seed, epoch, start=0):
    return rows_from(count, batch_size, seed, epoch)[start + 1 if start else 0 :]


@known(_WRONG, "an order that depends on where the epoch goes on", "is `start` a part of what sets the order?")
def start_in_seed(count, batch_size, seed, epoch, start=0):
    return _cut(np.random.default_rng([seed, epoch, start]).permutation(count), batch_size, start)


@known(_WRONG, "a new order of the rows that are left", "in which order would the uninterrupted run have taken them?")
def left_shuffled(count, batch_size, seed, epoch, start=0):
    left = np.concatenate(rows_from(count, batch_size, seed, epoch)[start:])
    return _cut(np.random.default_rng([seed, epoch, start]).permutation(left) if start else left, batch_size)


@known(_WRONG, "an epoch without the last, smaller batch", "how many of 23 rows come up in batches of 5?")
def last_dropped(count, batch_size, seed, epoch, start=0):
    return [piece for piece in rows_from(count, batch_size, seed, epoch, start) if len(piece) == batch_size]


@known(_WRONG, "rows drawn with replacement", "does every row come up once per epoch?")
def with_replacement(count, batch_size, seed, epoch, start=0):
    return _cut(np.random.default_rng([seed, epoch]).integers(0, count, count), batch_size, start)


@known(_WRONG, "rows that are not shuffled", "what if the file is sorted by class?")
def not_shuffled(count, batch_size, seed, epoch, start=0):
    return _cut(np.arange(count), batch_size, start)


def _which(seen: Any, right: Any) -> str | None:
    for case, facts in right.items():
        own = seen[case]["result"]
        for name, rule in facts["result"].items():
            if not isinstance(rule, Detail) and own[name] != rule:
                return f"{case}, for (count, batch_size, seed, epoch) {_CASES[int(case[5:]) - 1]}: {name}: {own[name]}"
    return None


ROWS_FROM = Exercise(
    slug="rows_from",
    title="An order that can be found again",
    kind="implement",
    core=True,
    difficulty=2,
    minutes=15,
    reference=rows_from,
    observe=lambda answer: calls(_facts(answer), *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("what the order depends on", _which),),
    hints=(
        "Make a generator inside the function, from seed and epoch together: np.random.default_rng takes a list.",
        "Draw the whole order first, cut it, and leave out the first batches at the very end.",
        "A generator outside of the function remembers what was drawn; a resumed run cannot.",
    ),
    not_tested="whether every order is equally likely",
    fade=("rng = ", "return batches[start:]"),
    indistinguishable=all_the_same(_RIGHT),
)
