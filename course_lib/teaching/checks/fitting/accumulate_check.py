"""Is the update from several batches that of one large batch? The check of accumulated_step."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from course_lib.teaching.checks.fitting.accumulate import RIGHT, WRONG
from course_lib.teaching.checks.fitting.toys import Batch, batch, linear, numbers, squared
from course_lib.teaching.exercises.compare import to_array
from course_lib.teaching.exercises.exercise import Exercise, Property
from course_lib.teaching.exercises.forms import all_the_same, kind_of, not_in_parts
from course_lib.teaching.exercises.observe import calls
from course_lib.training.plain import accumulated_step

_RNG = np.random.default_rng(31)
# Each case is three updates, one after the other. Sizes differ, and so does what the batches ask for.
_CASES: tuple[tuple[list[Batch], ...], ...] = (
    ([batch(_RNG, 4, 4), batch(_RNG, 9, 9, shift=3)], [batch(_RNG, 2, 2), batch(_RNG, 5, 5)], [batch(_RNG, 6, 6)]),
    tuple([batch(_RNG, 6, 5), batch(_RNG, 6, 1, shift=4), batch(_RNG, 6, 3)] for _ in range(3)),
    tuple([batch(_RNG, 3, 2, shift=2), batch(_RNG, 4, 0), batch(_RNG, 7, 6)] for _ in range(3)),
)


def _updates(answer: Callable[..., Any]) -> Callable[..., Any]:
    """Three calls of the answer on one model; before the first, the gradients hold something of an earlier use."""

    def run(*groups: list[Batch]) -> Any:
        model = linear(7)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.5)
        squared(model, groups[0][0]).total.backward()
        said, after = [], []
        for group in groups:
            said.append(answer(model, optimizer, group, squared))
            number = to_array(said[-1])
            if said[-1] is None or number is None or number.size != 1:
                return said[-1] if said[-1] is None else kind_of(said[-1])
            after.append(numbers(model))
        plain = all(isinstance(value, float | int | np.floating) for value in said)
        losses = np.array([float(value) for value in said])
        return {"parameters": np.array(after), "losses": losses, "a plain number": plain}

    return run


def _form(seen: Any, right: Any) -> str | None:
    form = not_in_parts(seen, "one number, the mean loss")
    if form:
        return f"{form}\nwhich two numbers make the mean?"
    for case in right:
        own, rule = seen[case]["result"], right[case]["result"]
        if not own["a plain number"]:
            return f"{case}: return a plain number; loss.total.item() takes it out of the tensor"
        same = np.allclose(own["parameters"], rule["parameters"], rtol=1e-9)
        if same and np.allclose(own["losses"], rule["losses"], rtol=1e-9):
            continue
        if same:
            first = int(np.argmax(~np.isclose(own["losses"], rule["losses"], rtol=1e-9)))
            told = f"{case}: the updates are right; for update {first + 1} you return {own['losses'][first]:.4g}"
            return f"{told}, the mean loss is {rule['losses'][first]:.4g}\nof which elements is yours a mean, and when?"
        if np.isnan(own["parameters"]).any():
            return (
                f"{case}: your parameters are NaN\nin which batch does nothing count, and by what do you divide there?"
            )
        if np.allclose(own["parameters"][0], rule["parameters"][0], rtol=1e-9):
            return (
                f"{case}: the first update is right, a later one is not\nwhat is left of one call when the next begins?"
            )
        sizes = "in its batches " + ", ".join(str(int(one[2].sum())) for one in _CASES[int(case[5:]) - 1][0])
        return f"{case}: the first update is not right; {sizes} elements count\nhow much may each single one weigh?"
    return None


ACCUMULATED_STEP = Exercise(
    slug="accumulated_step",
    title="One update from several batches",
    kind="implement",
    core=True,
    difficulty=2,
    minutes=20,
    reference=accumulated_step,
    observe=lambda answer: calls(_updates(answer), *_CASES),
    accepted=tuple(RIGHT),
    mistakes=tuple(WRONG),
    properties=(Property("updates and losses", _form),),
    hints=(
        "backward() adds to what stands in .grad: that is what makes accumulation possible, and zero_grad() necessary.",
        "loss.total.backward() for every batch gives the gradient of the sum over all elements. By what to divide it?",
        "Divide once, at the end: parameter.grad /= count, with the count over all batches.",
    ),
    not_tested="parameters that have no gradient, and what happens when nothing counts in any batch",
    fade=("loss.total.backward()", "parameter.grad /= count"),
    indistinguishable=all_the_same(RIGHT),
)
