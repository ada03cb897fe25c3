"""What is wrong with this path? The check of read_paths."""

from typing import Any

from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property

WORDS = (SOUND, ADDS_UP, RATE, MOMENTUM, NOISE, SIGN) = (
    "sound",
    "gradients add up",
    "rate too large",
    "momentum too large",
    "noise",
    "wrong sign",
)
KEY = {"A": ADDS_UP, "B": SOUND, "C": RATE, "D": MOMENTUM, "E": NOISE, "F": SIGN}
_LOOK = {
    SOUND: "does its distance fall in both directions, and as far as you can see?",
    ADDS_UP: "do its swings keep their size, or do they become smaller?",
    RATE: "does it change sides in the steep direction at every single step, and grow?",
    MOMENTUM: "are its swings slow, in both directions, and do they shrink?",
    NOISE: "is there a level below which it never stays, and is its path irregular there?",
    SIGN: "does it leave without ever changing sides?",
}


def _words(answer: Any) -> Any:
    """The answer with spelling evened out: letters as keys, words in lower case."""
    if not isinstance(answer, dict):
        return answer
    plain = {str(key).strip().upper(): value for key, value in answer.items()}
    return {key: " ".join(word.lower().split()) if isinstance(word, str) else word for key, word in plain.items()}


def _mistake(id: str, cause: str, question: str, **read: str) -> Mistake:
    return Mistake(id, cause, question, KEY | read)


_WRONG = (
    _mistake(
        "swings_exchanged",
        "a reading that exchanges the two runs that swing",
        "which of the two loses height from swing to swing?",
        A=MOMENTUM,
        D=ADDS_UP,
    ),
    _mistake(
        "both_momentum",
        "a reading that takes every swing for momentum",
        "with a momentum below 1, can a swing keep its size for ever?",
        A=MOMENTUM,
    ),
    _mistake(
        "both_add_up",
        "a reading that takes every swing for gradients that add up",
        "does a sum of all gradients ever forget one, and does run D forget?",
        D=ADDS_UP,
    ),
    _mistake(
        "growth_exchanged",
        "a reading that exchanges the two runs that leave",
        "which of them changes sides at every step, and what does a wrong sign do to the sides?",
        C=SIGN,
        F=RATE,
    ),
    _mistake(
        "all_growth_is_rate",
        "a reading that takes all growth for too large a rate",
        "too large a rate overshoots: on which side is run F after a step?",
        F=RATE,
    ),
    _mistake(
        "all_growth_is_sign",
        "a reading that takes all growth for a wrong sign",
        "would a step up the slope change sides, as run C does?",
        C=SIGN,
    ),
    _mistake(
        "noise_is_rate",
        "a reading that takes the restless run for too large a rate",
        "does run E grow, and is it the same at every repetition?",
        E=RATE,
    ),
    _mistake(
        "noise_is_sound",
        "a reading that finds nothing in run E",
        "below which distance does run E never stay, and run B?",
        E=SOUND,
    ),
    _mistake(
        "noise_and_sound_exchanged",
        "a reading that exchanges run B and run E",
        "which of the two comes as close as you like?",
        B=NOISE,
        E=SOUND,
    ),
    _mistake(
        "swing_is_rate",
        "a reading that takes gradients that add up for too large a rate",
        "how many steps does one swing of run A take?",
        A=RATE,
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


READ_PATHS = Exercise(
    slug="read_paths",
    title="Find the fault in a path",
    kind="find",
    core=False,
    difficulty=2,
    minutes=15,
    reference=KEY,
    observe=_words,
    mistakes=_WRONG,
    properties=(Property("each run by itself", _which),),
    hints=(
        "Ask first: does it come near, stay away, or leave?",
        "A sum of all gradients is momentum with factor 1: nothing slows it down.",
        "Too large a rate changes sides at every step. A wrong sign never does.",
    ),
    not_tested="two faults in one run",
)
