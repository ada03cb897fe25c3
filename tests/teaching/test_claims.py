"""A claim holds exactly where its text is true."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.teaching.claims import claim, holds, quoted


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("97.07", 97.0749),
        ("97.07", 97.0651),
        ("97", 97.4),
        ("97.0", 97.04),
        ("-0.5", -0.52),
        ("−0.5", -0.5),
        ("+54.35 %", 54.3502),
        ("86.75 %", 86.75),
        ("86.75%", 86.749),
        ("1,024", 1024),
        ("1,234,567.8", 1234567.81),
        ("109386", 109386),
        ("109,386", np.int64(109386)),
        ("1.6e-4", 0.000163),
        ("1.6E-4", 1.55e-4),
        ("2e3", 2400),
        ("0.1", np.float32(0.1)),
        ("2.5", np.array(2.5)),
        ("0.125", 0.125),
        ("0.12", 0.125),  # a tie: tools break it either way
        ("0.13", 0.125),
        ("> 5", 5.1),
        (">5", 6),
        (">= 0.95", 0.95),
        ("< 1e-6", 3e-7),
        ("<= 2", 2),
        ("!= 0", 0.1),
        ("between 0.2 and 0.3", 0.2),
        ("between 20 % and 30 %", 25),
        ("12 of 20", (12, 20)),
        ("12 of 20", [np.int64(12), 20]),
        ("12 of 20", 12),
        ("> 1", float("inf")),
    ],
)
def test_a_true_text_holds(text, value):
    assert holds(text, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("97.07", 97.0751),
        ("97.07", 97.06),
        ("97.0", 97.07),
        ("97", 97.6),
        ("86.75 %", 0.8675),
        ("1.6e-4", 1.66e-4),
        ("109386", 109387),
        ("> 5", 5),
        (">= 0.95", 0.9499),
        ("!= 0", 0),
        ("between 0.2 and 0.3", 0.31),
        ("12 of 20", (12, 21)),
        ("12 of 20", 13),
        ("12 of 10", 12),
        ("5", float("nan")),
        ("> 5", float("nan")),
        ("!= 5", float("nan")),
        ("between 0 and 1", float("nan")),
        ("12 of 20", float("nan")),
        ("5", float("inf")),
    ],
)
def test_a_false_text_does_not_hold_and_nan_never_does(text, value):
    assert not holds(text, value)


def test_a_claim_that_holds_prints_one_line(capsys):
    assert claim("97.07", 97.0712345, "perplexity of the best unigram model") is None
    assert capsys.readouterr().out == "       97.07   as the text says   perplexity of the best unigram model\n"


@pytest.mark.parametrize(
    ("text", "value", "shown"),
    [
        ("> 0.95", 0.96236, "0.9624   the text says > 0.95"),
        ("between 20 % and 30 %", 25.34567, "25.35 %   the text says between 20 % and 30 %"),
        (">= 4", np.int64(12), "12   the text says >= 4"),
        ("> 1,000", 30169.746, "30,170   the text says > 1,000"),
        ("< 1e-6", 3.21987e-9, "3.22e-09   the text says < 1e-6"),
        ("> 1", np.inf, "inf   the text says > 1"),
        ("12 of 20", (12, 20), "12 of 20   as the text says"),
        ("+54.35 %", 54.3502, "+54.35 %   as the text says"),
    ],
)
def test_the_value_comes_first_and_a_number_is_shown_as_the_text_has_it(text, value, shown, capsys):
    claim(text, value, "it")
    assert capsys.readouterr().out.strip() == f"{shown}   it"


def test_a_claim_that_does_not_hold_says_text_value_and_statement():
    with pytest.raises(AssertionError, match=r"the text says '> 5', the value is 4.9: how much worse zero ends"):
        claim("> 5", 4.9, "how much worse zero ends")
    with pytest.raises(AssertionError, match=r"the value is 0\.24: a share"):
        claim("0.3", np.float64(0.24), "a share")


@pytest.mark.parametrize("text", ["about 3", "3.2x", "", "five", "> ", "1,23", "0.5 to 0.6", "=> 5", "12 / 20", "nan"])
def test_a_text_in_no_known_form_is_refused_with_the_forms(text):
    with pytest.raises(ValueError, match="a claim is written like"):
        claim(text, 1.0, "something")


def test_a_range_that_is_empty_and_a_claim_about_nothing_are_refused():
    with pytest.raises(ValueError, match="the smaller number comes first"):
        claim("between 3 and 2", 2.5, "something")
    with pytest.raises(ValueError, match="statement must say what the number is"):
        claim("3", 3, " ")


@pytest.mark.parametrize("value", [np.ones(2), [1.0, 2.0], "97", None, 1j, {"a": 1}])
def test_only_one_number_can_be_claimed(value):
    with pytest.raises(TypeError, match="a claim is about one number, got"):
        claim("97", value, "something")


def test_a_tensor_of_one_number_can_be_claimed():
    torch = pytest.importorskip("torch")
    assert holds("2.50", torch.tensor(2.5, requires_grad=True))


@settings(max_examples=80, deadline=None)
@given(st.floats(-1e6, 1e6, allow_subnormal=False), st.integers(0, 6))
def test_every_number_holds_as_it_is_formatted(value, decimals):
    assert holds(f"{value:.{decimals}f}", value)
    assert holds(f"{value:,.{decimals}f}", value)
    assert holds(f"{value:.{decimals}e}", value)


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("99.25", "final_perplexity", "infinito: validation perplexity after the last epoch"),
        ("99.25", ("epochs", "15", "val perplexity"), "infinito: epochs, 15, val perplexity"),
        ("92.3 %", "reduction", "infinito: fall of the validation perplexity"),
    ],
)
def test_a_quotation_says_where_it_stands(capsys, text, at, says):
    quoted(text, report="infinito", at=at)
    out = capsys.readouterr().out
    assert "   in the report   " in out
    assert says in out
    assert out.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("98.7654", "final_perplexity", "'98.7654' stands nowhere in it"),
        ("4%", ("epochs", "15", "improvement"), "which has '0.1%' there; '4%' stands at phases: 2, improvement"),
        ("99.57", ("epochs", "15", "val perplexity"), "which has '99.25' there; '99.57' stands at facts: final_train"),
        ("99.25", "best_loss", "'99.25' does not stand at facts: best_loss, value of the report 'infinito'"),
        ("92.3", "reduction", "which has '92.3%' there"),
    ],
)
def test_a_number_that_stands_elsewhere_in_the_report_is_no_quotation(text, at, says):
    with pytest.raises(AssertionError) as caught:
        quoted(text, report="infinito", at=at)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("report", "at", "says"),
    [
        ("infinity", "final_perplexity", "unknown report"),
        ("infinito", "perplexity", "has no fact 'perplexity'"),
        ("infinito", ("epoch", "15", "improvement"), "has no table 'epoch'"),
        ("infinito", ("epochs", "15", "perplexity"), "has no column 'perplexity'"),
        ("infinito", ("epochs", "16", "improvement"), "must have one row '16', found 0"),
    ],
)
def test_a_place_that_a_report_does_not_have_is_named(report, at, says):
    with pytest.raises(ValueError, match=says):
        quoted("99.25", report=report, at=at)


def test_the_spread_over_seeds_is_kept_and_one_seed_has_none(monkeypatch):
    rows = []
    monkeypatch.setattr("course_lib.teaching.numbers.cell.add", rows.append)
    claim("> 1", 2.0, "it", seeds=[1.0, 2.0, 3.0])
    claim("> 1", 2.0, "it")
    assert [row.spread for row in rows] == [1.0, None]
    with pytest.raises(ValueError, match="seeds must hold the values of two seeds or more, got 1"):
        claim("> 1", 2.0, "it", seeds=[1.0])
