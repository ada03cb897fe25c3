"""Exercises whose answer is a dictionary: `find` (a word for each letter) and `audit` (findings and verdicts)."""

import ast
import itertools
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from course_lib.teaching.exercises import typed
from course_lib.teaching.exercises.edits import EditError
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant, both, headed
from course_lib.teaching.exercises.tables import mistakes, variants

Names = Mapping[str, Any]
Ask = Mapping[Any, str] | Callable[[Any, Any, Any], str]
_BOUND = re.compile(r"^\W*?\s*(?:<=?|>=?|≤|≥|(?:below|above|under|over|(?:less|smaller|more|larger) than)\b)\s*", re.I)
VERDICTS = ("supported", "not shown", "contradicted")


def find(head: str, key: Mapping[str, Any], *, words: Iterable[str], wrong: str, **about: Any) -> Exercise:
    """The learner says of each letter which of the `words` fits; rows change words: `A = rate too large`, `A <-> B`."""
    by_key = isinstance(words, Mapping) and set(words) <= set(key)
    return _filled_in(head, "find", key, words=words if by_key else tuple(words), wrong=wrong, **about)


def audit(head: str, findings: Mapping[str, Any], *, wrong: str, **about: Any) -> Exercise:
    """The learner fills in findings, numbers and verdicts; rows change them: `cost = 0.3`, `verdict = supported`."""
    return _filled_in(head, "audit", findings, wrong=wrong, **about)


def _filled_in(
    head: str,
    kind: str,
    key: Mapping[str, Any],
    *,
    wrong: str,
    ask: Ask,
    words: Iterable[str] | Mapping[str, Iterable[str]] = VERDICTS,
    synonyms: typed.Synonyms | None = None,
    within: Mapping[str, float] | None = None,
    read: Mapping[str, Callable[[Any], Any]] | None = None,
    bounds: Sequence[str] = (),
    decimals: Mapping[str, int] | None = None,
    also: str = "",
    names: Names | None = None,
    same: Sequence[Sequence[str]] = (),
    properties: Sequence[Property] = (),
    **about: Any,
) -> Exercise:
    """An exercise whose answer is a dictionary like `key`. A row without a question has the one of its first key.

    words: what may stand for a word, for all keys or by key. ask: the question for a key that is not right, by key or
    by the word that was given, or made by `ask(key, given, right)`. within: how far a number may be from the one that
    it stands for; half its last decimal where nothing is said, 0 for whole numbers. read: a reader of its own, by key.
    bounds: the keys that ask for a bound, for which "< 0.05" and "below 0.05" are 0.05. decimals: how many are asked
    for, by key; the right number with fewer is told so.
    """
    key, names = dict(key), dict(names or {})
    ask = _or_rounded(ask, decimals) if decimals else ask
    by_key = words if isinstance(words, Mapping) and set(words) <= set(key) else None  # not words with their meanings
    allowed = {
        name: tuple(words if by_key is None else by_key[name])
        for name, rule in key.items()
        if _is_word(rule) and (by_key is None or name in by_key)
    }

    def make(edit: str) -> dict[str, Any]:
        return changed(key, edit, names)

    known = mistakes(wrong, make, names, lambda answer: _about_first(answer, key, ask))
    right = variants(also, make, names) if also else ()
    reader = _Reader(key, (*right, *known), allowed, synonyms, within or {}, read or {}, bounds)
    asked = Property("each by itself", lambda seen, rule: _look_again(seen, rule, allowed, ask))
    return Exercise(
        kind=kind,
        reference=key,
        observe=reader,
        accepted=right,
        mistakes=known,
        properties=(*properties, asked),
        indistinguishable=tuple(map(tuple, same)),
        pairs=lambda: _pairs(key, known),
        **headed(head, **about),
    )


@dataclass(frozen=True)
class _Reader:
    """Reads a typed dictionary: each value as something of the kind of the one in `key`."""

    key: Mapping[str, Any]
    known: Sequence[Variant | Mistake]
    allowed: Mapping[str, tuple[str, ...]]
    synonyms: typed.Synonyms | None
    within: Mapping[str, float]
    read: Mapping[str, Callable[[Any], Any]]
    bounds: Sequence[str]

    def __call__(self, answer: Any) -> Any:
        spelled = typed.mapping(answer, self.key)
        if not isinstance(spelled, dict):
            return spelled
        return {name: self._one(name, value) if name in self.key else value for name, value in spelled.items()}

    def _one(self, name: str, value: Any) -> Any:
        if name in self.read:
            return self.read[name](value)
        rule = self.key[name]
        if name in self.bounds and isinstance(value, str):
            value = _BOUND.sub("", value)
        if isinstance(rule, int | float) and not isinstance(rule, bool):
            return _snapped(value, self._numbers(name), _room(rule, self.within.get(name)))
        return typed.like(value, rule, self.allowed.get(name, ()), self.synonyms)

    def _numbers(self, name: str) -> list[Any]:
        """Every number that is known for this key, the right one first."""
        answers = [self.key, *(one for item in self.known for one in item.answers)]
        return [one[name] for one in answers if isinstance(one.get(name), int | float)]


def _is_word(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, tuple | list) and all(isinstance(one, str) for one in value))


def _room(rule: float, given: float | None) -> float:
    if given is not None:
        return given
    if isinstance(rule, int) or not math.isfinite(rule):
        return 0.0
    decimals = len(repr(rule).partition(".")[2]) if "e" not in repr(rule) else 99
    return 0.5000001 * 10**-decimals if decimals <= 4 else 0.005 * abs(rule)


def _snapped(value: Any, known: list[Any], room: float) -> Any:
    """The known number that `value` stands for, in a reading that gives the right one before others; else the first.

    A known number other than 0 stands for no number that is further away than half of it.
    """
    nearest = []
    for read in typed.numbers_in(value):
        gaps = [(abs(read - one), place, abs(one)) for place, one in enumerate(known) if math.isfinite(one)]
        close = [gap for gap in gaps if gap[0] <= max(min(room, gap[2] / 2 or room), 1e-9 * gap[2])]
        nearest += [min(close)[1]] if close else []
    if nearest:
        return known[0 if 0 in nearest else nearest[0]]
    return typed.read_number(value, float(known[0])) if known else typed.read_number(value)


def changed(key: Mapping[str, Any], edit: str, names: Names) -> dict[str, Any]:
    """The dictionary with the changes of a row: `A = word; B = 3`, `A <-> B`, `every word -> other word`.

    A value is Python in which `names` are known; what is no Python is a word. Raises EditError for an unknown key.
    """
    new = dict(key)
    for part in filter(None, (part.strip() for line in edit.splitlines() for part in line.split(";"))):
        if "<->" in part:
            one, other = (side.strip() for side in part.split("<->"))
            _known_key(one, key), _known_key(other, key)
            new[one], new[other] = new[other], new[one]
        elif part.startswith("every ") and "->" in part:
            old, value = (_literal(side, names) for side in part.removeprefix("every ").split("->"))
            if old not in new.values():
                raise EditError(f"{old!r} is nowhere in the findings")
            new = {name: value if given == old else given for name, given in new.items()}
        else:
            name, sign, value = (piece.strip() for piece in part.partition("="))
            _known_key(name, key)
            if not sign:
                raise EditError(f"a change is written KEY = VALUE, got {part!r}")
            new[name] = _literal(value, names)
    if new == dict(key):
        raise EditError(f"{edit!r} changes nothing")
    return new


def _known_key(name: str, key: Mapping[str, Any]) -> None:
    if name not in key:
        raise EditError(f"{name!r} is no key; there are {', '.join(map(str, key))}")


def _literal(text: str, names: Names) -> Any:
    try:
        value = eval(compile(ast.parse(text.strip(), mode="eval"), "<table>", "eval"), dict(names))
    except (SyntaxError, NameError):
        return text.strip()
    return text.strip() if callable(value) else value  # `eval`, `min` and `sum` are words


def _look_again(seen: Any, right: Any, allowed: Mapping[str, tuple[str, ...]], ask: Ask) -> str | None:
    """Which findings are not right, and a question for the first; before that, what cannot be read at all."""
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    for name, rule in right.items():
        told = _unreadable(name, seen[name], rule, allowed.get(name, ()))
        if told:
            return told
    wrong = [name for name in right if seen[name] != right[name]]
    if not wrong:
        return None
    first = wrong[0]
    question = _question(ask, first, seen[first], right[first])
    between = "; " if any("," in str(name) for name in wrong) else ", "
    return f"look again at {between.join(map(str, wrong))}\n{first}: {question}"


def _about_first(answer: Mapping[str, Any], key: Mapping[str, Any], ask: Ask) -> str:
    first = next(name for name in key if answer[name] != key[name])
    return _question(ask, first, answer[first], key[first])


def _question(ask: Ask, name: Any, given: Any, rule: Any) -> str:
    if callable(ask):
        return ask(name, given, rule)
    return ask[name] if name in ask else ask[given]


def _or_rounded(ask: Ask, decimals: Mapping[str, int]) -> Ask:
    """The questions of `ask`, but for a number that is right and rounded too far."""

    def asked(name: Any, given: Any, rule: Any) -> str:
        wanted = decimals.get(name, 0)
        if any(given == round(rule, places) for places in range(wanted)):
            return f"{given:g} is rounded too far: {typed.COUNTS[wanted]} decimals are asked for"
        return _question(ask, name, given, rule)

    return asked


def _unreadable(name: Any, given: Any, rule: Any, allowed: tuple[str, ...]) -> str:
    """The sentence for an answer of another form than the one that is asked for; "" where it can be read."""
    if _is_word(rule) and allowed:
        parts = list(given) if isinstance(given, list | tuple) and not isinstance(rule, str) else [given]
        strange = [part for part in parts if part not in allowed]
        if strange and isinstance(strange[0], str):
            return f"{strange[0]!r} is none of {', '.join(map(repr, dict.fromkeys(allowed)))}"
        return f"{name}: one of {', '.join(map(repr, dict.fromkeys(allowed)))} is asked for" if strange else ""
    if isinstance(rule, bool):
        return "" if isinstance(given, bool) else f"{name}: True or False is asked for; you gave {given!r}"
    if isinstance(rule, int | float) and (isinstance(given, bool) or not isinstance(given, int | float)):
        return f"{name}: a number is asked for; {str(given)[:40]!r} is none"
    return ""


def _pairs(key: Mapping[str, Any], known: Sequence[Mistake]) -> Iterable[Mistake]:
    for one, other in itertools.combinations(known, 2):
        first = {name: value for name, value in one.answer.items() if value != key[name]}
        second = {name: value for name, value in other.answer.items() if value != key[name]}
        if not set(first) & set(second):
            yield both(one.id, other.id, one.cause, other.cause, one.question, dict(key) | first | second)
