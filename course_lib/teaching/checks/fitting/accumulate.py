"""One update from several batches: cases and known mistakes of accumulated_step."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from course_lib.by_hand.torch_loop import accumulated_step
from course_lib.teaching.checks.fitting.toys import Batch, Halved, batch, linear, numbers, one_number, plain, squared
from course_lib.teaching.exercises.kinds import Form, implement
from course_lib.teaching.exercises.series import Steps, steps_told

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
        model = nn.Sequential(Halved(), linear(7))  # what it computes depends on the mode
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.5)
        squared(model, groups[0][0]).total.backward()
        losses, after = [], []
        for group in groups:
            losses.append(answer(model, optimizer, group, squared))
            after.append(numbers(model))
        told = np.array([float(loss) for loss in losses])
        return {"losses": told, "parameters": np.array(after), "plain numbers": plain(*losses)}

    return run


def _wrong_update(case: str, step: int, own: np.ndarray, right: np.ndarray) -> str:
    if np.isnan(own).any():
        return "your parameters are NaN\nin which batch does nothing count, and by what do you divide there?"
    if step:
        return "the first update is right, a later one is not\nwhat does one call leave for the next?"
    sizes = ", ".join(str(int(one[2].sum())) for one in _CASES[int(case[5:]) - 1][0])
    told = f"the first update is not right; in its batches {sizes} elements count"
    return f"{told}\nhow much may each single one weigh?"


_LOSSES = "the updates are right; for update {number} you return {yours}, the mean loss is {right}"
_PLAIN = "return a plain number; loss.total.item() takes it out of the tensor"


def one_backward(model, optimizer, batches, loss_fn):
    losses = [loss_fn(model, one) for one in batches]
    mean = sum(loss.total for loss in losses) / sum(loss.count for loss in losses)
    model.zero_grad()
    mean.backward()
    optimizer.step()
    return mean.item()


ACCUMULATED_STEP = implement(
    "accumulated_step: One update from several batches | core, difficulty 2, 20 minutes",
    accumulated_step,
    cases=_CASES,
    run=_updates,
    form=Form("one number, the mean loss", one_number, "which two numbers make the mean?"),
    names={"one_backward": one_backward},
    right="""
    one_backward: the sums added first, one backward pass at the end
    counted_first: the elements counted first, every sum divided by their number
        first: number = sum(loss_fn(model, one).count for one in batches)
        loss.total.backward() -> (loss.total / number).backward(); parameter.grad /= count -> pass
    """,
    wrong="""
    mean_of_means: a mean of batch means: every batch weighs the same
        | how much does a row count in a batch of 4, and how much in one of 9?
        first: means = []
        loss.total.backward() -> means.append(loss.total / loss.count); (means[-1] / len(batches)).backward()
        parameter.grad /= count -> pass; return: sum(means).item() / len(means)
    means_of_the_rest: a mean of batch means, without the batches in which nothing counts
        | how much does a row count in a batch of 4, and how much in one of 9?
        first: means, batches = [], [one for one in batches if loss_fn(model, one).count]
        loss.total.backward() -> means.append(loss.total / loss.count); (means[-1] / len(batches)).backward()
        parameter.grad /= count -> pass; return: sum(means).item() / len(means)
    means_over_all: batch means, added up without the empty batches and divided by the number of all batches
        | how much does a row count in a batch of 4, and how much in one of 9?
        first: means, number = [], len(batches); batches = [one for one in batches if loss_fn(model, one).count]
        loss.total.backward() -> means.append(loss.total / loss.count); (means[-1] / number).backward()
        parameter.grad /= count -> pass; return: sum(means).item() / {len(means)|number}
    means_for_gradient: a gradient of batch means, beside a loss that is right
        | is the gradient that of the number you return?
        loss.total.backward() -> (loss.total / loss.count / len(batches)).backward(); parameter.grad /= count -> pass
    sum_of_means: a sum of batch means: off by the number of batches
        | by how much does the step grow when the same rows come in twice as many batches?
        loss.total.backward() -> (loss.total / loss.count).backward(); parameter.grad /= count -> pass
    not_divided: the gradient of the sum over all elements | would twice as many rows make a step of twice the length?
        parameter.grad /= count -> pass
    by_batches: sums that are divided by the number of batches | over how many elements is the mean to be taken?
        parameter.grad /= count -> parameter.grad /= len(batches)
    first_count: sums divided as if every batch were as large as the first
        | how many elements count in the second batch?
        parameter.grad /= count -> parameter.grad /= loss_fn(model, batches[0]).count * len(batches)
    rows_counted: a mean over all rows, also those that do not count
        | what does loss.count say of a batch in which two of three rows count?
        parameter.grad /= count -> parameter.grad /= sum(len(one[0]) for one in batches)
    zeroed_each: gradients set to zero before every batch: the last batch alone is left
        | which batches have a part in the gradient when the update is made?
        drop: optimizer.zero_grad(); before loss.total.backward() -> optimizer.zero_grad()
    last_mean: the mean of the last batch alone | which batches have a part in the gradient when the update is made?
        drop: optimizer.zero_grad(); before loss.total.backward() -> optimizer.zero_grad()
        parameter.grad /= count -> parameter.grad /= loss.count
    counted_so_far: sums that are divided by what was counted so far
        | by how many elements is the first sum divided, and by how many the last?
        loss.total.backward() -> (loss.total / max(1, count + loss.count)).backward(); parameter.grad /= count -> pass
    step_each: an update after every batch, with gradients that add up | how many updates does one large batch give?
        drop: optimizer.step(); first: number = sum(loss_fn(model, one).count for one in batches)
        loss.total.backward() -> (loss.total / number).backward(); optimizer.step()
    loop_of_sums: an update for every batch, by its sum | how many updates does one large batch give?
        drop: optimizer.step(); loss.total.backward() -> optimizer.zero_grad(); loss.total.backward(); optimizer.step()
    loop_of_means: an update for every batch, by its mean | how many updates does one large batch give?
        drop: optimizer.step()
        loss.total.backward() -> optimizer.zero_grad(); (loss.total / loss.count).backward(); optimizer.step()
    loop_of_the_rest: an update for every batch in which something counts, by its mean
        | how many updates does one large batch give?
        drop: optimizer.step(); first: batches = [one for one in batches if loss_fn(model, one).count]
        loss.total.backward() -> optimizer.zero_grad(); (loss.total / loss.count).backward(); optimizer.step()
    no_step: gradients without an update | which line changes the parameters?
        drop: optimizer.step()
    sum_returned: a right update that returns the sum of the losses | what does the docstring ask for, sum or mean?
        return: total
    loss_after: the loss after the update | which loss does the docstring ask for, before or after the update?
        return: sum(loss_fn(model, one).total.item() for one in batches) / count
    divided_each: gradients that are divided again with every batch | how often is the first sum divided in the end?
        parameter.grad /= count -> pass
        after total, count = total + A, B -> [parameter.grad.div_(count) for parameter in model.parameters()]
    ends_at_the_empty: a loop that ends at an empty batch | which batches come after the one in which nothing counts?
        before loss.total.backward() -> if loss.count == 0: break
    never_zeroed: gradients that are never set to zero
        | what do the gradients hold when your function is called, and what does backward() do with it?
        drop: optimizer.zero_grad()
    never_zeroed_scaled: gradients that are never set to zero, each sum divided
        | what do the gradients hold when your function is called, and what does backward() do with it?
        drop: optimizer.zero_grad(); first: number = sum(loss_fn(model, one).count for one in batches)
        loss.total.backward() -> (loss.total / number).backward(); parameter.grad /= count -> pass
    zeroed_after: gradients that are set to zero after the update, not before the first batch
        | what stands in the gradients when your function is called for the first time?
        drop: optimizer.zero_grad(); after optimizer.step() -> optimizer.zero_grad()
    """,
    equivalent="""
    swap: optimizer.zero_grad() <-> total, count = (0.0, 0) | neither reads what the other sets
    swap: loss.total.backward() <-> total, count = (total + loss.total.i | the backward pass leaves the loss alone
    swap: 0.0 <-> 0 | sums may start at a whole number or not
    """,
    properties=(
        steps_told(
            Steps("parameters", _wrong_update),
            Steps("losses", _LOSSES, "of which elements is yours a mean, and when?"),
            Steps("plain numbers", _PLAIN),
        ),
    ),
    hints="""
    backward() adds to what stands in .grad: that is what makes accumulation possible, and zero_grad() necessary.
    loss.total.backward() for every batch gives the gradient of the sum over all elements. By what to divide it?
    Divide once, at the end: parameter.grad /= count, with the count over all batches.
    """,
    not_tested="parameters that have no gradient, and what happens when nothing counts in any batch",
    fade=("loss.total.backward()", "parameter.grad /= count"),
)
