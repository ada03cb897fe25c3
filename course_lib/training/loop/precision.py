"""The number format of a step: float32, or bfloat16 or float16 where that is safe (autocast).

The weights stay in float32. float16 has 5 bits for the exponent: gradients below 6e-8 become 0, so its loss is
multiplied before backward and the gradients divided after it (the scaler). bfloat16 has the exponent of float32 and
needs no scaler, but has 8 bits for the digits.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

from course_lib.core.validation import validate_choice

Precision = Literal["float32", "bfloat16", "float16"]
PRECISIONS = ("float32", "bfloat16", "float16")
_NOTHING = nullcontext()


def validate_precision(precision: str) -> None:
    """Raises ValueError unless `precision` is one of PRECISIONS."""
    validate_choice("precision", precision, PRECISIONS)


def autocast(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """The context in which forward and loss are computed; for float32 one that does nothing."""
    if precision == "float32":
        return _NOTHING
    validate_precision(precision)
    return torch.autocast(device.type, dtype=getattr(torch, precision))


def scaler_for(precision: str, device: torch.device) -> torch.amp.GradScaler | None:
    """The scaler that float16 needs, None for the others."""
    validate_precision(precision)
    return torch.amp.GradScaler(device.type) if precision == "float16" else None
