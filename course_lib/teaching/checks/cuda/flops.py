"""The FLOPs of a training step: cases and known mistakes."""

from course_lib.by_hand.cuda import training_flops
from course_lib.teaching.exercises.exercise import Property
from course_lib.teaching.exercises.kinds import implement
from course_lib.teaching.exercises.one_number import ONE_NUMBER, first_wrong

CASES = (
    ([5, 7, 3], 4),
    ([6, 2], 3),  # one layer, which is the first and the last
    ([64, 128, 96, 10], 32),
    ([784, 256, 128, 64, 10], 17),
    ([4, 8, 4, 8, 2], 3),  # widths that come again: the first layer is no width
)


_FIRST = {"case 2": "widths 6 and 2, batch 3: {yours}\none layer: which products does it need, if it is first?"}
_REST = "one layer is right; what does a layer that is not the first need beside that?"

TRAINING_FLOPS = implement(
    "training_flops",
    "Count the FLOPs of a step",
    training_flops,
    size="core, 15 minutes",
    cases=CASES,
    right="""
    three_less_one: three products everywhere, less the one that the first layer is spared
        2 * product if number == 0 else 3 * product -> 3 * product
        return: RESULT - 2 * batch * sizes[0] * sizes[1]
    three_sums: forward, weight gradients and input gradients added apart
        first: forward = [2 * batch * inputs * outputs for inputs, outputs in pairwise(sizes)]
        return: sum(forward) + sum(forward) + sum(forward[1:])
    """,
    wrong="""
    forward_only: the FLOPs of forward alone | which two products does backward make for a layer?
        2 * product if number == 0 else 3 * product -> product
    backward_only: the FLOPs of backward alone | is there a backward without a forward?
        2 * product if number == 0 else 3 * product -> product if number == 0 else 2 * product
    as_much_as_forward: a backward that costs as much as forward | how does the gradient reach the layers before?
        2 * product if number == 0 else 3 * product -> 2 * product
    first_as_others: three products for the first layer too | who asks for the gradient of the data?
        2 * product if number == 0 else 3 * product -> 3 * product
    first_by_width: two products for every layer as wide as the data | may a later layer have the width of the first?
        number == 0 -> inputs == sizes[0]
    last_spared: a last layer that is spared a product, in place of the first | which layer has no layer before it?
        number == 0 -> number == len(sizes) - 2
    multiplications: multiplications without their additions | how many FLOPs is a * b + c?
        2 * batch * inputs * outputs -> batch * inputs * outputs
    one_sample: the FLOPs of one sample | how many rows has x?
        2 * batch * inputs * outputs -> 2 * inputs * outputs
    biases_counted: the additions of the biases as well | what does the docstring leave out?
        return: RESULT + batch * sum(sizes[1:])
    biases_both_ways: the biases, forward and backward, as well | what does the docstring leave out?
        return: RESULT + 2 * batch * sum(sizes[1:])
    additions_less_one: one addition less than multiplications in every sum
        | how many FLOPs does the example count for a sum of 6?
        flops += A -> flops += batch * outputs * (2 * inputs - 1) + inputs * outputs * (2 * batch - 1)
        return: RESULT + sum(batch * inputs * (2 * outputs - 1) for inputs, outputs in pairwise(sizes[1:]))
    forward_less_one: one addition less in the sums of all three products | what is a sum of 6 in the example?
        2 * batch * inputs * outputs -> batch * outputs * (2 * inputs - 1)
    weights_of_one_row: a gradient of the weights that knows one row | over what does x' dy sum?
        flops += A -> flops += product // batch + (product if number == 0 else 2 * product)
    first_layer_alone: the FLOPs of the first layer alone | does your loop end before the other layers had their turn?
        after flops += A -> return flops
    last_layer_alone: the FLOPs of the last layer alone | does each layer add to the sum, or does it take its place?
        flops += A -> flops = A
    rule_of_six: six for each parameter and row, the rule for large models | which layer does the rule know nothing of?
        return: 6 * batch * sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))
    last_layer_missing: a count that leaves the last layer out | how many layers lie between four widths?
        pairwise(sizes) -> pairwise(sizes[:-1])
    gradient_per_pair: products with batch x batch numbers in backward | what shape has the gradient of W?
        flops += A -> flops += batch * product + (product if number == 0 else 2 * product)
    widths_added: widths that are added, not multiplied | how many numbers has W?
        2 * batch * inputs * outputs -> 2 * batch * (inputs + outputs)
    """,
    properties=(ONE_NUMBER, Property("one layer first", first_wrong(_FIRST, otherwise=_REST))),
    hints=(
        "(n, p) @ (p, q) gives n q sums of p products each: 2 n p q FLOPs.",
        "Backward of a layer: x' dy for W, and dy W' for what comes before. Both have the three sizes of forward.",
        "The first layer makes two products, every other layer three.",
    ),
    not_tested="convolutions and attention; lesson 09 counts the latter",
    fade=("product = ", "flops += "),
)
