"""An exercise as data: a reference, accepted variants, known mistakes, and the observation that separates them.

Authors write exercises by the functions of `kinds`, in tables; `course_lib/teaching/checks/sheet_NN.py` lists those
of a sheet in `SHEET`, and the number on the sheet ("1.3") is the sheet's number and the place in SHEET.
`tests/test_exercises.py` holds every exercise to the demands of `weaknesses`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from course_lib.core.validation import validate_above, validate_choice, validate_interval

KINDS = ("implement", "faded", "order", "find", "attack", "audit")
REFERENCE = "reference"  # the id under which the reference stands beside variants and mistakes
MOST_HINTS = 3
_HEAD = re.compile(r"([^\s:]+): ([^|]+?)(?: \| (core, )?(?:difficulty ([123]), )?(\d+) minutes)?")
_ID = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")


def headed(head: str, hints: str = "", **about: Any) -> dict[str, Any]:
    """The fields in the head of an exercise, "slug: title | core, difficulty 2, 15 minutes", and in `about`.

    What is not said is: not core, difficulty 1, 10 minutes. Each line of `hints` is one; with "|" at its front it goes
    on with the line before.
    """
    found = _HEAD.fullmatch(head)
    if found is None:
        raise ValueError(f"a head is written like 'slug: title | core, difficulty 2, 15 minutes', got {head!r}")
    slug, title, core, difficulty, minutes = found.groups()
    size = {"core": bool(core), "difficulty": int(difficulty or 1), "minutes": int(minutes or 10)}
    lines = tuple(filter(None, map(str.strip, re.sub(r"\s*\n\s*\|", "", hints).splitlines())))
    return {"slug": slug, "title": title, "hints": lines} | size | about


def identity(answer: Any) -> Any:
    """The probe of an exercise whose answer is a value (a number, a list, a dict): the value itself."""
    return answer


def _one_line(name: str, text: str, owner: str) -> None:
    if not text.strip() or "\n" in text:
        raise ValueError(f"{owner}: {name} must be one line of text, got {text!r}")


def _valid_id(name: str, text: str) -> None:
    if not _ID.fullmatch(text):
        raise ValueError(f"{name} must be lower-case letters and digits joined by - or _, got {text!r}")


@dataclass(frozen=True, eq=False)
class Later:
    """Answers that are made when they are first asked for: one, or several that differ in a free constant."""

    make: Callable[[], tuple[Any, ...]]


class _Answered:
    given: Any

    @cached_property
    def answers(self) -> tuple[Any, ...]:
        """Every answer that this stands for; several where a constant is free."""
        return self.given.make() if isinstance(self.given, Later) else (self.given,)

    @property
    def answer(self) -> Any:
        """The first of them."""
        return self.answers[0]


@dataclass(frozen=True, eq=False)
class Variant(_Answered):
    """Another right answer. `note` is one line that the learner reads: what is different and why it is right too."""

    id: str
    given: Any
    note: str

    def __post_init__(self) -> None:
        _valid_id("the id of a variant", self.id)
        _one_line("note", self.note, f"variant {self.id}")


@dataclass(frozen=True, eq=False)
class Mistake(_Answered):
    """A wrong answer that learners give.

    `cause` is one line that completes "your result equals ..." (kinds implement, faded), "your result behaves like ..."
    (the same, where the observation keeps the numbers as a Detail and compares traits), "your test behaves like ..."
    (attack) or "your answer equals ..." (the rest): "Adam without bias correction". `question` is one question that
    leads to the cause and does not give it away. `given` is the wrong function or value, or `Later` ones. `when`, if it
    is there, recognises by what they do the answers that differ from `given` in a constant of the learner's choice:
    `when(observation, reference_observation)` is True for them and for no right answer.
    """

    id: str
    cause: str
    question: str
    given: Any
    when: Callable[[Any, Any], bool] | None = None

    def __post_init__(self) -> None:
        _valid_id("the id of a mistake", self.id)
        _one_line("cause", self.cause, f"mistake {self.id}")
        _one_line("question", self.question, f"mistake {self.id}")
        if not self.question.rstrip().endswith("?"):
            raise ValueError(f"mistake {self.id}: question must end with a question mark, got {self.question!r}")


def both(one: str, other: str, first: str, second: str, question: str, answer: Any) -> Mistake:
    """Two known mistakes (their ids, their causes) at once."""
    return Mistake(f"{one}-and-{other}", f"both: {first}; and {second}", question, answer)


@dataclass(frozen=True, eq=False)
class Property:
    """Something that every right answer has, asked when no known mistake matches.

    `test(observation, reference_observation)` returns one sentence with the learner's numbers where the property
    fails ("the rows of your probabilities sum to 1.37, not to 1"), or None where it holds. A question may follow on a
    line of its own.
    """

    name: str
    test: Callable[[Any, Any], str | None]


@dataclass(frozen=True, eq=False)
class Exercise:
    """One exercise of a sheet.

    `observe(answer)` runs an answer on the probe and returns nested dicts, tuples, lists or dataclasses of arrays,
    numbers, bools and strings; use `observe.calls` for functions and `observe.attack` for tests written by the
    learner. It must be deterministic. `fade` names, by a piece of their text, the statements of the reference that the
    faded level leaves out. `indistinguishable` declares groups of ids of mistakes that the probe cannot tell apart (the
    card then says "one of"); right answers may always give the same observation. `equivalent` lists generated mutants
    that are right, one a line: "mutant | why it is right". `opening(answer)` observes the first case only, and
    `opening(answer, place)` a later one as if it were the first, for those who look for an equal observation. `pairs()`
    gives known mistakes made of two of the table.
    """

    slug: str
    title: str
    kind: str
    core: bool
    difficulty: int
    minutes: int
    reference: Any
    observe: Callable[[Any], Any] = identity
    accepted: tuple[Variant, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    properties: tuple[Property, ...] = ()
    hints: tuple[str, ...] = ()
    not_tested: str = ""
    tolerance: float = 1e-6
    fade: tuple[str, ...] = ()
    indistinguishable: tuple[tuple[str, ...], ...] = ()
    equivalent: str = ""
    opening: Callable[..., Any] | None = None
    pairs: Callable[[], Any] | None = None

    def __post_init__(self) -> None:
        _valid_id("slug", self.slug)
        _one_line("title", self.title, self.slug)
        validate_choice(f"{self.slug}: kind", self.kind, KINDS)
        if self.difficulty not in (1, 2, 3):
            raise ValueError(f"{self.slug}: difficulty must be 1, 2 or 3, got {self.difficulty}")
        validate_above(f"{self.slug}: minutes", self.minutes, 0)
        validate_interval(f"{self.slug}: tolerance", self.tolerance, 0, 1, "()")
        if isinstance(self.hints, str) or len(self.hints) > MOST_HINTS:
            raise ValueError(f"{self.slug}: hints must be a tuple of at most {MOST_HINTS} texts, got {self.hints!r}")
        self._validate_ids()

    def _validate_ids(self) -> None:
        right = [REFERENCE, *(variant.id for variant in self.accepted)]
        wrong = [mistake.id for mistake in self.mistakes]
        twice = sorted({name for name in right + wrong if (right + wrong).count(name) > 1})
        if twice:
            raise ValueError(f"{self.slug}: ids must be unique, got {twice} more than once")
        for group in self.indistinguishable:
            unknown = sorted(set(group) - set(right) - set(wrong))
            if unknown:
                raise ValueError(f"{self.slug}: indistinguishable names {unknown}, which are no ids of this exercise")
            if set(group) & set(right) and set(group) & set(wrong):
                raise ValueError(
                    f"{self.slug}: indistinguishable joins right and wrong answers {group}; mend the probe"
                )

    def declared_same(self, first: str, second: str) -> bool:
        """Whether these two ids may give the same observation: two right answers, or mistakes declared so."""
        right = {REFERENCE, *(variant.id for variant in self.accepted)}
        if first in right and second in right:
            return True
        return any(first in group and second in group for group in self.indistinguishable)

    def answers(self) -> dict[str, Any]:
        """Every answer by its id: the reference, the accepted variants, the known mistakes.

        Where a constant is free, the further answers of "id" stand under "id#2", "id#3", ...
        """
        found = {REFERENCE: self.reference}
        for item in (*self.accepted, *self.mistakes):
            found |= {f"{item.id}#{n}" if n > 1 else item.id: one for n, one in enumerate(item.answers, start=1)}
        return found
