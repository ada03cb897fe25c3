"""The words of a text file: each line's words and an end mark, or a refusal that names file and line.

A word is what stands between white space. A line ends at \\n, \\r\\n or \\r and nowhere else: Python's splitlines()
would also end one at U+2028 or U+0085, and every end counts as a token.
"""

from collections.abc import Iterable
from pathlib import Path

END = "<eos>"
BYTE_ORDER_MARK = "\ufeff"
# Longest first: the mark of UTF-32 starts with that of UTF-16.
_OTHER_ENCODINGS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


def read_words(path: Path | str) -> list[str]:
    """The words of a UTF-8 file in order, with END after each line, also after an empty one.

    A file without a newline at its end is read as if it had one. Byte order marks at the start of a line are dropped:
    files that were joined carry them inside. Raises FileNotFoundError, and ValueError with file and line number for
    text that is not UTF-8 (lone surrogates are not), that holds a NUL, or that holds END as a word.
    """
    path = Path(path)
    return words_of_lines(_lines(path), path.name)


def words_of_lines(lines: Iterable[str], source: str) -> list[str]:
    """The words of lines that are already text, with END after each; `source` names them in an error.

    A line may end in a newline of its own. Raises ValueError with source and line number for END as a word, or a NUL
    or a lone surrogate inside a line.
    """
    words: list[str] = []
    for number, line in enumerate(lines, start=1):
        found = line.lstrip(BYTE_ORDER_MARK).split()
        if END in line and END in found:
            raise ValueError(f"{source}, line {number} holds the word {END}, which marks the end of every line")
        if "\0" in line:
            raise ValueError(f"{source}, line {number} holds a NUL character: this is no text")
        if not line.isascii():
            _refuse_surrogates(line, source, number)
        words += found
        words.append(END)
    return words


def byte_count(words: Iterable[str]) -> int:
    """How many bytes of UTF-8 the text has: a space between two words of a line, a newline for every END.

    Counted on the words and not on the file, so that a text has one size, however it was indented or downloaded. Every
    word is followed by one separator, and an empty line is one newline.
    """
    total, line_is_empty = 0, True
    for word in words:
        if word == END:
            # The separator of the line's last word is its newline; only an empty line adds one of its own.
            total += line_is_empty
            line_is_empty = True
        else:
            total += len(word.encode()) + 1
            line_is_empty = False
    return total


def _lines(path: Path) -> list[str]:
    data = path.read_bytes()
    for mark, encoding in _OTHER_ENCODINGS:
        if data.startswith(mark):
            raise ValueError(f"{path.name}, line 1 starts as {encoding}; the file must be UTF-8")
    nul = data.find(b"\0")
    if nul >= 0:
        raise ValueError(f"{path.name}, line {_line_number(data, nul)} holds a NUL character: this is no text")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = f"{path.name}, line {_line_number(data, error.start)}"
        raise ValueError(
            f"{place} is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start} of the file ({error.reason})"
        ) from error
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    # What follows the last newline is a line only if something stands there.
    return lines[:-1] if lines[-1] in ("", BYTE_ORDER_MARK) else lines


def _line_number(data: bytes, offset: int) -> int:
    """The line, counted from 1, in which a byte stands."""
    before = data[:offset].replace(b"\r\n", b"\n")
    return 1 + before.count(b"\n") + before.count(b"\r")


def _refuse_surrogates(line: str, source: str, number: int) -> None:
    try:
        line.encode("utf-8")
    except UnicodeEncodeError as error:
        code = ord(line[error.start])
        raise ValueError(f"{source}, line {number} holds the lone surrogate U+{code:04X}, which is no text") from error
