"""Does the learner's test accept causal models and find planted leaks? The check of sees_no_future."""

import copy
from collections.abc import Callable
from typing import Any

import torch

from course_lib.infinito.plain import sees_no_future
from course_lib.teaching.checks.infinito_model.versions import PLANTED, RIGHT
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same
from course_lib.teaching.exercises.observe import attack


def _looks(
    *,
    tokens: int = 20,
    times: tuple[int, ...] | None = None,
    rows: int = 2,
    past: bool = True,
    other_past: bool = True,
    reach: float = 1e-5,
    shift: int = 0,
    needs_memory: bool = False,
    own_past: bool = False,
) -> Callable[[Any], bool]:
    """A test that is right with these defaults; each known mistake changes one of them."""

    def test(model: Any) -> bool:
        draws = torch.Generator().manual_seed(5)
        first, x, other = (torch.randint(0, 10, (rows, tokens), generator=draws) for _ in range(3))
        held = model(first, None)[1]
        if needs_memory and held is None:
            return False
        changed_first = torch.cat([(other if own_past else first)[:1], (other if other_past else first)[1:]])
        contexts = [(None, None), *([(held, model(changed_first, None)[1])] if past else [])]
        for memory, changed_memory in contexts:
            before = model(x, memory)[0]
            for t in range(tokens - 1) if times is None else times:
                changed = torch.cat([x[:1], other[1:]])
                changed[0, t + 1 - shift :] = (x[0, t + 1 - shift :] + 3) % 10
                moved = model(changed, changed_memory)[0][0, : t + 1] - before[0, : t + 1]
                if moved.abs().max() > reach:
                    return False
        return True

    return test


VARIANTS = (
    Variant("other_ids", _looks(), "other ids, and another change"),
    Variant("every_other", _looks(tokens=24, times=(0, 3, 7, 12, 17, 22)), "six places in place of all"),
)
MISTAKES = (
    Mistake(
        "fresh_only",
        "a test of one segment with a fresh memory",
        "what can the memory tell before anything was written?",
        _looks(past=False),
    ),
    Mistake(
        "same_past",
        "a test in which the past of the other sequence never changes",
        "which text of the other sequence could have been written into the memory?",
        _looks(other_past=False),
    ),
    Mistake(
        "one_row",
        "a test that changes nothing of another sequence up to t",
        "could a token of row 1 at t or before move the logits of row 0?",
        _looks(rows=1),
    ),
    Mistake(
        "first_only",
        "a test at one place",
        "would it notice a leak at position 7 or 17?",
        _looks(times=(0,)),
    ),
    Mistake(
        "ends_only",
        "a test of the ends of the segment",
        "would it notice that one place in the middle sees the next token?",
        _looks(times=(0, 18)),
    ),
    Mistake(
        "short", "a test on a short segment", "would it notice a mask that ends after 16 tokens?", _looks(tokens=12)
    ),
    Mistake(
        "too_loose",
        "a test that lets small changes pass",
        "how much does rounding move a logit, and how much a faint leak?",
        _looks(reach=0.05),
    ),
    Mistake(
        "too_strict",
        "a test that takes rounding for a leak",
        "must two orders of the same sum agree to the last bit?",
        _looks(reach=0.0),
    ),
    Mistake(
        "changes_the_present",
        "a test that changes the token at t as well",
        "may logit t depend on token t?",
        _looks(shift=1),
    ),
    Mistake(
        "own_past",
        "a test in which the own past changes as well",
        "may what row 0 wrote in its first segment move the logits of its second?",
        _looks(own_past=True),
    ),
    Mistake(
        "needs_memory",
        "a test that rejects a model without memory",
        "is a model that remembers nothing free of leaks?",
        _looks(needs_memory=True),
    ),
    Mistake(
        "reversed",
        "a test with True and False exchanged",
        "what shall it return for a model without a leak?",
        lambda model: not sees_no_future(model),
    ),
    Mistake("accepts_all", "a test that accepts everything", "does a path lead to False?", lambda model: True),
    Mistake("rejects_all", "a test that rejects everything", "which condition fails?", lambda model: False),
)
_SURVIVED = {
    "no mask": "do you compare the logits up to t when tokens after t change?",
    "last token": "is the last token among those that you change?",
    "off by one": "do you change token t + 1 as well?",
    "one head": "how large may a change be before you call it a leak?",
    "time norm": "do you compare all logits up to t?",
    "faint": "how large may a change be before you call it a leak?",
    "beyond 16": "how long is your segment, and at which t do you look?",
    "seam": "at which t do you look?",
    "batch norm": "does your batch hold a second sequence, and does it change up to t as well?",
    "writes first": "does the memory hold the tokens that you change?",
    "mean asks": "does the memory hold anything when you look?",
    "batch memory": "what did the other sequence write before?",
    "hidden buffer": "are two equal calls equal?",
}


def _reading(seen: Any, right: Any) -> str | None:
    alarms = [name for name, accepted in seen["right"].items() if accepted is not True]
    alive = [name for name, accepted in seen["planted"].items() if accepted is not False]
    if alarms:
        asked = "did you change anything in the past of the row that you look at?"
        if alarms == ["rounding"]:
            asked = "which number do you compare there, and how large is it?"
        return f"a causal model is rejected ({alarms[0]})\n{asked}"
    asked = [f"a leak survives ({name})\n{question}" for name, question in _SURVIVED.items() if name in alive]
    return asked[0] if asked else None


SEES_NO_FUTURE = Exercise(
    slug="sees_no_future",
    title="Attack: a test that finds every leak",
    kind="attack",
    core=True,
    difficulty=3,
    minutes=30,
    reference=sees_no_future,
    observe=lambda answer: attack(answer, right=RIGHT, planted=copy.deepcopy(PLANTED)),
    accepted=VARIANTS,
    mistakes=MISTAKES,
    properties=(Property("what survived", _reading),),
    hints=(
        "Change every token after t in row 0 and all of row 1; the logits of row 0 up to t must stay.",
        "Do it twice: with no memory, and with the memory that a call on another segment returned.",
        "What the other sequence wrote may not matter either: change its first segment too.",
    ),
    not_tested="leaks while training, in gradients, or for some ids only",
    indistinguishable=(*all_the_same(VARIANTS), ("changes_the_present", "rejects_all")),
)
