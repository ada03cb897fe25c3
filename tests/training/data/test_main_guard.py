"""A script whose workers would run it once more trains at most once and is told what torch tells it."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forkserver is of POSIX systems")

SCRIPT = """
import multiprocessing, os, signal, sys
import torch
from torch import nn
from torch.utils.data import get_worker_info
from course_lib.core.metrics import Loss
from course_lib.core.seeding import Seeds
from course_lib.training.data.dataset_loader import DatasetLoader
from course_lib.training.loop.fit import fit
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.runs.run import run
from course_lib.training.loop.state import TrainState

class Data:
    def __init__(self, fatal): self.fatal = fatal
    def __len__(self): return 32
    def __getitem__(self, index):
        if self.fatal and get_worker_info() is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        return torch.full((4,), float(index)), torch.ones(1)

def loss_fn(model, batch):
    return Loss(((model(batch[0]) - batch[1]) ** 2).sum(), len(batch[0]))

def main(what, fatal=False):
    model = nn.Linear(4, 1)
    state = TrainState(model, torch.optim.SGD(model.parameters(), lr=1e-6), Seeds.same(0))
    loader = DatasetLoader(Data(fatal), batch_size=8, workers=1, patience=240)
    first = TensorLoader(torch.zeros(32, 4), torch.zeros(32, 1), batch_size=8) if what == "second" else loader
    if what == "run":
        run("folder", state, loader, loss_fn, epochs=1)
    else:
        fit(state, first, loss_fn, epochs=1)
        fit(state, loader, loss_fn, epochs=2)
    with open("trained.log", "a") as log:
        print(multiprocessing.current_process().name, "trained", state.step, file=log)

"""
SET = "if multiprocessing.get_start_method(allow_none=True) is None: multiprocessing.set_start_method({method!r})\n"
PLAIN = "main({what!r})\n"
GUARDED = (
    'if __name__ == "__main__":\n    '
    + SET
    + "    main({what!r})\n    print('now a worker dies', file=sys.stderr, flush=True)\n"
    + "    main({what!r}, fatal=True)\n"
)


def started(folder: Path, script: str) -> tuple[int, str, list[str]]:
    """Exit status, what it said, and who trained."""
    (folder / "script.py").write_text(script, encoding="utf-8")
    command = [sys.executable, "script.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    log = folder / "trained.log"
    return done.returncode, done.stderr, log.read_text().splitlines() if log.exists() else []


@pytest.mark.parametrize(("method", "what"), [("forkserver", "run"), ("spawn", "second")])
def test_a_script_without_a_main_guard_ends_with_the_sentence_of_torch_and_trains_nowhere_twice(tmp_path, method, what):
    status, said, trained = started(tmp_path, SCRIPT + (SET + PLAIN).format(method=method, what=what))
    assert status == 1
    assert trained == []
    assert "before the current process has finished its bootstrapping phase" in " ".join(said.split())
    assert said.splitlines()[-1].startswith("RuntimeError: the workers of the loader were about to run the script once")


def test_with_a_main_guard_it_trains_once_also_where_a_worker_of_another_parent_dies(tmp_path):
    script = SCRIPT + GUARDED.format(method="forkserver", what="loader")
    status, said, trained = started(tmp_path, script)
    assert (status, trained) == (0, ["MainProcess trained 8"] * 2)
    # The second time long before the patience of the loader, 240 s, is over.
    sound, _, fatal = said.partition("now a worker dies\n")
    assert sound == ""
    assert "the worker of the loader failed" in fatal
