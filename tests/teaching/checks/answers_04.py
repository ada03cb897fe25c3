"""Sheet 04, learning rates: answers of learners and the cards that they get."""

from fractions import Fraction

import numpy as np

from tests.teaching.answers import says

POWER = """
def largest_eigenvalue(g, point, first, rounds, h):
    import torch
    v = torch.tensor(first)
    for _ in range(rounds):
        v = v / v.norm()
        product = torch.tensor(g(point + h * v.numpy()) - g(point - h * v.numpy())) / (2 * h)
        curvature = torch.dot(v, product).item()
        v = product
    return curvature
"""
KEY = {"A": 0.001, "B": 0.1, "C": 0.01, "D": 0.1}
RATES = {"limit": 0.05, "steps_to_halve": 6932, "updates": 7900, "updates_full_batch": 100,
         "optimal_range": "contradicted", "trapped": "not shown"}  # fmt: skip

ANSWERS = (
    ("step_decay", lambda lr, *_: lr, says("return a list with a rate per epoch; you return one number")),
    ("step_decay", "range(epochs) -> range(epochs - 2)", says("case 1: 11 epochs, and your list has 9 rates")),
    ("count_updates", "return: RESULT + 3", says("samples, batch size 32, accumulate 4, drop_last False: yours is")),
    ("plateau", "loss < best - min_delta -> best - loss > min_delta", "right"),
    ("plateau", "loss < best - min_delta -> loss + min_delta < best", "right"),
    ("plateau", "improved = A -> improved = not best or A", says("after loss 1 (0.5) the rate")),
    ("plateau", "improved = A -> improved = A or not rates", says("case 7: after loss 2 (2.0)")),
    ("plateau", "first: losses.sort()", says("the rate should be")),
    ("order_schedule", "C, F, H, B, G, E, A, I", says("which update is made at the first rate of the schedule?")),
    ("order_schedule", "CFHBIGEA", says("which gradients are left for the update?", without=("cannot be",))),
    ("order_schedule", "ICFHBGAE", says("how often shall line I run: once, or at every step?")),
    ("order_schedule", "CFIHBGAJE", says("which loss shall decide on the rate")),
    ("read_range_tests", KEY | {"D": 0.0001}, says("is 0.0001 the largest such power?")),
    ("read_range_tests", KEY | {"A": 0.0012}, says("A: give a power of ten", "yours is 0.0012")),
    ("read_range_tests", {"a": "10^-3", "b": "10⁻¹", "c": "1,0e-2", "d": Fraction(1, 10)}, "right"),
    ("read_range_tests", {"A": np.float32(1e-3), "B": "10**-1", "C": "1 × 10⁻²", "D": ".1"}, "right"),
    ("largest_eigenvalue", POWER, "right"),
    ("largest_eigenvalue", "return: np.float32(RESULT)", "right"),
    ("largest_eigenvalue", "v = start / A -> v = start", says("a missing division", "case 4")),
    ("largest_eigenvalue", "first: start /= np.linalg.norm(start)", says("your numbers are right, but it writes into")),
    ("schedule_passes", "range(steps + 5) -> range(steps); after right = A -> right = right[:steps]",
     says("killed 13 of 14; survived: again")),
    ("audit_rates", RATES | {"limit": "2/40", "steps_to_halve": "6,932", "updates": "7900 updates"}, "right"),
    ("audit_rates", RATES | {"steps_to_halve": "6931.1", "updates": "7 900"}, says("look again at steps_to_halve")),
    ("schedule_passes", "1e-5 -> 1e-2; 1e-9 -> 1e-2", "loose"),
    ("audit_rates", RATES | {"limit": "below 0.05"}, "right"),
)  # fmt: skip
