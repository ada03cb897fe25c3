"""A verdict as a card of at most four lines, in plain text and in HTML, once per cell."""

import html
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from course_lib.teaching.exercises.exercise import Exercise
from course_lib.teaching.exercises.match import ERROR, NOT_STARTED, RIGHT, WRONG, Finding

_WORDS = {RIGHT: "right", WRONG: "not right yet", NOT_STARTED: "not started", ERROR: "error"}
# The theme's own colours, with one for pages that know no theme; the word says the same as the colour.
_COLOURS = {
    RIGHT: "var(--jp-success-color1, #2e7d32)",
    WRONG: "var(--jp-warn-color1, #b26a00)",
    ERROR: "var(--jp-error-color1, #c62828)",
    NOT_STARTED: "var(--jp-border-color1, #757575)",
}
_MOST_LINES = 3
MOST_WIDTH = 160
_MOST_PRINTED = 20


@dataclass(eq=False)
class Verdict:
    """The outcome of `check`.

    `status` is "right", "wrong", "not started" or "error"; `mistake` the id of the known mistake that it equals, or
    None (`mistakes` holds all that the probe cannot tell apart); `message` the lines of the card under its first.
    """

    slug: str
    number: str
    status: str
    mistake: str | None = None
    mistakes: tuple[str, ...] = ()
    message: str = ""
    variant: str = ""
    printed: str = ""
    _shown_in: str = field(default="", repr=False)

    @property
    def text(self) -> str:
        """The card in plain text."""
        lines = [f"{_WORDS[self.status]}: {self.number} {self.slug}"]
        return "\n".join(lines + [f"  {line}" for line in self.message.splitlines()])

    @property
    def html(self) -> str:
        """The card in HTML."""
        lines = self.message.splitlines()
        return card_html(
            "verdict",
            _WORDS[self.status],
            self.slug,
            lines,
            state=self.status,
            number=self.number,
            colour=_COLOURS[self.status],
        )

    def show(self) -> None:
        """Display the card, and under it what the learner's function printed while it was probed."""
        self._shown_in = _cell()
        if self._shown_in:
            _display(self.text, self.html)
        else:
            print(self.text)
        if self.printed.strip():
            print(_printed(self.printed))

    def _ipython_display_(self) -> None:
        # `check` has shown the card already when it is the last expression of its own cell.
        if self._shown_in != _cell():
            self.show()

    def __repr__(self) -> str:
        mistake = f", mistake={self.mistake!r}" if self.mistake else ""
        return f"Verdict({self.slug!r}, status={self.status!r}{mistake})"


def card_html(
    kind: str, words: str, key: str, lines: Sequence[str], *, state: str, number: str = "", colour: str = ""
) -> str:
    """A card: the status as words, a border in the theme's colour, announced by a screen reader."""
    border = f"border-left:4px solid {colour or _COLOURS[NOT_STARTED]};padding:2px 12px;margin:4px 0;"
    font = "color:var(--jp-content-font-color1, inherit);line-height:1.5;max-width:100ch;"
    place = f"{html.escape(number)} " if number else ""
    head = f"<div><strong>{html.escape(words)}</strong>: {place}<code>{html.escape(key)}</code></div>"
    body = "".join(f'<div style="white-space:pre-wrap">{html.escape(line)}</div>' for line in lines)
    names = f'class="course-{kind}" data-status="{html.escape(state)}" data-slug="{html.escape(key)}" role="status"'
    return f'<div {names} style="{border}{font}">{head}{body}</div>'


def show_card(kind: str, words: str, key: str, lines: Sequence[str]) -> None:
    """Show a card that is no verdict; as text where no notebook runs."""
    text = "\n".join([f"{words}: {key}", *(f"  {line}" for line in lines)])
    if shell() is None:
        print(text)
    else:
        _display(text, card_html(kind, words, key, lines, state=words))


def _display(text: str, page: str) -> None:
    from IPython.display import display

    display({"text/plain": text, "text/html": page}, raw=True)


def verdict_of(exercise: Exercise, number: str, finding: Finding) -> Verdict:
    """The verdict for what the probe showed, with the offer of a hint where there is one to give."""
    lines = list(finding.lines[:_MOST_LINES])
    if finding.status == NOT_STARTED and not lines:
        lines = ["write your answer above, run its cell, then this one"]
    lines = [line if len(line) <= MOST_WIDTH else line[: MOST_WIDTH - 3] + "..." for line in lines]
    if exercise.hints and finding.status != RIGHT:
        lines[-1] += f'      hint("{exercise.slug}") for more'
    first = finding.mistakes[0] if finding.mistakes else None
    return Verdict(
        exercise.slug,
        number,
        finding.status,
        first,
        finding.mistakes,
        "\n".join(lines),
        finding.variant,
        finding.printed,
    )


def _printed(text: str) -> str:
    lines = text.rstrip().splitlines()
    rest = [f"... and {len(lines) - _MOST_PRINTED} more lines"] if len(lines) > _MOST_PRINTED else []
    return "\n".join(["printed by your function:", *lines[:_MOST_PRINTED], *rest])


def _cell() -> str:
    """What tells this execution of a cell from any other; "" outside IPython."""
    running = shell()
    if running is None:
        return ""
    try:
        return str(running.kernel.get_parent()["header"]["msg_id"])
    except (AttributeError, KeyError, TypeError):  # IPython in a terminal has no kernel
        return f"terminal {running.execution_count}"


def shell() -> Any:
    """The running IPython shell, or None; never imports IPython on its own."""
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython

    return get_ipython()
