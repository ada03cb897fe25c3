"""What can be said of an answer that is a value: a dictionary of findings, the lines of a loop in order."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from course_lib.teaching.exercises.compare import children
from course_lib.teaching.exercises.forms import kind_of


def placeholder_in(answer: Any, reference: Any) -> str:
    """A word on what is still to be filled in: any `...`, or None everywhere. "" where the answer is begun."""
    parts = children(answer)
    if not parts:
        return ""
    if any(part is Ellipsis for part in parts.values()):
        names = [_name(key) for key, part in parts.items() if part is Ellipsis]
        return f"still to fill in: {', '.join(names)}"
    expected = children(reference) or {}
    if all(part is None for part in parts.values()) and any(part is not None for part in expected.values()):
        return "every part is still None"
    return ""


def about_keys(answer: Any, reference: Mapping[str, Any]) -> str:
    """A sentence on an answer that should be a dict with the keys of `reference`; "" where the keys are right."""
    if not isinstance(answer, Mapping):
        return f"the answer is a dict with the keys {', '.join(map(repr, reference))}; you gave {kind_of(answer)}"
    unknown = [key for key in answer if key not in reference]
    missing = [key for key in reference if key not in answer]
    if unknown:
        spelled = {str(key).lower(): key for key in missing}
        close = difflib.get_close_matches(str(unknown[0]).lower(), spelled, n=1)
        meant = f"did you mean {spelled[close[0]]!r}?" if close else f"the keys are {', '.join(map(repr, reference))}"
        return f"unknown key {unknown[0]!r}; {meant}"
    if missing:
        return f"the key {missing[0]!r} is missing"
    empty = [key for key, part in answer.items() if part is None and reference[key] is not None]
    return f"{empty[0]!r} is still None" if empty else ""


def about_lines(answer: Any, orders: Sequence[Sequence[Any]]) -> str:
    """A sentence on a list of texts that should be one of the right `orders`; "" for anything else.

    Where several orders are right, the one that agrees longest with the answer is the one that it is measured by.
    """
    reference = orders[0]
    if not reference or not all(isinstance(line, str) for line in reference):
        return ""
    if not isinstance(answer, list | tuple):
        return f"the answer is a list of texts; you gave a {type(answer).__name__}"
    strange = [line for line in answer if not any(line in order for order in orders)]
    if strange:
        return f"{strange[0]!r} does not belong in it"
    twice = [line for line in answer if all(list(answer).count(line) > list(order).count(line) for order in orders)]
    if twice:
        return f"{twice[0]!r} stands in it too often"
    if len(answer) < len(reference):
        return _too_few(len(answer), len(reference) - len(answer), letters=all(len(line) == 1 for line in reference))
    place = max(_agreement(answer, order) for order in orders)
    if place == len(answer):
        return ""
    start = f"right up to line {place}; " if place else ""
    return f"{start}line {place + 1} cannot be {answer[place]!r} yet"


def _agreement(answer: Sequence[Any], order: Sequence[Any]) -> int:
    """How many lines are the same from the beginning."""
    return next((i for i, pair in enumerate(zip(answer, order, strict=False)) if pair[0] != pair[1]), len(order))


def _too_few(count: int, missing: int, *, letters: bool) -> str:
    """ "6 letters; 1 is missing"."""
    word = ("letter" if letters else "line") + ("" if count == 1 else "s")
    return f"{count} {word}; {missing} {'is' if missing == 1 else 'are'} missing"


def _name(key: Any) -> str:
    return f"part {key + 1}" if isinstance(key, int) else repr(key)
