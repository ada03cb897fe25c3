"""Numbers in a type whose squares and sums hold."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def as_floats(name: str, values: NDArray[Any]) -> NDArray[np.floating[Any]]:
    """`values` in a type whose squares and sums hold: float16 as float32, whole numbers as float64, the rest as it is.

    The difference of two uint8 wraps round at 0, and the sum of float16 ends at 65,504.
    Raises TypeError for what is neither floating point nor whole numbers.
    """
    if values.dtype.kind == "f":
        return values.astype(np.float32) if values.dtype.itemsize == 2 else values
    if values.dtype.kind not in "iub":
        raise TypeError(f"{name} must be numbers, got dtype {values.dtype}")
    return values.astype(np.float64)
