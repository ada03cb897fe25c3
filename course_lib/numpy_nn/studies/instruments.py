"""Instruments: what the layers of a network see, and how far a step moves them.

`layer_stats` sends one batch forward and backward and describes what every layer gave and got. `UpdateWatch` measures
during training how far each step moves each Linear layer, relative to the length of its weights.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.core.layer_stats import LayerStats, dead_share, moments, update_ratio
from course_lib.core.metrics import Loss
from course_lib.numpy_nn.losses import softmax_cross_entropy
from course_lib.numpy_nn.network import Sequential

Floats = NDArray[np.floating[Any]]
LossFunction = Callable[[Any, Any], tuple[Loss, Floats]]


def layer_stats(
    model: Sequential,
    x: Floats,
    y: NDArray[Any],
    *,
    loss: LossFunction = softmax_cross_entropy,
    training: bool = False,
) -> list[LayerStats]:
    """Forward and backward of one batch x (n, inputs), y as the loss wants it; one report per layer, in order.

    The parameters stay as they are, and so does what `model.gradients` held.
    """
    kept = model.gradients.copy()
    outputs = []
    for layer in model.layers:
        x = layer.forward(x, training=training)
        outputs.append(x)
    _, gradient = loss(x, y)
    gradients = []
    for layer in reversed(model.layers):
        gradients.append(gradient)
        gradient = layer.backward(gradient)
    model.gradients[:] = kept
    return [
        LayerStats(f"{k} {type(layer).__name__}", moments(out), moments(back), dead_share(out), out)
        for k, (layer, out, back) in enumerate(zip(model.layers, outputs, reversed(gradients), strict=True))
    ]


class UpdateWatch:
    """Hooks for train_mlp: `on_gradient=[watch.before], on_step=[watch.after]`.

    ratios: one list per Linear layer with the relative change of its weights at every step.
    """

    def __init__(self) -> None:
        self.ratios: list[list[float]] = []
        self._weights: list[Floats] = []

    def before(self, model: Sequential) -> None:
        """Remember the weights before the update."""
        self._weights = [layer.weight.copy() for layer in model.linear_layers]
        if not self.ratios:
            self.ratios = [[] for _ in self._weights]

    def after(self, model: Sequential) -> None:
        """Measure how far the update moved them. Raises ValueError when `before` did not run."""
        if not self._weights:
            raise ValueError("before must run ahead of after: pass watch.before to on_gradient")
        for ratios, old, layer in zip(self.ratios, self._weights, model.linear_layers, strict=True):
            ratios.append(update_ratio(old, layer.weight))
