"""The checklist after training: the test part is opened once, errors are analysed, predictions drawn, settings kept."""

import numpy as np
import pytest

from course_lib.numpy_nn.layers import Linear
from course_lib.numpy_nn.network import Sequential
from course_lib.numpy_nn.studies.after_training import SETTINGS, Sealed, analyse_errors, post
from course_lib.plots import style

X = np.eye(4, dtype=np.float32)[[0, 1, 2, 3, 0, 1]]
Y = np.array([0, 1, 2, 3, 0, 2])  # the last one is read as 1
RECORD = dict.fromkeys(SETTINGS, 1)


def reader():
    """A network that says class k for row k of the unit matrix."""
    layer = Linear(4, 4, rng=np.random.default_rng(0))
    layer.weight[:] = 5 * np.eye(4)
    return Sequential(layer)


def drawn():
    figure, axes = style.canvas()
    axes.imshow(X)
    return figure


def done(**changed):
    sealed = Sealed(X, Y)
    sealed.open("the final number")
    owed = {"test": sealed, "errors": analyse_errors(reader(), X, Y), "figure": drawn(), "settings": RECORD}
    return post(**(owed | changed))


def test_work_that_is_done_passes_every_item():
    assert {item.status for item in done().items} == {"pass"}


def test_nothing_given_is_not_checkable_and_never_a_pass():
    assert {item.status for item in post().items} == {"not checkable"}


def test_a_test_part_that_was_never_opened_or_twice_fails():
    sealed = Sealed(X, Y)
    assert done(test=sealed).failed == ("test part used once",)
    sealed.open("once")
    sealed.open("and again")
    found = done(test=sealed)
    assert found.failed == ("test part used once",)
    assert "once; and again" in found["test part used once"].sentence


def test_errors_of_a_part_of_the_test_set_fail():
    assert done(errors=analyse_errors(reader(), X[:3], Y[:3])).failed == ("errors analysed",)


def test_an_empty_figure_fails():
    assert done(figure=style.canvas()[0]).failed == ("predictions drawn",)


def test_a_missing_setting_and_one_that_is_no_json_fail():
    assert (
        "missing: seed" in done(settings={k: v for k, v in RECORD.items() if k != "seed"})["settings recorded"].sentence
    )
    assert done(settings=RECORD | {"rate": np.float32}).failed == ("settings recorded",)


def test_the_analysis_names_the_confused_pair_and_the_worst_sample():
    errors = analyse_errors(reader(), X, Y, count=2)
    assert errors.confused == (2, 1, 1)
    assert errors.worst[0] == 5
    assert errors.losses[0] > 3 > errors.losses[1]
    assert errors.accuracy == pytest.approx(5 / 6)
    assert errors.matrix.sum() == 6


def test_a_sealed_part_wants_a_reason_and_rows_that_fit():
    with pytest.raises(ValueError, match="reason must say"):
        Sealed(X, Y).open(" ")
    with pytest.raises(ValueError, match="as many rows, got 6 and 5"):
        Sealed(X, Y[:5])
    assert len(Sealed(X, Y)) == 6
