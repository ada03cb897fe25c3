"""The questions of the lessons: each is asked, and no notebook that a learner opens holds an answer or a reason."""

import ast
import json
import re

import pytest

from course_lib.core.files import course_root
from course_lib.teaching.questions.question import FOLDER, questions_of

LESSONS = sorted((course_root() / "notebooks").glob("*.ipynb"))
ASKING = ("predict", "outcome", "recall")


def cells_of(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [(cell["id"], "".join(cell["source"]), cell["outputs"]) for cell in cells if cell["cell_type"] == "code"]


def calls_of(path):
    """(name, call) of every question and outcome of a notebook."""
    found = [node for _, code, _ in cells_of(path) for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    return [(node.func.id, node) for node in found if getattr(node.func, "id", "") in ASKING]


def words(output):
    """What an output shows, without the question and its choices, among which the answer is."""
    data = output.get("data", {})
    text = "\n".join("".join(part) for part in [output.get("text", ""), *data.values()] if isinstance(part, str | list))
    return re.sub(r"^  \( \) .*$", "", text, flags=re.M)


def within(tree):
    """Every node but those of claims: the number that a lesson measures may be what was asked for."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("claim", "quoted")):
            yield node
            yield from within(node)


def told_by(path, questions):
    """The cells whose code or stored output holds the answer (as a text of its own) or the reason of a question."""
    found = []
    for id_, code, outputs in cells_of(path):
        texts = {node.value for node in within(ast.parse(code)) if isinstance(node, ast.Constant)}
        shown = "\n".join(map(words, outputs))
        for one in questions:
            reasons = [part for part in re.split(r"\{.*?\}", one.because) if len(part) > 15]
            asks = re.search(rf'\b(?:{"|".join(ASKING)})\(\s*"{one.key}"', code)
            if (
                any(reason.strip() in code + shown for reason in reasons)
                or f"it came out: {one.answer}" in shown
                or (one.answer in texts and (asks or len(one.answer) > 12))
            ):
                found.append((id_, one.key))
    return found


def test_every_question_file_belongs_to_a_lesson():
    assert {path.stem for path in FOLDER.glob("*.toml")} == {path.stem[:2] for path in LESSONS}


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_question_is_asked_once_and_every_prediction_has_its_outcome(path):
    asked = [(name, call.args[0].value) for name, call in calls_of(path)]
    wanted = [(one.kind, one.key) for one in questions_of(path.stem[:2]).values()]
    wanted += [("outcome", key) for kind, key in wanted if kind == "predict"]
    assert sorted(asked) == sorted(wanted)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_no_lesson_shows_an_answer_or_a_reason(path):
    assert told_by(path, questions_of(path.stem[:2]).values()) == []
    for name, call in calls_of(path):
        given = [one.arg for one in call.keywords]
        assert len(call.args) == 1 or (name == "outcome" and not isinstance(call.args[1], ast.Constant)), given
        assert not {"choices", "answer", "because", "explanation", "key"} & set(given)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ('outcome("01-forgetful", "fall below 0.2")', ""),
        ('told = "fall below 0.2"', ""),
        ('recall("01-linear-needs", "?", choices=["a", "b"], answer="that of the weight", because="x")', ""),
        ('outcome("01-forgetful")', "no prediction: 01-forgetful\n  it came out: fall below 0.2"),
        ('recall("01-test-part")', "What was fitted or chosen with the test part is no longer judged on new data."),
    ],
)
def test_a_notebook_that_tells_is_found(tmp_path, code, shown):
    outputs = [{"output_type": "display_data", "data": {"text/plain": shown}}] if shown else []
    cell = {"cell_type": "code", "id": "a", "source": code, "outputs": outputs}
    path = tmp_path / "01_told.ipynb"
    path.write_text(json.dumps({"cells": [cell]}), encoding="utf-8")
    assert told_by(path, questions_of("01").values()), code
