"""WikiText-2: the counts of the real one, from a folder or from the hub; a wrong or missing one is told apart."""

import socket
import sys
from types import SimpleNamespace

import pytest

from course_lib.text import wikitext as module
from course_lib.text.reading import END
from course_lib.text.sources import real_text
from course_lib.text.vocabulary import UNKNOWN
from course_lib.text.wikitext import TOKENS, TYPES, wikitext2

TEXTS = {"train": " \n = Title = \n \n a <unk> b \n", "validation": " a b \n", "test": " b \n\n"}
COUNTS = {"train": 10, "validation": 3, "test": 3}


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A WikiText-2 of three sentences, whose counts are taken for the right ones."""
    for stem, part in (("train", "train"), ("valid", "validation"), ("test", "test")):
        (tmp_path / "wikitext-2").mkdir(exist_ok=True)
        (tmp_path / "wikitext-2" / f"{stem}.txt").write_text(TEXTS[part])
    monkeypatch.setattr(module, "TOKENS", COUNTS)
    monkeypatch.setattr(module, "TYPES", 6)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    return tmp_path / "wikitext-2"


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """A machine without the folder and without a network."""

    def refuse(*address, **more):
        raise OSError("no network here")

    monkeypatch.setattr(module, "data_folder", lambda name: None)
    monkeypatch.setattr(module, "course_root", lambda: tmp_path)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return tmp_path


def hub_of(monkeypatch, load):
    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load))


def test_the_real_one_has_its_published_counts(wikitext):
    assert {part: len(words) for part, words in wikitext.parts()} == TOKENS
    assert TOKENS == {"train": 2_088_628, "validation": 217_646, "test": 245_569}
    assert len(set(wikitext.train)) == TYPES == 33_278


def test_the_vocabulary_of_the_real_one_has_no_unseen_word_in_the_other_parts(wikitext):
    vocabulary = wikitext.vocabulary()
    assert len(vocabulary) == TYPES
    for part, words in wikitext.parts():
        ids = vocabulary.encode(words)
        assert (ids == vocabulary.id(UNKNOWN)).sum() == sum(word == UNKNOWN for word in words), part
    assert vocabulary.decode(vocabulary.encode(wikitext.test)) == wikitext.test


def test_the_real_one_has_as_many_lines_as_rows_in_the_hub(wikitext):
    assert [sum(word == END for word in words) for _, words in wikitext.parts()] == [36_718, 3_760, 4_358]


def test_a_folder_is_read_with_one_end_per_line(small):
    assert wikitext2(small).train == [END, "=", "Title", "=", END, END, "a", UNKNOWN, "b", END]


def test_the_folder_of_the_data_variable_is_found(small):
    assert wikitext2().test == ["b", END, END]


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_a_wrong_count_is_told_with_both_numbers(part, small):
    stem = {"validation": "valid"}.get(part, part)
    with open(small / f"{stem}.txt", "a") as file:
        file.write("one more\n")
    found = COUNTS[part] + 3
    with pytest.raises(ValueError, match=rf"^{part} of WikiText-2 must hold {COUNTS[part]} tokens .*, got {found}$"):
        wikitext2(small)


def test_a_wrong_number_of_types_is_told_with_both_numbers(small):
    (small / "train.txt").write_text(TEXTS["train"].replace("Title", "a"))
    with pytest.raises(ValueError, match=r"^train of WikiText-2 must hold 6 distinct tokens, got 5$"):
        wikitext2(small)


def test_a_damaged_file_is_named_with_its_line(small):
    (small / "test.txt").write_bytes(b"b\n\xff\n")
    with pytest.raises(ValueError, match=r"^test\.txt, line 2 is not UTF-8"):
        wikitext2(small)


def test_a_missing_folder_is_one_sentence_with_the_way_out(nowhere):
    with pytest.raises(FileNotFoundError, match=r"^WikiText-2 is not there.*download=True.*python_document") as caught:
        wikitext2()
    assert "\n" not in str(caught.value)
    assert list(nowhere.iterdir()) == []


def test_a_folder_with_a_missing_part_is_one_sentence(small):
    (small / "valid.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"^WikiText-2 is not there, or not whole, in "):
        wikitext2(small)


def test_a_folder_as_the_archive_of_its_authors_unpacks_it_is_read(small):
    under_our_names = wikitext2(small)
    for stem in ("train", "valid", "test"):
        (small / f"{stem}.txt").rename(small / f"wiki.{stem}.tokens")
    assert wikitext2(small) == under_our_names


def test_a_folder_with_other_names_is_told_what_is_wanted_and_what_is_there(small):
    (small / "train.txt").rename(small / "wiki.train.raw")
    with pytest.raises(FileNotFoundError) as caught:
        wikitext2(small)
    said = str(caught.value)
    assert "train.txt, valid.txt, test.txt or wiki.train.tokens, wiki.valid.tokens, wiki.test.tokens must lie" in said
    assert "(there is test.txt, valid.txt, wiki.train.raw)" in said
    with pytest.raises(FileNotFoundError, match="there is no such folder"):
        wikitext2(small / "nowhere")
    (small / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="the folder is empty"):
        wikitext2(small / "empty")


def test_the_hub_gives_the_same_corpus_as_the_folder(small, monkeypatch):
    from_folder = wikitext2(small)
    # The hub's rows keep the newline of a line with words, and are empty for an empty line.
    rows = {
        part: {"text": [line if line.strip() else "" for line in text.splitlines(keepends=True)]}
        for part, text in TEXTS.items()
    }
    asked = []
    hub_of(monkeypatch, lambda *names: asked.append(names) or rows)
    monkeypatch.setattr(module, "data_folder", lambda name: None)
    assert wikitext2(download=True) == from_folder
    assert asked == [("Salesforce/wikitext", "wikitext-2-v1")]


def test_a_folder_that_is_there_is_not_downloaded_again(small, monkeypatch):
    hub_of(monkeypatch, lambda *names: pytest.fail("downloaded"))
    assert wikitext2(download=True).test == ["b", END, END]


def test_counts_of_the_hub_are_checked_too(nowhere, monkeypatch):
    hub_of(monkeypatch, lambda *names: {part: {"text": ["a b\n"]} for part in COUNTS})
    with pytest.raises(ValueError, match=r"^train of WikiText-2 must hold 2,088,628 tokens .*, got 3$"):
        wikitext2(download=True)


@pytest.mark.parametrize("error", [ConnectionError("offline"), ValueError("no cache"), OSError(28, "disk full")])
def test_a_failed_download_is_one_sentence_with_the_way_out(error, nowhere, monkeypatch):
    def load(*names):
        raise error

    hub_of(monkeypatch, load)
    with pytest.raises(FileNotFoundError, match=r"^WikiText-2 could not be downloaded.*python_documentation") as caught:
        wikitext2(download=True)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is error


def test_the_real_package_fails_the_same_way_without_a_network(nowhere):
    pytest.importorskip("datasets", reason="the package datasets is not installed")
    with pytest.raises(FileNotFoundError, match=r"^WikiText-2 could not be downloaded"):
        wikitext2(download=True)


def test_a_machine_without_datasets_gets_one_sentence(nowhere, monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(FileNotFoundError, match=r"^WikiText-2 needs the package datasets.*python_documentation"):
        wikitext2(download=True)


def test_real_text_is_wikitext_where_it_is(small):
    assert real_text().name == "wikitext-2"


def test_real_text_is_documentation_where_wikitext_is_not(nowhere, monkeypatch):
    monkeypatch.setattr("course_lib.text.sources.python_documentation", lambda: "the documentation")
    assert real_text() == "the documentation"


def test_real_text_says_what_the_folder_of_wikitext_lacks(small, monkeypatch, capsys):
    monkeypatch.setattr("course_lib.text.sources.python_documentation", lambda: "the documentation")
    (small / "test.txt").unlink()
    assert real_text() == "the documentation"
    assert "(there is train.txt, valid.txt)" in capsys.readouterr().out


def test_real_text_does_not_pass_over_a_wrong_wikitext(small):
    (small / "test.txt").write_text("b\n")
    with pytest.raises(ValueError, match=r"^test of WikiText-2 must hold 3 tokens"):
        real_text()
