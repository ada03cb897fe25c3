"""Is a prediction stored at once, shown again, and compared, and never in the way?"""

import pytest

from course_lib.teaching import predict as module
from course_lib.teaching.learner import store
from course_lib.teaching.predict import outcome, predict, recall

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
    assert store.load()["predictions"]["01-rate"]["choice"] == "it diverges"
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
    assert store.load()["predictions"]["01-rate"]["right"] is False


def test_an_outcome_without_a_prediction_or_as_predicted_says_so(shown, capsys):
    outcome("01-other", "yes")
    assert capsys.readouterr().out == "no prediction: 01-other\n  it came out: yes\n"
    predict("And now?", choices=CHOICES, key="01-rate")
    parts(shown[0])[0].value = "it diverges"
    outcome("01-rate", "it diverges")
    assert capsys.readouterr().out == "as predicted: 01-rate\n  it came out: it diverges\n"


def test_an_outcome_that_was_no_choice_is_refused(file):
    predict("And now?", choices=CHOICES, key="01-rate")
    with pytest.raises(ValueError, match="actual must be one of the choices"):
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
    assert store.load()["recall"]["01-r"]["first_right"] is False


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
    with pytest.raises(ValueError, match="answer must be one of the choices"):
        recall("01-r", "?", choices=CHOICES, answer="none", because="x")
    with pytest.raises(ValueError, match="because must say why"):
        recall("01-r", "?", choices=CHOICES, answer=CHOICES[0], because=" ")
