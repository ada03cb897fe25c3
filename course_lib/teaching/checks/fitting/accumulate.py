"""Is the update from several batches that of one large batch? Known mistakes, and the check of accumulated_step."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from course_lib.core.metrics import Loss
from course_lib.teaching.checks.fitting.toys import Batch, batch, linear, numbers, squared
from course_lib.teaching.checks.writing import all_the_same, also_right, known
from course_lib.teaching.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.observe import calls
from course_lib.training.plain import accumulated_step

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []
_RNG = np.random.default_rng(31)
# Each case is three updates, one after the other. Sizes differ, and so does what the batches ask for.
_CASES: tuple[tuple[list[Batch], ...], ...] = (
    ([batch(_RNG, 4, 4), batch(_RNG, 9, 9, shift=3)], [batch(_RNG, 2, 2), batch(_RNG, 5, 5)], [batch(_RNG, 6, 6)]),
    tuple([batch(_RNG, 6, 5), batch(_RNG, 6, 1, shift=4), batch(_RNG, 6, 3)] for _ in range(3)),
    tuple([batch(_RNG, 3, 2, shift=2), batch(_RNG, 4, 0), batch(_RNG, 7, 6)] for _ in range(3)),
)


def _updates(answer: Callable[..., Any]) -> Callable[..., Any]:
    """Three calls of the answer on one model; before the first, the gradients hold something of an earlier use."""

    def run(*groups: list[Batch]) -> dict[str, Any]:
        model = linear(7)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.5)
        squared(model, groups[0][0]).total.backward()
        said, after = [], []
        for group in groups:
            said.append(answer(model, optimizer, group, squared))
            after.append(numbers(model))
        plain = all(isinstance(value, float | int | np.floating) for value in said)
        losses = np.array([float(value) if value is not None else np.nan for value in said])
        return {"parameters": np.array(after), "losses": losses, "a plain number": plain}

    return run


def _step(
    *,
    weight: Callable[[Loss, list[int], int], float] = lambda loss, counts, number: 1 / sum(counts),
    zero: str = "before",
    step: str = "after",
    said: str = "mean",
) -> Callable[..., Any]:
    """An update that is right with these defaults; a known mistake changes one of them.

    weight: of the sum of batch `number`, given the counts of all batches.
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
            (loss.total * weight(loss, counts, number)).backward()
            totals.append(loss.total.item())
            if step == "each":
                optimizer.step()
        if step == "after":
            optimizer.step()
        with np.errstate(all="ignore"):
            means = np.array(totals) / np.array(counts)
        return {"mean": sum(totals) / sum(counts), "sum": sum(totals), "means": float(means.mean())}[said]

    return update


def _of_batch(loss: Loss, counts: list[int], number: int) -> float:
    """1 over what counts in this batch; of an empty one NaN, as the division of two zero tensors gives it."""
    return 1 / loss.count if loss.count else float("nan")


@also_right(_RIGHT, "the sums added first, one backward pass at the end")
def one_backward(model, optimizer, batches, loss_fn):
    losses = [loss_fn(model, one) for one in batches]
    mean = sum(loss.total for loss in losses) / sum(loss.count for loss in losses)
    model.zero_grad()
    mean.backward()
    optimizer.step()
    return mean.item()


@also_right(_RIGHT, "the elements counted first, every sum divided by their number")
def counted_first(model, optimizer, batches, loss_fn):
    return _step()(model, optimizer, batches, loss_fn)


def _wrong(id: str, cause: str, question: str, answer: Callable[..., Any]) -> None:
    _WRONG.append(Mistake(id, cause, question, answer))


_wrong(
    "mean_of_means",
    "a mean of batch means: every batch weighs the same",
    "how much does a row count in a batch of 4, and how much in one of 9?",
    _step(weight=lambda loss, c, n: _of_batch(loss, c, n) / len(c), said="means"),
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
    _step(weight=lambda loss, c, n: 1.0),
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
    "never_zeroed",
    "gradients that are never set to zero",
    "what do the gradients hold when your function is called, and what does backward() do with it?",
    _step(zero="never"),
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
    "step_each",
    "an update after every batch",
    "how many updates does one large batch give?",
    _step(step="each"),
)
_wrong("no_step", "gradients without an update", "which line changes the parameters?", _step(step="never"))
_wrong(
    "sum_returned",
    "a right update that returns the sum of the losses",
    "what does the docstring ask for, sum or mean?",
    _step(said="sum"),
)


@known(_WRONG, "the loss after the update", "which loss does the docstring ask for, before or after the update?")
def loss_after(model, optimizer, batches, loss_fn):
    accumulated_step(model, optimizer, batches, loss_fn)
    losses = [loss_fn(model, one) for one in batches]
    return sum(loss.total.item() for loss in losses) / sum(loss.count for loss in losses)


def _form(seen: Any, right: Any) -> str | None:
    for case in right:
        own, rule = seen[case]["result"], right[case]["result"]
        if not own["a plain number"]:
            return f"{case}: return a plain number; loss.total.item() takes it out of the tensor"
        if np.allclose(own["parameters"], rule["parameters"], rtol=1e-9):
            return f"{case}: the updates are right, the loss that you return is not"
        if np.isnan(own["parameters"]).any():
            return (
                f"{case}: your parameters are NaN\nin which batch does nothing count, and by what do you divide there?"
            )
        if np.allclose(own["parameters"][0], rule["parameters"][0], rtol=1e-9):
            return (
                f"{case}: the first update is right, a later one is not\nwhat is left of one call when the next begins?"
            )
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
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("updates and losses", _form),),
    hints=(
        "backward() adds to what stands in .grad: that is what makes accumulation possible, and zero_grad() necessary.",
        "loss.total.backward() for every batch gives the gradient of the sum over all elements. By what to divide it?",
        "Divide once, at the end: parameter.grad /= count, with the count over all batches.",
    ),
    not_tested="parameters that have no gradient, and what happens when nothing counts in any batch",
    fade=("loss.total.backward()", "parameter.grad /= count"),
    indistinguishable=all_the_same(_RIGHT),
)
