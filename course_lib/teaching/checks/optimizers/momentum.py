"""A step with momentum: its cases and its known mistakes."""

from course_lib.by_hand.optimizers import momentum_step
from course_lib.teaching.checks.optimizers.walk import Walk, step

CASES = (
    Walk((3, 2), (0.1, 0.1, 0.02, 0.02, 0.3, 0.05), (0.9,), seed=1),
    Walk((5,), (0.2, 0.05, 0.05, 0.4), (0.6,), seed=2),
    Walk((3, 2), (0.1, 0.3), (0.75,), seed=3, warm=True),
)

MOMENTUM = step(
    "momentum",
    "Momentum",
    momentum_step,
    *CASES,
    core=True,
    right="""
    change_first: the change is computed first, then the velocity
        velocity = A -> change = -lr * gradient; velocity = velocity * momentum + change
    on_copies: on copies, in place
        velocity = A -> velocity = velocity.copy(); velocity *= momentum; velocity -= lr * gradient
        return A -> parameter = parameter.copy(); parameter += velocity; return [parameter, velocity]
    """,
    wrong="""
    uphill: a velocity that goes up the gradient | with which sign does the gradient enter the velocity?
        momentum * velocity - A -> momentum * velocity + A
    subtracted: a right velocity that is subtracted | the velocity holds minus rate times gradient: what is added?
        parameter + velocity -> parameter - velocity
    rate_outside: momentum with the rate outside of the velocity, as torch keeps it
        | what does an old gradient weigh after the rate has changed?
        momentum * velocity - lr * gradient -> momentum * velocity + gradient
        parameter + velocity -> parameter - lr * velocity
    rate_twice: a rate that counts twice | the velocity has the rate in it: what is left for the parameter?
        parameter + velocity -> parameter + lr * velocity
    rate_missing: momentum without the rate | which argument has no part in your result?
        lr * gradient -> gradient
    damped: a velocity whose gradient is damped by 1 - momentum
        | does the formula take a mean of the gradients, or their sum?
        lr * gradient -> (1 - momentum) * lr * gradient
    momentum_on_all: momentum multiplied by the gradient too | what does momentum multiply: the past, or all of it?
        momentum * velocity - A -> momentum * (velocity - A)
    complement: 1 - momentum in place of momentum | momentum 0.9: how much of the old velocity stays?
        momentum * velocity -> (1 - momentum) * velocity
    memoryless: plain gradient descent: the old velocity is not used | what is left of the step before?
        momentum * velocity - A -> -A
    old_velocity: a step with the old velocity | which velocity moves the parameter, the one before or after the update?
        first: old = velocity; parameter + velocity -> parameter + old
    state_lost: a right step that returns the old velocity | what will the next step find as its velocity?
        first: old = velocity; return: RESULT[0], old
    undamped: a velocity that is never slowed down | which factor does the old velocity get?
        momentum * velocity -> velocity
    shared: one velocity shared by all entries | how many velocities has a parameter of six entries?
        lr * gradient -> lr * np.full_like(gradient, gradient.mean())
    nesterov: Nesterov's step | by what does the parameter move: the new velocity, or a look ahead of it?
        parameter + velocity -> parameter + momentum * velocity - lr * gradient
    gradient_twice: the gradient subtracted once more | is the gradient not in the velocity already?
        parameter + velocity -> parameter + velocity - lr * gradient
    swapped: the right two results in another order | in which order does the docstring list them?
        return: velocity, parameter + velocity
    """,
    hints=(
        "Two lines: first the velocity changes, then the parameter moves by it.",
        "The old velocity is multiplied by momentum; rate times gradient is subtracted from that.",
        "Return both: the next step needs the velocity.",
    ),
    not_tested="numbers in place of arrays, and float32",
    fade=("velocity = ",),
)
