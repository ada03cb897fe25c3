"""The worked tests of the attack exercises judge the library's and torch's own versions rightly.

Those that their exercises plant are held to them by `weaknesses`.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.infinito.config import TINY
from course_lib.infinito.model import Infinito
from course_lib.numpy_nn import initializers
from course_lib.numpy_nn.layers import Dropout
from course_lib.teaching.checks.cuda.attack import scaler_passes
from course_lib.teaching.checks.infinito_model.attack import sees_no_future
from course_lib.teaching.checks.initialization.attack import he_normal_passes
from course_lib.teaching.checks.regularization.attack import dropout_passes


class Torchs:
    """torch's own scaler behind the words of the attack."""

    def __init__(self, factor, interval, backoff=0.5):
        self.scaler = torch.amp.GradScaler("cpu", init_scale=factor, growth_interval=interval, backoff_factor=backoff)

    @property
    def factor(self):
        return self.scaler.get_scale()

    def unscaled(self, gradients):
        parameters = [nn.Parameter(torch.zeros(array.shape, dtype=torch.float64)) for array in gradients]
        for parameter, array in zip(parameters, gradients, strict=True):
            parameter.grad = torch.tensor(array)
        optimizer = torch.optim.SGD(parameters, lr=1.0)
        self.scaler.scale(torch.zeros(()))
        self.scaler.unscale_(optimizer)
        self.scaler.step(optimizer)
        self.scaler.update()
        moved = any(bool((parameter != 0).any()) for parameter in parameters)
        return [parameter.grad.numpy() for parameter in parameters] if moved else None


def infinito(**change):
    torch.manual_seed(0)
    return Infinito(replace(TINY, vocabulary=10, **change)).eval()


OTHERS = ("zeros", "lecun_normal", "glorot_normal", "glorot_uniform", "he_uniform", "orthogonal")
VERSIONS = [(he_normal_passes, lambda name=name: getattr(initializers, name), False) for name in OTHERS]
VERSIONS += [(dropout_passes, lambda p=p, s=s: Dropout(p, rng=np.random.default_rng(s)), True)
             for p in (0.0, 0.1, 0.5, 0.9) for s in range(5)]  # fmt: skip
VERSIONS += [
    (he_normal_passes, lambda: initializers.he_normal, True),
    (scaler_passes, lambda: Torchs, True),
    (scaler_passes, lambda: partial(Torchs, backoff=1 / 3), False),
    (sees_no_future, infinito, True),
    (sees_no_future, lambda: infinito(causal=False), False),
    (sees_no_future, lambda: infinito(pooled_query=True), False),
]


@pytest.mark.parametrize(("test", "build", "right"), VERSIONS)
def test_a_version_of_the_library_is_judged_rightly(test, build, right):
    with torch.no_grad():
        assert test(build()) is right
