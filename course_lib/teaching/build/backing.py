"""What the code of a lesson backs: numbers that are claimed or quoted where they run, and the numbers of the code."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

_BACKING_CALLS = ("claim", "quoted")
_RELATION = re.compile(r"\s*(between|[<>]=?)")
_WORD = re.compile(r"[A-Za-z]{4,}")
STEM = 5  # letters that two words must share to be one word in two forms


@dataclass(frozen=True)
class Backing:
    """One number of a claim: `relation` is what the value has to it, "=" for the number itself, or ">", "<"."""

    value: Decimal
    relation: str
    section: int
    words: frozenset[str]

    def states(self, value: Decimal, wanted: str) -> bool:
        """Whether a text with `value`, of which it says "above" (>), "below" (<) or nothing (""), says what holds."""
        # Decimal("0.950") equals Decimal("0.95"), but it states one digit more than was claimed.
        equal = value == self.value and digits(value) <= digits(self.value)
        return equal and (not wanted or self.relation in ("=", wanted))


def digits(value: Decimal) -> int:
    """Digits after the decimal point."""
    return -int(value.as_tuple().exponent)


def stems(text: str) -> frozenset[str]:
    """The beginnings of the words of a text, of four letters or more, so that "digit" and "digits" are one."""
    return frozenset(word.lower()[:STEM] for word in _WORD.findall(text))


def backings(code: Sequence[tuple[int, str]], numbers: Callable[[str], Iterator[Decimal]]) -> list[Backing]:
    """What the cells, (section, code) each, claim and quote in lines that run. Code that is no Python backs nothing."""
    trees = [(section, tree) for section, text in code if (tree := _parsed(text))]
    called = {node.id for _, tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name) and _is_read(node)}
    found = []
    for section, tree in trees:
        for call in _calls_that_run(tree, called):
            first = call.args[0] if call.args else None
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            if name in _BACKING_CALLS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found += _of_call(call, first.value, section, numbers)
    return found


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except SyntaxError:
        return None


def _is_read(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def _calls_that_run(node: ast.AST, called: set[str]) -> Iterator[ast.Call]:
    """The calls of a cell, without those that never happen: under `if False`, in a function that nobody calls."""
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, ast.FunctionDef) and node.name not in called:
        return
    parts = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.If | ast.While) and isinstance(node.test, ast.Constant):
        parts = list(node.body if node.test.value else node.orelse)
    if isinstance(node, ast.For) and isinstance(node.iter, ast.List | ast.Tuple) and not node.iter.elts:
        parts = list(node.orelse)
    if isinstance(node, ast.Call):
        yield node
    for part in parts:
        yield from _calls_that_run(part, called)


def _of_call(call: ast.Call, text: str, section: int, numbers: Callable[[str], Iterator[Decimal]]) -> Iterator[Backing]:
    relation = _RELATION.match(text)
    said = " ".join(node.value for node in ast.walk(call) if isinstance(node, ast.Constant) and type(node.value) is str)
    names = " ".join(getattr(node, "id", getattr(node, "attr", "")) for node in ast.walk(call)).replace("_", " ")
    for place, value in enumerate(numbers(text)):
        kind = "=" if relation is None else relation[1][0]
        yield Backing(value, "><"[place % 2] if kind == "b" else kind, section, stems(f"{said} {names}"))


def constants(text: str) -> set[Decimal]:
    """The numbers that stand in code, with their signs."""
    found: set[Decimal] = set()
    for node in ast.walk(_parsed(text) or ast.Module([], [])):
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
            found |= {-value for value in _constant(node.operand)}
        elif isinstance(node, ast.Constant):
            found |= _constant(node)
    return found


def _constant(node: ast.Constant) -> set[Decimal]:
    is_number = isinstance(node.value, int | float) and not isinstance(node.value, bool)
    return {Decimal(repr(node.value))} if is_number else set()
