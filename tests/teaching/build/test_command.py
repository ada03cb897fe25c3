"""What was built is executed, the same bytes each time, and stale when a source or a notebook changed."""

import re

import nbformat
import pytest

from course_lib.teaching.build import command as pipeline
from course_lib.teaching.build.assemble import orphans, targets
from course_lib.teaching.build.command import build, main, stale_notebooks
from course_lib.teaching.build.percent import SourceError
from tests.teaching.build.sources import LESSON, SHEET, by_id, source


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """A folder with one lesson (a figure and a widget), one solution and one sheet, built once."""
    root = tmp_path_factory.mktemp("course")
    source(root, LESSON)
    source(root, SHEET, "solutions")
    assert main([], root) == 0
    return root


def changed(executed, tmp_path, old, new, file="notebooks/source/97_demo.py"):
    """A copy of the executed folder in which `old` is `new`."""
    for path in executed.rglob("*.*"):
        copy = tmp_path / path.relative_to(executed)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (tmp_path / file).write_text(text.replace(old, new), encoding="utf-8")
    return tmp_path


def test_two_executions_give_the_same_bytes(executed):
    files = sorted(executed.glob("*/*.ipynb"))
    before = [path.read_bytes() for path in files]
    assert len(files) == 3
    (lesson,) = (target for target in targets(executed) if target.kind == "lesson")
    assert build(lesson, always=True) == "executed"
    assert [path.read_bytes() for path in files] == before


def test_an_executed_notebook_has_counts_figures_with_alt_text_and_nothing_random(executed):
    text = (executed / "notebooks" / "97_demo.ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    nodes = by_id(notebook.cells)
    assert [node.execution_count for node in notebook.cells if node.cell_type == "code"] == [1, 2, 3]
    assert nodes["draw"].outputs[0].metadata == {"image/png": {"alt": "a rising line"}}
    assert [output.output_type for output in nodes["slide"].outputs] == ["stream", "execute_result"]
    assert nodes["slide"].outputs[0].text == "one\ntwo\n"
    assert set(nodes["slide"].outputs[1].data) == {"text/plain"}
    assert nodes["slide"].metadata == {"tags": ["nbval-ignore-output"]}
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert "model_id" not in text
    assert "iopub" not in text
    assert text.endswith("}\n")


def test_what_is_fresh_is_not_executed_again(executed, monkeypatch, capsys):
    monkeypatch.setattr(pipeline, "execute", pytest.fail)
    assert main([], executed) == 0
    assert capsys.readouterr().out.count(": fresh (") == 3
    assert main(["--check"], executed) == 0
    assert stale_notebooks(executed) == []


def test_a_change_of_text_keeps_the_outputs(executed, tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "execute", pytest.fail)
    root = changed(executed, tmp_path, "# The line rises.", "# The line rises fast.")
    assert [str(found) for found in stale_notebooks(root)] == [
        "notebooks/source/97_demo.py:20: cell 'why' differs from its source file in source [notebooks/97_demo.ipynb]"
    ]
    (lesson,) = (target for target in targets(root) if target.kind == "lesson")
    assert build(lesson) == "outputs kept"
    assert stale_notebooks(root) == []
    assert nbformat.read(lesson.path, as_version=4).cells[2].outputs


def test_a_failing_cell_leaves_the_old_notebook_and_names_the_cell(executed, tmp_path):
    root = changed(executed, tmp_path, "import base64", "1 / 0")
    before = (root / "notebooks" / "97_demo.ipynb").read_bytes()
    (lesson,) = (target for target in targets(root) if target.kind == "lesson")
    with pytest.raises(SourceError, match=r"^notebooks/source/97_demo.py:4: cell 'imports' failed: ZeroDivisionError"):
        build(lesson)
    assert (root / "notebooks" / "97_demo.ipynb").read_bytes() == before


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        (
            "notebooks/97_demo.ipynb",
            '"execution_count": 3,\n   "id"',
            '"execution_count": null,\n   "id"',
            "not executed",
        ),
        ("notebooks/97_demo.ipynb", '"execution_count": 2,', '"execution_count": 4,', r"counts \[1, 4, 3\]"),
        (
            "notebooks/97_demo.ipynb",
            '"alt": "a rising line"',
            '"alt": " "',
            "cell 'draw' stores a figure without alt text",
        ),
        (
            "notebooks/97_demo.ipynb",
            '"Figure: a rising line"\n',
            '"<Figure>"\n',
            "cell 'draw' stores a figure without alt",
        ),
        ("notebooks/97_demo.ipynb", '"name": "stdout"', '"name": "stderr"', "cell 'slide' writes to stderr"),
        (
            "notebooks/97_demo.ipynb",
            '"# Title"',
            '"# Another"',
            "py:1: cell 'top' differs from its source file in source",
        ),
        ("notebooks/97_demo.ipynb", '"id": "why"', '"id": "because"', "py:20: cell 'why' and those below"),
        ("notebooks/97_demo.ipynb", '"nbval-ignore-output"', '"nbval-skip"', "cell 'slide' differs .* in metadata"),
        ("notebooks/97_demo.ipynb", '"name": "python3"', '"name": "other"', "the metadata of the notebook"),
        (
            "notebooks/source/97_demo.py",
            '# %% [markdown] id="why"',
            '# %% [markdown] id="top"',
            "id 'top' stands already",
        ),
        (
            "solutions/source/97_demo.py",
            "order = [1, 2]",
            "order = [2, 1]",
            "cell 'answer' differs .*solutions/97_demo.ipynb",
        ),
        ("exercises/97_demo.ipynb", "raise NotImplementedError", "pass", "solutions/source/.* cell 'mine' differs"),
        (
            "solutions/97_demo.ipynb",
            "max(3, longest + 1)",
            "max(4, longest)",
            "solutions/source/.* cell 'mine' differs",
        ),
        ("exercises/97_demo.ipynb", '{\n "cells"', "{", "was not built, or what lies there is no notebook"),
    ],
)
def test_check_names_the_master_of_what_is_stale(executed, tmp_path, capsys, monkeypatch, file, old, new, words):
    monkeypatch.setattr(pipeline, "execute", pytest.fail)
    root = changed(executed, tmp_path, old, new, file)
    found = [str(one) for one in stale_notebooks(root)]
    assert len(found) == 1
    assert re.search(words, found[0])
    assert found[0].startswith(("notebooks/source/97_demo.py", "solutions/source/97_demo.py"))
    assert main(["--check"], root) == 1
    assert found[0] in capsys.readouterr().out


def test_check_finds_a_stored_error(executed, tmp_path):
    error, stream = (
        '{"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}',
        '{\n     "name": "stdout"',
    )
    root = changed(executed, tmp_path, stream, f"{error}, {stream}", "notebooks/97_demo.ipynb")
    assert [found.says for found in stale_notebooks(root)] == [
        "stores an error: ValueError: no [notebooks/97_demo.ipynb]"
    ]


def test_a_notebook_without_a_master_is_found(executed, tmp_path):
    root = changed(executed, tmp_path, "# # Title", "# # Title")
    (root / "exercises" / "98_left.ipynb").write_text("{}", encoding="utf-8")
    assert orphans(root) == [root / "exercises" / "98_left.ipynb"]
    assert [str(found) for found in stale_notebooks(root)] == [
        "exercises/98_left.ipynb: no source asks for this notebook; write one or delete it"
    ]


def test_names_choose_what_is_built(executed, capsys):
    for name in ("97", "97_demo", "solutions/source/97_demo.py"):
        assert main([name, "--check"], executed) == 0
    assert main(["98"], executed) == 1
    assert "no source is called '98'; there are ['97_demo']" in capsys.readouterr().err


def test_cells_can_be_written_without_running_them(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "execute", pytest.fail)
    source(tmp_path, LESSON)
    assert main(["--no-execute"], tmp_path) == 0
    assert [found.says for found in stale_notebooks(tmp_path)] == [
        "the cells were not executed from top to bottom (counts [None, None, None]) [notebooks/97_demo.ipynb]"
    ]
