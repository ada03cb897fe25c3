"""A vocabulary: words in order, the place of a word being its id.

Shapes: N tokens. Build it from the training part only: a vocabulary that has seen the test part knows which words will
come.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from course_lib.core.files import write_json
from course_lib.core.validation import validate_at_least, validate_ids, validate_not_empty, validate_text
from course_lib.text.reading import END

UNKNOWN = "<unk>"
PADDING = "<pad>"
_FORMAT = "vocabulary of the course, 1"


@dataclass(frozen=True)
class Vocabulary:
    """Words in the order of their ids. A word that is not among them is read as "<unk>", if that is one of them.

    Raises ValueError for no words, two equal words, or a word that is empty, holds white space or a lone surrogate;
    TypeError for one that is not a text.
    """

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", tuple(self.words))
        validate_not_empty("words", self.words, "word")
        for word in self.words:
            _validate_word(word)
        if len(self._ids) < len(self.words):
            [(twice, _)] = Counter(self.words).most_common(1)
            raise ValueError(f"words must differ, got {twice!r} more than once")

    @classmethod
    def build(
        cls,
        tokens: Iterable[str],
        *,
        special: Sequence[str] = (UNKNOWN, END),
        max_size: int | None = None,
        minimum_count: int = 1,
    ) -> "Vocabulary":
        """The special words, then the words of `tokens` (the training part) by falling frequency.

        Equally frequent words stand in the order of their characters, so that the order of the text does not matter.
        max_size counts the special words too; words rarer than minimum_count are left out.
        Raises ValueError for a minimum_count below 1 or a max_size that leaves no room beside the special words.
        """
        validate_at_least("minimum_count", minimum_count, 1)
        if max_size is not None and max_size <= len(special):
            raise ValueError(f"max_size must be above {len(special)}, the number of special words, got {max_size}")
        counts = Counter(tokens)
        for word in special:
            counts.pop(word, None)
        frequent = [word for word, count in counts.items() if count >= minimum_count]
        frequent.sort(key=lambda word: (-counts[word], word))
        room = None if max_size is None else max_size - len(special)
        return cls((*special, *frequent[:room]))

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._ids

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the words: what a checkpoint keeps, to be loaded with the same vocabulary only."""
        # No word holds white space, so the newlines make two lists with one text impossible.
        return hashlib.sha256("\n".join(self.words).encode()).hexdigest()

    def id(self, word: str) -> int:
        """The id of a word, or that of "<unk>". Raises ValueError if the vocabulary has neither."""
        number = self._ids.get(word, self._ids.get(UNKNOWN))
        if number is None:
            raise ValueError(f"the vocabulary has neither the word {word!r} nor {UNKNOWN}")
        return number

    def encode(self, tokens: Iterable[str]) -> npt.NDArray[np.int32]:
        """The ids (N,) of words. Raises ValueError for an unseen word if the vocabulary has no "<unk>"."""
        unknown, ids = self._ids.get(UNKNOWN), self._ids
        if unknown is None:
            return np.fromiter((self.id(token) for token in tokens), dtype=np.int32)
        return np.fromiter((ids.get(token, unknown) for token in tokens), dtype=np.int32)

    def decode(self, ids: npt.ArrayLike) -> list[str]:
        """The words of ids (N,). Raises TypeError for numbers that are not whole, ValueError for ids out of range."""
        numbers = np.asarray(ids)
        validate_ids("ids", numbers, len(self))
        return [self.words[number] for number in numbers.astype(np.int64).tolist()]

    def save(self, path: Path | str) -> None:
        """Write the vocabulary as JSON; the file is complete or untouched."""
        write_json(Path(path), {"format": _FORMAT, "sha256": self.digest, "words": list(self.words)})

    @classmethod
    def load(cls, path: Path | str) -> "Vocabulary":
        """Read what `save` wrote. Raises ValueError, with the file, for anything else or a damaged file."""
        path = Path(path)
        try:
            data = json.loads(path.read_bytes())
        except ValueError as error:  # not JSON, or not even text
            raise ValueError(f"{path} is no vocabulary: {error}") from error
        if not isinstance(data, dict) or data.get("format") != _FORMAT or not isinstance(data.get("words"), list):
            raise ValueError(f"{path} is no vocabulary: it must hold the format {_FORMAT!r} and a list of words")
        try:
            vocabulary = cls(tuple(data["words"]))
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path} is no vocabulary: {error}") from error
        if vocabulary.digest != data.get("sha256"):
            raise ValueError(f"{path} is damaged: its words do not have the SHA-256 that it states")
        return vocabulary

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.words)}


def _validate_word(word: object) -> None:
    validate_text("a word", word)
    if word.split() != [word]:
        raise ValueError(f"a word must not be empty or hold white space, got {word!r}")
    try:
        word.encode()
    except UnicodeEncodeError:
        raise ValueError(f"a word must be encodable as UTF-8, got {word!r}") from None
