"""A real text that needs no download: the documentation strings of the Python standard library.

About 300,000 words of technical English. The text is that of the Python that runs the course, so that its counts (and
every perplexity on it) differ from one Python version to the next; the corpus carries the version in its name.
"""

import ast
import inspect
import platform
import re
import sys
import sysconfig
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path

from course_lib.text.corpus import PARTS, Corpus
from course_lib.text.reading import words_of_lines

# Not part of every installation, or nothing but code.
_LEFT_OUT = frozenset({"ensurepip", "idlelib", "lib2to3", "turtledemo"})
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# A word with its apostrophe, or a run of one sign: "--" and "..." are one token each. Control characters and lone
# surrogates, which an escape can put into a string, are no signs.
_TOKEN = re.compile(r"\w+(?:'\w+)?|([^\w\s\x00-\x1f\x7f\ud800-\udfff])\1*")


def python_documentation(folder: Path | str | None = None) -> Corpus:
    """The documentation strings of the standard library, in lower case; a paragraph is a line.

    folder: where the library's sources lie; None means those of this Python. Sources are parsed, never imported. A
    module (with all below it) is in one part only, and in the same one in every version of Python: its name decides,
    about 8 in 10 being for training. Examples (paragraphs with >>>) are left out. A paragraph that stands in several
    places is taken once, so that no part holds what another one does; some are still much alike.
    Raises FileNotFoundError if this Python came without its sources.
    """
    root = Path(folder) if folder is not None else Path(sysconfig.get_paths()["stdlib"])
    lines: dict[str, list[str]] = {part: [] for part in PARTS}
    seen: set[str] = set()
    for module in sorted(sys.stdlib_module_names - _LEFT_OUT):
        for path in _sources(root, module):
            for paragraph in _paragraphs(path):
                if paragraph not in seen:
                    seen.add(paragraph)
                    lines[part_of_module(module)].append(paragraph)
    if not all(lines.values()):
        raise FileNotFoundError(
            f"{root} holds no sources of the standard library; a Python from python.org, conda or uv has them"
        )
    version = ".".join(platform.python_version_tuple()[:2])
    return Corpus(
        f"documentation of Python {version}", *(words_of_lines(lines[part], f"the {part} part") for part in PARTS)
    )


def part_of_module(module: str) -> str:
    """The part, "train", "validation" or "test", of a module of the standard library."""
    # A checksum of the name and not the place in a list: a module that comes or goes moves no other. In later versions
    # the text of datetime stands in _pydatetime.
    name = module.removeprefix("_py")
    return {0: "validation", 1: "test"}.get(zlib.crc32(name.encode()) % 10, "train")


def _sources(root: Path, module: str) -> Iterator[Path]:
    """The files of a module or package in the order of their paths, without its tests."""
    if (root / f"{module}.py").is_file():
        yield root / f"{module}.py"
    for path in sorted((root / module).rglob("*.py")):
        if not {"test", "tests"} & set(path.relative_to(root).parts):
            yield path


def _paragraphs(path: Path) -> Iterator[str]:
    """The paragraphs of a file's documentation strings, tokens separated by spaces."""
    try:
        with warnings.catch_warnings():  # about escapes in other people's strings
            warnings.simplefilter("ignore")
            tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):  # a file that is wrong on purpose, as libraries carry them for their tests
        return
    nodes = [node for node in ast.walk(tree) if isinstance(node, _DOCUMENTED)]
    # In the order of the file: ast.walk goes level by level. A module has no line and comes first.
    for node in sorted(nodes, key=lambda node: getattr(node, "lineno", 0)):
        text = ast.get_docstring(node, clean=False)
        for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text or "")):
            tokens = [match.group() for match in _TOKEN.finditer(paragraph.lower())]
            if tokens and ">>>" not in tokens:
                yield " ".join(tokens)
