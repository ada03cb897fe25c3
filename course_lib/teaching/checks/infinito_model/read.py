"""Is a memory read by likeness and by priority? The check of read_memory."""

import math
from typing import Any

import torch
import torch.nn.functional as F

from course_lib.infinito.plain import read_memory
from course_lib.teaching.checks.infinito_model.facts import numbers, wrong_shape
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import also_right, known
from course_lib.teaching.exercises.observe import Case, calls

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


def _cosine(query, keys):
    return F.normalize(query, dim=-1) @ keys.T


def _answer(scores, values, nothing=None, dim=1):
    """The right read for given scores (T, M)."""
    nothing = math.log(scores.shape[1]) if nothing is None else nothing
    weights = torch.cat([scores, torch.full_like(scores[:, :1], nothing)], dim=1).softmax(dim=dim)
    return weights[:, :-1] @ values


@also_right(_RIGHT, "the exponentials multiplied by the priority, and divided by their sum plus M")
def by_products(query, keys, values, priority, *, sharpness):
    odds = (sharpness * _cosine(query, keys)).exp() * priority
    return odds / (odds.sum(dim=1, keepdim=True) + len(keys)) @ values


@known(_WRONG, "a read that knows no priority", "how often is a slot of twice the priority read?")
def no_priority(query, keys, values, priority, *, sharpness):
    return _answer(sharpness * _cosine(query, keys), values)


@known(_WRONG, "scores multiplied by the priority", "what happens to a cosine of 0, and to a negative one?")
def multiplied(query, keys, values, priority, *, sharpness):
    return _answer(sharpness * _cosine(query, keys) * priority, values)


@known(_WRONG, "the priority added without its logarithm", "what must be added to multiply e^score by p?")
def without_log(query, keys, values, priority, *, sharpness):
    return _answer(sharpness * _cosine(query, keys) + priority, values)


@known(_WRONG, "log(1 + priority)", "what score should an empty slot have?")
def log_of_one_more(query, keys, values, priority, *, sharpness):
    return _answer(sharpness * _cosine(query, keys) + priority.log1p(), values)


@known(_WRONG, "the logarithm of the priority times the sharpness", "what does the sharpness belong to?")
def sharpened_priority(query, keys, values, priority, *, sharpness):
    return _answer(sharpness * (_cosine(query, keys) + priority.log()), values)


@known(_WRONG, "a memory that must read something", "what is the softmax when every slot is empty?")
def no_nothing(query, keys, values, priority, *, sharpness):
    return (sharpness * _cosine(query, keys) + priority.log()).softmax(dim=1) @ values


@known(_WRONG, "a score of 0 for reading nothing", "how many slots of priority 1 does nothing weigh as much as?")
def nothing_weighs_one(query, keys, values, priority, *, sharpness):
    return _answer(sharpness * _cosine(query, keys) + priority.log(), values, nothing=0.0)


@known(_WRONG, "a score of M for reading nothing", "is a score the weight or its logarithm?")
def nothing_without_log(query, keys, values, priority, *, sharpness):
    return _answer(sharpness * _cosine(query, keys) + priority.log(), values, nothing=float(len(keys)))


@known(_WRONG, "weights of the slots that always sum to 1", "where should the share that read nothing go?")
def divided_again(query, keys, values, priority, *, sharpness):
    odds = (sharpness * _cosine(query, keys)).exp() * priority
    return odds / odds.sum(dim=1, keepdim=True).clamp_min(1e-9) @ values


@known(_WRONG, "queries of any length, and no cosine", "should a query of twice the length read more sharply?")
def not_normalized(query, keys, values, priority, *, sharpness):
    return _answer(sharpness * query @ keys.T + priority.log(), values)


@known(_WRONG, "one length for all queries", "along which axis is the length of one query?")
def one_length(query, keys, values, priority, *, sharpness):
    return _answer(sharpness * query / query.norm() @ keys.T + priority.log(), values)


@known(_WRONG, "queries normalized along the tokens", "which numbers belong to one query?")
def normalized_along_tokens(query, keys, values, priority, *, sharpness):
    return _answer(sharpness * F.normalize(query, dim=0) @ keys.T + priority.log(), values)


@known(_WRONG, "the priority as a factor after the softmax", "who is in the denominator, with which priority?")
def after_the_softmax(query, keys, values, priority, *, sharpness):
    return (sharpness * _cosine(query, keys)).softmax(dim=1) * priority @ values


@known(
    _WRONG,
    "the priority as a factor after the softmax over M + 1",
    "who is in the denominator, with which priority?",
)
def after_the_softmax_and_nothing(query, keys, values, priority, *, sharpness):
    scores = sharpness * _cosine(query, keys)
    nothing = torch.full_like(scores[:, :1], math.log(len(keys)))
    return torch.cat([scores, nothing], dim=1).softmax(dim=1)[:, :-1] * priority @ values


@known(_WRONG, "a priority that only tells empty from full", "how often is a slot of twice the priority read?")
def empty_or_full(query, keys, values, priority, *, sharpness):
    return _answer((sharpness * _cosine(query, keys)).masked_fill(priority == 0, -math.inf), values)


@known(_WRONG, "nothing that weighs as much as the filled slots", "does M count the slots, or those that are filled?")
def filled_slots(query, keys, values, priority, *, sharpness):
    filled = math.log(max(int((priority > 0).sum()), 1))
    return _answer(sharpness * _cosine(query, keys) + priority.log(), values, nothing=filled)


@known(_WRONG, "scores divided by the sharpness", "should a large sharpness make the read sharper or flatter?")
def divided_by_sharpness(query, keys, values, priority, *, sharpness):
    return _answer(_cosine(query, keys) / sharpness + priority.log(), values)


@known(_WRONG, "a read without the sharpness", "which argument has no part in your result?")
def no_sharpness(query, keys, values, priority, *, sharpness):
    return _answer(_cosine(query, keys) + priority.log(), values)


@known(_WRONG, "the scale of attention in place of the sharpness", "of which size are two vectors of length 1?")
def scale_of_attention(query, keys, values, priority, *, sharpness):
    return _answer(query @ keys.T / math.sqrt(keys.shape[1]) + priority.log(), values)


@known(_WRONG, "a softmax over the queries", "which weights of one query should sum to 1?")
def over_the_queries(query, keys, values, priority, *, sharpness):
    return _answer(sharpness * _cosine(query, keys) + priority.log(), values, dim=0)


@known(_WRONG, "keys as the answer", "what does a slot give to who found it?")
def keys_returned(query, keys, values, priority, *, sharpness):
    return read_memory(query, keys, keys, priority, sharpness=sharpness)


@known(_WRONG, "the one slot with the best score", "what becomes of all the other slots in a softmax?")
def hard(query, keys, values, priority, *, sharpness):
    best = (sharpness * _cosine(query, keys) + priority.log()).argmax(dim=1)
    return values[best] * (priority[best] > 0).unsqueeze(1)


def _case(tokens: int, slots: int, width: int, priority: list[float], sharpness: float, seed: int) -> Case:
    lengths = torch.linspace(0.5, 3.0, tokens, dtype=torch.float64).unsqueeze(1)
    keys = F.normalize(numbers(slots, width, seed=seed + 1), dim=-1)
    return Case(
        lengths * numbers(tokens, width, seed=seed),
        keys,
        numbers(slots, width, seed=seed + 2),
        torch.tensor(priority, dtype=torch.float64),
        sharpness=sharpness,
    )


_CASES = (
    _case(3, 5, 4, [1.0, 0.3, 0.0, 2.5, 0.7], 3.0, 0),
    _case(2, 4, 3, [0.0, 0.0, 0.0, 0.0], 2.0, 10),  # all empty
    _case(4, 2, 5, [0.9, 0.2], 5.0, 20),
)


def _empty(seen: Any, right: Any) -> str | None:
    given = seen["case 2"]["result"]
    if torch.isnan(given).any():
        return "where every slot is empty your answer is not a number; it should be 0"
    if (given != 0).any():
        return f"where every slot is empty your answer reaches {given.abs().max():.3g}; it should be 0"
    return None


READ_MEMORY = Exercise(
    slug="read_memory",
    title="Read by likeness and by priority",
    kind="implement",
    core=True,
    difficulty=2,
    minutes=15,
    reference=read_memory,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(
        Property("the shape", lambda seen, right: wrong_shape(seen, right, "(T, k)")),
        Property("an empty memory answers nothing", _empty),
    ),
    hints=(
        "A factor p on e^score is a summand log(p) in the score.",
        "torch.full_like(scores[:, :1], math.log(M)) is one more column, for reading nothing.",
        "After the softmax over M + 1 columns leave the last one out, and do not divide again.",
    ),
    not_tested="queries of length 0, batches, and gradients",
    indistinguishable=(("reference", "by_products"),),
)
