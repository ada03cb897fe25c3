"""Verdicts on the claims of the INFINITO training report, read from verdicts.toml."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
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


def read_verdicts(path: Path) -> tuple[dict[str, ClaimVerdict], tuple[ClaimVerdict, ...]]:
    """The verdicts of a file: on the goals by their id, and on other claims. Raises ValueError for another word."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    goals = {row.pop("id"): ClaimVerdict(**row) for row in tables["goals"]}
    return goals, tuple(ClaimVerdict(**row) for row in tables["others"])


GOALS, OTHERS = read_verdicts(Path(__file__).with_suffix(".toml"))


def verdict_table(verdicts: Sequence[ClaimVerdict]) -> str:
    """The verdicts as a Markdown table."""
    lines = ["| the report says | verdict | because | what would change it |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {v.claim} | **{v.word}** | {v.because} | {v.change} |" for v in verdicts)])
