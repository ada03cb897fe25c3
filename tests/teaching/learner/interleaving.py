"""Two kernels that write the progress file, one of them stopped before a chosen system call of its own.

`-m tests.teaching.learner.interleaving FOLDER START END`: for every call that the first writer makes, once, it is
stopped there, the second one writes from beginning to end, and the first goes on or dies (END = goes-on, dies).
Prints one line of JSON per point: what the files hold afterwards. A process of its own, because it forks.
"""

import contextlib
import json
import os
import shutil
import signal
import sys
from pathlib import Path

from course_lib.teaching.learner import progress, store

STARTS = {
    "absent": None,
    "sound": b'{"format": 1, "exercises": {"old": {"attempts": 3}}, "notes": {"01": "my own words"}}',
    "damaged": b'{"format": 1, "exercises": {"precious": {"attempts": 3}},',
    "odd": b'{"format": 1, "exercises": {"old": {"attempts": 3}, "precious": "3"}}',
}


def _enters_the_kernel(function: object) -> bool:
    owner = getattr(function, "__self__", None)
    return getattr(function, "__module__", None) in ("posix", "fcntl", "_io") or type(owner).__module__ == "_io"


def _stop_before(number: int) -> None:
    """Let this process stop itself before its system call of that number, counted from 1."""
    count = 0

    def hook(frame: object, event: str, argument: object) -> None:
        nonlocal count
        if event == "c_call" and _enters_the_kernel(argument):
            count += 1
            if count == number:
                sys.setprofile(None)
                os.kill(os.getpid(), signal.SIGSTOP)

    sys.setprofile(hook)


def _write(slug: str) -> None:
    progress.record_attempt("both", "wrong", "sum")
    progress.record_attempt(slug, "right")


def _child(work: object) -> int:
    pid = os.fork()
    if pid == 0:
        with contextlib.redirect_stdout(None):
            work()
        os._exit(0)
    return pid


def main(folder: Path, start: str, end: str) -> None:
    store.LOCK_SECONDS = 0.0
    number, stopped = 0, True
    while stopped:
        number += 1
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        file = folder / "progress.json"
        os.environ["COURSE_PROGRESS"] = str(file)
        if STARTS[start] is not None:
            file.write_bytes(STARTS[start])

        def first(number: int = number) -> None:
            _stop_before(number)
            _write("first")

        pid = _child(first)
        stopped = os.WIFSTOPPED(os.waitpid(pid, os.WUNTRACED)[1])
        os.waitpid(_child(lambda: _write("second")), 0)
        if stopped:
            os.kill(pid, signal.SIGCONT if end == "goes-on" else signal.SIGKILL)
            os.waitpid(pid, 0)
        files = {path.name: path.read_bytes().decode() for path in folder.iterdir()}
        with contextlib.redirect_stdout(None):
            seen = store.load_record()
            store.change_record(lambda data: None)
        left = sorted(path.name for path in folder.iterdir())
        print(json.dumps({"point": number, "files": files, "seen": seen, "left": left, "text": file.read_text()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
