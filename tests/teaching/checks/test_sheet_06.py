"""What sheet 06 tells its learners is true: its worked examples, the six logs, the recorded runs."""

import numpy as np
import pytest

from course_lib.by_hand.stopping import early_stopping, expected_best, k_folds, smoothed
from course_lib.numpy_nn.datasets import load_digits
from course_lib.numpy_nn.studies import stopping_runs
from course_lib.teaching.checks.stopping import logs, order, stoppers


def test_the_worked_examples_of_the_statements_are_right():
    values = np.array([3, 2, 2.5, 2.1, 1])
    assert early_stopping(np.column_stack([values, values]), 2) == (4, 2)
    assert np.allclose(smoothed(np.full(3, 4.0), 0.9), 4.0)
    assert [len(held) for _, held in k_folds(5, 2, np.random.default_rng(0))] == [3, 2]
    assert expected_best(np.array([0.0, 1.0]), 2) == 0.75
    behind = np.array([3.0, 4.0, 5.0, 1.0])
    assert early_stopping(np.column_stack([behind, behind]), 2) == (3, 1)
    assert stoppers.beyond_the_stop(np.column_stack([behind, behind]), 2) == (3, 4)


def test_a_stopper_that_is_not_known_is_told():
    with pytest.raises(AttributeError, match="no stopper 'sleepy'"):
        stoppers.sleepy  # noqa: B018


def test_the_six_logs_all_differ():
    assert len({tuple(log.values()) for log in logs.logs().values()}) == 6
    assert set(logs.KEY.values()) == set(logs.FAULTS)


def test_the_right_order_is_a_loop_that_stops_and_restores():
    class Model:
        parameters = np.zeros(1)

    def train_one_epoch(model, _):
        model.parameters += 1

    def evaluate(model, _):
        return {"loss": [3.0, 2.0, 2.5, 2.1, 1.0][int(model.parameters[0]) - 1]}

    names = {"model": Model(), "train": None, "validation": None, "epochs": 5, "patience": 2}
    names |= {"best": np.inf, "bad_epochs": 0, "kept": np.zeros(1)}
    exec(order.loop_of(order.ORDER_EARLY_STOPPING.reference), names | globals() | locals())
    assert names["model"].parameters[0] == 2


@pytest.mark.parametrize("seed", [0, 6])
def test_the_ten_runs_can_be_repeated(seed):
    _, curves = stopping_runs.stopping_run(load_digits(), seed, **stopping_runs.PLAIN)
    epoch, loss, loss_end, accuracy, accuracy_end, sure, sure_end = stopping_runs.ten_runs()[seed]
    test, best = curves["test"], int(epoch) - 1
    # Another machine rounds otherwise, and training amplifies it: the band is wide, the seeds differ by much more.
    assert [test.loss[best], test.loss[-1]] == pytest.approx([loss, loss_end], rel=0.15)
    assert [test.accuracy[best], test.accuracy[-1]] == pytest.approx([accuracy, accuracy_end], abs=0.03)
    assert [test.confidence[best], test.confidence[-1]] == pytest.approx([sure, sure_end], abs=0.03)


def test_the_recorded_curve_can_be_repeated():
    _, curves = stopping_runs.stopping_run(load_digits(), 7, **stopping_runs.WITH_DROPOUT)
    validation, test = stopping_runs.recorded_curve()
    assert len(validation) == len(test) == 100
    assert np.corrcoef(curves["validation"].loss, validation)[0, 1] > 0.98
    assert np.median(np.abs(curves["test"].loss - test)) < 0.05
