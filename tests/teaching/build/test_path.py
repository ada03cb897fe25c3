"""The minutes of a lesson's core path, and sections off it that nothing on it needs."""

import pytest

from course_lib.core.files import course_root
from course_lib.teaching.build.assemble import Target, assemble
from course_lib.teaching.build.lessons import IN_AN_HOUR
from course_lib.teaching.build.path import LONGEST, broken, deeper, halfway_text, halves, path_table, words
from course_lib.teaching.build.percent import DEEPER, HALFWAY, Cell, read_source

SOURCES = sorted((course_root() / "notebooks" / "source").glob("[0-9][0-9]_*.py"))


def text(id_, content, *tags):
    return Cell(id_, "markdown", content, 1, tags)


def code(id_, content):
    return Cell(id_, "code", content, 1)


LESSON = [
    text("title", "# Title\n\n" + "word " * 299),
    code("a", "x = 1\nprint(x)"),
    text("stop", "word", HALFWAY),
    code("asks", 'predict("01-leak")'),
    text("more", "## Deeper: roots", DEEPER),
    code("b", "y = x\nprint(y)"),
    text("part", "### A part\n\n" + "word " * 148),
    code("c", "print(y)"),
    text("next", "so far.\n\n## 2 Next"),
    code("d", "print(x)"),
]


def test_a_deeper_section_ends_at_the_next_heading_that_is_as_high():
    assert deeper(LESSON) == {"more", "b", "part", "c"}


def test_the_minutes_are_words_and_cells_that_are_seen():
    core, rest = halves(LESSON)
    assert (core.words, core.cells) == (300 + 1 + 4, 2)
    assert core.minutes == pytest.approx(305 / 150 + 1)
    assert (rest.words, rest.cells) == (152, 2)


def test_an_exercise_that_the_lesson_checks_takes_its_minutes():
    core, _ = halves([code("a", 'check("adam", step)')])
    assert core.minutes == 20.5


@pytest.mark.parametrize(
    ("content", "count"),
    [
        ("two words", 2),
        ("a [link with words](some/long_path.md) here", 5),
        ("a $x^2 + y$ formula, and $$\\sum_i a_i\\ b$$", 5),
        ("before\n```python\nx = 1\n```\nafter", 2),
        ("| a | b |\n|---|---|\n| 1 | 2 |", 4),
        ("## 2 Next - and <b>more</b>", 4),
    ],
)
def test_words_are_what_is_read(content, count):
    assert words(content) == count


def test_the_half_way_stop_says_how_much_is_behind():
    assert halfway_text(LESSON).startswith("**Half-way stop.** About 3 of 3 minutes are behind you.")
    assert halfway_text(LESSON[:2]) == ""


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ([text("a", "## More", DEEPER)], "starts with a heading `## Deeper: ...`"),
        ([Cell("a", "code", "x = 1", 1, (DEEPER,))], "starts with a heading"),
        ([text("a", "one", HALFWAY), text("b", "two", HALFWAY)], "is the second half-way stop"),
        ([Cell("a", "code", "x = 1", 1, (HALFWAY,))], "one Markdown cell has it"),
        ([*LESSON, code("e", "print(y)")], "needs 'y', which only a deeper section defines"),
    ],
)
def test_a_mark_in_the_wrong_place_and_a_core_cell_that_needs_a_deeper_one_are_named(cells, says):
    ((_, told),) = broken(cells)
    assert says in told


def test_a_name_that_the_core_binds_as_well_is_not_needed_from_a_deeper_section():
    assert broken(LESSON) == []
    assert broken([*LESSON, code("e", "y = 2\nprint(y)"), code("f", "print(y)")]) == []
    assert broken([code("y", "y = 0"), *LESSON, code("e", "print(y)")]) == []


def test_the_builder_collapses_a_deeper_section_and_writes_the_half_way_stop(tmp_path):
    source = tmp_path / "notebooks" / "source" / "01_topic.py"
    source.parent.mkdir(parents=True)
    source.write_text(
        '# %% [markdown] id="title" tags=["halfway"]\n# # Title\n\n'
        '# %% [markdown] id="more" tags=["deeper"]\n# ## Deeper: roots\n\n'
        '# %% id="a"\nclaim("1", 1, "one")\n\n# %% id="b"\nprint(1)\n',
        encoding="utf-8",
    )
    title, more, check, seen = assemble(Target("lesson", source, tmp_path / "01_topic.ipynb")).cells
    assert title.source == "# Title\n\n" + halfway_text(read_source(source))
    assert more.metadata == {"tags": ["deeper"], "jp-MarkdownHeadingCollapsed": True}
    assert check.metadata == {"jupyter": {"source_hidden": True}}
    assert check.source.splitlines()[0] == "# Checks the text."
    assert seen.metadata == {}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_no_core_path_needs_a_deeper_section(source):
    assert broken(read_source(source)) == []


def test_the_core_path_of_a_lesson_in_the_new_form_takes_an_hour_at_most():
    minutes = {path.stem: halves(read_source(path))[0].minutes for path in SOURCES if path.stem in IN_AN_HOUR}
    assert minutes.keys() == set(IN_AN_HOUR)
    assert {stem: round(one) for stem, one in minutes.items() if one > LONGEST} == {}


def test_the_table_has_a_line_for_every_lesson():
    assert [line.split()[0] for line in path_table().splitlines()] == ["lesson", *(path.stem for path in SOURCES)]
