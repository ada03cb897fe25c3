"""How many terms does a sum of this layer have? The check of fan_in_and_out."""

import math
from typing import Any

from course_lib.numpy_nn.plain_initializers import fan_in_and_out
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, known
from course_lib.teaching.exercises.observe import calls

_CASES = (((784, 128), "course"), ((128, 784), "torch"), ((16, 3, 5, 7), "torch"), ((10, 48), "torch"))
_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


@also_right(_RIGHT, "one product over the axes")
def by_slices(shape, layout):
    if layout == "course":
        return shape[0], shape[1]
    return math.prod(shape[1:]), shape[0] * math.prod(shape[2:])


@known(_WRONG, "fans that ignore the layout", "what does the first number of a shape mean in torch?")
def layout_ignored(shape, layout):
    return shape[0] * math.prod(shape[2:]), shape[1] * math.prod(shape[2:])


@known(_WRONG, "the first two numbers of the shape as they stand", "what is the first number in torch?")
def as_it_stands(shape, layout):
    return shape[0], shape[1]


@known(_WRONG, "the shape as it stands", "what is the first number in torch, and how many fans are there?")
def shape_returned(shape, layout):
    return shape


@known(_WRONG, "the first two numbers of every shape, reversed", "what does the course store first?")
def always_reversed(shape, layout):
    return shape[1], shape[0]


@known(_WRONG, "torch's layout for every shape", "what does the course store first?")
def always_torch(shape, layout):
    return fan_in_and_out(shape, "torch")


@known(_WRONG, "fan-in and fan-out exchanged", "how many terms does x @ weight sum for weight (784, 128)?")
def exchanged(shape, layout):
    return fan_in_and_out(shape, layout)[::-1]


@known(_WRONG, "fans without the kernel", "how many pixels of one input map does a unit of a convolution see?")
def kernel_ignored(shape, layout):
    return (shape[0], shape[1]) if layout == "course" else (shape[1], shape[0])


@known(_WRONG, "a kernel counted in the fan-in only", "in how many sums does one input pixel take part?")
def kernel_in_only(shape, layout):
    fan_in, _ = fan_in_and_out(shape, layout)
    return fan_in, shape[1] if layout == "course" else shape[0]


@known(_WRONG, "a kernel whose sides are added up", "how many places has a kernel of 5 by 7?")
def kernel_added(shape, layout):
    if layout == "course":
        return shape[0], shape[1]
    places = sum(shape[2:]) or 1
    return shape[1] * places, shape[0] * places


def _which(seen: Any, right: Any) -> str | None:
    for (shape, layout), case in zip(_CASES, right, strict=True):
        if tuple(seen[case]["result"]) != right[case]["result"]:
            return (
                f"for {shape} in the layout {layout!r} you find {tuple(seen[case]['result'])}: draw one sum and count"
            )
    return None


FANS = Exercise(
    slug="fan_in_and_out",
    title="Count the fans",
    kind="implement",
    core=False,
    difficulty=1,
    minutes=8,
    reference=fan_in_and_out,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("each shape", _which),),
    hints=(
        "Fan-in: the number of terms in the sum that one unit makes.",
        "A unit of a convolution sums over all input maps and over all places of the kernel.",
        "outputs, inputs, *kernel = shape, and math.prod([]) is 1.",
    ),
    not_tested="transposed, grouped and strided convolutions",
    indistinguishable=all_the_same(_RIGHT),
)
