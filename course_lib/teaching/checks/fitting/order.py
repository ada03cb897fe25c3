"""The order of a training loop with accumulation, clip and schedule: its lines and the known mistakes.

An order is not compared with one key: its lines are put together and run on a small problem, so that every order that
makes the right updates is right.
"""

from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import nn

from course_lib.teaching.checks.fitting.toys import batch, linear, numbers, squared
from course_lib.teaching.exercises.kinds import lettered
from course_lib.teaching.exercises.run_order import run_lines, run_order

# Shown in this order, with their indentation; three lines are not needed.
LINES = lettered("""
    A      nn.utils.clip_grad_norm_(model.parameters(), limit)
    B          loss.total.backward()
    C      optimizer.zero_grad()
    D  for group in groups(loader.epoch(epoch), accumulate):
    E          optimizer.zero_grad()
    F      step = step + 1
    G      for batch in group:
    H      set_rate(optimizer, base * schedule(step))
    I          optimizer.step()
    J          loss = loss_fn(model, batch)
    K      optimizer.step()
    L      count = 0
    M      divide_gradients(model, count)
    N          count = count + loss.count
    O      divide_gradients(model, accumulate)
""")
RIGHT = "DHCLGJBNMAKF"
_RNG = np.random.default_rng(34)
# Rows, those that count, shift. In the last group the sum is longer than the limit, half of it and the mean are not.
_SIZES = ((4, 4, 0), (7, 6, 5), (5, 2, -5), (3, 3, 1), (3, 2, -1), (2, 2, -1))
_BATCHES = [batch(_RNG, size, counting, shift=shift) for size, counting, shift in _SIZES]


class _Loader:
    def epoch(self, epoch: int) -> Any:
        return iter(_BATCHES)


def _groups(batches: Any, size: int) -> Any:
    while group := list(islice(batches, size)):
        yield group


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


def _divide(model: nn.Module, number: int) -> None:
    for parameter in model.parameters():
        if parameter.grad is not None:
            parameter.grad /= number


def run(letters: list[str]) -> np.ndarray:
    """The parameters after an epoch of this program."""
    model = linear(7)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.5)
    squared(model, _BATCHES[1]).total.backward()  # something of an earlier use stands in the gradients
    names = {"nn": nn, "model": model, "optimizer": optimizer, "loader": _Loader(), "loss_fn": squared}
    names |= {"groups": _groups, "set_rate": _set_rate, "divide_gradients": _divide, "epoch": 1, "accumulate": 2}
    multipliers = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02)
    run_lines(LINES, letters, base=0.1, schedule=lambda step: multipliers[step], step=0, limit=8.0, **names)
    return numbers(model)


_OTHERS = """your loop runs, and makes other updates than one large batch per group would
what stands in .grad, and over how many elements, when the update is made?"""

ORDER_FIT_LOOP = run_order(
    "order_fit_loop: Put the whole loop in order | core, difficulty 2, 15 minutes",
    LINES,
    RIGHT,
    run=run,
    not_needed={
        "E": "which batches are left in the gradient when it is set to zero before each of them?",
        "I": "how many updates shall a group of batches make?",
        "O": "do all groups hold the same number of elements?",
    },
    missing="which of rate, emptying, loss, sum, count, division, clip, update and step has no line?",
    stops=lambda error, letters: "which line makes the name, and where is it?",
    others=lambda after, right: _OTHERS,
    also="""
    zero_first [DCLHGJNBMAKF]: rate, zero_grad and count may stand in any order
    rate_last [DCLGJBNMAHKF]: the rate may be set at any time before the update
    """,
    wrong="""
    zeroed_in_the_group [DHLGEJBNMAKF]: a loop that sets the gradients to zero before every batch
        | which batches are left in the gradient when it is set to zero before each of them?
    zeroed_after_backward [DHLGJBNMACKF]: a loop that sets the gradients to zero before the update
        | what does the update use?
    never_zeroed [DHLGJBNMAKF]: a loop that never sets the gradients to zero | what does backward() add to?
    update_per_batch [DHCLGJBNIMAF]: a loop that makes an update for every batch
        | how many updates shall a group of batches make?
    by_batches [DHCLGJBNOAKF]: a loop that divides by the number of batches
        | do all groups hold the same number of elements?
    not_divided [DHCLGJBNAKF]: a loop that goes along the gradient of the sum
        | would twice as many rows make a step of twice the length?
    clip_before_mean [DHCLGJBNAMKF]: a loop that clips the sum and then divides
        | of which gradient is `limit` the longest length?
    divided_after_update [DHCLGJBNAKMF]: a loop that divides the gradient after the update
        | which gradient has the update used?
    zeroed_after_update: a loop that empties the gradients after the update, and not before the first batch
        | what stands in the gradients when the loop begins?
        DHLGJBNMAKCF
    not_clipped [DHCLGJBNMKF]: a loop that does not clip | which line shortens a long gradient?
    clip_after_update [DHCLGJBNMKAF]: a loop that clips after the update | which gradient has the update used?
    rate_after_update [DCLGJBNMAKHF]: a loop that sets the rate after the update
        | at which rate is the first update made?
    rate_one_late [DCLGJBNMAKFH]: a loop that sets the rate for the next update, at its end
        | at which rate is the first update made?
    step_counted_first [DFHCLGJBNMAK]: a loop that counts the step before it asks the schedule
        | which multiplier belongs to the first update?
    step_not_counted [DHCLGJBNMAK]: a loop whose schedule stays at its first value | which line changes `step`?
    count_kept [LDHCGJBNMAKF]: a loop that counts on from group to group
        | over how many elements is the second group a mean?
    no_update [DHCLGJBNMAF]: a loop without an update | which line changes the parameters?
    """,
    hints="""
    Before the batches of a group: rate, empty gradients, count 0. After them: divide, clip, update, step + 1.
    Within a group: loss, backward, count. Nothing else.
    The limit of the clip is meant for the gradient that the update uses: the mean.
    """,
    not_tested="other programs that make the same updates",
    same=(("not_clipped", "clip_after_update"),),  # zero_grad() throws away what was clipped
)
