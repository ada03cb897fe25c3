"""What goes wrong in a step with momentum? Its known mistakes and its check."""

import numpy as np

from course_lib.numpy_nn.plain_optimizers import momentum_step, rate_outside_step
from course_lib.teaching.checks.optimizers.walk import Walk, first_wrong_step, form, walks
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, known

NAMES = ("velocity",)
CASES = (
    Walk((3, 2), (0.1, 0.1, 0.02, 0.02, 0.3, 0.05), (0.9,), seed=1),
    Walk((5,), (0.2, 0.05, 0.05, 0.4), (0.6,), seed=2),
)
_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


@also_right(_RIGHT, "the change is computed first, then the velocity")
def change_first(parameter, gradient, velocity, rate, momentum):
    change = -rate * gradient
    new = velocity * momentum + change
    return parameter + new, new


@also_right(_RIGHT, "on copies, in place")
def on_copies(parameter, gradient, velocity, rate, momentum):
    velocity, parameter = velocity.copy(), parameter.copy()
    velocity *= momentum
    velocity -= rate * gradient
    parameter += velocity
    return [parameter, velocity]


@known(_WRONG, "a velocity that goes up the gradient", "with which sign does the gradient enter the velocity?")
def uphill(parameter, gradient, velocity, rate, momentum):
    velocity = momentum * velocity + rate * gradient
    return parameter + velocity, velocity


@known(_WRONG, "a right velocity that is subtracted", "the velocity holds minus rate times gradient: what is added?")
def subtracted(parameter, gradient, velocity, rate, momentum):
    velocity = momentum * velocity - rate * gradient
    return parameter - velocity, velocity


@known(
    _WRONG,
    "momentum with the rate outside of the velocity, as torch keeps it",
    "what does an old gradient weigh after the rate has changed?",
)
def rate_outside(parameter, gradient, velocity, rate, momentum):
    return rate_outside_step(parameter, gradient, velocity, rate, momentum)


@known(_WRONG, "a rate that counts twice", "the velocity has the rate in it: what is left for the parameter?")
def rate_twice(parameter, gradient, velocity, rate, momentum):
    velocity = momentum * velocity - rate * gradient
    return parameter + rate * velocity, velocity


@known(_WRONG, "momentum without the rate", "which argument has no part in your result?")
def rate_missing(parameter, gradient, velocity, rate, momentum):
    velocity = momentum * velocity - gradient
    return parameter + velocity, velocity


@known(
    _WRONG,
    "a velocity whose gradient is damped by 1 - momentum",
    "does the formula take a mean of the gradients, or their sum?",
)
def damped(parameter, gradient, velocity, rate, momentum):
    velocity = momentum * velocity - (1 - momentum) * rate * gradient
    return parameter + velocity, velocity


@known(_WRONG, "momentum multiplied by the gradient too", "what does momentum multiply: the past, or all of it?")
def momentum_on_all(parameter, gradient, velocity, rate, momentum):
    velocity = momentum * (velocity - rate * gradient)
    return parameter + velocity, velocity


@known(_WRONG, "1 - momentum in place of momentum", "momentum 0.9: how much of the old velocity stays?")
def complement(parameter, gradient, velocity, rate, momentum):
    velocity = (1 - momentum) * velocity - rate * gradient
    return parameter + velocity, velocity


@known(_WRONG, "plain gradient descent: the old velocity is not used", "what is left of the step before?")
def memoryless(parameter, gradient, velocity, rate, momentum):
    velocity = -rate * gradient
    return parameter + velocity, velocity


@known(
    _WRONG, "a step with the old velocity", "which velocity moves the parameter, the one before or after the update?"
)
def old_velocity(parameter, gradient, velocity, rate, momentum):
    return parameter + velocity, momentum * velocity - rate * gradient


@known(_WRONG, "a right step that returns the old velocity", "what will the next step find as its velocity?")
def state_lost(parameter, gradient, velocity, rate, momentum):
    return momentum_step(parameter, gradient, velocity, rate, momentum)[0], velocity


@known(_WRONG, "a velocity that is never slowed down", "which factor does the old velocity get?")
def undamped(parameter, gradient, velocity, rate, momentum):
    velocity = velocity - rate * gradient
    return parameter + velocity, velocity


@known(_WRONG, "one velocity shared by all entries", "how many velocities has a parameter of six entries?")
def shared(parameter, gradient, velocity, rate, momentum):
    velocity = momentum * velocity - rate * np.full_like(gradient, gradient.mean())
    return parameter + velocity, velocity


@known(_WRONG, "Nesterov's step", "by what does the parameter move: the new velocity, or a look ahead of it?")
def nesterov(parameter, gradient, velocity, rate, momentum):
    velocity = momentum * velocity - rate * gradient
    return parameter + momentum * velocity - rate * gradient, velocity


@known(_WRONG, "the gradient subtracted once more", "is the gradient not in the velocity already?")
def gradient_twice(parameter, gradient, velocity, rate, momentum):
    velocity = momentum * velocity - rate * gradient
    return parameter + velocity - rate * gradient, velocity


@known(_WRONG, "the right two results in another order", "in which order does the docstring list them?")
def swapped(parameter, gradient, velocity, rate, momentum):
    velocity = momentum * velocity - rate * gradient
    return velocity, parameter + velocity


MOMENTUM = Exercise(
    slug="momentum",
    title="Momentum",
    kind="implement",
    core=True,
    difficulty=1,
    minutes=10,
    reference=momentum_step,
    observe=lambda answer: walks(answer, *CASES, names=NAMES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("form", form(NAMES)), Property("first wrong step", first_wrong_step)),
    hints=(
        "Two lines: first the velocity changes, then the parameter moves by it.",
        "The old velocity is multiplied by momentum; rate times gradient is subtracted from that.",
        "Return both: the next step needs the velocity.",
    ),
    not_tested="numbers in place of arrays, and float32",
    fade=("velocity = ",),
    indistinguishable=all_the_same(_RIGHT),
)
