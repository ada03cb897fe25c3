"""Every registered exercise keeps the demands on a check: one test per exercise and demand group."""

import contextlib
import io

import pytest

from course_lib.teaching.check import table_of_checks
from course_lib.teaching.exercises import registry
from course_lib.teaching.exercises.card import verdict_of
from course_lib.teaching.exercises.diagnose import diagnose_answer
from course_lib.teaching.exercises.exercise import MOST_HINTS
from course_lib.teaching.exercises.limit import limited
from course_lib.teaching.exercises.mutants import equivalents, mutants
from course_lib.teaching.exercises.weaknesses import weaknesses
from tests.teaching.entries import named
from tests.teaching.odd_values import ODD

ENTRIES = list(registry.entries())
FUNCTIONS = [entry for entry in ENTRIES if entry.exercise.kind in ("implement", "faded")]
NONE_YET = "no sheet is registered: course_lib/teaching/checks holds no sheet_NN"


@pytest.fixture
def quick(monkeypatch):
    """What does not end is given up early, and nothing is searched for: neither is in question here."""
    monkeypatch.setattr("course_lib.teaching.exercises.diagnose.limited", lambda: limited(0.5))
    monkeypatch.setattr("course_lib.teaching.exercises.candidates.SEARCH_SECONDS", 0.0)
    monkeypatch.setattr("course_lib.teaching.exercises.observe.MOST_ITEMS", 500)


@pytest.mark.parametrize(
    "entry", ENTRIES or [pytest.param(None, marks=pytest.mark.skip(reason=NONE_YET))], ids=named if ENTRIES else None
)
def test_the_check_is_strong(entry):
    found = weaknesses(entry.exercise)
    assert not found, f"{entry.number} {entry.exercise.slug}:\n" + "\n".join(found)


@pytest.mark.parametrize("entry", FUNCTIONS, ids=named)
def test_no_mutant_is_accepted_unless_it_is_listed_as_equivalent(entry, quick):
    listed = equivalents(entry.exercise.slug, entry.exercise.equivalent)
    accepted = {
        mutant.id
        for mutant in mutants(entry.exercise.reference)
        if mutant.is_python and diagnose_answer(entry.exercise, mutant.function).status == "right"
    }
    assert accepted - set(listed) == set(), "accepted, and not listed with a reason in `equivalent`"
    assert set(listed) - accepted == set(), "listed as equivalent, and not accepted (any more)"


def odd_answers(exercise, make):
    """The odd value as the answer, as its first part, as what a function returns, and in a tuple that it returns."""
    if callable(exercise.reference):
        yield lambda *_, **__: make()
        yield lambda *_, **__: (make(), make(), make())
        return
    yield make()
    if isinstance(exercise.reference, dict):
        yield exercise.reference | {next(iter(exercise.reference)): make()}
    else:
        yield [make(), *exercise.reference[1:]]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("entry", ENTRIES, ids=named)
def test_a_check_never_raises_whatever_comes_back(entry, quick):
    assert len(ODD) >= 31
    for name, make in ODD.items():
        for answer in odd_answers(entry.exercise, make):
            with contextlib.redirect_stdout(io.StringIO()):
                found = diagnose_answer(entry.exercise, answer)
            assert found.status in ("wrong", "error", "not started"), f"{name}: {found.status}"
            assert verdict_of(entry.exercise, entry.number, found).text


@pytest.mark.skipif(not ENTRIES, reason=NONE_YET)
def test_slugs_are_unique_over_all_sheets():
    slugs = [entry.exercise.slug for entry in ENTRIES]
    assert sorted(set(slugs)) == sorted(slugs)


@pytest.mark.skipif(not ENTRIES, reason=NONE_YET)
def test_hints_are_few_and_whole_sentences():
    for entry in ENTRIES:
        assert len(entry.exercise.hints) <= MOST_HINTS
        assert all(text.strip() for text in entry.exercise.hints), f"{entry.exercise.slug} has an empty hint"


@pytest.mark.skipif(not ENTRIES, reason=NONE_YET)
def test_every_exercise_says_what_its_check_does_not_test():
    silent = [entry.exercise.slug for entry in ENTRIES if not entry.exercise.not_tested.strip()]
    assert not silent, f"not_tested is empty for {silent}"


@pytest.mark.skipif(not ENTRIES, reason=NONE_YET)
def test_the_table_has_a_line_for_every_exercise(monkeypatch):
    """Of one sheet: what a line says takes all the answers of its exercise, which the tests above have compared."""
    sheet = [entry for entry in ENTRIES if entry.sheet == ENTRIES[0].sheet]
    monkeypatch.setattr(registry, "entries", lambda: iter(sheet))
    lines = table_of_checks().splitlines()
    assert len(lines) == len(sheet) + 1
    for entry, line in zip(sheet, lines[1:], strict=True):
        assert entry.number in line
        assert entry.exercise.slug in line
