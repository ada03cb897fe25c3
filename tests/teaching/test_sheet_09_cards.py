"""What do the cards of sheet 09 say to steps, orders, tests and gradients that learners typed?"""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.training.plain_cuda import scaled_step
from tests.teaching.test_sheet_02_cards import card
from tests.teaching.test_sheet_09_answers import right, wrong

# ---- the scaled step


def by_autograd(loss, parameters, optimizer, scale, good, limit, interval=2000):
    gradients = torch.autograd.grad(loss * scale, parameters)
    if not all(torch.isfinite(one).all() for one in gradients):
        return scale / 2, 0
    for parameter, one in zip(parameters, gradients, strict=True):
        parameter.grad = one / scale
    nn.utils.clip_grad_norm_(parameters, limit)
    optimizer.step()
    return [scale * 2, 0] if good + 1 >= interval else [scale, float(good + 1)]


def stepped(*, clip=nn.utils.clip_grad_norm_, bad=lambda grad: not torch.isfinite(grad).all(), zero=True, good_is=None):
    """A step in the learner's own words, with one thing changed."""

    def answer(loss, parameters, optimizer, scale, good, limit, interval=2000):
        if zero:
            optimizer.zero_grad()
        (loss * scale).backward()
        for parameter in parameters:
            parameter.grad /= scale
        if any(bad(parameter.grad) for parameter in parameters):
            return scale / 2, 0
        clip(parameters, limit)
        optimizer.step()
        if not zero:
            optimizer.zero_grad()
        good += 1 if good_is is None else good_is
        return (scale * 2, 0) if good == interval else (scale, good)

    return answer


def to_the_limit(parameters, limit):
    length = torch.cat([parameter.grad.flatten() for parameter in parameters]).norm()
    for parameter in parameters:
        parameter.grad.mul_(limit / length)


def each_by_itself(parameters, limit):
    for parameter in parameters:
        nn.utils.clip_grad_norm_(parameter, limit)


def fresh_scaler(loss, parameters, optimizer, scale, good, limit, interval=2000):
    scaler = torch.amp.GradScaler("cpu", init_scale=scale, growth_interval=interval)
    optimizer.zero_grad()
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(parameters, limit)
    scaler.step(optimizer)
    scaler.update()
    return scaler.get_scale(), good + 1 if scaler.get_scale() == scale else 0


def grows_before_the_next(loss, parameters, optimizer, scale, good, limit, interval=2000):
    if good == interval:
        scale, good = 2 * scale, 0
    return scaled_step(loss, parameters, optimizer, scale, good, limit, interval=10**9)


def returned(change):
    return lambda *given: change(scaled_step(*given))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (stepped(bad=lambda grad: torch.isinf(grad).all() or torch.isnan(grad).all()), "with one finite number in a"),
        (stepped(bad=lambda grad: torch.isnan(grad).any()), "a check for NaN that lets infinity pass"),
        (stepped(clip=to_the_limit), "every gradient brought to the length `limit`"),
        (stepped(clip=each_by_itself), "a clip of each parameter by itself"),
        (stepped(clip=nn.utils.clip_grad_value_), "a clip of single numbers"),
        (stepped(zero=False), "it goes along what stood in the gradients before, too"),
        (stepped(good_is=0), "an update that is never counted"),
        (fresh_scaler, "a scale that never grows"),
        (grows_before_the_next, "after step 3 `scale` is 2\n  nothing overflows, and `interval` is 3"),
        (returned(lambda said: said[::-1]), "count and scale exchanged"),
        (returned(lambda said: (*said, 1)), "return two numbers, (scale, good); you return a tuple of 3"),
        (returned(lambda said: {"scale": said[0]}), "you return a value of type dict"),
        (returned(lambda said: said[0]), "you return one number"),
    ],
)
def test_steps_are_answered(answer, words):
    wrong("scaled_step", answer, words)


@pytest.mark.parametrize("answer", [by_autograd, stepped()])
def test_steps_in_other_words_are_right(answer):
    right("scaled_step", answer)


# ---- the order


@pytest.mark.parametrize(
    ("letters", "words"),
    [
        ("JDHGBFALCI", "nothing stands inside the `for` in line 2 of your loop"),
        ("HJDGBFALCI", "line 1 of your loop is indented as no line may be there"),
        ("JHDGBALFCI", "which gradients has the step used, if they are divided after it?"),
        ("JHDGBFAL", "which line ends an update for the scaler"),
        ("JHDGBFALCC", "line C stands in your loop more than once"),
        ("JHDGBFALICH", "line H stands in your loop more than once"),
        ("JHDGBFALCIE", "which of them does what another does already?"),
        ("", "has 0 lines; a loop of 10 does it"),
        ("XJH", "give letters from A to M; 'X' is none of them"),
        ([1, 2], "'1' is none of them"),
    ],
)
def test_orders_are_told_in_plain_words(letters, words):
    wrong("order_scaled_step", letters, words)


# ---- the attack


def one(*numbers):
    return [np.array(numbers)]


def never_ends(make):
    scaler = make(8.0, 3)
    while scaler.factor == 8.0:
        scaler.unscaled(one(1.0))
    return scaler.factor == 16.0


def never_ends_on_a_right_one(make):
    scaler = make(8.0, 3)
    while scaler.factor != 7.0:
        scaler.unscaled(one(1.0))
    return True


def element_by_element(make):
    return make(8.0, 3).unscaled(one(8.0, 16.0))[0] == np.array([1.0, 2.0])


def divided_by_the_next(make):
    scaler = make(8.0, 3)
    for _ in range(3):
        found = scaler.unscaled(one(16.0))
    return found[0][0] * scaler.factor == 16.0


def one_way_alone(make):
    return "_power" in vars(make(8.0, 3)) and make(8.0, 3).unscaled(one(8.0))[0][0] == 1.0


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (never_ends, "does not end for a scaler that is wrong (never grows)\n  what if the factor never changes?"),
        (never_ends_on_a_right_one, "does not end for a scaler that is right (plain)"),
        (element_by_element, "returns an array (2,) of True and False"),
        (lambda make: (make(8.0, 3).factor == 8.0, "factor"), "returns a tuple, which counts as True"),
        (lambda make: False, "which path through it ends with `return True`?"),
        (divided_by_the_next, "a right scaler is rejected: which of your demands is none of the rules?"),
        (one_way_alone, "one right scaler is rejected, another is not"),
    ],
)
def test_tests_are_answered(answer, words):
    wrong("scaler_passes", answer, words)


def test_an_error_on_a_right_scaler_names_it():
    status, text = card("scaler_passes", lambda make: make(8.0, 3).good == 0)
    assert status == "error"
    assert "in right, plain: AttributeError: 'Scaler' object has no attribute 'good'" in text


# ---- several devices


def skipping_the_empty(sums, counts, exchange):
    return exchange([s for s, c in zip(sums, counts, strict=True) if c]) / exchange([c for c in counts if c])


def number_by_number(sums, counts, exchange):
    found = np.zeros_like(sums[0])
    for place in np.ndindex(found.shape):
        found[place] = exchange([one[place] for one in sums]) / exchange(counts)
    return found


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda s, c, exchange: sum(s) / sum(c), "your numbers are right, but in case 1 no gradient goes through"),
        (skipping_the_empty, "in case 3 exchange got 3 values from 4 devices\n  what do the others wait for?"),
        (lambda s, c, exchange: exchange(s) / len(s), "is not right; yours is 7 times the right one"),
        (lambda s, c, exchange: exchange(s[0]), "of the shape of the sums, (3, 2); yours has the shape (2,)"),
        (lambda s, c, exchange: [exchange(s) / exchange(c)] * len(s), "yours has the shape (1, 3, 2)"),
        (lambda s, c, exchange: (exchange(s), exchange(c)), "return one gradient, an array; you return a tuple of 2"),
        (lambda s, c, exchange: "mean", "return one gradient, an array; you return a value of type str"),
        (lambda s, c, exchange: {0: exchange(s)}, "you return a value of type dict"),
        (
            lambda s, c, exchange: exchange([g / n for g, n in zip(s, c, strict=True) if n]),
            "the mean of means of those devices on which something counts",
        ),
    ],
)
def test_gradients_are_answered(answer, words):
    wrong("union_gradient", answer, words)


@pytest.mark.parametrize(
    "answer",
    [
        number_by_number,
        lambda s, c, exchange: exchange([torch.tensor(one) for one in s]) / exchange(c),
        lambda s, c, exchange: exchange(np.stack(s)) / exchange(np.array(c)),
        lambda s, c, exchange: exchange([len(s) * one / sum(c) for one in s]),
    ],
)
def test_gradients_in_other_ways_are_right(answer):
    right("union_gradient", answer)
