"""How low a held-out perplexity gets, and what it means there: small models on the source of the report.

Every run differs from the honest one in one thing: what the model sees, what it is asked for, or which text is called
held out. Shapes: B blocks of T = 32 tokens, in batches of 16; losses in nats per token.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

import torch

from course_lib.core.seeding import stream
from course_lib.infinito.config import AS_REPORTED, InfinitoConfig
from course_lib.infinito.losses import language_loss
from course_lib.infinito.model import Infinito
from course_lib.infinito.train import SPECIAL
from course_lib.text.synthetic import synthetic_corpus

TOKENS, BATCH, RATE = 32, 16, 1e-3
# The reported design at a small size, without the memory that nobody hears.
REPORTED_SMALL = replace(
    AS_REPORTED, vocabulary=104, context=TOKENS, positions=64, width=64, layers=2, heads=4, feed_forward=256,
    memory_slots=0, shared_memory=False, write_in_evaluation=False, metric_layers=False, ignored_token=None,
)  # fmt: skip


@dataclass(frozen=True)
class SmallRun:
    """One run. text: tokens of the training text. shifted: the target is the next token, not the token itself.

    held_out: a fresh sample of the source, or the training text once more. real: how many tokens of each block are
    text; the rest is padding that is counted like a token.
    """

    config: InfinitoConfig = field(default=replace(REPORTED_SMALL, causal=True))
    text: int = 100_000
    shifted: bool = True
    held_out: Literal["fresh", "training text"] = "fresh"
    real: int = TOKENS


HONEST = SmallRun()
NO_MASK = SmallRun(replace(REPORTED_SMALL, position_std=1.0))  # positions as loud as the words
NO_MASK_QUIET = SmallRun(REPORTED_SMALL)  # position_std 0.02, as in the report
NOT_SHIFTED = SmallRun(shifted=False)
MEMORIZES = SmallRun(text=2_048)
SAME_TEXT = SmallRun(text=2_048, held_out="training text")
PADDED = SmallRun(real=22)


@dataclass(frozen=True)
class Point:
    """Where a run stands: updates so far, perplexity of its training text and of the held-out text, both without noise.

    noisy: of the training text once more, as training itself sees it: with dropout and exploration.
    """

    step: int
    train: float
    held_out: float
    noisy: float


def small_run(run: SmallRun, *, steps: int, every: int, seed: int = 0) -> Iterator[Point]:
    """Train and report after every `every` updates. Weights, text and order are functions of the seed."""
    train, fresh = blocks_of(run, seed)
    held_out = fresh if run.held_out == "fresh" else train
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream(seed, "weights"))
        model = Infinito(run.config)
        optimizer = torch.optim.AdamW(model.parameters(), lr=RATE)
        order = torch.Generator().manual_seed(stream(seed, "order"))
        for step in range(1, steps + 1):
            rows = torch.randint(len(train), (BATCH,), generator=order)
            optimizer.zero_grad()
            language_loss(model, asked(run, train[rows]), padded=False).mean.backward()
            optimizer.step()
            if step % every == 0:
                noisy = perplexity_of_blocks(model, run, train, training=True)
                yield Point(
                    step, perplexity_of_blocks(model, run, train), perplexity_of_blocks(model, run, held_out), noisy
                )


def blocks_of(run: SmallRun, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Blocks of ids (B, T + 1) of the training text, and of a fresh sample, numbered by the training text."""
    corpus = synthetic_corpus(seed)
    vocabulary = corpus.vocabulary(special=SPECIAL)
    parts = []
    for words, most in ((corpus.train, run.text), (corpus.validation, 8_192)):
        ids = torch.from_numpy(vocabulary.encode(words)).long()[:most]
        ids = ids[: len(ids) // run.real * run.real].view(-1, run.real)  # blocks that do not overlap
        following = torch.cat([ids[1:, :1], ids[:1, :1]])
        parts.append(torch.cat([ids, following], dim=1)[:-1])
    if run.real < TOKENS:
        parts = [torch.nn.functional.pad(part, (0, TOKENS - run.real)) for part in parts]
    return parts[0], parts[1]


def asked(run: SmallRun, blocks: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs and targets (B, T) of blocks (B, T + 1)."""
    return blocks[:, :-1], blocks[:, 1:] if run.shifted else blocks[:, :-1]


@torch.no_grad()
def perplexity_of_blocks(model: Infinito, run: SmallRun, blocks: torch.Tensor, *, training: bool = False) -> float:
    """The perplexity of the first 128 blocks; the model goes on in training mode."""
    model.train(training)
    loss = language_loss(model, asked(run, blocks[:128]), padded=False)
    model.train()
    return math.exp(float(loss.mean))
