"""What the learner has solved, predicted and recalled: records for the tools, and a table for the learner."""

import html
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from course_lib.teaching.learner.store import Data, change_record, load_record

LEVELS = ("blank", "faded", "worked")
_LESSON = re.compile(r"(\d\d)\D")  # keys of predictions and recall questions start with the lesson: "01-rate"


def record_attempt(slug: str, status: str, mistake: str | None = None) -> None:
    """Count a check that found an answer; keep the day of the first right one and the level it was written at."""
    if status == "not started":
        return

    def change(data: Data) -> None:
        entry = data["exercises"].setdefault(slug, {})
        entry["attempts"] = entry.get("attempts", 0) + 1
        entry["last"] = status
        if mistake:
            seen = entry.setdefault("mistakes", {})
            seen[mistake] = seen.get(mistake, 0) + 1
        if status == "right" and "solved" not in entry:
            entry["solved"] = date.today().isoformat()
            entry["solved_at_level"] = entry.get("level", "blank")

    change_record(change)


def times(slug: str, mistake: str) -> int:
    """How often this mistake was recorded for this exercise."""
    count = load_record()["exercises"].get(slug, {}).get("mistakes", {}).get(mistake, 0)
    return count if isinstance(count, int) else 0


def record_hint(slug: str, *, most: int) -> int:
    """Count one more hint, up to `most`, and return how many were given."""

    def change(data: Data) -> int:
        entry = data["exercises"].setdefault(slug, {})
        entry["hints"] = min(entry.get("hints", 0) + 1, most)
        return int(entry["hints"])

    return int(change_record(change))


def record_level(slug: str, level: str) -> None:
    """Remember the level with the most help that was asked for."""

    def change(data: Data) -> None:
        entry = data["exercises"].setdefault(slug, {})
        before = entry.get("level", "blank")
        entry["level"] = max(before, level, key=lambda one: LEVELS.index(one) if one in LEVELS else 0)

    change_record(change)


def record_prediction(key: str, question: str, choice: str) -> None:
    """Store what was predicted; a later choice replaces it until the outcome was seen."""

    def change(data: Data) -> None:
        entry = data["predictions"].setdefault(key, {})
        if "right" not in entry:
            entry.update(question=question, choice=choice, day=date.today().isoformat())

    change_record(change)


def record_outcome(key: str, actual: str) -> str | None:
    """Mark a stored prediction as right or wrong; returns what was predicted, None where nothing was."""
    if "choice" not in load_record()["predictions"].get(key, {}):
        return None

    def change(data: Data) -> str | None:
        entry = data["predictions"].get(key, {})
        entry.setdefault("right", entry.get("choice") == actual)
        return entry.get("choice")

    return change_record(change)


def record_recall(key: str, question: str, choice: str, *, right: bool) -> None:
    """Store an answer to a recall question; whether the first one was right is kept."""

    def change(data: Data) -> None:
        entry = data["recall"].setdefault(key, {"first_right": right})
        entry.update(question=question, choice=choice, right=right, day=date.today().isoformat())

    change_record(change)


@dataclass(frozen=True)
class ExerciseRow:
    """One exercise in the table; `status` is a word: "solved", "solved from the worked level", "begun", "open"."""

    sheet: int
    number: str
    slug: str
    title: str
    status: str
    attempts: int
    hints: int

    @property
    def solved(self) -> bool:
        """Whether a check has found it right once."""
        return self.status.startswith("solved")


def exercise_rows() -> list[ExerciseRow]:
    """Every exercise of every sheet with what was recorded for it; imports the sheets."""
    from course_lib.teaching.exercises.registry import entries

    known = load_record()["exercises"]
    return [_row(entry, known.get(entry.exercise.slug, {})) for entry in entries()]


def _row(entry: Any, record: Data) -> ExerciseRow:
    status = "begun" if record.get("attempts") else "open"
    if "solved" in record:
        worked = record.get("solved_at_level") == "worked"
        status = "solved from the worked level" if worked else "solved"
    one = entry.exercise
    counts = int(record.get("attempts", 0)), int(record.get("hints", 0))
    return ExerciseRow(entry.sheet, entry.number, one.slug, one.title, status, *counts)


def answers(lesson: int | None = None) -> str:
    """One line on predictions and recall questions, of one lesson or of all."""
    data = load_record()
    chosen = [
        [one for key, one in data[section].items() if lesson is None or _lesson_of(key) == lesson]
        for section in ("predictions", "recall")
    ]
    came_true = sum(one.get("right") is True for one in chosen[0])
    seen = sum("right" in one for one in chosen[0])
    recalled = sum(one.get("first_right") is True for one in chosen[1])
    return (
        f"predictions: {len(chosen[0])} made, {came_true} of {seen} came true; "
        f"recall: {recalled} of {len(chosen[1])} right at first"
    )


def _lesson_of(key: str) -> int | None:
    match = _LESSON.match(key)
    return int(match[1]) if match else None


def progress_table() -> str:
    """The whole progress as text: a bar per sheet, a line per exercise, predictions and recall."""
    lines = []
    found = exercise_rows()
    for sheet in sorted({row.sheet for row in found}):
        mine = [row for row in found if row.sheet == sheet]
        done = sum(row.solved for row in mine)
        bar = "#" * round(20 * done / len(mine))
        lines.append(f"sheet {sheet:02d}  [{bar:<20}]  {done} of {len(mine)} solved; {answers(sheet)}")
        wide = max(len(row.slug) for row in mine)
        lines += [
            f"  {row.number:<5} {row.slug:<{wide}}  {row.status}, {_counts(row)}" if row.attempts or row.hints
            else f"  {row.number:<5} {row.slug:<{wide}}  {row.status}"
            for row in mine
        ]  # fmt: skip
    return "\n".join([*lines, f"all lessons  {answers()}"])


def _counts(row: ExerciseRow) -> str:
    return f"attempts: {row.attempts}, hints: {row.hints}"


def table_html() -> str:
    """The same as a table for a screen and a screen reader; colours are those of the theme, words say the same."""
    found = exercise_rows()
    parts = []
    for sheet in sorted({row.sheet for row in found}):
        mine = [row for row in found if row.sheet == sheet]
        done = sum(row.solved for row in mine)
        parts.append(_bar(f"Sheet {sheet:02d}", done, len(mine)))
        head = "".join(f'<th scope="col" style="{_CELL}">{name}</th>' for name in _COLUMNS)
        body = "".join(f"<tr>{_row_html(row)}</tr>" for row in mine)
        style = "border-collapse:collapse;"
        parts.append(f'<table style="{style}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>')
        parts.append(f"<div>{html.escape(answers(sheet))}</div>")
    parts.append(f'<div style="margin-top:8px"><strong>All lessons</strong>: {html.escape(answers())}</div>')
    colour = "color:var(--jp-content-font-color1, inherit);line-height:1.5;"
    return f'<div class="course-progress" style="{colour}">{"".join(parts)}</div>'


_CELL = "text-align:left;padding:1px 14px 1px 0;"
_COLUMNS = ("no.", "exercise", "status", "attempts", "hints")


def _row_html(row: ExerciseRow) -> str:
    cells = (row.number, row.title, row.status, row.attempts, row.hints)
    return "".join(f'<td style="{_CELL}">{html.escape(str(cell))}</td>' for cell in cells)


def _bar(name: str, done: int, total: int) -> str:
    share = f"{100 * done / total:.0f}%"
    return (
        f'<div style="margin-top:8px"><strong>{name}</strong>: {done} of {total} solved</div>'
        '<div aria-hidden="true" style="height:8px;max-width:420px;border:1px solid var(--jp-border-color1, #757575);">'
        f'<div style="height:100%;width:{share};background:var(--jp-brand-color1, #1976d2);"></div></div>'
    )


def show_progress() -> None:
    """Show the table, with a button that reads it again; as text where no notebook runs."""
    from course_lib.teaching.learner.panel import notebook_runs, panel

    if not notebook_runs():
        print(progress_table())
        return
    import ipywidgets
    from IPython.display import display

    view = ipywidgets.HTML(table_html())
    button = ipywidgets.Button(description="Read again", tooltip="Read the progress file again")

    def again(_: Any) -> None:
        view.value = table_html()

    button.on_click(again)
    display(panel([view, button], name="progress", text=progress_table()))
