"""The kinds of exercise, one function each: `implement`, `order`, `find`, `audit`, `attack`.

Each makes an `Exercise` from a reference and tables of known answers (see `tables` and `edits`), and brings what all
exercises of its kind share: how an answer is observed, how typed answers are read, what is said of their form.
`head`: "slug: title | core, difficulty 2, 15 minutes"; `about`: what else stands on the card (hints, not_tested, ...).
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from course_lib.teaching.exercises import typed
from course_lib.teaching.exercises.edits import EditError, edited
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, both, headed
from course_lib.teaching.exercises.filled_in import VERDICTS, audit, find
from course_lib.teaching.exercises.forms import (
    Form,
    apart,
    expected,
    first_trait,
    forms_told,
    in_parts,
    kind_of,
    lettered,
    loop_in,
    not_in_parts,
    of_form,
    one_each,
    other_form,
    row_numbers,
    which_parts,
)  # fmt: skip
from course_lib.teaching.exercises.observe import Case, Detail, Raised, calls
from course_lib.teaching.exercises.observe import observed_attack as attacked
from course_lib.teaching.exercises.tables import choices, mistakes, rows, variants
from course_lib.teaching.exercises.values import about_lines

# What authors take from here, beside the kinds themselves.
__all__ = ["VERDICTS", "Case", "Detail", "Exercise", "Form", "Property", "Raised", "apart", "asked_of", "attack",
           "audit", "calls", "expected", "find", "first_trait", "implement", "in_parts", "kind_of", "lettered",
           "loop_in", "not_in_parts", "one_each", "order", "other_form", "planted_edits", "planted_mistakes",
           "row_numbers"]  # fmt: skip

Names = Mapping[str, Any]
Alarm = str | tuple[str, str] | Callable[[list[str]], str | None]
# What learners' tests do whatever they are to find; a table may say more of one of them in a row of its own.
_ALWAYS = """
reversed: a test with True and False exchanged | what shall it return for {each}?
accepts_all: a test that accepts everything | does a path lead to `return False`?
    first: return True
rejects_all: a test that rejects everything | {never}
    first: return False
"""


def implement(
    head: str,
    reference: Callable[..., Any],
    *,
    wrong: str,
    right: str = "",
    cases: Sequence[Case | tuple[Any, ...]] = (),
    run: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
    observe: Callable[[Any], Any] | None = None,
    returns: tuple[int, str] | None = None,
    form: Form | None = None,
    names: Names | None = None,
    complete: bool = False,
    same: Sequence[Sequence[str]] = (),
    properties: Sequence[Property] = (),
    **about: Any,
) -> Exercise:
    """The learner writes `reference`, or completes it (`complete=True`, with the lines to leave out in `fade`).

    An answer is called on `cases`, through `run(answer)` where a plain call is not enough, or is observed by `observe`.
    returns: (number of results, what they are in words) where there are several. form: what each result has to be,
    where `run` does more with it than give it back. Rows of `wrong` and `right` are edits
    of the reference, in which the `names` are known, or functions among the `names`.
    """
    names = dict(names or {})

    def see(answer: Any, cases: Sequence[Case | tuple[Any, ...]] = cases) -> Any:
        if form:
            answer = of_form(answer, form)
        seen = observe(answer) if observe else calls(run(answer) if run else answer, *cases)
        return in_parts(seen, returns[0]) if returns else forms_told(seen) if form else seen

    if returns and ": " in returns[1]:
        properties = (*properties, Property("which parts are right", which_parts(returns[1])))
    if returns or form:
        words, asked = (returns[1], "") if returns else (form.words, form.asked)
        properties = (Property("form", lambda seen, right: not_in_parts(seen, words, asked)), *properties)

    def make(edit: str) -> Callable[..., Any]:
        return edited(reference, edit, names)

    known = mistakes(wrong, make, names)
    return Exercise(
        kind="faded" if complete else "implement",
        reference=reference,
        observe=see,
        opening=None if observe else lambda answer, place=0: see(answer, cases[place : place + 1]),
        accepted=variants(right, make, names) if right else (),
        mistakes=known,
        properties=tuple(properties),
        indistinguishable=tuple(map(tuple, same)),
        pairs=lambda: _pairs_of_edits(wrong, make),
        **headed(head, **about),
    )


def order(
    head: str,
    lines: Mapping[str, str],
    right: str,
    *,
    wrong: str,
    also: str = "",
    observe: Callable[[Any], Any] | None = None,
    unwanted: Mapping[str, str] | None = None,
    rules: str = "",
    same: Sequence[Sequence[str]] = (),
    properties: Sequence[Property] = (),
    **about: Any,
) -> Exercise:
    """The learner puts lines, shown by letters, in order; `right` spells the letters, and so do the rows' edits.

    observe: where an order is not compared with others but run; it is given the letters as a list. An order that is not
    known is asked the question of an `unwanted` line that is in it, else that of the first of the `rules` that it
    breaks. Those are lines: `A B: question`, A stands somewhere before B; `A BCD: question about {}`, A before each;
    `A B C: question`, B does not stand between A and C.
    """

    def read(answer: Any) -> Any:
        spelled = typed.letters(answer, lines)
        return observe(spelled) if observe else spelled

    def make(edit: str) -> list[str]:
        return list(edit.strip())

    place = _out_of_place(lines, unwanted or {}, _rules(rules))
    return Exercise(
        kind="order",
        reference=list(right),
        observe=read,
        accepted=variants(also, make, {}) if also else (),
        mistakes=mistakes(wrong, make, {}),
        properties=(
            *properties,
            Property("the place of each line", place),
        ),
        indistinguishable=tuple(map(tuple, same)),
        **headed(head, **about),
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
                short = letters[0] not in place and len(seen) < len(right)
                return f"{about_lines(seen, [right])}\n{question}" if short else question
        return None

    return told


def _rules(text: str) -> list[tuple[str, ...]]:
    """(letters ..., question) of each line of `rules`."""
    found: list[tuple[str, ...]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        letters, _, question = line.partition(": ")
        first, second, *third = letters.split()
        found += [(first, letter, *third, question.replace("{}", letter)) for letter in second]
    return found


def _broken(letters: list[str], place: dict[str, int]) -> bool:
    if len(letters) == 2:
        first, second = letters
        return second in place and place.get(first, len(place)) > place[second]
    return all(letter in place for letter in letters) and place[letters[0]] < place[letters[1]] < place[letters[2]]


def attack(
    head: str,
    reference: Callable[..., Any],
    *,
    right: Mapping[str, Any],
    planted: Mapping[str, Any],
    wrong: str,
    also: str = "",
    call: Callable[[Callable[..., Any], Any], Any] = lambda test, version: test(version),
    names: Names | None = None,
    each: str = "",
    never: str = "which path through it ends with `return True`?",
    alarm: Alarm = "",
    survived: str | Mapping[str, str] = "",
    same: Sequence[Sequence[str]] = (),
    properties: Sequence[Property] = (),
    **about: Any,
) -> Exercise:
    """The learner writes a test; `reference` is one that is good. It must accept `right` and reject all of `planted`.

    call: how a test is asked for one version. Rows are edits of the reference test, or functions of its module or of
    `names`.
    each: what it should accept, in words ("a layer that is right"); then tests that accept all, reject all and mix up
    True and False are known. never: what one that rejects all is asked.
    alarm: what a test is told that rejects right versions, "{name}" being the first; what is told where some are
    rejected, and what where all are; or made by `alarm(names)`.
    survived: what is told of a planted version that is accepted: by its name, in the order of asking, or one for all.
    """
    names = reference.__globals__ | dict(names or {}) | {"reversed": lambda *given: not reference(*given)}
    if not isinstance(survived, str) and (silent := set(planted) - set(survived)):
        raise ValueError(f"{head}: no question is asked where {', '.join(sorted(silent))} survives")
    own = {row.id for row in rows(wrong)}
    usual = [row for row in rows(_ALWAYS.format(each=each, never=never)) if each and row.id not in own]

    def make(edit: str) -> Callable[..., Any]:
        return edited(reference, edit, names)

    return Exercise(
        kind="attack",
        reference=reference,
        observe=lambda test: attacked(lambda version: call(test, version), right=right, planted=planted),
        accepted=variants(also, make, names) if also else (),
        mistakes=mistakes(wrong, make, names) + mistakes(usual, make, names),
        properties=(Property("form", _odd_form), *properties, Property("what survived", _survivors(alarm, survived))),
        indistinguishable=tuple(map(tuple, same)),
        **headed(head, **about),
    )


def _survivors(alarm: Alarm, survived: str | Mapping[str, str]) -> Callable[[Any, Any], str | None]:
    """A property: what is told of right versions that a test rejects, else of the first planted one that it takes."""

    def told(seen: Any, right: Any) -> str | None:
        alarms = [name for name, accepted in seen["right"].items() if accepted is not True]
        said = _alarm_told(alarm, alarms, len(seen["right"])) if alarms else ""
        if said:
            return said.replace("{name}", alarms[0])
        alive = [name for name, accepted in seen["planted"].items() if accepted is not False]
        asked = dict.fromkeys(alive, survived) if isinstance(survived, str) else survived
        return (
            next((question.replace("{name}", name) for name, question in asked.items() if name in alive), None) or None
        )

    return told


def _alarm_told(alarm: Alarm, rejected: list[str], right: int) -> str | None:
    if isinstance(alarm, str):
        return alarm
    return alarm[len(rejected) == right] if isinstance(alarm, tuple) else alarm(rejected)


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


def asked_of(table: str) -> dict[str, str]:
    """What stands behind the names in such a table, where it is a question to ask if that version survives."""
    return {row.id.replace("_", " "): row.text for row in rows(table)}


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
        yield both(one.id, other.id, _cause(one.text), _cause(other.text), one.text.rpartition(" | ")[2], answer)


def _cause(text: str) -> str:
    return text.rpartition(" | ")[0].replace(" | ", " ").strip()
