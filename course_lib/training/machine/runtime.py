"""This machine, and which presets of the course run on it."""

import importlib.metadata
import os
import platform
import sys
from collections.abc import Iterable
from dataclasses import dataclass

PACKAGES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "matplotlib",
    "torch",
    "torchvision",
    "datasets",
    "safetensors",
    "tqdm",
    "jupyterlab",
    "ipywidgets",
)
GIB = 2**30
# Estimates with room to spare, for the largest model (30 million parameters, AdamW, vocabulary of 10,000).
REPORTED_MEMORY_GIB = 6.0
CUDA_MEMORY_GIB = 8.0


@dataclass(frozen=True)
class Gpu:
    """One CUDA device: its name, its memory in GiB, its compute capability such as "9.0"."""

    name: str
    memory_gib: float
    capability: str


@dataclass(frozen=True)
class Environment:
    """The machine as the course sees it. `packages` holds (name, version), with "not installed" where it is missing."""

    python: str
    platform: str
    packages: tuple[tuple[str, str], ...]
    cpu_cores: int
    memory_gib: float | None  # None where the system does not tell
    gpus: tuple[Gpu, ...]
    mps: bool  # Apple's GPU through torch

    def __str__(self) -> str:
        memory = "not known" if self.memory_gib is None else f"{self.memory_gib:.1f} GiB"
        rows = [
            ("Python", self.python),
            ("system", self.platform),
            ("CPU cores", str(self.cpu_cores)),
            ("memory", memory),
            *(("GPU", f"{gpu.name}, {gpu.memory_gib:.1f} GiB, capability {gpu.capability}") for gpu in self.gpus),
        ]
        if self.mps:
            rows.append(("GPU", "Apple MPS"))
        if not self.gpus and not self.mps:
            rows.append(("GPU", "none that torch can use"))
        return "\n".join(f"{name:<14}{value}" for name, value in [*rows, *self.packages])


@dataclass(frozen=True)
class Preset:
    """Whether one preset runs here, and why (not), as one sentence for the table of lesson 00."""

    name: str
    runs: bool
    meaning: str
    reason: str


def describe_environment() -> Environment:
    """Look at this machine. Versions are read without importing the packages; torch alone is imported, for the GPU."""
    gpus, mps = _accelerators()
    return Environment(
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.release()} ({platform.machine()})",
        packages=package_versions(PACKAGES),
        cpu_cores=_cores(),
        memory_gib=_memory_gib(),
        gpus=gpus,
        mps=mps,
    )


def package_versions(packages: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """(name, installed version) of each package, "not installed" where it is missing; nothing is imported."""
    found = []
    for name in packages:
        try:
            found.append((name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            found.append((name, "not installed"))
    return tuple(found)


def presets_that_run(report: Environment) -> tuple[Preset, ...]:
    """The presets cpu, as-reported and cuda: what each is, whether it runs on this machine, and why."""
    return (_cpu_preset(report), _reported_preset(report), _cuda_preset(report))


def _cpu_preset(report: Environment) -> Preset:
    missing = _missing(report, ("numpy", "scipy", "scikit-learn", "matplotlib"))
    reason = f"not installed: {', '.join(missing)}" if missing else "every lesson runs live at this size"
    return Preset("cpu", not missing, "the small models of the lessons, seconds on a CPU", reason)


def _reported_preset(report: Environment) -> Preset:
    meaning = "the models of the reports at the size that they report"
    if _missing(report, ("torch",)):
        return Preset("as-reported", False, meaning, "torch is not installed")
    if report.gpus or report.mps:
        return Preset("as-reported", True, meaning, "on the GPU")
    if report.memory_gib is not None and report.memory_gib < REPORTED_MEMORY_GIB:
        reason = f"wants {REPORTED_MEMORY_GIB:g} GiB of memory, here are {report.memory_gib:.1f}; no lesson needs it"
        return Preset("as-reported", False, meaning, reason)
    return Preset("as-reported", True, meaning, "on the CPU, in hours; no lesson needs it")


def _cuda_preset(report: Environment) -> Preset:
    meaning = "the full models at full speed on a CUDA GPU"
    if _missing(report, ("torch",)):
        return Preset("cuda", False, meaning, "torch is not installed")
    if not report.gpus:
        return Preset("cuda", False, meaning, "no CUDA GPU that torch can use; no lesson needs one")
    best = max(report.gpus, key=lambda gpu: gpu.memory_gib)
    if best.memory_gib < CUDA_MEMORY_GIB:
        reason = f"wants {CUDA_MEMORY_GIB:g} GiB of GPU memory, {best.name} has {best.memory_gib:.1f}"
        return Preset("cuda", False, meaning, reason)
    return Preset("cuda", True, meaning, f"on {best.name}")


def _missing(report: Environment, names: tuple[str, ...]) -> list[str]:
    installed = dict(report.packages)
    return [name for name in names if installed.get(name, "not installed") == "not installed"]


def _cores() -> int:
    """Cores that this process may use, which in a container are fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_gib() -> float | None:
    """Physical memory in GiB, or None on a system without POSIX sysconf (Windows)."""
    if sys.platform == "win32":
        return None
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    except (ValueError, OSError):
        return None


def _accelerators() -> tuple[tuple[Gpu, ...], bool]:
    """The CUDA devices that torch can use, and whether it can use Apple's GPU."""
    try:
        import torch
    except ImportError:
        return (), False
    gpus = []
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            device = torch.cuda.get_device_properties(index)
            gpus.append(Gpu(device.name, device.total_memory / GIB, f"{device.major}.{device.minor}"))
    return tuple(gpus), bool(torch.backends.mps.is_available())
