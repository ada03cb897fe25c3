"""What helps an author to write the checks of a sheet: loops put together from lines, the form of a result in words."""

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from course_lib.teaching.exercises.compare import leaf_distance, pairs, to_array
from course_lib.teaching.exercises.difference_in_words import describe_first_difference
from course_lib.teaching.exercises.exercise import Property
from course_lib.teaching.exercises.observe import Detail, Raised, read_out


def lettered(text: str) -> dict[str, str]:
    """The lines of a text by the letter at their front, with what they are indented by behind it and two spaces."""
    return {row[0]: row[3:] for row in textwrap.dedent(text).strip("\n").splitlines()}


def loop_in(lines: Mapping[str, str]) -> Callable[[Sequence[str]], str]:
    """What writes down the lines that letters name, each inside the loop that was opened last before it."""

    def written(letters: Sequence[str]) -> str:
        depth, text = 0, []
        for letter in letters:
            text.append("    " * depth + lines[letter])
            depth += lines[letter].startswith("for ")
        return "\n".join(text)

    return written


def other_form(value: Any) -> dict[str, Any]:
    """What an observation of facts holds of a result in a form that has no such facts; told by `expected`."""
    return {"form": "another", "given": Detail(kind_of(value))}


def expected(form: str) -> Property:
    """The property that tells of `other_form`, wherever it stands: "expected an array (m,), you give one number"."""

    def told(seen: Any, right: Any) -> str | None:
        given = [leaf.value for path, leaf, _ in pairs(seen, seen) if path[-1:] == ("given",) and leaf.value]
        return f"expected {form}, you give {given[0]}" if given else None

    return Property("form", told)


class Form(NamedTuple):
    """What a result is, in words ("one number"), whether it is that, what is asked where it is not, and whether an
    iterator will do that gives its parts one by one.
    """

    words: str
    fits: Callable[[Any], bool]
    asked: str = ""
    yielded: bool = False


class OtherForm(Exception):
    """A result has another form than the one that is asked for; the message is that form in words."""


def of_form(answer: Callable[..., Any], form: Form) -> Callable[..., Any]:
    """The answer, which raises `OtherForm` where what it gives has not this form."""

    def checked(*given: Any, **named: Any) -> Any:
        result = answer(*given, **named)
        result = read_out(result) if form.yielded else result
        if not form.fits(result):
            raise OtherForm("" if result is None else kind_of(result))
        return result

    return checked


def forms_told(seen: dict[str, Any]) -> dict[str, Any]:
    """The observation of `calls` with the form in words in place of an `OtherForm`; None for None."""
    told = {}
    for case, facts in seen.items():
        result = facts["result"] if isinstance(facts, dict) and "result" in facts else None
        other = isinstance(result, Raised) and result.type == OtherForm.__name__
        told[case] = facts | {"result": result.message or None} if other else facts
    return told


def in_parts(seen: dict[str, Any], parts: int) -> dict[str, Any]:
    """The observation of `calls` with the form in words in place of a result that has not this many parts."""
    told = {}
    for case, facts in seen.items():
        result = facts["result"] if isinstance(facts, dict) and "result" in facts else None  # None: not of `calls`
        fits = (
            result is None or isinstance(result, Raised) or (isinstance(result, list | tuple) and len(result) == parts)
        )
        told[case] = facts if fits else facts | {"result": kind_of(result)}
    return told


def not_in_parts(seen: dict[str, Any], expected: str, asked: str = "") -> str | None:
    """The sentence for a result that was put into words: "return three gradients; you return an array"."""
    results = [facts.get("result") for facts in seen.values() if isinstance(facts, dict)]
    forms = [result for result in results if isinstance(result, str)]
    return f"return {expected}; you return {forms[0]}\n{asked}".strip() if forms else None


def which_parts(words: str) -> Callable[[Any, Any], str | None]:
    """A property: the first difference, and which are right of the parts that `words` names behind a colon."""
    names = re.split(r", | and ", words.partition(": ")[2])

    def told(seen: Any, right: Any) -> str | None:
        results = [(facts["result"], right[case]["result"]) for case, facts in seen.items() if isinstance(facts, dict)]
        fine = [
            all(leaf_distance(own[place], rule[place]) <= 1e-6 for own, rule in results) for place in range(len(names))
        ]
        good, wrong = ([name for name, one in zip(names, fine, strict=True) if one is which] for which in (True, False))
        if not wrong:
            return None
        more = (
            f"right: {', '.join(good)}; not right: {', '.join(wrong)}"
            if good
            else "none is right yet: what does a small example say, by hand?"
        )
        return f"{describe_first_difference(seen, right, 1e-6)}\n{more}"

    return told


def one_each(one: str, each: str, asked: str) -> tuple[Form, Property]:
    """The form of a list with one number ("rate") for each of something ("epoch"), and what is told of its length."""

    def told(seen: Any, right: Any) -> str | None:
        for case, rule in right.items():
            own, due = len(seen[case]["result"]), len(rule["result"])
            if own != due:
                return f"{case}: {due} {each}s, and your list has {own} {one}{'s' * (own != 1)}\n{asked}"
        return None

    entries = "is each entry one number, not a text, without brackets around it?"
    form = Form(f"a list with a {one} per {each}", lambda said: getattr(to_array(said), "ndim", 0) == 1, entries, True)
    return form, Property("how many", told)


def first_trait(
    asked: Mapping[str, str], *, form: str = "", cases: Sequence[str] = (), otherwise: str = ""
) -> Callable[[Any, Any], str | None]:
    """A property: the first trait of a case that is not as it should be, and what is asked about it.

    form: what is to be returned, for an observation that has a form in words in place of traits. cases: their names.
    """

    def told(seen: Any, right: Any) -> str | None:
        for place, (case, rules) in enumerate(right.items()):
            own, rules = (
                facts.get("result", facts) if isinstance(facts, dict) else facts for facts in (seen[case], rules)
            )
            if isinstance(own, str):
                return f"return {form}; you return {own}"
            for name, rule in rules.items():
                if leaf_distance(own[name], rule) > 1e-6:
                    shown = [f"{value:.4g}" if isinstance(value, float) else value for value in (own[name], rule)]
                    where = cases[place] if cases else case
                    return f"{where}: {name}: {shown[0]}, expected {shown[1]}\n{asked.get(name, otherwise)}".strip()
        return None

    return told


def row_numbers(piece: Any) -> np.ndarray | None:
    """`piece` as an array (m,) of whole numbers, or None where it is something else; an empty list is empty."""
    try:
        array = np.asarray(piece)
    except ValueError:  # ragged
        return None
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        return None
    return array.astype(np.int64)


def apart(own: Any, rule: Any, digits: int = 4) -> tuple[str, str]:
    """Two different numbers in so many digits that a reader sees the difference."""
    while digits < 17 and f"{own:.{digits}g}" == f"{rule:.{digits}g}":
        digits += 1
    return f"{own:.{digits}g}", f"{rule:.{digits}g}"


def indentation_told(error: str) -> str | None:
    """What to tell of an IndentationError in a loop that was put together from lines, None of another error."""
    empty, place = re.search(r"'for' statement on line (\d+)", error), re.search(r"line (\d+)\)$", error)
    if empty:
        return f"nothing stands inside the `for` in line {empty[1]} of your loop\nwhich lines are indented deeper?"
    if error.startswith("IndentationError") and place:
        return f"line {place[1]} of your loop is indented as no line may be there\nunder which `for` does it belong?"
    return None


def kind_of(value: Any) -> str:
    """The form of a value in words, without its numbers: "an array (8, 2) of decimal numbers", "a tuple of 2 (...)"."""
    if isinstance(value, list | tuple):
        forms = list(dict.fromkeys(kind_of(part) for part in value))
        return f"a {type(value).__name__} of {len(value)} ({', '.join(forms[:3]) or 'empty'})"
    if not isinstance(value, np.ndarray | np.generic | int | float):
        return f"a value of type {type(value).__name__}"
    array = np.asarray(value)
    words = {"b": "True and False", "i": "whole numbers", "u": "whole numbers", "f": "decimal numbers"}
    content = words.get(array.dtype.kind, "objects")
    if array.ndim:
        return f"an array {array.shape} of {content}"
    return content if array.dtype.kind == "b" else "one number"
