"""What do the cards of sheet 02 say to initializers that learners typed? Each test feeds one and reads the words."""

import math

import numpy as np
import pytest

from course_lib.numpy_nn import plain_initializers
from course_lib.teaching.checks.initialization import orthogonal_check
from course_lib.teaching.exercises import registry
from course_lib.teaching.exercises.card import verdict_of
from course_lib.teaching.exercises.diagnose import diagnose


def card(slug, answer):
    """The status and the lines of the card as they are shown, cut where they are too long."""
    entry = registry.find(slug)
    verdict = verdict_of(entry.exercise, entry.number, diagnose(entry.exercise, answer))
    return verdict.status, verdict.text


def qr(shape, rng):
    return np.linalg.qr(rng.standard_normal((max(shape), min(shape))))


def fitted(q, shape):
    return q if shape[0] >= shape[1] else q.T


# ---- orthogonal


def test_traits_are_told_without_a_difference():
    for slug in ("he_normal", "glorot_uniform", "orthogonal"):
        exercise = registry.find(slug).exercise
        for mistake in exercise.mistakes:
            lines = diagnose(exercise, mistake.answer).lines
            assert lines == (f"your result behaves like {mistake.cause}", mistake.question)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda s, g: fitted((f := qr(s, g))[0] * np.diag(f[1]), s), "q multiplied by R's diagonal and not by its"),
        (lambda s, g: fitted((q := qr(s, g)[0]) * np.sign(np.diag(q)), s), "signs taken from q itself"),
        (lambda s, g: fitted(-qr(s, g)[0], s), "with every sign turned round"),
        (lambda s, g: fitted(qr(s, g)[0], s), "a QR decomposition without the signs"),
        (lambda s, g: fitted((f := qr(s, g))[0] * np.sign(np.linalg.det(f[1])), s), "one sign for all columns"),
        (lambda s, g: fitted(qr(s, g)[0] * g.choice([-1, 1]), s), "the signs of two columns go together"),
        (lambda s, g: plain_initializers.orthogonal(s, np.random.default_rng(42)), "with a fixed seed"),
        (lambda s, g: fitted(np.eye(max(s))[g.permutation(max(s))][:, : min(s)], s), "unit vectors in a random order"),
        (lambda s, g: plain_initializers.orthogonal(s, np.random), "random numbers that do not come from rng"),
        (
            lambda s, g: plain_initializers.orthogonal(s, np.random.default_rng()),
            "random numbers that do not come from rng",
        ),
        (
            lambda s, g: 2 * plain_initializers.orthogonal(s, g),
            "(7, 3) the length of your columns is 2; it should be 1",
        ),
        (
            lambda s, g: np.linalg.qr(g.standard_normal(s))[0] * g.choice([-1, 1]),
            "for the shape (3, 7) you give (3, 3)",
        ),
        (lambda s, g: plain_initializers.orthogonal(s, g).tolist(), "expected an array (inputs, outputs) of decimal"),
        (lambda s, g: plain_initializers.orthogonal(s, g) + 1e-3, "your columns is between"),
        (lambda s, g: plain_initializers.orthogonal(s, g).astype(np.float32), "weights in float32"),
    ],
)
def test_orthogonal_names_the_true_cause(answer, words):
    status, text = card("orthogonal", answer)
    assert status == "wrong"
    assert words in text
    assert "corner" not in text
    assert "products" not in text


def test_every_sentence_on_orthogonal_weights_fits_on_the_card():
    right = orthogonal_check._observe(plain_initializers.orthogonal)["weights"]["(3, 7)"]
    for key in set(right) - {"measured"}:
        told = orthogonal_check._sentence(key, right, "(3, 7)").splitlines()
        assert len(told) <= 2
        assert all(len(line) < 120 for line in told)


# ---- he_normal and glorot_uniform


def bound(shape):
    return math.sqrt(6 / sum(shape))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda s, g: g.random(s) * bound(s) - 0.5, "b * rng.random with 1/2 taken away"),
        (lambda s, g: (g.random(s) - 0.5) * bound(s), "weights between -b/2 and b/2"),
        (lambda s, g: g.random(s) * bound(s), "weights between 0 and the bound"),
        (lambda s, g: np.linspace(-bound(s), bound(s), math.prod(s)).reshape(s), "a grid of evenly spaced numbers"),
        (lambda s, g: g.uniform(-2 / sum(s), 2 / sum(s), s), "a bound equal to the variance"),
        (lambda s, g: g.uniform(-(s[0] ** -0.5), s[0] ** -0.5, s), "torch's default"),
        (lambda s, g: g.uniform(-2 * bound(s), 2 * bound(s), s), "a bound with 12 in place of 3"),
    ],
)
def test_glorot_uniform_names_the_true_cause(answer, words):
    status, text = card("glorot_uniform", answer)
    assert status == "wrong"
    assert words in text


@pytest.mark.parametrize("slug", ["he_normal", "glorot_uniform"])
def test_weights_are_an_array_of_float64(slug):
    rule = registry.find(slug).exercise.reference
    assert "behaves like weights in float32" in card(slug, lambda s, g: rule(s, g).astype(np.float32))[1]
    halves = card(slug, lambda s, g: rule(s, g).astype(np.float16))
    assert halves[0] == "wrong"
    assert "your weights are float16; the docstring asks for float64" in halves[1]
    status, text = card(slug, lambda s, g: rule(s, g).tolist())
    assert status == "wrong"
    assert "expected an array (inputs, outputs) of finite decimal numbers, you give a list" in text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda s, g: np.zeros(s), "a second call with the same rng gives the same weights"),
        (lambda s, g: g.choice([-1.0, 1.0], s), "the distribution of your weights is neither normal nor uniform"),
        (lambda s, g: np.sort(g.standard_normal(math.prod(s))).reshape(s), "your numbers rise or fall from one to the"),
        (lambda s, g: 1 + g.standard_normal(s), "the mean of your weights is positive"),
    ],
)
def test_what_is_not_right_about_weights_is_a_sentence(answer, words):
    text = card("he_normal", answer)[1]
    assert words in text
    assert "expected:" not in text


def test_the_first_argument_of_normal_is_the_mean():
    text = card("he_normal", lambda shape, rng: rng.normal(math.sqrt(2 / shape[0]), size=shape))[1]
    assert "is the first argument of rng.normal the mean or the deviation?" in text
