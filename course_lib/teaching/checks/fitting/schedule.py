"""Rate, gradient, clip, update: cases and known mistakes of scheduled_steps."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from course_lib.by_hand.torch_loop import scheduled_steps
from course_lib.teaching.checks.fitting.toys import Batch, batch, linear, numbers, one_number, plain, squared
from course_lib.teaching.exercises.kinds import Form, implement
from course_lib.teaching.exercises.series import Steps, steps_told

_RNG = np.random.default_rng(33)


def _warmup(step: int) -> float:
    return (0.25, 0.5, 1.0, 0.6, 0.3)[step]  # the last for those who count from 1, or ask once more at the end


class _Watched(torch.optim.SGD):
    """SGD that notes at which rates it makes its updates, and the parameters after each."""

    def __init__(self, model: nn.Module, groups: Any) -> None:
        super().__init__(groups, lr=0.5, momentum=0.6)
        self.model, self.used, self.after = model, list[list[float]](), list[np.ndarray]()

    def step(self, closure: Any = None) -> Any:
        self.used.append([float(group["lr"]) for group in self.param_groups])
        loss = super().step(closure)
        self.after.append(numbers(self.model))
        return loss


def _trained(answer: Callable[..., Any]) -> Callable[..., Any]:
    """The answer on a model of two groups; the gradients hold something of an earlier use."""

    def run(batches: list[Batch], base: float, limit: float, once: bool = False) -> Any:
        model = nn.Sequential(linear(7), nn.Tanh(), linear(9, inputs=1))
        optimizer = _Watched(model, [{"params": model[0].parameters()}, {"params": model[2].parameters()}])
        squared(model, batches[1]).total.backward()
        said = answer(model, optimizer, iter(batches) if once else batches, squared, base, _warmup, limit)
        return {
            "rates used": np.array(optimizer.used),
            "lengths": np.array([float(length) for length in said]),
            "parameters": np.array([*optimizer.after, numbers(model)]),
            "plain numbers": plain(*said),
        }

    return run


def _lengths(said: Any) -> bool:
    return isinstance(said, list | tuple | np.ndarray) and all(map(one_number, said))


_TENSORS = "your lengths are right, but they are tensors; length.item() takes out a plain number"


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


SCHEDULED_STEPS = implement(
    "scheduled_steps: Rate, gradient, clip, update | core, difficulty 2, 15 minutes",
    scheduled_steps,
    complete=True,
    # The first gradient lies below the limit, later ones above it: a short gradient must not be stretched. In the
    # second case the batches can be read only once.
    cases=tuple(
        ([batch(_RNG, size, size, shift=shift) for size, shift in ((4, 0), (7, 4), (3, -4), (5, 2))], base, limit, once)
        for base, limit, once in ((0.02, 6.0, False), (0.05, 1.5, True))
    ),
    run=_trained,
    form=Form("a list of lengths, one number for each update", _lengths, "which number belongs to each batch?"),
    names={"lambda_lr": lambda_lr},
    right="""
    written_out: the clipping written out
        length = A -> length = torch.stack([p.grad.norm() for p in model.parameters()]).norm()
            ; [p.grad.mul_(min(1.0, limit / length)) for p in model.parameters()]
    lambda_lr: torch's LambdaLR, stepped after each update
    """,
    wrong="""
    rate_after: a rate that is set after the update: every update uses the one before
        | at which rate is the very first update made?
        group["lr"] = A -> pass
        after optimizer.step() -> for group in optimizer.param_groups: group["lr"] = base * schedule(step)
    counted_from_one: a schedule that is asked for step + 1
        | which multiplier belongs to the first update, schedule(0) or schedule(1)?
        schedule(step) -> schedule(step + 1)
    multiplied_up: rates that are multiplied on top of each other
        | what is the rate multiplied by, the base or the rate of the step before?
        base * A -> (base if step == 0 else group["lr"]) * A
    base_ignored: the schedule's number as the rate | is schedule(step) a rate or a multiplier?
        base * A -> A
    one_group: a rate that is set in the first group alone | how many groups are there?
        optimizer.param_groups -> optimizer.param_groups[:1]
    optimizers_rate: the optimizer's rate, multiplied by the schedule again and again | where does `base` come in?
        base * A -> group["lr"] * A
    not_set: a rate that does not reach the groups | where does SGD read its rate?
        group["lr"] = A -> pass
    constant: a rate that never changes | which line reads the schedule?
        base * A -> base
    never_zeroed: gradients that are never set to zero | what does backward() add to?
        drop: optimizer.zero_grad()
    gradient_of_sum: the gradient of the sum over the batch
        | would a batch of twice the size make a step of twice the length?
        loss.total / loss.count -> loss.total
    not_clipped: gradients that are not clipped | which line shortens a long gradient?
        limit -> float("inf")
    clipped_after: a clip after the update | which gradient does the update use, the long one or the short one?
        limit -> float("inf"); after optimizer.step() -> nn.utils.clip_grad_norm_(model.parameters(), limit)
    always_limit: a gradient that is always brought to the limit
        | what shall become of a gradient that is shorter than the limit?
        limit -> float("inf"); after length = A -> [p.grad.mul_(limit / length) for p in model.parameters()]
    each_parameter: a clip of each parameter by itself | does the direction of the whole gradient stay as it was?
        limit -> float("inf")
        after length = A -> [nn.utils.clip_grad_norm_([p], limit) for p in model.parameters()]
    each_group: a clip of each group of parameters by itself | over which parameters together is the length taken?
        length = A -> parts = [nn.utils.clip_grad_norm_(g["params"], limit) for g in optimizer.param_groups]
            ; length = {sum(parts)|torch.stack(parts).norm()}
    by_value: a clip of every number, not of the length | does the direction of the gradient stay as it was?
        limit -> float("inf"); after length = A -> nn.utils.clip_grad_value_(model.parameters(), limit)
    length_after: the lengths after clipping | which lengths does the docstring ask for?
        after length = A -> length = torch.stack([p.grad.norm() for p in model.parameters()]).norm()
    """,
    equivalent="""
    swap: for group in optimizer.param_groups: <-> optimizer.zero_grad() | neither reads what the other sets
    swap: optimizer.zero_grad() <-> loss = loss_fn(model, batch) | a forward pass leaves the gradients alone
    swap: optimizer.step() <-> lengths.append(length.item()) | the length was taken before both
    """,
    same=(("not_clipped", "clipped_after"),),  # the next zero_grad() throws away what was clipped
    properties=(
        steps_told(
            Steps(
                "rates used",
                "update {step} was made at the rates {yours}",
                "what are base and schedule({step}) there?",
                number="{yours} updates for {right} batches\nwhich line makes an update?",
            ),
            Steps(
                "lengths",
                "update {step}: you return {yours}, the gradient is {right} long",
                "over which numbers is the length taken, and when?",
                number="{yours} lengths for {right} updates\nin which line does the list grow?",
            ),
            Steps(
                "plain numbers", "your lengths are right, but they are tensors; length.item() takes out a plain number"
            ),
        ),
    ),
    hints="""
    The rate of a group is group['lr']; it must be there before optimizer.step() reads it.
    nn.utils.clip_grad_norm_(model.parameters(), limit) shortens in place and returns the length from before.
    Order: rate, zero_grad, loss, backward, clip, step.
    """,
    not_tested="gradients that are not finite",
    fade=('group["lr"] = ', "length = nn.utils"),
)
