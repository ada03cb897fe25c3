"""The time of `fit` over that of the loop that one would write by hand for the same model and data.

The hand-written loop is careful and checks nothing: batches by index from tensors in memory in a new order per epoch,
zero_grad, loss, backward, step, a running loss. `fit` does the same and also checks that loss and gradients are finite
before every update (on a GPU before every 50th, as each check waits for the device), keeps the generators, counts
elements, and calls its callbacks. The hand-written loop takes part twice: how far it is from itself is the noise.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.measure import alternating, provenance, ratios, table
from benchmarks.recordings import RECORDS
from course_lib.core.files import write_json
from course_lib.core.metrics import Loss
from course_lib.core.seeding import Seeds
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.loop.fit import fit
from course_lib.training.loop.state import TrainState

BARE, AGAIN, OURS = "by hand", "by hand, again", "fit"
GOALS = {"cpu": 1.03, "cuda": 1.01}  # time of `fit` over that of the loop by hand, at most
CHECK_EVERY = {"cpu": 1, "cuda": 50}
Call = Callable[[], object]


@dataclass(frozen=True)
class Size:
    """One comparison: a model, its batches, and how many updates a call makes."""

    name: str
    model: Callable[[], nn.Module]
    data: Callable[[int], tuple[torch.Tensor, torch.Tensor]]
    batch_size: int
    steps: int  # of one epoch; a call is one epoch
    rounds: int


def mlp(*widths: int) -> nn.Sequential:
    """Linear layers with ReLU between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class Block(nn.Module):
    """One layer of a causal transformer, (B, T, D) -> (B, T, D)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T, D) -> (B, T, D)."""
        b, t, d = x.shape
        parts = self.attention(self.norm1(x)).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(*parts, is_causal=True)  # (B, H, T, D / H)
        x = x + self.out(mixed.transpose(1, 2).reshape(b, t, d))
        return x + self.mlp(self.norm2(x))


class Transformer(nn.Module):
    """A causal language model of 1.06 million parameters: 4 layers, 4 heads, width 128, vocabulary 1,000."""

    def __init__(self, vocabulary: int = 1_000, context: int = 64, width: int = 128) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        self.blocks = nn.Sequential(*(Block(width, 4) for _ in range(4)))
        self.head = nn.Linear(width, vocabulary)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """(B, T) -> (B, V, T), with the classes where cross_entropy looks for them."""
        x = self.tokens(ids) + self.places.weight[: ids.shape[1]]
        return self.head(self.blocks(x)).transpose(1, 2)


def vectors(inputs: int) -> Callable[[int], tuple[torch.Tensor, torch.Tensor]]:
    """Data of n random vectors and classes; how a step's time is spent does not depend on what they are."""
    return lambda n: (torch.randn(n, inputs), torch.randint(10, (n,)))


def texts(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """n random texts of 64 tokens, and the tokens that follow."""
    ids = torch.randint(1_000, (n, 65))
    return ids[:, :-1].contiguous(), ids[:, 1:].contiguous()


SIZES = (
    Size("digits net 64-64-32-10", lambda: mlp(64, 64, 32, 10), vectors(64), 32, 400, 25),
    Size("784-512-512-10", lambda: mlp(784, 512, 512, 10), vectors(784), 128, 60, 25),
    Size("transformer, 64 tokens", Transformer, texts, 16, 12, 25),
)


def by_hand(size: Size, device: torch.device) -> Call:
    """What a careful person writes."""
    torch.manual_seed(0)
    model = size.model().to(device)
    x, y = (tensor.to(device) for tensor in size.data(size.steps * size.batch_size))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    def epoch() -> float:
        model.train()
        running = 0.0
        for rows in torch.randperm(len(x), device=device).split(size.batch_size):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            # Reading a number costs nothing on the CPU; on a GPU it waits for the device, so the sum stays there.
            running += (loss.item() if device.type == "cpu" else loss.detach()) * len(rows)
        return float(running) / len(x)

    return epoch


def ours(size: Size, device: torch.device) -> Call:
    """The same with `fit`."""
    torch.manual_seed(0)
    model = size.model().to(device)
    loader = TensorLoader(*size.data(size.steps * size.batch_size), batch_size=size.batch_size, device=device)
    state = TrainState(model, torch.optim.AdamW(model.parameters(), lr=1e-3), Seeds.same(0))

    def loss_fn(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> Loss:
        x, y = batch
        return Loss(F.cross_entropy(model(x), y, reduction="sum"), y.numel())

    return lambda: fit(state, loader, loss_fn, epochs=state.epoch + 1, check_every=CHECK_EVERY[device.type])


def measure(device: torch.device, quick: bool = False) -> list[dict[str, Any]]:
    """One row per size and contender: microseconds per update, and the time over that of the loop by hand."""

    def clock() -> float:
        torch.cuda.synchronize(device)
        return time.perf_counter()

    rows = []
    for size in SIZES:
        contenders = {BARE: by_hand(size, device), OURS: ours(size, device), AGAIN: by_hand(size, device)}
        timed = time.process_time if device.type == "cpu" else clock
        seconds = alternating(contenders, 3 if quick else size.rounds, clock=timed)
        for name, values in seconds.items():
            middle, low, high = ratios(seconds[BARE], values)
            row = {"device": device.type, "size": size.name, "batch_size": size.batch_size, "name": name}
            row |= {"microseconds_per_step": statistics.median(values) / size.steps * 1e6}
            row |= {"ratio": middle, "low": low, "high": high}
            rows.append(row | {"goal": GOALS[device.type] if name == OURS else None})
    return rows


def report(rows: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table, with the verdict on each goal."""
    header = ("device, model, batch, loop", "us/step", "time / by hand", "lowest .. highest", "goal", "met")
    cells = []
    for row in rows:
        goal = row["goal"]
        verdict = "" if goal is None else ("yes" if row["ratio"] <= goal else "no")
        name = f"{row['device']}, {row['size']}, {row['batch_size']}, {row['name']}"
        numbers = (
            f"{row['microseconds_per_step']:,.0f}",
            f"{row['ratio']:.3f}",
            f"{row['low']:.2f} .. {row['high']:.2f}",
        )
        cells.append((name, *numbers, f"<= {goal}" if goal else "", verdict))
    return table(header, cells)


def main(arguments: list[str] | None = None) -> None:
    """Measure on the CPU, and on the GPU where there is one; print, and with all rounds write the record."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fit_overhead", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 rounds; writes no record")
    quick = parser.parse_args(arguments).quick
    torch.set_num_threads(1)
    devices = [torch.device("cpu"), *([torch.device("cuda")] if torch.cuda.is_available() else [])]
    rows = [row for device in devices for row in measure(device, quick)]
    print(report(rows))
    if not quick:
        record = RECORDS["fit_overhead"]
        setting = {"threads": 1, "check_every": CHECK_EVERY, "rounds": {size.name: size.rounds for size in SIZES}}
        setting["gpu"] = torch.cuda.get_device_name() if torch.cuda.is_available() else None
        versions = provenance(record.command, ("numpy", "torch"))
        write_json(record.path, {"setting": setting, "rows": rows, "provenance": versions})


if __name__ == "__main__":
    main()
