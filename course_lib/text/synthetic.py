"""The text of the reported run: a source of 100 words whose entropies are known exactly.

Sentences of 10 to 29 words (each length equally likely), the words drawn uniformly and independently, a full stop
between two sentences. Nothing but the length of the current sentence helps to predict the next token, so that the best
possible perplexity of every kind of model is a closed form. Entropies are in nats per token; exp of one is the
perplexity.

Shapes: N tokens, S states (words since the last full stop, 0 to the longest).
Source: the facts that course_lib.core.reports.repositories keeps of the reported training script.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from course_lib.by_hand import entropies as by_hand
from course_lib.core.seeding import generator
from course_lib.core.validation import validate_at_least
from course_lib.text.corpus import PARTS, Corpus

Floats = npt.NDArray[np.float64]

STOP = "."
# Common English words; the source draws them uniformly, so that only their number matters.
_LIST = """
    the of to and a in is it you that he was for on are with as i his they be at one have this from or had by but some
    what there we can out other were all your when up use word how said an each she which do their time if will way
    about many then them would write like so these her long make see him two has look more day could go come did my
    sound no most number who over know water than call first people may down been now find any new work
"""
WORDS = tuple(_LIST.split())


@dataclass(frozen=True)
class Source:
    """A source of sentences; the defaults are the reported run's. Lengths count words, without the full stop.

    Raises ValueError for lengths out of order or below 1, fewer than 2 sentences, or words that are not distinct.
    """

    words: tuple[str, ...] = WORDS
    shortest: int = 10
    longest: int = 29
    sentences: int = 5_000

    def __post_init__(self) -> None:
        if not 1 <= self.shortest <= self.longest:
            raise ValueError(f"lengths must satisfy 1 <= shortest <= longest, got {self.shortest} and {self.longest}")
        validate_at_least("sentences", self.sentences, 2)
        if not self.words or len(set(self.words)) != len(self.words) or STOP in self.words:
            raise ValueError(f"words must be distinct, at least one, and none of them {STOP!r}")

    @property
    def mean_length(self) -> float:
        """Words per sentence."""
        return (self.shortest + self.longest) / 2

    @property
    def expected_tokens(self) -> float:
        """Words and full stops of a sample; after the last sentence there is no full stop."""
        return self.sentences * self.mean_length + self.sentences - 1

    @property
    def stop_share(self) -> float:
        """The expected share of full stops among the tokens of a sample."""
        return (self.sentences - 1) / self.expected_tokens

    @property
    def hazards(self) -> Floats:
        """(S,): the probability that a full stop follows after n words of a sentence, n = 0 .. longest.

        0 before `shortest` words, then 1 / (longest + 1 - n): of the lengths that are still possible, one is n.
        """
        n = np.arange(self.longest + 1)
        return np.where(n < self.shortest, 0.0, 1.0 / (self.longest + 1 - n))


REPORTED = Source()


def synthetic_corpus(seed: int, source: Source = REPORTED) -> Corpus:
    """Three independent samples of the source, one per part. The report's data had no seed, so they are not its own."""
    return Corpus("synthetic", *(draw(seed, part, source) for part in PARTS))


def draw(seed: int, part: str, source: Source = REPORTED) -> list[str]:
    """One sample: sentences joined by full stops, as words (N,), N being 102,499 on average and 408 its deviation."""
    rng = generator(seed, f"synthetic {part}")
    lengths = rng.integers(source.shortest, source.longest + 1, source.sentences)
    stops = np.cumsum(lengths + 1) - 1  # where the full stop of each sentence stands
    numbers = rng.integers(0, len(source.words), stops[-1])  # without the last full stop
    numbers[stops[:-1]] = len(source.words)
    symbols = (*source.words, STOP)
    return [symbols[number] for number in numbers.tolist()]


def as_reported(ids: npt.NDArray[np.int32], length: int = 256) -> npt.NDArray[np.int32]:
    """The start of `ids` (N,) that the reported windows cover: (N - length) // length of them, and the last target.

    One window fewer than would fit, about 399 of 256 tokens. Raises ValueError for fewer than 2 * length tokens.
    """
    validate_at_least("length", length, 1)
    if len(ids) < 2 * length:
        raise ValueError(f"ids must hold at least 2 * {length} tokens, got {len(ids)}")
    return ids[: (len(ids) - length) // length * length + 1]


def words_since_stop(words: list[str]) -> npt.NDArray[np.int64]:
    """(N,): how many words stand between the last full stop (or the start) and each token, the token left out."""
    place = np.arange(len(words))
    after_stop = np.zeros(len(words), dtype=np.int64)
    after_stop[1:] = np.where(np.array(words[:-1]) == STOP, place[1:], 0)
    return place - np.maximum.accumulate(after_stop)


def log_probabilities(words: list[str], source: Source = REPORTED) -> Floats:
    """(N,): ln P(token | all before it) under the source itself; no causal model can be better on average.

    `words` starts with a sentence, as a sample does. Raises ValueError for a token or a sentence that the source never
    makes.
    """
    unknown = set(words) - {*source.words, STOP}
    if unknown:
        raise ValueError(f"words must come from the source, got {min(unknown)!r}")
    since, stop = words_since_stop(words), np.array(words) == STOP
    if since.max(initial=0) > source.longest:
        raise ValueError(f"a sentence must have at most {source.longest} words, got {since.max()}")
    hazard = source.hazards[since]
    probability = np.where(stop, hazard, (1 - hazard) / len(source.words))
    if (probability == 0).any():
        place = int(np.argmin(probability))
        raise ValueError(
            f"a sentence must have {source.shortest} to {source.longest} words, got another one at token {place}"
        )
    return np.log(probability)


def uniform_entropy(source: Source = REPORTED) -> float:
    """Of the model that knows which symbols occur and nothing else: the words and the full stop."""
    return math.log(len(source.words) + 1)


def unigram_entropy(source: Source = REPORTED) -> float:
    """Of the model that knows how often each symbol occurs: -p ln p - (1 - p) ln((1 - p) / words)."""
    return by_hand.unigram_entropy(len(source.words), source.sentences, source.shortest, source.longest)


def entropy_rate(source: Source = REPORTED) -> float:
    """Of the source: the best causal model, which knows the sentence lengths and sees all that came before.

    A sentence costs the choice of its length and of its words, spread over its words and its full stop.
    """
    lengths = range(source.shortest, source.longest + 1)
    return by_hand.entropy_rate(len(source.words), lengths, [1 / len(lengths)] * len(lengths))


def leak_entropy(length: int, source: Source = REPORTED) -> float:
    """Of a model that sees the next token of a window of `length`, except after the last: entropy rate / length.

    A held-out loss below `entropy_rate` is proof that a model sees what it predicts; this is how far down it can go.
    Raises ValueError for a length below 1.
    """
    validate_at_least("length", length, 1)
    return entropy_rate(source) / length
