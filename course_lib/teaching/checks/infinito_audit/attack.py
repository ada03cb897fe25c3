"""Does the learner's test find evaluations that are wrong? The check of evaluation_is_sound."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from course_lib.infinito.plain_audit import evaluation_is_sound
from course_lib.teaching.checks.infinito_audit.versions import PLANTED, RIGHT, Evaluation, new_model
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, limited, one_truth
from course_lib.teaching.exercises.observe import attack

_SIZES = ((1, 6), (4, 15), (7, 30), (100, 31))
_MOST_CALLS = 5_000  # of one evaluation, by one test
Test = Callable[..., bool]


def _tester(
    *,
    sizes: tuple[tuple[int, int], ...] = _SIZES,
    modes: tuple[bool, ...] = (True, False),
    words: int = 14,
    mode_checked: bool = True,
    close: float = 1e-4,
    repeats: bool = True,
    quiet_rule: bool = True,
) -> Test:
    """A test that is right with these defaults; each known mistake changes one of them."""

    def test(evaluate: Callable[..., float], new: Callable[[int], Any]) -> bool:
        for seed in (3, 4, 5):
            rng = np.random.default_rng(seed)
            for batch, size in sizes:
                numbers = rng.integers(0, words, size) if repeats else rng.permutation(words)[:size]
                text = [f"w{number}" for number in numbers]
                for mode in modes:
                    model = new(seed)
                    model.training = not quiet_rule
                    right = math.exp(float(np.mean(model.losses(model.ids(text)))))
                    model.training = mode
                    value = evaluate(model, text, batch)
                    if abs(value / right - 1) > close or (mode_checked and model.training != mode):
                        return False
        return True

    return test


VARIANTS = (
    Variant("other_texts", _tester(), "other texts, and a fresh model for each call"),
    Variant("fewer_sizes", _tester(sizes=((4, 18), (7, 25))), "two sizes that leave a short batch"),
)
MISTAKES = (
    Mistake(
        "one_batch",
        "a test that reads every text in one batch",
        "what do the mean of batches and the sum have in common when there is one batch?",
        _tester(sizes=((100, 30), (64, 20))),
    ),
    Mistake(
        "equal_batches",
        "a test whose batches all have the same size",
        "which faults show only in a batch that is shorter than the others?",
        _tester(sizes=((5, 30), (6, 30))),
    ),
    Mistake(
        "quiet_only",
        "a test on models that are in evaluation mode already",
        "who switches the noise off?",
        _tester(modes=(False,)),
    ),
    Mistake(
        "training_only",
        "a test on models in training mode alone",
        "in which mode should a model be afterwards that came in evaluation mode?",
        _tester(modes=(True,)),
    ),
    Mistake(
        "mode_not_checked",
        "a test that does not look at the mode afterwards",
        "what happens to the training that goes on after an evaluation?",
        _tester(mode_checked=False),
    ),
    Mistake(
        "known_words",
        "a test without unknown words",
        "what does an evaluation do with a word that the model has never seen?",
        _tester(words=10),
    ),
    Mistake(
        "no_repeats",
        "a test in whose texts no word comes twice",
        "is a word that occurs twice two tokens or one?",
        _tester(sizes=((4, 14), (5, 13)), repeats=False),
    ),
    Mistake(
        "too_loose",
        "a test that lets one percent pass",
        "how much does rounding a loss to two decimals change a perplexity?",
        _tester(close=0.011),
    ),
    Mistake(
        "rejects_all",
        "a test that rejects everything",
        "print both numbers of your comparison for a sound one: which is the perplexity, and how far apart are they?",
        lambda *_: False,
    ),
    Mistake(
        "too_strict",
        "a test that takes rounding for a fault",
        "do float32 and float64 give the same last digit?",
        _tester(close=0.0),
    ),
    Mistake(
        "noisy_rule",
        "a test whose own rule has the noise on",
        "in which mode do you compute the right answer?",
        _tester(quiet_rule=False),
    ),
    Mistake(
        "reversed",
        "a test with True and False exchanged",
        "what shall it return for a sound evaluation?",
        lambda evaluate, new: not evaluation_is_sound(evaluate, new),
    ),
    Mistake("accepts_all", "a test that accepts everything", "does a path lead to False?", lambda *_: True),
)
_SURVIVED = {
    "mean of batches": "is there a batch that is shorter than the others, in a text so short that it counts?",
    "mean of perplexities": "do you read a text in more than one batch?",
    "short batch dropped": "is there a batch that is shorter than the others, in a text so short that it counts?",
    "first batch only": "do you read a text in more than one batch?",
    "noise left on": "is the model in training mode when it is evaluated, and your own right answer without noise?",
    "left in evaluation mode": "do you look at the mode afterwards?",
    "left in training mode": "do you give it a model in evaluation mode, and look at the mode afterwards?",
    "unknown words skipped": "are there words that the model does not know?",
    "unknown words free": "are there words that the model does not know?",
    "each word once": "does a word come twice in your text?",
    "loss rounded": "how close must two perplexities be?",
}


_FORM = {False: "what if its condition never changes?", True: "where does it return True or False itself?"}


def _reading(seen: Any, right: Any) -> str | None:
    if seen["form"] != right["form"]:
        return f"your test {seen['form']}\n{_FORM['returns' in seen['form']]}"
    sound = [name for name, accepted in seen["right"].items() if accepted is True]
    taken = [name for name, accepted in seen["planted"].items() if accepted is True]
    if not sound and taken:
        named = " and ".join(map(repr, taken[:2])) + " and others" * (len(taken) > 2)
        asked = "is your own right answer over all words alike, and computed without noise?"
        if any(name.startswith("left in") for name in taken):
            asked = "in which mode do you expect the model afterwards, and is your own right answer without noise?"
        return f"of all it accepts {named}, and no sound one\n{asked}"
    if not sound:
        return (
            "no sound evaluation is accepted\nprint your own right answer and theirs: which of them is the perplexity?"
        )
    if len(sound) < len(seen["right"]):
        return "sound evaluations that add up in another order are rejected: how close must two numbers be?"
    alive = [name for name, accepted in seen["planted"].items() if accepted is not False]
    asked = [question for name, question in _SURVIVED.items() if name in alive]
    return asked[0] if asked else None


def _counted(kind: str, versions: Mapping[str, Evaluation], notes: list[str]) -> dict[str, Evaluation]:
    """The evaluations, each of which stops a test that would never end."""
    told = {name: f"does not end for an evaluation that is {kind} ({name})" for name in versions}
    return {name: limited(evaluate, told[name], notes, most=_MOST_CALLS) for name, evaluate in versions.items()}


def _observe(answer: Callable[..., Any]) -> dict[str, Any]:
    notes: list[str] = []
    forms: list[str] = []

    def test(version: Evaluation) -> Any:
        said = one_truth(answer, (version, new_model), forms)
        if isinstance(said, str):
            forms.append("returns a text, which counts as True unless it is empty")
        if isinstance(said, float):
            forms.append("returns a number, which counts as True unless it is 0")
        return said

    seen = attack(test, right=_counted("sound", RIGHT, notes), planted=_counted("not sound", PLANTED, notes))
    notes += forms
    return seen | {"form": notes[0] if notes else "it ends, with True or False"}


EVALUATION_IS_SOUND = Exercise(
    slug="evaluation_is_sound",
    title="Attack: a test that finds a wrong evaluation",
    kind="attack",
    core=True,
    difficulty=3,
    minutes=25,
    reference=evaluation_is_sound,
    observe=_observe,
    accepted=VARIANTS,
    mistakes=MISTAKES,
    properties=(Property("what survived", _reading),),
    hints=(
        "You know the model's losses: compute the right answer yourself, in evaluation mode, and compare.",
        "Choose texts that tell: a short last batch, words that come twice, words that the model does not know.",
        "Look at model.training before and after, for both modes.",
    ),
    not_tested="models whose losses depend on the words before, and texts of no words",
    indistinguishable=(*all_the_same(VARIANTS), ("too_strict", "noisy_rule", "rejects_all")),
)
