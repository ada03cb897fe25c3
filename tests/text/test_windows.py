"""The floors of a model with one window, against every window of a small source written out."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest

from course_lib.text.synthetic import REPORTED, STOP, Source, draw, entropy_rate, unigram_entropy
from course_lib.text.windows import (
    bag_entropy,
    causal_window_entropy,
    ladder,
    stationary_states,
    stop_count_distribution,
)

SOURCES = [
    Source(words=("a", "b"), shortest=1, longest=2),
    Source(words=("a", "b"), shortest=2, longest=4),
    Source(words=("a",), shortest=1, longest=3),
]


def windows_of(length, source):
    """Every window that the running source can show, with its probability."""
    found = Counter()
    for window in itertools.product((*source.words, STOP), repeat=length):
        for state, probability in enumerate(stationary_states(source)):
            for token in window:
                hazard = source.hazards[state] if state <= source.longest else 0.0
                if token == STOP:
                    probability, state = probability * hazard, 0
                else:
                    probability, state = probability * (1 - hazard) / len(source.words), state + 1
                if probability == 0:
                    break
            found[window] += probability
    return found


def entropy_of(distribution):
    return -sum(p * math.log(p) for p in distribution.values() if p > 0)


@pytest.mark.parametrize("source", [*SOURCES, REPORTED])
def test_the_states_are_a_distribution_that_one_more_token_leaves_as_it_is(source):
    states, hazards = stationary_states(source), source.hazards
    assert states.sum() == pytest.approx(1)
    after = np.concatenate([[states @ hazards], (states * (1 - hazards))[:-1]])
    np.testing.assert_allclose(after, states, atol=1e-15)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("length", [1, 2, 5])
def test_the_causal_floor_is_that_of_every_window_written_out(source, length):
    # H(X2..Xn+1 | X1..) summed by the chain rule: H(n + 1 tokens) - H(1 token), over n targets.
    expected = (entropy_of(windows_of(length + 1, source)) - entropy_of(windows_of(1, source))) / length
    assert causal_window_entropy(length, source) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("length", [1, 2, 5])
def test_the_floor_of_the_bag_is_that_of_every_window_written_out(source, length):
    expected = sum(
        probability * entropy_of({word: count / length for word, count in Counter(window).items()})
        for window, probability in windows_of(length, source).items()
    )
    assert bag_entropy(length, source) == pytest.approx(expected, abs=1e-12)


def test_the_floor_of_the_bag_is_that_of_windows_drawn_at_random():
    words = np.unique(np.array(draw(0, "train", Source(sentences=20_000))), return_inverse=True)[1]
    starts = np.random.default_rng(0).integers(0, len(words) - 256, 1_000)
    entropies = []
    for start in starts:
        shares = np.bincount(words[start : start + 256]) / 256
        entropies.append(-(shares[shares > 0] * np.log(shares[shares > 0])).sum())
    error = np.std(entropies, ddof=1) / math.sqrt(len(entropies))
    assert bag_entropy(256) == pytest.approx(np.mean(entropies), abs=4 * error)


def test_the_bag_of_the_reported_window_is_that_of_the_audit():
    assert f"{math.exp(bag_entropy(256)):.1f}" == "78.2"


def test_a_longer_window_costs_less_and_tends_to_the_entropy_rate():
    entropies = [causal_window_entropy(length) for length in (1, 16, 256, 4_096)]
    assert entropies == sorted(entropies, reverse=True)
    assert entropies[0] < unigram_entropy(), "even one token tells whether a full stop may follow"
    assert 0 < entropies[-1] - entropy_rate() < 2e-4


def test_the_share_of_stops_in_a_window_is_that_of_the_source():
    for length in (1, 7, 256):
        distribution = stop_count_distribution(length)
        assert distribution.sum() == pytest.approx(1)
        assert distribution @ np.arange(length + 1) / length == pytest.approx(1 / 20.5)


def test_the_ladder_goes_down_and_its_two_last_steps_see_the_future():
    steps = ladder()
    values = list(steps.values())
    assert values == sorted(values, reverse=True)
    assert [f"{value:.2f}" for value in values[:2]] == ["101.00", "97.07"]
    assert f"{steps['sentence lengths']:.2f}" == "92.45"
    assert f"{steps['the next token']:.3f}" == "1.018"
    assert steps["sentence lengths"] < steps["sentence lengths, within its window"] < 92.7
    assert f"{ladder(32)['the next token']:.3f}" == "1.152"


@pytest.mark.parametrize("function", [causal_window_entropy, bag_entropy, stop_count_distribution])
def test_an_empty_window_is_refused(function):
    with pytest.raises(ValueError, match=r"^length must be at least 1, got 0$"):
        function(0)
