"""What was measured on another machine: small files with their provenance, read by one call.

`notebooks/recorded/NAME.json` holds what a long run, or one on a GPU, found: the setting, rows of numbers, the command
that made it, date, hardware and versions. A lesson reads it with `recorded`, which prints the provenance, or says which
command makes it.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from course_lib.core.files import course_root, write_json
from course_lib.core.validation import validate_not_empty

FORMAT = 1
_NEEDED = ("date", "command", "device")


@dataclass(frozen=True)
class Recording:
    """One recording: its name, the question, the setting (`config`), rows of plain numbers and texts, its provenance.

    `provenance` holds at least date, command and device. Raises ValueError where one is missing or there are no rows.
    """

    name: str
    question: str
    config: dict[str, Any]
    rows: list[dict[str, Any]]
    provenance: dict[str, Any]
    format: int = field(default=FORMAT)

    def __post_init__(self) -> None:
        missing = [key for key in _NEEDED if not self.provenance.get(key)]
        if missing:
            raise ValueError(f"provenance of {self.name} must name {', '.join(missing)}")
        validate_not_empty(f"rows of {self.name}", self.rows, "measurement")
        if self.format != FORMAT:
            raise ValueError(f"format of {self.name} must be {FORMAT}, got {self.format}")

    def __str__(self) -> str:
        p = self.provenance
        versions = ", ".join(f"{name} {version}" for name, version in p.get("versions", {}).items())
        details = "; ".join(filter(None, (versions, f"load {p['load']}" if p.get("load") else "")))
        return f"recorded {p['date']} on {p['device']}{f' ({details})' if details else ''} by `{p['command']}`"

    def row(self, **wanted: Any) -> dict[str, Any]:
        """The one row with these values. Raises KeyError unless there is exactly one."""
        found = [row for row in self.rows if all(row.get(key) == value for key, value in wanted.items())]
        if len(found) != 1:
            raise KeyError(f"{self.name} has {len(found)} rows with {wanted}, must have one")
        return found[0]


def recordings_folder() -> Path:
    """Where the committed recordings lie."""
    return course_root() / "notebooks" / "recorded"


def recording_path(name: str, folder: Path | None = None) -> Path:
    """The file of a recording. Raises ValueError for a name with anything but letters, digits, `_` and `-`."""
    if not name or not all(sign.isalnum() or sign in "_-" for sign in name):
        raise ValueError(f"name must hold letters, digits, _ and - only, got {name!r}")
    return (folder or recordings_folder()) / f"{name}.json"


def write_recording(recording: Recording, folder: Path | None = None) -> Path:
    """Write the recording, complete or not at all; returns its path. Raises as `write_json` does."""
    path = recording_path(recording.name, folder)
    write_json(path, asdict(recording))
    return path


def read_recording(name: str, folder: Path | None = None) -> Recording:
    """Read a recording. Raises FileNotFoundError where there is none, ValueError for a file that is not one."""
    path = recording_path(name, folder)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        recording = Recording(**data)
    except (TypeError, AttributeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path.name} is not a recording: {error}") from error
    if recording.name != name:
        raise ValueError(f"{path.name} holds the recording {recording.name!r}, not {name!r}")
    return recording


def recorded(name: str, *, command: str, hardware: str, folder: Path | None = None) -> Recording | None:
    """The recording, after printing its provenance; None, after saying which command makes it and where, if missing."""
    try:
        found = read_recording(name, folder)
    except FileNotFoundError:
        print(f"{name}: not recorded yet. On {hardware}, `{command}` makes it.")
        return None
    print(f"{name}: {found}")
    return found
