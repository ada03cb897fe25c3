"""What goes wrong in the backward pass of a linear layer? Its known mistakes and its check."""

from typing import Any

import numpy as np

from course_lib.numpy_nn.plain import linear_backward
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, in_parts, known, not_in_parts
from course_lib.teaching.exercises.observe import calls

_RNG = np.random.default_rng(9)
_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


def _case(n: int, i: int, o: int) -> tuple[np.ndarray, ...]:
    return _RNG.normal(1.0, 2.0, (n, i)), _RNG.normal(0.0, 1.0, (i, o)), _RNG.normal(0.5, 1.0, (n, o))


# The second case is square: there a transpose that is missing or too much fits, and gives wrong numbers.
_CASES = (_case(5, 3, 4), _case(4, 4, 4), _case(3, 2, 6))
_NAMES = ("the gradient of x", "the gradient of weight", "the gradient of bias")


@also_right(_RIGHT, "written as sums over named axes")
def einsum(x, weight, gradient):
    return (
        np.einsum("no,io->ni", gradient, weight),
        np.einsum("ni,no->io", x, gradient),
        np.einsum("no->o", gradient),
    )


@also_right(_RIGHT, "sample by sample, as a sum of outer products")
def outer_products(x, weight, gradient):
    dx, dw, db = np.zeros(x.shape), np.zeros(weight.shape), np.zeros(weight.shape[1])
    for n in range(len(x)):
        dx[n] = weight @ gradient[n]
        dw += np.outer(x[n], gradient[n])
        db += gradient[n]
    return [dx, dw, db]


@also_right(_RIGHT, "the bias as the weight of an input that is always 1")
def bias_as_weight(x, weight, gradient):
    both = np.column_stack([x, np.ones(len(x))]).T @ gradient
    return (weight @ gradient.T).T, both[:-1], both[-1]


@known(_WRONG, "the weight gradient divided by n", "where is the 1/n of a mean loss already?")
def weight_divided(x, weight, gradient):
    dx, dw, db = linear_backward(x, weight, gradient)
    return dx, dw / len(x), db


@known(_WRONG, "the bias gradient as a mean over the samples", "is the bias used once per batch or once per sample?")
def bias_mean(x, weight, gradient):
    dx, dw, _ = linear_backward(x, weight, gradient)
    return dx, dw, gradient.mean(axis=0)


@known(_WRONG, "weight and bias gradients divided by n", "where is the 1/n of a mean loss already?")
def parameters_divided(x, weight, gradient):
    dx, dw, db = linear_backward(x, weight, gradient)
    return dx, dw / len(x), db / len(x)


@known(_WRONG, "all three gradients divided by n", "where is the 1/n of a mean loss already?")
def all_divided(x, weight, gradient):
    return tuple(part / len(x) for part in linear_backward(x, weight, gradient))


@known(_WRONG, "the bias gradient summed over the outputs (axis 1)", "which shape must it have: that of bias?")
def bias_axis(x, weight, gradient):
    dx, dw, _ = linear_backward(x, weight, gradient)
    return dx, dw, gradient.sum(axis=1)


@known(_WRONG, "one sum for all biases", "does each output have a bias of its own?")
def bias_scalar(x, weight, gradient):
    dx, dw, _ = linear_backward(x, weight, gradient)
    return dx, dw, gradient.sum()


@known(
    _WRONG, "a bias gradient with one axis too many, (1, o)", "what does keepdims do to the shape, and what is bias's?"
)
def bias_keepdims(x, weight, gradient):
    dx, dw, _ = linear_backward(x, weight, gradient)
    return dx, dw, gradient.sum(axis=0, keepdims=True)


@known(_WRONG, "a bias gradient that is not summed", "one bias reaches n samples: what happens to their n gradients?")
def bias_not_summed(x, weight, gradient):
    dx, dw, _ = linear_backward(x, weight, gradient)
    return dx, dw, gradient.copy()


@known(_WRONG, "n as the gradient of every bias", "dy/dbias is 1; what is it multiplied by?")
def bias_counts(x, weight, gradient):
    dx, dw, db = linear_backward(x, weight, gradient)
    return dx, dw, np.full_like(db, len(x))


@known(_WRONG, "gradient @ weight, not transposed", "which shapes do you multiply, and what shape has x?")
def weight_not_transposed(x, weight, gradient):
    _, dw, db = linear_backward(x, weight, gradient)
    return gradient @ weight, dw, db


@known(_WRONG, "x @ gradient, not transposed", "over which axis must be summed: samples, inputs or outputs?")
def x_not_transposed(x, weight, gradient):
    dx, _, db = linear_backward(x, weight, gradient)
    return dx, x @ gradient, db


@known(_WRONG, "the transpose of the weight gradient, (o, i)", "which shape has weight, and which its gradient?")
def weight_gradient_transposed(x, weight, gradient):
    dx, dw, db = linear_backward(x, weight, gradient)
    return dx, dw.T, db


@known(_WRONG, "weight.reshape(o, i) in place of weight.T", "does reshape exchange rows and columns?")
def weight_reshaped(x, weight, gradient):
    _, dw, db = linear_backward(x, weight, gradient)
    return gradient @ weight.reshape(weight.shape[::-1]), dw, db


@known(_WRONG, "x.reshape(i, n) in place of x.T", "does reshape exchange rows and columns?")
def x_reshaped(x, weight, gradient):
    dx, _, db = linear_backward(x, weight, gradient)
    return dx, x.reshape(x.shape[::-1]) @ gradient, db


@known(_WRONG, "gradients that do not use the gradient of y", "what if the loss does not depend on an output at all?")
def upstream_forgotten(x, weight, gradient):
    return linear_backward(x, weight, np.ones_like(gradient))


@known(_WRONG, "right gradients in the order weight, bias, x", "in which order does the docstring list them?")
def order_weight_bias_x(x, weight, gradient):
    dx, dw, db = linear_backward(x, weight, gradient)
    return dw, db, dx


@known(_WRONG, "right gradients in the order weight, x, bias", "in which order does the docstring list them?")
def order_weight_x_bias(x, weight, gradient):
    dx, dw, db = linear_backward(x, weight, gradient)
    return dw, dx, db


@known(_WRONG, "gradients with their sign turned round", "who subtracts, the backward pass or the update?")
def sign(x, weight, gradient):
    return tuple(-part for part in linear_backward(x, weight, gradient))


@known(_WRONG, "the gradient of x multiplied by x once more", "what is dy/dx of y = x * w: w, or x * w?")
def times_x(x, weight, gradient):
    dx, dw, db = linear_backward(x, weight, gradient)
    return dx * x, dw, db


@known(
    _WRONG, "the output used in place of x in the weight gradient", "what is weight multiplied by in the forward pass?"
)
def output_for_x(x, weight, gradient):
    dx, _, db = linear_backward(x, weight, gradient)
    return dx, (x @ weight).T @ gradient, db


def _shapes(seen: Any, right: Any) -> str | None:
    for case in right:
        own, rule = seen[case]["result"], right[case]["result"]
        for name, mine, theirs in zip(_NAMES, own, rule, strict=True):
            if np.shape(mine) != theirs.shape:
                return f"{case}: {name} has the shape {np.shape(mine)}; a gradient has the shape of its variable"
    return None


def _which(seen: Any, right: Any) -> str | None:
    pairs = [(seen[case]["result"], right[case]["result"]) for case in right]
    fine = [all(np.allclose(a[k], b[k], rtol=1e-6, atol=1e-9) for a, b in pairs) for k in range(3)]
    wrong = [name for name, good in zip(_NAMES, fine, strict=True) if not good]
    good = [name for name, good in zip(_NAMES, fine, strict=True) if good]
    if wrong and good:
        return f"right: {', '.join(good)}; not right: {', '.join(wrong)} (the shapes fit)"
    return "the shapes fit, all three are off: check one entry with a central difference" if wrong else None


LINEAR_BACKWARD = Exercise(
    slug="linear_backward",
    title="Send a gradient back through a linear layer",
    kind="implement",
    core=True,
    difficulty=2,
    minutes=20,
    reference=linear_backward,
    observe=lambda answer: in_parts(calls(answer, *_CASES), 3),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(
        Property("three results", lambda seen, right: not_in_parts(seen, "three gradients: of x, of weight, of bias")),
        Property("shapes of the gradients", _shapes),
        Property("which gradients are right", _which),
    ),
    hints=(
        "A gradient has the shape of its variable. Which products of x, weight and gradient have those shapes?",
        "weight[a, b] acts on y[n, b] through x[n, a], for every sample n: add those n contributions up.",
        "The bias is added to every sample, so that its gradient is a sum over the samples.",
    ),
    not_tested="inputs of more than two axes, and float32",
    fade=("weight_gradient = ", "bias_gradient = "),
    indistinguishable=all_the_same(_RIGHT),
)
