"""Gradient checks: whether the backward pass is the derivative of the forward pass.

A gradient is compared with central differences, (f(x + h) - f(x - h)) / 2h, whose error falls with h^2 until rounding
takes over; in float64 h = 1e-5 is near the best choice and the relative error of a right gradient stays below 1e-6.
In float32 rounding hides all but gross faults, so that float64 is required.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.core.metrics import Loss
from course_lib.core.validation import validate_above, validate_same_shape
from course_lib.numpy_nn.finite import as_floats
from course_lib.numpy_nn.layers import Layer
from course_lib.numpy_nn.network import Sequential

Floats = NDArray[np.floating[Any]]
LossFunction = Callable[[Any, Any], tuple[Loss, Floats]]


def numerical_gradient(function: Callable[[], float], x: Floats, *, step: float = 1e-5) -> Floats:
    """Central differences of function() with respect to every element of x, which it must read; shape of x.

    x is changed element by element and restored exactly. Raises ValueError unless x is float64 and step > 0.
    """
    _validate_float64("x", x)
    validate_above("step", step, 0)
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):  # one element at a time is what the definition says; x is small here
        kept = x[index]
        x[index] = kept + step
        above = function()
        x[index] = kept - step
        below = function()
        x[index] = kept
        gradient[index] = (above - below) / (2 * step)
    return gradient


def relative_error(a: Floats, b: Floats) -> float:
    """|a - b| / (|a| + |b|) with Euclidean lengths: 0 for equal, at most 1; 0 also when both are zero.

    NaN or infinity on either side gives NaN, which is below no limit. Raises ValueError for different shapes.
    """
    validate_same_shape("a", a, "b", b)
    a, b = as_floats("a", a), as_floats("b", b)
    scale = float(np.linalg.norm(a) + np.linalg.norm(b))
    with np.errstate(invalid="ignore"):  # inf - inf, inf / inf
        return 0.0 if scale == 0 else float(np.linalg.norm(a - b) / np.float64(scale))


def check_layer(
    layer: Layer, x: Floats, *, rng: np.random.Generator, training: bool = False, step: float = 1e-5
) -> dict[str, float]:
    """Relative error of backward against central differences, for the input and each parameter of a layer.

    The layer's output is multiplied by fixed random numbers and summed: a gradient of all ones would not see a
    transposed or permuted result. For a layer that draws random numbers (dropout with training=True) its generator is
    set back before every forward, so that all differences are taken with one mask.
    """
    names = [name for name in ("weight", "bias") if hasattr(layer, name)]
    for name in names:
        _validate_float64(f"{type(layer).__name__}.{name}", getattr(layer, name))
    generator = getattr(layer, "rng", None)
    start = generator.bit_generator.state if generator is not None else None

    def forward() -> Floats:
        if generator is not None:
            generator.bit_generator.state = start
        return layer.forward(x, training=training)

    upstream = rng.standard_normal(forward().shape)
    input_gradient = np.array(layer.backward(upstream))

    def objective() -> float:
        return float(np.sum(forward() * upstream))

    # Copies, because the forward passes of the differences are free to overwrite what backward filled.
    computed = {name: np.array(getattr(layer, f"{name}_gradient")) for name in names}
    errors = {"input": relative_error(input_gradient, numerical_gradient(objective, x, step=step))}
    for name in names:
        numerical = numerical_gradient(objective, getattr(layer, name), step=step)
        errors[name] = relative_error(computed[name], numerical)
    return errors


def check_loss(loss: LossFunction, predictions: Floats, targets: NDArray[Any], *, step: float = 1e-5) -> float:
    """Relative error of a loss's gradient against central differences of its mean."""
    _, gradient = loss(predictions, targets)

    def mean() -> float:
        value, _ = loss(predictions, targets)
        return float(value.mean)

    return relative_error(gradient, numerical_gradient(mean, predictions, step=step))


def check_network(
    model: Sequential, loss: LossFunction, x: Floats, targets: NDArray[Any], *, step: float = 1e-5
) -> float:
    """Relative error of all P gradients of a Sequential in float64 against central differences of the mean loss.

    Not for a network on a kink: where all units of a ReLU layer are off for a sample and the next biases are still 0,
    the next ReLU gets exactly 0, and central differences see half its slope. Biases that are not 0 avoid that.
    """
    _validate_float64("model.parameters", model.parameters)
    _, gradient = loss(model.forward(x), targets)
    model.backward(gradient)
    computed = model.gradients.copy()

    def mean() -> float:
        value, _ = loss(model.forward(x), targets)
        return float(value.mean)

    return relative_error(computed, numerical_gradient(mean, model.parameters, step=step))


def _validate_float64(name: str, values: Floats) -> None:
    if values.dtype != np.float64:
        raise ValueError(f"{name} must be float64 for a gradient check, got {values.dtype}")
