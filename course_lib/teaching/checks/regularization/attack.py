"""Does the learner's test accept right dropout layers and find planted faults? The check of dropout_passes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_regularizers import dropout_passes
from course_lib.teaching.checks.regularization.attack_words import what_to_ask
from course_lib.teaching.checks.regularization.versions import PLANTED, RIGHT
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same
from course_lib.teaching.exercises.observe import attack

Array = np.ndarray
PARTS = ("evaluation", "back at evaluation", "scale", "share", "coins", "backward", "new mask")


def _tester(
    *, without: tuple[str, ...] = (), size: int = 200, share: float = 0.02, mean: float = 0.0
) -> Callable[[Any], bool]:
    """A test that asks for all PARTS but `without`, on size x size values; mean > 0 asks for the mean of y as well."""

    def test(layer: Any) -> bool:
        rng = np.random.default_rng(0)
        x, slope = rng.uniform(0.5, 1.5, (size, size)), rng.standard_normal((size, size))
        out = layer.forward(x, training=True)
        ok = {}
        kept, factor = out != 0, 1 / (1 - layer.p)
        ok["backward"] = np.allclose(layer.backward(slope), slope * out / x, rtol=1e-5)  # whatever the scale is
        ok["scale"] = np.allclose(out[kept], x[kept] * factor, rtol=1e-5)
        ok["share"] = abs(kept.mean() - 1 + layer.p) <= share
        ok["coins"] = layer.p == 0 or not ((kept == kept[:1]).all() or (kept == kept[:, :1]).all())
        ok["new mask"] = layer.p == 0 or not np.array_equal(kept, layer.forward(x, training=True) != 0)
        ok["evaluation"] = np.allclose(layer.forward(x), x)
        ok["back at evaluation"] = np.allclose(layer.backward(slope), slope)
        if mean:
            ok["mean"] = abs(out.mean() / x.mean() - 1) <= mean
        return all(good for part, good in ok.items() if part not in without)

    return test


def _only(*parts: str, **options: Any) -> Callable[[Any], bool]:
    return _tester(without=tuple(part for part in PARTS if part not in parts), **options)


_RIGHT = (
    Variant("by_parts", _tester(), "the same questions in another order, with a fixed margin of 0.02 on the share"),
    Variant("smaller", _tester(size=150, share=0.025), "fewer values, and a wider margin on the share"),
)
_WRONG = (
    Mistake(
        "mean_only",
        "a test of the mean alone",
        "which faults keep the mean: a mask that is shared, one that is the same each time?",
        _only(mean=0.05),
    ),
    Mistake(
        "mean_exact",
        "a test that asks for the exact mean",
        "how far is the mean of 40,000 random values from its expectation?",
        _tester(mean=1e-9),
    ),
    Mistake(
        "share_exact",
        "a test that asks for exactly a share p of zeros",
        "how many of 40,000 coins fall on heads: exactly 20,000?",
        _tester(share=0.0),
    ),
    Mistake(
        "share_left_out",
        "a test that does not count what is dropped",
        "what if p were the share that is kept?",
        _tester(without=("share", "scale"), mean=0.05),
    ),
    Mistake(
        "share_too_loose",
        "a test with so wide a margin that a wrong share passes",
        "how large is the standard deviation of the share, and how many of them is your margin?",
        _tester(without=("scale",), share=0.2),
    ),
    Mistake(
        "forward_only",
        "a test that never calls backward",
        "which mask must the backward pass use?",
        _tester(without=("backward", "back at evaluation")),
    ),
    Mistake(
        "training_only",
        "a test that never evaluates",
        "what shall the layer do when training is False?",
        _tester(without=("evaluation", "back at evaluation")),
    ),
    Mistake(
        "evaluation_only",
        "a test of the evaluation alone",
        "what does the layer do in training?",
        _only("evaluation", "back at evaluation"),
    ),
    Mistake(
        "coins_left_out",
        "a test that accepts masks shared by samples or by features",
        "may two rows of a batch lose the same values?",
        _tester(without=("coins",)),
    ),
    Mistake(
        "one_call",
        "a test with one call in training",
        "would you notice a layer with the same mask for ever?",
        _tester(without=("new mask",)),
    ),
    Mistake(
        "back_at_evaluation_left_out",
        "a test without a backward pass after an evaluation",
        "which mask does backward use when the last forward was an evaluation?",
        _tester(without=("back at evaluation",)),
    ),
    Mistake(
        "backward_in_training_left_out",
        "a test of backward after an evaluation only",
        "does backward use the mask of the last forward in training, and its scale?",
        _tester(without=("backward",)),
    ),
    Mistake("accepts_all", "a test that accepts everything", "does a path lead to `return False`?", lambda layer: True),
    Mistake(
        "rejects_all", "a test that rejects everything", "how far is a right layer from your limits?", lambda _: False
    ),
    Mistake(
        "reversed",
        "a test with True and False exchanged",
        "what shall it return for a layer that is right?",
        lambda layer: not dropout_passes(layer),
    ),
)


def _observe(answer: Callable[..., Any]) -> dict[str, Any]:
    return attack(lambda build: answer(build()), right=RIGHT, planted=PLANTED)


DROPOUT_PASSES = Exercise(
    slug="dropout_passes",
    title="Attack: a test for a layer that is random",
    kind="attack",
    core=True,
    difficulty=3,
    minutes=25,
    reference=dropout_passes,
    observe=_observe,
    accepted=_RIGHT,
    mistakes=_WRONG,
    properties=(Property("what survived", what_to_ask),),
    hints=(
        "Take an x without zeros, so that a zero in y was dropped: kept = y != 0.",
        "Exact questions: is y of what is kept x / (1 - p), is backward the same factor, is an "
        "evaluation the identity?",
        "A share of n values has the standard deviation sqrt(p (1 - p) / n): allow five of them, "
        "with n in the thousands.",
    ),
    not_tested="p so near to 0 or 1 that a few values decide, and layers that change what they are given",
    indistinguishable=(*all_the_same(_RIGHT), ("mean_exact", "share_exact")),
)
