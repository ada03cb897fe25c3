"""What does "start-up of the loader reduced by 80 %" say? The check of loader_saving, an audit of a training log."""

from typing import Any

from course_lib.core.reports.neuronet import REPORT
from course_lib.teaching.exercises.compare import MISSING
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property
from course_lib.teaching.exercises.forms import number_in

VERDICTS = ("supported", "not shown", "contradicted")
SAVED = REPORT.fact("loader_saving").value / 100
STEPS, SPEED = REPORT.fact("steps_per_epoch").value, REPORT.fact("speed").value
BUSY = REPORT.fact("gpu_use").value / 100
EPOCHS = int(REPORT.fact("last_epoch").value) + 1  # they are numbered from 0


def starts(epochs: int, *, persistent: bool) -> int:
    """How often the worker processes of a loader are started in a run: once, or anew in every epoch."""
    return 1 if persistent else epochs


FINDINGS = {
    "saved": 100 * (1 - starts(EPOCHS, persistent=True) / starts(EPOCHS, persistent=False)),
    "epochs": round(1 / (1 - SAVED)),
    "seconds": STEPS / SPEED,
    "factor": 1 / BUSY,
    "start_up": "not shown",
    "run": "not shown",
}
_DECIMALS = {"saved": 0.004, "epochs": 0.01, "seconds": 0.055, "factor": 0.011}  # how exact an answer has to be
_RETHINK = {
    "saved": "how often are workers started in this run, with and without the flag?",
    "epochs": "one start is left of how many, if 80 percent are saved?",
    "seconds": "how many steps has an epoch, and how many steps a second?",
    "factor": "a step takes 1 now, and the device works in 0.51 of it: how often does 0.51 go into 1?",
    "start_up": "what would you have to know about how it was measured, and does the log say it?",
    "run": "the log has one time for an epoch: with which other one would you compare it?",
}


def _plain(answer: Any) -> Any:
    """The findings with the spelling of verdicts evened out and numbers that are exact enough put right."""
    if not isinstance(answer, dict):
        return answer
    even = {
        key: " ".join(value.lower().replace("_", " ").split()) if isinstance(value, str) else value
        for key, value in answer.items()
    }
    for key, room in _DECIMALS.items():
        even[key] = own = number_in(even[key]) if key in even else MISSING
        if own is MISSING:
            del even[key]
        elif isinstance(own, float):  # the finding itself, or a wrong one that is known
            near = [known for known in (FINDINGS[key], *_KNOWN_WRONG.get(key, ())) if abs(own - known) < room]
            even[key] = near[0] if near else own
    return even


# What a rounded wrong number may stand for.
_KNOWN_WRONG = {
    "saved": (100 * (1 - 1 / (EPOCHS - 1)), 100 / EPOCHS),
    "seconds": (STEPS * SPEED, SPEED / STEPS, REPORT.fact("epoch_seconds").value),
    "factor": (1 / (1 - BUSY), 2 - BUSY),
}


def _mistake(id: str, cause: str, question: str, **changed: Any) -> Mistake:
    return Mistake(id, cause, question, FINDINGS | changed)


_WRONG = (
    _mistake("as_reported", "the number of the log in place of your own", _RETHINK["saved"], saved=100 * SAVED),
    _mistake("share", "a share in place of percent", "how many percent is 0.99?", saved=0.99),
    _mistake("starts_left", "the starts that are left", "does `saved` count them?", saved=100 / EPOCHS),
    _mistake("all_saved", "workers that are never started", "who starts them the first time?", saved=100.0),
    _mistake(
        "last_number",
        "99 epochs, by the number of the last one",
        "how many epochs are 0, 1, ..., 99?",
        saved=100 * (1 - 1 / 99),
    ),
    _mistake("four_epochs", "four saved starts taken for four epochs", _RETHINK["epochs"], epochs=4),
    _mistake("eighty_epochs", "percent taken for epochs", _RETHINK["epochs"], epochs=80),
    _mistake(
        "steps_times_speed", "steps times steps per second", "of which unit is your result?", seconds=STEPS * SPEED
    ),
    _mistake(
        "step_seconds_turned",
        "steps per second divided by steps",
        "of which unit is your result?",
        seconds=SPEED / STEPS,
    ),
    _mistake(
        "length_as_logged",
        "the length that the log gives for an epoch",
        _RETHINK["seconds"],
        seconds=REPORT.fact("epoch_seconds").value,
    ),
    _mistake("busy_share", "the share in which the device works", _RETHINK["factor"], factor=BUSY),
    _mistake("idle_share", "the share in which the device stands still", _RETHINK["factor"], factor=1 - BUSY),
    _mistake("idle_time", "one over the idle share", _RETHINK["factor"], factor=1 / (1 - BUSY)),
    _mistake("idle_added", "the idle share added to one", _RETHINK["factor"], factor=2 - BUSY),
    _mistake(
        "believed",
        "an audit that believes the 80 percent",
        "for how many epochs is it 80, and how many has the run?",
        start_up="supported",
    ),
    _mistake(
        "denied",
        "an audit that takes 99 for a proof against 80",
        "might the start-up hold more than the start of the workers, or might the run have been shorter?",
        start_up="contradicted",
    ),
    _mistake(
        "run_believed",
        "an audit that takes a shorter start-up for a faster run",
        "which share of an epoch is the start-up?",
        run="supported",
    ),
    _mistake(
        "run_denied",
        "an audit that takes a missing comparison for a counterexample",
        "does the log show that the run was not faster?",
        run="contradicted",
    ),
)


def _which(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    for key in ("start_up", "run"):
        if seen[key] not in VERDICTS:
            return f"{key} is one of {', '.join(map(repr, VERDICTS))}; yours is {seen[key]!r}"
    wrong = [key for key in right if seen[key] != right[key]]
    if wrong == ["factor"] and seen["factor"] in (round(right["factor"]), round(right["factor"], 1)):
        return f"factor: {seen['factor']:g} is rounded too far: two decimals are asked for"
    return f"look again at {', '.join(wrong)}\n{wrong[0]}: {_RETHINK[wrong[0]]}" if wrong else None


LOADER_SAVING = Exercise(
    slug="loader_saving",
    title="Audit: 80 percent less start-up",
    kind="audit",
    core=False,
    difficulty=2,
    minutes=15,
    reference=FINDINGS,
    observe=_plain,
    mistakes=_WRONG,
    tolerance=1e-8,  # numbers that are exact enough were put right before
    properties=(Property("each finding by itself", _which),),
    hints=(
        "With persistent workers they are started once, without in every epoch: 1 of E starts is left.",
        "Seconds of an epoch: its steps divided by the steps per second.",
        "A percentage without what it is a percentage of, and without a run to compare with, shows nothing either way.",
    ),
    not_tested="how long a start takes; time it on your own machine",
)
