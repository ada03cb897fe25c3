"""Mutants of a function: single small changes to it, each with the kind of mistake that it is, in words for a card.

The tests demand that a check accepts none of them; a card that knows nothing better names the kind of the mutant that
gives the same results as the learner's answer.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from course_lib.teaching.exercises.changes import changes
from course_lib.teaching.exercises.edits import Function, compiled, tree_of


@dataclass(eq=False)
class Mutant:
    """One change. `kind` completes "your result is what comes of ..."; `id` says what became what, for authors."""

    id: str
    kind: str
    tree: ast.FunctionDef
    reference: Function

    @cached_property
    def function(self) -> Function:
        """The changed function, compiled."""
        return compiled(self.tree, dict(self.reference.__globals__))

    @property
    def is_python(self) -> bool:
        """Whether the change left a program."""
        try:
            return callable(self.function)
        except SyntaxError:
            return False


def mutants(reference: Function) -> Iterator[Mutant]:
    """Every single change of the kinds below that makes another program, in the order of the function's lines."""
    tree = tree_of(reference)
    seen, named = {ast.unparse(tree)}, dict[str, int]()
    # strict=False does the same on lists of equal length, as an answer without it does
    left_alone = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.keyword) and one.arg == "strict"}
    for place, node in enumerate(ast.walk(tree)):
        if id(node) in left_alone:
            continue
        for kind, change in changes(node):
            mutated = tree_of(reference)
            target = next(other for at, other in enumerate(ast.walk(mutated)) if at == place)
            swapped = getattr(change, "swapped", "")
            old = _swapped(target, *swapped) if swapped else _shown(target)
            new = change(target)
            if new is not target:
                mutated = _Put(target, new).visit(mutated)
            text = ast.unparse(ast.fix_missing_locations(mutated))
            if text in seen:
                continue
            seen.add(text)
            shown = "" if swapped or new is None else f" -> {_line(_shown(new))}"
            name = f"{_line(old) if new is not None else f'drop: {_line(old)}'}{shown}"
            named[name] = named.get(name, 0) + 1
            yield Mutant(f"{name} ({named[name]})" if named[name] > 1 else name, kind, mutated, reference)


def equivalents(slug: str, table: str) -> dict[str, str]:
    """The mutants that the author lists as right, with the reasons. Raises ValueError for a line without a reason."""
    found = {}
    for line in filter(None, map(str.strip, re.sub(r"\n\s*\|", " |", table).splitlines())):
        mutant, bar, reason = line.rpartition(" | ")
        if not bar or not reason.strip():
            raise ValueError(f"{slug}: an equivalent mutant is listed as `mutant | why it is right`, got {line!r}")
        found[mutant.strip()] = reason.strip()
    return found


def _shown(node: ast.AST) -> str:
    """The code of a node; of a block its first line."""
    text = ast.unparse(node)
    return text.splitlines()[0] if isinstance(node, ast.For | ast.While | ast.If | ast.With) else text


def _line(text: str) -> str:
    return " ".join(text.split())[:80].rstrip()


def _swapped(node: ast.AST, field: str, place: int) -> str:
    first, second = (_line(ast.unparse(one))[:36].rstrip() for one in getattr(node, field)[place : place + 2])
    return f"swap: {first} <-> {second}"


class _Put(ast.NodeTransformer):
    """Puts `new` (None: nothing) in the place of one node."""

    def __init__(self, old: ast.AST, new: Any) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        if node is self.old:
            return self.new
        node = self.generic_visit(node)
        for field in ("body", "finalbody"):
            if getattr(node, field, None) == [] and isinstance(node, ast.stmt):
                setattr(node, field, [ast.Pass()])
        return node
