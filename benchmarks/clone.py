"""The size of a fresh clone of the last commit. What is not committed does not count."""

import subprocess
import tempfile
from pathlib import Path

from benchmarks.measure import table
from course_lib.core.files import course_root

LIMIT = 50_000_000  # bytes: what a slow connection can fetch in some minutes


def size(folder: Path) -> int:
    """The bytes of all files below `folder`."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


def measure() -> dict[str, int]:
    """Bytes and files of the history (.git) and of the tree, cloned over git's own protocol and not by hard links.

    Raises subprocess.CalledProcessError where there is no repository or no commit.
    """
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / "clone"
        subprocess.run(["git", "clone", "--quiet", "--no-local", str(course_root()), str(target)], check=True)
        history, everything = size(target / ".git"), size(target)
        tracked = subprocess.run(["git", "ls-files"], cwd=target, check=True, capture_output=True, text=True).stdout
        return {"history": history, "tree": everything - history, "files": len(tracked.splitlines())}


def report(sizes: dict[str, int]) -> str:
    """The sizes as a Markdown table."""
    total = sizes["history"] + sizes["tree"]
    rows = [
        ("history (.git)", f"{sizes['history'] / 1e6:.2f}", ""),
        (f"tree, {sizes['files']} files", f"{sizes['tree'] / 1e6:.2f}", ""),
        ("clone", f"{total / 1e6:.2f}", "yes" if total <= LIMIT else "no"),
    ]
    return table(("part", "MB", f"within {LIMIT / 1e6:.0f} MB"), rows)


if __name__ == "__main__":
    print(report(measure()))
