"""The name "Xavier" for sqrt(1 / n_in): the findings, the reader of equations in two fans, the known mistakes."""

import math
import re
from typing import Any

from course_lib.teaching.exercises import typed
from course_lib.teaching.exercises.kinds import VERDICTS, Property, audit

_EQUATION = "n_in = n_out"
_FAN = re.compile(r"\b(n_in|n|fan_in|n_out|m|fan_out)\b")
_UNSOLVED = re.compile(r"/\s*\([^()]*[\w)]\s*[-+*/]")  # a denominator of more than one number
_EQUAL, _UNEQUAL = ((3, 3), (7, 7), (512, 512)), ((3, 5), (5, 3), (512, 64))  # pairs of fan-in and fan-out


def says_equal_fans(text: str) -> bool:
    """Whether both sides are equal for equal fans and only for those: "n_in/n_out = 1", "2 * n = n + m".

    An equation with a sum in a denominator is not solved yet, and is no answer.
    """
    text = re.sub(r"(\d)\s*(?=[a-z(])", r"\1*", text)  # "2n" is 2 * n
    sides = text.replace("equals", "=").replace("==", "=").split("=")

    def equal(fan_in: int, fan_out: int) -> bool:
        fans = dict.fromkeys(("n_in", "n", "fan_in"), fan_in) | dict.fromkeys(("n_out", "m", "fan_out"), fan_out)
        [left], [right] = (typed.evaluated(_FAN.sub(lambda name: str(fans[name[0]]), side)) for side in sides)
        return abs(left - right) < 1e-9

    try:
        solved = len(sides) == 2 and not _UNSOLVED.search(text)
        return solved and all(equal(*fans) for fans in _EQUAL) and not any(equal(*fans) for fans in _UNEQUAL)
    except ValueError:  # a side that is no number
        return False


def _equation(value: Any) -> Any:
    text = " ".join(value.lower().split()).rstrip(".") if isinstance(value, str) else value
    return _EQUATION if isinstance(text, str) and says_equal_fans(text) else text


def _no_equation(seen: Any, right: Any) -> str | None:
    said = seen["equal for"]
    return None if "=" in str(said) else f"'equal for' is an equation, such as \"n_in = 3 * n_out\"; yours is {said!r}"


def _too_short(seen: Any, right: Any) -> str | None:
    """A word on a number that is right and rounded too far."""
    for key, rule in right.items():
        own = seen[key]
        if not isinstance(rule, float) or not isinstance(own, float) or own in (0, rule):
            continue
        for digits, word in ((1, "one digit"), (2, "two digits")):
            unit = 10 ** (math.floor(math.log10(rule)) - digits + 1)
            if float(f"{own:.{digits}g}") == own and abs(own - rule) <= 0.51 * unit:
                return f"{key}: {own} has {word}: three are asked for"
    return None


XAVIER_NAME = audit(
    "xavier_name: Audit: is sqrt(1 / n_in) Xavier's rule? | 8 minutes",
    {
        "written": 0.0442,  # sqrt(1 / 512)
        "glorot": 0.0589,  # sqrt(2 / (512 + 64))
        "named": "lecun",
        "equal for": _EQUATION,
        "torch default": 0.0255,  # 1 / sqrt(3 * 512)
        "verdict": "contradicted",
    },
    ask={
        "written": "what is the standard deviation of randn(...) * sqrt(1 / n_in), for 512 inputs?",
        "glorot": "what is the variance by Glorot, for 512 inputs and 64 outputs, and its root?",
        "named": "who divides by the fan-in alone?",
        "equal for": "solve 1 / n = 2 / (n + m)",
        "torch default": "what is the standard deviation of a uniform distribution on +-1 / sqrt(512)?",
        "verdict": "does the formula give Glorot's variance in the layer 512 to 64?",
    },
    words={"named": ("lecun", "glorot", "he"), "verdict": VERDICTS},
    synonyms={
        "lecun": ("le cun", "lecun's rule"),
        "glorot": ("xavier", "xavier glorot"),
        "he": ("kaiming", "he's rule"),
    },
    read={"equal for": _equation},
    wrong="""
    believed: an audit that takes the name for the rule | does the formula mention the number of outputs?
        glorot = 0.0442; named = glorot; verdict = supported
    variance [written = 0.00195]: a variance where the deviation is asked for | what is the root of 1 / 512?
    glorot_variance: Glorot's variance where the deviation is asked for | what is the root of 2 / 576?
        glorot = 0.00347
    glorot_bound [glorot = 0.102]: Glorot's uniform bound in place of the deviation
        | what is the standard deviation of a uniform distribution on +-b?
    glorot_one [glorot = 0.0417]: a variance of 1 / (n + m) | what is one over the mean of both fans?
    he [named = he]: a formula taken for He's | which factor does He have in place of 1?
    torch_bound [torch default = 0.0442]: the bound of the default in place of its deviation
        | what is the variance of a uniform distribution on +-b?
    torch_he [torch default = 0.0625]: He's rule for PyTorch's default | what does nn.Linear draw when you say nothing?
    undecided: an audit that finds no counterexample | do both rules agree for 512 inputs and 64 outputs?
        verdict = not shown
    verdict_only [verdict = supported]: the right numbers with the wrong verdict | are your first two numbers equal?
    """,
    properties=(Property("too few digits", _too_short), Property("an equation", _no_equation)),
    hints="""
    randn has a standard deviation of 1; what multiplies it is the standard deviation.
    Glorot: variance 2 / (n_in + n_out).
    A uniform distribution on +-b has the standard deviation b / sqrt(3).
    """,
    not_tested="digits beyond the third",
)
