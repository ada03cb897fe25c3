"""Seven resumed runs: their table in words, and the known misreadings."""

from typing import Any

from course_lib.teaching.checks.fitting.resumes import FAULTS, KEY
from course_lib.teaching.exercises.kinds import find

_COLUMNS = ("loss", "length", "rate", "rows twice", "units off", "weights", "loss at the end")


def table_of(logs: dict[str, dict[str, Any]]) -> str:
    """The logs as text, one line per run."""
    lines = ["run  " + "  ".join(f"{name:>15}" for name in _COLUMNS)]
    lines += [f"{letter:<5}" + "  ".join(f"{log[name]!s:>15}" for name in _COLUMNS) for letter, log in logs.items()]
    return "\n".join(lines)


READ_RESUMES = find(
    "read_resumes: Seven resumed runs and their logs | difficulty 2, 12 minutes",
    KEY,
    words=FAULTS,
    synonyms={
        "optimizer": ("optimizer state", "optimiser", "momentum", "moments"),
        "order": ("rows", "row order", "order of rows", "data order"),
        "noise": ("dropout", "masks", "random state", "rng"),
        "schedule": ("learning rate schedule", "rate schedule", "scheduler", "rate"),
        "eval": ("eval mode", "evaluation mode", "evaluation", "mode"),
        "older": ("older weights", "old weights", "older checkpoint", "old checkpoint", "weights", "old"),
        "right": ("correct", "nothing is wrong", "uninterrupted"),
    },
    ask={
        "A": "rate, rows and weights are as they should be: what in the network is drawn at random?",
        "B": "the loss is that of the uninterrupted run to the last digit: what comes between gradient and update?",
        "C": "what switches units off, and when does it not?",
        "D": "in which column does it differ from the uninterrupted run?",
        "E": "how often does an epoch use a row?",
        "F": "which column is looked at before any batch is used?",
        "G": "which column differs that you set yourself, from the number of the step?",
    },
    wrong="""
    lowest_is_right [G = right; D = schedule]: a reading that takes the lowest loss at the end for the right run
        | does a resumed run have to be good, or to be the same?
    noise_and_order [A = order; E = noise]: a reading that exchanges A and E
        | one of the two has used rows twice: which?
    noise_is_right [A = right; D = noise]: a reading that takes A for the right run
        | which loss has the uninterrupted run in the same batch?
    optimizer_and_schedule [B = schedule; G = optimizer]: a reading that exchanges B and G
        | in which of the two is the rate another one?
    older_and_order [E = older; F = order]: a reading that exchanges E and F
        | in which of the two were the weights others before any batch was used?
    eval_and_noise [A = eval; C = noise]: a reading that exchanges A and C
        | how many units are off in a network in eval mode?
    optimizer_is_right [B = right; D = optimizer]: a reading that takes B for the right run
        | how long is its first update?
    """,
    hints="""
    Compare each line with that of the uninterrupted run, column by column. One line is equal everywhere.
    The loss of the first batch is measured before the update: it knows weights, rows and noise, nothing else.
    Length and rate belong to the update: they know the optimizer and the schedule.
    """,
    not_tested="runs with two faults at once",
)
