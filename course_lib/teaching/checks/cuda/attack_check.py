"""Does the learner's test find scalers that go wrong? The check of scaler_passes."""

from collections.abc import Callable
from typing import Any

from course_lib.teaching.checks.cuda.attack import PLANTED, RIGHT
from course_lib.teaching.checks.cuda.attack_answers import MISTAKES, VARIANTS
from course_lib.teaching.exercises.exercise import Exercise, Property
from course_lib.teaching.exercises.forms import all_the_same, limited, one_truth
from course_lib.teaching.exercises.observe import attack
from course_lib.training.plain_cuda import scaler_passes

# What to ask about each fault that survived, in the order in which it is asked.
_SURVIVED = {
    "not divided": "do you compare what comes back with what was given, divided by the factor?",
    "divided by the next factor": "do you compare what comes back with what was given, divided by the factor?",
    "lets NaN pass": "do you give it a NaN?",
    "lets infinity pass": "do you give it an infinity?",
    "lets minus infinity pass": "do you give it minus infinity?",
    "looks at the first array": "do you let the last of several arrays overflow?",
    "looks at the last array": "do you let the first of several arrays overflow?",
    "zeros for None": "do you ask for None where a number overflowed?",
    "bad gradients returned": "do you ask for None where a number overflowed?",
    "never lowered": "do you look at the factor after an overflow?",
    "back to one": "do you look at the factor after an overflow?",
    "never grows": "do you give it as many good lists as `interval` says?",
    "grows fourfold": "do you look by how much the factor grows?",
    "overflow not counted": "do you let a list overflow just before the factor would grow?",
    "grows one late": "do you look at the factor after every list?",
    "grows early the second time": "do you let it grow twice in a row?",
    "interval ignored": "do you try more than one interval?",
    "first factor ignored": "do you try more than one first factor?",
    "writes into what it gets": "do you compare the arrays that you gave with a copy of them?",
    "tells its first factor": "do you look at the factor itself, beside what comes back?",
}


_FORM = {False: "what if the factor never changes?", True: "where does it return False?"}


def _reading(seen: Any, right: Any) -> str | None:
    if seen["form"] != right["form"]:
        return f"your test {seen['form']}\n{_FORM['returns' in seen['form']]}"
    said = list(seen["right"].values())
    if True in said and False in said:
        return "one right scaler is rejected, another is not: what do you ask that is not in the rules?"
    if any(accepted is not True for accepted in said):
        return "a right scaler is rejected: which of your demands is none of the rules?"
    alive = [name for name, accepted in seen["planted"].items() if accepted is not False]
    asked = [question for name, question in _SURVIVED.items() if name in alive]
    return asked[0] if asked else None


def _counted(kind: str, name: str, make: Callable[[float, int], Any], notes: list[str]) -> Callable[[float, int], Any]:
    """make(factor, interval) of scalers that stop a test that would never end."""

    def counted(factor: float, interval: int) -> Any:
        scaler, told = make(factor, interval), f"does not end for a scaler that is {kind} ({name})"
        scaler.unscaled = limited(scaler.unscaled, told, notes)
        return scaler

    counted.__qualname__ = "make"  # the name in the message of a wrong call
    return counted


def _observe(answer: Callable[..., Any]) -> dict[str, Any]:
    notes: list[str] = []
    forms: list[str] = []

    def watched(make: Callable[[float, int], Any]) -> Any:
        return one_truth(answer, (make,), forms)

    versions = [
        {name: _counted(kind, name, make, notes) for name, make in group.items()}
        for kind, group in (("right", RIGHT), ("wrong", PLANTED))
    ]
    seen = attack(watched, right=versions[0], planted=versions[1])
    notes += forms
    return seen | {"form": notes[0] if notes else "it ends, with True or False"}


SCALER_PASSES = Exercise(
    slug="scaler_passes",
    title="Attack: a test that kills broken scalers",
    kind="attack",
    core=True,
    difficulty=3,
    minutes=25,
    reference=scaler_passes,
    observe=_observe,
    accepted=VARIANTS,
    mistakes=MISTAKES,
    properties=(Property("what survived", _reading),),
    hints=(
        "Keep the factor that a right scaler would have in a variable of your own, and compare after every list.",
        "Good lists until it has grown twice; then inf, -inf and nan, each in the first array and in the last.",
        "Interrupt a count one list before it is full. Try two factors, two intervals, and copies of what you give.",
    ),
    not_tested="factors that overflow themselves, and gradients on a GPU",
    indistinguishable=all_the_same(VARIANTS),
)
