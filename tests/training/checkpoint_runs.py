"""Small runs of every kind, for the tests of checkpoints: each model has something of its own to be saved."""

from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.core.schedules import cosine_with_warmup
from course_lib.core.seeding import Seeds
from course_lib.training.checkpoints.saving import keep_every, load
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.loop.callbacks import evaluate_on, every
from course_lib.training.loop.fit import fit
from course_lib.training.loop.state import TrainState

EPOCHS, SAMPLES, BATCH = 2, 22, 4  # 6 batches, the last one of 2 samples


class Convolutions(nn.Module):
    """Buffers (batch normalization) and noise (dropout). Shapes: (B, 1, 6, 6) -> (B, 3)."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution, self.norm = nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4)
        self.drop, self.last = nn.Dropout(0.3), nn.Linear(4 * 16, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.drop(self.norm(self.convolution(x)).relu().flatten(1)))


class Recurrent(nn.Module):
    """The weights of one matrix under two names, and a frozen one. Shapes: (B, T) -> (B, T, V)."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.places = nn.Embedding(7, 8), nn.Embedding(5, 8)
        self.lstm = nn.LSTM(8, 8, num_layers=2, dropout=0.2, batch_first=True)
        self.last = nn.Linear(8, 7, bias=False)
        self.last.weight = self.table.weight
        self.places.weight.requires_grad_(False)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.table(tokens) + self.places.weight  # (B, T, 8)
        return self.last(self.lstm(x)[0])


class Attention(nn.Module):
    """Attention with dropout, and a mask of -inf among the buffers. Shapes: (B, T) -> (B, T, V)."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.last = nn.Embedding(7, 8), nn.Linear(8, 7)
        self.attention = nn.MultiheadAttention(8, 2, dropout=0.2, batch_first=True)
        self.register_buffer("mask", torch.full((5, 5), -torch.inf).triu(1))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.table(tokens)
        return self.last(x + self.attention(x, x, x, attn_mask=self.mask, need_weights=False)[0])


def perceptron() -> nn.Module:
    """Shapes: (B, 6) -> (B, 3)."""
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3))


def class_loss(model: nn.Module, batch: tuple) -> Loss:
    x, y = batch
    return Loss(F.cross_entropy(model(x), y, reduction="sum"), len(y))


def token_loss(model: nn.Module, batch: tuple) -> Loss:
    (tokens,) = batch
    logits, y = model(tokens)[:, :-1], tokens[:, 1:]
    return Loss(F.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="sum"), y.numel())


MODELS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...], Callable]] = {
    "perceptron": (perceptron, (6,), class_loss),
    "convolutions": (Convolutions, (1, 6, 6), class_loss),
    "recurrent": (Recurrent, (5,), token_loss),
    "attention": (Attention, (5,), token_loss),
}


def momentum(parameters: list) -> torch.optim.Optimizer:
    return torch.optim.SGD(parameters, lr=0.05, momentum=0.9, nesterov=True)


def adam(parameters: list) -> torch.optim.Optimizer:
    return torch.optim.Adam(parameters, lr=0.01)


def adamw(parameters: list) -> torch.optim.Optimizer:
    """Two groups: matrices decay, vectors do not."""
    matrices, vectors = [p for p in parameters if p.ndim > 1], [p for p in parameters if p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "lr": 0.02, "name": "vectors"}]
    return torch.optim.AdamW([group for group in groups if group["params"]], lr=0.01, weight_decay=0.0)


def start(name: str = "perceptron", optimizer: Callable = adam, *, seed: int = 0) -> TrainState:
    """A fresh run. The initial weights are drawn from the seed, the world's generator is put back."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = MODELS[name][0]()
    return TrainState(model, optimizer([p for p in model.parameters() if p.requires_grad]), Seeds.same(seed))


def data(name: str) -> TensorLoader:
    _, shape, loss = MODELS[name]
    generator = torch.Generator().manual_seed(1)
    if loss is token_loss:
        return TensorLoader(torch.randint(7, (SAMPLES, *shape), generator=generator), batch_size=BATCH)
    x, y = torch.randn(SAMPLES, *shape, generator=generator), torch.randint(3, (SAMPLES,), generator=generator)
    return TensorLoader(x, y, batch_size=BATCH)


def train(state: TrainState, name: str = "perceptron", *, epochs: int = EPOCHS, **settings: object) -> TrainState:
    """The run itself: a schedule, clipping, an evaluation after each epoch, and what `settings` add."""
    loader, loss = data(name), MODELS[name][2]
    on_epoch = [evaluate_on("val", loader, loss), *settings.pop("on_epoch", ())]
    settings = {"schedule": cosine_with_warmup(12, 2), "clip": 1.0, **settings}
    fit(state, loader, loss, epochs=epochs, on_epoch=on_epoch, **settings)
    return state


def saved(folder: Path, name: str = "perceptron", *, steps: int = 3, **settings: object) -> TrainState:
    """A run that has kept a checkpoint at every `steps`-th update."""
    return train(start(name), name, on_step=[every(steps, keep_every(folder, **settings))])


def resumed(path: Path, name: str, optimizer: Callable, **settings: object) -> TrainState:
    state = start(name, optimizer, seed=0)
    with torch.no_grad():
        for parameter in state.model.parameters():
            parameter.add_(1.0)  # the weights must come from the checkpoint, and not from the same seed
    load(path, state)
    return train(state, name, **settings)


def everything(state: TrainState) -> dict[str, object]:
    """All that a run has found, in a form that `equal` compares bit by bit; seconds are left out."""
    rows = [{key: value for key, value in row.items() if key != "seconds"} for row in state.history.rows]
    return {
        "weights": state.model.state_dict(),
        "optimizer": state.optimizer.state_dict(),
        "scaler": state.scaler and state.scaler.state_dict(),
        "noise": state.generators,
        "rows": rows,
        "place": (state.step, state.epoch, state.batch, float(state.running.total), state.running.count, state.stop),
        "frozen": [parameter.requires_grad for parameter in state.model.parameters()],
    }


def equal(a: object, b: object) -> bool:
    """Whether two nests of dicts, lists, tensors and numbers are the same to the last bit."""
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b, strict=True))
    return type(a) is type(b) and a == b
