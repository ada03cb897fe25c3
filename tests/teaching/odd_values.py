"""Thirty-one kinds of odd value that an answer may be, hold or return."""

import dataclasses
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import torch


class NoTruth:
    """Has no truth value, no length and cannot be compared."""

    def __bool__(self) -> bool:
        raise RuntimeError("no truth value")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("cannot be compared")

    __hash__ = None  # type: ignore[assignment]


class NoText:
    """Cannot be shown or copied."""

    def __repr__(self) -> str:
        raise RuntimeError("cannot be shown")

    def __deepcopy__(self, memo: Any) -> Any:
        raise RuntimeError("cannot be copied")


class NoArray:
    """Says that it is an array and is none."""

    shape = (2, 3)
    dtype = "float64"

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("no array")


class Detaches:
    """Has the methods of a tensor and is none."""

    def detach(self) -> Any:
        raise RuntimeError("nothing to detach")


@dataclasses.dataclass
class Pair:
    """A dataclass."""

    x: Any = 1
    y: Any = None


def itself() -> list[Any]:
    """A list that holds itself."""
    one: list[Any] = []
    one.append(one)
    return one


def endless() -> Iterator[int]:
    """A generator without an end."""
    while True:
        yield 1


def quantized() -> torch.Tensor:
    """A quantized tensor."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.quantize_per_tensor(torch.ones(2, 3), 0.1, 0, torch.qint8)


# Made anew for every call: an answer may write into them.
ODD: dict[str, Any] = {
    "bfloat16": lambda: torch.ones(2, 3, dtype=torch.bfloat16),
    "float8": lambda: torch.ones(2).to(torch.float8_e4m3fn),
    "float16": lambda: torch.ones(2, 3, dtype=torch.float16),
    "sparse": lambda: torch.eye(3).to_sparse(),
    "sparse csr": lambda: torch.eye(3).to_sparse_csr(),
    "meta": lambda: torch.zeros(3, device="meta"),
    "quantized": quantized,
    "complex tensor": lambda: torch.ones(2, dtype=torch.complex64),
    "conjugated": lambda: torch.ones(2, dtype=torch.complex64).conj(),
    "negative view": lambda: torch.ones(2, dtype=torch.complex64).conj().imag,
    "with gradient": lambda: torch.ones(2, 3, requires_grad=True) * 2,
    "empty tensor": lambda: torch.zeros(0, 3),
    "class of tensors": lambda: torch.Tensor,
    "model": lambda: torch.nn.Linear(2, 2),
    "nan": lambda: float("nan"),
    "infinity": lambda: float("inf"),
    "huge whole number": lambda: 10**400,
    "complex": lambda: 1 + 2j,
    "fraction": lambda: Fraction(1, 3),
    "decimal": lambda: Decimal("NaN"),
    "objects": lambda: np.array([1, None], dtype=object),
    "ragged": lambda: [[1, 2], [3]],
    "structured": lambda: np.zeros(2, dtype=[("a", float)]),
    "dates": lambda: np.array(["2026-01-01"], dtype="datetime64[D]"),
    "holds itself": itself,
    "endless": endless,
    "bytes": lambda: b"\xff\x00",
    "no truth": NoTruth,
    "no text": NoText,
    "no array": NoArray,
    "detaches": Detaches,
    "dataclass": Pair,
}
