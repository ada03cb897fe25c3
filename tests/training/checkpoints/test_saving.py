"""A run that goes on from a checkpoint is the uninterrupted run, bit for bit; one that does not fit is refused."""

import dataclasses
import json
import os
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.core.seeding import Seeds
from course_lib.training.checkpoints import files as checkpoint_files
from course_lib.training.checkpoints.content import generators_here
from course_lib.training.checkpoints.saving import (
    CheckpointError,
    checkpoints,
    keep_best,
    keep_every,
    keep_last,
    latest,
    load,
    load_weights,
    save,
    verify,
)
from course_lib.training.loop.callbacks import every
from course_lib.training.loop.state import TrainState
from tests.training.checkpoint_runs import (
    MODELS,
    adam,
    adamw,
    equal,
    everything,
    momentum,
    perceptron,
    resumed,
    saved,
    start,
    train,
)


@dataclass(frozen=True)
class Inner:
    width: int = 8
    tied: bool = False


@dataclass(frozen=True)
class Config:
    rate: float = 0.01
    epochs: int = 2
    name: str = "small"
    hidden: tuple[int, ...] = (8,)
    clip: float | None = None
    inner: Inner = Inner()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("name", "optimizer"),
    [("perceptron", momentum), ("convolutions", adamw), ("recurrent", adam), ("attention", adamw)],
)
def test_a_run_of_every_kind_goes_on_bit_for_bit_from_every_step(tmp_path, name, optimizer):
    whole = train(start(name, optimizer), name, on_step=[keep_every(tmp_path)])
    found = everything(whole)
    assert [int(path.name[-4:]) for path in checkpoints(tmp_path)] == list(range(1, whole.step + 1))
    for path in checkpoints(tmp_path):
        assert equal(everything(resumed(path, name, optimizer)), found), path.name


@pytest.mark.parametrize("name", MODELS)
def test_it_goes_on_bit_for_bit_from_the_end_of_an_epoch(tmp_path, name):
    whole = train(start(name), name, epochs=3, on_epoch=[keep_every(tmp_path)])
    assert len(checkpoints(tmp_path)) == 3
    for path in checkpoints(tmp_path):
        assert verify(path)["batch"] == 0
        assert equal(everything(resumed(path, name, adam, epochs=3)), everything(whole))


def test_float16_goes_on_with_the_factor_of_its_scaler(tmp_path):
    def run(state, **more):
        state.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**8, growth_interval=3)
        return train(state, precision="float16", **more)

    whole = run(start(), on_step=[keep_every(tmp_path)])
    assert whole.scaler.get_scale() > 2.0**8
    for path in checkpoints(tmp_path)[::3]:
        assert equal(everything(resumed(path, "perceptron", adam, precision="float16")), everything(whole))


def test_it_goes_on_with_accumulation_and_after_several_cuts(tmp_path):
    whole = train(start("convolutions"), "convolutions", accumulate=2)

    def cut_at(step):
        def callback(state):
            state.interrupted = state.step == step

        return callback

    state = start("convolutions")
    for step in (1, 2, 5):
        train(state, "convolutions", accumulate=2, on_step=[cut_at(step)])
        path = save(state, tmp_path)
        state = start("convolutions")
        load(path, state)
        assert state.step == step
    assert equal(everything(train(state, "convolutions", accumulate=2)), everything(whole))


def test_what_is_loaded_equals_what_was_saved(tmp_path):
    state = train(start("recurrent", adamw), "recurrent", on_step=[lambda s: setattr(s, "interrupted", s.step == 3)])
    state.stop = True
    path = save(state, tmp_path, config=Config(), extra={"vocabulary": "ab12"})
    other = start("recurrent", adamw)
    meta = load(path, other, config=Config(), extra={"vocabulary": "ab12"})
    assert equal(everything(other), everything(state))
    assert other.seconds == state.seconds
    assert (meta["step"], meta["epoch"], meta["batch"], meta["device"], meta["format"]) == (3, 0, 3, "cpu", 1)
    assert meta["config"] == json.loads(json.dumps(dataclasses.asdict(Config())))
    assert meta["versions"]["torch"] == torch.__version__
    assert not other.interrupted


def test_tied_tensors_lie_in_the_file_once_and_stay_tied(tmp_path):
    from safetensors.torch import load_file, load_model

    state = train(start("recurrent"), "recurrent", epochs=1)
    path = save(state, tmp_path)
    assert "last.weight" not in load_file(path / "weights.safetensors")
    assert verify(path)["tied"] == {"last.weight": "table.weight"}
    other = start("recurrent", seed=5).model
    load_weights(path, other)
    assert other.last.weight is other.table.weight
    assert equal(other.state_dict(), state.model.state_dict())
    load_model(start("recurrent", seed=6).model, path / "weights.safetensors")  # others read the file too


def test_a_model_without_the_tie_is_another_model(tmp_path):
    path = save(start("recurrent"), tmp_path)
    model = MODELS["recurrent"][0]()
    model.last.weight = nn.Parameter(model.table.weight.detach().clone())
    with pytest.raises(
        CheckpointError, match=r'tied.last.weight: "table.weight" in the checkpoint, absent in this run'
    ):
        load_weights(path, model)


def test_what_was_frozen_in_between_is_frozen_again(tmp_path):
    state = start()
    state.model[0].weight.requires_grad_(False)
    path = save(state, tmp_path)
    other = start()
    load(path, other)
    assert [parameter.requires_grad for parameter in other.model.parameters()] == [False, True, True, True]


def test_views_of_one_memory_are_saved_apart(tmp_path):
    memory = torch.arange(1000.0)
    model = nn.Module()
    model.a, model.b = nn.Parameter(memory[:10]), nn.Parameter(memory[5:15])
    path = save(TrainState(model, torch.optim.SGD(model.parameters(), lr=0.1), Seeds.same(0)), tmp_path)
    assert (path / "weights.safetensors").stat().st_size < 400
    model.a.data, model.b.data = torch.zeros(10), torch.zeros(10)
    load_weights(path, model)
    assert model.a.tolist() == memory[:10].tolist()
    assert model.b.tolist() == memory[5:15].tolist()


def test_the_optimizer_file_loads_without_code_even_where_numbers_are_of_numpy(tmp_path):
    state = start()
    state.optimizer.param_groups[0]["lr"] = np.float64(0.003)
    path = save(state, tmp_path)
    assert torch.load(path / "optimizer.pt", weights_only=True)["optimizer"]["param_groups"][0]["lr"] == 0.003
    state.optimizer.param_groups[0]["sampler"] = object()
    with pytest.raises(
        TypeError, match=r"optimizer.param_groups\[0\].sampler must be a tensor or a plain value .* object"
    ):
        save(state, tmp_path)


def test_a_checkpoint_of_another_config_is_refused_with_every_difference(tmp_path):
    path = save(train(start()), tmp_path, config=Config(), extra={"vocabulary": "ab12", "tokens": 7})
    changed = {
        "config.rate": replace(Config(), rate=0.02),
        "config.epochs": replace(Config(), epochs=3),
        "config.name": replace(Config(), name="large"),
        "config.hidden": replace(Config(), hidden=(8, 8)),
        "config.clip": replace(Config(), clip=1.0),
        "config.inner.width": replace(Config(), inner=Inner(width=9)),
        "config.inner.tied": replace(Config(), inner=Inner(tied=True)),
    }
    other = start(seed=0)
    before = everything(other)
    for key, config in changed.items():
        with pytest.raises(CheckpointError, match=f"nothing was loaded; 1 differences:\n  {key}: ") as error:
            load(path, other, config=config)
        assert len(str(error.value).splitlines()) == 2
    everywhere = Config(0.5, 9, "x", (1,), 2.0, Inner(1, True))
    with pytest.raises(CheckpointError) as error:
        load(path, other, config=everywhere, extra={"vocabulary": "cd34"})
    listed = [line.split(":")[0].strip() for line in str(error.value).splitlines()[1:]]
    assert sorted(listed) == sorted([*changed, "extra.tokens", "extra.vocabulary"])
    assert 'extra.vocabulary: "ab12" in the checkpoint, "cd34" in this run' in str(error.value)
    assert "extra.tokens: 7 in the checkpoint, absent in this run" in str(error.value)
    with pytest.raises(CheckpointError, match=r"config.inner.tied: false in the checkpoint, 0 in this run"):
        load(path, other, config=replace(Config(), inner=Inner(tied=0)))
    assert equal(everything(other), before)
    load(path, other, config=Config())  # and it was not damaged by all this


def _net(*sizes, dtype=torch.float32, bias=True):
    first, last = nn.Linear(sizes[0], sizes[1], bias=bias), nn.Linear(sizes[1], sizes[2])
    return nn.Sequential(first, nn.ReLU(), nn.Dropout(0.2), last).to(dtype)


def _state(model=None, optimizer=adam, seeds=None):
    model = model or perceptron()
    return TrainState(model, optimizer(list(model.parameters())), seeds or Seeds.same(0))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: _state(_net(6, 9, 3)), ['weights.0.weight: "float32 (8, 6)" in the checkpoint, "float32 (9, 6)"',
                                         "weights.0.bias", "weights.3.weight"]),
        (lambda: _state(_net(6, 8, 3, dtype=torch.float64)), ["weights.3.bias: \"float32 (3,)\"", "float64 (3,)"]),
        (lambda: _state(_net(6, 8, 3, bias=False)), ["weights.0.bias: \"float32 (8,)\" in the checkpoint, absent",
                                                     "optimizer.groups.group 0.parameters.0.bias: 1"]),
        (lambda: _state(nn.Sequential(*perceptron(), nn.Linear(3, 3))), ["weights.4.weight: absent in the checkpoint"]),
        (lambda: _state(optimizer=momentum), ['optimizer.class: "Adam" in the checkpoint, "SGD" in this run']),
        (lambda: _state(optimizer=lambda p: adam(p[::-1])), ["parameters.0.weight: 0 in the checkpoint, 3"]),
        (lambda: _state(optimizer=lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.999), weight_decay=0.1)),
         ["group 0.betas: [0.9, 0.999] in the checkpoint, [0.8, 0.999]", "group 0.weight_decay: 0 in the checkpoint"]),
        (lambda: _state(optimizer=lambda p: torch.optim.Adam(p, lr=0.02)), ["group 0.initial_lr: 0.01 in the"]),
        (lambda: _state(optimizer=lambda p: torch.optim.Adam([{"params": p[:2]}, {"params": p[2:]}], lr=0.01)),
         ["group 1.parameters.3.weight: absent in the checkpoint, 0", "group 0.parameters.3.bias: 3"]),
        (lambda: _state(seeds=Seeds(0, 1, 2)), ["seeds.data: 0 in the checkpoint, 1", "seeds.noise: 0 in"]),
    ],
)  # fmt: skip
def test_a_run_of_another_kind_is_refused_by_name_and_stays_as_it_was(tmp_path, make, words):
    path = save(train(start(), epochs=1), tmp_path)
    state = make()
    before = everything(state)
    with pytest.raises(CheckpointError, match="is of another run, and nothing was loaded") as error:
        load(path, state)
    for word in words:
        assert word in str(error.value)
    assert equal(everything(state), before)


def test_another_release_of_torch_may_know_other_settings_of_the_optimizer(tmp_path):
    path = save(train(start(), epochs=1), tmp_path)
    meta = verify(path)
    meta["versions"]["torch"] = "2.6.0"
    del meta["optimizer"]["groups"]["group 0"]["maximize"]
    (path / "meta.json").write_bytes(checkpoint_files.sealed(meta))
    load(path, start())
    meta["versions"]["torch"] = torch.__version__
    (path / "meta.json").write_bytes(checkpoint_files.sealed(meta))
    with pytest.raises(CheckpointError, match=r"group 0.maximize: absent in the checkpoint, false in this run"):
        load(path, start())


def test_the_way_of_computing_is_that_of_the_run_that_loads(tmp_path):
    path = save(train(start(), epochs=1), tmp_path)
    state = start(optimizer=lambda p: torch.optim.Adam(p, lr=0.01, foreach=True))
    load(path, state)
    assert state.optimizer.param_groups[0]["foreach"] is True


def test_weights_that_are_not_finite_are_not_saved_and_can_be_rolled_back(tmp_path):
    state = train(start("convolutions"), "convolutions", epochs=1)
    good = save(state, tmp_path)
    state.step += 1
    with torch.no_grad():
        state.model.last.weight[0, 0] = torch.nan
    state.model.norm.running_mean[1] = torch.nan
    with pytest.raises(CheckpointError, match=r"norm.running_mean, last.weight must be finite to be saved"):
        save(state, tmp_path)
    assert names(tmp_path) == [good.name]
    load(good, state)
    assert state.step == 6
    assert state.model.last.weight.isfinite().all()
    state.running = Loss(torch.tensor(torch.inf), 3)
    with pytest.raises(CheckpointError, match="the running loss must be finite to be saved"):
        save(state, tmp_path)


def test_a_state_that_is_no_tensor_is_refused_by_name(tmp_path):
    class Odd(nn.Linear):
        def get_extra_state(self):
            return {"calls": 3}

    with pytest.raises(TypeError, match=r"0._extra_state must be a tensor to be saved, got a dict"):
        save(_state(nn.Sequential(Odd(2, 2))), tmp_path)


def test_the_newest_is_the_highest_step_and_half_written_folders_do_not_count(tmp_path):
    assert latest(tmp_path) is None
    assert latest(tmp_path / "absent") is None
    saved(tmp_path, steps=4)
    (tmp_path / "step-0000000099").mkdir()
    (tmp_path / ".step-0000000100.0123456789ab.part").mkdir()
    (tmp_path / "step-of-mine").mkdir()
    assert [path.name for path in checkpoints(tmp_path)] == [f"step-{n:010d}" for n in (4, 8, 12)]
    assert latest(tmp_path) == tmp_path / "step-0000000012"


def test_a_step_that_is_saved_again_is_replaced_and_never_absent(tmp_path, monkeypatch):
    state = train(start(), epochs=1)
    first = save(state, tmp_path, extra={"try": 1})
    seen = []
    rename = os.rename

    def watched(before, after):
        seen.append(latest(tmp_path))
        rename(before, after)
        seen.append(latest(tmp_path))

    monkeypatch.setattr(checkpoint_files.os, "rename", watched)
    second = save(state, tmp_path, extra={"try": 2})
    third = save(state, tmp_path, extra={"try": 3})
    assert [path.name for path in (first, second, third)] == [f"step-0000000006{end}" for end in ("", ".1", ".2")]
    assert names(tmp_path) == [third.name]
    assert verify(latest(tmp_path))["extra"] == {"try": 3}
    assert len(seen) == 8
    assert None not in seen


def test_keep_last_keeps_the_newest_and_what_keep_every_wrote(tmp_path):
    train(start(), on_step=[every(2, keep_last(tmp_path)), every(5, keep_every(tmp_path))])
    assert names(tmp_path) == ["step-0000000005", "step-0000000008", "step-0000000010.1", "step-0000000012"]


def test_keep_last_of_one_keeps_the_one_that_it_wrote(tmp_path):
    train(start(), on_step=[keep_last(tmp_path, last=1)])
    assert names(tmp_path) == ["step-0000000012"]
    with pytest.raises(ValueError, match="last must be at least 1, got 0"):
        keep_last(tmp_path, last=0)


def test_a_checkpoint_that_is_kept_stays_kept_when_its_step_is_saved_again(tmp_path):
    state = start()
    keep_every(tmp_path)(state)
    keep_last(tmp_path)(state)
    assert verify(latest(tmp_path))["kept"]
    for state.step in (1, 2, 3):
        keep_last(tmp_path, last=1)(state)
    assert names(tmp_path) == ["step-0000000000.1", "step-0000000003"]


@pytest.mark.parametrize(
    ("mode", "values", "best"),
    [
        ("min", [3.0, 2.0, 2.5, 2.0, float("nan")], 2),
        ("max", [0.1, 0.3, 0.2, 0.3, 0.2], 2),
        ("min", [float("nan"), 2.0, 1.0], 3),
    ],
)
def test_keep_best_keeps_the_first_of_the_best_and_nothing_else(tmp_path, mode, values, best):
    state, callback = start(), keep_best(tmp_path, mode=mode)
    for epoch, value in enumerate(values, start=1):
        state.epoch = state.step = epoch
        state.history.add("val", step=epoch, epoch=epoch, loss=value)
        callback(state)
    assert names(tmp_path / "best") == [f"step-{best:010d}"]
    assert state.history.best("val", "loss", mode)["epoch"] == best
    assert latest(tmp_path) is None


def test_keep_best_says_what_it_misses(tmp_path):
    with pytest.raises(ValueError, match="mode must be one of min, max, got 'low'"):
        keep_best(tmp_path, mode="low")
    with pytest.raises(ValueError, match="the history has no test/accuracy"):
        keep_best(tmp_path, split="test", name="accuracy")(train(start(), epochs=1))


def test_noise_of_another_kind_of_device_begins_from_the_seed():
    state = start()
    state.batch = 3
    cuda_only = {"cuda": torch.zeros(16, dtype=torch.uint8)}
    first, again = generators_here(cuda_only, state), generators_here(cuda_only, state)
    assert torch.equal(first["cpu"], again["cpu"])
    state.batch = 4
    assert not torch.equal(first["cpu"], generators_here(cuda_only, state)["cpu"])
    assert generators_here({"cpu": first["cpu"]}, state)["cpu"] is first["cpu"]


def test_extra_must_be_a_dict_for_json_and_config_a_frozen_dataclass(tmp_path):
    with pytest.raises(TypeError, match="extra must be a dict, got a list"):
        save(start(), tmp_path, extra=[1])
    with pytest.raises(TypeError, match="a config must be a frozen dataclass, got dict"):
        save(start(), tmp_path, config={"rate": 1})
    assert names(tmp_path) == []


def test_complex_parameters_are_saved_and_loaded_or_refused_by_name(tmp_path):
    def run(dtype):
        model = nn.Module()
        model.wave = nn.Parameter(torch.tensor([1 + 2j, 3 - 1j], dtype=dtype))
        return TrainState(model, torch.optim.Adam(model.parameters(), lr=0.1), Seeds.same(0))

    state, other = run(torch.complex64), run(torch.complex64)
    state.model.wave.grad = torch.tensor([1j, 2 + 0j])
    state.optimizer.step()
    load(save(state, tmp_path), other)
    assert equal(everything(other), everything(state))
    state.model.wave.data[0] = complex("nan")
    with pytest.raises(CheckpointError, match="wave must be finite to be saved"):
        save(state, tmp_path)
    with pytest.raises(TypeError, match=r"wave must be of a data type that .*, got torch.complex128"):
        save(run(torch.complex128), tmp_path)
