"""What is a reduction of 92.3 % worth? The check of audit_improvement, an audit of one row."""

import math
from typing import Any

from course_lib.teaching.exercises.compare import to_array
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property

VERDICTS = ("supported", "not shown", "contradicted")
FIRST, LAST, SYMBOLS = 1291.31, 99.25, 101.0
NUMBERS = {
    "reduction": 1 - LAST / FIRST,
    "symbols alone": 1 - SYMBOLS / FIRST,
    "nats fallen": math.log(FIRST / LAST),
    "nats below symbols": math.log(SYMBOLS / LAST),
}
FINDINGS: dict[str, Any] = {name: f"{value:.3g}" for name, value in NUMBERS.items()} | {"verdict": "not shown"}
# Of the value. The last may come from losses that are rounded already (4.615 - 4.5976): 0.018 is right too.
_CLOSE = dict.fromkeys(NUMBERS, 0.005) | {"nats below symbols": 0.035}
_RETHINK = {
    "reduction": "which part of 1,291.31 is gone when 99.25 is left?",
    "symbols alone": "it has a perplexity of 101 from the start: which part of 1,291.31 is gone then?",
    "nats fallen": "a loss in nats is the natural logarithm of the perplexity: which two losses are subtracted?",
    "nats below symbols": "how far is log(99.25) below log(101)?",
    "verdict": "does a fall that knowing the list of symbols explains show that patterns were learned?",
}


def _even(key: str, value: Any) -> Any:
    if isinstance(value, str):
        text = " ".join(value.lower().split())
        if key not in NUMBERS:
            return text
        try:
            value = float(text.removesuffix("%").replace(",", "")) / (100 if text.endswith("%") else 1)
        except ValueError:
            return text
    array = to_array(value)
    if key not in NUMBERS or array is None or array.ndim or array.dtype.kind == "b":
        return value
    number, right = float(array), NUMBERS[key]
    near = abs(number / right - 1) < _CLOSE[key] or f"{number:.2g}" == f"{right:.2g}"
    return FINDINGS[key] if near else f"{number:.3g}"


def _plain(answer: Any) -> Any:
    return {key: _even(key, value) for key, value in answer.items()} if isinstance(answer, dict) else answer


def _mistake(id: str, cause: str, question: str, **changed: str) -> Mistake:
    return Mistake(id, cause, question, FINDINGS | {key.replace("_", " "): value for key, value in changed.items()})


_WRONG = (
    _mistake(
        "believed",
        "an audit that takes a large fall for learning",
        "what would a model reach that knows the symbols and never reads the text?",
        verdict="supported",
    ),
    _mistake(
        "too_hard",
        "an audit that takes what is not shown for refuted",
        "do these numbers rule out that any pattern was learned?",
        verdict="contradicted",
    ),
    _mistake(
        "in_percent",
        "percentages in place of fractions",
        "is 92 a fraction of 1?",
        reduction="92.3",
        symbols_alone="92.2",
    ),
    _mistake(
        "what_is_left",
        "the share that is left, not the share that is gone",
        "does a reduction of 92 % leave 92 % or 8 %?",
        reduction=f"{LAST / FIRST:.3g}",
        symbols_alone=f"{SYMBOLS / FIRST:.3g}",
    ),
    _mistake(
        "from_the_vocabulary",
        "a start at 10,000, not at epoch 1",
        "from which epoch does the report count?",
        symbols_alone=f"{1 - SYMBOLS / 10_000:.3g}",
    ),
    _mistake(
        "hundred_words",
        "a model of 100 symbols",
        "is the full stop a symbol?",
        symbols_alone=f"{1 - 100 / FIRST:.4g}"[:5],
        nats_below_symbols=f"{math.log(100 / LAST):.3g}",
    ),
    _mistake(
        "in_bits",
        "losses in bits",
        "which logarithm is a nat?",
        nats_fallen=f"{math.log2(FIRST / LAST):.3g}",
        nats_below_symbols=f"{math.log2(SYMBOLS / LAST):.3g}",
    ),
    _mistake(
        "decimal_logarithm",
        "logarithms to the base 10",
        "which logarithm is a nat?",
        nats_fallen=f"{math.log10(FIRST / LAST):.3g}",
        nats_below_symbols=f"{math.log10(SYMBOLS / LAST):.3g}",
    ),
    _mistake(
        "perplexity_difference",
        "differences of perplexities in place of losses",
        "in which unit does a loss fall?",
        nats_fallen=f"{FIRST - LAST:.3g}",
        nats_below_symbols=f"{SYMBOLS - LAST:.3g}",
    ),
    _mistake(
        "below_counting",
        "the distance to the model that counts",
        "which rung has a perplexity of 101?",
        nats_below_symbols=f"{math.log(LAST / 97.07):.3g}",
    ),
)


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


def _which(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    if seen["verdict"] not in VERDICTS:
        return f"the verdict is one of {', '.join(map(repr, VERDICTS))}; yours is {seen['verdict']!r}"
    wrong = [key for key in right if seen[key] != right[key]]
    if not wrong:
        return None
    first = wrong[0]
    return f"look again at {', '.join(wrong)}\n{first}: {_slip(first, seen[first]) or _RETHINK[first]}"


def _slip(key: str, given: Any) -> str | None:
    """What a wrong number is, where it is a number that one gets by a known slip."""
    try:
        number = float(given)
    except (TypeError, ValueError):
        return None
    if key not in NUMBERS:
        return None
    shown, right, slips = f"{number:,.4g}" if abs(number) < 1_000 else "that", NUMBERS[key], _SLIPS[key]
    exact = [told for value, told in slips if abs(number / value - 1) < 0.005]
    if exact:
        return f"{shown} {exact[0]}"
    if abs(number / right - 1) < 0.05 or number == float(f"{right:.1g}"):
        return f"{shown} is near; what is it with two significant digits, rounded?"
    if abs(number / right + 1) < 0.05:
        return f"{shown} has the other sign: which of the two is larger?"
    in_two_digits = [told for value, told in slips if f"{number:.2g}" == f"{value:.2g}"]
    return f"{shown} {in_two_digits[0]}" if in_two_digits else None


AUDIT_IMPROVEMENT = Exercise(
    slug="audit_improvement",
    title='Audit: "92.3 % better, so it has learned"',
    kind="audit",
    core=False,
    difficulty=2,
    minutes=12,
    reference=FINDINGS,
    observe=_plain,
    mistakes=_WRONG,
    properties=(Property("each finding by itself", _which),),
    hints=(
        "A reduction is 1 - after / before.",
        "The natural logarithm of a perplexity is its loss in nats.",
        "Compare: nats fallen in all, and nats fallen below what the list of symbols gives.",
    ),
    not_tested="digits beyond the second",
)
