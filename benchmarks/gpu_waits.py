"""The cost of waiting: for a number, for the loader, for sums in one order. Parts of `benchmarks.gpu`."""

from contextlib import nullcontext
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.gpu_setting import Row, Setting, seconds_row
from benchmarks.gpu_steps import make_step
from course_lib.training.machine.device import deterministic
from course_lib.training.machine.profile import time_call, time_in_turns

IMAGE = (3, 32, 32)


def waits(setting: Setting) -> list[Row]:
    """Reading the loss after every step, every tenth, at the end only; then the loaders."""
    device = torch.device(setting.device)
    precision = "bfloat16" if device.type == "cuda" else "float32"
    step = make_step(setting, precision=precision, fused=True)
    count = 2 * setting.calls

    def run(every: int) -> None:
        for number in range(1, count + 1):
            loss = step()
            if number % every == 0:
                loss.item()

    contenders = {
        f"{name}": (lambda every=every: run(every)) for name, every in (("every step", 1), ("at the end", count))
    }
    found = time_in_turns(contenders, device, rounds=setting.rounds)
    rows: list[Row] = [
        {"measure": "loss read", "variant": name, "seconds": sorted(times)[len(times) // 2] / count}
        for name, times in found.items()
    ]
    return rows + loaders(setting)


def loaders(setting: Setting) -> list[Row]:
    """Seconds of an epoch of a small convolutional net, by how its images reach the device."""
    device = torch.device(setting.device)
    cuda = device.type == "cuda"
    images = torch.randint(0, 256, (setting.images, *IMAGE), dtype=torch.uint8)
    labels = torch.randint(10, (setting.images,))
    data, size = TensorDataset(images, labels), min(256, setting.images // 2)
    options: dict[str, dict[str, Any]] = {"no workers": {}}
    if cuda:
        options["no workers, pinned, non-blocking"] = {"pin_memory": True}
    if setting.images > 1_000:
        several = {"num_workers": 2, "persistent_workers": True}
        options["2 workers"] = several
        if cuda:
            options["2 workers, pinned, non-blocking"] = {**several, "pin_memory": True}
    step = image_step(device)

    def epoch(batches: Any, pinned: bool) -> None:
        for x, y in batches:
            # Legal only from pinned memory: from other memory the copy is made before the call returns anyway.
            step(x.to(device, non_blocking=pinned), y.to(device, non_blocking=pinned))

    rows = []
    for name, chosen in options.items():
        batches = DataLoader(data, batch_size=size, shuffle=True, **chosen)
        pinned = bool(chosen.get("pin_memory"))
        timing = time_call(lambda b=batches, p=pinned: epoch(b, p), device, warmup=1, rounds=min(3, setting.rounds))
        rows.append(seconds_row(timing, measure="epoch of images", variant=name))
    x_there, y_there = images.to(device), labels.to(device)

    def resident() -> None:
        for rows_of_batch in torch.randperm(setting.images, device=device).split(size):
            step(x_there[rows_of_batch], y_there[rows_of_batch])

    timing = time_call(resident, device, warmup=1, rounds=min(3, setting.rounds))
    return [*rows, seconds_row(timing, measure="epoch of images", variant="all images on the device")]


def image_step(device: torch.device, width: int = 32) -> Any:
    """A training step (x (B, 3, 32, 32) of bytes, labels (B,)) of a net of three convolutions."""
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, width, 3, padding=1, stride=2), nn.BatchNorm2d(width), nn.ReLU(),
        nn.Conv2d(width, 2 * width, 3, padding=1, stride=2), nn.BatchNorm2d(2 * width), nn.ReLU(),
        nn.Conv2d(2 * width, 2 * width, 3, padding=1, stride=2), nn.ReLU(), nn.Flatten(),
        nn.Linear(2 * width * 16, 10),
    ).to(device)  # fmt: skip
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    def step(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(x.float() / 255), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    step.model = model  # type: ignore[attr-defined]
    return step


def determinism(setting: Setting) -> list[Row]:
    """Two equal runs, compared bit for bit, and the seconds of a step: as usual and in deterministic mode."""
    device = torch.device(setting.device)
    x = torch.randint(0, 256, (min(256, setting.images), *IMAGE), dtype=torch.uint8, device=device)
    y = torch.randint(10, (len(x),), device=device)
    rows = []
    for on in (False, True):
        with deterministic() if on else nullcontext():
            step = make_step(setting, fused=True)
            timing = time_call(step, device, rounds=setting.rounds, calls=setting.calls)
            rows.append(seconds_row(timing, model="language model", deterministic=on, equal=_equal_losses(setting)))
            run = image_step(device)
            timing = time_call(lambda run=run: run(x, y), device, rounds=setting.rounds, calls=setting.calls)
            rows.append(seconds_row(timing, model="convolutions", deterministic=on, equal=_equal_weights(x, y)))
    return rows


def _equal_losses(setting: Setting, count: int = 5) -> bool:
    runs = []
    for _ in range(2):
        step = make_step(setting, fused=True)
        runs.append([float(step()) for _ in range(count)])
    return runs[0] == runs[1]


def _equal_weights(x: torch.Tensor, y: torch.Tensor, count: int = 5) -> bool:
    found = []
    for _ in range(2):
        step = image_step(x.device)
        for _ in range(count):
            step(x, y)
        found.append([parameter.detach().clone() for parameter in step.model.parameters()])
    return all(torch.equal(a, b) for a, b in zip(*found, strict=True))
