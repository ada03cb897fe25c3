"""What is recorded of attempts, predictions and recall, and the table that tells it."""

import json
import re
import types
from datetime import date

import pytest

from course_lib import __main__ as command_line
from course_lib.teaching.exercises import registry
from course_lib.teaching.learner import progress, store, summary
from tests.teaching.toy import ATTACK, AUDIT, TOY


@pytest.fixture
def file(monkeypatch, tmp_path):
    """A progress file in an empty folder, and a session that has said nothing yet."""
    path = tmp_path / "mine" / "progress.json"
    monkeypatch.setenv("COURSE_PROGRESS", str(path))
    monkeypatch.setattr(store, "_waiting", [])
    monkeypatch.setattr(store, "_told", set())
    return path


def test_attempts_hints_and_the_first_solution_are_kept(file):
    progress.record_attempt("a", "wrong", "sum")
    progress.record_attempt("a", "error")
    assert progress.record_hint("a", most=2) == 1
    assert progress.record_hint("a", most=2) == 2
    assert progress.record_hint("a", most=2) == 2
    progress.record_attempt("a", "right")
    progress.record_attempt("a", "wrong", "sum")
    kept = json.loads(file.read_text(encoding="utf-8"))["exercises"]["a"]
    assert (kept["attempts"], kept["hints"], kept["last"], kept["mistakes"]) == (4, 2, "wrong", {"sum": 2})
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", kept["solved"])
    assert kept["solved_at_level"] == "blank"


def test_a_prediction_may_change_until_its_outcome_was_seen(file):
    assert progress.record_outcome("01-rate", "it diverges") is None
    progress.record_prediction("01-rate", "And now?", "it converges")
    progress.record_prediction("01-rate", "And now?", "it diverges")
    assert progress.record_outcome("01-rate", "it diverges") == "it diverges"
    progress.record_prediction("01-rate", "And now?", "it converges")
    kept = store.load_record()["predictions"]["01-rate"]
    assert (kept["choice"], kept["right"]) == ("it diverges", True)


def test_whether_a_first_recall_was_right_is_kept(file):
    progress.record_recall("01-r", "?", "a", right=False)
    progress.record_recall("01-r", "?", "b", right=True)
    kept = store.load_record()["recall"]["01-r"]
    assert (kept["first_right"], kept["right"]) == (False, True)


@pytest.fixture
def sheets(file, monkeypatch):
    """Two sheets with three exercises, one solved from the worked level, one begun."""
    entries = [registry.Entry(1, 1, TOY), registry.Entry(1, 2, ATTACK), registry.Entry(2, 1, AUDIT)]
    monkeypatch.setattr(registry, "entries", lambda: iter(entries))
    progress.record_level(TOY.slug, "worked")
    progress.record_attempt(TOY.slug, "right")
    progress.record_attempt(ATTACK.slug, "wrong", "ones")
    progress.record_hint(ATTACK.slug, most=1)
    progress.record_prediction("01-rate", "?", "yes")
    progress.record_outcome("01-rate", "no")
    progress.record_recall("02-loss", "?", "yes", right=True)


def test_the_table_tells_it_in_words(sheets):
    assert progress.progress_table().splitlines() == [
        "sheet 01  [##########          ]  1 of 2 solved; predictions: 1 made, 0 of 1 came true; "
        "recall: 0 of 0 right at first",
        "  1.1   mean_squared_error  solved from the worked level, attempts: 1, hints: 0",
        "  1.2   double_attack       begun, attempts: 1, hints: 1",
        "sheet 02  [                    ]  0 of 1 solved; predictions: 0 made, 0 of 0 came true; "
        "recall: 1 of 1 right at first",
        "  2.1   audit_toy  open",
        "all lessons  predictions: 1 made, 0 of 1 came true; recall: 1 of 1 right at first",
    ]


def test_the_html_says_the_same_and_escapes(sheets, monkeypatch):
    page = progress.table_html()
    assert "<strong>Sheet 01</strong>: 1 of 2 solved" in page
    assert "solved from the worked level" in page
    assert '<th scope="col"' in page
    monkeypatch.setattr(
        registry, "entries", lambda: iter([registry.Entry(1, 1, types.SimpleNamespace(slug="x", title="<b>"))])
    )
    assert "&lt;b&gt;" in progress.table_html()


def test_outside_a_notebook_progress_is_printed(sheets, capsys):
    progress.show_progress()
    assert capsys.readouterr().out == progress.progress_table() + "\n"


def test_a_learner_without_any_progress_sees_open_exercises(file, monkeypatch):
    monkeypatch.setattr(registry, "entries", lambda: iter([registry.Entry(1, 1, TOY)]))
    assert "mean_squared_error  open" in progress.progress_table()
    assert not file.exists()


def test_the_summary_to_hand_in_holds_every_exercise_and_what_was_recorded(sheets, tmp_path, capsys):
    assert command_line.main(["progress", "--export", str(tmp_path / "ada.json")]) == 0
    assert capsys.readouterr().out.count("written: ") == 2
    kept = json.loads((tmp_path / "ada.json").read_text(encoding="utf-8"))
    worked = next(row for row in kept["exercises"] if row["slug"] == TOY.slug)
    assert (worked["status"], worked["day"]) == ("solved from the worked level", date.today().isoformat())
    assert len(kept["exercises"]) == 3
    assert set(kept["versions"]) == {"course", "python", *summary.PACKAGES}
    page = (tmp_path / "ada.html").read_text(encoding="utf-8")
    assert page.count("<tr>") == 4
    assert "<script" not in page


def test_the_summary_writes_over_an_older_summary_and_over_nothing_else(sheets, tmp_path, capsys):
    assert summary.export(tmp_path / "mine") == summary.export(tmp_path / "mine")
    (tmp_path / "mine.html").write_text("my essay", encoding="utf-8")
    assert command_line.main(["progress", "--export", str(tmp_path / "mine")]) == 1
    assert "mine.html is there and is no summary" in capsys.readouterr().err
    assert (tmp_path / "mine.html").read_text(encoding="utf-8") == "my essay"


def test_a_mistake_named_like_markup_is_shown_as_text(sheets):
    progress.record_attempt(ATTACK.slug, "wrong", "<b>")
    assert "&lt;b&gt; (1)" in summary.page_of(summary.summary())
