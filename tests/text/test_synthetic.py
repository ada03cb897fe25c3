"""The reported source: its samples, and entropies that follow from its rules."""

import itertools
import math
import re
from collections import Counter

import numpy as np
import pytest

from course_lib.core.metrics import perplexity
from course_lib.core.reports import infinito, repositories
from course_lib.text.blocks import ShuffledBlocks
from course_lib.text.reading import END
from course_lib.text.synthetic import (
    REPORTED,
    STOP,
    WORDS,
    Source,
    as_reported,
    draw,
    entropy_rate,
    leak_entropy,
    log_probabilities,
    synthetic_corpus,
    uniform_entropy,
    unigram_entropy,
    words_since_stop,
)
from course_lib.text.vocabulary import PADDING, UNKNOWN, Vocabulary

SMALL = Source(words=("a", "b"), shortest=1, longest=3, sentences=4)


def sentences_of(words):
    return [sentence.split() for sentence in " ".join(words).split(f" {STOP} ")]


def fact(report, name):
    return next(fact.text for fact in report.facts if fact.name == name)


def test_the_defaults_are_those_of_the_reported_script():
    known = {name: fact(repositories.INFINITO, name) for name in ("words", "sentences", "shortest_sentence")}
    assert known == {"words": "100", "sentences": "5,000", "shortest_sentence": "10"}
    assert (len(WORDS), len(set(WORDS)), WORDS[0], WORDS[-1]) == (100, 100, "the", "work")
    assert (REPORTED.sentences, REPORTED.shortest, REPORTED.longest) == (5_000, 10, 29)


@pytest.mark.parametrize(
    ("entropy", "expected"),
    [
        (uniform_entropy(), "101.00"),
        (unigram_entropy(), "97.07"),
        (entropy_rate(), "92.45"),
        (leak_entropy(256), "1.018"),
    ],
)
def test_the_ladder_of_perplexities_follows_from_the_rules(entropy, expected):
    digits = len(expected.partition(".")[2])
    assert f"{perplexity(entropy):.{digits}f}" == expected


def test_the_reported_perplexity_lies_between_knowing_the_symbols_and_knowing_their_shares():
    reported = float(fact(infinito.REPORT, "final_perplexity"))
    assert perplexity(unigram_entropy()) < reported < perplexity(uniform_entropy())


def test_the_expected_size_is_that_of_5000_sentences_with_a_stop_between_two():
    assert REPORTED.expected_tokens == 5_000 * 19.5 + 4_999 == 102_499
    assert REPORTED.stop_share == 4_999 / 102_499


def test_a_sample_has_the_sentences_of_the_source():
    sentences = sentences_of(draw(0, "train"))
    assert len(sentences) == 5_000
    assert {len(sentence) for sentence in sentences} == set(range(10, 30))
    assert {word for sentence in sentences for word in sentence} == set(WORDS)


def test_lengths_and_words_are_uniform():
    sentences = sentences_of(draw(3, "train"))
    lengths = np.bincount([len(sentence) for sentence in sentences])[10:]
    assert np.abs(lengths - 250).max() < 5 * math.sqrt(250)
    words = Counter(word for sentence in sentences for word in sentence)
    expected = words.total() / 100
    assert max(abs(count - expected) for count in words.values()) < 5 * math.sqrt(expected)


def test_samples_have_the_expected_size_and_spread():
    sizes = np.array([len(draw(seed, "train")) for seed in range(60)])
    # 5,000 lengths with variance (20 ** 2 - 1) / 12.
    deviation = math.sqrt(5_000 * (20**2 - 1) / 12)
    assert abs(sizes.mean() - 102_499) < 4 * deviation / math.sqrt(60)
    assert 0.7 < sizes.std(ddof=1) / deviation < 1.3


def test_a_sample_is_a_function_of_seed_and_part():
    assert draw(0, "train", SMALL) == draw(0, "train", SMALL)
    corpus = synthetic_corpus(0)
    samples = [tuple(words[:50]) for _, words in corpus.parts()] + [tuple(draw(1, "train")[:50])]
    assert len(set(samples)) == 4
    assert corpus.name == "synthetic"


def test_the_vocabulary_of_the_report_has_the_stop_at_3_and_104_words():
    vocabulary = Vocabulary.build(draw(0, "train"), special=(PADDING, UNKNOWN, END), max_size=10_000)
    assert vocabulary.id(STOP) == 3
    assert len(vocabulary) == 104


def test_two_parts_that_build_their_own_vocabularies_agree_on_the_stop_and_on_little_else():
    first, second = (Vocabulary.build(draw(0, part), special=(PADDING, UNKNOWN, END)) for part in ("train", "test"))
    same = [word for word in (*WORDS, STOP) if first.id(word) == second.id(word)]
    assert STOP in same
    assert len(same) < 10


def test_the_reported_windows_are_13_batches_of_32():
    ids = np.zeros(102_499, dtype=np.int32)
    loader = ShuffledBlocks(as_reported(ids), batch=32, length=256)
    assert loader.blocks == (102_499 - 256) // 256 == 399
    assert len(loader) == 13
    assert [len(x) for x, _ in loader.epoch(0)] == [32] * 12 + [15]


@pytest.mark.parametrize("count", [512, 513, 767, 768, 1024])
def test_one_window_fewer_is_used_than_would_fit(count):
    ids = np.arange(count, dtype=np.int32)
    assert ShuffledBlocks(as_reported(ids), batch=1, length=256).blocks == (count - 256) // 256


def test_words_since_the_last_stop_are_counted():
    words = ["a", "a", ".", "a", ".", ".", "a"]
    assert words_since_stop(words).tolist() == [0, 1, 2, 0, 1, 0, 0]
    assert words_since_stop([STOP, "a", "a"]).tolist() == [0, 0, 1]
    assert words_since_stop([]).tolist() == []


def test_probabilities_of_a_sentence_multiply_to_those_of_its_length_and_words():
    for length in (1, 2, 3):
        sentence = ["a"] * length + [STOP]
        assert log_probabilities(sentence, SMALL).sum() == pytest.approx(math.log(1 / 3 * 0.5**length))


def test_probabilities_of_all_next_tokens_sum_to_one():
    source = Source(words=("a", "b"), shortest=2, longest=4)
    for length in range(5):
        total = 0.0
        for token in ("a", "b", STOP):
            try:
                total += math.exp(log_probabilities(["a"] * length + [token], source)[-1])
            except ValueError:
                continue  # a token that cannot stand here
        assert total == pytest.approx(1.0), f"after {length} words"


def test_the_source_itself_reaches_its_entropy_rate_on_a_sample_and_nothing_less():
    losses = np.array([-log_probabilities(draw(seed, "train")).mean() for seed in range(20)])
    assert losses.mean() == pytest.approx(entropy_rate(), abs=4 * losses.std(ddof=1) / math.sqrt(20))
    assert f"{perplexity(losses.mean()):.1f}" == "92.4"


def test_the_unigram_entropy_is_that_of_the_counts_of_a_sample():
    shares = np.array(list(Counter(draw(0, "train")).values())) / len(draw(0, "train"))
    # The entropy of counts is too small by about (symbols - 1) / (2 N) = 0.0005 nats.
    assert -(shares * np.log(shares)).sum() == pytest.approx(unigram_entropy(), abs=2e-3)


def test_the_entropy_rate_is_that_of_every_sentence_listed():
    tokens = total = 0.0
    for length in (1, 2, 3):
        for words in itertools.product("ab", repeat=length):
            probability = math.exp(log_probabilities([*words, STOP], SMALL).sum())
            total -= probability * math.log(probability)
            tokens += probability * (length + 1)
    assert entropy_rate(SMALL) == pytest.approx(total / tokens)


def test_hazards_make_every_length_equally_likely():
    still, lengths = 1.0, []
    for hazard in REPORTED.hazards:
        lengths.append(still * hazard)
        still *= 1 - hazard
    np.testing.assert_allclose(lengths, [0] * 10 + [1 / 20] * 20, atol=1e-15)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"shortest": 0}, "lengths must satisfy 1 <= shortest <= longest, got 0 and 29"),
        ({"shortest": 30}, "lengths must satisfy 1 <= shortest <= longest, got 30 and 29"),
        ({"sentences": 1}, "sentences must be at least 2, got 1"),
        ({"words": ()}, "words must be distinct, at least one, and none of them '.'"),
        ({"words": ("a", "a")}, "words must be distinct, at least one, and none of them '.'"),
        ({"words": ("a", ".")}, "words must be distinct, at least one, and none of them '.'"),
    ],
)
def test_a_source_that_cannot_be_is_refused(settings, words):
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        Source(**settings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a c", "words must come from the source, got 'c'"),
        ("a . .", "a sentence must have 1 to 3 words, got another one at token 2"),
        ("a a a a", "a sentence must have 1 to 3 words, got another one at token 3"),
        ("a a a a a a", "a sentence must have at most 3 words, got 5"),
    ],
)
def test_a_text_that_the_source_never_makes_is_refused(text, words):
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        log_probabilities(text.split(), SMALL)


def test_sizes_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"^ids must hold at least 2 \* 256 tokens, got 511$"):
        as_reported(np.zeros(511, dtype=np.int32))
    with pytest.raises(ValueError, match=r"^length must be at least 1, got 0$"):
        leak_entropy(0)
