"""Splits, standardization and batches lose no row, show none twice, and leak nothing."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import StandardScaler

from course_lib.numpy_nn.data import Standardizer, batches, batches_per_epoch, split_indices

QUICK = settings(max_examples=60, deadline=None, derandomize=True)
FRACTIONS = (0.7, 0.15, 0.15)
SEEDS = st.integers(0, 10_000)


def parts(split):
    return split.train, split.validation, split.test


@QUICK
@given(counts=st.lists(st.integers(10, 60), min_size=1, max_size=6), seed=SEEDS, stratify=st.booleans())
def test_the_three_parts_share_no_row_and_hold_all(counts, seed, stratify):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    split = split_indices(labels, seed=seed, stratify=stratify)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts(split))), np.arange(len(labels)))


@QUICK
@given(
    counts=st.lists(st.integers(10, 60), min_size=1, max_size=6),
    seed=SEEDS,
    fractions=st.sampled_from([FRACTIONS, (0.6, 0.2, 0.2), (0.5, 0.25, 0.25)]),
)
def test_a_stratified_split_cuts_every_class_in_the_fractions_to_within_one_row(counts, seed, fractions):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    split = split_indices(labels, seed=seed, fractions=fractions)
    for rows, fraction in zip(parts(split), fractions, strict=True):
        assert (np.abs(np.bincount(labels[rows], minlength=len(counts)) - fraction * np.array(counts)) <= 1).all()


@QUICK
@given(members=st.lists(st.integers(1, 5), min_size=8, max_size=30), seed=SEEDS)
def test_all_rows_of_a_group_land_in_one_part(members, seed):
    groups = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(members)), members))
    split = split_indices(np.zeros(len(groups), int), seed=seed, groups=groups)
    names = [set(groups[rows]) for rows in parts(split)]
    assert sum(len(part) for part in names) == len(members) == len(set().union(*names))
    np.testing.assert_array_equal(np.sort(np.concatenate(parts(split))), np.arange(len(groups)))


def test_ten_thousand_rows_are_split_7000_1500_1500():
    split = split_indices(np.arange(10_000) % 10, seed=0)
    assert [len(rows) for rows in parts(split)] == [7000, 1500, 1500]


def test_a_split_is_a_function_of_its_seed():
    labels = np.arange(100) % 3
    first, again, other = (split_indices(labels, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.test, again.test)
    assert (first.train != other.train).any()


def test_classes_may_have_names():
    split = split_indices(np.array(["cat", "dog"] * 20), seed=0)
    assert len(split.train) == 28


@pytest.mark.parametrize(
    ("labels", "options", "words"),
    [
        ([], {}, r"labels must be \(n,\) with n at least 1, got shape \(0,\)"),
        ([[0], [1]], {}, r"labels must be \(n,\) with n at least 1, got shape \(2, 1\)"),
        ([0, np.nan, 1], {}, "labels must be finite, got nan at row 1"),
        ([0] * 9, {"fractions": (0.8, 0.2)}, r"three numbers above 0 with the sum 1, got \(0.8, 0.2\)"),
        ([0] * 9, {"fractions": (0.8, 0.3, 0.1)}, r"three numbers above 0 with the sum 1, got \(0.8, 0.3, 0.1\)"),
        ([0] * 9, {"fractions": (1.0, 0.0, 0.0)}, r"three numbers above 0 with the sum 1, got \(1.0, 0.0, 0.0\)"),
        ([0] * 9, {"groups": [1] * 8}, r"groups must have the shape of labels, got \(8,\) and \(9,\)"),
        (
            [0] * 9,
            {"groups": [1] * 9},
            r"every part must hold a row, got none in the .* part of 9 rows \(cut by group\)",
        ),
        (np.arange(9), {}, r"none in the validation part of 9 rows \(cut by class\)"),
        ([0, 1], {"stratify": False}, r"none in the test part of 2 rows \(cut by row\)"),
    ],
)
def test_a_split_that_cannot_be_made_is_refused_in_words(labels, options, words):
    with pytest.raises(ValueError, match=words):
        split_indices(labels, seed=0, **options)


X = arrays(np.float64, st.tuples(st.integers(2, 8), st.integers(1, 4)), elements=st.floats(-1e3, 1e3, width=32))


@QUICK
@given(X)
def test_what_was_standardized_comes_back(x):
    scaler = Standardizer.fit(x)
    np.testing.assert_allclose(scaler.inverse(scaler.transform(x)), x, atol=1e-9)


def test_a_standardizer_equals_that_of_scikit_learn_and_uses_the_training_part_alone():
    rng = np.random.default_rng(0)
    train, test = rng.normal(5, 3, (50, 4)), rng.normal(-2, 1, (20, 4))
    expected = StandardScaler().fit(train)
    np.testing.assert_allclose(Standardizer.fit(train).transform(train), expected.transform(train), atol=1e-12)
    np.testing.assert_allclose(Standardizer.fit(train).transform(test), expected.transform(test), atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_constant_feature_becomes_exactly_zero(dtype):
    x = np.full((1000, 2), 0.1, dtype)
    x[:, 1] = np.arange(1000)
    y = Standardizer.fit(x).transform(x)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y[:, 0], 0)


def test_float32_values_far_from_zero_are_standardized_by_their_true_spread():
    x = np.random.default_rng(0).normal(100_000, 1, (20_000, 2)).astype(np.float32)
    y = Standardizer.fit(x).transform(x).astype(np.float64)
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=0.01)
    np.testing.assert_allclose(y.std(axis=0), 1, rtol=0.01)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.zeros((0, 3)), r"x must be \(n, f\) with n at least 1, got shape \(0, 3\)"),
        (np.zeros(3), r"x must be \(n, f\) with n at least 1, got shape \(3,\)"),
        (np.array([[0, 1], [2, np.nan]]), "x must be finite, got nan at row 1, column 1"),
        (np.array([[0, -np.inf]]), "x must be finite, got -inf at row 0, column 1"),
    ],
)
def test_data_that_cannot_be_measured_are_refused_with_row_and_column(x, words):
    with pytest.raises(ValueError, match=words):
        Standardizer.fit(x)


def test_whole_numbers_are_refused_because_their_deviation_would_be_rounded():
    with pytest.raises(TypeError, match=r"x must be floating point, got uint8: call x.astype\(np.float32\)"):
        Standardizer.fit(np.ones((3, 2), np.uint8))


@pytest.mark.parametrize("method", ["transform", "inverse"])
def test_data_with_another_number_of_features_are_refused(method):
    scaler = Standardizer.fit(np.eye(3))
    with pytest.raises(ValueError, match=r"x must be \(n, 3\) like the training part, got \(2, 1\)"):
        getattr(scaler, method)(np.ones((2, 1)))


UNITS = [
    ("atoms in kg", np.float32, 2e-26, 1e-27),
    ("charges in C", np.float32, 0, 1.6e-19),
    ("energies in erg", np.float32, 0, 1e20),
    ("subnormal", np.float32, 0, 1e-40),
    ("near the end", np.float32, 0, 5e37),
    ("salaries", np.float16, 30_000, 5_000),
    ("small", np.float16, 0, 1e-5),
    ("ordinary", np.float16, 5, 2),
    ("tiny", np.float64, 0, 1e-200),
    ("huge", np.float64, 0, 1e200),
    ("near the end", np.float64, 0, 3e307),
]


@pytest.mark.parametrize(("dtype", "centre", "spread"), [unit[1:] for unit in UNITS])
@pytest.mark.parametrize("rows", [2, 500, 5_000])
def test_features_of_any_unit_get_the_mean_0_and_the_deviation_1(dtype, centre, spread, rows):
    rng = np.random.default_rng(0)
    x = np.stack([rng.normal(5, 2, rows), centre + spread * rng.normal(size=rows)], axis=1).astype(dtype)
    scaler = Standardizer.fit(x)
    y = scaler.transform(x)
    assert y.dtype == dtype
    exact = y.astype(np.float64)
    np.testing.assert_allclose(exact.mean(axis=0), 0, atol=0.01)
    np.testing.assert_allclose(exact.std(axis=0), 1, atol=0.01)
    off = np.abs(scaler.inverse(y).astype(np.float64) - x) / scaler.std
    assert off.max() < 0.01


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_unit_that_is_a_power_of_two_changes_no_bit(dtype):
    x = np.random.default_rng(0).normal(3, 2, (200, 3)).astype(dtype)
    expected = Standardizer.fit(x).transform(x).astype(np.float64)
    end = 100 if dtype == np.float32 else 900
    for power in (-end, -end // 2, end // 2, end):
        scaled = np.ldexp(x, power)
        got = Standardizer.fit(scaled).transform(scaled).astype(np.float64)
        np.testing.assert_allclose(got, expected, rtol=50 * np.finfo(dtype).eps, atol=50 * np.finfo(dtype).eps)


def test_ordinary_data_are_measured_and_computed_in_their_own_type():
    x = np.random.default_rng(0).normal(3, 2, (200, 3)).astype(np.float32)
    scaler = Standardizer.fit(x)
    assert (scaler.wide, scaler.mean.dtype, scaler.std.dtype) == (False, np.float32, np.float32)
    np.testing.assert_array_equal(scaler.transform(x), (x - scaler.mean) / scaler.std)


def test_a_million_float32_rows_are_summed_in_a_wider_type():
    x = np.full((4_000_000, 1), 1, np.float32)
    x[::2] = -1
    assert Standardizer.fit(x).std[0] == 1


def test_a_constant_feature_beside_a_huge_one_becomes_exactly_zero():
    x = np.array([[0.1, 1e20], [0.1, -1e20], [0.1, 3e20]], np.float32)
    np.testing.assert_array_equal(Standardizer.fit(x).transform(x)[:, 0], 0)


@pytest.mark.parametrize("method", ["transform", "inverse"])
@pytest.mark.parametrize("unit", [1, 1e20])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused_with_row_and_column(method, unit, bad):
    x = unit * np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    scaler = Standardizer.fit(x)
    x[3, 1] = bad
    with pytest.raises(ValueError, match=f"^x must be finite, got {bad} at row 3, column 1$"):
        getattr(scaler, method)(x)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_a_value_that_would_leave_the_range_of_the_type_is_refused(dtype):
    scaler = Standardizer.fit((1e-3 * np.random.default_rng(0).normal(size=(50, 2))).astype(dtype))
    far = np.zeros((2, 2), dtype)
    far[1, 0] = np.finfo(dtype).max
    with pytest.raises(ValueError, match=r"^x must be in the range of the training part, got .* at row 1, column 0$"):
        scaler.transform(far)


@QUICK
@given(count=st.integers(1, 200), batch_size=st.integers(1, 64), seed=SEEDS, epoch=st.integers(0, 50))
def test_the_batches_of_an_epoch_hold_every_row_once_and_all_but_the_last_are_full(count, batch_size, seed, epoch):
    pieces = list(batches(count, batch_size, seed=seed, epoch=epoch))
    np.testing.assert_array_equal(np.sort(np.concatenate(pieces)), np.arange(count))
    assert len(pieces) == batches_per_epoch(count, batch_size) == math.ceil(count / batch_size)
    assert [len(piece) for piece in pieces[:-1]] == [batch_size] * (len(pieces) - 1)
    assert len(pieces[-1]) == count - (len(pieces) - 1) * batch_size


@QUICK
@given(batch_size=st.integers(1, 40), extra=st.integers(0, 200), seed=SEEDS)
def test_drop_last_leaves_only_full_batches_of_different_rows(batch_size, extra, seed):
    count = batch_size + extra
    pieces = list(batches(count, batch_size, seed=seed, epoch=0, drop_last=True))
    assert {len(piece) for piece in pieces} == {batch_size}
    assert len(pieces) == batches_per_epoch(count, batch_size, drop_last=True) == count // batch_size
    assert len(set(np.concatenate(pieces))) == len(pieces) * batch_size


def test_the_order_is_a_function_of_seed_and_epoch():
    def order(seed, epoch):
        return np.concatenate(list(batches(100, 32, seed=seed, epoch=epoch))).tolist()

    assert order(1, 2) == order(1, 2)
    assert len({tuple(order(*pair)) for pair in [(1, 2), (2, 1), (1, 3), (2, 2)]}) == 4


def test_without_shuffling_rows_come_in_their_own_order():
    pieces = [piece.tolist() for piece in batches(5, 2, seed=0, epoch=0, shuffle=False)]
    assert pieces == [[0, 1], [2, 3], [4]]


def test_a_thousand_rows_in_batches_of_32_are_32_batches_the_last_of_8():
    pieces = list(batches(1000, 32, seed=0, epoch=0))
    assert (len(pieces), len(pieces[-1])) == (32, 8)
    assert batches_per_epoch(1000, 32, drop_last=True) == 31


@pytest.mark.parametrize(
    ("count", "batch_size", "drop_last", "words"),
    [
        (0, 4, False, "count must be at least 1, got 0"),
        (4, 0, False, "batch_size must be at least 1, got 0"),
        (4, 5, True, "batch_size must be at most 4 rows with drop_last, got 5"),
    ],
)
def test_batches_that_cannot_be_made_are_refused_at_the_call(count, batch_size, drop_last, words):
    with pytest.raises(ValueError, match=words):
        batches(count, batch_size, seed=0, epoch=0, drop_last=drop_last)
    with pytest.raises(ValueError, match=words):
        batches_per_epoch(count, batch_size, drop_last=drop_last)
