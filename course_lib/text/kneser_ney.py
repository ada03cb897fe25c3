"""The best that counts can do: interpolated modified Kneser-Ney, and a cache of recent words.

A discount D(c) is taken off every count c, and the mass so freed goes to the model of the next lower order:

    P_n(w | h) = (c(h w) - D(c(h w))) / c(h .) + (sum of D over h) / c(h .) * P_(n-1)(w | h without its first word)

In the lower orders c is the number of different words that an n-gram was seen after ("Francisco" is frequent, but only
after "San", so that it is unlikely after anything else). The lowest order mixes with the uniform distribution. Source:
Chen & Goodman 1999, An empirical study of smoothing techniques for language modeling, section 3.

Shapes: N tokens, V words in the vocabulary, G different n-grams of one order, H histories of one order.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from course_lib.core.validation import validate_at_least, validate_interval, validate_same_shape
from course_lib.text.ngrams import ABSENT, Counts, Floats, Ids, validated_ids

# For a text so small that no n-gram of an order occurs 1, 2, 3 or 4 times: the estimate would divide by 0.
FALLBACK = (0.5, 1.0, 1.5)


@dataclass(frozen=True)
class _Order:
    """What one order needs: c - D(c) of each n-gram (G,); c(h .) and the sum of D of each history (H,)."""

    kept: Floats
    totals: Floats
    freed: Floats


class KneserNey:
    """Interpolated modified Kneser-Ney of any order, as a stream model: lines are not reset, their end is a word.

    ids (N,) in [0, vocabulary). Raises as `ngrams.Counts` does.
    """

    def __init__(self, ids: Any, vocabulary: int, order: int = 5) -> None:
        self.counts = Counts(ids, vocabulary, order)
        self._orders = [self._order(n) for n in range(1, order + 1)]

    def log_probabilities(self, ids: Any) -> Floats:
        """(N,): ln P of each token of a text given the tokens before it."""
        ids = validated_ids(ids, self.counts.vocabulary)
        return np.log(self._probability(self.counts.prefixes(ids), ids))

    def distribution(self, history: Any = ()) -> Floats:
        """(V,): P of each word after the history; sums to 1."""
        history = validated_ids(history, self.counts.vocabulary)
        words = np.arange(self.counts.vocabulary)
        prefixes = self.counts.prefixes_after(history)
        return self._probability([np.repeat(prefix, len(words)) for prefix in prefixes], words)

    def _order(self, n: int) -> _Order:
        level, vocabulary = self.counts.levels[n - 1], self.counts.vocabulary
        counts = level.counts
        if n < self.counts.order:
            # Each different (n + 1)-gram is one word before the n-gram at its end.
            ends = self.counts.numbers[n - 1][self.counts.levels[n].last]
            counts = np.bincount(ends, minlength=len(level.keys)).astype(np.int64)
        discount = np.array([0.0, *discounts(counts)])[np.minimum(counts, 3)]
        history = level.keys // vocabulary
        # Every n-gram of the order below has a number, so there are as many histories.
        histories = 1 if n == 1 else len(self.counts.levels[n - 2].keys)
        return _Order(
            kept=counts - discount,
            totals=_sums(history, counts, histories),
            freed=_sums(history, discount, histories),
        )

    def _probability(self, prefixes: list[Ids], words: Ids) -> Floats:
        vocabulary = self.counts.vocabulary
        p = np.full(len(words), 1 / vocabulary)
        for level, order, prefix in zip(self.counts.levels, self._orders, prefixes, strict=True):
            found = level.find(prefix, words, vocabulary)
            kept = np.where(found != ABSENT, order.kept[found], 0.0)
            total = np.where(prefix != ABSENT, order.totals[prefix], 0.0)
            seen = total > 0  # an unseen history says nothing: the lower order stands as it is
            mixed = (kept + order.freed[prefix] * p) / np.where(seen, total, 1.0)
            p = np.where(seen, mixed, p)
        return p


def _sums(group: Ids, values: npt.NDArray[np.number[Any]], groups: int) -> Floats:
    """(groups,): the sum of the values of each group."""
    return np.bincount(group, weights=values, minlength=groups).astype(np.float64, copy=False)


def discounts(counts: npt.NDArray[np.int64]) -> tuple[float, float, float]:
    """What is taken off a count of 1, of 2, and of 3 or more, estimated from how many n-grams occur 1 to 4 times.

    Y = n1 / (n1 + 2 n2); D1 = 1 - 2Y n2/n1, D2 = 2 - 3Y n3/n2, D3 = 3 - 4Y n4/n3. FALLBACK where the text is too small
    for that: one of the four is 0, or a discount would not be above 0. A discount of 0 frees nothing: after a history
    whose words all have that count, every other word would be impossible. Source: Chen & Goodman 1999, equation 26.
    """
    n1, n2, n3, n4 = (int((counts == count).sum()) for count in (1, 2, 3, 4))
    if min(n1, n2, n3, n4) == 0:
        return FALLBACK
    y = n1 / (n1 + 2 * n2)
    # The numerators of D2 and D3, in whole numbers: rounding makes of a 0 something above or below it.
    if min(2 * n2 * (n1 + 2 * n2) - 3 * n1 * n3, 3 * n3 * (n1 + 2 * n2) - 4 * n1 * n4) <= 0:
        return FALLBACK
    estimate = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
    return estimate


def with_cache(log_probabilities: Floats, ids: Any, *, window: int = 600, weight: float = 0.16) -> Floats:
    """(N,): ln of (1 - weight) * P + weight * (share of the token among the `window` tokens before it).

    What a text has said it says again; no training is needed. At the start the window is as long as the text so far,
    and the first token has P alone. The defaults are close to the best ones for the validation part of WikiText-2.
    Raises ValueError for a window below 1, a weight outside [0, 1), or another number of ids than probabilities.
    """
    validate_at_least("window", window, 1)
    validate_interval("weight", weight, 0, 1, "[)")
    ids = validated_ids(ids, 2**31)
    validate_same_shape("ids", ids, "log_probabilities", log_probabilities)
    n, place = len(ids), np.arange(len(ids))
    start = np.maximum(place - window, 0)
    # Sorted by word and place, the earlier occurrences of a word stand just before it.
    occurrences = np.sort(ids * n + place)
    earlier = np.searchsorted(occurrences, ids * n + place) - np.searchsorted(occurrences, ids * n + start)
    mixed = (1 - weight) * np.exp(log_probabilities) + weight * earlier / np.maximum(place - start, 1)
    return np.where(place > 0, np.log(mixed), log_probabilities)
