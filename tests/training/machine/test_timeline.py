"""Host and device behave as a queue: the larger of two times, or their sum where somebody waits."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.training.machine.timeline import seconds_per_piece, timeline

SECONDS = st.floats(0.0, 10.0)


def test_who_never_waits_pays_for_the_slower_of_the_two() -> None:
    assert seconds_per_piece(timeline(2_000, host=3, device=4)) == pytest.approx(4, rel=2e-3)
    assert seconds_per_piece(timeline(2_000, host=4, device=3)) == pytest.approx(4, rel=2e-3)


def test_who_waits_each_time_pays_for_both() -> None:
    assert seconds_per_piece(timeline(100, host=3, device=4, wait_every=1)) == 7


def test_waiting_seldom_costs_little() -> None:
    assert seconds_per_piece(timeline(2_000, host=3, device=4, wait_every=50)) == pytest.approx(4 + 3 / 50, rel=2e-3)


def test_room_for_one_batch_is_enough_when_times_are_even() -> None:
    assert seconds_per_piece(timeline(1_000, host=3, device=4, ahead=1)) == pytest.approx(4, rel=1e-2)


@given(host=SECONDS, device=SECONDS, wait_every=st.none() | st.integers(1, 5), ahead=st.none() | st.integers(1, 3))
def test_every_timeline_is_one_that_could_happen(
    host: float, device: float, wait_every: int | None, ahead: int | None
) -> None:
    pieces = timeline(12, host=host, device=device, wait_every=wait_every, ahead=ahead)
    for before, after in itertools.pairwise(pieces):
        assert after.asked[0] >= before.asked[1], "the host asks for one thing at a time"
        assert after.done[0] >= before.done[1], "the device does one thing at a time"
    assert all(piece.done[0] >= piece.asked[1] for piece in pieces), "nothing is done before it was asked for"
    slower, both = max(host, device), host + device
    assert slower <= seconds_per_piece(pieces) + 1e-9 <= both + 2e-9


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="pieces must be at least 1, got 0"):
        timeline(0, host=1, device=1)
    with pytest.raises(ValueError, match="host must be at least 0 seconds, got -1"):
        timeline(1, host=-1, device=1)
    with pytest.raises(ValueError, match="wait_every must be at least 1, got 0"):
        timeline(1, host=1, device=1, wait_every=0)
    with pytest.raises(ValueError, match="pieces must hold at least one"):
        seconds_per_piece([])
