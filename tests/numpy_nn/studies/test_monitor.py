"""The checklist during training: each planted course of losses fails its own item."""

import numpy as np
import pytest

from course_lib.core.history import History
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.studies.monitor import monitor
from course_lib.numpy_nn.train import evaluate

NOTHING = float(np.log(4))
GOOD = [1.2, 0.8, 0.5, 0.3, 0.2, 0.15, 0.12, 0.11, 0.11, 0.11]
RISING = [1.2, 0.9, 0.7, 0.6, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1]


def history(train, val):
    record = History()
    for split, losses in (("train", train), ("val", val)):
        for epoch, loss in enumerate(losses, start=1):
            record.add(split, step=epoch, epoch=epoch, loss=loss)
    return record


def report(train=GOOD, val=GOOD, **options):
    return monitor(history(train, val), knowing_nothing=NOTHING, **({"best_loss": min(GOOD)} | options))


def test_a_good_course_passes_every_item():
    assert {item.status for item in report().items} == {"pass"}


def test_a_run_without_validation_losses_fails_to_be_watched():
    assert report(val=[]).failed == ("both losses watched",)
    assert "no overfitting" in report(val=[]).unchecked


def test_a_flat_training_loss_fails_to_fall():
    flat = [1.39, 1.38, 1.39, 1.38, 1.39, 1.38, 1.39, 1.38, 1.38, 1.38]
    assert "training loss falls" in report(train=flat, val=flat, best_loss=1.38).failed


def test_one_noisy_epoch_does_not_make_a_falling_loss_fail():
    assert report(train=[*GOOD[:-1], 1.3])["training loss falls"].status == "pass"


def test_a_rising_validation_loss_is_overfitting():
    assert report(val=RISING, best_loss=min(RISING)).failed == ("no overfitting",)


def test_nan_fails_finiteness_and_leaves_the_rest_uncheckable():
    found = report(train=[*GOOD[:-1], np.nan])
    assert found.failed == ("losses finite",)
    assert {"training loss falls", "no overfitting"} <= set(found.unchecked)


def test_weights_of_the_last_epoch_fail_where_the_best_was_earlier():
    assert "best weights kept" in report(val=RISING, best_loss=RISING[-1]).failed


def test_the_kept_weights_are_measured_on_the_model_itself():
    rng = np.random.default_rng(0)
    model = mlp((3, 4), rng=rng)
    validation = rng.standard_normal((20, 3)).astype(np.float32), rng.integers(0, 4, 20)
    loss = evaluate(model, validation)["loss"]
    kept = {"best_loss": None, "model": model, "validation": validation}
    assert report(val=[loss + 1] * 9 + [loss], **kept)["best weights kept"].status == "pass"
    assert report(val=[loss - 0.5] * 9 + [loss], **kept)["best weights kept"].status == "fail"
    assert report(best_loss=None)["best weights kept"].status == "not checkable"


def test_an_empty_history_passes_nothing():
    found = monitor(History(), knowing_nothing=NOTHING)
    assert "pass" not in {item.status for item in found.items}


def test_knowing_nothing_must_be_positive():
    with pytest.raises(ValueError, match="knowing_nothing must be above 0, got 0"):
        monitor(History(), knowing_nothing=0)
