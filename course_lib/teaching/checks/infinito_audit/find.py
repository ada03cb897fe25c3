"""Which of six runs is honest, and what happened in the others? Their curves, and the check of name_the_runs."""

import difflib
import math
from typing import Any

from course_lib.core.recordings import read_recording
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property
from course_lib.teaching.exercises.spelling import words_of

HONEST, NEXT, UNSHIFTED, MEMORIZES, SAME, PADDED = WORDS = (
    "honest",
    "sees the next token",
    "asked for what it is given",
    "memorizes",
    "held out is the training text",
    "padding counted",
)
KEY = {"A": PADDED, "B": HONEST, "C": SAME, "D": UNSHIFTED, "E": NEXT, "F": MEMORIZES}
_RUNS = {
    HONEST: "honest",
    NEXT: "no mask",
    UNSHIFTED: "not shifted",
    MEMORIZES: "memorizes",
    SAME: "same text",
    PADDED: "padded",
}
_STEPS = (50, 100, 200, 400, 800)


def six_curves() -> str:
    """The recorded perplexities of the runs A to F: of the training text and of the held-out text, without noise."""
    rows = read_recording("infinito_leaks").rows
    lines = ["run   text        " + "".join(f"{f'update {step}':>12}" for step in _STEPS)]
    for letter, word in KEY.items():
        points = {row["step"]: row for row in rows if row["run"] == _RUNS[word] and row["seed"] == 0}
        for part, name in (("train", "training"), ("held_out", "held out")):
            numbers = "".join(f"{points[step][part]:>12,.2f}" for step in _STEPS)
            lines.append(f"{letter if part == 'train' else ' ':<6}{name:<12}{numbers}")
    return "\n".join(lines)


_LOOK = {
    "A": "where does A come to rest, on both texts, and which share of a block would be free of charge there?",
    "B": "does the held-out perplexity of B ever pass the floor?",
    "C": "how far apart are the two lines of C, to the last digit?",
    "D": f"can copying a visible neighbour get below exp(floor / 32) = {math.exp(4.5267 / 32):.3f}?",
    "E": "below which number is E on fresh text, and how long does it take to get there?",
    "F": "what does F do on fresh text while it falls on its own?",
}


def _mistake(id: str, cause: str, question: str, **changed: str) -> Mistake:
    return Mistake(id, cause, question, KEY | changed)


_WRONG = (
    _mistake("leaks_exchanged", "a reading that exchanges D and E", _LOOK["D"], D=NEXT, E=UNSHIFTED),
    _mistake("both_next", "a reading that finds one leak in D and E", _LOOK["D"], D=NEXT),
    _mistake("both_unshifted", "a reading that takes both falls to 1 for copies of the input", _LOOK["E"], E=UNSHIFTED),
    _mistake("low_is_a_leak", "a reading in which C sees the next token", _LOOK["C"], C=NEXT),
    _mistake("c_memorizes", "a reading that takes both lines of C for remembered text", _LOOK["C"], C=MEMORIZES),
    _mistake(
        "fall_is_a_leak",
        "a reading that finds a leak in a falling training perplexity",
        "on which text does a low perplexity prove a leak?",
        F=NEXT,
    ),
    _mistake("padding_is_honest", "a reading that takes 23 for an honest number", _LOOK["A"], A=HONEST),
    _mistake(
        "all_below_leak",
        "a reading that calls everything below the floor a visible target",
        "can a model that sees its target rest at 23?",
        A=NEXT,
    ),
    _mistake("honest_memorizes", "a reading that takes B for a model that memorizes", _LOOK["B"], B=MEMORIZES),
    _mistake("f_is_same", "a reading that exchanges C and F", _LOOK["C"], F=SAME, C=MEMORIZES),
)


def _not_a_word(letter: str, given: Any) -> str:
    """The sentence for a name that is none of the six; the nearest one where there is one."""
    close = difflib.get_close_matches(str(given), WORDS, n=1)
    asked = f"did you mean {close[0]!r}?" if close else f"the words are {', '.join(map(repr, WORDS))}"
    return f"{letter} is {given!r}, which is none of the six words\n{asked}"


def _which(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    strange = [letter for letter in right if seen[letter] not in WORDS]
    if strange:
        return _not_a_word(strange[0], seen[strange[0]])
    wrong = [letter for letter in right if seen[letter] != right[letter]]
    return f"look again at {', '.join(wrong)}\n{_LOOK[wrong[0]]}" if wrong else None


NAME_THE_RUNS = Exercise(
    slug="name_the_runs",
    title="Find: six runs, and one is honest",
    kind="find",
    core=False,
    difficulty=2,
    minutes=12,
    reference=KEY,
    observe=words_of,
    mistakes=_WRONG,
    properties=(Property("each run by itself", _which),),
    hints=(
        "Compare with the ladder: 101.00, 97.07, the floor 92.45, and exp(4.5267 / 32) for copying what is visible.",
        "Below the floor on fresh text: a leak, or another question. Below it on training text alone: memory.",
        "Two lines that agree to the last digit are one text.",
    ),
    not_tested="whether you could tell the runs apart by their first row alone",
)
