"""The lab: sheets are copied once and never overwritten, and JupyterLab starts on the loopback at lesson 00."""

import json
import os
import stat
from pathlib import Path

import pytest

from course_lib import __main__ as command_line
from course_lib.teaching.learner import lab


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A folder with two exercise sheets and one file that is none."""
    folder = tmp_path / "exercises"
    folder.mkdir()
    for name in ("01_loop.ipynb", "02_initialization.ipynb"):
        (folder / name).write_text(f'{{"cells": [], "sheet": "{name}"}}', encoding="utf-8")
    (folder / "notes.txt").write_text("not a sheet", encoding="utf-8")
    return tmp_path


def test_every_sheet_is_copied_and_nothing_else(course: Path) -> None:
    sheets = lab.copy_sheets(course)
    assert sheets == lab.Sheets(("01_loop.ipynb", "02_initialization.ipynb"), (), ())
    assert sorted(path.name for path in (course / "my-exercises").iterdir()) == [
        ".origins.json", "01_loop.ipynb", "02_initialization.ipynb",
    ]  # fmt: skip
    copy = course / "my-exercises" / "01_loop.ipynb"
    assert copy.read_bytes() == (course / "exercises" / "01_loop.ipynb").read_bytes()
    assert copy.stat().st_mode & stat.S_IWUSR


def test_a_sheet_that_was_worked_on_is_never_overwritten(course: Path) -> None:
    lab.copy_sheets(course)
    mine = course / "my-exercises" / "01_loop.ipynb"
    mine.write_text("my answer", encoding="utf-8")
    sheets = lab.copy_sheets(course)
    assert mine.read_text(encoding="utf-8") == "my answer"
    assert (sheets.copied, sheets.outdated) == ((), ())


def test_an_updated_course_leaves_my_sheet_and_says_that_its_own_changed(course: Path) -> None:
    lab.copy_sheets(course)
    mine = course / "my-exercises" / "01_loop.ipynb"
    mine.write_text("my answer", encoding="utf-8")
    (course / "exercises" / "01_loop.ipynb").write_text("a better sheet", encoding="utf-8")
    sheets = lab.copy_sheets(course)
    assert sheets.outdated == ("01_loop.ipynb",)
    assert "exercises/01_loop.ipynb has changed since it was copied" in str(sheets)
    assert mine.read_text(encoding="utf-8") == "my answer"


def test_a_sheet_that_i_renamed_is_copied_anew_beside_mine(course: Path) -> None:
    lab.copy_sheets(course)
    mine = course / "my-exercises" / "01_loop.ipynb"
    mine.rename(mine.with_name("01_old.ipynb"))
    (course / "exercises" / "01_loop.ipynb").write_text("a better sheet", encoding="utf-8")
    assert lab.copy_sheets(course).copied == ("01_loop.ipynb",)
    assert mine.read_text(encoding="utf-8") == "a better sheet"
    assert lab.copy_sheets(course).outdated == ()


@pytest.mark.parametrize("damage", ["", "{", "[1, 2]", "\x00"])
def test_a_damaged_list_of_origins_costs_a_message_only(course: Path, damage: str) -> None:
    lab.copy_sheets(course)
    (course / "my-exercises" / ".origins.json").write_text(damage, encoding="utf-8")
    assert lab.copy_sheets(course).kept == ("01_loop.ipynb", "02_initialization.ipynb")
    assert len(json.loads((course / "my-exercises" / ".origins.json").read_text(encoding="utf-8"))) == 2


def test_a_link_that_points_nowhere_is_mine_too(course: Path) -> None:
    (course / "my-exercises").mkdir()
    link = course / "my-exercises" / "01_loop.ipynb"
    try:
        link.symlink_to(course / "nowhere")
    except OSError:
        pytest.skip("this system allows no symbolic link")
    lab.copy_sheets(course)
    assert link.is_symlink()


def test_a_course_without_exercises_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="holds no folder exercises"):
        lab.copy_sheets(Path("/nowhere"))


def test_the_lab_listens_on_the_loopback_and_opens_lesson_00(course: Path) -> None:
    arguments = lab.lab_arguments(course)
    assert "--ServerApp.ip=127.0.0.1" in arguments
    assert f"--ServerApp.root_dir={course}" in arguments
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in arguments
    assert "--allow-root" not in arguments
    assert "--allow-root" in lab.lab_arguments(course, is_root=True)


def test_an_argument_of_the_learner_is_passed_on_and_replaces_ours(course: Path) -> None:
    arguments = lab.lab_arguments(course, ["--no-browser", "--port=8890", "--ip=localhost"])
    assert arguments[-3:] == ["--no-browser", "--port=8890", "--ip=localhost"]
    assert not any(argument.startswith("--ServerApp.ip") for argument in arguments)


def test_waiting_threads_are_passive_unless_the_learner_chose(course: Path) -> None:
    environment: dict[str, str] = {"OMP_NUM_THREADS": "7", "JUPYTER_CONFIG_PATH": "elsewhere"}
    lab.set_environment(course, environment)
    lab.set_environment(course, environment)
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"
    assert environment["OMP_NUM_THREADS"] == "7"
    assert 1 <= int(environment["OPENBLAS_NUM_THREADS"]) <= 4
    assert "COURSE_PROGRESS" not in environment
    assert [Path(path).name for path in environment["JUPYTER_CONFIG_PATH"].split(os.pathsep)] == [
        "elsewhere", "lab_settings",
    ]  # fmt: skip


def test_the_settings_of_the_lab_exist_in_jupyterlab() -> None:
    from jupyterlab.commands import get_app_dir

    text = Path(lab.__file__).with_name("lab_settings") / "labconfig" / "default_setting_overrides.json"
    for plugin, values in json.loads(text.read_text(encoding="utf-8")).items():
        package, name = plugin.split(":")
        schema = json.loads((Path(get_app_dir()) / "schemas" / package / f"{name}.json").read_text(encoding="utf-8"))
        for key, value in values.items():
            rule = schema["properties"][key]
            allowed = [choice["const"] for choice in rule["oneOf"]] if "oneOf" in rule else [True, False]
            assert value in allowed


def test_the_command_line_gives_unknown_options_of_the_lab_to_jupyterlab(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []
    monkeypatch.setattr(lab, "start", lambda extra: given.append(list(extra)) or 0)
    assert command_line.main(["lab", "--no-browser", "--port", "8890"]) == 0
    assert given == [["--no-browser", "--port", "8890"]]


def test_the_command_line_refuses_unknown_options_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command_line.main(["report", "--loud"])
    assert "unrecognized arguments: --loud" in capsys.readouterr().err


def test_the_lab_starts_although_the_sheets_cannot_be_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(lab, "_run_jupyterlab", lambda arguments: started.append(arguments) or 0)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    assert lab.start(root=tmp_path) == 0
    assert len(started) == 1
    assert "The exercise sheets were not copied" in capsys.readouterr().out


@pytest.fixture
def closed(course: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The course and a home folder that cannot be written to, also by root: their places are taken by files."""
    home = tmp_path_factory.mktemp("home")
    for place in (course / "my-exercises", course / ".jupyter", home / ".jupyter", home / ".local"):
        place.write_text("", encoding="utf-8")
    return course, home


def test_a_course_and_a_home_that_cannot_be_written_to_are_served_and_what_is_not_kept_is_said(
    closed: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    course, home = closed
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    monkeypatch.setattr(os, "environ", environment | {"HOME": str(home)})
    started: list[list[str]] = []
    monkeypatch.setattr(lab, "_run_jupyterlab", lambda arguments: started.append(arguments) or 0)
    assert lab.start(root=course) == 0
    assert f"--ServerApp.root_dir={course}" in started[0]
    for variable in ("JUPYTERLAB_WORKSPACES_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        folder = Path(os.environ[variable])
        (folder / "a file").touch()
        assert not folder.is_relative_to(course)
    said = capsys.readouterr().out
    assert "The exercise sheets were not copied to my-exercises/ (file exists)." in said
    assert "The layout of this JupyterLab cannot be kept (" in said
    assert "What you set in this JupyterLab cannot be kept (" in said


def test_folders_that_can_be_written_to_are_used_and_nothing_is_said(
    course: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path_factory.mktemp("home")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    monkeypatch.setattr(os, "environ", environment | {"HOME": str(home)})
    lab.set_environment(course, os.environ)
    before = dict(os.environ)
    assert lab.find_places(os.environ) == []
    assert os.environ == before


def test_a_folder_that_holds_every_sheet_already_is_not_written_to(course: Path) -> None:
    lab.copy_sheets(course)
    origins = course / "my-exercises" / ".origins.json"
    before = origins.stat()
    lab.copy_sheets(course)
    assert (origins.stat().st_ino, origins.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
