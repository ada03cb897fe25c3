"""The order of the rows as a function of seed and epoch: its traits and the known mistakes of rows_from."""

from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np

from course_lib.by_hand.torch_loop import rows_from
from course_lib.core.seeding import epoch_order
from course_lib.teaching.exercises.compare import distance
from course_lib.teaching.exercises.kinds import Detail, Form, Property, first_trait, implement, row_numbers

_FAR = (10, 100, 1000, 10_000)  # by how much an epoch is multiplied where seed and epoch are written into one number
_CASES = ((23, 5, 3, 1), (24, 6, 0, 2), (40, 7, 11, 4))  # count, batch size, seed, epoch


def _in_pieces(said: Any) -> bool:
    return isinstance(said, list | tuple) and all(row_numbers(piece) is not None for piece in said)


def _pieces(said: Any) -> list[np.ndarray]:
    return [row_numbers(piece) for piece in said]


def _joined(pieces: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros(0, np.int64), *pieces])


def _facts(answer: Callable[..., Any]) -> Callable[..., Any]:
    """Traits of the order, which every right way of drawing it has; the rows themselves are a Detail."""

    def run(count: int, size: int, seed: int, epoch: int) -> Any:
        state, texts = np.random.get_state()[1].copy(), []
        first = _pieces(answer(count, size, seed, epoch))
        world = np.array_equal(state, np.random.get_state()[1])
        with mock.patch("builtins.hash", _noting(texts)):
            seen = facts(count, size, seed, epoch, first)
        return seen | {"world's generator untouched": world, "the same in another process": not texts}

    def facts(count: int, size: int, seed: int, epoch: int, first: list[np.ndarray]) -> dict[str, Any]:
        def ask(seed: int, epoch: int, start: int = 0) -> list[np.ndarray]:
            return _pieces(answer(count, size, seed, epoch, start))

        whole = ask(seed, epoch)
        np.random.seed(99)
        again = ask(seed, epoch)
        late = ask(seed, epoch, 2)
        rows, late_rows = _joined(whole), _joined(late)
        orders = {(s, e): ask(s, e) for s in (seed, seed + 1, seed + 2) for e in (epoch, epoch + 1, epoch + 2)}
        flat = {key: tuple(_joined(pieces).tolist()) for key, pieces in orders.items()}
        pairs = [(_joined(ask(seed + 1, epoch)), _joined(ask(seed, epoch + step))) for step in _FAR if count == 23]
        pairs += [(_joined(ask(seed, epoch + 1)), _joined(ask(seed + step, epoch))) for step in _FAR if count == 23]
        return {
            "every row once": bool(np.array_equal(np.sort(rows), np.arange(count))),
            "shuffled": not np.array_equal(rows, np.arange(len(rows))),
            "rows change their batch": any(set(np.abs(np.diff(piece))) - {1} for piece in whole),
            "sizes": str([len(piece) for piece in whole]),
            "the same at the next call": distance(whole, again) == 0,
            "the whole epoch without `start`": len(first) == len(whole),
            "another order in the next epoch": flat[seed, epoch] != flat[seed, epoch + 1],
            "another order for another seed": flat[seed, epoch] != flat[seed + 1, epoch],
            "seed + 1 and epoch + 1 give different orders": flat[seed + 1, epoch] != flat[seed, epoch + 1],
            "far pairs have orders of their own": not any(np.array_equal(one, other) for one, other in pairs),
            "batches left after two": len(late),
            "batches left after all": len(ask(seed, epoch, len(whole))),
            "number of rows left after two": len(late_rows),
            "they are those that were left": distance(late, whole[2:]) == 0,
            "rows left after two": bool(np.array_equal(np.sort(late_rows), np.sort(rows[2 * size :]))),
            "the first batch": Detail(whole[0].tolist() if whole else []),
        }

    return run


def _noting(texts: list[Any]) -> Callable[[Any], int]:
    """hash(), which notes the texts that it gets: theirs is another one in every process."""
    plain = hash

    def noting(value: Any) -> int:
        parts = value if isinstance(value, tuple) else (value,)
        texts.extend(part for part in parts if isinstance(part, str | bytes))
        return plain(value)

    return noting


_TOLD = first_trait(
    # What to ask where a trait is not as it should be.
    {
        "every row once": "which rows are missing, or come twice?",
        "shuffled": "what if the file is sorted by class?",
        "rows change their batch": "do rows 0 and 1 ever come in different batches?",
        "sizes": "how many rows has a batch, and which one may have fewer?",
        "the same at the next call": "what is left of one call when the next begins?",
        "the whole epoch without `start`": "where does the epoch begin when `start` is left out?",
        "world's generator untouched": "whose random numbers change when you call it?",
        "another order in the next epoch": "which of your lines reads `epoch`?",
        "another order for another seed": "which of your lines reads `seed`?",
        "seed + 1 and epoch + 1 give different orders": "what do you make of seed 0, epoch 3, and of seed 1, epoch 2?",
        "far pairs have orders of their own": "which other pairs of seed and epoch get the same number from you?",
        "the same in another process": "on what beside seed and epoch does your number depend?",
    },
    cases=[f"rows_from{case}" for case in _CASES],
    otherwise="which batches has the interrupted epoch used already?",
)


ROWS_FROM = implement(
    "rows_from: An order that can be found again | core, difficulty 2, 15 minutes",
    rows_from,
    cases=_CASES,
    run=_facts,
    form=Form("a list of arrays of row numbers", _in_pieces),
    names={"epoch_order": epoch_order, "SHARED": np.random.default_rng(0)},
    right="""
    seed_sequence: np.array_split, and a seed from a SeedSequence
        [seed, epoch] -> np.random.SeedSequence(seed, spawn_key=(epoch,))
        batches = A -> batches = np.array_split(order, range(batch_size, count, batch_size))
    by_library: the library's epoch_order
        rng.permutation(count) -> epoch_order(count, seed, epoch)
    """,
    wrong="""
    epoch_left_out: an order that is the same in every epoch | which of your lines reads `epoch`?
        [seed, epoch] -> seed
    seed_left_out: an order that is the same for every seed | which of your lines reads `seed`?
        [seed, epoch] -> epoch
    added: seed + epoch as the seed | which order has seed 1 in epoch 2, and which has seed 2 in epoch 1?
        [seed, epoch] -> seed + epoch
    multiplied: seed * epoch as the seed | which order has seed 0 in epoch 1, and which in epoch 2?
        [seed, epoch] -> seed * epoch
    decimal_places: seed and epoch written into one number, seed * 1000 + epoch
        | which order has seed 3 in epoch 1001, and which has seed 4 in epoch 1?
        [seed, epoch] -> 1000 * seed + epoch
    hash_of_text: a hash of a text, which is another one in every process | what does PYTHONHASHSEED set?
        [seed, epoch] -> abs(hash(f"{seed} {epoch}"))
    shared_generator: a generator that lives on between the calls, or one without a seed
        | what does the generator of a new process know of seed and epoch?
        rng = A -> rng = SHARED
    world_seeded: np.random.seed: the generator of the whole program | whose random numbers change when you call it?
        rng = A -> np.random.seed([seed, epoch]); rng = np.random
    unseeded: np.random without any seed | how would a resumed run find the order again?
        rng = A -> rng = np.random
    start_ignored: the whole epoch, whatever `start` says | which rows has the interrupted epoch used already?
        return: batches
    start_in_rows: `start` taken for rows, not for batches | how many rows have two batches used?
        range(0, count, batch_size) -> range(start, count, batch_size); return: batches
    one_too_many: an epoch without one batch more than it had used | which batch comes first after two are used?
        batches[start:] -> batches[start + 1 if start else 0:]
    start_in_seed: an order that depends on where the epoch goes on | is `start` a part of what sets the order?
        [seed, epoch] -> [seed, epoch, start]
    left_shuffled: a new order of the rows that are left | in which order would the uninterrupted run have taken them?
        rng.permutation(count) -> rng.permutation(count)[start * batch_size:]
        after order = A -> order = np.random.default_rng([seed, epoch, start]).permutation(order) if start else order
        range(0, count, batch_size) -> range(0, len(order), batch_size); return: batches
    last_dropped: an epoch without the last, smaller batch | how many of 23 rows come up in batches of 5?
        return: [piece for piece in RESULT if len(piece) == batch_size]
    with_replacement: rows drawn with replacement | does every row come up once per epoch?
        rng.permutation(count) -> rng.integers(0, count, count)
    not_shuffled: rows that are not shuffled | what if the file is sorted by class?
        rng.permutation(count) -> np.arange(count)
    """,
    properties=(Property("what the order depends on", _TOLD),),
    hints="""
    Make a generator inside the function, from seed and epoch together: np.random.default_rng takes a list.
    Draw the whole order first, cut it, and leave out the first batches at the very end.
    A generator outside of the function remembers what was drawn; a resumed run cannot.
    """,
    not_tested="whether every order is equally likely",
    fade=("rng = ", "return batches[start:]"),
)
