"""The order of a scaled, accumulated step: its lines and the known mistakes.

An order is not compared with one key: its lines are put together and run on a small problem, in which one update
overflows, so that every order that makes the right updates is right.
"""

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.teaching.checks.cuda.halves import Model, Slopes, loss_of
from course_lib.teaching.checks.fitting.toys import numbers
from course_lib.teaching.exercises.kinds import lettered
from course_lib.teaching.exercises.run_order import run_lines, run_order

# Shown in this order, with their indentation; three lines are not needed.
LINES = lettered("""
    A      nn.utils.clip_grad_norm_(model.parameters(), limit)
    B          scaler.scale(loss.total / count).backward()
    C      scaler.update()
    D      for batch in group:
    E      optimizer.step()
    F      scaler.unscale_(optimizer)
    G          with autocast(): loss = loss_fn(model, batch)
    H      optimizer.zero_grad()
    I      schedule.step()
    J  for group, count in updates:
    K          scaler.unscale_(optimizer)
    L      scaler.step(optimizer)
    M          (loss.total / count).backward()
""")
_LONG, _PLAIN, _OVER = Slopes((9.0, -4.0, 2.0), 3.0), Slopes((0.5, -0.2, 0.1), 0.3), Slopes((200.0, 0.1, 0.1), 0.1)
_GROUPS = [_PLAIN, _LONG], [_LONG, _PLAIN, _PLAIN], [_PLAIN, _OVER], [_OVER, _PLAIN], [_LONG]
_UPDATES = tuple(zip(_GROUPS, (2, 4, 1, 2, 1), strict=True))


def run(letters: list[str]) -> dict[str, Any]:
    """Parameters, factor and rate after the updates of this program."""
    model, halves = Model(), []
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    scaler = torch.amp.GradScaler(device="cpu", init_scale=512.0, growth_interval=2)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5**step)

    @contextlib.contextmanager
    def autocast() -> Iterator[None]:
        halves.append("on")
        yield
        halves.clear()

    def loss_fn(model: Model, batch: Slopes) -> Loss:
        return Loss(loss_of(model, batch, halves=bool(halves)), 1)

    names = {"nn": nn, "model": model, "optimizer": optimizer, "scaler": scaler, "schedule": schedule}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run_lines(LINES, letters, updates=_UPDATES, loss_fn=loss_fn, autocast=autocast, limit=2.0, **names)
    return {"parameters": numbers(model), "factor": scaler.get_scale(), "rate": optimizer.param_groups[0]["lr"]}


_STOPS = {
    "being called after step": "which line ends an update for the scaler, and where does it stand?",
    "already been called": "how often may the gradients of one update be divided by the factor?",
    "is not defined": "which line makes it?",
    "_scale is None": "which line multiplies a loss before that?",
    "No inf checks": "which line looks at the gradients before that?",
}


def _stops(error: str, letters: list[str]) -> str:
    if "after step" in error and {"F", "L"} <= set(letters) and letters.index("F") > letters.index("L"):
        return "which gradients has the step used, if they are divided after it?"
    return next((question for piece, question in _STOPS.items() if piece in error), "")


def _others(after: Any, right: Any) -> str:
    if not np.isfinite(after["parameters"]).all():
        return "after your loop the parameters are not finite\nwhich line leaves an update out?"
    if after["factor"] != right["factor"]:
        return f"after your loop the factor is {after['factor']:g}\nwhich line changes it, and how often?"
    return "your loop runs; its updates are others\nwhat does each line read, and which line has written it?"


ORDER_SCALED_STEP = run_order(
    "order_scaled_step: Put the scaled step in order | core, difficulty 2, 15 minutes",
    LINES,
    "JHDGBFALCI",
    run=run,
    not_needed={
        "E": "what does optimizer.step() do when a gradient is infinite?",
        "K": "how often may the gradients of one update be divided by the factor?",
        "M": "what does the multiplication keep small gradients from?",
    },
    missing="which of loss, division, clip, update, factor, rate and emptying has no line?",
    stops=_stops,
    others=_others,
    free="HI",
    also="""
    zero_last [JDGBFALCIH]: the gradients may be emptied at the end: at the start there are none
    zero_after_step [JDGBFALHCI]: they may be emptied as soon as the update is made
    schedule_before_factor [JHDGBFALIC]: schedule and factor do not know of each other
    """,
    wrong="""
    clip_before_unscale [JHDGBAFLCI]: a loop that clips before it divides by the factor
        | of which gradient is `limit` the longest length?
    never_unscaled [JHDGBALCI]: a loop that clips the multiple of the gradient
        | of which gradient is `limit` the longest length?
    not_clipped [JHDGBFLCI]: a loop that does not clip | which line shortens a long gradient?
    clip_after_update [JHDGBFLACI]: a loop that clips after the update | which gradient has the update used?
    plain_step [JHDGBFAECI]: a loop that makes every update, also along infinity
        | what does optimizer.step() do when a gradient is infinite?
    two_steps [JHDGBFALECI]: a loop that makes every update twice | what does scaler.step() call itself?
    no_update [JHDGBFACI]: a loop in which nothing makes the update | which line changes the parameters?
    factor_first [JHDGBFACLI]: a loop that changes the factor before the update
        | which line has to know what the factor was?
    factor_kept [JHDGBFALI]: a loop that never changes the factor | what does an overflow teach?
    not_scaled [JHDGMFALCI]: a loop that divides a loss by a factor that it never had
        | what does the multiplication keep small gradients from?
    unscaled_each [JHDGBKALCI]: a loop that divides after every batch
        | how often may the gradients of one update be divided by the factor?
    schedule_first [JIHDGBFALC]: a loop whose schedule moves before the update | at which rate is the first update made?
    no_schedule [JHDGBFALC]: a loop whose rate never changes | which line changes the rate?
    never_zeroed [JDGBFALCI]: a loop that never sets the gradients to zero | what does backward() add to?
    zeroed_after_backward [JDGBHFALCI]: a loop that empties the gradients before the update | what does the update use?
    backward_before_loss [JHDBGFALCI]: a loop that goes backward before it has a loss | which line makes `loss`?
    """,
    hints="""
    Within a group: loss, backward. After it: divide, clip, step, then what prepares the next update.
    The factor may change only when nothing is left that was made with the old one.
    scaler.step calls optimizer.step, or leaves it out.
    """,
    not_tested="other programs that make the same updates",
)
