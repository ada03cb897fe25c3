"""`check`, `hint`, `start` and the table do what the sheets rely on."""

import json
import subprocess
import sys
import types
from dataclasses import replace

import pytest

from course_lib.teaching import check as check_module
from course_lib.teaching.check import check, hint, main, start, table_of_checks
from course_lib.teaching.exercises import registry
from course_lib.teaching.exercises.exercise import Mistake
from course_lib.teaching.exercises.weaknesses import weaknesses
from course_lib.teaching.learner import store
from tests.teaching import toy
from tests.teaching.toy import ATTACK, AUDIT, ORDER, TOY, mean_squared_error, rows, summed


@pytest.fixture
def sheets(monkeypatch, tmp_path):
    """Two sheets of toy exercises, and a progress file of their own."""
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setattr(store, "_waiting", [])
    monkeypatch.setattr(store, "_told", set())
    modules = {
        "course_lib.teaching.checks.sheet_01": types.SimpleNamespace(SHEET=(TOY, ATTACK)),
        "course_lib.teaching.checks.sheet_07": types.SimpleNamespace(SHEET=(AUDIT, ORDER)),
    }
    loaded = []

    def load(name):
        loaded.append(name)
        return modules[name]

    monkeypatch.setattr(registry.importlib, "import_module", load)
    monkeypatch.setattr(registry, "sheet_numbers", lambda: [1, 7])
    registry.sheet.cache_clear()
    yield loaded
    registry.sheet.cache_clear()


@pytest.fixture
def recorded(tmp_path):
    return lambda: json.loads((tmp_path / "progress.json").read_text(encoding="utf-8"))["exercises"]


def test_a_verdict_is_returned_shown_and_recorded(sheets, recorded, capsys):
    verdict = check("mean_squared_error", summed)
    assert (verdict.status, verdict.mistake) == ("wrong", "sum")
    assert verdict.message.startswith("your result equals the sum")
    assert capsys.readouterr().out.startswith("not right yet: 1.1 mean_squared_error\n")
    assert recorded()["mean_squared_error"] == {"attempts": 1, "last": "wrong", "mistakes": {"sum": 1}}


def test_the_courses_own_function_counts_as_read_and_not_as_solved(sheets, recorded, monkeypatch):
    monkeypatch.setattr(mean_squared_error, "__module__", "course_lib.numpy_nn.losses")
    verdict = check("mean_squared_error", mean_squared_error)
    assert verdict.status == "right"
    assert verdict.message.startswith("this is the course's own function: it counts as read, not as solved")
    assert recorded()["mean_squared_error"] == {"level": "worked"}


def test_the_same_mistake_twice_leads_on_to_a_hint_and_then_to_the_next(sheets, recorded, capsys):
    assert "once more the same" not in check("mean_squared_error", summed).message
    assert "once more the same; hint 1 of 2: Write the loss" in check("mean_squared_error", summed).message
    assert "once more the same; hint 2 of 2: The mean divides" in check("mean_squared_error", summed).message
    assert recorded()["mean_squared_error"]["hints"] == 2


def test_without_an_answer_the_learners_function_is_looked_for(sheets, capsys):
    assert check("mean_squared_error").status == "not started"
    assert "there is no mean_squared_error yet: run the cell above first" in capsys.readouterr().out


def test_an_unsolved_sheet_leaves_no_trace(sheets, tmp_path):
    assert check("mean_squared_error", None).status == "not started"
    assert not (tmp_path / "progress.json").exists()


def test_the_number_is_that_of_the_sheet_and_the_place(sheets):
    assert check("double_attack", None).number == "1.2"
    assert check("order_toy", None).number == "7.2"


def test_a_later_sheet_is_not_imported_for_an_exercise_of_an_earlier_one(sheets):
    check("mean_squared_error", None)
    assert sheets == ["course_lib.teaching.checks.sheet_01"]


def test_an_unknown_slug_is_refused_with_close_ones(sheets):
    with pytest.raises(ValueError, match=r"no exercise 'mean_square_error'; did you mean 'mean_squared_error'\?"):
        check("mean_square_error", None)
    with pytest.raises(ValueError, match="there are mean_squared_error, double_attack, audit_toy, order_toy"):
        hint("zzz")


def test_hints_come_one_more_at_a_time_up_to_the_last(sheets, recorded, capsys):
    hint("mean_squared_error")
    assert capsys.readouterr().out == "hint 1 of 2: Write the loss for one number first.\n"
    hint("mean_squared_error")
    second = capsys.readouterr().out
    assert second.startswith("hint 1 of 2: Write")
    assert second.count("\n") == 2
    hint("mean_squared_error")
    assert capsys.readouterr().out == second
    assert recorded()["mean_squared_error"]["hints"] == 2


def test_an_exercise_without_hints_says_so(sheets, capsys):
    hint("order_toy")
    assert capsys.readouterr().out == "order_toy has no hints\n"


def test_start_prints_the_stub_outside_a_notebook(sheets, capsys):
    start("mean_squared_error")
    out = capsys.readouterr().out
    assert "def mean_squared_error(predictions, targets):" in out
    assert "raise NotImplementedError" in out
    assert "difference.size" not in out


def test_start_puts_a_cell_below_in_a_notebook(sheets, monkeypatch):
    cells = []
    monkeypatch.setattr(check_module, "shell", lambda: types.SimpleNamespace(set_next_input=cells.append))
    start("mean_squared_error", "faded")
    assert "difference = predictions - targets" in cells[0]
    assert "..." in cells[0]
    assert "difference.size" not in cells[0]


def test_a_faded_cell_as_it_comes_is_not_started_with_a_word_on_the_placeholder(sheets, tmp_path, monkeypatch):
    from course_lib.teaching.build.source import level_of

    file = tmp_path / "faded_answer.py"
    file.write_text("import numpy as np\n\n" + level_of(mean_squared_error, "faded", TOY.fade), encoding="utf-8")
    space: dict = {}
    exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), space)
    verdict = check("mean_squared_error", space["mean_squared_error"])
    assert verdict.status == "not started"
    assert "still holds the placeholder" in verdict.message


def test_solved_from_the_worked_level_is_marked(sheets, recorded):
    start("mean_squared_error", "worked")
    start("mean_squared_error", "blank")
    check("mean_squared_error", mean_squared_error)
    entry = recorded()["mean_squared_error"]
    assert entry["solved_at_level"] == "worked"
    assert len(entry["solved"]) == len("2026-11-20")


@pytest.mark.parametrize(
    ("slug", "level", "words"),
    [
        ("mean_squared_error", "easy", r"level must be one of blank, faded, worked, got 'easy'"),
        ("audit_toy", "blank", "audit_toy asks for a value, it has no levels"),
        ("double_attack", "blank", "double_attack asks for a test, it has no levels"),
    ],
)
def test_a_level_that_is_not_there_is_refused(sheets, slug, level, words):
    with pytest.raises(ValueError, match=words):
        start(slug, level)


def test_the_table_has_a_line_for_every_exercise(sheets, capsys):
    main(["--table"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "lesson",
        "slug",
        "kind",
        "accepted",
        "mistakes",
        "separation/tolerance",
        "closest",
        "pair",
    ]
    assert lines[1].split()[:5] == ["1.1", "mean_squared_error", "implement", "1", "5"]
    assert float(lines[1].split()[5]) >= 1_000
    assert "exact" in lines[2]
    assert len(lines) == 5


def test_a_strong_exercise_has_no_weakness():
    assert weaknesses(TOY) == []
    assert weaknesses(ATTACK) == []


def test_a_worked_test_that_judges_wrongly_is_found_out():
    found = weaknesses(replace(ATTACK, reference=ATTACK.mistakes[0].answer, mistakes=ATTACK.mistakes[1:]))
    assert any("the worked test judges plus-one, absolute wrongly" in one for one in found), found


def accepts_everything(function):
    return {"seen": 1.0}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"observe": accepts_everything}, "the probe separates reference and sum by 0.0e+00, less than 1000 times"),
        ({"observe": accepts_everything}, "mistake sum gets 'right'"),
        ({"mistakes": TOY.mistakes[:3]}, "3 known mistakes, a small exercise has at least 4"),
        ({"core": True}, "5 known mistakes, a core exercise has at least 8"),
        ({"tolerance": 1e-3}, "less than 1000 times the tolerance 1e-03"),
        ({"fade": ("nowhere",)}, "the level faded cannot be cut from the reference"),
        ({"kind": "faded", "fade": ()}, "a faded exercise needs `fade`"),
        (
            {"mistakes": (*TOY.mistakes, Mistake("again", "rows again", "why?", lambda p, targets: rows(p, targets)))},
            "mistake rows also gets the message of again",
        ),
        (
            {"mistakes": (*TOY.mistakes, Mistake("crash", "a crash", "why?", lambda p, targets: p @ targets))},
            "mistake crash gets 'error'",
        ),
        (
            {"mistakes": (*TOY.mistakes, Mistake("long", "a " * 90, "why?", lambda p, targets: (p.mean(), p)))},
            "the card of mistake long is cut",
        ),
    ],
)
def test_a_weak_exercise_is_found_out(change, words):
    assert any(words in sentence for sentence in weaknesses(replace(TOY, **change))), weaknesses(replace(TOY, **change))


def test_a_probe_that_is_not_deterministic_is_found_out():
    calls = []

    def drifting(function):
        calls.append(1)
        return {"seen": float(len(calls))}

    assert any("not deterministic" in sentence for sentence in weaknesses(replace(TOY, observe=drifting)))


def test_sheets_are_found_by_their_module_names(monkeypatch):
    names = [types.SimpleNamespace(name=name) for name in ("sheet_02", "helpers", "sheet_11", "sheet_1", "sheet_01")]
    monkeypatch.setattr(registry.pkgutil, "iter_modules", lambda _: iter(names))
    assert registry.sheet_numbers() == [1, 2, 11]


def test_the_tools_import_without_ipython_widgets_or_torch():
    code = (
        "import sys, course_lib.teaching.check, course_lib.teaching.claims, course_lib.teaching.predict;"
        "print(sorted({'IPython', 'ipywidgets', 'torch', 'matplotlib'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_the_toy_is_what_the_docstring_of_exercise_describes():
    assert toy.TOY.answers().keys() == {"reference", "halved", "sum", "rows", "no-two", "sign", "absolute"}


def test_the_table_function_equals_what_is_printed(sheets, capsys):
    main(["--table"])
    assert capsys.readouterr().out == table_of_checks() + "\n"
