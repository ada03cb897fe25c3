"""The readable functions of lesson 08 compute what the library's own do."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.by_hand.torch_loop import accumulated_step, mean_loss, rows_from, scheduled_steps
from course_lib.core.metrics import Loss
from course_lib.core.schedules import cosine_with_warmup
from course_lib.core.seeding import Seeds
from course_lib.training.loop.callbacks import evaluate
from course_lib.training.loop.fit import fit
from course_lib.training.loop.state import TrainState
from course_lib.training.loop.step import optimizer_step

RNG = np.random.default_rng(5)
# The last batch counts less than it holds, and in the second nothing counts.
BATCHES = [
    (torch.tensor(RNG.normal(size=(n, 3))), torch.tensor(RNG.normal(size=n)), torch.arange(n) < counting)
    for n, counting in ((4, 4), (3, 0), (7, 5))
]


def model():
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()


def loss_fn(net, batch):
    x, y, counts = batch
    return Loss((((net(x)[:, 0] - y) ** 2) * counts).sum(), int(counts.sum()))


def flat(net):
    return torch.cat([p.detach().ravel() for p in net.parameters()])


class Batches:
    def __init__(self, batches):
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def epoch(self, epoch, start=0):
        return iter(self.batches[start:])


def test_the_plain_accumulated_step_is_that_of_the_library():
    mine, theirs = model(), model()
    optimizer = torch.optim.SGD(mine.parameters(), lr=0.1, momentum=0.9)
    state = TrainState(theirs, torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9), Seeds.same(0))
    for group in (BATCHES, BATCHES[2:], BATCHES[:2]):
        said = accumulated_step(mine, optimizer, group, loss_fn)
        optimizer_step(state, group, loss_fn)
        assert said == pytest.approx(float(state.loss.mean), rel=1e-12)
    torch.testing.assert_close(flat(mine), flat(theirs), rtol=1e-12, atol=1e-14)


def test_the_plain_schedule_and_clip_are_those_of_fit():
    mine, theirs, full = model(), model(), [BATCHES[0], BATCHES[2]] * 4
    schedule = cosine_with_warmup(8, warmup=3)
    optimizer = torch.optim.SGD(mine.parameters(), lr=9.0)
    lengths = scheduled_steps(mine, optimizer, full, loss_fn, 0.2, schedule, 0.5)
    state, found = TrainState(theirs, torch.optim.SGD(theirs.parameters(), lr=0.2), Seeds.same(0)), []
    fit(
        state,
        Batches(full),
        loss_fn,
        epochs=1,
        schedule=schedule,
        clip=0.5,
        on_step=[lambda state: found.append(float(state.norm))],
    )
    np.testing.assert_allclose(lengths, found, rtol=1e-10)
    torch.testing.assert_close(flat(mine), flat(theirs), rtol=1e-10, atol=1e-12)
    assert max(lengths) > 0.5, "a clip that never bites would test nothing"


def test_the_plain_mean_loss_is_that_of_evaluate_and_leaves_every_mode():
    net = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.5), nn.Linear(3, 1)).double()
    net[0].eval()
    modes = [part.training for part in net.modules()]
    assert mean_loss(net, BATCHES, loss_fn) == pytest.approx(evaluate(net, BATCHES, loss_fn)["loss"], rel=1e-12)
    assert [part.training for part in net.modules()] == modes


def test_the_rows_of_a_resumed_epoch_are_those_that_were_left():
    whole = rows_from(23, 5, seed=3, epoch=2)
    assert np.array_equal(np.sort(np.concatenate(whole)), np.arange(23))
    for start in range(6):
        left = rows_from(23, 5, seed=3, epoch=2, start=start)
        assert [rows.tolist() for rows in left] == [rows.tolist() for rows in whole[start:]]
