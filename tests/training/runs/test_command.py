"""python -m course_lib train: a run from the shell, resumed by typing the same line again."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from course_lib import __main__ as command_line
from course_lib.core.files import course_root
from course_lib.core.history import History
from course_lib.digits import train as digits
from course_lib.digits.train import PRESETS
from course_lib.training.checkpoints import saving as checkpoint
from course_lib.training.runs.epoch_table import history_table
from course_lib.training.runs.lock import locked


def arguments(folder: Path, *more: str, epochs: int = 2) -> list[str]:
    options = ["--preset", "cpu", "--device", "cpu", "--out", str(folder), "--epochs", str(epochs)]
    return ["train", "digits", *options, *more]


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "digits"
    assert command_line.main(arguments(folder)) == 0
    return folder


def table_of(folder: Path) -> str:
    return history_table(History.load(checkpoint.latest(folder) / "history.jsonl"))


def test_a_run_prints_the_table_that_a_notebook_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(arguments(tmp_path)) == 0
    assert capsys.readouterr().out == f"{table_of(tmp_path)}\nsaved in {tmp_path}\n"


def test_the_second_time_it_says_that_it_is_complete(complete: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(arguments(complete)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "complete: step 80 (2 epochs)"
    assert "\n".join(lines[1:-1]) == table_of(complete)


@pytest.mark.skipif(os.name != "posix", reason="SIGTERM ends a process of this system at once")
def test_a_run_that_is_asked_to_end_goes_on_when_it_is_started_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, undisturbed = tmp_path / "stopped", tmp_path / "undisturbed"
    command = [sys.executable, "-m", "course_lib", *arguments(folder, epochs=15)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=course_root(), **pipes) as run:
        while not run.stdout.readline().startswith("    2"):  # the line of epoch 2
            assert run.poll() is None, run.stderr.read()
        run.send_signal(signal.SIGTERM)
        said = run.communicate(timeout=60)[1]
    assert run.returncode == 143, said
    saved = checkpoint.verify(checkpoint.latest(folder))["step"]
    assert said.startswith(f"interrupted: saved at step {saved} ")

    assert command_line.main(arguments(folder, epochs=15)) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"resumed at step {saved} ")
    assert table_of(folder) in printed
    assert command_line.main(arguments(undisturbed, epochs=15)) == 0
    weights = [checkpoint.latest(one) / "weights.safetensors" for one in (folder, undisturbed)]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    assert table_of(folder) == table_of(undisturbed)


def test_out_of_memory_is_one_line_with_what_to_try(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 MiB")

    monkeypatch.setattr(digits, "classification_loss", full)
    assert command_line.main(arguments(tmp_path)) == 1
    said = capsys.readouterr().err
    size = PRESETS["cpu"].batch_size
    assert said.startswith(f"error: the memory of cpu did not suffice at step 1 with batches of {size}; nothing was")
    assert f"batch_size={size // 2} with accumulate=2" in said
    assert said.count("\n") == 1


def test_the_seed_is_another_run(complete: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(arguments(complete, "--seed", "1")) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert "seeds.init: 0 in the checkpoint, 1 in this run" in said


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--preset", "huge", "preset must be one of cpu, cuda, got 'huge'"),
        ("--device", "tpu", "device 'tpu' is not there"),
        ("--epochs", "0", "epochs must be at least 1, got 0"),
        ("--precision", "int8", "precision must be one of float32, bfloat16, float16, got 'int8'"),
        ("--seed", "-1", "must be at least 0, got -1"),
    ],
)
def test_what_makes_no_sense_is_one_line_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str, words: str
) -> None:
    assert command_line.main(arguments(tmp_path, option, value)) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert words in said
    assert len(said.splitlines()) == 1


def test_a_second_run_in_the_folder_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with locked(tmp_path):
        assert command_line.main(arguments(tmp_path)) == 1
    assert "another run is writing to" in capsys.readouterr().err


def test_a_damaged_checkpoint_is_told_without_a_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(arguments(tmp_path)) == 0
    (checkpoint.latest(tmp_path) / "optimizer.pt").write_text("<html>not found</html>")
    assert command_line.main(arguments(tmp_path)) == 1
    said = capsys.readouterr().err
    assert "optimizer.pt is damaged" in said
    assert "step-0000000040" in said  # the way out


def test_an_unknown_system_lists_those_that_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        command_line.main(["train", "letters"])
    assert "digits" in capsys.readouterr().err


@pytest.mark.parametrize("system", command_line.SYSTEMS)
def test_every_system_has_its_function_and_a_preset_for_the_cpu(system: str) -> None:
    import importlib

    module, _, function = command_line.SYSTEMS[system].partition(":")
    assert callable(getattr(importlib.import_module(module), function))
    assert "cpu" in importlib.import_module(module).PRESETS


def test_the_command_line_starts_without_torch() -> None:
    code = "import sys, course_lib.__main__; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=course_root())
