"""What the claims of the lessons say: values and bands, from a log or the stored notebooks, and which say too little.

python -m course_lib.teaching.numbers.bands            a table of the claims that give a band, from the stored notebooks
python -m course_lib.teaching.numbers.bands 09 --log F   of lesson 09, with the values of a log (pytest --claims-log F)
"""

import argparse
import ast
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_lib.core.files import course_root
from course_lib.teaching.build.percent import Cell, read_source

MOST_SPREADS = 10.0  # a band wider than so many standard deviations over seeds says little
MOST_FACTOR = 10.0  # and so does one whose ends differ by more than this factor, where no spread is given
_BETWEEN = re.compile(r"between (\S+?)(?: ?%)? and (\S+?)(?: ?%)?")
_BOUND = re.compile(r"(?:[<>]=?|!=) ?(\S+?)(?: ?%)?")
_NEVER_NEGATIVE = {"abs", "len", "norm", "std", "var", "ptp"}
_ABOVE_NOTHING = re.compile(r">= ?0(?:\.0*)?|(?:>=?|!=) ?[-−].*")


@dataclass(frozen=True)
class Number:
    """One number as a notebook showed it."""

    notebook: str
    text: str
    what: str
    value: float | None = None
    spread: float | None = None

    @property
    def ends(self) -> tuple[float, float] | None:
        """The ends of the band; None where the text gives one bound or a number."""
        match = _BETWEEN.fullmatch(self.text)
        return (_float(match[1]), _float(match[2])) if match else None

    @property
    def width(self) -> float | None:
        """Width of the band, or the distance of the value from a single bound."""
        if self.ends:
            return self.ends[1] - self.ends[0]
        match = _BOUND.fullmatch(self.text)
        return abs(self.value - _float(match[1])) if match and self.value is not None else None

    @property
    def spreads(self) -> float | None:
        """The width in standard deviations over seeds, None where none was given."""
        return self.width / self.spread if self.width is not None and self.spread else None

    @property
    def factor(self) -> float | None:
        """The upper end over the lower one, for a band of positive numbers."""
        return self.ends[1] / self.ends[0] if self.ends and self.ends[0] > 0 else None


def says_little(number: Number) -> str:
    """Why a band says too little; "" where it says something, or the number is no band."""
    if number.ends and number.spreads and number.spreads > MOST_SPREADS:
        return f"the band is {number.spreads:.0f} times the spread over seeds"
    if number.factor and number.factor > MOST_FACTOR and not number.spread:
        return f"the ends differ by a factor of {number.factor:.0f}, and no spread over seeds is given"
    return ""


def cannot_fail(cell: Cell) -> Iterator[tuple[str, str]]:
    """(text of the claim, why) for claims of a cell that compare a constant with itself, or hold for any value."""
    for node in ast.walk(ast.parse(cell.text)):
        if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "claim" and len(node.args) >= 2):
            continue
        text, value = node.args[0], node.args[1]
        shown = ast.unparse(text)
        if isinstance(value, ast.Constant) or (
            isinstance(value, ast.UnaryOp) and isinstance(value.operand, ast.Constant)
        ):
            yield shown, "a constant is compared with a constant"
        names = {one.id for one in ast.walk(value) if isinstance(one, ast.Name)}
        if isinstance(text, ast.JoinedStr) and names & {one.id for one in ast.walk(text) if isinstance(one, ast.Name)}:
            yield shown, "the text is made from what it is compared with"
        called = value.func if isinstance(value, ast.Call) else None
        name = getattr(called, "id", getattr(called, "attr", ""))
        if name in _NEVER_NEGATIVE and isinstance(text, ast.Constant) and _ABOVE_NOTHING.fullmatch(str(text.value)):
            yield shown, f"{name} is never below 0"


def stored(folder: Path) -> list[Number]:
    """The numbers in the outputs of the notebooks in a folder of the course, as they were built."""
    found = []
    for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                kept = output.get("metadata", {}).get("course", {}).get("numbers", [])
                found += [_number({**row, "notebook": path.stem}) for row in kept]
    return found


def logged(path: Path) -> list[Number]:
    """The numbers in a log."""
    return [_number(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _number(row: dict[str, Any]) -> Number:
    name = row["notebook"].rpartition("/")[2]
    return Number(name, row["text"], row["what"], row.get("value"), row.get("spread"))


def _float(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))


def weak_claims() -> list[str]:
    """A line for every claim of the lessons that cannot fail or whose band says too little."""
    found = []
    for source in sorted((course_root() / "notebooks" / "source").glob("[0-9][0-9]_*.py")):
        for cell in read_source(source):
            if cell.kind == "code":
                found += [f"{source.stem}, cell {cell.id!r}, {text}: {why}" for text, why in cannot_fail(cell)]
    for number in stored(course_root() / "notebooks"):
        if why := says_little(number):
            found.append(f"{number.notebook}, {number.text!r} ({number.what}; value {number.value:g}): {why}")
    return found


def bands_table(numbers: Sequence[Number]) -> str:
    """One line for every number that the text bounds: the value, its band, and the band over the spread."""
    lines = [
        f"{'notebook':<22}{'value':>12}  {'the text says':<26}{'spread':>10}{'band/spread':>13}{'factor':>8}  of what"
    ]
    for one in numbers:
        if one.width is not None:
            spread, spreads, factor = (_cell(part) for part in (one.spread, one.spreads, one.factor))
            value = _cell(one.value)
            lines.append(
                f"{one.notebook:<22}{value:>12}  {one.text:<26}{spread:>10}{spreads:>13}{factor:>8}  {one.what}"
            )
    return "\n".join(lines)


def widest_bands(numbers: Sequence[Number], count: int = 10) -> str:
    """How many bands there are, and a table of those that are widest over their spread over seeds."""
    bounded = [one for one in numbers if one.width is not None]
    measured = sorted((one for one in bounded if one.spreads is not None), key=lambda one: -(one.spreads or 0.0))
    told = f"{len(numbers)} numbers, {len(bounded)} of them bands or bounds, {len(measured)} with a spread over seeds"
    return f"{told}; the widest over it:\n{bands_table(measured[:count])}" if measured else told


def _cell(number: float | None) -> str:
    return "" if number is None else f"{number:.4g}" if math.isfinite(number) else str(number)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m course_lib.teaching.numbers.bands", description=__doc__)
    parser.add_argument("lessons", nargs="*", help="01 02 ...; all when left out")
    parser.add_argument("--log", type=Path, help="read a log in place of the stored notebooks")
    options = parser.parse_args(arguments)
    numbers = logged(options.log) if options.log else stored(course_root() / "notebooks")
    chosen = [one for one in numbers if not options.lessons or one.notebook[:2] in options.lessons]
    print(bands_table(chosen))


if __name__ == "__main__":
    main()
