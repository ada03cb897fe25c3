"""The generators that dropout, augmentation and mixing draw from: torch's, NumPy's and Python's own.

nn.Dropout draws from the generator of its device and takes no other, and mixing as it is mostly written draws from
`np.random` or `random`. So `fit` seeds them all once per epoch with a function of the seed, the purpose and the epoch,
and puts them back as it found them when it returns.
"""

import random
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from course_lib.core.seeding import Seeds, stream

States = dict[str, torch.Tensor]
WORDS = 624  # of 32 bits, in the state of a Mersenne Twister, which NumPy and Python both use
_NUMPY, _PYTHON = struct.Struct("<qqd"), struct.Struct(f"<{WORDS + 1}I?d")


def generator_states(device: torch.device) -> States:
    """The states of the generators of torch (the CPU's and that of `device`), NumPy and Python, as byte tensors."""
    states = {**torch_states(device), "python": _python_state()}
    if (numpy := _numpy_state()) is not None:
        states["numpy"] = numpy
    return states


def torch_states(device: torch.device) -> States:
    """The states of torch's generators alone: the CPU's and that of `device`."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def set_generator_states(states: States, device: torch.device) -> None:
    """Put back what `generator_states` returned.

    A state for another kind of device is left out: its numbers would be others anyway. What `states` does not hold
    stays as it is.
    """
    torch.set_rng_state(states["cpu"])
    if "numpy" in states and _numpys_own():
        data = states["numpy"].numpy().tobytes()
        words = np.frombuffer(data, "<u4", WORDS)
        np.random.set_state(("MT19937", words, *_NUMPY.unpack(data[4 * WORDS :])))
    if "python" in states:
        *words, has_normal, normal = _PYTHON.unpack(states["python"].numpy().tobytes())
        random.setstate((3, tuple(words), normal if has_normal else None))
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
    elif device.type == "mps" and "mps" in states:
        torch.mps.set_rng_state(states["mps"])


@contextmanager
def generators_kept(device: torch.device) -> Iterator[None]:
    """After the block the generators of torch, NumPy and Python are as they were before it."""
    states = generator_states(device)
    try:
        yield
    finally:
        set_generator_states(states, device)


def seed_generators(seeds: Seeds, epoch: int, rank: int = 0) -> None:
    """Start the noise of an epoch; every process of a distributed run gets streams of its own."""
    purpose = f"noise of process {rank}"
    _seed_torch(stream(seeds.noise, purpose, epoch))
    _seed_numpy(stream(seeds.noise, f"{purpose}, NumPy", epoch))
    random.seed(stream(seeds.noise, f"{purpose}, Python", epoch))


def fresh_states(seed: int, device: torch.device) -> States:
    """The states of generators that begin at `seed`; the world's stay as they are."""
    with generators_kept(device):
        _seed_torch(seed)
        _seed_numpy(seed)
        random.seed(seed)
        return generator_states(device)


def _seed_torch(seed: int) -> None:
    # torch.manual_seed does it too, but for each device that is not in use it keeps a note with the whole stack: that
    # takes as long as a step of a small net, and the notes pile up with the epochs.
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)
    if torch.backends.mps.is_available():
        torch.mps.manual_seed(seed)


def _numpys_own() -> bool:
    """Whether `np.random` draws from the generator that it came with; somebody may have given it another kind."""
    return np.random.get_bit_generator().__class__.__name__ == "MT19937"


def _seed_numpy(seed: int) -> None:
    if _numpys_own():
        np.random.seed(seed % 2**32)


def _numpy_state() -> torch.Tensor | None:
    if not _numpys_own():
        return None
    _, words, place, has_normal, normal = np.random.get_state()
    return _bytes(words.astype("<u4").tobytes() + _NUMPY.pack(place, has_normal, normal))


def _python_state() -> torch.Tensor:
    _, words, normal = random.getstate()
    return _bytes(_PYTHON.pack(*words, normal is not None, normal or 0.0))


def _bytes(data: bytes) -> torch.Tensor:
    return torch.frombuffer(bytearray(data), dtype=torch.uint8)
