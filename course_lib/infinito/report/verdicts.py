"""What is each claim of the INFINITO training report worth? Supported, not shown or contradicted, and what would tell.

A verdict is about the claim, not about people. The runs and computations behind each stand in lesson 11.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from course_lib.core.validation import validate_choice

Word = Literal["supported", "not shown", "contradicted"]
WORDS: tuple[Word, ...] = ("supported", "not shown", "contradicted")


@dataclass(frozen=True)
class ClaimVerdict:
    """One claim: as the report has it, the verdict, the reason, and what result would change it."""

    claim: str
    word: Word
    because: str
    change: str

    def __post_init__(self) -> None:
        validate_choice("word", self.word, WORDS)


# One per row of the report's table of goals, in its order.
GOALS = {
    "perplexity": ClaimVerdict(
        "perplexity < 100: 99.25",
        "supported",
        "the number comes out again; but a model that only counts symbols passes the goal too",
        "a goal below what counting symbols reaches, met by a model that passes the causality test",
    ),
    "convergence": ClaimVerdict(
        "convergence in < 50 epochs: 15 epochs",
        "not shown",
        "the loss still lies above that of counting symbols, and training stopped before its own schedule ended",
        "a run that goes on until the loss reaches the unigram entropy",
    ),
    "reproducibility": ClaimVerdict(
        "reproducibility, fixed seed: seed 42",
        "contradicted",
        "two runs with seed 42 differ in every epoch that both logged; the data were drawn before the seed",
        "data drawn from a seed, and two runs that agree to the last digit",
    ),
    "no overfitting": ClaimVerdict(
        "no overfitting, train ~ val: 0.3 %",
        "not shown",
        "nothing has been learned yet that could be learned too well: the forecast does not depend on the text",
        "a run that is long enough to memorize, with its held-out loss",
    ),
    "checkpoints": ClaimVerdict(
        "checkpointing, automatic: working",
        "not shown",
        "files are listed; by the script without vocabulary or state of the generators; no resumed run is shown",
        "a killed and resumed run that equals the uninterrupted one",
    ),
}

OTHERS = (
    ClaimVerdict(
        "the memory is operational (256/256, 1.41 %)",
        "contradicted",
        "it is written by every call and its answer is thrown away; scrambling it moves no logit",
        "a run whose held-out loss rises when the memory is scrambled",
    ),
    ClaimVerdict(
        "reduction of 92.3 %, 13.0x better",
        "not shown",
        "the ratio is right; nearly all of it is the step from 10,000 possible symbols to the 101 that occur",
        "the same reduction measured from the uniform model over the symbols in use",
    ),
    ClaimVerdict(
        "before p = 0.039, now std = 0.000000",
        "not shown",
        "such a p is drawn once in 26 times without any cause; a spread of 0 says that a program repeats itself",
        "several seeds, with their spread, before and after",
    ),
    ClaimVerdict(
        "perplexity of 50-80 on the real WikiText-2",
        "contradicted",
        "the same code reached more than 200 there, and a causal model without memory did better",
        "a run on WikiText-2, causal, with the vocabulary of its training part, within the range",
    ),
    ClaimVerdict(
        "the untrained model has a perplexity of 1,200+",
        "contradicted",
        "before its first update this model has about the size of its vocabulary; its first epoch ends near 1,291",
        "an evaluation before the first update",
    ),
)


def verdict_table(verdicts: Sequence[ClaimVerdict]) -> str:
    """The verdicts as a Markdown table."""
    lines = ["| the report says | verdict | because | what would change it |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {v.claim} | **{v.word}** | {v.because} | {v.change} |" for v in verdicts)])
