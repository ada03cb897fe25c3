"""What helps an author to write the checks of a sheet: loops put together from lines, the form of a result in words."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from course_lib.teaching.exercises.compare import leaf_distance, pairs, to_array
from course_lib.teaching.exercises.exercise import REFERENCE, Mistake, Property, Variant
from course_lib.teaching.exercises.observe import Detail as Detail  # authors take it from here
from course_lib.teaching.exercises.observe import Raised

MOST_CALLS = 20_000
Wrong = Callable[..., Any]


def known(mistakes: list[Mistake], cause: str, question: str) -> Callable[[Wrong], Wrong]:
    """Decorator: the wrong function below it joins `mistakes` under its own name as id."""

    def join(function: Wrong) -> Wrong:
        mistakes.append(Mistake(function.__name__, cause, question, function))
        return function

    return join


def also_right(variants: list[Variant], note: str) -> Callable[[Wrong], Wrong]:
    """Decorator: the right function below it joins `variants` under its own name as id."""

    def join(function: Wrong) -> Wrong:
        variants.append(Variant(function.__name__, function, note))
        return function

    return join


def all_the_same(variants: Iterable[Variant]) -> tuple[tuple[str, ...], ...]:
    """`indistinguishable` of an exercise whose right answers all give the same observation."""
    return ((REFERENCE, *(variant.id for variant in variants)),)


def loop_of(lines: Mapping[str, str]) -> Callable[[Sequence[str]], str]:
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


def not_in_parts(seen: dict[str, Any], expected: str) -> str | None:
    """The sentence for a result that `in_parts` put into words: "return three gradients; you return an array"."""
    results = [facts.get("result") for facts in seen.values() if isinstance(facts, dict)]
    forms = [result for result in results if isinstance(result, str)]
    return f"return {expected}; you return {forms[0]}" if forms else None


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


def number_in(value: Any) -> Any:
    """A number, written as such or as a text such as "99 %" or "15.1 s", as a float; another value itself."""
    text = (
        re.fullmatch(r"~?(-?[\d.]+) ?(%|percent|s|seconds|x|times|epochs)?", value) if isinstance(value, str) else None
    )
    array = to_array(float(text[1]) if text and text[1].count(".") < 2 and text[1].strip("-.") else value)
    return float(array) if array is not None and array.ndim == 0 and array.dtype.kind in "fiu" else value


def indentation_told(error: str) -> str | None:
    """What to tell of an IndentationError in a loop that was put together from lines, None of another error."""
    empty, place = re.search(r"'for' statement on line (\d+)", error), re.search(r"line (\d+)\)$", error)
    if empty:
        return f"nothing stands inside the `for` in line {empty[1]} of your loop\nwhich lines are indented deeper?"
    if error.startswith("IndentationError") and place:
        return f"line {place[1]} of your loop is indented as no line may be there\nunder which `for` does it belong?"
    return None


class Endless(BaseException):
    """A learner's test asks one object more often than any test has to; no `except Exception` of theirs stops it."""


def limited(method: Callable[..., Any], told: str, notes: list[str], *, most: int = MOST_CALLS) -> Callable[..., Any]:
    """The method; from call `most` on it notes `told` and stops the test that it is called by.

    Sooner where a note is there: a test that did not end once is not waited for as long again.
    """
    left = iter(range(most // 20 if notes else most))

    def called(*given: Any, **named: Any) -> Any:
        if next(left, None) is None:
            notes.append(told)
            raise Endless
        return method(*given, **named)

    return called


def one_truth(test: Callable[..., Any], arguments: tuple[Any, ...], forms: list[str]) -> Any:
    """What a learner's test returns; where it is no True or False by itself, `forms` notes in words what it is.

    False of a test that does not end.
    """
    try:
        said = test(*arguments)
    except Endless:
        return False
    array = said if isinstance(said, np.ndarray) and said.size != 1 else None
    if isinstance(said, list | tuple | dict):
        forms.append(f"returns a {type(said).__name__}, which counts as True unless it is empty")
    elif array is not None:
        forms.append(f"returns {kind_of(said)}: is it True where all of them are?")
    return True if array is not None else said


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
    return f"an array {array.shape} of {content}" if array.ndim else "one number"
