"""Does raising the rate help when the loss does not fall? The check of raise_the_rate, an audit of a report."""

from typing import Any

import numpy as np

from course_lib.teaching.exercises.compare import to_array
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property

VERDICTS = ("supported", "not shown", "contradicted")
FAULTS = ("rate too low", "dead units", "labels shuffled", "softmax twice", "all weights zero")
FLOOR = float(np.log(np.e + 9) - 1)
FINDINGS = {"cured": 1, "hidden": "softmax twice", "floor": FLOOR, "verdict": "contradicted"}
_RETHINK = {
    "cured": "which of the five reach an accuracy of 0.7 and a training loss below 1?",
    "hidden": "whose accuracy rises above 0.7 while its training loss stays above 1?",
    "floor": "what does the loss give for the logits 1, 0, 0, ... (nine zeros), the first class being right?",
    "verdict": "is there a training with a loss that does not fall, which a higher rate does not cure?",
}


def _plain(answer: Any) -> Any:
    if not isinstance(answer, dict):
        return answer
    even = {key: " ".join(value.lower().split()) if isinstance(value, str) else value for key, value in answer.items()}
    floor = to_array(even.get("floor"))
    # Three decimals are enough: 1.461 is the floor.
    if floor is not None and floor.ndim == 0 and floor.dtype.kind == "f" and abs(float(floor) - FLOOR) < 6e-4:
        even["floor"] = FLOOR
    return even


def _mistake(id: str, cause: str, question: str, **changed: Any) -> Mistake:
    return Mistake(id, cause, question, FINDINGS | changed)


_WRONG = (
    _mistake("by_accuracy", "a count by accuracy alone", "is the loss of each of them below 1 as well?", cured=2),
    _mistake("none_cured", "a count in which the rate cures nothing", "and the run whose rate was too low?", cured=0),
    _mistake(
        "all_cured", "a count in which the rate cures everything", "which number did you compare with 0.7?", cured=5
    ),
    _mistake(
        "wrong_hidden",
        "an audit that takes the cured one for the hidden one",
        "does its training loss stay above 1?",
        hidden="rate too low",
    ),
    _mistake("dead_hidden", "an audit that finds dead units hidden", "what accuracy have they?", hidden="dead units"),
    _mistake("floor_zero", "a floor of zero", "can the probability of the right class reach 1 there?", floor=0.0),
    _mistake(
        "floor_of_nothing",
        "the loss of knowing nothing as the floor",
        "what if the network is sure and right?",
        floor=float(np.log(10)),
    ),
    _mistake("floor_in_bits", "a floor in bits", "which logarithm does the loss take?", floor=FLOOR / float(np.log(2))),
    _mistake(
        "floor_of_nine",
        "the floor for nine classes",
        "how many classes are wrong when ten are there?",
        floor=float(np.log(np.e + 8) - 1),
    ),
    _mistake(
        "believed",
        "an audit that believes the advice",
        "how many of the five does it cure?",
        verdict="supported",
    ),
    _mistake(
        "undecided",
        "an audit that finds nothing either way",
        "is one loss that a higher rate does not mend enough against a rule?",
        verdict="not shown",
    ),
)


def _which(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    if seen["verdict"] not in VERDICTS:
        return f"the verdict is one of {', '.join(map(repr, VERDICTS))}; yours is {seen['verdict']!r}"
    if seen["hidden"] not in FAULTS:
        return f"hidden is one of {', '.join(map(repr, FAULTS))}; yours is {seen['hidden']!r}"
    wrong = [key for key in right if seen[key] != right[key]]
    return f"look again at {', '.join(wrong)}; {wrong[0]}: {_RETHINK[wrong[0]]}" if wrong else None


RAISE_THE_RATE = Exercise(
    slug="raise_the_rate",
    title="Audit: the loss does not fall, so raise the rate",
    kind="audit",
    core=False,
    difficulty=2,
    minutes=15,
    reference=FINDINGS,
    observe=_plain,
    mistakes=_WRONG,
    properties=(Property("each finding by itself", _which),),
    hints=(
        "The cell above trains each of the five at ten times its rate; read accuracy and training loss together.",
        "A softmax gives numbers between 0 and 1; the second one takes them for logits.",
        "A rule of the form 'if A, do B' is contradicted by one A that B does not mend.",
    ),
    not_tested="other faults, and other factors than ten",
)
