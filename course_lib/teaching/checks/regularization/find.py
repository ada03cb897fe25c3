"""Which fault has which run, read from its instruments? The check of find_regularization_fault."""

from typing import Any

from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property

DECAY, FINE, SCALE, LABELS, MODE = WORDS = (
    "decay too strong",
    "nothing wrong",
    "dropout not rescaled",
    "labels shuffled",
    "dropout on at evaluation",
)
KEY = {"A": DECAY, "B": FINE, "C": SCALE, "D": LABELS, "E": MODE}  # a test reads the runs and holds this key to it
_LOOK = {
    DECAY: "which run has the shortest weights, and does it do well even on what it has seen?",
    FINE: "is it good on training images and on new ones, do its two evaluations agree, and is its level near 1?",
    SCALE: "which run has a level that differs between training and evaluation by more than chance?",
    LABELS: "which run knows its training images and nothing else?",
    MODE: "which network gives two answers to one question?",
}


def _words(answer: Any) -> Any:
    """The answer with spelling evened out."""
    if not isinstance(answer, dict):
        return answer
    plain = {str(key).strip().upper(): value for key, value in answer.items()}
    return {key: " ".join(word.lower().split()) if isinstance(word, str) else word for key, word in plain.items()}


def _mistake(id: str, cause: str, question: str, **changed: str) -> Mistake:
    return Mistake(id, cause, question, KEY | changed)


_WRONG = (
    _mistake(
        "accuracy_only",
        "a reading of the accuracy on new images alone",
        "which of the runs that do well have an instrument that is off?",
        C=FINE,
        E=FINE,
    ),
    _mistake(
        "level_ignored",
        "a reading without the level of the hidden layer",
        "in which run does the next layer receive less in training than in evaluation?",
        C=FINE,
    ),
    _mistake(
        "second_evaluation_ignored",
        "a reading without the second evaluation",
        "can a network that draws nothing give two different accuracies?",
        E=FINE,
    ),
    _mistake(
        "dropout_faults_exchanged",
        "a reading that exchanges the two faults of dropout",
        "which of the two makes an evaluation differ from the next one?",
        C=MODE,
        E=SCALE,
    ),
    _mistake(
        "low_is_shuffled",
        "a reading that exchanges strong decay and shuffled labels",
        "which of the two runs does badly even on its training images?",
        A=LABELS,
        D=DECAY,
    ),
    _mistake(
        "both_shuffled",
        "a reading in which every bad run has shuffled labels",
        "which of the two has learned its training images by heart?",
        A=LABELS,
    ),
    _mistake(
        "both_decay",
        "a reading in which every bad run has too much decay",
        "can weights that are held short learn 300 meaningless labels?",
        D=DECAY,
    ),
    _mistake(
        "memorised_is_fine",
        "a reading of the accuracy on the training images alone",
        "what does a network know that is right on its training images and nowhere else?",
        C=FINE,
        D=FINE,
        E=FINE,
    ),
    _mistake(
        "fine_run_suspected",
        "a reading that takes the healthy run for one with dropout on",
        "by how much do its two evaluations differ?",
        B=MODE,
        E=FINE,
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


FIND_FAULT = Exercise(
    slug="find_regularization_fault",
    title="Find the fault in five runs",
    kind="find",
    core=False,
    difficulty=2,
    minutes=10,
    reference=KEY,
    observe=_words,
    mistakes=_WRONG,
    properties=(Property("each run by itself", _which),),
    hints=(
        "Each fault has one instrument that shows it. Go column by column and look for the odd one out.",
        "One in ten is the accuracy of guessing.",
        "Inverted dropout keeps the mean: the level is near 1 when it is right.",
    ),
    not_tested="runs with two faults at once",
)
