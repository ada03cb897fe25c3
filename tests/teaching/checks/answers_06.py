"""Sheet 06, early stopping: answers of learners and the cards that they get."""

import numpy as np

from course_lib.by_hand.stopping import early_stopping
from course_lib.numpy_nn.studies.stopping_runs import ten_runs
from course_lib.teaching.checks.stopping.audit import FINDINGS
from course_lib.teaching.checks.stopping.logs import KEY
from tests.teaching.answers import says

CHANGE = float(np.mean([run[2] - run[1] for run in ten_runs()]))
BY_MINIMUM = """
def early_stopping(curve, wait, delta=0.0):
    best, at, epoch = np.inf, 0, 0
    while epoch < len(curve):
        epoch += 1
        value = float(curve[epoch - 1][1])
        if value + delta < best:
            best, at = value, epoch
        elif epoch - at == wait:
            return [epoch, at]
    return [epoch, at]
"""
BY_DEEPCOPY = """
def fit_and_restore(weights, train, loss, n, wait):
    import copy
    best, at, kept = float("inf"), 0, copy.deepcopy(weights)
    for epoch in range(1, n + 1):
        train(weights)
        now = loss(weights)
        if now < best:
            best, at, kept = now, epoch, copy.deepcopy(weights)
        if epoch - at >= wait:
            break
    for w, k in zip(weights, kept):
        np.copyto(w, k)
    return at
"""
BY_LIST = """
def smoothed(x, b):
    s, out = 0, []
    for k in range(len(x)):
        s = b * s + (1 - b) * x[k]
        out.append(s / (1 - b ** (k + 1)))
    return out
"""
BY_CHANCES = """
def expected_best(scores, k):
    scores = sorted(float(one) for one in scores)
    n = len(scores)
    return sum(s * ((i / n) ** k - ((i - 1) / n) ** k) for i, s in enumerate(scores, start=1))
"""
RESAMPLED = "training = A -> training = np.resize(A[::2], len(A))"

ANSWERS = (
    ("early_stopping", BY_MINIMUM, "right"),
    ("early_stopping", lambda losses, patience, min_delta=0.0: (1, 1), says("patience 3", "you give (1, 1)")),
    ("fit_and_restore", BY_DEEPCOPY, "right"),
    ("read_stopping_logs", KEY | {"A": "Never_reset", "C": "correct", "E": "train loss", "F": "Too late."}, "right"),
    ("read_stopping_logs", KEY | {"A": "late"}, says("look again at A")),
    ("stopper_passes", lambda stopper: stopper(np.ones((3, 2)), 1, 0.0) == early_stopping(np.ones((3, 2)), 1),
     says("killed")),
    ("smoothed", BY_LIST, "right"),
    ("smoothed", "1 - beta**t -> 1 - beta**t + 1e-3", says("the average of one value is that value")),
    ("k_folds", RESAMPLED, says("pairs that do not train on all other rows")),
    ("expected_best", BY_CHANCES, "right"),
    ("expected_best", "return: RESULT + 2e-5", says("the mean, 0.88286; you give 0.88288")),
    ("loss_up_audit", FINDINGS | {"loss_change": CHANGE, "runs_with_rising_loss": 10.0}, "right"),
    ("loss_up_audit", FINDINGS | {"accuracy_change": 0.5},
     says("look again at accuracy_change", without=(str(FINDINGS["accuracy_change"]),))),
    ("fit_and_restore", "validate(parameters) -> validate(kept)", "kept_measured"),
)  # fmt: skip
