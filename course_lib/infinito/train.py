"""The training of INFINITO: a recipe (model, text, optimizer, schedule), and one call of `run`.

The preset "as-reported" is the run that ended at perplexity 99.25, with what its script did: weight decay on every
parameter, a cosine over 20 epochs of which 15 are trained, and a vocabulary of its own for each part of the data.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import torch

from course_lib.core.metrics import Loss
from course_lib.core.schedules import Schedule, cosine_with_warmup
from course_lib.core.seeding import Seeds, stream
from course_lib.core.validation import validate_above, validate_at_least
from course_lib.infinito.config import AS_REPORTED, FULL, SMALL, InfinitoConfig
from course_lib.infinito.losses import Batch, language_loss
from course_lib.infinito.model import Infinito
from course_lib.text.blocks import ShuffledBlocks
from course_lib.text.corpus import Corpus
from course_lib.text.documentation import python_documentation
from course_lib.text.reading import END
from course_lib.text.synthetic import as_reported, synthetic_corpus
from course_lib.text.vocabulary import PADDING, UNKNOWN, Vocabulary
from course_lib.text.wikitext import wikitext2
from course_lib.training.loop.callbacks import evaluate_on, every, note_batch
from course_lib.training.loop.distributed import rank, wrap
from course_lib.training.loop.generators import generators_kept
from course_lib.training.loop.parameter_groups import decay_groups
from course_lib.training.loop.state import TrainState
from course_lib.training.runs.epoch_table import print_table
from course_lib.training.runs.out_of_memory import advice_on_size
from course_lib.training.runs.run import run

SPECIAL = (PADDING, UNKNOWN, END)  # ids 0, 1, 2, as in the report


@dataclass(frozen=True)
class Recipe:
    """Everything that a run of INFINITO depends on besides its seeds.

    text: the reported synthetic source, WikiText-2, or the documentation of Python. length: tokens of a block; a
    multiple of the model's context is read segment by segment, so that the memory has a past. horizon: epochs over
    which the cosine falls to `floor` times the rate; warmup: updates.
    As the reported script did, with True: decay_everything (biases, norms and embeddings too), own_vocabularies (each
    part numbers its words by itself, so that validation asks about other words than training taught), plain_seed (the
    weights are those of torch.manual_seed(seeds.init), not of a stream of their own).
    Raises ValueError for sizes below 1, a length that is no multiple of the context, or a rate that is not above 0.
    """

    model: InfinitoConfig = FULL
    text: Literal["synthetic", "wikitext-2", "documentation"] = "wikitext-2"
    batch: int = 32
    length: int = 256
    epochs: int = 20
    lr: float = 1e-3
    weight_decay: float = 0.01
    clip: float = 1.0
    horizon: int = 20
    floor: float = 0.01
    warmup: int = 0
    check_every: int = 1
    decay_everything: bool = False
    own_vocabularies: bool = False
    plain_seed: bool = False

    def __post_init__(self) -> None:
        for name in ("batch", "length", "epochs", "horizon"):
            validate_at_least(name, getattr(self, name), 1)
        if self.length % self.model.context != 0:
            raise ValueError(f"length ({self.length}) must be a multiple of the context ({self.model.context})")
        validate_above("lr", self.lr, 0)


AS_REPORTED_RUN = Recipe(
    AS_REPORTED, "synthetic", epochs=15, lr=1e-4, decay_everything=True, own_vocabularies=True, plain_seed=True
)
PRESETS = {
    # About a minute on one core.
    "cpu": Recipe(SMALL, "documentation", batch=8, length=256, epochs=1, lr=2e-3, horizon=1, warmup=10),
    "as-reported": AS_REPORTED_RUN,
    "wikitext2": Recipe(replace(FULL, vocabulary=33_280), length=1024, batch=8, warmup=200),
    "cuda": Recipe(
        replace(FULL, vocabulary=33_280), length=1024, batch=32, epochs=40, horizon=40, warmup=200, check_every=50
    ),
}


@dataclass(frozen=True)
class Data:
    """The loaders of a run and the vocabulary of its training part."""

    train: ShuffledBlocks
    validation: ShuffledBlocks
    vocabulary: Vocabulary


def train_infinito(
    recipe: Recipe,
    seeds: Seeds,
    folder: Path,
    *,
    device: torch.device | str = "cpu",
    precision: str = "float32",
    log: Callable[[str], object] = print,
) -> TrainState:
    """Train the recipe in `folder`, or go on there; the vocabulary is saved beside the checkpoints.

    A row "val" per epoch with the loss, and as "mean_of_batches" the number that the report calls the loss.
    Raises FileNotFoundError for a text that is not there, and as `run` does.
    """
    data = prepare(recipe, seeds, device=device)
    state = start_state(recipe, seeds, device=device)
    validate = partial(validation_losses, config=recipe.model)
    if rank() == 0:
        data.vocabulary.save(Path(folder) / "vocabulary.json")
    with advice_on_size(state, batch_size=recipe.batch):
        run(
            folder,
            state,
            data.train,
            partial(language_loss, padded=False, config=recipe.model),  # these blocks are never padded
            epochs=recipe.epochs,
            config=recipe,
            extra={"vocabulary": data.vocabulary.digest, "precision": precision},
            keep="best",
            schedule=schedule(recipe, len(data.train)),
            clip=recipe.clip,
            precision=precision,
            check_every=recipe.check_every,
            on_step=[every(recipe.check_every, note_batch)],  # where `fit` reads the loss anyway
            on_epoch=[evaluate_on("val", data.validation, validate, precision=precision), print_table(log)],
            log=log,
        )
    return state


def load_text(recipe: Recipe, seed: int) -> Corpus:
    """The corpus of the recipe; the synthetic one is drawn from `seed`. Raises FileNotFoundError for a missing one."""
    if recipe.text == "synthetic":
        return synthetic_corpus(seed)
    return wikitext2() if recipe.text == "wikitext-2" else python_documentation()


def prepare(recipe: Recipe, seeds: Seeds, *, device: torch.device | str = "cpu") -> Data:
    """Encode the corpus and cut it into blocks; the vocabulary is the training part's. Validation is not shuffled."""
    corpus = load_text(recipe, seeds.data)
    vocabulary = corpus.vocabulary(special=SPECIAL, max_size=recipe.model.vocabulary)
    ids = corpus.encode(vocabulary)
    if recipe.own_vocabularies:
        own = Vocabulary.build(corpus.validation, special=SPECIAL, max_size=recipe.model.vocabulary)
        ids["validation"] = own.encode(corpus.validation)
    if recipe.text == "synthetic":
        ids = {part: as_reported(numbers, recipe.length) for part, numbers in ids.items()}
    return Data(
        train=ShuffledBlocks(ids["train"], batch=recipe.batch, length=recipe.length, seed=seeds.data, device=device),
        validation=ShuffledBlocks(
            ids["validation"], batch=recipe.batch, length=recipe.length, shuffle=False, device=device
        ),
        vocabulary=vocabulary,
    )


def start_state(recipe: Recipe, seeds: Seeds, *, device: torch.device | str = "cpu") -> TrainState:
    """A new model with weights drawn from seeds.init on the CPU, whatever the device, and its AdamW."""
    with generators_kept(torch.device("cpu")):
        torch.manual_seed(seeds.init if recipe.plain_seed else stream(seeds.init, "weights"))
        model = Infinito(recipe.model)
    model.to(device)
    if recipe.decay_everything:
        groups = [{"params": list(model.parameters()), "weight_decay": recipe.weight_decay}]
    else:
        groups = decay_groups(model, recipe.weight_decay)
    fused = next(model.parameters()).device.type == "cuda"
    # unused: the reported memory, and the memory of a single segment, are no part of the graph.
    return TrainState(wrap(model, unused=True), torch.optim.AdamW(groups, lr=recipe.lr, fused=fused), seeds)


def schedule(recipe: Recipe, steps_per_epoch: int) -> Schedule:
    """Warm-up and cosine, counted in updates as the reported run did: its horizon is 20 epochs of 13 batches."""
    return cosine_with_warmup(recipe.horizon * steps_per_epoch, recipe.warmup, recipe.floor)


def validation_losses(model: torch.nn.Module, batch: Batch, config: InfinitoConfig | None = None) -> dict[str, Loss]:
    """The loss, and the mean over batches that the report takes for it: a smaller last batch then counts as much."""
    loss = language_loss(model, batch, padded=False, config=config)
    return {"loss": loss, "mean_of_batches": Loss(loss.mean, 1)}
