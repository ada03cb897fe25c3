"""The environment report: what the machine is, and which presets run on it."""

import subprocess
import sys
from dataclasses import replace

import pytest

from course_lib import __main__ as command_line
from course_lib.training.machine.runtime import (
    PACKAGES,
    Environment,
    Gpu,
    describe_environment,
    package_versions,
    presets_that_run,
)

LAPTOP = Environment(
    python="3.11.7",
    platform="Linux",
    packages=tuple((name, "1.0") for name in PACKAGES),
    cpu_cores=2,
    memory_gib=16.0,
    gpus=(),
    mps=False,
)
SMALL_GPU, LARGE_GPU = Gpu("Small", 4.0, "7.5"), Gpu("Large", 80.0, "9.0")


def runs(report: Environment) -> dict[str, bool]:
    return {preset.name: preset.runs for preset in presets_that_run(report)}


def reason(report: Environment, name: str) -> str:
    return next(preset.reason for preset in presets_that_run(report) if preset.name == name)


def test_the_report_describes_this_machine() -> None:
    import torch

    report = describe_environment()
    assert report.cpu_cores >= 1
    assert dict(report.packages)["torch"] == torch.__version__.split("+")[0]
    assert (len(report.gpus) > 0) == torch.cuda.is_available()
    assert runs(report)["cpu"]
    for word in ("Python", "CPU cores", "memory", "GPU", "numpy"):
        assert word in str(report)


def test_versions_are_read_without_importing_the_packages() -> None:
    code = (
        "import sys; from course_lib.training.machine.runtime import PACKAGES, package_versions;"
        "found = package_versions(PACKAGES);"
        "print(len(found), sorted({'torch', 'numpy', 'datasets', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split(maxsplit=1) == [str(len(PACKAGES)), "[]\n"]


def test_a_package_that_is_missing_is_said_so() -> None:
    assert package_versions(("no-such-package",)) == (("no-such-package", "not installed"),)


def test_a_laptop_runs_all_but_cuda() -> None:
    assert runs(LAPTOP) == {"cpu": True, "as-reported": True, "cuda": False}
    assert "no CUDA GPU" in reason(LAPTOP, "cuda")


def test_a_large_gpu_runs_every_preset_even_beside_a_small_one() -> None:
    report = replace(LAPTOP, gpus=(SMALL_GPU, LARGE_GPU))
    assert all(runs(report).values())
    assert reason(report, "cuda") == "on Large"


def test_a_small_gpu_is_refused_with_what_it_has_and_what_is_wanted() -> None:
    assert reason(replace(LAPTOP, gpus=(SMALL_GPU,)), "cuda") == "wants 8 GiB of GPU memory, Small has 4.0"


def test_an_apple_gpu_is_not_cuda() -> None:
    report = replace(LAPTOP, mps=True)
    assert runs(report) == {"cpu": True, "as-reported": True, "cuda": False}
    assert reason(report, "as-reported") == "on the GPU"
    assert "Apple MPS" in str(report)


def test_little_memory_stops_the_reported_size_only() -> None:
    report = replace(LAPTOP, memory_gib=4.0)
    assert runs(report) == {"cpu": True, "as-reported": False, "cuda": False}
    assert "wants 6 GiB of memory, here are 4.0" in reason(report, "as-reported")


def test_unknown_memory_stops_nothing() -> None:
    report = replace(LAPTOP, memory_gib=None)
    assert runs(report)["as-reported"]
    assert "not known" in str(report)


def test_without_torch_the_numpy_lessons_still_run() -> None:
    packages = tuple((name, "not installed" if name == "torch" else "1.0") for name in PACKAGES)
    report = replace(LAPTOP, packages=packages, gpus=(LARGE_GPU,))
    assert runs(report) == {"cpu": True, "as-reported": False, "cuda": False}
    assert reason(report, "cuda") == "torch is not installed"


def test_the_command_line_prints_the_report_and_every_preset(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["report"]) == 0
    printed = capsys.readouterr().out
    for word in ("Python", "torch", "cpu ", "as-reported", "cuda"):
        assert word in printed
