"""Which code cells of a lesson are collapsed, by a rule: questions, figures, and checks of the text.

Such a cell shows or checks something and defines nothing that another cell needs. It is one click away. The numbers of
the checks of a section become one line below the last of them, but for a check with the tag "results", which shows its
table: a lesson has about fifteen such numbers.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from course_lib.teaching.build.percent import RESULTS, Cell
from course_lib.teaching.numbers.cell import FOLDED, LAST

QUESTION, CHECK, FIGURE = "question", "check", "figure"
DRAWN, SHOWN = "# The figure.", "# Results, held against the text."
_CALLS = {
    QUESTION: {"predict", "outcome", "recall"},
    CHECK: {"claim", "quoted"},
    FIGURE: {"show", "explore", "strip", "canvas"},
}
_SECTION = re.compile(r"(?m)^##? ")


def roles(cells: Sequence[Cell]) -> dict[str, str]:
    """cell id -> QUESTION, CHECK or FIGURE, for the cells of a lesson that are collapsed."""
    code = [(cell.id, ast.parse(cell.text)) for cell in cells if cell.kind == "code" and not cell.slug]
    uses = [uses_of(tree) for _, tree in code]
    found = {}
    for place, (id_, tree) in enumerate(code):
        role = _role(tree)
        made = {name for name, is_read in uses[place] if not is_read}
        if role and (_only_drawing(tree) or not any(_is_needed(name, uses[place + 1 :]) for name in made)):
            found[id_] = role
    return found


def comments(cells: Sequence[Cell], kinds: Mapping[str, str]) -> dict[str, str]:
    """cell id -> the first line of a collapsed cell, which JupyterLab shows in its place; `kinds` are its roles.

    FOLDED and LAST (in the last such cell of a section) also fold the cell's numbers.
    """
    found, last = {}, ""
    for cell in cells:
        if cell.kind == "markdown":
            last = "" if _SECTION.search(cell.text) else last
        elif kinds.get(cell.id) == FIGURE:
            found[cell.id] = DRAWN
        elif kinds.get(cell.id) == CHECK and RESULTS in cell.tags:
            found[cell.id] = SHOWN
        elif kinds.get(cell.id) == CHECK:
            if last:
                found[last] = FOLDED
            found[cell.id], last = LAST, cell.id
    return found


def _role(tree: ast.Module) -> str:
    """What the cell is for, "" where it does more than one of these things or anything else."""
    names = {_name(node) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = [role for role, calls in _CALLS.items() if names & calls]
    return found[0] if len(found) == 1 and all(map(_is_quiet, tree.body)) else ""


def _is_quiet(statement: ast.stmt) -> bool:
    """Whether the statement shows no value of its own: it asks, checks, draws, assigns or defines."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return True
    for node in ast.walk(statement):
        if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant):
            # `axes.set(...)` shows nothing; `diagnose(...)` may.
            quiet = isinstance(node.value, ast.Call) and (
                isinstance(node.value.func, ast.Attribute) or _name(node.value) in set().union(*_CALLS.values())
            )
            if not quiet:
                return False
    return True


def _name(node: ast.expr) -> str:
    function = getattr(node, "func", None)
    return str(getattr(function, "id", getattr(function, "attr", "")))


def _only_drawing(tree: ast.Module) -> bool:
    """Functions that draw a figure may be used elsewhere: they are figure code wherever they stand."""
    return all(isinstance(one, ast.FunctionDef | ast.Import | ast.ImportFrom) for one in tree.body)


def _is_needed(name: str, later: Sequence[Sequence[tuple[str, bool]]]) -> bool:
    """Whether a later cell reads the name before one of them binds it anew."""
    for uses in later:
        first = next((is_read for one, is_read in uses if one == name), None)
        if first is not None:
            return first
    return False


def uses_of(tree: ast.AST) -> list[tuple[str, bool]]:
    """(name, whether it is read) in the order in which a cell evaluates its names."""
    return list(_uses(tree))


def _uses(node: ast.AST) -> Iterator[tuple[str, bool]]:
    """(name, whether it is read) in the order in which the names are evaluated."""
    if isinstance(node, ast.Name):
        yield node.id, isinstance(node.ctx, ast.Load)
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (((alias.asname or alias.name).split(".")[0], False) for alias in node.names)
    elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr):
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, True
        for part in [node.value, *getattr(node, "targets", [getattr(node, "target", None)])]:
            yield from _uses(part) if part is not None else ()
    elif isinstance(node, ast.For):
        for part in (node.iter, node.target, *node.body, *node.orelse):
            yield from _uses(part)
    elif isinstance(node, ast.FunctionDef | ast.Lambda):
        yield from _function_uses(node)
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
        own = {one.id for part in node.generators for one in ast.walk(part.target) if isinstance(one, ast.Name)}
        inside = [use for child in ast.iter_child_nodes(node) for use in _uses(child)]
        yield from ((name, True) for name, is_read in inside if is_read and name not in own)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _uses(child)
        if isinstance(node, ast.ClassDef):
            yield node.name, False


def _function_uses(node: ast.FunctionDef | ast.Lambda) -> Iterator[tuple[str, bool]]:
    arguments = node.args
    own = {one.arg for one in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]}
    own |= {one.arg for one in (arguments.vararg, arguments.kwarg) if one}
    body = node.body if isinstance(node.body, list) else [node.body]
    inside = [use for part in body for use in _uses(part)]
    own |= {name for name, is_read in inside if not is_read}
    outside = [part for part in [*arguments.defaults, *arguments.kw_defaults] if part is not None]
    yield from (use for part in outside for use in _uses(part))
    yield from ((name, True) for name, is_read in inside if is_read and name not in own)
    if isinstance(node, ast.FunctionDef):
        yield node.name, False
