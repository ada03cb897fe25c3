"""A cell that goes wrong under nbval, or for a reader without eyes or on another machine, is refused by name."""

import pytest
from nbformat import v4

from course_lib.teaching.build import command as pipeline
from course_lib.teaching.build.assemble import Target
from course_lib.teaching.build.cell_rules import output_findings
from course_lib.teaching.build.command import build, stale_notebooks
from course_lib.teaching.build.percent import SourceError
from tests.teaching.build.sources import TOP, source


def test_a_cell_that_writes_to_stderr_or_prints_a_path_is_refused(tmp_path):
    text = 'import os, sys\nprint("careful", file=sys.stderr)\nprint(os.getcwd() + "/data")\n'
    path = source(tmp_path, f'{TOP}\n# %% id="bad"\n{text}')
    with pytest.raises(SourceError) as error:
        build(Target("lesson", path, tmp_path / "notebooks" / "97_demo.ipynb"))
    assert "97_demo.py:4: cell 'bad' writes to stderr: 'careful'" in str(error.value)
    assert "cell 'bad' prints an absolute path" in str(error.value)
    assert not (tmp_path / "notebooks" / "97_demo.ipynb").exists()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("x = 1\n" * 16, "has 16 lines; a cell has at most 15"),
        ("import matplotlib.pyplot as plt\n", "uses pyplot"),
        ("plt.show()\n", "uses pyplot"),
        ("sum([1, 2]);\n", "ends a line with `;`"),
        ("sum([1, 2]);  # hidden\n", "ends a line with `;`"),
    ],
)
def test_a_cell_that_breaks_a_rule_is_refused_before_it_runs(tmp_path, monkeypatch, code, words):
    monkeypatch.setattr(pipeline, "execute", pytest.fail)
    path = source(tmp_path, f'{TOP}\n# %% id="bad"\n{code}')
    with pytest.raises(SourceError, match=rf"^notebooks/source/97_demo.py:4: cell 'bad' {words}"):
        build(Target("lesson", path, tmp_path / "notebooks" / "97_demo.ipynb"))
    assert any(words in str(found) for found in stale_notebooks(tmp_path))


@pytest.mark.parametrize("code", ["x = 1\n" * 15, 'text = "plt"\n# a comment;\n', 'text = "a;"\n'])
def test_a_cell_within_the_rules_passes(tmp_path, code):
    source(tmp_path, f'{TOP}\n# %% id="good"\n{code}')
    assert [str(found) for found in stale_notebooks(tmp_path)] == [
        "notebooks/source/97_demo.py: was not built, or what lies there is no notebook [notebooks/97_demo.ipynb]"
    ]


@pytest.mark.parametrize(
    ("data", "metadata", "lacks"),
    [
        ({"image/png": "", "text/plain": "Figure: a line"}, {"image/png": {"alt": "a line"}}, False),
        ({"image/png": "", "text/plain": "Figure: a line"}, {}, True),
        ({"image/png": "", "text/plain": "<Figure 1x1>"}, {"image/png": {"alt": "a line"}}, True),
        ({"text/html": '<img width="9" alt="a line" src="data:,">', "text/plain": "Figure: a line"}, {}, False),
        ({"text/html": '<img width="9" src="data:,">', "text/plain": "Figure: a line"}, {}, True),
        ({"text/html": '<img alt=" " src="data:,">', "text/plain": "Figure: a line"}, {}, True),
        ({"text/html": '<img alt="a line"><img src="data:,">', "text/plain": "Figure: a line"}, {}, True),
        ({"text/html": '<img alt="a line">'}, {}, True),
        ({"text/html": "<b>no figure</b>"}, {}, False),
    ],
)
def test_every_figure_needs_alt_text_in_both_forms(data, metadata, lacks):
    cell = v4.new_code_cell("draw()", id="draw", execution_count=1)
    cell.outputs = [v4.new_output("display_data", data=data, metadata=metadata)]
    found = list(output_findings(v4.new_notebook(cells=[cell])))
    assert bool(found) == lacks
    assert all(says.startswith("stores a figure without alt text") for _, says in found)


def test_an_answer_in_a_solution_may_be_long(tmp_path):
    source(tmp_path, TOP + '\n# %% id="test" tags=["solution"]\n' + "x = 1\n" * 30, "solutions")
    assert not any("lines" in str(found) for found in stale_notebooks(tmp_path))
