"""INFINITO on this device: steps a second beside a plain GPT, memory, the reported run. Parts of `benchmarks.gpu`.

A step reads one segment of B sequences and T tokens, from the external memory that the step before left.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from benchmarks.gpu_setting import Row, Setting, seconds_row
from benchmarks.gpu_steps import make_step
from course_lib.core.seeding import Seeds
from course_lib.infinito.config import AS_REPORTED, InfinitoConfig
from course_lib.infinito.losses import language_loss, stream_loss
from course_lib.infinito.model import Infinito
from course_lib.infinito.report.analysis import step_flops
from course_lib.infinito.train import train_infinito
from course_lib.training.loop.precision import autocast
from course_lib.training.machine.profile import Timing, time_in_turns
from course_lib.training.machine.step_memory import peak_bytes, saved_bytes, step_memory

Step = Callable[[], Any]
SIZES = ("vocabulary", "context", "positions", "width", "layers", "heads", "feed_forward", "memory_slots", "slot_width")
SEED = 42  # of the reported run


def reported_form(config: InfinitoConfig) -> InfinitoConfig:
    """The model with the sizes of `config` and the reported behaviour."""
    return replace(AS_REPORTED, **{name: getattr(config, name) for name in SIZES})


def infinito_step(
    setting: Setting, config: InfinitoConfig, *, precision: str = "float32", compiler: str | None = None
) -> Step:
    """A function that trains a new model by one step: forward, backward, clipping, fused AdamW; returns the loss."""
    device = torch.device(setting.device)
    model = _model(config, device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    forward = model if compiler is None else torch.compile(model, backend=compiler, fullgraph=True)
    batch, memory = _batch(setting, config, device), model.fresh_memory(setting.batch)

    def step() -> torch.Tensor:
        nonlocal memory
        optimizer.zero_grad(set_to_none=True)
        with autocast(precision, device):
            loss, memory = stream_loss(forward, batch, memory, padded=False)
        (loss.total / loss.count).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.total.detach()

    return step


def validation_step(setting: Setting, config: InfinitoConfig, *, precision: str = "float32") -> Step:
    """A function that evaluates one batch."""
    device = torch.device(setting.device)
    model = _model(config, device).eval()
    batch, memory = _batch(setting, config, device), model.fresh_memory(setting.batch)

    @torch.no_grad()
    def step() -> torch.Tensor:
        nonlocal memory
        with autocast(precision, device):
            loss, memory = stream_loss(model, batch, memory, padded=False)
        return loss.total

    return step


def speed(setting: Setting) -> list[Row]:
    """Steps, tokens and FLOPs a second of every form of the model, in turns; then the memory of a step."""
    device, config = torch.device(setting.device), setting.infinito
    no_memory, reported = replace(config, memory_slots=0), reported_form(config)
    best = "bfloat16" if device.type == "cuda" else "float32"
    contenders = {
        "as reported, float32": (reported, infinito_step(setting, reported)),
        "repaired, float32": (config, infinito_step(setting, config)),
        f"repaired, no memory, {best}": (no_memory, infinito_step(setting, no_memory, precision=best)),
        f"validation, {best}": (config, validation_step(setting, config, precision=best)),
    }
    if device.type == "cuda":
        contenders["repaired, bfloat16"] = (config, infinito_step(setting, config, precision=best))
        compiled = infinito_step(setting, config, precision=best, compiler=setting.compiler)
        contenders["repaired, bfloat16, compiled"] = (config, compiled)
    steps = {name: step for name, (_, step) in contenders.items()}
    steps[f"plain GPT, {best}"] = make_step(setting, precision=best, fused=True)
    found = time_in_turns(steps, device, rounds=setting.rounds, calls=setting.calls)
    rows = []
    for name, times in found.items():
        timing = Timing.of(times)
        row = seconds_row(timing, variant=name, steps_per_second=1 / timing.median)
        row["tokens_per_second"] = setting.batch * config.context / timing.median
        if name in contenders:
            flops = step_flops(contenders[name][0], batch=setting.batch, tokens=config.context)
            row["flops_per_second"] = flops / (3 if name.startswith("validation") else 1) / timing.median
        rows.append(row)
    contenders.clear(), steps.clear()  # their memory is free for what is counted now
    return [*rows, memory(setting)]


def memory(setting: Setting) -> Row:
    """Bytes of a float32 step of the repaired model: predicted from what forward keeps, and on CUDA the true peak."""
    device, config = torch.device(setting.device), setting.infinito
    model = _model(config, device)
    batch = _batch(setting, config, device)
    kept = saved_bytes(lambda: language_loss(model, batch, padded=False).total, model)
    row: Row = {"measure": "memory", "batch": setting.batch, "predicted": step_memory(model, kept).total}
    if device.type == "cuda":
        del model, batch
        torch.cuda.empty_cache()
        before = torch.cuda.memory_allocated(device)
        step = infinito_step(setting, config)
        step()  # the moments of Adam are made in the first step
        row["peak"] = peak_bytes(step, device) - before
    return row


def reported_run(setting: Setting) -> list[Row]:
    """The rows "train" and "val" of every epoch of the reported run, seed 42, and the seconds of the whole."""
    clock = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        state = train_infinito(
            setting.recipe, Seeds.same(SEED), Path(folder), device=setting.device, log=lambda line: None
        )
    seconds = time.perf_counter() - clock
    rows = [{"seed": SEED, **row} for row in state.history.rows if row["split"] in ("train", "val")]
    return [*rows, {"split": "whole run, with its checkpoints", "updates": state.step, "seconds": seconds}]


def _model(config: InfinitoConfig, device: torch.device) -> Infinito:
    torch.manual_seed(0)
    with device:
        return Infinito(config)


def _batch(setting: Setting, config: InfinitoConfig, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(1, config.vocabulary, (setting.batch, config.context + 1), generator=generator).to(device)
    return ids[:, :-1].contiguous(), ids[:, 1:].contiguous()
