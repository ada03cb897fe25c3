"""Mutants are single small changes, each another program, with the kind of mistake that it is."""

import numpy as np
import pytest

from course_lib.teaching.exercises.mutants import mutants


def scored(values, weights, *, limit=2):
    """A function with one of nearly everything."""
    total = 0.0
    for value, weight in zip(values, weights, strict=True):
        if value >= limit and weight > 0:
            continue
        total += value * weight
    spread = np.sqrt(np.mean(values**2, axis=0)) + 1e-8
    kept = values.copy()
    return total / spread, -kept.sum(), len(values)


KINDS = {mutant.id: mutant.kind for mutant in mutants(scored)}


@pytest.mark.parametrize(
    ("id", "kind"),
    [
        ("value * weight -> value / weight", "a division where a product belongs"),
        ("value * weight -> value", "one factor missing"),
        ("value >= limit -> value > limit", "a comparison that treats the limit itself otherwise"),
        ("value >= limit and weight > 0 -> value >= limit or weight > 0", "`or` where `and` belongs"),
        ("value >= limit and weight > 0 -> weight > 0", "one condition missing"),
        ("total += value * weight -> total -= value * weight", "a minus where a plus belongs"),
        ("total += value * weight -> total = value * weight", "a value set where it should be added to"),
        ("drop: total += value * weight", "one statement missing"),
        ("np.mean(values ** 2, axis=0) -> np.sum(values ** 2, axis=0)", "a sum where a mean belongs"),
        ("np.mean(values ** 2, axis=0) -> np.mean(values ** 2)", "a missing axis="),
        ("np.mean(values ** 2, axis=0) -> np.mean(values ** 2, axis=1)", "the other axis"),
        ("values ** 2 -> values", "a missing power"),
        ("values.copy() -> values", "a missing copy"),
        ("-kept.sum() -> kept.sum()", "a missing minus"),
        ("-kept.sum() -> -kept.mean()", None),
        ("kept.sum() -> kept.mean()", "a mean where a sum belongs"),
        ("total / spread -> spread / total", "two operands in each other's place"),
        ("total / spread -> total", "a missing division"),
        ("len(values) -> len(values) - 1", "n - 1 where n belongs"),
        ("swap: total / spread <-> -kept.sum()", "two parts in each other's place"),
    ],
)
def test_a_change_has_its_kind(id, kind):
    assert KINDS.get(id) == kind


def test_epsilon_goes_into_the_root():
    (changed,) = [m for m in mutants(scored) if m.kind == "an epsilon inside the root"]
    assert changed.id.endswith("-> np.sqrt(np.mean(values ** 2, axis=0) + 1e-08)")


def test_every_mutant_is_another_program_that_can_be_compiled_and_ids_are_unique():
    made = list(mutants(scored))
    assert len(made) > 40
    assert len({mutant.id for mutant in made}) == len(made)
    for mutant in made:
        assert mutant.function.__name__ == "scored"


def test_statements_that_do_not_depend_on_each_other_are_not_swapped():

    found = [mutant.id for mutant in mutants(_independent) if mutant.id.startswith("swap: c = ")]
    assert found == []
    assert [mutant.id for mutant in mutants(_independent) if mutant.id == "swap: d = b + 1 <-> e = c + d"]


def _independent(a, b):
    c = a + 1
    d = b + 1
    e = c + d
    return e


def test_a_mutant_does_what_its_id_says():
    by_id = {mutant.id: mutant.function for mutant in mutants(_independent)}
    assert by_id["a + 1 -> a - 1"](1, 1) == 2
    assert by_id["b + 1 -> b"](1, 1) == 3
    assert by_id["1 -> 2"](1, 1) == 5
    assert by_id["1 -> 2 (2)"](1, 1) == 5
