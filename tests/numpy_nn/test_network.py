"""A network's parameters are one vector, and its layers are windows into it."""

import numpy as np
import pytest
import torch

from course_lib.numpy_nn.layers import Dropout, Linear, ReLU, Tanh
from course_lib.numpy_nn.losses import softmax_cross_entropy
from course_lib.numpy_nn.network import Sequential, mlp
from course_lib.numpy_nn.optimizers import Adam
from course_lib.numpy_nn.train import train_mlp

RNG = np.random.default_rng


def torch_twin(model):
    """The same network in torch: Linear layers with these weights, and the same activations."""
    kinds = {ReLU: torch.nn.ReLU, Tanh: torch.nn.Tanh}
    modules = []
    for layer in model.layers:
        if isinstance(layer, Linear):
            module = torch.nn.Linear(*layer.weight.shape, dtype=torch.tensor(layer.weight).dtype)
            module.load_state_dict(
                {"weight": torch.tensor(layer.weight.T.copy()), "bias": torch.tensor(layer.bias.copy())}
            )
            modules.append(module)
        else:
            modules.append(kinds[type(layer)]())
    return torch.nn.Sequential(*modules)


def flat(twin, what):
    """Parameters of a torch network, or their gradients, in the order of Sequential.parameters."""
    tensors = [what(parameter) for parameter in twin.parameters()]
    return np.concatenate([tensor.detach().numpy().T.ravel() for tensor in tensors])


@pytest.mark.parametrize("activation", [ReLU, Tanh])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 2e-6)])
def test_outputs_and_all_gradients_of_a_network_equal_those_of_torch(activation, dtype, tolerance):
    model = mlp((6, 5, 4, 3), rng=RNG(0), activation=activation, dtype=dtype)
    twin = torch_twin(model)
    x, labels = RNG(1).standard_normal((9, 6)).astype(dtype), RNG(2).integers(0, 3, 9)
    logits = model.forward(x, training=True)
    value, gradient = softmax_cross_entropy(logits, labels)
    model.backward(gradient)
    output = twin(torch.tensor(x))
    loss = torch.nn.functional.cross_entropy(output, torch.tensor(labels))
    loss.backward()
    np.testing.assert_allclose(logits, output.detach(), atol=10 * tolerance)
    assert value.mean == pytest.approx(loss.item(), abs=tolerance)
    np.testing.assert_allclose(model.gradients, flat(twin, lambda p: p.grad), atol=tolerance)


def test_the_layers_still_share_memory_with_the_vectors_after_training():
    model = mlp((6, 5, 3), rng=RNG(0))
    train_mlp(
        model,
        (RNG(1).standard_normal((40, 6)), RNG(2).integers(0, 3, 40)),
        optimizer=Adam(),
        epochs=2,
    )
    for layer in model.linear_layers:
        for array, vector in [
            (layer.weight, model.parameters),
            (layer.bias, model.parameters),
            (layer.weight_gradient, model.gradients),
            (layer.bias_gradient, model.gradients),
        ]:
            assert np.shares_memory(array, vector)
    model.parameters[:] = 7
    assert all((layer.weight == 7).all() and (layer.bias == 7).all() for layer in model.linear_layers)


def test_the_vector_holds_weight_then_bias_of_each_layer_and_the_mask_tells_them_apart():
    model = mlp((3, 2, 4), rng=RNG(0))
    first, second = model.linear_layers
    first.bias[:], second.bias[:] = 1, 2
    parts = [first.weight.ravel(), first.bias, second.weight.ravel(), second.bias]
    np.testing.assert_array_equal(model.parameters, np.concatenate(parts))
    np.testing.assert_array_equal(model.weight_mask, np.repeat([1, 0, 1, 0], [6, 2, 8, 4]))


def test_making_views_keeps_the_values_that_the_layers_were_made_with():
    layers = [Linear(3, 2, rng=RNG(0)), ReLU(), Linear(2, 4, rng=RNG(1))]
    before = [layers[0].weight.copy(), layers[2].weight.copy()]
    Sequential(*layers)
    np.testing.assert_array_equal(layers[0].weight, before[0])
    np.testing.assert_array_equal(layers[2].weight, before[1])


def test_a_network_for_mnist_has_109_386_parameters():
    assert mlp((784, 128, 64, 10), rng=RNG(0)).parameters.size == 109_386


def test_mlp_puts_dropout_after_each_hidden_activation_and_nowhere_else():
    kinds = [type(layer) for layer in mlp((4, 3, 3, 2), rng=RNG(0), dropout=0.5).layers]
    assert kinds == [Linear, ReLU, Dropout, Linear, ReLU, Dropout, Linear]


def test_a_network_may_begin_with_a_layer_that_has_no_weights():
    model = Sequential(Tanh(), Linear(4, 3, rng=RNG(0)))
    model.forward(np.ones((2, 4), np.float32))
    model.backward(np.ones((2, 3), np.float32))
    assert (model.linear_layers[0].weight_gradient != 0).all()


def test_the_same_generator_gives_the_same_network_in_both_precisions():
    single, double = mlp((5, 4, 3), rng=RNG(0)), mlp((5, 4, 3), rng=RNG(0), dtype=np.float64)
    np.testing.assert_array_equal(single.parameters, double.parameters.astype(np.float32))


LINEAR = Linear(3, 3, rng=RNG(0))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Sequential(ReLU()), "layers must hold at least one Linear, got 1 layers without one"),
        (lambda: Sequential(), "layers must hold at least one Linear, got 0 layers"),
        (
            lambda: Sequential(Linear(4, 3, rng=RNG(0)), Linear(5, 2, rng=RNG(0))),
            "neighbouring Linear layers must fit, got one of 3 outputs before one of 5 inputs",
        ),
        (
            lambda: Sequential(Linear(4, 3, rng=RNG(0)), Linear(3, 2, rng=RNG(0), dtype=np.float64)),
            r"layers must share one dtype, got \['float32', 'float64'\]",
        ),
        # Each forward overwrites what the backward of the one before needs.
        (lambda: Sequential(LINEAR, ReLU(), LINEAR), "layers must be different objects, got one of them twice in"),
        (lambda: mlp((4,), rng=RNG(0)), r"sizes must name at least inputs and outputs, got \(4,\)"),
        (lambda: mlp((4, 0, 2), rng=RNG(0)), "outputs must be at least 1, got 0"),
        (lambda: mlp((4, 3, 2), rng=RNG(0), dropout=1.0), r"must be in \[0, 1\), got 1.0"),
    ],
)
def test_a_network_that_cannot_work_is_refused_in_words(make, words):
    with pytest.raises(ValueError, match=words):
        make()
