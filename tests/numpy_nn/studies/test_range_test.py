"""A range test grows the rate, ends when the loss explodes, and leaves the network as it was."""

import numpy as np
import pytest

from course_lib.numpy_nn.losses import squared_error
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import SGD, Adam
from course_lib.numpy_nn.studies.range_test import range_test

RNG = np.random.default_rng(0)
X = RNG.standard_normal((64, 5)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)


def network():
    return mlp([5, 8, 3], rng=np.random.default_rng(1))


def test_rates_grow_by_a_constant_factor():
    found = range_test(network(), (X, Y), optimizer=SGD(1.0), lowest=1e-4, highest=1e-2, steps=21, batch_size=16)
    assert len(found.rates) == 21
    assert found.rates[[0, -1]] == pytest.approx([1e-4, 1e-2])
    assert np.diff(np.log10(found.rates)) == pytest.approx([0.1] * 20)


def test_the_parameters_are_put_back():
    model = network()
    before = model.parameters.copy()
    range_test(model, (X, Y), optimizer=Adam(1e-3), steps=50)
    assert np.array_equal(model.parameters, before)


def test_the_rate_of_the_optimizer_has_no_part():
    one = range_test(network(), (X, Y), optimizer=SGD(1.0), steps=60)
    other = range_test(network(), (X, Y), optimizer=SGD(0.01), steps=60)
    assert np.allclose(one.losses, other.losses, rtol=1e-4)


def test_it_ends_when_the_loss_explodes():
    found = range_test(network(), (X, Y), optimizer=SGD(1.0), highest=1e6, steps=200)
    assert len(found.rates) < 200
    assert found.smoothed[-1] > 2 * found.smoothed.min() or len(found.rates) < 199


def test_it_ends_before_a_loss_that_is_not_finite():
    model = mlp([5, 8, 1], rng=np.random.default_rng(1))
    found = range_test(
        model, (X, X[:, :1]), optimizer=SGD(1.0), lowest=1e30, highest=1e38, steps=20, loss=squared_error, stop_at=1e300
    )
    assert np.isfinite(found.losses).all()
    assert np.isfinite(model.parameters).all()


def test_the_smoothed_loss_is_the_weighted_mean_of_the_losses_so_far():
    found = range_test(network(), (X, Y), optimizer=SGD(1.0), highest=1e-2, steps=12, smoothing=0.8)
    weights = 0.8 ** np.arange(11, -1, -1)
    assert found.smoothed[-1] == pytest.approx(np.average(found.losses, weights=weights))
    assert found.smoothed[0] == pytest.approx(found.losses[0])


def test_without_smoothing_both_are_the_same():
    found = range_test(network(), (X, Y), optimizer=SGD(1.0), highest=1e-2, steps=12, smoothing=0.0)
    assert np.allclose(found.smoothed, found.losses)


def test_the_suggestion_is_a_third_of_the_lowest_point():
    found = range_test(network(), (X, Y), optimizer=SGD(1.0), steps=100)
    assert found.turning_point == found.rates[found.smoothed.argmin()]
    assert found.suggested == pytest.approx(found.turning_point / 3)


def test_a_steeper_loss_turns_at_a_smaller_rate():
    turning = [
        range_test(network(), (k * X, Y), optimizer=SGD(1.0), highest=100, steps=200).turning_point for k in (1, 10)
    ]
    assert turning[1] < turning[0] / 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"lowest": 1.0, "highest": 0.1}, "lowest and highest must be 0 < lowest < highest, got 1.0 and 0.1"),
        ({"steps": 1}, "steps must be at least 2, got 1"),
        ({"smoothing": 1.0}, r"smoothing must be in \[0, 1\), got 1.0"),
        ({"stop_at": 1.0}, "stop_at must be above 1, got 1.0"),
    ],
)
def test_nonsense_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        range_test(network(), (X, Y), optimizer=SGD(1.0), **options)
