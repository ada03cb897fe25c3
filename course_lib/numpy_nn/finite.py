"""Which value is it that is not a number?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def require_finite(name: str, values: NDArray[np.floating[Any]]) -> None:
    """Raise ValueError with the first value that is NaN or infinite and its place in values (n,) or (n, k)."""
    finite = np.isfinite(values)
    if finite.all():
        return
    place = tuple(np.argwhere(~finite)[0])
    words = ", ".join(f"{axis} {index}" for axis, index in zip(("row", "column"), place, strict=False))
    raise ValueError(f"{name} must be finite, got {values[place]} at {words}")
