"""Ctrl-C and SIGTERM are noted while a run works, and mean what they meant before it and after."""

import signal
import threading
from collections.abc import Iterator

import pytest
import torch

from course_lib.core.seeding import Seeds
from course_lib.training.loop.state import TrainState
from course_lib.training.runs import signals
from course_lib.training.runs.signals import HEEDED, Interrupted, Received, heed, signals_noted


def state() -> TrainState:
    model = torch.nn.Linear(1, 1)
    return TrainState(model, torch.optim.SGD(model.parameters(), lr=1.0), Seeds.same(0))


@pytest.mark.parametrize("number", HEEDED)
def test_a_signal_is_noted_and_does_nothing_else(number: int) -> None:
    with signals_noted() as received:
        assert received.number is None
        signal.raise_signal(number)
        assert received.number == number


def test_the_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in HEEDED]
    with signals_noted():
        assert [signal.getsignal(number) for number in HEEDED] != before
    assert [signal.getsignal(number) for number in HEEDED] == before
    with pytest.raises(ZeroDivisionError), signals_noted():
        raise ZeroDivisionError
    assert [signal.getsignal(number) for number in HEEDED] == before


@pytest.fixture
def _ctrl_c_is_heeded() -> Iterator[None]:
    """Python's own handler of SIGINT, also where the tests run in the background, which ignores that signal."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_ctrl_c_is_heeded")
def test_the_second_ctrl_c_ends_a_step_that_takes_too_long() -> None:
    before = [signal.getsignal(number) for number in HEEDED]
    with signals_noted():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt) as ended:
            signal.raise_signal(signal.SIGINT)
    assert not isinstance(ended.value, Interrupted)
    assert [signal.getsignal(number) for number in HEEDED] == before


def test_a_thread_leaves_the_handlers_alone() -> None:
    seen = []

    def work() -> None:
        with signals_noted() as received:
            seen.append((received.number, signal.getsignal(signal.SIGINT)))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(None, before)]


def test_a_noted_signal_interrupts_the_run_and_does_not_stop_it_for_good() -> None:
    received, run = Received(), state()
    heeds = heed(received)
    heeds(run)
    assert not run.ended
    received.number = signal.SIGTERM
    heeds(run)
    assert run.interrupted
    assert not run.stop


def test_the_state_of_a_run_of_one_process_is_interrupted_in_the_moment_of_the_signal() -> None:
    run = state()
    with signals_noted(run):
        assert not run.ended
        signal.raise_signal(signal.SIGTERM)
        assert run.interrupted
        assert not run.stop


def test_the_state_of_one_of_several_processes_waits_until_they_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "world_size", lambda: 2)
    run = state()
    with signals_noted(run) as received:
        signal.raise_signal(signal.SIGTERM)
        assert received.number == signal.SIGTERM
        assert not run.ended


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
def test_a_hangup_that_is_ignored_stays_ignored_as_nohup_has_it() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals_noted() as received:
            signal.raise_signal(signal.SIGHUP)
            assert received.number is None
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (1, 129)])
def test_the_exit_code_is_that_of_a_shell(number: int, code: int) -> None:
    assert Interrupted("interrupted", number).exit_code == code


def test_several_processes_stop_after_the_same_step_whoever_got_the_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def all_reduce(number: torch.Tensor, op: object) -> None:  # the other process got SIGTERM in step 8
        asked.append(int(number))
        number.fill_(max(int(number), signal.SIGTERM if run.step >= 8 else 0))

    monkeypatch.setattr(signals, "world_size", lambda: 2)
    monkeypatch.setattr(signals.dist, "all_reduce", all_reduce)
    received, run = Received(), state()
    heeds = heed(received)
    stopped_at = None
    for run.step in range(1, 15):
        run.batch = run.step
        heeds(run)
        if run.interrupted:
            stopped_at = run.step
            break
    assert stopped_at == signals.ASKED_EVERY == 10
    assert asked == [0]
    assert received.number == signal.SIGTERM


def test_several_processes_ask_each_other_after_every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "world_size", lambda: 2)
    monkeypatch.setattr(signals.dist, "all_reduce", lambda number, op: number.fill_(signal.SIGINT))
    run = state()
    run.step, run.epoch, run.batch = 7, 1, 0
    heed(Received())(run)
    assert run.interrupted
