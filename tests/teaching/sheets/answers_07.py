"""Sheet 07, debugging: answers of learners and the cards that they get."""

from fractions import Fraction

import numpy as np

from course_lib.teaching.clinic.cases import CASES
from tests.teaching.answers import find, says

KEY = {"cured": 1, "hidden": "softmax twice", "floor": 1.461, "verdict": "contradicted"}
PATIENTS = find("name_the_faults").reference
MORE = find("name_more_faults").reference

ONE_SIDE_AT_A_TIME = """
def gradient_check(f, claim, at, h=1e-5):
    at = np.asarray(at).astype(np.float64)
    found = []
    for k in range(at.size):
        sides = []
        for sign in (1, -1):
            moved = at.flatten()
            moved[k] += sign * h
            sides.append(f(moved.reshape(at.shape)))
        found.append((sides[0] - sides[1]) / 2 / h)
    found, claim = np.array(found), np.asarray(claim).flatten()
    both = np.sqrt(sum(claim**2)) + np.sqrt(sum(found**2))
    return np.sqrt(sum((claim - found) ** 2)) / both if both > 0 else 0
"""
SAMPLE_BY_SAMPLE = """
def sigmoid_cross_entropy(z, y):
    import math
    total, slopes = 0.0, []
    for logit, label in zip(z.tolist(), y.tolist()):
        small = math.exp(-abs(logit))
        p = 1 / (1 + small) if logit > 0 else small / (1 + small)
        total += math.log1p(small) + (abs(logit) if (logit > 0) != bool(label) else 0)
        slopes += [(p - label) / len(z)]
    return [total, len(z), slopes]
"""
IN_TORCH = """
def sigmoid_cross_entropy(logits, labels):
    import torch
    z = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    losses = torch.nn.functional.binary_cross_entropy_with_logits(z, torch.tensor(labels).double(), reduction="sum")
    losses.backward()
    return losses.item(), len(z), (z.grad / len(z)).numpy()
"""
WITH_ITER = """
def overfit_one_batch(train_on, features, answers, generator, amount=16, most=300, goal=0.01):
    order = np.arange(len(features))
    generator.shuffle(order)
    part = features[order[:amount]], answers[order[:amount]]
    losses = (train_on(*part) for _ in range(most))
    for count, loss in enumerate(losses):
        if np.isnan(loss) or abs(loss) == float("inf"):
            return -1
        if goal > loss:
            return float(count)
    return -1.0
"""
BY_LOOPS = """
def no_leak(train_x, test_x, train_groups, test_groups):
    for row, group in zip(test_x, test_groups):
        for other, owner in zip(train_x, train_groups):
            assert group != owner
            assert max(abs(row - other)) > 1e-6
    return True
"""

ANSWERS = (
    ("order_debugging", "g c f a i b d", "right"),
    ("order_debugging", ("f", "g", "c", "a", "i", "b", "d"), "right"),
    ("order_debugging", "GCAIFBD", says("A before F", "whether the gradient is right?", without=("cannot be",))),
    ("order_debugging", "CGFAIBD", says("C before G", "which is the cheaper look")),
    ("order_debugging", "GCFAIHBD", says("think about step H: what does the test part say after it has chosen?")),
    ("order_debugging", "GCFAIB", says("6 letters; 1 is missing")),
    ("gradient_check", ONE_SIDE_AT_A_TIME, "right"),
    ("gradient_check", "np.array(x, dtype=np.float64) -> x.astype(np.float64, copy=False)", "right"),
    ("gradient_check", "np.array(x, dtype=np.float64) -> x.copy()", "precision_of_x"),
    ("gradient_check", "np.linalg.norm(gradient - differences) -> np.abs(gradient - differences).sum()",
     says("by the triangle inequality the error lies between 0 and 1")),
    ("sigmoid_cross_entropy", SAMPLE_BY_SAMPLE, "right"),
    ("sigmoid_cross_entropy", IN_TORCH, "right"),
    ("sigmoid_cross_entropy", "np.where(A, 1, small) / (1 + small) -> np.where(A, 1, small)",
     says("the gradient is not")),
    ("sigmoid_cross_entropy", "probabilities = A -> probabilities = 1 / (1 + np.exp(-logits))", "both_branches"),
    ("sigmoid_cross_entropy", "A / len(logits) -> (probabilities - labels / 2) / len(logits)",
     says("the sum of the losses is right, the gradient is not yet; what is its sign for the label 1?")),
    ("sigmoid_cross_entropy", "np.log1p(small) -> small",
     says("the gradient is right, the sum of the losses is not yet; what is the loss for z = 0?")),
    ("first_bad_layer", "every np.isfinite(x).all() -> not (np.isnan(x).any() or x.max() == np.inf)", "minus_infinity"),
    ("first_bad_layer", "every np.isfinite(x).all() -> np.isfinite(x.sum())", "right"),
    ("overfit_one_batch", WITH_ITER, "right"),
    ("overfit_one_batch", "rng.choice -> np.random.choice", "global_generator"),
    ("overfit_one_batch", "rng.choice(len(x), size, replace=False) -> rng.choice(len(x), size)", "with_replacement"),
    ("overfit_one_batch", "first: rng = np.random.default_rng(7)", "own_generator"),
    ("overfit_one_batch", "rows = A -> rng.shuffle(x); rows = np.arange(size)",
     says("it writes into what it was given: argument 2")),
    ("overfit_one_batch", "rows = A -> rows = rng.choice(len(x) - 1, size, replace=False)", says("")),
    ("name_the_faults", PATIENTS | {"case-08": "no shuffling"}, says("case-08", CASES["case-08"].question)),
    ("name_the_faults", {key.upper().replace("-", "_"): f"{word.replace(' ', '-').title()}."
                         for key, word in PATIENTS.items()}, "right"),
    ("name_the_faults", PATIENTS | {"case-05": "learning rate too small", "case-06": "dead ReLUs",
                                    "case-07": "softmax applied twice", "case-08": "shuffled labels"}, "right"),
    ("name_the_faults", list(PATIENTS.values()), "right"),
    ("name_the_faults", PATIENTS | {"case-05": "bad luck"}, says("'bad luck' is none of")),
    ("name_more_faults", MORE | {"case-12": "LR too large", "case-13": "twins"}, "right"),
    ("no_leak", BY_LOOPS, "right"),
    ("no_leak", "1e-6 -> 1e-3", "too_loose"),
    ("no_leak", "largest.min() <= 1e-6 -> any(np.allclose(row, one, rtol=0.001) for one in train_x)", "too_loose"),
    ("no_leak", "1e-6 -> 1e-9", says("survived: copy")),
    ("raise_the_rate", KEY | {"floor": "ln(e + 9) - 1", "hidden": "Softmax_twice", "cured": "1 of five"}, "right"),
    ("raise_the_rate", KEY | {"floor": "np.log(np.e + 9) - 1", "cured": np.int64(1)}, "right"),
    ("raise_the_rate", KEY | {"floor": "-log(e / (e + 9))", "cured": "one", "verdict": "refuted"}, "right"),
    ("raise_the_rate", KEY | {"floor": "1,461 nats", "cured": Fraction(1), "verdict": "CONTRADICTED"}, "right"),
    ("raise_the_rate", KEY | {"floor": "log(1 + 9 * exp(-1))", "hidden": "softmax-twice"}, "right"),
    ("raise_the_rate", KEY | {"floor": 1.46}, says("floor: it is near; what are its first three decimals?")),
    ("raise_the_rate", KEY | {"floor": "2.303"}, "floor_of_nothing"),
    ("raise_the_rate", KEY | {"hidden": "labels off by one"}, says("'labels off by one' is none of 'rate too low'")),
    ("raise_the_rate", KEY | {"cured": 3, "floor": "high"}, says("floor: a number is asked for")),
)  # fmt: skip
