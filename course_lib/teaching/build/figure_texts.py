"""The texts that a code cell gives its figures: alternative texts and titles, as far as they are written out."""

import ast
from collections.abc import Iterator

_NAMED = ("alt", "title")
_CALLED = ("set_title", "suptitle")


def figure_texts(code: str) -> Iterator[tuple[str, int]]:
    """(text, line in the cell) of each; what an f-string computes is left out. Code that is no Python has none."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in _NAMED:
            yield " ".join(_written(node.value)), node.value.lineno
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in _CALLED and node.args:
            yield " ".join(_written(node.args[0])), node.lineno


def _written(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FormattedValue):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for part in ast.iter_child_nodes(node):
        yield from _written(part)
