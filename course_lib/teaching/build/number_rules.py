"""The rule for numbers: every decimal and percentage in a lesson's text stands on something that was checked.

A number is backed by `claim("97.07", ...)`, `claim("> 0.95", ...)` or `quoted("99.25", report=...)` in a code cell of
the notebook. A setting is backed when it stands in `backticks` or $a formula$ and is a number of the code as well.
Percent and fraction back each other. Whole numbers are looked at when they have thousands separators (30,169,746).

python -m course_lib.teaching.lint notebooks/01_training_loop.ipynb
"""

import ast
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

_BACKING_CALLS = ("claim", "quoted")

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

_NUMBERED = r"sections?|chapters?|tables?|figures?|fig\.|equations?|eqs?\.|theorems?|algorithms?|exercises?|lessons?"
_PROGRAMS = r"Python|(?:Py)?Torch|torchvision|NumPy|SciPy|matplotlib|JupyterLab|IPython|scikit-learn|CUDA|versions?"
_TAGS = r"a|b|br|code|details|div|em|i|img|p|small|span|strong|sub|summary|sup|table|tbody|td|th|thead|tr"
_ITEM = r"\d+(?:\.\d+)+"
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
        rf"(?i)\b(?:{_PROGRAMS}|CC BY(?:-SA)?)\s{_ITEM}",  # versions of programs and licences
        r"\b\d{1,2}\.\d{1,2}\.\d{4}\b|\b\d{4}\.\d{2}\.\d{2}\b",  # dates
    )
)
_CODE_SPAN = re.compile(r"(?s)(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")
_FORMULA = re.compile(r"(?<!\\)\$\$.+?\$\$|(?<![\\$])\$(?!\s)[^$]+?(?<![\s\\])\$(?!\d)", re.DOTALL)


@dataclass(frozen=True)
class Problem:
    """A number that nothing backs: the cell's id, the number as it stands, and its line within the cell."""

    cell: str
    literal: str
    line: int

    def __str__(self) -> str:
        return f"cell {self.cell!r}, line {self.line}: no claim and no quotation backs {self.literal!r}"


@dataclass
class _Backed:
    """What the code cells back: numbers as they are claimed (with their digits), and the numbers of the code."""

    claimed: set[Decimal] = field(default_factory=set)
    in_code: set[Decimal] = field(default_factory=set)

    def holds(self, value: Decimal, is_setting: bool) -> bool:
        if is_setting and value in self.in_code:
            return True
        # Decimal("0.950") equals Decimal("0.95"), but it states one digit more than was claimed.
        return any(value == other and _digits(value) <= _digits(other) for other in self.claimed)


def _digits(value: Decimal) -> int:
    return -int(value.as_tuple().exponent)


def unbacked_numbers(notebook_cells: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """Every decimal and percentage of the Markdown cells that no code cell of the same notebook backs."""
    backed = _Backed()
    for cell in notebook_cells:
        if cell["cell_type"] == "code":
            _collect(_text(cell), backed)
    found = []
    for cell in notebook_cells:
        if cell["cell_type"] == "markdown":
            for literal, value, line, is_setting in _numbers(_text(cell)):
                if not backed.holds(value, is_setting):
                    found.append(Problem(str(cell.get("id", "")), literal, line))
    return found


def _text(cell: Mapping[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _collect(code: str, backed: _Backed) -> None:
    """Add what one code cell claims, quotes and sets. A cell that is no plain Python backs nothing."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            first = node.args[0] if node.args else None
            if name in _BACKING_CALLS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                backed.claimed |= {_value(match) for match in _CLAIMED.finditer(_plain(first.value))}
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
            backed.in_code |= {-value for value in _constant(node.operand)}
        elif isinstance(node, ast.Constant):
            backed.in_code |= _constant(node)


def _constant(node: ast.Constant) -> set[Decimal]:
    is_number = isinstance(node.value, int | float) and not isinstance(node.value, bool)
    return {Decimal(repr(node.value))} if is_number else set()


def _plain(text: str) -> str:
    """One form for every way of grouping thousands: commas, `{,}` and thin space of formulas, narrow spaces."""
    text = re.sub(r"(?<=\d)(?:\{,\}|\\,)(?=\d{3})", ",", text)
    return re.sub(r"(?<=\d)[\u00a0\u202f\u2009](?=\d{3}(?!\d))", ",", text)


def _numbers(markdown: str) -> Iterator[tuple[str, Decimal, int, bool]]:
    """(literal, value, line, whether it stands in backticks or in a formula) for what has to be backed."""
    text = _plain(markdown)
    for pattern in _EXEMPT:
        text = pattern.sub(lambda match: re.sub(r"[^\n]", "_", match.group()), text)  # same length, same lines
    spans = [match.span() for pattern in (_CODE_SPAN, _FORMULA) for match in pattern.finditer(text)]
    for match in _NUMBER.finditer(text):
        is_setting = any(start <= match.start() < end for start, end in spans)
        yield match.group().strip(), _value(match), text.count("\n", 0, match.start()) + 1, is_setting


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
