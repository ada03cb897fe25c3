"""The recursion is right where it can be solved by hand, and predicts real networks where it cannot."""

import math
from itertools import pairwise

import numpy as np
import pytest

from course_lib.numpy_nn.initializers import lecun_normal
from course_lib.numpy_nn.studies import mean_field
from course_lib.numpy_nn.studies.mean_field import ACTIVATIONS, gaussian_mean, gradient_squares, signal_squares


@pytest.mark.parametrize(("power", "value"), [(0, 1.0), (2, 1.0), (4, 3.0), (6, 15.0)])
def test_the_quadrature_knows_the_moments_of_the_normal_distribution(power, value):
    assert gaussian_mean(lambda x: x**power, 1.0) == pytest.approx(value, rel=1e-9)
    assert gaussian_mean(lambda x: x**power, 4.0) == pytest.approx(value * 2**power, rel=1e-9)


def test_a_relu_lets_half_of_the_mean_square_through():
    assert signal_squares("relu", 1.0, 5) == pytest.approx([1, 1 / 2, 1 / 4, 1 / 8, 1 / 16])
    assert gradient_squares("relu", 1.0, 5) == pytest.approx([1 / 16, 1 / 8, 1 / 4, 1 / 2, 1])


def test_he_s_gain_keeps_signal_and_gradient():
    assert signal_squares("relu", math.sqrt(2), 50) == pytest.approx(np.full(50, 2.0))
    assert gradient_squares("relu", math.sqrt(2), 50)[0] == pytest.approx(1.0)


def test_a_linear_network_multiplies_by_the_square_of_the_gain():
    assert signal_squares("linear", 3.0, 4, x_square=2.0) == pytest.approx([18, 162, 1458, 13122])
    assert gradient_squares("linear", 3.0, 3) == pytest.approx([81, 9, 1])


def test_tanh_with_gain_1_decays_as_one_over_twice_the_layer():
    q = signal_squares("tanh", 1.0, 2000)
    assert 2 * 2000 * q[-1] == pytest.approx(1.0, rel=0.01)
    assert (np.diff(q) < 0).all()


def test_tanh_settles_only_above_gain_1():
    assert signal_squares("tanh", 0.9, 200)[-1] < 1e-15
    high = signal_squares("tanh", 1.5, 200)
    assert high[-1] == pytest.approx(high[100], rel=1e-9)
    assert gradient_squares("tanh", 1.5, 200)[0] > 1e6


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_each_derivative_is_the_slope_of_its_function(name):
    phi, slope = ACTIVATIONS[name]
    x = np.array([-2.1, -0.3, 0.4, 1.7])
    assert slope(x) == pytest.approx((phi(x + 1e-6) - phi(x - 1e-6)) / 2e-6, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(("name", "gain"), [("relu", 1.4), ("tanh", 1.3), ("sigmoid", 1.0)])
def test_a_wide_rectangular_network_follows_the_recursion(name, gain):
    phi, slope = ACTIVATIONS[name]
    rng, widths = np.random.default_rng(0), (600, 900, 700, 800, 600, 500)
    signal, sums, weights = rng.standard_normal((40, widths[0])), [], []
    for shape in pairwise(widths):
        weights.append(gain * lecun_normal(shape, rng, np.float64))
        sums.append(signal @ weights[-1])
        signal = phi(sums[-1])
    measured = [np.mean(one**2) for one in sums]
    assert measured == pytest.approx(signal_squares(name, gain, 5), rel=0.12)
    gradient = rng.standard_normal(sums[-1].shape)
    lengths = [np.sum(gradient**2)]
    for weight, one in zip(weights[:0:-1], sums[-2::-1], strict=True):
        gradient = (gradient @ weight.T) * slope(one)
        lengths.append(np.sum(gradient**2))
    assert np.array(lengths[::-1]) / lengths[0] == pytest.approx(gradient_squares(name, gain, 5), rel=0.15)


@pytest.mark.parametrize("call", [signal_squares, gradient_squares])
def test_bad_input_is_named(call):
    with pytest.raises(ValueError, match=r"activation must be one of linear, .*, got 'gelu'"):
        call("gelu", 1.0, 3)
    with pytest.raises(ValueError, match="depth must be at least 1, got 0"):
        call("tanh", 1.0, 0)
    with pytest.raises(ValueError, match="gain must be a finite number above 0, got -1"):
        call("tanh", -1, 3)
    with pytest.raises(ValueError, match="x_square must be a finite number above 0, got nan"):
        call("tanh", 1.0, 3, x_square=float("nan"))
    with pytest.raises(ValueError, match="q must be at least 0, got -1"):
        mean_field.gaussian_mean(np.tanh, -1)
