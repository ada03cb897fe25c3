"""Which slots stay after a segment has written? The check of slots_after_writing."""

import math
from typing import Any

import torch

from course_lib.infinito.plain import slots_after_writing
from course_lib.teaching.checks.writing import also_right, in_parts, known, not_in_parts
from course_lib.teaching.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.observe import Case, calls

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


def _together(importance, access, age, offered, *, older=1, newcomers_older=0):
    new = torch.zeros_like(offered)
    return (
        torch.cat([importance, offered]),
        torch.cat([access, new]),
        torch.cat([age + older, new + newcomers_older]),
    )


def _kept(priority, parts, slots):
    kept = priority.argsort(descending=True)[:slots]
    return (kept, *(part[kept] for part in parts))


def _priority(importance, access, age, a, b):
    return importance * (1 + access) ** a * torch.exp(-b * age)


@also_right(_RIGHT, "the logarithm of the priority, and topk")
def by_logarithm(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    kept = (parts[0].log() + a * parts[1].log1p() - b * parts[2]).topk(len(importance)).indices
    return (kept, *(part[kept] for part in parts))


@known(_WRONG, "slots that never get older", "what is the age of a slot that a segment left alone?")
def never_older(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered, older=0)
    return _kept(_priority(*parts, a, b), parts, len(importance))


@known(_WRONG, "newcomers that are one segment old", "how old is what was written just now?")
def newcomers_age(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered, newcomers_older=1)
    return _kept(_priority(*parts, a, b), parts, len(importance))


@known(_WRONG, "the slots of lowest priority", "which end of the order should stay?")
def lowest(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    return _kept(-_priority(*parts, a, b), parts, len(importance))


@known(_WRONG, "the right slots in the order of their numbers", "which order does the docstring ask for?")
def by_number(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    kept = _priority(*parts, a, b).argsort(descending=True)[: len(importance)].sort().values
    return (kept, *(part[kept] for part in parts))


@known(_WRONG, "priority from importance alone", "which slot should go, of two that are equally important?")
def importance_only(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    return _kept(parts[0], parts, len(importance))


@known(_WRONG, "a priority that forgets how often a slot was read", "what is `a` for?")
def no_access(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    return _kept(_priority(*parts, 0.0, b), parts, len(importance))


@known(_WRONG, "access^a in place of (1 + access)^a", "what is the priority of a slot that was never read?")
def without_the_one(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    return _kept(parts[0] * parts[1] ** a * torch.exp(-b * parts[2]), parts, len(importance))


@known(_WRONG, "a priority that forgets the age", "what is `b` for?")
def no_age(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    return _kept(_priority(*parts, a, 0.0), parts, len(importance))


@known(_WRONG, "a priority that grows with age", "which sign has the exponent?")
def old_is_good(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    return _kept(_priority(*parts, a, -b), parts, len(importance))


@known(_WRONG, "newcomers that always come in", "must a newcomer compete with the slots?")
def always_in(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    priority = _priority(*parts, a, b)
    priority[len(importance) :] += priority.max() + 1
    return _kept(priority, parts, len(importance))


@known(_WRONG, "a memory that lets nobody in", "where are the newcomers in your list?")
def never_in(importance, access, age, offered, *, a, b):
    parts = (importance, access, age + 1)
    return _kept(_priority(*parts, a, b), parts, len(importance))


@known(_WRONG, "a memory that grows", "how many slots are there before, and how many after?")
def grows(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    return _kept(_priority(*parts, a, b), parts, len(parts[0]))


@known(_WRONG, "counts of reads that start anew for all slots", "what do the kept slots keep?")
def access_forgotten(importance, access, age, offered, *, a, b):
    kept, importance, _, age = slots_after_writing(importance, access, age, offered, a=a, b=b)
    return kept, importance, torch.zeros_like(age), age


@known(_WRONG, "priorities in place of the importance", "which number of a slot never changes while it is held?")
def priority_returned(importance, access, age, offered, *, a, b):
    kept, importance, access, age = slots_after_writing(importance, access, age, offered, a=a, b=b)
    return kept, _priority(importance, access, age, a, b), access, age


def _case(importance: list[float], access: list[float], age: list[float], offered: list[float], **ab: float) -> Case:
    return Case(*(torch.tensor(part, dtype=torch.float64) for part in (importance, access, age, offered)), **ab)


_CASES = (
    _case(
        [0.9, 0.5, 0.8, 0.2, 0.7], [0.0, 6.0, 0.5, 1.0, 2.0], [5.0, 3.0, 1.0, 0.0, 8.0], [0.6, 0.1, 0.3], a=0.5, b=0.2
    ),
    _case([0.4, 0.0, 0.9], [2.0, 0.0, 0.0], [2.0, 0.0, 4.0], [0.35, 0.15], a=1.0, b=math.log(2)),
    _case([0.3, 0.95], [9.0, 0.0], [1.0, 0.0], [0.99, 0.05, 0.5], a=0.3, b=0.1),
)  # fmt: skip


def _first_wrong(seen: Any, right: Any) -> str | None:
    said = not_in_parts(seen, "kept, importance, access and age")
    if said:
        return said
    for case, facts in seen.items():
        names = ("kept", "importance", "access", "age")
        for name, own, rule in zip(names, facts["result"], right[case]["result"], strict=True):
            own = torch.as_tensor(own)
            if own.shape != rule.shape:
                return f"{case}: {name} has {len(own.flatten())} numbers; there are {len(rule)} slots"
            if not torch.allclose(own.double(), rule.double()):
                return f"{case}: {name} is {_list(own)}\nwhat are the priorities of all slots and newcomers, in order?"
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
    observe=lambda answer: in_parts(calls(answer, *_CASES), 4),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
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
