"""A test that finds every leak: the known weak tests of sees_no_future."""

import copy

from course_lib.by_hand.attention import sees_no_future
from course_lib.teaching.checks.infinito_model.versions import PLANTED, RIGHT
from course_lib.teaching.exercises.kinds import attack

_SURVIVED = {
    "no mask": "do you compare the logits up to t when tokens after t change?",
    "last token": "is the last token among those that you change?",
    "off by one": "do you change token t + 1 as well?",
    "two ahead": "do you change every token after t, or only the next one?",
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


def _alarm(rejected: list[str]) -> str:
    changed = "did you change anything in the past of the row that you look at?"
    asked = "which number do you compare there, and how large is it?" if rejected == ["rounding"] else changed
    return f"a causal model is rejected ({{name}})\n{asked}"


SEES_NO_FUTURE = attack(
    "sees_no_future",
    "Attack: a test that finds every leak",
    sees_no_future,
    call=lambda test, model: test(copy.deepcopy(model)),
    right=RIGHT,
    planted=PLANTED,
    size="core, difficulty 3, 30 minutes",
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
    survived={name: f"a leak survives ({name})\n{question}" for name, question in _SURVIVED.items()},
    hints=(
        "Change every token after t in row 0 and all of row 1; the logits of row 0 up to t must stay.",
        "Do it twice: with no memory, and with the memory that a call on another segment returned.",
        "What the other sequence wrote may not matter either: change its first segment too.",
    ),
    not_tested="leaks while training, in gradients, or for some ids only",
)
