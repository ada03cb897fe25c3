"""Collapsed is what asks, checks or draws, and what no other cell needs; nothing that a learner should read."""

import pytest

from course_lib.teaching.build.folding import DRAWN, SHOWN, comments, roles
from course_lib.teaching.build.percent import RESULTS, Cell
from course_lib.teaching.numbers.cell import FOLDED, LAST


def code(*texts):
    return [Cell(f"c{place}", "code", text, place) for place, text in enumerate(texts)]


def role_of(text, *later):
    return roles(code(text, *later)).get("c0")


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ('claim("1", 1, "one")', "check"),
        ('low = min(values)\nclaim("> 0", low, "lowest")\nassert low < 9', "check"),
        ('for name in names:\n    claim("1", name, name)', "check"),
        ('quoted("99.25", report="infinito", at="final_perplexity")', "check"),
        ('predict("01-leak")', "question"),
        ('share = "all"\noutcome("01-leak", share)', "question"),
        ('figure, axes = style.canvas()\naxes.set(xlabel="x")\nstyle.show(figure, alt="a")', "figure"),
        ("def draw(rate):\n    figure, axes = style.canvas()\n    return figure, 'rate'", "figure"),
        ("explore(draw, rate=(0, 1))", "figure"),
        ("x = 1", None),
        ('print(1)\nclaim("1", 1, "one")', None),
        ('for x in y:\n    print(x)\n    claim("1", 1, "one")', None),
        ('claim("1", 1, "one")\nstyle.show(figure, alt="a")', None),
        ('claim("1", 1, "one")\nmodel', None),
        ('diagnose(run)\nclaim("1", 1, "one")', None),
        ("def step(w):\n    return w", None),
    ],
)
def test_a_cell_has_a_role_when_it_does_one_of_the_three_and_prints_nothing(text, role):
    assert role_of(text) == role


@pytest.mark.parametrize(
    "later",
    [
        "print(low)",
        "def f():\n    return low",
        "low = low + 1",
        "low += 1",
        "pairs = [low for _ in range(3)]",
        "for low in [low]:\n    pass",
        "import math\nmath.sqrt(low)",
    ],
)
def test_a_check_that_defines_what_a_later_cell_reads_is_not_collapsed(later):
    assert role_of('low = 1\nclaim("1", low, "lowest")', later) is None


@pytest.mark.parametrize(
    "later",
    [
        "low = 2\nprint(low)",
        "for low in range(3):\n    print(low)",
        "print([low for low in range(3)])",
        "def f(low):\n    return low",
        "def f():\n    low = 1\n    return low",
        "import low\nlow.go()",
        "print(model.low)",
    ],
)
def test_a_name_that_a_later_cell_binds_anew_is_its_own(later):
    assert role_of('low = 1\nclaim("1", low, "lowest")', later) == "check"


def test_the_cell_that_binds_a_name_last_is_the_one_that_is_needed():
    cells = code('low = 1\nclaim("1", low, "a")', "low = 2", "print(low)")
    assert roles(cells)["c0"] == "check"


def test_the_numbers_of_a_section_are_folded_into_its_last_check():
    check, heading = 'claim("1", 1, "one")', Cell("h", "markdown", "text\n\n## 2 Next", 9)
    cells = [*code(check, check, "style.show(f, alt='a')", 'predict("01-a")'), heading, Cell("x", "code", check, 10)]
    assert comments(cells, roles(cells)) == {"c0": FOLDED, "c1": LAST, "c2": DRAWN, "x": LAST}


def test_a_sub_heading_starts_no_section_and_results_are_shown():
    check, heading = 'claim("1", 1, "one")', Cell("h", "markdown", "### a part", 9)
    cells = [*code(check), heading, Cell("r", "code", check, 10, (RESULTS,)), Cell("x", "code", check, 11)]
    assert comments(cells, roles(cells)) == {"c0": FOLDED, "r": SHOWN, "x": LAST}
