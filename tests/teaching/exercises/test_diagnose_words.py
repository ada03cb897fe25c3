"""The words of a card: "equals" or "behaves like", and what a test that returns nothing is told."""

from dataclasses import replace

from course_lib.teaching.exercises.diagnose import diagnose_answer
from course_lib.teaching.exercises.exercise import Property
from course_lib.teaching.exercises.observe import Detail
from tests.teaching.toy import ATTACK, TOY, doubles_it, observe, summed


def told(answer, exercise=TOY):
    found = diagnose_answer(exercise, answer)
    return found.status, " | ".join(found.lines)


def test_a_test_without_a_return_is_told_and_never_right():
    def only_asserts(version):
        assert doubles_it(version)

    def forgot_true(version):
        if not doubles_it(version):
            return False

    def forgot_false(version):
        if doubles_it(version):
            return True

    for answer in (lambda version: None, only_asserts, forgot_true):
        assert told(answer, ATTACK) == (
            "wrong",
            "your test returned None for a right one: end it with `return True`",
        )
    status, words = told(forgot_false, ATTACK)
    assert status == "wrong"
    assert words.startswith("your test returned None for a wrong one (plus-one): return False there | which path")


def test_where_traits_are_compared_the_card_says_behaves_like_and_no_difference():
    def traits(function):
        seen = observe(function)
        return {case: {"loss": str(facts["result"][0]), "rows": Detail(facts)} for case, facts in seen.items()}

    status, words = told(summed, replace(TOY, observe=traits, properties=()))
    assert (status, words) == (
        "wrong",
        "your result behaves like the sum where a mean is asked for | how does the loss grow with the batch?",
    )


def test_a_property_may_ask_its_question_on_a_line_of_its_own():
    asking = replace(TOY, properties=(Property("two lines", lambda seen, right: "one\ntwo?"),))
    assert diagnose_answer(asking, lambda predictions, targets: (0.1, predictions)).lines == ("one", "two?")
