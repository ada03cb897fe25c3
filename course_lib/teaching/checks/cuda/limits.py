"""What limits each of six runs? The check of name_the_limit."""

from typing import Any

from course_lib.teaching.checks.cuda.machines import LIMITS
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property
from course_lib.teaching.exercises.spelling import words_of

# A test computes it from the runs.
KEY = {"A": "arithmetic", "B": "asking", "C": "memory", "D": "loader", "E": "waiting", "F": "asking"}
_QUESTIONS = {
    "A": "which of the four times equals the length of the step?",
    "B": "the device works a fifth of the time: who is busy in the rest?",
    "C": "the device works all the time: does it compute or does it move?",
    "D": "which of the four times equals the length of the step?",
    "E": "no single time is as long as the step: which two together are?",
    "F": "which of the four times equals the length of the step, to the tenth of a millisecond?",
}


def _with(id: str, cause: str, question: str, **changed: str) -> Mistake:
    return Mistake(id, cause, question, KEY | changed)


_WRONG = (
    _with(
        "busy_is_computing",
        "a reading in which a device that always works computes",
        "what else may a device be busy with than arithmetic?",
        C="arithmetic",
    ),
    _with(
        "busy_is_device",
        "a reading in which a device that works most of the time is the limit",
        "would F be shorter if its arithmetic cost nothing?",
        F="arithmetic",
    ),
    _with("memory_in_f", "a reading that takes the bytes for the limit of F", _QUESTIONS["F"], F="memory"),
    _with(
        "loader_in_f",
        "a reading that takes the loader for the limit of F",
        "who finishes later, loader or host?",
        F="loader",
    ),
    _with(
        "idle_is_loader",
        "a reading in which a device that stands still waits for data",
        "how long does the loader of B need for a batch?",
        B="loader",
    ),
    _with(
        "waiting_is_asking",
        "a reading in which E is limited by its asking",
        "how long does the host of E need to ask, and how long is the step?",
        E="asking",
    ),
    _with(
        "waiting_is_device",
        "a reading in which E is limited by its arithmetic",
        "how long does the device of E work, and how long is the step?",
        E="arithmetic",
    ),
    _with(
        "waiting_is_loader",
        "a reading in which E waits for its loader",
        "how long does the loader of E need for a batch?",
        E="loader",
    ),
    _with(
        "small_is_waiting",
        "a reading in which B waits for its loss",
        "how long would the step of B be if host and device took turns?",
        B="waiting",
    ),
    _with("most_bytes", "a reading in which A is limited by its bytes", _QUESTIONS["A"], A="memory"),
    _with(
        "loader_is_arithmetic",
        "a reading in which D is limited by its arithmetic",
        "would D be shorter on a faster device?",
        D="arithmetic",
    ),
)


def _which(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    strange = [repr(word) for word in seen.values() if word not in LIMITS]
    if strange:
        return f"{strange[0]} is none of {', '.join(map(repr, LIMITS))}"
    wrong = [letter for letter in right if seen[letter] != right[letter]]
    return f"look again at {', '.join(wrong)}\n{wrong[0]}: {_QUESTIONS[wrong[0]]}" if wrong else None


NAME_THE_LIMIT = Exercise(
    slug="name_the_limit",
    title="Six runs: what limits them?",
    kind="find",
    core=False,
    difficulty=2,
    minutes=12,
    reference=KEY,
    observe=words_of,
    mistakes=_WRONG,
    properties=(Property("each run by itself", _which),),
    hints=(
        "Four times for each run: FLOPs / rate, bytes / bandwidth, kernels times 5 microseconds, loader.",
        "Where nobody waits, the longest of the four is the length of the step.",
        "Where the length is the sum of asking and device, the host waits in each step.",
    ),
    not_tested="runs in which two limits are equally near; there you mend both",
)
