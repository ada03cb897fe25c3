"""A whole exercise of the kind that authors write, small enough to read: the mean squared error and its gradient."""

import numpy as np

from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.observe import Case, calls, observed_attack


def mean_squared_error(predictions, targets):
    """The mean of the squared differences, and its gradient (same shape as `predictions`)."""
    difference = predictions - targets
    loss = np.mean(difference**2)
    gradient = 2 * difference / difference.size
    return loss, gradient


def summed(predictions, targets):
    difference = predictions - targets
    return np.sum(difference**2), 2 * difference


def rows(predictions, targets):
    difference = predictions - targets
    return np.sum(difference**2) / len(difference), 2 * difference / len(difference)


def without_two(predictions, targets):
    loss, gradient = mean_squared_error(predictions, targets)
    return loss, gradient / 2


def turned(predictions, targets):
    loss, gradient = mean_squared_error(predictions, targets)
    return loss, -gradient


def absolute(predictions, targets):
    difference = predictions - targets
    return np.mean(np.abs(difference)), np.sign(difference) / difference.size


def halved(predictions, targets):
    loss, gradient = mean_squared_error(predictions, targets)
    return loss / 2, gradient / 2


def observe(function):
    rng = np.random.default_rng(7)
    shapes = ((3, 2), (5, 4), (1, 7))  # never square, never all ones, one row as well
    arrays = [(rng.normal(size=shape), 2 + rng.normal(size=shape)) for shape in shapes]
    return calls(function, *arrays[:2], Case(arrays[2][0], targets=arrays[2][1]))


def gradient_has_the_shape(seen, _):
    for name, case in seen.items():
        shape = np.shape(case["result"][1])
        if len(shape) == 1:
            return f"{name}: your gradient has one axis, shape {shape}; the predictions have two"
    return None


TOY = Exercise(
    slug="mean_squared_error",
    title="Mean squared error and its gradient",
    kind="implement",
    core=False,
    difficulty=1,
    minutes=8,
    reference=mean_squared_error,
    observe=observe,
    accepted=(Variant("halved", halved, "half the mean squared error, whose gradient has no factor 2"),),
    mistakes=(
        Mistake("sum", "the sum where a mean is asked for", "how does the loss grow with the batch?", summed),
        Mistake("rows", "a mean over the rows only", "how many numbers are averaged?", rows),
        Mistake("no-two", "a gradient without the factor 2", "what is the derivative of x squared?", without_two),
        Mistake("sign", "a gradient with its sign turned round", "where must a step lead?", turned),
        Mistake("absolute", "the mean absolute error", "what does twice the error cost?", absolute),
    ),
    properties=(Property("shape of the gradient", gradient_has_the_shape),),
    hints=("Write the loss for one number first.", "The mean divides by every number, not by every row."),
    not_tested="empty arrays",
    fade=("gradient =",),
)


def doubles_it(version):
    return np.array_equal(version(np.array([1.0, -2.0, 0.0])), [2.0, -4.0, 0.0])


def doubles_ones(version):
    return np.array_equal(version(np.ones(3)), [2.0, 2.0, 2.0])


ATTACK = Exercise(
    slug="double_attack",
    title="Write a test of doubling",
    kind="attack",
    core=False,
    difficulty=2,
    minutes=5,
    reference=doubles_it,
    observe=lambda test: observed_attack(
        test,
        right={"times": lambda x: 2 * x, "plus": lambda x: x + x},
        planted={
            "plus-one": lambda x: x + 1,
            "absolute": lambda x: 2 * np.abs(x),
            "as-is": lambda x: x,
            "crash": lambda x: x @ np.ones((2, 2)),
        },
    ),
    mistakes=(
        Mistake("ones", "a test that only tries ones", "what is 1 + 1, and what is 2 times 1?", doubles_ones),
        Mistake("all", "a test that accepts everything", "what does it ever reject?", lambda version: True),
        Mistake("none", "a test that rejects everything", "what does it ever accept?", lambda version: False),
        Mistake("sign", "a test of the sign only", "is 3 the double of 1?", lambda v: bool(v(np.array([-2.0]))[0] < 0)),
    ),
    hints=("Try numbers of both signs.",),
    not_tested="speed",
)

AUDIT = Exercise(
    slug="audit_toy",
    title="Audit a claim",
    kind="audit",
    core=False,
    difficulty=1,
    minutes=5,
    reference={"verdict": "not shown", "runs": 1, "entropy": 4.25},
    mistakes=(
        Mistake("trusting", "a report taken at its word", "how many runs are there?",
                {"verdict": "supported", "runs": 1, "entropy": 4.25}),
    ),
    hints=(),
)  # fmt: skip

ORDER = Exercise(
    slug="order_toy",
    title="Order the loop",
    kind="order",
    core=False,
    difficulty=1,
    minutes=3,
    reference=["forward", "loss", "backward", "update"],
    mistakes=(
        Mistake("late", "an update before the gradient is there", "what does the update read?",
                ["forward", "loss", "update", "backward"]),
    ),
)  # fmt: skip
