"""What do the cards of sheet 09 say to counts, times, flags, tables and audits that learners typed?"""

from itertools import pairwise

import numpy as np
import pytest
import torch

from course_lib.teaching.checks.cuda import audit, limits, waits
from course_lib.training.plain_cuda import loader_flags, memory_of_step, training_flops
from tests.teaching.test_sheet_02_cards import card


def wrong(slug, answer, *words):
    status, text = card(slug, answer)
    assert status == "wrong", text
    for piece in words:
        assert piece in text


def right(slug, answer):
    status, text = card(slug, answer)
    assert status == "right", text


# ---- FLOPs


def returned_inside_the_loop(sizes, batch):
    flops = 0
    for number, (inputs, outputs) in enumerate(pairwise(sizes)):
        flops += (3 if number else 2) * 2 * batch * inputs * outputs
        return flops


def taken_in_place_of_added(sizes, batch):
    for number, (inputs, outputs) in enumerate(pairwise(sizes)):
        flops = (3 if number else 2) * 2 * batch * inputs * outputs
    return flops


def additions_less_one(sizes, batch):
    forward = [batch * outputs * (2 * inputs - 1) for inputs, outputs in pairwise(sizes)]
    return 3 * sum(forward) - forward[0]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (returned_inside_the_loop, "the first layer alone"),
        (taken_in_place_of_added, "the last layer alone"),
        (additions_less_one, "what is a sum of 6 in the example?"),
        (lambda s, b: training_flops(s, b) + 2 * b * sum(s[1:]), "the biases, forward and backward"),
        (lambda s, b: [training_flops(pair, b) for pair in pairwise(s)], "return one number; you return a list of 1"),
        (lambda s, b: "144", "return one number; you return a value of type str"),
        (lambda s, b: sum(6 * i * o for i, o in pairwise(s)), "you count 72, the example says 144"),
        (lambda s, b: training_flops(s, b) + 2 * sum(i * o for i, o in pairwise(s)), "you count 168"),
    ],
)
def test_counts_are_answered(answer, words):
    wrong("training_flops", answer, words, "?")


@pytest.mark.parametrize("kind", [float, np.int64, torch.tensor])
def test_a_count_may_be_any_kind_of_number(kind):
    right("training_flops", lambda sizes, batch: kind(training_flops(sizes, batch)))


# ---- seconds


def each_time(operations, rate, bandwidth):
    return [max(flops / rate, moved / bandwidth) for flops, moved in operations]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (each_time, "return one number; you return a list of 1"),
        (lambda *given: each_time(*given)[-1], "the last operation alone"),
        (lambda *given: each_time(*given)[0], "the first operation alone"),
        (lambda *given: 1000 * sum(each_time(*given)), "milliseconds in place of seconds"),
        (lambda *given: round(sum(each_time(*given)), 2), "case 4: 0.027619 s is rounded to 0.03"),
        (lambda o, *machine: sum(each_time([p for p in o if p[0]], *machine)), "without FLOPs that takes no time"),
        (lambda o, r, b: sum(max(f * r, m * b) for f, m in o), "you say 1e+20 s\n  which two times has it?"),
    ],
)
def test_times_are_answered(answer, words):
    wrong("roofline_seconds", answer, words)


def test_times_by_numpy_and_by_the_ridge_are_right():
    right("roofline_seconds", lambda o, r, b: np.maximum(*(np.array(o) / [r, b]).T).sum())
    right("roofline_seconds", lambda o, r, b: sum(f / r if m == 0 or f / m > r / b else m / b for f, m in o))


# ---- bytes


def changed(change):
    """memory_of_step with a change of its result, given the arguments too; the sum is made anew."""

    def answer(sizes, batch, moments=2, activation_bytes=4):
        parts = memory_of_step(sizes, batch, moments, activation_bytes)
        parts |= change(parts, sizes, batch, activation_bytes / 4)
        return parts | {"MiB": sum(parts[name] for name in list(parts) if name != "MiB") / 2**20}

    return answer


def formed(change):
    return lambda *given, **named: change(memory_of_step(*given, **named))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (changed(lambda p, s, b, n: {"activations": 4 * n * b * sum(s[1:-1])}), "of the hidden layers alone"),
        (changed(lambda p, s, b, n: {"activations": 2 * p["activations"]}), "each activation held twice"),
        (changed(lambda p, s, b, n: {k: n * p[k] for k in p if k[0] in "wgm"}), "as few bytes for every number"),
        (changed(lambda p, s, b, n: {"gradients": n * p["weights"]}), "right already: weights, moments, activations"),
        (formed(lambda p: p | {"MiB": round(p["MiB"], 2)}), "MiB is rounded to 0; return it as it is"),
        (formed(lambda p: {key: p[key] for key in p if key != "moments"}), "'moments' is missing"),
        (formed(lambda p: {key.lower(): p[key] for key in p}), "'MiB' is missing; 'mib' is not asked for"),
        (formed(lambda p: tuple(p.values())), "you return a tuple of 5"),
        (formed(lambda p: p | {"weights": [p["weights"]]}), "weights: give one number; yours is a list of 1"),
        (formed(lambda p: {k: p[k] / (1 if k == "MiB" else 2**20) for k in p}), "every part in MiB"),
        (formed(lambda p: p | {"MiB": p["MiB"] - p["activations"] / 2**20}), "leaves the activations out"),
    ],
)
def test_bytes_are_answered(answer, words):
    wrong("memory_of_step", answer, words)


# ---- runs, listings, flags


def test_a_limit_in_another_word_is_told_the_words():
    wrong("name_the_limit", limits.KEY | {"A": "compute"}, "'compute' is none of 'arithmetic', 'memory'")
    wrong("name_the_limit", limits.KEY | {"F": "arithmetic"}, "works most of the time is the limit")
    right("name_the_limit", {key.lower(): word.upper() for key, word in limits.KEY.items()})


def test_a_line_of_code_is_no_number():
    wrong("find_waits", waits.KEY | {"C": "if torch.isnan(loss):"}, "C: give the number of a line, 0 for none")
    right("find_waits", {key: str(line) for key, line in waits.KEY.items()})


def flags_with(**rules):
    """Right flags, some of them by another rule of (workers, ahead, cuda)."""
    return lambda *given: loader_flags(*given) | {key: rule(*given) for key, rule in rules.items()}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (flags_with(prefetch_factor=lambda w, a, c: a / w if w else None), "is 2.0, which is no whole number"),
        (flags_with(prefetch_factor=lambda w, a, c: a // w + 1 if w else None), "4 x 3 = 12 batches are ready, 8"),
        (flags_with(prefetch_factor=lambda w, a, c: round(a / w) if w else None), "2 x 2 = 4 batches are ready, 5"),
        (flags_with(prefetch_factor=lambda w, a, c: -(-a // w) if w else 0), "which flags are only for workers?"),
        (flags_with(pin_memory=lambda w, a, c: "cuda" if c else None), "pin_memory is cuda; give True or False"),
        (lambda workers, ahead, cuda: (workers, cuda), "for DataLoader; you return a tuple of 2"),
    ],
)
def test_flags_are_answered(answer, words):
    wrong("loader_flags", answer, words)


# ---- the audit


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"seconds": 15}, "the length that the log gives for an epoch"),
        ({"seconds": 0.07}, "steps per second divided by steps"),
        ({"saved": 1}, "the starts that are left"),
        ({"saved": 98.99}, "how many epochs are 0, 1, ..., 99?"),
        ({"factor": 2}, "factor: 2 is rounded too far: two decimals are asked for"),
        ({"factor": 0.51}, "the share in which the device works"),
        ({"run": "unknown"}, "run is one of 'supported', 'not shown', 'contradicted'; yours is 'unknown'"),
    ],
)
def test_findings_are_answered(answer, words):
    wrong("loader_saving", audit.FINDINGS | answer, words)


@pytest.mark.parametrize(
    "answer",
    [
        {"saved": "99 %", "seconds": "15.1 s", "factor": "1.96x"},
        {"saved": 99, "seconds": torch.tensor(15.06), "factor": np.float64(1.9608)},
        {"start_up": "not_shown", "run": "Not Shown"},
    ],
)
def test_findings_may_carry_their_unit_or_be_rounded(answer):
    right("loader_saving", audit.FINDINGS | answer)
