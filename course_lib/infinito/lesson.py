"""The two small models that lesson 10 begins with. One sees the future, and the names do not say which."""

from dataclasses import replace

import torch

from course_lib.infinito.config import TINY
from course_lib.infinito.model import Infinito


def two_models() -> tuple[Infinito, Infinito]:
    """Two language models over 104 words with fresh weights, in evaluation mode; one of them has no mask."""
    with torch.random.fork_rng(devices=[]):
        models = []
        for causal in (False, True):
            torch.manual_seed(1)
            models.append(Infinito(replace(TINY, causal=causal)).eval())
    return models[0], models[1]
