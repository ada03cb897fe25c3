"""Hooks act where the loop says they do, and a stopper gives back the best parameters."""

import numpy as np

from course_lib.core.stopping import EarlyStopping
from course_lib.numpy_nn.losses import softmax_cross_entropy
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import SGD
from course_lib.numpy_nn.regularizers import clip_norm, l2, max_norm
from course_lib.numpy_nn.train import evaluate, train_mlp

RNG = np.random.default_rng


def blobs(count=50, seed=0, classes=3):
    rng = RNG(seed)
    labels = rng.integers(0, classes, count)
    return (3 * np.eye(classes, 6)[labels] + rng.standard_normal((count, 6))).astype(np.float32), labels


def network(seed=0, **options):
    return mlp((6, 8, 3), rng=RNG(seed), **options)


def test_hooks_run_in_order_between_backward_and_update_and_after_the_update():
    events = []

    class Watched(SGD):
        def step(self, parameters, gradients, multiplier=1.0):
            events.append("update")
            super().step(parameters, gradients, multiplier)

    def watched_loss(outputs, labels):
        events.append("loss")
        return softmax_cross_entropy(outputs, labels)

    train_mlp(
        network(),
        blobs(40),
        optimizer=Watched(0.1),
        epochs=1,
        batch_size=20,
        loss=watched_loss,
        on_gradient=[lambda model: events.append("gradient 1"), lambda model: events.append("gradient 2")],
        on_step=[lambda model: events.append("step")],
    )
    assert events == ["loss", "gradient 1", "gradient 2", "update", "step"] * 2


def test_a_hook_on_the_gradient_sees_that_of_this_step_and_what_it_changes_is_what_the_update_uses():
    model = network()
    before = model.parameters.copy()

    def replace(model):
        assert model.gradients.any()
        model.gradients[:] = 1

    train_mlp(model, blobs(10), optimizer=SGD(0.5), epochs=1, on_gradient=[replace])
    np.testing.assert_allclose(model.parameters, before - 0.5, rtol=1e-6)


def test_a_generator_of_hooks_serves_every_epoch():
    calls = []
    hooks = (lambda model, name=name: calls.append(name) for name in "ab")
    train_mlp(network(), blobs(10), optimizer=SGD(0.1), epochs=3, on_step=hooks)
    assert calls == ["a", "b"] * 3


def test_penalties_and_limits_act_in_the_loop():
    model = network()
    hooks = {"on_gradient": [l2(0.1), clip_norm(0.5)], "on_step": [max_norm(0.2)]}
    lengths = []
    hooks["on_gradient"].append(lambda model: lengths.append(np.linalg.norm(model.gradients)))
    train_mlp(model, blobs(), optimizer=SGD(0.1), epochs=3, **hooks)
    assert max(lengths) <= 0.5 * (1 + 1e-6)
    assert all((np.linalg.norm(layer.weight, axis=0) <= 0.2 * (1 + 1e-6)).all() for layer in model.linear_layers)


def test_a_stopper_gives_back_the_parameters_of_the_best_epoch_bit_for_bit():
    model = network()
    after_epoch = []

    def rising_after_two(outputs, labels):
        value, gradient = softmax_cross_entropy(outputs, labels)
        return value, gradient if len(after_epoch) < 2 else -gradient  # from epoch 3 on it unlearns

    history = train_mlp(
        model,
        blobs(20),
        optimizer=SGD(0.2),
        epochs=50,
        batch_size=20,  # one step an epoch
        validation=blobs(30, seed=1),
        loss=rising_after_two,
        stopper=EarlyStopping(patience=3),
        on_step=[lambda model: after_epoch.append(model.parameters.copy())],
    )
    assert len(after_epoch) == history.rows[-1]["epoch"] == 5
    np.testing.assert_array_equal(model.parameters, after_epoch[1])
    np.testing.assert_array_equal(model.linear_layers[0].weight.ravel(), after_epoch[1][:48])
    assert evaluate(model, blobs(30, seed=1))["loss"] == history.best("val", "loss")["loss"]


def test_a_stopper_that_never_stops_still_gives_back_the_best_epoch():
    model = network()
    stopper = EarlyStopping(patience=100)
    options = {"validation": blobs(30, seed=1), "stopper": stopper}
    history = train_mlp(model, blobs(20), optimizer=SGD(3.0), epochs=8, batch_size=5, **options)
    assert stopper.best_epoch < 8
    assert (
        evaluate(model, blobs(30, seed=1))["loss"] == history.best("val", "loss")["loss"] < history.last("val", "loss")
    )
