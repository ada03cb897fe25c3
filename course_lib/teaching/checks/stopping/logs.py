"""Six stoppers and the logs that they leave, and the known misreadings.

Every log is made by a stopper of `stoppers.py` (or by training that keeps its best weights wrongly) on one script.
"""

import math
from collections.abc import Callable

import numpy as np

from course_lib.by_hand.stopping import early_stopping
from course_lib.teaching.checks.stopping import stoppers
from course_lib.teaching.exercises.kinds import find

TRAINING = (2.1, 1.6, 1.3, 1.0, 1.05, 0.8, 0.7, 0.65, 0.6, 0.55, 0.5, 0.46)
VALIDATION = (2.0, 1.7, 1.5, 1.45, 1.55, 1.52, 1.40, 1.44, 1.48, 1.43, 1.47, 1.51)
PATIENCE, MIN_DELTA = 3, 0.0
FAULTS = {
    "right": "the rule is kept",
    "late": "it stops one epoch too late",
    "never reset": "the counter is never reset",
    "training loss": "it watches the training loss",
    "previous": "it compares with the epoch before, not with the best",
    "no copy": "what it calls the best weights are the last ones",
}
KEY = {"A": "never reset", "B": "no copy", "C": "right", "D": "previous", "E": "training loss", "F": "late"}
_STOPPERS: dict[str, Callable[..., tuple[int, int]]] = {
    "right": early_stopping,
    "no copy": early_stopping,
    "late": stoppers.one_too_many,
    "never reset": stoppers.never_reset,
    "training loss": stoppers.training_loss,
    "previous": stoppers.with_the_last,
}


def logs() -> dict[str, dict[str, float]]:
    """For each letter: the last epoch, the best epoch, and the validation loss of the network after restoring."""
    losses = np.column_stack([TRAINING, VALIDATION])
    table = {}
    for letter, fault in KEY.items():
        last, best = _STOPPERS[fault](losses, PATIENCE, MIN_DELTA)
        held = last if fault == "no copy" else best
        table[letter] = {"last epoch": last, "best epoch": best, "validation loss afterwards": VALIDATION[held - 1]}
    return table


def table_of_losses() -> str:
    """The two losses of every epoch as text."""
    rows = ["epoch       " + " ".join(f"{epoch:5d}" for epoch in range(1, len(VALIDATION) + 1))]
    for name, values in (("training", TRAINING), ("validation", VALIDATION)):
        rows.append(f"{name:<12}" + " ".join("  nan" if math.isnan(v) else f"{v:5.2f}" for v in values))
    return "\n".join(rows)


READ_STOPPING_LOGS = find(
    "read_stopping_logs: Six stoppers and their logs | difficulty 2, 12 minutes",
    KEY,
    words=tuple(FAULTS),
    synonyms={
        "late": ("too late", "one epoch too late", "stops late", "one too many"),
        "never reset": ("not reset", "no reset", "counter never reset"),
        "training loss": ("training", "train loss", "watches training loss"),
        "previous": ("previous epoch", "last epoch", "epoch before"),
        "no copy": ("alias", "not copied", "copy missing"),
        "right": ("correct", "rule is kept"),
    },
    ask=lambda letter, given, rule: "by the rule: what are its last epoch, its best epoch and the loss afterwards?",
    wrong="""
    trusts_the_name [B = right]: a reading that believes the word best
        | B says that its best epoch is 7: is its loss afterwards that of epoch 7?
    late_is_right: a reading that exchanges C and F | epochs 8, 9 and 10 are bad: which one is the third?
        F = right; C = late
    reset_and_previous [A = previous; D = never reset]: a reading that exchanges A and D
        | which of the two stopped before it had seen three bad epochs in a row, by any comparison?
    previous_is_late: a reading that exchanges D and F | whose best epoch has a loss that is not the lowest it has seen?
        D = late; F = previous
    training_is_late: a reading that exchanges E and F | which loss is lowest at the epoch that E calls the best?
        E = late; F = training loss
    copy_and_training [B = training loss; E = no copy]: a reading that exchanges B and E
        | one names the right best epoch and loses its weights: which one?
    """,
    hints="""
    Work out by hand where the rule stops and what it restores. One log agrees.
    For each of the others: which comparison would make its best epoch the best?
    A counter that is never reset stops at the third bad epoch of all.
    """,
    not_tested="faults that leave the same log on this script",
)
