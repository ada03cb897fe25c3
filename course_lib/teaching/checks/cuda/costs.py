"""What a step costs, in FLOPs, seconds and bytes: cases and known mistakes."""

from typing import Any

from course_lib.by_hand.cuda import memory_of_step, roofline_seconds, training_flops
from course_lib.teaching.exercises.compare import leaf_distance, to_array
from course_lib.teaching.exercises.kinds import Property, implement, kind_of
from course_lib.teaching.exercises.one_number import one_number
from course_lib.teaching.exercises.values import about_keys

TRAINING_FLOPS = implement(
    "training_flops: Count the FLOPs of a step | core, 15 minutes",
    training_flops,
    cases=(
        ([5, 7, 3], 4),
        ([6, 2], 3),  # one layer, which is the first and the last
        ([64, 128, 96, 10], 32),
        ([784, 256, 128, 64, 10], 17),
        ([4, 8, 4, 8, 2], 3),  # widths that come again: the first layer is no width
    ),
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
    properties=one_number(
        {"case 2": "widths 6 and 2, batch 3: {yours}\none layer: which products does it need, if it is first?"},
        otherwise="one layer is right; what does a layer that is not the first need beside that?",
        all_digits=False,
    ),
    hints="""
    (n, p) @ (p, q) gives n q sums of p products each: 2 n p q FLOPs.
    Backward of a layer: x' dy for W, and dy W' for what comes before. Both have the three sizes of forward.
    The first layer makes two products, every other layer three.
    """,
    not_tested="convolutions and attention; lesson 09 counts the latter",
    fade=("product = ", "flops += "),
)

ROOFLINE_SECONDS = implement(
    "roofline_seconds: The shortest time of a list of operations",
    roofline_seconds,
    complete=True,
    cases=(  # (FLOPs, bytes): some above the ridge and some below it, so that no single limit explains them all
        ([(8e12, 1e11), (1e10, 6e11), (3e12, 2e11), (0.0, 1e11)], 1e13, 1e12),
        ([(5e9, 1e9)], 2e10, 1e9),
        ([(4.0, 9.0), (100.0, 1.0), (7.0, 7.0)], 2.0, 3.0),
        ([(1e9, 3e9), (7e9, 1e9)], 3e11, 7e11),  # seconds with more than two decimals
        ([(2.0, 0.0), (0.0, 3.0), (1.0, 8.0), (1.0, 8.0)], 4.0, 2.0),  # nothing moved, nothing computed, one twice
    ),
    right="""
    in_one_line: a sum over the pairs in one line
        return: float(sum(max(flops / rate, moved / bandwidth) for flops, moved in operations))
    by_intensity: by intensity: below the ridge the memory limits, above it the arithmetic
        max(computing, moving) -> computing if flops * bandwidth > moved * rate else moving
    """,
    wrong="""
    one_after_the_other: computing and moving one after the other
        | what does the machine do while it waits for the memory?
        max(computing, moving) -> computing + moving
    larger_of_sums: the larger of the two sums over all operations
        | can the first operation move the bytes of the last one already?
        return: max(sum(f for f, _ in operations) / rate, sum(m for _, m in operations) / bandwidth)
    smaller: the smaller of the two times | is an operation done when its numbers are there, or when both are done?
        max(computing, moving) -> min(computing, moving)
    arithmetic_alone: the arithmetic alone | what limits the addition of two vectors?
        max(computing, moving) -> computing
    bytes_alone: the bytes alone | what limits the product of two large matrices?
        max(computing, moving) -> moving
    longest_alone: the longest operation alone | do the operations run at the same time?
        seconds += A -> seconds = max(seconds, A)
    upside_down: times turned upside down | does a faster machine take more time?
        flops / rate -> rate / flops if flops else 0.0; moved / bandwidth -> bandwidth / moved
    exchanged: rate and bandwidth exchanged | which of the two is in bytes per second?
        rate <-> bandwidth
    mean: a mean over the operations | how long do two operations take, one after the other?
        return: RESULT / len(operations)
    milliseconds: milliseconds in place of seconds | in which unit are FLOPs divided by FLOPs per second?
        return: 1000 * RESULT
    last_alone: the last operation alone | does each operation add to the time, or does it take its place?
        seconds += A -> seconds = A
    first_alone: the first operation alone | does your loop end before the others had their turn?
        after seconds += A -> return seconds
    copies_are_free: an operation without FLOPs that takes no time | does a machine that only moves bytes need none?
        max(computing, moving) -> max(computing, moving) if flops and moved else 0.0
    """,
    properties=one_number(
        {"case 2": "one operation of 5 GFLOP and 1 GB at 20 GFLOP/s and 1 GB/s: {yours}\nwhich two times has it?"},
        otherwise="one operation is right; what is the time of several that follow each other?",
    ),
    hints="""
    FLOPs divided by FLOPs per second are seconds, and so are bytes divided by bytes per second.
    Within one operation the larger of the two times counts; over the operations they add up.
    """,
    not_tested="caches, and the time of asking for an operation",
    fade=("computing = ", "moving = ", "seconds += "),
)

_ABOUT = {
    "weights": "which numbers has a layer, and how many bytes has each?",
    "gradients": "for which numbers does backward() make a gradient?",
    "moments": "how many numbers does the optimizer keep for each parameter, and in how many bytes?",
    "activations": "which widths are kept for each row, each how often, and in how many bytes?",
    "MiB": "what is the sum of the four parts, and how many bytes has a MiB?",
}


def _which(seen: Any, right: Any) -> str | None:
    for case, facts in right.items():
        own, rule = seen[case]["result"], facts["result"]
        if about_keys(own, rule):
            return about_keys(own, rule)
        odd = [name for name in rule if (array := to_array(own[name])) is None or array.ndim]
        if odd:
            return f"{odd[0]}: give one number; yours is {kind_of(own[odd[0]])}"
        wrong = [name for name in rule if leaf_distance(float(own[name]), float(rule[name])) > 1e-9]
        if wrong == ["MiB"] and own["MiB"] in (round(rule["MiB"], place) for place in range(7)):
            return f"{case}: MiB is rounded to {own['MiB']:g}; return it as it is"
        for name in wrong[:1]:
            times = f"{own[name] / rule[name]:g} times the right number" if rule[name] else "and nothing is held"
            return f"{case}: {', '.join(wrong)} not right; {name}: {own[name]:g}, {times}\n{_ABOUT[name]}"
    return None


MEMORY_OF_STEP = implement(
    "memory_of_step: Predict the memory of a step | core, difficulty 2, 20 minutes",
    memory_of_step,
    # By position: a parameter may have another name. Sizes, rows, moments, bytes of an activation.
    cases=(
        ([5, 7, 3], 4),
        ([64, 300, 200, 10], 32, 1),
        ([784, 256, 128, 10], 50, 2, 2),
        ([6, 2], 3, 0, 2),
        ([30, 20, 40, 50, 8], 1000, 2, 4),
        ([16, 16, 16, 4], 2, 3, 1),  # widths that come again
    ),
    right="""
    layer_by_layer: layer by layer, weights and biases apart
        (inputs + 1) * outputs -> inputs * outputs + outputs
    """,
    wrong="""
    biases_forgotten: a count without the biases | how many numbers has a layer beside W?
        inputs + 1 -> inputs
    elements: numbers counted in place of bytes | how many bytes has a float32?
        4 * parameters -> parameters; activation_bytes -> 1
    double_precision: eight bytes for every weight | how many bits has float32?
        4 * parameters -> 8 * parameters
    moments_forgotten: a step without the moments of the optimizer | what does Adam remember of each parameter?
        moments * weights -> 0
    one_moment: one moment, whatever the optimizer | what does the argument `moments` say?
        moments * weights -> weights
    always_adam: two moments, whatever the optimizer | what does the argument `moments` say?
        moments * weights -> 2 * weights
    gradient_per_sample: a gradient for every sample
        | over what is the loss a mean, and how many gradients does it have?
        before return A -> parts["gradients"] = batch * weights
    no_gradients: a step without gradients | where does backward() put its result?
        before return A -> parts["gradients"] = 0
    one_sample: the activations of one sample | how many rows go through the network at once?
        activation_bytes * batch * A -> activation_bytes * A
    batch_not_kept: activations without the batch itself | what does x' dy of the first layer need?
        sum(sizes) -> sum(sizes[1:])
    output_not_kept: activations without the last output | what does the gradient of the loss need?
        sum(sizes) -> sum(sizes[:-1])
    both_sides_of_relu: hidden layers kept on both sides of the ReLU
        | can you see from the output of a ReLU where its input was above 0?
        sum(sizes) -> sum(sizes) + sum(sizes[1:-1])
    activations_float32: activations of four bytes in every case | what does the argument `activation_bytes` say?
        activation_bytes -> 4
    halves_everywhere: as few bytes for every number as for the activations
        | what becomes of an update of 0.001 to a weight of 1 in bfloat16?
        4 * parameters -> activation_bytes * parameters
    bias_of_each_input: a bias for each input of a layer | what is a bias added to?
        (inputs + 1) * outputs -> inputs * (outputs + 1)
    moments_as_given: the number of moments in place of their bytes | for each of how many parameters are they kept?
        moments * weights -> moments
    hidden_alone: activations of the hidden layers alone
        | what do x' dy of the first layer and the gradient of the loss need?
        sum(sizes) -> sum(sizes[1:-1])
    gradients_of_activations: each activation held twice | has backward begun when forward is complete?
        sum(sizes) -> 2 * sum(sizes)
    batch_in_float32: a batch that stays in float32 where the other activations do not
        | which of the kept numbers does the docstring take out of `activation_bytes`?
        activation_bytes * batch * sum(sizes) -> batch * (activation_bytes * sum(sizes[1:]) + 4 * sizes[0])
    widths_once: widths that come again, counted once | do two layers of one width keep one output?
        sum(sizes) -> sum(set(sizes))
    all_in_mib: every part in MiB | which unit does the docstring give for the four parts?
        parts | A -> {name: part / 2**20 for name, part in parts.items()} | A
    total_in_bytes: a total in bytes | how many bytes has a MiB?
        2**20 -> 1
    kibibytes: KiB in place of MiB | how many bytes has a MiB?
        2**20 -> 2**10
    megabytes: MB in place of MiB | is a MiB a power of ten?
        2**20 -> 1e6
    gibibytes: GiB in place of MiB | how many bytes has a MiB?
        2**20 -> 2**30
    without_gradients: a total that leaves the gradients out | how many parts has the sum?
        sum(parts.values()) -> sum(parts.values()) - parts["gradients"]
    without_moments: a total that leaves the moments out | how many parts has the sum?
        sum(parts.values()) -> sum(parts.values()) - parts["moments"]
    without_activations: a total that leaves the activations out | which of the four parts grows with the batch?
        sum(parts.values()) -> sum(parts.values()) - parts["activations"]
    """,
    properties=(Property("each part by itself", _which),),
    hints="""
    Three parts are a multiple of the parameters; only the activations know the batch.
    A layer has inputs times outputs weights and as many biases as outputs.
    Activations: one number for each row of the batch and each width, the first and the last included.
    """,
    not_tested="what lives for a moment only, such as the gradient of the last output",
    fade=("parameters = ", "activations = "),
)
