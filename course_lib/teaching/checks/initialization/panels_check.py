"""Which fault shows in which panel? The check of read_start_panels."""

from typing import Any

from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property
from course_lib.teaching.exercises.spelling import words_of

HEALTHY, NO_TWO, FANS, VARIANCE, LARGE, ZEROS = WORDS = (
    "healthy",
    "factor 2 missing",
    "fan-out for fan-in",
    "variance for deviation",
    "far too large",
    "all zero",
)
KEY = {"A": NO_TWO, "B": LARGE, "C": HEALTHY, "D": VARIANCE, "E": FANS, "F": ZEROS}
_LOOK = {
    "A": "by which factor do its sums change from layer 1 to layer 9, and by which per layer?",
    "B": "what share of its units lies beyond 0.99?",
    "C": "is there a trend in its sums, or a zigzag?",
    "D": "by which factor do its sums change per layer, compared with A?",
    "E": "do its sums drift one way, or change from layer to layer?",
    "F": "how large are its sums?",
}


def _mistake(id: str, cause: str, question: str, **changed: str) -> Mistake:
    return Mistake(id, cause, question, KEY | changed)


_WRONG = (
    _mistake(
        "decays_exchanged",
        "a reading that exchanges the two panels whose signal dies",
        "which loses a factor of sqrt(2) per layer, and which loses one that depends on the width?",
        A=VARIANCE,
        D=NO_TWO,
    ),
    _mistake(
        "decays_alike",
        "a reading that takes every dying signal for a missing factor 2",
        "how often would a factor of 2 have to be missing for the fall in D?",
        D=NO_TWO,
    ),
    _mistake(
        "all_variance",
        "a reading that takes every dying signal for a variance used as deviation",
        "what would sqrt(2 / n) in place of 2 / n change per layer, for n = 120?",
        A=VARIANCE,
    ),
    _mistake(
        "zigzag_is_healthy",
        "a reading that takes a zigzag for health",
        "why should the size of the sums depend on the width of the layer?",
        E=HEALTHY,
    ),
    _mistake(
        "healthy_is_zigzag",
        "a reading that exchanges the healthy panel and the zigzag",
        "in which panel do narrow layers differ from wide ones?",
        C=FANS,
        E=HEALTHY,
    ),
    _mistake(
        "nothing_healthy",
        "a reading in which no panel is healthy",
        "how much may sums scatter in layers of 40 units?",
        C=FANS,
    ),
    _mistake(
        "large_is_zero",
        "a reading that exchanges the two tanh panels",
        "in which of the two is a gradient of 0 in all layers but the last?",
        B=ZEROS,
        F=LARGE,
    ),
    _mistake(
        "zeros_as_tiny",
        "a reading that takes zeros for very small weights",
        "do small random weights give sums that are exactly 0?",
        F=VARIANCE,
    ),
)


def _which(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    strange = sorted({str(word) for word in seen.values()} - set(WORDS))
    if strange:
        return f"the words are {', '.join(map(repr, WORDS))}; you use {', '.join(map(repr, strange))}"
    wrong = [letter for letter in right if seen[letter] != right[letter]]
    return f"look again at {', '.join(wrong)}\n{wrong[0]}: {_LOOK[wrong[0]]}" if wrong else None


READ_START_PANELS = Exercise(
    slug="read_start_panels",
    title="Find the fault: six starts on the panel",
    kind="find",
    core=False,
    difficulty=2,
    minutes=12,
    reference=KEY,
    observe=words_of,
    mistakes=_WRONG,
    properties=(Property("each panel by itself", _which),),
    hints=(
        "First the trend: does the size of the sums fall, rise, keep, or change from layer to layer?",
        "A missing factor costs the same in every layer; a wrong formula costs more in wide layers.",
        "Fan-out for fan-in cancels over two layers, and leaves a zigzag.",
    ),
    not_tested="faults that only show after training has begun",
)
