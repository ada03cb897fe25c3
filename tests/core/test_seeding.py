"""Streams of random numbers are a function of seed, purpose and epoch, and of nothing else."""

import subprocess
import sys
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.core.seeding import Seeds, generator, stream

# The same cases every time, and no limit on time: a busy machine must not turn a test red.
QUICK = settings(max_examples=60, deadline=None, derandomize=True)
SEEDS = st.integers(0, 2**64)
PURPOSES = st.text(min_size=1, max_size=12).filter(lambda text: text.isascii())
EPOCHS = st.integers(0, 10_000)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((0, "init"), 2137112024657556272),
        ((7, "order", 3), 949240232832085995),
        ((2**63, "dropout", 12), 9043834363649151737),
    ],
)
def test_a_stream_has_the_value_that_it_had_when_the_course_was_written(arguments, expected):
    assert stream(*arguments) == expected


def test_a_generator_draws_what_it_drew_when_the_course_was_written():
    assert generator(7, "order", 3).integers(0, 1000, 5).tolist() == [16, 525, 822, 275, 977]
    assert generator(7, "order", 3).random() == pytest.approx(0.5256840030236205, abs=1e-15)


def test_a_stream_is_the_same_in_another_process_whose_text_hashes_are_salted():
    code = "from course_lib.core.seeding import stream; print(stream(7, 'order', 3))"
    environment = {"PYTHONHASHSEED": "123", "PYTHONPATH": ":".join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert int(done.stdout) == stream(7, "order", 3)


@QUICK
@given(SEEDS, PURPOSES, EPOCHS)
def test_a_stream_fits_into_63_bits_and_repeats_itself(seed, purpose, epoch):
    value = stream(seed, purpose, epoch)
    assert type(value) is int
    assert 0 <= value < 2**63
    assert stream(seed, purpose, epoch) == value


@QUICK
@given(SEEDS, SEEDS, PURPOSES, PURPOSES, EPOCHS, EPOCHS)
def test_streams_differ_where_any_argument_differs(seed, other_seed, purpose, other_purpose, epoch, other_epoch):
    arguments = {*product((seed, other_seed), (purpose, other_purpose), (epoch, other_epoch))}
    assert len({stream(*triple) for triple in arguments}) == len(arguments)


def test_a_seed_above_32_bits_is_not_taken_for_a_smaller_seed_and_its_purpose():
    # SeedSequence cuts integers into words of 32 bits: written one after the other, these two would be alike.
    assert stream(5 + 2**32, "order", 0) != stream(5, "order", 1)
    assert stream(2**32, "order") != stream(0, "order")


def test_streams_of_neighbouring_epochs_are_not_correlated():
    draws = np.array([generator(0, "order", epoch).standard_normal(400) for epoch in range(50)])
    correlations = np.corrcoef(draws)[np.triu_indices(50, k=1)]
    assert np.abs(correlations).max() < 0.25  # 5 standard errors of 1 / sqrt(400)


def test_streams_are_uniform_over_their_range():
    share = np.array([stream(seed, "uniform") for seed in range(4_000)]) / 2**63
    counts = np.histogram(share, bins=10, range=(0, 1))[0]
    assert np.abs(counts - 400).max() < 100  # 5 standard deviations of a binomial count


def test_equal_arguments_give_generators_with_equal_draws():
    assert generator(3, "noise", 2).random(5).tolist() == generator(3, "noise", 2).random(5).tolist()


def test_the_default_epoch_is_zero():
    assert stream(3, "init") == stream(3, "init", 0)


def test_numpy_integers_are_seeds_like_any_other():
    assert stream(np.int64(7), "order", np.int32(3)) == stream(7, "order", 3)
    assert type(Seeds.same(np.int64(7)).init) is int


def test_same_gives_one_seed_to_all_three_sources():
    assert Seeds.same(7) == Seeds(init=7, data=7, noise=7)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((-1, "order"), ValueError, "seed must be at least 0, got -1"),
        ((1.5, "order"), TypeError, "seed must be an integer, got 1.5"),
        ((0, "order", -2), ValueError, "epoch must be at least 0, got -2"),
        ((0, "order", "3"), TypeError, "epoch must be an integer, got '3'"),
        ((0, ""), ValueError, "purpose must say what the random numbers are for, got an empty text"),
        ((0, 5), TypeError, "purpose must be a text, got 5"),
    ],
)
def test_a_bad_argument_is_named_with_its_rule_and_value(arguments, error, words):
    with pytest.raises(error, match=f"^{words}$"):
        stream(*arguments)
    with pytest.raises(error, match=f"^{words}$"):
        generator(*arguments)


def test_bad_seeds_are_named_with_their_source():
    with pytest.raises(ValueError, match=r"^noise must be at least 0, got -3$"):
        Seeds(init=0, data=0, noise=-3)
    with pytest.raises(TypeError, match=r"^data must be an integer, got None$"):
        Seeds(init=0, data=None, noise=0)
