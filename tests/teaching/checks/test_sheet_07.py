"""Sheet 07, debugging: its keys are what the runs say, and every case of the clinic is shown."""

from dataclasses import replace

from course_lib.core.files import course_root
from course_lib.teaching.build.percent import read_source
from course_lib.teaching.checks.debugging import audit, cases
from course_lib.teaching.clinic.cards import CASES
from course_lib.teaching.clinic.faults import SETUPS
from course_lib.teaching.clinic.loop import train


def test_the_sheet_shows_every_case_that_the_lesson_does_not():
    assert sorted(cases.FIRST + cases.SECOND) == sorted(set(CASES) - {f"case-{k:02d}" for k in (1, 2, 3, 4)})
    text = "\n".join(cell.text for cell in read_source(course_root() / "solutions" / "source" / "07_debugging.py"))
    assert all(f'show_case("{name}")' in text for name in cases.FIRST + cases.SECOND)


def test_the_key_of_the_audit_is_what_the_runs_give_for_several_seeds():
    for seed in (0, 1, 2):
        cured, hidden = [], []
        for fault in audit.FAULTS:
            broken = SETUPS[fault][0]
            run = train(replace(broken, lr=10 * broken.lr, epochs=12), seed)
            good, low = run.val_accuracy[-1] > 0.7, run.train_loss[-1] < 1
            cured += [fault] if good and low else []
            hidden += [fault] if good and not low else []
        assert len(cured) == audit.FINDINGS["cured"]
        assert hidden == [audit.FINDINGS["hidden"]]
