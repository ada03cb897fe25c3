"""What goes wrong in an update from several batches? Its known mistakes; the check itself is in accumulate_check.py."""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.core.metrics import Loss
from course_lib.teaching.exercises.exercise import Mistake, Variant
from course_lib.teaching.exercises.forms import also_right, known
from course_lib.training.plain import accumulated_step

WRONG: list[Mistake] = []
RIGHT: list[Variant] = []


def _step(
    *,
    weight: Callable[[Loss, list[int], int], float] = lambda loss, counts, number: 1 / sum(counts),
    zero: str = "before",
    step: str = "after",
    said: str = "mean",
    empty: bool = True,
) -> Callable[..., Any]:
    """An update that is right with these defaults; a known mistake changes one of them.

    weight: of the sum of batch `number`, given the counts of all batches. empty: whether batches in which nothing
    counts take part.
    """

    def update(model, optimizer, batches, loss_fn):
        counts = [loss_fn(model, one).count for one in batches]
        if zero == "before":
            optimizer.zero_grad()
        totals = []
        for number, one in enumerate(batches):
            if zero == "each":
                optimizer.zero_grad()
            loss = loss_fn(model, one)
            if not (empty or loss.count):
                continue
            (loss.total * weight(loss, counts, number)).backward()
            totals.append(loss.total.item())
            if step == "each":
                optimizer.step()
        if step == "after":
            optimizer.step()
        with np.errstate(all="ignore"):
            means = np.array(totals) / np.array([number for number in counts if empty or number])
        return {"mean": sum(totals) / sum(counts), "sum": sum(totals), "means": float(means.mean())}[said]

    return update


def _of_batch(loss: Loss, counts: list[int], number: int) -> float:
    """1 over what counts in this batch; of an empty one NaN, as the division of two zero tensors gives it."""
    return 1 / loss.count if loss.count else float("nan")


def _one(loss: Loss, counts: list[int], number: int) -> float:
    return 1.0


@also_right(RIGHT, "the sums added first, one backward pass at the end")
def one_backward(model, optimizer, batches, loss_fn):
    losses = [loss_fn(model, one) for one in batches]
    mean = sum(loss.total for loss in losses) / sum(loss.count for loss in losses)
    model.zero_grad()
    mean.backward()
    optimizer.step()
    return mean.item()


@also_right(RIGHT, "the elements counted first, every sum divided by their number")
def counted_first(model, optimizer, batches, loss_fn):
    return _step()(model, optimizer, batches, loss_fn)


def _wrong(id: str, cause: str, question: str, answer: Callable[..., Any]) -> None:
    WRONG.append(Mistake(id, cause, question, answer))


_wrong(
    "mean_of_means",
    "a mean of batch means: every batch weighs the same",
    "how much does a row count in a batch of 4, and how much in one of 9?",
    _step(weight=lambda loss, c, n: _of_batch(loss, c, n) / len(c), said="means"),
)
_MEANS = "how much does a row count in a batch of 4, and how much in one of 9?"
_wrong(
    "means_of_the_rest",
    "a mean of batch means, without the batches in which nothing counts",
    _MEANS,
    _step(weight=lambda loss, c, n: _of_batch(loss, c, n) / sum(k > 0 for k in c), said="means", empty=False),
)
_wrong(
    "means_over_all",
    "batch means, added up without the empty batches and divided by the number of all batches",
    _MEANS,
    _step(weight=lambda loss, c, n: _of_batch(loss, c, n) / len(c), said="means", empty=False),
)
_wrong(
    "means_for_gradient",
    "a gradient of batch means, beside a loss that is right",
    "is the gradient that of the number you return?",
    _step(weight=lambda loss, c, n: _of_batch(loss, c, n) / len(c)),
)
_wrong(
    "sum_of_means",
    "a sum of batch means: off by the number of batches",
    "by how much does the step grow when the same rows come in twice as many batches?",
    _step(weight=_of_batch),
)
_wrong(
    "not_divided",
    "the gradient of the sum over all elements",
    "would twice as many rows make a step of twice the length?",
    _step(weight=_one),
)
_wrong(
    "by_batches",
    "sums that are divided by the number of batches",
    "over how many elements is the mean to be taken?",
    _step(weight=lambda loss, c, n: 1 / len(c)),
)
_wrong(
    "first_count",
    "sums divided as if every batch were as large as the first",
    "how many elements count in the second batch?",
    _step(weight=lambda loss, c, n: 1 / (c[0] * len(c))),
)
_wrong(
    "rows_counted",
    "a mean over all rows, also those that do not count",
    "what does loss.count say of a batch in which two of three rows count?",
    lambda model, optimizer, batches, loss_fn: _step(weight=lambda loss, c, n: 1 / sum(len(one[0]) for one in batches))(
        model, optimizer, batches, loss_fn
    ),
)
_wrong(
    "zeroed_each",
    "gradients set to zero before every batch: the last batch alone is left",
    "which batches have a part in the gradient when the update is made?",
    _step(zero="each"),
)
_wrong(
    "last_mean",
    "the mean of the last batch alone",
    "which batches have a part in the gradient when the update is made?",
    _step(zero="each", weight=_of_batch),
)
_wrong(
    "counted_so_far",
    "sums that are divided by what was counted so far",
    "by how many elements is the first sum divided, and by how many the last?",
    _step(weight=lambda loss, c, n: 1 / max(1, sum(c[: n + 1]))),
)
_UPDATES = "how many updates does one large batch give?"
_wrong("step_each", "an update after every batch, with gradients that add up", _UPDATES, _step(step="each"))
_wrong("loop_of_sums", "an update for every batch, by its sum", _UPDATES, _step(zero="each", step="each", weight=_one))
_wrong(
    "loop_of_means",
    "an update for every batch, by its mean",
    _UPDATES,
    _step(zero="each", step="each", weight=_of_batch),
)
_wrong(
    "loop_of_the_rest",
    "an update for every batch in which something counts, by its mean",
    _UPDATES,
    _step(zero="each", step="each", weight=_of_batch, empty=False),
)
_wrong("no_step", "gradients without an update", "which line changes the parameters?", _step(step="never"))
_wrong(
    "sum_returned",
    "a right update that returns the sum of the losses",
    "what does the docstring ask for, sum or mean?",
    _step(said="sum"),
)


@known(WRONG, "the loss after the update", "which loss does the docstring ask for, before or after the update?")
def loss_after(model, optimizer, batches, loss_fn):
    accumulated_step(model, optimizer, batches, loss_fn)
    losses = [loss_fn(model, one) for one in batches]
    return sum(loss.total.item() for loss in losses) / sum(loss.count for loss in losses)


@known(WRONG, "gradients that are divided again with every batch", "how often is the first sum divided in the end?")
def divided_each(model, optimizer, batches, loss_fn):
    optimizer.zero_grad()
    total, count = 0.0, 0
    for one in batches:
        loss = loss_fn(model, one)
        loss.total.backward()
        total, count = total + loss.total.item(), count + loss.count
        for parameter in model.parameters():
            parameter.grad /= count
    optimizer.step()
    return total / count


@known(WRONG, "a loop that ends at an empty batch", "which batches come after the one in which nothing counts?")
def ends_at_the_empty(model, optimizer, batches, loss_fn):
    counts = [loss_fn(model, one).count for one in batches]
    return accumulated_step(model, optimizer, batches[: [*counts, 0].index(0)], loss_fn)


def _not_before(*, after: bool) -> Callable[..., Any]:
    """The reference without its zero_grad, or with it at the end."""

    def update(model, optimizer, batches, loss_fn):
        total, count = 0.0, 0
        for one in batches:
            loss = loss_fn(model, one)
            loss.total.backward()
            total, count = total + loss.total.item(), count + loss.count
        for parameter in model.parameters():
            parameter.grad /= count
        optimizer.step()
        if after:
            optimizer.zero_grad()
        return total / count

    return update


_LEFT = "what do the gradients hold when your function is called, and what does backward() do with it?"
_wrong("never_zeroed", "gradients that are never set to zero", _LEFT, _not_before(after=False))
_wrong("never_zeroed_scaled", "gradients that are never set to zero, each sum divided", _LEFT, _step(zero="never"))
_wrong(
    "zeroed_after",
    "gradients that are set to zero after the update, not before the first batch",
    "what stands in the gradients when your function is called for the first time?",
    _not_before(after=True),
)
