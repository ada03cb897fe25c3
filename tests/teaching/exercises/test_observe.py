"""The probe records what an answer does, and leaves everything else as it was."""

import io

import numpy as np
import pytest

from course_lib.teaching.exercises.observe import Case, Raised, calls, observed_attack, probing


def test_every_case_gets_a_fresh_copy_and_a_change_is_told():
    given = np.array([1.0, 2.0])

    def grow(x):
        x += 1
        return x

    seen = calls(grow, (given,), (given,))
    assert given.tolist() == [1.0, 2.0]
    assert seen["case 1"]["result"].tolist() == seen["case 2"]["result"].tolist() == [2.0, 3.0]
    assert seen["case 1"]["inputs changed"] == "argument 1"
    assert calls(lambda x: x + 1, (given,))["case 1"]["inputs changed"] == "none"


def test_a_changed_keyword_is_named():
    seen = calls(lambda x, *, seen: seen.append(x), Case(1, seen=[]))
    assert seen["case 1"]["inputs changed"] == "seen"


def test_a_generator_used_up_is_not_a_changed_argument():
    seen = calls(lambda rng: rng.normal(size=3), (np.random.default_rng(0),))
    assert seen["case 1"]["inputs changed"] == "none"


def test_a_result_that_is_state_is_copied():
    state = np.zeros(2)

    def step(x):
        state[:] += x
        return state

    seen = calls(step, (1.0,), (1.0,))
    assert seen["case 1"]["result"].tolist() == [1.0, 1.0]


def test_an_exception_is_recorded_for_its_case_with_the_learners_line():
    def half(x):
        if x == 0:
            raise ZeroDivisionError("no half of nothing")
        return x / 2

    seen = calls(half, (0,), (4,))
    caught = seen["case 1"]["result"]
    assert (caught.type, caught.message) == ("ZeroDivisionError", "no half of nothing")
    assert caught.source == 'raise ZeroDivisionError("no half of nothing")'
    assert seen["case 2"]["result"] == 2


def test_the_line_is_the_learners_even_when_numpy_raises():
    def inverse(x):
        return np.linalg.inv(x)

    assert calls(inverse, (np.zeros((2, 2)),))["case 1"]["result"].source == "return np.linalg.inv(x)"


def test_what_a_generator_yields_is_taken_and_its_exception_too():
    def good():
        yield from (1, 2)

    def bad():
        yield 1
        raise ValueError("after one")

    def endless():
        while True:
            yield 1

    assert calls(good, ())["case 1"]["result"] == [1, 2]
    assert calls(bad, ())["case 1"]["result"] == Raised("ValueError")
    assert len(calls(endless, ())["case 1"]["result"]) == 10_000


@pytest.mark.parametrize("error", [SystemExit, RecursionError, MemoryError])
def test_nothing_that_an_answer_raises_passes(error):
    def answer():
        raise error

    assert calls(answer, ())["case 1"]["result"] == Raised(error.__name__)


def test_only_an_interrupt_passes():
    def answer(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        calls(answer, ())
    with pytest.raises(KeyboardInterrupt):
        observed_attack(answer, right={"one": 1}, planted={})


def test_a_test_accepts_by_true_rejects_by_false_or_assert_and_none_is_kept():
    def test(version):
        assert version != "asserted"
        if version == "crash":
            raise TypeError("crash")
        return None if version == "nothing" else version != "false"

    seen = observed_attack(
        test, right={"a": "nothing", "b": "true", "c": "crash"}, planted={"d": "false", "e": "asserted", "f": "crash"}
    )
    assert seen["right"] == {"a": None, "b": True, "c": Raised("TypeError")}
    assert seen["planted"] == {"d": False, "e": False, "f": False}


def test_probing_keeps_prints_silences_warnings_and_puts_the_random_state_back(capsys):
    np.random.seed(3)
    expected = np.random.random()
    np.random.seed(3)
    printed = io.StringIO()
    with probing(printed):
        np.random.random(5)
        print("inside", np.log(np.zeros(1)))
    assert np.random.random() == expected
    assert printed.getvalue() == "inside [-inf]\n"
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ([], "returns a list, which counts as True unless it is empty"),
        ("ok", "returns a str, which counts as True unless it is empty"),
        (0.25, "returns a number, which counts as True unless it is 0"),
        (np.array([True, False]), "returns an array (2,), which is no single True or False"),
    ],
)
def test_a_test_that_returns_neither_true_nor_false_is_told_so(said, form):
    assert observed_attack(lambda version: said, right={"one": 1}, planted={})["form"] == form


@pytest.mark.parametrize("said", [True, np.True_, np.array([True]), 1, None])
def test_a_single_truth_of_any_type_needs_no_word(said):
    assert "form" not in observed_attack(lambda version: said, right={"one": 1}, planted={})


def test_a_test_that_does_not_end_for_one_version_is_told_which(monkeypatch):
    monkeypatch.setattr("course_lib.teaching.exercises.observe.VERSION_SECONDS", 0.2)

    def test(version):
        while version == "stays":
            pass
        return True

    seen = observed_attack(test, right={"moves": "moves"}, planted={"stays": "stays"})
    assert seen["form"] == "does not end for a version that is wrong (stays)"


@pytest.mark.parametrize(("wrapper", "told"), [("library", False), ("learner", True)])
def test_a_function_that_its_own_library_wraps_is_no_effect_of_the_answer(wrapper, told, monkeypatch):
    def wrapped(*given):
        return None

    if wrapper == "library":
        wrapped.__code__ = wrapped.__code__.replace(co_filename=np.__file__)
    monkeypatch.setattr(np, "cosh", np.cosh)
    with probing(io.StringIO()) as effects:
        np.cosh = wrapped
    assert ("replaced" in effects.told) == told
