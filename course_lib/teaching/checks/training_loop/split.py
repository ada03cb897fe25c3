"""What goes wrong in a stratified split? Its known mistakes; the check itself is in split_check.py."""

import numpy as np

from course_lib.teaching.exercises.exercise import Mistake, Variant
from course_lib.teaching.exercises.forms import also_right, known

MISTAKES: list[Mistake] = []
VARIANTS: list[Variant] = []


def _cut(labels, fractions, order, ends=None, classes=None):
    """Cut order(rows of a class) after `ends` of its rows, class by class; three sorted parts."""
    ends = ends or (lambda m, f: np.round(np.cumsum(f)[:2] * m).astype(int))
    pieces = []
    for label in np.unique(labels) if classes is None else classes:
        rows = order(np.flatnonzero(labels == label))
        pieces.append(np.split(rows, ends(len(rows), fractions)))
    return tuple(np.sort(np.concatenate(part)) for part in zip(*pieces, strict=True))


@also_right(VARIANTS, "each row goes to its part by its place in a random order of its class")
def by_place(labels, fractions, rng):
    part = np.zeros(len(labels), int)
    for label in set(labels.tolist()):
        mask = labels == label
        place = np.argsort(np.argsort(rng.random(mask.sum())))
        first, second = round(mask.sum() * fractions[0]), round(mask.sum() * (fractions[0] + fractions[1]))
        part[mask] = (place >= first).astype(int) + (place >= second)
    return tuple(np.flatnonzero(part == k) for k in range(3))


@also_right(VARIANTS, "all rows are shuffled once, before they are taken class by class")
def shuffled_once(labels, fractions, rng):
    order = rng.permutation(len(labels))
    parts = ([], [], [])
    for label in np.unique(labels):
        rows = [int(row) for row in order if labels[row] == label]
        ends = [0, *np.round(np.cumsum(fractions) * len(rows)).astype(int)]
        for k in range(3):
            parts[k].extend(rows[ends[k] : ends[k + 1]])
    return tuple(sorted(part) for part in parts)


@known(MISTAKES, "a split that does not look at the classes", "how many rows of the rarest class does each part get?")
def not_stratified(labels, fractions, rng):
    ends = np.round(np.cumsum(fractions)[:2] * len(labels)).astype(int)
    return tuple(np.sort(part) for part in np.split(rng.permutation(len(labels)), ends))


@known(
    MISTAKES, "an unsorted split that does not look at the classes", "how many rows of the rarest class has each part?"
)
def not_stratified_not_sorted(labels, fractions, rng):
    return tuple(np.split(rng.permutation(len(labels)), np.round(np.cumsum(fractions)[:2] * len(labels)).astype(int)))


@known(MISTAKES, "a cut of the data as they lie", "what does each part hold if the data were sorted by class?")
def cut_as_it_lies(labels, fractions, rng):
    return tuple(np.split(np.arange(len(labels)), np.round(np.cumsum(fractions)[:2] * len(labels)).astype(int)))


@known(MISTAKES, "the first rows of each class, not random ones", "what if early rows differ from late ones?")
def not_random(labels, fractions, rng):
    return _cut(labels, fractions, lambda rows: rows)


@known(MISTAKES, "a split that is the same whatever rng is", "what does a split with another seed give?")
def own_seed(labels, fractions, rng):
    return _cut(labels, fractions, np.random.default_rng(0).permutation)


@known(MISTAKES, "a split that does not come from rng", "can anyone repeat your split from the seed of rng?")
def global_random_state(labels, fractions, rng):
    return _cut(labels, fractions, np.random.permutation)


@known(MISTAKES, "validation and test in each other's place", "which fraction belongs to which part?")
def parts_swapped(labels, fractions, rng):
    train, validation, test = _cut(labels, fractions, rng.permutation)
    return train, test, validation


@known(MISTAKES, "cuts that int() rounds down", "what is int(6.6), and what does the rule say?")
def rounded_down(labels, fractions, rng):
    return _cut(labels, fractions, rng.permutation, lambda m, f: [int(m * f[0]), int(m * (f[0] + f[1]))])


@known(MISTAKES, "each share rounded by itself", "where is the second cut, at the sum of two roundings?")
def shares_rounded(labels, fractions, rng):
    return _cut(labels, fractions, rng.permutation, lambda m, f: [round(m * f[0]), round(m * f[0]) + round(m * f[1])])


@known(MISTAKES, "cuts that are rounded up", "does the rule round up, or to the nearest whole number?")
def rounded_up(labels, fractions, rng):
    return _cut(labels, fractions, rng.permutation, lambda m, f: np.ceil(np.cumsum(f)[:2] * m).astype(int))


@known(
    MISTAKES, "a second cut at f2, not at f1 + f2", "where does validation end, counted from the start of the class?"
)
def second_cut_too_early(labels, fractions, rng):
    pieces = []
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        first, second = round(len(rows) * fractions[0]), round(len(rows) * fractions[1])
        pieces.append((rows[:first], rows[first:second], rows[second:]))
    return tuple(np.sort(np.concatenate(part)) for part in zip(*pieces, strict=True))


@known(MISTAKES, "three parts of which each is rounded down", "do the parts together hold all rows?")
def rows_lost(labels, fractions, rng):
    pieces = []
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        ends = np.cumsum([int(len(rows) * f) for f in fractions])
        pieces.append(np.split(rows, ends)[:3])
    return tuple(np.sort(np.concatenate(part)) for part in zip(*pieces, strict=True))


@known(MISTAKES, "parts that are not sorted", "in which order do the rows of the classes come in your parts?")
def not_sorted(labels, fractions, rng):
    return tuple(rng.permutation(part) for part in _cut(labels, fractions, rng.permutation))


@known(
    MISTAKES, "the labels of the rows, not their numbers", "what can you do with labels alone, where are the inputs?"
)
def labels_returned(labels, fractions, rng):
    return tuple(labels[part] for part in _cut(labels, fractions, rng.permutation))


@known(MISTAKES, "masks of True and False, not row numbers", "which function gives the numbers of the True places?")
def masks(labels, fractions, rng):
    return tuple(np.isin(np.arange(len(labels)), part) for part in _cut(labels, fractions, rng.permutation))


@known(
    MISTAKES, "places within a class taken for row numbers", "the third row of a class: which row of the data is it?"
)
def places_for_rows(labels, fractions, rng):
    return _cut(labels, fractions, lambda rows: rng.permutation(len(rows)))


@known(MISTAKES, "labels taken to be 0, 1, 2, ...", "which labels does np.unique(labels) give?")
def labels_assumed(labels, fractions, rng):
    return _cut(labels, fractions, rng.permutation, classes=range(len(np.unique(labels))))


@known(MISTAKES, "each part drawn from all rows of a class", "may a row that trains the network also test it?")
def drawn_anew(labels, fractions, rng):
    return tuple(_cut(labels, fractions, rng.permutation)[part] for part in range(3))
