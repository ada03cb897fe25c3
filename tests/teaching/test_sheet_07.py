"""What holds for sheet 07 beyond the demands on every check: its texts and its keys."""

import numpy as np

from course_lib.core.files import course_root
from course_lib.teaching.checks.debugging import audit, cases, order
from course_lib.teaching.clinic import CASES
from course_lib.teaching.clinic_faults import SETUPS
from course_lib.teaching.clinic_loop import train
from course_lib.teaching.exercises import registry
from course_lib.teaching.exercises.diagnose import diagnose
from course_lib.teaching.percent import read_master

MASTER = course_root() / "solutions" / "source" / "07_debugging.py"
KIND_WORDS = {"faded": "complete"}


def exercise(slug):
    return registry.find(slug).exercise


def test_every_exercise_has_its_heading_its_kind_and_its_time_in_the_master():
    text = "\n".join(cell.text for cell in read_master(MASTER) if cell.kind == "markdown")
    for entry in registry.sheet(7):
        one = entry.exercise
        kind = KIND_WORDS.get(one.kind, one.kind) + (", core" if one.core else "")
        assert f"## {entry.number} {one.title}\n" in text
        assert f"`{one.slug}` · {kind} · difficulty {one.difficulty} of 3 · {one.minutes} minutes" in text


def test_the_sheet_holds_every_kind_and_one_attack():
    kinds = [entry.exercise.kind for entry in registry.sheet(7)]
    assert set(kinds) == {"implement", "faded", "order", "find", "attack", "audit"}
    assert kinds.count("attack") == 1


def test_the_sheet_shows_every_case_that_the_lesson_does_not():
    assert sorted(cases.FIRST + cases.SECOND) == sorted(set(CASES) - {f"case-{k:02d}" for k in (1, 2, 3, 4)})
    text = "\n".join(cell.text for cell in read_master(MASTER))
    assert all(f'show_case("{name}")' in text for name in cases.FIRST + cases.SECOND)


def test_the_key_of_the_audit_is_what_the_runs_give_for_several_seeds():
    for seed in (0, 1, 2):
        cured, hidden = [], []
        for fault in audit.FAULTS:
            broken = SETUPS[fault][0]
            run = train(audit_setup(broken), seed)
            good, low = run.val_accuracy[-1] > 0.7, run.train_loss[-1] < 1
            cured += [fault] if good and low else []
            hidden += [fault] if good and not low else []
        assert len(cured) == audit.FINDINGS["cured"]
        assert hidden == [audit.FINDINGS["hidden"]]


def audit_setup(broken):
    from dataclasses import replace

    return replace(broken, rate=10 * broken.rate, epochs=12)


def test_a_floor_of_three_decimals_is_right_and_one_of_two_is_not():
    found = exercise("raise_the_rate")
    assert diagnose(found, audit.FINDINGS | {"floor": 1.461}).status == "right"
    assert diagnose(found, audit.FINDINGS | {"floor": 1.47}).status == "wrong"
    assert np.isclose(audit.FLOOR, 1.46115, atol=1e-5)


def test_a_wrong_order_is_told_by_the_pair_that_is_exchanged():
    said = " ".join(diagnose(exercise("order_debugging"), list("GCAIFBD")).lines)
    assert "A before F" in said
    assert diagnose(exercise("order_debugging"), "g c f a i b d").status == "right"
    assert set(order.STEPS) == set("ABCDEFGHI")


def test_a_single_wrong_patient_is_named_with_its_question():
    key = exercise("name_the_faults").reference | {"case-08": "no shuffling"}
    said = " ".join(diagnose(exercise("name_the_faults"), key).lines)
    assert "case-08" in said
    assert CASES["case-08"].question in said
