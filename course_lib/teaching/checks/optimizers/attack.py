"""A test that tells Adam from its neighbours: what it must accept and reject, and the known weak tests."""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.by_hand.optimizers import adam_step
from course_lib.teaching.checks.optimizers.steps import ADAM
from course_lib.teaching.exercises.kinds import attack, planted_mistakes


def _in_place(parameter, gradient, m, v, t, lr, beta1, beta2, eps):
    """Adam that writes into everything that it is given, the gradient too."""
    new = adam_step(parameter, gradient, m, v, t, lr, beta1, beta2, eps)
    gradient *= 0
    for given, value in zip((parameter, m, v), new, strict=True):
        given[...] = value
    return parameter, m, v


def _first_rate_kept() -> Callable[..., Any]:
    """Adam that goes on with the rate of the first step."""
    rates: list[float] = []

    def step(parameter, gradient, m, v, t, lr, beta1, beta2, eps):
        rates[:] = [lr] if t == 1 or not rates else rates
        return adam_step(parameter, gradient, m, v, t, rates[0], beta1, beta2, eps)

    return step


_SAME = {variant.id: variant.answer for variant in ADAM.accepted}


RATES = [0.1 / t for t in range(1, 7)]


def loss_falls(step: Callable[..., Any], rng: np.random.Generator) -> bool:
    theta, m, v = np.array([[3.0, -2.0], [1.0, 4.0], [-1.0, 2.0]]), np.zeros((3, 2)), np.zeros((3, 2))
    first = np.sum(theta**2)
    for t in range(1, 31):
        theta, m, v = step(theta.copy(), 2 * theta, m, v, t, 0.05, 0.9, 0.999, 1e-8)
    return bool(np.sum(theta**2) < first)


def against_torch(step: Callable[..., Any], rng: np.random.Generator) -> bool:
    import torch

    own, m, v = rng.normal(size=(3, 2)), np.zeros((3, 2)), np.zeros((3, 2))
    theirs = torch.nn.Parameter(torch.tensor(own))
    optimizer = torch.optim.Adam([theirs], lr=0.1, betas=(0.8, 0.95), eps=0.01)
    for t in range(1, 7):
        lr = optimizer.param_groups[0]["lr"] = 0.1 / t
        gradient = np.geomspace(1e-3, 10, 6).reshape(3, 2) * rng.normal(size=(3, 2))
        theirs.grad = torch.tensor(gradient)
        optimizer.step()
        own, m, v = step(own.copy(), gradient, m, v, t, lr, 0.8, 0.95, 0.01)
        if not np.allclose(own, theirs.detach().numpy(), rtol=1e-6, atol=1e-9):
            return False
    return True


def strict(seen: Any, right: Any) -> bool:
    """Every wrong step is found, and right ones are rejected that round otherwise than `adam_step`."""
    alarms = {name for name, accepted in seen["right"].items() if accepted is not True}
    return bool(alarms) and alarms <= {"folded", "on copies"} and not any(seen["planted"].values())


def _alarm(alarms: list[str]) -> str:
    if alarms == ["in place"]:
        return "a right step that writes into its arguments is rejected: do you hand out copies?"
    return "right steps are rejected: print the largest difference you find for `adam_step` itself"


PLANTED = planted_mistakes(ADAM) | {"first rate kept": _first_rate_kept()}
_EPSILON = "is there a gradient in your test beside which epsilon counts?"


def adam_passes(step: Callable[..., tuple[np.ndarray, np.ndarray, np.ndarray]], rng: np.random.Generator) -> bool:
    """Whether `step`, called like `adam_step`, makes the steps of Adam: True or False.

    Several steps from zeros of m and v, at a rate that changes, with gradients of very different
    size and an eps that counts. `step` may write into the arrays that it is given.
    """
    sizes = np.geomspace(1e-3, 10, 6).reshape(3, 2)
    right = own = rng.normal(size=(3, 2))
    m, v, own_m, own_v = (np.zeros((3, 2)) for _ in range(4))
    for t, lr in enumerate((0.1, 0.1, 0.02, 0.3, 0.05), start=1):
        gradient = sizes * rng.normal(size=(3, 2))
        right, m, v = adam_step(right, gradient, m, v, t, lr, 0.8, 0.95, 0.01)
        own, own_m, own_v = step(own.copy(), gradient.copy(), own_m, own_v, t, lr, 0.8, 0.95, 0.01)
        if not np.allclose(own, right, rtol=1e-8, atol=1e-10):
            return False
    return True


ADAM_PASSES = attack(
    "adam_passes: Attack: a test that tells Adam from its neighbours | core, difficulty 3, 20 minutes",
    adam_passes,
    call=lambda test, step: test(step, np.random.default_rng(0)),
    right={"adam": adam_step, "folded": _SAME["folded"], "on copies": _SAME["on_copies"], "in place": _in_place},
    planted=PLANTED,
    each="a right step",
    never="does your test accept adam_step?",
    also="""
    against_torch: against torch.optim.Adam, step by step
    more_steps: more steps
        (0.1, 0.1, 0.02, 0.3, 0.05) -> (0.1, 0.1, 0.02, 0.3, 0.05) * 4
    """,
    wrong="""
    one_step: a test of a single step | which faults show only when m and v come back?
        (0.1, 0.1, 0.02, 0.3, 0.05) -> (0.1,)
    one_rate: a test at one rate | what if a step goes on with the rate of the first step?
        (0.1, 0.1, 0.02, 0.3, 0.05) -> (0.1,) * 5
    tiny_epsilon: a test in which epsilon is too small to count
        | how would a step without epsilon differ from yours at these gradients?
        every 0.01 -> 1e-12
    ones: a test whose gradients are all one | can gradients of one size tell the entries apart?
        sizes * rng.normal(size=(3, 2)) -> np.ones((3, 2))
    state_of_the_reference: a test that hands over the right m and v at every step | what if a step returns wrong means?
        right, m, v = A -> given = m.copy(), v.copy(); right, m, v = A
        step(own.copy(), A, own_m, own_v, t, lr, B, C, D) -> step(own.copy(), A, *given, t, lr, B, C, D)
    equal_betas: a test with beta1 equal to beta2 | what if a step exchanges the two?
        every 0.8 -> 0.9; every 0.95 -> 0.9
    no_copies: a test that gives its own arrays out of hand
        | what if a step writes into the gradient that you use afterwards?
        own.copy() -> own; gradient.copy() -> gradient; right, m, v = A -> B = 0
        after own, own_m, own_v = A -> right, m, v = adam_step(right, gradient, m, v, t, lr, 0.8, 0.95, 0.01)
    exactly_equal: a test that wants the last bit to agree | do two right formulas round alike?
        {(0.1, 0.1, 0.02, 0.3, 0.05) -> RATES|every 0.8 -> 0.8}; np.allclose(A, B, rtol=C, atol=D) -> np.all(A == B)
        when: strict
    loose: a test with a tolerance of a tenth | how far apart are Adam with and without epsilon inside the root?
        {(0.1, 0.1, 0.02, 0.3, 0.05) -> RATES|every 0.8 -> 0.8}; 1e-8 -> {0.1|0.05}; 1e-10 -> {0.1|0.05}
    sum_only: a test of the sum of the entries | can two different arrays have the same sum, up to your tolerance?
        (0.1, 0.1, 0.02, 0.3, 0.05) -> RATES; np.allclose(A, B, rtol=C, atol=D) -> abs(np.sum(A) - np.sum(B)) < 0.05
    signs_only: a test of the signs of the parameters | how many wrong steps leave all signs as they are?
        (0.1, 0.1, 0.02, 0.3, 0.05) -> RATES; np.allclose(A, B, rtol=C, atol=D) -> np.all(np.sign(A) == np.sign(B))
    loss_falls: a test that the loss falls | how many wrong optimizers still go downhill?
    """,
    alarm=_alarm,
    survived={name: _EPSILON for name in PLANTED if "epsilon" in name}
    | {
        name: "several steps, gradients of different sizes, the m and v that the step returned: which is missing?"
        for name in PLANTED
        if "epsilon" not in name
    },
    hints="""
    Let `step` and your own adam_step walk side by side and compare the parameters after every step.
    Give `step` copies, and give it back the m and v that it returned itself.
    Gradients of very different sizes, an epsilon like 0.01, two different betas, at least four steps.
    """,
    not_tested="tests of speed and of memory",
)
