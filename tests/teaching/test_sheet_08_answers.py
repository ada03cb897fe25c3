"""What do the cards of sheet 08 say to updates, measurements, orders, tests and audits that learners typed?"""

import math
import random

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.teaching.checks.fitting import audit
from course_lib.training.plain import mean_loss, resume_passes
from tests.teaching.test_sheet_02_cards import card
from tests.teaching.test_sheet_09_answers import right, wrong

# ---- one update from several batches


def updated(*, skip=False, each=False, over=None, divide_in=False, stop=False, said=lambda total, count: total / count):
    """An update in the learner's own words, with one thing changed."""

    def answer(model, optimizer, batches, loss_fn):
        optimizer.zero_grad()
        total, count = 0.0, 0
        for batch in batches:
            if each:
                optimizer.zero_grad()
            loss = loss_fn(model=model, batch=batch)
            if stop and loss.count == 0:
                break
            if skip and loss.count == 0:
                continue
            (loss.total / over(loss, batches) if over else loss.total).backward()
            total, count = total + loss.total.item(), count + loss.count
            if divide_in:
                for parameter in model.parameters():
                    parameter.grad /= count
            if each:
                optimizer.step()
        for parameter in model.parameters():
            parameter.grad /= 1 if over or divide_in else count
        if not each:
            optimizer.step()
        return said(total, count)

    return answer


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (updated(skip=True, over=lambda loss, b: loss.count * len(b)), "batch means, added up without the empty"),
        (updated(skip=True, each=True, over=lambda loss, b: loss.count), "for every batch in which something counts"),
        (updated(divide_in=True), "gradients that are divided again with every batch"),
        (updated(stop=True), "a loop that ends at an empty batch"),
        (updated(said=lambda total, count: (total, count)), "return one number, the mean loss; you return a tuple"),
        (updated(said=Loss), "you return a value of type Loss"),
        (updated(said=lambda total, count: None), "your function returns None"),
        (
            updated(said=lambda total, count: total / count + 1),
            "case 1: the updates are right; for update 1 you return",
        ),
        (updated(over=lambda loss, b: 40), "in its batches 4, 9 elements count"),
    ],
)
def test_updates_are_answered(answer, words):
    wrong("accumulated_step", answer, words, "?")


def test_a_loss_function_may_be_called_by_the_names_of_its_arguments():
    right("accumulated_step", updated())


# ---- rate, gradient, clip, update


def trained(*, clip="all", first=0, said=float, rate=True, steps=1):
    """A training in the learner's own words, with one thing changed."""

    def answer(model, optimizer, batches, loss_fn, base, schedule, limit):
        found = []
        for step, batch in enumerate(batches, start=first):
            for group in optimizer.param_groups:
                group["lr"] = base * schedule(step) if rate else base
            optimizer.zero_grad()
            loss = loss_fn(model, batch)
            (loss.total / loss.count).backward()
            if clip == "groups":
                parts = [nn.utils.clip_grad_norm_(group["params"], limit) for group in optimizer.param_groups]
                length = torch.stack(parts).norm()
            else:
                length = nn.utils.clip_grad_norm_(model.parameters(), limit)
            for _ in range(steps):
                optimizer.step()
            found.append((said or loss.total.item)() if said is None else said(length))
        return found

    return answer


def by_lambda(model, optimizer, batches, loss_fn, base, schedule, limit):
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] = base
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule)
    lengths = []
    for batch in batches:
        optimizer.zero_grad()
        loss_fn(model, batch).mean.backward()
        lengths.append(nn.utils.clip_grad_norm_(model.parameters(), limit).item())
        optimizer.step()
        scheduler.step()
    return tuple(lengths)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (trained(clip="groups"), "a clip of each group of parameters by itself"),
        (trained(first=1), "a schedule that is asked for step + 1"),
        (trained(said=lambda length: length), "they are tensors; length.item() takes out a plain number"),
        (trained(said=None), "the gradient is 2.055 long\n  over which numbers is the length taken, and when?"),
        (trained(steps=0), "case 1: 0 updates for 4 batches\n  which line makes an update"),
        (lambda *given: trained()(*given)[:1], "case 1: 1 lengths for 4 updates"),
        (lambda *given: trained()(*given)[0], "return a list of lengths, one number for each update; you return one"),
        (lambda *given: print(trained()(*given)), "your function returns None"),
    ],
)
def test_trainings_are_answered(answer, words):
    wrong("scheduled_steps", answer, words)


@pytest.mark.parametrize("answer", [trained(), by_lambda, lambda *given: np.array(trained()(*given))])
def test_trainings_in_other_words_are_right(answer):
    right("scheduled_steps", answer)


# ---- the order of the loop


@pytest.mark.parametrize(
    ("letters", "words"),
    [
        ("DLCGJNBHAKMF", "a loop that divides the gradient after the update"),
        ("DLGJNBMHAKCF", "empties the gradients after the update, and not before the first batch"),
        ("DLCGJNBIMHAF", "think about line I: how many updates"),
        ("DLCGEJNBMHAKF", "think about line E"),
        ("DLCGJNBMHAKCF", "line C stands in your loop more than once"),
        ("LDCGJNBMHAKF", "line 1 of your loop is indented as no line may be there"),
        ("DCGLJNBMHAKF", "nothing stands inside the `for` in line 3"),
        ("DCGJBNMHAKFL", "name 'count' is not defined\n  which line makes the name, and where is it?"),
        ("", "it has 0 lines, twelve are needed\n  which of rate, emptying"),
        (["D", "Z"], "'Z' is none of them"),
    ],
)
def test_orders_are_told_in_plain_words(letters, words):
    wrong("order_fit_loop", letters, words)


# ---- measuring


def switched_off(model, batches, loss_fn):
    torch.set_grad_enabled(False)
    return mean_loss(model, batches, loss_fn)


def frozen(model, batches, loss_fn):
    for parameter in model.parameters():
        parameter.requires_grad = False
    return mean_loss(model, batches, loss_fn)


def outermost_parts(model, batches, loss_fn):
    modes = [(part, part.training) for part in model.children()]
    found = mean_loss(model, batches, loss_fn)
    model.train()
    for part, mode in modes:
        part.train(mode)
    return found


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (switched_off, "a record of gradients that is switched off for all that follows"),
        (frozen, "parameters that ask for no gradient any more"),
        (outermost_parts, "a model whose parts all train afterwards"),
        (
            lambda *given: Loss(mean_loss(*given), 1),
            "return one number, the mean loss; you return a value of type Loss",
        ),
        (lambda *given: print(mean_loss(*given)), "your function returns None"),
        (lambda *given: 2 * mean_loss(*given), "over which elements of which batches"),
    ],
)
def test_measurements_are_answered(answer, words):
    wrong("mean_loss", answer, words)
    assert torch.is_grad_enabled()


# ---- the order of the rows


def drawn(number, change=lambda batches: batches):
    """Batches of an order from the generator that starts with number(seed, epoch)."""

    def answer(count, batch_size, seed, epoch, start=0):
        order = np.random.default_rng(number(seed, epoch)).permutation(count)
        return change([order[place : place + batch_size] for place in range(0, count, batch_size)][start:])

    return answer


def in_world(count, batch_size, seed, epoch, start=0):
    np.random.seed([seed, epoch])
    order = np.random.permutation(count)
    return [order[place : place + batch_size] for place in range(0, count, batch_size)][start:]


def batches_shuffled(count, batch_size, seed, epoch, start=0):
    batches = [np.arange(count)[place : place + batch_size] for place in range(0, count, batch_size)]
    random.Random(f"{seed} {epoch}").shuffle(batches)
    return batches[start:]


def evenly(count, batch_size, seed, epoch, start=0):
    order = np.random.default_rng([seed, epoch]).permutation(count)
    return np.array_split(order, math.ceil(count / batch_size))[start:]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (drawn(lambda s, e: 1000 * s + e), "written into one number, seed * 1000 + epoch"),
        (drawn(lambda s, e: s + 100 * e), "written into one number"),
        (drawn(lambda s, e: s ^ e), "seed + 1 and epoch + 1 give different orders: False, expected True"),
        (drawn(lambda s, e: abs(hash(f"{s}-{e}"))), "a hash of a text, which is another one in every process"),
        (drawn(lambda s, e: None), "or one without a seed"),
        (in_world, "np.random.seed: the generator of the whole program"),
        (batches_shuffled, "rows change their batch: False, expected True"),
        (evenly, "sizes: [5, 5, 5, 4, 4], expected [5, 5, 5, 5, 3]"),
        (drawn(lambda s, e: [s, e], iter), "return a list of arrays of row numbers; you return a value of type"),
        (drawn(lambda s, e: [s, e], np.concatenate), "you return an array (23,) of whole numbers"),
        (drawn(lambda s, e: [s, e], lambda all_: [one / 1 for one in all_]), "of decimal numbers"),
        (drawn(lambda s, e: [s, e], lambda all_: None), "your function returns None"),
    ],
)
def test_row_orders_are_answered(answer, words):
    wrong("rows_from", answer, words)


@pytest.mark.parametrize(
    "answer",
    [
        drawn(lambda s, e: (e, s)),
        drawn(lambda s, e: hash((s, e)) % 2**31),
        drawn(lambda s, e: [s, e], lambda all_: [torch.tensor(one) for one in all_]),
        drawn(lambda s, e: [s, e], lambda all_: [one.tolist() for one in all_]),
    ],
)
def test_row_orders_in_other_words_are_right(answer):
    right("rows_from", answer)


# ---- the attack


def never_ends(start, save, load):
    whole = start(0)
    part = load(save(whole))
    while np.array_equal(whole.weights, part.weights):
        whole.step()
        part.step()
    return False


def element_by_element(start, save, load):
    run = start(0)
    run.step()
    return load(save(run)).weights == run.weights


def with_its_reason(start, save, load):
    return resume_passes(start, save, load), "weights and score"


def by_type(start, save, load):
    return isinstance(save(start(0)), dict) and resume_passes(start, save, load)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (never_ends, "your test does not end for a version that is right"),
        (element_by_element, "returns an array (3,) of True and False: is it True where all of them are?"),
        (with_its_reason, "returns a tuple, which counts as True unless it is empty"),
        (by_type, "one right version is rejected, another is not"),
    ],
)
def test_tests_are_answered(answer, words):
    wrong("resume_passes", answer, words)


# ---- the audit


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"gap": 0.0027}, "a share in place of percent"),
        ({"gap": -0.27}, "the difference taken the other way round"),
        ({"gap": 100.27}, "the other run in percent of the reported one"),
        ({"gap": 3.5}, "a difference in place of percent"),
        ({"gap": 0.3}, "gap: 0.3 is rounded too far: two decimals are asked for"),
        ({"repeatable": "seed"}, "repeatable is one of 'data first'"),
    ],
)
def test_findings_are_answered(answer, words):
    wrong("one_seed_two_runs", audit.FINDINGS | answer, words)


@pytest.mark.parametrize("answer", [{"gap": "0.27 %"}, {"gap": 0.271, "equal": "0"}, {"repeatable": "Seed_first"}])
def test_findings_may_carry_their_unit(answer):
    right("one_seed_two_runs", audit.FINDINGS | answer)


def test_an_error_of_the_learners_own_is_told_with_its_place():
    status, text = card("accumulated_step", lambda model, optimizer, batches, loss_fn: batches[9])
    assert status == "error"
    assert "in case 1 of 3: IndexError" in text
