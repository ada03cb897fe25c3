"""Does a seed alone make a run repeatable? The check of one_seed_two_runs, an audit of a report."""

from typing import Any

import numpy as np

from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property
from course_lib.teaching.exercises.forms import number_in

VERDICTS = ("supported", "not shown", "contradicted")
# Validation perplexities of epochs 1 to 3: the report's run, and another of the same script with the same seed.
REPORTED = (1291.31, 451.82, 198.96)
OTHER = (1294.81, 451.88, 198.49)
GAP = 100 * (OTHER[0] - REPORTED[0]) / REPORTED[0]
FINDINGS = {"equal": 0, "gap": GAP, "repeatable": "seed first", "verdict": "contradicted"}
ORDERS = ("data first", "seed first", "both", "neither")


def miniature(*, seed_first: bool, started: int) -> float:
    """A script in small: it draws its data and its first weights from one generator, and seeds it with 42.

    `started` is the state in which the process finds the generator: another one in every process. Returns the loss
    of a linear model before its first update.
    """
    world = np.random.RandomState(started)
    if seed_first:
        world.seed(42)
    x = world.normal(size=(50, 4))
    if not seed_first:
        world.seed(42)
    weights = world.normal(size=4)
    return float(np.mean((x @ weights - x.sum(axis=1)) ** 2))


_RETHINK = {
    "equal": "in how many of the three epochs are the two perplexities the same?",
    "gap": "what is (other - reported) / reported in epoch 1, in percent?",
    "repeatable": "for which order does the miniature print the same loss for all processes?",
    "verdict": "the claim is that repeated runs behave the same: are there two that do not?",
}


def _plain(answer: Any) -> Any:
    if not isinstance(answer, dict):
        return answer
    even = {
        key: " ".join(value.lower().replace("_", " ").split()) if isinstance(value, str) else value
        for key, value in answer.items()
    }
    for key in {"equal", "gap"} & set(even):
        even[key] = number_in(even[key]) if not isinstance(even[key], bool) else even[key]
    # Two decimals are enough, and either run may be the base: 0.27 is the gap. The same for wrong ones that are known.
    for known, room in (
        (GAP, 6e-3),
        (-GAP, 6e-3),
        (100 + GAP, 6e-3),
        (OTHER[0] - REPORTED[0], 6e-3),
        (GAP / 100, 6e-5),
    ):
        if isinstance(even.get("gap"), float) and abs(even["gap"] - known) < room:
            even["gap"] = known
    return even


def _mistake(id: str, cause: str, question: str, **changed: Any) -> Mistake:
    return Mistake(id, cause, question, FINDINGS | changed)


_WRONG = (
    _mistake(
        "nearly_equal",
        "a count that takes 451.82 and 451.88 for equal",
        "does a generator with one seed give nearly the same numbers, or the same?",
        equal=1,
    ),
    _mistake("all_equal", "a count that finds all epochs equal", "what stands in the first column?", equal=3),
    _mistake("difference", "a difference in place of percent", "percent of what?", gap=OTHER[0] - REPORTED[0]),
    _mistake("fraction", "a share in place of percent", "how many percent is 0.0027?", gap=GAP / 100),
    _mistake("turned", "the difference taken the other way round", "which of the two runs is higher?", gap=-GAP),
    _mistake("ratio", "the other run in percent of the reported one", "how much HIGHER is it?", gap=100 + GAP),
    _mistake(
        "data_first",
        "an audit that takes the order of the script for the repeatable one",
        "how many different losses does that order print?",
        repeatable="data first",
    ),
    _mistake(
        "both_repeat",
        "an audit that finds both orders repeatable",
        "does the seed reach back to what was drawn before it?",
        repeatable="both",
    ),
    _mistake(
        "believed",
        "an audit that believes the report: the seed was fixed",
        "what does a fixed seed promise of numbers that were drawn before it was set?",
        verdict="supported",
    ),
    _mistake(
        "undecided",
        "an audit that finds nothing either way",
        "how many pairs of runs that differ does it take against 'repeated runs behave the same'?",
        verdict="not shown",
    ),
)


def _which(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    if seen["verdict"] not in VERDICTS:
        return f"the verdict is one of {', '.join(map(repr, VERDICTS))}; yours is {seen['verdict']!r}"
    if seen["repeatable"] not in ORDERS:
        return f"repeatable is one of {', '.join(map(repr, ORDERS))}; yours is {seen['repeatable']!r}"
    wrong = [key for key in right if seen[key] != right[key]]
    if wrong == ["gap"] and seen["gap"] == round(right["gap"], 1):
        return f"gap: {seen['gap']:g} is rounded too far: two decimals are asked for"
    return f"look again at {', '.join(wrong)}\n{wrong[0]}: {_RETHINK[wrong[0]]}" if wrong else None


ONE_SEED_TWO_RUNS = Exercise(
    slug="one_seed_two_runs",
    title="Audit: seed 42, and two runs",
    kind="audit",
    core=False,
    difficulty=2,
    minutes=12,
    reference=FINDINGS,
    observe=_plain,
    mistakes=_WRONG,
    properties=(Property("each finding by itself", _which),),
    hints=(
        "Equal means equal to the last digit that is printed.",
        "A seed sets what is drawn after it; the data of the script are drawn before.",
        "One counterexample contradicts a claim about all repeated runs.",
    ),
    not_tested="whether other things differed between the two runs as well, such as the versions of the libraries",
)
