"""Numbers that a text spells: "twice as many", "a third of", "nine in ten", "14 of 20", "2/3", "0,93"."""

import re
from collections.abc import Iterator
from decimal import Decimal

_ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100, "thousand": 1000}
WORDS = {word: value for value, word in enumerate(_ONES, start=1)} | _TENS | {"a hundred": 100, "a thousand": 1000}
PARTS = {"half": 2, "halves": 2, "third": 3, "quarter": 4, "fifth": 5, "tenth": 10, "hundredth": 100}

_COUNT = rf"(?:{'|'.join(sorted(WORDS, key=len, reverse=True))}|\d+(?:\.\d+)?)"
_AS = r"as\s+(?:many|much|large|high|low|long|fast|slow|often|steep|wide|small)"
_MORE = r"more|less|larger|smaller|higher|lower|longer|faster|slower|better|worse"
_THAN = rf"(?=\s+(?:{_AS}|(?:{_MORE})\b))"
_PATTERNS = {
    "of": re.compile(
        rf"(?i)(?<![\w/.,])(?P<a>{_COUNT})\s+(?:of|out of|in)\s+(?:the\s+)?(?P<b>{_COUNT})(?![\w/%]|[.,]\d)"
    ),
    "times": re.compile(rf"(?i)(?<![\w/.,])(?P<a>{_COUNT})\s+times{_THAN}"),
    "twice": re.compile(rf"(?i)\btwice{_THAN}"),
    "part": re.compile(rf"(?i)(?<!\w)(?:(?P<a>an?|one|two|three)\s+)?(?P<b>{'|'.join(PARTS)})s?(?=\s+(?:of\b|{_AS}))"),
    "fraction": re.compile(r"(?<![\w/.^{}])(?P<a>\d{1,2})/(?P<b>\d{1,3})(?![\w/%]|[.,]\d)"),
    "comma": re.compile(r"(?<![\w.,])(?P<a>\d+),(?P<b>\d{1,2}|\d{4,})(?![\w,]|\.\d)"),
}


def spelled(text: str) -> Iterator[tuple[int, str, Decimal]]:
    """(place, the phrase, its value) of every number that is spelled; "14 of 20" is 0.7, "0,93" is 0.93."""
    for kind, pattern in _PATTERNS.items():
        for match in pattern.finditer(text):
            if value := _value_of(kind, match):
                yield match.start(), match.group().strip(), value


def _value_of(kind: str, match: re.Match[str]) -> Decimal:
    if kind == "twice":
        return Decimal(2)
    if kind == "times":
        return _count(match["a"])
    if kind == "comma":
        return Decimal(f"{match['a']}.{match['b']}")
    if kind == "part":
        first = (match["a"] or "a").lower()
        return Decimal(1 if first in ("a", "an") else WORDS[first]) / PARTS[match["b"].lower()]
    whole = _count(match["b"])
    return _count(match["a"]) / whole if whole else Decimal(0)


def _count(text: str) -> Decimal:
    return Decimal(WORDS.get(text.lower(), 0)) or Decimal(text if text[0].isdigit() else 0)
