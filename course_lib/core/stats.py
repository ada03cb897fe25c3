"""Intervals for one mean, tests for paired differences, and the luck of the best of k.

Shapes: n observations (such as one test accuracy per seed), R resamples. Bootstrap and sign flips are written
out here; the t and Wilcoxon distributions come from SciPy.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special
from scipy import stats as scipy_stats

from course_lib.core.seeding import generator
from course_lib.core.validation import validate_at_least, validate_finite, validate_interval, validate_vector

Floats = npt.NDArray[np.float64]

_EXACT_UP_TO = 16  # 2**16 = 65,536 patterns of signs are counted out; more are sampled
_ROUNDING = 1e-12  # relative difference below which two numbers are one number that was computed in two ways
_NUMBERS_AT_ONCE = 2_000_000  # resamples are drawn in blocks of at most this many numbers: 16 MB


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval: low <= high, from `count` observations, level in (0, 1)."""

    mean: float
    low: float
    high: float
    count: int
    level: float


@dataclass(frozen=True)
class PairedComparison:
    """What n pairs say about a - b: the t interval of its mean, three two-sided p-values, and who won how often.

    `wins` counts the pairs with a > b and `ties` those with a == b; the rest are losses.
    """

    interval: Interval
    t_p: float
    wilcoxon_p: float
    sign_flip_p: float
    wins: int
    ties: int


def t_interval(values: npt.ArrayLike, level: float = 0.95) -> Interval:
    """The interval mean +- t * sd / sqrt(n) of at least 2 values (n,), with t from n - 1 degrees of freedom.

    It assumes independent values that are roughly normal: runs with different seeds, not epochs of one run.
    Raises ValueError for other shapes, fewer values, NaN or infinity, or a level outside (0, 1).
    Source: Student 1908.
    """
    sample = _sample("values", values, least=2)
    validate_interval("level", level, 0, 1, "()")
    mean, error = _mean_and_error(sample)
    reach = float(scipy_stats.t.ppf(0.5 + level / 2, df=sample.size - 1)) * error
    return Interval(mean, mean - reach, mean + reach, sample.size, level)


def bootstrap_interval(
    values: npt.ArrayLike,
    statistic: Callable[..., Any] = np.mean,
    level: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> Interval:
    """The BCa bootstrap interval (bias-corrected and accelerated) of a statistic of at least 2 values (n,).

    `statistic(array, axis=-1)` reduces the last axis (numpy.mean, numpy.median, ...); its value is the `mean`
    of the interval. Equal seeds give equal intervals. Too narrow for small n: with n < 10 prefer `t_interval`.
    Raises ValueError as `t_interval` does, for resamples < 100, or where every resample lies on one side of
    the estimate.
    Source: Efron 1987, Better bootstrap confidence intervals; Efron & Tibshirani 1993, section 14.3.
    """
    sample = _sample("values", values, least=2)
    validate_interval("level", level, 0, 1, "()")
    validate_at_least("resamples", resamples, 100)
    estimate = float(statistic(sample, axis=-1))
    if (sample == sample[0]).all():
        return Interval(estimate, estimate, estimate, sample.size, level)  # all resamples are this sample
    rng = generator(seed, "bootstrap")
    resampled = np.concatenate(
        [
            statistic(sample[rng.integers(0, sample.size, (rows, sample.size))], axis=-1)  # (rows, n) -> (rows,)
            for rows in _blocks(resamples, sample.size)
        ]
    )  # (R,)

    # Bias: how far the estimate lies from the median of its resamples, in standard deviations. Ties count half, and
    # values that differ by rounding only are ties: means of accuracies often are.
    rounding = _ROUNDING * np.abs(resampled).max()
    below = (np.mean(resampled < estimate - rounding) + np.mean(resampled <= estimate + rounding)) / 2
    if not 0.0 < below < 1.0:
        raise ValueError(f"every resample lies on one side of the estimate {estimate}: BCa has no interval for it")
    bias = float(special.ndtri(below))
    acceleration = _acceleration(sample, statistic)

    normal = special.ndtri([0.5 - level / 2, 0.5 + level / 2])  # (2,): -1.96 and 1.96 at level 0.95
    shifted = special.ndtr(bias + (bias + normal) / (1.0 - acceleration * (bias + normal)))  # (2,)
    low, high = np.quantile(resampled, shifted)
    return Interval(estimate, float(low), float(high), sample.size, level)


def sign_flip_test(differences: npt.ArrayLike, resamples: int = 10_000, seed: int = 0) -> float:
    """The two-sided p-value of the paired permutation test: may these differences (n,) be symmetric about 0?

    If a and b are exchangeable within each pair, every difference could as well have the other sign. The
    p-value is the share of sign patterns whose mean is at least as far from 0 as the observed one. All 2**n
    patterns are counted for n <= 16; for more, `resamples` random ones, and the observed pattern counts as
    one of them, so that p is never 0.
    Raises ValueError for other shapes, no values, NaN or infinity, or resamples < 100.
    Source: Fisher 1935, The Design of Experiments, section 21; Phipson & Smyth 2010 (the added one).
    """
    sample = _sample("differences", differences, least=1)
    validate_at_least("resamples", resamples, 100)
    # A sum that equals the observed one may differ from it in the last bits, and must count as equal.
    threshold = abs(sample.sum()) - _ROUNDING * np.abs(sample).sum()
    if sample.size <= _EXACT_UP_TO:
        patterns = np.arange(2**sample.size)[:, None] >> np.arange(sample.size)  # (2**n, n): bit j decides on sign j
        return float(np.mean(np.abs(_flipped_sums(patterns & 1, sample)) >= threshold))
    rng = generator(seed, "sign flips")
    as_far = sum(
        int(np.sum(np.abs(_flipped_sums(rng.integers(0, 2, (rows, sample.size)), sample)) >= threshold))
        for rows in _blocks(resamples, sample.size)
    )
    return (1 + as_far) / (1 + resamples)


def paired_comparison(a: npt.ArrayLike, b: npt.ArrayLike, *, level: float = 0.95, seed: int = 0) -> PairedComparison:
    """Compare two arms that ran with the same n >= 2 seeds: pair i is (a[i], b[i]), both (n,).

    Where all differences are equal the t test has no spread to divide by: its p is 0, or 1 if they are all 0;
    Wilcoxon's p is 1 if they are all 0. Raises ValueError for unequal lengths and as `t_interval` does.
    Source: Student 1908 (t); Wilcoxon 1945 (signed ranks, zero differences dropped).
    """
    first, second = _sample("a", a, least=2), _sample("b", b, least=2)
    if first.size != second.size:
        raise ValueError(f"a and b must be pairs, got {first.size} and {second.size} values")
    differences = first - second
    # 0.95 - 0.94 and 0.94 - 0.93 differ in the last bits; without rounding they would not share a rank.
    scale = max(np.abs(first).max(), np.abs(second).max()) or 1.0
    comparable = np.round(differences / (_ROUNDING * scale))  # in units of the rounding error
    mean, error = _mean_and_error(differences)
    if error > 0:
        t_p = float(2 * scipy_stats.t.sf(abs(mean) / error, df=differences.size - 1))
    else:
        t_p = 1.0 if mean == 0 else 0.0
    return PairedComparison(
        interval=t_interval(differences, level),
        t_p=t_p,
        wilcoxon_p=_wilcoxon_p(comparable),
        sign_flip_p=sign_flip_test(differences, seed=seed),
        wins=int(np.sum(comparable > 0)),
        ties=int(np.sum(comparable == 0)),
    )


def expected_best_of(k: int, mean: float, sd: float) -> float:
    """The expected best of k normal draws: what picking the best of k seeds gains by luck alone.

    mean + sd * integral of z * k * Phi(z)**(k - 1) * phi(z) dz, by the trapezoid rule, with phi and Phi the
    density and the distribution function of the standard normal; the error is below 1e-9 sd. The result has
    the unit of `mean` and `sd`.
    Raises ValueError unless k >= 1, sd >= 0 and both numbers are finite.
    Source: David & Nagaraja 2003, Order Statistics, section 3.1.
    """
    validate_at_least("k", k, 1)
    if not (math.isfinite(mean) and math.isfinite(sd) and sd >= 0):
        raise ValueError(f"mean and sd must be finite and sd >= 0, got mean {mean} and sd {sd}")
    z = np.linspace(-12.0, 12.0, 4_801)
    # In logarithms, because Phi(z)**(k - 1) is far below the smallest float where z is small.
    log_density = math.log(k) + (k - 1) * special.log_ndtr(z) - z**2 / 2 - math.log(2 * math.pi) / 2
    return float(mean + sd * np.trapezoid(z * np.exp(log_density), z))


def _acceleration(sample: Floats, statistic: Callable[..., Any]) -> float:
    """How fast the spread of the statistic changes with its value, from the n samples without one value."""
    # One at a time, because all of them at once would be n * (n - 1) numbers.
    jackknife = np.array([statistic(np.delete(sample, i), axis=-1) for i in range(sample.size)])  # (n,)
    deviations = jackknife.mean() - jackknife
    squares = np.sum(deviations**2)
    if squares == 0:  # such as the median of many equal values
        return 0.0
    return float(np.sum(deviations**3) / (6.0 * squares**1.5))


def _wilcoxon_p(differences: Floats) -> float:
    """The two-sided p-value of Wilcoxon's test: the sign-flip test on the ranks of the differences."""
    changed = differences[differences != 0]
    if changed.size == 0:
        return 1.0
    if changed.size <= _EXACT_UP_TO:
        # Exact also where ranks are tied. SciPy needs seconds for that with 13 pairs, and does not offer it above.
        return sign_flip_test(np.sign(changed) * scipy_stats.rankdata(np.abs(changed)))
    return float(scipy_stats.wilcoxon(changed).pvalue)


def _flipped_sums(bits: npt.NDArray[np.int64], sample: Floats) -> Floats:
    """The sum of the differences (n,) under each pattern of bits (rows, n), where 1 turns a sign: (rows,)."""
    sums: Floats = (1.0 - 2.0 * bits) @ sample
    return sums


def _blocks(resamples: int, n: int) -> Iterator[int]:
    """The sizes of the blocks in which `resamples` rows of n numbers are drawn: memory stays bounded."""
    rows = max(1, _NUMBERS_AT_ONCE // n)
    for done in range(0, resamples, rows):
        yield min(rows, resamples - done)


def _mean_and_error(sample: Floats) -> tuple[float, float]:
    """The mean and its standard error sd / sqrt(n); equal values have an error of exactly 0."""
    if (sample == sample[0]).all():
        return float(sample[0]), 0.0  # their mean may differ in the last bit, and the error would be that bit
    return float(sample.mean()), float(sample.std(ddof=1)) / math.sqrt(sample.size)


def _sample(name: str, values: npt.ArrayLike, least: int) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    validate_vector(name, array)
    if array.size < least:
        raise ValueError(f"{name} must hold at least {least} values, got {array.size}")
    validate_finite(name, array)
    return array
