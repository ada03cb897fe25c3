"""Which evaluations does the learner's test meet? A toy model, right evaluations, and planted ones."""

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

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


def _quiet(run: Evaluation) -> Evaluation:
    """The evaluation `run` without noise, with the mode put back."""

    def evaluate(model: Any, text: list[str], batch: int) -> float:
        mode, model.training = model.training, False
        try:
            return run(model, text, batch)
        finally:
            model.training = mode

    return evaluate


def _cuts(text: list[str], batch: int) -> list[list[str]]:
    return [text[start : start + batch] for start in range(0, len(text), batch)]


def _by_sums(model: Any, text: list[str], batch: int) -> float:
    total = sum(float(model.losses(model.ids(part)).sum()) for part in _cuts(text, batch))
    return math.exp(total / len(text))


def _word_by_word(model: Any, text: list[str], batch: int) -> float:
    return math.exp(sum(float(model.losses(model.ids([word]))[0]) for word in text) / len(text))


def _in_bits(model: Any, text: list[str], batch: int) -> float:
    return float(2 ** np.mean(np.concatenate([model.losses(model.ids(p)) for p in _cuts(text, batch)]) / math.log(2)))


def _single_precision(model: Any, text: list[str], batch: int) -> float:
    return float(np.exp(np.mean(model.losses(model.ids(text)).astype(np.float32))))


def _means(model: Any, text: list[str], batch: int) -> np.ndarray:
    return np.array([float(model.losses(model.ids(part)).mean()) for part in _cuts(text, batch)])


def _full_batches(model: Any, text: list[str], batch: int) -> float:
    return _by_sums(model, text[: len(text) // batch * batch] or text, batch)


def _own_numbers(model: Any, text: list[str], batch: int) -> float:
    order = {word: number for number, (word, _) in enumerate(Counter(text).most_common(10), start=1)}
    return math.exp(float(np.mean(model.losses([order.get(word, 0) for word in text]))))


def _known_only(model: Any, text: list[str], batch: int) -> float:
    known = [number for number in model.ids(text) if number != 0]
    return math.exp(float(np.mean(model.losses(known or [0]))))


def _unknown_free(model: Any, text: list[str], batch: int) -> float:
    ids = model.ids(text)
    losses = np.where(np.array(ids) == 0, 0.0, model.losses(ids))
    return math.exp(float(losses.mean()))


def _left_quiet(model: Any, text: list[str], batch: int) -> float:
    model.training = False
    return _by_sums(model, text, batch)


def _left_training(model: Any, text: list[str], batch: int) -> float:
    value = _quiet(_by_sums)(model, text, batch)
    model.training = True
    return value


RIGHT: dict[str, Evaluation] = {
    "by sums": _quiet(_by_sums),
    "word by word": _quiet(_word_by_word),
    "through bits": _quiet(_in_bits),
    "in float32": _quiet(_single_precision),
}
PLANTED: dict[str, Evaluation] = {
    "mean of batches": _quiet(lambda m, t, b: math.exp(float(_means(m, t, b).mean()))),
    "mean of perplexities": _quiet(lambda m, t, b: float(np.exp(_means(m, t, b)).mean())),
    "short batch dropped": _quiet(_full_batches),
    "first batch only": _quiet(lambda m, t, b: _by_sums(m, t[:b], b)),
    "noise left on": _by_sums,
    "left in evaluation mode": _left_quiet,
    "left in training mode": _left_training,
    "numbers of its own": _quiet(_own_numbers),
    "unknown words skipped": _quiet(_known_only),
    "unknown words free": _quiet(_unknown_free),
    "each word once": _quiet(lambda m, t, b: _by_sums(m, sorted(set(t)), b)),
    "base two": _quiet(lambda m, t, b: 2 ** math.log(_by_sums(m, t, b))),
    "loss rounded": _quiet(lambda m, t, b: math.exp(round(math.log(_by_sums(m, t, b)), 2))),
}
