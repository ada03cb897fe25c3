"""How many FLOPs has a training step? Known mistakes, and the check of training_flops."""

from itertools import pairwise
from typing import Any

from course_lib.teaching.exercises.compare import to_array
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, kind_of, known
from course_lib.teaching.exercises.observe import calls
from course_lib.training.plain_cuda import training_flops

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []
_CASES = (
    ([5, 7, 3], 4),
    ([6, 2], 3),  # one layer, which is the first and the last
    ([64, 128, 96, 10], 32),
    ([784, 256, 128, 64, 10], 17),
)


def _products(sizes, batch):
    """The FLOPs of one product of each layer."""
    return [2 * batch * inputs * outputs for inputs, outputs in pairwise(sizes)]


@also_right(_RIGHT, "three products everywhere, less the one that the first layer is spared")
def three_less_one(sizes, batch):
    return 3 * sum(_products(sizes, batch)) - _products(sizes, batch)[0]


@also_right(_RIGHT, "forward, weight gradients and input gradients added apart")
def three_sums(sizes, batch):
    forward = _products(sizes, batch)
    return sum(forward) + sum(forward) + sum(forward[1:])


@known(_WRONG, "the FLOPs of forward alone", "which two products does backward make for a layer?")
def forward_only(sizes, batch):
    return sum(_products(sizes, batch))


@known(_WRONG, "the FLOPs of backward alone", "is there a backward without a forward?")
def backward_only(sizes, batch):
    return 2 * sum(_products(sizes, batch)) - _products(sizes, batch)[0]


@known(_WRONG, "a backward that costs as much as forward", "how does the gradient reach the layers before?")
def as_much_as_forward(sizes, batch):
    return 2 * sum(_products(sizes, batch))


@known(_WRONG, "three products for the first layer too", "who asks for the gradient of the data?")
def first_as_others(sizes, batch):
    return 3 * sum(_products(sizes, batch))


@known(_WRONG, "a last layer that is spared a product, in place of the first", "which layer has no layer before it?")
def last_spared(sizes, batch):
    return 3 * sum(_products(sizes, batch)) - _products(sizes, batch)[-1]


@known(_WRONG, "multiplications without their additions", "how many FLOPs is a * b + c?")
def multiplications(sizes, batch):
    return training_flops(sizes, batch) // 2


@known(_WRONG, "the FLOPs of one sample", "how many rows has x?")
def one_sample(sizes, batch):
    return training_flops(sizes, 1)


@known(_WRONG, "the additions of the biases as well", "what does the docstring leave out?")
def biases_counted(sizes, batch):
    return training_flops(sizes, batch) + batch * sum(sizes[1:])


@known(_WRONG, "the biases, forward and backward, as well", "what does the docstring leave out?")
def biases_both_ways(sizes, batch):
    return training_flops(sizes, batch) + 2 * batch * sum(sizes[1:])


@known(
    _WRONG,
    "one addition less than multiplications in every sum",
    "how many FLOPs does the example count for a sum of 6?",
)
def additions_less_one(sizes, batch):
    layers = list(pairwise(sizes))
    forward = sum(batch * outputs * (2 * inputs - 1) for inputs, outputs in layers)
    weights = sum(inputs * outputs * (2 * batch - 1) for inputs, outputs in layers)
    return forward + weights + sum(batch * inputs * (2 * outputs - 1) for inputs, outputs in layers[1:])


@known(_WRONG, "one addition less in the sums of all three products", "what is a sum of 6 in the example?")
def forward_less_one(sizes, batch):
    sums = [batch * outputs * (2 * inputs - 1) for inputs, outputs in pairwise(sizes)]
    return 3 * sum(sums) - sums[0]


@known(_WRONG, "a gradient of the weights that knows one row", "over what does x' dy sum?")
def weights_of_one_row(sizes, batch):
    forward = _products(sizes, batch)
    return 2 * sum(forward) - forward[0] + sum(forward) // batch


@known(_WRONG, "the FLOPs of the first layer alone", "does your loop end before the other layers had their turn?")
def first_layer_alone(sizes, batch):
    return 2 * _products(sizes, batch)[0]


@known(_WRONG, "the FLOPs of the last layer alone", "does each layer add to the sum, or does it take its place?")
def last_layer_alone(sizes, batch):
    return (3 if len(sizes) > 2 else 2) * _products(sizes, batch)[-1]


@known(
    _WRONG, "six for each parameter and row, the rule for large models", "which layer does the rule know nothing of?"
)
def rule_of_six(sizes, batch):
    return 6 * batch * sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))


@known(_WRONG, "a count that leaves the last layer out", "how many layers lie between four widths?")
def last_layer_missing(sizes, batch):
    return training_flops(sizes[:-1], batch) if len(sizes) > 2 else 0


@known(_WRONG, "products with batch x batch numbers in backward", "what shape has the gradient of W?")
def gradient_per_pair(sizes, batch):
    forward = _products(sizes, batch)
    return sum(forward) + batch * sum(forward) + sum(forward[1:])


@known(_WRONG, "widths that are added, not multiplied", "how many numbers has W?")
def widths_added(sizes, batch):
    products = [2 * batch * (inputs + outputs) for inputs, outputs in pairwise(sizes)]
    return 3 * sum(products) - products[0]


def _which(seen: Any, right: Any) -> str | None:
    own, rule = seen["case 2"]["result"], right["case 2"]["result"]
    form = to_array(own)
    if form is None or form.ndim:
        return f"return one number; you return {kind_of(own)}\nhow many FLOPs are it together?"
    if own != rule:
        told = f"case 2, widths 6 and 2, batch 3: you count {own}, the example says {rule}"
        return f"{told}\none layer: which products does it need, if it is first?"
    return "one layer is right; what does a layer that is not the first need beside that?"


TRAINING_FLOPS = Exercise(
    slug="training_flops",
    title="Count the FLOPs of a step",
    kind="implement",
    core=True,
    difficulty=1,
    minutes=15,
    reference=training_flops,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("one layer first", _which),),
    hints=(
        "(n, p) @ (p, q) gives n q sums of p products each: 2 n p q FLOPs.",
        "Backward of a layer: x' dy for W, and dy W' for what comes before. Both have the three sizes of forward.",
        "The first layer makes two products, every other layer three.",
    ),
    not_tested="convolutions and attention; lesson 09 counts the latter",
    fade=("product = ", "flops += "),
    indistinguishable=all_the_same(_RIGHT),
)
