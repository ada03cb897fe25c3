"""Sheet 07, debugging: answers of learners and the cards that they get."""

from course_lib.teaching.clinic.cases import CASES
from tests.teaching.answers import find, says

KEY = {"cured": 1, "hidden": "softmax twice", "floor": 1.461, "verdict": "contradicted"}
PATIENTS = find("name_the_faults").reference
MORE = find("name_more_faults").reference

IN_TORCH = """
def sigmoid_cross_entropy(logits, labels):
    import torch
    z = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    losses = torch.nn.functional.binary_cross_entropy_with_logits(z, torch.tensor(labels).double(), reduction="sum")
    losses.backward()
    return losses.item(), len(z), (z.grad / len(z)).numpy()
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
    ("order_debugging", "GCAIFBD", says("A before F", "whether the gradient is right?", without=("cannot be",))),
    ("order_debugging", "GCFAIHBD", says("think about step H: what does the test part say after it has chosen?")),
    ("gradient_check", "np.array(x, dtype=np.float64) -> x.astype(np.float64, copy=False)", "right"),
    ("gradient_check", "np.linalg.norm(gradient - differences) -> np.abs(gradient - differences).sum()",
     says("by the triangle inequality the error lies between 0 and 1")),
    ("sigmoid_cross_entropy", IN_TORCH, "right"),
    ("sigmoid_cross_entropy", "first: logits = np.clip(logits, -500, 500)", "clipped_logits"),
    ("sigmoid_cross_entropy", "first: logits = np.clip(logits, -709, 709)", "clipped_logits"),
    ("sigmoid_cross_entropy", "probabilities - labels -> (probabilities - labels) * (labels + 0.3)",
     says("right: sum, count; not right: gradient")),
    ("first_bad_layer", "every np.isfinite(x).all() -> np.isfinite(x.sum())", "right"),
    ("overfit_one_batch", "rows = A -> rng.shuffle(x); rows = np.arange(size)",
     says("it writes into what it was given: argument 2")),
    ("overfit_one_batch", "rows = A -> rows = rng.choice(len(x) - 1, size, replace=False)", says("")),
    ("name_the_faults", PATIENTS | {"case-08": "no shuffling"}, says("case-08", CASES["case-08"].question)),
    ("name_the_faults", {key.upper().replace("-", "_"): f"{word.replace(' ', '-').title()}."
                         for key, word in PATIENTS.items()}, "right"),
    ("name_more_faults", MORE | {"case-12": "LR too large", "case-13": "twins"}, "right"),
    ("no_leak", BY_LOOPS, "right"),
    ("no_leak", "1e-6 -> 1e-9", says("survived: copy")),
    ("raise_the_rate", KEY | {"floor": "ln(e + 9) - 1", "hidden": "Softmax_twice", "cured": "1 of five"}, "right"),
    ("raise_the_rate", KEY | {"floor": 1.46}, says("floor: it is near; what are its first three decimals?")),
)  # fmt: skip
