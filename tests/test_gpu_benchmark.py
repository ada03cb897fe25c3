"""Every part of the GPU benchmark works, resumes, and stands in the table of records: at a tiny size, on the CPU."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks import gpu
from benchmarks.gpu_infinito import infinito_step, reported_form
from benchmarks.gpu_setting import CPU, CUDA, QUICK, config_of
from benchmarks.gpu_steps import batches_that_fit, make_step, step_flops
from benchmarks.recordings import RECORDS
from course_lib.core.files import course_root
from course_lib.core.recordings import read_recording, recording_path
from course_lib.infinito.config import AS_REPORTED, FULL
from course_lib.infinito.report.bands import reproduction
from course_lib.training.machine.operations import first_wait, flops_of


@pytest.mark.parametrize("name", gpu.PARTS)
def test_a_part_runs_and_its_recording_can_be_read(name: str, tmp_path: Path) -> None:
    assert gpu.run([name], QUICK, tmp_path) == []
    found = read_recording(f"cpu_{name}", tmp_path)
    assert found.config == config_of(gpu.PARTS[name], QUICK)
    assert found.provenance["command"] == gpu.command_of(name, "cpu")
    assert all(value > 0 for row in found.rows for key, value in row.items() if key == "seconds")


def test_memory_is_predicted_to_the_byte(tmp_path: Path) -> None:
    gpu.run(["memory"], QUICK, tmp_path)
    rows = read_recording("cpu_memory", tmp_path).rows
    assert [row["batch"] for row in rows] == list(QUICK.batches)
    assert all(row["counted_activations"] == row["predicted_activations"] for row in rows)


def test_what_is_recorded_is_left_out_until_the_setting_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for setting in (QUICK, QUICK, replace(QUICK, elements=500)):
        gpu.run(["machine"], setting, tmp_path)
    said = capsys.readouterr().out.splitlines()
    assert said[1] == "machine: recorded already"
    assert "rows in" in said[0]
    assert "rows in" in said[2]


def test_a_part_that_fails_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(setting: object) -> list:
        raise RuntimeError("out of memory")

    monkeypatch.setitem(gpu.PARTS, "steps", replace(gpu.PARTS["steps"], rows=broken))
    assert gpu.run(["steps", "machine"], QUICK, tmp_path) == ["steps"]
    assert not recording_path("cpu_steps", tmp_path).exists()
    assert recording_path("cpu_machine", tmp_path).exists()
    assert "out of memory" in capsys.readouterr().err


def test_the_command_line_writes_nothing_unless_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gpu.main(["--quick", "--part", "machine", "--out", str(tmp_path)]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["cpu_machine.json"]
    assert gpu.main(["--quick", "--list"]) == 0
    assert "missing: python -m benchmarks.gpu --part machine --device cpu" in capsys.readouterr().out


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_without_cuda_it_says_what_else_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert gpu.main([]) == 1
    assert "--device cpu makes the recordings of this CPU" in capsys.readouterr().err


def test_the_table_of_records_names_every_part_with_its_command() -> None:
    for device in ("cpu", "cuda"):
        for name, part in gpu.PARTS.items():
            if device in part.devices:
                assert RECORDS[f"{device}_{name}"].command == gpu.command_of(name, device)
            else:
                assert f"{device}_{name}" not in RECORDS


def test_the_steps_compute_what_the_formula_says_and_never_wait() -> None:
    assert flops_of(make_step(QUICK, fused=True)) == step_flops(QUICK)
    assert first_wait(lambda: make_step(QUICK, foreach=True)()) is None
    assert "item()" in str(first_wait(lambda: make_step(QUICK, foreach=True, read_loss=True)()))


@pytest.mark.parametrize("setting", [CPU, CUDA])
def test_a_committed_recording_is_of_the_setting_that_the_script_uses(setting: object) -> None:
    for part in gpu.PARTS.values():
        name = f"{setting.device}_{part.name}"
        if recording_path(name).is_file():
            assert read_recording(name).config == config_of(part, setting), name


def test_lesson_09_asks_for_records_by_their_names_and_shows_those_that_are_there() -> None:
    cells = json.loads((course_root() / "notebooks" / "09_cuda.ipynb").read_text(encoding="utf-8"))["cells"]
    shown = "".join("".join(output.get("text", "")) for cell in cells for output in cell.get("outputs", []))
    told = dict(re.findall(r"^(\w+): (?:not recorded yet\. On [\w ]+, )?(recorded|`python[^`]+`)", shown, re.M))
    assert told, "the lesson reads no recording"
    for name, what in told.items():
        assert name in RECORDS
        there = RECORDS[name].path.is_file()
        assert what == ("recorded" if there else f"`{RECORDS[name].command}`"), f"{name}: build lesson 09 again"


def test_it_runs_where_only_torch_and_numpy_are_installed(tmp_path: Path) -> None:
    absent = (
        "IPython ipywidgets jupyterlab datasets sklearn threadpoolctl scipy matplotlib safetensors tqdm torchvision"
    )
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({absent.split()!r})); from benchmarks import gpu; "
        f"sys.exit(gpu.main(['--quick', '--part', 'fit', '--part', 'waits', '--out', {str(tmp_path)!r}]))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=course_root())
    assert {path.stem for path in tmp_path.iterdir()} == {"cpu_fit", "cpu_waits"}


def test_batches_that_do_not_fit_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert batches_that_fit(CPU) == list(CPU.batches)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (8 * 2**30, 8 * 2**30))
    assert batches_that_fit(CUDA) == [1, 4, 16, 32, 64]


def test_the_steps_of_infinito_never_wait_and_keep_their_memory_between_batches() -> None:
    for config in (QUICK.infinito, replace(QUICK.infinito, memory_slots=0)):
        assert first_wait(lambda config=config: infinito_step(QUICK, config)()) is None
    step = infinito_step(QUICK, QUICK.infinito)
    assert float(step()) != float(step())


def test_the_reported_form_has_the_sizes_of_the_other_and_its_own_flaws() -> None:
    assert reported_form(FULL) == AS_REPORTED
    small = reported_form(QUICK.infinito)
    assert (small.width, small.causal, small.shared_memory) == (QUICK.infinito.width, False, True)


def test_the_reported_run_is_recorded_epoch_by_epoch(tmp_path: Path) -> None:
    gpu.run(["infinito_run"], QUICK, tmp_path)
    rows = read_recording("cpu_infinito_run", tmp_path).rows
    assert [row["split"] for row in rows[:-1]] == ["train", "val"]
    assert {row["epoch"] for row in rows[:-1]} == {1}
    assert rows[-1]["updates"] == 13
    (found,) = reproduction(rows)  # lesson 11 reads it so
    assert found.epoch == 1
