"""Side effects of an answer: what it writes into, which global state it moves, what it leaves switched.

`recorded()` notes them while an answer is observed and puts global state back. Each is one sentence for the card.
"""

import builtins
import contextlib
import copy
import functools
import math
import operator
import random
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from course_lib.teaching.exercises.compare import same

MOST_CALLS = 300  # of an answer that is watched for what it writes into; later calls are like these
MOST_NUMBERS = 200_000  # in one argument
SEED = 60_013  # of the global generators: a number that no answer seeds them with
_WATCHED = ("numpy", "numpy.random", "numpy.linalg", "torch", "torch.nn.functional", "torch.linalg", "torch.optim")
_GENERATORS = {
    "numpy": "it draws from NumPy's global generator or seeds it",
    "python": "it draws from Python's global generator or seeds it",
    "torch": "it draws from torch's global generator or seeds it",
}


@dataclass
class Effects:
    """Effects by what they are about, each with its sentence; `warnings` are the first lines of what was warned of."""

    told: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def beyond(self, others: list["Effects"]) -> list[str]:
        """The sentences of the effects that none of the others has."""
        allowed = {key for other in others for key in other.told}
        return [sentence for key, sentence in self.told.items() if key not in allowed]


@contextlib.contextmanager
def effects_of() -> Iterator[Effects]:
    """Note the effects on global state of what runs inside, with fixed seeds, and put the state back."""
    effects, before, functions = Effects(), _global_state(), _functions()
    _seed()
    seeded = _seeded("torch" in sys.modules)
    try:
        with np.errstate(all="warn"), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield effects
        effects.warnings += list(
            dict.fromkeys(str(one.message).splitlines()[0][:80] for one in caught if str(one.message))
        )
    finally:
        after = _global_state()
        for name, sentence in _GENERATORS.items():
            if name in seeded and not _same_state(seeded[name], after[name]):
                effects.told[f"generator {name}"] = sentence
        if "gradients" in before and after["gradients"] != before["gradients"]:
            effects.told["gradients"] = "it leaves the record of gradients switched " + (
                "on" if after["gradients"] else "off"
            )
        if "dtype" in before and after["dtype"] != before["dtype"]:
            effects.told["dtype"] = "it changes torch's default data type"
        for place in _restored(functions):
            effects.told["replaced"] = f"it replaces {place}, which other code uses too"
        _restore(before)


@contextlib.contextmanager
def seeded() -> Iterator[None]:
    """The same seeds for what runs inside, whose effects are nobody's business: an answer of the course's own."""
    before = _global_state()
    _seed()
    try:
        with np.errstate(all="warn"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        _restore(before)


def watched(answer: Callable[..., Any], effects: Effects) -> Callable[..., Any]:
    """`answer`, which notes in `effects` the arguments that a call writes into and models left in another mode."""
    left = iter(range(MOST_CALLS))

    @functools.wraps(answer)
    def call(*arguments: Any, **named: Any) -> Any:
        if next(left, None) is None:
            return answer(*arguments, **named)
        given = {f"argument {place}": value for place, value in enumerate(arguments, start=1)} | named
        kept, modes = {name: _snapshot(value) for name, value in given.items()}, _modes(given)
        try:
            return answer(*arguments, **named)
        finally:
            for name, old in kept.items():
                if old is not None and not same(given[name], old):
                    effects.told[f"writes {name}"] = f"it writes into what it was given: {name}"
            if _modes(given) != modes:
                effects.told["mode"] = "it leaves a model in another mode (train or eval) than it found it in"

    return call


def _snapshot(value: Any) -> Any:
    """A copy of data that an answer must not write into; None for what is there to be used, and for what is huge."""
    if isinstance(value, np.ndarray):
        return value.copy() if value.size <= MOST_NUMBERS and value.dtype.kind in "biuf" else None
    if type(value).__name__ == "Tensor" and hasattr(value, "detach"):
        return value.detach().clone() if value.numel() <= MOST_NUMBERS and not value.is_meta else None
    if isinstance(value, list | tuple | dict | set) and len(value) < 1000:
        parts = list(value.values()) if isinstance(value, dict) else list(value)
        plain = all(
            isinstance(part, int | float | str | bool | type(None)) or _snapshot(part) is not None for part in parts
        )
        return copy.deepcopy(value) if plain and parts else None
    return None


def _modes(given: Mapping[str, Any]) -> list[bool]:
    models = [value for value in given.values() if hasattr(value, "modules") and hasattr(value, "training")]
    return [part.training for model in models for part in model.modules()]


def _seed() -> None:
    np.random.seed(SEED)
    random.seed(SEED)
    if "torch" in sys.modules:
        sys.modules["torch"].default_generator.manual_seed(SEED)  # torch.manual_seed formats the stack at every call


@functools.lru_cache
def _seeded(with_torch: bool) -> dict[str, Any]:
    """The state just after `_seed`, which is always the same."""
    return _global_state()


def _global_state() -> dict[str, Any]:
    state: dict[str, Any] = {"numpy": np.random.get_state(), "python": random.getstate()}
    if "torch" in sys.modules:
        torch = sys.modules["torch"]
        state |= {
            "torch": torch.get_rng_state(),
            "gradients": torch.is_grad_enabled(),
            "dtype": torch.get_default_dtype(),
        }
    return state


def _restore(state: dict[str, Any]) -> None:
    np.random.set_state(state["numpy"])
    random.setstate(state["python"])
    if "torch" in state:
        torch = sys.modules["torch"]
        torch.set_rng_state(state["torch"])
        torch.set_grad_enabled(state["gradients"])
        torch.set_default_dtype(state["dtype"])


def _same_state(one: Any, other: Any) -> bool:
    if isinstance(one, tuple) and len(one) == 5:  # NumPy's: name, keys, position, and two of the normal distribution
        return bool(np.array_equal(one[1], other[1])) and one[2:] == other[2:]
    return bool((one == other).all()) if hasattr(one, "all") else bool(one == other)


def _functions() -> dict[ModuleType, dict[str, Any]]:
    modules = [builtins, math, random, *(sys.modules[name] for name in _WATCHED if name in sys.modules)]
    return {module: dict(vars(module)) for module in modules}


def _restored(functions: dict[ModuleType, dict[str, Any]]) -> list[str]:
    """Puts replaced functions back; returns their names."""
    replaced = []
    for module, kept in functions.items():
        now = vars(module)
        if len(now) >= len(kept) and all(map(operator.is_, kept.values(), now.values())):
            continue  # as a rule, and many times faster than what follows
        for name, value in kept.items():
            now = vars(module).get(name)
            if now is not value and callable(value) and not _of_the_library(now, module):
                setattr(module, name, value)
                replaced.append(f"{module.__name__}.{name}")
    return replaced


def _of_the_library(function: Any, module: ModuleType) -> bool:
    """Whether the code of `function` stands in the library of `module`: torch wraps some of its own at first use."""
    code, package = getattr(function, "__code__", None), sys.modules.get(module.__name__.partition(".")[0])
    home = getattr(package, "__path__", None)
    return bool(code and home and code.co_filename.startswith(str(next(iter(home)))))
