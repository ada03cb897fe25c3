"""Files that others wrote with torch.save: NumPy's numbers are plain numbers, and no error is advice to be careless."""

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from course_lib.training.checkpoints.export import KEYS, read_pth_tar
from course_lib.training.checkpoints.foreign_files import read_plain

SCALARS = [
    np.float64(0.1), np.float32(0.1), np.float16(-2.5), np.float64("nan"), np.float64("-inf"), np.int64(-(2**62)),
    np.uint64(2**63), np.int8(-3), np.uint8(200), np.bool_(True), np.array(3.5, dtype=">f8")[()],
]  # fmt: skip


def written(content: Any, **settings: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, **settings)
    return buffer.getvalue()


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("number", SCALARS, ids=lambda number: f"{number.dtype} {number}")
def test_a_scalar_of_numpy_is_the_number_that_it_was(number, zipped):
    found = read_plain(written({"a": [number], "b": (number, 1)}, _use_new_zipfile_serialization=zipped))
    assert type(found["a"][0]) is type(number.item())
    assert repr(found["a"][0]) == repr(number.item())
    assert repr(found["b"][0]) == repr(number.item())


def test_a_number_of_an_earlier_numpy_is_read_too():
    before, now = b"numpy.core.multiarray\nscalar\n", b"numpy._core.multiarray\nscalar\n"
    data = written({"loss": np.float64(0.25)}, _use_new_zipfile_serialization=False)
    assert before in data or now in data
    for one, other in ((now, before), (before, now)):
        assert read_plain(data.replace(one, other)) == {"loss": 0.25}


@pytest.mark.parametrize(
    "array",
    [np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6).reshape(2, 3)), np.zeros((0, 2)), np.array(True)],
)
def test_an_array_of_numpy_is_a_list_of_its_numbers(array):
    assert read_plain(written({"history": array})) == {"history": array.tolist()}


@pytest.mark.parametrize("dtype", ["O", "M8[s]", "S4", "U4", [("x", "f8")], "c16", "longdouble"])
def test_what_is_no_number_is_refused(dtype):
    with pytest.raises(ValueError, match=r"."):
        read_plain(written({"x": np.zeros(2, dtype=dtype)}))


class Raw:
    """Pickled as the call of a global with these arguments, and a state."""

    def __init__(self, function: Any, arguments: tuple, state: Any = None) -> None:
        self.reduced = (function, arguments) if state is None else (function, arguments, state)

    def __reduce__(self) -> tuple:
        return self.reduced


RECONSTRUCT, SCALAR = np.zeros(1).__reduce__()[0], np.float64(1).__reduce__()[0]
F8 = np.dtype("f8")


@pytest.mark.parametrize(
    "content",
    [
        Raw(SCALAR, (F8, b"123")),
        Raw(SCALAR, (F8, b"")),
        Raw(SCALAR, (F8,)),
        Raw(SCALAR, (1, b"12345678")),
        Raw(RECONSTRUCT, (np.ndarray, (0,), b"b"), (1, (10**12,), F8, False, b"12345678")),
        Raw(RECONSTRUCT, (np.ndarray, (0,), b"b"), (1, (1,), F8, False, [1.0])),
        Raw(np.dtype, ("O", False, True)),
        Raw(np.dtype, ("f8,(1000000,1000000)f8",)),
    ],
)
def test_a_number_that_is_made_up_is_refused(content):
    with pytest.raises(ValueError, match=r"."):
        read_plain(written({"x": content}))


def test_a_whole_foreign_checkpoint_is_read(tmp_path):
    content = dict.fromkeys(KEYS)
    content |= {"val_loss": np.mean([1.0, 2.0]), "history": {"train_loss": [np.float32(2.5)], "lr": np.array([1e-3])}}
    content["model_state_dict"] = {"w": torch.arange(3.0)}
    torch.save(content, tmp_path / "best.pth.tar")
    found = read_pth_tar(tmp_path / "best.pth.tar")
    assert (found["val_loss"], found["history"]) == (1.5, {"train_loss": [2.5], "lr": [1e-3]})
    assert torch.equal(found["model_state_dict"]["w"], torch.arange(3.0))


def bomb(compressed: bool = True) -> bytes:
    """A file of torch.save, packed anew: 40 million bytes in less than 100,000."""
    whole, packed = io.BytesIO(written({"w": torch.zeros(10_000_000)})), io.BytesIO()
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED if compressed else 0) as new:
        for part in old.infolist():
            new.writestr(part.filename, old.read(part.filename))
    return packed.getvalue()


def test_a_bomb_is_refused_by_its_declared_size(monkeypatch):
    data = bomb()
    assert len(data) < 100_000
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("it was unpacked"))
    with pytest.raises(ValueError, match=r"would unpack to 40,\d{3},\d{3}; torch.save does not compress"):
        read_plain(data)


class Canary:
    def __reduce__(self) -> tuple:
        return print, ("run",)


FAULTS = {
    "code": written({"x": Canary()}),
    "code in the old format": written({"x": Canary()}, _use_new_zipfile_serialization=False),
    "a class of another program": written({"x": Path("a")}),
    "a pickle": pickle.dumps({"x": {1, 2}}),
    "a pickle of code": pickle.dumps(Canary()),
    "a bomb": bomb(),
    "nothing": b"",
    "a page": b"<!doctype html>",
    "half an archive": written({"w": torch.zeros(9)})[:300],
    "an archive of something else": bomb(compressed=False).replace(b"data.pkl", b"data.pkx"),
    "nested deeply": b"\x80\x02" + b"]" * 20_000 + b"a" * 19_999 + b".",
}


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("fault", FAULTS)
def test_an_error_has_at_most_three_lines_and_does_not_advise_to_switch_safety_off(tmp_path, fault, capsys):
    path = tmp_path / "x.pth.tar"
    path.write_bytes(FAULTS[fault])
    with pytest.raises(ValueError, match=r"x.pth.tar must hold tensors and plain values only") as error:
        read_pth_tar(path)
    text = str(error.value)
    assert len(text.splitlines()) <= 3
    assert len(text) < 400
    assert not [word for word in ("\x1b", "weights_only", "add_safe_globals", "safe_globals", "trust") if word in text]
    assert capsys.readouterr().out == ""


def test_what_a_file_asks_for_is_named():
    with pytest.raises(ValueError, match="it asks for print, and what is not a tensor or a plain value may be code"):
        read_plain(FAULTS["code"])
