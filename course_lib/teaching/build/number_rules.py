"""The rule for numbers: every decimal and percentage in a lesson's text stands on something that was checked.

A number is backed by `claim("97.07", ...)`, `claim("> 0.95", ...)` or `quoted("99.25", report=...)` in a code cell of
the notebook. A setting is backed when it stands in `backticks` or $a formula$ and is a number of the code as well.
Percent and fraction back each other. Whole numbers are looked at when they have thousands separators (30,169,746).

python -m course_lib.teaching.lint notebooks/01_training_loop.ipynb
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from course_lib.teaching.build.backing import Backing, backings, constants, stems
from course_lib.teaching.build.figure_texts import figure_texts
from course_lib.teaching.build.number_words import spelled

# A number: thousands with separators, a decimal, or scientific notation. Not a part of a word (V5.2), of a version or
# date with dots (2.4.6), or of a list without spaces (784,128,64). Before a percent sign a whole number counts too.
_SIGN = r"(?P<sign>(?:(?<![\w.)\]}])[-−+])?)"
_START = r"(?<![A-Za-z0-9.])"
_DECIMAL = r"(?:\d{1,3}(?:,\d{3})+(?!,?\d)(?:\.\d+)?|\d*\.\d+(?:[eE][-+]?\d+)?(?!\.?\d)|\d+[eE][-+]?\d+)"
_WHOLE = r"\d+(?![\d.,]*\d)"
_PERCENT = r"(?:\s?\\?%|\s+per\s?cent\b)"
# "10-20 %" and "70/15/15 %": what stands before the separator is a percentage as well.
_MORE = rf"(?:\s?(?:[-–/]|to)\s?(?:{_DECIMAL}|{_WHOLE}))+{_PERCENT}"
_NUMBER = re.compile(
    rf"{_SIGN}{_START}(?:(?P<first>{_DECIMAL}|\d+)(?={_MORE})"
    rf"|(?P<value>{_DECIMAL}|{_WHOLE}(?={_PERCENT}))(?P<percent>{_PERCENT})?)"
)
_CLAIMED = re.compile(rf"{_SIGN}{_START}(?P<value>{_DECIMAL}|{_WHOLE})(?P<percent>{_PERCENT})?")

_NUMBERED = r"sections?|chapters?|tables?|figures?|fig\.|equations?|eqs?\.|theorems?|algorithms?|exercises?"
_PROGRAMS = r"Python|(?:Py)?Torch|torchvision|NumPy|SciPy|matplotlib|JupyterLab|IPython|scikit-learn|CUDA|versions?"
_TAGS = r"a|b|br|code|details|div|em|i|img|p|small|span|strong|sub|summary|sup|table|tbody|td|th|thead|tr"
_ITEM = r"[1-9]\d*(?:\.[1-9]\d?)+(?!\d)"  # no part of a place begins with 0, and lessons have whole numbers
_EXEMPT = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?ms)^ {0,3}(?P<fence>`{3,}|~{3,}).*?(?:^ {0,3}(?P=fence)[`~]*[ \t]*$|\Z)",  # code blocks
        r"(?<=\])\([^)\s]*(?:\s+\"[^\"]*\")?\)",  # link targets
        r"(?m)^\s*\[[^\]]+\]:\s*\S+",  # link definitions
        r"<[a-z]+://[^>]*>|\b(?:https?|ftp)://[^\s)>]+",  # addresses
        rf"(?s)</?(?:{_TAGS})\b[^>]*>|<!--.*?-->",  # HTML tags with their attributes, comments
        r"(?i)\barXiv[:\s]\s?\d{4}\.\d{4,5}(?:v\d+)?",
        r"\b10\.\d{4,9}/[^\s)\]]+",  # DOI
        rf"(?m)^\#{{1,6}}\s+{_ITEM}(?=\.?\s)",  # numbered headings
        rf"(?i)(?:\b(?:{_NUMBERED})|§§?)\s?{_ITEM}(?:(?:,|\s?[-–]|\s+and|\s+to)\s?{_ITEM})*",
        rf"(?i)\b(?:{_PROGRAMS}|CC BY(?:-SA)?)\s\d+(?:\.\d+)+",  # versions of programs and licences
        r"\b\d{1,2}\.\d{1,2}\.\d{4}\b|\b\d{4}\.\d{2}\.\d{2}\b",  # dates
    )
)
_CODE_SPAN = re.compile(r"(?s)(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")
_FORMULA = re.compile(r"(?<!\\)\$\$.+?\$\$|(?<![\\$])\$(?!\s)[^$]+?(?<![\s\\])\$(?!\d)", re.DOTALL)


_UP = r"above|over|more than|greater than|larger than|higher than|at least|exceeds?|>=?|≥"
_DOWN = r"below|under|less than|fewer than|smaller than|lower than|at most|up to|<=?|≤"
_DIRECTION = re.compile(rf"(?i)(?P<not>\b(?:not|never|no)\s+)?(?:(?<!\w)(?P<up>{_UP})|(?<!\w)(?:{_DOWN}))[\s$*_`]*$")
_HEADING = re.compile(r"(?m)^#{1,2} ")
_SENTENCE_END = re.compile(r"[.!?:](?=\s)|\n\s*\n|\n\s*[-|]")


@dataclass(frozen=True)
class Problem:
    """A number that nothing backs: the cell's id, the number as it stands, and its line within the cell."""

    cell: str
    literal: str
    line: int

    def __str__(self) -> str:
        return f"cell {self.cell!r}, line {self.line}: no claim and no quotation backs {self.literal!r}"


def unbacked_numbers(notebook_cells: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """Every number of the Markdown cells and of the figures' texts that no code cell of the same notebook backs."""
    code = [(section, _text(cell)) for section, cell in _in_sections(notebook_cells) if cell["cell_type"] == "code"]
    backed, near = backings(code, _claimed), defaultdict[int, set[Decimal]](set)
    for section, text in code:
        near[section] |= constants(text)
    found = []
    for section, cell in _in_sections(notebook_cells):
        if cell["cell_type"] != "markdown":
            found += _of_figures(cell, section, backed, near[section])
            continue
        first = bool(_HEADING.match(_text(cell)))
        for number in _numbers(_text(cell)):
            here = section - first + number.headings
            if not (number.is_setting and number.value in near[here]) and not _holds(number, here, backed):
                found.append(Problem(str(cell.get("id", "")), number.literal, number.line))
    return found


def _of_figures(
    cell: Mapping[str, Any], section: int, backed: Sequence[Backing], near: set[Decimal]
) -> Iterator[Problem]:
    """Numbers of alternative texts and titles; those that the code of the section sets are settings of the figure."""
    for text, line in figure_texts(_text(cell)):
        for number in _numbers(text):
            if number.value not in near and not _holds(number, section, backed):
                yield Problem(str(cell.get("id", "")), number.literal, line)


def _in_sections(cells: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each cell with the number of the section in which it begins; headings of the first two levels begin one."""
    section = 0
    for cell in cells:
        headings = len(_HEADING.findall(_text(cell))) if cell["cell_type"] == "markdown" else 0
        at_the_top = bool(headings and _HEADING.match(_text(cell)))
        yield section + at_the_top, cell
        section += headings


def _holds(number: "_Number", section: int, backed: Sequence[Backing]) -> bool:
    """Whether a claim says the same: in this section, or elsewhere of something that the sentence names."""
    return any(
        one.states(number.value, number.direction) and (one.section == section or one.words & number.words)
        for one in backed
    )


def _claimed(text: str) -> Iterator[Decimal]:
    yield from (_value(match) for match in _CLAIMED.finditer(_plain(text)))
    yield from (value for _, _, value in spelled(text))


def _text(cell: Mapping[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _plain(text: str) -> str:
    """One form for every way of grouping thousands: commas, `{,}` and thin space of formulas, narrow spaces."""
    text = re.sub(r"(?<=\d)(?:\{,\}|\\,)(?=\d{3})", ",", text)
    return re.sub(r"(?<=\d)[\u00a0\u202f\u2009](?=\d{3}(?!\d))", ",", text)


class _Number(NamedTuple):
    """A number as a text has it: `direction` is ">" after "above" and its like, "<" after "below", else ""."""

    literal: str
    value: Decimal
    line: int
    is_setting: bool  # in backticks or in a formula
    direction: str
    words: frozenset[str]  # of its sentence
    headings: int  # of the first or second level above it in its cell


def _numbers(markdown: str) -> Iterator[_Number]:
    """What of a text has to be backed."""
    text = _plain(markdown)
    for pattern in _EXEMPT:
        text = pattern.sub(lambda match: re.sub(r"[^\n]", "_", match.group()), text)  # same length, same lines
    spans = [match.span() for pattern in (_CODE_SPAN, _FORMULA) for match in pattern.finditer(text)]
    found = [(match.start(), match.group().strip(), _value(match)) for match in _NUMBER.finditer(text)]
    code = [span for span in spans if text[span[0]] == "`"]
    found += [one for one in spelled(text) if not any(start <= one[0] < end for start, end in code)]
    for place, literal, value in sorted(found):
        is_setting = any(start <= place < end for start, end in spans)
        before = _DIRECTION.search(text[:place])
        direction = "" if before is None else _direction(before)
        line, headings = text.count("\n", 0, place) + 1, len(_HEADING.findall(text[: place + 1]))
        yield _Number(literal, value, line, is_setting, direction, _sentence(text, place), headings)


def _direction(match: re.Match[str]) -> str:
    up = bool(match["up"])
    return "><"[up == bool(match["not"])]


def _sentence(text: str, place: int) -> frozenset[str]:
    start = max((end.end() for end in _SENTENCE_END.finditer(text, 0, place)), default=0)
    end = _SENTENCE_END.search(text, place)
    return stems(text[start : end.start() if end else len(text)])


def _value(match: re.Match[str]) -> Decimal:
    groups = match.groupdict()
    value = Decimal((groups["value"] or groups["first"]).replace(",", ""))
    if groups["sign"] in ("-", "−"):
        value = -value
    return value.scaleb(-2) if groups["percent"] or groups.get("first") else value


def main(paths: Sequence[str]) -> int:
    """Print the unbacked numbers of notebooks; the exit status is 1 when there is one."""
    found = False
    for path in paths:
        for problem in unbacked_numbers(json.loads(Path(path).read_text(encoding="utf-8"))["cells"]):
            print(f"{path}: {problem}")
            found = True
    return int(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
