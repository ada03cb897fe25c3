"""Forecasts of the next word from counts: n-grams as numbers, and the add-one model of any order.

Every n-gram that occurs in the training text has a number of its own, in the order of its key (number of its first n -
1 words, last word). One pass over the text per order, sorted arrays, no loop over words.

Shapes: N tokens, V words in the vocabulary, G different n-grams of one order.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from course_lib.core.validation import validate_at_least, validate_ids

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]

ABSENT = -1  # the number of an n-gram that does not occur in the training text, or that the text is too short for


@dataclass(frozen=True)
class Level:
    """The different n-grams of one order in the training text: keys (G,) sorted, counts (G,), last (G,).

    A key is (number of the first n - 1 words) * V + last word; `last` is a position where the n-gram ends.
    """

    keys: Ids
    counts: Ids
    last: Ids

    def find(self, prefixes: Ids, words: Ids, vocabulary: int) -> Ids:
        """The numbers (N,) of the n-grams with these first words and last words; ABSENT where there is none."""
        wanted = prefixes * vocabulary + words
        place = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where((prefixes != ABSENT) & (self.keys[place] == wanted), place, ABSENT)


class Counts:
    """All n-grams of a text up to `order`: `levels[k - 1]` those of k words, `numbers[k - 1]` (N,) which ends where.

    ids (N,) in [0, vocabulary). Raises ValueError for ids out of range or of another shape, for fewer than `order` ids
    or an order below 1; TypeError for ids that are not integers.
    """

    def __init__(self, ids: Any, vocabulary: int, order: int) -> None:
        validate_at_least("order", order, 1)
        self.vocabulary, self.order = vocabulary, order
        ids = validated_ids(ids, vocabulary)
        if len(ids) < order:
            raise ValueError(f"ids must hold at least one n-gram of order {order}, got {len(ids)} ids")
        self.levels: list[Level] = []
        self.numbers: list[Ids] = []
        prefixes = np.zeros(len(ids), dtype=np.int64)  # before one word there is nothing, and nothing has the number 0
        for n in range(1, order + 1):
            ends = np.arange(n - 1, len(ids))
            keys, place, number, counts = np.unique(
                prefixes[ends] * vocabulary + ids[ends], return_index=True, return_inverse=True, return_counts=True
            )
            self.levels.append(Level(keys, counts, ends[place]))
            self.numbers.append(np.full(len(ids), ABSENT))
            self.numbers[-1][ends] = number
            prefixes = shifted(self.numbers[-1])

    def prefixes(self, ids: Ids) -> list[Ids]:
        """For each order n, the number of the n - 1 words before each token of a text: arrays (N,)."""
        found = [np.zeros(len(ids), dtype=np.int64)]
        for level in self.levels[:-1]:
            found.append(shifted(level.find(found[-1], ids, self.vocabulary)))
        return found

    def prefixes_after(self, history: Ids) -> list[Ids]:
        """The same for the token that comes after a history: arrays (1,)."""
        # One more word, any word, so that the history is what stands before it.
        return [found[-1:] for found in self.prefixes(np.append(history, 0))]


class AddOne:
    """The add-one (Laplace) model: P(word | history) = (count(history word) + 1) / (count(history) + V).

    order 1 is the unigram model, 2 the bigram model. The first tokens of a text have a shorter history and are
    predicted by the model of that order. Raises as Counts does.
    """

    def __init__(self, ids: Any, vocabulary: int, order: int = 1) -> None:
        self.counts = Counts(ids, vocabulary, order)

    def log_probabilities(self, ids: Any) -> Floats:
        """(N,): ln P of each token of a text given the tokens before it."""
        ids = validated_ids(ids, self.counts.vocabulary)
        p = np.zeros(len(ids))
        for n, prefixes in enumerate(self.counts.prefixes(ids), start=1):
            p[n - 1 :] = self._probability(n, prefixes, ids)[n - 1 :]
        return np.log(p)

    def distribution(self, history: Any = ()) -> Floats:
        """(V,): P of each word after the history; sums to 1."""
        history = validated_ids(history, self.counts.vocabulary)
        n = min(self.counts.order, len(history) + 1)
        words = np.arange(self.counts.vocabulary)
        prefix = self.counts.prefixes_after(history)[n - 1]
        return self._probability(n, np.repeat(prefix, len(words)), words)

    def _probability(self, n: int, prefixes: Ids, words: Ids) -> Floats:
        vocabulary, level = self.counts.vocabulary, self.counts.levels[n - 1]
        totals = np.bincount(level.keys // vocabulary, weights=level.counts)
        found = level.find(prefixes, words, vocabulary)
        count = np.where(found != ABSENT, level.counts[found], 0)
        # A history may occur without a next word: at the very end of the training text. Its total is then 0.
        known = (prefixes != ABSENT) & (prefixes < len(totals))
        total = np.where(known, totals[np.where(known, prefixes, 0)], 0)
        return (count + 1) / (total + vocabulary)


def overlap(train: Any, test: Any, vocabulary: int, order: int) -> tuple[int, int]:
    """How many n-grams of `test` stand in `train` too, and how many it has: (found, all).

    Long ones (13 words) that are found were copied: text that a model can know by heart. Raises as Counts does.
    """
    counts, ids = Counts(train, vocabulary, order), validated_ids(test, vocabulary)
    numbers = counts.levels[-1].find(counts.prefixes(ids)[-1], ids, vocabulary)
    return int((numbers != ABSENT).sum()), max(0, len(ids) - order + 1)


def mean_nats(log_probabilities: Floats) -> float:
    """The mean cross-entropy in nats per token; `course_lib.core.metrics.perplexity` of it is the perplexity."""
    return -float(log_probabilities.mean())


def validated_ids(ids: Any, vocabulary: int) -> Ids:
    """ids (N,) as int64. Raises ValueError for another shape or ids out of range, TypeError for no integers."""
    array = np.asarray(ids)
    validate_ids("ids", array, vocabulary)
    return array.astype(np.int64)


def shifted(numbers: Ids) -> Ids:
    """(N,): each number moved to the next token, the first token having ABSENT before it."""
    return np.concatenate([[ABSENT], numbers[:-1]])
