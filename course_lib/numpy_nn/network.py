"""Networks: layers with one vector of parameters.

Shapes: n samples, P parameters. All weights and biases of a Sequential lie in one flat vector and all gradients in a
second one; the layers hold views of them. An optimizer then runs its few operations on one long vector in place of many
short ones, and the state of a whole network is an array: `kept = model.parameters.copy()` keeps it,
`model.parameters[:] = kept` restores it.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from course_lib.numpy_nn.initializers import Initializer, he_normal
from course_lib.numpy_nn.layers import Dropout, Layer, Linear, ReLU

Floats = NDArray[np.floating[Any]]


class Sequential:
    """Layers one after the other.

    parameters, gradients: (P,), filled layer by layer with weight (row by row), then bias. weight_mask: (P,), 1 for a
    weight and 0 for a bias; penalties and decay are multiplied by it.
    Raises ValueError without a Linear layer, for a layer that stands in it twice, for Linear layers that do not fit
    each other, or for mixed dtypes.
    """

    def __init__(self, *layers: Layer) -> None:
        self.layers = layers
        self.linear_layers = [layer for layer in layers if isinstance(layer, Linear)]
        if not self.linear_layers:
            raise ValueError(f"layers must hold at least one Linear, got {len(layers)} layers without one")
        if len({id(layer) for layer in layers}) < len(layers):
            # A layer keeps what its backward needs: the second forward would overwrite what the first kept.
            names = [type(layer).__name__ for layer in layers]
            raise ValueError(f"layers must be different objects, got one of them twice in {names}")
        for before, after in pairwise(self.linear_layers):
            if before.weight.shape[1] != after.weight.shape[0]:
                raise ValueError(
                    f"neighbouring Linear layers must fit, got one of {before.weight.shape[1]} outputs "
                    f"before one of {after.weight.shape[0]} inputs"
                )
        arrays = [array for layer in self.linear_layers for array in (layer.weight, layer.bias)]
        dtypes = sorted({array.dtype.name for array in arrays})
        if len(dtypes) > 1:
            raise ValueError(f"layers must share one dtype, got {dtypes}")
        self.parameters: Floats = np.concatenate([array.ravel() for array in arrays])
        self.gradients: Floats = np.zeros_like(self.parameters)
        self.weight_mask: Floats = np.zeros_like(self.parameters)
        self._give_views()

    def _give_views(self) -> None:
        """Let every layer's weight, bias and their gradients be windows into the flat vectors."""
        start = 0
        for layer in self.linear_layers:
            split = start + layer.weight.size
            end = split + layer.bias.size
            shape = layer.weight.shape
            layer.weight = self.parameters[start:split].reshape(shape)
            layer.bias = self.parameters[split:end]
            layer.weight_gradient = self.gradients[start:split].reshape(shape)
            layer.bias_gradient = self.gradients[split:end]
            self.weight_mask[start:split] = 1
            start = end

    def forward(self, x: Floats, *, training: bool = False) -> Floats:
        """(n, inputs) -> (n, outputs); training=True switches dropout on."""
        for layer in self.layers:
            x = layer.forward(x, training=training)
        return x

    def backward(self, gradient: Floats) -> None:
        """Fill `gradients`, given the gradient (n, outputs) with respect to the output of the last forward."""
        first, *others = self.layers
        for layer in reversed(others):
            gradient = layer.backward(gradient)
        # The gradient of the data would be the largest product of all, and nobody asks for it.
        if isinstance(first, Linear):
            first.backward_parameters(gradient)
        else:
            first.backward(gradient)


def mlp(
    sizes: Sequence[int],
    *,
    rng: np.random.Generator,
    activation: Callable[[], Layer] = ReLU,
    initializer: Initializer = he_normal,
    dropout: float = 0.0,
    dtype: DTypeLike = np.float32,
) -> Sequential:
    """Fully connected network: Linear, activation (and dropout, when above 0) per hidden layer, then one Linear.

    sizes: (inputs, hidden, ..., outputs). The output is linear: logits for classes, values for a regression.
    Raises ValueError for fewer than two sizes.
    """
    if len(sizes) < 2:
        raise ValueError(f"sizes must name at least inputs and outputs, got {tuple(sizes)}")
    layers: list[Layer] = []
    for inputs, outputs in pairwise(sizes[:-1]):
        layers += [Linear(inputs, outputs, rng=rng, initializer=initializer, dtype=dtype), activation()]
        if dropout > 0:
            layers.append(Dropout(dropout, rng=rng))
    layers.append(Linear(sizes[-2], sizes[-1], rng=rng, initializer=initializer, dtype=dtype))
    return Sequential(*layers)
