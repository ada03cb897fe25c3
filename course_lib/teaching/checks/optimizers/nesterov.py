"""A step of Nesterov momentum: its known mistakes, on the cases of momentum."""

from course_lib.by_hand.optimizers import nesterov_step
from course_lib.teaching.checks.optimizers.momentum import CASES
from course_lib.teaching.checks.optimizers.walk import step

NESTEROV = step(
    "nesterov",
    "Nesterov momentum",
    nesterov_step,
    *CASES,
    complete=True,
    difficulty=2,
    right="""
    with_old_velocity: the same step, written with the old velocity: mu^2 v - (1 + mu) eta g
        first: old = velocity
        parameter + A - change -> parameter + momentum**2 * old - (1 + momentum) * lr * gradient
    with_both_velocities: the same step, written with both velocities: (1 + mu) v_new - mu v_old
        first: old = velocity; parameter + A - change -> parameter + (1 + momentum) * velocity - momentum * old
    """,
    wrong="""
    plain_momentum: the step of plain momentum, a look ahead with the old velocity
        | which velocity looks ahead, old or new?
        parameter + A - change -> parameter + velocity
    gradient_forgotten: a look ahead without the gradient | momentum times velocity, and what else moves the parameter?
        parameter + A - change -> parameter + A
    velocity_not_scaled: the whole velocity added, and the gradient once more | what share of the velocity is added?
        parameter + A - change -> parameter + velocity - change
    change_added: the gradient added in place of subtracted | does the change go up or down the gradient?
        parameter + A - change -> parameter + A + change
    uphill: a velocity that goes up the gradient | with which sign does the gradient enter the velocity?
        momentum * velocity - change -> momentum * velocity + change
    rate_outside: Nesterov with the rate outside of the velocity, as torch keeps it
        | what does an old gradient weigh after the rate has changed?
        parameter + A - change -> parameter - lr * (gradient + A)
        momentum * velocity - change -> momentum * velocity + gradient
    step_kept: a right step that keeps the step as its velocity | is the step the velocity, here?
        return: RESULT[0], RESULT[0] - parameter
    state_lost: a right step that returns the old velocity | what will the next step find as its velocity?
        first: old = velocity; return: RESULT[0], old
    """,
    hints=(
        "The velocity changes exactly as in momentum.",
        "The parameter makes the step that momentum would make next if the gradient were the same again.",
        "momentum * velocity - change, with the new velocity.",
    ),
    not_tested="the form in which the gradient is taken at another point than the parameter",
    fade=("velocity = momentum", "return parameter"),
)
