"""Sheet 09, CUDA: answers of learners and the cards that they get."""

import math

import numpy as np
import torch

from course_lib.by_hand.cuda import loader_flags, memory_of_step, training_flops
from course_lib.teaching.checks.cuda.audit import FINDINGS
from course_lib.teaching.checks.cuda.limits import KEY as LIMITS
from course_lib.teaching.checks.cuda.waits import KEY as WAITS
from tests.teaching.answers import says

BY_AUTOGRAD = """
def scaled_step(loss, weights, optimizer, s, n, longest, every=2000):
    gradients = torch.autograd.grad(loss * s, weights)
    if not all(torch.isfinite(one).all() for one in gradients):
        return s / 2, 0
    for weight, one in zip(weights, gradients):
        weight.grad = one / s
    nn.utils.clip_grad_norm_(weights, longest)
    optimizer.step()
    return [s * 2, 0] if n + 1 >= every else [s, float(n + 1)]
"""
FRESH_SCALER = """
def scaled_step(loss, parameters, optimizer, scale, good, limit, interval=2000):
    scaler = torch.amp.GradScaler("cpu", init_scale=scale, growth_interval=interval)
    optimizer.zero_grad()
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(parameters, limit)
    scaler.step(optimizer)
    scaler.update()
    return scaler.get_scale(), good + 1 if scaler.get_scale() == scale else 0
"""
NEVER_ENDS = """
def scaler_passes(make):
    scaler = make(8.0, 3)
    while scaler.factor == 8.0:
        scaler.unscaled([np.array([1.0])])
    return scaler.factor == 16.0
"""
ONE_WAY = "first: return bool(make(10.0, 3).unscaled([np.array([3.0])])[0][0] != 0.3)"
NUMBER_BY_NUMBER = """
def union_gradient(sums, counts, exchange):
    found = np.zeros_like(sums[0])
    for place in np.ndindex(found.shape):
        found[place] = exchange([one[place] for one in sums]) / exchange(counts)
    return found
"""
IGNORES_EXCHANGE = "first: exchange(sums); return: sum(sums) / sum(counts)"


def parts(change):
    """memory_of_step with a change of what it returns."""
    return lambda *given, **named: change(memory_of_step(*given, **named))


def flags(**rules):
    """Right flags, some of them by another rule of (workers, ahead, cuda)."""
    return lambda *given: loader_flags(*given) | {key: rule(*given) for key, rule in rules.items()}


ANSWERS = (
    ("training_flops", lambda s, b: torch.tensor(training_flops(s, b)), "right"),
    ("training_flops", lambda s, b: float(np.sum([(2 + (k > 0)) * 2 * b * s[k] * s[k + 1] for k in range(len(s) - 1)])),
     "right"),
    ("training_flops", "return: RESULT + 24", says("yours is 168, off by 24")),
    ("roofline_seconds", lambda o, r, b: np.maximum(*(np.array(o) / [r, b]).T).sum(), "right"),
    ("roofline_seconds", lambda o, r, b: sum(f / r if m == 0 or f / m > r / b else m / b for f, m in o), "right"),
    ("roofline_seconds", "return: round(RESULT, 2)", says("yours is the right result, rounded (1.8)")),
    ("roofline_seconds", "every flops / rate -> flops * rate",
     says("yours is 1e+20, off by 1e+20\n  which two times has it?")),
    ("memory_of_step", parts(lambda p: {k: np.float64(v) for k, v in reversed(p.items())}), "right"),
    ("memory_of_step", 'before return A -> parts["gradients"] = activation_bytes * parameters',
     says("right already: weights, moments, activations")),
    ("memory_of_step", parts(lambda p: p | {"MiB": round(p["MiB"], 2)}), says("MiB is rounded to 0; return it as")),
    ("memory_of_step", parts(lambda p: p | {"weights": [p["weights"]]}), says("weights: give one number")),
    ("name_the_limit", {"a": "compute-bound", "b": "ASKING.", "c": "memory_bandwidth", "d": "data-loader",
                        "e": "waiting", "f": "kernel launches"}, "right"),
    ("name_the_limit", LIMITS | {"D": "memory"}, says("look again at D", without=("A:",))),
    ("find_waits", {"a": None, "B": "line 7", "C": "if torch.isnan(loss):", "D": 3.0, "E": "none", "F": "l. 5",
                    "G": np.int64(3)}, "right"),
    ("find_waits", WAITS | {"F": 3}, says("look again at F", "copy", without=("A:",))),
    ("loader_flags", flags(prefetch_factor=lambda w, a, c: np.int64(-(-a // w)) if w else None), "right"),
    ("loader_flags", flags(prefetch_factor=lambda w, a, c: -(-a // w) if w else 0), says("which flags are only for")),
    ("loader_flags", flags(pin_memory=lambda w, a, c: "cuda" if c else None), says("pin_memory is cuda; give True or")),
    ("scaled_step", BY_AUTOGRAD, "right"),
    ("scaled_step", "torch.isfinite(A).all() -> math.isfinite(A.abs().sum().item())", "right"),
    ("scaled_step", FRESH_SCALER, "never_grows"),
    ("scaled_step", "drop: optimizer.zero_grad(); after optimizer.step() -> optimizer.zero_grad()",
     says("it goes along what stood in the gradients before, too")),
    ("scaled_step", "scale * loss -> loss / scale", says("times the right one", without=("stood in the gradients",))),
    ("scaled_step", "first: limit = limit / 3", says("case 1: step 2 is not right")),
    ("scaled_step", "first: loss = loss / 2", says("0.5 times the right one")),
    ("scaled_step", "drop: optimizer.step(); before return 2 * scale, 0 -> optimizer.step()",
     says("it changes nothing")),
    ("scaled_step", "scale / 2 -> max(1.0, scale / 2)", says("case 8: the updates are right; after step 2")),
    ("order_scaled_step", "JHDGBKFALCI", says("think about line K")),
    ("order_scaled_step", "JDHGBFALCI", says("nothing stands inside the `for` in line 2 of your loop")),
    ("order_scaled_step", "JHDGBALFCI", says("which gradients has the step used, if they are divided after it?")),
    ("order_scaled_step", "JHDGBFALCIE", says("think about line E")),
    ("scaler_passes", "every 8.0 -> 3.0; np.array_equal(A, B, equal_nan=True) -> np.allclose(A, B, equal_nan=True)",
     "right"),
    ("scaler_passes", NEVER_ENDS, says("does not end for a version that is wrong (never grows)")),
    ("scaler_passes", ONE_WAY, says("one right scaler is rejected, another is not")),
    ("scaler_passes", "return: make(8.0, 3).good == 0", "error"),
    ("union_gradient", NUMBER_BY_NUMBER, "right"),
    ("union_gradient", lambda s, c, exchange: exchange([torch.tensor(one) for one in s]) / exchange(c), "right"),
    ("union_gradient", lambda s, c, exchange: exchange([len(s) * one / sum(c) for one in s]), "right"),
    ("union_gradient", lambda s, c, exchange: sum(s) / sum(c), says("in case 1 no gradient goes through exchange")),
    ("union_gradient", IGNORES_EXCHANGE, says("what exchange returns has no part in the result")),
    ("union_gradient", "return: exchange([s for s, c in zip(sums, counts) if c]) / exchange([c for c in counts if c])",
     says("in case 3 exchange got 3 values from 4 devices\n  what do the others wait for?")),
    ("union_gradient", lambda s, c, exchange: exchange(s) / len(s), says("yours is the right result times 7, every")),
    ("union_gradient", lambda s, c, exchange: exchange(s[0]), says("of the sums, (3, 2); yours has the shape (2,)")),
    ("loader_saving", FINDINGS | {"saved": "99 %", "seconds": "15.1 s", "factor": "1.96 ×"}, "right"),
    ("loader_saving", FINDINGS | {"factor": 2}, says("factor: 2 is rounded too far: two decimals are asked for")),
    ("loader_saving", FINDINGS | {"saved": math.nan}, says("look again at saved\n")),
    ("scaler_passes", "every 8.0 -> 10.0; every 1024.0 -> 30.0", "exactly_equal"),
)  # fmt: skip
