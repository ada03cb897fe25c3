"""The evaluations that the learner's test meets: a toy model, sound ones and planted ones."""

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.teaching.exercises.kinds import asked_of, planted_edits

Evaluation = Callable[[Any, list[str], int], float]


class WordModel:
    """A model of ten words, w0 to w9, in an order of its own; any other word has the number 0.

    It forecasts every word by its frequency alone. In training mode, in which it starts, it adds noise.
    """

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(100 + seed)
        self.training = True
        self._numbers = {f"w{word}": number for number, word in enumerate(rng.permutation(10), start=1)}
        self._losses = -np.log(rng.dirichlet(np.full(11, 0.7)).clip(1e-4))
        self._noise = np.random.default_rng(seed)

    def ids(self, text: list[str]) -> list[int]:
        """The numbers of the words; 0 for one that the model does not know."""
        return [self._numbers.get(word, 0) for word in text]

    def losses(self, ids: list[int]) -> np.ndarray:
        """The loss of each number in nats (n,)."""
        noise = self._noise.normal(0.0, 0.5, len(ids)) if self.training else 0.0
        return self._losses[np.asarray(ids, dtype=int)] + noise


def new_model(seed: int) -> WordModel:
    """A fresh model, in training mode."""
    return WordModel(seed)


def by_sums(model: Any, text: list[str], batch: int) -> float:
    """A sound evaluation; the other versions are edits of it."""
    mode, model.training = model.training, False
    parts = [text[start : start + batch] for start in range(0, len(text), batch)]
    total = sum(float(model.losses(model.ids(part)).sum()) for part in parts)
    model.training = mode
    return math.exp(total / len(text))


# Sound ones differ in how they add up: a test that wants the last bit to agree accepts one of them at most.
RIGHT: dict[str, Evaluation] = {"by sums": by_sums} | planted_edits(
    by_sums,
    """
    word_by_word: one word at a time
        first: batch = 1
    in_one_go: all words at once
        first: batch = len(text)
    in_float32: in single precision
        first: batch = len(text)
        model.losses(A).sum() -> model.losses(A).astype(np.float32).sum()
    """,
)
# Of each fault: what to ask where it survives.
_FAULTS = """
mean_of_batches: is there a batch that is shorter than the others, in a text so short that it counts?
    A.sum() -> A.mean(); total / len(text) -> total / len(parts)
mean_of_perplexities: do you read a text in more than one batch?
    float(A.sum()) -> math.exp(A.mean()); math.exp(total / len(text)) -> total / len(parts)
short_batch_dropped: is there a batch that is shorter than the others, in a text so short that it counts?
    first: text = text[: len(text) // batch * batch] or text
first_batch_only: do you read a text in more than one batch?
    first: text = text[:batch]
noise_left_on: is the model in training mode when it is evaluated, and your own right answer without noise?
    mode, model.training = A -> mode = model.training
left_in_evaluation_mode: do you look at the mode afterwards?
    drop: model.training = mode
left_in_training_mode: do you give it a model in evaluation mode, and look at the mode afterwards?
    model.training = mode -> model.training = True
numbers_of_its_own: is the order of the words in your text another one than that of the model's vocabulary?
    first: own = {word: number for number, (word, _) in enumerate(Counter(text).most_common(10), start=1)}
    model.ids(part) -> [own.get(word, 0) for word in part]
unknown_words_skipped: are there words that the model does not know?
    first: text = [word for word in text if model.ids([word]) != [0]] or ["?"]
unknown_words_free: are there words that the model does not know?
    model.losses(model.ids(part)) -> (np.array(model.ids(part)) != 0) * model.losses(model.ids(part))
each_word_once: does a word come twice in your text?
    first: text = sorted(set(text))
base_two: is your own right answer e to the loss?
    return: 2 ** (total / len(text))
loss_rounded: how close must two perplexities be?
    return: math.exp(round(total / len(text), 2))
"""
PLANTED: dict[str, Evaluation] = planted_edits(by_sums, _FAULTS, {"Counter": Counter})
SURVIVED = asked_of(_FAULTS)
