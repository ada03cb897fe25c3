"""Does the learner's leak test find leaks and let clean splits pass? The check of no_leak."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_debugging import no_leak
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, known
from course_lib.teaching.exercises.observe import attack

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []
_ROWS = np.random.default_rng(11).normal(0.0, 1.0, (30, 4))


@dataclass(frozen=True)
class Split:
    """Rows of two parts and whose they are."""

    train_x: np.ndarray
    test_x: np.ndarray
    train_groups: np.ndarray
    test_groups: np.ndarray


def _split(train: np.ndarray = _ROWS[:20], test: np.ndarray = _ROWS[20:]) -> Split:
    """Every row of its own group."""
    return Split(train, test, np.arange(len(train)), 100 + np.arange(len(test)))


def _with(rows: np.ndarray, place: int, row: np.ndarray) -> np.ndarray:
    changed = rows.copy()
    changed[place] = row
    return changed


_TRAIN, _TEST = _ROWS[:20], _ROWS[20:]
_ALIKE = _with(_TEST, 3, _TRAIN[7] + [0, 0, 0, 0.01])
RIGHT = {
    "clean": _split(),
    "a neighbour": _split(test=_ALIKE),
    "3 equal features": _split(test=_with(_TEST, 0, [*_TRAIN[5][:3], 9.0])),
    "columns exchanged": _split(test=_with(_TEST, 2, _TRAIN[4][::-1])),
    "copies in train": _split(train=_with(_TRAIN, 1, _TRAIN[0])),
    "copies in test": _split(test=_with(_TEST, 1, _TEST[0])),
    "many rows each": Split(_TRAIN, _TEST, np.arange(20) // 5, 100 + np.arange(10) // 5),
    "names": Split(_TRAIN, _TEST, np.array(["ada", "eve"] * 10), np.array(["ian"] * 10)),
    "one row": _split(test=_TEST[:1]),
}
PLANTED = {
    "copy": _split(test=_with(_TEST, 4, _TRAIN[9])),
    "copy at the end": _split(test=_with(_TEST, 9, _TRAIN[19])),
    "copy at the start": _split(test=_with(_TEST, 0, _TRAIN[0])),
    "copy in place": _split(test=_with(_TEST, 5, _TRAIN[5])),
    "copy rounded": _split(test=_with(_TEST, 4, _TRAIN[9] + [1e-9, -1e-9, 0, 2e-9])),
    "copy in float32": _split(test=_with(_TEST, 6, _TRAIN[2].astype(np.float32))),
    "patient": Split(_TRAIN, _TEST, np.arange(20), 19 + np.arange(10)),
    "patient by name": Split(_TRAIN, _TEST, np.array(["ada", "eve"] * 10), np.array(["ian"] * 9 + ["eve"])),
    "last patient": Split(_TRAIN, _TEST, np.arange(20), np.array([*range(50, 59), 0])),
    "all copies": _split(test=_TRAIN[:10]),
}


def _closest(train_x, test_x):
    """Largest difference of a feature, for every pair of rows (m, n)."""
    return np.abs(test_x[:, None, :] - train_x[None, :, :]).max(axis=2)


def _shared(one, other):
    return bool(set(np.asarray(one).tolist()) & set(np.asarray(other).tolist()))


@also_right(_RIGHT, "all pairs at once, with np.isclose")
def all_pairs(train_x, test_x, train_groups, test_groups):
    same = np.isclose(test_x[:, None, :], train_x[None, :, :], rtol=0, atol=1e-6).all(axis=2)
    return not same.any() and not _shared(train_groups, test_groups)


@also_right(_RIGHT, "rows rounded to five digits, in a set")
def rounded_sets(train_x, test_x, train_groups, test_groups):
    def rows(x):
        return {tuple(np.round(row, 5) + 0.0) for row in x}

    return not rows(train_x) & rows(test_x) and not _shared(train_groups, test_groups)


@known(_WRONG, "a test for exact equality", "what is left of equality when a file was stored in float32?")
def exact_only(train_x, test_x, train_groups, test_groups):
    return not _shared(train_groups, test_groups) and not (_closest(train_x, test_x) == 0).any()


@known(_WRONG, "a test of the rows alone", "two images of one patient are no copies; does one tell of the other?")
def rows_only(train_x, test_x, train_groups, test_groups):
    return not (_closest(train_x, test_x) <= 1e-6).any()


@known(_WRONG, "a test of the groups alone", "what if one row was stored under two names?")
def groups_only(train_x, test_x, train_groups, test_groups):
    return not _shared(train_groups, test_groups)


@known(_WRONG, "a test that compares rows at the same place", "must a copy stand at the same place in both parts?")
def place_by_place(train_x, test_x, train_groups, test_groups):
    count = min(len(train_x), len(test_x))
    same = (np.abs(train_x[:count] - test_x[:count]).max(axis=1) <= 1e-6).any()
    return not same and not _shared(train_groups, test_groups)


@known(_WRONG, "an alarm for one equal feature", "how many features of two different rows may agree?")
def any_feature(train_x, test_x, train_groups, test_groups):
    close = np.abs(test_x[:, None, :] - train_x[None, :, :]).min(axis=2) <= 1e-6
    return not close.any() and not _shared(train_groups, test_groups)


@known(_WRONG, "a test that compares the sums of rows", "can two different rows have the same sum?")
def sums_compared(train_x, test_x, train_groups, test_groups):
    close = np.abs(test_x.sum(axis=1)[:, None] - train_x.sum(axis=1)[None, :]) <= 1e-6
    return not close.any() and not _shared(train_groups, test_groups)


@known(_WRONG, "a test that takes neighbours for copies", "by how much do two different samples differ at least?")
def loose(train_x, test_x, train_groups, test_groups):
    return not (_closest(train_x, test_x) <= 0.1).any() and not _shared(train_groups, test_groups)


@known(_WRONG, "an alarm for copies within one part", "between which two parts does a leak run?")
def within_parts(train_x, test_x, train_groups, test_groups):
    rows = np.vstack([train_x, test_x])
    close = (_closest(rows, rows) <= 1e-6).sum() > len(rows)
    return not close and not _shared(train_groups, test_groups)


@known(_WRONG, "a test of the first test row", "in which row may a leak stand?")
def first_row(train_x, test_x, train_groups, test_groups):
    return not (_closest(train_x, test_x[:1]) <= 1e-6).any() and not _shared(train_groups, test_groups)


@known(_WRONG, "an alarm for a group with several rows", "may a patient have many rows in one part?")
def groups_repeated(train_x, test_x, train_groups, test_groups):
    several = len(set(train_groups.tolist())) < len(train_groups)
    return not several and no_leak(train_x, test_x, train_groups, test_groups)


@known(_WRONG, "a test that wants all rows or all groups shared", "how many shared rows make a leak?")
def all_shared(train_x, test_x, train_groups, test_groups):
    copies = (_closest(train_x, test_x).min(axis=1) <= 1e-6).all()
    return not copies and not set(test_groups.tolist()) <= set(train_groups.tolist())


@known(_WRONG, "a test with True and False exchanged", "what shall it return for a clean split?")
def exchanged(train_x, test_x, train_groups, test_groups):
    return not no_leak(train_x, test_x, train_groups, test_groups)


@known(_WRONG, "a test that accepts everything", "does a path lead to `return False`?")
def accepts_all(train_x, test_x, train_groups, test_groups):
    return True


@known(_WRONG, "a test that rejects everything", "what does it find in a clean split?")
def rejects_all(train_x, test_x, train_groups, test_groups):
    return False


def _observe(answer: Callable[..., Any]) -> dict[str, Any]:
    def test(split: Split) -> Any:
        groups = split.train_groups.copy(), split.test_groups.copy()
        return answer(split.train_x.copy(), split.test_x.copy(), *groups)

    return attack(test, right=RIGHT, planted=PLANTED)


def _reading(seen: Any, right: Any) -> str | None:
    alarms = [name for name, accepted in seen["right"].items() if accepted is not True]
    alive = [name for name, accepted in seen["planted"].items() if accepted is not False]
    if alarms:
        return f"a clean split is rejected ({alarms[0]}): what exactly makes two rows copies, or two groups one?"
    return f"survived: {alive[0]}; would a test row be recognised there?" if alive else None


NO_LEAK = Exercise(
    slug="no_leak",
    title="Attack: a test that finds leaks",
    kind="attack",
    core=False,
    difficulty=3,
    minutes=20,
    reference=no_leak,
    observe=_observe,
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("what survived", _reading),),
    hints=(
        "Two questions: is a group in both parts? Is a test row a training row, up to 1e-6 in every feature?",
        "np.abs(train_x - row) has the shape (n, f); a copy is a row of it whose largest entry is at most 1e-6.",
        "Groups may be numbers or names; sets, or np.intersect1d, take both.",
    ),
    not_tested="copies that were rotated, cropped or rescaled, and how long it takes on large data",
    indistinguishable=all_the_same(_RIGHT),
)
