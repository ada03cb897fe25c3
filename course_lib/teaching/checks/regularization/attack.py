"""A test for a layer that is random: what its card says, and the known weak tests."""

from typing import Any

import numpy as np

from course_lib.teaching.checks.regularization.versions import PLANTED, RIGHT
from course_lib.teaching.exercises.kinds import attack

_SCALE = "do you compare what is kept with x / (1 - p)?"
_SHARED = "do you look at the share kept of each row and of each column?"
_BACK = "do you compare backward with the mask that you read off y?"
_COUNT = "do you count what is dropped and compare its share with p?"


def _about_alarms(alarms: list[str]) -> str:
    if alarms == ["p = 0"]:
        return "with p = 0 nothing is dropped and nothing differs: what does your test expect then?"
    if "p = 0.5" not in alarms and len(alarms) > 1:
        return "a right layer with p = 0.5 passes, others do not: where does layer.p enter your limits?"
    return f"print what you measure for the right layer with {alarms[0]}, and your limit: how far apart are they?"


def dropout_passes(layer: Any) -> bool:
    """Whether a layer is inverted dropout, as far as forward and backward can tell.

    layer.p is the share that it drops; layer.forward(x, training=True) and layer.backward(gradient)
    work on arrays (n, f). Returns True when both do what dropout does, False when not.
    What depends on chance is judged on so many values that a right layer is refused with a
    probability below 1e-6.
    """
    x = np.random.default_rng(0).uniform(0.5, 1.5, (200, 200))  # no zeros: what is 0 afterwards was dropped
    slope = np.random.default_rng(1).standard_normal(x.shape)
    y = layer.forward(x, training=True)
    kept = y != 0
    factor = kept / (1 - layer.p)  # what dropout multiplies x and the gradient by
    if not np.allclose(y, x * factor, rtol=1e-5) or not np.allclose(layer.backward(slope), slope * factor, rtol=1e-5):
        return False
    deviation = np.sqrt(layer.p * (1 - layer.p))  # of one coin; that of a mean of n coins is 1 / sqrt(n) of it
    if abs(kept.mean() - (1 - layer.p)) > 5 * deviation / 200:  # 40,000 coins
        return False
    for axis in (0, 1):  # coins that are shared make the shares of rows, or of columns, differ more
        if kept.mean(axis=axis).std() > 1.3 * deviation / np.sqrt(200):
            return False
    if layer.p > 0 and np.array_equal(kept, layer.forward(x, training=True) != 0):
        return False
    return np.array_equal(layer.forward(x), x) and np.allclose(layer.backward(slope), slope)


DROPOUT_PASSES = attack(
    "dropout_passes: Attack: a test for a layer that is random | core, difficulty 3, 25 minutes",
    dropout_passes,
    call=lambda test, build: test(build()),
    right=RIGHT,
    planted=PLANTED,
    each="a layer that is right",
    never="how far is a right layer from your limits?",
    also="""
    by_parts: the same questions in another order, with a fixed margin of 0.02 on the share
        5 * deviation / 200 -> 0.02
    smaller: fewer values, and a wider margin on the share
        (200, 200) -> (150, 150); 5 * deviation / 200 -> 0.025; np.sqrt(200) -> np.sqrt(150)
    """,
    wrong="""
    mean_only: a test of the mean alone
        | which faults keep the mean: a mask that is shared, one that is the same each time?
        after y = A -> return abs(y.mean() / x.mean() - 1) <= 0.05
    mean_exact: a test that asks for the exact mean | how far is the mean of 40,000 random values from its expectation?
        after y = A -> if abs(y.mean() / x.mean() - 1) > 1e-9: return False
    share_exact: a test that asks for exactly a share p of zeros
        | how many of 40,000 coins fall on heads: exactly 20,000?
        5 * deviation / 200 -> 0
    share_left_out: a test that does not count what is dropped | what if p were the share that is kept?
        after y = A -> if abs(y.mean() / x.mean() - 1) > 0.05: return False; kept / (1 - layer.p) -> y / x
        drop: if abs(kept.mean() - A) > B: ...
    share_too_loose: a test with so wide a margin that a wrong share passes
        | how large is the standard deviation of the share, and how many of them is your margin?
        kept / (1 - layer.p) -> y / x; 5 * deviation / 200 -> 0.2
    share_too_narrow: a test with so narrow a margin that chance refuses right layers
        | how often is a share more than one standard deviation off, if nothing is wrong?
        5 * deviation / 200 -> {1|0.5|0.25} * deviation / 200
    forward_only: a test that never calls backward | which mask must the backward pass use?
        np.allclose(layer.backward(slope), slope * factor, rtol=1e-5) -> True
        A and np.allclose(layer.backward(slope), slope) -> A
    training_only: a test that never evaluates | what shall the layer do when training is False?
        return: True
    evaluation_only: a test of the evaluation alone | what does the layer do in training?
        after kept = A -> return np.array_equal(layer.forward(x), x) and np.allclose(layer.backward(slope), slope)
    coins_left_out: a test that accepts masks shared by samples or by features
        | may two rows of a batch lose the same values?
        drop: for axis in (0, 1): ...
    one_call: a test with one call in training | would you notice a layer with the same mask for ever?
        drop: if layer.p > 0 and A: ...
    back_at_evaluation_left_out: a test without a backward pass after an evaluation
        | which mask does backward use when the last forward was an evaluation?
        A and np.allclose(layer.backward(slope), slope) -> A
    backward_in_training_left_out: a test of backward after an evaluation only
        | does backward use the mask of the last forward in training, and its scale?
        np.allclose(layer.backward(slope), slope * factor, rtol=1e-5) -> True
    """,
    same=(("mean_exact", "share_exact"),),
    alarm=_about_alarms,
    # Of every planted fault, in the order in which it is asked about: what its name stands for, and a question.
    survived={
        name: f"{name}: {meaning}; {question}"
        for name, meaning, question in (
            ("no scale", "what is kept is not scaled", _SCALE),
            ("by 1/p", "what is kept is divided by p", _SCALE),
            ("at test", "it scales at evaluation, not in training", "do you compare an evaluation with x?"),
            ("always on", "an evaluation drops values as well", "do you evaluate?"),
            ("keeps p", "it keeps a share p, scaled to match", _COUNT),
            ("mixed p", "it keeps a share p, and scales as if it dropped it", _COUNT),
            ("too few", "it drops 0.8 p, scaled to match", "how far off may the share be before you refuse the layer?"),
            ("same mask", "each call has the same mask", "do you call forward twice?"),
            ("one row", "one row of coins serves all rows", _SHARED),
            ("one col", "every row is kept or dropped as a whole", _SHARED),
            ("no mask", "backward lets everything pass", _BACK),
            ("new mask", "backward draws a mask of its own", _BACK),
            ("back raw", "backward does not scale", "do you compare the numbers of backward, or only its zeros?"),
            (
                "old mask",
                "backward after an evaluation uses the last mask",
                "do you call backward after an evaluation?",
            ),
        )
    },
    hints="""
    Take an x without zeros, so that a zero in y was dropped: kept = y != 0.
    Exact questions: is y of what is kept x / (1 - p), is backward the same factor, is an evaluation the identity?
    A share of n values has the standard deviation sqrt(p (1 - p) / n): allow five of them, with n in the thousands.
    """,
    not_tested="p so near to 0 or 1 that a few values decide, and layers that change what they are given",
)
