"""Does a stopper stop at the right epoch and name the right best one? The check of early_stopping."""

import math
from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_stopping import early_stopping
from course_lib.teaching.checks.stopping.stoppers import MISTAKES, VARIANTS
from course_lib.teaching.exercises.exercise import Exercise, Property
from course_lib.teaching.exercises.forms import all_the_same
from course_lib.teaching.exercises.observe import calls

_NAN = math.nan
# Validation losses, patience, min_delta. Each script separates a few ways of getting the rule wrong.
SCRIPTS = (
    ([5.0, 4.0, 4.5, 3.0, 3.5, 3.2, 3.1, 2.9, 1.0], 3, 0.0),
    ([3.0, 4.0, 5.0, 1.0, 0.5], 2, 0.0),
    ([3.0, 3.0, 3.0, 3.0, 3.0], 3, 0.0),
    ([8.0, 7.9, 7.8, 7.6, 7.5, 7.4, 7.3, 7.25], 4, 0.3),
    ([0.5, 0.44, 0.46, 0.3, 0.28, 0.31, 0.2, 0.19], 2, 0.05),
    ([_NAN, _NAN, _NAN, 1.0], 3, 0.0),
    ([2.0, _NAN, _NAN, 1.0, 2.0, 1.5], 3, 0.0),
    ([4.0, 3.0, 2.0], 1, 0.0),
    ([9.0, 8.0, 8.5, 7.0, 7.5, 6.0, 6.5, 5.0], 2, 0.0),
    ([5.0, 4.0, 4.2, 4.1, 3.9, 3.5], 2, 0.3),
    ([2.0, _NAN, 1.0, 1.5, 1.2, 0.5], 2, 0.0),
    ([1.0, _NAN, 2.0, 1.5, 1.8, 1.9], 3, 0.0),
)


def _losses(values: list[float]) -> np.ndarray:
    """The script as the second column; the training loss falls, with a rise that differs from it."""
    training = np.linspace(3.0, 1.0, len(values))
    training[1] = 3.5
    return np.column_stack([training, values])


def _seen(answer: Any) -> Any:
    return calls(answer, *((_losses(values), patience, delta) for values, patience, delta in SCRIPTS))


def _first_wrong(seen: Any, right: Any) -> str | None:
    for (values, patience, delta), (name, case) in zip(SCRIPTS, right.items(), strict=True):
        own = seen[name]["result"]
        if not isinstance(own, tuple | list | np.ndarray) or len(own) != 2:
            return f"return two numbers, (last epoch, best epoch); you return {own!r}"
        if tuple(own) != tuple(case["result"]):
            shown = ", ".join("nan" if math.isnan(value) else f"{value:g}" for value in values)
            return f"losses {shown}; patience {patience}, min_delta {delta}: you give {tuple(map(int, own))}"
    return None


EARLY_STOPPING = Exercise(
    slug="early_stopping",
    title="When to stop, and which epoch to keep",
    kind="implement",
    core=True,
    difficulty=2,
    minutes=20,
    reference=early_stopping,
    observe=_seen,
    accepted=tuple(VARIANTS),
    mistakes=tuple(MISTAKES),
    properties=(Property("the two epochs of each script", _first_wrong),),
    hints=(
        "Keep three things: the best value, the epoch it came from, and the bad epochs since then.",
        "For every epoch: reset on improvement, one more otherwise, and then test the counter.",
        "A comparison with NaN is False. Write the condition so that False means no improvement.",
    ),
    not_tested="patience 0 and losses without any epoch",
    indistinguishable=all_the_same(VARIANTS),
)
