"""Kneser-Ney against its formula written out in plain Python, and its known figures on WikiText-2."""

import math
import re
from collections import Counter
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.core.metrics import perplexity
from course_lib.text.kneser_ney import FALLBACK, KneserNey, discounts, with_cache
from course_lib.text.ngrams import mean_nats

QUICK = settings(max_examples=40, deadline=None, derandomize=True)
TEXTS = st.lists(st.integers(0, 4), min_size=4, max_size=40)


class Plain:
    """The formula of Chen & Goodman as dicts of tuples."""

    def __init__(self, ids, vocabulary, order):
        self.vocabulary = vocabulary
        grams = [Counter(tuple(ids[i : i + n]) for i in range(len(ids) - n + 1)) for n in range(1, order + 2)]
        self.counts = [Counter(gram[1:] for gram in grams[n]) for n in range(1, order)] + [grams[order - 1]]
        self.discounts = [(0.0, *discounts(np.array(list(counts.values())))) for counts in self.counts]

    def probability(self, history, word):
        n = len(history) + 1
        lower = self.probability(history[1:], word) if history else 1 / self.vocabulary
        counts, discount = self.counts[n - 1], self.discounts[n - 1]
        followers = {gram: count for gram, count in counts.items() if gram[:-1] == history}
        total = sum(followers.values())
        if total == 0:
            return lower
        freed = sum(discount[min(count, 3)] for count in followers.values())
        count = followers.get((*history, word), 0)
        return (count - discount[min(count, 3)] + freed * lower) / total


@QUICK
@given(TEXTS, TEXTS, st.integers(1, 4))
def test_it_is_the_formula_written_out(train, test, order):
    model, plain = KneserNey(train, 6, order), Plain(train, 6, order)
    for t, value in enumerate(model.log_probabilities(test)):
        history = tuple(test[max(0, t - order + 1) : t])
        assert value == pytest.approx(math.log(plain.probability(history, test[t])), abs=1e-9)


def test_it_is_the_formula_with_estimated_discounts_too():
    # Zipf's law gives words that occur once, twice, three and four times, so that no fallback is used.
    ids = np.minimum(np.random.default_rng(0).zipf(1.3, 3_000), 400) - 1
    model, plain = KneserNey(ids[:2_500], 400, 3), Plain(ids[:2_500].tolist(), 400, 3)
    assert FALLBACK not in [discount[1:] for discount in plain.discounts]
    test = ids[2_500:2_520].tolist()
    scored = model.log_probabilities(test)
    for t in range(2, 20):
        assert scored[t] == pytest.approx(math.log(plain.probability(tuple(test[t - 2 : t]), test[t])), abs=1e-9)


@QUICK
@given(TEXTS, st.lists(st.integers(0, 6), max_size=6), st.integers(1, 5))
def test_probabilities_sum_to_one_and_are_above_zero_after_any_history(train, history, order):
    if len(train) < order:
        return
    distribution = KneserNey(train, 7, order).distribution(history)
    assert distribution.sum() == pytest.approx(1)
    assert (distribution > 0).all()


@QUICK
@given(TEXTS, TEXTS, st.integers(1, 3))
def test_a_distribution_is_what_the_text_is_scored_with(train, test, order):
    model = KneserNey(train, 5, order)
    scored = model.log_probabilities(test)
    for t in range(len(test)):
        assert math.log(model.distribution(test[:t])[test[t]]) == pytest.approx(scored[t])


def test_a_word_that_always_follows_one_other_is_unlikely_elsewhere():
    # 1 comes as often as 2, but only after 0; 2 comes after many words.
    train = [0, 1, 3, 2, 0, 1, 4, 2, 0, 1, 5, 2, 0, 1, 6, 2]
    after_unseen = KneserNey(train, 8, 2).distribution([7])
    assert after_unseen[2] > 2 * after_unseen[1]


def test_discounts_are_those_of_chen_and_goodman():
    counts = np.repeat([1, 2, 3, 4, 9], [40, 16, 9, 6, 5])
    y = 40 / (40 + 2 * 16)
    expected = (1 - 2 * y * 16 / 40, 2 - 3 * y * 9 / 16, 3 - 4 * y * 6 / 9)
    assert discounts(counts) == pytest.approx(expected)


@pytest.mark.parametrize("counts", [[1, 1, 2], [2, 3, 4], [], [1] * 9 + [2] + [3] * 50 + [4]])
def test_a_text_too_small_for_an_estimate_gets_fixed_discounts(counts):
    assert discounts(np.array(counts, dtype=int)) == FALLBACK


def test_bad_input_is_refused_as_the_counts_do():
    with pytest.raises(ValueError, match=r"^ids must hold at least one n-gram of order 5, got 3 ids$"):
        KneserNey([0, 1, 2], 3)
    with pytest.raises(ValueError, match=r"^ids must be in \[0, 3\), got 3 to 3$"):
        KneserNey([0, 1, 2], 3, 2).log_probabilities([3])


@QUICK
@given(TEXTS, st.integers(1, 6))
def test_the_cache_is_the_share_of_the_word_in_the_window(ids, window):
    log_p = np.log(np.full(len(ids), 0.2))
    for t, value in enumerate(with_cache(log_p, ids, window=window, weight=0.3)):
        recent = ids[max(0, t - window) : t]
        expected = 0.7 * 0.2 + 0.3 * recent.count(ids[t]) / len(recent) if recent else 0.2
        assert value == pytest.approx(math.log(expected))


def test_without_weight_the_cache_changes_nothing():
    log_p = np.log([0.1, 0.4, 0.2])
    np.testing.assert_allclose(with_cache(log_p, [1, 1, 2], weight=0.0), log_p)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"window": 0}, "window must be at least 1, got 0"),
        ({"weight": 1.0}, "weight must be in [0, 1), got 1.0"),
        ({"weight": -0.1}, "weight must be in [0, 1), got -0.1"),
    ],
)
def test_a_cache_that_cannot_be_is_refused(settings, words):
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        with_cache(np.zeros(2), [0, 1], **settings)


def test_a_cache_of_another_text_is_refused():
    with pytest.raises(
        ValueError, match=r"^ids and log_probabilities must have the same shape, got \(3,\) and \(2,\)$"
    ):
        with_cache(np.zeros(2), [0, 1, 2])


@pytest.mark.parametrize("end", [0, 1, 100, 1_000])
def test_probabilities_of_all_words_of_wikitext_sum_to_one(end, wikitext_ids, wikitext_kn5):
    assert wikitext_kn5.distribution(wikitext_ids["test"][:end]).sum() == pytest.approx(1, abs=1e-9)


def test_wikitext_has_its_known_perplexity_with_three_words(wikitext_ids, wikitext_types):
    model = KneserNey(wikitext_ids["train"], wikitext_types, 3)
    assert f"{perplexity(mean_nats(model.log_probabilities(wikitext_ids['test']))):.1f}" == "224.4"


def test_wikitext_has_its_known_perplexity_with_five_words_and_with_a_cache(wikitext_ids, wikitext_kn5):
    log_p = wikitext_kn5.log_probabilities(wikitext_ids["test"])
    assert f"{perplexity(mean_nats(log_p)):.1f}" == "217.8"
    assert f"{perplexity(mean_nats(with_cache(log_p, wikitext_ids['test']))):.1f}" == "169.6"


@pytest.fixture(scope="module")
def wikitext_kn5(wikitext_ids, wikitext_types):
    return KneserNey(wikitext_ids["train"], wikitext_types, 5)


# D2 is exactly 0, D2 below 0, D3 exactly 0, D3 below 0, none of them.
@pytest.mark.parametrize("numbers", [(4, 4, 8, 1), (9, 9, 30, 1), (6, 3, 2, 3), (6, 3, 2, 9), (40, 16, 9, 6)])
def test_no_discount_is_zero_or_below(numbers):
    found = discounts(np.repeat([1, 2, 3, 4], numbers))
    n1, n2, n3, n4 = (Fraction(number) for number in numbers)
    y = n1 / (n1 + 2 * n2)
    exact = 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3
    assert found == (pytest.approx([float(one) for one in exact]) if min(exact) > 0 else FALLBACK)


def test_after_a_word_whose_only_follower_came_twice_no_word_is_impossible():
    # Blocks "a b a b ..." of new words: 12 pairs that come once, 3 twice, 3 three times, 2 four times, so that D2 is 0.
    text, first = [], 0
    for repeats in (1, 1, 1, 2, 2, 3, 4, 4):
        text += [first, first + 1] * repeats
        first += 2
    pairs = Counter(pairwise(text))
    assert Counter(pairs.values()) == {1: 12, 2: 3, 3: 3, 4: 2}
    model = KneserNey(text, first, 2)
    assert [pair for pair in pairs if pair[0] == 6] == [(6, 7)]
    assert pairs[6, 7] == 2
    assert (model.distribution([6]) > 0).all()
    assert np.isfinite(model.log_probabilities([6, 3, 6, 0])).all()
