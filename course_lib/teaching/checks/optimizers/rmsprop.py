"""What goes wrong in a step of RMSProp? Its known mistakes and its check."""

import numpy as np

from course_lib.numpy_nn.plain_optimizers import rmsprop_step
from course_lib.teaching.checks.optimizers.walk import Walk, first_wrong_step, form, walks
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, known

_NAMES = ("squares",)
# A large epsilon beside small gradients: it shows whether it stands inside or outside of the root.
_CASES = (
    Walk((3, 2), (0.1, 0.1, 0.02, 0.3, 0.05), (0.9, 0.2), seed=5),
    Walk((4,), (0.2, 0.05, 0.4), (0.6, 0.05), seed=6),
)
_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


@also_right(_RIGHT, "the running mean as a step towards gradient squared")
def towards(parameter, gradient, squares, rate, decay, epsilon):
    squares = squares + (1 - decay) * (gradient * gradient - squares)
    return parameter - rate / (squares**0.5 + epsilon) * gradient, squares


@known(_WRONG, "epsilon inside the root", "is epsilon added to the mean of squares, or to its root?")
def epsilon_inside(parameter, gradient, squares, rate, decay, epsilon):
    squares = decay * squares + (1 - decay) * gradient**2
    return parameter - rate * gradient / np.sqrt(squares + epsilon), squares


@known(_WRONG, "a step without epsilon", "what happens where the gradient is zero from the start?")
def epsilon_missing(parameter, gradient, squares, rate, decay, epsilon):
    squares = decay * squares + (1 - decay) * gradient**2
    return parameter - rate * gradient / np.sqrt(squares), squares


@known(_WRONG, "a division by the mean of squares, not by its root", "which unit has gradient / gradient squared?")
def no_root(parameter, gradient, squares, rate, decay, epsilon):
    squares = decay * squares + (1 - decay) * gradient**2
    return parameter - rate * gradient / (squares + epsilon), squares


@known(_WRONG, "a sum of squares that lacks the factor 1 - decay", "do the weights of a mean sum to one?")
def not_a_mean(parameter, gradient, squares, rate, decay, epsilon):
    squares = decay * squares + gradient**2
    return parameter - rate * gradient / (np.sqrt(squares) + epsilon), squares


@known(_WRONG, "decay and 1 - decay exchanged", "decay 0.9: how much of the old mean stays?")
def exchanged(parameter, gradient, squares, rate, decay, epsilon):
    squares = (1 - decay) * squares + decay * gradient**2
    return parameter - rate * gradient / (np.sqrt(squares) + epsilon), squares


@known(_WRONG, "a division by the old squares", "what are the squares before the first step?")
def old_squares(parameter, gradient, squares, rate, decay, epsilon):
    new = decay * squares + (1 - decay) * gradient**2
    return parameter - rate * gradient / (np.sqrt(squares) + epsilon), new


@known(_WRONG, "a mean of the gradients, not of their squares", "what cancels in a mean of gradients of both signs?")
def not_squared(parameter, gradient, squares, rate, decay, epsilon):
    squares = decay * squares + (1 - decay) * np.abs(gradient)
    return parameter - rate * gradient / (squares + epsilon), squares


@known(_WRONG, "one mean of squares for all entries", "does a small entry have the same size as a large one?")
def one_for_all(parameter, gradient, squares, rate, decay, epsilon):
    squares = decay * squares + (1 - decay) * np.full_like(gradient, np.mean(gradient**2))
    return parameter - rate * gradient / (np.sqrt(squares) + epsilon), squares


@known(_WRONG, "a step up the gradient", "does the loss grow or fall along the gradient?")
def uphill(parameter, gradient, squares, rate, decay, epsilon):
    squares = decay * squares + (1 - decay) * gradient**2
    return parameter + rate * gradient / (np.sqrt(squares) + epsilon), squares


@known(_WRONG, "AdaGrad: squares that are summed for ever", "what makes an old square count less?")
def adagrad(parameter, gradient, squares, rate, decay, epsilon):
    squares = squares + gradient**2
    return parameter - rate * gradient / (np.sqrt(squares) + epsilon), squares


RMSPROP = Exercise(
    slug="rmsprop",
    title="RMSProp",
    kind="implement",
    core=False,
    difficulty=2,
    minutes=10,
    reference=rmsprop_step,
    observe=lambda answer: walks(answer, *_CASES, names=_NAMES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("form", form(_NAMES)), Property("first wrong step", first_wrong_step)),
    hints=(
        "A running mean: decay times the old one plus (1 - decay) times the new value.",
        "The new value is gradient squared, entry by entry; the step uses the mean after this update.",
        "Divide by np.sqrt(squares) + epsilon: epsilon stands outside of the root.",
    ),
    not_tested="the variants with momentum or with a centred mean",
    fade=("squares = decay",),
    indistinguishable=all_the_same(_RIGHT),
)
