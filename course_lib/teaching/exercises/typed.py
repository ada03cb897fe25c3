"""The one reader of typed answers: numbers, words, letters and their containers, however a learner writes them.

What it cannot read it leaves as it is; the kinds then say a sentence about the form, never about the content.
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from course_lib.teaching.exercises.compare import to_array

Synonyms = Mapping[str, Sequence[str]]
_SIGNS = str.maketrans({
    "−": "-", "–": "-", "×": "*", "·": "*", "÷": "/", "^": "^", "\u00a0": " ", "\u202f": " ",
    "’": "'",
})  # fmt: skip
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")  # digits of an exponent
_ABOUT = re.compile(r"^(?:~|≈|=|about|around|approximately|approx\.?|roughly|circa|ca\.?)\s*", re.IGNORECASE)
COUNTS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBER = r"[+-]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_UNIT = r"[A-Za-zµμ%°/]+(?:[ /][A-Za-zµμ]+){0,2}\.?"
_GROUPS = re.compile(r"^[+-]?\d{1,3}(?:([,' ])\d{3})(?:\1\d{3})*(?:\.\d+)?$")
_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sqrt": math.sqrt, "exp": math.exp, "log": math.log, "ln": math.log, "log2": math.log2, "log10": math.log10,
    "abs": abs,
}  # fmt: skip
_NAMES = {"pi": math.pi, "e": math.e}
_IN_WORDS = {word: number for number, words in enumerate((
    ("zero", "none", "no"), ("one",), ("two",), ("three",), ("four",),
    ("five",), ("six",), ("seven",), ("eight",), ("nine",), ("ten",), ("eleven",), ("twelve",)))
    for word in words}  # fmt: skip
_OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
}  # fmt: skip


def numbers_in(value: Any) -> list[float]:
    """Every number that `value` may mean, the likeliest first; empty where it is none.

    "86.75 %" may be 86.75 and 0.8675, "1,234" may be 1234 and 1.234.
    """
    if isinstance(value, bool | np.bool_):
        return []
    if isinstance(value, int | float | np.number | Fraction | Decimal):
        return _finite([value])
    if not isinstance(value, str):
        array = to_array(value)
        return _finite([array.item()]) if array is not None and array.size == 1 and array.dtype.kind in "iuf" else []
    value = re.sub("⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda raised: f"**{raised[0].translate(_RAISED)}", value)
    text = _ABOUT.sub("", value.translate(_SIGNS).strip().strip("`$\"'")).strip()
    text = re.sub(r"\s+(?:out )?of(?: the)? \d+$", "", text)  # "3 of 10" is 3
    if text.lower() in _IN_WORDS:
        return [float(_IN_WORDS[text.lower()])]
    percent = bool(re.search(r"(%|\bpercent|\bper cent)\s*$", text, re.IGNORECASE))
    text = re.sub(r"\s*(%|percent|per cent)\s*$", "", text, flags=re.IGNORECASE)
    text = re.sub(r"(?<=[\d)])\s*\*$", "", text)  # "1.96 ×" was turned into "1.96 *"
    text = _IN_WORDS.get(text.lower(), text)
    found = [number for reading in _readings(text) for number in evaluated(reading)]
    return _finite([*found, *(number / 100 for number in found)] if percent else found)


def _readings(text: str) -> list[str]:
    """The text as Python writes numbers, for each meaning that a comma can have; without a unit at its end."""
    plain = re.sub(rf"(?<=[\d.)])\s*\*?\s*{_UNIT}$", "", text).strip()
    for one in dict.fromkeys((text, plain)):
        if _GROUPS.match(one):
            grouped = re.sub(r"[,' ]", "", one)
            decimal = [one.replace(",", ".")] if one.count(",") == 1 and "." not in one else []
            return [grouped, *decimal]
        if re.fullmatch(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?", one):
            return [one.replace(",", ".")]
        if re.fullmatch(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+", one):
            return [one.replace(".", "").replace(",", ".")]
    return list(dict.fromkeys((text, plain)))


def evaluated(text: str) -> list[float]:
    """The value of a number or of a short formula of numbers; empty where the text is neither."""
    formula = re.sub(r"(?<=\d)\s*[x]\s*(?=\d)", "*", text).replace("^", "**")
    formula = re.sub(r"(?<![\w.])0+(?=\d)", "", formula)  # 007 is 7
    try:
        return [float(_value(ast.parse(formula.strip(), mode="eval").body))]
    except (SyntaxError, ValueError, TypeError, OverflowError, ZeroDivisionError, RecursionError, MemoryError):
        return []


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        return -_value(node.operand) if isinstance(node.op, ast.USub) else _value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = float(_value(node.left)), float(_value(node.right))
        if isinstance(node.op, ast.Pow) and abs(right) > 1000:
            raise ValueError("too large a power")
        return _OPERATORS[type(node.op)](left, right)
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return _FUNCTIONS[name](_value(node.args[0])) if name in _FUNCTIONS else _refuse(node)
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return _NAMES[name] if name in _NAMES else _refuse(node)


def _refuse(node: ast.expr) -> float:
    raise ValueError(f"not a number: {ast.unparse(node)}")


def _finite(values: Iterable[Any]) -> list[float]:
    found = []
    for value in values:
        try:
            number = float(value)
        except (OverflowError, ValueError, TypeError):
            continue
        if math.isfinite(number) and number not in found:
            found.append(number)
    return found


def read_number(value: Any, near: float = math.nan) -> Any:
    """The number that `value` means as a float, of several meanings the one nearest to `near`; else `value` itself."""
    found = numbers_in(value)
    if not found:
        return value
    if math.isnan(near):
        return found[0]
    return min(found, key=lambda one: abs(one - near))


def plain_word(value: Any) -> str:
    """A word or phrase in small letters with single spaces: without hyphens, underscores, dots, quotes and articles."""
    text = re.sub(r"[_\-–—/]+", " ", str(value).lower())
    text = re.sub(r"[^\w\s%.+]|\.(?!\d)", "", text)
    return " ".join(part for part in text.split() if part not in ("the", "a", "an"))


def word(value: Any, allowed: Iterable[str], synonyms: Synonyms | None = None) -> Any:
    """The one of `allowed` that `value` means; `value` as a plain word where it is none, itself where it is no text."""
    if not isinstance(value, str):
        return value
    table = {plain_word(one): one for one in allowed}
    for meant, others in (synonyms or {}).items():
        table |= {plain_word(other): meant for other in others}
    spoken = plain_word(value)
    if spoken in table:
        return table[spoken]
    usual = {_usual(plain): meant for plain, meant in table.items()}
    if _usual(spoken) in usual:
        return usual[_usual(spoken)]
    joined = {plain.replace(" ", ""): meant for plain, meant in table.items()}
    return joined.get(spoken.replace(" ", ""), spoken)


# What the field writes in more than one way, and the way to which both are brought before they are compared.
_USUAL = {
    "learning rate": "rate", "lr": "rate", "step size": "rate", "all zeros": "zero", "all zero": "zero",
    "zeros": "zero", "overfit": "overfitting", "underfit": "underfitting",
    "too big": "too large", "too high": "too large",
    "too low": "too small", "std": "deviation", "standard deviation": "deviation", "val": "validation",
    "grad": "gradient", "gradients": "gradient", "grads": "gradient", "weights": "weight", "losses": "loss",
    "nothing": "none", "nothing wrong": "none", "ok": "sound", "okay": "sound", "fine": "sound", "healthy": "sound",
    "init": "initialization", "initialisation": "initialization", "regularisation": "regularization",
    "normalisation": "normalization", "cannot be said": "not shown", "unsupported": "not shown",
    "not supported": "not shown", "unproven": "not shown", "not proven": "not shown",
    "refuted": "contradicted", "wrong": "contradicted",
    "false": "contradicted", "no": "contradicted", "true": "supported", "confirmed": "supported", "yes": "supported",
    "shown": "supported", "holds": "supported",
}  # fmt: skip
_USUAL_WORDS = re.compile(r"\b(?<!not )(" + "|".join(sorted(map(re.escape, _USUAL), key=len, reverse=True)) + r")\b")


def _usual(spoken: str) -> str:
    return _USUAL_WORDS.sub(lambda found: _USUAL[found[1]], spoken)


def truth(value: Any) -> Any:
    """True or False for a value that means it ("yes", "no", 1, np.True_); else `value` itself."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, str) and plain_word(value) in ("yes", "true", "y", "right", "holds"):
        return True
    if isinstance(value, str) and plain_word(value) in ("no", "false", "n", "wrong", "fails"):
        return False
    return bool(value) if isinstance(value, int | float | np.number) and value in (0, 1) else value


def letters(value: Any, lines: Mapping[str, str] | None = None) -> Any:
    """The capitals that a text, list, tuple, array, set-free mapping or several lines spell, as a list.

    "g c h", "GCH", "G -> C -> H", ["g", "c"], {1: "G", 2: "C"}; with `lines` (letter to text) the lines themselves too.
    What is neither is returned as it is.
    """
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        value = [value[key] for key in (sorted(value) if all(isinstance(k, int) for k in value) else value)]
    texts = {" ".join(text.split()): letter for letter, text in (lines or {}).items()}
    if isinstance(value, str):
        rows = [" ".join(row.split()) for row in value.splitlines() if row.strip()]
        if len(rows) > 1 and all(row in texts for row in rows):
            return [texts[row] for row in rows]
        words = re.findall(r"[^\W_]+", value)
        # numbers at the front of a place ("1. G 2. C") count the lines and are no letters
        spelled = [part for part in words if not part.isdigit()] if any(not part.isdigit() for part in words) else words
        return [sign.upper() for part in spelled for sign in part]
    if isinstance(value, list | tuple):
        parts = [texts.get(" ".join(part.split()), part) if isinstance(part, str) else part for part in value]
        return [part.strip().strip(".:,()").upper() if isinstance(part, str) else part for part in parts]
    return value


def mapping(value: Any, keys: Iterable[Any]) -> Any:
    """A dictionary with its keys as `keys` writes them (letters in any case, words as typed); else `value` itself.

    A list or tuple of as many parts, and a list of pairs, count as a dictionary.
    """
    wanted = list(keys)
    if isinstance(value, list | tuple) and len(value) == len(wanted):
        pairs = all(isinstance(part, list | tuple) and len(part) == 2 for part in value)
        value = dict(value) if pairs and len(wanted) != 2 else dict(zip(wanted, value, strict=True))
    if not isinstance(value, Mapping):
        return value
    plain = {plain_word(key): key for key in wanted}
    return {plain.get(plain_word(key), key): part for key, part in value.items()}


def like(value: Any, rule: Any, allowed: Iterable[str] = (), synonyms: Synonyms | None = None) -> Any:
    """`value` read as something of the kind of `rule`: a truth value, a number, a word, or a sequence of these."""
    if value is None or value is Ellipsis:
        return value
    if isinstance(rule, bool):
        return truth(value)
    if isinstance(rule, int | float):
        return read_number(value, float(rule))
    if isinstance(rule, str):
        return word(value, (*allowed, rule), synonyms)
    if isinstance(rule, list | tuple):
        if isinstance(value, str):
            value = [part for part in re.split(r"[,;]\s+|\s+and\s+|\n|;|\s{2,}", value.strip("[](){} ")) if part]
        array = to_array(value)
        if array is not None and array.ndim == 1:
            value = array.tolist()
        if isinstance(value, list | tuple | set | frozenset) and len(value) == len(rule):
            parts = value if isinstance(value, list | tuple) else sorted(value, key=str)
            read = [like(part, one, allowed, synonyms) for part, one in zip(parts, rule, strict=True)]
            return type(rule)(read)
    return value
