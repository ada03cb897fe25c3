"""Where do dropout and augmentation take their random numbers from? From torch's generators, whose state is kept here.

nn.Dropout draws from the generator of its device and takes no other, so `fit` seeds the generators once per epoch with
a function of the seed, the purpose and the epoch, and puts them back as it found them when it returns.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from course_lib.core.seeding import Seeds, stream

States = dict[str, torch.Tensor]


def generator_states(device: torch.device) -> States:
    """The states of the generators of the CPU and of `device`, as byte tensors on the CPU."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def set_generator_states(states: States, device: torch.device) -> None:
    """Put back what `generator_states` returned.

    A state for another kind of device is left out: its numbers would be others anyway.
    """
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
    elif device.type == "mps" and "mps" in states:
        torch.mps.set_rng_state(states["mps"])


@contextmanager
def generators_kept(device: torch.device) -> Iterator[None]:
    """After the block the generators of the CPU and of `device` are as they were before it."""
    states = generator_states(device)
    try:
        yield
    finally:
        set_generator_states(states, device)


def seed_noise(seeds: Seeds, epoch: int, rank: int = 0) -> None:
    """Start the noise of an epoch; every process of a distributed run gets a stream of its own."""
    torch.manual_seed(stream(seeds.noise, f"noise of process {rank}", epoch))
