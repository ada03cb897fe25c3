"""What goes wrong in a step of Adam? Its known mistakes and its check."""

import numpy as np

from course_lib.numpy_nn.plain_optimizers import adam_step
from course_lib.teaching.checks.optimizers.walk import Walk, first_wrong_step, form, walks
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.kinds import all_the_same, also_right, known

NAMES = ("m", "v")
# epsilon is large beside the small gradients, so that its place shows; betas are small, so that t shows.
CASES = (
    Walk((3, 2), (0.1, 0.1, 0.02, 0.3, 0.05, 0.05), (0.8, 0.95, 0.05), seed=11),
    Walk((4,), (0.2, 0.05, 0.4, 0.1), (0.5, 0.7, 0.3), seed=12),
)
_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


def _moments(gradient, m, v, beta1, beta2):
    return beta1 * m + (1 - beta1) * gradient, beta2 * v + (1 - beta2) * gradient**2


@also_right(_RIGHT, "the corrections folded into the rate and into epsilon")
def folded(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    m, v = _moments(gradient, m, v, beta1, beta2)
    c1, c2 = 1 - beta1**t, np.sqrt(1 - beta2**t)
    return parameter - rate * c2 / c1 * m / (np.sqrt(v) + epsilon * c2), m, v


@also_right(_RIGHT, "on copies, in place")
def on_copies(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    m, v, parameter = m.copy(), v.copy(), parameter.copy()
    m += (1 - beta1) * (gradient - m)
    v += (1 - beta2) * (np.square(gradient) - v)
    parameter -= rate * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon)
    return [parameter, m, v]


@also_right(_RIGHT, "epsilon before the correction, the short form of the paper; it differs where gradients are tiny")
def epsilon_before_correction(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    m, v = _moments(gradient, m, v, beta1, beta2)
    size = rate * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return parameter - size * m / (np.sqrt(v) + epsilon), m, v


@known(_WRONG, "Adam without bias correction", "what are m and v after the first step, if both start at zero?")
def no_correction(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    m, v = _moments(gradient, m, v, beta1, beta2)
    return parameter - rate * m / (np.sqrt(v) + epsilon), m, v


@known(_WRONG, "Adam that corrects m only", "which of the two means starts at zero?")
def only_m(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    m, v = _moments(gradient, m, v, beta1, beta2)
    return parameter - rate * m / (1 - beta1**t) / (np.sqrt(v) + epsilon), m, v


@known(_WRONG, "Adam that corrects v only", "which of the two means starts at zero?")
def only_v(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    m, v = _moments(gradient, m, v, beta1, beta2)
    return parameter - rate * m / (np.sqrt(v / (1 - beta2**t)) + epsilon), m, v


@known(_WRONG, "a correction by 1 - beta at every step", "what do the weights of the mean sum to after t steps?")
def power_missing(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    m, v = _moments(gradient, m, v, beta1, beta2)
    return parameter - rate * m / (1 - beta1) / (np.sqrt(v / (1 - beta2)) + epsilon), m, v


@known(_WRONG, "a correction with t + 1", "t is 1 at the first step: which power is right there?")
def t_plus_one(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    m, v = _moments(gradient, m, v, beta1, beta2)
    return parameter - rate * m / (1 - beta1 ** (t + 1)) / (np.sqrt(v / (1 - beta2 ** (t + 1))) + epsilon), m, v


@known(_WRONG, "corrected moments that are kept as m and v", "what is corrected again at the next step?")
def corrected_kept(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    m, v = _moments(gradient, m, v, beta1, beta2)
    m, v = m / (1 - beta1**t), v / (1 - beta2**t)
    return parameter - rate * m / (np.sqrt(v) + epsilon), m, v


@known(_WRONG, "epsilon inside the root", "is epsilon added to v_hat, or to its root?")
def epsilon_inside(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    m, v = _moments(gradient, m, v, beta1, beta2)
    return parameter - rate * m / (1 - beta1**t) / np.sqrt(v / (1 - beta2**t) + epsilon), m, v


@known(_WRONG, "a step without epsilon", "which argument has no part in your result?")
def epsilon_missing(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    m, v = _moments(gradient, m, v, beta1, beta2)
    return parameter - rate * m / (1 - beta1**t) / np.sqrt(v / (1 - beta2**t)), m, v


@known(_WRONG, "a division by v_hat, not by its root", "which unit has gradient / gradient squared?")
def no_root(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    m, v = _moments(gradient, m, v, beta1, beta2)
    return parameter - rate * m / (1 - beta1**t) / (v / (1 - beta2**t) + epsilon), m, v


@known(_WRONG, "beta1 and beta2 exchanged", "which of the two means has the longer memory?")
def exchanged(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    return adam_step(parameter, gradient, m, v, t, rate, beta2, beta1, epsilon)


@known(_WRONG, "beta and 1 - beta exchanged", "beta 0.9: how much of the old mean stays?")
def complement(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    m, v = (1 - beta1) * m + beta1 * gradient, (1 - beta2) * v + beta2 * gradient**2
    return parameter - rate * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + epsilon), m, v


@known(_WRONG, "an m that sums gradients without 1 - beta1", "do the weights of a mean sum to one?")
def summed(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    m, v = beta1 * m + gradient, beta2 * v + (1 - beta2) * gradient**2
    return parameter - rate * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + epsilon), m, v


@known(_WRONG, "a v that averages m squared", "whose square does v average?")
def square_of_m(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    m = beta1 * m + (1 - beta1) * gradient
    v = beta2 * v + (1 - beta2) * m**2
    return parameter - rate * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + epsilon), m, v


@known(_WRONG, "a step by the gradient in place of m", "what is m kept for?")
def gradient_for_m(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    m, v = _moments(gradient, m, v, beta1, beta2)
    return parameter - rate * gradient / (np.sqrt(v / (1 - beta2**t)) + epsilon), m, v


@known(_WRONG, "one v for all entries", "does every entry have a gradient of the same size?")
def one_for_all(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    m = beta1 * m + (1 - beta1) * gradient
    v = beta2 * v + (1 - beta2) * np.full_like(gradient, np.mean(gradient**2))
    return parameter - rate * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + epsilon), m, v


@known(_WRONG, "a step up the gradient", "does the loss grow or fall along the gradient?")
def uphill(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    new, m, v = adam_step(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon)
    return 2 * parameter - new, m, v


@known(_WRONG, "a right step that returns the old m and v", "what will the next step find as its means?")
def state_lost(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    return adam_step(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon)[0], m, v


ADAM = Exercise(
    slug="adam",
    title="Adam",
    kind="implement",
    core=True,
    difficulty=2,
    minutes=20,
    reference=adam_step,
    observe=lambda answer: walks(answer, *CASES, names=NAMES, counted=True),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("form", form(NAMES)), Property("first wrong step", first_wrong_step)),
    hints=(
        "Two running means, as in RMSProp: m of the gradient with beta1, v of its square with beta2.",
        "After t steps from zero the weights of a mean sum to 1 - beta**t: divide by that for the step only.",
        "Return m and v as they are, not corrected: the next step corrects them with its own t.",
    ),
    not_tested="t that does not grow by one, and float32",
    fade=("m_hat = ", "v_hat = "),
    indistinguishable=all_the_same(item for item in _RIGHT if item.id != "epsilon_before_correction"),
)
