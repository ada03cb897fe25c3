"""How a checkpoint lies on disk, so that it is whole or absent and no damage to it goes unseen.

A checkpoint is a folder `step-0000000120` with weights.safetensors, optimizer.pt, history.jsonl and meta.json. It is
written under a hidden temporary name that ends in `.part`, every file is flushed to the disk, meta.json comes last, and
one rename gives the folder its name: a process that is killed at any moment leaves the checkpoints before it as they
were. meta.json holds the length and the SHA-256 of every other file and of itself. When a step is saved once more, the
new folder is called `step-0000000120.1`, and the old one is removed after the new one is there.
"""

import hashlib
import json
import os
import re
import shutil
import uuid
from pathlib import Path
from typing import Any

from course_lib.core.files import flush_folder, make_folder
from course_lib.core.history import History
from course_lib.training.checkpoints.history_file import keep, take_back, write_history
from course_lib.training.checkpoints.validation import fault_of_files, fault_of_meta

FORMAT = 1
LARGEST_META = 2**24  # bytes; it holds settings and names
WEIGHTS, OPTIMIZER, HISTORY, META = "weights.safetensors", "optimizer.pt", "history.jsonl", "meta.json"
FILES = (WEIGHTS, OPTIMIZER, HISTORY)
_NAME = re.compile(r"step-(\d{10,})(?:\.(\d+))?")
_LEFT_OVER = re.compile(r"\.(?:step-\d{10,}(?:\.\d+)?|write-test)\.[0-9a-f]{12}\.part")


class CheckpointError(ValueError):
    """A checkpoint that is damaged, or that belongs to another run."""


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints of a run folder, the oldest step first; those that have a meta.json. They are not verified."""
    folder = Path(folder)
    found = [path for path in folder.iterdir() if _NAME.fullmatch(path.name)] if folder.is_dir() else []
    return sorted((path for path in found if (path / META).is_file()), key=_place)


def latest(folder: Path) -> Path | None:
    """The checkpoint of the highest step in a run folder, None where there is none. It is not verified."""
    return next(reversed(checkpoints(folder)), None)


def verify(path: Path) -> dict[str, Any]:
    """The metadata of a whole checkpoint, after every file was compared with its SHA-256.

    Raises CheckpointError, which names the file, what is wrong with it, and the newest whole checkpoint before it.
    """
    return read_checkpoint(path)[0]


def sweep(folder: Path) -> list[Path]:
    """Remove what killed processes left half-written in a run folder; returns what was removed.

    Only for the start of a run that holds the folder's lock: what another process is writing would go as well.
    """
    folder = Path(folder)
    found = [path for path in folder.iterdir() if _LEFT_OVER.fullmatch(path.name)] if folder.is_dir() else []
    for path in found:
        _remove_now(path)
    return sorted(found)


def remove(path: Path) -> None:
    """Remove a checkpoint: it takes a hidden name first, so that nobody meets it half removed.

    Of a symbolic link the link alone goes: what it points at belongs to somebody else.
    """
    hidden = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}.part")
    os.rename(path, hidden)
    flush_folder(path.parent)
    _remove_now(hidden)


def _remove_now(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        path.unlink()
    else:
        shutil.rmtree(path)


def write_checkpoint(folder: Path, step: int, contents: dict[str, bytes], history: History, meta: dict) -> Path:
    """Write one checkpoint into a run folder, which is made where it is missing; returns the checkpoint's folder.

    contents: the bytes of the files but history and metadata. A checkpoint of the same step is replaced.
    Raises OSError with the path and the bytes that are needed, when they cannot be written; nothing else has changed.
    """
    folder = Path(folder)
    name = _free_name(folder, step)
    part = folder / f".{name}.{uuid.uuid4().hex[:12]}.part"
    needed, rows = sum(map(len, contents.values())), None
    try:
        make_folder(part)
        rows = write_history(part / HISTORY, folder, history)  # flushes it too
        files = {file: {"bytes": len(data), "sha256": _sha256(data)} for file, data in contents.items()}
        files[HISTORY] = {"bytes": rows.size, "sha256": rows.sha256}
        meta = {**meta, "continued": True}  # the history: later checkpoints may add to the file, behind these bytes
        contents = {**contents, META: sealed({**meta, "files": files})}  # last on purpose: with it the folder is whole
        if len(contents[META]) > LARGEST_META:
            raise CheckpointError(f"{META} has at most {LARGEST_META:,} bytes: extra and config are for few values")
        needed = rows.size + sum(map(len, contents.values()))
        for file, data in contents.items():
            write_flushed(part / file, data)
        flush_folder(part)
        os.rename(part, folder / name)
    except BaseException as error:
        take_back(rows)
        shutil.rmtree(part, ignore_errors=True)
        if isinstance(error, OSError):
            raise _cannot_write(folder / name, needed, error) from error
        raise
    flush_folder(folder)
    keep(rows, folder / name / HISTORY, folder, history)
    for old in folder.glob(f"step-{step:010d}*"):
        if _NAME.fullmatch(old.name) and old.name != name:
            remove(old)
    return folder / name


def read_checkpoint(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Metadata and the bytes of every file, verified. Raises as `verify` does."""
    path = Path(path)
    try:
        return _read(path)
    except CheckpointError as error:
        raise CheckpointError(f"{error}{_way_out(path)}") from error


def read_meta(path: Path) -> dict[str, Any]:
    """The metadata of a checkpoint, without a look at its other files. Raises CheckpointError when it is damaged."""
    folder = Path(path)
    path = folder / META
    if path.stat().st_size > LARGEST_META:
        raise CheckpointError(
            f"{path} is damaged: it has {path.stat().st_size:,} bytes, at most {LARGEST_META:,} make sense"
        )
    data = path.read_bytes()
    try:
        meta = json.loads(data)
        # One comparison for the content, which the seal covers, and for the way in which it is written.
        whole = isinstance(meta, dict) and sealed(meta) == data
    except (ValueError, RecursionError):
        whole = False
    if not whole:
        raise CheckpointError(f"{path} is damaged: it is not what its own sha256 was taken of")
    if meta.get("format") != FORMAT:
        raise CheckpointError(f"{path} has format {meta.get('format')!r}, this version of the course reads {FORMAT}")
    files = meta.get("files")
    if not isinstance(files, dict) or sorted(files) != sorted(FILES):
        raise CheckpointError(f"{path} must list the files {', '.join(FILES)}, got {files!r:.200}")
    if fault := fault_of_meta(meta) or fault_of_files(files):
        raise CheckpointError(f"{path} is not the metadata of a checkpoint: {fault}")
    if _NAME.fullmatch(folder.name) and _place(folder)[0] != meta["step"]:
        # Under a name of a higher step it would win every start, and the newer work be the one that is removed.
        raise CheckpointError(f"{folder} holds step {meta['step']}: name it after that, or move it elsewhere")
    return meta


def write_flushed(path: Path, data: bytes) -> None:
    """Write a new file, and return when the disk has it."""
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sealed(meta: dict[str, Any]) -> bytes:
    """meta.json: sorted, indented, with the SHA-256 of its other lines. There is one such text for each content."""
    body = {key: value for key, value in meta.items() if key != "sha256"}
    return _canonical({**body, "sha256": _sha256(_canonical(body))})


def _read(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    if not path.is_dir():
        raise CheckpointError(f"{path} is not the folder of a checkpoint")
    if not (path / META).is_file():
        raise CheckpointError(
            f"{path} is not a whole checkpoint: it has no {META} (of a run folder, give latest(folder))"
        )
    meta = read_meta(path)
    longer = (HISTORY,) if meta.get("continued") else ()
    return meta, {file: _read_file(path / file, file in longer, **meta["files"][file]) for file in FILES}


def _read_file(path: Path, longer: bool, *, bytes: int, sha256: str) -> bytes:
    """The first bytes of a file, which are all of it unless it may be longer."""
    if not path.is_file():
        raise CheckpointError(f"{path} is missing")
    # The length first: a file that has become huge is not read at all.
    size = path.stat().st_size
    if size < bytes or (size > bytes and not longer):
        raise CheckpointError(f"{path} is damaged: it has {size:,} bytes, {META} says {bytes:,}")
    with open(path, "rb") as file:
        data = file.read(bytes)
    if (found := _sha256(data)) != sha256:
        raise CheckpointError(f"{path} is damaged: its sha256 is {found[:12]}..., {META} says {sha256[:12]}...")
    return data


def _way_out(path: Path) -> str:
    """A sentence that names the newest whole checkpoint before `path`; "" for a path that has no step."""
    if not _NAME.fullmatch(path.name):
        return ""
    for before in reversed([other for other in checkpoints(path.parent) if _place(other) < _place(path)]):
        try:
            _read(before)
        except CheckpointError:
            continue
        return f". The newest whole checkpoint before it is {before}: remove {path.name} to go on from there"
    return f". No whole checkpoint before it is left in {path.parent}"


def _place(path: Path) -> tuple[int, int]:
    """(step, how often it was replaced) of a checkpoint's folder."""
    step, again = _NAME.fullmatch(path.name).groups()
    return int(step), int(again or 0)


def _free_name(folder: Path, step: int) -> str:
    name = f"step-{step:010d}"
    taken = [_place(path)[1] for path in folder.glob(f"{name}*") if _NAME.fullmatch(path.name)]
    return f"{name}.{max(taken) + 1}" if taken else name


def _cannot_write(path: Path, needed: int, error: OSError) -> OSError:
    free = ""
    if path.parent.is_dir():
        free = f", {shutil.disk_usage(path.parent).free:,} are free"
    return OSError(
        error.errno,
        f"{error.strerror or error}: the checkpoint needs {needed:,} bytes{free}; those before it are as they were",
        str(path),
    )


def _canonical(meta: dict[str, Any]) -> bytes:
    return (json.dumps(meta, indent=1, sort_keys=True, allow_nan=False) + "\n").encode("ascii")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
