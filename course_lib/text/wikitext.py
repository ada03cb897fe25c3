"""WikiText-2: 2.5 million words of good Wikipedia articles, from a folder or from the Hugging Face hub.

A token count is part of the data set's definition: a perplexity over another number of tokens cannot be compared.
Source: Merity et al. 2016, Pointer Sentinel Mixture Models (CC BY-SA 3.0).
"""

from pathlib import Path
from typing import Any

from course_lib.core.files import course_root, data_folder, shown_path
from course_lib.text.corpus import FILES, PARTS, Corpus, read_corpus
from course_lib.text.reading import words_of_lines

TOKENS = {"train": 2_088_628, "validation": 217_646, "test": 245_569}  # with one <eos> per line
TYPES = 33_278  # distinct tokens of the training part, <eos> and <unk> among them
PUBLISHED = ("wiki.train.tokens", "wiki.valid.tokens", "wiki.test.tokens")  # as the authors' archive unpacks them
_HUB = ("Salesforce/wikitext", "wikitext-2-v1")
WAY_OUT = "the lessons run without it on course_lib.text.documentation.python_documentation()"


def wikitext2(folder: Path | str | None = None, *, download: bool = False) -> Corpus:
    """WikiText-2 at word level, rare words being <unk> as published, with its token counts checked.

    folder: holds train.txt, valid.txt and test.txt, or the three under their published names (wiki.train.tokens, ...);
    None means `wikitext-2` in the folder that the variable COURSE_DATA names, or in `data` of the course.
    download: True takes it from the hub through `datasets` when no folder is there.

    Raises FileNotFoundError, with the way out in its sentence, when the data is not there and is not to be had;
    ValueError when what is there has another number of tokens.
    """
    root = Path(folder) if folder is not None else data_folder("wikitext-2")
    from_hub = root is None and download
    corpus = _from_hub() if from_hub else _from_folder(root or course_root() / "data" / "wikitext-2")
    _validate_counts(corpus)
    return corpus


def _from_folder(root: Path) -> Corpus:
    # The names of a whole set, if one is there: of two half sets the first is the one to speak of.
    files = next((names for names in (FILES, PUBLISHED) if all((root / name).exists() for name in names)), FILES)
    try:
        return read_corpus(root, name="wikitext-2", files=files)
    except OSError as error:
        raise FileNotFoundError(
            f"WikiText-2 is not there, or not whole, in {shown_path(root)}, where {', '.join(FILES)} or "
            f"{', '.join(PUBLISHED)} must lie ({_found(root)}); wikitext2(download=True) fetches it from "
            f"{_HUB[0]} where no folder is; {WAY_OUT}."
        ) from error


def _found(root: Path) -> str:
    """What lies there in its place, in a few words."""
    try:
        names = sorted(path.name for path in root.iterdir())
    except OSError:
        return "there is no such folder"
    shown = ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
    return f"there is {shown}" if names else "the folder is empty"


def _from_hub() -> Corpus:
    try:
        import datasets
    except ImportError as error:
        raise FileNotFoundError(f"WikiText-2 needs the package datasets, which is not installed: {WAY_OUT}.") from error
    try:
        parts: Any = datasets.load_dataset(*_HUB)
    # ConnectionError without a network; ValueError for a cache that is damaged or of another version.
    except (OSError, RuntimeError, ValueError) as error:
        raise FileNotFoundError(f"WikiText-2 could not be downloaded from {_HUB[0]}; {WAY_OUT}.") from error
    return Corpus("wikitext-2", *(words_of_lines(parts[part]["text"], f"{_HUB[0]} {part}") for part in PARTS))


def _validate_counts(corpus: Corpus) -> None:
    for part, words in corpus.parts():
        if len(words) != TOKENS[part]:
            raise ValueError(
                f"{part} of WikiText-2 must hold {TOKENS[part]:,} tokens (one <eos> per line), got {len(words):,}"
            )
    types = len(set(corpus.train))
    if types != TYPES:
        raise ValueError(f"train of WikiText-2 must hold {TYPES:,} distinct tokens, got {types:,}")
