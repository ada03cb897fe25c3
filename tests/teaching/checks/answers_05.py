"""Sheet 05, regularization: answers of learners and the cards that they get."""

from course_lib.teaching.checks.regularization.audit import FINDINGS
from course_lib.teaching.checks.regularization.find import FINE, KEY
from tests.teaching.answers import says

DRAW, SCALED = "rng.random(x.shape) >= p", "x * kept / (1 - p)"
IN_PLACE = "y = A -> x *= kept; x /= 1 - p; return: x, kept"
BY_ROWS = "np.stack([rng.permutation(x.shape[1]) >= int(p * x.shape[1]) for _ in range(len(x))])"
BY_CHOICE = """
def dropout_forward(values, share, generator, learning):
    if share < 0 or share >= 1:
        raise ValueError("share")
    if not learning:
        return values, None
    kept = generator.choice([False, True], size=values.shape, p=[share, 1 - share])
    result = np.zeros(values.shape)
    result[kept] = values[kept] / (1 - share)
    return [result, kept.astype(int)]
"""


ANSWERS = (
    ("dropout_forward", BY_CHOICE, "right"),
    ("dropout_forward", "return: kept, y", says("the first of the two results is a mask of True and False")),
    ("dropout_forward", IN_PLACE, says("changes x itself", "who else may still need that array?", without=("share",))),
    ("dropout_forward", "return: y, np.isclose(y, x / (1 - p))", says("the same for all values of x that are 0: True")),
    ("dropout_forward", f"{DRAW} -> {BY_ROWS}", says("drops exactly 1,760 of 6,000 values at every call")),
    ("dropout_forward", "0 <= p < 1 -> 0 <= p <= 1", says("p = 1 is accepted; it must raise ValueError")),
    ("dropout_forward", "0 <= p < 1 -> p < 1", says("p = -0.1 is accepted; it must raise ValueError")),
    ("dropout_forward", "0 <= p < 1 -> 0 < p < 1", says("p = 0 raises an exception; it is allowed")),
    ("dropout_forward", "if not 0 <= p < 1: ... -> assert 0 <= p < 1", says("p = 1 raises AssertionError")),
    ("dropout_backward", "gradient * kept -> gradient * (np.random.default_rng(8).random(kept.shape) > p)",
     "new_mask"),
    ("l2_step", "weight - lr * A -> weight + lr * A; bias - lr * A -> bias + lr * A",
     says("a step up the gradient", "which sign has a step that makes the loss smaller?")),
    ("max_norm", "first: limit = limit * 0.9", says("unit 1 had the length")),
    ("order_augmentation", "E H G F A I", says("F reads `rows`: which line makes them?")),
    ("order_augmentation", "E D G C A F I", says("what do the mean and the deviation then know of the test part?")),
    ("order_augmentation", "E B H G C A I", says("on which side of the split are the other copies of a test image?")),
    ("find_regularization_fault", KEY | {"A": FINE}, says("look again at A\n", "is it good on training images")),
    ("find_regularization_fault", {"a": "Too much weight-decay", "b": "OK", "c": "dropout not scaled",
                                   "d": "shuffled labels.", "e": "dropout_on_in_evaluation"}, "right"),
    ("dropout_passes", "drop: if layer.p > 0 and A: ...; kept.mean(axis=axis).std() > A -> False",
     says("killed 11 of 14", "same mask: each call has the same mask")),
    ("dropout_passes", "every layer.p -> 0.5", says("alarm on: p = 0.3, p = 0.8, p = 0", "where does layer.p enter")),
    ("dropout_passes", "layer.p > 0 and A -> A", says("with p = 0 nothing is dropped and nothing differs")),
    ("copies_before_split", FINDINGS | {"with_a_copy": 0.9919, "test_images": "150", "mend": "Split_first"}, "right"),
)  # fmt: skip
