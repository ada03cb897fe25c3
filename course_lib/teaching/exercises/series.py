"""What is told of an answer that makes steps: the first step at which one of its series is not right."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from course_lib.teaching.exercises.exercise import Property
from course_lib.teaching.exercises.forms import apart


class Steps(NamedTuple):
    """One series of an observation, a row or a word for each step, and what is told of its first wrong step.

    told: "update {step}: you return {yours}, it is {right}", {step} counted from 0 and
    {number} from 1, or made by
    `told(case, step, own, right)` of both series. asked: what is asked then, in which they are known too.
    number: what is told where there are not as many steps, "{yours} updates for {right} batches".
    """

    name: str
    told: str | Callable[[str, int, Any, Any], str]
    asked: str = ""
    number: str = ""
    within: float = 1e-6


def first_step(own: Sequence[Any], right: Sequence[Any], within: float = 1e-6) -> int | None:
    """The first place at which two series of equal length differ, None where they do not."""
    if isinstance(right[0], str):
        return next((step for step, pair in enumerate(zip(own, right, strict=True)) if pair[0] != pair[1]), None)
    close = np.isclose(own, right, rtol=within, atol=1e-9).reshape(len(right), -1).all(axis=1)
    return None if close.all() else int(np.argmin(close))


def steps_told(*series: Steps) -> Property:
    """A property: case by case, what is told of the first of these series that is not right there."""

    def told(seen: Any, right: Any) -> str | None:
        for case, facts in right.items():
            for one in series:
                own, rule = (_steps(results["result"][one.name]) for results in (seen[case], facts))
                if len(own) != len(rule):
                    return f"{case}: {one.number.format(yours=len(own), right=len(rule))}"
                step = first_step(own, rule, one.within)
                if step is None:
                    continue
                if callable(one.told):
                    return f"{case}: {one.told(case, step, own, rule)}"
                yours, due = _shown(own[step], rule[step])
                return f"{case}: {one.told}\n{one.asked}".format(
                    step=step, number=step + 1, yours=yours, right=due
                ).strip()
        return None

    return Property("step by step", told)


def _steps(series: Any) -> Any:
    return series.split() if isinstance(series, str) else np.atleast_1d(series)


def _shown(own: Any, right: Any) -> tuple[Any, Any]:
    if isinstance(own, float):  # np.float64 is one
        return apart(own, right)
    return (own.round(4).tolist(), right.round(4).tolist()) if isinstance(own, np.ndarray) else (own, right)
