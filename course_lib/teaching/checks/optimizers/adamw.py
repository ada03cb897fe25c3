"""What goes wrong in a step of AdamW? Its known mistakes and its check."""

import numpy as np

from course_lib.numpy_nn.plain_optimizers import adam_step, adamw_step
from course_lib.teaching.checks.optimizers.walk import Walk, first_wrong_step, form, walks
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, known

_NAMES = ("m", "v")
# One weight and one bias; decays so large that a wrong place shows.
_CASES = (
    Walk((3, 2), (0.1, 0.1, 0.02, 0.3, 0.05), (0.8, 0.95, 0.05, 0.7), seed=21),
    Walk((4,), (0.2, 0.05, 0.4, 0.1), (0.5, 0.7, 0.1, 0.4), seed=22),
    Walk((2, 5), (0.3, 0.2, 0.2), (0.9, 0.8, 0.01, 0.25), seed=23),
)
_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


def _weight(parameter):
    """1 for a weight, 0 for a bias."""
    return float(np.ndim(parameter) > 1)


@also_right(_RIGHT, "decay and Adam's step subtracted together, as in the paper")
def together(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon, decay):
    m, v = beta1 * m + (1 - beta1) * gradient, beta2 * v + (1 - beta2) * gradient**2
    step = m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + epsilon)
    return parameter - rate * (step + decay * _weight(parameter) * parameter), m, v


@also_right(_RIGHT, "with the Adam of the exercise before")
def with_adam(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon, decay):
    if len(parameter.shape) >= 2:
        parameter = parameter - rate * decay * parameter
    return adam_step(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon)


@also_right(_RIGHT, "the decay after the step, not before it: it differs by rate * decay * step")
def decay_after(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon, decay):
    parameter, m, v = adam_step(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon)
    return parameter * (1 - rate * decay * _weight(parameter)), m, v


@known(
    _WRONG,
    "L2 in Adam: the decay joins the gradient and goes through m and v",
    "by what is the decay divided when it is a part of the gradient?",
)
def through_moments(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon, decay):
    gradient = gradient + decay * _weight(parameter) * parameter
    return adam_step(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon)


@known(_WRONG, "L2 in Adam with the factor 2", "by what is the decay divided when it is a part of the gradient?")
def through_moments_twice(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon, decay):
    gradient = gradient + 2 * decay * _weight(parameter) * parameter
    return adam_step(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon)


@known(
    _WRONG,
    "a decay that joins m_hat above the fraction line",
    "by what is everything above the fraction line divided?",
)
def divided(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon, decay):
    m, v = beta1 * m + (1 - beta1) * gradient, beta2 * v + (1 - beta2) * gradient**2
    above = m / (1 - beta1**t) + decay * _weight(parameter) * parameter
    return parameter - rate * above / (np.sqrt(v / (1 - beta2**t)) + epsilon), m, v


def _decayed(factor):
    """AdamW whose parameter is multiplied by factor(rate, decay, is it a weight) before Adam's step."""

    def step(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon, decay):
        parameter = parameter * factor(rate, decay, _weight(parameter))
        return adam_step(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon)

    return step


_FACTORS = (
    ("biases_too", "a decay of biases as well", "what has a bias of one axis to lose?", lambda r, d, w: 1 - r * d),
    (
        "biases_only",
        "a decay of biases in place of weights",
        "which of the two has more than one axis?",
        lambda r, d, w: 1 - r * d * (1 - w),
    ),
    ("no_decay", "Adam: nothing decays", "which argument has no part in your result?", lambda r, d, w: 1.0),
    (
        "without_rate",
        "a decay without the rate",
        "what happens to the decay when a schedule lowers the rate?",
        lambda r, d, w: 1 - d * w,
    ),
    (
        "rate_squared",
        "a decay by the rate squared",
        "how often does the rate multiply the decay?",
        lambda r, d, w: 1 - r * r * d * w,
    ),
    (
        "twice",
        "a decay of twice the strength",
        "is the share rate * decay, or the gradient of decay * w^2?",
        lambda r, d, w: 1 - 2 * r * d * w,
    ),
    ("grows", "weights that grow", "is a share taken off, or added?", lambda r, d, w: 1 + r * d * w),
    (
        "kept_share",
        "weights of which only the share rate * decay stays",
        "which share is taken off, and which stays?",
        lambda r, d, w: r * d if w else 1.0,
    ),
)
_WRONG += [Mistake(name, cause, question, _decayed(factor)) for name, cause, question, factor in _FACTORS]


@known(_WRONG, "a decay of one size for all weights (L1)", "does a large weight lose more than a small one?")
def sign_only(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon, decay):
    parameter = parameter - rate * decay * _weight(parameter) * np.sign(parameter)
    return adam_step(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon)


@known(_WRONG, "AdamW without bias correction", "what are m and v after the first step, if both start at zero?")
def no_correction(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon, decay):
    m, v = beta1 * m + (1 - beta1) * gradient, beta2 * v + (1 - beta2) * gradient**2
    parameter = parameter * (1 - rate * decay * _weight(parameter))
    return parameter - rate * m / (np.sqrt(v) + epsilon), m, v


@known(_WRONG, "epsilon inside the root", "is epsilon added to v_hat, or to its root?")
def epsilon_inside(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon, decay):
    m, v = beta1 * m + (1 - beta1) * gradient, beta2 * v + (1 - beta2) * gradient**2
    parameter = parameter * (1 - rate * decay * _weight(parameter))
    return parameter - rate * m / (1 - beta1**t) / np.sqrt(v / (1 - beta2**t) + epsilon), m, v


@known(_WRONG, "an m that decays with the weight", "what belongs to the past gradients, and what to the weight?")
def decayed_moment(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon, decay):
    share = 1 - rate * decay * _weight(parameter)
    new, m, v = adam_step(parameter * share, gradient, m, v, t, rate, beta1, beta2, epsilon)
    return new, m * share, v


ADAMW = Exercise(
    slug="adamw",
    title="AdamW: weight decay apart from the gradient",
    kind="faded",
    core=True,
    difficulty=2,
    minutes=15,
    reference=adamw_step,
    observe=lambda answer: walks(answer, *_CASES, names=_NAMES, counted=True),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("form", form(_NAMES)), Property("first wrong step", first_wrong_step)),
    hints=(
        "Everything but one line is Adam.",
        "The weight loses the share rate * decay of itself; m and v never see that.",
        "if parameter.ndim > 1: parameter = (1 - rate * decay) * parameter",
    ),
    not_tested="the decay of layers such as normalization, which have one axis too and are left out",
    fade=("parameter = (1 - rate * decay)",),
    indistinguishable=all_the_same(item for item in _RIGHT if item.id != "decay_after"),
)
