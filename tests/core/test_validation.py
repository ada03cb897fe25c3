"""Each rule lets through what it should, refuses the rest with its value, and is said by no second helper."""

import ast
import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from course_lib.core import validation as v
from course_lib.core.files import course_root

PACKAGE = course_root() / "course_lib"
NAN, INF = math.nan, math.inf
VECTOR, MATRIX = np.zeros(3), np.zeros((3, 1))

GOOD = [
    (v.validate_at_least, (1, 1)),
    (v.validate_at_least, (INF, 0)),
    (v.validate_above, (1e-9, 0)),
    (v.validate_above, (INF, 0)),
    (v.validate_interval, (0, 0, 1)),
    (v.validate_interval, (1, 0, 1)),
    (v.validate_interval, (0, 0, 1, "[)")),
    (v.validate_interval, (1, 0, 1, "(]")),
    (v.validate_interval, (0.5, 0, 1, "()")),
    (v.validate_choice, ("min", ("min", "max"))),
    (v.validate_integer, (np.int64(3),)),
    (v.validate_text, ("",)),
    (v.validate_not_empty, ([0], "row")),
    (v.validate_vector, (VECTOR,)),
    (v.validate_same_shape, (VECTOR, "other", VECTOR)),
    (v.validate_floating, (np.float16,)),
    (v.validate_finite, (MATRIX,)),
    (v.validate_ids, (np.array([0, 4]), 5)),
    (v.validate_ids, (np.array([]), 5)),
]

BAD = [
    (v.validate_at_least, (0, 1), ValueError, "x must be at least 1, got 0"),
    (v.validate_at_least, (NAN, 0), ValueError, "x must be at least 0, got nan"),
    (v.validate_above, (0, 0), ValueError, "x must be above 0, got 0"),
    (v.validate_above, (NAN, 0), ValueError, "x must be above 0, got nan"),
    (v.validate_interval, (1.5, 0, 1), ValueError, "x must be in [0, 1], got 1.5"),
    (v.validate_interval, (1, 0, 1, "[)"), ValueError, "x must be in [0, 1), got 1"),
    (v.validate_interval, (0, 0, 1, "(]"), ValueError, "x must be in (0, 1], got 0"),
    (v.validate_interval, (NAN, 0, 1, "()"), ValueError, "x must be in (0, 1), got nan"),
    (v.validate_choice, ("least", ("min", "max")), ValueError, "x must be one of min, max, got 'least'"),
    (v.validate_choice, (4, (1, 2, 3)), ValueError, "x must be one of 1, 2, 3, got 4"),
    (v.validate_choice, ("b", ("a",)), ValueError, "x must be one of a, got 'b'"),
    (v.validate_integer, (1.0,), TypeError, "x must be an integer, got 1.0"),
    (v.validate_integer, (True,), TypeError, "x must be an integer, got True"),
    (v.validate_text, (3,), TypeError, "x must be a text, got 3"),
    (v.validate_not_empty, ((), "row"), ValueError, "x must hold at least one row, got none"),
    (v.validate_vector, (MATRIX,), ValueError, "x must have shape (n,), got (3, 1)"),
    (v.validate_vector, (torch.zeros(()),), ValueError, "x must have shape (n,), got ()"),
    (v.validate_same_shape, (VECTOR, "y", MATRIX), ValueError, "x and y must have the same shape, got (3,) and (3, 1)"),
    (v.validate_floating, (np.int32, ": no halves"), TypeError, "x must be floating point, got int32: no halves"),
    (v.validate_finite, (np.array([0, NAN]),), ValueError, "x must be finite, got nan at row 1"),
    (v.validate_finite, (np.array([[0, -INF]]),), ValueError, "x must be finite, got -inf at row 0, column 1"),
    (v.validate_ids, (np.array([0, 5]), 5), ValueError, "x must be in [0, 5), got 0 to 5"),
    (v.validate_ids, (np.array([-1]), 5), ValueError, "x must be in [0, 5), got -1 to -1"),
    (v.validate_ids, (np.array([1.0]), 5), TypeError, "x must be integers, got float64"),
    (v.validate_ids, (np.array([True]), 5), TypeError, "x must be integers, got bool"),
]


@pytest.mark.parametrize(("rule", "given"), GOOD)
def test_what_keeps_the_rule_passes(rule, given):
    assert rule("x", *given) is None


@pytest.mark.parametrize(("rule", "given", "error", "sentence"), BAD)
def test_what_breaks_the_rule_is_named_with_its_value(rule, given, error, sentence):
    with pytest.raises(error, match=f"^{re.escape(sentence)}$"):
        rule("x", *given)


@pytest.mark.parametrize(
    ("rule", "value", "sentence"),
    [
        (v.validate_at_least, INF, "x must be a finite number of at least 0 seconds, got inf"),
        (v.validate_at_least, -1, "x must be a finite number of at least 0 seconds, got -1"),
        (v.validate_above, INF, "x must be a finite number above 0 seconds, got inf"),
        (v.validate_above, 0.0, "x must be a finite number above 0 seconds, got 0.0"),
    ],
)
def test_infinity_is_refused_on_request_and_a_unit_is_named(rule, value, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        rule("x", value, 0, finite=True, unit=" seconds")


def test_every_rule_is_tried_both_ways():
    rules = {f for name, f in vars(v).items() if name.startswith("validate_")}
    assert {rule for rule, *_ in GOOD} == rules
    assert {rule for rule, *_ in BAD} == rules


# The sentences of core/validation, with {} for what is put in. A sentence that says more is about one function alone.
VALUE = r"(?:\{\}|-?[\d.]+)"
SENTENCE = re.compile(
    rf"\S+ must be (?:a (?:finite )?number (?:of )?)?(?:at least|above|>=|>|positive) ?{VALUE}?, got \{{}}"
    rf"|\S+ must be in [\[(]{VALUE}, {VALUE}[\])], got \{{}}"
    r"|\S+ must be one of .*, got \{\}|\S+ must be '\w+'(?:, '\w+')* or '\w+', got \{\}"
    r"|\S+ must be (?:an integer|a text|floating point|finite), got \{\}"
    r"|\S+ must hold at least one \w+, got none|\S+ must have shape \([nN],\), got \{\}"
    r"|\S+ and \S+ must have (?:one|the same) shape, got \{\}(?:,| and) \{\}"
)


def sentence(call: ast.Call) -> str:
    """The text of an exception, with {} where a value is put in."""
    text = call.args[0] if call.args else None
    if isinstance(text, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in text.values)
    return str(text.value) if isinstance(text, ast.Constant) else ""


def second_helpers(package: Path) -> Iterator[str]:
    """Places that write a sentence of core/validation themselves; by_hand does without, and shows its own."""
    for path in sorted(package.rglob("*.py")):
        where = path.relative_to(package)
        if where.as_posix() == "core/validation.py" or where.parts[0] == "by_hand" or "checks" in where.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Raise)
                and isinstance(node.exc, ast.Call)
                and SENTENCE.fullmatch(sentence(node.exc))
            ):
                yield f"{where.as_posix()}:{node.lineno} {sentence(node.exc)}"
            if isinstance(node, ast.FunctionDef) and re.match(r"_?(check_(least|positive|finite)|require_)", node.name):
                yield f"{where.as_posix()}:{node.lineno} {node.name}"


def test_no_second_helper_says_what_one_of_validation_says():
    found = [place for place in second_helpers(PACKAGE) if not place.endswith(" require_main_guard")]
    assert not found, "call the function of core/validation:\n" + "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        'def _check_least(name, value):\n    raise OverflowError(f"{name} is small")',
        'if n < 1:\n    raise ValueError(f"n must be at least 1, got {n}")',
        'if n < m:\n    raise ValueError(f"{name} must be at least {m}, got {n}")',
        'raise ValueError(f"p must be in [0, 1), got {p}")',
        "raise ValueError(f\"mode must be 'min' or 'max', got {mode!r}\")",
        'raise ValueError(f"a and b must have the same shape, got {a.shape} and {b.shape}")',
        'raise ValueError("rows must hold at least one row, got none")',
        'raise TypeError(f"{name} must be an integer, got {value!r}")',
    ],
)
def test_a_planted_second_helper_is_found(tmp_path, text):
    (tmp_path / "one.py").write_text(text, encoding="utf-8")
    assert len(list(second_helpers(tmp_path))) == 1


def test_a_sentence_that_says_more_stays_where_it_is(tmp_path):
    (tmp_path / "one.py").write_text('raise ValueError(f"n must be at least 1 row of {m}, got {n}")', encoding="utf-8")
    assert not list(second_helpers(tmp_path))
