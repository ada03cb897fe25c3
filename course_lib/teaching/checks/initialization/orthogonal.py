"""Are the rows or columns orthonormal, and all directions equally likely? The check of orthogonal."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_initializers import orthogonal
from course_lib.teaching.checks.writing import Detail, all_the_same, also_right, kind_of, known
from course_lib.teaching.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.observe import Raised, calls

_SHAPES = ((7, 3), (3, 7), (5, 5))
_SEEDS = 200  # so many draws that chance does not look like a preferred direction
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


@known(_WRONG, "a QR decomposition without the signs", "which sign has the corner of q over many seeds?")
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


@known(_WRONG, "an identity matrix, the same every time", "what is random about your weights?")
def identity(shape, rng):
    return np.eye(*shape)


@known(_WRONG, "a start from numbers that are never negative", "which direction do columns of rng.random share?")
def from_positive(shape, rng):
    q, r = np.linalg.qr(rng.random((max(shape), min(shape))))
    return _fitted(q * np.sign(np.diag(r)), shape)


def _observe(answer: Callable[..., Any]) -> dict[str, Any]:
    def run(shape: tuple[int, int], seeds: int) -> list[Any]:
        return [answer(shape, np.random.default_rng(seed)) for seed in range(seeds)]

    results = [case["result"] for case in calls(run, *((shape, _SEEDS) for shape in _SHAPES)).values()]
    stopped = next((result for result in results if isinstance(result, Raised)), None)
    if stopped is not None or results[0][0] is None:
        return {"weights": stopped}
    if any(np.asarray(one).dtype.kind != "f" for result in results for one in result[:1]):
        return {"weights": {"form": "no array of decimal numbers", "given": Detail(kind_of(results[0][0]))}}
    draws = [np.array(result) for result in results]
    facts = {str(shape): _facts(one, shape) for shape, one in zip(_SHAPES, draws, strict=True)}
    return {"weights": {"form": "array"} | facts}


def _facts(draws: np.ndarray, shape: tuple[int, int]) -> Any:
    """Facts of many draws (seeds, inputs, outputs)."""
    if draws.shape[1:] != shape:
        return {"shape": str(draws.shape[1:])}
    small = draws if shape[0] >= shape[1] else draws.transpose(0, 2, 1)
    gram = small.transpose(0, 2, 1) @ small  # (seeds, k, k): the products of the columns, or of the rows
    lengths = np.sqrt(np.diagonal(gram, axis1=1, axis2=2))
    crossed = np.abs(gram - np.eye(gram.shape[1]) * gram).max()
    corner = np.mean(draws[:, 0, 0] > 0)
    # Of a random direction each entry has mean 0 and variance 1 / length of the direction.
    drift = np.abs(draws.mean(axis=0)).max() * math.sqrt(_SEEDS * max(shape))
    return {
        "shape": str(shape),
        "lengths": "1" if np.allclose(lengths, 1, atol=1e-5) else "not 1",
        "measured": Detail(float(lengths.mean())),
        "products": "0" if crossed < 1e-5 else "not 0",
        "sign of the corner": "both" if 0.2 < corner < 0.8 else "mostly +" if corner > 0.5 else "mostly -",
        "directions": "all" if drift < 6 else "some preferred",
        "seeds": "different" if np.abs(draws[0] - draws[1]).max() > 0 else "the same",
    }


def _first_wrong(seen: Any, right: Any) -> str | None:
    for name, facts in right["weights"].items():
        own = seen["weights"][name]
        if name == "form" or own == facts:
            continue
        wrong = next(key for key in facts if own.get(key) != facts[key])
        return f"shape {name}: {wrong}: {own.get(wrong)}, expected: {facts[wrong]}"
    return None


ORTHOGONAL = Exercise(
    slug="orthogonal",
    title="Weights that keep every length",
    kind="faded",
    core=False,
    difficulty=2,
    minutes=12,
    reference=orthogonal,
    observe=_observe,
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("orthonormal, and every direction alike", _first_wrong),),
    hints=(
        "Q of a tall matrix has orthonormal columns; transposed it has orthonormal rows.",
        "LAPACK chooses the signs of R's diagonal. Multiply each column of q by the sign of its diagonal entry of r.",
        "Which of q and q.T has the shape (fan_in, fan_out)?",
    ),
    not_tested="that all orthogonal matrices are equally likely; only their corners and means are looked at",
    fade=("q * np.sign", "return q if"),
    indistinguishable=all_the_same(_RIGHT),
)
