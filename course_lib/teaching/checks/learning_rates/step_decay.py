"""Is the rate of each epoch right under step decay? Known mistakes and the check of step_decay_rates."""

from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_schedules import step_decay_rates
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, known
from course_lib.teaching.exercises.observe import calls

_CASES = ((0.3, 0.5, 4, 11), (2.0, 0.1, 3, 7), (0.7, 0.8, 1, 5))
_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


def _loop(rate, factor, epochs, fires):
    rates = []
    for epoch in range(epochs):
        if fires(epoch):
            rate = rate * factor
        rates.append(rate)
    return rates


@also_right(_RIGHT, "a loop that leaves epoch 0 alone")
def in_a_loop(rate, factor, every, epochs):
    return _loop(rate, factor, epochs, lambda epoch: epoch > 0 and epoch % every == 0)


@also_right(_RIGHT, "all epochs at once, with NumPy")
def at_once(rate, factor, every, epochs):
    return rate * factor ** (np.arange(epochs) // every)


@known(_WRONG, "a decay that fires at epoch 0 already", "what is 0 % every, and what rate does epoch 0 then have?")
def fires_at_zero(rate, factor, every, epochs):
    return _loop(rate, factor, epochs, lambda epoch: epoch % every == 0)


@known(_WRONG, "a decay one epoch early", "how many epochs have been trained at the first rate?")
def one_early(rate, factor, every, epochs):
    return _loop(rate, factor, epochs, lambda epoch: (epoch + 1) % every == 0)


@known(_WRONG, "a decay one epoch late", "which epoch is the first after `every` epochs, if they count from 0?")
def one_late(rate, factor, every, epochs):
    return _loop(rate, factor, epochs, lambda epoch: epoch > 1 and (epoch - 1) % every == 0)


@known(_WRONG, "a decay in every epoch", "how long does each rate stay the same?")
def every_epoch(rate, factor, every, epochs):
    return [rate * factor**epoch for epoch in range(epochs)]


@known(_WRONG, "a smooth decay, without stairs", "is epoch / every a whole number in every epoch?")
def smooth(rate, factor, every, epochs):
    return [rate * factor ** (epoch / every) for epoch in range(epochs)]


@known(_WRONG, "a decay that happens once", "what happens at epoch 2 * every?")
def only_once(rate, factor, every, epochs):
    return _loop(rate, factor, epochs, lambda epoch: epoch == every)


@known(_WRONG, "multipliers in place of rates", "which rate do you get when the first argument is doubled?")
def multipliers(rate, factor, every, epochs):
    return [factor ** (epoch // every) for epoch in range(epochs)]


@known(_WRONG, "a rate divided by the factor", "does the rate rise or fall with a factor below 1?")
def divided(rate, factor, every, epochs):
    return [rate / factor ** (epoch // every) for epoch in range(epochs)]


@known(_WRONG, "a decay by the same amount each time", "is the rate multiplied, or is something taken off?")
def subtracted(rate, factor, every, epochs):
    return [rate * (1 - (1 - factor) * (epoch // every)) for epoch in range(epochs)]


@known(_WRONG, "the factor times the number of stairs", "what is the factor after two stairs: twice it, or its square?")
def times_stairs(rate, factor, every, epochs):
    return [rate * factor * (epoch // every) if epoch >= every else rate for epoch in range(epochs)]


@known(_WRONG, "one epoch too many", "how many epochs are 0 to epochs - 1?")
def one_more(rate, factor, every, epochs):
    return [rate * factor ** (epoch // every) for epoch in range(epochs + 1)]


@known(_WRONG, "a decay of what was decayed already", "is `rate` in your loop still the first rate?")
def compounded(rate, factor, every, epochs):
    rates = []
    for epoch in range(epochs):
        rate = rate * factor ** (epoch // every)
        rates.append(rate)
    return rates


def _how_many(seen: Any, right: Any) -> str | None:
    for case in right:
        own, rule = np.size(seen[case]["result"]), len(right[case]["result"])
        if own != rule:
            return f"{case} asks for {rule} epochs, you give {own} rates"
    return None


def _first(seen: Any, right: Any) -> str | None:
    own, rule = seen["case 1"]["result"][0], right["case 1"]["result"][0]
    return None if np.isclose(own, rule) else f"epoch 0 is trained at {rule:.3g}, yours has {own:.3g}"


STEP_DECAY = Exercise(
    slug="step_decay",
    title="Step decay, and what epoch 0 gets",
    kind="implement",
    core=False,
    difficulty=1,
    minutes=8,
    reference=step_decay_rates,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("one rate per epoch", _how_many), Property("the rate of epoch 0", _first)),
    hints=(
        "Write down by hand the rates of the first 7 epochs for every = 3.",
        "How often has the rate been multiplied by the factor before epoch e? That number is a whole division.",
        "A closed form, rate * factor ** (...), has no state that could go wrong.",
    ),
    not_tested="factors above 1, every = 0",
    indistinguishable=all_the_same(_RIGHT),
)
