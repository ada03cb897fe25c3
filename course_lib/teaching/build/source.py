"""The code of the library in a notebook: shown, cut to a stub, faded, or as it stands.

A body is written once, in the library. The exercise shows its signature and docstring (`stub_of`), the faded level
leaves out the lines that carry the idea (`faded_of`), the solution is the function itself (`worked_of`).
"""

import ast
import inspect
import io
import re
import textwrap
import tokenize
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from course_lib.core.validation import validate_choice
from course_lib.teaching.exercises.asked import exercise_of, may_be_seen
from course_lib.teaching.learner.panel import notebook_runs, panel
from course_lib.teaching.learner.progress import record_level

LEVELS = ("blank", "faded", "worked")
_COMPOUND = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If, ast.For, ast.AsyncFor, ast.While),
    *(ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match),
)


def fenced(code: str, language: str = "python") -> str:
    """`code` as a Markdown code block; the fence is longer than any run of backticks within."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{code}\n{fence}"


def show_source(obj: Any, *, reveal: bool = False) -> None:
    """Display the source of a function, class or module of the library as a Python block, with the place it is from.

    Of a function that an exercise asks for, signature and docstring only, with a button for the rest, until it is
    solved. The button, and reveal=True, record that the worked answer was seen. Raises TypeError for an object that has
    no source (a number, a built-in).
    """
    from IPython.display import display

    try:
        code = textwrap.dedent(inspect.getsource(obj)).strip("\n")
    except (TypeError, OSError) as error:
        raise TypeError(f"show_source needs a function, class or module written in Python, got {obj!r}") from error
    module = obj.__name__ if inspect.ismodule(obj) else obj.__module__
    # A definition typed into the notebook has no file that the reader could open.
    place = "" if module == "__main__" else f"`{module.replace('.', '/')}.py`\n\n"
    whole = {"text/markdown": place + fenced(code), "text/plain": code}
    entry = exercise_of(obj) if inspect.isfunction(obj) else None
    if entry is None or may_be_seen(entry.exercise.slug):
        display(whole, raw=True)
    elif reveal:
        record_level(entry.exercise.slug, "worked")
        display(whole, raw=True)
    else:
        _hold_back(entry, whole, place, head_of(obj))


def _hold_back(entry: Any, whole: dict[str, str], place: str, head: str) -> None:
    """Display the head of a function, and a button that puts the whole in its place."""
    from IPython.display import display

    slug = entry.exercise.slug
    told = f"Exercise {entry.number} asks you to write it ({slug}). Its body is shown when you have solved it."
    short = {"text/markdown": place + fenced(head), "text/plain": head}
    if not notebook_runs():
        display(short, raw=True)
        print(f"{told} To see it now: show_source({entry.exercise.reference.__name__}, reveal=True)")
        return
    import ipywidgets

    shown = display(short, raw=True, display_id=True)
    words = ipywidgets.HTML(told)
    button = ipywidgets.Button(description="Show it to me")

    def pressed(_: Any) -> None:
        record_level(slug, "worked")
        shown.update(whole, raw=True)
        words.value = f"Shown: exercise {entry.number} now counts as one whose worked answer you have seen."
        button.layout.display = "none"

    button.on_click(pressed)
    display(panel([words, button], name="source", text=told))


@dataclass(frozen=True)
class _Definition:
    """A function's source (not indented) and its syntax tree; line n of the tree is rows[n - 1]."""

    name: str
    rows: tuple[str, ...]
    tree: ast.FunctionDef

    def segment(self, node: ast.stmt) -> str:
        return ast.get_source_segment("\n".join(self.rows), node) or ""


def _definition(function: Callable[..., Any]) -> _Definition:
    if not inspect.isfunction(function):
        raise TypeError(f"an exercise is cut from a plain function, got {function!r}")
    name = function.__qualname__
    if "." in name or name == "<lambda>":
        raise ValueError(f"an exercise is cut from a function at the top level of its module, got {name}")
    if hasattr(function, "__wrapped__"):
        raise ValueError(f"{name} is decorated; an exercise is cut from a function without decorators")
    text = textwrap.dedent(inspect.getsource(function)).rstrip()
    tree = ast.parse(text).body[0]
    if not isinstance(tree, ast.FunctionDef):
        raise ValueError(f"an exercise is cut from a plain `def`, got {type(tree).__name__} {name}")
    if tree.decorator_list:
        raise ValueError(f"{name} is decorated; an exercise is cut from a function without decorators")
    return _Definition(name, tuple(text.splitlines()), tree)


def _docstring(definition: _Definition) -> ast.stmt:
    first = definition.tree.body[0]
    if ast.get_docstring(definition.tree) is None or first.lineno == definition.tree.lineno:
        raise ValueError(f"{definition.name} needs a docstring on lines of its own: it is what the stub asks for")
    return first


def worked_of(function: Callable[..., Any]) -> str:
    """The whole definition: what the solution shows."""
    return "\n".join(_definition(function).rows)


def head_of(function: Callable[..., Any]) -> str:
    """Signature, annotations and docstring."""
    definition = _definition(function)
    return "\n".join(definition.rows[: _docstring(definition).end_lineno])


def stub_of(function: Callable[..., Any]) -> str:
    """Signature, annotations and docstring, then `raise NotImplementedError`: what the learner starts from."""
    return f"{head_of(function)}\n    raise NotImplementedError"


def body_of(function: Callable[..., Any]) -> str:
    """The statements after the docstring, not indented, with their comments: for a lesson that runs them one by one."""
    definition = _definition(function)
    has_docstring = ast.get_docstring(definition.tree) is not None
    first = definition.tree.body[0]
    start = first.end_lineno if has_docstring else first.lineno - 1
    return textwrap.dedent("\n".join(definition.rows[start:])).strip("\n")


def _statement(definition: _Definition, text: str) -> ast.stmt:
    """The one simple statement of the body that contains `text`."""
    name = definition.name
    inside = [node for node in ast.walk(definition.tree) if isinstance(node, ast.stmt)]
    simple = [node for node in inside if not isinstance(node, _COMPOUND)]
    if ast.get_docstring(definition.tree) is not None:
        simple.remove(definition.tree.body[0])
    found = [node for node in simple if text in definition.segment(node)]
    if len(found) > 1:
        lines = [definition.segment(node) for node in found]
        raise ValueError(f"{name}: {text!r} must match exactly one statement, it matches {len(found)}: {lines}")
    if not found:
        where = "a `for`, `if` or `with` line cannot be faded, a line within it can"
        raise ValueError(f"{name}: {text!r} must match exactly one statement, it matches none ({where})")
    row = definition.rows[found[0].lineno - 1]
    if row[: found[0].col_offset].strip():
        raise ValueError(f"{name}: the statement of {text!r} must stand on a line of its own, got {row.strip()!r}")
    return found[0]


def _comments(rows: Sequence[str]) -> dict[int, str]:
    """Comment text by line number."""
    tokens = tokenize.generate_tokens(io.StringIO("\n".join(rows) + "\n").readline)
    return {token.start[0]: token.string.lstrip("# ").rstrip() for token in tokens if token.type == tokenize.COMMENT}


def faded_of(function: Callable[..., Any], lines: Sequence[str]) -> str:
    """The definition without the statements that contain one of the texts `lines`; each becomes `...  # your line`.

    A comment that the library has on such a statement stays, as the hint of what belongs there. Raises ValueError
    when a text does not match exactly one statement, or two texts match the same one.
    """
    if isinstance(lines, str) or not lines or not all(text.strip() for text in lines):
        raise ValueError(f"lines must be a sequence of at least one text, none of them empty, got {lines!r}")
    definition = _definition(function)
    chosen: dict[int, ast.stmt] = {}
    for text in lines:
        node = _statement(definition, text)
        if node.lineno in chosen:
            raise ValueError(f"{definition.name}: two of the texts {list(lines)} match {definition.segment(node)!r}")
        chosen[node.lineno] = node
    rows, comments = list(definition.rows), _comments(definition.rows)
    for first in sorted(chosen, reverse=True):  # from the bottom, so that the line numbers above stay true
        last = chosen[first].end_lineno or first
        said = " ".join(comments[row] for row in range(first, last + 1) if row in comments)
        hint = f": {said}" if said else ""
        rows[first - 1 : last] = [" " * chosen[first].col_offset + "...  # your line" + hint]
    return "\n".join(rows)


def level_of(function: Callable[..., Any], level: str, fade: Sequence[str] = ()) -> str:
    """The text of the exercise cell at a level: "blank" (the stub), "faded" (without the lines `fade`) or "worked"."""
    validate_choice("level", level, LEVELS)
    if level == "faded":
        return faded_of(function, fade)
    return stub_of(function) if level == "blank" else worked_of(function)
