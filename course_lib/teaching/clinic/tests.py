"""Five quick tests, each run on a setup of the clinic: which of them sees which fault.

A test is True where it finds nothing wrong. None of them knows which fault was planted.
"""

from functools import lru_cache

import numpy as np

from course_lib.by_hand.debugging import overfit_one_batch
from course_lib.numpy_nn.gradcheck import relative_error
from course_lib.numpy_nn.network import Sequential
from course_lib.teaching.clinic.data import Array
from course_lib.teaching.clinic.faults import HEALTHY, SETUPS
from course_lib.teaching.clinic.loop import Setup, train

KNOWING_NOTHING = float(np.log(10))
TESTS = ("first loss", "gradient check", "learns one batch", "better than chance", "holds on fresh data")


@lru_cache(maxsize=64)
def five_tests(fault: str, seed: int = 0) -> tuple[bool, ...]:
    """What the five tests say of a fault of the clinic, or of "healthy", in the order of TESTS."""
    setup = HEALTHY if fault == "healthy" else SETUPS[fault][0]
    run = train(setup, seed)
    low, high = KNOWING_NOTHING / 1.6, KNOWING_NOTHING * 1.6
    gap = abs(run.val_accuracy.max() - run.fresh_accuracy[run.val_accuracy.argmax()])
    return (
        bool(low <= run.start_loss <= high),
        _gradient_is_right(setup, seed),
        _learns_one_batch(setup, seed),
        bool(run.val_accuracy[-1] > 0.6),
        bool(gap < 0.15),
    )


@np.errstate(all="ignore")
def _gradient_is_right(setup: Setup, seed: int) -> bool:
    """Central differences of the mean loss for 40 parameters of the network in float64, before the first step."""
    (x, y), model = setup.data(seed).train, setup.network(seed)
    x, y = x[:20].astype(np.float64), y[:20]
    model = _in_float64(model)
    # Biases a little off zero: where all units of a layer are off, the next one sits exactly on its kink.
    model.parameters += 0.01 * np.random.default_rng(seed).standard_normal(model.parameters.size)
    model.backward(setup.loss(model.forward(x), y)[1])
    setup.gradients(model, {})
    claims, step = model.gradients.copy(), 1e-5
    biases = np.flatnonzero(model.weight_mask == 0)
    rows = np.concatenate([biases[::10], np.random.default_rng(seed).choice(len(claims), 30, replace=False)])
    slopes = []
    for row in rows:
        kept, values = model.parameters[row], []
        for moved in (kept + step, kept - step):
            model.parameters[row] = moved
            values.append(setup.loss(model.forward(x), y)[0].mean())
        model.parameters[row] = kept
        slopes.append((values[0] - values[1]) / (2 * step))
    return bool(relative_error(claims[rows], np.array(slopes)) < 1e-5)


def _in_float64(model: Sequential) -> Sequential:
    for layer in model.linear_layers:
        layer.weight, layer.bias = layer.weight.astype(np.float64), layer.bias.astype(np.float64)
        layer.weight_gradient, layer.bias_gradient = np.zeros_like(layer.weight), np.zeros_like(layer.bias)
    return Sequential(*model.layers)


@np.errstate(all="ignore")
def _learns_one_batch(setup: Setup, seed: int) -> bool:
    model, kept = setup.network(seed), {}

    def step(x: Array, y: Array) -> float:
        losses, gradient = setup.loss(model.forward(x), y)
        model.backward(gradient)
        setup.gradients(model, kept)
        model.parameters -= np.float32(setup.lr) * model.gradients
        return float(losses.mean())

    x, y = setup.data(seed).train
    return overfit_one_batch(step, x, y, np.random.default_rng(seed), steps=500, target=0.05) >= 0
