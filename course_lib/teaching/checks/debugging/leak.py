"""A test that finds leaks: the splits that it must accept and reject, and the known weak tests."""

from typing import Any

import numpy as np

from course_lib.teaching.exercises.kinds import attack

_ROWS = np.random.default_rng(11).normal(0.0, 1.0, (30, 4))
_TRAIN, _TEST = _ROWS[:20], _ROWS[20:]


Split = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # training and test rows, the groups of both


def _split(train: np.ndarray = _TRAIN, test: np.ndarray = _TEST) -> Split:
    """Every row of its own group."""
    return train, test, np.arange(len(train)), 100 + np.arange(len(test))


def _with(rows: np.ndarray, place: int, row: Any) -> np.ndarray:
    changed = rows.copy()
    changed[place] = row
    return changed


def all_pairs(train_x, test_x, train_groups, test_groups):
    same = np.isclose(test_x[:, None, :], train_x[None, :, :], rtol=0, atol=1e-6).all(axis=2)
    return not same.any() and not set(train_groups.tolist()) & set(test_groups.tolist())


def rounded_sets(train_x, test_x, train_groups, test_groups):
    def rows(x):
        return {tuple(np.round(row, 5) + 0.0) for row in x}

    return not rows(train_x) & rows(test_x) and not set(train_groups.tolist()) & set(test_groups.tolist())


def no_leak(train_x: np.ndarray, test_x: np.ndarray, train_groups: np.ndarray, test_groups: np.ndarray) -> bool:
    """Whether two parts of a data set share nothing by which a test row could be recognised.

    train_x (n, f), test_x (m, f) are rows of numbers, train_groups (n,), test_groups (m,) say whose rows
    they are (a patient, a writer). False when a group is in both parts, or when a test row is a training
    row up to differences of 1e-6 in every feature.
    """
    if np.intersect1d(train_groups, test_groups).size:
        return False
    for row in test_x:
        largest = np.abs(train_x - row).max(axis=1)  # (n,): the largest difference to each training row
        if largest.min() <= 1e-6:
            return False
    return True


NO_LEAK = attack(
    "no_leak: Attack: a test that finds leaks | difficulty 3, 20 minutes",
    no_leak,
    call=lambda test, split: test(*(part.copy() for part in split)),
    right={
        "clean": _split(),
        "a neighbour": _split(test=_with(_TEST, 3, _TRAIN[7] + [0, 0, 0, 0.01])),
        "0.0001 apart": _split(test=_with(_TEST, 7, _TRAIN[3] + [0, 0.0001, 0, 0])),
        "3 equal features": _split(test=_with(_TEST, 0, [*_TRAIN[5][:3], 9.0])),
        "large numbers": _split(1000 * _TRAIN, _with(1000 * _TEST, 2, 1000 * _TRAIN[6] + [0, 0, 0.002, 0])),
        "columns exchanged": _split(test=_with(_TEST, 2, _TRAIN[4][::-1])),
        "copies in train": _split(train=_with(_TRAIN, 1, _TRAIN[0])),
        "copies in test": _split(test=_with(_TEST, 1, _TEST[0])),
        "many rows each": (_TRAIN, _TEST, np.arange(20) // 5, 100 + np.arange(10) // 5),
        "names": (_TRAIN, _TEST, np.array(["ada", "eve"] * 10), np.array(["ian"] * 10)),
        "one row": _split(test=_TEST[:1]),
    },
    planted={
        "copy": _split(test=_with(_TEST, 4, _TRAIN[9])),
        "copy at the end": _split(test=_with(_TEST, 9, _TRAIN[19])),
        "copy at the start": _split(test=_with(_TEST, 0, _TRAIN[0])),
        "copy in place": _split(test=_with(_TEST, 5, _TRAIN[5])),
        "copy rounded": _split(test=_with(_TEST, 4, _TRAIN[9] + [1e-9, -1e-9, 0, 2e-9])),
        "copy in float32": _split(test=_with(_TEST, 6, _TRAIN[2].astype(np.float32))),
        "copy to 7e-7": _split(test=_with(_TEST, 6, _TRAIN[8] + 7e-7)),
        "patient": (_TRAIN, _TEST, np.arange(20), 19 + np.arange(10)),
        "patient by name": (_TRAIN, _TEST, np.array(["ada", "eve"] * 10), np.array(["ian"] * 9 + ["eve"])),
        "last patient": (_TRAIN, _TEST, np.arange(20), np.array([*range(50, 59), 0])),
        "all copies": _split(test=_TRAIN[:10]),
    },
    also="""
    all_pairs: all pairs at once, with np.isclose
    rounded_sets: rows rounded to five digits, in a set
    """,
    wrong="""
    exact_only: a test for exact equality | what is left of equality when a file was stored in float32?
        largest.min() <= 1e-6 -> largest.min() == 0
    rows_only: a test of the rows alone | two images of one patient are no copies; does one tell of the other?
        drop: if np.intersect1d(A, B).size: ...
    groups_only: a test of the groups alone | what if one row was stored under two names?
        drop: for row in test_x: ...
    place_by_place: a test that compares rows at the same place | must a copy stand at the same place in both parts?
        for row in test_x: ... -> for row, train_x in zip(test_x, train_x[:, None]): ...
    any_feature: an alarm for one equal feature | how many features of two different rows may agree?
        A.max(axis=1) -> A.min(axis=1)
    sums_compared: a test that compares the sums of rows | can two different rows have the same sum?
        np.abs(train_x - row).max(axis=1) -> np.abs(train_x.sum(axis=1) - row.sum())
    loose: a test that takes neighbours for copies | by how much do two different samples differ at least?
        1e-6 -> {0.1|0.02}
    too_loose: a test with a tolerance far above the 1e-6 that is asked for
        | how far apart may two numbers be that were rounded to float32?
        1e-6 -> {1e-3|5e-4}
    relative: a test with a tolerance that grows with the numbers, as that of np.allclose does
        | in which units are 1e-6 meant, where a feature is 1000?
        np.abs(train_x - row).max(axis=1) -> (np.abs(train_x - row) / (1 + {10|1000} * np.abs(row))).max(axis=1)
    too_strict: a test with a tolerance far below the 1e-6 that is asked for
        | up to which difference is a row called a copy?
        1e-6 -> {1e-7|1e-8|5e-7}
    within_parts: an alarm for copies within one part | between which two parts does a leak run?
        for row in test_x: ... -> for k, row in enumerate(np.vstack([test_x, train_x])): ...
        train_x - row -> np.delete(np.vstack([test_x, train_x]), k, axis=0) - row
    first_row: a test of the first test row | in which row may a leak stand?
        test_x -> test_x[:1]
    groups_repeated: an alarm for a group with several rows | may a patient have many rows in one part?
        first: repeated = len(set(train_groups.tolist())) < len(train_groups)
        np.intersect1d(train_groups, test_groups).size -> repeated or np.intersect1d(train_groups, test_groups).size
    all_shared: a test that wants all rows or all groups shared | how many shared rows make a leak?
        np.intersect1d(train_groups, test_groups).size -> np.isin(test_groups, train_groups).all()
        for row in test_x: ...
        -> if all(np.abs(train_x - row).max(axis=1).min() <= 1e-6 for row in test_x): return False
    exchanged: a test with True and False exchanged | what shall it return for a clean split?
        every return False -> return None; return True -> return False; every return None -> return True
    accepts_all: a test that accepts everything | does a path lead to `return False`?
        first: return True
    rejects_all: a test that rejects everything | what does it find in a clean split?
        first: return False
    """,
    alarm="a clean split is rejected ({name}): what exactly makes two rows copies, or two groups one?",
    survived="survived: {name}; would a test row be recognised there?",
    hints="""
    Two questions: is a group in both parts? Is a test row a training row, up to 1e-6 in every feature?
    np.abs(train_x - row) has the shape (n, f); a copy is a row of it whose largest entry is at most 1e-6.
    Groups may be numbers or names; sets, or np.intersect1d, take both.
    """,
    not_tested="copies that were rotated, cropped or rescaled, and how long it takes on large data",
)
