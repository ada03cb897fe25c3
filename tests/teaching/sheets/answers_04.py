"""Sheet 04, learning rates: answers of learners and the cards that they get."""

from decimal import Decimal
from fractions import Fraction

import numpy as np

from tests.teaching.answers import says

PATIENT = """
def plateau_rates(losses, rate, factor, patience, min_delta):
    best, since, out = None, 0, []
    for loss in np.array(losses):
        if not np.isnan(loss) and {better}:
            best, since = loss, 0
        else:
            since += 1
        if since == patience + 1:
            rate *= factor
            since = 0
        out += [rate]
    return np.array(out)
"""
FROM_THE_FIRST = """
def plateau_rates(losses, rate, factor, patience, min_delta):
    best, bad, rates = losses[0], 0, [rate]
    for loss in losses[1:]:
        best, bad = (loss, 0) if loss < best - min_delta else (best, bad + 1)
        if bad > patience:
            rate, bad = rate * factor, 0
        rates.append(rate)
    return rates
"""
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
RISE_AND_FALL = """
def warmup_cosine(n, peak, total, rise, low):
    if n >= total:
        return low * peak
    if n < rise:
        return peak / (rise + 1) * (n + 1)
    angle = np.pi * (n - rise) / (total - rise)
    return 0.5 * peak * ((1 + low) + (1 - low) * np.cos(angle))
"""
KEY = {"A": 0.001, "B": 0.1, "C": 0.01, "D": 0.1}
RATES = {"limit": 0.05, "steps_to_halve": 6932, "updates": 7900, "updates_full_batch": 100,
         "optimal_range": "contradicted", "trapped": "not shown"}  # fmt: skip

ANSWERS = (
    ("step_decay", "return: tuple(RESULT)", "right"),
    ("step_decay", "return: RESULT[:1] * every + RESULT[every:]", says("case 4 asks for 4 epochs, you give 6 rates")),
    ("step_decay", "rate * A -> A * rate / 2", says("epoch 0 is trained at 0.3, yours has 0.15")),
    ("warmup_cosine", RISE_AND_FALL, "right"),
    ("warmup_cosine", "return: np.float32(RESULT)", "right"),
    ("warmup_cosine", "first: return rate * 0.77", says("update 0 (in the warm-up) has 0.308")),
    ("plateau", "loss < best - min_delta -> best - loss > min_delta", "right"),
    ("plateau", "loss < best - min_delta -> loss + min_delta < best", "right"),
    ("plateau", PATIENT.format(better="(best is None or best - loss > min_delta)"), "right"),
    ("plateau", PATIENT.format(better="(best is None or best - loss >= min_delta)"), "equal_improves"),
    ("plateau", PATIENT.format(better="(not best or best - loss > min_delta)"), says("after loss 1 (0.5) the rate")),
    ("plateau", "loss < best - min_delta -> loss < best * (1 - min_delta)", says("the rate should be")),
    ("plateau", "math.inf -> 0.0", says("the rate should be")),
    ("plateau", FROM_THE_FIRST, says("case 7: after loss 2 (2.0) the rate should be 0.6, yours is 0.3")),
    ("plateau", "first: losses.sort()", says("the rate should be")),
    ("count_updates", "return: -(-batches // accumulate)", "right"),
    ("count_updates", "return: float(batches // accumulate + (batches % accumulate > 0))", "right"),
    ("count_updates", "return: round(batches / accumulate)", "full_groups"),
    ("order_schedule", "c f i h b g a e", "right"),
    ("order_schedule", {1: "c", 2: "f", 3: "h", 4: "i", 5: "b", 6: "g", 7: "a", 8: "e"}, "right"),
    ("order_schedule", "C, F, H, B, G, E, A, I", says("which update is made at the first rate of the schedule?")),
    ("order_schedule", "CFHBIGEA", says("which gradients are left for the update?", without=("cannot be",))),
    ("order_schedule", "ICFHBGAE", says("how often shall line I run: once, or at every step?")),
    ("order_schedule", "CHFIBGAE", says("H reads `x` and `y`: which line makes them?")),
    ("order_schedule", "CFIHBGAJE", says("which loss shall decide on the rate")),
    ("order_schedule", "CIFHBGA", says("7 letters; 1 is missing")),
    ("read_range_tests", KEY | {"D": 1.0}, says("look again at D", "is 1 at a third of its lowest point or below?")),
    ("read_range_tests", KEY | {"D": 0.0001}, says("is 0.0001 the largest such power?")),
    ("read_range_tests", KEY | {"A": 0.0012}, says("A: give a power of ten", "yours is 0.0012")),
    ("read_range_tests", {"a": "10^-3", "b": "10⁻¹", "c": "1,0e-2", "d": Fraction(1, 10)}, "right"),
    ("read_range_tests", {"A": np.float32(1e-3), "B": "10**-1", "C": "1 × 10⁻²", "D": ".1"}, "right"),
    ("read_range_tests", {"A": "small", "B": 0.1, "C": 0.01, "D": 0.1}, says("A: a number is asked for")),
    ("largest_eigenvalue", POWER, "right"),
    ("largest_eigenvalue", "return: np.float32(RESULT)", "right"),
    ("largest_eigenvalue", "v = start / A -> v = start", says("a missing division", "case 4")),
    ("largest_eigenvalue", "first: start /= np.linalg.norm(start)", says("your numbers are right, but it writes into")),
    ("schedule_passes", "1e-5 -> 1e-2; 1e-9 -> 1e-2", "loose"),
    ("schedule_passes", "np.allclose(A, B, rtol=C, atol=D) -> np.abs(A - B).max() < 0.01", "loose"),
    ("schedule_passes", "np.allclose(A, B, rtol=C, atol=D) -> all(map(math.isclose, A, B))", "exact_equality"),
    ("schedule_passes", "1e-5 -> 1e-10", "strict"),
    ("schedule_passes", "1e-9 -> 0", "relative_to_zero"),
    ("schedule_passes", "range(steps + 5) -> range(steps); after right = A -> right = right[:steps]",
     says("killed 13 of 14; survived: again")),
    ("audit_rates", RATES | {"limit": "2/40", "steps_to_halve": "6,932", "updates": "7900 updates"}, "right"),
    ("audit_rates", RATES | {"limit": "0,05", "steps_to_halve": 6932.0, "trapped": "Not_shown."}, "right"),
    ("audit_rates", RATES | {"limit": Fraction(1, 20), "updates": "79 * 100", "optimal_range": "refuted"}, "right"),
    ("audit_rates", RATES | {"limit": "5 %", "updates_full_batch": Decimal(100), "trapped": "not-shown"}, "right"),
    ("audit_rates", RATES | {"limit": "below 0.05"}, "right"),
    ("audit_rates", RATES | {"updates": "< 7900"}, says("a number is asked for")),
    ("audit_rates", RATES | {"steps_to_halve": "6931.1", "updates": "7 900"}, says("look again at steps_to_halve")),
    ("audit_rates", RATES | {"steps_to_halve": "never"}, says("a number is asked for")),
    ("audit_rates", RATES | {"steps_to_halve": float("inf")}, "never"),
    ("audit_rates", RATES | {"trapped": "maybe"}, says("is none of")),
)  # fmt: skip
