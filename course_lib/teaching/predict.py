"""What does the learner expect before the run, and what do they still know of it? `predict`, `outcome`, `recall`.

Choices are radio buttons; a choice is stored at once and nothing ever waits for it. Keys start with the number of the
lesson ("01-rate"), so that the progress table can count by lesson. Without a notebook the question is printed.
"""

import html
from collections.abc import Callable, Sequence
from typing import Any

from course_lib.teaching.exercises.card import show_card
from course_lib.teaching.learner import progress
from course_lib.teaching.learner.panel import notebook_runs, panel
from course_lib.teaching.learner.store import load

_asked: dict[str, tuple[str, ...]] = {}  # the choices of the predictions made in this session


def predict(question: str, *, choices: Sequence[str], key: str) -> None:
    """Ask for a prediction; an earlier choice is shown again. `outcome(key, actual)` compares it after the run.

    Raises ValueError for an empty question or key, and unless there are at least two different choices.
    """
    _check_question(question, choices, key)
    _asked[key] = tuple(choices)
    stored = load()["predictions"].get(key, {})

    def choose(choice: str) -> str:
        progress.record_prediction(key, question, choice)
        kept = load()["predictions"].get(key, {}).get("choice", choice)
        if kept != choice:
            return f"You have seen the outcome already; your prediction stays: {kept}"
        return "Stored. You may change it until you have seen the outcome."

    _ask(question, choices, stored.get("choice"), choose, name="predict", title="Predict")


def outcome(key: str, actual: str, explanation: str = "") -> None:
    """Compare the stored prediction with what came out, in a card; says so where nothing was predicted.

    Raises ValueError when `actual` is none of the choices that `predict` gave in this session.
    """
    if key in _asked and actual not in _asked[key]:
        raise ValueError(f"actual must be one of the choices {_asked[key]}, got {actual!r}")
    predicted = progress.record_outcome(key, actual)
    if predicted is None:
        status, lines = "no prediction", [f"it came out: {actual}"]
    elif predicted == actual:
        status, lines = "as predicted", [f"it came out: {actual}"]
    else:
        status, lines = "not as predicted", [f"you expected: {predicted}", f"it came out: {actual}"]
    show_card("outcome", status, key, [*lines, *([explanation] if explanation else [])])


def recall(key: str, question: str, *, choices: Sequence[str], answer: str, because: str) -> None:
    """Ask a question about what was learned; after any choice it says whether it is right, and why.

    Raises ValueError like `predict`, for an answer that is none of the choices and for an empty `because`.
    """
    _check_question(question, choices, key)
    if answer not in choices:
        raise ValueError(f"answer must be one of the choices {tuple(choices)}, got {answer!r}")
    if not because.strip():
        raise ValueError(f"because must say why {answer!r} is right, got an empty text")

    def choose(choice: str) -> str:
        progress.record_recall(key, question, choice, right=choice == answer)
        return (
            f"Right: {because}" if choice == answer else "Not this one. Read the question once more, then choose again."
        )

    stored = load()["recall"].get(key, {})
    _ask(question, choices, stored.get("choice"), choose, name="recall", title="Recall")


def _check_question(question: str, choices: Sequence[str], key: str) -> None:
    if not question.strip():
        raise ValueError("question must be a text, got an empty one")
    if not key.strip():
        raise ValueError("key must be a text that starts with the lesson's number, got an empty one")
    if isinstance(choices, str) or len(choices) < 2 or len(set(choices)) != len(choices):
        raise ValueError(f"choices must be at least two different texts, got {choices!r}")


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
    told = ipywidgets.HTML(_live(f"Your choice so far: {kept}" if kept else "Nothing chosen yet."), layout=full)

    def changed(change: dict[str, Any]) -> None:
        if change["new"] is not None:
            told.value = _live(choose(change["new"]))

    buttons.observe(changed, names="value")
    display(panel([head, buttons, told], name=name, text=text))


def _live(text: str) -> str:
    """Text that a screen reader announces when it changes."""
    return f'<div role="status" aria-live="polite">{html.escape(text)}</div>'
