"""Published numbers: the text that was printed and the number that it means.

A text is typed once, as it was printed ("1,291.31", "92.3%", "9.94e-05"); the number is read from it. A percentage
stays in percent: the value of "92.3%" is 92.3.
"""

import re
from dataclasses import dataclass, field

# A sign counts only where no letter, digit or percent sign stands before it: "10-20%" holds 10 and 20%, not -20%.
# A digit that belongs to a name ("ResNet50", "V5.2") is not a number.
_NUMBER = re.compile(
    r"(?:(?<![\w.%)])[-+])?(?<![A-Za-z_.\d,])(?P<digits>\d{1,3}(?:,\d{3})+|\d+)(?P<decimals>\.\d+)?"
    r"(?P<exponent>e[-+]?\d+)?(?P<percent>\s?%)?",
    re.IGNORECASE,
)


def number_texts(text: str) -> tuple[str, ...]:
    """The numbers that stand in `text`, as printed: "3.44% at p=0.554" gives ("3.44%", "0.554")."""
    return tuple(match.group(0) for match in _NUMBER.finditer(text.replace("\u2212", "-")))


def number(text: str) -> float:
    """The first number of `text`, percentages in percent; NaN where there is none ("-")."""
    found = number_texts(text)
    return float(found[0].replace(",", "").rstrip("% ")) if found else float("nan")


@dataclass(frozen=True)
class Fact:
    """One headline number or setting: its name, the text as printed, what it means, where it stands."""

    name: str
    text: str
    meaning: str
    where: str = ""

    @property
    def value(self) -> float:
        """The number (NaN for a text without one)."""
        return number(self.text)


@dataclass(frozen=True)
class Table:
    """A printed table: `rows` holds the cells as printed, `columns` their names; the first cell names its row."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    where: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(
                    f"every row of table {self.name!r} must have {len(self.columns)} cells, got {len(row)}: {row}"
                )

    def texts(self, column: str) -> tuple[str, ...]:
        """The cells of a column as printed; `ValueError` if there is no such column."""
        if column not in self.columns:
            raise ValueError(f"table {self.name!r} has no column {column!r}; its columns are {list(self.columns)}")
        place = self.columns.index(column)
        return tuple(row[place] for row in self.rows)

    def column(self, column: str) -> tuple[float, ...]:
        """The cells of a column as numbers, NaN where a cell holds none."""
        return tuple(number(text) for text in self.texts(column))


@dataclass(frozen=True)
class Report:
    """A document (or repository) as data: `source` says which file or address the numbers were typed from."""

    name: str
    title: str
    date: str
    source: str
    facts: tuple[Fact, ...] = ()
    tables: tuple[Table, ...] = field(default=())

    def fact(self, name: str) -> Fact:
        """The fact of that name; `ValueError` with all names if there is none."""
        for fact in self.facts:
            if fact.name == name:
                return fact
        raise ValueError(f"report {self.name!r} has no fact {name!r}; it has {[fact.name for fact in self.facts]}")

    def table(self, name: str) -> Table:
        """The table of that name; `ValueError` with all names if there is none."""
        for table in self.tables:
            if table.name == name:
                return table
        raise ValueError(f"report {self.name!r} has no table {name!r}; it has {[table.name for table in self.tables]}")


def table_from_text(name: str, title: str, columns: tuple[str, ...], block: str, where: str = "") -> Table:
    """A table typed as lines of cells that are separated by two or more spaces."""
    lines = [line.strip() for line in block.strip().splitlines()]
    return Table(name, title, columns, tuple(tuple(re.split(r"\s{2,}", line)) for line in lines), where)
