"""`--claims-log`: a run begins a new log, and its end shows the bands that are widest over their spread."""

import json
from pathlib import Path

import pytest

from course_lib.core.files import course_root

PLUGIN = Path(__file__).with_name("claims_log.py").read_text(encoding="utf-8")


@pytest.fixture
def course(pytester, monkeypatch):
    """A small course whose one test claims twelve bounds with spreads 1, 1/2 ... and a plain number."""
    monkeypatch.setenv("COURSE_CLAIMS_LOG", "")
    monkeypatch.setenv("PYTHONPATH", str(course_root()))
    pytester.makepyfile(claims_log=PLUGIN)
    pytester.makeconftest('pytest_plugins = ["claims_log"]')
    row = {"notebook": "notebooks/09_cuda", "text": "> 1", "value": 2.0}
    rows = [{**row, "spread": 1 / number, "what": f"bound-{number}"} for number in range(1, 13)]
    rows += [{**row, "what": "no-spread"}, {**row, "text": "2.0", "what": "no-band"}]
    lines = "".join(json.dumps(row) + "\\n" for row in rows)
    pytester.makepyfile(
        f"import os\ndef test_a():\n    with open(os.environ['COURSE_CLAIMS_LOG'], 'a') as log: log.write('{lines}')"
    )
    return pytester


def test_the_end_of_a_run_shows_the_ten_widest_bands_and_the_counts(course):
    Path(course.path / "log").write_text("what an older run left", encoding="utf-8")
    result = course.runpytest_subprocess("--claims-log", "log")
    result.stdout.fnmatch_lines(["*bands of the claims*", "14 numbers, 13 of them bands or bounds, 12 with a spread*"])
    shown = [line.split()[-1] for line in result.stdout.lines if "bound-" in line]
    assert shown == [f"bound-{number}" for number in range(12, 2, -1)]
    assert len((course.path / "log").read_text(encoding="utf-8").splitlines()) == 14


def test_a_run_without_the_option_shows_no_table_and_one_without_claims_says_so(course):
    assert "bands of the claims" not in course.runpytest_subprocess("--collect-only").stdout.str()
    result = course.runpytest_subprocess("--claims-log", "log", "--collect-only")
    result.stdout.fnmatch_lines(["no notebook claimed a number"])


def test_make_test_writes_a_log():
    recipe = (course_root() / "Makefile").read_text(encoding="utf-8").partition("\ntest:")[2].partition("\n\n")[0]
    assert "--claims-log $(CLAIMS)" in recipe
