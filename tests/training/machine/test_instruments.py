"""The instruments of torch models read what those of the NumPy networks read, and leave the model as it was."""

from dataclasses import asdict

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.core.seeding import Seeds
from course_lib.numpy_nn.layers import Tanh
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import SGD
from course_lib.numpy_nn.studies import instruments as numpy_instruments
from course_lib.numpy_nn.train import train_mlp
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.loop.fit import fit
from course_lib.training.loop.parameter_groups import freeze
from course_lib.training.loop.state import TrainState
from course_lib.training.machine.instruments import layer_stats, update_watch
from tests.training.small import (
    blob_loader,
    blobs,
    classification_loss,
    copied,
    everything,
    network,
    new_state,
    same,
)

X, Y = blobs(40)


def twins(activation: str = "ReLU") -> tuple[object, nn.Sequential]:
    """One net in NumPy and in torch, with equal weights; unit 2 of the first layer is dead with ReLU."""
    layer = {"activation": Tanh} if activation == "Tanh" else {}
    ours = mlp((6, 8, 5, 3), rng=np.random.default_rng(0), **layer)
    ours.linear_layers[0].bias[2] = -100
    kind = getattr(nn, activation)
    theirs = nn.Sequential(nn.Linear(6, 8), kind(), nn.Linear(8, 5), kind(), nn.Linear(5, 3))
    for module, linear in zip(theirs[::2], ours.linear_layers, strict=True):
        weights = {"weight": torch.tensor(linear.weight.T.copy()), "bias": torch.tensor(linear.bias.copy())}
        module.load_state_dict(weights)
    return ours, theirs


@pytest.mark.parametrize("activation", ["ReLU", "Tanh"])
def test_the_report_is_that_of_the_numpy_network_with_the_same_weights(activation):
    ours, theirs = twins(activation)
    expected = numpy_instruments.layer_stats(ours, X.numpy(), Y.numpy())
    found = layer_stats(theirs, (X, Y), classification_loss)
    assert [row.name for row in found] == [row.name for row in expected]
    for one, other in zip(found, expected, strict=True):
        assert asdict(one.output) == pytest.approx(asdict(other.output), rel=1e-5, abs=1e-5)
        assert asdict(one.gradient) == pytest.approx(asdict(other.gradient), rel=1e-5, abs=1e-7)
        assert one.dead == other.dead
        np.testing.assert_allclose(one.activations, other.activations, rtol=1e-5, atol=1e-5)
    if activation == "ReLU":
        assert found[1].dead >= 1 / 8


def test_overwriting_activations_give_the_report_of_copying_ones():
    _, model = twins()
    in_place = nn.Sequential(*[nn.ReLU(inplace=True) if isinstance(part, nn.ReLU) else part for part in model])
    for one, other in zip(*(layer_stats(m, (X, Y), classification_loss) for m in (model, in_place)), strict=True):
        assert (one.output, one.gradient, one.dead) == (other.output, other.gradient, other.dead)


def test_a_frozen_model_gives_the_same_report_and_stays_frozen():
    _, model = twins()
    expected = layer_stats(model, (X, Y), classification_loss)
    freeze(model, ["0", "2"])
    found = layer_stats(model, (X, Y), classification_loss)
    assert [row.gradient for row in found] == [row.gradient for row in expected]
    assert [parameter.requires_grad for parameter in model.parameters()] == [False] * 4 + [True] * 2


@pytest.mark.parametrize("training", [False, True])
def test_the_report_leaves_weights_gradients_buffers_modes_noise_and_data_alone(training):
    model = network(dropout=0.5, norm=True)
    model = nn.Sequential(nn.Identity(), nn.Flatten(), *model)  # these two hand on the data itself
    model[3].eval()
    classification_loss(model, (X, Y)).total.backward()
    gradients = [parameter.grad.clone() for parameter in model.parameters()]
    before, noise = copied(model.state_dict()), torch.get_rng_state()
    modes = [module.training for module in model.modules()]
    x = X.clone()
    first = layer_stats(model, (x, Y), classification_loss, training=training)
    second = layer_stats(model, (x, Y), classification_loss, training=training)
    assert [row.gradient for row in first] == [row.gradient for row in second]
    assert same(model.state_dict(), before)
    assert same([parameter.grad for parameter in model.parameters()], gradients)
    assert [module.training for module in model.modules()] == modes
    assert torch.equal(torch.get_rng_state(), noise)
    assert torch.equal(x, X)
    assert not x.requires_grad
    assert not any(module._forward_hooks for module in model.modules())
    dropped = {row.name: row.output.zeros for row in first}["5 Dropout"]
    assert (dropped > 0.2) == training


def test_everything_is_put_back_after_an_error_too():
    model = network(norm=True)
    freeze(model, ["0"])
    before = copied(model.state_dict())

    def broken(model, batch):
        model(batch[0])
        raise KeyError("label")

    with pytest.raises(KeyError):
        layer_stats(model, (X, Y), broken, training=True)
    assert same(model.state_dict(), before)
    assert [parameter.requires_grad for parameter in model.parameters()][:3] == [False, False, True]
    assert not any(module._forward_hooks for module in model.modules())


class Images(nn.Module):
    """A small net of images that uses one ReLU twice and has a branch that the loss does not see."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(1, 4, 3)
        self.relu = nn.ReLU()
        self.head = nn.Linear(4, 3)
        self.unused = nn.Linear(4, 2)
        with torch.no_grad():
            self.convolution.bias[1] = -1e3

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.convolution(x))
        x = self.relu(x.mean(dim=(2, 3)))
        self.unused(x)
        return self.head(x)


def test_channels_are_units_calls_are_told_apart_and_what_the_loss_does_not_see_has_no_gradient():
    torch.manual_seed(0)
    batch = torch.randn(5, 1, 7, 6), torch.tensor([0, 1, 2, 0, 1])
    rows = {row.name: row for row in layer_stats(Images(), batch, classification_loss)}
    assert list(rows) == ["convolution Conv2d", "relu ReLU", "relu ReLU, call 2", "unused Linear", "head Linear"]
    assert rows["relu ReLU"].activations.shape == (5 * 5 * 4, 4)
    assert rows["relu ReLU"].dead == 0.25
    assert rows["unused Linear"].gradient.largest == 0
    assert rows["head Linear"].gradient.largest > 0


def test_token_ids_sequences_and_tuples_are_read():
    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table, self.lstm, self.out = nn.Embedding(9, 4), nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 9)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return self.out(self.lstm(self.table(ids))[0])

    def loss_fn(model, ids):
        logits = model(ids)
        total = nn.functional.cross_entropy(logits.flatten(0, 1), ids.flatten(), reduction="sum")
        return Loss(total, ids.numel())

    rows = layer_stats(Reader(), torch.randint(9, (3, 5)), loss_fn)
    assert [(row.name, row.activations.shape) for row in rows] == [
        ("table Embedding", (15, 4)),
        ("lstm LSTM", (15, 6)),
        ("out Linear", (15, 9)),
    ]
    assert all(row.gradient.largest > 0 for row in rows)


def test_a_model_without_numbers_is_refused():
    x = torch.ones(3, 2, requires_grad=True)
    with pytest.raises(ValueError, match="model must have a layer whose output is a floating point tensor, got Seq"):
        layer_stats(nn.Sequential(), x, lambda model, x: Loss(x.sum(), 1))


def test_the_updates_are_those_of_the_numpy_network():
    ours, theirs = twins()
    watch = numpy_instruments.UpdateWatch()
    data = X.numpy(), Y.numpy()
    train_mlp(
        ours, data, optimizer=SGD(0.1), epochs=2, batch_size=16, on_gradient=[watch.before], on_step=[watch.after]
    )
    state = TrainState(theirs, torch.optim.SGD(theirs.parameters(), lr=0.1), Seeds.same(0))
    with update_watch(state):
        fit(state, TensorLoader(X, Y, batch_size=16), classification_loss, epochs=2)
    rows = [row for row in state.history.rows if row["split"] == "updates"]
    assert [(row["step"], row["epoch"]) for row in rows] == [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 2)]
    for place, ratios in zip((0, 2, 4), watch.ratios, strict=True):
        assert state.history.series("updates", f"{place}.weight")[1] == pytest.approx(ratios, rel=1e-4, abs=1e-7)


def test_the_watch_changes_nothing_in_the_run_and_ends_with_its_block():
    plain, watched = new_state("adamw", dropout=0.3), new_state("adamw", dropout=0.3)
    fit(plain, blob_loader(), classification_loss, epochs=3)
    with update_watch(watched, every=3):
        fit(watched, blob_loader(), classification_loss, epochs=2)
    fit(watched, blob_loader(), classification_loss, epochs=3)
    rows = [row for row in watched.history.rows if row["split"] == "updates"]
    assert [row["step"] for row in rows] == [3, 6]
    assert set(rows[0]) == {"split", "step", "epoch", "0.weight", "3.weight"}
    watched.history.rows = [row for row in watched.history.rows if row["split"] != "updates"]
    assert same(everything(watched), everything(plain))


def test_frozen_weights_are_not_watched_and_an_update_that_is_left_out_has_no_row():
    state = new_state("sgd")
    freeze(state.model, ["0"])
    state.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**24)  # the first gradients overflow
    with update_watch(state):
        fit(state, blob_loader(), classification_loss, epochs=4, precision="float16")
    rows = [row for row in state.history.rows if row["split"] == "updates"]
    assert 0 < len(rows) < state.step == 16
    assert rows[0]["step"] > 1
    assert all(set(row) == {"split", "step", "epoch", "3.weight"} for row in rows)


@pytest.mark.parametrize(
    ("model", "every", "words"),
    [
        (network(), 0, "every must be at least 1, got 0"),
        (nn.LayerNorm(3), 1, "model must have a trainable weight of two dimensions, got a LayerNorm"),
    ],
)
def test_a_watch_with_nothing_to_see_is_refused(model, every, words):
    state = TrainState(model, torch.optim.SGD(model.parameters(), lr=0.1), Seeds.same(0))
    with pytest.raises(ValueError, match=words), update_watch(state, every=every):
        pass
