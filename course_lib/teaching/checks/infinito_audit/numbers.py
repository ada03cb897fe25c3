"""What do the checks of sheet 11 share? The sentence for a result that is no number, or not the right one."""

from typing import Any

from course_lib.teaching.compare import to_array
from course_lib.teaching.observe import Raised


def not_a_number(seen: dict[str, Any], right: dict[str, Any]) -> str | None:
    """The sentence for the first result that is not one finite number."""
    for case, facts in seen.items():
        result = facts["result"]
        if isinstance(result, Raised):
            return f"{case} stops with {result.type}: {result.message}"
        array = to_array(result)
        if array is None or array.ndim or array.dtype.kind not in "if":
            return f"return one number; you return a {type(result).__name__}"
        if not abs(float(array)) < 1e300:
            return f"{case}: your result is {float(array)}\nwhich logarithm or quotient is not a number there?"
    return None


def two_digits(value: Any) -> Any:
    """One number with two significant digits, as a text; anything else as it is."""
    if isinstance(value, str):
        text = value.strip()
        try:
            value = float(text.removesuffix("%").replace(",", "")) / (100 if text.endswith("%") else 1)
        except ValueError:
            return " ".join(text.lower().split())
    array = to_array(value)
    if array is None or array.ndim or array.dtype.kind == "b":
        return value
    return f"{float(array):.2g}"
