"""What did "memory utilization 1.41 %" say? The check of audit_utilization, an audit of one row."""

import math
from typing import Any

from course_lib.teaching.exercises.compare import to_array
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property

VERDICTS = ("supported", "not shown", "contradicted")
FINDINGS = {
    "uniform": "0.0039",  # 1 / 256
    "times uniform": "3.6",  # 0.0141 / (1 / 256)
    "occupancy": "1",  # 256 of 256
    "measures": "largest read weight",
    "logits moved": "0",
    "verdict": "contradicted",
}
MEASURES = ("share of slots in use", "largest read weight", "share of tokens that read", "importance")
_NUMBERS = ("uniform", "times uniform", "occupancy", "logits moved")
_RETHINK = {
    "uniform": "256 weights sum to 1; how large is each if all are equal?",
    "times uniform": "how often does 1/256 go into 0.0141?",
    "occupancy": "which share of the 256 slots holds something, by the print-out?",
    "measures": "which line of ReportedMemory._count writes `utilization`?",
    "logits moved": "what does AS_REPORTED do with the content that it has read?",
    "verdict": "do 256 filled slots of 256, and an answer that nobody hears, fit the statement?",
}


def _even(value: Any, key: str) -> Any:
    """Numbers with two significant digits, texts evened out."""
    if isinstance(value, str):
        text = " ".join(value.lower().split()).rstrip(".")
        if key not in _NUMBERS:
            return text
        value = _number(text)
    array = to_array(value)
    if array is None or array.ndim or array.dtype.kind == "b":
        return value
    return f"{float(array):.2g}"


def _number(text: str) -> float | str:
    """What "0.39 %", "256/256" or "3.6 times" stands for; another text stays as it is."""
    parts = text.removesuffix("%").removesuffix("times").removesuffix("x").split("/")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        return text
    if len(numbers) > 2 or 0.0 in numbers[1:]:
        return text
    return numbers[0] / math.prod(numbers[1:]) / (100 if text.endswith("%") else 1)


def _plain(answer: Any) -> Any:
    return {key: _even(value, key) for key, value in answer.items()} if isinstance(answer, dict) else answer


def _mistake(id: str, cause: str, question: str, **changed: str) -> Mistake:
    return Mistake(id, cause, question, FINDINGS | {key.replace("_", " "): value for key, value in changed.items()})


_WRONG = (
    _mistake(
        "believed",
        "an audit that takes the name for the measurement",
        "which line of the code writes the number?",
        occupancy="0.014",
        measures="share of slots in use",
        verdict="supported",
    ),
    _mistake(
        "name_only",
        "a number that is taken for what its name says",
        "can 1.41 % of the slots be in use when 256 of 256 hold something?",
        measures="share of slots in use",
    ),
    _mistake(
        "tokens_that_read",
        "a share of tokens",
        "how many tokens does one read of this memory have as its question?",
        measures="share of tokens that read",
    ),
    _mistake(
        "in_percent",
        "percentages in place of fractions",
        "what do 256 equal weights sum to?",
        uniform="0.39",
        occupancy="1e+02",
    ),
    _mistake("slots", "1.41 % of 256 slots", "what is the ratio of 0.0141 and 1/256 a ratio of?", occupancy="0.014"),
    _mistake(
        "heard",
        "an audit that expects the memory to be heard",
        "which output of the model depends on the content that was read?",
        logits_moved="1",
    ),
    _mistake(
        "undecided",
        "the right findings with the verdict left open",
        "is 256 of 256 compatible with 1.41 % in use?",
        verdict="not shown",
    ),
    _mistake(
        "verdict_only",
        "the right findings with the wrong verdict",
        "is 256 of 256 compatible with 1.41 % in use?",
        verdict="supported",
    ),
)


def _which(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    for key, words in (("verdict", VERDICTS), ("measures", MEASURES)):
        if seen[key] not in words:
            return f"{key!r} is one of {', '.join(map(repr, words))}; yours is {seen[key]!r}"
    wrong = [key for key in right if seen[key] != right[key]]
    return f"look again at {', '.join(wrong)}\n{wrong[0]}: {_asked(wrong[0], seen, right)}" if wrong else None


def _asked(key: str, seen: Any, right: Any) -> str:
    """The question for a wrong finding: its form before its value."""
    if key in _NUMBERS:
        try:
            own, rule = float(seen[key]), float(right[key])
        except (TypeError, ValueError):
            return f"a number is asked for; yours is {seen[key]!r}"
        if isinstance(seen[key], bool):
            return f"a number is asked for; yours is {seen[key]}"
        if rule and f"{own:.1g}" == f"{rule:.1g}":
            return "right to one digit; compute with 1/256 itself and give two digits"
        if rule and f"{own / 100:.1g}" == f"{rule:.1g}":
            return "is that a fraction, or percent?"
    return _RETHINK[key]


AUDIT_UTILIZATION = Exercise(
    slug="audit_utilization",
    title='Audit: "the model uses 1.41 % of its memory"',
    kind="audit",
    core=False,
    difficulty=2,
    minutes=12,
    reference=FINDINGS,
    observe=_plain,
    mistakes=_WRONG,
    properties=(Property("each finding by itself", _which),),
    hints=(
        "show_source(ReportedMemory._count) prints the line that writes the number.",
        "256 weights that are all equal are 1/256 each: that is the smallest that the largest one can be.",
        "Scramble the slots of a small AS_REPORTED model and compare its logits, as in section 6.",
    ),
    not_tested="digits beyond the second",
)
