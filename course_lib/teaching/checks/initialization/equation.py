"""Does an equation that a learner wrote say that fan-in and fan-out are equal?"""

import ast
import operator
import re

_NAMES = {"n_in": 0, "n": 0, "fan_in": 0, "n_out": 1, "m": 1, "fan_out": 1}
_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
_EQUAL, _UNEQUAL = ((3, 3), (7, 7), (512, 512)), ((3, 5), (5, 3), (512, 64))  # pairs of fan-in and fan-out
_LONGEST = 80  # characters; an equation on one line is shorter


def says_equal_fans(text: str) -> bool:
    """Whether both sides are equal for equal fans and only for those: "n_in/n_out = 1", "2 * n = n + m".

    An equation with a sum in a denominator is not solved yet, and is no answer.
    """
    text = re.sub(r"(\d)\s*(?=[a-z(])", r"\1*", text)  # "2n" is 2 * n
    sides = text.replace("equals", "=").replace("==", "=").split("=")
    if len(text) > _LONGEST or len(sides) != 2:
        return False
    try:
        left, right = (ast.parse(side.strip(), mode="eval").body for side in sides)
        return all(_same(left, right, fans) for fans in _EQUAL) and not any(_same(left, right, f) for f in _UNEQUAL)
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError):
        return False


def _same(left: ast.expr, right: ast.expr, fans: tuple[int, int]) -> bool:
    return abs(_value(left, fans) - _value(right, fans)) < 1e-9


def _value(side: ast.expr, fans: tuple[int, int]) -> float:
    if isinstance(side, ast.Constant) and type(side.value) in (int, float):
        return float(side.value)
    if isinstance(side, ast.Name) and side.id in _NAMES:
        return fans[_NAMES[side.id]]
    if isinstance(side, ast.UnaryOp) and isinstance(side.op, ast.USub):
        return -_value(side.operand, fans)
    if isinstance(side, ast.BinOp) and type(side.op) in _OPERATORS:
        unsolved = isinstance(side.op, ast.Div) and isinstance(side.right, ast.BinOp)
        if not unsolved:
            return _OPERATORS[type(side.op)](_value(side.left, fans), _value(side.right, fans))
    raise ValueError("not a solved equation in the two fans")
