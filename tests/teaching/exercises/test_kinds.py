"""Exercises of every kind, written in their tables: what is accepted, what is named, what is said of the form."""

import numpy as np
import pytest

from course_lib.teaching.checks import optimizers
from course_lib.teaching.exercises.card import verdict_of
from course_lib.teaching.exercises.diagnose import diagnose_answer
from course_lib.teaching.exercises.edits import EditError
from course_lib.teaching.exercises.exercise import headed
from course_lib.teaching.exercises.filled_in import changed
from course_lib.teaching.exercises.kinds import attack, audit, find, implement, order, planted_edits
from course_lib.teaching.exercises.registry import in_order
from course_lib.teaching.exercises.weaknesses import weaknesses


def scaled(values, factor, shift):
    """The values times `factor`, then plus `shift`."""
    grown = values * factor
    return grown + shift


def off_by_a_constant(seen, right):
    gaps = np.concatenate([(seen[case]["result"] - right[case]["result"]).ravel() for case in right])
    return np.ptp(gaps) < 1e-9 < abs(gaps[0])


SCALED = implement(
    "scaled: Scale and shift",
    scaled,
    cases=((np.array([1.0, -2.0, 0.5, 3.0, 7.0]), 2.0, 0.5), (np.array([[4.0, 3.0, 2.0, 1.5]]), -3.0, 1.0)),
    names={"off_by_a_constant": off_by_a_constant},
    right="""
    distributed: the shift inside the product
        grown = A -> grown = values; return: factor * (grown + shift / factor)
    """,
    wrong="""
    shift_first: a shift before the product | what is done first?
        values * factor -> (values + shift) * factor; return: grown
    no_factor: values that are not scaled | which argument has no part in it?
        values * factor -> values
    minus: a shift to the other side | which sign has it?
        grown + shift -> grown - shift
    constant: a constant too much | where does it come from?
        return: RESULT + {0.25|0.125}
        when: off_by_a_constant
    """,
    hints="Two steps.",
    not_tested="whole numbers",
)


def test_an_exercise_in_its_table_is_strong():
    assert weaknesses(SCALED) == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            lambda values, factor, shift: values - shift,
            "both: values that are not scaled; and a shift to the other side",
        ),
        (lambda values, factor, shift: values * factor - 2 * shift, "yours is the right result plus -1.5, everywhere"),
        (lambda values, factor, shift: values / factor + shift, "what comes of a division where a product belongs"),
        (lambda values, factor, shift: values * factor + shift + 0.37, "your result behaves like a constant too much"),
        (lambda values, factor, shift: values * factor + shift + 0.125, "your result equals a constant too much"),
        (lambda values, factor, shift: (values + shift) * factor, "your result equals a shift before the product"),
    ],
)
def test_a_wrong_answer_gets_its_cause(answer, said):
    found = diagnose_answer(SCALED, answer)
    assert found.status == "wrong"
    assert said in " ".join(found.lines)


def test_a_head_without_a_title_and_a_list_that_is_not_that_of_the_room_are_refused():
    with pytest.raises(ValueError, match="a head is written like 'slug: title"):
        headed("scaled | core, 15 minutes")
    with pytest.raises(ValueError, match=r"only the list or only the room holds .*nadam, nesterov"):
        in_order(optimizers, "adam nadam", "momentum")


def test_few_numbers_are_no_proof():
    small = implement(
        "small: One number",
        scaled,
        cases=((1.0, 2.0, 0.5),),
        wrong="minus: a shift to the other side | which sign?\n    grown + shift -> grown - shift",
    )
    assert diagnose_answer(small, lambda *_: 1.5).lines[0].startswith("the same numbers as a shift to the other side")


def test_a_crash_is_never_right_even_where_an_accepted_variant_crashes():
    crashing = implement(
        "crashing: A variant that crashes",
        scaled,
        cases=((np.ones(3), 2.0, 0.5),),
        right="broken: crashes itself\n    return: grown.nothing",
        wrong="minus: another sign | which sign?\n    grown + shift -> grown - shift",
    )
    found = diagnose_answer(crashing, lambda values, factor, shift: values.nothing)
    assert found.status == "error"
    assert any("broken is right, but the check says" in one for one in weaknesses(crashing))


ORDERED = order(
    "ordered: Order the loop",
    {"A": "loss.backward()", "B": "loss = f(x)", "C": "optimizer.step()", "D": "optimizer.zero_grad()"},
    "BDAC",
    also="cleared_first: cleared before the forward pass\n    DBAC",
    wrong="step_first: a step before there is a gradient | what does it read?\n    BDCA",
)


PASTED = "loss = f(x)\noptimizer.zero_grad()\nloss.backward()\noptimizer.step()"


@pytest.mark.parametrize("typed", ["bdac", "D B A C", "1. B\n2. D\n3. A\n4. C", ["b", "d", "a", "c"], PASTED])
def test_an_order_is_read_however_it_is_typed(typed):
    assert diagnose_answer(ORDERED, typed).status == "right"


def test_an_order_is_measured_by_the_right_order_that_it_follows_longest():
    assert diagnose_answer(ORDERED, "DBCA").lines[0] != diagnose_answer(ORDERED, "BDCA").lines[0]
    assert "right up to line 2" in " ".join(diagnose_answer(ORDERED, "DBCA").lines)
    assert diagnose_answer(ORDERED, "BDCA").mistakes == ("step_first",)


FOUND = find(
    "found: Which fault?",
    {"A": "rate too large", "B": "sound"},
    words=("rate too large", "sound", "noise"),
    ask={"rate too large": "does it grow?", "sound": "does it fall?", "noise": "is it restless?"},
    wrong="""
    exchanged: two runs exchanged | which grows?
        A <-> B
    all_sound: nothing found | which grows?
        every rate too large -> sound
    """,
)


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ({"a": "LR too big", "b": "ok"}, "right", ""),
        (["rate too large", "sound"], "right", ""),
        ({"A": "sound", "B": "rate_too_large"}, "wrong", "two runs exchanged"),
        ({"A": "noise", "B": "sound"}, "wrong", "look again at A A: is it restless?"),
        ({"A": "broken", "B": "sound"}, "wrong", "'broken' is none of 'rate too large', 'sound', 'noise'"),
        ({"A": 3, "B": "sound"}, "wrong", "A: one of 'rate too large', 'sound', 'noise' is asked for"),
        ({"A": "sound"}, "wrong", "the key 'B' is missing"),
        ({"A": ..., "B": "sound"}, "not started", "still to fill in: 'A'"),
    ],
)
def test_findings_are_read_and_answered(answer, status, said):
    found = diagnose_answer(FOUND, answer)
    assert found.status == status
    assert said in " ".join(found.lines)


AUDITED = audit(
    "audited: Audit",
    {"cost": 3.9, "runs": 10, "share": 1 / 3, "verdict": "not shown", "passes": False},
    ask={"cost": "which quotient?", "runs": "how many rows?", "share": "of what?", "verdict": "what is compared?",
         "passes": "what is nan > 1?"},
    wrong="""
    inverted: a cost upside down | which is larger?
        cost = 1 / 3.9
    believed: an audit that believes | what is compared?
        verdict = supported
    """,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"cost": "3,9", "runs": "10 runs", "share": "33.3 %", "verdict": "Not-Shown.", "passes": "no"}, ""),
        ({"cost": "3.94", "share": "1/3", "passes": np.False_}, ""),
        ({"cost": 0.256}, "a cost upside down"),
        ({"cost": 0.256, "verdict": "confirmed"}, "both: a cost upside down; and an audit that believes"),
        ({"runs": 11}, "look again at runs runs: how many rows?"),
        ({"runs": "many"}, "runs: a number is asked for; 'many' is none"),
        ({"passes": "perhaps"}, "passes: True or False is asked for"),
        ({"cost": 3.96}, "look again at cost"),
    ],
)
def test_an_audit_is_read_and_answered(changes, said):
    found = diagnose_answer(AUDITED, dict(AUDITED.reference) | changes)
    assert (found.status == "right") == (not said), found.lines
    assert said in " ".join(found.lines)


def test_a_change_that_fits_no_key_or_changes_nothing_is_refused():
    for edit, told in (("price = 3", "'price' is no key"), ("cost", "KEY = VALUE"), ("cost = 3.9", "changes nothing"),
                       ("every 77 -> 3", "nowhere in the findings")):  # fmt: skip
        with pytest.raises(EditError, match=told):
            changed(AUDITED.reference, edit, {})


def test_scaled(version):
    """A test of `scaled`."""
    values = np.array([1.0, 4.0])
    return np.allclose(version(values, 3.0, 0.5), [3.5, 12.5], rtol=1e-9)


test_scaled.__test__ = False
ATTACKED = attack(
    "attacked: Attack",
    test_scaled,
    right={"plain": scaled},
    planted=planted_edits(
        scaled,
        """
    no_shift: nothing added
        return: grown
    squared: squares
        values * factor -> values**2
    """,
    ),
    wrong="""
    loose: a test with too large a tolerance | how far off may it be?
        1e-9 -> {0.5|0.2}
    accepts_all: a test that accepts everything | what does it reject?
        first: return True
    """,
)  # fmt: skip


def test_an_attack_counts_what_survives():
    assert diagnose_answer(ATTACKED, test_scaled).status == "right"
    found = diagnose_answer(ATTACKED, lambda version: True)
    assert found.mistakes == ("accepts_all",)
    assert "killed 0 of 2; survived: no shift, squared" in verdict_of(ATTACKED, "0.0", found).text


def test_words_may_be_named_like_functions_and_come_with_their_meanings():
    one = find("modes: Modes", {"A": "eval", "B": "train"}, words={"eval": "measured", "train": "trained"},
                     ask={"A": "which?", "B": "which?"}, wrong="""
    turned: both turned | which mode does dropout like?
        A = train; B = eval
    """)  # fmt: skip
    assert one.mistakes[0].answer == {"A": "train", "B": "eval"}
    assert "'slow' is none of 'eval', 'train'" in diagnose_answer(one, {"A": "slow", "B": "train"}).lines[0]


def test_a_percentage_that_may_be_right_is_right():
    one = audit("gap: Gap", {"gap": 0.27}, ask={"gap": "of what?"}, wrong="""
    share: a share | how many percent?
        gap = 0.0027
    """)  # fmt: skip
    assert diagnose_answer(one, {"gap": "0.27 %"}).status == "right"
    assert diagnose_answer(one, {"gap": 0.0027}).mistakes == ("share",)
    assert diagnose_answer(one, {"gap": 0.0}).mistakes == ()
