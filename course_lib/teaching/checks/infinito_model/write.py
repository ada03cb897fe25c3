"""The slots that stay after a segment has written: cases and known mistakes of slots_after_writing."""

import math
from typing import Any

import torch

from course_lib.by_hand.attention import slots_after_writing
from course_lib.teaching.exercises.kinds import Case, Property, calls, implement, in_parts, not_in_parts


def _case(importance: list[float], access: list[float], age: list[float], offered: list[float], **ab: float) -> Case:
    return Case(*(torch.tensor(part, dtype=torch.float64) for part in (importance, access, age, offered)), **ab)


_CASES = (
    _case([0.9, 0.5, 0.8, 0.2, 0.7], [0, 6, 0.5, 1, 2], [5, 3, 1, 0, 8], [0.6, 0.1, 0.3], a=0.5, b=0.2),
    _case([0.4, 0.0, 0.9], [2.0, 0.0, 0.0], [2.0, 0.0, 4.0], [0.35, 0.15], a=1.0, b=math.log(2)),
    _case([0.3, 0.95], [9.0, 0.0], [1.0, 0.0], [0.99, 0.05, 0.5], a=0.3, b=0.1),
)
_PARTS = ("importance", "access", "age")
_ASKED = {
    "importance": "whose importance is it? `kept` gives the order",
    "access": "what do slots keep, and with how many reads does a newcomer start?",
    "age": "how old are the slots after the segment, and how old is a newcomer?",
    "kept": "what are the priorities of all slots and newcomers, in order?",
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
    for (case, facts), given in zip(seen.items(), _CASES, strict=True):
        own, rule = [dict(zip(("kept", *_PARTS), map(torch.as_tensor, one["result"]), strict=True))
                     for one in (facts, right[case])]  # fmt: skip
        for name in own:
            if own[name].shape != rule[name].shape:
                return f"{case}: {name} has {len(own[name].flatten())} numbers; there are {len(rule[name])} slots"
        importance, access, age, offered = given.arguments
        new = torch.zeros_like(offered)
        due = torch.stack([torch.cat(both) for both in ((importance, offered), (access, new), (age + 1, new))])
        due = due[:, own["kept"].long().clamp(0, due.shape[1] - 1)]  # of the slots that `kept` names
        wrong = [name for name, part in zip(_PARTS, due, strict=True) if not torch.allclose(own[name].double(), part)]
        if not torch.equal(own["kept"].double(), rule["kept"].double()) and not wrong:
            wrong = ["kept"]  # the other parts are those of the slots that it names
        if wrong:
            shown = ", ".join(f"{number:.3g}" for number in own[wrong[0]].tolist())
            return f"{case}: {wrong[0]} is [{shown}]\n{_ASKED[wrong[0]]}"
    return None


def in_place(priority, new):
    kept = torch.arange(len(priority) - new)
    for newcomer in range(len(kept), len(priority)):
        lowest_slot = priority[kept].argmin()
        if priority[newcomer] > priority[kept[lowest_slot]]:
            kept[lowest_slot] = newcomer
    return kept


SLOTS_AFTER_WRITING = implement(
    "slots_after_writing: Which slots stay | core, difficulty 2, 15 minutes",
    slots_after_writing,
    complete=True,
    observe=_observe,
    names={"in_place": in_place},
    right="""
    by_logarithm: the logarithm of the priority, and topk
        priority = A -> priority = importance.log() + a * access.log1p() - b * age
        priority.argsort(descending=True)[:A] -> priority.topk(A).indices
    """,
    wrong="""
    never_older: slots that never get older | what is the age of a slot that a segment left alone?
        age + 1 -> age
    newcomers_age: newcomers that are one segment old | how old is what was written just now?
        torch.cat([age + 1, new]) -> torch.cat([age + 1, new + 1])
    lowest: the slots of lowest priority | which end of the order should stay?
        priority.argsort(descending=True) -> priority.argsort()
    by_number: the right slots in the order of their numbers | which order does the docstring ask for?
        kept = A -> kept = (A).sort().values
    rising: the right slots, the lowest priority first | which order does the docstring ask for?
        kept = A -> kept = (A).flip(0)
    in_place: each newcomer in the place of the slot that went | which order does the docstring ask for?
        kept = A -> kept = in_place(priority, len(offered))
    judged_too_early: priorities from the ages before the segment | how old are the slots when they are compared?
        priority = importance * (1 + access) ** a * torch.exp(-b * age)
        -> priority = importance * (1 + access) ** a * torch.exp(-b * torch.cat([age[:-len(offered)] - 1, new]))
    newcomers_read: newcomers that count as read once | how often was read what was written just now?
        torch.cat([access, new]) -> torch.cat([access, new + 1])
    one_outside: 1 + access^a in place of (1 + access)^a | what does the exponent belong to?
        (1 + access) ** a -> (1 + access ** a)
    exchanged: a and b exchanged | which of the two belongs to the age?
        a <-> b
    always_replaced: the slots of lowest priority replaced by the newcomers | must a newcomer compete with the slots?
        kept = A -> size = len(access) - len(new)
        after size = A -> old = priority[:size].argsort(descending=True)[:max(size - len(new), 0)]
        before return A -> kept = torch.cat([old, torch.arange(size, len(priority))])[:size]
    importance_only: priority from importance alone | which slot should go, of two that are equally important?
        priority = A -> priority = importance
    no_access: a priority that forgets how often a slot was read | what is `a` for?
        A * (1 + access) ** a -> A
    without_the_one: access^a in place of (1 + access)^a | what is the priority of a slot that was never read?
        1 + access -> access
    no_age: a priority that forgets the age | what is `b` for?
        A * torch.exp(B) -> A
    old_is_good: a priority that grows with age | which sign has the exponent?
        -b -> b
    always_in: newcomers that always come in | must a newcomer compete with the slots?
        after priority = A -> priority[-len(offered):] += priority.max() + 1
    never_in: a memory that lets nobody in | where are the newcomers in your list?
        importance = torch.cat(A) -> size = len(importance); importance = torch.cat(A)
        kept = A -> kept = priority[:size].argsort(descending=True)
    grows: a memory that grows | how many slots are there before, and how many after?
        priority.argsort(descending=True)[:A] -> priority.argsort(descending=True)
    access_forgotten: counts of reads that start anew for all slots | what do the kept slots keep?
        access[kept] -> torch.zeros_like(age[kept])
    priority_returned: priorities in place of the importance | which number of a slot never changes while it is held?
        return: kept, priority[kept], access[kept], age[kept]
    """,
    properties=(Property("each part by itself", _first_wrong),),
    hints="""
    Put slots and newcomers into one list first: from then on all are treated alike.
    torch.cat([age + 1, new]): the slots become older, the newcomers are 0 segments old.
    argsort(descending=True) gives the order; the first M of it stay.
    """,
    not_tested="equal priorities, more newcomers than slots that are filled, and gradients",
    fade=("age = torch.cat", "priority = importance", "kept = priority"),
)
