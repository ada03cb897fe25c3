"""Small changes to a syntax tree, with the kinds of mistake that they are: operators, values, calls, blocks."""

import ast
import copy
from collections.abc import Callable, Iterator
from typing import Any

Change = Callable[[Any], Any]
_OPERATORS: dict[type, tuple[tuple[type, str], ...]] = {
    ast.Add: ((ast.Sub, "a minus where a plus belongs"),),
    ast.Sub: ((ast.Add, "a plus where a minus belongs"),),
    ast.Mult: ((ast.Div, "a division where a product belongs"),),
    ast.Div: ((ast.Mult, "a product where a division belongs"), (ast.FloorDiv, "a division that cuts off the rest")),
    ast.FloorDiv: ((ast.Div, "a division that keeps the fraction"),),
    ast.Mod: ((ast.FloorDiv, "a quotient where a remainder belongs"),),
    ast.Pow: ((ast.Mult, "a product where a power belongs"),),
    ast.MatMult: ((ast.Mult, "a product entry by entry where a matrix product belongs"),),
    ast.BitAnd: ((ast.BitOr, "`or` where `and` belongs"),),
    ast.BitOr: ((ast.BitAnd, "`and` where `or` belongs"),),
}
_ORDERED = (ast.Sub, ast.Div, ast.FloorDiv, ast.Pow, ast.MatMult, ast.Mod)
_LIMIT = "a comparison that treats the limit itself otherwise"
_COMPARISONS: dict[type, tuple[tuple[type, str], ...]] = {
    ast.Lt: ((ast.LtE, _LIMIT), (ast.Gt, "a comparison the wrong way round")),
    ast.LtE: ((ast.Lt, _LIMIT), (ast.Gt, "a comparison the wrong way round")),
    ast.Gt: ((ast.GtE, _LIMIT), (ast.Lt, "a comparison the wrong way round")),
    ast.GtE: ((ast.Gt, _LIMIT), (ast.Lt, "a comparison the wrong way round")),
    ast.Eq: ((ast.NotEq, "`!=` where `==` belongs"),),
    ast.NotEq: ((ast.Eq, "`==` where `!=` belongs"),),
    ast.Is: ((ast.IsNot, "`is not` where `is` belongs"),),
    ast.IsNot: ((ast.Is, "`is` where `is not` belongs"),),
    ast.In: ((ast.NotIn, "`not in` where `in` belongs"),),
    ast.NotIn: ((ast.In, "`in` where `not in` belongs"),),
}
# name of a function or method: what is mistaken for it
_CALLS = {
    "sum": ("mean", "a mean where a sum belongs"),
    "mean": ("sum", "a sum where a mean belongs"),
    "max": ("min", "a minimum where a maximum belongs"),
    "min": ("max", "a maximum where a minimum belongs"),
    "argmax": ("argmin", "the place of the minimum where that of the maximum belongs"),
    "argmin": ("argmax", "the place of the maximum where that of the minimum belongs"),
    "maximum": ("minimum", "a minimum where a maximum belongs"),
    "minimum": ("maximum", "a maximum where a minimum belongs"),
    "std": ("var", "a variance where a standard deviation belongs"),
    "var": ("std", "a standard deviation where a variance belongs"),
    "sqrt": ("square", "a square where a root belongs"),
    "exp": ("log", "a logarithm where an exponential belongs"),
    "log": ("log2", "a logarithm to base 2 where the natural one belongs"),
    "ceil": ("floor", "rounding down where rounding up belongs"),
    "floor": ("ceil", "rounding up where rounding down belongs"),
    "triu": ("tril", "the lower triangle where the upper one belongs"),
    "tril": ("triu", "the upper triangle where the lower one belongs"),
    "ones": ("zeros", "zeros where ones belong"),
    "zeros": ("ones", "ones where zeros belong"),
    "any": ("all", "`all` where `any` belongs"),
    "all": ("any", "`any` where `all` belongs"),
    "eval": ("train", "training mode where evaluation mode belongs"),
}
_UNWRAPPED = {
    "detach": "a missing detach",
    "copy": "a missing copy",
    "clone": "a missing clone",
    "abs": "a missing absolute value",
    "sqrt": "a missing root",
    "log": "a missing logarithm",
    "exp": "a missing exponential",
    "round": "missing rounding",
    "int": "a missing conversion to int",
    "list": "an iterator where a list belongs",
    "sorted": "missing sorting",
    "transpose": "a missing transpose",
    "reshape": "a missing reshape",
}
_COMMUTATIVE = ("min", "max", "minimum", "maximum", "add", "multiply", "allclose", "array_equal")
# Methods that change nothing, so that the order of two of them cannot matter.
_ONLY_ASKS = {
    "mean", "sum", "max", "min", "std", "var", "prod", "all", "any", "argmax", "argmin", "cumsum", "copy", "clone",
    "detach", "reshape", "view", "transpose", "astype", "ravel", "flatten", "item", "tolist",
}  # fmt: skip
_STATEMENTS = {
    "zero_grad": "a missing zero_grad",
    "eval": "a missing eval()",
    "train": "a missing train()",
    "backward": "a missing backward",
    "step": "a missing step",
    "append": "a missing append",
}


def changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """Every change of one node, with the kind of mistake that it is; `change(node)` returns the new node or None."""
    for kinds in (_of_operators, _of_values, _of_calls, _of_blocks):
        yield from kinds(node)


def _of_operators(node: ast.AST) -> Iterator[tuple[str, Change]]:
    if isinstance(node, ast.BinOp):
        for new, kind in _OPERATORS.get(type(node.op), ()):
            yield kind, _with(op=new())
        one = isinstance(node.left, ast.Constant) and node.left.value == 1
        if not (one and isinstance(node.op, ast.Mult)):
            yield _dropped(node.op, node.right), lambda it: it.left
        if not isinstance(node.op, ast.Div | ast.FloorDiv | ast.Pow | ast.Mod):
            yield _dropped(node.op, node.left), lambda it: it.right
        if isinstance(node.op, _ORDERED):
            yield "two operands in each other's place", lambda it: ast.BinOp(it.right, it.op, it.left)
        if _is_call(node.left, "sqrt") and isinstance(node.op, ast.Add):
            yield "an epsilon inside the root", _into_root
    elif isinstance(node, ast.UnaryOp):
        kind = "a missing minus" if isinstance(node.op, ast.USub) else "a missing `not`"
        yield kind, lambda it: it.operand
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other, kind in _COMPARISONS[type(node.ops[0])]:
            yield kind, _with(ops=[other()])
    elif isinstance(node, ast.BoolOp):
        swapped: ast.boolop = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        words = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        yield f"`{words[1]}` where `{words[0]}` belongs", _with(op=swapped)
        for place in range(len(node.values)):
            yield "one condition missing", _condition_dropped(place)


def _dropped(operator: ast.operator, operand: ast.expr) -> str:
    if isinstance(operator, ast.Pow):
        return "a missing power"
    if isinstance(operator, ast.Div | ast.FloorDiv):
        return "a missing division"
    if isinstance(operator, ast.Mult | ast.MatMult):
        return "one factor missing"
    return "one term missing"


def _of_values(node: ast.AST) -> Iterator[tuple[str, Change]]:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield f"{not node.value} where {node.value} belongs", _constant(not node.value)
        elif isinstance(node.value, int):
            for other in sorted({node.value + 1, node.value - 1, 0, 1} - {node.value}):
                if other >= 0 or node.value <= 0:
                    yield "another constant", _constant(other)
        elif isinstance(node.value, float) and node.value:
            yield "another constant", _constant(node.value * 2)
            if node.value != 1.0:
                yield "another constant", _constant(1.0)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield "a missing transpose", lambda it: it.value
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        yield "a slice that leaves nothing out", lambda it: it.value
    elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and len(node.elts) > 1:
        for place in range(len(node.elts) - 1):
            yield "two parts in each other's place", _swap("elts", place)
    elif isinstance(node, ast.IfExp):
        yield "a case that is not treated apart", lambda it: it.body
        yield "a case that is not treated apart", lambda it: it.orelse


def _of_calls(node: ast.AST) -> Iterator[tuple[str, Change]]:
    if not isinstance(node, ast.Call):
        return
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in _CALLS and not (name == "eval" and not isinstance(node.func, ast.Attribute)):
        other, kind = _CALLS[name]
        if isinstance(node.func, ast.Attribute) or name in ("max", "min", "any", "all"):
            yield kind, _renamed(other)
    if name in _UNWRAPPED:
        if isinstance(node.func, ast.Attribute) and not _is_module(node.func.value):
            yield _UNWRAPPED[name], lambda it: it.func.value
        elif node.args:
            yield _UNWRAPPED[name], lambda it: it.args[0]
    for place, keyword in enumerate(node.keywords):
        if keyword.arg == "strict":
            continue
        yield f"a missing {keyword.arg}=", _keyword_dropped(place)
        if keyword.arg == "axis" and isinstance(keyword.value, ast.Constant) and keyword.value.value in (0, 1):
            yield "the other axis", _keyword_set(place, 1 - keyword.value.value)
    if name in ("std", "var") and not any(keyword.arg == "ddof" for keyword in node.keywords):
        yield "n - 1 where n belongs", _ddof
    if name in ("sum", "mean", "std", "var", "max") and len(node.args) == 2 and isinstance(node.args[1], ast.Constant):
        yield "a missing axis", lambda it: ast.Call(it.func, it.args[:1], it.keywords)
    if name == "len" and len(node.args) == 1:
        minus = ast.BinOp(copy.deepcopy(node), ast.Sub(), ast.Constant(1))
        yield "n - 1 where n belongs", lambda it: minus
    for place in range(len(node.args) - 1 if name not in _COMMUTATIVE else 0):
        yield "two arguments in each other's place", _swap("args", place)


def _of_blocks(node: ast.AST) -> Iterator[tuple[str, Change]]:
    if isinstance(node, ast.If):
        yield "a case that is not treated apart", _with(test=ast.Constant(False))
        yield "a condition that always holds", _with(test=ast.Constant(True))
    elif isinstance(node, ast.With):
        yield "a missing context", lambda it: ast.If(ast.Constant(True), it.body, [])
    elif isinstance(node, ast.For) and _is_call(node.iter, "range"):
        yield "a loop that ends one round too early", _range_by(-1)
        yield "a loop that makes one round too many", _range_by(1)
    if isinstance(node, ast.AugAssign | ast.Assign | ast.Expr | ast.Raise | ast.Assert):
        yield _missing_statement(node), lambda it: None
    if isinstance(node, ast.AugAssign):
        for new, kind in _OPERATORS.get(type(node.op), ()):
            yield kind, _with(op=new())
        yield "a value set where it should be added to", lambda it: ast.Assign([it.target], it.value)
    for field in ("body", "orelse"):
        block = getattr(node, field, None)
        if isinstance(block, list):
            for place in range(len(block) - 1):
                first, second = block[place : place + 2]
                if not isinstance(second, ast.Return) and _depend(first, second):
                    yield "two statements in each other's place", _swap(field, place)


def _depend(first: ast.stmt, second: ast.stmt) -> bool:
    """Whether the order of two statements can matter: one writes a name that the other uses, or both ask one object."""
    if isinstance(first, ast.AugAssign) and isinstance(second, ast.AugAssign) and _added(first) and _added(second):
        return ast.unparse(first.target) != ast.unparse(second.target)  # a sum in another order
    if not isinstance(first, ast.Assign) or not isinstance(second, ast.Assign):
        return True
    written = [
        {n.id for n in ast.walk(one) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for one in (first, second)
    ]
    used = [{n.id for n in ast.walk(one) if isinstance(n, ast.Name)} for one in (first, second)]
    asked = [
        {
            call.func.value.id
            for call in ast.walk(one)
            if isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and isinstance(call.func.value, ast.Name)
            and call.func.value.id not in ("np", "torch", "math")
            and call.func.attr not in _ONLY_ASKS
        }
        for one in (first, second)
    ]
    stored = any(isinstance(target, ast.Subscript | ast.Attribute) for one in (first, second) for target in one.targets)
    return stored or bool(written[0] & used[1] or written[1] & used[0] or asked[0] & asked[1])


def _added(statement: ast.AugAssign) -> bool:
    """Whether a number is added to or taken off a name, which the number does not use."""
    used = {node.id for node in ast.walk(statement.value) if isinstance(node, ast.Name)}
    plain = isinstance(statement.target, ast.Name) and statement.target.id not in used
    return plain and isinstance(statement.op, ast.Add | ast.Sub)


def _missing_statement(node: ast.stmt) -> str:
    call = node.value if isinstance(node, ast.Expr) else None
    name = call.func.attr if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else ""
    return _STATEMENTS.get(name, "one statement missing")


def _with(**fields: Any) -> Change:
    def change(node: Any) -> Any:
        new = copy.copy(node)
        for field, value in fields.items():
            setattr(new, field, value)
        return new

    return change


def _constant(value: Any) -> Change:
    return lambda node: ast.Constant(value)


def _renamed(name: str) -> Change:
    def change(node: ast.Call) -> ast.Call:
        func = copy.copy(node.func)
        if isinstance(func, ast.Attribute):
            func.attr = name
        elif isinstance(func, ast.Name):
            func.id = name
        return ast.Call(func, node.args, node.keywords)

    return change


def _swap(field: str, place: int) -> Change:
    def change(node: Any) -> Any:
        new = copy.copy(node)
        parts = list(getattr(node, field))
        parts[place], parts[place + 1] = parts[place + 1], parts[place]
        setattr(new, field, parts)
        return new

    change.swapped = (field, place)  # type: ignore[attr-defined]
    return change


def _condition_dropped(place: int) -> Change:
    def change(node: ast.BoolOp) -> ast.expr:
        left = [value for at, value in enumerate(node.values) if at != place]
        return left[0] if len(left) == 1 else ast.BoolOp(node.op, left)

    return change


def _keyword_dropped(place: int) -> Change:
    return lambda node: ast.Call(node.func, node.args, [k for at, k in enumerate(node.keywords) if at != place])


def _keyword_set(place: int, value: Any) -> Change:
    def change(node: ast.Call) -> ast.Call:
        keywords = list(node.keywords)
        keywords[place] = ast.keyword(keywords[place].arg, ast.Constant(value))
        return ast.Call(node.func, node.args, keywords)

    return change


def _ddof(node: ast.Call) -> ast.Call:
    return ast.Call(node.func, node.args, [*node.keywords, ast.keyword("ddof", ast.Constant(1))])


def _range_by(step: int) -> Change:
    def change(node: ast.For) -> ast.For:
        assert isinstance(node.iter, ast.Call)
        arguments = list(node.iter.args)
        end = 0 if len(arguments) == 1 else 1
        arguments[end] = ast.BinOp(arguments[end], ast.Add() if step > 0 else ast.Sub(), ast.Constant(1))
        new = copy.copy(node)
        new.iter = ast.Call(node.iter.func, arguments, node.iter.keywords)
        return new

    return change


def _into_root(node: ast.BinOp) -> ast.Call:
    assert isinstance(node.left, ast.Call)
    return ast.Call(node.left.func, [ast.BinOp(node.left.args[0], ast.Add(), node.right)], node.left.keywords)


def _is_call(node: ast.AST, name: str) -> bool:
    if not isinstance(node, ast.Call):
        return False
    return getattr(node.func, "attr", getattr(node.func, "id", "")) == name


def _is_module(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("np", "torch", "math", "F", "nn")
