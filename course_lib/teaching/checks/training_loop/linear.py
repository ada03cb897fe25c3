"""A linear layer backward: cases and known mistakes of linear_backward."""

import numpy as np

from course_lib.by_hand.first_step import linear_backward
from course_lib.teaching.exercises.kinds import implement

_RNG = np.random.default_rng(9)


def _case(n: int, i: int, o: int) -> tuple[np.ndarray, ...]:
    return _RNG.normal(1.0, 2.0, (n, i)), _RNG.normal(0.0, 1.0, (i, o)), _RNG.normal(0.5, 1.0, (n, o))


# The second case is square: there a transpose that is missing or too much fits, and gives wrong numbers. The inputs of
# the last one are whole numbers.
_CASES = [_case(5, 3, 4), _case(4, 4, 4), _case(3, 2, 6)]
_CASES.append((np.array([[1, 0, 3], [0, 2, 1]]), *_case(2, 3, 2)[1:]))
LINEAR_BACKWARD = implement(
    "linear_backward: Send a gradient back through a linear layer | core, difficulty 2, 20 minutes",
    linear_backward,
    cases=_CASES,
    returns=(3, "three gradients: of x, of weight, of bias"),
    right="""
    einsum: written as sums over named axes
        gradient @ weight.T -> np.einsum("no,io->ni", gradient, weight)
        x.T @ gradient -> np.einsum("ni,no->io", x, gradient)
    outer_products: sample by sample, as a sum of outer products
        x.T @ gradient -> sum(np.outer(one, other) for one, other in zip(x, gradient))
        gradient @ weight.T -> np.array([weight @ one for one in gradient]); gradient.sum(axis=0) -> sum(gradient)
        return: list(RESULT)
    bias_as_weight: the bias as the weight of an input that is always 1
        gradient.sum(axis=0) -> (np.column_stack([x, np.ones(len(x))]).T @ gradient)[-1]
        gradient @ weight.T -> (weight @ gradient.T).T
    """,
    wrong="""
    weight_divided: the weight gradient divided by n | where is the 1/n of a mean loss already?
        x.T @ gradient -> x.T @ gradient / len(x)
    bias_mean: the bias gradient as a mean over the samples | is the bias used once per batch or once per sample?
        gradient.sum(axis=0) -> gradient.mean(axis=0)
    parameters_divided: weight and bias gradients divided by n | where is the 1/n of a mean loss already?
        x.T @ gradient -> x.T @ gradient / len(x); gradient.sum(axis=0) -> gradient.mean(axis=0)
    all_divided: all three gradients divided by n | where is the 1/n of a mean loss already?
        return: tuple(part / len(x) for part in RESULT)
    bias_axis: the bias gradient summed over the outputs (axis 1) | which shape must it have: that of bias?
        gradient.sum(axis=0) -> gradient.sum(axis=1)
    bias_scalar: one sum for all biases | does each output have a bias of its own?
        gradient.sum(axis=0) -> gradient.sum()
    bias_keepdims: a bias gradient with one axis too many, (1, o)
        | what does keepdims do to the shape, and what is bias's?
        gradient.sum(axis=0) -> gradient.sum(axis=0, keepdims=True)
    bias_not_summed: a bias gradient that is not summed | one bias reaches n samples: what happens to their n gradients?
        gradient.sum(axis=0) -> gradient.copy()
    bias_counts: n as the gradient of every bias | dy/dbias is 1; what is it multiplied by?
        gradient.sum(axis=0) -> np.full(weight.shape[1], float(len(x)))
    weight_not_transposed: gradient @ weight, not transposed | which shapes do you multiply, and what shape has x?
        weight.T -> weight
    x_not_transposed: x @ gradient, not transposed | over which axis must be summed: samples, inputs or outputs?
        x.T -> x
    weight_gradient_transposed: the transpose of the weight gradient, (o, i)
        | which shape has weight, and which its gradient?
        x.T @ gradient -> gradient.T @ x
    weight_reshaped: weight.reshape(o, i) in place of weight.T | does reshape exchange rows and columns?
        weight.T -> weight.reshape(weight.shape[::-1])
    x_reshaped: x.reshape(i, n) in place of x.T | does reshape exchange rows and columns?
        x.T -> x.reshape(x.shape[::-1])
    upstream_forgotten: gradients that do not use the gradient of y
        | what if the loss does not depend on an output at all?
        first: gradient = np.ones_like(gradient)
    order_weight_bias_x: right gradients in the order weight, bias, x | in which order does the docstring list them?
        return: weight_gradient, bias_gradient, input_gradient
    order_weight_x_bias: right gradients in the order weight, x, bias | in which order does the docstring list them?
        return: weight_gradient, input_gradient, bias_gradient
    sign: gradients with their sign turned round | who subtracts, the backward pass or the update?
        return: tuple(-part for part in RESULT)
    times_x: the gradient of x multiplied by x once more | what is dy/dx of y = x * w: w, or x * w?
        gradient @ weight.T -> gradient @ weight.T * x
    output_for_x: the output used in place of x in the weight gradient
        | what is weight multiplied by in the forward pass?
        x.T -> (x @ weight).T
    """,
    hints="""
    A gradient has the shape of its variable. Which products of x, weight and gradient have those shapes?
    weight[a, b] acts on y[n, b] through x[n, a], for every sample n: add those n contributions up.
    The bias is added to every sample, so that its gradient is a sum over the samples.
    """,
    not_tested="inputs of more than two axes, and float32",
    fade=("weight_gradient = ", "bias_gradient = "),
)
