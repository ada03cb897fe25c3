"""Are the rows or columns orthonormal, and all directions equally likely? The known answers of orthogonal."""

import math

import numpy as np

from course_lib.numpy_nn.plain_initializers import orthogonal
from course_lib.teaching.exercises.exercise import Mistake, Variant
from course_lib.teaching.exercises.forms import also_right, known

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


def _tall(shape, rng):
    return rng.standard_normal((max(shape), min(shape)))


def _fitted(q, shape):
    return q if shape[0] >= shape[1] else q.T


@also_right(_RIGHT, "the two orthogonal factors of a singular value decomposition")
def by_svd(shape, rng):
    u, _, vt = np.linalg.svd(rng.standard_normal(shape), full_matrices=False)
    return u @ vt


@also_right(_RIGHT, "a random sign for each column in place of R's")
def random_signs(shape, rng):
    q, _ = np.linalg.qr(_tall(shape, rng))
    return _fitted(q * rng.choice([-1.0, 1.0], min(shape)), shape)


@known(_WRONG, "a QR decomposition without the signs", "which sign has q[0, 0] over many seeds?")
def no_signs(shape, rng):
    return _fitted(np.linalg.qr(_tall(shape, rng))[0], shape)


@known(_WRONG, "a result that is always tall", "which shape has q when there are more outputs than inputs?")
def always_tall(shape, rng):
    q, r = np.linalg.qr(_tall(shape, rng))
    return q * np.sign(np.diag(r))


@known(_WRONG, "a result that is always wide", "which shape has q.T when there are more inputs than outputs?")
def always_wide(shape, rng):
    return always_tall(shape, rng).T


@known(_WRONG, "orthonormal weights scaled by sqrt(2 / fan-in)", "how long is each column after the scaling?")
def scaled_as_he(shape, rng):
    return math.sqrt(2 / shape[0]) * orthogonal(shape, rng)


@known(_WRONG, "columns of length 1 that are not orthogonal", "what is the product of two different columns?")
def only_unit_length(shape, rng):
    tall = _tall(shape, rng)
    return _fitted(tall / np.linalg.norm(tall, axis=0), shape)


@known(_WRONG, "R in place of Q", "which factor of a QR decomposition is orthogonal?")
def triangle(shape, rng):
    r = np.linalg.qr(_tall(shape, rng))[1]
    full = np.zeros((max(shape), min(shape)))
    full[: min(shape)] = r
    return _fitted(full, shape)


@known(_WRONG, "q multiplied by R's diagonal and not by its sign", "which numbers can np.sign give?")
def times_diagonal(shape, rng):
    q, r = np.linalg.qr(_tall(shape, rng))
    return _fitted(q * np.diag(r), shape)


@known(_WRONG, "signs taken from q itself", "which factor does the docstring take the signs from?")
def signs_of_q(shape, rng):
    q, _ = np.linalg.qr(_tall(shape, rng))
    return _fitted(q * np.sign(np.diag(q)), shape)


@known(_WRONG, "a QR decomposition with every sign turned round", "which sign has q[0, 0] over many seeds?")
def all_turned(shape, rng):
    return -no_signs(shape, rng)


@known(_WRONG, "one sign for all columns: the signs of two columns go together", "how many signs does q need?")
def one_sign(shape, rng):
    q, r = np.linalg.qr(_tall(shape, rng))
    return _fitted(q * np.sign(np.linalg.det(r)), shape)


@known(
    _WRONG, "a draw from a generator of its own, with a fixed seed", "what will two layers of one shape have in common?"
)
def own_generator(shape, rng):
    return orthogonal(shape, np.random.default_rng(0))


@known(_WRONG, "random numbers that do not come from rng", "which argument has no part in your result?")
def global_state(shape, rng):
    return orthogonal(shape, np.random.default_rng(np.random.randint(2**31)))


@known(_WRONG, "weights in float32", "which dtype does the docstring promise?")
def single_precision(shape, rng):
    return orthogonal(shape, rng).astype(np.float32)


@known(_WRONG, "unit vectors in a random order", "how many different matrices can you draw?")
def permutation(shape, rng):
    return _fitted(np.eye(max(shape))[rng.permutation(max(shape))][:, : min(shape)], shape)


@known(_WRONG, "an identity matrix, the same every time", "what is random about your weights?")
def identity(shape, rng):
    return np.eye(*shape)


@known(_WRONG, "a start from numbers that are never negative", "which direction do columns of rng.random share?")
def from_positive(shape, rng):
    q, r = np.linalg.qr(rng.random((max(shape), min(shape))))
    return _fitted(q * np.sign(np.diag(r)), shape)


MISTAKES, VARIANTS = tuple(_WRONG), tuple(_RIGHT)
