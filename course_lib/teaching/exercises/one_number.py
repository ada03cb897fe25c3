"""What is told of a function whose result is one number: its form, a rounding, the case that is not right."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from course_lib.teaching.exercises.compare import leaf_distance, to_array
from course_lib.teaching.exercises.difference_in_words import numbers_apart
from course_lib.teaching.exercises.exercise import Property
from course_lib.teaching.exercises.forms import kind_of

NEAR = 0.005  # of the right result: what a large sample or a rounding is off by


def _not_a_number(seen: dict[str, Any], right: dict[str, Any]) -> str | None:
    """The sentence for the first result that is not one finite number."""
    for case, facts in seen.items():
        result = facts["result"]
        array = to_array(result)
        if array is None or array.ndim or array.dtype.kind not in "if":
            several = array is not None and array.ndim > 0 and array.dtype.kind in "if"
            asked = "\nhow do its parts become one number?" if several else ""
            return f"return one number; you return {kind_of(result)}{asked}"
        if not abs(float(array)) < 1e300:
            return f"{case}: your result is {float(array)}\nwhich logarithm or quotient is not a number there?"
    return None


def _nearly(seen: dict[str, Any], right: dict[str, Any]) -> str | None:
    """The sentence for results that are right but for a rounding, or near the right ones in every case."""
    pairs = [(float(facts["result"]), float(right[case]["result"])) for case, facts in seen.items()]
    for places in range(1, 6):
        if all(own == round(rule, places) for own, rule in pairs):
            return f"yours is the right result, rounded ({pairs[0][0]:g})\nwho else may need the other digits?"
    apart = max(abs(own / rule - 1) for own, rule in pairs)
    if apart < NEAR:
        told = f"in all {len(pairs)} cases yours is near the right result, not equal: off by up to {100 * apart:.2g}%"
        return f"{told}\nis anything drawn, rounded or left out on the way?"
    return None


ONE_NUMBER, ALL_DIGITS = Property("one number", _not_a_number), Property("all its digits", _nearly)


def first_wrong(
    told: Mapping[str, str], *, otherwise: str = "", within: float = 1e-5
) -> Callable[[dict[str, Any], dict[str, Any]], str | None]:
    """A property: what is told of the first of these cases, in this order, whose result is not right.

    "{yours}" in it is "yours is 0.1234, off by 0.02". otherwise: what is asked where all of them are right. An answer
    that writes into its arguments is left to the sentence about that.
    """

    def wrong(seen: dict[str, Any], right: dict[str, Any]) -> str | None:
        if any(facts["inputs changed"] != "none" for facts in seen.values()):
            return None
        for case, text in told.items():
            own, rule = float(seen[case]["result"]), float(right[case]["result"])
            if leaf_distance(own, rule) > within:
                return text.replace("{yours}", numbers_apart(np.asarray(own), np.asarray(rule)))
        return otherwise or None

    return wrong


def one_number(
    told: Mapping[str, str], *between: Property, otherwise: str = "", all_digits: bool = True
) -> tuple[Property, ...]:
    """The properties of a result that is one number: its form, those in `between`, roundings, the case that is wrong.

    all_digits: whether roundings are told; where every result is a whole number there are none.
    """
    digits = (ALL_DIGITS,) if all_digits else ()
    return (ONE_NUMBER, *between, *digits, Property("each case", first_wrong(told, otherwise=otherwise)))
