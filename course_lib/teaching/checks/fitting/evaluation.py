"""A model measured as it is used, and left as it was: cases and known mistakes of mean_loss."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from course_lib.by_hand.torch_loop import mean_loss
from course_lib.core.metrics import Loss
from course_lib.teaching.checks.fitting.toys import Batch, Halved, batch, linear, one_number, plain, squared
from course_lib.teaching.exercises.kinds import Form, Property, first_trait, implement

_RNG = np.random.default_rng(32)


def _model() -> nn.Sequential:
    """A normalization with statistics of its own, one that halves its input while it trains, and a linear part."""
    # One part within another, so that modes that are kept for the outermost parts alone are not enough.
    return nn.Sequential(nn.Sequential(nn.BatchNorm1d(3), Halved()), linear(8)).double()


def _measured(answer: Callable[..., Any]) -> Callable[..., Any]:
    def run(batches: list[Batch], frozen: bool) -> Any:
        model, recorded = _model(), []
        model.train()
        if frozen:
            model[0][0].eval()  # a part whose statistics stay as they are
        for parameter in model.parameters():
            parameter.grad = torch.ones_like(parameter)
        before = [part.training for part in model.modules()]
        statistics = {name: value.clone() for name, value in model.state_dict().items()}

        def loss_fn(model: nn.Module, batch: Batch) -> Loss:
            loss = squared(model, batch)
            recorded.append(loss.total.requires_grad)
            return loss

        said = answer(model, iter(batches) if frozen else list(batches), loss_fn)
        after = [part.training for part in model.modules()]
        same = all(torch.equal(value, statistics[name]) for name, value in model.state_dict().items())
        left = ("all training" if after[0] else "all eval") if len(set(after)) == 1 else "a mixture"
        records, asking = torch.is_grad_enabled(), all(parameter.requires_grad for parameter in model.parameters())
        torch.set_grad_enabled(True)  # whatever the answer has switched off
        return {
            "a plain number": plain(said),
            "gradients recorded": any(recorded),
            "modes afterwards": "as before" if after == before else left,
            "statistics untouched": same,
            "gradients untouched": all(p.grad is not None and bool((p.grad == 1).all()) for p in model.parameters()),
            "gradients on afterwards": records,
            "parameters ask for gradients": asking,
            "loss": float(said),
        }

    return run


def inference_mode(model, batches, loss_fn):
    modes = {part: part.training for part in model.modules()}
    try:
        model.eval()
        with torch.inference_mode():
            losses = [loss_fn(model, one) for one in batches]
    finally:
        for part in modes:
            part.training = modes[part]
    return (sum(loss.total for loss in losses) / sum(loss.count for loss in losses)).item()


_ASKED = {
    "a plain number": "which method takes the number out of a tensor?",
    "gradients recorded": "which context switches the record of gradients off?",
    "modes afterwards": "what was part.training of each part before you changed it?",
    "gradients on afterwards": "which of your lines holds for what comes after your function too?",
    "parameters ask for gradients": "which of your lines holds for what comes after your function too?",
    "gradients untouched": "who may still need what stands in .grad?",
    "loss": "over which elements of which batches do you take the mean, and in which mode?",
    "statistics untouched": "in which mode does a BatchNorm change its statistics?",
}

MEAN_LOSS = implement(
    "mean_loss: Measure a model and leave it as it was | core, difficulty 2, 15 minutes",
    mean_loss,
    # Batches, and whether a part of the model is in eval mode already. Those of the last cases can be read only once.
    cases=tuple(
        ([batch(_RNG, size, counting, shift=3 * place) for place, (size, counting) in enumerate(sizes)], frozen)
        for sizes, frozen in ((((5, 5), (2, 2)), False), (((6, 4), (3, 1), (4, 4)), True), (((7, 2), (2, 2)), True))
    ),
    run=_measured,
    form=Form("one number, the mean loss", one_number),
    names={"inference_mode": inference_mode},
    right="""
    inference_mode: inference mode, and a try with finally
    """,
    wrong="""
    train_mode: a measurement in training mode | which parts of a model do something else in eval mode?
        drop: model.eval()
    left_in_eval: a model that is left in eval mode | what will dropout do in the epoch after the measurement?
        part.training = mode -> pass
    all_to_train: a model whose parts all train afterwards | was every part in training mode before?
        part.training = mode -> part.training = True
    gradients_recorded: a measurement that records gradients
        | who will call backward() on these losses, and what does the record cost in memory?
        with torch.no_grad(): ... -> ...
    mean_of_means: a mean of batch means | how much does a row of the small batch count?
        first: means = []; after loss = A -> means.append(loss.total.item() / loss.count); return: np.mean(means)
    read_twice: batches that are read twice, which a generator gives only once
        | what is left of an iterator when the first loop has ended?
        return: total / sum(loss_fn(model, batch).count for batch in batches)
    sum_of_losses: the sum of the losses | would twice as many rows double the result?
        return: total
    by_batches: the sum divided by the number of batches | over how many elements is the mean to be taken?
        first: number = 0; after loss = A -> number += 1; return: total / number
    last_batch: the loss of the last batch alone | in which line do the batches before it come into the result?
        return: loss.total.item() / loss.count
    as_large_as_the_first: a mean in which every batch counts as many elements as the first
        | how many elements count in the last batch?
        first: counts = []; after loss = A -> counts.append(loss.count)
        return: total / (len(counts) * counts[0])
    train_and_means: a mean of batch means, measured in training mode
        | in which mode is the model measured, and how much does a row of the small batch count?
        drop: model.eval()
        first: means = []; after loss = A -> means.append(loss.total.item() / loss.count); return: np.mean(means)
    switched_off: a record of gradients that is switched off for all that follows
        | who switches it on again for the next training step?
        first: torch.set_grad_enabled(False)
    parameters_frozen: parameters that ask for no gradient any more
        | what will the next training step do to these parameters?
        first: [parameter.requires_grad_(False) for parameter in model.parameters()]
    eval_too_late: eval mode that is set after the measurement | when does the mode have to change?
        drop: model.eval(); return: (model.eval(), RESULT)[1]
    """,
    equivalent="""
    swap: model.eval() <-> total, count = (0.0, 0) | neither reads what the other sets
    swap: 0.0 <-> 0 | sums may start at a whole number or not
    """,
    properties=(Property("the model before and after", first_trait(_ASKED)),),
    hints="""
    model.modules() gives every part, part.training its mode; write the modes down before model.eval().
    torch.no_grad() is a context: `with torch.no_grad():` around the loop.
    Add up totals and counts over the batches, and divide once.
    """,
    not_tested="batches in which nothing counts, and models on another device",
    fade=("model.eval()", "part.training = mode"),
)
