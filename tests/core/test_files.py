"""A file is complete or untouched, whatever happens to its writer."""

import hashlib
import json
import math
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from course_lib.core import files
from course_lib.core.files import course_root, data_folder, sha256_of, write_json, write_text, write_then_rename


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_file_holds_what_the_writer_wrote_and_nothing_is_left_beside_it(tmp_path):
    write_then_rename(tmp_path / "weights", lambda part: part.write_bytes(b"new"))
    assert (tmp_path / "weights").read_bytes() == b"new"
    assert names_in(tmp_path) == ["weights"]


def test_a_writer_gets_a_part_file_in_the_same_folder(tmp_path):
    seen = []
    write_then_rename(tmp_path / "weights", lambda part: (seen.append(part), part.write_bytes(b"")))
    assert seen[0].parent == tmp_path
    assert seen[0].name.startswith("weights.")
    assert seen[0].name.endswith(".part")


def test_a_reader_sees_the_old_file_while_the_new_one_is_written(tmp_path):
    path = tmp_path / "weights"
    path.write_text("old")

    def writer(part):
        part.write_text("new, but not yet comp")
        assert path.read_text() == "old"
        part.write_text("new")

    write_then_rename(path, writer)
    assert path.read_text() == "new"


def test_a_writer_that_raises_leaves_the_old_file_and_no_part(tmp_path):
    path = tmp_path / "weights"
    path.write_text("old")

    def writer(part):
        part.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_then_rename(path, writer)
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["weights"]


KILLED = """
import os, signal, sys
from pathlib import Path
from course_lib.core.files import write_then_rename

def writer(part):
    with open(part, "w") as file:
        file.write("half")
        file.flush()
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

write_then_rename(Path(sys.argv[1]), writer)
"""


def test_a_killed_writer_leaves_the_old_file_whole(tmp_path):
    path = tmp_path / "weights"
    path.write_text("old and whole")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], env=environment, check=False)
    assert done.returncode != 0
    assert path.read_text() == "old and whole"
    assert len(names_in(tmp_path)) == 2  # the killed process could not remove its part ...
    write_text(path, "new")
    assert path.read_text() == "new"  # ... and the next one does not stumble over it


def test_of_concurrent_writers_one_wins_whole(tmp_path):
    path = tmp_path / "weights"
    texts = [str(number) * 200_000 for number in range(8)]
    torn, done = [], threading.Event()

    def read():
        while not done.is_set():
            if path.exists() and path.read_text() not in texts:
                torn.append(path.stat().st_size)

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write_text, args=(path, text)) for text in texts]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert torn == []
    assert path.read_text() in texts
    assert names_in(tmp_path) == ["weights"]


def test_a_writer_that_writes_elsewhere_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"^the writer of weights must write to the path that it is given"):
        write_then_rename(tmp_path / "weights", lambda part: part.with_suffix(".npy").write_bytes(b"new"))
    assert not (tmp_path / "weights").exists()


def test_missing_folders_are_made(tmp_path):
    write_text(tmp_path / "a" / "b" / "note.txt", "text")
    assert (tmp_path / "a" / "b" / "note.txt").read_text() == "text"


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "plain").write_text("")
    write_text(tmp_path / "ours", "")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_text_is_utf_8_with_newlines_as_they_are(tmp_path):
    write_text(tmp_path / "note.txt", "\u03b7 = 0.1\n\u2207L\r\n")
    assert (tmp_path / "note.txt").read_bytes() == "\u03b7 = 0.1\n\u2207L\r\n".encode()


def test_json_is_readable_and_comes_back(tmp_path):
    data = {"rate \u03b7": 0.1, "sizes": [784, 128], "name": None}
    write_json(tmp_path / "meta.json", data)
    text = (tmp_path / "meta.json").read_text(encoding="utf-8")
    assert json.loads(text) == data
    assert text.startswith('{\n  "rate \u03b7": 0.1')
    assert text.endswith("}\n")


@pytest.mark.parametrize(("data", "error"), [({"loss": math.nan}, ValueError), ({"path": Path()}, TypeError)])
def test_what_is_not_json_is_refused_and_the_old_file_stays(tmp_path, data, error):
    write_json(tmp_path / "meta.json", {"old": 1})
    with pytest.raises(error, match="JSON"):
        write_json(tmp_path / "meta.json", data)
    assert json.loads((tmp_path / "meta.json").read_text()) == {"old": 1}


@pytest.mark.parametrize("content", [b"", b"abc", bytes(range(256)) * 4096])
def test_sha256_is_that_of_the_whole_content(tmp_path, content):
    (tmp_path / "data").write_bytes(content)
    assert sha256_of(tmp_path / "data") == hashlib.sha256(content).hexdigest()


def test_the_root_is_the_folder_above_the_package_that_has_a_pyproject():
    assert (course_root() / "course_lib" / "core" / "files.py").samefile(files.__file__)
    assert (course_root() / "pyproject.toml").is_file()


def test_without_a_checkout_the_error_says_how_the_course_is_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "__file__", str(tmp_path / "course_lib" / "core" / "files.py"))
    with pytest.raises(FileNotFoundError, match=r"the course runs from its checkout \(pip install -e \.\)$"):
        course_root()
    (tmp_path / "pyproject.toml").touch()
    assert course_root() == tmp_path.resolve()


@pytest.fixture
def two_places(tmp_path, monkeypatch):
    """A checkout and a folder of data sets that COURSE_DATA names."""
    monkeypatch.setattr(files, "course_root", lambda: tmp_path / "checkout")
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "shelf"))
    return tmp_path


def test_data_is_looked_for_on_the_shelf_first_and_in_the_checkout_next(two_places):
    assert data_folder("digits") is None
    (two_places / "checkout" / "data" / "digits").mkdir(parents=True)
    assert data_folder("digits") == two_places / "checkout" / "data" / "digits"
    (two_places / "shelf" / "digits").mkdir(parents=True)
    assert data_folder("digits") == two_places / "shelf" / "digits"


def test_without_the_variable_data_is_looked_for_in_the_checkout_alone(two_places, monkeypatch):
    (two_places / "shelf" / "digits").mkdir(parents=True)
    monkeypatch.delenv("COURSE_DATA")
    assert data_folder("digits") is None
    monkeypatch.setenv("COURSE_DATA", "")
    assert data_folder("digits") is None


def test_a_file_is_not_a_data_folder(two_places):
    (two_places / "shelf").mkdir()
    (two_places / "shelf" / "digits").touch()
    assert data_folder("digits") is None


@pytest.mark.parametrize("name", ["", ".", "..", "../secrets", "a/b", "a\\b"])
def test_a_data_set_is_named_by_one_folder(name):
    with pytest.raises(ValueError, match=r"^name must be the name of one folder, got "):
        data_folder(name)
