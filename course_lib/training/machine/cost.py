"""The cost of a training step before it is run: FLOPs, bytes and the shortest time that a machine allows.

A FLOP is one addition or one multiplication of two numbers. `bytes` counts every operand once, read or written: what
has to pass between processor and memory when nothing stays in a cache. A machine is two numbers (its rate and its
bandwidth), and no operation is faster than either of them allows: the roofline of Williams, Waterman and Patterson,
"Roofline: an insightful visual performance model", 2009.

Shapes: B samples, T tokens, H heads, d width of a head. Float32 has an itemsize of 4 bytes, bfloat16 and float16 of 2.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from course_lib.core.validation import validate_above, validate_at_least
from course_lib.training.machine.gpt import GPTConfig


@dataclass(frozen=True)
class Cost:
    """What one operation computes and moves. Raises ValueError for negative numbers."""

    name: str
    flops: float
    bytes: float

    def __post_init__(self) -> None:
        for name in ("flops", "bytes"):
            validate_at_least(f"{name} of {self.name}", getattr(self, name), 0)

    @property
    def intensity(self) -> float:
        """FLOPs per byte moved. Raises ValueError for an operation that moves nothing."""
        if self.bytes == 0:
            raise ValueError(f"{self.name} moves no bytes, so it has no intensity")
        return self.flops / self.bytes

    def seconds(self, machine: "Machine") -> float:
        """No run is shorter: the larger of computing all FLOPs and moving all bytes."""
        return max(self.flops / machine.rate, self.bytes / machine.bandwidth)


@dataclass(frozen=True)
class Machine:
    """A processor with its memory: rate in FLOP/s, bandwidth in bytes/s. Raises ValueError unless both are positive."""

    name: str
    rate: float
    bandwidth: float

    def __post_init__(self) -> None:
        for name in ("rate", "bandwidth"):
            validate_above(f"{name} of {self.name}", getattr(self, name), 0)

    @property
    def ridge(self) -> float:
        """The intensity in FLOP/byte from which on the rate is the limit and no longer the bandwidth."""
        return self.rate / self.bandwidth

    def roof(self, intensity: float) -> float:
        """The highest FLOP/s that an operation of this intensity can reach."""
        return min(self.rate, self.bandwidth * intensity)


def total(costs: Iterable[Cost], name: str = "all") -> Cost:
    """The sum of FLOPs and bytes."""
    listed = list(costs)
    return Cost(name, sum(cost.flops for cost in listed), sum(cost.bytes for cost in listed))


def shortest(costs: Iterable[Cost], machine: Machine) -> float:
    """Seconds that the operations need at least when each runs by itself, one after the other."""
    return sum(cost.seconds(machine) for cost in costs)


def matmul(name: str, rows: int, inner: int, columns: int, *, itemsize: int = 4) -> Cost:
    """(rows, inner) @ (inner, columns): a product and a sum for each of rows x inner x columns."""
    moved = rows * inner + inner * columns + rows * columns
    return Cost(name, 2 * rows * inner * columns, itemsize * moved)


def elementwise(
    name: str, elements: int, *, reads: int = 1, writes: int = 1, flops: int = 1, itemsize: int = 4
) -> Cost:
    """An operation that treats every element by itself; reads and writes: arrays of `elements` elements."""
    return Cost(name, flops * elements, itemsize * elements * (reads + writes))


def linear_step(
    name: str, rows: int, inputs: int, outputs: int, *, first: bool = False, itemsize: int = 4
) -> list[Cost]:
    """A linear layer in a training step: y = x W, dW = x' dy, and dx = dy W' unless it is the first layer."""
    return [
        matmul(f"{name} forward", rows, inputs, outputs, itemsize=itemsize),
        matmul(f"{name} weight gradient", inputs, rows, outputs, itemsize=itemsize),
        *([] if first else [matmul(f"{name} input gradient", rows, outputs, inputs, itemsize=itemsize)]),
    ]


def attention_step(name: str, batch: int, heads: int, tokens: int, width: int, *, itemsize: int = 4) -> list[Cost]:
    """Fused attention with heads of `width` in a training step.

    Forward: q k' and weights @ v. Backward: five products of that size, as the weights are not kept but computed
    again (Dao and others, "FlashAttention", 2022); nor does anything of T x T go to memory. A causal mask is not
    taken off, as in torch's counter: at best it halves the FLOPs.
    """
    product, tensor = 2 * batch * heads * tokens * tokens * width, itemsize * batch * heads * tokens * width
    return [Cost(f"{name} forward", 2 * product, 4 * tensor), Cost(f"{name} backward", 5 * product, 8 * tensor)]


def conv_step(
    name: str,
    batch: int,
    channels: tuple[int, int],
    kernel: int,
    size: tuple[int, int],
    *,
    stride: int = 1,
    first: bool = False,
    itemsize: int = 4,
) -> list[Cost]:
    """A convolution (inputs, outputs) = channels with a square kernel in a training step; size: of the output."""
    inputs, outputs = channels
    pixels = batch * size[0] * size[1]
    flops = 2 * pixels * outputs * inputs * kernel * kernel
    moved = itemsize * (pixels * stride * stride * inputs + inputs * outputs * kernel * kernel + pixels * outputs)
    names = ("forward", "weight gradient") if first else ("forward", "weight gradient", "input gradient")
    return [Cost(f"{name} {part}", flops, moved) for part in names]


def adam(parameters: int) -> Cost:
    """One fused update in float32: reads weight, gradient and two moments, writes all but the gradient."""
    return elementwise("Adam, fused", parameters, reads=4, writes=3, flops=12)


def mlp_step(sizes: Sequence[int], batch: int, *, itemsize: int = 4) -> list[Cost]:
    """The matrix products of a training step of a net of linear layers. Raises ValueError for fewer than 2 sizes."""
    if len(sizes) < 2:
        raise ValueError(f"sizes must hold at least an input and an output width, got {list(sizes)}")
    return [
        cost
        for number, (inputs, outputs) in enumerate(pairwise(sizes))
        for cost in linear_step(f"layer {number + 1}", batch, inputs, outputs, first=number == 0, itemsize=itemsize)
    ]


def gpt_step(config: GPTConfig, batch: int, tokens: int, *, itemsize: int = 4) -> list[Cost]:
    """The matrix products of a training step of `training.gpt.GPT`, each kind once for all layers together."""
    rows, width, head = batch * tokens, config.width, config.width // config.heads
    block = [
        *linear_step("q, k, v", rows, width, 3 * width, itemsize=itemsize),
        *attention_step("attention", batch, config.heads, tokens, head, itemsize=itemsize),
        *linear_step("attention out", rows, width, width, itemsize=itemsize),
        *linear_step("up", rows, width, 4 * width, itemsize=itemsize),
        *linear_step("down", rows, 4 * width, width, itemsize=itemsize),
    ]
    layers = [Cost(cost.name, config.layers * cost.flops, config.layers * cost.bytes) for cost in block]
    return [*layers, *linear_step("vocabulary", rows, width, config.vocabulary, itemsize=itemsize)]
