"""Is it inverted dropout, whatever its random numbers? The check of dropout_forward, and what it says.

The facts that it compares are in dropout_facts.py, the known mistakes in dropout.py.
"""

from typing import Any

from course_lib.numpy_nn.plain_regularizers import dropout_forward
from course_lib.teaching.checks.regularization.dropout import MISTAKES, VARIANTS
from course_lib.teaching.checks.regularization.dropout_facts import REFUSED, P, facts
from course_lib.teaching.exercises.exercise import Exercise, Property
from course_lib.teaching.exercises.forms import all_the_same


def _form(seen: Any, right: Any) -> str | None:
    training = seen["training"]
    if training is None:
        return "in training your function returns None: is there a `return` on that path?"
    if training.get("form") == "kept and y":
        return "the first of the two results is a mask of True and False: return y, kept"
    return f"expected y and kept, you give {training['given'].value}" if "form" in training else None


def _changed(seen: Any, right: Any) -> str | None:
    if seen["x"] != right["x"]:
        return "it changes x itself: who else may still need that array?"
    return None


def _wrong_share(seen: Any, right: Any) -> str | None:
    training = seen["training"]
    if training["share dropped"] != "p":
        return f"with p = {P} your function drops a share of {training['measured'].value:.2f} of 6,000 values"
    return None


def _wrong_scale(seen: Any, right: Any) -> str | None:
    own, rule = (each["training"]["scale of what is kept"] for each in (seen, right))
    if isinstance(own, str):
        return "what is kept is not multiplied by one and the same number"
    return f"with p = {P} what is kept is multiplied by {own:.4g}" if abs(own - rule) > 1e-6 else None


def _wrong_number(seen: Any, right: Any) -> str | None:
    number = seen["training"]["number dropped"]
    if not number.startswith("exactly"):
        return None
    return f"your function drops {number} of 6,000 values at every call: is that what 6,000 coins do?"


def _wrong_fact(seen: Any, right: Any) -> str | None:
    for name in ("coins", "kept", "next call", "same seed", "another seed"):
        if seen["training"][name] != right["training"][name]:
            return f"{name}: {seen['training'][name]}; expected: {right['training'][name]}"
    return None


def _wrong_mode(seen: Any, right: Any) -> str | None:
    own, rule = seen["out of training"], right["out of training"]
    if own == rule:
        return None
    told = ", ".join(f"{key} is {value}" for key, value in own.items()) if isinstance(own, dict) else own
    return f"out of training: {told}; expected y is x itself, kept is None, rng is untouched"


def _wrong_p(seen: Any, right: Any) -> str | None:
    if seen["p = 0"] == "fails":
        return "p = 0 raises an exception; it is allowed: nothing is dropped then"
    if seen["p = 0"] != right["p = 0"]:
        return "with p = 0 your result is not x; nothing is dropped then"
    for p, told in zip(REFUSED, seen["refused"], strict=True):
        if told == "accepted":
            return f"p = {p:g} is accepted; it must raise ValueError (0 <= p < 1)"
        if told != "ValueError":
            return f"p = {p:g} raises {told}; the docstring asks for ValueError"
    return None


DROPOUT_FORWARD = Exercise(
    slug="dropout_forward",
    title="Dropout, forward",
    kind="implement",
    core=True,
    difficulty=2,
    minutes=20,
    reference=dropout_forward,
    observe=facts,
    accepted=tuple(VARIANTS),
    mistakes=tuple(MISTAKES),
    properties=(
        Property("form", _form),
        Property("x as it was", _changed),
        Property("share that is dropped", _wrong_share),
        Property("scale of what is kept", _wrong_scale),
        Property("number that is dropped", _wrong_number),
        Property("masks", _wrong_fact),
        Property("evaluation", _wrong_mode),
        Property("which p", _wrong_p),
    ),
    hints=(
        "One random number per value: rng.random(x.shape) lies below p with the probability p.",
        "If a share 1 - p of equal values is left, by what must it be divided so that the mean is the same?",
        "Refuse a bad p first, then treat the case out of training, then draw.",
    ),
    not_tested="float32, x of other than two axes, and coins that are shared in other ways than by rows or columns",
    fade=("kept = ", "y = "),
    indistinguishable=all_the_same(VARIANTS),
)
