"""The curves of a run belong to its epochs."""

import numpy as np
import pytest

from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import SGD
from course_lib.numpy_nn.studies.snapshots import Snapshots, score_curve
from course_lib.numpy_nn.train import evaluate, train_mlp


def trained():
    rng = np.random.default_rng(0)
    data = rng.standard_normal((50, 4)).astype(np.float32), rng.integers(0, 3, 50)
    model, snapshots = mlp([4, 8, 3], rng=rng), Snapshots(4)  # 50 samples in batches of 16: 4 steps
    settings = {"optimizer": SGD(0.1), "epochs": 5, "batch_size": 16, "validation": data}
    return model, snapshots, data, train_mlp(model, data, on_step=[snapshots], **settings)


def test_the_curve_is_what_evaluation_after_each_epoch_gives():
    model, snapshots, data, history = trained()
    curve = score_curve(model, snapshots.kept, data)
    assert np.allclose(curve.loss, history.series("val", "loss")[1], atol=1e-6)
    assert np.allclose(curve.accuracy, history.series("val", "accuracy")[1])
    assert ((curve.confidence >= 1 / 3) & (curve.confidence <= 1)).all()


def test_the_model_keeps_its_own_parameters():
    model, snapshots, data, _ = trained()
    before = model.parameters.copy()
    score_curve(model, snapshots.kept[:2], data)
    assert np.array_equal(model.parameters, before)
    assert evaluate(model, data)["loss"] == pytest.approx(score_curve(model, snapshots.kept, data).loss[-1], abs=1e-6)


def test_snapshots_are_copies_of_different_epochs():
    _, snapshots, _, _ = trained()
    assert len(snapshots.kept) == 5
    assert not np.array_equal(snapshots.kept[0], snapshots.kept[1])


def test_confidence_is_the_largest_probability():
    model = mlp([2, 2], rng=np.random.default_rng(0))
    model.parameters[:] = 0.0
    curve = score_curve(model, [model.parameters.copy()], (np.ones((3, 2), np.float32), np.zeros(3, int)))
    assert curve.confidence[0] == 0.5


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="steps must be at least 1, got 0"):
        Snapshots(0)
    model, _, data, _ = trained()
    with pytest.raises(ValueError, match="at least one epoch, got none"):
        score_curve(model, [], data)
