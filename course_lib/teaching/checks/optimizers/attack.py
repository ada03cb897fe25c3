"""Does the learner's test accept Adam and find its neighbours? The check of adam_passes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_optimizers import adam_passes, adam_step
from course_lib.teaching.checks.optimizers.adam import ADAM
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.kinds import all_the_same
from course_lib.teaching.exercises.observe import attack


def _in_place(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    """Adam that writes into everything that it is given, the gradient too."""
    new = adam_step(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon)
    gradient *= 0
    for given, value in zip((parameter, m, v), new, strict=True):
        given[...] = value
    return parameter, m, v


_SAME = {variant.id: variant.answer for variant in ADAM.accepted}
RIGHT = {
    "adam": adam_step,
    "folded": _SAME["folded"],
    "on copies": _SAME["on_copies"],
    "in place": _in_place,
}
PLANTED = {mistake.id.replace("_", " "): mistake.answer for mistake in ADAM.mistakes}


def _walk(
    step: Callable[..., Any],
    rng: np.random.Generator,
    *,
    steps: int = 6,
    draw: Callable[[np.random.Generator], Any] = lambda rng: (
        np.geomspace(1e-3, 10, 6).reshape(3, 2) * rng.normal(size=(3, 2))
    ),
    epsilon: float = 0.01,
    betas: tuple[float, float] = (0.8, 0.95),
    own_state: bool = True,
    copies: bool = True,
    same: Callable[[Any, Any], bool] = lambda a, b: bool(np.allclose(a, b, rtol=1e-8, atol=1e-10)),
) -> bool:
    """A test of Adam that is right with these defaults; each known mistake changes one of them."""
    right = own = rng.normal(size=(3, 2))
    m, v, own_m, own_v = (np.zeros((3, 2)) for _ in range(4))
    for t in range(1, steps + 1):
        gradient, rate = draw(rng), 0.1 / t
        start = own.copy() if copies else own
        given = (own_m, own_v) if own_state else (m.copy(), v.copy())
        own, own_m, own_v = step(start, gradient.copy() if copies else gradient, *given, t, rate, *betas, epsilon)
        right, m, v = adam_step(right, gradient, m, v, t, rate, *betas, epsilon)
        if not same(own, right):
            return False
    return True


def _with(**changed: Any) -> Callable[..., bool]:
    return lambda step, rng: _walk(step, rng, **changed)


def _loss_falls(step: Callable[..., Any], rng: np.random.Generator) -> bool:
    theta, m, v = np.array([[3.0, -2.0], [1.0, 4.0], [-1.0, 2.0]]), np.zeros((3, 2)), np.zeros((3, 2))
    first = np.sum(theta**2)
    for t in range(1, 31):
        theta, m, v = step(theta.copy(), 2 * theta, m, v, t, 0.05, 0.9, 0.999, 1e-8)
    return bool(np.sum(theta**2) < first)


def _by_torch(step: Callable[..., Any], rng: np.random.Generator) -> bool:
    import torch

    own, m, v = rng.normal(size=(3, 2)), np.zeros((3, 2)), np.zeros((3, 2))
    theirs = torch.nn.Parameter(torch.tensor(own))
    optimizer = torch.optim.Adam([theirs], lr=0.1, betas=(0.8, 0.95), eps=0.01)
    for t in range(1, 7):
        gradient = np.geomspace(1e-3, 10, 6).reshape(3, 2) * rng.normal(size=(3, 2))
        theirs.grad = torch.tensor(gradient)
        optimizer.step()
        own, m, v = step(own.copy(), gradient, m, v, t, 0.1, 0.8, 0.95, 0.01)
        if not np.allclose(own, theirs.detach().numpy(), rtol=1e-6, atol=1e-9):
            return False
    return True


_VARIANTS = (
    Variant("against_torch", _by_torch, "against torch.optim.Adam, step by step"),
    Variant("more_steps", _with(steps=20), "more steps"),
)
_MISTAKES = (
    Mistake("one_step", "a test of a single step", "which faults show only when m and v come back?", _with(steps=1)),
    Mistake(
        "tiny_epsilon",
        "a test in which epsilon is too small to count",
        "how would a step without epsilon differ from yours at these gradients?",
        _with(epsilon=1e-12),
    ),
    Mistake(
        "ones",
        "a test whose gradients are all one",
        "can gradients of one size tell the entries apart?",
        _with(draw=lambda rng: np.ones((3, 2))),
    ),
    Mistake(
        "state_of_the_reference",
        "a test that hands over the right m and v at every step",
        "what if a step returns wrong means?",
        _with(own_state=False),
    ),
    Mistake(
        "equal_betas",
        "a test with beta1 equal to beta2",
        "what if a step exchanges the two?",
        _with(betas=(0.9, 0.9)),
    ),
    Mistake(
        "no_copies",
        "a test that gives its own arrays out of hand",
        "what if a step writes into the gradient that you use afterwards?",
        _with(copies=False),
    ),
    Mistake(
        "exactly_equal",
        "a test that wants the last bit to agree",
        "do two right formulas round alike?",
        _with(same=lambda a, b: bool(np.all(a == b))),
    ),
    Mistake(
        "loose",
        "a test with a tolerance of a tenth",
        "how far apart are Adam with and without epsilon inside the root?",
        _with(same=lambda a, b: bool(np.allclose(a, b, rtol=0.1, atol=0.1))),
    ),
    Mistake(
        "sum_only",
        "a test of the sum of the entries",
        "can two different arrays have the same sum, up to your tolerance?",
        _with(same=lambda a, b: bool(abs(np.sum(a) - np.sum(b)) < 0.05)),
    ),
    Mistake(
        "signs_only",
        "a test of the signs of the parameters",
        "how many wrong steps leave all signs as they are?",
        _with(same=lambda a, b: bool(np.all(np.sign(a) == np.sign(b)))),
    ),
    Mistake("loss_falls", "a test that the loss falls", "how many wrong optimizers still go downhill?", _loss_falls),
    Mistake(
        "accepts_all",
        "a test that accepts everything",
        "does a path lead to `return False`, and is what you return a bool?",
        lambda step, rng: True,
    ),
    Mistake("rejects_all", "a test that rejects everything", "does your test accept adam_step?", lambda *_: False),
    Mistake(
        "reversed",
        "a test with True and False exchanged",
        "what shall it return for a right step?",
        lambda step, rng: not adam_passes(step, rng),
    ),
)


def _reading(seen: Any, right: Any) -> str | None:
    alarms = [name for name, accepted in seen["right"].items() if accepted is not True]
    if "in place" in alarms and len(alarms) == 1:
        return "a right step that writes into its arguments is rejected: do you hand out copies?"
    if alarms:
        return "right steps are rejected: print the largest difference you find for `adam_step` itself"
    alive = [name for name, accepted in seen["planted"].items() if accepted is not False]
    if any("epsilon" in name for name in alive):
        return "is there a gradient in your test beside which epsilon counts?"
    return (
        "several steps, gradients of different sizes, and the m and v that the step itself returned: which is missing?"
    )


def _observe(answer: Callable[..., Any]) -> dict[str, Any]:
    return attack(lambda step: answer(step, np.random.default_rng(0)), right=RIGHT, planted=PLANTED)


ADAM_PASSES = Exercise(
    slug="adam_passes",
    title="Attack: a test that tells Adam from its neighbours",
    kind="attack",
    core=True,
    difficulty=3,
    minutes=20,
    reference=adam_passes,
    observe=_observe,
    accepted=_VARIANTS,
    mistakes=_MISTAKES,
    properties=(Property("what survived", _reading),),
    hints=(
        "Let `step` and your own adam_step walk side by side and compare the parameters after every step.",
        "Give `step` copies, and give it back the m and v that it returned itself.",
        "Gradients of very different sizes, an epsilon like 0.01, two different betas, at least four steps.",
    ),
    not_tested="tests of speed and of memory",
    indistinguishable=all_the_same(_VARIANTS),
)
