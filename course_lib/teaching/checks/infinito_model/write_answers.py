"""What do learners answer for the slots that stay after a segment? The right and the wrong answers to recognise."""

import torch

from course_lib.infinito.plain import slots_after_writing
from course_lib.teaching.exercises.exercise import Mistake, Variant
from course_lib.teaching.exercises.forms import also_right, known

WRONG: list[Mistake] = []
RIGHT: list[Variant] = []


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


@also_right(RIGHT, "the logarithm of the priority, and topk")
def by_logarithm(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    kept = (parts[0].log() + a * parts[1].log1p() - b * parts[2]).topk(len(importance)).indices
    return (kept, *(part[kept] for part in parts))


@known(WRONG, "slots that never get older", "what is the age of a slot that a segment left alone?")
def never_older(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered, older=0)
    return _kept(_priority(*parts, a, b), parts, len(importance))


@known(WRONG, "newcomers that are one segment old", "how old is what was written just now?")
def newcomers_age(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered, newcomers_older=1)
    return _kept(_priority(*parts, a, b), parts, len(importance))


@known(WRONG, "the slots of lowest priority", "which end of the order should stay?")
def lowest(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    return _kept(-_priority(*parts, a, b), parts, len(importance))


@known(WRONG, "the right slots in the order of their numbers", "which order does the docstring ask for?")
def by_number(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    kept = _priority(*parts, a, b).argsort(descending=True)[: len(importance)].sort().values
    return (kept, *(part[kept] for part in parts))


@known(WRONG, "the right slots, the lowest priority first", "which order does the docstring ask for?")
def rising(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    kept = _priority(*parts, a, b).argsort()[-len(importance) :]
    return (kept, *(part[kept] for part in parts))


@known(WRONG, "each newcomer in the place of the slot that went", "which order does the docstring ask for?")
def in_place(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    priority, kept = _priority(*parts, a, b), torch.arange(len(importance))
    for newcomer in range(len(importance), len(parts[0])):
        lowest_slot = priority[kept].argmin()
        if priority[newcomer] > priority[kept[lowest_slot]]:
            kept[lowest_slot] = newcomer
    return (kept, *(part[kept] for part in parts))


@known(WRONG, "priorities from the ages before the segment", "how old are the slots when they are compared?")
def judged_too_early(importance, access, age, offered, *, a, b):
    early = _together(importance, access, age, offered, older=0)
    kept = _priority(*early, a, b).argsort(descending=True)[: len(importance)]
    return (kept, *(part[kept] for part in _together(importance, access, age, offered)))


@known(WRONG, "newcomers that count as read once", "how often was read what was written just now?")
def newcomers_read(importance, access, age, offered, *, a, b):
    importance, access, age = _together(importance, access, age, offered)
    parts = (importance, torch.cat([access[: -len(offered)], torch.ones_like(offered)]), age)
    return _kept(_priority(*parts, a, b), parts, len(importance) - len(offered))


@known(WRONG, "1 + access^a in place of (1 + access)^a", "what does the exponent belong to?")
def one_outside(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    return _kept(parts[0] * (1 + parts[1] ** a) * torch.exp(-b * parts[2]), parts, len(importance))


@known(WRONG, "a and b exchanged", "which of the two belongs to the age?")
def exchanged(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    return _kept(_priority(*parts, b, a), parts, len(importance))


@known(WRONG, "the slots of lowest priority replaced by the newcomers", "must a newcomer compete with the slots?")
def always_replaced(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    slots, new = len(importance), len(offered)
    old = _priority(*parts, a, b)[:slots].argsort(descending=True)[: max(slots - new, 0)]
    kept = torch.cat([old, torch.arange(slots, slots + new)])[:slots]
    return (kept, *(part[kept] for part in parts))


@known(WRONG, "priority from importance alone", "which slot should go, of two that are equally important?")
def importance_only(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    return _kept(parts[0], parts, len(importance))


@known(WRONG, "a priority that forgets how often a slot was read", "what is `a` for?")
def no_access(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    return _kept(_priority(*parts, 0.0, b), parts, len(importance))


@known(WRONG, "access^a in place of (1 + access)^a", "what is the priority of a slot that was never read?")
def without_the_one(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    return _kept(parts[0] * parts[1] ** a * torch.exp(-b * parts[2]), parts, len(importance))


@known(WRONG, "a priority that forgets the age", "what is `b` for?")
def no_age(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    return _kept(_priority(*parts, a, 0.0), parts, len(importance))


@known(WRONG, "a priority that grows with age", "which sign has the exponent?")
def old_is_good(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    return _kept(_priority(*parts, a, -b), parts, len(importance))


@known(WRONG, "newcomers that always come in", "must a newcomer compete with the slots?")
def always_in(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    priority = _priority(*parts, a, b)
    priority[len(importance) :] += priority.max() + 1
    return _kept(priority, parts, len(importance))


@known(WRONG, "a memory that lets nobody in", "where are the newcomers in your list?")
def never_in(importance, access, age, offered, *, a, b):
    parts = (importance, access, age + 1)
    return _kept(_priority(*parts, a, b), parts, len(importance))


@known(WRONG, "a memory that grows", "how many slots are there before, and how many after?")
def grows(importance, access, age, offered, *, a, b):
    parts = _together(importance, access, age, offered)
    return _kept(_priority(*parts, a, b), parts, len(parts[0]))


@known(WRONG, "counts of reads that start anew for all slots", "what do the kept slots keep?")
def access_forgotten(importance, access, age, offered, *, a, b):
    kept, importance, _, age = slots_after_writing(importance, access, age, offered, a=a, b=b)
    return kept, importance, torch.zeros_like(age), age


@known(WRONG, "priorities in place of the importance", "which number of a slot never changes while it is held?")
def priority_returned(importance, access, age, offered, *, a, b):
    kept, importance, access, age = slots_after_writing(importance, access, age, offered, a=a, b=b)
    return kept, _priority(importance, access, age, a, b), access, age
