"""The checklist before training: a healthy start passes, and each planted fault fails its own item and no other."""

import numpy as np
import pytest

from course_lib.numpy_nn.data import Standardizer, split_indices
from course_lib.numpy_nn.initializers import normal, zeros
from course_lib.numpy_nn.layers import ReLU
from course_lib.numpy_nn.losses import squared_error
from course_lib.numpy_nn.network import Sequential, mlp
from course_lib.numpy_nn.studies.before_training import preflight

RNG = np.random.default_rng
ALL = [
    "inputs normalised",
    "parts share nothing",
    "parts alike in classes",
    "architecture fits",
    "initial scale",
    "outputs and loss",
]


def healthy():
    """Three standardized parts of 600 samples in five classes."""
    rng = RNG(0)
    x, y = rng.normal(3, 2, (600, 6)).astype(np.float32), np.arange(600) % 5
    split = split_indices(y, seed=0)
    scale = Standardizer.fit(x[split.train])
    names = ("train", "validation", "test")
    rows = (split.train, split.validation, split.test)
    return {name: (scale.transform(x[part]), y[part]) for name, part in zip(names, rows, strict=True)}


def model(*sizes, **options):
    return mlp(sizes or (6, 16, 5), rng=RNG(1), **options)


def failed(network=None, **changed):
    return preflight(network or model(), **(healthy() | changed)).failed


def test_a_healthy_start_passes_every_item():
    report = preflight(model(), **healthy())
    assert [item.name for item in report.items] == ALL
    assert {item.status for item in report.items} == {"pass"}


def test_raw_inputs_fail_normalisation():
    parts = {name: (x * 16 + 40, y) for name, (x, y) in healthy().items()}
    assert "inputs normalised" in preflight(model(), **parts).failed


def test_a_nan_fails_normalisation_and_makes_the_forward_items_uncheckable():
    x, y = healthy()["train"]
    x = x.copy()
    x[3, 2] = np.nan
    report = preflight(model(), **(healthy() | {"train": (x, y)}))
    assert report.failed == ("inputs normalised",)
    assert report.unchecked == ("initial scale", "outputs and loss")


def test_a_shared_row_fails_disjointness():
    parts = healthy()
    x, y = parts["test"][0].copy(), parts["test"][1]
    x[0] = parts["train"][0][7]
    report = preflight(model(), **(parts | {"test": (x, y)}))
    assert report.failed == ("parts share nothing",)
    assert report["parts share nothing"].value == 1


def test_a_shared_group_fails_disjointness():
    parts = healthy()
    own = tuple(np.arange(len(parts[name][0])) + 1000 * k for k, name in enumerate(parts))
    assert preflight(model(), **parts, groups=own).failed == ()
    shared = (*own[:2], np.r_[own[2][:-1], 5])
    assert preflight(model(), **parts, groups=shared).failed == ("parts share nothing",)


def test_a_missing_class_fails_stratification():
    x, y = healthy()["test"]
    assert failed(test=(x[y != 4], y[y != 4])) == ("parts alike in classes",)


@pytest.mark.parametrize("sizes", [(6, 16, 4), (6, 16, 6), (7, 16, 5)])
def test_a_network_of_the_wrong_size_fails_the_architecture(sizes):
    assert failed(model(*sizes)) == ("architecture fits",)


def test_labels_from_one_fail_the_architecture():
    parts = {name: (x, y + 1) for name, (x, y) in healthy().items()}
    assert preflight(model(6, 16, 6), **parts).failed == ("architecture fits",)


@pytest.mark.parametrize("initializer", [zeros, normal(1e-3)])
def test_a_start_too_small_or_equal_fails_the_initial_scale(initializer):
    assert failed(model(initializer=initializer))[0] == "initial scale"


def test_a_start_too_large_fails_scale_and_first_loss():
    assert set(failed(model(initializer=normal(5.0)))) == {"initial scale", "outputs and loss"}


class Softmax:
    def forward(self, x, *, training=False):
        powers = np.exp(x - x.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def backward(self, gradient):
        return gradient


@pytest.mark.parametrize("layer", [Softmax, ReLU])
def test_an_activation_after_the_last_layer_fails_the_pairing(layer):
    assert failed(Sequential(*model().layers, layer())) == ("outputs and loss",)


def test_a_regression_is_compared_with_the_variance_and_has_no_classes():
    x = healthy()["train"][0]
    y = RNG(2).normal(0, 1, (len(x), 1)).astype(np.float32)
    small = mlp((6, 16, 1), rng=RNG(1), initializer=normal(0.2))
    report = preflight(small, train=(x, y), validation=(x[:50] + 0.01, y[:50]), loss=squared_error)
    assert report["parts alike in classes"].status == "not checkable"
    assert report["outputs and loss"].status == "pass"
    far = preflight(small, train=(x, 100 + y), validation=(x[:50] + 0.01, y[:50]), loss=squared_error)
    assert far.failed == ("outputs and loss",)


def test_a_single_part_leaves_the_split_uncheckable():
    report = preflight(model(), train=healthy()["train"])
    assert report.unchecked == ("parts share nothing", "parts alike in classes")


def test_the_model_stays_as_it_is():
    network = model()
    before = network.parameters.copy()
    preflight(network, **healthy())
    assert np.array_equal(network.parameters, before)


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="train must have at least one row"):
        preflight(model(), train=(np.empty((0, 6), np.float32), np.empty(0, int)))
    with pytest.raises(ValueError, match="groups must have a value for every row"):
        preflight(model(), **healthy(), groups=(np.arange(3), np.arange(3), np.arange(3)))
