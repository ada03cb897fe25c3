"""Augmentation: one image becomes many that show the same thing.

Shapes: n images of h by w pixels, (n, h, w); a network sees them as rows (n, h * w). Every image of a batch gets its
own random angle, shift, zoom and noise, and all are computed at once: there is no loop over the images. Whether a
change keeps the label is for the caller to know: a 6 that is turned by 180 degrees is a 9.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.core.validation import validate_above, validate_at_least

Floats = NDArray[np.floating[Any]]


def affine(images: Floats, *, degrees: ArrayLike = 0.0, shift: ArrayLike = 0.0, zoom: ArrayLike = 1.0) -> Floats:
    """Images (n, h, w) turned, enlarged and then shifted, about their centre; what comes in from outside is 0.

    degrees: one angle or (n,), counterclockwise. zoom: one factor or (n,), above 1 enlarges. shift: pixels (down,
    right), one number for both, a pair, or (n, 2). Every pixel of the result asks where it comes from, and mixes the
    four pixels around that place (bilinear interpolation). Same dtype as the images, floating point for whole numbers.
    Raises ValueError for images that are not (n, h, w), or a zoom that is not above 0.
    """
    if images.ndim != 3:
        raise ValueError(f"images must be (n, h, w), got shape {images.shape}")
    images = _floating(images)
    n, h, w = images.shape
    angle = np.broadcast_to(np.deg2rad(degrees), (n,))[:, None, None]  # (n, 1, 1), to go with (h, w)
    factor = np.broadcast_to(np.asarray(zoom, np.float64), (n,))[:, None, None]
    moved = np.broadcast_to(np.asarray(shift, np.float64), (n, 2))[:, :, None, None]
    validate_above("zoom", factor.min(), 0)
    # The way back, from a pixel of the result to its place in the image: not shifted, not turned, not enlarged.
    down = np.arange(h)[:, None] - (h - 1) / 2 - moved[:, 0]  # (n, h, 1), from the centre
    right = np.arange(w) - (w - 1) / 2 - moved[:, 1]  # (n, 1, w)
    cos, sin = np.cos(angle) / factor, np.sin(angle) / factor
    rows = cos * down + sin * right + (h - 1) / 2  # (n, h, w)
    columns = cos * right - sin * down + (w - 1) / 2
    return _sampled(images, rows, columns)


def _sampled(images: Floats, rows: Floats, columns: Floats) -> Floats:
    """The images at places between the pixels: (n, h, w) at rows and columns (n, h, w) -> (n, h, w)."""
    n, h, w = images.shape
    framed = np.zeros((n, h + 2, w + 2), images.dtype)  # a frame of 0, so that a place outside has neighbours too
    framed[:, 1:-1, 1:-1] = images
    rows, columns = np.clip(rows + 1, 0, h + 1), np.clip(columns + 1, 0, w + 1)
    top = np.minimum(rows.astype(np.intp), h)
    left = np.minimum(columns.astype(np.intp), w)
    below, beside = (rows - top).astype(images.dtype), (columns - left).astype(images.dtype)  # shares in 0..1
    place = (np.arange(n)[:, None, None] * (h + 2) + top) * (w + 2) + left  # in the flat array
    flat = framed.ravel()
    upper = flat.take(place) * (1 - beside) + flat.take(place + 1) * beside
    lower = flat.take(place + w + 2) * (1 - beside) + flat.take(place + w + 3) * beside
    mixed: Floats = upper * (1 - below) + lower * below
    return mixed


def _floating(images: NDArray[Any]) -> Floats:
    """As they are, or whole numbers in a floating type: in uint8 a share between two pixels would be 0 or 1."""
    return images if images.dtype.kind == "f" else images.astype(np.result_type(images.dtype, np.float32))


class Augment:
    """A layer that shows the network a new version of every image in training, and the image itself otherwise.

    shape: (h, w) of an image. degrees, pixels, zoom: the largest turn, shift and relative change of size; noise: the
    standard deviation of what is added to every pixel. Each image draws its own values, uniform in both directions.
    Stands first in a Sequential, so that only training batches are changed: it cannot touch validation or test data.
    Raises ValueError for sizes below 0, zoom >= 1, or rows that do not have h * w pixels.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        *,
        rng: np.random.Generator,
        degrees: float = 0.0,
        pixels: float = 0.0,
        zoom: float = 0.0,
        noise: float = 0.0,
    ) -> None:
        for name, size in (("degrees", degrees), ("pixels", pixels), ("zoom", zoom), ("noise", noise)):
            validate_at_least(name, size, 0, finite=True)
        if zoom >= 1:
            raise ValueError(f"zoom, the largest relative change of size, must be below 1, got {zoom}")
        self.shape = shape
        self.degrees, self.pixels, self.zoom, self.noise = degrees, pixels, zoom, noise
        self.rng = rng

    def forward(self, x: Floats, *, training: bool = False) -> Floats:
        """(n, h * w) -> (n, h * w); the identity unless training."""
        if x.ndim != 2 or x.shape[1] != math.prod(self.shape):
            raise ValueError(f"x must be (n, {math.prod(self.shape)}) for images of {self.shape}, got {x.shape}")
        if not training:
            return x
        n, x = len(x), _floating(x)
        changed = x
        if self.degrees or self.pixels or self.zoom:
            changed = affine(
                x.reshape(n, *self.shape),
                degrees=self.degrees * self.rng.uniform(-1, 1, n),
                shift=self.pixels * self.rng.uniform(-1, 1, (n, 2)),
                zoom=1 + self.zoom * self.rng.uniform(-1, 1, n),
            ).reshape(n, -1)
        if self.noise:
            changed = changed + self.noise * self.rng.standard_normal(x.shape, np.float32).astype(x.dtype, copy=False)
        return changed

    def backward(self, gradient: Floats) -> Floats:
        """The gradient as it came: nothing before this layer learns."""
        return gradient
