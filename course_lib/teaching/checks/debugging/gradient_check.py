"""Is a claimed gradient compared rightly with central differences? The check of gradient_check."""

from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_debugging import gradient_check
from course_lib.teaching.checks.debugging.gradient import MISTAKES, VARIANTS
from course_lib.teaching.exercises.exercise import Exercise, Property
from course_lib.teaching.exercises.forms import all_the_same
from course_lib.teaching.exercises.observe import Case, calls


def _coupled(x: np.ndarray) -> float:
    """Every number acts on the slope of every other one."""
    weights = 1 + np.arange(x.size)
    return float(np.exp(0.3 * np.sum(x.ravel() * weights) / x.size) + np.sum(x.ravel() ** 3 * weights))


def _large_offset(x: np.ndarray) -> float:
    return float(np.sum(np.exp(x)) + np.asarray(1000, x.dtype))


def _kinked(x: np.ndarray) -> float:
    return float(np.sum(np.maximum(x, 0) * (1 + np.arange(x.size)).reshape(x.shape)))


_X = np.array([[0.7, -0.4, 0.2], [1.1, 0.5, -0.9]])
_CUBE = np.linspace(-1, 1, 12).reshape(2, 3, 2)
_SMALL = np.array([0.3, -0.2, 0.9], np.float32)
_CASES = (
    Case(_coupled, np.array([[1.0, -2.0, 3.0], [4.0, 0.5, 6.0]]), _X, step=0.3),  # a claim that is far off
    Case(_coupled, np.linspace(0.5, 9, 12).reshape(2, 3, 2), _CUBE),
    Case(_large_offset, 1.1 * np.exp(_SMALL.astype(np.float64)), _SMALL, step=1e-3),  # a tenth too large
    Case(lambda x: 3.0, np.zeros(4), np.ones(4)),
    Case(_kinked, np.array([1.0, 2.0, 0.0]), np.array([0.05, 1.0, -1.0]), step=0.1),  # a kink within the step
    Case(lambda x: float(1e-4 * np.sum(x**2)), np.full(3, 4e-4), np.ones(3)),  # small and twice too large
)


def _one_number(seen: Any, right: Any) -> str | None:
    for case, facts in seen.items():
        if np.ndim(facts["result"]) != 0:
            return f"{case}: return one number, the error; you return an array {np.shape(facts['result'])}"
    return None


def _in_range(seen: Any, right: Any) -> str | None:
    for case, facts in seen.items():
        value = float(facts["result"])
        if np.isnan(value):
            return f"{case}: NaN; what is divided by what there?"
        if not 0 <= value <= 1 + 1e-9:
            return f"{case}: {value:.3g}; by the triangle inequality the error lies between 0 and 1"
    return None


GRADIENT_CHECK = Exercise(
    slug="gradient_check",
    title="Compare a gradient with differences",
    kind="implement",
    core=True,
    difficulty=2,
    minutes=20,
    reference=gradient_check,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(VARIANTS),
    mistakes=tuple(MISTAKES),
    properties=(Property("one number", _one_number), Property("between 0 and 1", _in_range)),
    hints=(
        "Move one number at a time: up, evaluate, down, evaluate, back. np.ndindex(x.shape) runs over all of them.",
        "(above - below) / (2 * step), on a float64 copy of x.",
        "The error is one quotient of lengths over all numbers, not a mean of quotients; both zero is 0.",
    ),
    not_tested="functions that draw random numbers, and how long it takes",
    fade=("differences[index] = ", "scale = "),
    indistinguishable=all_the_same(VARIANTS),
)
