"""The loop trains as torch does, counts right, and repeats with its seed."""

import numpy as np
import pytest
import torch

from course_lib.core.schedules import exponential
from course_lib.numpy_nn.data import batches
from course_lib.numpy_nn.layers import Tanh
from course_lib.numpy_nn.losses import softmax_cross_entropy, squared_error
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import SGD, Adam
from course_lib.numpy_nn.train import evaluate, train_mlp

RNG = np.random.default_rng


def blobs(count=50, seed=0, classes=3):
    rng = RNG(seed)
    labels = rng.integers(0, classes, count)
    return (3 * np.eye(classes, 6)[labels] + rng.standard_normal((count, 6))).astype(np.float32), labels


def network(seed=0, **options):
    return mlp((6, 8, 3), rng=RNG(seed), **options)


def torch_loop(model, x, y, loss, optimizer, *, epochs, batch_size, seed, schedule):
    """The same loop in torch, from the same weights in the same order; returns all parameters."""
    twin = torch.nn.Sequential(
        torch.nn.Linear(6, 8, dtype=torch.float64), torch.nn.Tanh(), torch.nn.Linear(8, 3, dtype=torch.float64)
    )
    for module, layer in zip(twin[::2], model.linear_layers, strict=True):
        module.load_state_dict({"weight": torch.tensor(layer.weight.T.copy()), "bias": torch.tensor(layer.bias.copy())})
    stepper = optimizer(twin.parameters())
    scheduler = torch.optim.lr_scheduler.ExponentialLR(stepper, schedule)
    for epoch in range(1, epochs + 1):
        for rows in batches(len(x), batch_size, seed=seed, epoch=epoch):
            stepper.zero_grad()
            loss(twin(torch.tensor(x[rows])), torch.tensor(y[rows])).backward()
            stepper.step()
            scheduler.step()
    return np.concatenate([parameter.detach().numpy().T.ravel() for parameter in twin.parameters()])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda: SGD(0.1), lambda p: torch.optim.SGD(p, lr=0.1)),
        (lambda: Adam(0.01), lambda p: torch.optim.Adam(p, lr=0.01)),
    ],
)
@pytest.mark.parametrize("epochs", [1, 3])
def test_three_steps_and_three_epochs_give_the_parameters_of_a_torch_loop(ours, theirs, epochs):
    x, y = blobs(50)
    x = x.astype(np.float64)
    model = network(activation=Tanh, dtype=np.float64)
    options = {"epochs": epochs, "batch_size": 20, "seed": 4}  # 20, 20, 10: three steps an epoch
    cross_entropy = torch.nn.functional.cross_entropy
    expected = torch_loop(model, x, y, cross_entropy, theirs, schedule=0.9, **options)
    train_mlp(model, (x, y), optimizer=ours(), schedule=exponential(0.9), **options)
    np.testing.assert_allclose(model.parameters, expected, atol=1e-6)


def test_a_regression_gives_the_parameters_of_a_torch_loop():
    x = RNG(0).standard_normal((50, 6))
    y = x[:, :3] ** 2
    model = network(activation=Tanh, dtype=np.float64)
    options = {"epochs": 2, "batch_size": 20, "seed": 4}
    mse, sgd = torch.nn.functional.mse_loss, lambda p: torch.optim.SGD(p, lr=0.1)
    expected = torch_loop(model, x, y, mse, sgd, schedule=0.9, **options)
    train_mlp(model, (x, y), optimizer=SGD(0.1), loss=squared_error, schedule=exponential(0.9), **options)
    np.testing.assert_allclose(model.parameters, expected, atol=1e-6)


def test_the_training_loss_in_the_history_is_the_sum_over_the_count_and_no_mean_of_means():
    x, y = blobs(50)
    seen = []

    def recording(outputs, labels):
        value, gradient = softmax_cross_entropy(outputs, labels)
        seen.append(value)
        return value, gradient

    history = train_mlp(network(), (x, y), optimizer=SGD(0.1), epochs=1, batch_size=32, loss=recording)
    assert [value.count for value in seen] == [32, 18]
    assert history.last("train", "loss") == pytest.approx(sum(value.total for value in seen) / 50)
    assert history.last("train", "loss") != pytest.approx(np.mean([value.mean for value in seen]), rel=1e-4)


def test_the_history_counts_steps_and_epochs_and_measures_validation_after_each_epoch():
    model = network()
    history = train_mlp(model, blobs(50), optimizer=SGD(0.1), epochs=3, batch_size=20, validation=blobs(30, seed=1))
    assert [(row["split"], row["step"], row["epoch"]) for row in history.rows] == [
        ("train", 3, 1),
        ("val", 3, 1),
        ("train", 6, 2),
        ("val", 6, 2),
        ("train", 9, 3),
        ("val", 9, 3),
    ]
    scores = evaluate(model, blobs(30, seed=1))
    assert (history.last("val", "loss"), history.last("val", "accuracy")) == (scores["loss"], scores["accuracy"])


def test_evaluation_in_batches_of_any_size_gives_one_mean():
    model, data = network(), blobs(50)
    whole = evaluate(model, data)
    for batch_size in (1, 7, 49):
        assert evaluate(model, data, batch_size=batch_size) == pytest.approx(whole, rel=1e-5)


def test_evaluation_switches_dropout_off_and_changes_no_parameter():
    model = network(dropout=0.5)
    before = model.parameters.copy()
    assert evaluate(model, blobs()) == evaluate(model, blobs())
    np.testing.assert_array_equal(model.parameters, before)


def test_training_uses_dropout():
    plain, dropped = network(), network(dropout=0.5)
    np.testing.assert_array_equal(plain.parameters, dropped.parameters)
    for model in (plain, dropped):
        train_mlp(model, blobs(), optimizer=SGD(0.1), epochs=1)
    assert (plain.parameters != dropped.parameters).any()


def test_a_regression_has_no_accuracy():
    model = mlp((6, 4, 1), rng=RNG(0))
    assert set(evaluate(model, (np.ones((5, 6)), np.ones((5, 1))), squared_error)) == {"loss"}


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_the_same_seed_gives_the_same_parameters_bit_for_bit_and_another_seed_does_not(dropout):
    def run(seed):
        model = network(dropout=dropout)
        train_mlp(model, blobs(), optimizer=Adam(), epochs=2, seed=seed)
        return model.parameters

    np.testing.assert_array_equal(run(1), run(1))
    assert (run(1) != run(2)).any()


def test_each_epoch_has_the_order_that_its_seed_and_number_say():
    x, y = blobs(12)
    x[:, 0] = np.arange(12)
    seen = []

    def recording(outputs, labels):
        seen.append(model.linear_layers[0].x[:, 0].astype(int).tolist())
        return softmax_cross_entropy(outputs, labels)

    model = network()
    train_mlp(model, (x, y), optimizer=SGD(1e-3), epochs=2, batch_size=5, seed=9, loss=recording)
    expected = [rows.tolist() for epoch in (1, 2) for rows in batches(12, 5, seed=9, epoch=epoch)]
    assert seen == expected


def test_a_network_fits_ten_samples_to_almost_zero():
    model = network()
    train_mlp(model, blobs(10), optimizer=Adam(0.03), epochs=150)
    assert evaluate(model, blobs(10))["loss"] < 0.01


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_data_of_any_precision_are_taken_in_that_of_the_network(dtype):
    x, y = blobs()
    seen = set()
    for kind in (np.float64, np.float32, np.int64):
        train_mlp(
            network(dtype=dtype),
            (x.astype(kind), y),
            optimizer=SGD(0.1),
            epochs=1,
            on_step=[lambda model: seen.add(model.layers[1].y.dtype)],
        )
    assert seen == {np.dtype(dtype)}


def test_training_changes_neither_the_images_nor_the_labels():
    x, y = blobs()
    train_mlp(network(), (x, y), optimizer=SGD(0.1), epochs=1)
    np.testing.assert_array_equal(x, blobs()[0])
    np.testing.assert_array_equal(y, blobs()[1])
