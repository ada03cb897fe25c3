"""The kinds of exercise, one function each: `implement`, `order`, `find`, `audit`, `attack`.

Each makes an `Exercise` from a reference and tables of known answers (see `tables` and `edits`), and brings what all
exercises of its kind share: how an answer is observed, how typed answers are read, what is said of their form.
`about` is what stands on the sheet and the card: core, difficulty, minutes, hints, not_tested, properties, ...
"""

import ast
import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from course_lib.teaching.exercises import typed
from course_lib.teaching.exercises.edits import EditError, edited
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property
from course_lib.teaching.exercises.forms import in_parts, not_in_parts
from course_lib.teaching.exercises.observe import Case, calls
from course_lib.teaching.exercises.observe import attack as attacked
from course_lib.teaching.exercises.tables import choices, mistakes, rows, variants

Names = Mapping[str, Any]
Ask = Mapping[Any, str] | Callable[[Any, Any, Any], str]
VERDICTS = ("supported", "not shown", "contradicted")
_SMALL = {"core": False, "difficulty": 1, "minutes": 10}


def implement(
    slug: str,
    title: str,
    reference: Callable[..., Any],
    *,
    wrong: str,
    right: str = "",
    cases: Sequence[Case | tuple[Any, ...]] = (),
    run: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
    observe: Callable[[Any], Any] | None = None,
    returns: tuple[int, str] | None = None,
    names: Names | None = None,
    complete: bool = False,
    same: Sequence[Sequence[str]] = (),
    properties: Sequence[Property] = (),
    **about: Any,
) -> Exercise:
    """The learner writes `reference`, or completes it (`complete=True`, with the lines to leave out in `fade`).

    An answer is called on `cases`, through `run(answer)` where a plain call is not enough, or is observed by `observe`.
    returns: (number of results, what they are in words) where there are several. Rows of `wrong` and `right` are edits
    of the reference, in which the `names` are known, or functions among the `names`.
    """
    names = dict(names or {})
    see = observe or (lambda answer: calls(run(answer) if run else answer, *cases))
    if returns:
        parts, words = returns
        inner = see
        see = lambda answer: in_parts(inner(answer), parts)  # noqa: E731
        properties = (Property("form", lambda seen, right: not_in_parts(seen, words)), *properties)

    def make(edit: str) -> Callable[..., Any]:
        return edited(reference, edit, names)

    known = mistakes(wrong, make, names)
    return Exercise(
        slug=slug,
        title=title,
        kind="faded" if complete else "implement",
        reference=reference,
        observe=see,
        accepted=variants(right, make, names) if right else (),
        mistakes=known,
        properties=tuple(properties),
        indistinguishable=tuple(map(tuple, same)),
        pairs=lambda: _pairs_of_edits(wrong, make),
        **(_SMALL | about),
    )


def order(
    slug: str,
    title: str,
    lines: Mapping[str, str],
    right: str,
    *,
    wrong: str,
    also: str = "",
    observe: Callable[[Any], Any] | None = None,
    unwanted: Mapping[str, str] | None = None,
    rules: Sequence[Sequence[str]] = (),
    same: Sequence[Sequence[str]] = (),
    properties: Sequence[Property] = (),
    **about: Any,
) -> Exercise:
    """The learner puts lines, shown by letters, in order; `right` spells the letters, and so do the rows' edits.

    observe: where an order is not compared with others but run; it is given the letters as a list. An order that is not
    known is asked the question of an `unwanted` line that is in it, else that of the first of the `rules` that it
    breaks: `(A, B, question)`, A stands somewhere before B; `(A, B, C, question)`, B does not stand between A and C.
    """

    def read(answer: Any) -> Any:
        spelled = typed.letters(answer, lines)
        return observe(spelled) if observe else spelled

    def make(edit: str) -> list[str]:
        return list(edit.strip())

    return Exercise(
        slug=slug,
        title=title,
        kind="order",
        reference=list(right),
        observe=read,
        accepted=variants(also, make, {}) if also else (),
        mistakes=mistakes(wrong, make, {}),
        properties=(*properties, Property("the place of each line", _out_of_place(lines, unwanted or {}, rules))),
        indistinguishable=tuple(map(tuple, same)),
        **(_SMALL | about),
    )


def _out_of_place(
    lines: Mapping[str, str], unwanted: Mapping[str, str], rules: Sequence[Sequence[str]]
) -> Callable[[Any, Any], str | None]:
    """A property: the question for the first line of an order that cannot stand where it stands."""

    def told(seen: Any, right: Any) -> str | None:
        if not isinstance(seen, list) or not all(letter in lines for letter in seen) or len(set(seen)) < len(seen):
            return None
        place = {letter: number for number, letter in enumerate(seen)}
        for letter, question in unwanted.items():
            if letter in place:
                return question
        for *letters, question in rules:
            if _broken(letters, place):
                return question
        return None

    return told


def _broken(letters: list[str], place: dict[str, int]) -> bool:
    if len(letters) == 2:
        first, second = letters
        return second in place and place.get(first, len(place)) > place[second]
    return all(letter in place for letter in letters) and place[letters[0]] < place[letters[1]] < place[letters[2]]


def find(slug: str, title: str, key: Mapping[str, Any], *, words: Iterable[str], wrong: str, **about: Any) -> Exercise:
    """The learner says of each letter which of the `words` fits; rows change words: `A = rate too large`, `A <-> B`."""
    return _filled_in(slug, title, "find", key, words=words, wrong=wrong, **about)


def audit(slug: str, title: str, findings: Mapping[str, Any], *, wrong: str, **about: Any) -> Exercise:
    """The learner fills in findings, numbers and verdicts; rows change them: `cost = 0.3`, `verdict = supported`."""
    return _filled_in(slug, title, "audit", findings, wrong=wrong, **about)


def _filled_in(
    slug: str,
    title: str,
    kind: str,
    key: Mapping[str, Any],
    *,
    wrong: str,
    ask: Ask,
    words: Iterable[str] | Mapping[str, Iterable[str]] = VERDICTS,
    synonyms: typed.Synonyms | None = None,
    within: Mapping[str, float] | None = None,
    read: Mapping[str, Callable[[Any], Any]] | None = None,
    also: str = "",
    names: Names | None = None,
    same: Sequence[Sequence[str]] = (),
    properties: Sequence[Property] = (),
    **about: Any,
) -> Exercise:
    """An exercise whose answer is a dictionary like `key`.

    words: what may stand for a word, for all keys or by key. ask: the question for a key that is not right, by key or
    by the word that was given, or made by `ask(key, given, right)`. within: how far a number may be from the one that
    it stands for; half its last decimal where nothing is said, 0 for whole numbers. read: a reader of its own, by key.
    """
    key, names = dict(key), dict(names or {})
    by_key = words if isinstance(words, Mapping) and set(words) <= set(key) else None  # not words with their meanings
    allowed = {name: tuple(words if by_key is None else by_key[name]) for name in key if _is_word(key[name])
               and (by_key is None or name in by_key)}  # fmt: skip

    def make(edit: str) -> dict[str, Any]:
        return changed(key, edit, names)

    known = mistakes(wrong, make, names)
    right = variants(also, make, names) if also else ()

    def near(name: str) -> list[Any]:
        """Every number that is known for this key, the right one first."""
        answers = [key, *(one for item in (*right, *known) for one in item.answers)]
        return [one[name] for one in answers if isinstance(one.get(name), int | float)]

    def reader(answer: Any) -> Any:
        spelled = typed.mapping(answer, key)
        if not isinstance(spelled, dict):
            return spelled
        return {name: one(name, value) if name in key else value for name, value in spelled.items()}

    def one(name: str, value: Any) -> Any:
        if read and name in read:
            return read[name](value)
        rule = key[name]
        if isinstance(rule, int | float) and not isinstance(rule, bool):
            return _snapped(value, near(name), _room(rule, (within or {}).get(name)))
        return typed.like(value, rule, allowed.get(name, ()), synonyms)

    asked = Property("each by itself", lambda seen, rule: _look_again(seen, rule, allowed, ask, kind))
    return Exercise(
        slug=slug,
        title=title,
        kind=kind,
        reference=key,
        observe=reader,
        accepted=right,
        mistakes=known,
        properties=(*properties, asked),
        indistinguishable=tuple(map(tuple, same)),
        pairs=lambda: _pairs_of_values(key, known),
        **(_SMALL | about),
    )


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
    return typed.number(value, float(known[0])) if known else typed.number(value)


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


def _look_again(seen: Any, right: Any, allowed: Mapping[str, tuple[str, ...]], ask: Ask, kind: str) -> str | None:
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
    question = ask(first, seen[first], right[first]) if callable(ask) else _asked(ask, first, seen[first])
    return f"look again at {', '.join(map(str, wrong))}\n{first}: {question}"


def _asked(ask: Mapping[Any, str], name: Any, given: Any) -> str:
    return ask[name] if name in ask else ask[given]


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
    if isinstance(rule, int | float) and not isinstance(given, int | float):
        return f"{name}: a number is asked for; {str(given)[:40]!r} is none"
    return ""


def attack(
    slug: str,
    title: str,
    reference: Callable[..., Any],
    *,
    right: Mapping[str, Any],
    planted: Mapping[str, Any],
    wrong: str,
    also: str = "",
    call: Callable[[Callable[..., Any], Any], Any] = lambda test, version: test(version),
    names: Names | None = None,
    same: Sequence[Sequence[str]] = (),
    properties: Sequence[Property] = (),
    **about: Any,
) -> Exercise:
    """The learner writes a test; `reference` is one that is good. It must accept `right` and reject all of `planted`.

    call: how a test is asked for one version. Rows are edits of the reference test, or functions among `names`.
    """
    names = dict(names or {})

    def make(edit: str) -> Callable[..., Any]:
        return edited(reference, edit, names)

    return Exercise(
        slug=slug,
        title=title,
        kind="attack",
        reference=reference,
        observe=lambda test: attacked(lambda version: call(test, version), right=right, planted=planted),
        accepted=variants(also, make, names) if also else (),
        mistakes=mistakes(wrong, make, names),
        properties=(Property("form", _odd_form), *properties),
        indistinguishable=tuple(map(tuple, same)),
        **(_SMALL | about),
    )


def _odd_form(seen: Any, right: Any) -> str | None:
    """The sentence for a test that does not end, or returns neither True nor False."""
    told = seen.get("form", "")
    if told.startswith("does not end"):
        return f"your test {told}\nwhich of its loops waits for what such a version never does?"
    return f"your test {told}\nwhere does it return True or False itself?" if told else None


def planted_edits(target: Callable[..., Any], table: str, names: Names | None = None) -> dict[str, Callable[..., Any]]:
    """Versions of `target` with a planted bug, from a table whose rows are `id: what is wrong` with an edit."""
    known = {row.id: row for row in rows(table)}
    scope = dict(names or {})
    return {
        name.replace("_", " "): edited(target, choices(row.edit)[0], scope) if row.edit else scope[name]
        for name, row in known.items()
    }


def planted_mistakes(exercise: Exercise) -> dict[str, Any]:
    """The known mistakes of an exercise as planted bugs for a test of its function."""
    return {mistake.id.replace("_", " "): mistake.answer for mistake in exercise.mistakes}


def _pairs_of_edits(table: str, make: Callable[[str], Any]) -> Iterable[Mistake]:
    """Two mistakes of the table at once, where both edits fit the reference together."""
    single = [row for row in rows(table) if row.edit]
    for one, other in itertools.combinations(single, 2):
        try:
            answer = make(f"{choices(one.edit)[0]}\n{choices(other.edit)[0]}")
        except (EditError, SyntaxError):
            continue
        yield _both(one.id, other.id, _cause(one.text), _cause(other.text), one.text.rpartition(" | ")[2], answer)


def _pairs_of_values(key: Mapping[str, Any], known: Sequence[Mistake]) -> Iterable[Mistake]:
    for one, other in itertools.combinations(known, 2):
        first = {name: value for name, value in one.answer.items() if value != key[name]}
        second = {name: value for name, value in other.answer.items() if value != key[name]}
        if not set(first) & set(second):
            yield _both(one.id, other.id, one.cause, other.cause, one.question, dict(key) | first | second)


def _both(one: str, other: str, first: str, second: str, question: str, answer: Any) -> Mistake:
    return Mistake(f"{one}-and-{other}", f"both: {first}; and {second}", question, answer)


def _cause(text: str) -> str:
    return text.rpartition(" | ")[0].strip()
