"""Files that are complete or absent, and where the course's files lie."""

import errno
import hashlib
import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path


def course_root() -> Path:
    """The folder of the checkout: the nearest one above this package that holds a pyproject.toml.

    Raises FileNotFoundError if the package was installed without its checkout.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in package.parents:
        if (folder / "pyproject.toml").is_file():
            return folder
    raise FileNotFoundError(f"no pyproject.toml above {package}: the course runs from its checkout (pip install -e .)")


def write_then_rename(path: Path, writer: Callable[[Path], object]) -> None:
    """Let `writer` write a temporary file beside `path`, then rename it to `path`.

    A reader sees the old file or the new one, never a part of either, even if the process is killed or two of
    them write at once (the last to rename wins). Folders that are missing are made. `writer` gets the
    temporary path and must write to exactly that path. Whatever it raises is raised again, and the temporary
    file is removed.
    Raises FileNotFoundError if `writer` wrote no file.
    """
    path = Path(path)
    make_folder(path.parent)
    # In the same folder, because a rename is one step only inside one file system; unique per writer.
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex[:12]}.part")
    try:
        writer(part)
        if not part.is_file():
            raise FileNotFoundError(f"the writer of {path.name} must write to the path that it is given, {part}")
        # Without this, a power cut after the rename could leave the new name on an empty file.
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
        flush_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make `folder`, and those above it that are missing, so that a power cut takes none of them back."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, after a rename; Windows does that by itself and cannot be asked."""
    if os.name != "posix":
        return
    try:
        number = os.open(folder, os.O_RDONLY)
    except PermissionError:  # one may be allowed to write into a folder and not to list it
        return
    try:
        os.fsync(number)
    except OSError as error:
        # So answer file systems, mostly of a network, that cannot do it.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF):
            raise
    finally:
        os.close(number)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, with newlines as they are on every platform; complete or untouched."""
    write_then_rename(path, lambda part: part.write_text(text, encoding="utf-8", newline=""))


def write_json(path: Path, data: object) -> None:
    """Write `data` as strict JSON, readable (indented, no escapes); complete or untouched.

    Raises ValueError for NaN and infinity, which JSON does not have, and TypeError for what is not JSON at
    all.
    """
    write_text(path, json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def sha256_of(path: Path) -> str:
    """The SHA-256 of the file's bytes, as 64 hexadecimal characters."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def shown_path(path: Path) -> str:
    """How a record names a path: from the course's folder on where it lies there, so that no user's folder is named."""
    inside = path.resolve().is_relative_to(course_root())
    return path.resolve().relative_to(course_root()).as_posix() if inside else str(path)


def data_folder(name: str) -> Path | None:
    """The folder of a data set: $COURSE_DATA/<name>, else <course_root>/data/<name>, else None.

    Raises ValueError unless `name` is the name of one folder.
    """
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        raise ValueError(f"name must be the name of one folder, got {name!r}")
    parents = [course_root() / "data"]
    if os.environ.get("COURSE_DATA"):
        parents.insert(0, Path(os.environ["COURSE_DATA"]))
    return next((parent / name for parent in parents if (parent / name).is_dir()), None)
