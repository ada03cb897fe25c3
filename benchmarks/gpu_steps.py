"""How long does a training step of the language model take, and how much memory: the timed parts of `benchmarks.gpu`.

Shapes: B sequences, T tokens. Tokens are drawn evenly: speed does not depend on what they say.
"""

import time
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.gpu_setting import Row, Setting, seconds_row
from course_lib.core.seeding import Seeds
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.loop.fit import fit
from course_lib.training.loop.precision import autocast, scaler_for
from course_lib.training.loop.state import TrainState
from course_lib.training.machine.cost import gpt_step, total
from course_lib.training.machine.device import matmul_precision
from course_lib.training.machine.gpt import GPT, next_token_loss, random_tokens
from course_lib.training.machine.profile import (
    Timing,
    copy_bandwidth,
    launch_seconds,
    matmul_rate,
    seconds_of,
    time_in_turns,
)
from course_lib.training.machine.step_memory import gpt_activations, peak_bytes, saved_bytes, step_memory

Step = Callable[[], Any]


def machine(setting: Setting) -> list[Row]:
    """Rate by precision and size, bandwidth, and what it takes the host to ask for one operation."""
    device = torch.device(setting.device)
    precisions = ("float32", "tf32", "bfloat16", "float16") if device.type == "cuda" else ("float32", "bfloat16")
    rows: list[Row] = []
    for precision in precisions:
        # A CPU without units for 16 bits may need a thousand times as long.
        small = device.type == "cpu" and precision != "float32"
        for side in [side for side in setting.sides if side <= 256 or not small]:
            with matmul_precision("tf32" if precision == "tf32" else "highest"):
                dtype = "float32" if precision == "tf32" else precision
                rate = matmul_rate(device, precision=dtype, size=side, rounds=setting.rounds)
            rows.append({"measure": "matmul", "precision": precision, "size": side, "flops_per_second": rate})
    bandwidth = copy_bandwidth(device, elements=setting.elements, rounds=setting.rounds)
    rows.append({"measure": "copy", "elements": setting.elements, "bytes_per_second": bandwidth})
    rows.append({"measure": "launch", "seconds": launch_seconds(device, rounds=setting.rounds)})
    return rows


def make_step(
    setting: Setting,
    *,
    precision: str = "float32",
    batch: int | None = None,
    compiler: str | None = None,
    mode: str | None = None,
    read_loss: bool = False,
    **optimizer_options: Any,
) -> Step:
    """A function that trains a new model by one step: forward, backward, AdamW; returns the loss.

    precision: one of `training.precision`, or "tf32". read_loss: wait for the loss and return it as a number.
    """
    device, tf32 = torch.device(setting.device), precision == "tf32"
    precision = "float32" if tf32 else precision
    torch.manual_seed(0)
    with device:
        model = GPT(setting.model)
    # Not given an option, AdamW takes its own default.
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, **optimizer_options)
    scaler = scaler_for(precision, device)
    run = model if compiler is None else torch.compile(model, backend=compiler, mode=mode, fullgraph=True)
    data = random_tokens(setting.model, batch or setting.batch, setting.tokens, device=device)

    def step() -> Any:
        with matmul_precision("tf32" if tf32 else "highest"):
            return train()

    def train() -> Any:
        optimizer.zero_grad(set_to_none=True)
        with autocast(precision, device):
            loss = next_token_loss(run, data)
        mean = loss.total / loss.count
        if scaler is None:
            mean.backward()
            optimizer.step()
        else:
            scaler.scale(mean).backward()
            scaler.step(optimizer)
            scaler.update()
        return mean.item() if read_loss else mean.detach()

    return step


def step_flops(setting: Setting, batch: int | None = None) -> float:
    """FLOPs of the matrix products of one step."""
    return total(gpt_step(setting.model, batch or setting.batch, setting.tokens)).flops


def batches_that_fit(setting: Setting) -> list[int]:
    """The batch sizes of the setting without those that a CUDA device has too little memory for, with room to spare."""
    if setting.device != "cuda":
        return list(setting.batches)
    free, _ = torch.cuda.mem_get_info()
    return [batch for batch in setting.batches if 2 * gpt_activations(setting.model, batch, setting.tokens) < free]


def timed(setting: Setting, steps: dict[str, Step], batch: int) -> list[Row]:
    """A row for each of these steps with `batch` sequences, taking turns: seconds, tokens and FLOPs per second."""
    device = torch.device(setting.device)
    # A step of many seconds is all arithmetic (halves on a CPU without units for them): two rounds of its own will do.
    slow = {name for name, step in steps.items() if seconds_of(step, device) > 5}
    quick = {name: step for name, step in steps.items() if name not in slow}
    found = time_in_turns(quick, device, rounds=setting.rounds, calls=setting.calls) if quick else {}
    found |= {name: [seconds_of(steps[name], device) for _ in range(2)] for name in steps if name in slow}
    rows = []
    for name, times in found.items():
        timing = Timing.of(times)
        tokens, flops = batch * setting.tokens, step_flops(setting, batch)
        rates = {"tokens_per_second": tokens / timing.median, "flops_per_second": flops / timing.median}
        rows.append(seconds_row(timing, variant=name, batch=batch) | rates)
    return rows


def steps(setting: Setting) -> list[Row]:
    """Number formats and optimizers at one batch size, then batch sizes at the fastest format."""
    cuda = setting.device == "cuda"
    formats = ("tf32", "bfloat16", "float16") if cuda else ("bfloat16",)
    variants = {
        "float32, AdamW one by one": make_step(setting, foreach=False),
        "float32, AdamW foreach": make_step(setting, foreach=True),
        "float32, AdamW fused": make_step(setting, fused=True),
        **{f"{name}, AdamW fused": make_step(setting, fused=True, precision=name) for name in formats},
    }
    rows = timed(setting, variants, setting.batch)
    variants.clear()  # their memory is free for the larger batches
    best = "bfloat16" if cuda else "float32"
    for batch in batches_that_fit(setting):
        step = make_step(setting, fused=True, precision=best, batch=batch)
        rows += timed(setting, {f"{best}, batch sizes": step}, batch)
    return rows


def compiled(setting: Setting) -> list[Row]:
    """Eager and compiled, taking turns: what compiling costs once, and what it saves in each step."""
    device = torch.device(setting.device)
    cuda = device.type == "cuda"
    rows = []
    for precision in ("float32", "bfloat16") if cuda else ("float32",):
        options: dict[str, Any] = {"fused": True, "precision": precision}
        contenders, ready = {f"{precision}, eager": make_step(setting, **options)}, {}
        torch._dynamo.reset()
        for mode in (None, "reduce-overhead") if cuda else (None,):
            name = f"{precision}, compiled{f' ({mode})' if mode else ''}"
            clock = time.perf_counter()
            contenders[name] = make_step(setting, compiler=setting.compiler, mode=mode, **options)
            seconds_of(contenders[name], device, calls=3)  # some modes record in the second and third call
            ready[name] = {"until_ready": time.perf_counter() - clock}
        found = time_in_turns(contenders, device, rounds=setting.rounds, calls=setting.calls)
        rows += [seconds_row(Timing.of(times), variant=name) | ready.get(name, {}) for name, times in found.items()]
    return rows


def memory(setting: Setting) -> list[Row]:
    """Bytes predicted and counted for each batch size; on CUDA the true peak as well."""
    device = torch.device(setting.device)
    rows = []
    for batch in batches_that_fit(setting):
        model = GPT(setting.model).to(device)
        data = random_tokens(setting.model, batch, setting.tokens, device=device)
        predicted = step_memory(model, gpt_activations(setting.model, batch, setting.tokens))
        row: Row = {"batch": batch, "predicted": predicted.total, "predicted_activations": predicted.activations}
        row["counted_activations"] = saved_bytes(lambda m=model, d=data: next_token_loss(m, d).total, model)
        del model, data
        if device.type == "cuda":
            torch.cuda.empty_cache()
            before = torch.cuda.memory_allocated(device)
            step = make_step(setting, batch=batch, fused=True)
            step()  # the moments of Adam are made in the first step
            row["peak"] = peak_bytes(step, device) - before
            del step
        rows.append(row)
    return rows


def fit_overhead(setting: Setting) -> list[Row]:
    """`fit` against a loop of a few lines on the same model and batches, in turns; seconds of one epoch."""
    device = torch.device(setting.device)
    x, y = random_tokens(setting.model, 20 * setting.batch, setting.tokens, device=device)
    loader = TensorLoader(x, y, batch_size=setting.batch)
    models = [GPT(setting.model).to(device) for _ in range(2)]
    optimizers = [torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True) for model in models]
    state = TrainState(models[1], optimizers[1], Seeds.same(0))

    def bare() -> None:
        running = torch.zeros((), device=device)
        for batch in loader.epoch(1):
            optimizers[0].zero_grad(set_to_none=True)
            loss = next_token_loss(models[0], batch)
            (loss.total / loss.count).backward()
            optimizers[0].step()
            running += loss.total.detach()
        float(running)

    def ours() -> None:
        fit(state, loader, next_token_loss, epochs=state.epoch + 1, check_every=50)

    found = time_in_turns({"bare loop": bare, "fit": ours}, device, rounds=setting.rounds)
    ratios = sorted(o / b for o, b in zip(found["fit"], found["bare loop"], strict=True))
    return [
        *({"variant": name, "seconds": sorted(times)[len(times) // 2]} for name, times in found.items()),
        {
            "variant": "fit over bare loop",
            "ratio": ratios[len(ratios) // 2],
            "lowest": ratios[0],
            "highest": ratios[-1],
        },
    ]
