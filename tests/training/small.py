"""Small models, data and comparisons that the tests of the engine share."""

from typing import Any

import numpy as np
import torch
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.core.seeding import Seeds
from course_lib.digits.train import classification_loss
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.loop.state import TrainState

OPTIMIZERS = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.1),
    "momentum": lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.9, nesterov=True),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.01),
    "adamw": lambda parameters: torch.optim.AdamW(parameters, lr=0.01, weight_decay=0.1),
}


def blobs(count: int = 50, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Three classes in six dimensions: x (count, 6), labels (count,)."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, count)
    x = 3 * np.eye(3, 6)[labels] + rng.standard_normal((count, 6))
    return torch.from_numpy(x.astype(np.float32)), torch.from_numpy(labels)


def network(seed: int = 0, *, dropout: float = 0.0, norm: bool = False) -> nn.Sequential:
    """6 -> 8 -> 3."""
    torch.manual_seed(seed)
    middle = [nn.BatchNorm1d(8)] if norm else []
    return nn.Sequential(nn.Linear(6, 8), *middle, nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 3))


def new_state(optimizer: str = "adam", seed: int = 0, **options: Any) -> TrainState:
    """A state at the start of a run of `network`."""
    model = network(seed, **options)
    return TrainState(model, OPTIMIZERS[optimizer](model.parameters()), Seeds.same(seed))


def blob_loader(count: int = 50, size: int = 16, **options: Any) -> TensorLoader:
    """50 samples by 16: batches of 16, 16, 16 and 2."""
    return TensorLoader(*blobs(count), batch_size=size, **options)


def masked_loss(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> Loss:
    """Cross-entropy over the samples whose label is not -100: the count differs from batch to batch."""
    x, labels = batch
    total = nn.functional.cross_entropy(model(x), labels, ignore_index=-100, reduction="sum")
    return Loss(total, int((labels != -100).sum()))


def copied(values: Any) -> Any:
    """A deep copy of a state dict, tensors cloned."""
    if isinstance(values, torch.Tensor):
        return values.detach().clone()
    if isinstance(values, dict):
        return {key: copied(value) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [copied(value) for value in values]
    return values


def same(a: Any, b: Any) -> bool:
    """Whether two state dicts hold the same keys and the same bits."""
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(one, other) for one, other in zip(a, b, strict=True))
    return bool(a == b)


def everything(state: TrainState) -> dict[str, Any]:
    """All of a state that two equal runs share bit for bit: the seconds are left out."""
    rows = [{key: value for key, value in row.items() if key != "seconds"} for row in state.history.rows]
    return copied(
        {
            "model": state.model.state_dict(),
            "optimizer": state.optimizer.state_dict(),
            "rows": rows,
            "step": state.step,
            "place": (state.epoch, state.batch),
            "running": (float(state.running.total), state.running.count),
            "scaler": None if state.scaler is None else state.scaler.state_dict(),
        }
    )


__all__ = [
    "OPTIMIZERS",
    "blob_loader",
    "blobs",
    "classification_loss",
    "copied",
    "everything",
    "masked_loss",
    "network",
    "new_state",
    "same",
]
