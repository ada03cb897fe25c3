"""Random streams: each from a seed, a purpose and an epoch, and from nothing else.

Because no stream depends on what was drawn before it, a run that is resumed in epoch 7 shuffles its data
exactly as the uninterrupted run did, and a study can vary the initial weights while data order and noise stay
as they are.
"""

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from course_lib.core.validation import validate_at_least, validate_integer, validate_text


@dataclass(frozen=True)
class Seeds:
    """The three sources of randomness of a training run, each with a seed of its own.

    `init` draws the initial weights, `data` the split and the order of the batches, `noise` what is random
    inside the model (dropout, augmentation). Raises ValueError for a negative seed, TypeError for one that is
    not an integer.
    """

    init: int
    data: int
    noise: int

    def __post_init__(self) -> None:
        for name in ("init", "data", "noise"):
            # The way to set a field of a frozen dataclass; a NumPy integer becomes a plain one for JSON.
            object.__setattr__(self, name, _natural(name, getattr(self, name)))

    @classmethod
    def same(cls, seed: int) -> "Seeds":
        """The same seed for all three sources; their streams still differ because their purposes do."""
        return cls(init=seed, data=seed, noise=seed)


def stream(seed: int, purpose: str, epoch: int = 0) -> int:
    """The seed of one stream of random numbers: an integer in [0, 2**63), the same on every platform.

    Equal arguments give an equal number; a change of any one of them gives an unrelated one.

    Raises ValueError for a negative seed or epoch or an empty purpose, TypeError where an argument has the
    wrong type.
    Source: numpy.random.SeedSequence, whose mixing NumPy promises not to change (NumPy enhancement proposal
    19).
    """
    validate_text("purpose", purpose)
    if not purpose:
        raise ValueError("purpose must say what the random numbers are for, got an empty text")
    # crc32 and not hash(): Python salts the hash of a text anew in every process.
    key = (zlib.crc32(purpose.encode()), _natural("epoch", epoch))
    sequence = np.random.SeedSequence(_natural("seed", seed), spawn_key=key)
    # One bit is dropped because torch and JSON readers want a signed 64-bit integer.
    return int(sequence.generate_state(1, np.uint64)[0]) >> 1


def generator(seed: int, purpose: str, epoch: int = 0) -> np.random.Generator:
    """A NumPy generator that starts at `stream(seed, purpose, epoch)`.

    PCG64 is named because `default_rng` may use another algorithm in a later NumPy. Raises as `stream` does.
    """
    return np.random.Generator(np.random.PCG64(stream(seed, purpose, epoch)))


def epoch_order(count: int, seed: int, epoch: int) -> npt.NDArray[np.intp]:
    """In which order the `count` samples come in that epoch: a permutation (count,) set by seed and epoch.

    Both loops of the course, in NumPy and in torch, take their order from here. Raises as `stream` does.
    """
    return generator(seed, "order", epoch).permutation(_natural("count", count))


def _natural(name: str, value: int) -> int:
    """`value` as a plain integer that is at least 0."""
    validate_integer(name, value)
    validate_at_least(name, value, 0)
    return int(value)
