"""Which answers to memory_of_step are right, and which are known mistakes?"""

from itertools import pairwise
from typing import Any

from course_lib.teaching.exercises.exercise import Mistake, Variant
from course_lib.teaching.exercises.forms import also_right
from course_lib.training.plain_cuda import memory_of_step

RIGHT: list[Variant] = []
PARTS = ("weights", "gradients", "moments", "activations")


def _summed(parts: dict[str, int], unit: float = 2**20) -> dict[str, float]:
    return parts | {"MiB": sum(parts.values()) / unit}


def _memory(
    *,
    bias: int = 1,
    numbers: Any = None,
    number: int = 4,
    gradient: Any = lambda weights, batch: weights,
    moments: Any = lambda asked, weights, bytes_: asked * weights,
    kept: Any = lambda sizes, batch: batch * sum(sizes),
    activation: Any = lambda bytes_: bytes_,
    weight: Any = lambda bytes_: 4,
    unit: float = 2**20,
) -> Any:
    """The memory of a step, right with these defaults; a known mistake changes one of them."""

    def of_step(sizes, batch, moments_asked=2, activation_bytes=4, **named):
        asked = named.get("moments", moments_asked)
        count = numbers or (lambda inputs, outputs: (inputs + bias) * outputs)
        parameters = sum(count(inputs, outputs) for inputs, outputs in pairwise(sizes))
        weights = (1 if number == 1 else weight(activation_bytes)) * parameters
        parts = {
            "weights": weights,
            "gradients": gradient(weights, batch),
            "moments": moments(asked, weights, activation_bytes),
            "activations": (1 if number == 1 else activation(activation_bytes)) * kept(sizes, batch),
        }
        return _summed(parts, unit)

    return of_step


@also_right(RIGHT, "layer by layer, weights and biases apart")
def layer_by_layer(sizes, batch, moments=2, activation_bytes=4):
    parts = {"weights": 0, "gradients": 0, "moments": 0, "activations": activation_bytes * batch * sizes[0]}
    for inputs, outputs in pairwise(sizes):
        own = 4 * inputs * outputs + 4 * outputs
        for name, times in (("weights", 1), ("gradients", 1), ("moments", moments)):
            parts[name] += times * own
        parts["activations"] += activation_bytes * batch * outputs
    return _summed(parts)


def _batch_in_float32(sizes, batch, moments=2, activation_bytes=4):
    parts = memory_of_step(sizes, batch, moments, activation_bytes)
    parts["activations"] += (4 - activation_bytes) * batch * sizes[0]
    return _summed({name: parts[name] for name in PARTS})


def _all_in_mib(sizes, batch, moments=2, activation_bytes=4):
    parts = memory_of_step(sizes, batch, moments, activation_bytes)
    return {name: parts[name] / 2**20 for name in PARTS} | {"MiB": parts["MiB"]}


def _total_without(*left_out: str) -> Any:
    def of_step(sizes, batch, moments=2, activation_bytes=4):
        parts = memory_of_step(sizes, batch, moments, activation_bytes)
        return parts | {"MiB": sum(parts[name] for name in PARTS if name not in left_out) / 2**20}

    return of_step


def _mistake(id: str, cause: str, question: str, answer: Any) -> Mistake:
    return Mistake(id, cause, question, answer)


WRONG = (
    _mistake(
        "biases_forgotten", "a count without the biases", "how many numbers has a layer beside W?", _memory(bias=0)
    ),
    _mistake(
        "elements",
        "numbers counted in place of bytes",
        "how many bytes has a float32?",
        _memory(number=1),
    ),
    _mistake(
        "double_precision",
        "eight bytes for every weight",
        "how many bits has float32?",
        _memory(weight=lambda bytes_: 8),
    ),
    _mistake(
        "moments_forgotten",
        "a step without the moments of the optimizer",
        "what does Adam remember of each parameter?",
        _memory(moments=lambda asked, weights, bytes_: 0),
    ),
    _mistake(
        "one_moment",
        "one moment, whatever the optimizer",
        "what does the argument `moments` say?",
        _memory(moments=lambda asked, weights, bytes_: weights),
    ),
    _mistake(
        "always_adam",
        "two moments, whatever the optimizer",
        "what does the argument `moments` say?",
        _memory(moments=lambda asked, weights, bytes_: 2 * weights),
    ),
    _mistake(
        "gradient_per_sample",
        "a gradient for every sample",
        "over what is the loss a mean, and how many gradients does it have?",
        _memory(gradient=lambda weights, batch: batch * weights),
    ),
    _mistake(
        "no_gradients",
        "a step without gradients",
        "where does backward() put its result?",
        _memory(gradient=lambda weights, batch: 0),
    ),
    _mistake(
        "one_sample",
        "the activations of one sample",
        "how many rows go through the network at once?",
        _memory(kept=lambda sizes, batch: sum(sizes)),
    ),
    _mistake(
        "batch_not_kept",
        "activations without the batch itself",
        "what does x' dy of the first layer need?",
        _memory(kept=lambda sizes, batch: batch * sum(sizes[1:])),
    ),
    _mistake(
        "output_not_kept",
        "activations without the last output",
        "what does the gradient of the loss need?",
        _memory(kept=lambda sizes, batch: batch * sum(sizes[:-1])),
    ),
    _mistake(
        "both_sides_of_relu",
        "hidden layers kept on both sides of the ReLU",
        "can you see from the output of a ReLU where its input was above 0?",
        _memory(kept=lambda sizes, batch: batch * (sum(sizes) + sum(sizes[1:-1]))),
    ),
    _mistake(
        "activations_float32",
        "activations of four bytes in every case",
        "what does the argument `activation_bytes` say?",
        _memory(activation=lambda bytes_: 4),
    ),
    _mistake(
        "halves_everywhere",
        "as few bytes for every number as for the activations",
        "what becomes of an update of 0.001 to a weight of 1 in bfloat16?",
        _memory(weight=lambda bytes_: bytes_),
    ),
    _mistake(
        "bias_of_each_input",
        "a bias for each input of a layer",
        "what is a bias added to?",
        _memory(numbers=lambda inputs, outputs: inputs * (outputs + 1)),
    ),
    _mistake(
        "moments_as_given",
        "the number of moments in place of their bytes",
        "for each of how many parameters are they kept?",
        _memory(moments=lambda asked, weights, bytes_: asked),
    ),
    _mistake(
        "hidden_alone",
        "activations of the hidden layers alone",
        "what do x' dy of the first layer and the gradient of the loss need?",
        _memory(kept=lambda sizes, batch: batch * sum(sizes[1:-1])),
    ),
    _mistake(
        "gradients_of_activations",
        "each activation held twice",
        "has backward begun when forward is complete?",
        _memory(kept=lambda sizes, batch: 2 * batch * sum(sizes)),
    ),
    _mistake(
        "batch_in_float32",
        "a batch that stays in float32 where the other activations do not",
        "which of the kept numbers does the docstring take out of `activation_bytes`?",
        _batch_in_float32,
    ),
    _mistake("all_in_mib", "every part in MiB", "which unit does the docstring give for the four parts?", _all_in_mib),
    _mistake("total_in_bytes", "a total in bytes", "how many bytes has a MiB?", _memory(unit=1)),
    _mistake("kibibytes", "KiB in place of MiB", "how many bytes has a MiB?", _memory(unit=2**10)),
    _mistake("megabytes", "MB in place of MiB", "is a MiB a power of ten?", _memory(unit=1e6)),
    _mistake("gibibytes", "GiB in place of MiB", "how many bytes has a MiB?", _memory(unit=2**30)),
    _mistake(
        "without_gradients",
        "a total that leaves the gradients out",
        "how many parts has the sum?",
        _total_without("gradients"),
    ),
    _mistake(
        "without_moments",
        "a total that leaves the moments out",
        "how many parts has the sum?",
        _total_without("moments"),
    ),
    _mistake(
        "without_activations",
        "a total that leaves the activations out",
        "which of the four parts grows with the batch?",
        _total_without("activations"),
    ),
)
