"""How is INFINITO trained? A recipe (model, text, optimizer, schedule) and one call of `fit`.

The recipe AS_REPORTED_RUN is the run that ended at perplexity 99.25, with what its script did: weight decay on every
parameter, a cosine over 20 epochs of which 15 are trained, and a vocabulary of its own for each part of the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from course_lib.core.schedules import Schedule, cosine_with_warmup
from course_lib.core.seeding import Seeds, stream
from course_lib.infinito.config import AS_REPORTED, FULL, InfinitoConfig
from course_lib.infinito.model import Infinito
from course_lib.text.blocks import ShuffledBlocks
from course_lib.text.corpus import Corpus
from course_lib.text.documentation import python_documentation
from course_lib.text.reading import END
from course_lib.text.synthetic import as_reported, synthetic_corpus
from course_lib.text.vocabulary import PADDING, UNKNOWN, Vocabulary
from course_lib.text.wikitext import wikitext2
from course_lib.training.noise import generators_kept
from course_lib.training.state import TrainState


@dataclass(frozen=True)
class Recipe:
    """Everything that a run of INFINITO depends on besides its seeds.

    text: the reported synthetic source, WikiText-2, or the documentation of Python. horizon: epochs over which the cosine falls to
    `floor` times the rate; warmup: updates. own_vocabularies: each part numbers its words by itself, as the reported
    script did, so that validation asks about other words than training taught. plain_seed: the weights are those that
    torch.manual_seed(seeds.init) gives, as in the reported script, and not those of a stream of their own.
    Raises ValueError for sizes below 1, a rate that is not above 0, or fewer words in the model than in the vocabulary.
    """

    model: InfinitoConfig = FULL
    text: Literal["synthetic", "wikitext-2", "documentation"] = "wikitext-2"
    batch: int = 32
    epochs: int = 20
    rate: float = 1e-3
    weight_decay: float = 0.01
    clip: float = 1.0
    horizon: int = 20
    floor: float = 0.01
    warmup: int = 0
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    own_vocabularies: bool = False
    plain_seed: bool = False

    def __post_init__(self) -> None:
        for name in ("batch", "epochs", "horizon"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not self.rate > 0:
            raise ValueError(f"rate must be above 0, got {self.rate}")


AS_REPORTED_RUN = Recipe(AS_REPORTED, "synthetic", epochs=15, rate=1e-4, own_vocabularies=True, plain_seed=True)


@dataclass(frozen=True)
class Data:
    """The loaders of a run and the vocabulary of its training part."""

    train: ShuffledBlocks
    validation: ShuffledBlocks
    vocabulary: Vocabulary


def load_text(recipe: Recipe, seed: int) -> Corpus:
    """The corpus of the recipe; the synthetic one is drawn from `seed`. Raises FileNotFoundError where it is missing."""
    if recipe.text == "synthetic":
        return synthetic_corpus(seed)
    return wikitext2() if recipe.text == "wikitext-2" else python_documentation()


def prepare(recipe: Recipe, seeds: Seeds, *, device: torch.device | str = "cpu") -> Data:
    """Encode the corpus and cut it into blocks of the model's context. Validation comes in the order of the text."""
    corpus = load_text(recipe, seeds.data)
    settings = {"special": (PADDING, UNKNOWN, END), "max_size": recipe.model.vocabulary}
    vocabulary = corpus.vocabulary(**settings)
    ids = corpus.encode(vocabulary)
    if recipe.own_vocabularies:
        ids["validation"] = Vocabulary.build(corpus.validation, **settings).encode(corpus.validation)
    if recipe.text == "synthetic":
        ids = {part: as_reported(numbers, recipe.model.context) for part, numbers in ids.items()}
    sizes = {"batch": recipe.batch, "length": recipe.model.context, "seed": seeds.data, "device": device}
    return Data(
        train=ShuffledBlocks(ids["train"], **sizes),
        validation=ShuffledBlocks(ids["validation"], shuffle=False, **sizes),
        vocabulary=vocabulary,
    )


def start(recipe: Recipe, seeds: Seeds, *, device: torch.device | str = "cpu") -> TrainState:
    """A new model with weights drawn from seeds.init, and its AdamW (decay on every parameter, as reported)."""
    with generators_kept(torch.device("cpu")):
        torch.manual_seed(seeds.init if recipe.plain_seed else stream(seeds.init, "weights"))
        model = Infinito(recipe.model)
    model.to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay)
    return TrainState(model, optimizer, seeds)


def schedule(recipe: Recipe, steps_per_epoch: int) -> Schedule:
    """Warm-up and cosine, counted in updates as the reported run did: its horizon is 20 epochs of 13 batches."""
    return cosine_with_warmup(recipe.horizon * steps_per_epoch, recipe.warmup, recipe.floor)
