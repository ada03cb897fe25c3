"""The first bad value in a network: its cases and its known mistakes."""

from types import SimpleNamespace

import numpy as np

from course_lib.by_hand.debugging import first_bad_layer
from course_lib.teaching.exercises.kinds import implement

_X = np.array([[1.0, -2.0], [3.0, 0.5]])
_MAPS = (lambda x: 2 * x, np.tanh, lambda x: x - 10, np.sqrt, np.log, lambda x: np.exp(1000 * x), lambda x: x / (x - x))
_DOUBLE, _SHRINK, _LESS, _ROOT, _LOG, _EXP, _GROW = (SimpleNamespace(forward=each) for each in _MAPS)


def list_of_outputs(layers, x):
    outputs = [x]
    for layer in layers:
        outputs.append(layer.forward(outputs[-1]))
    bad = [place for place, values in enumerate(outputs) if np.isnan(values).any() or np.isinf(values).any()]
    return bad[0] - 1 if bad else len(layers)


FIRST_BAD_LAYER = implement(
    "first_bad_layer: Find the first bad place",
    first_bad_layer,
    complete=True,
    cases=(
        ([_DOUBLE, _SHRINK, _DOUBLE], _X),  # all is well
        ([_DOUBLE, _ROOT, _DOUBLE, _SHRINK], _X),  # NaN in one value, from layer 1 on
        ([_DOUBLE, _DOUBLE, _EXP, _SHRINK], _X),  # infinite in layer 2, finite again after tanh
        ([_SHRINK, _DOUBLE], np.array([[1.0, np.nan], [0.0, 2.0]])),  # the input
        ([_GROW, _DOUBLE, _ROOT], np.array([[1.0, 2.0]])),  # layer 0, everywhere
        ([_SHRINK, _DOUBLE], np.array([[1.0, np.inf], [0.0, 2.0]])),  # an infinite input that tanh hides
        ([_DOUBLE, _DOUBLE, _DOUBLE, _ROOT], np.array([[4.0, -1.0]])),  # the last layer
        ([_LESS, _ROOT, _SHRINK], np.array([[1.0, 2.0], [30.0, 4.0]])),  # the root of the data would be fine
        ([_DOUBLE, _LOG, _SHRINK], np.array([[1.0, 0.0], [3.0, 4.0]])),  # the logarithm of 0 is minus infinity
        ([_SHRINK], np.array([[1.0, -np.inf], [np.inf, 2.0]])),  # both infinities in the input
        ([], _X),  # no layer
    ),
    names={"list_of_outputs": list_of_outputs},
    right="list_of_outputs: all outputs first, then the search",
    wrong="""
    input_skipped: a search that does not look at the input | what if the data hold the NaN?
        drop: return -1
    only_nan: a search for NaN that lets infinity pass | what does the next layer make of infinity minus infinity?
        every np.isfinite(x).all() -> not np.isnan(x).any()
    minus_infinity: a search that lets minus infinity pass | what is log(0), and what is every sum with it?
        every np.isfinite(x).all() -> not (np.isnan(x) | (x == np.inf)).any()
    same_input: layers that are all fed with the data | what does layer 1 get as its input?
        first: data = x; x = layer.forward(x) -> x = layer.forward(data)
    last_one: the last bad place, not the first | which of two bad layers is the cause, and which the effect?
        first: found = len(layers); return -1 -> found = -1; return number -> found = number; return: found
    from_one: the number after that of the bad layer
        | which number has the first layer, and when do you look at its output?
        return number -> return number + 1
    input_is_zero: places counted from 0 for the input, 1 for the first layer
        | what shall be returned for a bad input, and what for layer 0?
        return -1 -> return 0; return number -> return number + 1
    always_minus_one: -1 also where all is well | how does the caller tell a bad input from no bad value?
        return: -1
    all_values: a layer called bad only when all of its values are | how many NaN does it take to spoil a mean?
        every A.all() -> A.any()
    """,
    hints="""
    np.isfinite(x).all() is False as soon as one value is NaN or infinite.
    The input comes before layer 0; after that, each layer gets what the one before gave.
    """,
    not_tested="values that are finite and far too large",
    fade=("return -1", "x = layer.forward(x)"),
)
