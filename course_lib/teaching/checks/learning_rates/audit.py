"""Does "the optimal rate is 0.001 to 0.01, for 100 epochs" say how to train? The check of audit_rates."""

from typing import Any

import numpy as np

from course_lib.teaching.exercises.compare import to_array
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property

VERDICTS = ("supported", "not shown", "contradicted")
FINDINGS = {
    "limit": 0.05,  # 2 / 40
    "steps_to_halve": 6932,  # ceil(log(1/2) / log(1 - 0.0001))
    "updates": 7900,  # ceil(313 / 4) = 79 an epoch
    "updates_full_batch": 100,
    "optimal_range": "contradicted",
    "trapped": "not shown",
}
_RETHINK = {
    "limit": "by which factor does a step multiply the distance, and when is it -1?",
    "steps_to_halve": "each step multiplies by 1 - 0.0001: after how many is 1/2 reached, in whole steps?",
    "updates": "how many batches has an epoch, how many updates do they make, and how many epochs?",
    "updates_full_batch": "how many updates has an epoch when all samples are in one batch?",
    "optimal_range": "which rates were best for SGD in the lesson, and are they in the range?",
    "trapped": "does being slow show that there is a trap, or that there is none anywhere?",
}


def _plain(answer: Any) -> Any:
    """The findings with the spelling of verdicts evened out."""
    if not isinstance(answer, dict):
        return answer
    return {key: " ".join(value.lower().split()) if isinstance(value, str) else value for key, value in answer.items()}


def _mistake(id: str, cause: str, question: str, **changed: Any) -> Mistake:
    return Mistake(id, cause, question, FINDINGS | changed)


_WRONG = (
    _mistake("one_over", "a limit of 1 / curvature", "at 1 / curvature, where does one step land?", limit=0.025),
    _mistake("upside_down", "a limit turned upside down", "does a steeper bowl allow larger steps?", limit=20),
    _mistake("curvature_halved", "a limit of 4 / curvature", "what is 1 - 4 for the distance?", limit=0.1),
    _mistake(
        "half_over_rate",
        "half the distance at one full step's pace",
        "is the step as long when half is left?",
        steps_to_halve=5000,
    ),
    _mistake(
        "rounded_down", "steps rounded down", "is the distance halved after 6931 steps, or nearly?", steps_to_halve=6931
    ),
    _mistake(
        "never",
        "a slow rate taken for one that never arrives",
        "is 0.9999 to a large power small?",
        steps_to_halve=float("inf"),
    ),
    _mistake("iterations", "iterations counted as updates", "how many batches does an update wait for?", updates=31300),
    _mistake("rounded_groups", "full groups only", "what becomes of batch 313?", updates=7800),
    _mistake("fraction", "a fraction of an update", "can a loop run a quarter of a time?", updates=7812.5),
    _mistake("one_epoch", "the updates of one epoch", "and the other 99?", updates=79),
    _mistake(
        "samples", "samples counted as updates", "how many updates does one batch make?", updates_full_batch=1_000_000
    ),
    _mistake(
        "as_many_epochs",
        "an epoch taken for a fixed amount of training",
        "how many updates has an epoch with one batch?",
        updates_full_batch=7900,
    ),
    _mistake(
        "believed",
        "an audit that accepts the range",
        "which rate was best for SGD in the lesson?",
        optimal_range="supported",
    ),
    _mistake(
        "undecided",
        "an audit that finds no counterexample",
        "is one network with another best rate not enough?",
        optimal_range="not shown",
    ),
    _mistake(
        "trap_believed",
        "slow taken for trapped",
        "where did the small rate arrive with ten times the steps?",
        trapped="supported",
    ),
    _mistake(
        "trap_denied",
        "one network without a trap taken for all",
        "does one run show that no network has a trap?",
        trapped="contradicted",
    ),
)


def _which(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    for key in ("optimal_range", "trapped"):
        if seen[key] not in VERDICTS:
            return f"{key} is one of {', '.join(map(repr, VERDICTS))}; yours is {seen[key]!r}"
    wrong = [key for key in right if not _equal(seen[key], right[key])]
    return f"look again at {', '.join(wrong)}; {wrong[0]}: {_RETHINK[wrong[0]]}" if wrong else None


def _equal(own: Any, rule: Any) -> bool:
    array = to_array(own)
    return own == rule if isinstance(rule, str) or array is None else bool(array.ndim == 0 and np.isclose(array, rule))


AUDIT_RATES = Exercise(
    slug="audit_rates",
    title="Audit: the best rate is 0.001 to 0.01, for 100 epochs",
    kind="audit",
    core=False,
    difficulty=2,
    minutes=12,
    reference=FINDINGS,
    observe=_plain,
    mistakes=_WRONG,
    properties=(Property("each finding by itself", _which),),
    hints=(
        "The factor of a step is 1 - rate * curvature; it must lie between -1 and 1.",
        "10,000 samples in batches of 32 are 313 batches, the last one of 16.",
        "One counterexample contradicts `the best rate is ...`; it does not contradict `a small rate may ...`.",
    ),
    not_tested="which rate is best on your own problem; that needs a run",
)
