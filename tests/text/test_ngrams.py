"""Counted n-grams and the add-one model, by hand and against counting in plain Python."""

import math
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.core.metrics import perplexity
from course_lib.text.ngrams import ABSENT, AddOne, Counts, mean_nats, overlap

QUICK = settings(max_examples=60, deadline=None, derandomize=True)
TEXTS = st.lists(st.integers(0, 4), min_size=4, max_size=40)


@QUICK
@given(TEXTS, st.integers(1, 4))
def test_every_order_counts_what_plain_counting_counts(ids, order):
    counts = Counts(ids, 5, order)
    for n, level in enumerate(counts.levels, start=1):
        expected = Counter(tuple(ids[i : i + n]) for i in range(len(ids) - n + 1))
        found = {tuple(ids[end - n + 1 : end + 1]): c for end, c in zip(level.last, level.counts, strict=True)}
        assert found == expected


@QUICK
@given(TEXTS, TEXTS, st.integers(1, 4))
def test_an_n_gram_has_a_number_where_training_has_seen_it_and_only_there(train, test, order):
    counts = Counts(train, 5, order)
    for n, numbers in enumerate(counts.prefixes(np.array(test)), start=1):
        known = {tuple(train[i : i + n - 1]) for i in range(len(train) - n + 2)}
        for t, number in enumerate(numbers):
            seen = t >= n - 1 and tuple(test[t - n + 1 : t]) in known
            assert (number != ABSENT) == seen


def test_a_unigram_model_of_three_words_by_hand():
    model = AddOne([0, 0, 0, 1], 3)
    np.testing.assert_allclose(model.distribution(), [4 / 7, 2 / 7, 1 / 7])
    np.testing.assert_allclose(model.log_probabilities([2, 0]), np.log([1 / 7, 4 / 7]))
    assert perplexity(mean_nats(model.log_probabilities([2, 0]))) == pytest.approx(math.sqrt(7 * 7 / 4))


def test_a_bigram_model_of_three_words_by_hand():
    # After 0 came 1 twice and 0 once; after 1 came 0 once; 2 never came, and the last word has no follower.
    model = AddOne([0, 0, 1, 0, 1], 3, order=2)
    np.testing.assert_allclose(model.distribution([0]), [2 / 6, 3 / 6, 1 / 6])
    np.testing.assert_allclose(model.distribution([1]), [2 / 4, 1 / 4, 1 / 4])
    np.testing.assert_allclose(model.distribution([2]), [1 / 3, 1 / 3, 1 / 3])
    # The first word has no history: the unigram model predicts it.
    np.testing.assert_allclose(model.log_probabilities([1, 0, 0]), np.log([3 / 8, 2 / 4, 2 / 6]))


@QUICK
@given(TEXTS, TEXTS, st.integers(1, 4))
def test_add_one_is_counting_in_plain_python(train, test, order):
    model = AddOne(train, 5, order)
    for t, value in enumerate(model.log_probabilities(test)):
        n = min(order, t + 1)
        history, word = test[t - n + 1 : t], test[t]
        followers = [train[i + n - 1] for i in range(len(train) - n + 1) if train[i : i + n - 1] == history]
        assert value == pytest.approx(math.log((followers.count(word) + 1) / (len(followers) + 5)))


@QUICK
@given(TEXTS, st.lists(st.integers(0, 6), max_size=6), st.integers(1, 4))
def test_probabilities_sum_to_one_after_any_history(train, history, order):
    model = AddOne(train, 7, order)
    assert model.distribution(history).sum() == pytest.approx(1)


@QUICK
@given(TEXTS, TEXTS, st.integers(1, 3))
def test_a_distribution_is_what_the_text_is_scored_with(train, test, order):
    model = AddOne(train, 5, order)
    scored = model.log_probabilities(test)
    for t in range(len(test)):
        assert math.log(model.distribution(test[:t])[test[t]]) == pytest.approx(scored[t])


@pytest.mark.parametrize(
    ("ids", "settings", "error", "words"),
    [
        ([0, 5], {}, ValueError, "ids must be in [0, 5), got 0 to 5"),
        ([0, -1], {}, ValueError, "ids must be in [0, 5), got -1 to 0"),
        ([[0]], {}, ValueError, "ids must have shape (n,), got (1, 1)"),
        ([0.5], {}, TypeError, "ids must be integers, got float64"),
        ([], {}, ValueError, "ids must hold at least one n-gram of order 1, got 0 ids"),
        ([0], {"order": 2}, ValueError, "ids must hold at least one n-gram of order 2, got 1 ids"),
        ([0], {"order": 0}, ValueError, "order must be at least 1, got 0"),
    ],
)
def test_bad_input_is_named_with_its_rule_and_value(ids, settings, error, words):
    with pytest.raises(error, match=f"^{re.escape(words)}$"):
        AddOne(ids, 5, **settings)


@QUICK
@given(TEXTS, TEXTS, st.integers(1, 4))
def test_the_overlap_is_the_number_of_n_grams_that_training_has(train, test, order):
    known = {tuple(train[i : i + order]) for i in range(len(train) - order + 1)}
    asked = [tuple(test[i : i + order]) for i in range(len(test) - order + 1)]
    assert overlap(train, test, 5, order) == (sum(gram in known for gram in asked), len(asked))


def test_a_text_shorter_than_an_n_gram_has_none():
    assert overlap([0, 1, 2], [0], 3, 2) == (0, 0)


def test_an_unknown_id_is_refused_when_a_text_is_scored():
    with pytest.raises(ValueError, match=r"^ids must be in \[0, 5\), got 9 to 9$"):
        AddOne([0, 1], 5).log_probabilities([9])


def test_the_unigram_model_of_wikitext_has_its_known_perplexity(wikitext_ids, wikitext_types):
    model = AddOne(wikitext_ids["train"], wikitext_types)
    assert f"{perplexity(mean_nats(model.log_probabilities(wikitext_ids['test']))):.1f}" == "914.4"


def test_add_one_is_worse_with_a_history_than_without_on_wikitext(wikitext_ids, wikitext_types):
    models = [AddOne(wikitext_ids["train"], wikitext_types, n) for n in (1, 2)]
    losses = [mean_nats(model.log_probabilities(wikitext_ids["test"])) for model in models]
    assert losses[1] > losses[0] + 0.5


def test_the_test_part_of_wikitext_is_hardly_copied_from_its_training_part(wikitext_ids, wikitext_types):
    found, total = overlap(wikitext_ids["train"], wikitext_ids["test"], wikitext_types, 13)
    assert total == 245_569 - 12
    assert found / total < 0.01, f"{found} of {total} runs of 13 words stand in the training part"
