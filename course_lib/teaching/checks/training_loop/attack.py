"""What goes wrong in a gradient check? Its known mistakes; the check itself is in attack_check.py."""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.numpy_nn.gradcheck import check_layer, layer_passes, relative_error
from course_lib.teaching.exercises.exercise import Mistake, Variant

Array = np.ndarray
PARTS = ("input", "weight", "bias")


def _normal(output: Array, rng: np.random.Generator) -> Array:
    return rng.standard_normal(output.shape)


def _slopes(objective: Callable[[], float], variable: Array, step: float, *, central: bool = True) -> Array:
    """Differences of objective() with respect to every element of `variable`, which it reads."""
    slopes = np.zeros(variable.shape)
    for place in np.ndindex(variable.shape):
        kept, back = variable[place], step if central else 0.0
        variable[place] = kept + step
        above = objective()
        variable[place] = kept - back
        slopes[place] = (above - objective()) / (step + back)
        variable[place] = kept
    return slopes


def _far(claim: Array, slopes: Array) -> bool:
    return relative_error(claim, slopes) > 1e-6


def _checker(
    *,
    upstream: Callable[[Array, np.random.Generator], Array] = _normal,
    parts: tuple[str, ...] = PARTS,
    step: float = 1e-5,
    central: bool = True,
    far: Callable[[Array, Array], bool] = _far,
    samples: int | None = None,
    rounded: type = np.float64,
    weighted: bool = True,
) -> Callable[[Any, Array, np.random.Generator], bool]:
    """A gradient check that is right with these defaults; each known mistake changes one of them."""

    def test(layer: Any, x: Array, rng: np.random.Generator) -> bool:
        x = x[:samples].copy()
        weights = np.array(upstream(layer.forward(x), rng))
        claims = {"input": (np.array(layer.backward(weights)), x)}
        for name in ("weight", "bias"):
            if hasattr(layer, name):
                claims[name] = (np.array(getattr(layer, f"{name}_gradient")), getattr(layer, name))

        def objective() -> float:
            output = layer.forward(x) * (weights if weighted else 1.0)
            return rounded(np.sum(output.astype(rounded)))

        return not any(
            far(claim, _slopes(objective, variable, step, central=central))
            for name, (claim, variable) in claims.items()
            if name in parts
        )

    return test


def _one_output(output: Array, rng: np.random.Generator) -> Array:
    return np.where(np.arange(output.size).reshape(output.shape) == 0, 1.0, 0.0)


def _by_library(layer: Any, x: Array, rng: np.random.Generator) -> bool:
    return max(check_layer(layer, x, rng=rng).values()) < 1e-7


VARIANTS = (
    Variant("by_check_layer", _by_library, "the library's check_layer with a tolerance"),
    Variant("by_allclose", _checker(far=lambda a, b: not np.allclose(a, b, rtol=1e-5, atol=1e-8)), "np.allclose"),
    Variant(
        "forward_difference",
        _checker(step=1e-7, central=False, far=lambda a, b: relative_error(a, b) > 1e-4),
        "one side",
    ),
)
MISTAKES = (
    Mistake(
        "upstream_ones",
        "a check whose upstream gradient is all ones",
        "would it notice a layer that takes the outputs in another order?",
        _checker(upstream=lambda output, _: np.ones_like(output)),
    ),
    Mistake(
        "upstream_positive",
        "a check whose upstream gradient is never negative",
        "what would a layer do that drops negative gradients?",
        _checker(upstream=lambda output, rng: rng.random(output.shape)),
    ),
    Mistake(
        "upstream_output",
        "a check that takes the output for the upstream gradient",
        "which sign has the output of a ReLU, and which signs has a gradient?",
        _checker(upstream=lambda output, _: output.copy()),
    ),
    Mistake(
        "one_output",
        "a check of the gradient of one output of one sample",
        "what if a fault is in another column, or in another sample?",
        _checker(upstream=_one_output),
    ),
    Mistake(
        "outputs_summed",
        "a check that differentiates the plain sum of the outputs",
        "of which number is backward(upstream) the gradient?",
        _checker(weighted=False),
    ),
    Mistake(
        "weight_only",
        "a check of the weight alone",
        "what has a Tanh in place of a weight, and what else does backward give?",
        _checker(parts=("weight",)),
    ),
    Mistake(
        "parameters_only",
        "a check of weight and bias, not of the gradient that goes on",
        "what does the layer before this one receive?",
        _checker(parts=("weight", "bias")),
    ),
    Mistake(
        "input_only",
        "a check of the input gradient alone",
        "what moves when an optimizer makes a step?",
        _checker(parts=("input",)),
    ),
    Mistake(
        "bias_left_out",
        "a check that leaves the bias out",
        "which gradients does backward of a Linear fill?",
        _checker(parts=("input", "weight")),
    ),
    Mistake(
        "tiny_step",
        "a check with a step so small that rounding takes over",
        "what is left of f(x + h) - f(x) when both agree in 12 of 16 digits?",
        _checker(step=1e-12, central=False),
    ),
    Mistake(
        "single_precision",
        "a check in float32",
        "how many digits does float32 keep of two losses that differ by 1e-5?",
        _checker(rounded=np.float32),
    ),
    Mistake(
        "large_step",
        "a check with a step as large as 0.1",
        "how does the error of a central difference grow with h, and what if a kink lies within h?",
        _checker(step=0.1),
    ),
    Mistake(
        "one_sided",
        "a one-sided difference that must be exact to 1e-6",
        "which power of h is the error of (f(x + h) - f(x)) / h, and of the central one?",
        _checker(central=False),
    ),
    Mistake(
        "loose_tolerance",
        "a check that lets an error of a tenth pass",
        "how large is the error of a right gradient, and how far above it is your limit?",
        _checker(far=lambda a, b: relative_error(a, b) > 1e-1),
    ),
    Mistake(
        "absolute_tolerance",
        "a check of absolute differences against one limit",
        "what if all gradients of a layer are smaller than your limit?",
        _checker(far=lambda a, b: bool(np.abs(a - b).max() > 1e-3)),
    ),
    Mistake(
        "zero_by_zero",
        "a check that divides zero by zero",
        "what is the relative error of two gradients that are both zero?",
        _checker(far=lambda a, b: not np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b)) < 1e-6),
    ),
    Mistake(
        "sums_compared",
        "a check that compares the sums of two gradients",
        "can two different matrices have the same sum?",
        _checker(far=lambda a, b: relative_error(a.sum(), b.sum()) > 1e-6),
    ),
    Mistake(
        "first_entry",
        "a check of the first entry of each gradient",
        "what if a fault is in the last column?",
        _checker(far=lambda a, b: relative_error(a.flat[0], b.flat[0]) > 1e-6),
    ),
    Mistake(
        "one_sample",
        "a check on one sample",
        "what is a mean over the batch when the batch has one sample?",
        _checker(samples=1),
    ),
    Mistake(
        "reversed",
        "a check with True and False exchanged",
        "what shall it return for a layer that is right?",
        lambda layer, x, rng: not layer_passes(layer, x, rng),
    ),
    Mistake(
        "accepts_all",
        "a check that accepts everything",
        "does a path lead to `return False`, and is what you return a bool?",
        lambda layer, x, rng: True,
    ),
    Mistake("rejects_all", "a check that rejects everything", "by how much is a right gradient off?", lambda *_: False),
)
