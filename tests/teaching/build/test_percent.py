"""A source gives the cells and ids that it names, and every slip is refused with its line."""

import pytest

from course_lib.teaching.build.percent import SourceError, read_source
from tests.teaching.build.sources import FUNCTION, TOP, cells, source


def test_a_cell_keeps_its_name_and_an_unnamed_cell_counts_from_the_last_name(tmp_path):
    nodes = cells(tmp_path, "lesson", TOP + '\n# %%\na = 1\n# %%\nb = 2\n# %% id="end"\nc = 3\n# %%\nd = 4\n')
    assert [node.id for node in nodes] == ["top", "top-1", "top-2", "end", "end-1"]


def test_an_insertion_changes_no_id_behind_the_next_name(tmp_path):
    before = cells(tmp_path, "lesson", TOP + '\n# %%\na = 1\n# %% id="end"\nc = 3\n# %%\nd = 4\n')
    after = cells(tmp_path, "lesson", TOP + '\n# %%\nnew = 0\n# %%\na = 1\n# %% id="end"\nc = 3\n# %%\nd = 4\n')
    assert [node.id for node in before][-2:] == [node.id for node in after][-2:] == ["end", "end-1"]


def test_sheet_and_solution_number_their_common_cells_alike(tmp_path):
    text = TOP + '\n# %% tags=["solution"]\na = 1\n# %%\nb = 2\n'
    assert [node.id for node in cells(tmp_path, "solution", text)] == ["top", "top-1", "top-2"]
    assert [node.id for node in cells(tmp_path, "sheet", text)] == ["top", "top-2"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('# %% id="a"\nx = 1\n# %% id="a"\ny = 2\n', 6, "the cell id 'a' stands already in line 4"),
        ('# %%\nx = 1\n# %% id="top-1"\ny = 2\n', 6, "the cell id 'top-1' stands already in line 4"),
        ('# %% id="no spaces"\nx = 1\n', 4, "a cell id must be 1 to 64 characters of .*, got 'no spaces'"),
        (f'# %% id="{"a" * 65}"\nx = 1\n', 4, "a cell id must be 1 to 64 characters"),
        ('# %% id="a" colour="red"\nx = 1\n', 4, r"unknown keys \['colour'\]"),
        ('# %% id="a" tags=["nbval-ignore"]\nx = 1\n', 4, r"tags must be a list of .*, got \['nbval-ignore'\]"),
        ('# %% id="a" tags=[nbval]\nx = 1\n', 4, "cannot read the keys of the marker"),
        ('# %% id="a" tags=["sheet", "solution"]\nx = 1\n', 4, "for the sheet or for the solution, got both"),
        ('# %% id="a"\n\n# %% id="b"\nx = 1\n', 4, "the cell 'a' is empty"),
        (
            '# %% [markdown] id="a"\n# text\nx = 1\n',
            4,
            "every line of a Markdown cell must start with `#`, got 'x = 1'",
        ),
        ('# %% [raw] id="a"\n# text\n', 4, "must be Markdown or code, got raw"),
        ('# %% id="a"\nx = (1\n', 5, "must be valid Python"),
        ('# %% id="a" exercise="slug"\n', 4, "an exercise cell needs exercise=.* and function="),
        (
            f'# %% [markdown] id="a" exercise="s" {FUNCTION}\n',
            4,
            "introduces an exercise has exercise=.* and nothing more",
        ),
        ('# %% [markdown] id="a" exercise="s"\n# ## 1.1 Title\n', 4, "the heading of 's' is written from its exercise"),
        (f'# %% id="a" exercise="s" {FUNCTION} tags=["sheet"]\n', 4, "an exercise is a code cell for both"),
        (f'# %% id="a" exercise="s" {FUNCTION}\nx = 1\n', 4, "is filled from course_lib.*; take out 'x = 1'"),
        (f'# %% id="a" exercise="s" {FUNCTION} fade="x||"\n', 4, "fade must be texts joined by"),
        (
            f'# %% id="a" exercise="s" {FUNCTION} fade="no such line"\n',
            4,
            "exercise 's': fenced: 'no such line' must match",
        ),
        (
            '# %% id="a" exercise="s" function="course_lib.nothing:f"\n',
            4,
            'function must be "module:name" of a function',
        ),
        (
            '# %% id="a" exercise="s" function="course_lib.core.files"\n',
            4,
            'function must be "module:name" of a function',
        ),
        (
            '# %% id="a" exercise="s" function="course_lib.teaching.build.source:LEVELS"\n',
            4,
            "cut from a plain function, got",
        ),
        (
            f'# %% id="a" exercise="s" {FUNCTION} fade="return"\n# %% id="a-faded"\nx = 1\n',
            5,
            "'a-faded' stands already",
        ),
    ],
)
def test_a_slip_is_refused_with_the_line_of_the_master(tmp_path, text, line, words):
    with pytest.raises(SourceError, match=rf"^solutions/source/97_demo\.py:{line}: .*{words}"):
        cells(tmp_path, "sheet", f"{TOP}\n{text}")


@pytest.mark.parametrize(
    "text", ["# %% [markdown]\n# # Title\n", '# %% [markdown] id="a"\n# Text\n', '# %% id="a"\nx = 1\n']
)
def test_a_master_starts_with_a_named_title(tmp_path, text):
    with pytest.raises(
        SourceError, match=r"97_demo.py:1: the first cell must be a Markdown cell with an id and a title"
    ):
        read_source(source(tmp_path, text))


@pytest.mark.parametrize(("text", "words"), [("x = 1\n\n" + TOP, "text above the first"), ("", "has no cell")])
def test_text_outside_of_cells_is_refused(tmp_path, text, words):
    with pytest.raises(SourceError, match=words):
        read_source(source(tmp_path, text))


def test_a_marker_within_a_string_is_no_marker(tmp_path):
    nodes = cells(tmp_path, "lesson", TOP + '\n# %% id="a"\nx = """\n# %% not a cell\n"""\n')
    assert nodes[1].source == 'x = """\n# %% not a cell\n"""'
