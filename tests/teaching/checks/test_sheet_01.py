"""What sheet 01 tells its learners is true: its examples, the key to the curves, the loop in order, the audit."""

import numpy as np
import pytest

from course_lib.by_hand import first_step as plain
from course_lib.core.diagnosis import diagnose_curves
from course_lib.numpy_nn.gradcheck import check_layer
from course_lib.teaching.checks.training_loop import curves, order, runs, versions
from tests.teaching.answers import find


def test_the_worked_examples_of_the_statements_are_right():
    assert plain.count_parameters((3, 2)) == 8
    assert plain.count_parameters((784, 128, 64, 10)) == 109_386, "the network of the source document"
    assert [len(rows) for rows in plain.batch_rows(5, 2, np.random.default_rng(0))] == [2, 2, 1]
    parts = plain.stratified_split(np.repeat([0, 1], [10, 5]), (0.6, 0.2, 0.2), np.random.default_rng(0))
    assert [len(part) for part in parts] == [9, 3, 3]
    train, other = plain.standardize(np.array([[1, 5], [3, 5]]), np.array([[5, 6]]))
    assert (train.tolist(), other.tolist()) == ([[-1, 0], [1, 0]], [[3, 1]])
    total, count, gradient = plain.softmax_cross_entropy(np.array([[0, 0], [0, np.log(3)]]), np.array([0, 0]))
    assert (total, count) == (pytest.approx(np.log(2) + np.log(4)), 2)
    np.testing.assert_allclose(gradient, [[-1 / 4, 1 / 4], [-3 / 8, 3 / 8]])
    gradients = plain.linear_backward(np.array([[1.0, 2]]), np.array([[3.0], [4]]), np.array([[10.0]]))
    assert [part.tolist() for part in gradients] == [[[30, 40]], [[10], [20]], [10]]


def test_the_findings_of_the_audit_follow_from_the_definition():
    findings = find("mean_of_means").reference
    sizes = np.array([len(rows) for rows in plain.batch_rows(1000, 32, np.random.default_rng(0))])
    of_a_sample = 1 / len(sizes) / sizes  # what one sample of each batch counts in the mean of means
    assert (findings["batches"], findings["last_batch"]) == (len(sizes), sizes[-1])
    assert findings["overweight"] == pytest.approx(of_a_sample[-1] / of_a_sample[0])
    assert findings["iterations"] == 50 * len(plain.batch_rows(10_000, 100, np.random.default_rng(0)))


@pytest.fixture(scope="module")
def six_runs():
    return runs.six_runs()


def diagnosis(history):
    return diagnose_curves(*runs.losses(history), knowing_nothing=runs.KNOWING_NOTHING)


def test_the_key_of_the_learning_curves_is_what_the_rule_says_of_the_runs(six_runs):
    assert {letter: diagnosis(history).verdict for letter, history in six_runs.items()} == curves.KEY


def test_the_alternative_text_of_the_curves_holds_the_losses_and_no_verdict(six_runs):
    alt = runs.in_words(six_runs)
    assert alt.count("Run ") == len(curves.KEY)
    assert not [word for word in curves.WORDS if word in alt], "the alternative text gives the answer away"


def test_no_run_lies_near_a_limit_of_the_rule(six_runs):
    """Rounding on another machine must not change the key: every number that decides is well away from its limit."""
    for letter, history in six_runs.items():
        found = diagnosis(history)
        for value, limit in ((found.rise, 0.03), (found.fall, 0.03), (found.train, 0.25)):
            overfit_already = curves.KEY[letter] == curves.OVERFIT
            assert overfit_already or abs(value - limit) > 0.3 * limit, f"run {letter}: {value:.3f} near {limit}"


def test_the_loop_in_its_right_order_runs_and_lowers_the_loss():
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((40, 3)), rng.integers(0, 2, 40)
    x[:, 0] += 4 * labels
    names = vars(plain) | {"x": x, "labels": labels, "rng": rng, "epochs": 20, "batch_size": 8, "rate": 0.5}
    names |= {"weight": np.zeros((3, 2)), "bias": np.zeros(2)}
    exec(order.loop_of(find("order_training_step").reference), names)
    total, count, _ = plain.softmax_cross_entropy(plain.linear_forward(x, names["weight"], names["bias"]), labels)
    assert total / count < 0.25 * np.log(2)


def test_the_planted_faults_are_far_from_right_and_the_right_layers_are_not():
    for planted, group in ((False, versions.RIGHT), (True, versions.PLANTED)):
        for name, version in group.items():
            errors = check_layer(version.build(), version.x.copy(), rng=np.random.default_rng(1))
            assert max(errors.values()) > 5e-3 if planted else max(errors.values()) < 1e-9, f"{name}: {errors}"
