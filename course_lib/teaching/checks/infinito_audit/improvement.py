"""An audit of one sentence: 92.3 % better, so it has learned. Findings and known mistakes."""

import math
from collections.abc import Callable
from typing import Any

from course_lib.teaching.exercises import typed
from course_lib.teaching.exercises.kinds import audit

FIRST, LAST, SYMBOLS = 1291.31, 99.25, 101.0
NUMBERS = {
    "reduction": 1 - LAST / FIRST,
    "symbols alone": 1 - SYMBOLS / FIRST,
    "nats fallen": math.log(FIRST / LAST),
    "nats below symbols": math.log(SYMBOLS / LAST),
}
FINDINGS: dict[str, Any] = {name: float(f"{value:.3g}") for name, value in NUMBERS.items()} | {"verdict": "not shown"}
# Of the value. The last may come from losses that are rounded already (4.615 - 4.5976): 0.018 is right too.
_CLOSE = dict.fromkeys(NUMBERS, 0.005) | {"nats below symbols": 0.035}
_RETHINK = {
    "reduction": "which part of 1,291.31 is gone when 99.25 is left?",
    "symbols alone": "it has a perplexity of 101 from the start: which part of 1,291.31 is gone then?",
    "nats fallen": "a loss in nats is the natural logarithm of the perplexity: which two losses are subtracted?",
    "nats below symbols": "how far is log(99.25) below log(101)?",
    "verdict": "does a fall that knowing the list of symbols explains show that patterns were learned?",
}


def _read(key: str) -> Callable[[Any], Any]:
    """The reader of one number: two significant digits are enough; another number is kept with three."""

    def read(value: Any) -> Any:
        numbers, right = typed.numbers_in(value), NUMBERS[key]
        if any(abs(one / right - 1) < _CLOSE[key] or f"{one:.2g}" == f"{right:.2g}" for one in numbers):
            return FINDINGS[key]
        return float(f"{numbers[0]:.3g}") if numbers else value

    return read


_BITS, _TENS = (1 / math.log(base) for base in (2, 10))
_FALLEN, _BELOW = NUMBERS["nats fallen"], NUMBERS["nats below symbols"]
_SLIPS: dict[str, tuple[tuple[float, str], ...]] = {
    "reduction": (
        (100 * (1 - LAST / FIRST), "is a percentage: which fraction of 1 is it?"),
        (92, "is a percentage: which fraction of 1 is it?"),
        (LAST / FIRST, "is the share that is left: which share is gone?"),
        (FIRST / LAST, "is how many times smaller it has become: which fraction is gone?"),
    ),
    "symbols alone": (
        (100 * (1 - SYMBOLS / FIRST), "is a percentage: which fraction of 1 is it?"),
        (92, "is a percentage: which fraction of 1 is it?"),
        (SYMBOLS / FIRST, "is the share that is left: which share is gone?"),
        (1 - LAST / SYMBOLS, "is the way from 101 to 99.25: which is the way from 1,291.31 to 101?"),
        (SYMBOLS, "is the perplexity of that model: which reduction from 1,291.31 is it?"),
    ),
    "nats fallen": (
        (_FALLEN * _BITS, "is the fall in bits: which logarithm is a nat?"),
        (_FALLEN * _TENS, "is a difference of logarithms to the base 10: which logarithm is a nat?"),
        (FIRST - LAST, "is a difference of perplexities: what is the loss of each?"),
        (math.log(FIRST / SYMBOLS), "is the fall from 1,291.31 to 101: where does the run end?"),
        (1 - LAST / FIRST, "is the reduction of the perplexity: what is the loss of each?"),
    ),
    "nats below symbols": (
        (_BELOW * _BITS, "is the distance in bits: which logarithm is a nat?"),
        (_BELOW * _TENS, "is a difference of logarithms to the base 10: which logarithm is a nat?"),
        (SYMBOLS - LAST, "is a difference of perplexities: what is the loss of each?"),
        (math.log(100 / LAST), "is the distance to 100 symbols: is the full stop a symbol?"),
        (math.log(LAST / 97.07), "is the distance above counting, 97.07: which rung has 101?"),
        (math.log(97.07 / LAST), "is measured from counting, 97.07: which rung has 101?"),
        (_BELOW / _FALLEN, "is a share of the whole fall: how many nats is it?"),
        (math.log(FIRST / SYMBOLS), "is the fall from 1,291.31 to 101: how far does the run go below 101?"),
    ),
}


def _asked(key: str, given: Any, right: Any) -> str:
    """What a wrong number is, where it is a number that one gets by a known slip; else the question for its key."""
    if key not in NUMBERS or not math.isfinite(given):
        return _RETHINK[key]
    shown, exact, slips = f"{given:,.4g}" if abs(given) < 1_000 else "that", NUMBERS[key], _SLIPS[key]
    fitting = [told for value, told in slips if abs(given / value - 1) < 0.005]
    if fitting:
        return f"{shown} {fitting[0]}"
    if abs(given / exact - 1) < 0.05 or given == float(f"{exact:.1g}"):
        return f"{shown} is near; what is it with two significant digits, rounded?"
    if abs(given / exact + 1) < 0.05:
        return f"{shown} has the other sign: which of the two is larger?"
    in_two_digits = [told for value, told in slips if f"{given:.2g}" == f"{value:.2g}"]
    return f"{shown} {in_two_digits[0]}" if in_two_digits else _RETHINK[key]


AUDIT_IMPROVEMENT = audit(
    'audit_improvement: Audit: "92.3 % better, so it has learned" | difficulty 2, 12 minutes',
    FINDINGS,
    read={key: _read(key) for key in NUMBERS},
    ask=_asked,
    wrong="""
    believed [verdict = supported]: an audit that takes a large fall for learning
        | what would a model reach that knows the symbols and never reads the text?
    too_hard [verdict = contradicted]: an audit that takes what is not shown for refuted
        | do these numbers rule out that any pattern was learned?
    in_percent [reduction = 92.3; symbols alone = 92.2]: percentages in place of fractions | is 92 a fraction of 1?
    what_is_left [reduction = 0.0769; symbols alone = 0.0782]: the share that is left, not the share that is gone
        | does a reduction of 92 % leave 92 % or 8 %?
    from_the_vocabulary [symbols alone = 0.99]: a start at 10,000, not at epoch 1
        | from which epoch does the report count?
    hundred_words [nats below symbols = 0.00753]: a model of 100 symbols | is the full stop a symbol?
    in_bits [nats fallen = 3.7; nats below symbols = 0.0252]: losses in bits | which logarithm is a nat?
    decimal_logarithm [nats fallen = 1.11; nats below symbols = 0.00759]: logarithms to the base 10
        | which logarithm is a nat?
    perplexity_difference: differences of perplexities in place of losses | in which unit does a loss fall?
        nats fallen = 1190.0; nats below symbols = 1.75
    below_counting [nats below symbols = 0.0222]: the distance to the model that counts
        | which rung has a perplexity of 101?
    """,
    hints="""
    A reduction is 1 - after / before.
    The natural logarithm of a perplexity is its loss in nats.
    Compare: nats fallen in all, and nats fallen below what the list of symbols gives.
    """,
    not_tested="digits beyond the second",
)
