"""Answers and reasons of questions state no number that nothing backs."""

import json
import tomllib

import pytest

from course_lib.core.files import course_root
from course_lib.teaching.build.question_numbers import unbacked_in_questions
from tests.coverage.question_numbers import QUESTIONS, REASONS

LESSONS = sorted((course_root() / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def literals(question, claims=""):
    cells = [
        {"cell_type": "markdown", "id": "head", "source": "## Loss\n\nIt is 0.99, whatever is claimed."},
        {"cell_type": "code", "id": "ask", "source": 'predict("00-loss")'},
        {"cell_type": "code", "id": "claims", "source": claims},
    ]
    return [one.literal for one in unbacked_in_questions({"00-loss": question}, cells)]


@pytest.mark.parametrize("part", ["answer", "because"])
@pytest.mark.parametrize("text", ["It falls to 0.37.", "about 37 %", "half of it", "0,37 at last"])
def test_an_answer_and_its_reason_need_a_claim(part, text):
    assert len(literals({part: text})) == 1
    assert literals({part: text}, 'claim("0.37", loss, "loss")\nclaim("0.5", half, "of it")') == []


def test_a_claim_of_the_other_direction_backs_no_answer():
    assert literals({"answer": "above 95 %"}, 'claim("< 0.95", share, "accuracy")') == ["95 %"]
    assert literals({"answer": "above 95 %"}, 'claim("> 0.95", share, "accuracy")') == []


def test_a_question_gives_its_numbers_and_a_wrong_choice_states_none():
    assert literals({"question": "The rate is 0.1.", "answer": "0.1", "because": "0.1 it was"}) == []
    assert literals({"question": "Which?", "choices": ["0.37", "up"], "answer": "up"}) == []
    assert literals({"question": "The rate is 0.1.", "choices": ["0.2"], "answer": "0.2"}) == ["0.2"]


def test_what_a_reason_computes_needs_no_claim():
    assert literals({"because": "Here {ratio:.1f} times."}) == []
    assert literals({"because": "Here {ratio:.1f} times, not 0.2."}) == ["0.2"]


def test_several_right_answers_are_all_read():
    assert literals({"answer": ["0.1", "0.2"]}) == ["0.1", "0.2"]


def test_a_question_that_no_cell_asks_is_refused():
    with pytest.raises(ValueError, match="no cell asks 00-lost"):
        unbacked_in_questions({"00-lost": {"answer": "1"}}, [])


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_number_of_an_answer_or_a_reason_is_claimed_or_listed(path):
    text = (course_root() / f"course_lib/teaching/questions/{path.stem[:2]}.toml").read_text(encoding="utf-8")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    found = {(one.cell, one.literal) for one in unbacked_in_questions(tomllib.loads(text), cells)}
    listed = {key: reasons for key, reasons in QUESTIONS.items() if key[:2] == path.stem[:2]}
    assert found == {(key, literal) for key, reasons in listed.items() for literal in reasons}
    claiming = {cell["id"] for cell in cells if cell["cell_type"] == "code" and "claim(" in "".join(cell["source"])}
    for reason in (reason for reasons in listed.values() for reason in reasons.values()):
        kind, _, cell = reason.partition(": ")
        assert reason in REASONS or (kind in ("claimed", "implied") and cell in claiming), reason
