"""Which answers to scaled_step are right, and which are known mistakes?"""

from typing import Any

import torch
from torch import nn

from course_lib.teaching.checks.cuda.changed_step import all_finite, changed_step
from course_lib.teaching.exercises.exercise import Mistake, Variant
from course_lib.teaching.exercises.forms import also_right, known

WRONG: list[Mistake] = []
RIGHT: list[Variant] = []


@also_right(RIGHT, "the limit multiplied by the scale, and the clip before the division")
def limit_scaled(loss, parameters, optimizer, scale, good, limit, interval=2000):
    optimizer.zero_grad()
    (loss * scale).backward()
    length = nn.utils.clip_grad_norm_(parameters, limit * scale)
    if not torch.isfinite(length):
        return 0.5 * scale, 0
    for parameter in parameters:
        parameter.grad.mul_(1 / scale)
    optimizer.step()
    good += 1
    return (scale * 2, 0) if good % interval == 0 else (scale, good)


@also_right(RIGHT, "the length of the gradient tells whether it is finite, the division by hand")
def by_length(loss, parameters, optimizer, scale, good, limit, interval=2000):
    gradients = torch.autograd.grad(scale * loss, parameters)
    gradients = [gradient / scale for gradient in gradients]
    length = torch.sqrt(sum((gradient**2).sum() for gradient in gradients))
    if torch.isinf(length) or torch.isnan(length):
        return scale / 2, 0
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient * min(1.0, limit / (length.item() + 1e-6))
    optimizer.step()
    return (scale, good + 1) if good + 1 < interval else (2 * scale, 0)


def _wrong(id: str, cause: str, question: str, **changed: Any) -> None:
    WRONG.append(Mistake(id, cause, question, changed_step(**changed)))


_wrong(
    "clip_before_unscale",
    "a clip before the division by the scale",
    "of which gradient is `limit` the longest length?",
    clip="before",
)
_wrong(
    "clip_of_each",
    "a clip of each parameter by itself",
    "over which numbers is the length of one gradient taken?",
    clip="each",
)
_wrong(
    "clip_of_numbers",
    "a clip of single numbers in place of the length",
    "does a clip to a length turn the direction?",
    clip="values",
)
_wrong(
    "always_of_the_limit",
    "every gradient brought to the length `limit`, the short ones as well",
    "what does a clip do to a gradient that is shorter than the limit?",
    clip="to",
)
_wrong(
    "not_clipped",
    "an update that is not clipped, or too late",
    "which gradient has optimizer.step() used, and how long is it?",
    clip="never",
)
_wrong(
    "never_unscaled",
    "a gradient that is never divided by the scale",
    "whose gradient does backward() give, that of the loss or that of its multiple?",
    unscale=False,
)
_wrong(
    "never_scaled",
    "a gradient that is divided by a scale that it never had",
    "which line multiplies the loss?",
    multiply=False,
)
_wrong(
    "no_scaling",
    "a plain step: nothing is multiplied, nothing divided",
    "what is left of a gradient of 1e-6 after float16?",
    multiply=False,
    unscale=False,
)
_wrong(
    "no_skip",
    "an update in every case, also along an infinite gradient",
    "what are the parameters after an update by infinity?",
    skip="never",
)
_wrong(
    "not_checked",
    "an update that never looks whether the gradient is finite",
    "when is the scale to become smaller?",
    finite=lambda parameters: True,
)
_wrong(
    "zeros_for_infinite",
    "an update with 0 where the gradient is not finite",
    "what else than the gradient moves the parameters in an update?",
    skip="zeros",
)
_wrong(
    "only_infinite",
    "a check for infinity that lets NaN pass",
    "what is infinity minus infinity?",
    finite=lambda parameters: not any(bool(torch.isinf(p.grad).any()) for p in parameters),
)
_wrong(
    "only_nan",
    "a check for NaN that lets infinity pass",
    "what does float16 make of 92,160?",
    finite=lambda parameters: not any(bool(torch.isnan(p.grad).any()) for p in parameters),
)
_wrong(
    "all_numbers_of_one",
    "a check that is content with one finite number in a gradient",
    "how many bad numbers are enough to leave the update out?",
    finite=lambda parameters: all(bool(torch.isfinite(p.grad).any()) for p in parameters),
)
_wrong(
    "only_positive",
    "a check that lets minus infinity pass",
    "which two signs can an overflow have?",
    finite=lambda parameters: not any(bool((p.grad.isnan() | (p.grad == torch.inf)).any()) for p in parameters),
)
_wrong(
    "first_parameter",
    "a check of the first parameter alone",
    "in how many gradients can a number overflow?",
    finite=lambda parameters: all_finite(parameters[:1]),
)
_wrong(
    "not_lowered",
    "a scale that stays after an overflow",
    "what happens to the same loss in the next step, with the same scale?",
    lower=lambda scale: scale,
)
_wrong(
    "back_to_one",
    "a scale of 1 after an overflow",
    "how many halvings does it take until 90 fits?",
    lower=lambda scale: 1.0,
)
_wrong(
    "good_kept",
    "good updates that are counted on after an overflow",
    "since when has the scale been what it is?",
    reset=False,
)
_wrong(
    "never_grows",
    "a scale that never grows",
    "what does a scale that one bad batch has lowered do later?",
    grow=lambda scale, good, interval: (scale, good),
)
_wrong(
    "grows_each_time",
    "a scale that grows with every good update",
    "which of your lines reads `interval`?",
    grow=lambda scale, good, interval: (2 * scale, 0),
)
_wrong(
    "keeps_growing",
    "a scale that doubles in every update once `interval` is reached",
    "what is `good` after the scale has changed?",
    grow=lambda scale, good, interval: (2 * scale, good) if good >= interval else (scale, good),
)
_wrong(
    "never_counted",
    "an update that is never counted",
    "what is `good` after one more update?",
    grow=lambda scale, good, interval: (scale, good - 1),
)
_wrong(
    "counted_on",
    "good updates that are counted on after the scale has grown",
    "since when has the scale been what it is?",
    grow=lambda scale, good, interval: (scale if good % interval else 2 * scale, good),
)
_wrong(
    "one_late",
    "a scale that grows one update late",
    "is the update that was just made counted?",
    grow=lambda scale, good, interval: (2 * scale, 0) if good == interval + 1 else (scale, good),
)
_wrong("never_zeroed", "gradients that are never set to zero", "what does backward() add to?", zero=False)


@known(WRONG, "count and scale exchanged", "in which order does the docstring return the two?")
def exchanged(loss, parameters, optimizer, scale, good, limit, interval=2000):
    return changed_step()(loss, parameters, optimizer, scale, good, limit, interval)[::-1]


@known(WRONG, "a check of the loss in place of the gradients", "which number overflows first, loss or gradient?")
def loss_checked(loss, parameters, optimizer, scale, good, limit, interval=2000):
    if not torch.isfinite(loss * scale):
        return scale / 2, 0
    return changed_step(finite=lambda parameters: True)(loss, parameters, optimizer, scale, good, limit, interval)
