"""What holds for sheet 06 beyond the demands on every check: its texts, its keys, its recordings."""

import re

import numpy as np
import pytest

from course_lib.core.files import course_root
from course_lib.numpy_nn.datasets import load_digits
from course_lib.numpy_nn.plain_stopping import early_stopping, expected_best, k_folds, smoothed, stopper_passes
from course_lib.teaching.checks.stopping import audit, logs, order, recorded, stoppers
from course_lib.teaching.exercises import registry
from course_lib.teaching.exercises.diagnose import diagnose
from course_lib.teaching.percent import read_master

MASTER = course_root() / "solutions" / "source" / "06_early_stopping.py"
KIND_WORDS = {"faded": "complete"}


def exercise(slug):
    return registry.find(slug).exercise


def words(slug, answer):
    return " ".join(diagnose(exercise(slug), answer).lines)


# ---- the texts of the master


def test_every_exercise_has_its_heading_its_kind_and_its_time_in_the_master():
    text = "\n".join(cell.text for cell in read_master(MASTER) if cell.kind == "markdown")
    for entry in registry.sheet(6):
        one = entry.exercise
        kind = KIND_WORDS.get(one.kind, one.kind) + (", core" if one.core else "")
        assert f"## {entry.number} {one.title}\n" in text
        assert f"`{one.slug}` · {kind} · difficulty {one.difficulty} of 3 · {one.minutes} minutes" in text


def test_every_exercise_is_checked_in_the_order_of_the_sheet():
    code = [cell.text for cell in read_master(MASTER) if cell.kind == "code"]
    slugs = re.findall(r'^check\("(\w+)"', "\n".join(code), re.MULTILINE)
    assert slugs == [entry.exercise.slug for entry in registry.sheet(6)]


def test_the_sheet_has_an_exercise_of_every_kind_and_one_attack():
    kinds = [entry.exercise.kind for entry in registry.sheet(6)]
    assert set(kinds) == {"implement", "faded", "order", "find", "attack", "audit"}
    assert kinds.count("attack") == 1


def test_the_worked_examples_of_the_statements_are_right():
    values = np.array([3, 2, 2.5, 2.1, 1])
    assert early_stopping(np.column_stack([values, values]), 2) == (4, 2)
    assert np.allclose(smoothed(np.full(3, 4.0), 0.9), 4.0)
    assert [len(held) for _, held in k_folds(5, 2, np.random.default_rng(0))] == [3, 2]
    assert expected_best(np.array([0.0, 1.0]), 2) == 0.75
    behind = np.array([3.0, 4.0, 5.0, 1.0])
    assert early_stopping(np.column_stack([behind, behind]), 2) == (3, 1)
    assert stoppers.beyond_the_stop(np.column_stack([behind, behind]), 2) == (3, 4)


# ---- the keys


def test_every_planted_stopper_is_wrong_on_the_worked_test_and_every_right_one_passes():
    assert [mistake.id for mistake in stoppers.MISTAKES if stopper_passes(mistake.answer)] == []
    assert all(stopper_passes(variant.answer) for variant in stoppers.VARIANTS)


def test_the_six_logs_all_differ():
    seen = [tuple(log.values()) for log in logs.logs().values()]
    assert len(set(seen)) == 6
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
    exec(order.loop_of(exercise("order_early_stopping").reference), names | globals() | locals())
    assert names["model"].parameters[0] == 2


def test_an_order_of_lower_case_letters_in_one_text_is_read():
    assert diagnose(exercise("order_early_stopping"), "fkdibleahc").status == "right"


def test_findings_that_are_not_rounded_are_right_too():
    runs = np.array(recorded.TEN_RUNS)
    exact = audit.FINDINGS | {
        "loss_change": np.mean(runs[:, 2] - runs[:, 1]),
        "runs_with_rising_loss": 10.0,
    }
    assert diagnose(exercise("loss_up_audit"), exact).status == "right"


def test_a_wrong_finding_is_named_without_its_value():
    said = words("loss_up_audit", audit.FINDINGS | {"accuracy_change": 0.5})
    assert "look again at accuracy_change" in said
    assert str(audit.FINDINGS["accuracy_change"]) not in said


# ---- what unusual answers are told


def test_a_stopper_that_is_wrong_in_another_way_sees_its_script():
    said = words("early_stopping", lambda losses, patience, min_delta=0.0: (1, 1))
    assert "patience 3" in said
    assert "you give (1, 1)" in said


def test_a_stopper_that_returns_one_number_is_told_the_form():
    assert "(last epoch, best epoch)" in words("early_stopping", lambda losses, patience, min_delta=0.0: 4)


def test_folds_without_their_training_rows_are_told_the_form():
    def only_validation(count, k, rng):
        return np.array_split(rng.permutation(count), k)

    assert "pairs of row numbers" in words("k_folds", only_validation)


# ---- the recordings


@pytest.mark.parametrize("seed", [0, 6])
def test_the_ten_runs_can_be_repeated(seed):
    _, curves = recorded.run(load_digits(), seed, **recorded.PLAIN)
    epoch, loss, loss_end, accuracy, accuracy_end, sure, sure_end = recorded.TEN_RUNS[seed]
    test, best = curves["test"], epoch - 1
    # Another machine rounds otherwise, and training amplifies it: the band is wide, the seeds differ by much more.
    assert [test.loss[best], test.loss[-1]] == pytest.approx([loss, loss_end], rel=0.15)
    assert [test.accuracy[best], test.accuracy[-1]] == pytest.approx([accuracy, accuracy_end], abs=0.03)
    assert [test.confidence[best], test.confidence[-1]] == pytest.approx([sure, sure_end], abs=0.03)


def test_the_recorded_curve_can_be_repeated():
    _, curves = recorded.run(load_digits(), 7, **recorded.WITH_DROPOUT)
    assert len(recorded.VALIDATION) == len(recorded.TEST) == 100
    assert np.corrcoef(curves["validation"].loss, recorded.VALIDATION)[0, 1] > 0.98
    assert np.median(np.abs(curves["test"].loss - recorded.TEST)) < 0.05
