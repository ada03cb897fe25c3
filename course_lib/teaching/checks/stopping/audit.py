"""Does a rising validation loss show that a network gets worse at its task? The check of loss_up_audit."""

from typing import Any

import numpy as np

from course_lib.teaching.checks.stopping.recorded import TEN_RUNS
from course_lib.teaching.exercises.compare import to_array
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property

VERDICTS = ("supported", "not shown", "contradicted")
# Columns of TEN_RUNS: epoch; loss, accuracy and confidence, each at that epoch and at the end.
_RUNS = np.array(TEN_RUNS)
_LOSS, _ACCURACY = _RUNS[:, 1:3], _RUNS[:, 3:5]
_OVER = _RUNS[:, 5:7] - _ACCURACY  # confidence minus accuracy


def findings() -> dict[str, Any]:
    """The right findings, computed from the ten runs."""
    return {
        "runs_with_rising_loss": int(np.sum(_LOSS[:, 1] > _LOSS[:, 0])),
        "runs_with_rising_accuracy": int(np.sum(_ACCURACY[:, 1] > _ACCURACY[:, 0])),
        "loss_change": round(float(np.mean(_LOSS[:, 1] - _LOSS[:, 0])), 3),
        "accuracy_change": round(float(np.mean(_ACCURACY[:, 1] - _ACCURACY[:, 0])), 3),
        "overconfidence_at_best": round(float(_OVER[:, 0].mean()), 3),
        "overconfidence_at_end": round(float(_OVER[:, 1].mean()), 3),
        "verdict": "contradicted",
    }


FINDINGS = findings()
_RETHINK = {
    "runs_with_rising_loss": "in how many rows is the third number above the second?",
    "runs_with_rising_accuracy": "in how many rows is the fifth number above the fourth?",
    "loss_change": "the mean over the runs of: loss at the end minus loss at the epoch of the best validation loss?",
    "accuracy_change": "the mean over the runs of: accuracy at the end minus accuracy at that epoch?",
    "overconfidence_at_best": "mean probability of the choice minus accuracy, both at the best validation loss?",
    "overconfidence_at_end": "mean probability of the choice minus accuracy, both after epoch 40?",
    "verdict": "name one run in which the loss rises and the share of right answers falls; is there one?",
}


def _plain(answer: Any) -> Any:
    if not isinstance(answer, dict):
        return answer
    plain: dict[Any, Any] = {}
    for key, value in answer.items():
        array = to_array(value)
        if isinstance(value, str):
            plain[key] = " ".join(value.lower().split())
        elif key in FINDINGS and array is not None and array.ndim == 0:
            # As text: a learner who does not round, or who counts with floats, means the same number.
            plain[key] = f"{round(float(array), 3) + 0.0:.3f}"
        else:
            plain[key] = value
    return plain


def _mistake(id: str, cause: str, question: str, **changed: Any) -> Mistake:
    return Mistake(id, cause, question, FINDINGS | changed)


_WRONG = (
    _mistake(
        "sign_of_loss",
        "changes of the loss with their sign turned round",
        "is it the end minus the best epoch, or the other way round?",
        loss_change=-FINDINGS["loss_change"],
    ),
    _mistake(
        "sign_of_accuracy",
        "changes of the accuracy with their sign turned round",
        "is it the end minus the best epoch, or the other way round?",
        accuracy_change=-FINDINGS["accuracy_change"],
    ),
    _mistake(
        "median_loss",
        "the median change of the loss",
        "is it the mean that is asked for?",
        loss_change=round(float(np.median(_LOSS[:, 1] - _LOSS[:, 0])), 3),
    ),
    _mistake(
        "exchanged_times",
        "over-confidence with the two times exchanged",
        "when is the network surer than it is right: early or late?",
        overconfidence_at_best=FINDINGS["overconfidence_at_end"],
        overconfidence_at_end=FINDINGS["overconfidence_at_best"],
    ),
    _mistake(
        "confidence_alone",
        "the confidence, from which the accuracy was not subtracted",
        "a network that is right nine times in ten and says 0.9: is it over-confident?",
        overconfidence_at_best=round(float(_RUNS[:, 5].mean()), 3),
        overconfidence_at_end=round(float(_RUNS[:, 6].mean()), 3),
    ),
    _mistake(
        "against_the_loss",
        "the confidence at the end minus the accuracy at the best epoch",
        "are both numbers from the same network?",
        overconfidence_at_end=round(float(np.mean(_RUNS[:, 6] - _RUNS[:, 3])), 3),
    ),
    _mistake(
        "believed",
        "an audit that takes a rising loss for a worse network",
        "in how many of the ten runs were fewer images read rightly at the end?",
        verdict="supported",
    ),
    _mistake(
        "undecided",
        "an audit that finds no counterexample",
        "what does one run with a higher loss and more right answers say about a rule for all runs?",
        verdict="not shown",
    ),
)


def _which(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    if seen["verdict"] not in VERDICTS:
        return f"the verdict is one of {', '.join(map(repr, VERDICTS))}; yours is {seen['verdict']!r}"
    wrong = [key for key in right if seen[key] != right[key]]
    return f"look again at {', '.join(wrong)}; {wrong[0]}: {_RETHINK[wrong[0]]}" if wrong else None


LOSS_UP_AUDIT = Exercise(
    slug="loss_up_audit",
    title='Audit: "the validation loss rises, so the network gets worse"',
    kind="audit",
    core=False,
    difficulty=2,
    minutes=12,
    reference=FINDINGS,
    observe=_plain,
    mistakes=_WRONG,
    properties=(Property("each finding by itself", _which),),
    hints=(
        "runs = np.array(TEN_RUNS) has one row per run; runs[:, 2] - runs[:, 1] are the changes of the loss.",
        "A network is over-confident by its mean probability minus its accuracy.",
        "A rule that says `always` is contradicted by one counterexample; here you can count them.",
    ),
    not_tested="other data, other networks: the ten runs contradict the rule, they do not say how common this is",
)
