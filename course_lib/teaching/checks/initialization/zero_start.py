"""The statement that from zeros all neurons learn the same: which parameters get a gradient, and the known mistakes."""

import re
from typing import Any

from course_lib.teaching.exercises.kinds import VERDICTS, Property, audit

PARAMETERS = ("W1", "b1", "W2", "b2", "W3", "b3")
# What a network 6-5-4-3 gives, all parameters 0, softmax cross-entropy; a test runs it and holds this key to it.
KEY = {
    "relu, step 1": {"b3"}, "relu, step 9": {"b3"},
    "softplus, step 1": {"W3", "b3"}, "softplus, step 2": {"W2", "b2", "W3", "b3"},
    "cos, step 1": {"W3", "b3"}, "cos, step 9": {"W3", "b3"},
}  # fmt: skip


def _names(value: Any) -> Any:
    """Sets, lists and texts of parameters as one sorted text: "W3 b3"."""
    if isinstance(value, str):
        value = re.findall(r"[^\W_]+", re.sub(r"\b(and|only|none|nothing|no)\b", " ", value, flags=re.IGNORECASE))
    if isinstance(value, set | list | tuple | frozenset):
        parts = {part.strip().upper().replace("B", "b") if isinstance(part, str) else str(part) for part in value}
        return " ".join(sorted(parts))
    return value


def _strange(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    strange = sorted({word for line in KEY for word in str(seen[line]).split()} - set(PARAMETERS))
    return f"the parameters are {', '.join(PARAMETERS)}; you name {', '.join(strange)}" if strange else None


ZERO_START = audit(
    "zero_start: Audit: from zeros, all neurons learn the same | difficulty 2, 12 minutes",
    {name: " ".join(sorted(part)) for name, part in KEY.items()} | {"verdict": "contradicted"},
    ask={
        "relu, step 1": "what are relu(0) and the slope there, and which factors has each gradient?",
        "relu, step 9": "does a step on b3 alone change what the hidden layers give?",
        "softplus, step 1": "softplus(0) is log 2: which layer has inputs that differ from 0, and what passes W3 = 0?",
        "softplus, step 2": "after one step W3 is no longer 0: how far down does the gradient come now?",
        "cos, step 1": "cos(0) is 1: which layer has inputs that are not 0?",
        "cos, step 9": "cos has the slope 0 at 0: what passes through it, whatever W3 is?",
        "verdict": "do hidden units of the ReLU network learn anything at all?",
    },
    words={"verdict": VERDICTS},
    read=dict.fromkeys(KEY, _names),
    names={"ALL": "W1 W2 W3 b1 b2 b3"},
    wrong="""
    believed: the statement taken at its word: every parameter learns, each unit the same | what is h.T @ g when h is 0?
        every b3 -> ALL; every W3 b3 -> ALL; every W2 W3 b2 b3 -> ALL; verdict = supported
    nothing_learns: an answer in which nothing gets a gradient, not even the last bias
        | what is the gradient of a bias, and does it contain a weight?
        relu, step 1 = ''; relu, step 9 = ''
    all_biases: an answer in which every bias gets a gradient | through which matrix must a gradient pass to reach b2?
        relu, step 1 = 'b1 b2 b3'; relu, step 9 = 'b1 b2 b3'
    relu_wakes_up [relu, step 9 = ALL]: an answer in which the ReLU network learns after some steps
        | which of its factors could have become different from 0?
    softplus_as_relu: an answer that treats softplus like a ReLU | what is log(1 + exp(0))?
        softplus, step 1 = 'b3'; softplus, step 2 = 'b3'
    softplus_everywhere: an answer in which the softplus network learns in all layers at once
        | what is g @ W3.T while W3 is 0?
        softplus, step 1 = ALL; softplus, step 2 = ALL
    softplus_stuck [softplus, step 2 = 'W3 b3']: an answer in which nothing new gets a gradient at the second step
        | is W3 still 0 after the first step?
    cos_as_softplus: an answer in which the cosine network comes alive layer by layer | what is the slope of cos at 0?
        cos, step 9 = ALL
    cos_as_relu [cos, step 1 = 'b3'; cos, step 9 = 'b3']: an answer that looks at the slope of cos and not at its value
        | what is cos(0), and which gradient needs only that?
    undecided [verdict = not shown]: an audit that finds no counterexample
        | do the hidden units of the ReLU network learn the same, or nothing?
    verdict_only [verdict = supported]: the right table with the wrong verdict
        | is one activation for which it is not so enough to contradict 'all neurons learn the same'?
    """,
    properties=(Property("parameters", _strange),),
    hints="""
    The gradient of a weight matrix is h.T @ g: what comes in, times what comes back.
    What comes back has passed through W.T of the layer above and through the slope of the activation.
    Write down h, the slope and W for each layer at step 1, and mark which of them are 0.
    """,
    not_tested="activations with a slope and a value of 0 at 0, and biases that do not start at 0",
)
