"""Sheet 03, optimizers: answers of learners and the cards that they get."""

from course_lib.by_hand.optimizers import adam_step
from tests.teaching.answers import says

IN_PLACE = """
def momentum_step(parameter, gradient, velocity, rate, momentum):
    velocity *= momentum
    velocity -= rate * gradient
    parameter += velocity
    return parameter, velocity
"""


def late(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    return adam_step(parameter, gradient, m, v, t, rate if t < 3 else 2 * rate, beta1, beta2, epsilon)


IN_A_GLOBAL = """
def momentum_step(parameter, gradient, velocity, rate, momentum, kept={}):
    kept[parameter.shape] = momentum * kept.get(parameter.shape, 0 * parameter) - rate * gradient
    return parameter + kept[parameter.shape], kept[parameter.shape]
"""

ANSWERS = (
    ("momentum", IN_PLACE, says("your numbers are right, but it writes into what it was given")),
    ("momentum", IN_A_GLOBAL, says("where does your step find its state")),
    ("adamw", "parameter.ndim > 1 -> len(parameter) > 1", says("at step 1 parameter differs; right there: m, v")),
    ("adamw", "parameter.ndim > 1 -> len(parameter.shape) != 1; every A**t -> A ** float(t)", "right"),
    ("adam_passes", "1e-8 -> 1e-6", "right"),
    ("adam", late, says("up to step 2 all is right, at step 3 parameter differs; right there: m, v")),
    ("adam", "A / (B + eps) -> A * (B + eps)", says("a product where a division belongs")),
    ("adam", "v / (1 - beta2**t) -> v; np.sqrt(A) + eps -> np.sqrt(A + eps)", says("both: Adam that")),
    ("read_paths", {"a": "gradients_add_up", "b": "nothing is wrong", "c": "Learning-rate too large.",
                    "d": "momentum too big", "e": "noise", "f": "wrong sign"}, "right"),
    ("adam_claim", {"best_rate": "1e-2", "default_cost": "3,9", "usable_adam": "3", "usable_sgd": 3.0,
                    "works_untuned": "Contradicted", "easier_than_sgd": "not_shown"}, "right"),
    ("adam_passes", "1e-8 -> 1e-15; 1e-10 -> 0.0", "exactly_equal"),
)  # fmt: skip
