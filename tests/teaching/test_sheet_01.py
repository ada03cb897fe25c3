"""What holds for sheet 01 beyond the demands on every check: its texts, its key, the chain of its functions."""

import re

import numpy as np
import pytest

from course_lib.core.diagnosis import diagnose_curves
from course_lib.core.files import course_root
from course_lib.numpy_nn import plain
from course_lib.numpy_nn.gradcheck import check_layer, layer_passes
from course_lib.numpy_nn.plain import (
    batch_rows,
    count_parameters,
    linear_backward,
    linear_forward,
    softmax_cross_entropy,
    standardize,
    stratified_split,
    training_step,
)
from course_lib.teaching.checks.training_loop import audit, curves, order, runs, versions
from course_lib.teaching.exercises import registry
from course_lib.teaching.exercises.diagnose import diagnose
from course_lib.teaching.percent import read_master

MASTER = course_root() / "solutions" / "source" / "01_training_loop.py"
KIND_WORDS = {"faded": "complete"}


def exercise(slug):
    return registry.find(slug).exercise


def words(slug, answer):
    return " ".join(diagnose(exercise(slug), answer).lines)


# ---- the texts of the master


def test_every_exercise_has_its_heading_its_kind_and_its_time_in_the_master():
    text = "\n".join(cell.text for cell in read_master(MASTER) if cell.kind == "markdown")
    for entry in registry.sheet(1):
        one = entry.exercise
        kind = KIND_WORDS.get(one.kind, one.kind) + (", core" if one.core else "")
        assert f"## {entry.number} {one.title}\n" in text
        assert f"`{one.slug}` · {kind} · difficulty {one.difficulty} of 3 · {one.minutes} minutes" in text


def test_every_exercise_is_checked_in_the_order_of_the_sheet():
    code = [cell.text for cell in read_master(MASTER) if cell.kind == "code"]
    slugs = re.findall(r'^check\("(\w+)"', "\n".join(code), re.MULTILINE)
    assert slugs == [entry.exercise.slug for entry in registry.sheet(1)]


def test_the_worked_examples_of_the_statements_are_right():
    assert count_parameters((3, 2)) == 8
    assert [len(rows) for rows in batch_rows(5, 2, np.random.default_rng(0))] == [2, 2, 1]
    parts = stratified_split(np.repeat([0, 1], [10, 5]), (0.6, 0.2, 0.2), np.random.default_rng(0))
    assert [len(part) for part in parts] == [9, 3, 3]
    train, other = standardize(np.array([[1.0, 5], [3, 5]]), np.array([[5.0, 6]]))
    assert train.tolist() == [[-1, 0], [1, 0]]
    assert other.tolist() == [[3, 1]]
    total, count, gradient = softmax_cross_entropy(np.array([[0, 0], [0, np.log(3)]]), np.array([0, 0]))
    assert total == pytest.approx(np.log(2) + np.log(4))
    assert count == 2
    np.testing.assert_allclose(gradient, [[-1 / 4, 1 / 4], [-3 / 8, 3 / 8]])
    gradients = linear_backward(np.array([[1.0, 2]]), np.array([[3.0], [4]]), np.array([[10.0]]))
    assert [part.tolist() for part in gradients] == [[[30, 40]], [[10], [20]], [10]]
    loss, weight, bias = training_step(np.zeros((1, 2)), np.zeros(2), np.ones((1, 1)), np.array([0]), 1.0)
    assert loss == pytest.approx(np.log(2))
    assert weight.tolist() == [[0.5, -0.5]]
    assert bias.tolist() == [0.5, -0.5]


def test_the_network_of_the_source_document_has_109386_parameters():
    assert count_parameters((784, 128, 64, 10)) == 109_386


def test_the_findings_of_the_audit_follow_from_the_definition():
    sizes = np.array([len(rows) for rows in batch_rows(1000, 32, np.random.default_rng(0))])
    of_a_sample = 1 / len(sizes) / sizes  # what one sample of each batch counts in the mean of means
    assert audit.FINDINGS["batches"] == len(sizes)
    assert audit.FINDINGS["last_batch"] == sizes[-1]
    assert audit.FINDINGS["overweight"] == pytest.approx(of_a_sample[-1] / of_a_sample[0])
    assert audit.FINDINGS["iterations"] == 50 * len(batch_rows(10_000, 100, np.random.default_rng(0)))


# ---- learning curves


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


def test_readings_may_be_spelt_in_any_way():
    answer = {
        "a": " Still  learning",
        "b": "Overfitting",
        "c": "ideal",
        "d": "underfitted",
        "e": "IDEAL",
        "f": "overfit",
    }
    assert diagnose(exercise("read_learning_curves"), answer).status == "right"


def test_a_wrong_reading_is_told_by_its_letters():
    assert "look again at C, D; C:" in words("read_learning_curves", curves.KEY | {"C": "overfit", "D": "ideal"})


# ---- the order of the loop


@pytest.mark.parametrize("answer", ["DGJBEIAF", "d g j b e i a f", tuple("DGJBEIAF"), "D, G, J, B, E, I, A, F"])
def test_the_order_may_be_a_text_or_a_sequence(answer):
    assert diagnose(exercise("order_training_step"), answer).status == "right"


def test_the_loop_in_its_right_order_runs_and_lowers_the_loss():
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((40, 3)), rng.integers(0, 2, 40)
    x[:, 0] += 4 * labels
    names = vars(plain) | {"x": x, "labels": labels, "rng": rng, "epochs": 20, "batch_size": 8, "rate": 0.5}
    names |= {"weight": np.zeros((3, 2)), "bias": np.zeros(2)}
    exec(order.loop_of(exercise("order_training_step").reference), names)
    total, count, _ = softmax_cross_entropy(linear_forward(x, names["weight"], names["bias"]), labels)
    assert total / count < 0.25 * np.log(2)


@pytest.mark.parametrize(
    ("letters", "said"),
    [
        ("DGJBIEFA", "line I reads logits, which no line above it"),
        ("DGJBEIAFC", "think about line C"),
        ("DGBEIAF", "line B reads start"),
    ],
)
def test_an_order_that_is_on_no_list_is_told_by_the_names_that_lines_read(letters, said):
    assert said in words("order_training_step", letters)


# ---- a step that calls the learner's earlier functions


def step_with(**earlier):
    """The learner's training_step in a notebook where the functions of before are `earlier`."""
    names = {"linear_forward": linear_forward, **earlier}
    lines = (
        "def training_step(weight, bias, x, labels, rate):",
        "    total, count, gradient = softmax_cross_entropy(linear_forward(x, weight, bias), labels)",
        "    _, weight_gradient, bias_gradient = linear_backward(x, weight, gradient)",
        "    return total / count, weight - rate * weight_gradient, bias - rate * bias_gradient",
    )
    exec("\n".join(lines), names)
    return names["training_step"]


def unsolved(*_):
    raise NotImplementedError


def test_a_step_on_solved_functions_is_right():
    step = step_with(softmax_cross_entropy=softmax_cross_entropy, linear_backward=linear_backward)
    assert diagnose(exercise("training_step"), step).status == "right"


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "linear_backward"])
def test_a_step_on_an_unsolved_function_is_not_started_and_says_why(name):
    earlier = {"softmax_cross_entropy": softmax_cross_entropy, "linear_backward": linear_backward, name: unsolved}
    found = diagnose(exercise("training_step"), step_with(**earlier))
    assert found.status == "not started"
    assert found.lines == (f"your step calls {name}, which is still to be written: solve that one first",)


def test_a_step_on_a_wrong_function_points_at_that_function():
    def divided(x, weight, gradient):
        return tuple(part / len(x) for part in linear_backward(x, weight, gradient))

    step = step_with(softmax_cross_entropy=softmax_cross_entropy, linear_backward=divided)
    found = diagnose(exercise("training_step"), step)
    assert found.status == "wrong"
    assert found.lines[0].startswith("your step calls linear_backward, and that is not right yet")


# ---- the gradient check


def test_layer_passes_agrees_with_check_layer_on_every_version():
    for planted, group in ((False, versions.RIGHT), (True, versions.PLANTED)):
        for name, version in group.items():
            errors = check_layer(version.build(), version.x.copy(), rng=np.random.default_rng(1))
            assert (max(errors.values()) > 1e-4) == planted, f"{name}: {errors}"
            assert layer_passes(version.build(), version.x.copy(), np.random.default_rng(1)) != planted


# ---- plausible answers that are on no list


def ceil_cuts(labels, fractions, rng):
    parts = [], [], []
    for label in np.unique(labels):
        rows = rng.permutation(np.where(labels == label)[0])
        ends = [0, *np.ceil(np.cumsum(fractions) * len(rows)).astype(int)]
        for part, start, end in zip(parts, ends, ends[1:], strict=False):
            part.extend(rows[start:end])
    return tuple(np.sort(part) for part in parts)


@pytest.mark.parametrize(
    ("slug", "answer", "said"),
    [
        ("count_parameters", lambda sizes: sum(a * a for a in sizes), "for sizes (784, 128, 64, 10) you count 635236"),
        ("batch_rows", lambda count, size, rng: np.arange(count).reshape(-1, size), "cannot reshape"),
        ("batch_rows", lambda count, size, rng: [[0.5] * size], "expected a list of arrays of row numbers"),
        ("stratified_split", ceil_cuts, "cuts that are rounded up"),
        ("stratified_split", lambda labels, fractions, rng: np.arange(9), "expected three arrays of row numbers"),
        ("standardize", lambda train, other: train - train.mean(0), "return both sets"),
        ("softmax_cross_entropy", lambda logits, labels: (1.0, logits), "you return a tuple of 2"),
        ("linear_backward", lambda x, w, g: (w @ g.T, x.T @ g, g.sum(0)), "the gradient of x has the shape (3, 5)"),
        (
            "linear_backward",
            lambda x, w, g: (g @ w.T, x.T @ g / x.shape[1], g.sum(0)),
            "not right: the gradient of weight",
        ),
        ("mean_of_means", audit.FINDINGS | {"batches": "32"}, "'batches' is a text; give a number"),
        ("mean_of_means", audit.FINDINGS | {"batches": 31, "iterations": 100}, "look again at batches, iterations"),
    ],
)
def test_a_plausible_wrong_answer_that_is_on_no_list_gets_words_of_use(slug, answer, said):
    found = diagnose(exercise(slug), answer)
    assert found.status in ("wrong", "error")
    assert said in " ".join(found.lines)
