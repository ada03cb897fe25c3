"""Questions before and after a run: `predict`, `outcome`, `recall`.

A lesson calls them with a key ("01-leak"); text, choices, answer and reason stand in `questions/01.toml`, and never in
the notebook. Choices are radio buttons; a choice is stored at once and nothing ever waits for it. Without a notebook
the question is printed. The forms that hold the texts themselves stay, for notebooks that learners have.
"""

import html
from collections.abc import Callable, Sequence
from typing import Any

from course_lib.core.validation import validate_choice
from course_lib.teaching.exercises.card import card_html, show_card
from course_lib.teaching.learner import progress
from course_lib.teaching.learner.panel import live_text, notebook_runs, panel
from course_lib.teaching.learner.store import load_record
from course_lib.teaching.questions.question import question_of, questions_of, validate_question

_asked: dict[str, tuple[str, ...]] = {}  # the choices of the predictions made in this session
_HELD = "Not shown yet. Make your prediction above first; or see it without one."


def predict(question: str, *, choices: Sequence[str] = (), key: str = "") -> None:
    """Ask for a prediction: `predict("01-leak")`. An earlier choice is shown again; `outcome` compares it.

    With choices and a key, `question` is the text itself. Raises ValueError for a key that no lesson has, for an empty
    question or key, and unless there are at least two different choices.
    """
    if not key and not choices:
        found = question_of(question, "predict")
        question, choices, key = found.question, found.choices, found.key
    validate_question(question, choices, key)
    _asked[key] = tuple(choices)
    stored = load_record()["predictions"].get(key, {})

    def choose(choice: str) -> str:
        progress.record_prediction(key, question, choice)
        kept = load_record()["predictions"].get(key, {}).get("choice", choice)
        if kept != choice:
            return f"You have seen the outcome already; your prediction stays: {kept}"
        return "Stored. You may change it until you have seen the outcome."

    _ask(question, choices, stored.get("choice"), choose, name="predict", title="Predict")


def outcome(key: str, actual: str = "", explanation: str = "", **measured: Any) -> None:
    """Compare the stored prediction with what came out: `outcome("01-leak")`, in a card.

    In a notebook nothing is shown to somebody who has not predicted before a button is pressed. Where the lesson
    computes what came out it gives `actual`, and in `measured` the values that the reason shows. With an explanation,
    both are the call's own. Raises ValueError when `actual` is none of the choices, or is missing and the question has
    no answer; AssertionError when it is not the answer that the question's file has.
    """
    question = None if explanation else questions_of(key[:2]).get(key)
    if question is None and not actual:
        question = question_of(key, "predict")  # which says what is there
    choices = question.choices if question else _asked.get(key, ())
    if question and not actual:
        actual = question.answer
    if question or key in _asked:
        validate_choice("actual", actual, choices)
    if question and question.answer and actual != question.answer:
        raise AssertionError(f"the answer to {key!r} is {question.answer!r}, and it came out: {actual!r}")
    why = question.because.format(**measured) if question else explanation
    if question and notebook_runs() and "choice" not in load_record()["predictions"].get(key, {}):
        _hold_back(key, actual, why)
    else:
        show_card("outcome", *_compared(key, actual, why))


def _compared(key: str, actual: str, why: str) -> tuple[str, str, list[str]]:
    """Status, key and lines of the card; marks a stored prediction as right or wrong."""
    predicted = progress.record_outcome(key, actual)
    if predicted is None:
        status, lines = "no prediction", [f"it came out: {actual}"]
    elif predicted == actual:
        status, lines = "as predicted", [f"it came out: {actual}"]
    else:
        status, lines = "not as predicted", [f"you expected: {predicted}", f"it came out: {actual}"]
    return status, key, [*lines, *([why] if why else [])]


def _hold_back(key: str, actual: str, why: str) -> None:
    """A button in the place of the outcome."""
    import ipywidgets
    from IPython.display import display

    told = ipywidgets.HTML(live_text(_HELD))
    button = ipywidgets.Button(description="Show the outcome")

    def pressed(_: Any) -> None:
        status, slug, lines = _compared(key, actual, why)
        told.value = card_html("outcome", status, slug, lines, state=status)
        button.layout.display = "none"

    button.on_click(pressed)
    display(panel([told, button], name="outcome", text=f"Outcome of {key}: {_HELD}"))


def recall(key: str, question: str = "", *, choices: Sequence[str] = (), answer: str = "", because: str = "") -> None:
    """Ask a question about what was learned: `recall("01-units")`. After a choice it says whether it is right, and why.

    With choices, all texts are the call's own. Raises ValueError like `predict`, for an answer that is none of the
    choices and for an empty `because`.
    """
    if not question and not choices:
        found = question_of(key, "recall")
        question, choices, answer, because = found.question, found.choices, found.answer, found.because
    validate_question(question, choices, key)
    validate_choice("answer", answer, choices)
    if not because.strip():
        raise ValueError(f"because must say why {answer!r} is right, got an empty text")

    def choose(choice: str) -> str:
        progress.record_recall(key, question, choice, right=choice == answer)
        return (
            f"Right: {because}" if choice == answer else "Not this one. Read the question once more, then choose again."
        )

    stored = load_record()["recall"].get(key, {})
    _ask(question, choices, stored.get("choice"), choose, name="recall", title="Recall")


def _ask(
    question: str, choices: Sequence[str], stored: str | None, choose: Callable[[str], str], *, name: str, title: str
) -> None:
    """Show the question with its choices; `choose` stores one and returns what to say."""
    text = "\n".join([f"{title}: {question}", *(f"  ( ) {choice}" for choice in choices)])
    if not notebook_runs():
        print(text)
        return
    import ipywidgets
    from IPython.display import display

    full = {"width": "100%", "max_width": "100ch"}
    head = ipywidgets.HTML(f"<strong>{title}</strong>: {html.escape(question)}", layout=full)
    kept = stored if stored in choices else None
    buttons = ipywidgets.RadioButtons(options=list(choices), value=kept, layout=full)
    told = ipywidgets.HTML(live_text(f"Your choice so far: {kept}" if kept else "Nothing chosen yet."), layout=full)

    def changed(change: dict[str, Any]) -> None:
        if change["new"] is not None:
            told.value = live_text(choose(change["new"]))

    buttons.observe(changed, names="value")
    display(panel([head, buttons, told], name=name, text=text))
