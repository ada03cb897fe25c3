"""A summary of a learner's progress to hand in: JSON for a program, and a page of its own for a person.

It says what the record on the learner's machine says; it proves nothing about who typed the answers.
"""

import html
import json
import platform
from dataclasses import asdict
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from course_lib import __version__
from course_lib.core.files import write_json, write_text
from course_lib.teaching.learner import progress, store

MARK = "training-neural-networks-course summary"
PACKAGES = ("torch", "numpy", "jupyterlab", "ipywidgets")


def summary() -> dict[str, Any]:
    """Exercises with status, day of solution, attempts, hints and mistakes; predictions, recall; versions."""
    data = store.load_record()
    exercises = []
    for row in progress.exercise_rows():
        kept = data["exercises"].get(row.slug, {})
        exercises.append(asdict(row) | {"day": kept.get("solved"), "mistakes": kept.get("mistakes", {})})
    return {
        "what": MARK,
        "day": date.today().isoformat(),
        "solved": sum(row.solved for row in progress.exercise_rows()),
        "exercises": exercises,
        "predictions": data["predictions"],
        "recall": data["recall"],
        "versions": {"course": __version__, "python": platform.python_version(), **_packages()},
    }


def export(path: Path) -> tuple[Path, Path]:
    """Write the summary as `path` with the endings .json and .html, and return both paths.

    Raises FileExistsError where one of the two is there and is no summary, OSError where it cannot be written.
    """
    name = path.with_suffix("") if path.suffix in (".json", ".html") else path
    data, page = (name.with_name(name.name + ending) for ending in (".json", ".html"))
    for file in (data, page):
        if file.exists() and MARK not in file.read_text(encoding="utf-8", errors="replace"):
            raise FileExistsError(f"{file.name} is there and is no summary of this course; choose another name")
    found = summary()
    write_json(data, json.loads(json.dumps(found)))
    write_text(page, page_of(found))
    return data, page


def page_of(found: dict[str, Any]) -> str:
    """The summary as one HTML page without scripts."""
    columns = ("number", "title", "status", "day", "attempts", "hints", "mistakes")
    head = "".join(f'<th scope="col">{name}</th>' for name in columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_cell(row[name]))}</td>" for name in columns) + "</tr>\n"
        for row in found["exercises"]
    )
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Progress, {found["day"]}</title>
<meta name="generator" content="{MARK}">
<style>body{{font-family:sans-serif;max-width:60em;margin:2em auto;padding:0 1em}}
th,td{{text-align:left;padding:2px 12px 2px 0;vertical-align:top}}</style></head>
<body><h1>Progress in "Training neural networks"</h1>
<p>{found["solved"]} of {len(found["exercises"])} exercises solved by {found["day"]};
{html.escape(progress.answers())}.</p>
<table><thead><tr>{head}</tr></thead><tbody>
{rows}</tbody></table>
<p>{html.escape(versions)}</p></body></html>
"""


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} ({count})" for name, count in value.items())
    return "" if value is None else str(value)


def _packages() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
