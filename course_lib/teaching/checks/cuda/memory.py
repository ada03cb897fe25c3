"""The memory of a training step: cases and known mistakes."""

from typing import Any

from course_lib.by_hand.cuda import memory_of_step
from course_lib.teaching.exercises.compare import leaf_distance, to_array
from course_lib.teaching.exercises.exercise import Property
from course_lib.teaching.exercises.forms import kind_of
from course_lib.teaching.exercises.kinds import implement
from course_lib.teaching.exercises.values import about_keys

# By position: a parameter may have another name. Sizes, rows, moments, bytes of an activation.
CASES = (
    ([5, 7, 3], 4),
    ([64, 300, 200, 10], 32, 1),
    ([784, 256, 128, 10], 50, 2, 2),
    ([6, 2], 3, 0, 2),
    ([30, 20, 40, 50, 8], 1000, 2, 4),
    ([16, 16, 16, 4], 2, 3, 1),  # widths that come again
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
    "memory_of_step",
    "Predict the memory of a step",
    memory_of_step,
    size="core, difficulty 2, 20 minutes",
    cases=CASES,
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
    hints=(
        "Three parts are a multiple of the parameters; only the activations know the batch.",
        "A layer has inputs times outputs weights and as many biases as outputs.",
        "Activations: one number for each row of the batch and each width, the first and the last included.",
    ),
    not_tested="what lives for a moment only, such as the gradient of the last output",
    fade=("parameters = ", "activations = "),
)
