"""Sheet 01, the training loop by hand: answers of learners and the cards that they get."""

from itertools import pairwise

import numpy as np

from course_lib.by_hand.first_step import linear_backward, linear_forward, softmax_cross_entropy
from tests.teaching.answers import find, says

CURVES, FINDINGS = find("read_learning_curves").reference, find("mean_of_means").reference


def step_with(**earlier):
    """The learner's training_step in a notebook where the functions of before are `earlier`."""
    names = {"linear_forward": linear_forward, "softmax_cross_entropy": softmax_cross_entropy} | earlier
    lines = (
        "def training_step(weight, bias, x, labels, lr):",
        "    total, count, gradient = softmax_cross_entropy(linear_forward(x, weight, bias), labels)",
        "    _, weight_gradient, bias_gradient = linear_backward(x, weight, gradient)",
        "    return total / count, weight - lr * weight_gradient, bias - lr * bias_gradient",
    )
    exec("\n".join(lines), names)
    return names["training_step"]


def unsolved(*_):
    raise NotImplementedError


def divided(x, weight, gradient):
    return tuple(part / len(x) for part in linear_backward(x, weight, gradient))


WHOLE = """
def standardize(train, other):
    first, second = np.empty_like(train), np.empty_like(other)
    mean, std = train.mean(axis=0), np.where(np.ptp(train, axis=0) == 0, 1, train.std(axis=0))
    first[:], second[:] = (train - mean) / std, (other - mean) / std
    return first, second
"""
THREE_LISTS = """
def stratified_split(labels, fractions, rng):
    parts = [], [], []
    for label in sorted(set(labels.tolist())):
        rows = [row for row, one in enumerate(labels) if one == label]
        rng.shuffle(rows)
        first, second = round(len(rows) * fractions[0]), round(len(rows) * (fractions[0] + fractions[1]))
        for part, piece in zip(parts, (rows[:first], rows[first:second], rows[second:])):
            part.extend(piece)
    return [sorted(part) for part in parts]
"""
SEEDS_THE_WORLD = """
def stratified_split(labels, fractions, rng):
    np.random.seed(rng.integers(2**31))
    order = np.random.permutation(len(labels))
    parts = [], [], []
    for label in np.unique(labels):
        rows = order[labels[order] == label]
        for part, piece in zip(parts, np.split(rows, np.round(np.cumsum(fractions)[:2] * len(rows)).astype(int))):
            part.extend(piece)
    return [sorted(part) for part in parts]
"""
WITH_TORCH = """
def softmax_cross_entropy(logits, labels):
    import torch
    z = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    total = torch.nn.functional.cross_entropy(z, torch.tensor(labels), reduction="sum")
    (total / len(labels)).backward()
    return total.item(), float(len(labels)), z.grad
"""
ENTRYWISE = "relative_error(A, B) -> np.max(np.abs(A - B) / np.maximum(np.abs(A) + np.abs(B), 1e-300)); 1e-6 -> 1e-4"

ANSWERS = (
    ("count_parameters", lambda sizes: 1.0 * sum((i + 1) * o for i, o in pairwise(sizes)), "right"),
    ("count_parameters", lambda sizes: sum(a * a for a in sizes), says("10)): yours is 635236")),
    ("batch_rows", lambda count, size, rng: np.arange(count).reshape(-1, size), says("cannot reshape")),
    ("batch_rows", "rng.permutation(count) -> np.roll(7 * np.arange(count) % count, rng.integers(count))",
     says("mixing: 'a regular pattern' is not right")),
    ("batch_rows", "return: [sorted(one.tolist()) for one in RESULT]", "sorted_within"),
    ("stratified_split", THREE_LISTS, "right"),
    ("stratified_split", "np.round(A) -> np.round(A + 0.3)", says("of the 11 rows of class 9")),
    ("stratified_split", SEEDS_THE_WORLD, says("it draws from NumPy's global generator or seeds it")),
    ("standardize", "constant = A -> constant = train.std(axis=0) < 1e-12; return: list(RESULT)", "right"),
    ("standardize", "std = A -> std = train.std(axis=0) + 3e-9", "epsilon_added"),
    ("standardize", "train.max(axis=0) -> train.max()", says("NaN, infinity or a huge number")),
    ("standardize", WHOLE, says("case 4", "off by")),
    ("softmax_cross_entropy", WITH_TORCH, "right"),
    ("softmax_cross_entropy", "total = -A -> total = -np.log(np.maximum(np.exp(A), 1e-300)).sum()", "epsilon_in_log"),
    ("softmax_cross_entropy", "first: logits = np.clip(logits, -300, 300)", "logits_clipped"),
    ("softmax_cross_entropy", "every A.max(axis=1, keepdims=True) -> np.median(A, axis=1, keepdims=True)",
     says("row 1 of your gradient sums", without=("equals",))),
    ("softmax_cross_entropy", "np.exp(log_probabilities) -> np.exp(log_probabilities).astype(logits.dtype)",
     says("case 7")),
    ("linear_backward", lambda x, w, g: (w @ g.T, x.T @ g, g.sum(0)), says("case 1, part 1", "(transposed?)")),
    ("linear_backward", lambda x, w, g: (g @ w.T, x.T @ g / x.shape[1], g.sum(0)),
     says("part 2", "times 1/3, 1/4, 1/2", "right: of x, of bias; not right: of weight")),
    ("linear_backward", "gradient @ weight.T -> (gradient @ weight.T).astype(x.dtype)",
     says("case 4, part 1")),
    ("order_training_step", "DGJBIEFA", says("line I reads logits, which no line above it")),
    ("order_training_step", "DGJBEIAFC", says("think about line C")),
    ("order_training_step", "DGBEIAF", says("line B reads start")),
    ("training_step", step_with(linear_backward=linear_backward), "right"),
    ("training_step", step_with(linear_backward=unsolved), "not started"),
    ("training_step", step_with(linear_backward=divided), says("your step calls linear_backward, and that is")),
    ("read_learning_curves", {"a": " Still  learning", "b": "Overfitting", "c": "ideal.", "d": "underfitted",
                              "e": "IDEAL", "f": "over-fit"}, "right"),
    ("read_learning_curves", CURVES | {"C": "overfit", "D": "ideal"}, says("look again at C, D", "C: is the gap")),
    ("layer_passes", "1e-6 -> 1e-8", "right"),
    ("layer_passes", ENTRYWISE, "right"),
    ("mean_of_means", FINDINGS | {"batches": "32 batches", "overweight": "4x", "iterations": "5,000",
                                  "verdict": "Contradicted."}, "right"),
    ("mean_of_means", FINDINGS | {"batches": 31, "iterations": 100}, says("both: a count of full batches")),
    ("layer_passes", "1e-6 -> 0.05", "loose_tolerance"),
)  # fmt: skip
