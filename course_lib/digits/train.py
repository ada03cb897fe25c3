"""The digits net in torch: the smallest system of the course, for lesson 08, the command line and the tests.

Shapes: B samples of 64 pixels, 10 classes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.core.seeding import Seeds, stream
from course_lib.core.validation import validate_interval
from course_lib.numpy_nn.data import Standardizer, split_indices
from course_lib.numpy_nn.datasets import load_digits
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.loop.callbacks import evaluate_on
from course_lib.training.loop.distributed import wrap
from course_lib.training.loop.state import TrainState
from course_lib.training.runs.epoch_table import print_table
from course_lib.training.runs.out_of_memory import advice_on_size
from course_lib.training.runs.run import run


@dataclass(frozen=True)
class DigitsConfig:
    """hidden: width of the two hidden layers. dropout: share of hidden values set to 0 in training."""

    hidden: tuple[int, int] = (64, 32)
    dropout: float = 0.0
    batch_size: int = 32
    epochs: int = 10
    lr: float = 1e-3

    def __post_init__(self) -> None:
        if len(self.hidden) != 2 or min(self.hidden) < 1:
            raise ValueError(f"hidden must be two widths of at least 1, got {self.hidden}")
        validate_interval("dropout", self.dropout, 0, 1, "[)")


PRESETS = {
    "cpu": DigitsConfig(),
    "cuda": DigitsConfig(hidden=(1024, 512), dropout=0.2, batch_size=128, epochs=50),
}


def train_digits(
    config: DigitsConfig,
    seeds: Seeds,
    folder: Path,
    *,
    device: torch.device | str = "cpu",
    precision: str = "float32",
    log: Callable[[str], object] = print,
) -> TrainState:
    """Train the digits net in `folder`, or go on there; `log` gets the table of epochs line by line.

    Adam at a constant rate; after each epoch the loss and the accuracy on the validation part. Raises as `run` does.
    """
    train, validation = digits_loaders(config, seeds, device=device)
    model = digits_net(config, seed=seeds.init).to(device)
    state = TrainState(wrap(model), torch.optim.Adam(model.parameters(), lr=config.lr), seeds)
    measures = evaluate_on("val", validation, classification_scores, precision=precision)
    with advice_on_size(state, batch_size=config.batch_size):
        run(
            folder,
            state,
            train,
            classification_loss,
            epochs=config.epochs,
            config=config,
            precision=precision,
            on_epoch=[measures, print_table(log)],
            log=log,
        )
    return state


def digits_loaders(
    config: DigitsConfig, seeds: Seeds, *, device: torch.device | str = "cpu"
) -> tuple[TensorLoader, TensorLoader]:
    """Training and validation part of the digits, standardized with the training part; the test part is not touched."""
    digits = load_digits()
    split = split_indices(digits.y, seed=seeds.data)
    standardizer = Standardizer.fit(digits.x[split.train])

    def loader(rows: Any, *, shuffle: bool) -> TensorLoader:
        x = torch.from_numpy(standardizer.transform(digits.x[rows]))  # (n, 64)
        labels = torch.from_numpy(digits.y[rows])  # (n,)
        return TensorLoader(x, labels, batch_size=config.batch_size, seed=seeds.data, shuffle=shuffle, device=device)

    return loader(split.train, shuffle=True), loader(split.validation, shuffle=False)


def digits_net(config: DigitsConfig, *, seed: int) -> nn.Sequential:
    """64 -> hidden -> hidden -> 10 with ReLU; He initialization drawn from `seed`, biases 0."""
    sizes = (64, *config.hidden, 10)
    generator = torch.Generator().manual_seed(stream(seed, "weights"))
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        linear = nn.Linear(inputs, outputs)
        with torch.no_grad():
            linear.weight.normal_(0.0, (2 / inputs) ** 0.5, generator=generator)
            linear.bias.zero_()
        layers += [linear, nn.ReLU(), nn.Dropout(config.dropout)]
    return nn.Sequential(*layers[:-2])  # the last layer gives logits: no ReLU, no dropout


def classification_loss(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> Loss:
    """Cross-entropy in nats, summed over the samples; batch = (x (B, ...), labels (B,))."""
    x, labels = batch
    return Loss(F.cross_entropy(model(x), labels, reduction="sum"), len(labels))


def classification_scores(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> dict[str, Any]:
    """The same loss, and the right answers as "accuracy"."""
    x, labels = batch
    logits = model(x)  # (B, 10)
    right = (logits.argmax(dim=1) == labels).sum()
    loss = F.cross_entropy(logits, labels, reduction="sum")
    return {"loss": Loss(loss, len(labels)), "accuracy": Loss(right, len(labels))}
