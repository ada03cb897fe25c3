"""MNIST: read from a small data set made here, and one clear sentence when it is not to be had."""

import socket
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from course_lib.training.data.mnist import load_mnist


def write_idx(path: Path, array: np.ndarray) -> None:
    """IDX, MNIST's format: two zeros, the code of uint8, the number of dimensions, the sizes, the bytes."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(header + array.astype(np.uint8).tobytes())


@pytest.fixture
def small_mnist(tmp_path: Path) -> Path:
    """Twelve training and five test images of 28 x 28; pixel 0 of image i is i."""
    raw = tmp_path / "mnist" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for prefix, count in (("train", 12), ("t10k", 5)):
        images = np.zeros((count, 28, 28))
        images[:, 0, 0] = np.arange(count)
        images[:, 27, 27] = 255
        write_idx(raw / f"{prefix}-images-idx3-ubyte", images)
        write_idx(raw / f"{prefix}-labels-idx1-ubyte", np.arange(count) % 10)
    return tmp_path / "mnist"


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*address: object, **more: object) -> None:
        raise OSError("no network here")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_images_are_rows_between_0_and_1_with_their_labels(small_mnist: Path) -> None:
    data = load_mnist(small_mnist)
    assert (data.train_x.shape, data.test_x.shape) == ((12, 784), (5, 784))
    assert (data.train_x.dtype, data.train_y.dtype) == (np.float32, np.int64)
    np.testing.assert_allclose(data.train_x[:, 0], np.arange(12) / 255, rtol=1e-6)
    assert data.train_x.max() == 1.0
    assert data.train_y.tolist() == [*range(10), 0, 1]


def test_the_folder_of_the_data_variable_is_found(small_mnist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_DATA", str(small_mnist.parent))
    assert len(load_mnist().test_y) == 5


@pytest.mark.usefixtures("no_network")
def test_what_is_there_is_not_downloaded_again(small_mnist: Path) -> None:
    assert len(load_mnist(small_mnist, download=True).train_y) == 12


def test_missing_data_is_one_sentence_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match=r"MNIST is not there, or not whole, in .*download=True.*load_digits"
    ) as caught:
        load_mnist(tmp_path)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_network")
def test_a_failed_download_is_one_sentence_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"MNIST could not be downloaded to .*load_digits") as caught:
        load_mnist(tmp_path, download=True)
    assert "\n" not in str(caught.value)


def test_a_machine_without_torchvision_gets_the_same_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision.datasets", None)
    with pytest.raises(FileNotFoundError, match=r"MNIST needs torchvision, which is not installed.*load_digits"):
        load_mnist(tmp_path)


@pytest.mark.parametrize("size", [0, 2, 6, 16, 1000])
def test_a_truncated_file_is_refused(small_mnist: Path, size: int) -> None:
    file = small_mnist / "MNIST" / "raw" / "train-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(FileNotFoundError, match="load_digits"):
        load_mnist(small_mnist)


def test_images_of_another_size_are_not_mnist(small_mnist: Path) -> None:
    write_idx(small_mnist / "MNIST" / "raw" / "train-images-idx3-ubyte", np.zeros((12, 8, 8)))
    with pytest.raises(FileNotFoundError, match=r"holds no MNIST but images \(12, 8, 8\)"):
        load_mnist(small_mnist)
