"""`train_mlp` and `evaluate` say what is wrong with the data, and where a run diverged."""

import re
import warnings

import numpy as np
import pytest

from course_lib.core.schedules import step_decay
from course_lib.core.stopping import EarlyStopping
from course_lib.numpy_nn.losses import squared_error
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import SGD
from course_lib.numpy_nn.regularizers import clip_norm
from course_lib.numpy_nn.train import evaluate, train_mlp

X, Y = np.ones((8, 4), np.float32), np.arange(8) % 3


def network():
    return mlp((4, 5, 3), rng=np.random.default_rng(0))


def spoiled(array, place, value):
    array = array.astype(float)
    array[place] = value
    return array


def train(data=(X, Y), **options):
    return train_mlp(network(), data, **{"optimizer": SGD(0.1), "epochs": 2, **options})


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ((np.ones((8, 5)), Y), r"train x must be \(n, 4\) with n at least 1 for this model, got shape \(8, 5\)"),
        ((np.ones(8), Y), r"train x must be \(n, 4\) with n at least 1 for this model, got shape \(8,\)"),
        ((X[:0], Y[:0]), r"train x must be \(n, 4\) with n at least 1 for this model, got shape \(0, 4\)"),
        ((X, Y[:7]), r"train x and y must have as many rows, got shapes \(8, 4\) and \(7,\)"),
        ((X, 3), r"train x and y must have as many rows, got shapes \(8, 4\) and \(\)"),
        ((spoiled(X, (5, 2), np.nan), Y), "train x must be finite, got nan at row 5, column 2"),
        ((spoiled(X, (0, 3), -np.inf), Y), "train x must be finite, got -inf at row 0, column 3"),
        ((spoiled(X, (1, 1), 1e300), Y), "train x must be finite, got inf at row 1, column 1"),  # too large for float32
        ((X, Y + 1), r"labels must be in 0..2 \(logits have 3 columns\), got 3 \(in epoch 1, at step 0, at rate 0.1\)"),
        ((X, Y[:, None]), r"logits must be \(n, k\) and labels \(n,\), got \(8, 3\) and \(8, 1\)"),
        ((X, Y.astype(float)), "labels must be whole numbers, got dtype float32"),
        ((X, spoiled(Y, 6, np.nan)), "train y must be finite, got nan at row 6"),
    ],
)
def test_data_that_do_not_fit_are_refused_in_words(data, words):
    with pytest.raises(ValueError, match=words):
        train(data)


def test_a_target_that_is_not_finite_is_refused_with_its_row_in_the_whole_set():
    y = spoiled(np.zeros((8, 3)), (6, 1), np.nan)
    with pytest.raises(ValueError, match="train y must be finite, got nan at row 6, column 1"):
        train((X, y), loss=squared_error)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
        ({"stopper": EarlyStopping(2)}, "stopper must have validation data to watch, got validation=None"),
        ({"validation": (X, Y[:3])}, r"validation x and y must have as many rows, got shapes \(8, 4\) and \(3,\)"),
        ({"validation": (spoiled(X, (2, 0), np.nan), Y)}, "validation x must be finite, got nan at row 2, column 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_words(options, words):
    with pytest.raises(ValueError, match=words):
        train(**options)


def test_refused_data_leave_the_network_as_it_was():
    model = network()
    before = model.parameters.copy()
    with pytest.raises(ValueError, match="train x must be finite"):
        train_mlp(model, (spoiled(X, (7, 3), np.nan), Y), optimizer=SGD(0.1), epochs=1)
    np.testing.assert_array_equal(model.parameters, before)


def diverge(**options):
    x = np.random.default_rng(0).standard_normal((64, 4))
    model = mlp((4, 8, 1), rng=np.random.default_rng(0))
    data = (x, x[:, :1])
    train_mlp(model, data, optimizer=SGD(1e3), epochs=20, batch_size=16, loss=squared_error, **options)


def test_a_run_that_diverges_says_so_with_epoch_step_and_rate_and_without_numpy_warnings():
    words = r"predictions - targets must .* \(in epoch \d+, at step \d+, at rate 1000\)"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=words) as caught:
            diverge()
    assert isinstance(caught.value.__cause__, ValueError)


def test_the_rate_in_the_message_is_the_one_of_that_step():
    with pytest.raises(ValueError, match="overflow") as caught:
        diverge(schedule=step_decay(0.5, 1))
    step, rate = re.search(r"at step (\d+), at rate ([\d.e+-]+)\)", str(caught.value)).groups()
    assert int(step) > 0
    assert float(rate) == pytest.approx(1e3 * 0.5 ** int(step), rel=1e-4)


def test_a_validation_that_overflows_first_is_reported_in_the_same_way():
    data = np.random.default_rng(0).standard_normal((16, 4))
    validation = (1e30 * data, data[:, :1])
    with pytest.raises(ValueError, match=r"predictions - targets must .* \(in epoch 1, at step 1, at rate 1000\)"):
        train_mlp(
            mlp((4, 8, 1), rng=np.random.default_rng(0)),
            (data, data[:, :1]),
            optimizer=SGD(1e3),
            epochs=20,
            loss=squared_error,
            validation=validation,
        )


def test_a_gradient_that_cannot_be_clipped_is_reported_with_its_place():
    def explode(model):
        model.gradients[0] = np.inf

    words = r"gradients must have a finite length to be clipped, got inf \(in epoch 1, at step 0, at rate 0.1\)"
    with pytest.raises(ValueError, match=words):
        train(on_gradient=[explode, clip_norm(1.0)])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ((X[:, :3], Y), r"data x must be \(n, 4\) with n at least 1 for this model, got shape \(8, 3\)"),
        ((X[:0], Y[:0]), r"got shape \(0, 4\)"),
        ((spoiled(X, (4, 1), np.nan), Y), "data x must be finite, got nan at row 4, column 1"),
        ((X, Y - 1), r"labels must be in 0..2 \(logits have 3 columns\), got -1"),
    ],
)
def test_evaluation_refuses_what_training_refuses(data, words):
    with pytest.raises(ValueError, match=words):
        evaluate(network(), data)
