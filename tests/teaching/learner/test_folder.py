"""The learner's folder: handed out without outputs, brought up to date without a loss; `my-exercises` arrives there."""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from course_lib.teaching.learner import folder, progress, store

SHEET, LESSON, SOLUTION = "01_loop_exercises.ipynb", "01_loop.ipynb", "solutions/01_loop_solutions.ipynb"


def write(path: Path, *cells: tuple[str, str, str], **metadata: Any) -> Path:
    """A notebook of cells (id, kind, text) on disk; code cells have an output."""
    run = {"outputs": [{"output_type": "stream", "name": "stdout", "text": "42"}], "execution_count": 1}
    made = [
        {"id": id_, "cell_type": kind, "metadata": {}, "source": text} | (run if kind == "code" else {})
        for id_, kind, text in cells
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    data = {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def texts(path: Path) -> list[str]:
    """The texts of the cells of a notebook."""
    return ["".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]


def answer(path: Path, place: int, text: str) -> None:
    """What a learner does in JupyterLab: another text in one cell."""
    data = json.loads(path.read_text(encoding="utf-8"))
    data["cells"][place]["source"] = text
    path.write_text(json.dumps(data), encoding="utf-8")


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with one lesson, its sheet and its solutions."""
    link = "[sheet](../exercises/01_loop.ipynb#one), [readme](../README.md)"
    write(tmp_path / "notebooks" / "01_loop.ipynb", ("a", "markdown", link), ("b", "code", "1 + 1"), widgets={"x": 1})
    back = "[lesson](../notebooks/01_loop.ipynb) [solutions](../solutions/01_loop.ipynb)"
    write(tmp_path / "exercises" / "01_loop.ipynb", ("a", "markdown", back), ("b", "code", "stub"))
    write(tmp_path / "solutions" / "01_loop.ipynb", ("a", "markdown", back), ("b", "code", "answer"))
    return tmp_path


@pytest.fixture
def mine(course: Path) -> Path:
    """The learner's folder, made once."""
    folder.update_folder(course)
    return course / "my-course"


def test_a_learner_gets_every_notebook_without_outputs_and_with_links_to_their_own(course: Path) -> None:
    assert folder.update_folder(course).came == (LESSON, SHEET, SOLUTION)
    mine = course / "my-course"
    for name in (LESSON, SHEET, SOLUTION):
        cell = json.loads((mine / name).read_text(encoding="utf-8"))["cells"][1]
        assert (cell["outputs"], cell["execution_count"]) == ([], None)
    assert "widgets" not in json.loads((mine / LESSON).read_text(encoding="utf-8"))["metadata"]
    assert texts(mine / LESSON)[0] == "[sheet](01_loop_exercises.ipynb#one), [readme](../README.md)"
    assert texts(mine / SHEET)[0] == "[lesson](01_loop.ipynb) [solutions](solutions/01_loop_solutions.ipynb)"
    assert texts(mine / SOLUTION)[0] == "[lesson](../01_loop.ipynb) [solutions](01_loop_solutions.ipynb)"


def test_an_update_writes_nothing_where_nothing_has_changed(course: Path, mine: Path) -> None:
    answer(mine / SHEET, 1, "my answer")
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in mine.rglob("*") if path.is_file()}
    assert folder.update_folder(course) == folder.Update(same=3)
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in before} == before


def test_a_newer_course_comes_in_around_the_learners_answer_and_the_copy_from_before_is_kept(
    course: Path, mine: Path
) -> None:
    answer(mine / SHEET, 1, "my answer")
    kept = (mine / SHEET).read_bytes()
    write(
        course / "exercises" / "01_loop.ipynb", ("a", "markdown", "better"), ("b", "code", "stub"), ("c", "code", "x")
    )
    found = folder.update_folder(course)
    assert found.merged == ((SHEET, 0),)
    assert texts(mine / SHEET) == ["better", "my answer", "x"]
    (before,) = (mine / ".course" / "before").rglob(SHEET)
    assert before.read_bytes() == kept
    assert f"{SHEET}: your changes are kept, the course's came in." in str(found)


def test_a_notebook_that_was_only_run_is_brought_up_to_date(course: Path, mine: Path) -> None:
    data = json.loads((mine / LESSON).read_text(encoding="utf-8"))
    data["cells"][1] |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": "2"}], "execution_count": 7}
    (mine / LESSON).write_text(json.dumps(data), encoding="utf-8")
    write(course / "notebooks" / "01_loop.ipynb", ("a", "markdown", "new text"), ("b", "code", "1 + 1"))
    assert folder.update_folder(course).refreshed == (LESSON,)
    data = json.loads((mine / LESSON).read_text(encoding="utf-8"))
    assert texts(mine / LESSON) == ["new text", "1 + 1"]
    assert data["cells"][1]["outputs"][0]["text"] == "2"


def test_a_cell_that_both_changed_is_said_to_be_marked(course: Path, mine: Path) -> None:
    answer(mine / SHEET, 1, "my answer")
    write(course / "exercises" / "01_loop.ipynb", ("a", "markdown", "t"), ("b", "code", "another stub"))
    found = folder.update_folder(course)
    assert found.merged == ((SHEET, 1),)
    assert "1 cell that you and the course changed: marked" in str(found)
    assert "another stub" in texts(mine / SHEET)[2]


def test_a_renamed_sheet_stays_and_a_new_one_comes_beside_it(course: Path, mine: Path) -> None:
    answer(mine / SHEET, 1, "my answer")
    (mine / SHEET).rename(mine / "01_old.ipynb")
    assert folder.update_folder(course).came == (SHEET,)
    assert texts(mine / "01_old.ipynb")[1] == "my answer"


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"cells": [1], "metadata": {}}', "\x00"])
def test_what_cannot_be_read_as_a_notebook_is_left_as_it_is_and_named(course: Path, mine: Path, content: str) -> None:
    (mine / SHEET).write_text(content, encoding="utf-8")
    write(course / "exercises" / "01_loop.ipynb", ("a", "markdown", "better"))
    assert f"{SHEET} cannot be read as a notebook; it is left as it is." in str(folder.update_folder(course))
    assert (mine / SHEET).read_text(encoding="utf-8") == content


@pytest.mark.parametrize("content", ["", "{", "[1]"])
def test_without_a_base_that_can_be_read_nothing_is_lost(course: Path, mine: Path, content: str) -> None:
    answer(mine / SHEET, 1, "my answer")
    (mine / ".course" / "bases" / SHEET).write_text(content, encoding="utf-8")
    folder.update_folder(course)
    assert texts(mine / SHEET)[1] == "my answer"
    assert "stub" in texts(mine / SHEET)[2]


def test_a_link_that_points_nowhere_is_the_learners_too(course: Path, mine: Path) -> None:
    (mine / SHEET).unlink()
    try:
        (mine / SHEET).symlink_to(course / "nowhere" / "x.ipynb")
    except OSError:
        pytest.skip("this system allows no symbolic link")
    assert "is a link to a file that is not there" in str(folder.update_folder(course))
    assert (mine / SHEET).is_symlink()


def test_a_course_without_notebooks_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no notebooks"):
        folder.update_folder(tmp_path)


def git(course: Path, *arguments: str) -> None:
    """A git command in the course."""
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=course, check=True, capture_output=True)


@pytest.fixture
def old(course: Path) -> Path:
    """my-exercises as a learner left it: a sheet with an answer, a note of their own, progress, and the origins."""
    sheet = course / "exercises" / "01_loop.ipynb"
    digest = hashlib.sha256(sheet.read_bytes()).hexdigest()
    old = course / "my-exercises"
    old.mkdir()
    (old / "01_loop.ipynb").write_bytes(sheet.read_bytes())
    answer(old / "01_loop.ipynb", 1, "my answer")
    (old / "note.txt").write_text("a note", encoding="utf-8")
    (old / ".origins.json").write_text(json.dumps({"01_loop.ipynb": digest}), encoding="utf-8")
    record = {"format": 1, "exercises": {"adam": {"attempts": 3}}, "predictions": {}, "recall": {}}
    (old / "progress.json").write_text(json.dumps(record), encoding="utf-8")
    return old


def attempts(course: Path, monkeypatch: pytest.MonkeyPatch, slug: str = "adam") -> Any:
    """How often an exercise was tried, as the record says."""
    monkeypatch.delenv("COURSE_PROGRESS", raising=False)
    monkeypatch.setattr(store, "course_root", lambda: course)
    return store.load_record()["exercises"].get(slug, {}).get("attempts")


def test_my_exercises_arrives_in_the_new_folder(course: Path, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert attempts(course, monkeypatch) == 3
    said = str(folder.update_folder(course))
    mine = course / "my-course"
    assert "my-exercises/ is now my-course/." in said
    assert "Your sheet 01_loop.ipynb is now 01_loop_exercises.ipynb." in said
    assert not old.exists()
    assert texts(mine / SHEET)[1] == "my answer"
    assert texts(mine / LESSON)[1] == "1 + 1"
    assert (mine / "note.txt").read_text(encoding="utf-8") == "a note"
    assert attempts(course, monkeypatch) == 3
    assert not (mine / ".origins.json").exists()
    assert folder.update_folder(course).same == 3


def test_a_sheet_of_the_old_folder_is_merged_from_the_version_that_it_was_copied_from(course: Path, old: Path) -> None:
    git(course, "init", "-q")
    git(course, "add", "exercises")
    git(course, "commit", "-qm", "Sheets")
    write(course / "exercises" / "01_loop.ipynb", ("a", "markdown", "better"), ("b", "code", "stub"))
    git(course, "commit", "-qam", "Better sheets")
    assert folder.update_folder(course).merged == ((SHEET, 0),)
    assert texts(course / "my-course" / SHEET) == ["better", "my answer"]


def test_an_update_that_was_interrupted_after_the_folder_was_renamed_goes_on(course: Path, old: Path) -> None:
    old.rename(course / "my-course")
    folder.update_folder(course)
    assert texts(course / "my-course" / SHEET)[1] == "my answer"
    assert texts(course / "my-course" / LESSON)[1] == "1 + 1"


def test_both_folders_become_one_and_neither_loses_anything(
    course: Path, old: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.update_folder(course)  # the fixture `mine` came after `old`, and took it over
    answer(mine / SHEET, 1, "a newer answer")
    (mine / "note.txt").write_text("another note", encoding="utf-8")
    # A notebook that was open in the old course writes to the old folder again.
    old.mkdir()
    write(old / "01_loop.ipynb", ("b", "code", "an older answer"))
    (old / "note.txt").write_text("a note", encoding="utf-8")
    record = {"format": 1, "exercises": {"momentum": {"attempts": 2}}, "predictions": {}, "recall": {}}
    (old / "progress.json").write_text(json.dumps(record), encoding="utf-8")
    folder.update_folder(course)
    assert not old.exists()
    assert texts(mine / SHEET)[1] == "a newer answer"
    assert texts(mine / "01_loop_exercises (2).ipynb") == ["an older answer"]
    assert {(mine / name).read_text(encoding="utf-8") for name in ("note.txt", "note (2).txt")} == {
        "a note",
        "another note",
    }
    assert (attempts(course, monkeypatch), attempts(course, monkeypatch, "momentum")) == (3, 2)
    progress.record_attempt("adam", "wrong")
    assert (attempts(course, monkeypatch), attempts(course, monkeypatch, "momentum")) == (4, 2)


def test_a_link_to_a_folder_elsewhere_keeps_leading_there(course: Path, old: Path, tmp_path_factory: Any) -> None:
    elsewhere = tmp_path_factory.mktemp("drive") / "exercises"
    old.rename(elsewhere)
    try:
        old.symlink_to(elsewhere)
    except OSError:
        pytest.skip("this system allows no symbolic link")
    folder.update_folder(course)
    assert (course / "my-course").is_symlink()
    assert texts(elsewhere / SHEET)[1] == "my answer"
