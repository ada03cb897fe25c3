"""The card is what a learner can read, in text, in HTML, and only once."""

import re
from dataclasses import replace

import pytest

from course_lib.teaching.exercises import card as module
from course_lib.teaching.exercises.card import verdict_of
from course_lib.teaching.exercises.diagnose import diagnose_answer
from tests.teaching.toy import TOY, mean_squared_error, summed


def card(answer, exercise=TOY):
    return verdict_of(exercise, "1.2", diagnose_answer(exercise, answer))


def test_the_card_of_a_known_mistake_in_full():
    assert card(summed).text == (
        "not right yet: 1.2 mean_squared_error\n"
        "  your result equals the sum where a mean is asked for (difference 0 over 3 cases)\n"
        '  how does the loss grow with the batch?      hint("mean_squared_error") for more'
    )


@pytest.mark.parametrize(
    ("answer", "words", "status"),
    [
        (mean_squared_error, "right", "right"),
        (summed, "not right yet", "wrong"),
        (None, "not started", "not started"),
        (lambda: 1, "error", "error"),
    ],
)
def test_the_status_is_a_word_in_text_and_html(answer, words, status):
    made = card(answer)
    assert made.status == status
    assert made.text.startswith(f"{words}: 1.2 mean_squared_error")
    assert f"<strong>{words}</strong>: 1.2 <code>mean_squared_error</code>" in made.html
    assert f'data-status="{status}"' in made.html
    assert 'data-slug="mean_squared_error"' in made.html
    assert 'class="course-verdict"' in made.html
    assert 'role="status"' in made.html


def test_every_colour_is_the_themes_with_a_fallback():
    colours = re.findall(r"(?:color|solid)[: ]([^;\"]+)", card(summed).html)
    assert colours
    assert all(colour.strip().startswith("var(--jp-") for colour in colours)


def test_a_card_has_at_most_four_lines_and_none_is_endless():
    def long(*_):
        raise ValueError("x" * 1000)

    for answer in (mean_squared_error, summed, None, long, 3):
        lines = card(answer).text.splitlines()
        assert len(lines) <= 4
        assert max(map(len, lines)) < 220


def test_html_of_the_learner_is_escaped():
    def answer(*_):
        raise ValueError("<script>alert(1)</script>")

    assert "<script>" not in card(answer).html
    assert "&lt;script&gt;" in card(answer).html


def test_no_hint_is_offered_where_there_is_none():
    assert "hint(" not in card(summed, replace(TOY, hints=())).text
    assert "hint(" not in card(mean_squared_error).text


def test_outside_a_notebook_the_card_is_printed_with_what_was_printed(capsys):
    def loud(predictions, targets):
        print("loss of", predictions.shape)
        return mean_squared_error(predictions, targets)

    card(loud).show()
    assert capsys.readouterr().out == (
        "right: 1.2 mean_squared_error\n  not tested: empty arrays\n"
        "printed by your function:\nloss of (3, 2)\nloss of (5, 4)\nloss of (1, 7)\n"
    )


def test_a_flood_of_prints_is_cut(capsys):
    made = card(mean_squared_error)
    made.printed = "line\n" * 1000
    made.show()
    out = capsys.readouterr().out
    assert out.count("line\n") == 20
    assert "... and 980 more lines" in out


def test_a_card_shows_once_in_its_cell_and_again_in_another(monkeypatch):
    shown = []
    monkeypatch.setattr(module, "_display", lambda text, page: shown.append(text))
    monkeypatch.setattr(module, "_cell", lambda: "cell 1")
    made = card(summed)
    made.show()
    made._ipython_display_()  # what IPython does with the last expression of the cell
    assert len(shown) == 1
    monkeypatch.setattr(module, "_cell", lambda: "cell 2")
    made._ipython_display_()
    assert len(shown) == 2


def test_the_short_form_names_status_and_mistake():
    assert repr(card(summed)) == "Verdict('mean_squared_error', status='wrong', mistake='sum')"
    assert repr(card(None)) == "Verdict('mean_squared_error', status='not started')"
