"""Rate, gradient, clip, update: in this order? The check of scheduled_steps."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from course_lib.teaching.checks.fitting.schedule import RIGHT, WRONG
from course_lib.teaching.checks.fitting.toys import Batch, batch, linear, numbers, squared
from course_lib.teaching.exercises.compare import to_array
from course_lib.teaching.exercises.exercise import Exercise, Property
from course_lib.teaching.exercises.forms import all_the_same, kind_of, not_in_parts
from course_lib.teaching.exercises.observe import calls
from course_lib.training.plain import scheduled_steps

_RNG = np.random.default_rng(33)
# The first gradient lies below the limit, later ones above it: a short gradient must not be stretched.
_CASES = tuple(
    ([batch(_RNG, size, size, shift=shift) for size, shift in ((4, 0), (7, 4), (3, -4), (5, 2))], base, limit)
    for base, limit in ((0.02, 6.0), (0.05, 1.5))
)


def _warmup(step: int) -> float:
    return (0.25, 0.5, 1.0, 0.6, 0.3)[step]  # the last for those who count from 1, or ask once more at the end


def _trained(answer: Callable[..., Any]) -> Callable[..., Any]:
    """The answer on a model of two groups; the gradients hold something of an earlier use."""

    def run(batches: list[Batch], base: float, limit: float) -> Any:
        model = nn.Sequential(linear(7), nn.Tanh(), linear(9, inputs=1))
        groups = [{"params": model[0].parameters()}, {"params": model[2].parameters()}]
        optimizer = torch.optim.SGD(groups, lr=0.5, momentum=0.6)
        squared(model, batches[1]).total.backward()
        after: list[np.ndarray] = []
        used: list[list[float]] = []
        step = optimizer.step

        def watched() -> None:
            used.append([float(group["lr"]) for group in optimizer.param_groups])
            step()
            after.append(numbers(model))

        optimizer.step = watched
        said = answer(model, optimizer, batches, squared, base, _warmup, limit)
        own = list(said) if isinstance(said, list | tuple | np.ndarray) else None
        if own is None or any(to_array(length) is None or to_array(length).size != 1 for length in own):
            return said if said is None else kind_of(said)
        return {
            "rates used": np.array(used),
            "parameters": np.array([*after, numbers(model)]),
            "lengths": np.array([float(length) for length in own]),
            "plain numbers": not any(isinstance(length, torch.Tensor) for length in own),
        }

    return run


def _rates(seen: Any, right: Any) -> str | None:
    form = not_in_parts(seen, "a list of lengths, one number for each update")
    if form:
        return f"{form}\nwhich number belongs to each batch?"
    for case in right:
        own, rule = seen[case]["result"], right[case]["result"]
        made = len(own["rates used"])
        if made != len(rule["rates used"]):
            told = f"{case}: {made} updates for {len(rule['rates used'])} batches"
            return f"{told}\n{'which lines make an update?' if made else 'which line makes an update?'}"
        if not np.allclose(own["rates used"], rule["rates used"]):
            first = int(np.argmax(~np.isclose(own["rates used"], rule["rates used"]).all(axis=1)))
            told = f"{case}: update {first} was made at the rates {own['rates used'][first].round(4).tolist()}"
            return f"{told}\nwhat are base and schedule({first}) there?"
        if len(own["lengths"]) != len(rule["lengths"]):
            return f"{case}: {len(own['lengths'])} lengths for {made} updates\nin which line does the list grow?"
        if len(own["lengths"]) == len(rule["lengths"]) and not np.allclose(own["lengths"], rule["lengths"]):
            first = int(np.argmax(~np.isclose(own["lengths"], rule["lengths"])))
            told = f"{case}: update {first}: you return {own['lengths'][first]:.4g}"
            told += f", the gradient is {rule['lengths'][first]:.4g} long"
            return f"{told}\nover which numbers is the length taken, and when?"
        if not own["plain numbers"] and np.allclose(own["parameters"], rule["parameters"]):
            return "your updates and lengths are right, but they are tensors; length.item() takes out a plain number"
    return None


SCHEDULED_STEPS = Exercise(
    slug="scheduled_steps",
    title="Rate, gradient, clip, update",
    kind="faded",
    core=True,
    difficulty=2,
    minutes=15,
    reference=scheduled_steps,
    observe=lambda answer: calls(_trained(answer), *_CASES),
    accepted=tuple(RIGHT),
    mistakes=tuple(WRONG),
    properties=(Property("rates and lengths", _rates),),
    hints=(
        "The rate of a group is group['lr']; it must be there before optimizer.step() reads it.",
        "nn.utils.clip_grad_norm_(model.parameters(), limit) shortens in place and returns the length from before.",
        "Order: rate, zero_grad, loss, backward, clip, step.",
    ),
    not_tested="gradients that are not finite",
    fade=('group["lr"] = ', "length = nn.utils"),
    # A clip after the update changes what the next zero_grad() throws away.
    indistinguishable=(*all_the_same(RIGHT), ("not_clipped", "clipped_after")),
)
