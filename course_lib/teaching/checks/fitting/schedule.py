"""What goes wrong between rate, gradient, clip and update? Known mistakes of scheduled_steps, and right ways."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from course_lib.teaching.exercises.exercise import Mistake, Variant
from course_lib.teaching.exercises.forms import also_right

WRONG: list[Mistake] = []
RIGHT: list[Variant] = []


def _length(model: nn.Module) -> float:
    return float(torch.stack([p.grad.norm() for p in model.parameters()]).norm())


def _clip(how: Callable[[list[torch.Tensor], float, float], object]) -> Callable[[nn.Module, float], float]:
    """A clip that returns the length from before; how(parameters, limit, length) changes the gradients."""

    def clip(model: nn.Module, limit: float) -> float:
        length = _length(model)
        how(list(model.parameters()), limit, length)
        return length

    return clip


def _times(parameters: list[torch.Tensor], factor: float) -> None:
    for parameter in parameters:
        parameter.grad *= factor


_shorten = _clip(lambda parameters, limit, length: _times(parameters, min(1.0, limit / length)))
_stretch = _clip(lambda parameters, limit, length: _times(parameters, limit / length))
_each = _clip(lambda parameters, limit, length: [nn.utils.clip_grad_norm_([p], limit) for p in parameters])
_values = _clip(lambda parameters, limit, length: nn.utils.clip_grad_value_(parameters, limit))


def _each_group(model: nn.Module, limit: float) -> float:
    return sum(float(nn.utils.clip_grad_norm_(part.parameters(), limit)) for part in (model[0], model[2]))


def _after_clipping(model: nn.Module, limit: float) -> float:
    nn.utils.clip_grad_norm_(model.parameters(), limit)
    return _length(model)


def _steps(
    *,
    rate: Callable[[float, float, Callable[[int], float], int], float] = lambda old, base, s, step: base * s(step),
    rate_when: str = "before",
    groups: slice = slice(None),
    zero: bool = True,
    mean: bool = True,
    clip: Callable[[nn.Module, float], float] = _shorten,
    clip_when: str = "before",
) -> Callable[..., Any]:
    """A training that is right with these defaults; a known mistake changes one of them."""

    def train(model, optimizer, batches, loss_fn, base, schedule, limit):
        def set_rates(step: int) -> None:
            for group in optimizer.param_groups[groups]:
                group["lr"] = rate(group["lr"], base, schedule, step)

        lengths = []
        for step, one in enumerate(batches):
            if rate_when == "before":
                set_rates(step)
            if zero:
                optimizer.zero_grad()
            loss = loss_fn(model, one)
            (loss.total / loss.count if mean else loss.total).backward()
            lengths.append(clip(model, limit) if clip_when == "before" else _length(model))
            optimizer.step()
            if clip_when == "after":
                clip(model, limit)
            if rate_when == "after":
                set_rates(step)
        return lengths

    return train


@also_right(RIGHT, "the clipping written out")
def written_out(model, optimizer, batches, loss_fn, base, schedule, limit):
    return _steps()(model, optimizer, batches, loss_fn, base, schedule, limit)


@also_right(RIGHT, "torch's LambdaLR, stepped after each update")
def lambda_lr(model, optimizer, batches, loss_fn, base, schedule, limit):
    for group in optimizer.param_groups:
        group["initial_lr"] = group["lr"] = base
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule)
    lengths = []
    for one in batches:
        model.zero_grad()
        loss = loss_fn(model, one)
        (loss.total / loss.count).backward()
        lengths.append(float(nn.utils.clip_grad_norm_(model.parameters(), limit)))
        optimizer.step()
        scheduler.step()
    return lengths


def _wrong(id: str, cause: str, question: str, **changed: Any) -> None:
    WRONG.append(Mistake(id, cause, question, _steps(**changed)))


_wrong(
    "rate_after",
    "a rate that is set after the update: every update uses the one before",
    "at which rate is the very first update made?",
    rate_when="after",
)
_wrong(
    "counted_from_one",
    "a schedule that is asked for step + 1",
    "which multiplier belongs to the first update, schedule(0) or schedule(1)?",
    rate=lambda old, base, s, step: base * s(step + 1),
)
_wrong(
    "multiplied_up",
    "rates that are multiplied on top of each other",
    "what is the rate multiplied by, the base or the rate of the step before?",
    rate=lambda old, base, s, step: (base if step == 0 else old) * s(step),
)
_MULTIPLIER = "is schedule(step) a rate or a multiplier?"
_wrong("base_ignored", "the schedule's number as the rate", _MULTIPLIER, rate=lambda old, base, s, step: s(step))
_wrong("one_group", "a rate that is set in the first group alone", "how many groups are there?", groups=slice(0, 1))
_wrong(
    "optimizers_rate",
    "the optimizer's rate, multiplied by the schedule again and again",
    "where does `base` come in?",
    rate=lambda old, base, s, step: old * s(step),
)
_wrong("not_set", "a rate that does not reach the groups", "where does SGD read its rate?", rate_when="never")
_wrong("constant", "a rate that never changes", "which line reads the schedule?", rate=lambda old, base, s, step: base)
_wrong("never_zeroed", "gradients that are never set to zero", "what does backward() add to?", zero=False)
_wrong(
    "gradient_of_sum",
    "the gradient of the sum over the batch",
    "would a batch of twice the size make a step of twice the length?",
    mean=False,
)
_wrong("not_clipped", "gradients that are not clipped", "which line shortens a long gradient?", clip_when="never")
_wrong(
    "clipped_after",
    "a clip after the update",
    "which gradient does the update use, the long one or the short one?",
    clip_when="after",
)
_wrong(
    "always_limit",
    "a gradient that is always brought to the limit",
    "what shall become of a gradient that is shorter than the limit?",
    clip=_stretch,
)
_wrong(
    "each_parameter",
    "a clip of each parameter by itself",
    "does the direction of the whole gradient stay as it was?",
    clip=_each,
)
_wrong(
    "each_group",
    "a clip of each group of parameters by itself",
    "over which parameters together is the length taken?",
    clip=_each_group,
)
_wrong(
    "by_value",
    "a clip of every number, not of the length",
    "does the direction of the gradient stay as it was?",
    clip=_values,
)
_wrong("length_after", "the lengths after clipping", "which lengths does the docstring ask for?", clip=_after_clipping)
