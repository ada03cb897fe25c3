"""The lab: JupyterLab starts on the loopback, in the learner's folder, at lesson 00."""

import json
import os
from pathlib import Path

import pytest

from course_lib import __main__ as command_line
from course_lib.teaching.learner import folder, lab


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A folder with one lesson."""
    lesson = tmp_path / "notebooks" / "00_start_here.ipynb"
    lesson.parent.mkdir()
    lesson.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', encoding="utf-8")
    return tmp_path


def test_the_lab_listens_on_the_loopback_and_opens_lesson_00(course: Path) -> None:
    folder.update_folder(course)
    arguments = lab.lab_arguments(course)
    assert "--ServerApp.ip=127.0.0.1" in arguments
    assert f"--ServerApp.root_dir={course / 'my-course'}" in arguments
    assert "--LabApp.default_url=/lab/tree/00_start_here.ipynb" in arguments
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

    own, extensions = Path(get_app_dir()) / "schemas", Path(get_app_dir()).parent / "labextensions"
    text = Path(lab.__file__).with_name("lab_settings") / "labconfig" / "default_setting_overrides.json"
    for plugin, values in json.loads(text.read_text(encoding="utf-8")).items():
        package, name = plugin.split(":")
        places = (own / package, extensions / package / "schemas" / package)
        (file,) = (place / f"{name}.json" for place in places if (place / f"{name}.json").is_file())
        schema = json.loads(file.read_text(encoding="utf-8"))
        for key, value in values.items():
            rule = schema["properties"][key]
            allowed = [choice["const"] for choice in rule["oneOf"]] if "oneOf" in rule else [True, False]
            assert value in allowed


def test_the_command_line_gives_unknown_options_of_the_lab_to_jupyterlab(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []
    monkeypatch.setattr(lab, "start_lab", lambda extra: given.append(list(extra)) or 0)
    assert command_line.main(["lab", "--no-browser", "--port", "8890"]) == 0
    assert given == [["--no-browser", "--port", "8890"]]


def test_the_command_line_refuses_unknown_options_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command_line.main(["report", "--loud"])
    assert "unrecognized arguments: --loud" in capsys.readouterr().err


def test_the_lab_starts_although_nothing_can_be_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(lab, "_run_jupyterlab", lambda arguments: started.append(arguments) or 0)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    assert lab.start_lab(root=tmp_path) == 0
    assert len(started) == 1
    assert "The lessons and sheets were not copied to my-course/" in capsys.readouterr().out


@pytest.fixture
def closed(course: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The course and a home folder that cannot be written to, also by root: their places are taken by files."""
    home = tmp_path_factory.mktemp("home")
    for place in (course / "my-course", course / ".jupyter", home / ".jupyter", home / ".local"):
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
    assert lab.start_lab(root=course) == 0
    assert f"--ServerApp.root_dir={course}" in started[0]
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in started[0]
    for variable in ("JUPYTERLAB_WORKSPACES_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        folder = Path(os.environ[variable])
        (folder / "a file").touch()
        assert not folder.is_relative_to(course)
    said = capsys.readouterr().out
    assert "The lessons and sheets were not copied to my-course/ (file exists)." in said
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
