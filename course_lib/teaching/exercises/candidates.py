"""Answers made of what an exercise knows: two mistakes at once, and generated mutants, observed as far as they fit."""

import contextlib
import io
import time
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from typing import Any

from course_lib.teaching.exercises.compare import MOST_TOLERANCE, distance, gap_within, same, tolerance_for
from course_lib.teaching.exercises.effects import seeded
from course_lib.teaching.exercises.exercise import Exercise
from course_lib.teaching.exercises.known import crashes, observations
from course_lib.teaching.exercises.limit import TookTooLong, limited
from course_lib.teaching.exercises.mutants import Mutant, equivalents, mutants

SEARCH_SECONDS = 3.0  # of processor time for pairs and mutants at one check; what was observed is kept for the next


def _alike(exercise: Exercise, seen: Any, theirs: Any, right: Any) -> bool:
    """The same observation, which says something: it crashes nowhere, and differs from the right one."""
    if crashes(theirs, right):
        return False
    if gap_within(seen, theirs, exercise.tolerance) is None:
        return False
    least = 10 * tolerance_for(seen, theirs, exercise.tolerance)
    return distance(theirs, right, most=least) > least


class _Candidate:
    """A pair or a mutant: observed on the first case, and on all of them only where it fits there."""

    def __init__(self, exercise: Exercise, what: Any, answer: Any) -> None:
        self.exercise, self.what, self.answer = exercise, what, answer
        self.opening = _try(answer, exercise.opening) if exercise.opening else {}
        self.later = dict[int, Any]()  # cases by their place, as far as they were asked for

    @cached_property
    def seen(self) -> Any:
        """The observation; None where there is none, and where one of the two mistakes of a pair does not show."""
        seen = _try(self.answer, self.exercise.observe)
        if seen is None or isinstance(self.what, Mutant):
            return seen
        known = observations(self.exercise)
        return None if any(same(seen, known[name]) for name in self.what.id.split("-and-")) else seen

    def fits(self, seen: Any, right: Any) -> bool:
        """Whether it gives this observation."""
        if self.opening is None:
            return False
        most = MOST_TOLERANCE * self.exercise.tolerance
        start = {case: seen.get(case) for case in self.opening} if isinstance(seen, dict) else seen
        near = not self.opening or (distance(start, self.opening, most) <= most and self._near(seen, most))
        return near and self.seen is not None and _alike(self.exercise, seen, self.seen, right)

    def _near(self, seen: Any, most: float) -> bool:
        """Whether the later cases are near, one after the other: the first that is not spares the rest."""
        for place, case in enumerate(seen):
            if place and "seen" not in vars(self):  # the whole observation is kept where it was made
                if place not in self.later:
                    one = _try(self.answer, lambda answer, place=place: self.exercise.opening(answer, place))
                    self.later[place] = next(iter(one.values()), None) if one else None
                if distance(seen[case], self.later[place], most) > most:
                    return False
        return True


class _Search:
    """Candidates, made while there is time and kept for the next check."""

    def __init__(self, candidates: Iterator[_Candidate]) -> None:
        self.candidates, self.kept = candidates, list[_Candidate]()

    def fitting(self, seen: Any, right: Any) -> Iterator[_Candidate]:
        """Those that give this observation."""
        end = time.process_time() + SEARCH_SECONDS
        for candidate in self.kept:
            if time.process_time() < end and candidate.fits(seen, right):
                yield candidate
        while time.process_time() < end and (candidate := next(self.candidates, None)) is not None:
            self.kept.append(candidate)
            if candidate.fits(seen, right):
                yield candidate


@lru_cache(maxsize=256)
def pairs_of(exercise: Exercise) -> _Search:
    """The search among two known mistakes at once."""
    made = exercise.pairs() if exercise.pairs else ()
    return _Search(_Candidate(exercise, pair, pair.answer) for pair in made)


@lru_cache(maxsize=256)
def mutants_of(exercise: Exercise) -> _Search:
    """The search among the generated mutants that are not listed as equivalent."""
    equal = equivalents(exercise.slug, exercise.equivalent)
    wanted = (mutant for mutant in mutants(exercise.reference) if mutant.id not in equal)
    return _Search(_Candidate(exercise, mutant, mutant.function) for mutant in wanted if mutant.is_python)


def _try(answer: Any, observe: Callable[[Any], Any]) -> Any:
    """The observation of an answer, or None where it crashes the probe or does not end."""
    try:
        with limited(1.0), seeded(), contextlib.redirect_stdout(io.StringIO()):
            return observe(answer)
    except KeyboardInterrupt:
        raise
    except (Exception, TookTooLong):
        return None
