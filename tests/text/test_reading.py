"""A text file is read to the token, or refused with its name and the number of the line."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.text.reading import END, byte_count, read_words, words_of_lines

QUICK = settings(max_examples=60, deadline=None, derandomize=True)

LOADS = {
    "plain": (b"a b\nc\n", "a b <eos> c <eos>"),
    "no newline at the end": (b"a b\nc", "a b <eos> c <eos>"),
    "empty lines": (b"\n \na\n\n", "<eos> <eos> a <eos> <eos>"),
    "nothing": (b"", ""),
    "a newline alone": (b"\n", "<eos>"),
    "many spaces and tabs": (b"  a \t b  \n", "a b <eos>"),
    "lines of Windows": (b"a b\r\nc\r\n", "a b <eos> c <eos>"),
    "lines of old Macs": (b"a b\rc\r", "a b <eos> c <eos>"),
    "all three kinds of lines": (b"a\r\nb\rc\nd", "a <eos> b <eos> c <eos> d <eos>"),
    "an empty line between two of Windows": (b"a\r\n\r\nb\r\n", "a <eos> <eos> b <eos>"),
    "byte order mark": (b"\xef\xbb\xbfthe end\n", "the end <eos>"),
    "byte order mark alone": (b"\xef\xbb\xbf", ""),
    "two files joined, each with its mark": (b"\xef\xbb\xbfthe\n\xef\xbb\xbfthe\n", "the <eos> the <eos>"),
    "mark alone on the last line": (b"the\n\xef\xbb\xbf", "the <eos>"),
    "line separator U+2028": ("a\u2028b\n".encode(), "a b <eos>"),
    "paragraph separator U+2029": ("a\u2029b\n".encode(), "a b <eos>"),
    "next line U+0085": ("a\u0085b\n".encode(), "a b <eos>"),
    "vertical tab and form feed": (b"a\x0bb\x0cc\n", "a b c <eos>"),
    "file separators": (b"a\x1cb\x1dc\x1ed\n", "a b c d <eos>"),
    "no-break and ideographic space": ("a\u00a0b\u3000c\n".encode(), "a b c <eos>"),
    "zero width space is part of a word": ("a\u200bb\n".encode(), "a\u200bb <eos>"),
    "beyond the first plane": ("\U0001d54f \U0001f642\n".encode(), "\U0001d54f \U0001f642 <eos>"),
    "two ways to write é stay two words": ("\u00e9 e\u0301\n".encode(), "\u00e9 e\u0301 <eos>"),
    "unknown words of the text itself": (b"a <unk> b\n", "a <unk> b <eos>"),
    "an end mark inside a word": (b"a<eos>b\n", "a<eos>b <eos>"),
    "control characters": (b"a\x01b \x7f\n", "a\x01b \x7f <eos>"),
}

REFUSED = {
    "not UTF-8": (b"a\nb\xffc\n", r"line 2 is not UTF-8: byte 0xff at offset 3 of the file \(invalid start byte\)"),
    "Latin-1": ("a\nb\nniño\n".encode("latin-1"), r"line 3 is not UTF-8: byte 0xf1 at offset 6"),
    "cut within a character": ("a\né".encode()[:-1], r"line 2 is not UTF-8: byte 0xc3 .*unexpected end of data"),
    "lone surrogate": ("a\nb \ud800 c\n".encode(errors="surrogatepass"), r"line 2 is not UTF-8: byte 0xed"),
    "overlong form": (b"a\n\n\xc0\xaf\n", r"line 3 is not UTF-8: byte 0xc0"),
    "after lines of Windows": (b"a\r\nb\r\n\xff", r"line 3 is not UTF-8"),
    "after lines of old Macs": (b"a\rb\r\xff", r"line 3 is not UTF-8"),
    "NUL": (b"a\nb\n c\0d\n", r"line 3 holds a NUL character"),
    "binary": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", r"line 3 holds a NUL character"),
    "UTF-16": ("a b\n".encode("utf-16"), r"line 1 starts as UTF-16; the file must be UTF-8"),
    "UTF-16, big end first": (b"\xfe\xff\0a\0\n", r"line 1 starts as UTF-16"),
    "UTF-32": ("a b\n".encode("utf-32"), r"line 1 starts as UTF-32"),
    "UTF-32, big end first": (b"\0\0\xfe\xff\0\0\0a", r"line 1 starts as UTF-32"),
    "UTF-16 without a mark": ("a\nb".encode("utf-16-le"), r"line 1 holds a NUL character"),
    "the end mark as a word": (b"a\n\nb <eos> c\n", r"line 3 holds the word <eos>, which marks the end of every line"),
}


@pytest.mark.parametrize("name", LOADS)
def test_an_unusual_file_is_read_to_the_token(name, tmp_path):
    data, expected = LOADS[name]
    (tmp_path / "text.txt").write_bytes(data)
    assert " ".join(read_words(tmp_path / "text.txt")) == expected


@pytest.mark.parametrize("name", REFUSED)
def test_a_damaged_file_is_refused_with_its_name_and_line(name, tmp_path):
    data, words = REFUSED[name]
    (tmp_path / "text.txt").write_bytes(data)
    with pytest.raises(ValueError, match=rf"^text\.txt, {words}") as caught:
        read_words(tmp_path / "text.txt")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"text\.txt"):
        read_words(tmp_path / "text.txt")


def test_a_line_of_ten_megabytes_is_one_line(tmp_path):
    (tmp_path / "text.txt").write_bytes(b"word " * 2_000_000 + b"\nnext\n")
    words = read_words(tmp_path / "text.txt")
    assert len(words) == 2_000_003
    assert words[-3:] == [END, "next", END]


def test_one_word_of_ten_megabytes_is_one_word(tmp_path):
    (tmp_path / "text.txt").write_bytes(b"x" * 10_000_000)
    assert [len(word) for word in read_words(tmp_path / "text.txt")] == [10_000_000, len(END)]


def test_the_number_of_a_late_line_is_exact(tmp_path):
    (tmp_path / "text.txt").write_bytes(b"a b\r\n" * 70_000 + b"\xff")
    with pytest.raises(ValueError, match=r"line 70001 is not UTF-8"):
        read_words(tmp_path / "text.txt")


LINES = st.lists(st.lists(st.text("aé\U0001f642.<", min_size=1, max_size=4), max_size=5), max_size=6)


@QUICK
@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]))
def test_every_line_ends_once_and_no_word_is_lost(tmp_path_factory, lines, newline):
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_bytes("".join(" ".join(line) + newline for line in lines).encode())
    assert read_words(path) == [word for line in lines for word in (*line, END)]


@QUICK
@given(LINES)
def test_the_bytes_are_those_of_the_text_with_single_spaces(lines):
    text = "".join(" ".join(line) + "\n" for line in lines)
    assert byte_count(words_of_lines(text.splitlines(), "text")) == len(text.encode())


def test_lines_of_text_may_carry_their_newline():
    assert words_of_lines(["a b\n", "", " \n"], "rows") == ["a", "b", END, END, END]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a \ud800 b", "holds the lone surrogate U+D800, which is no text"),
        ("a \0 b", "holds a NUL character"),
        ("a <eos>", "holds the word <eos>"),
    ],
)
def test_a_line_that_is_no_text_is_refused_with_its_source_and_number(line, words):
    with pytest.raises(ValueError, match="^" + re.escape(f"rows, line 2 {words}")):
        words_of_lines(["a", line], "rows")
