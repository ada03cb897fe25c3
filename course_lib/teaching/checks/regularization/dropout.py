"""What goes wrong in the forward pass of dropout? Known mistakes; the check itself is in dropout_check.py."""

import numpy as np

from course_lib.numpy_nn.plain_regularizers import dropout_forward
from course_lib.teaching.exercises.exercise import Mistake, Variant
from course_lib.teaching.exercises.forms import also_right, known

MISTAKES: list[Mistake] = []
VARIANTS: list[Variant] = []


def _guard(p: float) -> None:
    if not 0 <= p < 1:
        raise ValueError(f"p must be in [0, 1), got {p}")


@also_right(VARIANTS, "coins from rng.binomial")
def by_binomial(x, p, rng, training):
    _guard(p)
    if not training:
        return x, None
    kept = rng.binomial(1, 1 - p, size=x.shape).astype(bool)
    return np.where(kept, x / (1 - p), 0), kept


@also_right(VARIANTS, "the mask scaled first, the share to keep compared")
def mask_first(x, p, rng, training):
    _guard(p)
    if not training:
        return x, None
    kept = rng.random(x.shape) < 1 - p
    return x * (kept / (1 - p)), kept


@also_right(VARIANTS, "a copy of x out of training")
def copies(x, p, rng, training):
    _guard(p)
    return dropout_forward(x, p, rng, True) if training else (x.copy(), None)


def _with(x, p, rng, training, *, keep=None, scale=None, shape=None, at_test=1.0):
    """Dropout with one thing changed; keep and scale as functions of p."""
    _guard(p)
    if not training:
        return x * at_test, None
    share = 1 - p if keep is None else keep
    kept = np.broadcast_to(rng.random(shape or x.shape) < share, x.shape)
    return x * kept * (1 / (1 - p) if scale is None else scale), kept


@known(MISTAKES, "dropout that does not rescale what it keeps", "what is the mean of y when every x is 1?")
def not_rescaled(x, p, rng, training):
    return _with(x, p, rng, training, scale=1)


@known(MISTAKES, "dropout that scales out of training, by 1 - p", "in which of the two modes does *inverted* scale?")
def rescaled_at_test(x, p, rng, training):
    return _with(x, p, rng, training, scale=1, at_test=1 - p)


@known(MISTAKES, "dropout that scales in both modes", "how often may a value be scaled, so that the means agree?")
def rescaled_twice(x, p, rng, training):
    return _with(x, p, rng, training, at_test=1 / (1 - p))


@known(MISTAKES, "dropout that keeps a share p, with the scale of one that drops it", "is p the share kept or dropped?")
def keeps_p(x, p, rng, training):
    return _with(x, p, rng, training, keep=p)


@known(MISTAKES, "dropout with p as the share that is kept, everywhere", "what does the docstring call p?")
def p_is_kept(x, p, rng, training):
    return _with(x, p, rng, training, keep=p, scale=1 / p if p else 1)


@known(MISTAKES, "dropout that divides by p", "which share of the values is left, p or 1 - p?")
def divided_by_p(x, p, rng, training):
    return _with(x, p, rng, training, scale=1 / p if p else 1)


@known(MISTAKES, "dropout that multiplies what is kept by 1 - p", "must what is left become larger or smaller?")
def multiplied(x, p, rng, training):
    return _with(x, p, rng, training, scale=1 - p)


@known(MISTAKES, "one mask for all samples of the batch", "do two rows of x lose the same features?")
def mask_per_feature(x, p, rng, training):
    return _with(x, p, rng, training, shape=(1, x.shape[1]))


@known(MISTAKES, "whole samples that are dropped", "which shape must the array of random numbers have?")
def mask_per_sample(x, p, rng, training):
    return _with(x, p, rng, training, shape=(len(x), 1))


@known(MISTAKES, "dropout that is on out of training as well", "what does the argument `training` decide?")
def always_on(x, p, rng, training):
    return dropout_forward(x, p, rng, True)


@known(MISTAKES, "a mask that is drawn out of training too, though not used", "is rng the same after an evaluation?")
def draws_at_test(x, p, rng, training):
    y, kept = dropout_forward(x, p, rng, True)
    return (y, kept) if training else (x, None)


@known(MISTAKES, "random numbers that do not come from rng", "can anyone repeat your mask from the seed of rng?")
def global_random_state(x, p, rng, training):
    return _with(x, p, np.random, training)


@known(MISTAKES, "the same mask at every call", "does the generator that you draw from go on between two calls?")
def same_mask(x, p, rng, training):
    return dropout_forward(x, p, np.random.default_rng(0), training)


@known(MISTAKES, "a scale from the share that happened to be kept", "is the scale a function of p, or of the draw?")
def scale_of_the_draw(x, p, rng, training):
    y, kept = dropout_forward(x, p, rng, training)
    return (y, None) if kept is None else (x * kept / kept.mean(), kept)


@known(MISTAKES, "a mask that marks what was dropped", "is your mask True where a value passed?")
def mask_of_the_dropped(x, p, rng, training):
    y, kept = dropout_forward(x, p, rng, training)
    return y, None if kept is None else ~kept


@known(MISTAKES, "a mask that is scaled already", "what is returned: which values passed, or the factors?")
def mask_with_scale(x, p, rng, training):
    y, kept = dropout_forward(x, p, rng, training)
    return y, None if kept is None else kept / (1 - p)


@known(
    MISTAKES,
    "a mask read off y, in which a 0 that was kept is marked as dropped",
    "what tells a 0 that was kept from a value that was dropped: y, or the coins?",
)
def mask_from_y(x, p, rng, training):
    y, kept = dropout_forward(x, p, rng, training)
    return y, None if kept is None else y != 0


@known(
    MISTAKES,
    "dropout of exactly 1,800 of the 6,000 values at every call",
    "is that what 6,000 coins do, one for each value?",
)
def exact_number(x, p, rng, training):
    _guard(p)
    if not training:
        return x, None
    kept = (rng.permutation(x.size) >= int(p * x.size)).reshape(x.shape)
    return x * kept / (1 - p), kept


@known(
    MISTAKES,
    "dropout that changes x itself: whoever uses x next sees what was dropped",
    "who else may still need that array?",
)
def in_place(x, p, rng, training):
    y, kept = dropout_forward(x, p, rng, training)
    x[...] = y
    return x, kept


@known(MISTAKES, "dropout that takes p = 1", "what is 0 / 0, and which p does the docstring allow?")
def one_is_allowed(x, p, rng, training):
    if p >= 1:
        return x * 0, np.zeros(x.shape, bool)
    return dropout_forward(x, p, rng, training)


@known(MISTAKES, "dropout without a check of p", "what comes out for p = 1, and for p = -0.1?")
def not_guarded(x, p, rng, training):
    kept = rng.random(x.shape) >= p
    return (x * kept / (1 - p), kept) if training else (x, None)
