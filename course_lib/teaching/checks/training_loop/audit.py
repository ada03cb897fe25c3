"""Does "1000 / 32 = 31.25, about 32" count batches? The check of mean_of_means, an audit of a report."""

from typing import Any

import numpy as np

from course_lib.teaching.exercises.compare import to_array
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property

VERDICTS = ("supported", "not shown", "contradicted")
FINDINGS = {"batches": 32, "last_batch": 8, "overweight": 4.0, "iterations": 5000, "verdict": "contradicted"}
_RETHINK = {
    "batches": "how many pieces do you need so that all 1000 samples are in one?",
    "last_batch": "how many samples are left when all full batches are taken?",
    "overweight": "what does one sample count in a mean over its batch, and that batch in the mean of means?",
    "iterations": "how many steps in one epoch, and how many epochs?",
    "verdict": "does the rule give a whole number whenever n and batch size are whole numbers?",
}


def _plain(answer: Any) -> Any:
    """The findings with the spelling of the verdict evened out and numbers as numbers."""
    if not isinstance(answer, dict):
        return answer
    return {key: " ".join(value.lower().split()) if isinstance(value, str) else value for key, value in answer.items()}


def _mistake(id: str, cause: str, question: str, **changed: Any) -> Mistake:
    return Mistake(id, cause, question, FINDINGS | changed)


_WRONG = (
    _mistake("rounded", "a count of full batches only", "which batch holds sample number 1000?", batches=31),
    _mistake(
        "dropped",
        "an epoch that drops what is left over",
        "how many of the 1000 samples are in 31 batches of 32?",
        batches=31,
        last_batch=32,
    ),
    _mistake("fraction", "a fraction of a batch", "can a loop run a quarter of a time?", batches=31.25),
    _mistake("one_more", "a count with one batch too many", "how many samples are left for batch 33?", batches=33),
    _mistake(
        "last_is_full", "a last batch that is full", "how many samples would 32 full batches hold?", last_batch=32
    ),
    _mistake(
        "last_is_missing",
        "the number of samples that the last batch lacks",
        "how many samples does the last batch have, and how many lack?",
        last_batch=24,
    ),
    _mistake(
        "last_is_quarter",
        "a last batch of a quarter of a sample",
        "31.25 batches of 32: how many samples is the 0.25?",
        last_batch=0.25,
    ),
    _mistake(
        "inverse",
        "an overweight turned upside down",
        "does a sample of the small batch count more or less than the others?",
        overweight=0.25,
    ),
    _mistake(
        "no_overweight",
        "a mean of means in which all samples count the same",
        "1/32 of the result is shared by 32 samples, or by 8: how much is it for each?",
        overweight=1,
    ),
    _mistake(
        "as_many_as_batches",
        "an overweight that is the number of batches",
        "compare two samples: one of a full batch, one of the last; what is the weight of each?",
        overweight=32,
    ),
    _mistake(
        "as_many_as_samples",
        "an overweight that is the size of the last batch",
        "compare two samples: one of a full batch, one of the last; what is the weight of each?",
        overweight=8,
    ),
    _mistake("one_epoch", "the iterations of one epoch", "and the other 49 epochs?", iterations=100),
    _mistake("samples", "the samples seen, not the steps", "how many updates does a batch make?", iterations=500_000),
    _mistake(
        "believed",
        "an audit that accepts the rule because the example comes out right",
        "what does the rule give for 1010 samples and a batch size of 100?",
        verdict="supported",
    ),
    _mistake(
        "undecided",
        "an audit that finds no counterexample",
        "does the report's own example give a whole number?",
        verdict="not shown",
    ),
)


def _which(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    if seen["verdict"] not in VERDICTS:
        return f"the verdict is one of {', '.join(map(repr, VERDICTS))}; yours is {seen['verdict']!r}"
    texts = [key for key in right if key != "verdict" and isinstance(seen[key], str)]
    if texts:
        return f"{texts[0]!r} is a text; give a number, without quotes"
    wrong = [key for key in right if not _equal(seen[key], right[key])]
    return f"look again at {', '.join(wrong)}; {wrong[0]}: {_RETHINK[wrong[0]]}" if wrong else None


def _equal(own: Any, rule: Any) -> bool:
    array = to_array(own)
    return own == rule if isinstance(rule, str) or array is None else bool(array.ndim == 0 and np.isclose(array, rule))


MEAN_OF_MEANS = Exercise(
    slug="mean_of_means",
    title="Audit: 31.25 batches, and what the last one weighs",
    kind="audit",
    core=False,
    difficulty=2,
    minutes=10,
    reference=FINDINGS,
    observe=_plain,
    mistakes=_WRONG,
    properties=(Property("each finding by itself", _which),),
    hints=(
        "31 batches of 32 are 992 samples.",
        "In a mean of 32 batch means each batch has the weight 1/32, shared by its samples.",
        "One number of samples for which a rule goes wrong is enough to contradict the rule.",
    ),
    not_tested="the size of the effect on a real loss; it depends on which samples come last",
)
