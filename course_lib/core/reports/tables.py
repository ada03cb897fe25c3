"""The reports that are there, and whether a quoted number stands in one of them."""

import re
from dataclasses import dataclass

from course_lib.core.reports import golden_seeds, infinito, neuronet, repositories, theory, velora
from course_lib.core.reports.record import Fact, Report, Table, number, number_texts

__all__ = ["NAMES", "Fact", "Place", "Report", "Table", "get_report", "number", "report_number", "report_place"]

# The five source documents; the repositories are kept apart, under names that say so.
_SOURCES = (infinito.REPORT, golden_seeds.REPORT, neuronet.REPORT, velora.REPORT, theory.REPORT)
_REPORTS = {report.name: report for report in (*_SOURCES, *repositories.REPORTS)}
NAMES = tuple(_REPORTS)


@dataclass(frozen=True)
class Place:
    """Where a text was found: table "facts" for a headline number, whose row is the name of the fact."""

    report: str
    table: str
    row: str
    column: str
    text: str


def get_report(name: str) -> Report:
    """The report of that name; `ValueError` that lists all names if there is none."""
    if name not in _REPORTS:
        raise ValueError(f"unknown report {name!r}; the reports are {', '.join(NAMES)}")
    return _REPORTS[name]


def report_number(text: str, report: str) -> list[Place]:
    """Places of `report` where `text` stands, as a whole cell or as one number of it; empty if there is none.

    Thousands separators, spaces, a leading plus, the kind of minus sign and zeros of an exponent do not count:
    "+54.35 %" finds "54.35%". A minus sign and a percent sign do count: "54.35" does not find "54.35%".
    Raises ValueError for an empty text and for an unknown report.
    """
    wanted = _plain(text)
    if not wanted:
        raise ValueError(f"text must name something to look for, got {text!r}")
    return [place for place in _places(get_report(report)) if wanted in _keys(place.text)]


def report_place(report: str, at: str | tuple[str, str, str]) -> Place:
    """The place that the name of a fact, or (table, row, column), names; `ValueError` that says what is not there."""
    source = get_report(report)
    if isinstance(at, str):
        return Place(report, "facts", at, "value", source.fact(at).text)
    table_name, row, column = at
    table = source.table(table_name)
    found = [text for cells, text in zip(table.rows, table.texts(column), strict=True) if cells[0] == row]
    if len(found) != 1:
        rows = [cells[0] for cells in table.rows]
        raise ValueError(f"table {table_name!r} must have one row {row!r}, found {len(found)}; its rows are {rows}")
    return Place(report, table_name, row, column, found[0])


def _places(source: Report) -> list[Place]:
    places = [Place(source.name, "facts", fact.name, "value", fact.text) for fact in source.facts]
    for table in source.tables:
        for row in table.rows:
            places += [Place(source.name, table.name, row[0], *cell) for cell in zip(table.columns, row, strict=True)]
    return places


def _keys(text: str) -> set[str]:
    """Everything that a reader may quote of a cell: all of it, or one of its numbers."""
    return {_plain(text), *(_plain(part) for part in number_texts(text))}


def _plain(text: str) -> str:
    text = text.replace("\u2212", "-").lower().replace("p-value", "p")
    text = re.sub(r"(?<=\d)[,_\u00a0\u2009\u202f](?=\d{3}(?!\d))", "", text)
    text = re.sub(r"e([-+]?)0+(?=\d)", r"e\1", re.sub(r"\s+", "", text))
    return text.removeprefix("+")
