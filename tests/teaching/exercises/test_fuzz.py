"""A check never raises and never accepts, whatever odd value an answer is, holds or returns."""

import contextlib
import io

import pytest

from course_lib.teaching.exercises import registry
from course_lib.teaching.exercises.card import verdict_of
from course_lib.teaching.exercises.diagnose import diagnose
from course_lib.teaching.exercises.limit import limited
from tests.teaching.exercises.odd_values import ODD

ENTRIES = list(registry.entries())


def answers(exercise, make):
    """The odd value as the answer, as its first part, as what a function returns, and in a tuple that it returns."""
    if callable(exercise.reference):
        yield lambda *_, **__: make()
        yield lambda *_, **__: (make(), make(), make())
        return
    yield make()
    if isinstance(exercise.reference, dict):
        first = next(iter(exercise.reference))
        yield exercise.reference | {first: make()}
    else:
        yield [make(), *exercise.reference[1:]]


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Endless values are given up early, and mutants are not searched for: neither is in question here."""
    monkeypatch.setattr("course_lib.teaching.exercises.diagnose.limited", lambda: limited(0.2))
    monkeypatch.setattr("course_lib.teaching.exercises.match.SEARCH_SECONDS", 0.0)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.number}-{entry.exercise.slug}")
def test_a_check_never_raises(entry):
    assert len(ODD) >= 31
    for name, make in ODD.items():
        for answer in answers(entry.exercise, make):
            with contextlib.redirect_stdout(io.StringIO()):
                found = diagnose(entry.exercise, answer)
            assert found.status in ("wrong", "error", "not started"), f"{name}: {found.status}"
            assert verdict_of(entry.exercise, entry.number, found).text
