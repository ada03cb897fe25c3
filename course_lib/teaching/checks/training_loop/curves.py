"""Which run overfits, and how can you tell? The check of read_learning_curves."""

from collections.abc import Callable
from typing import Any

from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property

IDEAL, UNDERFIT, OVERFIT, LEARNING = WORDS = ("ideal", "underfit", "overfit", "still learning")
# What the rule of the lesson says of these runs; a test runs them and holds this key to it.
KEY = {"A": LEARNING, "B": OVERFIT, "C": IDEAL, "D": UNDERFIT, "E": IDEAL, "F": OVERFIT}
_RISING, _CROSSED = "F", "E"  # the run whose validation loss rises; the one where it lies below the training loss
_OTHER_FORMS = {"underfitting": UNDERFIT, "overfitting": OVERFIT, "underfitted": UNDERFIT, "overfitted": OVERFIT}
_LOOK = {
    OVERFIT: "is the gap at the end wide, or has its validation loss risen above its lowest value?",
    UNDERFIT: "does its training loss stay high, and has it stopped falling?",
    LEARNING: "by how much does its training loss fall over the last five epochs?",
    IDEAL: "follow both of its curves to the end: high or low, near or far from each other, up or down?",
}


def _words(answer: Any) -> Any:
    """The answer with spelling evened out: letters as keys, "Overfitting" as "overfit"."""
    if not isinstance(answer, dict):
        return answer
    plain = {str(key).strip().upper(): value for key, value in answer.items()}
    even = {key: " ".join(word.lower().split()) if isinstance(word, str) else word for key, word in plain.items()}
    return {key: _OTHER_FORMS.get(word, word) if isinstance(word, str) else word for key, word in even.items()}


def _read_as(change: Callable[[str, str], str]) -> dict[str, str]:
    return {letter: change(letter, word) for letter, word in KEY.items()}


_WRONG = (
    Mistake(
        "names_exchanged",
        "the right reading with the names overfit and underfit exchanged",
        "which of the two knows its training data too well?",
        _read_as(lambda _, word: {OVERFIT: UNDERFIT, UNDERFIT: OVERFIT}.get(word, word)),
    ),
    Mistake(
        "learning_is_underfit",
        "a reading that takes a high loss for underfit, even where it still falls",
        "what would the run with the steepest end do if it went on?",
        _read_as(lambda _, word: UNDERFIT if word == LEARNING else word),
    ),
    Mistake(
        "underfit_is_learning",
        "a reading that takes a high loss for still learning, even where it is flat",
        "by how much does the highest training loss fall over the last five epochs?",
        _read_as(lambda _, word: LEARNING if word == UNDERFIT else word),
    ),
    Mistake(
        "high_ones_exchanged",
        "a reading that exchanges underfit and still learning",
        "which of the two high runs has come to rest?",
        _read_as(lambda _, word: {LEARNING: UNDERFIT, UNDERFIT: LEARNING}.get(word, word)),
    ),
    Mistake(
        "training_only",
        "a reading of the training loss alone",
        "which curve shows what the network does with data that it never trained on?",
        _read_as(lambda _, word: IDEAL if word == OVERFIT else word),
    ),
    Mistake(
        "any_gap",
        "a reading that takes every gap between the curves for overfit",
        "is a validation loss that is low and does not rise a reason to stop?",
        _read_as(lambda letter, word: OVERFIT if word == IDEAL and letter != _CROSSED else word),
    ),
    Mistake(
        "rise_only",
        "a reading in which only a rising validation loss is overfit",
        "what does the widest gap of all say, even though that curve does not rise?",
        _read_as(lambda letter, word: IDEAL if word == OVERFIT and letter != _RISING else word),
    ),
    Mistake(
        "rise_ignored",
        "a reading in which a rising validation loss is no trouble",
        "in which run would you have done better to stop early?",
        _read_as(lambda letter, word: IDEAL if letter == _RISING else word),
    ),
    Mistake(
        "rising_is_learning",
        "a reading in which a run whose training loss falls is still learning, whatever its validation loss does",
        "what is gained by going on while the validation loss rises?",
        _read_as(lambda letter, word: LEARNING if letter == _RISING else word),
    ),
    Mistake(
        "crossed_is_odd",
        "a reading that finds fault with a validation loss below the training loss",
        "when is each of the two losses measured, and is dropout on then?",
        _read_as(lambda letter, word: UNDERFIT if letter == _CROSSED else word),
    ),
)


def _which(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    strange = [f"{seen[letter]!r}" for letter in right if seen[letter] not in WORDS]
    if strange:
        return f"{strange[0]} is none of {', '.join(map(repr, WORDS))}"
    wrong = [letter for letter in right if seen[letter] != right[letter]]
    return f"look again at {', '.join(wrong)}; {wrong[0]}: {_LOOK[seen[wrong[0]]]}"


READ_LEARNING_CURVES = Exercise(
    slug="read_learning_curves",
    title="Read six learning curves",
    kind="find",
    core=False,
    difficulty=2,
    minutes=10,
    reference=KEY,
    observe=_words,
    mistakes=_WRONG,
    properties=(Property("each run by itself", _which),),
    hints=(
        "Ask in this order: overfit, then still learning, then underfit. What is left is ideal.",
        "2.3 is the loss of ten equal probabilities. A training loss above a quarter of it is high.",
        "Training losses of an epoch are measured while the network changes, and with dropout on.",
    ),
    not_tested="borderline runs: the limits of the rule are a choice",
)
