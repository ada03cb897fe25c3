"""A prediction is stored at once, shown again and compared, and is never in the way."""

import pytest

from course_lib.teaching import predict as module
from course_lib.teaching.learner import store
from course_lib.teaching.predict import outcome, predict, recall
from course_lib.teaching.questions import question as book_of
from course_lib.teaching.questions.question import questions_of

CHOICES = ("it converges", "it oscillates", "it diverges")


@pytest.fixture
def file(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setattr(store, "_waiting", [])
    monkeypatch.setattr(module, "_asked", {})


@pytest.fixture
def shown(file, monkeypatch):
    """The panels displayed, as in a notebook."""
    pytest.importorskip("ipywidgets")
    panels: list = []
    monkeypatch.setattr(module, "notebook_runs", lambda: True)
    monkeypatch.setattr("IPython.display.display", panels.append)
    return panels


def parts(box):
    """Buttons and the line under them."""
    return box.children[-2], box.children[-1]


def test_without_a_notebook_the_question_is_printed(file, capsys):
    predict("What does a rate of 1.0 do?", choices=CHOICES, key="01-rate")
    assert capsys.readouterr().out == (
        "Predict: What does a rate of 1.0 do?\n  ( ) it converges\n  ( ) it oscillates\n  ( ) it diverges\n"
    )


def test_a_choice_is_stored_at_once_and_shown_again(shown):
    predict("And now?", choices=CHOICES, key="01-rate")
    buttons, told = parts(shown[0])
    assert buttons.value is None
    assert "Nothing chosen yet." in told.value
    buttons.value = "it diverges"
    assert store.load_record()["predictions"]["01-rate"]["choice"] == "it diverges"
    assert "Stored. You may change it until you have seen the outcome." in told.value
    predict("And now?", choices=CHOICES, key="01-rate")
    assert parts(shown[1])[0].value == "it diverges"


def test_after_the_outcome_the_prediction_stays(shown, capsys):
    predict("And now?", choices=CHOICES, key="01-rate")
    buttons, told = parts(shown[0])
    buttons.value = "it converges"
    outcome("01-rate", "it diverges", "Each step overshoots by more than the last.")
    assert capsys.readouterr().out == (
        "not as predicted: 01-rate\n  you expected: it converges\n  it came out: it diverges\n"
        "  Each step overshoots by more than the last.\n"
    )
    buttons.value = "it diverges"
    assert "your prediction stays: it converges" in told.value
    assert store.load_record()["predictions"]["01-rate"]["right"] is False


def test_an_outcome_without_a_prediction_or_as_predicted_says_so(shown, capsys):
    outcome("01-other", "yes")
    assert capsys.readouterr().out == "no prediction: 01-other\n  it came out: yes\n"
    predict("And now?", choices=CHOICES, key="01-rate")
    parts(shown[0])[0].value = "it diverges"
    outcome("01-rate", "it diverges")
    assert capsys.readouterr().out == "as predicted: 01-rate\n  it came out: it diverges\n"


def test_an_outcome_that_was_no_choice_is_refused(file):
    predict("And now?", choices=CHOICES, key="01-rate")
    with pytest.raises(ValueError, match="actual must be one of"):
        outcome("01-rate", "it explodes")


def test_a_choice_that_is_no_longer_offered_is_not_shown(shown):
    predict("And now?", choices=("a", "b"), key="01-rate")
    parts(shown[0])[0].value = "a"
    predict("And now?", choices=("b", "c"), key="01-rate")
    assert parts(shown[1])[0].value is None


def test_recall_says_why_only_after_the_right_choice(shown):
    recall("01-r", "Which update?", choices=("w + g", "w - g"), answer="w - g", because="the gradient points uphill.")
    buttons, told = parts(shown[0])
    buttons.value = "w + g"
    assert "Not this one." in told.value
    assert "uphill" not in told.value
    buttons.value = "w - g"
    assert "Right: the gradient points uphill." in told.value
    assert store.load_record()["recall"]["01-r"]["first_right"] is False


def test_the_text_form_is_the_question_and_holds_no_state(shown):
    predict("Is <b> escaped?", choices=CHOICES, key="01-rate")
    data, _ = shown[0]._repr_mimebundle_()
    assert data["text/plain"] == repr(shown[0])
    assert data["text/plain"].splitlines()[0] == "Predict: Is <b> escaped?"
    assert "0x" not in data["text/plain"]
    assert "&lt;b&gt;" in shown[0].children[1].value


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"question": " "}, "question must be a text"),
        ({"key": ""}, "key must be a text"),
        ({"choices": ("one",)}, "at least two different texts"),
        ({"choices": ("one", "one")}, "at least two different texts"),
        ({"choices": "yes or no"}, "at least two different texts"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(file, change, words):
    arguments = {"question": "What?", "choices": CHOICES, "key": "01-rate"} | change
    with pytest.raises(ValueError, match=words):
        predict(arguments.pop("question"), **arguments)


def test_a_recall_needs_an_answer_among_the_choices_and_a_reason(file):
    with pytest.raises(ValueError, match="answer must be one of"):
        recall("01-r", "?", choices=CHOICES, answer="none", because="x")
    with pytest.raises(ValueError, match="because must say why"):
        recall("01-r", "?", choices=CHOICES, answer=CHOICES[0], because=" ")


BOOK = """
[99-rate]
kind = "predict"
question = "What does a rate of 1.0 do?"
choices = ["it converges", "it diverges"]
answer = "it diverges"
because = "Each step overshoots by {factor:.1f} times."

[99-machine]
kind = "predict"
question = "How long?"
choices = ["a second", "a minute"]

[99-recall]
kind = "recall"
question = "Which update?"
choices = ["w + g", "w - g"]
answer = "w - g"
because = "The gradient points uphill."
"""


@pytest.fixture
def book(monkeypatch, tmp_path):
    """The questions of a lesson 99."""
    (tmp_path / "99.toml").write_text(BOOK, encoding="utf-8")
    monkeypatch.setattr(book_of, "FOLDER", tmp_path)
    questions_of.cache_clear()
    yield tmp_path
    questions_of.cache_clear()


def test_a_key_is_enough_for_a_prediction_and_for_a_recall_question(shown, book):
    predict("99-rate")
    recall("99-recall")
    assert repr(shown[0]) == "Predict: What does a rate of 1.0 do?\n  ( ) it converges\n  ( ) it diverges"
    parts(shown[1])[0].value = "w - g"
    assert "Right: The gradient points uphill." in parts(shown[1])[1].value
    assert store.load_record()["recall"]["99-recall"]["first_right"] is True


def test_the_outcome_of_a_key_compares_and_gives_the_reason_with_what_was_measured(shown, book, capsys):
    predict("99-rate")
    parts(shown[0])[0].value = "it converges"
    outcome("99-rate", factor=1.3)
    assert capsys.readouterr().out == (
        "not as predicted: 99-rate\n  you expected: it converges\n  it came out: it diverges\n"
        "  Each step overshoots by 1.3 times.\n"
    )


def test_nobody_sees_the_outcome_before_a_prediction_or_a_press_of_the_button(shown, book):
    outcome("99-rate", factor=1.3)
    text, page = repr(shown[0]), shown[0].children[1].value
    assert text == f"Outcome of 99-rate: {module._HELD}"
    assert "diverges" not in text + page
    assert "overshoots" not in text + page
    shown[0].children[2].click()
    assert "no prediction" in shown[0].children[1].value
    assert "it came out: it diverges" in shown[0].children[1].value
    assert "overshoots by 1.3 times" in shown[0].children[1].value


def test_a_prediction_made_after_the_outcome_cell_ran_is_compared_when_the_button_is_pressed(shown, book):
    predict("99-rate")
    outcome("99-rate", factor=1.3)
    parts(shown[0])[0].value = "it diverges"
    shown[1].children[2].click()
    assert "as predicted" in shown[1].children[1].value
    assert store.load_record()["predictions"]["99-rate"]["right"] is True


def test_what_the_lesson_computes_is_compared_with_the_prediction(shown, book, capsys):
    predict("99-machine")
    parts(shown[0])[0].value = "a minute"
    outcome("99-machine", "a second")
    assert "you expected: a minute" in capsys.readouterr().out
    with pytest.raises(ValueError, match="actual must be one of"):
        outcome("99-machine", "an hour")
    with pytest.raises(ValueError, match="actual must be one of"):
        outcome("99-machine")
    with pytest.raises(AssertionError, match="the answer to '99-rate' is 'it diverges', and it came out: 'it conv"):
        outcome("99-rate", "it converges", factor=1.0)


def test_an_outcome_with_its_own_explanation_is_that_of_a_notebook_from_before(shown, book, capsys):
    outcome("99-rate", "it diverges", "Each step is too long.")
    assert capsys.readouterr().out == ("no prediction: 99-rate\n  it came out: it diverges\n  Each step is too long.\n")


@pytest.mark.parametrize(("call", "words"), [(predict, "no predict question"), (recall, "no recall question")])
def test_a_key_that_no_lesson_has_is_refused_with_the_keys_that_it_has(file, book, call, words):
    with pytest.raises(ValueError, match=f"{words} has the key '99-rat'; this lesson has 99-r"):
        call("99-rat")
    with pytest.raises(ValueError, match="this lesson has none"):
        call("98-rate")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('answer = "it diverges"', 'answer = "it explodes"', "answer must be one of"),
        ('kind = "recall"', 'kind = "quiz"', "kind must be one of"),
        ('because = "The gradient points uphill."', "", "a recall question needs an answer, and a because"),
        ('["a second", "a minute"]', '["a second"]', "at least two different texts"),
        ('question = "How long?"', "", "a question has kind, question, choices"),
        ('question = "How long?"', 'question = "How long?"\nreason = "x"', "a question has kind, question, choices"),
        ("[99-machine]", "[98-machine]", "a key starts with the number of its lesson"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused_with_its_name(book, old, new, words):
    assert BOOK.count(old) == 1
    (book / "99.toml").write_text(BOOK.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=rf"99\.toml, '.+': .*{words}"):
        questions_of("99")
