"""In which order may the rows of an epoch come? Right answers to rows_from, and known mistakes."""

import numpy as np

from course_lib.teaching.exercises.exercise import Mistake, Variant
from course_lib.teaching.exercises.forms import also_right, known
from course_lib.training.plain import rows_from

WRONG: list[Mistake] = []
RIGHT: list[Variant] = []


def _cut(order: np.ndarray, size: int, start: int = 0) -> list[np.ndarray]:
    return [order[first : first + size] for first in range(0, len(order), size)][start:]


@also_right(RIGHT, "np.array_split, and a seed from a SeedSequence")
def seed_sequence(count, batch_size, seed, epoch, start=0):
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(epoch,)))
    return np.array_split(rng.permutation(count), range(batch_size, count, batch_size))[start:]


@also_right(RIGHT, "the library's epoch_order")
def by_library(count, batch_size, seed, epoch, start=0):
    from course_lib.core.seeding import epoch_order

    return _cut(epoch_order(count, seed, epoch)[start * batch_size :], batch_size)


@known(WRONG, "an order that is the same in every epoch", "which of your lines reads `epoch`?")
def epoch_left_out(count, batch_size, seed, epoch, start=0):
    return _cut(np.random.default_rng(seed).permutation(count), batch_size, start)


@known(WRONG, "an order that is the same for every seed", "which of your lines reads `seed`?")
def seed_left_out(count, batch_size, seed, epoch, start=0):
    return _cut(np.random.default_rng(epoch).permutation(count), batch_size, start)


@known(WRONG, "seed + epoch as the seed", "which order has seed 1 in epoch 2, and which has seed 2 in epoch 1?")
def added(count, batch_size, seed, epoch, start=0):
    return _cut(np.random.default_rng(seed + epoch).permutation(count), batch_size, start)


@known(WRONG, "seed * epoch as the seed", "which order has seed 0 in epoch 1, and which in epoch 2?")
def multiplied(count, batch_size, seed, epoch, start=0):
    return _cut(np.random.default_rng(seed * epoch).permutation(count), batch_size, start)


@known(
    WRONG,
    "seed and epoch written into one number, seed * 1000 + epoch",
    "which order has seed 3 in epoch 1001, and which has seed 4 in epoch 1?",
)
def decimal_places(count, batch_size, seed, epoch, start=0):
    return _cut(np.random.default_rng(1000 * seed + epoch).permutation(count), batch_size, start)


@known(WRONG, "a hash of a text, which is another one in every process", "what does PYTHONHASHSEED set?")
def hash_of_text(count, batch_size, seed, epoch, start=0):
    return _cut(np.random.default_rng(abs(hash(f"{seed} {epoch}"))).permutation(count), batch_size, start)


_SHARED = np.random.default_rng(0)


@known(
    WRONG,
    "a generator that lives on between the calls, or one without a seed",
    "what does the generator of a new process know of seed and epoch?",
)
def shared_generator(count, batch_size, seed, epoch, start=0):
    return _cut(_SHARED.permutation(count), batch_size, start)


@known(WRONG, "np.random.seed: the generator of the whole program", "whose random numbers change when you call it?")
def world_seeded(count, batch_size, seed, epoch, start=0):
    np.random.seed([seed, epoch])
    return _cut(np.random.permutation(count), batch_size, start)


@known(WRONG, "np.random without any seed", "how would a resumed run find the order again?")
def unseeded(count, batch_size, seed, epoch, start=0):
    return _cut(np.random.permutation(count), batch_size, start)


@known(WRONG, "the whole epoch, whatever `start` says", "which rows has the interrupted epoch used already?")
def start_ignored(count, batch_size, seed, epoch, start=0):
    return rows_from(count, batch_size, seed, epoch)


@known(WRONG, "`start` taken for rows, not for batches", "how many rows have two batches used?")
def start_in_rows(count, batch_size, seed, epoch, start=0):
    order = np.concatenate(rows_from(count, batch_size, seed, epoch))
    return _cut(order[start:], batch_size)


@known(WRONG, "an epoch without one batch more than it had used", "which batch comes first after two are used?")
def one_too_many(count, batch_size, seed, epoch, start=0):
    return rows_from(count, batch_size, seed, epoch)[start + 1 if start else 0 :]


@known(WRONG, "an order that depends on where the epoch goes on", "is `start` a part of what sets the order?")
def start_in_seed(count, batch_size, seed, epoch, start=0):
    return _cut(np.random.default_rng([seed, epoch, start]).permutation(count), batch_size, start)


@known(WRONG, "a new order of the rows that are left", "in which order would the uninterrupted run have taken them?")
def left_shuffled(count, batch_size, seed, epoch, start=0):
    left = np.concatenate(rows_from(count, batch_size, seed, epoch)[start:])
    return _cut(np.random.default_rng([seed, epoch, start]).permutation(left) if start else left, batch_size)


@known(WRONG, "an epoch without the last, smaller batch", "how many of 23 rows come up in batches of 5?")
def last_dropped(count, batch_size, seed, epoch, start=0):
    return [piece for piece in rows_from(count, batch_size, seed, epoch, start) if len(piece) == batch_size]


@known(WRONG, "rows drawn with replacement", "does every row come up once per epoch?")
def with_replacement(count, batch_size, seed, epoch, start=0):
    return _cut(np.random.default_rng([seed, epoch]).integers(0, count, count), batch_size, start)


@known(WRONG, "rows that are not shuffled", "what if the file is sorted by class?")
def not_shuffled(count, batch_size, seed, epoch, start=0):
    return _cut(np.arange(count), batch_size, start)
