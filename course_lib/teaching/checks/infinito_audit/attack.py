"""A test that finds wrong evaluations: what it must accept and reject, and the known weak tests."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.teaching.checks.infinito_audit.versions import PLANTED, RIGHT, SURVIVED, new_model
from course_lib.teaching.exercises.kinds import Property, attack


def _none_sound(seen: Any, right: Any) -> str | None:
    """The sentence for a test that accepts no sound evaluation."""
    taken = [name for name, accepted in seen["planted"].items() if accepted is True]
    if True in seen["right"].values():
        return None
    if not taken:
        return (
            "no sound evaluation is accepted\nprint your own right answer and theirs: which of them is the perplexity?"
        )
    named = " and ".join(map(repr, taken[:2])) + " and others" * (len(taken) > 2)
    asked = "is your own right answer over all words alike, and computed without noise?"
    if any(name.startswith("left in") for name in taken):
        asked = "in which mode do you expect the model afterwards, and is your own right answer without noise?"
    return f"of all it accepts {named}, and no sound one\n{asked}"


def strict(seen: Any, right: Any) -> bool:
    """Whether a test rejects everything but sound evaluations that round as it does itself."""
    said = list(seen["right"].values())
    return True in said and False in said and not any(seen["planted"].values())


def loose(seen: Any, right: Any) -> bool:
    """Whether the faults that survive are those that come near to the right number; one percent is enough for some."""
    survived = {name for name, accepted in seen["planted"].items() if accepted}
    near = {"loss rounded", "mean of batches", "short batch dropped", "each word once", "unknown words skipped"}
    return all(seen["right"].values()) and "loss rounded" in survived and survived <= near


def evaluation_is_sound(evaluate: Callable[..., float], new_model: Callable[[int], Any]) -> bool:
    """Whether evaluate(model, text, batch) is the perplexity of `model` per word of `text`.

    text is a list of words, batch the number of words that are read at a time. new_model(seed) gives a
    model: model.ids(text) are the numbers of the words in the order of the model's own vocabulary, an
    unknown word being 0; model.losses(ids) the loss of each in nats. A model starts in training mode
    and then adds noise; model.training = False is without. An evaluation leaves the mode as it was.
    """
    for seed in (0, 1):
        model = new_model(seed)
        rng = np.random.default_rng(seed)
        for batch, size in ((1, 5), (4, 14), (7, 30), (100, 30)):
            text = [f"w{n}" for n in rng.integers(0, 14, size)]  # the model knows fewer words than that
            model.training = False
            right = math.exp(float(np.mean(model.losses(model.ids(text)))))
            for mode in (True, False):
                model.training = mode
                found = [evaluate(model, text, batch) for _ in range(2)]
                if model.training != mode or not np.allclose(found, right, rtol=1e-4):
                    return False
    return True


EVALUATION_IS_SOUND = attack(
    "evaluation_is_sound: Attack: a test that finds a wrong evaluation | core, difficulty 3, 25 minutes",
    evaluation_is_sound,
    call=lambda test, evaluate: test(evaluate, new_model),
    right=RIGHT,
    planted=PLANTED,
    also="""
    other_texts: other texts, and a fresh model for each call
        (0, 1) -> (3, 4, 5); ((1, 5), (4, 14), (7, 30), (100, 30)) -> ((1, 6), (4, 15), (7, 30), (100, 31))
        before model.training = mode -> model = new_model(seed)
    fewer_sizes: two sizes that leave a short batch
        (0, 1) -> (3, 4, 5); ((1, 5), (4, 14), (7, 30), (100, 30)) -> ((4, 18), (7, 25))
    """,
    wrong="""
    one_batch: a test that reads every text in one batch
        | what do the mean of batches and the sum have in common when there is one batch?
        ((1, 5), (4, 14), (7, 30), (100, 30)) -> ((100, 30), (64, 20))
    equal_batches: a test whose batches all have the same size
        | which faults show only in a batch that is shorter than the others?
        ((1, 5), (4, 14), (7, 30), (100, 30)) -> ((5, 30), (6, 30))
    quiet_only: a test on models that are in evaluation mode already | who switches the noise off?
        (True, False) -> (False,)
    training_only: a test on models in training mode alone
        | in which mode should a model be afterwards that came in evaluation mode?
        (True, False) -> (True,)
    mode_not_checked: a test that does not look at the mode afterwards
        | what happens to the training that goes on after an evaluation?
        model.training != mode or A -> A
    known_words: a test without unknown words | what does an evaluation do with a word that the model has never seen?
        rng.integers(0, 14, size) -> rng.integers(0, 10, size)
    no_repeats: a test in whose texts no word comes twice | is a word that occurs twice two tokens or one?
        ((1, 5), (4, 14), (7, 30), (100, 30)) -> ((4, 14), (5, 13))
        rng.integers(0, 14, size) -> rng.permutation(14)[:size]
    too_loose: a test that lets one percent pass | how much does rounding a loss to two decimals change a perplexity?
        1e-4 -> {0.011|0.01|0.02|0.005}
        when: loose
    rejects_all: a test that rejects everything
        | print both numbers of your comparison for a sound one: which is the perplexity, and how far apart are they?
        first: return False
    too_strict: a test that takes rounding for a fault | do float32 and float64 give the same last digit?
        np.allclose(found, right, rtol=1e-4) -> {found == [right] * 2|np.allclose(found, right, rtol=1e-9, atol=0)}
        when: strict
    noisy_rule: a test whose own rule has the noise on | in which mode do you compute the right answer?
        model.training = False -> model.training = True
    """,
    properties=(Property("no sound one", _none_sound),),
    each="a sound evaluation",
    alarm="sound evaluations that add up in another order are rejected: how close must two numbers be?",
    survived={"loss rounded": SURVIVED["loss rounded"]} | SURVIVED,
    hints="""
    You know the model's losses: compute the right answer yourself, in evaluation mode, and compare.
    Choose texts that tell: a short last batch, words that come twice, words that the model does not know.
    Look at model.training before and after, for both modes.
    """,
    not_tested="models whose losses depend on the words before, and texts of no words",
    same=(("noisy_rule", "rejects_all"),),
)
