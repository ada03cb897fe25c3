"""Seven runs on the digits that were resumed from one checkpoint, each in its own way, and their logs.

256 digits, 8 batches an epoch; cut in the middle of epoch 2. Everything is a function of fixed seeds.
"""

import copy
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from course_lib.core.schedules import cosine_with_warmup
from course_lib.core.seeding import Seeds
from course_lib.digits.train import DigitsConfig, classification_loss, digits_net
from course_lib.numpy_nn.data import Standardizer
from course_lib.numpy_nn.datasets import load_digits
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.loop.callbacks import evaluate
from course_lib.training.loop.fit import fit
from course_lib.training.loop.state import Callback, TrainState

CUT, EPOCHS, ROWS = 12, 4, 256
CONFIG = DigitsConfig(dropout=0.4)
FAULTS = {
    "right": "nothing is wrong",
    "optimizer": "the optimizer starts without its state",
    "order": "the epoch starts again with its first batches",
    "noise": "the noise of the epoch starts again",
    "schedule": "the schedule starts again",
    "eval": "the model is left in eval mode",
    "older": "the weights are those of an older checkpoint",
}
KEY = {"A": "noise", "B": "optimizer", "C": "eval", "D": "right", "E": "order", "F": "older", "G": "schedule"}
SCHEDULE = cosine_with_warmup(EPOCHS * 8, warmup=4)


class _Again(TensorLoader):
    """Forgets where the epoch was: as many batches as were left, but the first ones."""

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[torch.Tensor, ...]]:
        batches = list(super().epoch(epoch))
        return iter(batches[: len(batches) - start])


@lru_cache(maxsize=1)
def _data() -> tuple[torch.Tensor, ...]:
    digits = load_digits()
    x = Standardizer.fit(digits.x[:ROWS]).transform(digits.x)
    return torch.from_numpy(x), torch.from_numpy(digits.y)


def _loader(kind: type[TensorLoader] = TensorLoader) -> TensorLoader:
    x, y = _data()
    return kind(x[:ROWS], y[:ROWS], torch.arange(ROWS), batch_size=32, seed=0)


def _loss(model: Any, batch: Any) -> Any:
    return classification_loss(model, batch[:2])


def flat(model: torch.nn.Module) -> torch.Tensor:
    """All weights in one vector."""
    return torch.cat([p.detach().ravel() for p in model.parameters()])


def _until(step: int) -> Callback:
    def callback(state: TrainState) -> None:
        state.interrupted = state.step >= step

    return callback


def _start() -> TrainState:
    model = digits_net(CONFIG, seed=0)
    return TrainState(model, torch.optim.Adam(model.parameters(), lr=3e-3), Seeds.same(0))


def _train(state: TrainState, loader: TensorLoader, until: int = 10**6, shift: int = 0) -> None:
    state.interrupted = False
    fit(state, loader, _loss, epochs=EPOCHS, schedule=lambda step: SCHEDULE(step - shift), on_step=[_until(until)])


def _resumed(fault: str) -> tuple[TrainState, dict[str, Any]]:
    """A run that goes on from the checkpoint with this fault, and what is special in calling `fit`."""
    state, options = _start(), {"loader": _loader()}
    _train(state, _loader(), until=CUT - 3)
    older = copy.deepcopy(state.model.state_dict())
    _train(state, _loader(), until=CUT)
    state = copy.deepcopy(state)
    if fault == "optimizer":
        state.optimizer = torch.optim.Adam(state.model.parameters(), lr=3e-3)
        state = replace(state)  # writes down the base rate again
    if fault == "noise":
        state.generators = None
    if fault == "older":
        state.model.load_state_dict(older)
    if fault == "order":
        options["loader"] = _loader(_Again)
    if fault == "schedule":
        options["shift"] = CUT
    if fault == "eval":
        state.model.eval()
        state.model.train = lambda mode=True: state.model  # nobody switches it back
    return state, options


def log_of(fault: str) -> dict[str, Any]:
    """What the first update after the cut shows, and the loss at the end."""
    state, options = _resumed(fault)
    before, off, rows = flat(state.model), [], []
    hook = state.model[2].register_forward_hook(
        lambda part, given, out: off.append(float(((out == 0) & (given[0] > 0)).sum() / (given[0] > 0).sum()))
    )
    used = np.concatenate([batch[2].numpy() for batch in _loader().epoch(2)][: CUT % 8])
    left = np.concatenate([batch[2].numpy() for batch in options["loader"].epoch(2, CUT % 8)])
    rows = np.bincount(np.concatenate([used, left]), minlength=ROWS)
    _train(state, until=CUT + 1, **options)
    hook.remove()
    first = state.loss.mean.item()
    log = {
        "loss": round(first, 4),
        "length": round(float((flat(state.model) - before).norm()), 4),
        "rate": round(state.lr, 6),
        "rows twice": int((rows > 1).sum()),
        "units off": round(off[0], 2),
        "weights": "equal" if torch.equal(before, _checkpoint()) else "other",
    }
    if state.epoch < 2:  # the rest of the epoch, then the library's own loader
        _train(state, until=16, **options)
    _train(state, _loader(), shift=options.get("shift", 0))
    x, y = _data()
    log["loss at the end"] = round(evaluate(state.model, [(x[ROWS:], y[ROWS:])], classification_loss)["loss"], 3)
    return log


@lru_cache(maxsize=1)
def _checkpoint() -> torch.Tensor:
    state = _start()
    _train(state, _loader(), until=CUT)
    return flat(state.model)


@lru_cache(maxsize=1)
def seven_logs() -> dict[str, dict[str, Any]]:
    """The log of each letter; a second or two."""
    return {letter: log_of(fault) for letter, fault in KEY.items()}
