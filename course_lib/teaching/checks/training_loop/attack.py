"""A gradient check that finds planted faults: what it must accept and reject, and the known weak checks."""

import numpy as np

from course_lib.numpy_nn.gradcheck import check_layer, numerical_gradient, relative_error
from course_lib.numpy_nn.layers import Layer
from course_lib.teaching.checks.training_loop.versions import PLANTED, RIGHT
from course_lib.teaching.exercises.kinds import attack

# What to ask about each fault that survived, in the order in which it is asked.
_SURVIVED = {
    "weight gradient / n": "on how many samples do you look at weight_gradient?",
    "bias gradient a mean": "do you look at bias_gradient?",
    "square weight not transposed": "do you compare what backward returns?",
    "outputs reversed": "does your upstream gradient tell one output from another?",
    "upstream ignored": "does your upstream gradient differ from all ones?",
    "tanh slope 1 - y": "do you check layers that have no weight?",
    "relu mask on gradient": "does your upstream gradient have both signs?",
    "tanh without signs": "does your upstream gradient have both signs?",
    "weight gradient / n (small x)": "is your limit relative to the size of the gradients?",
    "leaky slope doubled": "how large an error do you let pass, and do you look at every entry?",
}
_ENTRIES = "some entries are not looked at: is every entry of all three gradients compared?"


def one_sided(function, x, step):
    """Differences (f(x + h) - f(x)) / h of function() with respect to every element of x."""
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        kept = x[place]
        x[place] = kept + step
        above = function()
        x[place] = kept
        slopes[place] = (above - function()) / step
    return slopes


def _alarm(alarms: list[str]) -> str:
    if set(alarms) <= {"relu", "relu (all off)"}:
        return "gradients of a ReLU that is off are zero: what does your measure of error say of two zeros?"
    return "right layers are rejected: print the error you find for one of them; which part of it is your own?"


def layer_passes(layer: Layer, x: np.ndarray, rng: np.random.Generator) -> bool:
    """Whether the backward pass of a layer is the derivative of its forward pass.

    layer.forward(x) gives the output; after it layer.backward(upstream) returns the gradient with
    respect to x. A layer that learns has weight and bias too, and backward leaves their gradients in
    weight_gradient and bias_gradient. x and the parameters are float64; x lies away from kinks.
    """
    upstream = rng.standard_normal(layer.forward(x).shape)  # both signs, no two equal
    variables, claims = [x], [np.array(layer.backward(upstream))]
    for name in ("weight", "bias"):
        if hasattr(layer, name):
            variables.append(getattr(layer, name))
            claims.append(np.array(getattr(layer, f"{name}_gradient")))

    def objective() -> float:
        return float(np.sum(layer.forward(x) * upstream))  # its gradient is what backward claims

    errors = [
        relative_error(claim, numerical_gradient(objective, variable))
        for claim, variable in zip(claims, variables, strict=True)
    ]
    return all(error < 1e-6 for error in errors)  # max() would pass over a NaN


LAYER_PASSES = attack(
    "layer_passes: Attack: a gradient check that finds planted faults | core, difficulty 3, 25 minutes",
    layer_passes,
    call=lambda test, version: test(version.build(), version.x.copy(), np.random.default_rng(0)),
    right=RIGHT,
    planted=PLANTED,
    names={"check_layer": check_layer},
    each="a layer that is right",
    never="by how much is a right gradient off?",
    also="""
    by_check_layer: the library's check_layer with a tolerance
        first: return max(check_layer(layer, x, rng=rng).values()) < 1e-7
    by_allclose: np.allclose
        relative_error(A, B) -> 1.0 - np.allclose(A, B, rtol=1e-5, atol=1e-8)
    forward_difference: one side
        numerical_gradient(A, B) -> one_sided(A, B, 1e-7); 1e-6 -> 1e-4
    """,
    wrong="""
    upstream_ones: a check whose upstream gradient is all ones
        | would it notice a layer that takes the outputs in another order?
        rng.standard_normal(A) -> np.ones(A)
    upstream_positive: a check whose upstream gradient is never negative
        | what would a layer do that drops negative gradients?
        rng.standard_normal(A) -> rng.random(A)
    upstream_output: a check that takes the output for the upstream gradient
        | which sign has the output of a ReLU, and which signs has a gradient?
        rng.standard_normal(A) -> np.array(layer.forward(x))
    one_output: a check of the gradient of one output of one sample
        | what if a fault is in another column, or in another sample?
        rng.standard_normal(A) -> np.zeros(A); after upstream = A -> upstream.flat[0] = 1.0
    outputs_summed: a check that differentiates the plain sum of the outputs
        | of which number is backward(upstream) the gradient?
        A * upstream -> A
    weight_only: a check of the weight alone | what has a Tanh in place of a weight, and what else does backward give?
        variables, claims = A -> variables, claims = [], []; layer.backward(upstream); ("weight", "bias") -> ("weight",)
    parameters_only: a check of weight and bias, not of the gradient that goes on
        | what does the layer before this one receive?
        variables, claims = A -> variables, claims = [], []; layer.backward(upstream)
    input_only: a check of the input gradient alone | what moves when an optimizer makes a step?
        ("weight", "bias") -> ()
    bias_left_out: a check that leaves the bias out | which gradients does backward of a Linear fill?
        ("weight", "bias") -> ("weight",)
    tiny_step: a check with a step so small that rounding takes over
        | what is left of f(x + h) - f(x) when both agree in 12 of 16 digits?
        numerical_gradient(A, B) -> one_sided(A, B, {1e-12|1e-13})
    single_precision: a check in float32 | how many digits does float32 keep of two losses that differ by 1e-5?
        float(np.sum(A)) -> np.float32(np.sum((A).astype(np.float32)))
    large_step: a check with a step as large as 0.1
        | how does the error of a central difference grow with h, and what if a kink lies within h?
        numerical_gradient(A, B) -> numerical_gradient(A, B, step={0.1|0.5})
    one_sided: a one-sided difference that must be exact to 1e-6
        | which power of h is the error of (f(x + h) - f(x)) / h, and of the central one?
        numerical_gradient(A, B) -> one_sided(A, B, {1e-5|1e-4})
    loose_tolerance: a check that lets an error of a hundredth pass
        | how large is the error of a right gradient, and how far above it is your limit?
        1e-6 -> {1e-1|1e-2|0.3|0.5}
    strict_tolerance: a limit below rounding | how large is the error that you find for a right layer?
        1e-6 -> {1e-12|1e-11|1e-15}
    absolute_tolerance: a check of absolute differences against one limit
        | what if all gradients of a layer are smaller than your limit?
        relative_error(A, B) -> np.abs(A - B).max(); 1e-6 -> {1e-3|1e-4|1e-5|1e-6}
    zero_by_zero: a check that divides zero by zero | what is the relative error of two gradients that are both zero?
        relative_error(A, B) -> np.linalg.norm(A - B) / (np.linalg.norm(A) + np.linalg.norm(B))
    sums_compared: a check that compares the sums of two gradients | can two different matrices have the same sum?
        relative_error(A, B) -> relative_error(A.sum(), B.sum())
    first_entry: a check of the first entry of each gradient | what if a fault is in the last column?
        relative_error(A, B) -> relative_error(A.flat[0], B.flat[0])
    one_sample: a check on one sample | what is a mean over the batch when the batch has one sample?
        first: x = x[:1].copy()
    """,
    alarm=_alarm,
    survived=_SURVIVED | dict.fromkeys(PLANTED.keys() - _SURVIVED.keys(), _ENTRIES),
    hints="""
    Make one number of the output: sum(forward(x) * upstream). Its gradient is what backward(upstream) claims.
    backward makes up to three claims: what it returns, weight_gradient and bias_gradient. Copy them first.
    Draw upstream at random with both signs, and compare by relative_error with a small limit.
    """,
    not_tested="layers that draw random numbers, such as dropout",
    same=(("tiny_step", "single_precision", "strict_tolerance"),),
)
