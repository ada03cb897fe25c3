"""MNIST, when it is on this machine or may be downloaded: 70,000 handwritten digits of 28 x 28 pixels."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.core.files import course_root, data_folder, shown_path

WAY_OUT = "the lessons run without it on the digits of course_lib.numpy_nn.datasets.load_digits()"


@dataclass(frozen=True)
class Mnist:
    """Training and test part; x (n, 784) float32 in 0..1, y (n,) int64 in 0..9."""

    train_x: np.ndarray
    train_y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray


def load_mnist(folder: Path | str | None = None, *, download: bool = False) -> Mnist:
    """MNIST through torchvision, from `folder` (which holds or receives `MNIST/raw`).

    folder: None means `data/mnist` of the course, or of the folder that the variable COURSE_DATA names.
    download: False reads only what is there; True fetches about 12 MB when it is not.

    Raises FileNotFoundError, with the way out in its sentence, when the data is not there and is not to be had.
    """
    root = _default_folder() if folder is None else Path(folder)
    try:
        from torchvision.datasets import MNIST
    except ImportError as error:
        raise FileNotFoundError(f"MNIST needs torchvision, which is not installed: {WAY_OUT}.") from error
    try:
        train, test = MNIST(root, train=True, download=download), MNIST(root, train=False, download=download)
    # torchvision raises the first two when a download fails, and any of these on a damaged file.
    except (OSError, RuntimeError, ValueError, KeyError, AssertionError) as error:
        cause = "could not be downloaded to" if download else "is not there, or not whole, in"
        hint = "" if download else "; load_mnist(download=True) fetches 12 MB"
        raise FileNotFoundError(f"MNIST {cause} {shown_path(root)}{hint}; {WAY_OUT}.") from error
    return Mnist(*_arrays(train, root), *_arrays(test, root))


def _default_folder() -> Path:
    return data_folder("mnist") or course_root() / "data" / "mnist"


def _arrays(part: Any, root: Path) -> tuple[np.ndarray, np.ndarray]:
    images, labels = part.data.numpy(), part.targets.numpy()
    if images.ndim != 3 or images.shape[1:] != (28, 28) or len(images) != len(labels):
        raise FileNotFoundError(
            f"{shown_path(root)} holds no MNIST but images {images.shape} with labels {labels.shape}; {WAY_OUT}."
        )
    return images.reshape(len(images), 784).astype(np.float32) / 255, labels.astype(np.int64)
