"""The diagnosis points at the cause: each test feeds one answer and reads the words."""

from dataclasses import replace

import numpy as np
import pytest

from course_lib.teaching.exercises.diagnose import diagnose_answer
from course_lib.teaching.exercises.exercise import Mistake
from tests.teaching.toy import ATTACK, AUDIT, ORDER, TOY, mean_squared_error, rows, summed


def told(answer, exercise=TOY):
    found = diagnose_answer(exercise, answer)
    return found.status, " | ".join(found.lines)


def test_the_reference_is_right_and_the_card_says_what_is_not_tested():
    assert told(mean_squared_error) == ("right", "not tested: empty arrays")


def test_an_accepted_variant_is_named_with_its_note():
    found = diagnose_answer(TOY, TOY.accepted[0].answer)
    assert (found.status, found.variant) == ("right", "halved")
    assert found.lines[0] == "accepted variant: half the mean squared error, whose gradient has no factor 2"


@pytest.mark.parametrize("mistake", TOY.mistakes, ids=lambda one: one.id)
def test_a_known_mistake_gets_its_own_message(mistake):
    found = diagnose_answer(TOY, mistake.answer)
    assert (found.status, found.mistakes) == ("wrong", (mistake.id,))
    assert found.lines == (f"your result equals {mistake.cause} (difference 0 over 3 cases)", mistake.question)


@pytest.mark.parametrize("answer", [None, ..., {}.get("nothing")])
def test_nothing_is_not_started(answer):
    assert diagnose_answer(TOY, answer).status == "not started"


def test_an_untouched_stub_is_not_started_but_a_later_gap_is_an_error():
    def stub(predictions, targets):
        raise NotImplementedError

    def gap(predictions, targets):
        if len(predictions) == 5:
            raise NotImplementedError
        return mean_squared_error(predictions, targets)

    assert told(stub)[0] == "not started"
    status, words = told(gap)
    assert status == "error"
    assert "in case 2 of 3: NotImplementedError" in words


def test_a_placeholder_left_in_is_not_started_with_its_line():
    def faded(predictions, targets):
        difference = predictions - targets
        ...  # your line
        return difference

    def assigned(predictions, targets):
        loss = ...
        return loss, predictions

    assert told(faded) == ("not started", "line 3 of your function still holds the placeholder `...`")
    assert told(assigned)[0] == "not started"


def test_an_ellipsis_as_an_index_is_no_placeholder():
    def indexed(predictions, targets):
        return mean_squared_error(predictions[..., :], targets)

    assert told(indexed)[0] == "right"


def test_an_error_names_type_message_line_and_source_and_no_traceback():
    def broken(predictions, targets):
        return predictions.mean() / 0 + undefined  # noqa: F821

    status, words = told(broken)
    assert status == "error"
    assert words.startswith("in case 1 of 3: NameError: name 'undefined' is not defined | line ")
    assert "return predictions.mean() / 0 + undefined" in words
    assert "Traceback" not in words
    assert "difference.size" not in words, "the reference leaks"


def test_a_wrong_signature_is_told_with_the_call():
    status, words = told(lambda predictions: predictions)
    assert status == "error"
    assert words.endswith("it is called as mean_squared_error(predictions, targets)")


def test_a_value_in_place_of_the_function_is_told_with_the_call():
    status, words = told(np.ones(3))
    assert status == "wrong"
    assert "check expects the function itself, you gave a value of type ndarray" in words
    assert 'write check("mean_squared_error", mean_squared_error), without calling it' in words


def test_a_missing_return_is_told():
    assert told(lambda predictions, targets: None)[1] == "your function returns None | is there a `return` at its end?"


def test_right_numbers_in_place_are_wrong_with_the_argument_named():
    def in_place(predictions, targets):
        predictions -= targets
        return np.mean(predictions**2), 2 * predictions / predictions.size

    status, words = told(in_place)
    assert status == "wrong"
    assert words.startswith("your numbers are right, but it writes into what it was given: argument 1 (case 1)")


def test_working_in_place_can_be_a_known_mistake():
    def in_place(predictions, targets):
        predictions -= targets
        return np.mean(predictions**2), 2 * predictions / predictions.size

    also = Mistake("in-place", "the right numbers, written into the predictions", "who else needs them?", in_place)
    assert diagnose_answer(replace(TOY, mistakes=(*TOY.mistakes, also)), in_place).mistakes == ("in-place",)


def test_a_known_mistake_is_still_named_when_the_input_is_changed_too():
    def both(predictions, targets):
        predictions -= targets
        return np.sum(predictions**2), 2 * predictions

    found = diagnose_answer(TOY, both)
    assert found.mistakes == ("sum",)
    assert found.lines[-1] == "and it writes into what it was given: argument 1 (case 1)"


def test_a_known_mistake_in_one_part_is_named_with_the_part_that_is_right():
    def mixed(predictions, targets):
        return mean_squared_error(predictions, targets)[0], rows(predictions, targets)[1]

    found = diagnose_answer(TOY, mixed)
    assert found.mistakes == ("rows",)
    assert found.lines[0] == "in part 2 your result equals a mean over the rows only"
    assert found.lines[-1] == "right already: part 1"


def test_mistakes_that_the_probe_cannot_tell_apart_are_both_named():
    def forgot(predictions, targets):
        return summed(predictions, targets)

    twin = Mistake("twin", "a forgotten division", "what is a mean?", forgot)
    both = replace(TOY, mistakes=(*TOY.mistakes, twin), indistinguishable=(("sum", "twin"),))
    found = diagnose_answer(both, summed)
    assert found.mistakes == ("sum", "twin")
    assert "one of: the sum where a mean is asked for; a forgotten division" in found.lines[0]


def test_a_list_or_float32_is_right_with_a_word_on_it():
    def as_list(predictions, targets):
        loss, gradient = mean_squared_error(predictions, targets)
        return [float(loss), gradient.tolist()]

    def coarse(predictions, targets):
        loss, gradient = mean_squared_error(predictions.astype(np.float32), targets.astype(np.float32))
        return loss, gradient

    assert told(as_list)[1].startswith("right numbers; you return a list where the rule gives an array")
    assert told(coarse)[1].startswith("right numbers; you return float32 where the rule gives float64")


def test_a_property_speaks_where_no_mistake_is_known():
    def flat(predictions, targets):
        loss, gradient = mean_squared_error(predictions, targets)
        return loss, gradient.ravel()

    assert told(flat)[1] == "case 1: your gradient has one axis, shape (6,); the predictions have two"


@pytest.mark.parametrize(
    ("loss", "gradient", "words"),
    [
        (lambda v: v * 3, lambda g: g, "case 1, part 1 (inputs (3, 2), (3, 2)): yours is"),
        (lambda v: v, lambda g: g * 5, "case 1, part 2 (inputs (3, 2), (3, 2)): yours is the right result times 5"),
        (lambda v: v, lambda g: g / g.size, "yours is the right result times 1/6, 1/20, 1/7 in the 3 cases"),
        (lambda v: v, lambda g: g + 1, "yours is the right result plus 1, everywhere"),
        (lambda v: v, lambda g: g[:, ::-1], "yours is the right numbers in another order"),
        (lambda v: v, lambda g: g * 0, "yours is zero everywhere"),
        (lambda v: v, lambda g: g * np.nan, "6 of 6 of your numbers are NaN or infinite"),
        (lambda v: v, lambda g: g.T, "your shape is (2, 3), expected (3, 2) (transposed?)"),
        (lambda v: v, lambda g: g**2 + 0.1, "6 of 6 numbers differ"),
        (lambda v: str(v), lambda g: g, "case 1, part 1"),
        (lambda v: {"loss": v}, lambda g: g, "you give a dict of 1, expected one number"),
    ],
)
def test_an_unknown_fault_is_told_by_the_first_difference(loss, gradient, words):
    def answer(predictions, targets):
        value, slope = mean_squared_error(predictions, targets)
        return loss(value), gradient(slope)

    status, said = told(answer, replace(TOY, properties=()))
    assert status == "wrong"
    assert words in said


def test_a_failing_case_of_the_rule_is_told():
    def rule(x):
        if x < 0:
            raise ValueError("x must not be negative")
        return x

    from course_lib.teaching.exercises.observe import calls

    strict = replace(TOY, reference=rule, observe=lambda f: calls(f, (1.0,), (-1.0,)), accepted=(), mistakes=())
    assert (
        "case 2 (inputs -1.0): the rule raises ValueError here, yours gives one number" in told(lambda x: x, strict)[1]
    )


class Odd:
    def __eq__(self, other):
        raise RuntimeError("no comparison")

    def __array__(self, *_, **__):
        raise RuntimeError("no array")

    __hash__ = None


@pytest.mark.parametrize("value", [Odd(), object(), "text", b"bytes", {1, 2}, 1j, float("nan"), [], {}, type, print])
def test_no_answer_makes_the_diagnosis_raise(value):
    assert diagnose_answer(TOY, lambda *_: value).status in ("wrong", "error")
    for exercise in (AUDIT, ORDER, ATTACK, TOY):
        assert diagnose_answer(exercise, value).status in ("wrong", "error", "not started")


@pytest.mark.parametrize("error", [SystemExit, RecursionError, GeneratorExit, MemoryError, Exception])
def test_no_exception_of_an_answer_passes(error):
    def answer(*_, **__):
        raise error("out")

    assert told(answer)[0] == "error"


def test_an_interrupt_passes():
    def answer(*_, **__):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        diagnose_answer(TOY, answer)


def test_prints_are_kept():
    def loud(predictions, targets):
        print("shape", predictions.shape)
        return mean_squared_error(predictions, targets)

    assert diagnose_answer(TOY, loud).printed.splitlines()[0] == "shape (3, 2)"


def test_an_attack_is_told_by_what_it_killed():
    assert told(ATTACK.reference, ATTACK)[0] == "right"
    found = diagnose_answer(ATTACK, ATTACK.mistakes[0].answer)
    assert found.mistakes == ("ones",)
    assert found.lines[0] == "killed 2 of 4; survived: plus-one, absolute"
    assert found.lines[1] == "your test behaves like a test that only tries ones"

    def strange(version):
        return version(np.array([1.0]))[0] == 2 and version(np.array([-1.0, 1.0]))[0] == 0

    assert told(strange, ATTACK)[1] == "killed 3 of 4; survived: plus-one; false alarm on: times, plus"


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ({"verdict": "not shown", "runs": 1, "entropy": 4.25}, "right", ""),
        ({"verdict": "supported", "runs": 1, "entropy": 4.25}, "wrong", "equals a report taken at its word"),
        ({"verdict": "not shown", "runs": 1}, "wrong", "the key 'entropy' is missing"),
        ({"verdit": "x", "runs": 1, "entropy": 4.25}, "wrong", "unknown key 'verdit'; did you mean 'verdict'?"),
        ({"verdict": "not shown", "runs": None, "entropy": 4.25}, "wrong", "'runs' is still None"),
        ({"verdict": ..., "runs": 1, "entropy": ...}, "not started", "still to fill in: 'verdict', 'entropy'"),
        ({"verdict": None, "runs": None, "entropy": None}, "not started", "every part is still None"),
        (["not shown", 1], "wrong", "a dict with the keys 'verdict', 'runs', 'entropy'; you gave a list"),
        ({"verdict": "not shown", "runs": 2, "entropy": 4.25}, "wrong", "runs: 2 is not right"),
    ],
)
def test_an_audit_is_told_by_its_keys_and_never_given_away(answer, status, words):
    got, said = told(answer, AUDIT)
    assert got == status
    assert words in said
    assert "off by" not in said


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (["forward", "loss", "update", "backward"], "your answer equals an update before the gradient is there"),
        (["loss", "forward", "backward", "update"], "line 1 cannot be 'loss' yet"),
        (["forward", "backward", "loss", "update"], "right up to line 1; line 2 cannot be 'backward' yet"),
        (["forward", "loss"], "2 lines; 2 are missing"),
        (["forward", "loss", "evaluate", "backward", "update"], "'evaluate' does not belong in it"),
        (["forward", "forward", "loss", "backward", "update"], "'forward' stands in it too often"),
        ("forward", "the answer is a list of texts; you gave a str"),
    ],
)
def test_an_order_is_told_by_its_first_wrong_line(answer, words):
    status, said = told(answer, ORDER)
    assert status == "wrong"
    assert words in said
