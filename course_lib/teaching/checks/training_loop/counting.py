"""How many numbers does a network learn? The check of count_parameters."""

import math
from itertools import pairwise
from typing import Any

from course_lib.numpy_nn.plain import count_parameters
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property
from course_lib.teaching.exercises.forms import known
from course_lib.teaching.exercises.observe import calls

_SIZES = ((784, 128, 64, 10), (5, 3), (7, 4, 4, 2), (3, 8, 8, 8, 6))
_COUNT: list[Mistake] = []


@known(_COUNT, "the weights without the biases", "what is added to x @ weight, and how many numbers is that?")
def no_biases(sizes):
    return sum(i * o for i, o in pairwise(sizes))


@known(_COUNT, "a count with one bias per input of a layer", "to which side of a layer is the bias added, x or y?")
def bias_per_input(sizes):
    return sum(i * o + i for i, o in pairwise(sizes))


@known(_COUNT, "a count with one bias per layer", "do all outputs of a layer share one bias, or has each its own?")
def one_bias_per_layer(sizes):
    return sum(i * o + 1 for i, o in pairwise(sizes))


@known(_COUNT, "a count that gives the inputs biases too", "does the network compute its inputs, or is it given them?")
def biases_for_inputs(sizes):
    return sum(i * o for i, o in pairwise(sizes)) + sum(sizes)


@known(_COUNT, "a count without the biases of the last layer", "how does the last layer compute its outputs?")
def last_bias_missing(sizes):
    return sum(i * o + o for i, o in pairwise(sizes)) - sizes[-1]


@known(_COUNT, "a count without the last layer", "how many layers lie between four sizes?")
def last_layer_missing(sizes):
    return sum(i * o + o for i, o in pairwise(sizes[:-1]))


@known(_COUNT, "a count without the first layer", "which layer reads the inputs, and how many weights does it need?")
def first_layer_missing(sizes):
    return sum(i * o + o for i, o in pairwise(sizes[1:]))


@known(_COUNT, "the number of units, the sum of the sizes", "what lies between two units of neighbouring layers?")
def units(sizes):
    return sum(sizes)


@known(_COUNT, "the product of all sizes", "is a weight shared between three layers, or does it join two?")
def product(sizes):
    return math.prod(sizes)


def _first_wrong_count(seen: Any, right: Any) -> str | None:
    for sizes, case in zip(_SIZES, right, strict=True):
        own = seen[case]["result"]
        if own != right[case]["result"]:
            return f"for sizes {sizes} you count {own}: write down weight and bias of each layer with their shapes"
    return None


COUNT_PARAMETERS = Exercise(
    slug="count_parameters",
    title="How many numbers does a network learn?",
    kind="implement",
    core=False,
    difficulty=1,
    minutes=5,
    reference=count_parameters,
    observe=lambda answer: calls(answer, *((sizes,) for sizes in _SIZES)),
    mistakes=tuple(_COUNT),
    properties=(Property("each layer counted once", _first_wrong_count),),
    hints=(
        "Between two neighbouring sizes lies one linear layer: y = x @ weight + bias.",
        "Write the shapes of weight and bias of a layer from 5 inputs to 3 outputs, and count.",
        "zip(sizes, sizes[1:]) runs over the layers as pairs (inputs, outputs).",
    ),
    not_tested="lists in place of tuples, and a single size, which has no layer",
)
