"""Host and device as a queue of two workers, one line each, in place of a GPU.

The host (the Python program) asks for one piece of work after the other; the device takes them in that order. Neither
waits for the other, unless the host wants a number back: then it waits until the device has done all that was asked.
The same picture holds for a loader (as the host) and the training step (as the device).
"""

from dataclasses import dataclass

from course_lib.core.validation import validate_at_least, validate_not_empty


@dataclass(frozen=True)
class Piece:
    """One piece of work: when the host asked for it (from, to), and when the device did it (from, to), in seconds."""

    asked: tuple[float, float]
    done: tuple[float, float]


def timeline(
    pieces: int, *, host: float, device: float, wait_every: int | None = None, ahead: int | None = None
) -> list[Piece]:
    """The times of `pieces` equal pieces: `host` seconds to ask for one, `device` seconds to do it.

    wait_every: after every so many pieces the host waits for the device; None never does. ahead: how many pieces may be
    asked for and not yet done (a loader with room for so many batches); None is without limit.
    Raises ValueError for fewer than 1 piece, negative seconds, and a wait_every or ahead below 1.
    """
    validate_at_least("pieces", pieces, 1)
    for name, seconds in (("host", host), ("device", device)):
        validate_at_least(name, seconds, 0, unit=" seconds")
    for name, count in (("wait_every", wait_every), ("ahead", ahead)):
        if count is not None:
            validate_at_least(name, count, 1)
    found: list[Piece] = []
    for number in range(pieces):
        free = found[-1].asked[1] if found else 0.0
        if wait_every is not None and number and number % wait_every == 0:
            free = max(free, found[-1].done[1])
        if ahead is not None and number >= ahead:
            free = max(free, found[number - ahead].done[0])
        begin = max(free + host, found[-1].done[1] if found else 0.0)
        found.append(Piece((free, free + host), (begin, begin + device)))
    return found


def seconds_per_piece(pieces: list[Piece]) -> float:
    """From the first question to the last answer, divided by the pieces. Raises ValueError for none."""
    validate_not_empty("pieces", pieces, "piece")
    return pieces[-1].done[1] / len(pieces)
