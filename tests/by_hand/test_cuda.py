"""The readable functions of sheet 09 against torch's counters, its scaler and the library's own functions."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from course_lib.by_hand import cuda as plain
from course_lib.training.machine.cost import Machine, matmul, mlp_step, shortest, total
from course_lib.training.machine.operations import flops_of
from course_lib.training.machine.step_memory import mlp_activations, saved_bytes, step_memory

SIZES = [12, 20, 16, 5]


def network(sizes):
    layers = [nn.Linear(sizes[0], sizes[1])]
    for inputs, outputs in pairwise(sizes[1:]):
        layers += [nn.ReLU(), nn.Linear(inputs, outputs)]
    return nn.Sequential(*layers)


@pytest.mark.parametrize("sizes", [SIZES, [6, 2], [3, 9, 9, 9, 2]])
def test_the_flops_are_those_of_torchs_counter_and_of_the_library(sizes):
    net = network(sizes)
    seen = flops_of(lambda: net(torch.ones(7, sizes[0])).sum().backward())
    assert plain.training_flops(sizes, 7) == seen == total(mlp_step(sizes, 7)).flops


def test_the_memory_is_that_of_the_library_and_of_the_saved_tensors():
    net, x, y = network(SIZES), torch.ones(7, 12), torch.zeros(7, dtype=torch.int64)
    parts = plain.memory_of_step(SIZES, 7)
    labels = 8 * 7 + 4  # and the number by which the loss is divided; the sheet leaves both out
    saved = saved_bytes(lambda: F.cross_entropy(net(x), y), net)
    assert parts["activations"] + labels == mlp_activations(SIZES, 7) == saved
    library = step_memory(net, int(parts["activations"]))
    assert (parts["weights"], parts["gradients"], parts["moments"]) == (
        library.weights,
        library.gradients,
        library.optimizer,
    )
    assert parts["MiB"] * 2**20 == library.total


def test_the_shortest_time_is_that_of_the_roofline():
    machine = Machine("round", 1e12, 1e10)
    costs = [matmul("narrow", 1, 300, 300), matmul("wide", 300, 300, 300), matmul("huge", 2000, 2000, 2000)]
    found = plain.roofline_seconds([(cost.flops, cost.bytes) for cost in costs], 1e12, 1e10)
    assert math.isclose(found, shortest(costs, machine))


@pytest.mark.parametrize("workers", [0, 1, 2])
@pytest.mark.parametrize("ahead", [1, 4, 7])
def test_the_flags_are_taken_by_the_loader_and_hold_enough_batches_ready(workers, ahead):
    flags = plain.loader_flags(workers, ahead, cuda=False)
    loader = DataLoader(TensorDataset(torch.zeros(4, 1)), **flags)
    assert loader.persistent_workers == (workers > 0)
    if workers:
        assert ahead <= workers * loader.prefetch_factor < ahead + workers


def test_the_scaled_step_is_that_of_torchs_scaler():
    torch.manual_seed(0)
    slopes = 10 ** torch.empty(40).uniform_(-6, 2.5)  # some overflow at 1,024, some vanish without a scaler
    ours, theirs = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))
    scaler = torch.amp.GradScaler(device="cpu", init_scale=1024.0, growth_interval=4)
    optimizers = [torch.optim.SGD([p], lr=0.1, momentum=0.9) for p in (ours, theirs)]
    scale, good, skipped = 1024.0, 0, 0

    def loss_of(parameter, slope):
        return (slope * torch.tensor([1.0, -2.0, 0.5]) * parameter.half().float()).sum()

    for slope in slopes:
        optimizers[1].zero_grad()
        scaler.scale(loss_of(theirs, slope)).backward()
        scaler.unscale_(optimizers[1])
        nn.utils.clip_grad_norm_([theirs], 0.5)
        scaler.step(optimizers[1])
        scaler.update()
        before = scale
        scale, good = plain.scaled_step(loss_of(ours, slope), [ours], optimizers[0], scale, good, 0.5, interval=4)
        skipped += scale < before
        assert scale == scaler.get_scale()
        assert torch.equal(ours, theirs)
    assert skipped >= 3


def test_the_gradient_of_the_devices_is_that_of_one_batch():
    torch.manual_seed(1)
    weight, x = nn.Parameter(torch.randn(4, dtype=torch.float64)), torch.randn(12, 4, dtype=torch.float64)
    pieces = x.split([6, 0, 5, 1])
    sums = [torch.autograd.grad((piece @ weight).tanh().sum(), weight)[0].numpy() for piece in pieces]
    whole = torch.autograd.grad((x @ weight).tanh().mean(), weight)[0].numpy()
    found = plain.union_gradient(sums, [6, 0, 5, 1], lambda values: sum(values) / len(values))
    assert np.allclose(found, whole, rtol=1e-12)
