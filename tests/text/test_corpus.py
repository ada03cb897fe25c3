"""A corpus has three parts, and its vocabulary knows the training part only."""

import re

import numpy as np
import pytest

from course_lib.text.corpus import Corpus, read_corpus
from course_lib.text.reading import END
from course_lib.text.vocabulary import UNKNOWN

SMALL = Corpus("small", ["a", "b", END], ["b", "c", END], ["d", END])


def test_the_vocabulary_is_that_of_the_training_part():
    assert SMALL.vocabulary().words == (UNKNOWN, END, "a", "b")
    assert SMALL.vocabulary(max_size=3).words == (UNKNOWN, END, "a")


def test_unseen_words_of_the_other_parts_are_unknown():
    ids = SMALL.encode(SMALL.vocabulary())
    assert {part: numbers.tolist() for part, numbers in ids.items()} == {
        "train": [2, 3, 1],
        "validation": [3, 0, 1],
        "test": [0, 1],
    }
    assert {numbers.dtype for numbers in ids.values()} == {np.dtype(np.int32)}


def test_bytes_are_counted_per_part():
    assert SMALL.byte_counts() == {"train": len("a b\n"), "validation": len("b c\n"), "test": len("d\n")}


def test_a_folder_is_read_into_three_parts(tmp_path):
    for stem, text in (("train", "a b\nc\n"), ("valid", "a\n"), ("test", "b\n")):
        (tmp_path / f"{stem}.txt").write_text(text)
    corpus = read_corpus(tmp_path)
    assert corpus.name == tmp_path.name
    assert dict(corpus.parts()) == {"train": ["a", "b", END, "c", END], "validation": ["a", END], "test": ["b", END]}
    assert read_corpus(tmp_path, name="mine").name == "mine"


def test_a_folder_without_one_of_its_files_is_not_found(tmp_path):
    (tmp_path / "train.txt").write_text("a b\n")
    with pytest.raises(FileNotFoundError, match=r"valid\.txt"):
        read_corpus(tmp_path)


def test_a_damaged_file_is_named_with_its_line(tmp_path):
    for stem in ("train", "valid", "test"):
        (tmp_path / f"{stem}.txt").write_bytes(b"a b\n" if stem != "valid" else b"a\n\xff\n")
    with pytest.raises(ValueError, match=r"^valid\.txt, line 2 is not UTF-8"):
        read_corpus(tmp_path)


@pytest.mark.parametrize("words", [[], [END]])
def test_a_part_without_a_word_to_predict_is_refused(words):
    message = f"validation of small must hold at least 2 tokens, got {len(words)}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Corpus("small", ["a", END], words, ["a", END])
