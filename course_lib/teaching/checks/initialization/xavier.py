"""Is sqrt(1 / n_in) Xavier's rule? The check of xavier_name, an audit of a formula."""

import math
from typing import Any

from course_lib.teaching.checks.initialization.equation import says_equal_fans
from course_lib.teaching.exercises.compare import to_array
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property

VERDICTS = ("supported", "not shown", "contradicted")
FINDINGS = {
    "written": "0.0442",  # sqrt(1 / 512)
    "glorot": "0.0589",  # sqrt(2 / (512 + 64))
    "named": "lecun",
    "equal for": "n_in = n_out",
    "torch default": "0.0255",  # 1 / sqrt(3 * 512)
    "verdict": "contradicted",
}
_RETHINK = {
    "written": "what is the standard deviation of randn(...) * sqrt(1 / n_in), for 512 inputs?",
    "glorot": "what is the variance by Glorot, for 512 inputs and 64 outputs, and its root?",
    "named": "who divides by the fan-in alone?",
    "equal for": "solve 1 / n = 2 / (n + m)",
    "torch default": "what is the standard deviation of a uniform distribution on +-1 / sqrt(512)?",
    "verdict": "does the formula give Glorot's variance in the layer 512 to 64?",
}


_NUMBERS = ("written", "glorot", "torch default")


def _plain(answer: Any) -> Any:
    """Numbers with three significant digits, every right equation as "n_in = n_out", texts evened out."""
    if not isinstance(answer, dict):
        return answer
    return {key: _even(value, key) for key, value in answer.items()}


def _even(value: Any, key: str) -> Any:
    if isinstance(value, str):
        text = " ".join(value.lower().split())
        if key == "equal for" and says_equal_fans(text):
            return FINDINGS[key]
        number = _number(text) if key in _NUMBERS else None
        return text if number is None else f"{number:.3g}"
    array = to_array(value)
    if array is None or array.ndim or array.dtype.kind == "b":
        return value
    return f"{float(array):.3g}"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _mistake(id: str, cause: str, question: str, **changed: str) -> Mistake:
    return Mistake(id, cause, question, FINDINGS | {key.replace("_", " "): value for key, value in changed.items()})


_WRONG = (
    _mistake(
        "believed",
        "an audit that takes the name for the rule",
        "does the formula mention the number of outputs?",
        glorot="0.0442",
        named="glorot",
        verdict="supported",
    ),
    _mistake(
        "variance", "a variance where the deviation is asked for", "what is the root of 1 / 512?", written="0.00195"
    ),
    _mistake(
        "glorot_variance",
        "Glorot's variance where the deviation is asked for",
        "what is the root of 2 / 576?",
        glorot="0.00347",
    ),
    _mistake(
        "glorot_bound",
        "Glorot's uniform bound in place of the deviation",
        "what is the standard deviation of a uniform distribution on +-b?",
        glorot="0.102",
    ),
    _mistake("glorot_one", "a variance of 1 / (n + m)", "what is one over the mean of both fans?", glorot="0.0417"),
    _mistake("he", "a formula taken for He's", "which factor does He have in place of 1?", named="he"),
    _mistake(
        "torch_bound",
        "the bound of the default in place of its deviation",
        "what is the variance of a uniform distribution on +-b?",
        torch_default="0.0442",
    ),
    _mistake(
        "torch_he",
        "He's rule for PyTorch's default",
        "what does nn.Linear draw when you say nothing?",
        torch_default="0.0625",
    ),
    _mistake(
        "undecided",
        "an audit that finds no counterexample",
        "do both rules agree for 512 inputs and 64 outputs?",
        verdict="not shown",
    ),
    _mistake(
        "verdict_only",
        "the right numbers with the wrong verdict",
        "are your first two numbers equal?",
        verdict="supported",
    ),
)


def _which(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    if seen["verdict"] not in VERDICTS:
        return f"the verdict is one of {', '.join(map(repr, VERDICTS))}; yours is {seen['verdict']!r}"
    wrong = [key for key in right if seen[key] != right[key]]
    short = next((told for key in wrong if (told := _too_short(key, seen[key], right[key]))), None)
    if short:
        return short
    if "equal for" in wrong and "=" not in str(seen["equal for"]):
        return f"'equal for' is an equation, such as \"n_in = 3 * n_out\"; yours is {seen['equal for']!r}"
    return f"look again at {', '.join(wrong)}\n{wrong[0]}: {_RETHINK[wrong[0]]}" if wrong else None


def _too_short(key: str, own: Any, right: str) -> str | None:
    """A word on a number that is right and rounded too far."""
    number = _number(own) if key in _NUMBERS and isinstance(own, str) else None
    if not number or number == float(right):
        return None
    for digits, word in ((1, "one digit"), (2, "two digits")):
        unit = 10 ** (math.floor(math.log10(float(right))) - digits + 1)
        if float(f"{number:.{digits}g}") == number and abs(number - float(right)) <= 0.51 * unit:
            return f"{key}: {own} has {word}: three are asked for"
    return None


XAVIER_NAME = Exercise(
    slug="xavier_name",
    title="Audit: is sqrt(1 / n_in) Xavier's rule?",
    kind="audit",
    core=False,
    difficulty=1,
    minutes=8,
    reference=FINDINGS,
    observe=_plain,
    mistakes=_WRONG,
    properties=(Property("each finding by itself", _which),),
    hints=(
        "randn has a standard deviation of 1; what multiplies it is the standard deviation.",
        "Glorot: variance 2 / (n_in + n_out).",
        "A uniform distribution on +-b has the standard deviation b / sqrt(3).",
    ),
    not_tested="digits beyond the third",
)
