"""The learner's record as data: read from bytes, repaired value by value, and merged with what another kernel wrote.

What the course does not know, it keeps: sections and fields of a newer course, and a learner's own notes. A value of
the wrong type is repaired where its meaning is plain ("3" attempts are 3) and left out where it is not; `odd` names it.
"""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

FORMAT = 1
SECTIONS = ("exercises", "predictions", "recall")
MERGED = "merged"  # names of files beside the record whose changes are in it already
DEEPEST = 50  # JSON nested deeper than this cannot be written again on every stack
MOST = 10**9

_COUNTS = ("attempts", "hints")
_TEXTS = ("last", "level", "solved", "solved_at_level", "question", "choice", "day")
_FLAGS = ("right", "first_right")
_FIRST = ("solved", "solved_at_level", "first_right")  # what came first stays

Data = dict[str, Any]


class Damaged(ValueError):
    """The bytes are no record."""


class NewerFormat(OSError):
    """A newer course wrote the record, in a format that this one must not change."""


@dataclass(frozen=True)
class Reading:
    """The record, without its format; the places that were repaired or left out; whether nothing could be read."""

    data: Data
    odd: tuple[str, ...] = ()
    damaged: bool = False


def empty() -> Data:
    """A record of nothing."""
    return {section: {} for section in SECTIONS}


def parse(raw: bytes) -> Reading:
    """The record in `raw`: JSON in UTF-8, or in UTF-16 or UTF-32 where a byte order mark says so.

    Raises Damaged for what is not a JSON object, NewerFormat for a format above FORMAT.
    """
    odd: list[str] = []
    data = _decoded(raw, odd)
    if not isinstance(data, dict):
        raise Damaged("a record is a JSON object")
    form = data.pop("format", FORMAT)
    if type(form) is not int or form != FORMAT:
        number = _number(form)
        if number is not None and number > FORMAT:
            raise NewerFormat(f"a newer course wrote it, in format {str(form)[:20]}")
        odd.append("format")
    odd += _repair(data)
    return Reading(data, tuple(odd))


def repaired(data: Data) -> Data:
    """`data`, in which every known section now is one of records whose fields have their types."""
    for _ in _repair(data):
        pass
    return data


def text_of(data: Data) -> str:
    """The record as JSON with its format; what UTF-8 does not have (lone surrogates) is escaped."""
    whole = {"format": FORMAT, **data}
    text = json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = json.dumps(whole, indent=1) + "\n"
    return text


def record_changes(before: Data, after: Data) -> tuple[Data, Data]:
    """The two states reduced to the records in which they differ."""
    small: tuple[Data, Data] = ({}, {})
    for section, value in after.items():
        old = before.get(section)
        if isinstance(value, dict) and isinstance(old, dict):
            keys = [key for key in value if key not in old or old[key] != value[key]]
            if keys:
                small[0][section] = {key: old[key] for key in keys if key in old}
                small[1][section] = {key: value[key] for key in keys}
        elif section not in before or old != value:
            small[1][section] = value
            if section in before:
                small[0][section] = old
    return small


def merged(before: Any, after: Any, theirs: Any) -> Any:
    """`theirs` with the change that leads from `before` to `after`; counts of both sides add up.

    Nothing is taken out of `theirs`; none of the three is changed.
    """
    if isinstance(after, dict):
        old = before if isinstance(before, dict) else {}
        result = dict(theirs) if isinstance(theirs, dict) else {}
        for key, value in after.items():
            if key in old and old[key] == value:
                continue
            if key in _FIRST and key in result and key not in old:
                continue
            result[key] = merged(old.get(key), value, result.get(key))
        return result
    if type(after) is int:
        counts = [value if type(value) is int else 0 for value in (before, theirs)]
        return max(0, counts[1] + after - counts[0])
    return copy.deepcopy(after)


def _decoded(raw: bytes, odd: list[str]) -> Any:
    def whole(digits: str) -> int | str:
        try:
            return int(digits)
        except ValueError:  # Python reads no number of more than some thousand digits
            odd.append("a number of too many digits")
            return digits

    def united(pairs: list[tuple[str, Any]]) -> Data:
        found: Data = {}
        for key, value in pairs:
            if key in found:  # as after two files were joined by hand
                odd.append(f"{key}, which stands there twice")
                if isinstance(found[key], dict) and isinstance(value, dict):
                    value = {**found[key], **value}
            found[key] = value
        return found

    encoding = json.detect_encoding(raw)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        odd.append(f"characters that are not {encoding.upper()}")
        text = raw.decode(encoding, "replace")
    try:
        return json.loads(text.lstrip("\ufeff"), object_pairs_hook=united, parse_int=whole)
    except (ValueError, RecursionError) as error:
        raise Damaged(str(error)) from error


def _repair(data: Data) -> Iterator[str]:
    """Make every known section one of records whose fields have their types; yields the places that were not."""
    for name in [name for name, value in data.items() if _too_deep(value)]:
        del data[name]
        yield name
    for section in SECTIONS:
        if not isinstance(data.setdefault(section, {}), dict):
            data[section] = {}
            yield section
        for key, record in list(data[section].items()):
            if not isinstance(record, dict):
                del data[section][key]
                yield f"{section}/{key}"
            else:
                yield from (f"{section}/{key}/{field}" for field in _repair_record(record))
    names = data.get(MERGED, [])
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        del data[MERGED]
        yield MERGED


def _repair_record(record: Data) -> list[str]:
    odd = []
    for field, value in list(record.items()):
        if field == "mistakes":
            counts = {name: _count(count) for name, count in value.items()} if isinstance(value, dict) else {}
            good: Any = {name: count for name, count in counts.items() if count is not None}
        elif field in _COUNTS:
            good = _count(value)
        elif field in _TEXTS:
            good = _text(value)
        elif field in _FLAGS:
            good = bool(value) if isinstance(value, int | float) and value in (0, 1) else None
        else:
            continue
        if good is None:
            del record[field]
        else:
            record[field] = good
        if good is None or type(good) is not type(value) or good != value:
            odd.append(field)
    return odd


def _count(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and 0 <= number <= MOST and number == int(number) else None


def _text(value: Any) -> str | None:
    # A lone surrogate could be stored, but the first print of it would raise.
    return str(value).encode("utf-8", "replace").decode() if isinstance(value, str | int | float) else None


def _number(value: Any) -> float | None:
    if isinstance(value, int | float):
        return value if value == value else None  # not NaN
    try:
        return float(value) if isinstance(value, str) and len(value) < 20 else None
    except ValueError:
        return None


def _too_deep(value: Any) -> bool:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            return True
        level = [
            child
            for one in level
            if isinstance(one, dict | list)
            for child in (one.values() if isinstance(one, dict) else one)
        ]
    return False
