"""What goes wrong when an epoch is cut into batches? Known mistakes; the check itself is in batches_check.py."""

import math

import numpy as np

from course_lib.teaching.exercises.exercise import Mistake, Variant
from course_lib.teaching.exercises.forms import also_right, known

MISTAKES: list[Mistake] = []
VARIANTS: list[Variant] = []


def _cut(order: np.ndarray, size: int) -> list[np.ndarray]:
    return [order[start : start + size] for start in range(0, len(order), size)]


@also_right(VARIANTS, "rng.shuffle in place, then cut")
def shuffled_in_place(count, batch_size, rng):
    order = np.arange(count)
    rng.shuffle(order)
    return np.split(order, range(batch_size, count, batch_size))


@also_right(VARIANTS, "the order of random numbers is a random order")
def sorted_keys(count, batch_size, rng):
    return [list(piece) for piece in _cut(np.argsort(rng.random(count)), batch_size)]


@also_right(VARIANTS, "a generator of pieces")
def one_by_one(count, batch_size, rng):
    order = rng.choice(count, size=count, replace=False)
    yield from _cut(order, batch_size)


@known(MISTAKES, "batches without the last, smaller one", "which rows does no batch hold, epoch after epoch?")
def last_batch_dropped(count, batch_size, rng):
    return [piece for piece in _cut(rng.permutation(count), batch_size) if len(piece) == batch_size]


@known(MISTAKES, "batches in the order of the data", "what would a batch hold if the data were sorted by class?")
def not_shuffled(count, batch_size, rng):
    return _cut(np.arange(count), batch_size)


@known(MISTAKES, "the same order in every epoch", "does the generator that you draw from go on between two calls?")
def same_every_epoch(count, batch_size, rng):
    return _cut(np.random.default_rng(0).permutation(count), batch_size)


@known(MISTAKES, "an order that does not come from rng", "can anyone repeat your run from the seed of rng?")
def global_random_state(count, batch_size, rng):
    return _cut(np.random.permutation(count), batch_size)


@known(MISTAKES, "rows drawn with replacement", "is a row that was drawn put back, and what is an epoch then?")
def with_replacement(count, batch_size, rng):
    return _cut(rng.integers(0, count, size=count), batch_size)


@known(MISTAKES, "every batch drawn anew from all rows", "does the second batch know which rows the first one took?")
def each_batch_drawn_anew(count, batch_size, rng):
    sizes = [len(piece) for piece in _cut(np.arange(count), batch_size)]
    return [rng.choice(count, size=size, replace=False) for size in sizes]


@known(MISTAKES, "whole batches shuffled, not rows", "do rows that are neighbours in the data ever part?")
def batches_shuffled(count, batch_size, rng):
    pieces = _cut(np.arange(count), batch_size)
    return [pieces[place] for place in rng.permutation(len(pieces))]


@known(MISTAKES, "rows shuffled within each batch only", "can a row of the first batch ever meet one of the last?")
def shuffled_within(count, batch_size, rng):
    return [rng.permutation(piece) for piece in _cut(np.arange(count), batch_size)]


@known(MISTAKES, "a last batch filled up with rows that were used already", "how often does an epoch use each row?")
def last_batch_filled(count, batch_size, rng):
    order = rng.permutation(count)
    return [order[min(start, max(0, count - batch_size)) :][:batch_size] for start in range(0, count, batch_size)]


@known(MISTAKES, "batches of nearly equal size", "is it the size of a batch that is given, or the number of batches?")
def equal_pieces(count, batch_size, rng):
    return np.array_split(rng.permutation(count), math.ceil(count / batch_size))


@known(MISTAKES, "batch_size batches", "is batch_size the number of rows in a batch, or the number of batches?")
def size_as_number(count, batch_size, rng):
    return np.array_split(rng.permutation(count), batch_size)


@known(MISTAKES, "batches that lack their last row", "where does a slice a[start:stop] end?")
def slice_too_short(count, batch_size, rng):
    order = rng.permutation(count)
    return [order[start : start + batch_size - 1] for start in range(0, count, batch_size)]


@known(MISTAKES, "an extra empty batch where the sizes divide", "how many batches of 4 do 12 rows make?")
def empty_batch(count, batch_size, rng):
    order = rng.permutation(count)
    return [order[start : start + batch_size] for start in range(0, count // batch_size * batch_size + 1, batch_size)]


@known(MISTAKES, "row numbers from 1 to count", "which is the first row of an array in Python?")
def one_based(count, batch_size, rng):
    return _cut(rng.permutation(count) + 1, batch_size)
