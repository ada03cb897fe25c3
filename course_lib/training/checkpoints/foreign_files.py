"""Files that torch.save wrote elsewhere: read without running anything, with NumPy's numbers as plain numbers."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch

_KINDS = re.compile(r"[<>=|]?(?:b1|[iu][1248]|f[248])")  # truth values, whole numbers, floats
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
_GLOBAL = re.compile(r"GLOBAL ([\w.]+)")


class _Kind:
    """Stands for numpy.dtype in a file: a kind of number, and no kind of object."""

    def __init__(self, name: str, *more: Any) -> None:
        if not isinstance(name, str) or not _KINDS.fullmatch(name):
            raise ValueError(f"NumPy's {str(name)[:40]!r} is no kind of number")
        self.dtype = np.dtype(name)

    def __setstate__(self, state: Any) -> None:
        if state[1] in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(state[1])


def _number(kind: Any, data: Any) -> bool | int | float:
    """Stands for a scalar of NumPy."""
    data = _bytes(data)
    if not isinstance(kind, _Kind) or len(data) != kind.dtype.itemsize:
        raise ValueError("a scalar of NumPy must be one number")
    return np.frombuffer(data, kind.dtype)[0].item()


class _Array:
    """Stands for an array of NumPy."""

    def __init__(self, *unused: Any) -> None:
        self.values: Any = []

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, fortran, data = state
        data = _bytes(data)
        if not isinstance(kind, _Kind):
            raise ValueError("an array of NumPy must be of numbers")
        values = np.frombuffer(data, kind.dtype)  # no larger than what is in the file
        self.values = values.reshape(shape, order="F" if fortran else "C").tolist()


def _bytes(data: Any) -> bytes:
    if not isinstance(data, bytes):
        raise ValueError("a number of NumPy must be made of bytes")
    return data


def _no_bytes() -> bytes:
    """Stands for `bytes()`, as which an old pickle writes what is empty."""
    return b""


# What a file may ask for beside what torch itself allows, and what it gets in its place. None of it runs anything.
_STAND_INS: list[tuple[Callable[..., Any], str]] = [
    (stand_in, f"{module}.{name}")
    for module in ("numpy.core.multiarray", "numpy._core.multiarray")
    for stand_in, name in ((_number, "scalar"), (_Array, "_reconstruct"))
]
_STAND_INS += [(_Kind, "numpy.dtype"), (_Array, "numpy.ndarray")]
_STAND_INS += [(_no_bytes, "builtins.bytes"), (_no_bytes, "__builtin__.bytes")]


def read_plain(file: Path | bytes) -> Any:
    """What torch.save wrote, with tensors on the CPU, NumPy's scalars as numbers and its arrays as lists.

    Nothing in the file is run. Raises OSError for a file that cannot be opened, ValueError of one line for a damaged
    one, one that asks for code, and one whose parts are larger than it is: torch.save does not compress, and what is
    small on the disk and large in memory was made to fill the memory.
    """
    size = len(file) if isinstance(file, bytes) else file.stat().st_size
    with io.BytesIO(file) if isinstance(file, bytes) else open(file, "rb") as stream:
        _validate_size(stream, size)
        try:
            with torch.serialization.safe_globals(_STAND_INS):
                data = torch.load(stream, map_location="cpu", weights_only=True)
            return _plain(data)
        except Exception as error:  # a damaged pickle fails in many ways
            raise ValueError(reason(error)) from error


def reason(error: BaseException) -> str:
    """Why a file could not be read, in one line: what torch says of how to switch the protection off is left out."""
    text = _ESCAPES.sub("", str(error))
    if asked := _GLOBAL.search(text):
        return f"it asks for {asked[1]}, and what is not a tensor or a plain value may be code"
    if "Unsupported operand" in text or "Unsupported" in text:
        return "it does what a file of tensors and plain values does not do, which may be code"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = next((line for line in lines if "eights only" not in line and "weights_only" not in line), "")
    return (told or type(error).__name__)[:200]


def _validate_size(stream: BinaryIO, size: int) -> None:
    if zipfile.is_zipfile(stream):
        stream.seek(0)
        try:
            declared = sum(part.file_size for part in zipfile.ZipFile(stream).infolist())
        except Exception as error:
            raise ValueError(f"it is a damaged archive: {reason(error)}") from error
        if declared > size:
            raise ValueError(f"it has {size:,} bytes and would unpack to {declared:,}; torch.save does not compress")
    stream.seek(0)


def _plain(value: Any) -> Any:
    """The same with lists in place of arrays."""
    if isinstance(value, _Array):
        return value.values
    if isinstance(value, _Kind):
        return str(value.dtype)
    if isinstance(value, dict):
        for key in list(value):
            value[key] = _plain(value[key])
        return value
    if type(value) in (list, tuple):
        return type(value)(_plain(item) for item in value)
    return value
