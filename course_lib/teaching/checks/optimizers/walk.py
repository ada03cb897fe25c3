"""An optimizer step that is called again and again, with its own state and a rate that changes.

A probe of one step cannot see a state that is kept wrongly. `walks` lets an answer make several steps from a state of
zeros, on gradients of very different sizes, and records where it goes and what it keeps. A walk that is `warm` starts
from another state, which an answer that keeps its state in a global does not see.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.teaching.exercises.compare import distance, to_array
from course_lib.teaching.exercises.kinds import Exercise, Property, calls, implement


@dataclass(frozen=True)
class Walk:
    """One case: the shape of the parameter, the rates of the steps, what follows the rate, a seed."""

    shape: tuple[int, ...]
    rates: tuple[float, ...]
    settings: tuple[float, ...]
    seed: int
    warm: bool = False

    def arguments(self, count: int) -> tuple[Any, ...]:
        """The parameter before the first step, the gradients (steps, *shape), `count` states, rates and settings.

        The gradients have sizes from 0.01 to 10 over the entries, a drift and noise over the steps.
        """
        start, drawn, state = (np.random.default_rng(self.seed + more) for more in (0, 100, 200))
        sizes = drawn.permutation(np.geomspace(0.01, 10, int(np.prod(self.shape)))).reshape(self.shape)
        gradients = sizes * drawn.normal(0.4, 1.0, (len(self.rates), *self.shape))
        kept = [state.uniform(0.25, 1.0, self.shape) if self.warm else np.zeros(self.shape) for _ in range(count)]
        return start.normal(2.0, 1.5, self.shape), gradients, *kept, self.rates, self.settings


def step(head: str, reference: Callable[..., Any], *cases: Walk, **about: Any) -> Exercise:
    """An exercise whose answer is one step, which is let walk; what it keeps stands between gradient and t or rate."""
    given = list(inspect.signature(reference).parameters)
    counted = "t" in given
    names = tuple(given[2 : given.index("t" if counted else "lr")])
    return implement(
        head,
        reference,
        observe=lambda answer: walks(answer, *cases, names=names, counted=counted),
        properties=(
            Property("form", _form(names)),
            Property("state as given", _given_state(cases)),
            Property("first wrong step", _first_wrong_step),
        ),
        **about,
    )


def walks(answer: Callable[..., Any], *cases: Walk, names: tuple[str, ...], counted: bool = False) -> dict[str, Any]:
    """Let `answer` walk in every case; the observation of `calls`, whose results are {"parameter": ..., names...}.

    names: what the answer keeps, in the order in which it returns it after the parameter. With
    `counted` the number of the step, from 1, stands before the rate. Every value of a result is (steps, *shape). An
    answer that writes into its arguments is told by the numbers of the step's own arguments.
    """

    def walk(parameter: Any, gradients: Any, *rest: Any) -> Any:
        kept, (rates, settings) = list(rest[: len(names)]), rest[len(names) :]
        seen: dict[str, list[np.ndarray]] = {name: [] for name in ("parameter", *names)}
        for t, (gradient, lr) in enumerate(zip(gradients, rates, strict=True), start=1):
            returned = answer(parameter, gradient, *kept, *((t,) if counted else ()), lr, *settings)
            if not isinstance(returned, tuple | list) or len(returned) != len(names) + 1:
                return returned  # another form: shown as it is
            parameter, *kept = (np.asarray(value) if isinstance(value, list) else value for value in returned)
            for name, value in zip(seen, returned, strict=True):
                array = to_array(value)  # of a tensor too, without NumPy's warning
                seen[name].append(np.array(value if array is None else array, dtype=np.float64))
        return {name: np.array(values) for name, values in seen.items()}

    return calls(walk, *(case.arguments(len(names)) for case in cases))


def _form(names: tuple[str, ...]) -> Callable[[Any, Any], str | None]:
    """The right number of results, each of the shape of the parameter."""

    def told(seen: Any, right: Any) -> str | None:
        for case, rule in right.items():
            own = seen[case]["result"]
            if not isinstance(own, dict):
                count = {1: "two", 2: "three"}[len(names)]
                return f"return {count} things, in this order: {', '.join(('the new parameter', *names))}"
            for name, value in rule["result"].items():
                if own[name].shape != value.shape:
                    return f"{case}: {name} has the shape {own[name].shape[1:]}, the parameter {value.shape[1:]}"
        return None

    return told


def _given_state(cases: tuple[Walk, ...]) -> Callable[[Any, Any], str | None]:
    """A walk from another state than zeros is wrong where those from zeros are right."""

    def told(seen: Any, right: Any) -> str | None:
        fine = [distance(seen[case], right[case]) <= 1e-6 for case in right]
        if fine != [not walk.warm for walk in cases]:
            return None
        start = f"{list(right)[fine.index(False)]}, which starts from a state that is not 0, is wrong"
        return f"{start}; the others are right\nwhere does your step find its state: in what it is given?"

    return told


def _first_wrong_step(seen: Any, right: Any) -> str | None:
    """Which of the results leaves the right one first, and at which step."""
    for case, rule in right.items():
        own = seen[case]["result"]
        for t in range(len(rule["result"]["parameter"])):
            off = [name for name, value in rule["result"].items() if not np.allclose(own[name][t], value[t], rtol=1e-6)]
            if off:
                fine = [name for name in rule["result"] if name not in off]
                rest = f"; right there: {', '.join(fine)}" if fine else ""
                before = f"up to step {t} all is right, " if t else ""
                verb = "differs" if len(off) == 1 else "differ"
                return f"{case}: {before}at step {t + 1} {' and '.join(off)} {verb}{rest}"
    return None
