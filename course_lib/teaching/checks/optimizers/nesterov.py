"""What goes wrong in a step of Nesterov momentum? Its known mistakes and its check."""

from course_lib.numpy_nn.plain_optimizers import momentum_step, nesterov_step
from course_lib.teaching.checks.optimizers.momentum import CASES, NAMES
from course_lib.teaching.checks.optimizers.walk import first_wrong_step, form, walks
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, known

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


@also_right(_RIGHT, "the same step, written with the old velocity: mu^2 v - (1 + mu) eta g")
def with_old_velocity(parameter, gradient, velocity, rate, momentum):
    step = momentum**2 * velocity - (1 + momentum) * rate * gradient
    return parameter + step, momentum * velocity - rate * gradient


@also_right(_RIGHT, "the same step, written with both velocities: (1 + mu) v_new - mu v_old")
def with_both_velocities(parameter, gradient, velocity, rate, momentum):
    new = momentum * velocity - rate * gradient
    return parameter + (1 + momentum) * new - momentum * velocity, new


@known(
    _WRONG, "the step of plain momentum, a look ahead with the old velocity", "which velocity looks ahead, old or new?"
)
def plain_momentum(parameter, gradient, velocity, rate, momentum):
    return momentum_step(parameter, gradient, velocity, rate, momentum)


@known(_WRONG, "a look ahead without the gradient", "momentum times velocity, and what else moves the parameter?")
def gradient_forgotten(parameter, gradient, velocity, rate, momentum):
    velocity = momentum * velocity - rate * gradient
    return parameter + momentum * velocity, velocity


@known(_WRONG, "the whole velocity added, and the gradient once more", "what share of the velocity is added?")
def velocity_not_scaled(parameter, gradient, velocity, rate, momentum):
    velocity = momentum * velocity - rate * gradient
    return parameter + velocity - rate * gradient, velocity


@known(_WRONG, "the gradient added in place of subtracted", "does the change go up or down the gradient?")
def change_added(parameter, gradient, velocity, rate, momentum):
    velocity = momentum * velocity - rate * gradient
    return parameter + momentum * velocity + rate * gradient, velocity


@known(_WRONG, "a velocity that goes up the gradient", "with which sign does the gradient enter the velocity?")
def uphill(parameter, gradient, velocity, rate, momentum):
    velocity = momentum * velocity + rate * gradient
    return parameter + momentum * velocity - rate * gradient, velocity


@known(
    _WRONG,
    "Nesterov with the rate outside of the velocity, as torch keeps it",
    "what does an old gradient weigh after the rate has changed?",
)
def rate_outside(parameter, gradient, velocity, rate, momentum):
    velocity = momentum * velocity + gradient
    return parameter - rate * (gradient + momentum * velocity), velocity


@known(_WRONG, "a right step that keeps the step as its velocity", "is the step the velocity, here?")
def step_kept(parameter, gradient, velocity, rate, momentum):
    step = momentum * (momentum * velocity - rate * gradient) - rate * gradient
    return parameter + step, step


NESTEROV = Exercise(
    slug="nesterov",
    title="Nesterov momentum",
    kind="faded",
    core=False,
    difficulty=2,
    minutes=10,
    reference=nesterov_step,
    observe=lambda answer: walks(answer, *CASES, names=NAMES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("form", form(NAMES)), Property("first wrong step", first_wrong_step)),
    hints=(
        "The velocity changes exactly as in momentum.",
        "The parameter makes the step that momentum would make next if the gradient were the same again.",
        "momentum * velocity - change, with the new velocity.",
    ),
    not_tested="the form in which the gradient is taken at another point than the parameter",
    fade=("velocity = momentum", "return parameter"),
    indistinguishable=all_the_same(_RIGHT),
)
