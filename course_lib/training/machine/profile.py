"""How fast this machine is, and how long a call takes on it: measured after a warm-up, as medians.

A GPU works through a queue while the program goes on, so a clock around a call measures how long it took to ask. Here
the device's own events take the time on CUDA, and everything is waited for elsewhere.
"""

import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from course_lib.core.validation import validate_at_least, validate_not_empty
from course_lib.training.machine.cost import Machine, elementwise, matmul

Call = Callable[[], object]
_SIZES = {"cuda": (8192, 2**28), "cpu": (512, 2**24)}  # side of a matrix, elements of a vector; others as the CPU
_TINY = 1e-9  # seconds; a clock with coarse ticks may show a difference of 0


@dataclass(frozen=True)
class Timing:
    """Seconds of one call: median, lowest and highest of `rounds` rounds."""

    median: float
    low: float
    high: float
    rounds: int

    @classmethod
    def of(cls, seconds: list[float]) -> "Timing":
        """Of the seconds of every round. Raises ValueError for none."""
        validate_not_empty("seconds", seconds, "round")
        return cls(statistics.median(seconds), min(seconds), max(seconds), len(seconds))


def wait(device: torch.device) -> None:
    """Until the device has done all that it was asked for; a CPU has."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def seconds_of(call: Call, device: torch.device, *, calls: int = 1) -> float:
    """Seconds per call of `calls` calls in a row, from the first being asked for to the last being done."""
    validate_at_least("calls", calls, 1)
    wait(device)
    if device.type == "cuda":
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        for _ in range(calls):
            call()
        end.record()
        end.synchronize()
        return max(start.elapsed_time(end) / 1e3 / calls, _TINY)
    clock = time.perf_counter()
    for _ in range(calls):
        call()
    wait(device)
    return max((time.perf_counter() - clock) / calls, _TINY)


def time_call(call: Call, device: torch.device, *, warmup: int = 2, rounds: int = 5, calls: int = 1) -> Timing:
    """The time of one call: `rounds` rounds of `calls` calls each, after `warmup` calls that do not count.

    The first calls are slower: memory is taken from the system, kernels are loaded and chosen.
    """
    for _ in range(warmup):
        call()
    return Timing.of([seconds_of(call, device, calls=calls) for _ in range(rounds)])


def time_in_turns(
    contenders: Mapping[Any, Call], device: torch.device, *, rounds: int = 5, calls: int = 1
) -> dict[Any, list[float]]:
    """Seconds per call of each round, the contenders taking turns, so that what disturbs the machine hits all alike."""
    for call in contenders.values():
        call()
    found: dict[Any, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name in list(contenders) if number % 2 == 0 else list(reversed(contenders)):
            found[name].append(seconds_of(contenders[name], device, calls=calls))
    return found


def time_by_operation(call: Call, *, calls: int = 5) -> dict[str, float]:
    """Seconds per call that each operation took by itself on the CPU, by torch.profiler, the longest first.

    Names are those of torch's operations without "aten::"; the rest of the time (the program, autograd's and the
    optimizer's own bookkeeping) is added up as "between operations", so that all together is the time of the call.
    """
    # The profiler's library tells on stderr that it starts, and that there is no GPU; it reads this at its first use.
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")
    from torch.profiler import ProfilerActivity, profile, record_function

    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        for _ in range(calls):
            with record_function("the call"):  # else nobody counts the time before, between and after its operations
                call()
    found: dict[str, float] = {}
    for event in profiler.key_averages():
        name = event.key.removeprefix("aten::") if event.key.startswith("aten::") else "between operations"
        found[name] = found.get(name, 0.0) + event.self_cpu_time_total / 1e6 / calls
    return dict(sorted(found.items(), key=lambda entry: -entry[1]))


def matmul_rate(
    device: torch.device, *, precision: str = "float32", size: int | None = None, rounds: int = 20
) -> float:
    """FLOP/s of the product of two square matrices of random numbers: the best round, as it stands for a limit."""
    size = size or _SIZES.get(device.type, _SIZES["cpu"])[0]
    dtype = getattr(torch, precision)
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    out = torch.empty(size, size, device=device, dtype=dtype)
    timing = time_call(lambda: torch.mm(a, b, out=out), device, rounds=rounds, calls=3)
    return matmul("a product", size, size, size).flops / timing.low


def copy_bandwidth(device: torch.device, *, elements: int | None = None, rounds: int = 7) -> float:
    """Bytes/s of copying a float32 vector that is larger than the caches, read and written: the best round."""
    elements = elements or _SIZES.get(device.type, _SIZES["cpu"])[1]
    source, target = torch.ones(elements, device=device), torch.empty(elements, device=device)
    timing = time_call(lambda: target.copy_(source), device, rounds=rounds)
    return elementwise("copy", elements).bytes / timing.low


def launch_seconds(device: torch.device, *, calls: int = 500, rounds: int = 7) -> float:
    """What the host needs to ask for one operation, as little as it may be: the addition of 1 to one number."""
    one = torch.zeros(1, device=device)
    times = []
    for _ in range(rounds + 1):
        wait(device)
        clock = time.perf_counter()
        for _ in range(calls):
            one.add_(1.0)
        times.append((time.perf_counter() - clock) / calls)
    return min(times[1:])


def measure_machine(
    device: torch.device, *, precision: str = "float32", size: int | None = None, elements: int | None = None
) -> Machine:
    """Rate and bandwidth of this device, as `cost.Machine`."""
    rate = matmul_rate(device, precision=precision, size=size)
    return Machine(f"{device.type}, {precision}", rate, copy_bandwidth(device, elements=elements))
