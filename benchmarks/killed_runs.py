"""The runs that are killed in the measurement of resuming: small ones of every kind, with all that can get lost.

What a checkpoint may forget differs from kind to kind: the moments of Adam, the running means of BatchNorm, the place
in a schedule, the noise of dropout in mid-epoch, the running loss of the epoch, the batches of one accumulated step.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.core.schedules import cosine_with_warmup
from course_lib.core.seeding import Seeds
from course_lib.digits.train import DigitsConfig, classification_loss, classification_scores, digits_net
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.loop.callbacks import evaluate_on, stop_early
from course_lib.training.loop.state import Callback, TrainState
from course_lib.training.runs.run import run

EPOCHS, SAMPLES = 3, 160
STEPS = 30  # updates of each of the runs
Run = Callable[[Path, Iterable[Callback]], TrainState]


def mlp(folder: Path, on_step: Iterable[Callback], *, save_steps: int | None = None) -> TrainState:
    """64-64-32-10 with dropout, Adam; 30 updates, evaluation and early stopping, saved after each epoch."""
    x, y = _classes((64,))
    model = digits_net(DigitsConfig(dropout=0.1), seed=0)
    state = TrainState(model, torch.optim.Adam(model.parameters(), lr=1e-3), Seeds.same(0))
    measures = evaluate_on("val", TensorLoader(x, y, batch_size=64, shuffle=False), classification_scores)
    run(
        folder,
        state,
        TensorLoader(x, y, batch_size=16),
        classification_loss,
        epochs=EPOCHS,
        save_steps=save_steps,
        on_step=on_step,
        on_epoch=[measures, stop_early(patience=5)],
        log=_nothing,
    )
    return state


def conv(folder: Path, on_step: Iterable[Callback]) -> TrainState:
    """Two convolutions with BatchNorm and dropout, SGD with momentum on a schedule; 30 updates, saved every 4th."""
    x, y = _classes((1, 8, 8))
    torch.manual_seed(0)
    model = nn.Sequential(
        *(nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout2d(0.1)),
        *(nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU()),
        *(nn.Flatten(), nn.Dropout(0.2), nn.Linear(256, 10)),
    )
    state = TrainState(model, torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True), Seeds.same(1))
    run(
        folder,
        state,
        TensorLoader(x, y, batch_size=16, seed=1),
        classification_loss,
        epochs=EPOCHS,
        schedule=cosine_with_warmup(steps=STEPS, warmup=5),
        save_steps=4,
        on_step=on_step,
        keep="best",
        watch=("train", "loss"),
        log=_nothing,
    )
    return state


class LanguageModel(nn.Module):
    """A causal transformer of one block: tokens (B, T) -> logits (B, T, V); output weights tied to the embedding."""

    def __init__(self, vocabulary: int = 31, context: int = 16, width: int = 32) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        layer = nn.TransformerEncoderLayer(width, 2, 64, dropout=0.1, batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.head = nn.Linear(width, vocabulary, bias=False)
        self.head.weight = self.tokens.weight
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(context), persistent=False)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Logits for the token that follows each."""
        x = self.tokens(tokens) + self.places.weight  # (B, T, D)
        return self.head(self.blocks(x, mask=self.mask, is_causal=True))


def language_loss(model: nn.Module, batch: tuple[torch.Tensor]) -> Loss:
    """Cross-entropy of the next token, summed; batch = (tokens (B, T + 1),)."""
    (tokens,) = batch
    logits, targets = model(tokens[:, :-1]), tokens[:, 1:]
    return Loss(F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum"), targets.numel())


def language(folder: Path, on_step: Iterable[Callback]) -> TrainState:
    """A transformer with dropout and tied weights, AdamW on a schedule, clipped, 2 batches a step; 30 updates."""
    tokens = torch.randint(31, (SAMPLES, 17), generator=torch.Generator().manual_seed(2)).cumsum(1) % 31
    torch.manual_seed(0)
    model = LanguageModel()
    state = TrainState(model, torch.optim.AdamW(model.parameters(), lr=3e-3), Seeds.same(2))
    run(
        folder,
        state,
        TensorLoader(tokens, batch_size=8, seed=2),
        language_loss,
        epochs=EPOCHS,
        schedule=cosine_with_warmup(steps=STEPS, warmup=5),
        accumulate=2,
        clip=1.0,
        save_steps=7,
        on_step=on_step,
        keep="every",
        log=_nothing,
    )
    return state


def mid_checkpoint(folder: Path, on_step: Iterable[Callback]) -> TrainState:
    """The MLP, saved after every update: with writes slowed down, it is nearly always writing."""
    return mlp(folder, on_step, save_steps=1)


KINDS: dict[str, Run] = {
    "MLP": mlp,
    "conv, BatchNorm, dropout": conv,
    "language model": language,
    "while saving": mid_checkpoint,
}


def digest(state: TrainState) -> str:
    """The SHA-256 of everything that two equal runs share: weights, buffers, optimizer, history, place; no times."""
    found = hashlib.sha256()
    rows = [{name: value for name, value in row.items() if name != "seconds"} for row in state.history.rows]
    place = (state.step, state.epoch, state.batch, state.stop)
    found.update(json.dumps([rows, place, _add(found, state.model.state_dict())]).encode())
    found.update(json.dumps(_add(found, state.optimizer.state_dict())).encode())
    return found.hexdigest()


def _add(found: "hashlib._Hash", value: object) -> object:
    """Put the bytes of every tensor within `value` into the hash; returns the rest as JSON can write it."""
    if isinstance(value, torch.Tensor):
        found.update(value.detach().cpu().contiguous().numpy().tobytes())
        return [str(value.dtype), list(value.shape)]
    if isinstance(value, dict):
        return {str(key): _add(found, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_add(found, item) for item in value]
    return repr(value)


def _classes(shape: tuple[int, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """Ten noisy classes: x (n, *shape), y (n,)."""
    generator = torch.Generator().manual_seed(0)
    y = torch.randint(10, (SAMPLES,), generator=generator)
    centres = torch.randn(10, *shape, generator=generator)
    return centres[y] + torch.randn(SAMPLES, *shape, generator=generator), y


def _nothing(line: str) -> None:
    del line
