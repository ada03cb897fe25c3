"""Does Adam "generally work well without much tuning"? The check of adam_claim, an audit of a sentence."""

from typing import Any

import numpy as np

from course_lib.teaching.exercises.compare import to_array
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property

# Mean validation loss (nats) of ten seeds on the digits: network 64-32-10, batches of 32, five epochs; seeds 0 to 9 for
# the split, the weights and the order. A test trains some of them again.
RECORD = {
    "Adam": {0.1: 2.83, 0.0316: 0.254, 0.01: 0.150, 0.00316: 0.210, 0.001: 0.582, 0.000316: 1.54, 0.0001: 2.42},
    "SGD": {1.0: 0.282, 0.316: 0.161, 0.1: 0.220, 0.0316: 0.452, 0.01: 1.07, 0.00316: 1.95, 0.001: 2.60},
}
VERDICTS = ("supported", "not shown", "contradicted")
FINDINGS = {
    "best_rate": 0.01,
    "default_cost": 3.9,
    "usable_adam": 3,
    "usable_sgd": 3,
    "works_untuned": "contradicted",
    "easier_than_sgd": "not shown",
}
_RETHINK = {
    "best_rate": "which of Adam's rates has the lowest validation loss?",
    "default_cost": "how many times the lowest loss of Adam is its loss at 0.001?",
    "usable_adam": "how many of Adam's seven losses are below twice its lowest?",
    "usable_sgd": "how many of SGD's seven losses are below twice its lowest?",
    "works_untuned": "what does the untuned rate cost on this task, in times the lowest loss?",
    "easier_than_sgd": "compare the two counts of usable rates: what do they say, and about how many tasks?",
}


def record_table() -> str:
    """The record as lines of text: rate and mean validation loss, optimizer by optimizer."""
    lines = []
    for name, losses in RECORD.items():
        lines.append(f"{name:<5} rate " + " ".join(f"{rate:>9g}" for rate in losses))
        lines.append(f"{'':<5} loss " + " ".join(f"{loss:>9.3g}" for loss in losses.values()))
    return "\n".join(lines)


def _plain(answer: Any) -> Any:
    """The findings with the spelling of the verdicts evened out and the cost to one decimal."""
    if not isinstance(answer, dict):
        return answer
    plain = {key: " ".join(value.lower().split()) if isinstance(value, str) else value for key, value in answer.items()}
    cost = to_array(plain.get("default_cost"))
    if cost is not None and cost.ndim == 0 and np.isfinite(cost):
        plain["default_cost"] = round(float(cost), 1)
    return plain


def _mistake(id: str, cause: str, question: str, **changed: Any) -> Mistake:
    return Mistake(id, cause, question, FINDINGS | changed)


_WRONG = (
    _mistake(
        "default_is_best",
        "an audit that takes the default for the best rate",
        "which rate has the lowest validation loss?",
        best_rate=0.001,
    ),
    _mistake("cost_inverted", "a cost upside down", "is the loss at the default larger or smaller?", default_cost=0.3),
    _mistake("cost_difference", "a difference of losses", "how many TIMES the lowest loss is it?", default_cost=0.4),
    _mistake(
        "cost_against_sgd",
        "a cost measured against the best of SGD",
        "the claim is about tuning Adam: which loss would tuning have given?",
        default_cost=3.6,
    ),
    _mistake(
        "usable_without_best",
        "a count that leaves out the best rate itself",
        "is the lowest loss below twice the lowest loss?",
        usable_adam=2,
        usable_sgd=2,
    ),
    _mistake(
        "believed",
        "an audit that believes the sentence",
        "what does the untuned rate cost here?",
        works_untuned="supported",
    ),
    _mistake(
        "undecided",
        "an audit that finds the cost of the default too small to decide",
        "would you call a loss of several times the reachable one `works well`?",
        works_untuned="not shown",
    ),
    _mistake(
        "easier_believed",
        "an audit that finds Adam easier to tune than SGD",
        "how many usable rates has each?",
        easier_than_sgd="supported",
    ),
    _mistake(
        "easier_refuted",
        "an audit that takes one equal count for a refutation",
        "does one task with equal counts show that it is never easier?",
        easier_than_sgd="contradicted",
    ),
)


def _which(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    for key in ("works_untuned", "easier_than_sgd"):
        if seen[key] not in VERDICTS:
            return f"a verdict is one of {', '.join(map(repr, VERDICTS))}; yours is {seen[key]!r}"
    wrong = [key for key in right if not _equal(seen[key], right[key])]
    return f"look again at {', '.join(wrong)}; {wrong[0]}: {_RETHINK[wrong[0]]}" if wrong else None


def _equal(own: Any, rule: Any) -> bool:
    array = to_array(own)
    return own == rule if isinstance(rule, str) or array is None else bool(array.ndim == 0 and np.isclose(array, rule))


ADAM_CLAIM = Exercise(
    slug="adam_claim",
    title="Audit: does Adam work without tuning?",
    kind="audit",
    core=False,
    difficulty=2,
    minutes=15,
    reference=FINDINGS,
    observe=_plain,
    mistakes=_WRONG,
    properties=(Property("each finding by itself", _which),),
    hints=(
        "All of it can be read off the table; twice the lowest loss of Adam is 0.30.",
        "The cost is a quotient: loss at 0.001 over the lowest loss of Adam.",
        "The first sentence speaks of this task and budget; the second compares two methods in general.",
    ),
    not_tested="whether five epochs are a fair budget; with more of them the default comes closer",
)
