"""Which parameters get a gradient when all weights start at zero? The check of zero_start, an audit of a statement."""

from typing import Any

from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property

PARAMETERS = ("W1", "b1", "W2", "b2", "W3", "b3")
VERDICTS = ("supported", "not shown", "contradicted")
# What a network 6-5-4-3 gives, all parameters 0, softmax cross-entropy; a test runs it and holds this key to it.
KEY = {
    "relu, step 1": {"b3"},
    "relu, step 9": {"b3"},
    "softplus, step 1": {"W3", "b3"},
    "softplus, step 2": {"W2", "b2", "W3", "b3"},
    "cos, step 1": {"W3", "b3"},
    "cos, step 9": {"W3", "b3"},
}
FINDINGS = {name: " ".join(sorted(part)) for name, part in KEY.items()} | {"verdict": "contradicted"}
_RETHINK = {
    "relu, step 1": "what are relu(0) and the slope there, and which factors has each gradient?",
    "relu, step 9": "does a step on b3 alone change what the hidden layers give?",
    "softplus, step 1": "softplus(0) is log 2: which layer has inputs that are not 0, and what passes through W3 = 0?",
    "softplus, step 2": "after one step W3 is no longer 0: how far down does the gradient come now?",
    "cos, step 1": "cos(0) is 1: which layer has inputs that are not 0?",
    "cos, step 9": "cos has the slope 0 at 0: what passes through it, whatever W3 is?",
    "verdict": "do hidden units of the ReLU network learn anything at all?",
}


def _plain(answer: Any) -> Any:
    """Sets, lists and texts of parameters as one sorted text; the verdict evened out."""
    if not isinstance(answer, dict):
        return answer
    return {key: _even(value, key) for key, value in answer.items()}


def _even(value: Any, key: str) -> Any:
    if key == "verdict":
        return " ".join(value.lower().split()) if isinstance(value, str) else value
    if isinstance(value, str):
        value = value.replace(",", " ").split()
    if isinstance(value, set | list | tuple | frozenset):
        names = {part.strip() if isinstance(part, str) else part for part in value}
        spelled = {name.upper().replace("B", "b") if isinstance(name, str) else str(name) for name in names}
        return " ".join(sorted(spelled))
    return value


def _mistake(id: str, cause: str, question: str, **changed: str) -> Mistake:
    return Mistake(id, cause, question, FINDINGS | {key.replace("_", ", step "): v for key, v in changed.items()})


_ALL = "W1 W2 W3 b1 b2 b3"
_WRONG = (
    Mistake(
        "believed",
        "the statement taken at its word: every parameter learns, each unit the same",
        "what is h.T @ g when h is 0?",
        dict.fromkeys(KEY, _ALL) | {"verdict": "supported"},
    ),
    Mistake(
        "nothing_learns",
        "an answer in which nothing gets a gradient, not even the last bias",
        "what is the gradient of a bias, and does it contain a weight?",
        FINDINGS | {"relu, step 1": "", "relu, step 9": ""},
    ),
    Mistake(
        "all_biases",
        "an answer in which every bias gets a gradient",
        "through which matrix must a gradient pass to reach b2?",
        FINDINGS | {"relu, step 1": "b1 b2 b3", "relu, step 9": "b1 b2 b3"},
    ),
    _mistake(
        "relu_wakes_up",
        "an answer in which the ReLU network learns after some steps",
        "which of its factors could have become different from 0?",
        relu_9=_ALL,
    ),
    _mistake(
        "softplus_as_relu",
        "an answer that treats softplus like a ReLU",
        "what is log(1 + exp(0))?",
        softplus_1="b3",
        softplus_2="b3",
    ),
    _mistake(
        "softplus_everywhere",
        "an answer in which the softplus network learns in all layers at once",
        "what is g @ W3.T while W3 is 0?",
        softplus_1=_ALL,
        softplus_2=_ALL,
    ),
    _mistake(
        "softplus_stuck",
        "an answer in which nothing new gets a gradient at the second step",
        "is W3 still 0 after the first step?",
        softplus_2="W3 b3",
    ),
    _mistake(
        "cos_as_softplus",
        "an answer in which the cosine network comes alive layer by layer",
        "what is the slope of cos at 0?",
        cos_9=_ALL,
    ),
    _mistake(
        "cos_as_relu",
        "an answer that looks at the slope of cos and not at its value",
        "what is cos(0), and which gradient needs only that?",
        cos_1="b3",
        cos_9="b3",
    ),
    Mistake(
        "undecided",
        "an audit that finds no counterexample",
        "do the hidden units of the ReLU network learn the same, or nothing?",
        FINDINGS | {"verdict": "not shown"},
    ),
    Mistake(
        "verdict_only",
        "the right table with the wrong verdict",
        "is one activation for which it is not so enough to contradict 'all neurons learn the same'?",
        FINDINGS | {"verdict": "supported"},
    ),
)


def _which(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    strange = sorted({w for k, v in seen.items() if k != "verdict" for w in str(v).split()} - set(PARAMETERS))
    if strange:
        return f"the parameters are {', '.join(PARAMETERS)}; you name {', '.join(strange)}"
    if seen["verdict"] not in VERDICTS:
        return f"the verdict is one of {', '.join(map(repr, VERDICTS))}; yours is {seen['verdict']!r}"
    wrong = [key for key in right if seen[key] != right[key]]
    more = f" and {len(wrong) - 2} more" if len(wrong) > 2 else ""
    return f"look again at {'; '.join(wrong[:2])}{more}\n{wrong[0]}: {_RETHINK[wrong[0]]}" if wrong else None


ZERO_START = Exercise(
    slug="zero_start",
    title="Audit: from zeros, all neurons learn the same",
    kind="audit",
    core=False,
    difficulty=2,
    minutes=12,
    reference=FINDINGS,
    observe=_plain,
    mistakes=_WRONG,
    properties=(Property("each line of the table", _which),),
    hints=(
        "The gradient of a weight matrix is h.T @ g: what comes in, times what comes back.",
        "What comes back has passed through W.T of the layer above and through the slope of the activation.",
        "Write down h, the slope and W for each layer at step 1, and mark which of them are 0.",
    ),
    not_tested="activations with a slope and a value of 0 at 0, and biases that do not start at 0",
)
