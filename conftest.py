"""Set what must be set before torch is imported; the kernels that nbval starts inherit it."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

# A waiting OpenMP thread spins while another process holds its core, and sums depend on the number of threads.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# No test needs the network: without these each attempt takes 24 seconds to fail.
for _name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HF_DATASETS_DISABLE_PROGRESS_BARS", "HF_HUB_DISABLE_TELEMETRY"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("COURSE_PROGRESS_BARS", "0")  # a bar shows times: it stays out of compared outputs
os.environ.setdefault("TQDM_MININTERVAL", "10")  # nbval loses messages when a bar is redrawn thousands of times
os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
# What a kernel chooses by itself; "Agg" would reach the kernels and swallow their figures.
os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")

# The first process makes the folder and takes it away, even if one of the processes that it starts is killed; each of
# these has a folder of its own in it.
_WORKER = os.environ.get("PYTEST_XDIST_WORKER")
if _WORKER and "COURSE_TESTS_SCRATCH" in os.environ:
    _SCRATCH = Path(os.environ["COURSE_TESTS_SCRATCH"]) / _WORKER
    _SCRATCH.mkdir(exist_ok=True)
else:
    _SCRATCH = Path(tempfile.mkdtemp(prefix="course-tests-"))
    os.environ["COURSE_TESTS_SCRATCH"] = str(_SCRATCH)
    atexit.register(shutil.rmtree, _SCRATCH, ignore_errors=True)

# Tests read and write a progress file and a cache of their own, never the learner's.
_PROGRESS = str(_SCRATCH / "progress.json")
os.environ["COURSE_PROGRESS"] = _PROGRESS
os.environ["HF_HOME"] = str(_SCRATCH / "huggingface")

_ROOT = Path(__file__).resolve().parent
_SHARED = _ROOT.parent / "shared" / "data"
if _SHARED.is_dir():
    os.environ.setdefault("COURSE_DATA", str(_SHARED))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give every notebook a progress file of its own: what `hint` prints must not depend on the notebooks before."""
    notebook = item.path.suffix == ".ipynb"
    own = str(_SCRATCH / f"{item.path.parent.name}-{item.path.stem}.json")
    os.environ["COURSE_PROGRESS"] = own if notebook else _PROGRESS
    os.environ["COURSE_NOTEBOOK"] = f"{item.path.parent.name}/{item.path.stem}" if notebook else ""


pytest_plugins = ["pytester", "tests.claims_log", "tests.ledger", "tests.processes"]
