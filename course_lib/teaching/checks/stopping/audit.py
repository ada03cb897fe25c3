"""Ten runs whose validation loss rises: the findings, computed from the runs, and the known mistakes."""

from typing import Any

import numpy as np

from course_lib.numpy_nn.studies.stopping_runs import ten_runs
from course_lib.teaching.exercises.kinds import audit

_RUNS = ten_runs()
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


LOSS_UP_AUDIT = audit(
    'loss_up_audit: Audit: "the validation loss rises, so the network gets worse" | difficulty 2, 12 minutes',
    FINDINGS,
    ask={
        "runs_with_rising_loss": "in how many rows is the third number above the second?",
        "runs_with_rising_accuracy": "in how many rows is the fifth number above the fourth?",
        "loss_change": "the mean over runs of: loss at the end minus loss at the epoch of the best validation loss?",
        "accuracy_change": "the mean over the runs of: accuracy at the end minus accuracy at that epoch?",
        "overconfidence_at_best": "mean probability of the choice minus accuracy, both at the best validation loss?",
        "overconfidence_at_end": "mean probability of the choice minus accuracy, both after epoch 40?",
        "verdict": "name one run in which the loss rises and the share of right answers falls; is there one?",
    },
    names={
        "LOSS": FINDINGS["loss_change"],
        "ACCURACY": FINDINGS["accuracy_change"],
        "MEDIAN": round(float(np.median(_LOSS[:, 1] - _LOSS[:, 0])), 3),
        "EARLY": FINDINGS["overconfidence_at_best"],
        "LATE": FINDINGS["overconfidence_at_end"],
        "SURE": [round(float(_RUNS[:, place].mean()), 3) for place in (5, 6)],
        "MIXED": round(float(np.mean(_RUNS[:, 6] - _RUNS[:, 3])), 3),
    },
    wrong="""
    sign_of_loss [loss_change = -LOSS]: changes of the loss with their sign turned round
        | is it the end minus the best epoch, or the other way round?
    sign_of_accuracy [accuracy_change = -ACCURACY]: changes of the accuracy with their sign turned round
        | is it the end minus the best epoch, or the other way round?
    median_loss [loss_change = MEDIAN]: the median change of the loss | is it the mean that is asked for?
    exchanged_times: over-confidence with the two times exchanged
        | when is the network surer than it is right: early or late?
        overconfidence_at_best = LATE; overconfidence_at_end = EARLY
    confidence_alone: the confidence, from which the accuracy was not subtracted
        | a network that is right nine times in ten and says 0.9: is it over-confident?
        overconfidence_at_best = SURE[0]; overconfidence_at_end = SURE[1]
    against_the_loss [overconfidence_at_end = MIXED]: the confidence at the end minus the accuracy at the best epoch
        | are both numbers from the same network?
    believed [verdict = supported]: an audit that takes a rising loss for a worse network
        | in how many of the ten runs were fewer images read rightly at the end?
    undecided [verdict = not shown]: an audit that finds no counterexample
        | what does one run with a higher loss and more right answers say about a rule for all runs?
    """,
    hints="""
    `runs` has one row per run; runs[:, 2] - runs[:, 1] are the changes of the loss.
    A network is over-confident by its mean probability minus its accuracy.
    A rule that says `always` is contradicted by one counterexample; here you can count them.
    """,
    not_tested="other data, other networks: the ten runs contradict the rule, they do not say how common this is",
)
