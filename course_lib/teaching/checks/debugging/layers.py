"""Where does the first bad value stand? Known mistakes, and the check of first_bad_layer."""

from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_debugging import first_bad_layer
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, known
from course_lib.teaching.exercises.observe import calls

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


class Map:
    """A layer that applies a function to its input."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def forward(self, x: np.ndarray) -> np.ndarray:
        """function(x)."""
        result: np.ndarray = self.function(x)
        return result


_X = np.array([[1.0, -2.0], [3.0, 0.5]])
_DOUBLE, _SHRINK = Map(lambda x: 2 * x), Map(lambda x: np.tanh(x))
_LESS, _ROOT, _EXP, _GROW = (
    Map(lambda x: x - 10),
    Map(lambda x: np.sqrt(x)),
    Map(lambda x: np.exp(1000 * x)),
    Map(lambda x: x / (x - x)),
)
_CASES = (
    ([_DOUBLE, _SHRINK, _DOUBLE], _X),  # all is well
    ([_DOUBLE, _ROOT, _DOUBLE, _SHRINK], _X),  # NaN in one value, from layer 1 on
    ([_DOUBLE, _DOUBLE, _EXP, _SHRINK], _X),  # infinite in layer 2, finite again after tanh
    ([_SHRINK, _DOUBLE], np.array([[1.0, np.nan], [0.0, 2.0]])),  # the input
    ([_GROW, _DOUBLE, _ROOT], np.array([[1.0, 2.0]])),  # layer 0, everywhere
    ([_SHRINK, _DOUBLE], np.array([[1.0, np.inf], [0.0, 2.0]])),  # an infinite input that tanh hides
    ([_DOUBLE, _DOUBLE, _DOUBLE, _ROOT], np.array([[4.0, -1.0]])),  # the last layer
    ([_LESS, _ROOT, _SHRINK], np.array([[1.0, 2.0], [30.0, 4.0]])),  # the root of the data would be fine
)


@also_right(_RIGHT, "all outputs first, then the search")
def list_of_outputs(layers, x):
    outputs = [x]
    for layer in layers:
        outputs.append(layer.forward(outputs[-1]))
    bad = [place for place, values in enumerate(outputs) if np.isnan(values).any() or np.isinf(values).any()]
    return bad[0] - 1 if bad else len(layers)


@known(_WRONG, "a search that does not look at the input", "what if the data hold the NaN?")
def input_skipped(layers, x):
    for number, layer in enumerate(layers):
        x = layer.forward(x)
        if not np.isfinite(x).all():
            return number
    return len(layers)


@known(_WRONG, "a search for NaN that lets infinity pass", "what does the next layer make of infinity minus infinity?")
def only_nan(layers, x):
    if np.isnan(x).any():
        return -1
    for number, layer in enumerate(layers):
        x = layer.forward(x)
        if np.isnan(x).any():
            return number
    return len(layers)


@known(_WRONG, "layers that are all fed with the data", "what does layer 1 get as its input?")
def same_input(layers, x):
    if not np.isfinite(x).all():
        return -1
    return next((k for k, layer in enumerate(layers) if not np.isfinite(layer.forward(x)).all()), len(layers))


@known(_WRONG, "the last bad place, not the first", "which of two bad layers is the cause, and which the effect?")
def last_one(layers, x):
    found = -1 if not np.isfinite(x).all() else len(layers)
    for number, layer in enumerate(layers):
        x = layer.forward(x)
        if not np.isfinite(x).all():
            found = number
    return found


@known(
    _WRONG,
    "the number after that of the bad layer",
    "which number has the first layer, and when do you look at its output?",
)
def from_one(layers, x):
    found = first_bad_layer(layers, x)
    return found + 1 if 0 <= found < len(layers) else found


@known(_WRONG, "-1 also where all is well", "how does the caller tell a bad input from no bad value?")
def always_minus_one(layers, x):
    found = first_bad_layer(layers, x)
    return -1 if found == len(layers) else found


@known(_WRONG, "a layer called bad only when all of its values are", "how many NaN does it take to spoil a mean?")
def all_values(layers, x):
    if not np.isfinite(x).any():
        return -1
    for number, layer in enumerate(layers):
        x = layer.forward(x)
        if not np.isfinite(x).any():
            return number
    return len(layers)


def _which(seen: Any, right: Any) -> str | None:
    for case, facts in seen.items():
        if facts["result"] != right[case]["result"]:
            count = len(_CASES[int(case.split()[1]) - 1][0])
            return f"{case}, {count} layers: you say {facts['result']}; look at input and outputs one after the other"
    return None


FIRST_BAD_LAYER = Exercise(
    slug="first_bad_layer",
    title="Find the first bad place",
    kind="faded",
    core=False,
    difficulty=1,
    minutes=10,
    reference=first_bad_layer,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("each case", _which),),
    hints=(
        "np.isfinite(x).all() is False as soon as one value is NaN or infinite.",
        "The input comes before layer 0; after that, each layer gets what the one before gave.",
    ),
    not_tested="values that are finite and far too large",
    fade=("return -1", "x = layer.forward(x)"),
    indistinguishable=all_the_same(_RIGHT),
)
