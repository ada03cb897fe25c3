"""Every case of the clinic shows its fault on the instruments, tells it from its rival, and is mended by its mend."""

import numpy as np
import pytest

from course_lib.teaching.clinic import cards as clinic
from course_lib.teaching.clinic.cards import CASES, FAULTS, diagnose, readings, table
from course_lib.teaching.clinic.cases import SIGNS
from course_lib.teaching.clinic.faults import SETUPS, stubborn_losses
from course_lib.teaching.clinic.tests import TESTS, five_tests


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))


def of(fault):
    """The readings of a fault."""
    return readings(next(name for name, case in CASES.items() if case.fault == fault))


def test_there_are_at_least_twelve_cases_and_each_fault_is_one_of_them():
    assert len(CASES) >= 12
    assert {case.fault for case in CASES.values()} == set(FAULTS) == set(SIGNS) == set(SETUPS)
    assert all(case.rival in FAULTS and case.rival != case.fault for case in CASES.values())
    assert all(case.question.endswith("?") for case in CASES.values())


SIGNATURES = {
    "zero_grad missing": lambda r: r.updates[0][39] > 4 * r.updates[0][0] and r.train_loss.min() < r.train_loss[-1] / 2,
    "rate too high": lambda r: 2 < r.start_loss < 4 and r.updates[0][0] > 1 and not np.isfinite(r.train_loss[-1]),
    "rate too low": lambda r: 2 < r.start_loss < 4 and r.updates.max() < 2e-3 and r.train_loss[-1] > 1.5,
    "dead units": lambda r: r.layers[0].dead > 0.95 and r.layers[0].weight > 0.1,
    "labels shuffled": lambda r: r.train_loss[-1] < 2 and r.val_loss[-1] > 2.6,
    "dropout on in evaluation": lambda r: not r.repeats and r.fresh_accuracy[-1] > r.val_accuracy[-1] + 0.1,
    "leak across the split": lambda r: np.all(r.val_accuracy[-20:] > r.fresh_accuracy[-20:] + 0.2),
    "no shuffling": lambda r: r.batch_losses[40:80].max() > 2 and r.val_accuracy[-1] > 0.9,
    "inputs not standardized": lambda r: r.start_loss > 50 and min(r.gradient_lengths) > 100,
    "softmax twice": lambda r: max(r.gradient_lengths) < 0.5 and r.train_loss.min() > 1.461,
    "bias gradient missing": lambda r: not r.bias_moved and r.val_accuracy[-1] > 0.9,
    "all weights zero": lambda r: r.layers[0].weight == 0 and r.updates.max() == 0,
    "units start as twins": lambda r: r.layers[0].different == 1 and r.layers[0].dead == 0,
    "labels off by one": lambda r: np.trace(np.roll(r.confusion, -1, axis=0)) > 0.9 * r.confusion.sum(),
    "chosen on the test part": lambda r: (
        r.samples[1] == 20 and r.val_accuracy.max() > r.fresh_accuracy[r.val_accuracy.argmax()] + 0.1
    ),
    "gradient of the sum": lambda r: r.gradient_lengths[2] > 5 * r.gradient_lengths[0],
    "zero by zero": lambda r: r.first_bad.startswith("the input"),
    "softmax overflows": lambda r: r.first_bad.startswith("the loss"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_readings_of_a_case_show_the_sign_of_its_fault(fault):
    assert SIGNATURES[fault](of(fault))


@pytest.mark.parametrize("fault", FAULTS)
def test_the_sign_of_a_fault_is_not_there_in_a_healthy_run(fault):
    assert not SIGNATURES[fault](readings("healthy"))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_sign_of_the_nearest_rival_is_not_there(case):
    assert not SIGNATURES[case.rival](of(case.fault))


@pytest.mark.parametrize("name", CASES)
def test_the_mended_run_has_lost_the_sign_and_trains(name):
    run = readings(name, mended=True)
    assert not SIGNATURES[CASES[name].fault](run)
    assert run.first_bad == ""
    assert run.train_loss[-1] < 1


def test_a_run_is_a_function_of_case_and_seed():
    clinic.train.cache_clear()
    first = readings.__wrapped__("case-05")
    clinic.train.cache_clear()
    assert table(readings.__wrapped__("case-05")) == table(first)


def test_no_description_gives_the_fault_away():
    for name, case in CASES.items():
        told = (clinic._in_words(readings(name), name) + table(readings(name))).lower()
        assert case.fault not in told
        assert case.mend.lower() not in told


def test_a_right_diagnosis_gives_reason_rival_and_mend(capsys):
    assert diagnose("case-05", "Rate  too low").status == "right"
    said = capsys.readouterr().out
    case = CASES["case-05"]
    assert all(text in said for text in (case.reason, f"not {case.rival}", case.question, case.mend))


def test_a_wrong_diagnosis_says_what_that_fault_would_show_and_not_the_answer(capsys):
    assert diagnose("case-05", "dead units").status == "not this"
    said = capsys.readouterr().out
    assert SIGNS["dead units"] in said
    assert CASES["case-05"].mend not in said
    assert CASES["case-05"].reason not in said


def test_a_misspelt_name_is_met_with_the_closest_one(capsys):
    diagnose("case-05", "rate to low")
    assert "did you mean 'rate too low'?" in capsys.readouterr().out


def test_an_unanswered_case_is_not_started(capsys):
    assert diagnose("case-05", ...).status == "not started"
    assert "not started" in capsys.readouterr().out


def test_an_unknown_case_lists_those_that_are_there():
    with pytest.raises(ValueError, match="there is no case 'case-99'; there are case-01"):
        diagnose("case-99", "rate too low")


def test_every_case_can_be_shown_and_mended(capsys):
    for name in ("case-01", "case-04", "case-14"):
        clinic.show_case(name)
        clinic.show_mended(name)
        said = capsys.readouterr().out
        assert f"Four panels of {name}" in said
        assert CASES[name].mend in said


def test_a_healthy_run_passes_the_five_tests_and_all_faults_but_one_fail_some():
    assert all(five_tests("healthy"))
    unseen = [fault for fault in FAULTS if all(five_tests(fault))]
    assert unseen == ["no shuffling"]
    assert len(TESTS) == 5


def test_no_rate_brings_the_stubborn_network_below_its_floor():
    assert min(stubborn_losses(rate, epochs=3)[-1] for rate in (0.1, 1.0, 10.0)) > np.log(np.e + 9) - 1
