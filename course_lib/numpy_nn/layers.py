"""Layers: what each computes, and how a gradient passes back through it.

Shapes: n samples, i inputs, o outputs. A weight matrix is (i, o), so that y = x @ weight + bias. `forward` keeps what
`backward` needs; `backward` takes the gradient with respect to the layer's output, writes the gradients of the layer's
own parameters and returns the gradient with respect to its input.
"""

from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from course_lib.by_hand.first_step import relu_backward
from course_lib.core.validation import validate_at_least, validate_floating, validate_interval
from course_lib.numpy_nn.initializers import Initializer, he_normal

Floats = NDArray[np.floating[Any]]


class Layer(Protocol):
    """What a network asks of a layer."""

    def forward(self, x: Floats, *, training: bool = False) -> Floats:
        """Output for x; keeps what backward needs."""
        ...

    def backward(self, gradient: Floats) -> Floats:
        """Gradient with respect to the input of the last forward, given that with respect to its output."""
        ...


class Linear:
    """y = x @ weight + bias, with weight (inputs, outputs) and bias (outputs,), which starts at zero.

    Raises ValueError when inputs or outputs is below 1, or when x is not (n, inputs); TypeError for a dtype of whole
    numbers.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        rng: np.random.Generator,
        initializer: Initializer = he_normal,
        dtype: DTypeLike = np.float32,
    ) -> None:
        validate_at_least("inputs", inputs, 1)
        validate_at_least("outputs", outputs, 1)
        validate_floating("dtype", dtype, ": a step would be rounded away")
        # A sum over the samples in float16 stands still as soon as it is 2,048 times as large as what is added.
        self.sum_dtype = np.float32 if np.dtype(dtype).itemsize == 2 else None
        self.weight: Floats = initializer((inputs, outputs), rng, dtype)
        self.bias: Floats = np.zeros(outputs, dtype)
        self.weight_gradient: Floats = np.zeros_like(self.weight)
        self.bias_gradient: Floats = np.zeros_like(self.bias)

    def forward(self, x: Floats, *, training: bool = False) -> Floats:
        """(n, inputs) -> (n, outputs)."""
        if x.ndim != 2 or x.shape[1] != len(self.weight):
            raise ValueError(f"x must be (n, {len(self.weight)}) for this Linear, got {x.shape}")
        self.x = x
        y = x @ self.weight  # (n, inputs) @ (inputs, outputs)
        y += self.bias  # (outputs,) broadcasts over n
        return y

    def backward(self, gradient: Floats) -> Floats:
        """(n, outputs) -> (n, inputs); overwrites weight_gradient and bias_gradient."""
        self.backward_parameters(gradient)
        return gradient @ self.weight.T  # (n, outputs) @ (outputs, inputs)

    def backward_parameters(self, gradient: Floats) -> None:
        """Gradients of weight and bias alone: all that the first layer of a network has to compute."""
        if gradient.shape != (len(self.x), len(self.bias)):
            raise ValueError(
                f"gradient must be {(len(self.x), len(self.bias))}, as the output of the last forward, "
                f"got {gradient.shape}"
            )
        # out= writes into the arrays that the optimizer reads, in place of making new ones.
        np.matmul(self.x.T, gradient, out=self.weight_gradient)  # (inputs, n) @ (n, outputs)
        gradient.sum(axis=0, out=self.bias_gradient, dtype=self.sum_dtype)


class ReLU:
    """max(x, 0). The gradient passes where the output is positive; at the kink it is taken as 0."""

    def forward(self, x: Floats, *, training: bool = False) -> Floats:
        """Any shape."""
        self.y: Floats = np.maximum(x, 0)
        return self.y

    def backward(self, gradient: Floats) -> Floats:
        """The gradient where the output was positive, else 0."""
        return relu_backward(self.y, gradient)


class LeakyReLU:
    """x where x > 0, slope * x elsewhere. Raises ValueError unless 0 < slope < 1."""

    def __init__(self, slope: float = 0.01) -> None:
        validate_interval("slope", slope, 0, 1, "()")
        self.slope = slope

    def forward(self, x: Floats, *, training: bool = False) -> Floats:
        """Any shape."""
        self.y: Floats = np.where(x > 0, x, x * self.slope)
        return self.y

    def backward(self, gradient: Floats) -> Floats:
        """The gradient where the output was positive, slope times the gradient elsewhere."""
        return np.where(self.y > 0, gradient, gradient * self.slope)


class Tanh:
    """tanh(x), whose derivative is 1 - tanh(x)^2."""

    def forward(self, x: Floats, *, training: bool = False) -> Floats:
        """Any shape."""
        self.y: Floats = np.tanh(x if x.dtype.kind == "f" else _floating(x))  # of uint8 it would be float16
        return self.y

    def backward(self, gradient: Floats) -> Floats:
        """gradient * (1 - y^2)."""
        return gradient * (1 - self.y * self.y)


class Sigmoid:
    """1 / (1 + exp(-x)), whose derivative is y (1 - y)."""

    def forward(self, x: Floats, *, training: bool = False) -> Floats:
        """Any shape."""
        # The same function by way of tanh: exp(-x) overflows at large negative x, tanh does not.
        y: Floats = 0.5 * (1 + np.tanh(0.5 * x))
        self.y = y
        return y

    def backward(self, gradient: Floats) -> Floats:
        """gradient * y (1 - y)."""
        slope: Floats = self.y * (1 - self.y)
        return gradient * slope


class Dropout:
    """Inverted dropout: in training each value is dropped with probability p, and the others are divided by 1 - p.

    The expected output is then the input, and nothing has to be scaled when the network is used. Srivastava et al.
    (2014) call p the probability to keep, and scale at test time instead.
    Raises ValueError unless 0 <= p < 1.
    """

    def __init__(self, p: float, *, rng: np.random.Generator) -> None:
        validate_interval("p, the share that is dropped,", p, 0, 1, "[)")
        self.p = p
        self.rng = rng
        self.mask: Floats | None = None  # 0 or 1 / (1 - p) per value; None when everything passes

    def forward(self, x: Floats, *, training: bool = False) -> Floats:
        """Any shape. A new mask for every call with training=True, the identity otherwise.

        Whole numbers, such as images of uint8, become floating point: most are no multiple of 1 / (1 - p).
        """
        if not training or self.p == 0:
            self.mask = None
            return x
        if x.dtype.kind != "f":
            x = _floating(x)
        kept = self.rng.random(x.shape, dtype=np.float32) >= self.p
        mask: Floats = kept / x.dtype.type(1 - self.p)
        self.mask = mask
        return x * mask

    def backward(self, gradient: Floats) -> Floats:
        """gradient * the mask of the last forward: a value that was dropped gets no blame."""
        return gradient if self.mask is None else gradient * self.mask


def _floating(x: NDArray[Any]) -> Floats:
    """Whole numbers in a floating type that holds them: float32 for 8 and 16 bits, float64 for more."""
    return x.astype(np.result_type(x.dtype, np.float32))
