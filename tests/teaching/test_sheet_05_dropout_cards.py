"""What does the card of dropout_forward say to versions that learners typed?"""

import numpy as np
import pytest

from course_lib.teaching.checks.regularization.dropout_check import DROPOUT_FORWARD
from course_lib.teaching.exercises.card import verdict_of
from course_lib.teaching.exercises.diagnose import diagnose


def card(answer):
    return verdict_of(DROPOUT_FORWARD, "5.1", diagnose(DROPOUT_FORWARD, answer)).text


def dropout(*, refused=lambda p: not 0 <= p < 1, error=ValueError, keep=None, result=None):
    """A forward pass as a learner writes it, with one of its lines exchanged."""

    def forward(x, p, rng, training):
        if refused(p):
            raise error("p")
        if not training:
            return x, None
        kept = rng.random(x.shape) >= p if keep is None else keep(x, p, rng)
        return (x * kept / (1 - p), kept) if result is None else result(x, p, kept)

    return forward


def in_place(x, p, rng, training):
    if not 0 <= p < 1:
        raise ValueError
    if not training:
        return x, None
    kept = rng.random(x.shape) >= p
    x *= kept
    x /= 1 - p
    return x, kept


def in_place_unscaled(x, p, rng, training):
    if not 0 <= p < 1:
        raise ValueError
    if not training:
        return x, None
    kept = rng.random(x.shape) >= p
    x *= kept
    return x, kept


def test_dropout_in_place_is_told_that_and_no_wrong_share():
    said = card(in_place)
    assert "changes x itself" in said
    assert "who else may still need that array?" in said
    assert "share" not in said
    both = card(in_place_unscaled)
    assert "does not rescale what it keeps" in both
    assert "it writes into what it was given: argument 1 (x)" in both


def test_a_share_that_is_wrong_in_place_is_first_told_the_place():
    def halved(x, p, rng, training):
        kept = rng.random(x.shape) >= p / 2
        x *= kept
        return x, kept

    assert "it changes x itself: who else may still need that array?" in card(halved)


def test_a_mask_read_off_y_is_refused():
    def by_y(x, p, kept):
        y = x * kept / (1 - p)
        return y, y != 0

    said = card(dropout(result=by_y))
    assert "a 0 that was kept is marked as dropped" in said
    assert "or the coins?" in said


def test_a_mask_that_calls_every_zero_kept_is_refused():
    def by_comparison(x, p, kept):
        y = x * kept / (1 - p)
        return y, np.isclose(y, x / (1 - p))

    assert "one and the same for all values of x that are 0: True" in card(dropout(result=by_comparison))


def test_coins_that_drop_an_exact_number_are_refused():
    def permuted(x, p, rng):
        kept = np.ones(x.size, bool)
        kept[rng.permutation(x.size)[: int(p * x.size)]] = False
        return kept.reshape(x.shape)

    def chosen(x, p, rng):
        kept = np.ones(x.size, bool)
        kept[rng.choice(x.size, round(p * x.size), replace=False)] = False
        return kept.reshape(x.shape)

    for keep in (permuted, chosen):
        said = card(dropout(keep=keep))
        assert "exactly 1,800 of the 6,000 values at every call" in said
        assert "is that what 6,000 coins do" in said


def test_rows_that_each_drop_an_exact_number_are_refused_with_their_own_number():
    def by_rows(x, p, rng):
        return np.stack([rng.permutation(x.shape[1]) >= int(p * x.shape[1]) for _ in range(len(x))])

    said = card(dropout(keep=by_rows))
    assert "your function drops exactly 1,760 of 6,000 values at every call: is that what 6,000 coins do?" in said


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"refused": lambda p: not 0 <= p <= 1}, "p = 1 is accepted; it must raise ValueError (0 <= p < 1)"),
        ({"refused": lambda p: p >= 1}, "p = -0.1 is accepted; it must raise ValueError (0 <= p < 1)"),
        ({"error": AssertionError}, "p = 1 raises AssertionError; the docstring asks for ValueError"),
        ({"refused": lambda p: not 0 < p < 1}, "p = 0 raises an exception; it is allowed: nothing is dropped then"),
    ],
)
def test_the_card_on_p_is_a_sentence(changed, sentence):
    assert sentence in card(dropout(**changed))


def test_division_by_p_is_known_as_it_is_written():
    assert "dropout that divides by p" in card(dropout(result=lambda x, p, kept: (x * kept / p, kept)))
    assert "dropout that divides by p" in card(dropout(result=lambda x, p, kept: (x * kept * (1 / p), kept)))
    kept_by_p = dropout(keep=lambda x, p, rng: rng.random(x.shape) < p, result=lambda x, p, kept: (x * kept / p, kept))
    assert "dropout with p as the share that is kept, everywhere" in card(kept_by_p)


@pytest.mark.parametrize("shape", [lambda x: x.shape[1], lambda x: (1, x.shape[1])])
def test_one_mask_for_all_samples_is_known_in_every_shape(shape):
    said = card(dropout(keep=lambda x, p, rng: rng.random(shape(x)) >= p))
    assert "one mask for all samples of the batch" in said


def test_one_coin_per_sample_is_known_as_a_column():
    assert "whole samples that are dropped" in card(dropout(keep=lambda x, p, rng: rng.random((len(x), 1)) >= p))


def test_results_in_the_wrong_order_are_told_so():
    said = card(dropout(result=lambda x, p, kept: (kept, x * kept / (1 - p))))
    assert "the first of the two results is a mask of True and False: return y, kept" in said


@pytest.mark.parametrize("result", [None, lambda x, p, kept: (np.where(kept, x / (1 - p), 0), kept.astype(int))])
def test_right_versions_stay_right(result):
    assert card(dropout(result=result)).startswith("right: 5.1")


def test_a_path_without_return_is_told_so():
    said = card(dropout(result=lambda x, p, kept: None))
    assert "in training your function returns None: is there a `return` on that path?" in said
