"""Edits of a function: a wrong or another right answer, written as what differs from the reference.

    OLD -> NEW          the one place that is OLD becomes NEW; both are expressions, or both are statements
    every OLD -> NEW    all places that are OLD become NEW
    OLD <-> NEW         all places that are OLD become NEW, and the other way round
    first: STATEMENT    becomes the first line of the body
    return: EXPRESSION  is what the last `return` gives back; in it RESULT is what it gave back before
    drop: STATEMENT     goes away
    before OLD -> NEW   the statement NEW comes before the statement OLD
    after OLD -> NEW    the statement NEW comes after the statement OLD
    in NAME: EDIT       the edit is made in the function NAME that the reference calls

Several edits stand on lines of their own or are joined by ";". OLD and NEW are compared as syntax trees, so that
layout and quotes do not matter. A single capital letter stands for any expression, the same one wherever it occurs.
`...` as the body of an `if`, `for`, `while` or `with` stands for the body that is there: the edit
`with torch.no_grad(): ... -> ...` keeps the body and drops the context. An OLD that is not found exactly once is an
error, so that a reference that changed leaves no stale mistake behind.
"""

import ast
import copy
import inspect
import linecache
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

Function = Callable[..., Any]
Nodes = list[ast.stmt]
_WORDS = ("every ", "first:", "return:", "drop:", "before ", "after ", "in ")
_IGNORED = {"ctx", "type_comment", "kind", "lineno", "col_offset", "end_lineno", "end_col_offset"}
_BODY = "..."  # the name under which the body that `...` stands for is kept


class EditError(ValueError):
    """An edit that cannot be read, or that does not fit the function exactly once."""


def edited(reference: Function, text: str, names: Mapping[str, Any] | None = None) -> Function:
    """`reference` with the edits in `text`; the new code knows `names`, those of the reference's module, and NumPy.

    Raises EditError for an edit that cannot be read or does not match.
    """
    scope = {"np": np} | reference.__globals__ | dict(names or {})
    trees = {reference.__name__: tree_of(reference)}
    for edit in split(text):
        target, edit = _target(edit, reference.__name__)
        if target not in trees:
            if not inspect.isfunction(scope.get(target)):
                raise EditError(f"{reference.__name__}: there is no function {target!r} to edit")
            trees[target] = tree_of(scope[target])
        try:
            _apply(trees[target], edit)
        except EditError as error:
            raise EditError(f"{target}: {error}") from None
    for name, tree in trees.items():
        scope[name] = compiled(tree, scope)
    made: Function = scope[reference.__name__]
    return made


@lru_cache(maxsize=512)
def _plain_text(function: Function) -> str:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    if not isinstance(tree, ast.FunctionDef):
        raise EditError(f"{function.__name__}: edits need a plain `def`, got {type(tree).__name__}")
    if ast.get_docstring(tree) is not None:
        tree.body = tree.body[1:] or [ast.Pass()]
    for argument in ast.walk(tree):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    tree.returns, tree.decorator_list = None, []
    return ast.unparse(ast.fix_missing_locations(_Unannotated().visit(tree)))


class _Unannotated(ast.NodeTransformer):
    """`total: float = 0.0` becomes `total = 0.0`."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        if node.value is None:
            return node
        return ast.copy_location(ast.Assign([node.target], node.value), node)


def tree_of(function: Function) -> ast.FunctionDef:
    """A fresh syntax tree of a plain function, without its docstring and its annotations."""
    tree = ast.parse(_plain_text(function)).body[0]  # many times faster than a copy of a tree
    assert isinstance(tree, ast.FunctionDef)
    return tree


def compiled(tree: ast.FunctionDef, scope: dict[str, Any]) -> Function:
    """The function of a syntax tree, with `scope` as its globals. Its source can be read by `inspect.getsource`."""
    text = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    file = f"<edited {tree.name} {hash(text):x}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    found: dict[str, Any] = {}
    exec(compile(text, file, "exec"), scope, found)  # the course's own text, never a learner's
    function: Function = found[tree.name]
    return function


def split(text: str) -> list[str]:
    """The single edits of a text; a part without an arrow or a leading word belongs to the edit before it."""
    parts = [part.strip() for row in text.strip().splitlines() for part in row.split(";")]
    joined: list[str] = []
    for part in filter(None, parts):
        if joined and not (part.startswith(_WORDS) or re.search(r"<?->", part)):
            joined[-1] += "; " + part
        elif joined and part.startswith("->"):
            joined[-1] += " " + part
        else:
            joined.append(part)
    return joined


def _target(edit: str, default: str) -> tuple[str, str]:
    found = re.match(r"in (\w+): *(.+)", edit, re.DOTALL)
    return (found[1], found[2]) if found else (default, edit)


def _apply(tree: ast.FunctionDef, edit: str) -> None:
    if edit.startswith("first:"):
        tree.body[:0] = copy.deepcopy(_statements(edit[len("first:") :]))
    elif edit.startswith("return:"):
        returns = [node for node in ast.walk(tree) if isinstance(node, ast.Return)]
        if not returns:
            raise EditError("there is no `return` to replace")
        last = max(returns, key=lambda node: node.lineno)
        new = _statements(f"return {edit[len('return:') :].strip()}")[0]
        last.value = _substituted(new, {"RESULT": last.value}).value
    elif edit.startswith("drop:"):
        _replace_statements(tree, edit[len("drop:") :].strip(), lambda found, _: [])
    elif edit.startswith(("before ", "after ")):
        word, rest = edit.split(" ", 1)
        old, new = _sides(rest, "->")
        _replace_statements(tree, old, lambda found, bound: _beside(word, found, _filled(_statements(new), bound)))
    elif "<->" in edit:
        _exchange(tree, *map(_expression, _sides(edit, "<->")))
    else:
        every = edit.startswith("every ")
        _rewrite(tree, *_sides(edit.removeprefix("every "), "->"), every=every)


def _beside(word: str, found: ast.stmt, new: Nodes) -> Nodes:
    return [*new, found] if word == "before" else [found, *new]


def _sides(text: str, arrow: str) -> tuple[str, str]:
    old, found, new = text.partition(arrow)
    if not found or not old.strip() or not new.strip():
        raise EditError(f"an edit is written OLD {arrow} NEW, got {text!r}")
    return old.strip(), new.strip()


def _rewrite(tree: ast.FunctionDef, old: str, new: str, *, every: bool) -> None:
    if _is_expression(old) and _is_expression(new) and new != _BODY:
        _replace_expressions(tree, old, new, every=every)
        return
    otherwise = new == "else"
    body = [] if otherwise else _statements(new)
    _replace_statements(
        tree, old, lambda found, bound: bound.get("else", []) if otherwise else _filled(body, bound), every=every
    )


def _replace_expressions(tree: ast.FunctionDef, old: str, new: str, *, every: bool) -> None:
    pattern, value = _expression(old), _expression(new)
    fixed = _names_in(tree)
    count = 0

    class Replace(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            nonlocal count
            bound: dict[str, Any] = {}
            if isinstance(node, ast.expr) and _matches(pattern, node, bound, fixed):
                count += 1
                made = _substituted(value, bound)
                if hasattr(node, "ctx") and hasattr(made, "ctx"):
                    made.ctx = node.ctx
                return ast.copy_location(made, node)
            return self.generic_visit(node)

    tree.body = [Replace().visit(node) for node in tree.body]
    _once(count, old, every=every)


def _exchange(tree: ast.FunctionDef, first: ast.expr, second: ast.expr) -> None:
    fixed, counts = _names_in(tree), [0, 0]

    class Exchange(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            for place, (old, new) in enumerate(((first, second), (second, first))):
                if isinstance(node, ast.expr) and _matches(old, node, {}, fixed):
                    counts[place] += 1
                    made = copy.deepcopy(new)
                    if hasattr(node, "ctx") and hasattr(made, "ctx"):
                        made.ctx = node.ctx
                    return ast.copy_location(made, node)
            return self.generic_visit(node)

    tree.body = [Exchange().visit(node) for node in tree.body]
    for node, count in zip((first, second), counts, strict=True):
        _once(count, ast.unparse(node), every=True)


def _replace_statements(
    tree: ast.FunctionDef, old: str, make: Callable[[ast.stmt, dict[str, Any]], Nodes], *, every: bool = False
) -> None:
    patterns = _statements(old)
    if len(patterns) != 1:
        raise EditError(f"OLD must be one statement, got {old!r}")
    fixed, count = _names_in(tree), 0
    for owner, field, block in list(_blocks(tree)):
        new: Nodes = []
        for statement in block:
            bound: dict[str, Any] = {}
            if _matches(patterns[0], statement, bound, fixed):
                count += 1
                new += [ast.copy_location(node, statement) for node in make(statement, bound)]
            else:
                new.append(statement)
        setattr(owner, field, new or [ast.Pass()] if field != "orelse" else new)
    _once(count, old, every=every)


def _blocks(tree: ast.AST) -> Iterator[tuple[ast.AST, str, Nodes]]:
    for field in ("body", "orelse", "finalbody", "handlers"):
        block = getattr(tree, field, None)
        if not isinstance(block, list):  # the body of a lambda is none
            continue
        if block and isinstance(block[0], ast.stmt):
            yield tree, field, block
        for node in block:
            yield from _blocks(node)


def _matches(pattern: Any, node: Any, bound: dict[str, Any], fixed: set[str]) -> bool:
    """Whether the trees are the same but for capital letters and `...`, which are bound to what they stand for."""
    if isinstance(pattern, ast.Name) and _is_wildcard(pattern.id, fixed) and isinstance(node, ast.expr):
        if pattern.id in bound:
            return _matches(bound[pattern.id], node, {}, fixed)
        bound[pattern.id] = node
        return True
    if type(pattern) is not type(node):
        return False
    if isinstance(pattern, list):
        return len(pattern) == len(node) and all(
            _matches(one, other, bound, fixed) for one, other in zip(pattern, node, strict=True)
        )
    if not isinstance(pattern, ast.AST):
        return bool(pattern == node and type(pattern) is type(node))
    open_body = isinstance(pattern, ast.If | ast.For | ast.While | ast.With) and _is_body(pattern.body)
    for field, value in ast.iter_fields(pattern):
        if field in _IGNORED or (open_body and field in ("body", "orelse")):
            continue
        if not _matches(value, getattr(node, field, None), bound, fixed):
            return False
    if open_body:
        bound[_BODY], bound["else"] = node.body, getattr(node, "orelse", [])
    return True


def _is_body(block: Nodes) -> bool:
    return (
        len(block) == 1
        and isinstance(block[0], ast.Expr)
        and isinstance(block[0].value, ast.Constant)
        and block[0].value.value is Ellipsis
    )


def _filled(nodes: Nodes, bound: dict[str, Any]) -> Nodes:
    """The statements with the bound expressions for capital letters and the bound body for `...`."""
    made: Nodes = []
    for node in copy.deepcopy(nodes):
        if _is_body([node]):
            made += copy.deepcopy(bound.get(_BODY, []))
            continue
        if isinstance(node, ast.If | ast.For | ast.While | ast.With) and _is_body(node.body):
            node.body = copy.deepcopy(bound.get(_BODY, []))
            if not isinstance(node, ast.With):
                node.orelse = copy.deepcopy(bound.get("else", []))
        made.append(_Fill(bound).visit(node) if bound else node)
    return made


def _substituted(node: Any, bound: dict[str, Any]) -> Any:
    copied = copy.deepcopy(node)
    return _Fill(bound).visit(copied) if bound else copied


class _Fill(ast.NodeTransformer):
    """Puts what capital letters are bound to in their places."""

    def __init__(self, bound: Mapping[str, Any]) -> None:
        self.bound = bound

    def visit_Name(self, name: ast.Name) -> ast.AST:
        return copy.deepcopy(self.bound[name.id]) if name.id in self.bound else name


def _is_wildcard(name: str, fixed: set[str]) -> bool:
    return len(name) == 1 and name.isupper() and name not in fixed


def _names_in(tree: ast.AST) -> set[str]:
    """Names of the function, arguments included: a capital letter that it uses itself is no wildcard in it."""
    return {getattr(node, "id", None) or node.arg for node in ast.walk(tree) if isinstance(node, ast.Name | ast.arg)}


def _once(count: int, old: str, *, every: bool) -> None:
    if count == 0:
        raise EditError(f"{old!r} is nowhere in the function")
    if count > 1 and not every:
        raise EditError(f"{old!r} is in the function {count} times; take more of it, or write `every`")


@lru_cache(maxsize=8192)
def _is_expression(text: str) -> bool:
    try:
        ast.parse(text.strip(), mode="eval")
    except SyntaxError:
        return False
    return True


@lru_cache(maxsize=8192)  # these trees are read and copied, never changed
def _expression(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        raise EditError(f"not an expression: {text.strip()!r}") from None


@lru_cache(maxsize=8192)
def _statements(text: str) -> Nodes:
    try:
        return ast.parse(text.strip()).body
    except SyntaxError:
        raise EditError(f"not a statement: {text.strip()!r}") from None
