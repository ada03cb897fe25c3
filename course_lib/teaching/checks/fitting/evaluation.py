"""Is a model measured as it is used, and left as it was? Known mistakes, and the check of mean_loss."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.teaching.checks.fitting.toys import Batch, batch, linear, squared
from course_lib.teaching.exercises.compare import to_array
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, kind_of, known, not_in_parts
from course_lib.teaching.exercises.observe import calls
from course_lib.training.plain import mean_loss

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []
_RNG = np.random.default_rng(32)
_CASES = tuple(
    ([batch(_RNG, size, counting, shift=3 * place) for place, (size, counting) in enumerate(sizes)], frozen)
    for sizes, frozen in ((((5, 5), (2, 2)), False), (((6, 4), (3, 1), (4, 4)), True), (((7, 2), (2, 2)), True))
)


def _model() -> nn.Sequential:
    """A normalization with statistics of its own, a linear part, and one that halves its input while it trains."""

    class Halved(nn.Module):
        # In the place of dropout: what it does differs between the modes, and does not depend on chance.
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x / 2 if self.training else x

    # One part within another, so that modes that are kept for the outermost parts alone are not enough.
    return nn.Sequential(nn.Sequential(nn.BatchNorm1d(3), Halved()), linear(8)).double()


def _measured(answer: Callable[..., Any]) -> Callable[..., Any]:
    def run(batches: list[Batch], frozen: bool) -> Any:
        model, recorded = _model(), []
        model.train()
        if frozen:
            model[0][0].eval()  # a part whose statistics stay as they are
        before = [part.training for part in model.modules()]
        statistics = {name: value.clone() for name, value in model.state_dict().items()}

        def loss_fn(model: nn.Module, batch: Batch) -> Loss:
            loss = squared(model, batch)
            recorded.append(loss.total.requires_grad)
            return loss

        said = answer(model, list(batches), loss_fn)
        after = [part.training for part in model.modules()]
        same = all(torch.equal(value, statistics[name]) for name, value in model.state_dict().items())
        left = ("all training" if after[0] else "all eval") if len(set(after)) == 1 else "a mixture"
        records, asking = torch.is_grad_enabled(), all(parameter.requires_grad for parameter in model.parameters())
        torch.set_grad_enabled(True)  # whatever the answer has switched off
        number = to_array(said)
        if said is None or number is None or number.size != 1:
            return said if said is None else kind_of(said)
        return {
            "loss": float(said),
            "a plain number": isinstance(said, float | int | np.floating),
            "gradients recorded": any(recorded),
            "modes afterwards": "as before" if after == before else left,
            "statistics untouched": same,
            "gradients on afterwards": records,
            "parameters ask for gradients": asking,
        }

    return run


def _measure(
    *,
    mode: str = "eval",
    back: str = "as before",
    gradients: bool = False,
    mean: Callable[[list[Loss]], float] = lambda losses: sum(x.total for x in losses) / sum(x.count for x in losses),
) -> Callable[..., Any]:
    """A measurement that is right with these defaults; a known mistake changes one of them."""

    def measure(model, batches, loss_fn):
        modes = [(part, part.training) for part in model.modules()]
        if mode == "eval":
            model.eval()
        losses = []
        with torch.set_grad_enabled(gradients):
            for one in batches:
                loss = loss_fn(model, one)
                losses.append(Loss(loss.total.item(), loss.count))
        if back == "train":
            model.train()
        if back == "as before":
            for part, old in modes:
                part.training = old
        return mean(losses)

    return measure


@also_right(_RIGHT, "inference mode, and a try with finally")
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


def _wrong(id: str, cause: str, question: str, **changed: Any) -> None:
    _WRONG.append(Mistake(id, cause, question, _measure(**changed)))


_wrong(
    "train_mode", "a measurement in training mode", "which parts of a model do something else in eval mode?", mode=""
)
_LATER = "what will dropout do in the epoch after the measurement?"
_wrong("left_in_eval", "a model that is left in eval mode", _LATER, back="")
_EACH = "was every part in training mode before?"
_wrong("all_to_train", "a model whose parts all train afterwards", _EACH, back="train")
_wrong(
    "gradients_recorded",
    "a measurement that records gradients",
    "who will call backward() on these losses, and what does the record cost in memory?",
    gradients=True,
)
_wrong(
    "mean_of_means",
    "a mean of batch means",
    "how much does a row of the small batch count?",
    mean=lambda losses: float(np.mean([x.total / x.count for x in losses])),
)
_wrong(
    "sum_of_losses",
    "the sum of the losses",
    "would twice as many rows double the result?",
    mean=lambda losses: sum(x.total for x in losses),
)
_wrong(
    "by_batches",
    "the sum divided by the number of batches",
    "over how many elements is the mean to be taken?",
    mean=lambda losses: sum(x.total for x in losses) / len(losses),
)
_wrong(
    "last_batch",
    "the loss of the last batch alone",
    "in which line do the batches before it come into the result?",
    mean=lambda losses: losses[-1].total / losses[-1].count,
)
_wrong(
    "as_large_as_the_first",
    "a mean in which every batch counts as many elements as the first",
    "how many elements count in the last batch?",
    mean=lambda losses: sum(x.total for x in losses) / (len(losses) * losses[0].count),
)
_wrong(
    "train_and_means",
    "a mean of batch means, measured in training mode",
    "in which mode is the model measured, and how much does a row of the small batch count?",
    mode="",
    mean=lambda losses: float(np.mean([x.total / x.count for x in losses])),
)


@known(
    _WRONG,
    "a record of gradients that is switched off for all that follows",
    "who switches it on again for the next training step?",
)
def switched_off(model, batches, loss_fn):
    torch.set_grad_enabled(False)
    return mean_loss(model, batches, loss_fn)


@known(
    _WRONG,
    "parameters that ask for no gradient any more",
    "what will the next training step do to these parameters?",
)
def parameters_frozen(model, batches, loss_fn):
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return mean_loss(model, batches, loss_fn)


@known(_WRONG, "eval mode that is set after the measurement", "when does the mode have to change?")
def eval_too_late(model, batches, loss_fn):
    mean = _measure(mode="")(model, batches, loss_fn)
    model.eval()
    return mean


def _facts(seen: Any, right: Any) -> str | None:
    form = not_in_parts(seen, "one number, the mean loss")
    if form:
        return f"{form}\nwhich two numbers make the mean?"
    for case in right:
        own, rule = seen[case]["result"], right[case]["result"]
        if not own["a plain number"]:
            return f"{case}: return a plain number; loss.total.item() takes it out of the tensor"
        for name, question in _ASKED.items():
            if own[name] != rule[name]:
                return f"{case}: {name}: {own[name]}, expected {rule[name]}\n{question}"
        if not np.isclose(own["loss"], rule["loss"]):
            told = f"{case}: you return {own['loss']:.4g}, the mean loss is {rule['loss']:.4g}"
            return f"{told}\nover which elements of which batches do you take it, and in which mode?"
    return None


_ASKED = {
    "gradients recorded": "which context switches the record of gradients off?",
    "modes afterwards": "what was part.training of each part before you changed it?",
    "gradients on afterwards": "which of your lines holds for what comes after your function too?",
    "parameters ask for gradients": "which of your lines holds for what comes after your function too?",
    "statistics untouched": "in which mode does a BatchNorm change its statistics?",
}

MEAN_LOSS = Exercise(
    slug="mean_loss",
    title="Measure a model and leave it as it was",
    kind="implement",
    core=True,
    difficulty=2,
    minutes=15,
    reference=mean_loss,
    observe=lambda answer: calls(_measured(answer), *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("the model before and after", _facts),),
    hints=(
        "model.modules() gives every part, part.training its mode; write the modes down before model.eval().",
        "torch.no_grad() is a context: `with torch.no_grad():` around the loop.",
        "Add up totals and counts over the batches, and divide once.",
    ),
    not_tested="batches in which nothing counts, and models on another device",
    fade=("model.eval()", "part.training = mode"),
    indistinguishable=all_the_same(_RIGHT),
)
