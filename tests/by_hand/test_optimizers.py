"""The optimizers written for reading equal the guarded ones, and torch's."""

import numpy as np
import pytest
import torch

from course_lib.by_hand import optimizers as plain
from course_lib.numpy_nn.optimizers import Adam, AdamW, Momentum, Nesterov, RMSProp

RATES = (0.1, 0.1, 0.05, 0.05, 0.2, 0.2, 0.01, 0.1, 0.03, 0.07)
SCALES = np.geomspace(1e-5, 10, 12).reshape(4, 3)


def gradient_of(step):
    return SCALES * np.random.default_rng(step).standard_normal(SCALES.shape)


def plain_path(step, state, *settings, counted=False):
    """Parameters after every step of a plain function with `state` arrays of state; settings follow the rate."""
    parameter, kept, path = np.linspace(-1, 1, 12).reshape(4, 3), [np.zeros((4, 3))] * state, []
    for t, rate in enumerate(RATES, start=1):
        number = (t,) if counted else ()
        parameter, *kept = step(parameter, gradient_of(t), *kept, *number, rate, *settings)
        path.append(parameter)
    return np.array(path)


def guarded_path(optimizer):
    parameters, path = np.linspace(-1, 1, 12), []
    for t, rate in enumerate(RATES, start=1):
        optimizer.step(parameters, gradient_of(t).ravel(), rate / optimizer.lr)
        path.append(parameters.reshape(4, 3).copy())
    return np.array(path)


CASES = {
    "momentum": (lambda: plain_path(plain.momentum_step, 1, 0.8), lambda: Momentum(0.1, 0.8)),
    "nesterov": (lambda: plain_path(plain.nesterov_step, 1, 0.8), lambda: Nesterov(0.1, 0.8)),
    "rmsprop": (lambda: plain_path(plain.rmsprop_step, 1, 0.9, 0.01), lambda: RMSProp(0.1, 0.9, 0.01)),
    "adam": (
        lambda: plain_path(plain.adam_step, 2, 0.8, 0.95, 0.01, counted=True),
        lambda: Adam(0.1, (0.8, 0.95), 0.01),
    ),
    "adamw": (
        lambda: plain_path(plain.adamw_step, 2, 0.8, 0.95, 0.01, 0.3, counted=True),
        lambda: AdamW(0.1, (0.8, 0.95), 0.01, weight_decay=0.3),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_ten_steps_equal_those_of_the_guarded_optimizer(name):
    path, make = CASES[name]
    np.testing.assert_allclose(path(), guarded_path(make()), rtol=1e-11)


def test_the_rate_outside_is_the_momentum_of_torch_at_a_changing_rate():
    parameter = torch.nn.Parameter(torch.linspace(-1, 1, 12, dtype=torch.float64).reshape(4, 3))
    optimizer, path = torch.optim.SGD([parameter], lr=RATES[0], momentum=0.8), []
    for t, rate in enumerate(RATES, start=1):
        optimizer.param_groups[0]["lr"] = rate
        parameter.grad = torch.tensor(gradient_of(t))
        optimizer.step()
        path.append(parameter.detach().numpy().copy())
    np.testing.assert_allclose(plain_path(plain.rate_outside_step, 1, 0.8), path, rtol=1e-12)


def test_the_two_conventions_part_when_the_rate_changes():
    first, second = plain_path(plain.momentum_step, 1, 0.8), plain_path(plain.rate_outside_step, 1, 0.8)
    np.testing.assert_allclose(first[:2], second[:2], rtol=1e-12)  # the rate is the same up to there
    assert np.abs(first[2:] - second[2:]).max() > 0.1


def test_adamw_leaves_a_bias_to_adam():
    bias, zeros, gradient = np.array([2.0, -3.0]), np.zeros(2), np.array([0.5, 1.0])
    with_decay = plain.adamw_step(bias, gradient, zeros, zeros, 1, 0.1, 0.9, 0.999, 1e-8, 0.5)
    np.testing.assert_array_equal(with_decay, plain.adam_step(bias, gradient, zeros, zeros, 1, 0.1, 0.9, 0.999, 1e-8))


def test_no_step_changes_what_it_is_given():
    p, g, s, w = (np.random.default_rng(k).normal(size=(3, 2)) ** 2 for k in range(4))
    kept = [each.copy() for each in (p, g, s, w)]
    plain.momentum_step(p, g, s, 0.1, 0.9)
    plain.rate_outside_step(p, g, s, 0.1, 0.9)
    plain.nesterov_step(p, g, s, 0.1, 0.9)
    plain.rmsprop_step(p, g, s, 0.1, 0.9, 1e-8)
    plain.adam_step(p, g, s, w, 3, 0.1, 0.9, 0.999, 1e-8)
    plain.adamw_step(p, g, s, w, 3, 0.1, 0.9, 0.999, 1e-8, 0.1)
    for now, before in zip((p, g, s, w), kept, strict=True):
        np.testing.assert_array_equal(now, before)
