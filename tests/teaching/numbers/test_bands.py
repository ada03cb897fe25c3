"""A claim of a lesson can fail, its band says something, and a lesson shows few numbers that only check its text."""

import json

import pytest

from course_lib.core.files import course_root
from course_lib.teaching.build.percent import Cell
from course_lib.teaching.numbers import bands
from course_lib.teaching.numbers.bands import Number, bands_table, cannot_fail, says_little, weak_claims

LESSONS = sorted((course_root() / "notebooks").glob("*.ipynb"))
MOST_SHOWN = 15


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (Number("01", "between 0.2 and 0.3", "", 0.25, spread=0.02), ""),
        (Number("01", "between 0.2 and 0.3", "", 0.25, spread=0.005), "20 times the spread"),
        (Number("01", "between 0.2 and 100", "", 1.3), "a factor of 500, and no spread"),
        (Number("01", "between 0.2 and 100", "", 1.3, spread=30.0), ""),
        (Number("01", "between -0.2 and 100", "", 1.3), ""),
        (Number("01", "between 1,000 and 20,000", "", 1300.0), "a factor of 20"),
        (Number("01", "between 20 % and 30 %", "", 25.0), ""),
        (Number("01", "> 5", "", 100.0, spread=1.0), ""),
        (Number("01", "97.07", "", 97.07), ""),
    ],
)
def test_a_band_says_little_when_it_is_far_wider_than_what_seeds_do(number, why):
    assert why in says_little(number)
    assert bool(why) == bool(says_little(number))


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        ('claim("4,000", 4_000, "copies")', "a constant is compared with a constant"),
        ('claim("-1", -1, "none")', "a constant is compared with a constant"),
        ('claim(f"{len(a)} of {len(a)}", sum(a), "held")', "the text is made from what it is compared with"),
        ('claim(">= 0", abs(a), "size")', "abs is never below 0"),
        ('claim("> -0.1", np.std(a), "spread")', "std is never below 0"),
        ('claim("> 0", np.std(a), "spread")', ""),
        ('claim("< 0.1", abs(a), "size")', ""),
        ('claim("2.303", np.log(10), "nothing known")', ""),
        ('claim(f"between {low} and {high}", value, "band")', ""),
        ('other(">= 0", abs(a), "size")', ""),
    ],
)
def test_a_claim_that_cannot_fail_is_found(claim, why):
    assert [told for _, told in cannot_fail(Cell("a", "code", claim, 1))] == ([why] if why else [])


def test_the_claims_of_the_lessons_can_fail_and_their_bands_say_something():
    assert weak_claims() == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_shows_at_most_fifteen_numbers_unfolded(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    kept = [output.get("metadata", {}).get("course", {}) for cell in cells for output in cell.get("outputs", [])]
    shown = [number for one in kept if one and not one["folded"] for number in one["numbers"]]
    assert len(shown) <= MOST_SHOWN, [number["what"] for number in shown]


def test_the_table_shows_the_band_over_the_spread_from_a_log(tmp_path, capsys):
    rows = [
        {"notebook": "notebooks/09_cuda", "text": "between 1 and 3", "value": 2.0, "spread": 0.5, "what": "ratio"},
        {"notebook": "notebooks/09_cuda", "text": "> 1", "value": 3.0, "spread": 0.5, "what": "gain"},
        {"notebook": "notebooks/09_cuda", "text": "97.07", "value": 97.07, "what": "no band"},
        {"notebook": "notebooks/02_initialization", "text": "> 1", "value": 2.0, "what": "another lesson"},
    ]
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    bands.main(["09", "--log", str(log)])
    _, first, second = capsys.readouterr().out.splitlines()
    assert first.split() == ["09_cuda", "2", "between", "1", "and", "3", "0.5", "4", "3", "ratio"]
    assert second.split() == ["09_cuda", "3", ">", "1", "0.5", "4", "gain"]


def test_the_stored_notebooks_have_the_values_of_their_bands():
    numbers = bands.stored(course_root() / "notebooks")
    assert {number.notebook for number in numbers} >= {path.stem for path in LESSONS[1:]}
    assert all(number.value is not None for number in numbers if number.width is not None or number.ends)
    assert len(bands_table(numbers).splitlines()) > 300
