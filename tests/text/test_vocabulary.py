"""A vocabulary: ids and back, the same words in the same order always, and no other file taken for one."""

import json
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.text.reading import END
from course_lib.text.vocabulary import PADDING, UNKNOWN, Vocabulary

QUICK = settings(max_examples=60, deadline=None, derandomize=True)
WORDS = st.text("abcé.", min_size=1, max_size=2)
TOKENS = st.lists(WORDS, max_size=40)


def test_special_words_come_first_then_the_frequent_ones():
    words = ["b", "a", "b", "c", "b", "a", "d"]
    assert Vocabulary.build(words).words == (UNKNOWN, END, "b", "a", "c", "d")


def test_equally_frequent_words_stand_in_the_order_of_their_characters():
    assert Vocabulary.build(["c", "a", "b"], special=()) == Vocabulary.build(["b", "c", "a"], special=())


def test_special_words_that_occur_in_the_text_are_not_counted_again():
    words = ["a", END, UNKNOWN, "a", END, END]
    assert Vocabulary.build(words).words == (UNKNOWN, END, "a")


def test_the_reported_run_has_padding_first_and_the_full_stop_fourth():
    words = ["a", ".", "b", ".", "a", "."]
    vocabulary = Vocabulary.build(words, special=(PADDING, UNKNOWN, END), max_size=10_000)
    assert vocabulary.id(".") == 3
    assert vocabulary.words[:3] == ("<pad>", "<unk>", "<eos>")


def test_the_size_counts_the_special_words_and_keeps_the_most_frequent():
    words = ["a", "a", "a", "b", "b", "c"]
    assert Vocabulary.build(words, max_size=4).words == (UNKNOWN, END, "a", "b")
    assert len(Vocabulary.build(words, max_size=100)) == 5


def test_words_below_the_minimum_count_are_left_out():
    words = ["a", "a", "a", "b", "b", "c"]
    assert Vocabulary.build(words, minimum_count=2).words == (UNKNOWN, END, "a", "b")
    assert Vocabulary.build(words, minimum_count=4).words == (UNKNOWN, END)


@QUICK
@given(TOKENS)
def test_the_order_is_that_of_falling_frequency(tokens):
    counts = Counter(tokens)
    listed = [counts[word] for word in Vocabulary.build(tokens).words[2:]]
    assert listed == sorted(counts.values(), reverse=True)


@QUICK
@given(TOKENS)
def test_words_of_the_vocabulary_come_back_from_their_ids(tokens):
    vocabulary = Vocabulary.build(tokens)
    ids = vocabulary.encode(tokens)
    assert (ids.dtype, ids.shape) == (np.int32, (len(tokens),))
    assert vocabulary.decode(ids) == tokens


@QUICK
@given(TOKENS, TOKENS)
def test_words_that_training_never_saw_become_unknown(train, test):
    vocabulary = Vocabulary.build(train)
    expected = [word if word in train else UNKNOWN for word in test]
    assert vocabulary.decode(vocabulary.encode(test)) == expected


def test_without_an_unknown_word_an_unseen_one_is_named():
    vocabulary = Vocabulary(("a", "b"))
    assert vocabulary.encode(["b", "a"]).tolist() == [1, 0]
    with pytest.raises(ValueError, match=r"^the vocabulary has neither the word 'c' nor <unk>$"):
        vocabulary.encode(["a", "c"])
    with pytest.raises(ValueError, match=r"neither the word 'c' nor <unk>"):
        vocabulary.id("c")


def test_one_word_is_looked_up_like_many():
    vocabulary = Vocabulary((UNKNOWN, "a"))
    assert [vocabulary.id("a"), vocabulary.id("z")] == vocabulary.encode(["a", "z"]).tolist()
    assert ("a" in vocabulary, "z" in vocabulary) == (True, False)


@pytest.mark.parametrize(
    ("ids", "error", "words"),
    [
        ([0, 2], ValueError, "ids must be in [0, 2), got 0 to 2"),
        ([-1], ValueError, "ids must be in [0, 2), got -1 to -1"),
        ([[0]], ValueError, "ids must have shape (n,), got (1, 1)"),
        ([0.0], TypeError, "ids must be integers, got float64"),
    ],
)
def test_ids_that_are_none_are_refused(ids, error, words):
    with pytest.raises(error, match=f"^{re.escape(words)}$"):
        Vocabulary(("a", "b")).decode(ids)


def test_no_ids_are_no_words():
    assert Vocabulary(("a",)).decode([]) == []
    assert Vocabulary(("a",)).encode([]).shape == (0,)


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ((), ValueError, "words must hold at least one word, got none"),
        (("a", "b", "a"), ValueError, "words must differ, got 'a' more than once"),
        (("a", ""), ValueError, "a word must not be empty or hold white space, got ''"),
        (("a b",), ValueError, "a word must not be empty or hold white space, got 'a b'"),
        (("a\u2028",), ValueError, "a word must not be empty or hold white space, got 'a\\u2028'"),
        (("\ud800",), ValueError, "a word must be encodable as UTF-8, got '\\ud800'"),
        (("a", 1), TypeError, "a word must be a text, got 1"),
    ],
)
def test_words_that_are_none_are_refused(words, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        Vocabulary(words)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"minimum_count": 0}, "minimum_count must be at least 1, got 0"),
        ({"max_size": 2}, "max_size must be above 2, the number of special words, got 2"),
    ],
)
def test_sizes_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        Vocabulary.build(["a"], **settings)


def test_a_vocabulary_comes_back_from_its_file(tmp_path):
    vocabulary = Vocabulary.build(["naïve", "🙂", "\\", '"', "a", "a"])
    vocabulary.save(tmp_path / "vocabulary.json")
    again = Vocabulary.load(tmp_path / "vocabulary.json")
    assert again == vocabulary
    assert again.digest == vocabulary.digest
    assert [path.name for path in tmp_path.iterdir()] == ["vocabulary.json"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "vocabulary.json"
    Vocabulary(("a",)).save(path)
    monkeypatch.setattr("os.replace", lambda *paths: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        Vocabulary(("b",)).save(path)
    assert Vocabulary.load(path).words == ("a",)
    assert len(list(tmp_path.iterdir())) == 1


def test_the_digest_is_that_of_the_words_in_their_order():
    assert Vocabulary(("a", "b")).digest == Vocabulary(("a", "b")).digest
    digests = {Vocabulary(words).digest for words in (("a", "b"), ("b", "a"), ("ab",), ("a", "b", "c"), ("a",))}
    assert len(digests) == 5
    # What sha256sum prints for the two words with a newline between them.
    assert Vocabulary(("a", "b")).digest == "7e18f737311b2dc3b2f269dd78396b0351f14fb66efa879f768cb23181883c78"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'"vocabulary of the course, 1"',
        b'{"words": ["a"]}',
        b'{"format": "vocabulary of the course, 2", "words": ["a"]}',
        b'{"format": "vocabulary of the course, 1", "words": "a"}',
        b'{"format": "vocabulary of the course, 1", "words": ["a", 1]}',
        b'{"format": "vocabulary of the course, 1", "words": ["a", "a"]}',
        b'{"format": "vocabulary of the course, 1", "words": ["\\ud800"]}',
        b'{"format": "vocabulary of the course, 1", "words": []}',
    ],
)
def test_a_foreign_file_is_no_vocabulary(content, tmp_path):
    (tmp_path / "file.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"file\.json is no vocabulary: "):
        Vocabulary.load(tmp_path / "file.json")


def test_a_file_whose_words_were_changed_is_damaged(tmp_path):
    path = tmp_path / "vocabulary.json"
    Vocabulary(("a", "b")).save(path)
    data = json.loads(path.read_text())
    for words in (["a", "c"], ["b", "a"], ["a"]):
        path.write_text(json.dumps({**data, "words": words}))
        with pytest.raises(ValueError, match=r"vocabulary\.json is damaged"):
            Vocabulary.load(path)
    path.write_text(json.dumps({"format": data["format"], "words": ["a", "b"]}))
    with pytest.raises(ValueError, match=r"vocabulary\.json is damaged"):
        Vocabulary.load(path)


def test_every_cut_of_a_file_is_refused(tmp_path):
    path = tmp_path / "vocabulary.json"
    Vocabulary(("a", "é")).save(path)
    whole = path.read_bytes()
    for length in range(len(whole) - 1):  # without the last newline it is still whole
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"vocabulary\.json is no vocabulary: "):
            Vocabulary.load(path)
