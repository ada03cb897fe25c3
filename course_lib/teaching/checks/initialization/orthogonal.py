"""Weights that keep every length: what is observed of orthogonal over many seeds, and its known mistakes.

Two right answers may use the random numbers differently, so that facts are compared: lengths, products, and which signs
and directions come up over the seeds.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.by_hand.initializers import orthogonal
from course_lib.teaching.exercises.kinds import Detail, Property, Raised, calls, expected, implement, other_form

_SHAPES = ((7, 3), (3, 7), (5, 5))
_SEEDS = 200  # so many draws that chance does not look like a preferred direction


def _observe(answer: Callable[..., Any]) -> dict[str, Any]:
    def run(shape: tuple[int, int], seeds: int) -> list[Any]:
        return [answer(shape, np.random.default_rng(seed)) for seed in [*range(seeds), 0]]

    results = [case["result"] for case in calls(run, *((shape, _SEEDS) for shape in _SHAPES)).values()]
    stopped = next((result for result in results if isinstance(result, Raised)), None)
    if stopped is not None or results[0][0] is None:
        return {"weights": stopped}
    if not all(isinstance(one, np.ndarray) and one.dtype.kind == "f" for result in results for one in result):
        return {"weights": other_form(results[0][0])}
    facts = {str(shape): _facts(result, shape) for shape, result in zip(_SHAPES, results, strict=True)}
    return {"weights": {"form": "array"} | facts}


def _facts(result: list[np.ndarray], shape: tuple[int, int]) -> Any:
    """Facts of the draws of all seeds, each an array (inputs, outputs); the last one is of the first seed again."""
    given = next((one.shape for one in result if one.shape != shape), shape)
    if given != shape:
        return {"shape": str(given)}
    draws, again = np.array(result[:-1], np.float64), result[-1]
    small = draws if shape[0] >= shape[1] else draws.transpose(0, 2, 1)
    gram = small.transpose(0, 2, 1) @ small  # (seeds, k, k): the products of the columns, or of the rows
    lengths = np.sqrt(np.diagonal(gram, axis1=1, axis2=2))
    least, most = float(lengths.min()), float(lengths.max())
    crossed = np.abs(gram - np.eye(gram.shape[1]) * gram).max()
    fixed = bool((draws == draws[0]).all())
    return {
        "shape": str(shape),
        "dtype": str(again.dtype),
        "lengths": _lengths(lengths, shape),
        "measured": Detail(
            f"{least:.3g}" if math.isclose(least, most, rel_tol=1e-5) else f"between {least:.3g} and {most:.3g}"
        ),
        "products": "0" if crossed < 1e-5 else "not 0",
        "entries": "0 and 1 only" if np.isin(np.abs(draws), (0, 1)).all() else "decimal numbers",
        "seeds": "the same" if fixed else "different",
        "equal seeds": "the same" if np.array_equal(result[0], again) else "different",
    } | ({} if fixed else _signs(draws, shape))


def _lengths(lengths: np.ndarray, shape: tuple[int, int]) -> str:
    known = {"1": 1.0, "sqrt(2/fan-in)": math.sqrt(2 / shape[0])}
    for name, length in known.items():
        if np.allclose(lengths, length, atol=1e-5):
            return name
    return "one number" if np.allclose(lengths, lengths[0, 0], rtol=1e-5) else "different"


def _signs(draws: np.ndarray, shape: tuple[int, int]) -> dict[str, str]:
    """Which signs and directions come up over the seeds."""
    # Of a random direction each entry has mean 0 and variance 1 / length of the direction.
    drift = np.abs(draws.mean(axis=0)).max() * math.sqrt(_SEEDS * max(shape))
    diagonal = np.diagonal(draws, axis1=1, axis2=2)
    return {
        "first entry": _balance(draws[:, 0, 0]),
        "two entries": _balance(draws[:, 0, 0] * draws[:, 1, 1]),
        "diagonal": "never negative" if (diagonal >= 0).all() else "both signs",
        "directions": "all" if drift < 6 else "some preferred",
    }


def _balance(numbers: np.ndarray) -> str:
    """Which sign nearly all of the numbers have, or "both"."""
    shares = {"negative": np.mean(numbers < 0), "positive": np.mean(numbers > 0), "0": np.mean(numbers == 0)}
    return next((word for word, share in shares.items() if share > 0.75), "both")


# What to say of the first fact that is not as it should be.
_TOLD = {
    "shape": "for the shape {where} you give {shape}\nwhich shapes have q and q.T there?",
    "dtype": "your weights are {dtype}; the docstring asks for float64",
    "lengths": "for the shape {where} the length of your {kind} is {measured}; it should be 1",
    "products": "for the shape {where} two {kind} are not orthogonal (their product is not 0)",
    "entries": "for the shape {where} all your weights are 0, 1 or -1\nhow many different matrices can you draw?",
    "seeds": "every seed gives the same weights\nwhich argument has no part in your result?",
    "equal seeds": "two draws from equal seeds differ\nwhich of your random numbers do not come from rng?",
    "first entry": "for the shape {where} q[0, 0] is {first entry} for almost every seed; it should have both signs",
    "two entries": "the signs of two columns go together\nhow many signs does q need?",
    "diagonal": "the diagonal of your result is never negative\nwhich signs should q[0, 0] have over many seeds?",
    "directions": "for the shape {where} one entry has a mean that is not 0 over the seeds\n"
    "which directions come up more often?",
}


def _first_wrong(seen: Any, right: Any) -> str | None:
    for key, told in _TOLD.items():
        for where, rule in right["weights"].items():
            facts = seen["weights"][where]
            if where != "form" and facts.get(key) != rule[key]:
                words = facts | {"measured": facts["measured"].value if "measured" in facts else ""}
                return told.format(where=where, kind="rows" if where == "(3, 7)" else "columns", **words)
    return None


ORTHOGONAL = implement(
    "orthogonal: Weights that keep every length | difficulty 2, 12 minutes",
    orthogonal,
    complete=True,
    observe=_observe,
    right="""
    by_svd: the two orthogonal factors of a singular value decomposition
        first: u, _, vt = np.linalg.svd(rng.standard_normal(shape), full_matrices=False); return u @ vt
    random_signs: a random sign for each column in place of R's
        np.sign(A) -> rng.choice([-1.0, 1.0], min(shape))
    """,
    wrong="""
    no_signs: a QR decomposition without the signs | which sign has q[0, 0] over many seeds?
        q = q * A -> pass
    always_tall: a result that is always tall | which shape has q when there are more outputs than inputs?
        return: q
    always_wide: a result that is always wide | which shape has q.T when there are more inputs than outputs?
        return: q.T
    scaled_as_he: orthonormal weights scaled by sqrt(2 / fan-in) | how long is each column after the scaling?
        return: math.sqrt(2 / fan_in) * (RESULT)
    only_unit_length: columns of length 1 that are not orthogonal | what is the product of two different columns?
        q, r = A -> q = tall / np.linalg.norm(tall, axis=0); q = q * A -> pass
    triangle: R in place of Q | which factor of a QR decomposition is orthogonal?
        q = q * A -> q = np.zeros_like(tall); q[: min(shape)] = r
    times_diagonal: q multiplied by R's diagonal and not by its sign | which numbers can np.sign give?
        np.sign(A) -> A
    signs_of_q: signs taken from q itself | which factor does the docstring take the signs from?
        np.diag(r) -> np.diag(q)
    all_turned: a QR decomposition with every sign turned round | which sign has q[0, 0] over many seeds?
        q = q * A -> q = -q
    one_sign: one sign for all columns: the signs of two columns go together | how many signs does q need?
        np.diag(r) -> np.linalg.det(r)
    own_generator: a draw from a generator of its own, with a fixed seed
        | what will two layers of one shape have in common?
        first: rng = np.random.default_rng(0)
    global_state: random numbers that do not come from rng | which argument has no part in your result?
        first: rng = np.random.default_rng(np.random.randint(2**31))
    single_precision: weights in float32 | which dtype does the docstring promise?
        return: (RESULT).astype(np.float32)
    permutation: unit vectors in a random order | how many different matrices can you draw?
        q = q * A -> q = np.eye(len(q))[rng.permutation(len(q))][:, : q.shape[1]]
    identity: an identity matrix, the same every time | what is random about your weights?
        first: return np.eye(*shape)
    from_positive: a start from numbers that are never negative | which direction do columns of rng.random share?
        rng.standard_normal -> rng.random
    """,
    equivalent="""
    q * np.sign(np.diag(r)) -> q / np.sign(np.diag(r)) | a sign divides as it multiplies
    fan_in >= fan_out -> fan_in > fan_out | a square q has orthonormal rows too
    """,
    properties=(
        expected("an array (inputs, outputs) of decimal numbers"),
        Property("orthonormal, and every direction alike", _first_wrong),
    ),
    hints="""
    Q of a tall matrix has orthonormal columns; transposed it has orthonormal rows.
    LAPACK chooses the signs of R's diagonal. Multiply each column of q by the sign of its diagonal entry of r.
    Which of q and q.T has the shape (fan_in, fan_out)?
    """,
    not_tested="that all orthogonal matrices are equally likely; only signs and means of single entries are looked at",
    fade=("q * np.sign", "return q if"),
)
