"""Rows of checked numbers as a small table: the value first, then what the text says of it, then what it is.

Where the text gives a bound, the value may differ from machine to machine: `nbval_sanitize.cfg` takes it out of the
comparison, in the plain text by the words after it and in the page by its class. So the width of no column depends on
a value.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 12  # characters of the column of values
EXACT, REPORTED = "as the text says", "in the report"
_CELL = "text-align:left;padding:2px 14px 2px 0;vertical-align:top;"
_VALUE = "text-align:right;padding:2px 14px 2px 0;vertical-align:top;font-weight:600;white-space:nowrap;"
_FONT = "color:var(--jp-content-font-color1, inherit);line-height:1.45;"


@dataclass(frozen=True)
class NumberRow:
    """One number. `value` as it is shown; `says` and `what` in words; `text` and `number` as they were compared.

    `spread` is the standard deviation over seeds where the lesson gave their values, else None. `band` says that the
    text gives a bound, and no number of its own.
    """

    value: str
    says: str
    what: str
    text: str = ""
    number: float | None = None
    spread: float | None = None
    band: bool = False

    def record(self) -> dict[str, Any]:
        """What is kept of the row in the notebook and in the log."""
        kept = {"text": self.text, "value": self.number, "spread": self.spread, "what": self.what}
        rounded = {key: float(f"{one:.6g}") if isinstance(one, float) else one for key, one in kept.items()}
        return {key: one for key, one in rounded.items() if one is not None}


def number_text(number: float) -> str:
    """A measured number in at most four significant digits; whole numbers and large ones with all of theirs."""
    if number == int(number) if abs(number) < 1e15 else False:
        return f"{int(number):,}"
    return f"{number:,.0f}" if 1e4 <= abs(number) < 1e15 else f"{number:.4g}"


def lines_of(rows: Sequence[NumberRow]) -> str:
    """The rows as aligned lines."""
    wide = max(len(row.says) for row in rows)
    return "\n".join(f"{row.value:>{WIDTH}}   {row.says:<{wide}}   {row.what}" for row in rows)


def page(rows: Sequence[NumberRow]) -> str:
    """The rows as an HTML table in the colours of the theme."""
    body = "".join(
        f'<tr><td class="{"bound" if row.band else "exact"}" style="{_VALUE}">{html.escape(row.value)}</td>'
        f'<td style="{_CELL}white-space:nowrap">{html.escape(row.says)}</td>'
        f'<td style="{_CELL}">{html.escape(row.what)}</td></tr>'
        for row in rows
    )
    style = f"border-collapse:collapse;margin:2px 0;{_FONT}"
    return f'<table class="course-numbers" style="{style}"><tbody>{body}</tbody></table>'


def folded(rows: Sequence[NumberRow]) -> tuple[str, str]:
    """(plain text, page) of one line for a whole section, which the reader opens to see the rows."""
    one = len(rows) == 1
    line = f"{len(rows)} {'number' if one else 'numbers'} of this section {'holds' if one else 'hold'}"
    style = f"{_FONT}cursor:pointer;"
    inside = f'<details class="course-numbers"><summary style="{style}">{line}</summary>{page(rows)}</details>'
    return f"{line}:\n{lines_of(rows)}", inside
