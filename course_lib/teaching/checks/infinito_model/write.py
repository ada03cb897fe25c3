"""Which slots stay after a segment has written? The check of slots_after_writing."""

import math
from typing import Any

import torch

from course_lib.infinito.plain import slots_after_writing
from course_lib.teaching.checks.infinito_model.write_answers import RIGHT, WRONG
from course_lib.teaching.exercises.exercise import Exercise, Property
from course_lib.teaching.exercises.forms import in_parts, not_in_parts
from course_lib.teaching.exercises.observe import Case, calls


def _case(importance: list[float], access: list[float], age: list[float], offered: list[float], **ab: float) -> Case:
    return Case(*(torch.tensor(part, dtype=torch.float64) for part in (importance, access, age, offered)), **ab)


_CASES = (
    _case(
        [0.9, 0.5, 0.8, 0.2, 0.7], [0.0, 6.0, 0.5, 1.0, 2.0], [5.0, 3.0, 1.0, 0.0, 8.0], [0.6, 0.1, 0.3], a=0.5, b=0.2
    ),
    _case([0.4, 0.0, 0.9], [2.0, 0.0, 0.0], [2.0, 0.0, 4.0], [0.35, 0.15], a=1.0, b=math.log(2)),
    _case([0.3, 0.95], [9.0, 0.0], [1.0, 0.0], [0.99, 0.05, 0.5], a=0.3, b=0.1),
)  # fmt: skip


_ASKED = {
    "kept": "what are the priorities of all slots and newcomers, in order?",
    "importance": "whose importance is it? `kept` is right, and gives the order",
    "access": "what do slots keep, and with how many reads does a newcomer start?",
    "age": "how old are the slots after the segment, and how old is a newcomer?",
}


def _observe(answer: Any) -> dict[str, Any]:
    """The four parts as one table (4, M): they follow from each other, so that one says nothing without the rest."""
    seen = in_parts(calls(answer, *_CASES), 4)
    return {case: facts | {"result": _table(facts["result"])} for case, facts in seen.items()}


def _table(result: Any) -> Any:
    if not isinstance(result, list | tuple):
        return result
    try:
        return torch.stack([torch.as_tensor(part).detach().double() for part in result])
    except (TypeError, ValueError, RuntimeError):  # parts of other forms or lengths
        return result


def _first_wrong(seen: Any, right: Any) -> str | None:
    said = not_in_parts(seen, "kept, importance, access and age")
    if said:
        return said
    for case, facts in seen.items():
        for name, own, rule in zip(_ASKED, facts["result"], right[case]["result"], strict=True):
            own = torch.as_tensor(own)
            if own.shape != rule.shape:
                return f"{case}: {name} has {len(own.flatten())} numbers; there are {len(rule)} slots"
            if not torch.allclose(own.double(), rule):
                return f"{case}: {name} is {_list(own)}\n{_ASKED[name]}"
    return None


def _list(numbers: torch.Tensor) -> str:
    return "[" + ", ".join(f"{number:.3g}" for number in numbers.tolist()) + "]"


SLOTS_AFTER_WRITING = Exercise(
    slug="slots_after_writing",
    title="Which slots stay",
    kind="faded",
    core=True,
    difficulty=2,
    minutes=15,
    reference=slots_after_writing,
    observe=_observe,
    accepted=tuple(RIGHT),
    mistakes=tuple(WRONG),
    properties=(Property("each part by itself", _first_wrong),),
    hints=(
        "Put slots and newcomers into one list first: from then on all are treated alike.",
        "torch.cat([age + 1, new]): the slots become older, the newcomers are 0 segments old.",
        "argsort(descending=True) gives the order; the first M of it stay.",
    ),
    not_tested="equal priorities, more newcomers than slots that are filled, and gradients",
    fade=("age = torch.cat", "priority = importance", "kept = priority"),
    indistinguishable=(("reference", "by_logarithm"),),
)
