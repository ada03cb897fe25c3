"""Images turned, shifted and enlarged as another library does it, and only in training."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from course_lib.numpy_nn.augment import Augment, affine
from course_lib.numpy_nn.layers import Linear
from course_lib.numpy_nn.network import Sequential

RNG = np.random.default_rng(0)
SHAPES = ((8, 8), (5, 9), (6, 3))


def images(n, shape):
    return np.random.default_rng(n).uniform(0.2, 1.0, (n, *shape))


def by_scipy(image, degrees, shift, zoom):
    """The same change by scipy, which takes the way back as a matrix and an offset."""
    angle = np.deg2rad(degrees)
    back = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) / zoom
    centre = (np.array(image.shape) - 1) / 2
    offset = centre - back @ (centre + shift)
    return ndimage.affine_transform(image, back, offset, order=1, mode="grid-constant", cval=0)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_image_of_a_batch_is_changed_as_scipy_changes_it_alone(shape):
    batch = images(6, shape)
    rng = np.random.default_rng(1)
    degrees, shift, zoom = rng.uniform(-180, 180, 6), rng.uniform(-2, 2, (6, 2)), rng.uniform(0.6, 1.7, 6)
    ours = affine(batch, degrees=degrees, shift=shift, zoom=zoom)
    for k in range(6):
        np.testing.assert_allclose(ours[k], by_scipy(batch[k], degrees[k], shift[k], zoom[k]), atol=1e-12)


@pytest.mark.parametrize("degrees", [20, -75, 200])
def test_a_turn_equals_that_of_scipy_rotate(degrees):
    image = images(1, (8, 8))
    theirs = ndimage.rotate(image[0], degrees, reshape=False, order=1, mode="grid-constant")
    np.testing.assert_allclose(affine(image, degrees=degrees)[0], theirs, atol=1e-12)


def test_a_quarter_turn_is_exact_and_counterclockwise():
    batch = images(3, (8, 8))
    np.testing.assert_allclose(affine(batch, degrees=90), np.rot90(batch, axes=(1, 2)), atol=1e-12)


def test_a_shift_by_whole_pixels_moves_down_and_right_and_fills_with_zero():
    batch = images(2, (4, 5))
    moved = affine(batch, shift=(1, 2))
    np.testing.assert_allclose(moved[:, 1:, 2:], batch[:, :-1, :-2])
    assert not moved[:, 0].any()
    assert not moved[:, :, :2].any()


def test_a_large_zoom_shows_the_centre_and_a_small_one_leaves_a_margin():
    picture = np.zeros((1, 9, 9))
    picture[0, 3:6, 3:6] = 1
    assert affine(picture, zoom=2.0).sum() > 3 * picture.sum()
    small = affine(np.ones((1, 9, 9)), zoom=0.5)
    assert not small[0, 0].any()
    assert small[0, 4, 4] == 1


@settings(max_examples=30, deadline=None)
@given(st.floats(-360, 360), st.floats(-12, 12), st.floats(0.2, 5))
def test_the_result_stays_between_the_darkest_and_the_brightest_value(degrees, shift, zoom):
    changed = affine(images(2, (6, 7)), degrees=degrees, shift=(shift, -shift), zoom=zoom)
    assert np.isfinite(changed).all()
    assert changed.min() >= -1e-12
    assert changed.max() <= 1 + 1e-12


def test_no_change_gives_the_images_back_in_their_own_precision():
    batch = images(3, (8, 8)).astype(np.float32)
    same = affine(batch)
    assert same.dtype == np.float32
    np.testing.assert_array_equal(same, batch)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: affine(np.ones((8, 8))), r"images must be \(n, h, w\), got shape \(8, 8\)"),
        (lambda: affine(np.ones((1, 8, 8)), zoom=0.0), "zoom must be above 0, got 0.0"),
        (lambda: Augment((8, 8), rng=RNG, degrees=-1), "degrees must be a finite number of at least 0, got -1"),
        (lambda: Augment((8, 8), rng=RNG, noise=np.nan), "noise must be a finite number of at least 0, got nan"),
        (lambda: Augment((8, 8), rng=RNG, zoom=1.0), "zoom, the largest relative change of size, must be below 1"),
        (lambda: Augment((8, 8), rng=RNG).forward(np.ones((2, 65))), r"x must be \(n, 64\) for images of \(8, 8\)"),
    ],
)
def test_bad_input_is_refused_with_the_rule_and_the_value(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def layer(seed=0):
    return Augment((8, 8), rng=np.random.default_rng(seed), degrees=15, pixels=1, zoom=0.1, noise=0.05)


def test_an_evaluation_is_the_identity_and_draws_nothing():
    one, x = layer(), images(4, (8, 8)).reshape(4, 64).astype(np.float32)
    before = str(one.rng.bit_generator.state)
    assert one.forward(x) is x
    assert str(one.rng.bit_generator.state) == before


def test_training_changes_every_image_in_its_own_way_and_keeps_the_array():
    x = np.repeat(images(1, (8, 8)).reshape(1, 64), 5, axis=0).astype(np.float32)
    kept = x.copy()
    y = layer().forward(x, training=True)
    np.testing.assert_array_equal(x, kept)
    assert y.dtype == np.float32
    assert len(np.unique(y.round(6), axis=0)) == 5


def test_equal_seeds_give_equal_versions_and_two_calls_other_ones():
    x = images(4, (8, 8)).reshape(4, 64)
    one, two = layer(3), layer(3)
    first = one.forward(x, training=True)
    np.testing.assert_array_equal(first, two.forward(x, training=True))
    assert not np.array_equal(first, one.forward(x, training=True))


def test_the_sizes_are_limits_in_both_directions():
    point = np.zeros((400, 9, 9))
    point[:, 4, 4] = 1
    mover = Augment((9, 9), rng=np.random.default_rng(0), pixels=2)
    y = mover.forward(point.reshape(400, 81), training=True).reshape(400, 9, 9)
    centre = np.einsum("nhw,h->n", y, np.arange(9)) - 4  # how far each point was moved down
    assert np.abs(centre).max() <= 2 + 1e-9
    assert centre.min() < -1.8
    assert centre.max() > 1.8


def test_noise_has_the_standard_deviation_that_was_asked_for():
    noisy = Augment((8, 8), rng=np.random.default_rng(0), noise=0.2)
    x = np.full((500, 64), 0.5)
    assert abs(np.std(noisy.forward(x, training=True) - x) - 0.2) < 0.01


def test_a_network_with_augmentation_has_the_gradients_of_one_on_the_changed_images():
    x, slope = images(6, (8, 8)).reshape(6, 64), RNG.standard_normal((6, 3))
    with_it = Sequential(layer(5), Linear(64, 3, rng=np.random.default_rng(1), dtype=np.float64))
    without = Sequential(Linear(64, 3, rng=np.random.default_rng(1), dtype=np.float64))
    with_it.forward(x, training=True)
    without.forward(layer(5).forward(x, training=True))
    with_it.backward(slope)
    without.backward(slope)
    np.testing.assert_allclose(with_it.gradients, without.gradients)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64])
def test_images_of_whole_numbers_are_moved_and_blurred_as_their_floats(dtype):
    images = np.random.default_rng(0).integers(0, 256 if dtype == np.uint8 else 3_000, (3, 8, 8)).astype(dtype)
    moved = affine(images, degrees=20, shift=0.5, zoom=1.1)
    np.testing.assert_allclose(moved, affine(images.astype(np.float64), degrees=20, shift=0.5, zoom=1.1), rtol=1e-3)
    rows = images.reshape(3, 64)
    noisy = [
        Augment((8, 8), rng=np.random.default_rng(1), pixels=1, noise=0.5).forward(x, training=True)
        for x in (rows, rows.astype(np.float64))
    ]
    np.testing.assert_allclose(*noisy, rtol=1e-3, atol=0.1)
