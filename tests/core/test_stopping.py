"""Early stopping stops in exactly the epoch that its rule names."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.core.stopping import EarlyStopping

# The same cases every time, and no limit on time: a busy machine must not turn a test red.
QUICK = settings(max_examples=80, deadline=None, derandomize=True)
NAN = math.nan


def run(stopper, values):
    """The epoch in which training stops (None if it does not), and the epochs that improved."""
    improved = []
    for epoch, value in enumerate(values):
        if stopper.update(value, epoch):
            improved.append(epoch)
        if stopper.stop:
            return epoch, improved
    return None, improved


@pytest.mark.parametrize(
    ("options", "values", "stops_in", "improved"),
    [
        # The plain rule: two epochs without a new best.
        ({"patience": 2}, [5, 4, 4, 3, 3.5, 3.2, 1], 5, [0, 1, 3]),
        ({"patience": 1}, [5, 4, 4, 3], 2, [0, 1]),
        ({"patience": 3}, [5, 4, 6, 6, 3, 6, 6, 6], 7, [0, 1, 4]),
        ({"patience": 3}, [5, 4, 3, 2, 1], None, [0, 1, 2, 3, 4]),
        # An equal value is no improvement.
        ({"patience": 3}, [2, 2, 2, 2], 3, [0]),
        # Small steps that never beat the best by min_delta stop the run, however far they go in sum ...
        ({"patience": 2, "min_delta": 0.5}, [5, 4.75, 4.625], 2, [0]),
        # ... because they are measured from the last best, which a large enough sum of steps does beat.
        ({"patience": 3, "min_delta": 0.5}, [5, 4.75, 4.5, 4.25, 4, 4, 4], 6, [0, 3]),
        # A gain of exactly min_delta is not enough.
        ({"patience": 1, "min_delta": 0.5}, [5, 4.5], 1, [0]),
        # Larger is better.
        ({"patience": 2, "mode": "max"}, [0.5, 0.7, 0.6, 0.7, 0.9], 3, [0, 1]),
        ({"patience": 2, "mode": "max", "min_delta": 0.125}, [0.5, 0.625, 0.75, 0.75, 0.75], 4, [0, 2]),
        # NaN never improves and counts as a bad epoch, also at the start and after a best.
        ({"patience": 3}, [NAN, NAN, NAN, 1], 2, []),
        ({"patience": 3}, [NAN, NAN, 1, NAN, NAN, 0.5, NAN, NAN, NAN], 8, [2, 5]),
        ({"patience": 2, "mode": "max"}, [0.5, NAN, NAN], 2, [0]),
        # Infinity is a value like any other that is not better.
        ({"patience": 2}, [math.inf, math.inf, 1], 1, []),
        ({"patience": 2}, [1, math.inf, math.inf], 2, [0]),
    ],
)
def test_a_scripted_run_stops_in_the_epoch_of_the_rule(options, values, stops_in, improved):
    assert run(EarlyStopping(**options), values) == (stops_in, improved)


def test_best_and_its_epoch_are_those_of_the_best_value_not_of_the_last():
    stopper = EarlyStopping(patience=2)
    run(stopper, [5, 3, 4, 6])
    assert (stopper.best, stopper.best_epoch, stopper.bad_epochs, stopper.stop) == (3, 1, 2, True)


def test_before_the_first_value_there_is_no_best_epoch_and_no_stop():
    stopper = EarlyStopping(patience=1)
    assert (stopper.best_epoch, stopper.bad_epochs, stopper.stop) == (None, 0, False)
    assert stopper.best == math.inf
    assert EarlyStopping(patience=1, mode="max").best == -math.inf


def test_the_best_epoch_is_the_callers_number_and_the_best_a_plain_one():
    stopper = EarlyStopping(patience=1)
    assert stopper.update(np.float32(0.5), epoch=12) is True
    assert (stopper.best, stopper.best_epoch) == (0.5, 12)
    assert type(stopper.best) is float


@QUICK
@given(st.lists(st.floats(allow_infinity=False), max_size=30), st.integers(1, 5))
def test_mode_max_is_mode_min_of_the_negative_values(values, patience):
    smallest = run(EarlyStopping(patience), values)
    largest = run(EarlyStopping(patience, mode="max"), [-value for value in values])
    assert smallest == largest


@QUICK
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30), st.integers(1, 5))
def test_it_stops_in_the_first_epoch_that_lies_patience_past_the_best(values, patience):
    stopper = EarlyStopping(patience)
    stops_in, _ = run(stopper, values)
    seen = values if stops_in is None else values[: stops_in + 1]
    assert stopper.best == min(seen)
    assert stopper.best_epoch == seen.index(min(seen))
    assert (stops_in is not None) == (len(seen) - 1 - stopper.best_epoch == patience)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"patience": 0}, "patience must be at least 1, got 0"),
        ({"patience": NAN}, "patience must be at least 1, got nan"),
        ({"patience": 1, "min_delta": -0.5}, "min_delta must be at least 0, got -0.5"),
        ({"patience": 1, "min_delta": NAN}, "min_delta must be at least 0, got nan"),
        ({"patience": 1, "mode": "best"}, "mode must be one of min, max, got 'best'"),
    ],
)
def test_a_bad_option_is_named_with_its_rule_and_value(options, words):
    with pytest.raises(ValueError, match=f"^{words}$"):
        EarlyStopping(**options)
