"""The runs that one process and several must agree on; as a program, started by torchrun, it writes what it found."""

import sys
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.__main__ import main as command_line
from course_lib.core.files import write_json
from course_lib.core.metrics import Loss
from course_lib.core.schedules import cosine_with_warmup
from course_lib.core.seeding import Seeds
from course_lib.digits.train import DigitsConfig, classification_loss, classification_scores, digits_net
from course_lib.training.checkpoints import saving as checkpoint
from course_lib.training.data.dataset_loader import DatasetLoader
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.loop.callbacks import evaluate_on, stop_early
from course_lib.training.loop.distributed import processes, rank, unwrapped, wrap
from course_lib.training.loop.fit import fit
from course_lib.training.loop.state import TrainState
from course_lib.training.runs.run import run

SAMPLES = 81  # in batches of 16, 81 = 5 * 16 + 1: for the second process nothing is left of the last batch
BATCH = 16


def data() -> tuple[torch.Tensor, torch.Tensor]:
    """x (SAMPLES, 64) and labels (SAMPLES,) with a rule in them."""
    generator = torch.Generator().manual_seed(5)
    x = torch.randn(SAMPLES, 64, generator=generator)
    return x, (x[:, :10] + x[:, 10:20]).argmax(dim=1)


def masked_loss(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> Loss:
    """Counts only about half of the samples, by their number 22: other counts in every batch and every process."""
    x, labels = batch
    labels = labels.where(x[:, 22] > 0, -100)  # the one sample of each last batch counts
    total = F.cross_entropy(model(x), labels, ignore_index=-100, reduction="sum")
    return Loss(total, int((labels != -100).sum()))


class Samples:
    """The data as a dataset."""

    def __len__(self) -> int:
        return SAMPLES

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        x, labels = data()
        return x[index], labels[index]


def train(optimizer: str, loss_fn: Any, *, dataset: bool = False, epochs: int = 3, patience: int = 9, **settings: Any):
    """The digits net after these epochs; returns its state."""
    model = wrap(digits_net(DigitsConfig(), seed=rank()))  # other weights in every process, until they are wrapped
    if optimizer == "sgd":
        chosen: torch.optim.Optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    else:
        chosen = torch.optim.AdamW(model.parameters(), lr=1e-3)
    state = TrainState(model, chosen, Seeds.same(2))
    x, labels = data()
    if dataset:
        loader: Any = DatasetLoader(Samples(), batch_size=BATCH, seed=2, workers=1)
    else:
        loader = TensorLoader(x, labels, batch_size=BATCH, seed=2)
    validation = TensorLoader(x[:21], labels[:21], batch_size=20, shuffle=False)
    on_epoch = [
        evaluate_on("val", validation, classification_scores),
        stop_early(patience, name="accuracy", mode="max"),
    ]
    fit(state, loader, loss_fn, epochs=epochs, on_epoch=on_epoch, **settings)
    return state


RUNS: dict[str, dict[str, Any]] = {
    "plain": {"optimizer": "sgd", "loss_fn": classification_loss},
    "accumulated": {"optimizer": "sgd", "loss_fn": classification_loss, "accumulate": 2},
    "masked": {"optimizer": "sgd", "loss_fn": masked_loss},
    "masked and accumulated": {"optimizer": "sgd", "loss_fn": masked_loss, "accumulate": 4},
    "clipped, with a schedule": {
        "optimizer": "adamw",
        "loss_fn": classification_loss,
        "clip": 0.5,
        "schedule": cosine_with_warmup(18, warmup=4),
    },
    "of a dataset": {"optimizer": "sgd", "loss_fn": classification_loss, "dataset": True},
    "stopped early": {"optimizer": "sgd", "loss_fn": classification_loss, "epochs": 40, "patience": 1},
}


def found(state: TrainState) -> dict[str, Any]:
    """What must be equal: weights by name, the rows of the history without seconds."""
    rows = [{name: value for name, value in row.items() if name != "seconds"} for row in state.history.rows]
    weights = {name: value.tolist() for name, value in unwrapped(state.model).state_dict().items()}
    return {"weights": weights, "rows": rows}


def with_dropout(folder: Path, *, stop_at: int | None) -> TrainState:
    """Two epochs with dropout in a folder, or until step `stop_at`; goes on where the folder's newest checkpoint is."""
    model = wrap(digits_net(DigitsConfig(dropout=0.3), seed=4))
    state = TrainState(model, torch.optim.AdamW(model.parameters(), lr=1e-3), Seeds.same(4))

    def stop(state: TrainState) -> None:
        state.interrupted = state.step == stop_at

    loader = TensorLoader(*data(), batch_size=BATCH, seed=4)
    run(folder, state, loader, classification_loss, epochs=2, on_step=[stop], log=lambda line: None)
    return state


def interrupted_and_resumed(folder: Path) -> dict[str, Any]:
    """One run in one go, the other stopped in mid-epoch and built anew; and how often this process wrote."""
    writes: list[str] = []
    write = checkpoint.write_checkpoint

    def counted(*arguments: Any, **settings: Any) -> Any:
        writes.append("")
        return write(*arguments, **settings)

    checkpoint.write_checkpoint = counted
    one_go = found(with_dropout(folder / "one", stop_at=None))
    stopped = with_dropout(folder / "two", stop_at=8)
    place = [stopped.step, stopped.epoch, stopped.batch]
    resumed = found(with_dropout(folder / "two", stop_at=None))
    return {"one go": one_go, "stopped at": place, "resumed": resumed, "writes": len(writes)}


def main(folder: Path) -> None:
    """Write what this process found in every run."""
    with processes("cpu"):
        results = {name: found(train(**settings)) for name, settings in RUNS.items()}
        results["interrupted"] = interrupted_and_resumed(folder)
        write_json(folder / f"{rank()}.json", results)
        # The command line as torchrun starts it, but in the group that is there.
        command_line(["train", "digits", "--device", "cpu", "--epochs", "1", "--out", str(folder / "command")])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
