"""Facts of an initializer, whatever way it uses its random numbers.

Two right answers may draw their numbers in another order; their weights differ and their statistics do not. So an
observation holds facts: which formula the standard deviation follows over rectangular shapes, which distribution, and
where the randomness comes from.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.teaching.exercises.exercise import Property
from course_lib.teaching.exercises.forms import Detail, expected, other_form
from course_lib.teaching.exercises.observe import Raised, calls

SHAPES = ((300, 120), (120, 300), (700, 40))  # (inputs, outputs); never square
_CLOSE = 0.025  # of the standard deviation; its own error is 0.004

# Standard deviations by fan-in n and fan-out m: the right ones, and what the known mistakes come to.
_FORMULAS = """
    sqrt(2/n), sqrt(1/n), sqrt(2/m), sqrt(2/(n+m)), sqrt(4/(n+m)), sqrt(1/(n+m)), sqrt(6/(n+m)), sqrt(2/(n+m))/sqrt(3),
    sqrt(6/(n+m))/sqrt(12), sqrt(24/(n+m))/sqrt(3), 2/(n+m)/sqrt(3), 1/sqrt(n)/sqrt(3), 6/(n+m)/sqrt(3),
    sqrt(6)/(n+m)/sqrt(3), sqrt(6/(n*m))/sqrt(3), 2/n, 2/sqrt(n), sqrt(2)/n, sqrt(2/n)/sqrt(3), sqrt(2/n)/sqrt(12),
    sqrt(6/n), sqrt(n/2), 1.0, 0.0
"""
FORMULAS: dict[str, Callable[[int, int], float]] = {
    name: eval(f"lambda n, m: {name}", {"sqrt": math.sqrt}) for name in map(str.strip, _FORMULAS.split(","))
}


def initializer_facts(answer: Callable[..., Any]) -> dict[str, Any]:
    """The facts of answer(shape, rng), under the key "weights"; there also what it raised, or None."""

    def run(shape: tuple[int, int], seed: int) -> list[Any]:
        rng = np.random.default_rng(seed)
        return [answer(shape, rng), answer(shape, rng)]

    cases = [*((shape, 7) for shape in SHAPES), (SHAPES[0], 7), (SHAPES[0], 8)]
    results = [case["result"] for case in calls(run, *cases).values()]
    stopped = next((result for result in results if isinstance(result, Raised)), None)
    if stopped is not None or results[0][0] is None:
        return {"weights": stopped}
    firsts = [_array(result[0]) for result in results]
    if any(first is None for first in firsts):
        return {"weights": other_form(results[0][0])}
    return {"weights": {"form": "array", **_facts(firsts, _array(results[0][1]))}}


def _array(value: Any) -> np.ndarray | None:
    array = value if isinstance(value, np.ndarray) else np.empty(0)
    return array if array.dtype.kind == "f" and array.ndim == 2 and np.isfinite(array).all() else None


def _facts(firsts: list[np.ndarray], second: np.ndarray) -> dict[str, Any]:
    weights, (again, other) = firsts[: len(SHAPES)], firsts[len(SHAPES) :]
    shapes = [one.shape for one in weights]
    turned = [shape[::-1] for shape in SHAPES]
    stds = [float(one.std()) for one in weights]
    return {
        "shape": "as asked" if shapes == list(SHAPES) else "turned" if shapes == turned else "another",
        "deviation": _formula(stds),
        "measured": Detail(stds),
        "dtype": ", ".join(dict.fromkeys(str(w.dtype) for w in weights)),
        "mean": _mean(weights),
        "numbers": "in order" if all(_in_order(w) for w in weights) else "mixed",
        "distribution": _distribution(weights),
        "units": "different" if all(_all_other(w.T) for w in weights) else "copies",
        "inputs": "different" if all(_all_other(w) for w in weights) else "copies",
        "second call": "the same weights" if np.array_equal(firsts[0], second) else "other weights",
        "same seed": "the same weights" if np.array_equal(firsts[0], again) else "other weights",
        "another seed": "the same weights" if np.array_equal(firsts[0], other) else "other weights",
    }


def _all_other(rows: np.ndarray) -> bool:
    """Whether no row stands twice."""
    return len({row.tobytes() for row in rows}) == len(rows)


def _formula(stds: list[float]) -> str:
    """The formula that all shapes follow, or "another"."""
    for name, formula in FORMULAS.items():
        wanted = [formula(*shape) for shape in SHAPES]
        if all(abs(std - want) <= _CLOSE * want for std, want in zip(stds, wanted, strict=True)):
            return name
    return "another"


def _mean(weights: list[np.ndarray]) -> str:
    """ "zero" where no mean is off by more than six standard errors, "sqrt(2/n)", else its sign."""
    for name, of in {"zero": lambda n: 0.0, "sqrt(2/n)": lambda n: math.sqrt(2 / n)}.items():
        if all(abs(w.mean() - of(w.shape[0])) <= 6 * w.std() / math.sqrt(w.size) for w in weights):
            return name
    signs = {float(np.sign(w.mean())) for w in weights}
    return {1.0: "positive", -1.0: "negative"}.get(signs.pop(), "not zero") if len(signs) == 1 else "not zero"


def _in_order(weights: np.ndarray) -> bool:
    """Whether the numbers rise or fall all the way, as those of a grid do; not where all are equal."""
    return any(
        bool((steps >= 0).all() or (steps <= 0).all()) and bool(steps.any())
        for steps in (np.diff(weights.ravel()), np.diff(weights.T.ravel()))
    )


def _distribution(weights: list[np.ndarray]) -> str:
    kinds = {"normal": (3.0, 0.3), "uniform": (1.8, 0.1)}  # E[z^4] and how far it may lie off
    fourth = [float(np.mean(((w - w.mean()) / (w.std() or 1)) ** 4)) for w in weights]
    fits = [name for name, (value, reach) in kinds.items() if all(abs(one - value) < reach for one in fourth)]
    return fits[0] if fits else "neither normal nor uniform"


# What to say of a fact that is not as it should be, in the order in which it is asked.
_TOLD = {
    "shape": "the shape of your weights is {}",
    "dtype": "your weights are {}; the docstring asks for float64",
    "second call": "a second call with the same rng gives {}\nwhich argument has no part in your result?",
    "same seed": "two generators with equal seeds give {}\nwhich of your numbers do not come from rng?",
    "another seed": "a generator with another seed gives {}\nwhich argument has no part in your result?",
    "numbers": "your numbers rise or fall from one to the next\nwhich argument has no part in your result?",
    "units": "two units of the layer have the same weights\nwhat tells one unit from another?",
    "inputs": "two inputs of the layer have the same weights\nhow many random numbers does the layer need?",
    "mean": "the mean of your weights is {}\nwhich mean does the docstring ask for?",
    "distribution": "the distribution of your weights is {}\nwhich one does the docstring ask for?",
}


def properties(right: Callable[[int, int], float]) -> tuple[Property, ...]:
    """The sentences of an initializer whose standard deviation should be right(fan_in, fan_out)."""

    def traits(seen: Any, rule: Any) -> str | None:
        facts, asked = seen["weights"], rule["weights"]
        return next((told.format(facts[name]) for name, told in _TOLD.items() if facts[name] != asked[name]), None)

    def deviation(seen: Any, rule: Any) -> str | None:
        stds = seen["weights"]["measured"].value
        factors = ", ".join(f"{std / right(*shape):.2f}" for std, shape in zip(stds, SHAPES, strict=True))
        shapes = ", ".join(map(str, SHAPES))
        return f"your standard deviation is {factors} times the right one for the shapes {shapes}"

    form = expected("an array (inputs, outputs) of finite decimal numbers")
    return form, Property("traits", traits), Property("standard deviation", deviation)
