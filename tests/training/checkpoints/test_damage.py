"""Damage to a checkpoint never goes unseen, nothing in a file is ever run, and the way out is named."""

import io
import json
import random
import re
import shutil
import subprocess
import zipfile

import pytest
import torch

from course_lib.core.files import course_root
from course_lib.training.checkpoints import files as checkpoint_files
from course_lib.training.checkpoints.files import FILES, META
from course_lib.training.checkpoints.saving import CheckpointError, checkpoints, latest, load, load_weights, verify
from tests.training.checkpoint_runs import equal, everything, saved, start

ALL = (*FILES, META)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder with checkpoints at the steps 4, 8 and 12."""
    folder = tmp_path_factory.mktemp("run")
    saved(folder, steps=4)
    return folder


@pytest.fixture
def folder(run, tmp_path):
    """A copy that may be damaged."""
    return shutil.copytree(run, tmp_path / "run")


def seal_again(path, **files):
    """Put other bytes into a checkpoint as somebody would who knows the format: with the right checksums."""
    meta = json.loads((path / META).read_bytes())
    for name, data in files.items():
        file = next(file for file in FILES if file.startswith(name))
        (path / file).write_bytes(data)
        meta["files"][file] = {"bytes": len(data), "sha256": checkpoint_files._sha256(data)}
    (path / META).write_bytes(checkpoint_files.sealed(meta))


def refused(path):
    try:
        verify(path)
    except CheckpointError as error:
        return str(error)
    return ""


def test_each_of_300_flipped_bits_is_refused_and_the_file_is_named(folder):
    path, draw = latest(folder), random.Random(0)
    found = 0
    for number in range(300):
        file = path / ALL[number % len(ALL)]
        whole = file.read_bytes()
        damaged = bytearray(whole)
        damaged[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        file.write_bytes(damaged)
        found += str(file) in refused(path)
        file.write_bytes(whole)
    assert found == 300
    assert verify(path)["step"] == 12


def test_each_of_100_truncations_is_refused_and_the_file_is_named(folder):
    path, draw = latest(folder), random.Random(1)
    found = 0
    for number in range(100):
        file = path / ALL[number % len(ALL)]
        whole = file.read_bytes()
        file.write_bytes(whole[: draw.randrange(len(whole))])
        found += str(file) in refused(path)
        file.write_bytes(whole)
    assert found == 100


@pytest.mark.parametrize("file", ALL)
@pytest.mark.parametrize(
    "content", [b"", b"<!doctype html><html><body>404</body></html>\n", b"\0" * 100, b"[" * 100_000]
)
def test_files_of_another_kind_are_refused(folder, file, content):
    path = latest(folder)
    (path / file).write_bytes(content)
    assert f"{path / file} is damaged" in refused(path)


@pytest.mark.parametrize("file", ALL)
def test_a_missing_file_is_named(folder, file):
    path = latest(folder)
    (path / file).unlink()
    words = "it has no meta.json" if file == META else f"{path / file} is missing"
    assert words in refused(path)


def test_metadata_that_says_the_same_in_other_letters_is_refused(folder):
    path = latest(folder)
    meta = json.loads((path / META).read_bytes())
    for text in (json.dumps(meta), json.dumps(meta, indent=1), json.dumps(meta, indent=1, sort_keys=True)):
        (path / META).write_text(text)
        assert "meta.json is damaged" in refused(path)
    (path / META).write_bytes(checkpoint_files.sealed(meta))
    assert refused(path) == ""


def test_another_format_and_foreign_metadata_are_refused(folder):
    path = latest(folder)
    meta = verify(path)
    (path / META).write_bytes(checkpoint_files.sealed({**meta, "format": 2}))
    assert "has format 2, this version of the course reads 1" in refused(path)
    (path / META).write_bytes(checkpoint_files.sealed({"name": "package.json"}))
    assert "has format None" in refused(path)
    (path / META).write_bytes(checkpoint_files.sealed({**meta, "files": {"../../secret": {}}}))
    assert "must list the files weights.safetensors, optimizer.pt, history.jsonl" in refused(path)


def test_a_foreign_safetensors_file_is_refused(folder):
    from safetensors.torch import save

    path, state = latest(folder), start()
    before = everything(state)
    foreign = save({"0.weight": torch.zeros(8, 6)})
    (path / "weights.safetensors").write_bytes(foreign)
    with pytest.raises(CheckpointError, match=r"weights.safetensors is damaged: it has"):
        load(path, state)
    seal_again(path, weights=foreign)
    with pytest.raises(CheckpointError, match=r"weights.0.bias: absent in the checkpoint"):
        load(path, state)
    seal_again(path, weights=b"no tensors at all")
    with pytest.raises(CheckpointError, match=r"weights.safetensors cannot be read"):
        load_weights(path, state.model)
    assert equal(everything(state), before)


def test_what_is_no_checkpoint_says_what_is_wanted(folder):
    with pytest.raises(CheckpointError, match="is not the folder of a checkpoint"):
        load(folder / "absent", start())
    with pytest.raises(CheckpointError, match="is not the folder of a checkpoint"):
        load_weights(latest(folder) / "weights.safetensors", start().model)
    with pytest.raises(CheckpointError, match=r"it has no meta.json \(of a run folder, give latest\(folder\)\)"):
        load(folder, start())


def test_the_message_names_the_newest_whole_checkpoint_before_it(folder):
    first, second, third = checkpoints(folder)
    size = (third / "optimizer.pt").stat().st_size
    (third / "optimizer.pt").write_bytes(b"")
    with pytest.raises(CheckpointError) as error:
        load(third, start())
    assert str(error.value).splitlines() == [
        f"{third / 'optimizer.pt'} is damaged: it has 0 bytes, meta.json says {size:,}"
        f". The newest whole checkpoint before it is {second}: remove {third.name} to go on from there"
    ]  # fmt: skip
    (second / "weights.safetensors").unlink()
    assert f"before it is {first}:" in refused(third)
    (first / META).write_text("{}")
    assert f"No whole checkpoint before it is left in {folder}" in refused(third)


def test_a_damaged_checkpoint_changes_nothing_in_the_state(folder):
    path, state = latest(folder), start()
    before = everything(state)
    for file in ALL:
        whole = (path / file).read_bytes()
        (path / file).write_bytes(whole[:-1])
        with pytest.raises(CheckpointError, match=re.escape(file)):
            load(path, state)
        with pytest.raises(CheckpointError, match=re.escape(file)):
            load_weights(path, state.model)
        (path / file).write_bytes(whole)
    assert equal(everything(state), before)


class Canary:
    """Unpickling it makes a file: the proof that code was run."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


def test_code_in_the_optimizer_file_is_not_run(folder, tmp_path):
    path, canary, state = latest(folder), tmp_path / "canary", start()
    before = everything(state)
    for content in (Canary(canary), {"optimizer": Canary(canary), "scaler": None, "noise": None}):
        for zipped in (True, False):
            buffer = io.BytesIO()
            torch.save(content, buffer, _use_new_zipfile_serialization=zipped)
            seal_again(path, optimizer=buffer.getvalue())
            with pytest.raises(
                CheckpointError, match=r"optimizer.pt holds something else than tensors and plain values"
            ):
                load(path, state)
    assert not canary.exists()
    assert equal(everything(state), before)
    call, arguments = Canary(canary).__reduce__()
    call(*arguments).close()
    assert canary.exists(), "what the file asks for must leave a trace, or this test proves nothing"


@pytest.mark.parametrize("content", [[1, 2], {"optimizer": {}}, {"optimizer": 1, "scaler": 1, "noise": 1, "more": 1}])
def test_an_optimizer_file_with_other_content_is_refused(folder, content):
    buffer = io.BytesIO()
    torch.save(content, buffer)
    seal_again(latest(folder), optimizer=buffer.getvalue())
    with pytest.raises(CheckpointError, match=r"optimizer.pt must hold optimizer, scaler and noise"):
        load(latest(folder), start())


def test_a_file_that_has_become_huge_is_refused_by_its_length(folder):
    path = latest(folder)
    with open(path / "weights.safetensors", "ab") as file:
        file.truncate(2**40)  # takes no room on the disk, and must not be read
    assert "it has 1,099,511,627,776 bytes" in refused(path)


def test_a_zip_in_place_of_the_optimizer_is_refused(folder):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * 10_000_000)
    seal_again(latest(folder), optimizer=buffer.getvalue())
    with pytest.raises(CheckpointError, match=r"optimizer.pt holds something else"):
        load(latest(folder), start())


SOURCES = ("*.py", "*.ipynb", "*.md", "Makefile")
# Whatever is given in place of the safe value, also a variable, is looked at by a person.
DANGEROUS = (r"weights_only\s*=\s*(?!True)\w", r"allow_pickle\s*=\s*(?!False)\w")


@pytest.mark.parametrize("pattern", DANGEROUS)
def test_nothing_in_the_project_loads_a_pickle_that_may_run_code(pattern):
    root = course_root()
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *SOURCES],
        capture_output=True, text=True, cwd=root, check=False,
    )  # fmt: skip
    files = [root / name for name in listed.stdout.split("\n") if name] or list(root.rglob("*.py"))
    assert len(files) > 100
    texts = ((path, path.read_text(encoding="utf-8")) for path in files if path.is_file())
    assert [str(path.relative_to(root)) for path, text in texts if re.search(pattern, text)] == []


@pytest.mark.parametrize(("call", "wanted"), [(r"torch\.load\(", "weights_only=True"), (r"pickle\.loads?\(", None)])
def test_every_call_that_loads_says_that_it_runs_nothing(call, wanted):
    wrong = []
    for path in (course_root() / "course_lib").rglob("*.py"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if re.search(call, line) and (wanted is None or wanted not in line):
                wrong.append(f"{path.name}:{number}: {line.strip()}")
    assert wrong == []
