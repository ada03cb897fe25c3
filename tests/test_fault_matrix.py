"""Every fault that a run, a file or a notebook can meet is made to happen here, and what comes of it is as expected.

Rows 1 to 23 are those of the fault matrix in the course's plan. Each row runs twice: once with its fault, once without.
What comes of it must differ, so that no row passes whose fault did not happen.
"""

import errno
import io
import json
import os
import re
import shutil
import signal
import socket
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import numpy as np
import pytest
import torch

from course_lib.infinito.config import AS_REPORTED, TINY
from course_lib.infinito.report.analysis import leak
from course_lib.text import wikitext
from course_lib.text.reading import read_words
from course_lib.training.checkpoints import files as checkpoint_files
from course_lib.training.checkpoints.saving import checkpoints, latest, load, verify
from course_lib.training.data.dataset_loader import DatasetLoader
from course_lib.training.loop.fit import fit
from course_lib.training.loop.state import TrainState
from course_lib.training.machine.device import pick_device
from course_lib.training.runs.out_of_memory import advice_on_size
from course_lib.training.runs.run import run
from course_lib.training.runs.signals import Interrupted
from tests.infinito.test_repairs import ids, model_of
from tests.training.checkpoint_runs import class_loss, data, equal, everything, start
from tests.training.runs.test_bar import digits_watched, small_state
from tests.training.small import blob_loader, classification_loss, new_state

ROOT = Path(__file__).resolve().parents[1]
SYSTEMS = ("infinito", "velora", "fusion", "lottery")
STEPS, EPOCH = 12, 6  # updates of the run below, and of one of its epochs
NOTEBOOKS = sorted(path for part in ("notebooks", "solutions", "exercises") for path in (ROOT / part).glob("*.ipynb"))

Action = Callable[[Path, pytest.MonkeyPatch, bool], str]


@dataclass(frozen=True)
class Row:
    """A fault, what makes it happen and tells what came of it, and what must come of it with and without the fault."""

    fault: str
    action: Action | None = None
    expected: str = ""
    without: str = ""
    comes_with: str = ""  # the system without which there is nothing that could go wrong


def go(folder: Path, state: TrainState | None = None, **settings: Any) -> TrainState:
    """One start of a run of two epochs that keeps its last two checkpoints."""
    state = state or start()
    settings = {"epochs": 2, "log": lambda line: None, **settings}
    run(folder, state, data("perceptron"), settings.pop("loss_fn", class_loss), **settings)
    return state


@cache
def undisturbed() -> dict[str, object]:
    """What a run finds that nobody disturbs."""
    state = start()
    fit(state, data("perceptron"), class_loss, epochs=2)
    return everything(state)


def goes_on(folder: Path) -> str:
    """The newest whole checkpoint, and whether the run, started again, ends as if nothing had happened."""
    newest = latest(folder)
    step = verify(newest)["step"] if newest else 0
    state = go(folder)
    left = [path.name for path in folder.rglob("*.part")]
    return f"saved at {step}, goes on {'equal' if equal(everything(state), undisturbed()) else 'otherwise'}" + (
        f", left {left}" if left else ""
    )


def at(step: int, action: Callable[[], object]) -> Callable[[TrainState], None]:
    def callback(state: TrainState) -> None:
        if state.step == step:
            action()

    return callback


def kill_me() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def in_a_child(work: Callable[[], object]) -> int:
    """Exit status of a process that does the work; below 0 the signal that ended it."""
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            work()
            os._exit(0)
        os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def said(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0]}"


def attempt(work: Callable[[], object]) -> str:
    """ "fine", or what was raised."""
    try:
        work()
    except BaseException as error:
        return said(error)
    return "fine"


def killed_in_a_save(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
    def work() -> None:
        write = checkpoint_files.write_flushed

        def killed(path: Path, content: bytes) -> None:
            if happens and path.name == "meta.json" and f"{STEPS:010d}" in path.parent.name:
                kill_me()
            write(path, content)

        checkpoint_files.write_flushed = killed
        go(folder)

    return f"exit {in_a_child(work)}, {goes_on(folder)}"


def killed_at_a_step(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
    step = int(np.random.default_rng(0).integers(EPOCH + 1, STEPS)) if happens else STEPS + 1
    return f"exit {in_a_child(lambda: go(folder, save_steps=1, on_step=[at(step, kill_me)]))}, {goes_on(folder)}"


def asked_to_end(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
    codes = []
    for number in (signal.SIGTERM, signal.SIGINT):
        interrupt = at(8 if happens else STEPS + 1, lambda number=number: signal.raise_signal(number))
        try:
            go(folder / str(number), on_step=[interrupt])
            codes.append("0")
        except Interrupted as interrupted:
            codes.append(str(interrupted.exit_code))
    return f"exit {' '.join(codes)}, {goes_on(folder / str(number))}"


def full_disk(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
    write = checkpoint_files.write_flushed

    def full(path: Path, content: bytes) -> None:
        if happens and f"{STEPS:010d}" in path.parent.name:
            path.write_bytes(content[:9])
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, content)

    with patch.context() as disk:
        disk.setattr(checkpoint_files, "write_flushed", full)
        told = re.sub(r"[\d,]{4,}", "n", attempt(lambda: go(folder)).partition(";")[0])
    return f"{told}, {goes_on(folder)}"


def vanished(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
    no_folder = folder / "file" / "run"
    folder.mkdir(exist_ok=True)
    (folder / "file").write_text("no folder") if happens else no_folder.mkdir(parents=True)
    told = attempt(lambda: go(no_folder)).partition("(")[0]
    gone = []
    go(folder / "run", on_step=[at(8 if happens else STEPS + 1, lambda: gone.append(shutil.rmtree(folder / "run")))])
    return f"{told}, removed {len(gone)}, {goes_on(folder / 'run')}"


def damaged(change: Callable[[Path], object]) -> Action:
    """Damage to the newest checkpoint; the run refuses, and goes on from the one before it, once the damage is gone."""

    def action(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
        go(folder)
        newest = latest(folder)
        if happens:
            change(newest)
        told = attempt(lambda: go(folder))
        if happens:
            shutil.rmtree(newest)
        return f"{told.replace(str(folder), '')}, {goes_on(folder)}"

    return action


def flip(path: Path) -> None:
    content = bytearray((path / "weights.safetensors").read_bytes())
    content[-5] ^= 4
    (path / "weights.safetensors").write_bytes(content)


def blow_up(path: Path) -> None:
    with open(path / "optimizer.pt", "ab") as file:
        file.truncate(2**40)


def deflated(path: Path) -> None:
    with zipfile.ZipFile(path / "optimizer.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * 10_000_000)
    seal_again(path)


def seal_again(path: Path) -> None:
    meta = json.loads((path / "meta.json").read_bytes())
    content = (path / "optimizer.pt").read_bytes()
    meta["files"]["optimizer.pt"] = {"bytes": len(content), "sha256": checkpoint_files._sha256(content)}
    (path / "meta.json").write_bytes(checkpoint_files.sealed(meta))


class Canary:
    """Unpickled it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple:
        return open, (self.path, "w")


def carries_code(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
    canary = folder.parent / "canary"
    content = {"optimizer": Canary(canary)} if happens else None

    def change(path: Path) -> None:
        buffer = io.BytesIO()
        torch.save(content, buffer)
        (path / "optimizer.pt").write_bytes(buffer.getvalue())
        seal_again(path)

    told = damaged(change)(folder, patch, happens)
    return f"{told}, {'run' if canary.exists() else 'not run'}"


def of_another_config(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
    go(folder, extra={"vocabulary": "ab"})
    lines = []
    for settings in ({"extra": {"vocabulary": "cd"}}, {"clip": 1.0, "extra": {"vocabulary": "ab"}}):
        settings = settings if happens else {"extra": {"vocabulary": "ab"}}
        lines.append(attempt(lambda settings=settings: go(folder, **settings)).partition("; ")[2] or "fine")
    other = start("recurrent") if happens else start()
    lines.append(attempt(lambda: load(latest(folder), other)).partition("; ")[2] or "fine")
    return ", ".join(re.sub(r"\d+ ", "n ", line) for line in lines)


def not_finite(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
    calls = []

    def loss_fn(model: Any, batch: Any) -> Any:
        loss = class_loss(model, batch)
        calls.append(None)
        return type(loss)(loss.total * float("nan"), loss.count) if happens and len(calls) == 9 else loss

    told = attempt(lambda: go(folder, loss_fn=loss_fn)).partition(" (")[0]
    return f"{told}, {goes_on(folder)}"


def diverges(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
    state = small_state(0, rate=3e-3)
    digits_watched(state, epochs=1)
    good = state.step
    digits_watched(state, epochs=2, schedule=lambda step: 100.0 if happens else 1.0)
    alarms = [row["step"] - good for row in state.history.rows if row["split"] == "divergence"]
    return f"alarm within 20 steps: {bool(alarms) and 0 < alarms[0] <= 20}"


def too_few_samples(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
    empty = attempt(lambda: blob_loader(0 if happens else 1))
    one = attempt(lambda: fit(new_state(), blob_loader(1), classification_loss, epochs=1))
    state = new_state(norm=True)
    last = attempt(lambda: fit(state, blob_loader(33, drop_last=not happens), classification_loss, epochs=1))
    return f"{empty}, one: {one}, last of one: {last.partition(',')[0]} at step {state.step}"


def unusual_text(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "text.txt").write_bytes(b"\xef\xbb\xbfa b\r\nc" + (b"\n\xff" if happens else b""))
    return attempt(lambda: read_words(folder / "text.txt")).partition(":")[2] or " ".join(
        read_words(folder / "text.txt")
    )


def sees_the_future(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
    model = model_of(replace(TINY, causal=AS_REPORTED.causal) if happens else TINY).eval()
    return f"leak {'above 0' if max(leak(model, ids(0), place, ids(1)) for place in range(5)) > 0 else 'of exactly 0'}"


class Fatal:
    """A dataset whose sample 11 ends the worker that loads it."""

    def __init__(self, fatal: bool) -> None:
        self.fatal = fatal

    def __len__(self) -> int:
        return 16

    def __getitem__(self, index: int) -> torch.Tensor:
        if self.fatal and index == 11 and torch.utils.data.get_worker_info() is not None:
            kill_me()
        return torch.full((2,), float(index)) + torch.rand(2)


def worker_dies(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
    wanted = torch.cat(list(DatasetLoader(Fatal(False), batch_size=4).epoch(1)))
    loader = DatasetLoader(Fatal(happens), batch_size=4, workers=2, patience=30)
    with pytest.warns(UserWarning, match="loaded without workers") if happens else suppress(KeyError):
        found = torch.cat(list(loader.epoch(1)))
    return f"batches {'equal' if torch.equal(found, wanted) else 'otherwise'}, workers left: {loader.workers}"


def out_of_memory(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
    calls, state = [], new_state()

    def loss_fn(model: Any, batch: Any) -> Any:
        calls.append(None)
        if happens and len(calls) == 6:
            np.empty(2**60, dtype=np.uint8)  # no machine has as much
        return classification_loss(model, batch)

    def work() -> None:
        with advice_on_size(state, batch_size=16):
            fit(state, blob_loader(), loss_fn, epochs=2)

    return f"{attempt(work).partition(';')[0]}, {state.step} steps"


def other_threads(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
    def weights(seed: int, threads: int) -> torch.Tensor:
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            state = new_state(seed=seed, dropout=0.3)
            fit(state, blob_loader(), classification_loss, epochs=2)
        finally:
            torch.set_num_threads(before)
        return torch.cat([parameter.detach().flatten() for parameter in state.model.parameters()])

    again = torch.equal(weights(1, 1), weights(1, 1))
    distance = (weights(1, 1) - weights(1 if happens else 2, 2)).abs().max().item()
    return f"bits {'equal' if again else 'otherwise'}, with two threads {'nearly so' if distance < 1e-4 else 'far off'}"


def no_gpu(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
    patch.setattr(torch.cuda, "is_available", lambda: not happens)
    patch.setattr(torch.cuda, "device_count", lambda: 0 if happens else 1)
    patch.setattr(torch.backends.mps, "is_available", lambda: False)
    return f"auto {pick_device('auto')}, cuda {attempt(lambda: pick_device('cuda')).partition(';')[0]}"


def active_content(notebook: dict) -> list[str]:
    """What in the outputs of a notebook a browser would run, and kinds of output that it may not have."""
    outputs = [output.get("data", {}) for cell in notebook["cells"] for output in cell.get("outputs", [])]
    kinds = {kind for content in outputs for kind in content}
    pages = ["".join(content.get("text/html", [])).lower() for content in outputs]
    words = ("<script", "javascript:", "<iframe", " onload=", " onclick=", " onerror=")
    allowed = {"text/plain", "text/html", "text/markdown", "image/png"}
    return sorted(kinds - allowed) + [word for page in pages for word in words if word in page]


def notebook_with_a_script(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
    page = "<img src=x onerror=alert(1)><script>alert(1)</script>" if happens else "<b>3</b>"
    outputs = [nbformat.v4.new_output("display_data", data={"text/html": page})]
    if happens:
        outputs.append(nbformat.v4.new_output("display_data", data={"application/javascript": "alert(1)"}))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=outputs)])
    return f"found {active_content(json.loads(nbformat.writes(notebook)))}"


def no_network(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
    """A package that asks the hub, where no other machine has a name; with a network it brings three words, too few."""

    def find(*address: Any, **more: Any) -> list:
        if happens:
            raise OSError("Temporary failure in name resolution")
        return []

    def load_dataset(*_: Any, **__: Any) -> dict[str, dict[str, list[str]]]:
        socket.getaddrinfo("hub.example", 443)
        return {split: {"text": ["a b", "c"]} for split in ("train", "validation", "test")}

    folder.mkdir()
    patch.setattr(wikitext, "data_folder", lambda name: None)
    patch.setattr(wikitext, "course_root", lambda: folder)
    patch.setattr(socket, "getaddrinfo", find)
    patch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    return attempt(lambda: wikitext.wikitext2(download=True)).partition(": ")[2][:37]


def two_runs(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
    told = []
    second = at(3, lambda: told.append(attempt(lambda: go(folder if happens else folder.with_name("other")))))
    go(folder, on_step=[second])
    return f"{told[0].partition(' to ')[0]}, {goes_on(folder)}"


def link_and_names(folder: Path, patch: pytest.MonkeyPatch, happens: bool) -> str:
    """A checkpoint that is a link to another run's; then one under the name of another step."""
    go(folder / "one", epochs=1)
    go(folder / "two", epochs=1)
    newest = latest(folder / "two")
    if happens:
        shutil.rmtree(newest)
        newest.symlink_to(latest(folder / "one"))
    ended = goes_on(folder / "two")
    first = checkpoints(folder / "one")[0]
    if happens:
        first.rename(first.with_name("step-0000000999"))
    told = attempt(lambda: go(folder / "one", epochs=1))
    return f"{ended}, {told.replace(str(folder), '').partition(': name')[0]}"


EQUAL_6, EQUAL_12 = "saved at 6, goes on equal", "saved at 12, goes on equal"

MATRIX = {
    1: Row("killed while a checkpoint is written", killed_in_a_save, f"exit -9, {EQUAL_6}", f"exit 0, {EQUAL_12}"),
    2: Row(
        "killed at a random step",
        killed_at_a_step,
        r"exit -9, saved at (6|7|8|9|10), goes on equal",
        f"exit 0, {EQUAL_12}",
    ),
    3: Row("asked to end", asked_to_end, "exit 143 130, saved at 8, goes on equal", f"exit 0 0, {EQUAL_12}"),
    4: Row(
        "disk full during a save",
        full_disk,
        rf"OSError: \[Errno 28\] No space left on device: the checkpoint needs n bytes, n are free, {EQUAL_6}",
        f"fine, {EQUAL_12}",
    ),
    5: Row(
        "a folder that cannot be written to or vanishes",
        vanished,
        rf"\w+Error: \[Errno \d+\] the run folder cannot be written to , removed 1, {EQUAL_12}",
        f"fine, removed 0, {EQUAL_12}",
    ),
    6: Row(
        "a flipped bit",
        damaged(flip),
        r"CheckpointError: .*weights.safetensors is damaged: its sha256 is .*checkpoint before it is /step-0000000006.*"
        f", {EQUAL_6}",
        f"fine, {EQUAL_12}",
    ),
    7: Row(
        "a file that is cut short",
        damaged(lambda path: (path / "weights.safetensors").write_bytes(b"half")),
        rf"CheckpointError: .*weights.safetensors is damaged: it has 4 bytes.*, {EQUAL_6}",
        f"fine, {EQUAL_12}",
    ),
    7.1: Row(
        "a file of another kind",
        damaged(lambda path: (path / "meta.json").write_bytes(b"<!doctype html>")),
        rf"CheckpointError: .*meta.json is damaged.*, {EQUAL_6}",
        f"fine, {EQUAL_12}",
    ),
    7.2: Row(
        "a file that is blown up",
        damaged(blow_up),
        rf"CheckpointError: .*optimizer.pt is damaged: it has 1,099,511,[\d,]+ bytes.*, {EQUAL_6}",
        f"fine, {EQUAL_12}",
    ),
    7.3: Row(
        "a file that unpacks to a hundred times its size",
        damaged(deflated),
        rf"CheckpointError: optimizer.pt holds something else .*would unpack to 10,000,000.*, {EQUAL_6}",
        f"fine, {EQUAL_12}",
    ),
    8: Row(
        "a pickle that runs code",
        carries_code,
        rf"CheckpointError: optimizer.pt holds something else .*may be code.*, {EQUAL_6}, not run",
        f"fine, {EQUAL_12}, not run",
    ),
    9: Row(
        "a checkpoint of another config, setting or shape",
        of_another_config,
        "n differences:, n differences:, n differences:",
        "fine, fine, fine",
    ),
    10: Row(
        "a loss that is not finite",
        not_finite,
        f"FloatingPointError: the loss is nan at step 9, {EQUAL_6}",
        f"fine, {EQUAL_12}",
    ),
    11: Row("divergence", diverges, "alarm within 20 steps: True", "alarm within 20 steps: False"),
    12: Row(
        "no data, one sample, a last batch of one with BatchNorm",
        too_few_samples,
        r"ValueError: .*length of at least 1, got \[0, 0\], one: fine,"
        " last of one: ValueError: Expected more than 1 value.* at step 2",
        "fine, one: fine, last of one: fine at step 2",
    ),
    13: Row("text that is not UTF-8", unusual_text, r" text\.txt, line 3 is not UTF-8.*", r"a b <eos> c( <eos>)?"),
    14: Row("images that are damaged, bombs, or none", comes_with="fusion"),
    15: Row("a prediction that sees the future", sees_the_future, "leak above 0", "leak of exactly 0"),
    16: Row("training and test part overlap", comes_with="fusion"),
    17: Row("a worker dies", worker_dies, "batches equal, workers left: 0", "batches equal, workers left: 2"),
    18: Row(
        "out of memory",
        out_of_memory,
        "MemoryError: the memory of cpu did not suffice at step 6 with batches of 16, 5 steps",
        "fine, 8 steps",
    ),
    19: Row(
        "another number of threads",
        other_threads,
        "bits equal, with two threads nearly so",
        "bits equal, with two threads far off",
    ),
    20: Row("no GPU", no_gpu, "auto cpu, cuda ValueError: device 'cuda' is not there", "auto cuda, cuda fine"),
    21: Row(
        "a notebook that carries a script",
        notebook_with_a_script,
        r"found \['application/javascript', '<script', ' onerror='\]",
        r"found \[\]",
    ),
    22: Row("no network", no_network, "WikiText-2 could not be downloaded.*", "train of WikiText-2 must hold 2,.*"),
    23: Row(
        "two runs in one folder",
        two_runs,
        f"FolderInUse: another run is writing, {EQUAL_12}",
        f"fine, {EQUAL_12}",
    ),
    23.1: Row(
        "a checkpoint that is a link, or has the name of another step",
        link_and_names,
        f"{EQUAL_6}, CheckpointError: /one/step-0000000999 holds step 6",
        f"{EQUAL_6}, fine",
    ),
}  # fmt: skip
POSIX = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


def test_the_matrix_has_its_23_rows() -> None:
    assert sorted({int(number) for number in MATRIX}) == list(range(1, 24))


@POSIX
@pytest.mark.parametrize("happens", [True, False], ids=["with", "without"])
@pytest.mark.parametrize("number", [number for number in MATRIX if MATRIX[number].action])
def test_what_comes_of_a_fault_and_of_none(
    number: float, happens: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = MATRIX[number]
    assert row.action is not None
    found = row.action(tmp_path / "run", monkeypatch, happens)
    assert re.fullmatch(row.expected if happens else row.without, found), f"{row.fault}: {found}"


@pytest.mark.parametrize("number", [number for number in MATRIX if not MATRIX[number].action])
def test_a_fault_that_comes_with_a_system_is_run_once_the_system_is_there(number: float) -> None:
    row = MATRIX[number]
    assert row.comes_with in SYSTEMS
    here = list((ROOT / "course_lib" / row.comes_with).glob("[a-z]*.py"))
    assert not here, f"{row.comes_with} is here: run row {number}, {row.fault}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_committed_notebook_carries_a_script(path: Path) -> None:
    assert active_content(json.loads(path.read_text(encoding="utf-8"))) == []
