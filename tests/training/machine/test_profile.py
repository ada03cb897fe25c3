"""The clocks call what they time as often as they say, and wait for the device. Only a sleep is asserted."""

import time
from typing import ClassVar

import pytest
import torch

from course_lib.training.machine.profile import (
    Timing,
    copy_bandwidth,
    launch_seconds,
    matmul_rate,
    measure_machine,
    seconds_of,
    time_by_operation,
    time_call,
    time_in_turns,
)

CPU = torch.device("cpu")


def test_warm_up_is_called_and_not_counted() -> None:
    calls: list[int] = []
    timing = time_call(lambda: calls.append(1), CPU, warmup=3, rounds=4, calls=5)
    assert len(calls) == 3 + 4 * 5
    assert timing.rounds == 4
    assert 0 < timing.low <= timing.median <= timing.high


def test_contenders_take_turns_in_both_orders() -> None:
    order: list[str] = []
    found = time_in_turns({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, CPU, rounds=2)
    assert order == ["a", "b", "a", "b", "b", "a"], "one call each that does not count, then two rounds"
    assert [len(times) for times in found.values()] == [2, 2]


def test_the_clock_stands_still_for_nothing_but_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([10.0, 16.0])
    monkeypatch.setattr("course_lib.training.machine.profile.time.perf_counter", lambda: next(now))
    assert seconds_of(lambda: None, CPU, calls=3) == 2.0


class FakeEvent:
    """Stands for torch.cuda.Event: writes down what was asked of it."""

    log: ClassVar[list[str]] = []

    def __init__(self, enable_timing: bool) -> None:
        assert enable_timing

    def record(self) -> None:
        self.log.append("record")

    def synchronize(self) -> None:
        self.log.append("wait for the event")

    def elapsed_time(self, other: "FakeEvent") -> float:
        return 12.0  # milliseconds


def test_on_cuda_the_device_takes_the_time_and_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeEvent.log = []
    monkeypatch.setattr(torch.cuda, "Event", FakeEvent)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device: FakeEvent.log.append("wait for the device"))
    seconds = seconds_of(lambda: FakeEvent.log.append("call"), torch.device("cuda"), calls=2)
    assert FakeEvent.log == ["wait for the device", "record", "call", "call", "record", "wait for the event"]
    assert seconds == 0.006


def test_a_machine_is_measured() -> None:
    machine = measure_machine(CPU, size=16, elements=100)
    assert machine.name == "cpu, float32"
    assert machine.rate > 0
    assert machine.bandwidth > 0
    assert launch_seconds(CPU, calls=2, rounds=1) > 0
    assert matmul_rate(CPU, precision="bfloat16", size=8, rounds=1) > 0
    assert copy_bandwidth(CPU, elements=8, rounds=1) > 0


def test_the_profiler_names_operations_and_the_time_between() -> None:
    a = torch.randn(20, 20)
    found = time_by_operation(lambda: torch.relu(a @ a), calls=2)
    assert {"mm", "relu", "between operations"} <= set(found)
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_the_profiler_counts_what_the_program_does_between_operations() -> None:
    a = torch.randn(20, 20)
    found = time_by_operation(lambda: (a @ a, time.sleep(0.01)), calls=2)
    assert found["between operations"] > 0.005


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="seconds must hold at least one round"):
        Timing.of([])
    with pytest.raises(ValueError, match="calls must be at least 1, got 0"):
        seconds_of(lambda: None, CPU, calls=0)
