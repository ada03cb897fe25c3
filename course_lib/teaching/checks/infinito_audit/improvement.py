"""What is a reduction of 92.3 % worth? The check of audit_improvement, an audit of one row."""

import math
from typing import Any

from course_lib.teaching.compare import to_array
from course_lib.teaching.exercise import Exercise, Mistake, Property

VERDICTS = ("supported", "not shown", "contradicted")
FIRST, LAST, SYMBOLS = 1291.31, 99.25, 101.0
NUMBERS = {
    "reduction": 1 - LAST / FIRST,
    "symbols alone": 1 - SYMBOLS / FIRST,
    "nats fallen": math.log(FIRST / LAST),
    "nats below symbols": math.log(SYMBOLS / LAST),
}
FINDINGS: dict[str, Any] = {name: f"{value:.3g}" for name, value in NUMBERS.items()} | {"verdict": "not shown"}
_CLOSE = 0.035  # of the value: two digits, rounded either way
_RETHINK = {
    "reduction": "what is left of the first perplexity in the last?",
    "symbols alone": "which perplexity has a model that knows the 101 symbols and nothing else?",
    "nats fallen": "a loss in nats is the natural logarithm of the perplexity: how far did it fall?",
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
    near = abs(float(array) / NUMBERS[key] - 1) < _CLOSE
    return FINDINGS[key] if near else f"{float(array):.3g}"


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
        "an audit that rejects a ratio that is right",
        "is the number false, or what it is said to show?",
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


def _which(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    if seen["verdict"] not in VERDICTS:
        return f"the verdict is one of {', '.join(map(repr, VERDICTS))}; yours is {seen['verdict']!r}"
    wrong = [key for key in right if seen[key] != right[key]]
    return f"look again at {', '.join(wrong)}\n{wrong[0]}: {_RETHINK[wrong[0]]}" if wrong else None


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
