"""Optimizers: how parameters move, given the gradient.

Every optimizer has `step(parameters, gradients, factor=1.0)`: it changes `parameters` (P,) in place by one update
at the rate `self.lr * factor`, where the factor comes from a schedule. The state (velocity, moments) is made
at the first step. g is the gradient, eta the rate, t = 1, 2, ... the step.

The updates are written in place (`+=`, `out=`), because at this size the time goes into memory traffic.
"""

import math
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from course_lib.core.validation import validate_above, validate_at_least, validate_interval, validate_same_shape

Floats = NDArray[np.floating[Any]]


class Optimizer(Protocol):
    """What a training loop asks of an optimizer."""

    lr: float

    def step(self, parameters: Floats, gradients: Floats, factor: float = 1.0) -> None:
        """One update of parameters (P,), in place."""
        ...


class SGD:
    """theta -= eta g. Raises ValueError unless lr > 0."""

    def __init__(self, lr: float) -> None:
        validate_above("lr", lr, 0, finite=True)
        self.lr = lr

    def step(self, parameters: Floats, gradients: Floats, factor: float = 1.0) -> None:
        """One update of parameters (P,), in place."""
        validate_same_shape("parameters", parameters, "gradients", gradients)
        parameters -= (self.lr * factor) * gradients


class Momentum:
    """v = mu v - eta g; theta += v (Polyak 1964, in the form of Sutskever et al. 2013).

    torch keeps v = mu v + g and moves by eta v: the same path while eta is constant, another one after it changes.
    Raises ValueError unless lr > 0 and 0 <= momentum < 1.
    """

    def __init__(self, lr: float, momentum: float = 0.9) -> None:
        validate_above("lr", lr, 0, finite=True)
        self.lr = lr
        validate_interval("momentum", momentum, 0, 1, "[)")
        self.momentum = momentum
        self.velocity: Floats | None = None

    def step(self, parameters: Floats, gradients: Floats, factor: float = 1.0) -> None:
        """One update of parameters (P,), in place."""
        validate_same_shape("parameters", parameters, "gradients", gradients)
        self.velocity = _kept(self.velocity, parameters)
        self.velocity *= self.momentum
        self.velocity -= (self.lr * factor) * gradients
        parameters += self.velocity


class Nesterov:
    """v = mu v - eta g; theta += mu v - eta g: the step that momentum would take next is part of this one.

    Nesterov (1983) takes the gradient at the point looked ahead to. Written for the looked-ahead parameters, as here
    and in torch, the gradient is taken where the network is (Bengio et al. 2013, eq. 7).
    Raises ValueError unless lr > 0 and 0 <= momentum < 1.
    """

    def __init__(self, lr: float, momentum: float = 0.9) -> None:
        validate_above("lr", lr, 0, finite=True)
        self.lr = lr
        validate_interval("momentum", momentum, 0, 1, "[)")
        self.momentum = momentum
        self.velocity: Floats | None = None

    def step(self, parameters: Floats, gradients: Floats, factor: float = 1.0) -> None:
        """One update of parameters (P,), in place."""
        validate_same_shape("parameters", parameters, "gradients", gradients)
        self.velocity = _kept(self.velocity, parameters)
        change = (self.lr * factor) * gradients
        self.velocity *= self.momentum
        self.velocity -= change
        parameters += self.momentum * self.velocity - change


class RMSProp:
    """s = rho s + (1 - rho) g^2; theta -= eta g / (sqrt(s) + eps) (Tieleman & Hinton 2012, lecture 6.5).

    s starts at 0 and is not corrected for it: the first steps are 1 / sqrt(1 - rho) times longer than later ones.
    Raises ValueError unless lr > 0, 0 <= alpha < 1 and eps > 0.
    """

    def __init__(self, lr: float, alpha: float = 0.99, eps: float = 1e-8) -> None:
        validate_above("lr", lr, 0, finite=True)
        self.lr = lr
        validate_interval("alpha", alpha, 0, 1, "[)")
        self.alpha = alpha
        validate_above("eps", eps, 0, finite=True)
        self.eps = eps
        self.squares: Floats | None = None

    def step(self, parameters: Floats, gradients: Floats, factor: float = 1.0) -> None:
        """One update of parameters (P,), in place."""
        validate_same_shape("parameters", parameters, "gradients", gradients)
        self.squares = _kept(self.squares, parameters)
        self.squares *= self.alpha
        self.squares += (1 - self.alpha) * np.square(gradients, dtype=self.squares.dtype)
        parameters -= (self.lr * factor) * gradients / (np.sqrt(self.squares) + self.eps)


class Adam:
    """theta -= eta m_hat / (sqrt(v_hat) + eps), with m and v corrected for their start at 0 (Kingma & Ba 2015, alg. 1).

    Raises ValueError unless lr > 0, 0 <= beta < 1 for both betas and eps > 0.
    """

    def __init__(self, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8) -> None:
        validate_above("lr", lr, 0, finite=True)
        self.lr = lr
        for beta in betas:
            validate_interval("each of betas", beta, 0, 1, "[)")
        self.betas = betas
        validate_above("eps", eps, 0, finite=True)
        self.eps = eps
        self.t = 0
        self.a: Floats | None = None
        self.b: Floats | None = None
        self.scratch: Floats | None = None

    def step(self, parameters: Floats, gradients: Floats, factor: float = 1.0) -> None:
        """One update of parameters (P,), in place.

        The sums a = beta1 a + g and b = beta2 b + g^2 differ from m and v by the constant factors 1 - beta1 and
        1 - beta2. Folded into two numbers together with the corrections, they save two passes over all parameters:
        m_hat = a (1 - beta1) / (1 - beta1^t), v_hat = b (1 - beta2) / (1 - beta2^t).
        """
        validate_same_shape("parameters", parameters, "gradients", gradients)
        self.a, self.b, self.scratch = (_kept(state, parameters) for state in (self.a, self.b, self.scratch))
        self.t += 1
        beta1, beta2 = self.betas
        scale_m = (1 - beta1) / (1 - beta1**self.t)
        scale_v = math.sqrt((1 - beta2) / (1 - beta2**self.t))
        self.a *= beta1
        self.a += gradients
        np.multiply(gradients, gradients, out=self.scratch, dtype=self.scratch.dtype)
        self.b *= beta2
        self.b += self.scratch
        # scale_m a / (scale_v sqrt(b) + eps), divided through by scale_v
        np.sqrt(self.b, out=self.scratch)
        self.scratch += self.eps / scale_v
        np.divide(self.a, self.scratch, out=self.scratch)
        self.scratch *= self.lr * factor * scale_m / scale_v
        parameters -= self.scratch


class AdamW(Adam):
    """Adam with decoupled decay: theta *= 1 - eta weight_decay, then Adam's step (Loshchilov & Hutter 2019, alg. 2).

    weight_decay: one number for all parameters, or an array (P,): `0.01 * model.weight_mask` leaves the biases alone.
    Raises ValueError unless weight_decay >= 0 and the rules of Adam hold.
    """

    def __init__(
        self,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        *,
        weight_decay: float | Floats = 0.01,
    ) -> None:
        super().__init__(lr, betas, eps)
        for extreme in (np.min(weight_decay), np.max(weight_decay)):
            validate_at_least("weight_decay", extreme, 0, finite=True)
        self.weight_decay = weight_decay

    def step(self, parameters: Floats, gradients: Floats, factor: float = 1.0) -> None:
        """One update of parameters (P,), in place."""
        validate_same_shape("parameters", parameters, "gradients", gradients)
        if np.ndim(self.weight_decay) > 0 and np.shape(self.weight_decay) != parameters.shape:
            raise ValueError(
                f"weight_decay must be one number or have the shape of parameters, got {np.shape(self.weight_decay)} "
                f"and {parameters.shape}"
            )
        parameters *= 1 - (self.lr * factor) * self.weight_decay
        super().step(parameters, gradients, factor)


def _kept(state: Floats | None, parameters: Floats) -> Floats:
    """The state of the steps before, or zeros at the first step."""
    if state is None:
        # In float16 an epsilon of 1e-8 is 0 and the square of a small gradient too: 0 / 0 from the first step on.
        return np.zeros_like(parameters, np.float32 if parameters.dtype.itemsize == 2 else None)
    if state.shape != parameters.shape:
        raise ValueError(
            f"parameters must be those of the steps before, of shape {state.shape}, got {parameters.shape}: "
            "every network needs an optimizer of its own"
        )
    return state
