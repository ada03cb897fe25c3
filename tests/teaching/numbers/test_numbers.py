"""The numbers of a cell are one table, those of a section one line, and the value of a bound is not compared."""

import configparser
import json
import re

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from course_lib.core.files import course_root
from course_lib.teaching.numbers import cell
from course_lib.teaching.numbers.cell import FOLDED, LAST
from course_lib.teaching.numbers.rows import NumberRow, folded, lines_of, number_text, page

CLAIM = "from course_lib.teaching.claims import claim\n"


@pytest.fixture
def run(monkeypatch):
    """Run a cell in a shell of its own; what it displayed, as (data, metadata)."""
    monkeypatch.setattr(cell, "_hooked", [])
    monkeypatch.setattr(cell, "_section", {})
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    monkeypatch.setattr(cell, "shell", lambda: shell)

    def run_cell(code):
        with capture_output() as captured:
            shell.run_cell(code)
        return [(one.data, one.metadata) for one in captured.outputs if "text/plain" in one.data]

    yield run_cell
    InteractiveShell.clear_instance()


def test_the_claims_of_a_cell_are_one_table_with_the_values_first(run):
    ((data, kept),) = run(f'{CLAIM}claim("> 0.95", 0.962, "accuracy")\nclaim("97.07", 97.0712, "perplexity")')
    assert data["text/plain"].splitlines() == [
        "       0.962   the text says > 0.95   accuracy",
        "       97.07   as the text says       perplexity",
    ]
    assert data["text/html"].count("<tr>") == 2
    assert kept["course"]["folded"] is False
    assert kept["course"]["numbers"][0] == {"text": "> 0.95", "value": 0.962, "what": "accuracy"}


def test_a_cell_without_claims_shows_nothing_and_the_next_one_starts_anew(run):
    run(f'{CLAIM}claim("1", 1, "one")')
    assert run("x = 1") == []
    ((data, _),) = run('claim("2", 2, "two")')
    assert "one" not in data["text/plain"]


def test_the_claims_above_one_that_fails_are_shown(run):
    ((data, _),) = run(f'{CLAIM}claim("1", 1, "one")\nclaim("2", 3, "two")')
    assert data["text/plain"] == "           1   as the text says   one"


def test_the_checks_of_a_section_are_one_line_below_the_last(run):
    assert run(f'{FOLDED}\n{CLAIM}claim("1", 1, "one")') == []
    assert run(f'{FOLDED}\nclaim("2", 2, "two")') == []
    ((data, kept),) = run(f'{LAST}\nclaim("> 2", 3, "three")')
    assert data["text/plain"].splitlines()[0] == "3 numbers of this section hold:"
    assert data["text/html"].startswith('<details class="course-numbers"><summary')
    assert kept["course"]["folded"] is True
    assert len(kept["course"]["numbers"]) == 3
    ((data, _),) = run(f'{LAST}\nclaim("4", 4, "four")')
    assert data["text/plain"].splitlines()[0] == "1 number of this section holds:", "a new section starts at 0"


def test_a_check_that_is_run_twice_counts_once(run):
    for _ in range(2):
        run(f'{FOLDED}\n{CLAIM}claim("1", 1, "one")')
    ((data, _),) = run(f'{LAST}\nclaim("2", 2, "two")')
    assert data["text/plain"].startswith("2 numbers")


def test_a_log_gets_a_line_for_every_claim(run, tmp_path, monkeypatch):
    monkeypatch.setenv(cell.LOG, str(tmp_path / "log.jsonl"))
    monkeypatch.setenv(cell.NOTEBOOK, "notebooks/01")
    run(f'{CLAIM}claim("> 0.95", 0.96236789, "accuracy", seeds=[0.95, 0.97])')
    (line,) = (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()
    wanted = {"notebook": "notebooks/01", "text": "> 0.95", "value": 0.962368, "what": "accuracy", "spread": 0.0141421}
    assert json.loads(line) == wanted


@pytest.mark.parametrize(
    ("number", "text"),
    [(2410, "2,410"), (30169746.0, "30,169,746"), (0.96236, "0.9624"), (3.2e-9, "3.2e-09"), (12345.6, "12,346")],
)
def test_a_number_is_shown_in_four_digits_and_a_whole_one_in_all(number, text):
    assert number_text(number) == text


def sanitized(text):
    """The text as nbval compares it."""
    settings = configparser.RawConfigParser()
    settings.read(course_root() / "nbval_sanitize.cfg")
    for name in settings.sections():
        text = re.sub(settings.get(name, "regex"), settings.get(name, "replace"), text)
    return text


def rows(bound, exact="97.07", says="the text says > 0.95"):
    first = NumberRow(bound, says, "accuracy", band=True)
    return [first, NumberRow(exact, "as the text says", "perplexity"), NumberRow("9", "in the report", "there")]


@pytest.mark.parametrize("says", ["the text says > 0.95", "the text says between 1 % and 2 %", "the text says != 0"])
@pytest.mark.parametrize("form", [lines_of, page, lambda rows: folded(rows)[0], lambda rows: folded(rows)[1]])
def test_the_value_of_a_bound_is_not_compared_and_the_rest_is(form, says):
    one, other = rows("0.962", says=says), rows("1.2e-10 %", says=says)
    assert form(one) != form(other)
    assert sanitized(form(one)) == sanitized(form(other))
    assert sanitized(form(one)) != sanitized(form(rows("0.962", exact="97.08", says=says)))
    assert sanitized(form(one)) != sanitized(form(rows("0.962", says=says + "1")))
