"""Sheet 08, from the loop to fit: answers of learners and the cards that they get."""

import numpy as np
import torch

from course_lib.by_hand.torch_loop import rows_from, scheduled_steps
from course_lib.teaching.checks.fitting.attack import resume_passes
from course_lib.teaching.checks.fitting.audit import FINDINGS
from course_lib.teaching.checks.fitting.resumes import KEY
from tests.teaching.answers import says


def joined(model, optimizer, batches, loss_fn):
    optimizer.zero_grad()
    parts = [torch.cat(part) for part in zip(*batches, strict=True)]
    loss = loss_fn(model, tuple(parts)).mean
    loss.backward()
    optimizer.step()
    return float(loss)


EVAL_WITHIN = "first: model.eval(); before optimizer.step() -> model.train()"
CLIPPED_BY_HAND = """
def scheduled_steps(model, optim, data, criterion, lr, factor, longest):
    lengths, k = [], 0
    for batch in data:
        for g in optim.param_groups:
            g["lr"] = lr * factor(k)
        model.zero_grad(set_to_none=True)
        criterion(model, batch).mean.backward()
        gradients = [p.grad for p in model.parameters()]
        length = sum(float((g**2).sum()) for g in gradients) ** 0.5
        if length > longest:
            for g in gradients:
                g.mul_(longest / length)
        optim.step()
        lengths.append(length)
        k += 1
    return tuple(lengths)
"""
LIST_FIRST = "first: batches = list(batches); model.eval() -> model.train(False)"
SHUFFLED_BATCHES = """
def rows_from(count, batch_size, seed, epoch, start=0):
    import random
    batches = [np.arange(count)[place : place + batch_size] for place in range(0, count, batch_size)]
    random.Random(f"{seed} {epoch}").shuffle(batches)
    return batches[start:]
"""


def element_by_element(start, save, load):
    run = start(0)
    run.step()
    return load(save(run)).weights == run.weights


def by_type(start, save, load):
    return isinstance(save(start(0)), dict) and resume_passes(start, save, load)


ANSWERS = (
    ("accumulated_step", joined, "right"),
    ("accumulated_step", "parameter.grad /= count -> parameter.grad.mul_(1 / count)", "right"),
    ("accumulated_step", "first: model.eval()", says("it leaves a model in another mode")),
    ("accumulated_step", EVAL_WITHIN, says("case 1")),
    ("accumulated_step", "return: torch.tensor(total / count)", says("return a plain number")),
    ("scheduled_steps", CLIPPED_BY_HAND, "right"),
    ("scheduled_steps", "optimizer.param_groups -> optimizer.param_groups[1:]", says("update 0 was made at the rates")),
    ("scheduled_steps", "length.item() -> length", says("they are tensors; length.item() takes out a plain number")),
    ("scheduled_steps", "length.item() -> loss.total.item()", says("the gradient is 2.055 long", "over which numbers")),
    ("scheduled_steps", "return: lengths[:1]", says("case 1: 1 lengths for 4 updates")),
    ("scheduled_steps", lambda *given: scheduled_steps(*given)[0], says("a list of lengths, one number for each")),
    ("order_fit_loop", np.array(list("DCLGHJBNMAKF")), says("nothing stands inside the `for` in line 4")),
    ("order_fit_loop", "DLCGJNBIMHAF", says("think about line I: how many updates")),
    ("order_fit_loop", "DHCLGJBMAKF", says("has 11 lines; a loop of 12 does it")),
    ("order_fit_loop", "LDCGJNBMHAKF", says("line 1 of your loop is indented as no line may be there")),
    ("order_fit_loop", "DCGJBNMHAKFL", says("name 'count' is not defined", "which line makes the name")),
    ("mean_loss", LIST_FIRST, "right"),
    ("mean_loss", "first: number = sum(1 for one in batches)", "error"),
    ("mean_loss", "first: model.zero_grad()", says("gradients untouched: False, expected True")),
    ("mean_loss", "return: 2 * RESULT", says("over which elements of which batches")),
    ("rows_from", "[seed, epoch] -> (epoch, seed)", "right"),
    ("rows_from", "[seed, epoch] -> hash((seed, epoch)) % 2**31", "right"),
    ("rows_from", "[seed, epoch] -> seed ^ epoch", says("seed + 1 and epoch + 1 give different orders: False")),
    ("rows_from", SHUFFLED_BATCHES, says("rows change their batch: False, expected True")),
    (
        "rows_from",
        "return: np.array_split(order, len(batches))[start:]",
        says("sizes: [5, 5, 5, 4, 4], expected [5, 5"),
    ),
    ("rows_from", "return: [part / 1 for part in RESULT]", says("of decimal numbers")),
    ("rows_from", lambda *given: iter(rows_from(*given)), says("return a list of arrays of row numbers")),
    ("rows_from", lambda count, size, seed, epoch, start=0: [], says("every row once")),
    ("read_resumes", KEY | {"A": "Dropout", "C": "Eval mode.", "D": "correct", "F": "older_weights"}, "right"),
    ("read_resumes", KEY | {"A": "older"}, says("look again at A", without=("look again at A,",))),
    ("resume_passes", element_by_element, says("your test returns an array (3,)")),
    ("resume_passes", by_type, says("one right version is rejected, another is not")),
    ("resume_passes", lambda start, save, load: None, says("returned None for a right one")),
    ("resume_passes", "not np.array_equal(A, B) or C -> not np.allclose(A, B)", says("killed")),
    ("one_seed_two_runs", FINDINGS | {"gap": "0.27 %", "equal": "none", "repeatable": "Seed_first"}, "right"),
    ("one_seed_two_runs", FINDINGS | {"gap": 0.3}, says("0.3 is rounded too far: two decimals are asked for")),
    ("one_seed_two_runs", FINDINGS | {"repeatable": "seed"}, says("none of 'data first', 'seed first'")),
)
