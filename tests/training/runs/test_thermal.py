"""Training pauses at the limit and goes on below limit - hysteresis; its result is that of a run without pauses."""

import pytest
import torch

from course_lib.training.loop.fit import fit
from course_lib.training.runs.thermal import gpu_sensor, pause_when_hot
from tests.training.small import blob_loader, classification_loss, everything, new_state, same


class Oven:
    """A sensor that reads one value after the other, and a clock that moves only when somebody sleeps."""

    def __init__(self, *readings: float | None) -> None:
        self.readings, self.now, self.said = list(readings), 100.0, []

    def sensor(self) -> float | None:
        return self.readings.pop(0) if self.readings else 50.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def callback(self, **settings):
        parts = {"clock": self.clock, "sleep": self.sleep, "log": self.said.append}
        return pause_when_hot(self.sensor, **{**parts, **settings})


def pauses(state) -> list[tuple[int, int, float, float]]:
    rows = [row for row in state.history.rows if row["split"] == "thermal"]
    return [(row["step"], row["epoch"], row["seconds"], row["hottest"]) for row in rows]


def run(callback):
    state = new_state(dropout=0.3)
    fit(state, blob_loader(), classification_loss, epochs=2, on_step=[callback])
    return state


def test_60_66_64_59_is_one_pause_from_66_until_59():
    oven = Oven(60, 66, 64, 59, 60)
    state = run(oven.callback(poll=2.0))
    assert pauses(state) == [(2, 1, 4.0, 66.0)]
    assert oven.said == ["66 C at step 2: paused until it is below 60 C", "went on after 4.0 s"]


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ((64.9, 64.9), []),
        ((65, 60, 59.9), [(1, 1, 2.0, 65.0)]),  # the limit itself is too hot, and 60 is not below 60
        ((70, 59, 59, 70, 80, 59), [(1, 1, 1.0, 70.0), (3, 1, 2.0, 80.0)]),
        ((50, 50, 50, 50, 90, 59), [(5, 2, 1.0, 90.0)]),
        ((66, None, 66, 59), [(1, 1, 1.0, 66.0), (2, 1, 1.0, 66.0)]),  # a sensor that falls silent ends the pause
    ],
)
def test_pauses_begin_at_the_limit_and_end_below_it_by_the_hysteresis(readings, expected):
    assert pauses(run(Oven(*readings).callback())) == expected


def test_without_hysteresis_the_run_goes_on_below_the_limit():
    assert pauses(run(Oven(66, 64).callback(hysteresis=0))) == [(1, 1, 1.0, 66.0)]


def test_weights_with_and_without_pauses_are_equal_bit_for_bit():
    paused, plain = run(Oven(*[66, 59] * 8).callback()), run(lambda state: None)
    assert len(pauses(paused)) == 8
    assert same(everything(paused)["model"], everything(plain)["model"])
    assert same(everything(paused)["optimizer"], everything(plain)["optimizer"])
    losses = [[row["loss"] for row in state.history.rows if row["split"] == "train"] for state in (paused, plain)]
    assert losses[0] == losses[1]


def test_without_a_sensor_nothing_happens():
    state = run(pause_when_hot(lambda: None, clock=None, sleep=None, log=None))
    assert {row["split"] for row in state.history.rows} == {"train"}


def test_an_interruption_ends_a_pause():
    oven, state = Oven(*[90.0] * 100), new_state()

    def sleep(seconds: float) -> None:
        oven.sleep(seconds)
        state.interrupted = oven.now >= 103

    fit(state, blob_loader(), classification_loss, epochs=2, on_step=[oven.callback(sleep=sleep)])
    assert (state.step, state.interrupted) == (1, True)
    assert pauses(state) == [(1, 1, 3.0, 90.0)]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"limit": float("nan")}, "limit must be a finite number of degrees Celsius, got nan"),
        ({"limit": float("inf")}, "limit must be a finite number of degrees Celsius, got inf"),
        ({"hysteresis": -1}, "hysteresis must be at least 0, got -1"),
        ({"poll": 0}, "poll must be above 0, got 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        pause_when_hot(lambda: None, **settings)


def test_the_sensor_of_a_gpu_asks_the_driver_for_that_device(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "temperature", lambda device: 40 + device)
    assert gpu_sensor(1)() == 41.0


@pytest.mark.parametrize("error", [ModuleNotFoundError, RuntimeError, type("NVMLError", (Exception,), {})])
def test_a_sensor_that_cannot_be_read_is_none(monkeypatch, error):
    def fail(device):
        raise error("no reading")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "temperature", fail)
    assert gpu_sensor()() is None


def test_without_a_gpu_the_driver_is_not_asked(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.delattr(torch.cuda, "temperature")
    assert gpu_sensor()() is None
