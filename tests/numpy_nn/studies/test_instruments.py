"""The panel shows the network as it is and leaves it as it was."""

import numpy as np
import pytest

from course_lib.numpy_nn.layers import Linear, ReLU
from course_lib.numpy_nn.losses import softmax_cross_entropy
from course_lib.numpy_nn.network import Sequential, mlp
from course_lib.numpy_nn.optimizers import SGD
from course_lib.numpy_nn.studies.instruments import UpdateWatch, layer_stats
from course_lib.numpy_nn.train import train_mlp


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return rng.standard_normal((50, 6)), rng.integers(0, 3, 50)


def test_the_report_leaves_parameters_and_gradients_alone(data):
    model = mlp([6, 5, 3], rng=np.random.default_rng(0), dtype=np.float64)
    model.gradients[:] = 7.0
    before = model.parameters.copy()
    layer_stats(model, *data)
    assert np.array_equal(model.parameters, before)
    assert (model.gradients == 7.0).all()


def test_outputs_and_gradients_belong_to_the_layer_that_is_named(data):
    x, y = data
    model = mlp([6, 5, 3], rng=np.random.default_rng(0), dtype=np.float64)
    first, relu, last = layer_stats(model, x, y)
    assert [first.name, relu.name, last.name] == ["0 Linear", "1 ReLU", "2 Linear"]
    logits = model.forward(x)
    _, gradient = softmax_cross_entropy(logits, y)
    assert last.output.std == pytest.approx(logits.std())
    assert last.gradient.rms == pytest.approx(np.sqrt(np.mean(gradient**2)))
    assert relu.gradient.rms == pytest.approx(np.sqrt(np.mean((gradient @ model.linear_layers[1].weight.T) ** 2)))
    assert np.array_equal(relu.activations, np.maximum(first.activations, 0))


def test_a_unit_with_a_very_negative_bias_is_reported_dead(data):
    rng = np.random.default_rng(0)
    model = Sequential(Linear(6, 4, rng=rng), ReLU(), Linear(4, 3, rng=rng))
    model.linear_layers[0].bias[1] = -100
    assert layer_stats(model, *data)[1].dead == 0.25


def test_the_watch_sees_the_length_of_every_step(data):
    x, y = data
    model, watch = mlp([6, 5, 3], rng=np.random.default_rng(0), dtype=np.float64), UpdateWatch()
    start = model.linear_layers[1].weight.copy()
    train_mlp(
        model, (x, y), optimizer=SGD(0.1), epochs=1, batch_size=50, on_gradient=[watch.before], on_step=[watch.after]
    )
    moved = np.linalg.norm(model.linear_layers[1].weight - start) / np.linalg.norm(start)
    assert watch.ratios[1] == [pytest.approx(moved)]


def test_a_watch_without_its_first_half_says_so(data):
    model = mlp([6, 5, 3], rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"before must run ahead of after: pass watch\.before to on_gradient"):
        UpdateWatch().after(model)
