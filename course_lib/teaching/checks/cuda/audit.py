"""An audit of "start-up of the loader reduced by 80 %" in a training log: findings and known mistakes."""

from course_lib.core.reports.neuronet import REPORT
from course_lib.teaching.exercises.kinds import audit

BUSY = REPORT.fact("gpu_use").value / 100
EPOCHS = int(REPORT.fact("last_epoch").value) + 1  # they are numbered from 0


def starts(epochs: int, *, persistent: bool) -> int:
    """How often the worker processes of a loader are started in a run: once, or anew in every epoch."""
    return 1 if persistent else epochs


FINDINGS = {
    "saved": 100 * (1 - starts(EPOCHS, persistent=True) / starts(EPOCHS, persistent=False)),
    "epochs": round(1 / (1 - REPORT.fact("loader_saving").value / 100)),
    "seconds": REPORT.fact("steps_per_epoch").value / REPORT.fact("speed").value,
    "factor": 1 / BUSY,
    "start_up": "not shown",
    "run": "not shown",
}

LOADER_SAVING = audit(
    "loader_saving: Audit: 80 percent less start-up | difficulty 2, 15 minutes",
    FINDINGS,
    ask={
        "saved": "how often are workers started in this run, with and without the flag?",
        "epochs": "one start is left of how many, if 80 percent are saved?",
        "seconds": "how many steps has an epoch, and how many steps a second?",
        "factor": "a step takes 1 now, and the device works in 0.51 of it: how often does 0.51 go into 1?",
        "start_up": "what would you have to know about how it was measured, and does the log say it?",
        "run": "the log has one time for an epoch: with which other one would you compare it?",
    },
    decimals={"factor": 2},
    within={"saved": 0.004, "epochs": 0.01, "seconds": 0.055, "factor": 0.011},
    names={"BUSY": BUSY},
    wrong="""
    as_reported [saved = 80.0]: the number of the log in place of your own
    share [saved = 0.99]: a share in place of percent | how many percent is 0.99?
    starts_left [saved = 1.0]: the starts that are left | does `saved` count them?
    all_saved [saved = 100.0]: workers that are never started | who starts them the first time?
    last_number [saved = 100 * (1 - 1 / 99)]: 99 epochs, by the number of the last one
        | how many epochs are 0, 1, ..., 99?
    four_epochs [epochs = 4]: four saved starts taken for four epochs
        | one start is left of how many, if 80 percent are saved?
    eighty_epochs [epochs = 80]: percent taken for epochs | one start is left of how many, if 80 percent are saved?
    steps_times_speed [seconds = 166.0]: steps times steps per second | of which unit is your result?
    step_seconds_turned [seconds = 0.0664]: steps per second divided by steps | of which unit is your result?
    length_as_logged [seconds = 15.0]: the length that the log gives for an epoch
    busy_share [factor = BUSY]: the share in which the device works
    idle_share [factor = 1 - BUSY]: the share in which the device stands still
    idle_time [factor = 1 / (1 - BUSY)]: one over the idle share
    idle_added [factor = 2 - BUSY]: the idle share added to one
    believed [start_up = supported]: an audit that believes the 80 percent
        | for how many epochs is it 80, and how many has the run?
    denied [start_up = contradicted]: an audit that takes 99 for a proof against 80
        | might the start-up hold more than the start of the workers, or might the run have been shorter?
    run_believed [run = supported]: an audit that takes a shorter start-up for a faster run
        | which share of an epoch is the start-up?
    run_denied [run = contradicted]: an audit that takes a missing comparison for a counterexample
        | does the log show that the run was not faster?
    """,
    hints="""
    With persistent workers they are started once, without in every epoch: 1 of E starts is left.
    Seconds of an epoch: its steps divided by the steps per second.
    A percentage without what it is a percentage of, and without a run to compare with, shows nothing either way.
    """,
    not_tested="how long a start takes; time it on your own machine",
    tolerance=1e-8,  # numbers that are exact enough were put right before
)
