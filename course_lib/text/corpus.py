"""A corpus: three lists of words, for training, validation and test, that share nothing but a name.

Shapes: N tokens of a part; a line's end is a token.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from course_lib.text.reading import byte_count, read_words
from course_lib.text.vocabulary import Vocabulary

PARTS = ("train", "validation", "test")
FILES = ("train.txt", "valid.txt", "test.txt")


@dataclass(frozen=True)
class Corpus:
    """Words of three parts, each with END after every line. Raises ValueError for a part of fewer than 2 tokens."""

    name: str
    train: Sequence[str]
    validation: Sequence[str]
    test: Sequence[str]

    def __post_init__(self) -> None:
        for part, words in self.parts():
            if len(words) < 2:
                raise ValueError(f"{part} of {self.name} must hold at least 2 tokens, got {len(words)}")

    def parts(self) -> Iterator[tuple[str, Sequence[str]]]:
        """("train", words), ("validation", words), ("test", words)."""
        return ((part, getattr(self, part)) for part in PARTS)

    def vocabulary(self, **settings: Any) -> Vocabulary:
        """The vocabulary of the training part; settings as Vocabulary.build takes them."""
        return Vocabulary.build(self.train, **settings)

    def encode(self, vocabulary: Vocabulary) -> dict[str, npt.NDArray[np.int32]]:
        """The ids (N,) of each part."""
        return {part: vocabulary.encode(words) for part, words in self.parts()}

    def byte_counts(self) -> dict[str, int]:
        """The bytes of each part, for bits per byte."""
        return {part: byte_count(words) for part, words in self.parts()}


def read_corpus(folder: Path | str, *, name: str = "", files: Sequence[str] = FILES) -> Corpus:
    """The corpus of a folder with the three files; the name is the folder's unless one is given.

    Raises FileNotFoundError for a missing file, ValueError as `read_words` does.
    """
    folder = Path(folder)
    return Corpus(name or folder.name, *(read_words(folder / file) for file in files))
