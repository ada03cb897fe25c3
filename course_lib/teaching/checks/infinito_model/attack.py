"""A test that finds every leak: the known weak tests of sees_no_future."""

from collections.abc import Callable
from typing import Any

import torch

from course_lib.teaching.checks.infinito_model.versions import LEAKS, PLANTED, RIGHT
from course_lib.teaching.exercises.kinds import asked_of, attack


def _alarm(rejected: list[str]) -> str:
    changed = "did you change anything in the past of the row that you look at?"
    asked = "which number do you compare there, and how large is it?" if rejected == ["rounding"] else changed
    return f"a causal model is rejected ({{name}})\n{asked}"


def sees_no_future(model: Callable[..., Any]) -> bool:
    """Whether no logit of `model` depends on a later token, nor on another sequence of the batch.

    `logits, memory = model(x, memory)` takes ids x (B, T), each 0 to 9, and the memory that an
    earlier call returned (None at first; some models always return None). It gives logits (B, T, V).
    Changes of a logit by less than 1e-5 are rounding.
    """
    tokens = 20
    ids = torch.Generator().manual_seed(0)
    first, x, other = (torch.randint(0, 10, (2, tokens), generator=ids) for _ in range(3))
    # Some leaks need a memory that holds something. It may differ in the other sequence, row 1.
    past = model(first, None)[1]
    other_past = model(torch.stack([first[0], other[1]]), None)[1]
    for memory, changed_memory in ((None, None), (past, other_past)):
        before = model(x, memory)[0]
        for t in range(tokens - 1):
            changed = x.clone()
            changed[0, t + 1 :] = (x[0, t + 1 :] + 1) % 10  # every later token of row 0
            changed[1] = other[1]  # and all of row 1
            after = model(changed, changed_memory)[0]
            if (after[0, : t + 1] - before[0, : t + 1]).abs().max() > 1e-5:
                return False
    return True


SEES_NO_FUTURE = attack(
    "sees_no_future: Attack: a test that finds every leak | core, difficulty 3, 30 minutes",
    sees_no_future,
    call=lambda test, make: test(make()),
    right=RIGHT,
    planted=PLANTED,
    also="""
    other_ids: other ids, and another change
        A.manual_seed(0) -> A.manual_seed(5); (x[0, t + 1:] + 1) % 10 -> (x[0, t + 1:] + 3) % 10
    every_other: six places in place of all
        tokens = 20 -> tokens = 24; range(tokens - 1) -> (0, 3, 7, 12, 17, 22)
    """,
    wrong="""
    fresh_only: a test of one segment with a fresh memory | what can the memory tell before anything was written?
        ((None, None), (past, other_past)) -> ((None, None),)
    same_past: a test in which the past of the other sequence never changes
        | which text of the other sequence could have been written into the memory?
        (past, other_past) -> (past, past)
    one_row: a test that changes nothing of another sequence up to t
        | could a token of row 1 at t or before move the logits of row 0?
        (2, tokens) -> (1, tokens); torch.stack(A) -> first; drop: changed[1] = other[1]
    first_only: a test at one place | would it notice a leak at position 7 or 17?
        range(tokens - 1) -> (0,)
    ends_only: a test of the ends of the segment | would it notice that one place in the middle sees the next token?
        range(tokens - 1) -> (0, 18)
    short: a test on a short segment | would it notice a mask that ends after 16 tokens?
        tokens = 20 -> tokens = 12
    too_loose: a test that lets small changes pass | how much does rounding move a logit, and how much a faint leak?
        1e-5 -> {0.05|1e-3}
    too_strict: a test that takes rounding for a leak | must two orders of the same sum agree to the last bit?
        1e-5 -> {0.0|1e-6}
    changes_the_present: a test that changes the token at t as well | may logit t depend on token t?
        changed[0, t + 1:] = A -> changed[0, t:] = (x[0, t:] + 1) % 10
    next_only: a test that changes only the token after t | could logit t depend on a token further away?
        changed[0, t + 1:] = A -> changed[0, t + 1] = (x[0, t + 1] + 1) % 10
        after[0, :t + 1] - before[0, :t + 1] -> after[0, t] - before[0, t]
    own_past: a test in which the own past changes as well
        | may what row 0 wrote in its first segment move the logits of its second?
        torch.stack(A) -> other
    needs_memory: a test that rejects a model without memory | is a model that remembers nothing free of leaks?
        after past = A -> if past is None: return False
    """,
    same=(("changes_the_present", "rejects_all"),),
    each="a model without a leak",
    never="which condition fails?",
    alarm=_alarm,
    survived={name: f"a leak survives ({name})\n{question}" for name, question in asked_of(LEAKS).items()},
    hints="""
    Change every token after t in row 0 and all of row 1; the logits of row 0 up to t must stay.
    Do it twice: with no memory, and with the memory that a call on another segment returned.
    What the other sequence wrote may not matter either: change its first segment too.
    """,
    not_tested="leaks while training, in gradients, or for some ids only",
)
