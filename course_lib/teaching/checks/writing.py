"""What helps an author to write the checks of a sheet: known mistakes next to their code, numbers for a message."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from course_lib.teaching.exercise import REFERENCE, Mistake, Variant
from course_lib.teaching.observe import Detail as Detail  # authors take it from here
from course_lib.teaching.observe import Raised

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


def in_parts(seen: dict[str, Any], parts: int) -> dict[str, Any]:
    """The observation of `calls` with the form in words in place of a result that has not this many parts."""
    told = {}
    for case, facts in seen.items():
        result = facts["result"]
        fits = (
            result is None or isinstance(result, Raised) or (isinstance(result, list | tuple) and len(result) == parts)
        )
        told[case] = facts if fits else facts | {"result": kind_of(result)}
    return told


def not_in_parts(seen: dict[str, Any], expected: str) -> str | None:
    """The sentence for a result that `in_parts` put into words: "return three gradients; you return an array"."""
    forms = [facts["result"] for facts in seen.values() if isinstance(facts["result"], str)]
    return f"return {expected}; you return {forms[0]}" if forms else None


def row_numbers(piece: Any) -> np.ndarray | None:
    """`piece` as an array (m,) of whole numbers, or None where it is something else; an empty list is empty."""
    try:
        array = np.asarray(piece)
    except ValueError:  # ragged
        return None
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        return None
    return array.astype(np.int64)


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
