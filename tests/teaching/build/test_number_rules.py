"""The linter finds every number that nothing backs, and leaves alone what is no measured number."""

import json

import pytest

from course_lib.teaching.build.number_rules import Problem, main, unbacked_numbers


def cells(text, code=""):
    """One Markdown cell under one code cell."""
    return [
        {"cell_type": "code", "id": "run", "source": code},
        {"cell_type": "markdown", "id": "text", "source": text},
    ]


def literals(text, code=""):
    return [problem.literal for problem in unbacked_numbers(cells(text, code))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The loss is 2.303.", ["2.303"]),
        ("Between .5 and 1.5x.", [".5", "1.5"]),
        ("_0.95_ and **0.96**", ["0.95", "0.96"]),
        ("Betas (0.9,0.999)", ["0.9", "0.999"]),
        ("It has 30,169,746 parameters.", ["30,169,746"]),
        ("$109{,}386$ or $30\\,169$ or 1\u202f797", ["109,386", "30,169", "1,797"]),
        ("12 % or 12% or 12.5 % or $12\\%$ or 12 percent", ["12 %", "12%", "12.5 %", "12\\%", "12 percent"]),
        ("a gain of +54 %", ["+54 %"]),
        ("10-20 % of them", ["10", "20 %"]),
        ("70/15/15 %", ["70", "15", "15 %"]),
        ("a rate of 1e-3", ["1e-3"]),
        ("a fall of -0.5", ["-0.5"]),
        ("between 0.1-0.3", ["0.1", "0.3"]),
        ("|a|0.5|\n|-|-|", ["0.5"]),
    ],
)
def test_every_decimal_and_percentage_needs_a_claim(text, expected):
    assert literals(text) == expected


@pytest.mark.parametrize("text", ["784-128-64-10", "32 batches, the last of 8", "T07 and E12", "lists (784,128,64)"])
def test_small_whole_numbers_are_not_looked_at(text):
    assert literals(text) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("perplexity 97.07", 'claim("97.07", value, "perplexity")'),
        ("at least 0.95", 'claim("> 0.95", value, "accuracy")'),
        ("at least 95 %", 'claim("> 0.95", value, "accuracy")'),
        ("at least 0.95", 'claim(">= 95 %", 100 * value, "accuracy")'),
        ("from 0.2 to 0.3", 'claim("between 0.2 and 0.3", value, "rate")'),
        ("109,386 parameters", 'claim("109,386", model.size, "parameters")'),
        ("$109{,}386$ parameters", 'claim("109386", model.size, "parameters")'),
        ("it reports 99.25", 'quoted("99.25", report="infinito")'),
        ("it reports 99.25", 'claims.quoted("99.25", report="infinito")'),
        ("a fall of −0.5", 'claim("-0.5", value, "change")'),
        ("a gain of +54 %", 'quoted("+54%", report="golden")'),
        ("about 0.9", 'claim("0.90", value, "share")'),
        ("1.6e-4", 'claim("1.6e-4", value, "error")'),
        ("in `0.97` too", 'claim("0.97", value, "share")'),
    ],
)
def test_a_claim_or_a_quotation_backs_its_number(text, code):
    assert literals(text, code) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("perplexity 97.1", 'claim("97.07", value, "perplexity")'),  # another number
        ("perplexity 97.070", 'claim("97.07", value, "perplexity")'),  # a digit that was not claimed
        ("95 %", 'claim("95", value, "accuracy")'),  # 95 is not 0.95
        ("a fall of 0.5", 'claim("-0.5", value, "change")'),
        ("it reports 99.25", 'print("99.25")'),
        ("it reports 99.25", 'claim(text, 99.25, "99.25")'),  # only the first argument is held against the value
        ("it reports 99.25", '# claim("99.25", value)'),
        ("it reports 99.25", "value = 99.25"),  # a number of the code backs settings in backticks only
        ("it reports 99.25", 'claim("99.25", value'),  # no Python
    ],
)
def test_what_is_no_claim_of_this_number_does_not_back_it(text, code):
    assert len(literals(text, code)) == 1


@pytest.mark.parametrize(
    "text", ["`rate=0.1`", "``a ` 0.1``", "$\\eta = 0.1$", "$$\n\\eta = 0.1\n$$", "`10 %` of it", "`-0.5`"]
)
def test_a_setting_of_the_code_may_stand_in_backticks_or_in_a_formula(text):
    assert literals(text, "train(rate=0.1, low=-0.5)") == []
    assert len(literals(text, "train(rate=0.2)")) == 1
    assert len(literals(text.replace("`", "").replace("$", ""), "train(rate=0.1, low=-0.5)")) == 1


@pytest.mark.parametrize(
    ("exempt", "outside"),
    [
        ("```python\nx = 0.37\n```", "x = 0.37"),
        ("~~~\nx = 0.37\n~~~\ntext", "~~~\nx\n~~~\n0.37"),
        ("[text](figures/0.37.png)", "[0.37](figures/a.png)"),
        ('[text](a.png "size 0.37")', '[text](a.png) "size 0.37"'),
        ("[page]: https://example.org/0.37", "[page] 0.37"),
        ("see <https://example.org/0.37>", "see <0.37>"),
        ("see https://example.org/0.37", "see example.org: 0.37"),
        ('<img width="0.37">text', "<img>0.37"),
        ("<!-- 0.37 -->", "-- 0.37 --"),
        ("arXiv:1206.5533 and arXiv 1412.6980v9", "1206.5533"),
        ("doi 10.1371/journal.0.37", "10.1371"),
        ("## 3.2 Adam", "## Adam 3.2"),
        ("section 8.4 and § 7.1", "8.4"),
        ("Sections 2.3, 2.4 and 2.5", "2.3, 2.4 and 2.5 sections"),
        ("Table 3.1, Figure 2.1, eq. 4.5, exercise 1.3", "table: 3.1"),
        ("Python 3.11, torch 2.15, version 1.19, CC BY 4.0", "Python has 3.11"),
        ("numpy 2.4.6", "numpy has 2.4"),
        ("INFINITO V5.2", "INFINITO 5.2"),
        ("on 20.11.2026", "on 20.11"),
        ("2026-11-20", "2026-11.20"),
    ],
)
def test_what_is_no_measurement_is_exempt_and_the_same_number_elsewhere_is_not(exempt, outside):
    assert literals(exempt) == []
    assert literals(outside) != []


def test_angle_brackets_of_a_comparison_hide_nothing():
    assert literals("`x <y` is 0.37 and `a > b`") == ["0.37"]


def test_a_problem_names_cell_and_line():
    notebook = [{"cell_type": "markdown", "id": "why", "source": ["first\n", "```\n0.1\n```\n", "the loss is 0.37"]}]
    assert unbacked_numbers(notebook) == [Problem("why", "0.37", 5)]
    assert str(unbacked_numbers(notebook)[0]) == "cell 'why', line 5: no claim and no quotation backs '0.37'"


def test_a_claim_in_another_notebook_does_not_count(tmp_path, capsys):
    good, bad = tmp_path / "good.ipynb", tmp_path / "bad.ipynb"
    good.write_text(json.dumps({"cells": cells("0.37", 'claim("0.37", x, "share")')}), encoding="utf-8")
    bad.write_text(json.dumps({"cells": cells("0.37")}), encoding="utf-8")
    assert main([str(good)]) == 0
    assert main([str(good), str(bad)]) == 1
    assert "bad.ipynb: cell 'text', line 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "expected", "code"),
    [
        ("twice as many as before", ["twice"], 'claim("> 2", many / before, "as many as before")'),
        ("It is three times as large.", ["three times"], 'claim("3", ratio, "times as large")'),
        ("ten times faster", ["ten times"], 'claim("10", ratio, "times faster")'),
        ("A third of them", ["A third"], 'claim("2 of 6", count, "of them")'),
        ("two thirds of the runs", ["two thirds"], 'claim("4 of 6", count, "runs")'),
        ("half of the units", ["half"], 'claim("0.5", share, "units")'),
        ("nine in ten of them", ["nine in ten"], 'claim("90 %", 100 * share, "of them")'),
        ("14 of 20 runs", ["14 of 20"], 'claim("14 of 20", count, "runs")'),
        ("seven out of the ten", ["seven out of the ten"], 'claim("7 of 10", count, "of the ten")'),
        ("2/3 of it", ["2/3"], 'claim("2 of 3", count, "of it")'),
        ("an accuracy of 0,93", ["0,93"], 'claim("0.93", accuracy, "accuracy")'),
    ],
)
def test_a_number_in_words_is_a_number(text, expected, code):
    assert literals(text) == expected
    assert literals(text, code) == []
    assert literals(text, code.replace("claim(", "print(")) == expected


@pytest.mark.parametrize("text", ["one of them", "a third way", "run it twice", "24/7/2026", "lists of 1,2,3", "5,000"])
def test_words_that_count_nothing_are_left_alone(text):
    assert literals(text) in ([], ["5,000"])


@pytest.mark.parametrize(
    "text", ["figure 0.93", "lesson 4.7 points", "Table 0.5", "section 3.141", "lesson 0.93", "an exercise 1.05"]
)
def test_a_reference_is_a_place_and_no_value(text):
    assert len(literals(text)) == 1


def two_sections(text, code, elsewhere):
    """A text under its own code, below a section with other code."""
    other = [{"cell_type": "markdown", "id": "a", "source": "## Before"}, *cells("", elsewhere)[:1]]
    return [one.literal for one in unbacked_numbers([*other, {**cells("## Now\n\n" + text)[1]}, *cells("", code)[:1]])]


@pytest.mark.parametrize("text", ["the rate is `0.1`", "$\\eta = 0.1$"])
def test_a_constant_of_another_section_backs_no_setting(text):
    assert two_sections(text, "train(rate=0.1)", "") == []
    assert two_sections(text, "train(rate=0.2)", "pause = 0.1") == ["0.1"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("above 95 %", 'claim("< 0.95", value, "accuracy")'),
        ("at least 0.95", 'claim("<= 0.95", value, "accuracy")'),
        ("less than 0.05", 'claim("> 0.05", value, "loss")'),
        ("not above 0.05", 'claim("> 0.05", value, "loss")'),
        ("is no more than **0.05**", 'claim("> 0.05", value, "loss")'),
        ("at most 0.3", 'claim("between 0.3 and 0.5", value, "rate")'),
        ("over 0.5", 'claim("between 0.3 and 0.5", value, "rate")'),
    ],
)
def test_a_claim_of_the_other_direction_backs_nothing(text, code):
    assert len(literals(text, code)) == 1
    assert (
        literals(
            text,
            code.replace('"<', '"#')
            .replace('">', '"<')
            .replace('"#', '">')
            .replace("between 0.3 and 0.5", "0.3" if "most" in text else "0.5"),
        )
        == []
    )


def test_a_claim_of_another_section_backs_what_names_its_subject():
    claimed = 'claim("0.93", accuracy, "accuracy on the test part")'
    assert two_sections("The test accuracy was 0.93.", "", claimed) == []
    assert two_sections("The share of dead units was 0.93.", "", claimed) == ["0.93"]
    assert two_sections("The accuracy was high. The share of dead units was 0.93.", "", claimed) == ["0.93"]


@pytest.mark.parametrize(
    "code",
    [
        'if False:\n    claim("0.37", x, "share")',
        'while 0:\n    claim("0.37", x, "share")',
        'def never():\n    claim("0.37", x, "share")',
        'later = lambda: claim("0.37", x, "share")',
        'for one in []:\n    claim("0.37", x, "share")',
        'text = \'claim("0.37", x, "share")\'',
    ],
)
def test_a_claim_that_never_runs_backs_nothing(code):
    assert literals("0.37", code) == ["0.37"]


def test_a_claim_in_a_function_that_is_called_or_under_a_condition_counts():
    assert literals("0.37", 'def told():\n    claim("0.37", x, "share")\n\n\ntold()') == []
    assert literals("0.37", 'if run:\n    claim("0.37", x, "share")') == []


@pytest.mark.parametrize(
    "code",
    [
        'style.show(figure, alt="The loss falls to 0.37.")',
        'style.show(figure, alt=f"The loss of {name} falls to 0.37.")',
        'axes.set_title("down to 0.37")',
        'figure.suptitle("down to 0.37")',
        'curves.draw(axes, title="down to 0.37")',
    ],
)
def test_the_texts_of_a_figure_are_read(code):
    assert literals("", code) == ["0.37"]
    assert literals("", f"level = 0.37\n{code}") == []
    assert literals("", f'claim("0.37", loss, "loss")\n{code}') == []


def test_what_a_text_computes_is_its_own_affair():
    assert literals("", 'style.show(figure, alt=f"down to {loss:.2f}")') == []
