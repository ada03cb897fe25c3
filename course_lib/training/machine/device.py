"""Devices: on which a run computes, with which settings, and what it can do."""

import importlib.util
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

import torch

from course_lib.core.validation import validate_choice

# cuBLAS sums in one order only when it has buffers of its own; it reads this once, when the GPU is first used.
CUBLAS_VARIABLE, CUBLAS_VALUE = "CUBLAS_WORKSPACE_CONFIG", ":4096:8"
MATMUL_PRECISIONS = ("highest", "tf32")


def available_devices() -> tuple[str, ...]:
    """Names of the devices that torch can use here, the fastest kind first: "cuda:0", ..., "mps", "cpu"."""
    found = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        found.append("mps")
    return (*found, "cpu")


def pick_device(name: str = "auto") -> torch.device:
    """The device of that name; "auto" takes the first that is there of CUDA, Apple's GPU (MPS), CPU.

    "cuda" without a number is the current CUDA device: the first, or the one that a distributed run chose.
    Raises ValueError, with what is there, for a device that torch does not find here.
    """
    found = available_devices()
    kinds = [device.partition(":")[0] for device in found]
    if name == "auto":
        return torch.device(kinds[0])
    if name not in found and name not in kinds:
        raise ValueError(f"device {name!r} is not there; torch finds here: {', '.join(found)} (or say 'auto')")
    return torch.device(name)


@contextmanager
def deterministic() -> Iterator[None]:
    """In the block equal inputs give equal bits, and an operation that cannot do so raises RuntimeError.

    Holds for one machine, one version of torch and one number of threads. On a GPU it costs time, and
    CUBLAS_WORKSPACE_CONFIG must be set before the GPU is first used: it is set here where nothing was computed on it
    yet, and it stays; later torch refuses the first matrix product and says so. The other settings are put back.
    """
    if torch.cuda.is_available() and not torch.cuda.is_initialized():
        os.environ.setdefault(CUBLAS_VARIABLE, CUBLAS_VALUE)
    before = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    cudnn = torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark
    torch.use_deterministic_algorithms(True)
    # benchmark=True times several convolutions at the first call and may choose another one in the next run.
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warn_only)
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = cudnn


def matmul_precision(name: str) -> AbstractContextManager[object]:
    """How exact are float32 matrix products and convolutions: "highest" (24 bits) or "tf32" (11 bits, faster)?

    torch's default mixes the two: products exact, convolutions of cuDNN in TF32. Takes effect at once; used as
    `with matmul_precision("tf32"):` it puts the former setting back. TF32 exists on NVIDIA GPUs from capability 8.0 on;
    elsewhere nothing changes. Raises ValueError for another name.
    """
    validate_choice("name", name, MATMUL_PRECISIONS)
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    _set_matmul_precision("high" if name == "tf32" else "highest", name == "tf32")
    undo = ExitStack()
    undo.callback(_set_matmul_precision, *before)
    return undo


def _set_matmul_precision(products: str, convolutions_in_tf32: bool) -> None:
    torch.set_float32_matmul_precision(products)
    torch.backends.cudnn.allow_tf32 = convolutions_in_tf32


@dataclass(frozen=True)
class Capabilities:
    """What a device can do. A format is True where the hardware computes in it, so that it saves time.

    The others run as well, by conversion. fused: optimizers with fused=True. compiles: torch.compile finds what it
    needs to make code for the device (a C++ compiler for the CPU, Triton for a GPU).
    """

    device: str
    name: str
    bfloat16: bool
    float16: bool
    tf32: bool
    fused: bool
    compiles: bool

    def __str__(self) -> str:
        formats = [name for name in ("bfloat16", "float16", "tf32") if getattr(self, name)]
        rows = [
            ("device", f"{self.device} ({self.name})"),
            ("fast formats", ", ".join(["float32", *formats])),
            ("fused optimizers", "yes" if self.fused else "no"),
            ("torch.compile", "yes" if self.compiles else "no compiler found"),
        ]
        return "\n".join(f"{label:<18}{value}" for label, value in rows)


def capabilities(device: torch.device | str | None = None) -> Capabilities:
    """Look at `device` (None: the one that "auto" picks). Raises ValueError as pick_device does."""
    device = pick_device("auto" if device is None else str(device))
    fused, compiles = _steps_fused(device), _compiles(device)
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        generation = (properties.major, properties.minor)
        # Half precision in the matrix units: float16 from Volta on (7.0), bfloat16 and TF32 from Ampere on (8.0).
        new = generation >= (8, 0)
        return Capabilities(str(device), properties.name, new, generation >= (7, 0), new, fused, compiles)
    if device.type == "mps":
        return Capabilities(str(device), "Apple GPU", False, True, False, fused, compiles)
    name = f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}"
    return Capabilities(str(device), name, *_cpu_formats(), False, fused, compiles)


def _cpu_formats() -> tuple[bool, bool]:
    """(bfloat16, float16): whether the processor has instructions for them, as far as torch tells."""

    def says(*questions: str) -> bool:
        # Names with an underscore may go in another version of torch; no answer counts as no.
        return any(bool(getattr(torch.cpu, question, bool)()) for question in questions)

    bfloat16 = says("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return bfloat16, says("_is_amx_fp16_supported")


def _steps_fused(device: torch.device) -> bool:
    """Tried and not looked up: which devices have fused optimizers differs between versions of torch."""
    parameter = torch.zeros(1, device=device, requires_grad=True)
    parameter.grad = torch.zeros_like(parameter)
    try:
        torch.optim.AdamW([parameter], fused=True).step()
    except (RuntimeError, TypeError, ValueError):
        return False
    return True


def _compiles(device: torch.device) -> bool:
    if device.type == "cuda":
        return importlib.util.find_spec("triton") is not None
    compilers = [os.environ.get("CXX"), "c++", "g++", "clang++", "cl"]
    return device.type == "cpu" and any(name and shutil.which(name) for name in compilers)
