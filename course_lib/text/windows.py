"""The best loss on the synthetic source for a model that sees one window of tokens and nothing before it.

A causal model loses a little against the entropy rate, because a window starts in the middle of a sentence; a model
that may look at the whole window gains a lot from counting its words. Entropies in nats per token; a window is drawn
anywhere.

Shapes: S states (words since the last full stop), T tokens of a window.
"""

import math

import numpy as np
import numpy.typing as npt

from course_lib.core.validation import validate_at_least
from course_lib.text.synthetic import REPORTED, Source, entropy_rate, leak_entropy, uniform_entropy, unigram_entropy

Floats = npt.NDArray[np.float64]


def stationary_states(source: Source = REPORTED) -> Floats:
    """(S,): how often a token, picked anywhere, has n words of its sentence before it.

    Every sentence passes through state n if it has at least n words, and it takes its words and a full stop.
    """
    n = np.arange(source.longest + 1)
    at_least = np.clip((source.longest + 1 - n) / (source.longest - source.shortest + 1), 0, 1)  # P(length >= n)
    return at_least / (source.mean_length + 1)


def causal_window_entropy(length: int, source: Source = REPORTED) -> float:
    """Of the best causal model in windows of `length` inputs, each with the token after it as target.

    Until the window's first full stop the model does not know how many words the sentence already has.
    Raises ValueError for a length below 1.
    """
    validate_at_least("length", length, 1)
    hazards, word_entropy = source.hazards, math.log(len(source.words))
    unseen, seen = stationary_states(source), np.zeros(source.longest + 1)  # no full stop so far / at least one
    total = 0.0
    for _ in range(length):
        unseen, first_stop = _next(unseen, hazards)
        seen, stop = _next(seen, hazards)
        seen[0] += first_stop + stop
        known = float(seen @ _binary_entropy(hazards))
        mass = float(unseen.sum())
        # One guess for all states that are still possible: this is where the window costs something.
        guessed = mass * float(_binary_entropy(float(unseen @ hazards) / mass)) if mass > 0 else 0.0
        a_stop = float((unseen + seen) @ hazards)
        total += known + guessed + (1 - a_stop) * word_entropy
    return total / length


def bag_entropy(length: int, source: Source = REPORTED) -> float:
    """Of a model that counts the tokens of its whole window, future ones too, but does not know their order.

    The expected entropy of the observed frequencies: it predicts each of the `length` tokens by its share. A target
    that is not in the window is neglected. Raises ValueError for a length below 1.
    """
    validate_at_least("length", length, 1)
    stops = stop_count_distribution(length, source)  # (T + 1,)
    share = np.arange(1, length + 1) / length
    terms = np.concatenate([[0.0], -share * np.log(share)])  # (T + 1,): what a symbol that occurs n times adds
    total = float(stops @ terms)
    for count in np.flatnonzero(stops):
        total += float(stops[count]) * _expected_word_part(length - int(count), len(source.words), terms)
    return total


def stop_count_distribution(length: int, source: Source = REPORTED) -> Floats:
    """(T + 1,): the probability that a window holds 0, 1, .. `length` full stops. Raises as `bag_entropy` does."""
    validate_at_least("length", length, 1)
    hazards = source.hazards
    joint = np.zeros((length + 1, source.longest + 1))  # (stops so far, state)
    joint[0] = stationary_states(source)
    for _ in range(length):
        moved = np.zeros_like(joint)
        moved[:, 1:] = (joint * (1 - hazards))[:, :-1]  # a word
        moved[1:, 0] = (joint @ hazards)[:-1]  # a full stop
        joint = moved
    return joint.sum(axis=1)


def _expected_word_part(words: int, kinds: int, terms: Floats) -> float:
    """E[sum of terms[count]] over `kinds` words, each count being binomial (`words` draws, probability 1 / kinds)."""
    if words == 0:
        return 0.0
    if kinds == 1:
        return float(terms[words])
    counts = np.arange(words + 1)
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, words + 1)))])
    log_probability = (
        log_factorial[words] - log_factorial - log_factorial[::-1]
        - counts * math.log(kinds) + (words - counts) * math.log1p(-1 / kinds)
    )  # fmt: skip
    return kinds * float(np.exp(log_probability) @ terms[: words + 1])


def ladder(length: int = 256, source: Source = REPORTED) -> dict[str, float]:
    """The perplexities of the models that know more and more, from "which symbols occur" to "the next token".

    Four are about what a causal model may know; the last two see the future.
    """
    entropies = {
        "which symbols occur": uniform_entropy(source),
        "how often each occurs": unigram_entropy(source),
        "sentence lengths, within its window": causal_window_entropy(length, source),
        "sentence lengths": entropy_rate(source),
        "the bag of its window": bag_entropy(length, source),
        "the next token": leak_entropy(length, source),
    }
    return {known: math.exp(entropy) for known, entropy in entropies.items()}


def _next(states: Floats, hazards: Floats) -> tuple[Floats, float]:
    """The states after one more word, and the mass that a full stop took away."""
    moved = np.zeros_like(states)
    moved[1:] = (states * (1 - hazards))[:-1]
    return moved, float(states @ hazards)


def _binary_entropy(p: npt.ArrayLike) -> Floats:
    """-p ln p - (1 - p) ln(1 - p), 0 where p is 0 or 1."""
    p = np.asarray(p, dtype=np.float64)
    inside = np.clip(p, 1e-300, 1 - 1e-16)
    return np.where((p > 0) & (p < 1), -inside * np.log(inside) - (1 - inside) * np.log1p(-inside), 0.0)
