"""Of a learner's progress nothing is lost: not by two kernels, damage, a newer course, links or full disks."""

import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest

from course_lib.core.locks import folder_locked
from course_lib.teaching.exercises import registry
from course_lib.teaching.learner import progress, store

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs fork, modes and links as POSIX has them")
NEWER = b'{"format": 2, "exercises": {"a": {"tries": [1, 2]}}}'


@pytest.fixture
def file(monkeypatch, tmp_path):
    """A progress file in an empty folder, and a session that has said nothing yet."""
    path = tmp_path / "mine" / "progress.json"
    path.parent.mkdir()
    monkeypatch.setenv("COURSE_PROGRESS", str(path))
    monkeypatch.setattr(store, "_waiting", [])
    monkeypatch.setattr(store, "_told", set())
    return path


def names(file):
    return sorted(path.name for path in file.parent.iterdir())


def kept(file):
    return json.loads(file.read_text(encoding="utf-8"))["exercises"]


def elsewhere(code, *arguments):
    """What another kernel prints that runs `code` on the same progress file."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


def test_the_file_lies_where_the_variable_says_else_in_the_learners_folder(file, monkeypatch):
    assert store.progress_file() == file
    monkeypatch.delenv("COURSE_PROGRESS")
    assert store.progress_file().parts[-2:] == ("my-course", "progress.json")


def test_a_record_in_the_old_folder_is_used_until_it_is_moved(file, monkeypatch, tmp_path):
    monkeypatch.delenv("COURSE_PROGRESS")
    monkeypatch.setattr(store, "course_root", lambda: tmp_path)
    for folder in ("my-exercises", "my-course"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "progress.json").write_text("{}", encoding="utf-8")
        assert store.progress_file().parent.name == folder


def test_a_tilde_is_the_home_folder(file, monkeypatch):
    monkeypatch.setenv("HOME", str(file.parent))
    monkeypatch.setenv("USERPROFILE", str(file.parent))
    monkeypatch.setenv("COURSE_PROGRESS", "~/progress.json")
    progress.record_attempt("a", "right")
    assert kept(file)["a"]["attempts"] == 1


# Damage


@pytest.mark.parametrize(
    "content", [b"{ not json", b"", b"\xff\xfe", b"[]", b"null", b"\x00" * 40, b"[" * 100_000, b'{"a": 1' * 9_999]
)
def test_a_damaged_file_is_kept_and_a_new_one_is_begun(file, content, capsys):
    file.write_bytes(content)
    file.with_name("progress.damaged-1.json").write_bytes(b"an older one")
    progress.record_attempt("a", "right")
    assert file.with_name("progress.damaged-2.json").read_bytes() == content
    assert file.with_name("progress.damaged-1.json").read_bytes() == b"an older one"
    assert kept(file)["a"]["attempts"] == 1
    assert "it is kept as progress.damaged-2.json and a new one is begun" in capsys.readouterr().out


def test_reading_a_damaged_file_changes_nothing(file, capsys):
    file.write_bytes(b'{"exercises": {},,}')
    assert store.load_record()["exercises"] == {}
    assert names(file) == ["progress.json"]
    assert file.read_bytes() == b'{"exercises": {},,}'
    assert capsys.readouterr().out.startswith("progress.json cannot be read (expecting property name")


def test_a_copy_that_was_kept_before_a_kernel_died_is_not_kept_twice(file):
    file.write_bytes(b"{ not json")
    file.with_name("progress.damaged-1.json").write_bytes(b"{ not json")
    progress.record_attempt("a", "right")
    assert names(file) == ["progress.damaged-1.json", "progress.json"]


@pytest.mark.parametrize(
    ("exercises", "place"),
    [
        ([], "exercises"),
        ({"adam": 3}, "exercises/adam"),
        ({"adam": {"attempts": "many"}}, "exercises/adam/attempts"),
        ({"adam": {"mistakes": {"x": "two"}}}, "exercises/adam/mistakes"),
        ({"adam": {"hints": -1}}, "exercises/adam/hints"),
        ({"adam": {"level": ["worked"]}}, "exercises/adam/level"),
        ({"adam": {"own": json.loads("[" * 80 + "]" * 80)}}, "exercises"),
    ],
)
def test_one_odd_value_is_left_out_and_the_rest_stays(file, exercises, place, capsys):
    whole = {"format": 1, "exercises": exercises, "recall": {"01-r": {"first_right": True}}, "notes": "mine"}
    file.write_text(json.dumps(whole), encoding="utf-8")
    progress.record_attempt("adam", "wrong", "x")
    progress.record_hint("adam", most=2)
    progress.record_level("adam", "faded")
    now = json.loads(file.read_text(encoding="utf-8"))
    assert (now["recall"], now["notes"]) == (whole["recall"], "mine")
    assert now["exercises"]["adam"]["mistakes"] == {"x": 1}
    assert json.loads(file.with_name("progress.damaged-1.json").read_bytes()) == whole
    assert f"({place}); as it was, it is kept as progress.damaged-1.json." in capsys.readouterr().out


def _record(rng):
    """A record as a learner has it after some weeks."""
    exercises = {
        f"slug_{i}": {
            "attempts": rng.randint(1, 9),
            "last": "wrong",
            "mistakes": {"sum": rng.randint(1, 5)},
            "hints": 1,
        }
        for i in range(12)
    }
    exercises["slug_3"].update(solved="2026-01-01", solved_at_level="blank", level="faded")
    predictions = {
        f"0{i}-p": {"question": "Größer?", "choice": "yes", "day": "2026-01-01", "right": True} for i in (1, 2)
    }
    recall = {"01-r": {"first_right": False, "question": "?", "choice": "no", "right": True}}
    return {"format": 1, "exercises": exercises, "predictions": predictions, "recall": recall, "notes": {"01": ["a"]}}


def _places(value, path=()):
    """Every place inside a JSON value, as the containers and keys that lead there."""
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from _places(value[key])


ODD = (
    None,
    True,
    -1,
    2**70,
    10**400,
    1.5,
    float("nan"),
    float("inf"),
    "",
    "two",
    "\ud800",
    [],
    [[]],
    {},
    {"x": {}},
    "2",
)


def _damaged(rng):
    """The bytes of a record with one damage: to its bytes, or to one of its values."""
    record = _record(rng)
    if rng.random() < 0.5:
        inside, key = rng.choice(list(_places(record)))
        inside[key] = rng.choice(ODD)
        return json.dumps(record).encode()
    raw = bytearray(json.dumps(record, ensure_ascii=False).encode())
    start = rng.randrange(len(raw))
    end = min(len(raw), start + rng.choice([1, 1, 1, 5, 100]))
    kind = rng.randrange(5)
    if kind == 0:
        raw[start] ^= 1 << rng.randrange(8)
    elif kind == 1:
        del raw[start:]
    elif kind == 2:
        del raw[start:end]
    elif kind == 3:
        raw[start:start] = rng.randbytes(end - start)
    else:
        raw[start:end] = bytes(end - start)
    return bytes(raw)


def _within(old, new):
    """Whether what stands in `old` stands in `new` too, counts perhaps higher, more beside it."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(key in new and _within(old[key], new[key]) for key in old)
    return type(old) is type(new) and (new >= old if type(old) is int else new == old or old != old)


# What `_use_everything` says anew.
OVERWRITTEN = (("exercises", "slug_3", ("last", "level")), ("recall", "01-r", ("question", "choice", "right", "day")))


def _use_everything():
    progress.record_attempt("slug_3", "wrong", "sum")
    progress.record_hint("slug_3", most=3)
    progress.record_level("slug_3", "worked")
    progress.record_outcome("01-p", "no")
    progress.record_prediction("03-p", "?", "yes")
    progress.record_recall("01-r", "?", "no", right=True)
    assert progress.progress_table()
    assert progress.table_html().encode()


def test_two_hundred_damages_lose_nothing_and_raise_nothing(file, monkeypatch):
    one = types.SimpleNamespace(slug="slug_3", title="three")
    monkeypatch.setattr(registry, "entries", lambda: iter([registry.Entry(1, 1, one)]))
    rng = random.Random(0)
    set_aside = 0
    for _ in range(200):
        for path in file.parent.iterdir():
            path.unlink()
        raw = _damaged(rng)
        file.write_bytes(raw)
        _use_everything()
        copies = [path for path in file.parent.iterdir() if ".damaged-" in path.name]
        beside = [path for path in file.parent.iterdir() if ".waiting-" in path.name]
        if beside:  # the damage reads as a newer format: that file is not touched
            assert file.read_bytes() == raw
            continue
        now = json.loads(file.read_text(encoding="utf-8"))
        assert now["exercises"]["slug_3"]["attempts"] >= 1
        set_aside += bool(copies)
        if copies:
            assert [path.read_bytes() for path in copies] == [raw]
        else:
            before = json.loads(raw)
            for section, key, fields in OVERWRITTEN:
                for field in fields:
                    before.get(section, {}).get(key, {}).pop(field, None)
            assert _within(before, now)
    assert 50 < set_aside < 200


# Other programs, other courses


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_of_an_editor_is_read(file, encoding):
    progress.record_prediction("01-p", "Größer?", "größer")
    file.write_text(file.read_text(encoding="utf-8"), encoding=encoding)
    progress.record_attempt("a", "right")
    assert store.load_record()["predictions"]["01-p"]["choice"] == "größer"
    assert names(file) == ["progress.json"]


def test_sections_and_fields_that_the_course_does_not_know_are_kept(file):
    unknown = {"format": 1, "notes": {"01": "mine"}, "exercises": {"a": {"attempts": 2, "stars": 5}}, "version": "9.1"}
    file.write_text(json.dumps(unknown), encoding="utf-8")
    progress.record_attempt("a", "right")
    now = json.loads(file.read_text(encoding="utf-8"))
    assert (now["notes"], now["version"]) == (unknown["notes"], "9.1")
    assert (now["exercises"]["a"]["stars"], now["exercises"]["a"]["attempts"]) == (5, 3)
    assert names(file) == ["progress.json"]


def test_a_newer_format_is_not_touched_and_a_course_that_knows_it_adds_what_was_done(file, monkeypatch, capsys):
    file.write_bytes(NEWER)
    progress.record_attempt("a", "right")
    assert progress.record_hint("a", most=3) == 1
    assert progress.record_hint("a", most=3) == 2
    assert file.read_bytes() == NEWER
    assert store.load_record()["exercises"]["a"] | {"solved": ""} == {
        "attempts": 1, "last": "right", "solved": "", "solved_at_level": "blank", "hints": 2,
    }  # fmt: skip
    assert "progress.json is not written now (a newer course wrote it, in format 2)" in capsys.readouterr().out
    file.write_text('{"format": 1, "exercises": {"a": {"attempts": 4}}}', encoding="utf-8")
    progress.record_attempt("b", "right")
    assert (kept(file)["a"]["attempts"], kept(file)["a"]["hints"]) == (5, 2)
    assert names(file) == ["progress.json"]


def test_an_editor_that_saves_while_we_write_loses_nothing(file, monkeypatch):
    progress.record_attempt("a", "wrong")
    file_bytes, real = file.read_bytes(), store.bytes_of
    edited = file_bytes.replace(b'"attempts": 1', b'"attempts": 7, "stars": 5')
    seen = []

    def saved_meanwhile(path):
        seen.append(1)
        if len(seen) == 2:
            path.write_bytes(edited)
        return real(path)

    monkeypatch.setattr(store, "bytes_of", saved_meanwhile)
    progress.record_attempt("a", "wrong")
    assert (kept(file)["a"]["attempts"], kept(file)["a"]["stars"]) == (8, 5)


# Links, modes, places


@POSIX
def test_a_symbolic_link_is_followed_and_stays(file, tmp_path):
    real = tmp_path / "synchronized" / "course.json"
    real.parent.mkdir()
    file.symlink_to(real)
    progress.record_attempt("a", "right")
    real.write_bytes(b"{ not json")
    progress.record_attempt("a", "right")
    assert file.is_symlink()
    assert kept(real)["a"]["attempts"] == 1
    assert sorted(path.name for path in real.parent.iterdir()) == ["course.damaged-1.json", "course.json"]


@POSIX
def test_a_link_into_a_drive_that_is_not_there_begins_no_other_record(file, tmp_path, capsys):
    file.symlink_to(tmp_path / "drive" / "course.json")
    progress.record_attempt("a", "right")
    assert not (tmp_path / "drive").exists()
    assert store.load_record()["exercises"]["a"]["attempts"] == 1
    assert "(the folder to which progress.json is a link is not there)" in capsys.readouterr().out
    (tmp_path / "drive").mkdir()
    progress.record_attempt("a", "right")
    assert kept(tmp_path / "drive" / "course.json")["a"]["attempts"] == 2


@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_the_mode_of_the_file_is_kept_also_by_its_copies(file, mode, monkeypatch):
    progress.record_attempt("a", "right")
    file.chmod(mode)
    progress.record_attempt("a", "right")
    assert stat.S_IMODE(file.stat().st_mode) == mode
    file.chmod(0o600)
    file.write_bytes(b"{ not json")
    file.chmod(mode)
    progress.record_attempt("a", "right")
    assert [stat.S_IMODE(path.stat().st_mode) for path in sorted(file.parent.iterdir())] == [mode, mode]


@POSIX
def test_what_waits_beside_the_file_has_its_mode(file):
    file.write_bytes(NEWER)
    file.chmod(0o600)
    progress.record_attempt("a", "right")
    assert [stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()] == [0o600, 0o600]


@POSIX
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_left_alone(file, make, capsys):
    make(file)
    kind = stat.S_IFMT(file.stat().st_mode)
    progress.record_attempt("a", "right")
    assert (stat.S_IFMT(file.stat().st_mode), names(file)) == (kind, ["progress.json"])
    assert capsys.readouterr().out == "Progress is not saved (progress.json is no file); everything else works.\n"


def test_an_unwritable_place_gives_one_sentence_and_breaks_nothing(file, monkeypatch, capsys):
    blocked = file.parent.with_name("a file, not a folder")
    blocked.write_text("", encoding="utf-8")
    monkeypatch.setenv("COURSE_PROGRESS", str(blocked / "progress.json"))
    progress.record_attempt("a", "right")
    progress.record_attempt("a", "right")
    out = capsys.readouterr().out
    assert out.startswith("Progress is not saved (")
    assert out.count("\n") == 1
    assert store.load_record()["exercises"]["a"]["attempts"] == 2


def test_a_full_disk_keeps_the_damaged_original_and_what_waits_is_written_later(file, monkeypatch, capsys):
    file.write_bytes(b"{ not json")

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as at_once:
        at_once.setattr(os, "fsync", full)
        progress.record_attempt("a", "right")
    assert (names(file), file.read_bytes()) == (["progress.json"], b"{ not json")
    assert capsys.readouterr().out == "Progress is not saved (no space left on device); everything else works.\n"
    progress.record_attempt("a", "right")
    assert kept(file)["a"]["attempts"] == 2


def test_what_waits_in_memory_is_written_when_the_kernel_ends(file, tmp_path):
    elsewhere(
        "import os, sys\n"
        "from course_lib.teaching.learner import progress\n"
        "os.environ['COURSE_PROGRESS'] = sys.argv[1] + '/nowhere'\n"
        "open(sys.argv[1], 'w').close(); progress.record_attempt('a', 'right'); os.remove(sys.argv[1])\n"
        "os.environ['COURSE_PROGRESS'] = sys.argv[2]\n",
        str(tmp_path / "blocked"),
        str(file),
    )
    assert kept(file)["a"]["attempts"] == 1


# Two kernels


def test_two_kernels_that_write_at_once_lose_nothing(file):
    code = (
        "from course_lib.teaching.learner import progress\n"
        "import sys\n"
        "for i in range(25): progress.record_attempt('both', 'wrong'); progress.record_attempt(sys.argv[1], 'wrong')"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, name], stdout=subprocess.PIPE) for name in ("one", "two")]
    assert [process.communicate()[0] for process in running] == [b"", b""]
    assert {name: one["attempts"] for name, one in kept(file).items()} == {"both": 50, "one": 25, "two": 25}
    assert names(file) == ["progress.json"]


def test_while_another_kernel_holds_the_lock_changes_are_kept_beside_and_added_once(file, monkeypatch, capsys):
    monkeypatch.setattr(store, "LOCK_SECONDS", 0.02)
    progress.record_hint("a", most=9)
    with folder_locked(file.parent, 0):
        assert progress.record_hint("a", most=9) == 2
        assert progress.record_hint("a", most=9) == 3
        assert store.load_record()["exercises"]["a"]["hints"] == 3
        assert kept(file)["a"]["hints"] == 1
        assert len(names(file)) == 3
    assert capsys.readouterr().out == (
        "progress.json is not written now (another notebook holds the file): what you do is kept beside it, "
        "added later.\n"
    )
    beside = {path: path.read_bytes() for path in file.parent.iterdir() if path != file}
    progress.record_attempt("b", "right")
    assert kept(file)["a"]["hints"] == 3
    assert names(file) == ["progress.json"]
    # A kernel that was killed after it had written the file and before it had removed the small ones:
    for path, content in beside.items():
        path.write_bytes(content)
    progress.record_attempt("b", "right")
    assert (kept(file)["a"]["hints"], kept(file)["b"]["attempts"]) == (3, 2)


def test_changes_of_a_kernel_that_ended_while_another_held_the_lock_are_there(file):
    with folder_locked(file.parent, 0):
        elsewhere(
            "from course_lib.teaching.learner import progress, store\n"
            "store.LOCK_SECONDS = 0\nprogress.record_hint('a', most=9)"
        )
    assert store.load_record()["exercises"]["a"]["hints"] == 1


@pytest.mark.parametrize("age", [60, -3_600])
def test_a_lock_file_of_an_older_course_stops_nobody_whatever_the_clock_says(file, age):
    lock = file.with_name("progress.json.lock")
    lock.touch()
    os.utime(lock, (time.time() - age,) * 2)
    progress.record_attempt("a", "right")
    assert kept(file)["a"]["attempts"] == 1


@POSIX
def test_a_file_system_without_locks_is_named_with_a_way_out(file, monkeypatch, capsys):
    import fcntl

    def none(*_):
        raise OSError(37, "No locks available")

    with monkeypatch.context() as here:
        here.setattr(fcntl, "flock", none)
        progress.record_attempt("a", "right")
        progress.record_attempt("a", "right")
        assert store.load_record()["exercises"]["a"]["attempts"] == 2
    out = capsys.readouterr().out
    assert f"the file system of {file.parent} has no locks" in out
    assert "COURSE_PROGRESS may name a file elsewhere" in out
    progress.record_attempt("a", "right")
    assert (kept(file)["a"]["attempts"], names(file)) == (3, ["progress.json"])


@POSIX
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("absent", "goes-on"),
        ("sound", "goes-on"),
        ("damaged", "goes-on"),
        ("odd", "goes-on"),
        ("damaged", "dies"),
        ("sound", "dies"),
    ],
)
def test_a_kernel_stopped_before_any_of_its_system_calls_loses_nothing_of_another(file, start, end):
    from tests.teaching.learner.interleaving import STARTS

    command = [sys.executable, "-m", "tests.teaching.learner.interleaving", str(file.parent), start, end]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    points = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(points) > 60
    for point in points:
        exercises = json.loads(point["text"])["exercises"]
        counts = {name: exercises.get(name, {}).get("attempts") for name in ("both", "first", "second")}
        if end == "goes-on":
            assert counts == {"both": 2, "first": 1, "second": 1}, point
            assert not [name for name in point["left"] if ".waiting-" in name or name.endswith(".part")], point
        else:
            assert counts["second"] == 1, point
            assert counts["both"] - 1 <= 1, point
            assert counts["both"] == 2 or counts["first"] is None, point
        if start in ("sound", "odd"):
            assert exercises["old"] == {"attempts": 3}, point
        if start == "sound":
            assert json.loads(point["text"])["notes"] == {"01": "my own words"}, point
        if start in ("damaged", "odd"):
            assert [text for text in point["files"].values() if text.encode() == STARTS[start]], point


@POSIX
def test_a_forked_child_does_not_write_what_waits_in_its_parent(file, monkeypatch):
    real, pids = os.replace, []

    def with_a_child(source, target):
        if not pids:
            pids.append(os.fork())
            if pids[0] == 0:
                progress.record_attempt("child", "right")
                os._exit(0)
            os.waitpid(pids[0], 0)
        real(source, target)

    monkeypatch.setattr(store, "LOCK_SECONDS", 0.02)
    monkeypatch.setattr(os, "replace", with_a_child)
    progress.record_attempt("parent", "right")
    assert {name: one["attempts"] for name, one in kept(file).items()} == {"parent": 1, "child": 1}


@POSIX
def test_a_stopped_kernel_keeps_its_lock_and_both_records_are_there_when_it_goes_on(file):
    code = (
        "import os, signal\nfrom course_lib.teaching.learner import store\n"
        "def change(data):\n    data['exercises']['A'] = {'attempts': 1}; os.kill(os.getpid(), signal.SIGSTOP)\n"
        "store.change_record(change)"
    )
    stopped = subprocess.Popen([sys.executable, "-c", code])
    os.waitpid(stopped.pid, os.WUNTRACED)
    elsewhere(
        "from course_lib.teaching.learner import progress, store\n"
        "store.LOCK_SECONDS = 0\nprogress.record_attempt('B', 'right')"
    )
    os.kill(stopped.pid, signal.SIGCONT)
    stopped.wait()
    assert sorted(kept(file)) == ["A", "B"]
