"""Whatever `load` refuses, it refuses before it writes: edits under new checksums, and errors, change nothing."""

import hashlib
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load as tensors_of
from safetensors.torch import save as tensor_bytes
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.core.seeding import Seeds
from course_lib.training.checkpoints.files import LARGEST_META, META, sealed
from course_lib.training.checkpoints.saving import CheckpointError, keep_every, load, load_weights, save, verify
from course_lib.training.loop.state import TrainState
from tests.training.checkpoint_runs import adam, equal, everything, momentum, start, train

KINDS = {"adam": adam, "momentum": momentum}
Edit = Callable[[Any], object]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A checkpoint in mid-epoch, at step 3, of a run with each optimizer."""
    found = {}
    for name, optimizer in KINDS.items():
        folder = tmp_path_factory.mktemp(name)
        state = start("perceptron", optimizer)
        state.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**8)
        train(state, precision="float16", on_step=[lambda s: setattr(s, "interrupted", s.step == 3)])
        found[name] = save(state, folder, extra={"list": [1]})
    return found


def edited(runs: dict[str, Path], folder: Path, name: str, **edits: Edit) -> Path:
    """A copy in which somebody who knows the format has changed a file and taken its checksum anew."""
    path = shutil.copytree(runs[name], folder / runs[name].name)
    meta = json.loads((path / META).read_bytes())
    files = {"optimizer": "optimizer.pt", "weights": "weights.safetensors", "history": "history.jsonl"}
    for part, edit in edits.items():
        if part == "meta":
            continue
        file = path / files[part]
        if part == "optimizer":
            content = torch.load(file, weights_only=True)
            edit(content)
            buffer = io.BytesIO()
            torch.save(content, buffer)
            data = buffer.getvalue()
        elif part == "weights":
            tensors = tensors_of(file.read_bytes())
            edit(tensors)
            data = tensor_bytes(tensors)
        else:
            data = edit(file.read_bytes())
        file.write_bytes(data)
        meta["files"][file.name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    edits.get("meta", lambda m: None)(meta)
    (path / META).write_bytes(sealed(meta))
    return path


def fresh(name: str) -> TrainState:
    return start("perceptron", KINDS[name], seed=0)


def put(**values: Any) -> Edit:
    return lambda content: content.update(values)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"x": value}
    return value


def cycle_of_ties(meta: dict) -> None:
    meta["tied"] = {"0.weight": "0.weight"}


META_EDITS: dict[str, Edit] = {
    "files is a list": lambda m: m.update(files=list(m["files"])),
    "files is a number": put(files=5),
    "files is null": put(files=None),
    "a file is a text": lambda m: m["files"].update({"optimizer.pt": "x"}),
    "a length is negative": lambda m: m["files"]["optimizer.pt"].update(bytes=-1),
    "a length is true": lambda m: m["files"]["optimizer.pt"].update(bytes=True),
    "a checksum is short": lambda m: m["files"]["optimizer.pt"].update(sha256="ab"),
    "a checksum is a number": lambda m: m["files"]["optimizer.pt"].update(sha256=1),
    "more about a file": lambda m: m["files"]["optimizer.pt"].update(path="/etc/passwd"),
    "tied to nothing": lambda m: m["tied"].update({"0.bias": "nowhere"}),
    "tied to itself": cycle_of_ties,
    "tied to a number": put(tied={"0.weight": 3}),
    "tied is a list": put(tied=[]),
    "running is empty": put(running=[]),
    "running is a number": put(running=1.0),
    "running has no count": put(running=[{"total": 1.0}]),
    "a running count is negative": put(running=[{"total": 1.0, "count": -1}]),
    "a running total is a text": put(running=[{"total": "x", "count": 1}]),
    "running of three processes": put(running=[{"total": 1.0, "count": 1}] * 3),
    "step is negative": put(step=-5),
    "step is a text": put(step="x"),
    "step is true": put(step=True),
    "step is another number": put(step=4),
    "step is huge": put(step=10**400),
    "epoch is 1e308": put(epoch=1e308),
    "epoch is negative": put(epoch=-1),
    "epoch is null": put(epoch=None),
    "batch is negative": put(batch=-1),
    "batch is a fraction": put(batch=0.5),
    "seconds is a text": put(seconds="1"),
    "seconds is negative": put(seconds=-1.0),
    "stop is a number": put(stop=1),
    "kept is a text": put(kept="no"),
    "frozen is a text": put(frozen="all"),
    "frozen holds numbers": put(frozen=[1]),
    "config is a list": put(config=[1]),
    "extra is a text": put(extra="x"),
    "seeds is a list": put(seeds=[0, 0, 0]),
    "seeds are negative": put(seeds={"init": -1, "data": 0, "noise": 0}),
    "a seed is missing": put(seeds={"init": 0, "data": 0}),
    "optimizer is null": put(optimizer=None),
    "optimizer has no class": put(optimizer={"groups": {}}),
    "groups of the optimizer are a list": put(optimizer={"class": "Adam", "groups": []}),
    "a group of the optimizer is a number": put(optimizer={"class": "Adam", "groups": {"group 0": 1}}),
    "versions is a text": put(versions="2"),
    "versions without torch": put(versions={}),
    "device is a number": put(device=0),
    "members is a text": put(members="x"),
    "members of no group": put(members=[]),
    "members is of numbers": put(members=[[1, 2]]),
    "reason is a number": put(reason=1),
    "best is a list": put(best=[1.0]),
    "best is of texts": put(best={"val/loss, min": "x"}),
    "loader is a text": put(loader="x"),
    "schedule is a list": put(schedule=[]),
    "schedule is of nothing": put(schedule={}),
    "moments is a text": put(moments="x"),
    "moments of fewer": put(moments=1),
    "seeds are deep": put(seeds=nested(150)),
    "versions are deep": put(versions=nested(300)),
    **{f"no {name}": lambda m, name=name: m.pop(name) for name in (
        "step", "epoch", "batch", "running", "seconds", "stop", "kept", "tied", "frozen", "config", "extra", "seeds",
        "optimizer", "versions", "files", "format",
    )},
}  # fmt: skip


@pytest.mark.parametrize("what", META_EDITS)
def test_an_edit_of_the_metadata_is_refused_and_changes_nothing(runs, tmp_path, what):
    path = edited(runs, tmp_path, "adam", meta=META_EDITS[what])
    state = fresh("adam")
    before = everything(state)
    with pytest.raises(CheckpointError):
        load(path, state)
    assert equal(everything(state), before)


def first(content: dict) -> dict:
    return content["optimizer"]["state"][0]


def group(content: dict) -> dict:
    return content["optimizer"]["param_groups"][0]


def moment(**values: Any) -> Edit:
    return lambda content: first(content).update(values)


def setting(**values: Any) -> Edit:
    return lambda content: group(content).update(values)


NAN = float("nan")
OPTIMIZER_EDITS: dict[str, tuple[str, Edit]] = {
    "optimizer is null": ("adam", put(optimizer=None)),
    "optimizer is a text": ("adam", put(optimizer="x")),
    "optimizer has no state": ("adam", lambda c: c["optimizer"].pop("state")),
    "state is empty": ("adam", lambda c: c["optimizer"].update(state={})),
    "state is empty, momentum": ("momentum", lambda c: c["optimizer"].update(state={})),
    "state is a list": ("adam", lambda c: c["optimizer"].update(state=[])),
    "a state is a text": ("adam", lambda c: c["optimizer"]["state"].update({0: "x"})),
    "a parameter without moments": ("adam", lambda c: c["optimizer"]["state"].pop(1)),
    "moments of a parameter that is not there": ("adam", lambda c: c["optimizer"]["state"].update({99: {}})),
    "a moment is missing": ("adam", lambda c: first(c).pop("exp_avg_sq")),
    "a step is missing": ("adam", lambda c: first(c).pop("step")),
    "a momentum is missing": ("momentum", lambda c: first(c).pop("momentum_buffer")),
    "a momentum is null": ("momentum", moment(momentum_buffer=None)),
    "a moment of another shape": ("adam", moment(exp_avg=torch.ones(1))),
    "a moment is a text": ("adam", moment(exp_avg="x")),
    "a moment is a number": ("adam", moment(exp_avg=1.0)),
    "a moment is NaN": ("adam", lambda c: first(c)["exp_avg"].fill_(NAN)),
    "one number of a moment is NaN": ("momentum", lambda c: first(c)["momentum_buffer"][0].fill_(NAN)),
    "a square is negative": ("adam", lambda c: first(c)["exp_avg_sq"].fill_(-1.0)),
    "a step is negative": ("adam", lambda c: first(c)["step"].fill_(-3)),
    "a step is NaN": ("adam", lambda c: first(c)["step"].fill_(NAN)),
    "no groups": ("adam", lambda c: c["optimizer"].update(param_groups=[])),
    "groups are a text": ("adam", lambda c: c["optimizer"].update(param_groups="x")),
    "a group is null": ("adam", lambda c: c["optimizer"].update(param_groups=[None])),
    "one more group": ("adam", lambda c: c["optimizer"]["param_groups"].append({"params": []})),
    "a group without parameters": ("adam", setting(params=[])),
    "fewer parameters": ("adam", setting(params=[0, 1])),
    "parameters twice": ("adam", setting(params=[0, 0, 1, 2])),
    "parameters in another order": ("adam", setting(params=[1, 0, 2, 3])),
    "parameters are texts": ("adam", setting(params=list("abcd"))),
    "a negative rate": ("adam", setting(lr=-1.0)),
    "a rate that is NaN": ("adam", setting(lr=NAN)),
    "a rate that is a text": ("adam", setting(lr="fast")),
    "no rate": ("adam", lambda c: group(c).pop("lr")),
    "a negative eps": ("adam", setting(eps=-1e-8)),
    "betas that are NaN": ("adam", setting(betas=(NAN, 0.9))),
    "a negative momentum": ("momentum", setting(momentum=-0.9)),
    "scaler is a text": ("adam", put(scaler="x")),
    "scaler is empty": ("adam", put(scaler={})),
    "a scale of 0": ("adam", lambda c: c["scaler"].update(scale=0.0)),
    "a scale that is NaN": ("adam", lambda c: c["scaler"].update(scale=NAN)),
    "a scale that is a text": ("adam", lambda c: c["scaler"].update(scale="x")),
    "a scaler that never grows": ("adam", lambda c: c["scaler"].update(growth_factor=0.5)),
    "no noise in mid-epoch": ("adam", put(noise=None)),
    "noise of no process": ("adam", put(noise=[])),
    "noise is a text": ("adam", put(noise="x")),
    "noise without the CPU": ("adam", put(noise=[{}])),
    "noise of the wrong size": ("adam", put(noise=[{"cpu": torch.zeros(3, dtype=torch.uint8)}])),
    "noise of Python cut short": ("adam", lambda c: c["noise"][0].update(python=c["noise"][0]["python"][:-8])),
    "noise of Python at no place": ("adam", lambda c: c["noise"][0]["python"].fill_(255)),
    "noise of NumPy is a number": ("adam", lambda c: c["noise"][0].update(numpy=3)),
    "noise of NumPy cut short": ("adam", lambda c: c["noise"][0].update(numpy=c["noise"][0]["numpy"][:100])),
    "noise of floats": ("adam", put(noise=[{"cpu": torch.zeros(5056)}])),
}


@pytest.mark.parametrize("what", OPTIMIZER_EDITS)
def test_an_edit_of_the_optimizer_is_refused_and_changes_nothing(runs, tmp_path, what):
    name, edit = OPTIMIZER_EDITS[what]
    path = edited(runs, tmp_path, name, optimizer=edit)
    state = fresh(name)
    before = everything(state)
    with pytest.raises(CheckpointError):
        load(path, state)
    assert equal(everything(state), before)


@pytest.mark.parametrize("value", [NAN, float("inf")])
def test_weights_that_are_not_finite_are_refused_and_change_nothing(runs, tmp_path, value):
    path = edited(runs, tmp_path, "adam", weights=lambda tensors: tensors["0.bias"][2:3].fill_(value))
    state = fresh("adam")
    before = everything(state)
    for attempt in (lambda: load(path, state), lambda: load_weights(path, state.model)):
        with pytest.raises(CheckpointError, match=r"0.bias must be finite"):
            attempt()
    assert equal(everything(state), before)


@pytest.mark.parametrize(
    "line",
    [b"[1]", b"null", b'{"split": "val"}', b'{"split": 3, "step": 1, "epoch": 1, "loss": 1.0}', b"[" * 100_000,
     b'{"split": "val", "step": -1, "epoch": 1, "loss": 1.0}', b'{"split": "val", "step": 1, "epoch": 1, "loss": []}',
     b'{"split": "val", "step": 1, "epoch": 1, "loss": NaN}', b'{"a":' * 100_000, b"\xff\xfe", b"x" * 1_000_000],
)  # fmt: skip
def test_a_history_that_is_none_is_refused_with_its_line_and_changes_nothing(runs, tmp_path, line):
    path = edited(runs, tmp_path, "adam", history=lambda data: data + line + b"\n")
    state = fresh("adam")
    before = everything(state)
    with pytest.raises(CheckpointError, match=r"history.jsonl, line 1 is damaged"):
        load(path, state)
    assert equal(everything(state), before)


def test_the_copy_without_an_edit_is_loaded(runs, tmp_path):
    for name in KINDS:
        state = fresh(name)
        load(edited(runs, tmp_path / name, name, optimizer=lambda c: None, weights=lambda t: None), state)
        assert state.step == 3


def test_metadata_of_500_megabytes_is_refused_by_its_length(runs, tmp_path):
    path = edited(runs, tmp_path, "adam")
    with open(path / META, "ab") as file:
        file.truncate(500_000_000)  # takes no room on the disk, and must not be read
    with pytest.raises(CheckpointError, match=r"meta.json is damaged: it has 500,000,000 bytes, at most"):
        load(path, fresh("adam"))
    with pytest.raises(CheckpointError, match=r"extra and config are for few values"):
        save(fresh("adam"), tmp_path / "run", extra={"text": "x" * LARGEST_META})
    assert not list((tmp_path / "run").iterdir())


@pytest.mark.parametrize("depth", [90, 400, 900])
def test_values_that_are_nested_deeply_are_compared_or_refused(runs, tmp_path, depth):
    path = edited(runs, tmp_path, "adam")
    meta = json.loads((path / META).read_bytes())
    meta["extra"] = nested(depth)
    try:
        (path / META).write_bytes(sealed(meta))
    except RecursionError:
        pytest.skip("this Python writes nothing as deep")
    state = fresh("adam")
    before = everything(state)
    with pytest.raises(CheckpointError):
        load(path, state, extra={"list": [1]})
    assert equal(everything(state), before)


class Stubborn(nn.Linear):
    """Refuses the second of its tensors, when the first one is written."""

    def _load_from_state_dict(self, tensors: dict, prefix: str, *more: Any) -> None:
        super()._load_from_state_dict(tensors, prefix, *more)
        if self.stubborn:
            raise RuntimeError("not these weights\nand more")


def stubborn(value: float) -> TrainState:
    model = Stubborn(2, 1)
    model.stubborn = False
    nn.init.constant_(model.weight, value)
    state = TrainState(model, torch.optim.Adam(model.parameters()), Seeds.same(0))
    model(torch.ones(1, 2)).sum().backward()
    state.optimizer.step()
    state.step, state.running = 1, Loss(0.0, 0)
    return state


def test_an_error_in_the_middle_of_the_loading_leaves_all_as_it_was(tmp_path):
    path, state = save(stubborn(1.0), tmp_path), stubborn(2.0)
    state.model.stubborn = True
    state.history.add("val", step=1, epoch=0, loss=1.0)
    before = everything(state)
    for attempt in (lambda: load(path, state), lambda: load_weights(path, state.model)):
        state.model.stubborn = True
        with pytest.raises(CheckpointError, match=r"all is as it was: RuntimeError: not these weights$"):
            attempt()
        state.model.stubborn = False
        assert equal(everything(state), before)


def test_an_error_in_the_optimizer_leaves_all_as_it_was(tmp_path, monkeypatch):
    path, state = save(stubborn(1.0), tmp_path), stubborn(2.0)
    before = everything(state)

    monkeypatch.setattr(torch.optim.Adam, "load_state_dict", lambda self, saved: (_ for _ in ()).throw(KeyError("x")))
    with pytest.raises(CheckpointError, match="all is as it was: KeyError"):
        load(path, state)
    monkeypatch.undo()
    assert equal(everything(state), before)
    load(path, state)
    assert state.model.weight.mean() < 1.5


class Grid(nn.Module):
    """A buffer made by expand: all rows share one memory."""

    def __init__(self, shift: float) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 1)
        self.register_buffer("grid", (torch.arange(4.0) + shift).view(1, 4).expand(2, -1))


def gridded(shift: float = 0.0) -> TrainState:
    model = Grid(shift)
    return TrainState(model, torch.optim.SGD(model.parameters(), lr=0.1), Seeds.same(0))


def test_a_buffer_whose_rows_share_memory_is_loaded(tmp_path):
    saved, state = gridded(shift=5.0), gridded()
    path = save(saved, tmp_path)
    load(path, state)
    assert equal(state.model.state_dict(), saved.model.state_dict())
    assert state.model.grid.stride() == (0, 1)
    model = Grid(1.0)
    load_weights(path, model)
    assert equal(model.state_dict(), saved.model.state_dict())


def test_a_buffer_that_cannot_hold_what_was_saved_is_refused_before_anything_is_written(tmp_path):
    saved, state = gridded(), gridded()
    saved.model.grid = torch.arange(8.0).view(2, 4)
    path = save(saved, tmp_path)
    before = everything(state)
    for attempt in (lambda: load(path, state), lambda: load_weights(path, state.model)):
        with pytest.raises(CheckpointError, match=r"the elements of grid share memory in this run"):
            attempt()
    assert equal(everything(state), before)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: state.optimizer.param_groups[0].update(lr=-0.1), r"group 0.lr must be at least 0, got -0.1"),
        (lambda state: next(iter(state.optimizer.state.values()))["exp_avg"].fill_(NAN), r"exp_avg must hold numbers"),
    ],
)
def test_what_could_not_be_loaded_is_not_saved(tmp_path, change, words):
    state = train(start(), epochs=1)
    good = save(state, tmp_path)
    change(state)
    with pytest.raises(CheckpointError, match=words):
        keep_every(tmp_path)(state)
    assert verify(good)["step"] == state.step


def test_a_checkpoint_of_an_earlier_version_is_loaded(runs, tmp_path):
    def as_before(meta: dict) -> None:
        for name in ("moments", "members", "reason", "best", "loader", "schedule"):
            meta.pop(name)

    state = fresh("adam")
    load(edited(runs, tmp_path, "adam", meta=as_before), state)
    assert state.step == 3
