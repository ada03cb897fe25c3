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
from course_lib.teaching.checks.cuda.halves import Model, Slopes, loss_of, numbers
from course_lib.teaching.exercises.exercise import Property
from course_lib.teaching.exercises.forms import indentation_told
from course_lib.teaching.exercises.kinds import order
from course_lib.teaching.exercises.observe import Raised, raised

# Shown in this order, with their indentation; three lines are not needed.
LINES = {
    "A": "    nn.utils.clip_grad_norm_(model.parameters(), limit)",
    "B": "        scaler.scale(loss.total / count).backward()",
    "C": "    scaler.update()",
    "D": "    for batch in group:",
    "E": "    optimizer.step()",
    "F": "    scaler.unscale_(optimizer)",
    "G": "        with autocast(): loss = loss_fn(model, batch)",
    "H": "    optimizer.zero_grad()",
    "I": "    schedule.step()",
    "J": "for group, count in updates:",
    "K": "        scaler.unscale_(optimizer)",
    "L": "    scaler.step(optimizer)",
    "M": "        (loss.total / count).backward()",
}
_NOT_NEEDED = {
    "E": "what does optimizer.step() do when a gradient is infinite?",
    "K": "how often may the gradients of one update be divided by the factor?",
    "M": "what does the multiplication keep small gradients from?",
}
_LONG, _PLAIN, _OVER = Slopes((9.0, -4.0, 2.0), 3.0), Slopes((0.5, -0.2, 0.1), 0.3), Slopes((200.0, 0.1, 0.1), 0.1)
_GROUPS = [_PLAIN, _LONG], [_LONG, _PLAIN, _PLAIN], [_PLAIN, _OVER], [_OVER, _PLAIN], [_LONG]
_UPDATES = tuple(zip(_GROUPS, (2, 4, 1, 2, 1), strict=True))


def program_of(letters: list[str]) -> str:
    """The lines that the letters name, one under the other."""
    return "\n".join(LINES[letter] for letter in letters)


def run(letters: list[str]) -> dict[str, Any] | Raised:
    """Parameters, factor and rate after the updates of this program, or what it raised."""
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
    names |= {"updates": _UPDATES, "loss_fn": loss_fn, "autocast": autocast, "limit": 2.0}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(program_of(letters), "<your loop>", "exec"), names)
    except Exception as error:
        return raised(error)
    return {"parameters": numbers(model), "factor": scaler.get_scale(), "rate": optimizer.param_groups[0]["lr"]}


def _observe(letters: Any) -> Any:
    odd = [one for one in letters if one not in list(LINES)] if isinstance(letters, list) else [letters]
    if odd:
        return {"letters": f"{str(odd[0])[:60]!r} is none of them", "lines": 0, "twice": "", "after": "not run"}
    after = run(letters)
    told = f"{after.type}: {after.message}" if isinstance(after, Raised) else after
    # The letters of a program that runs are left out: more than one order is right. Of one that stops, H and I are left
    # out: wherever they stand, the cause is the same.
    stopped = [letter for letter in letters if letter not in "HI"] if isinstance(told, str) else ""
    twice = next((one for one in letters if letters.count(one) > 1), "")
    return {"letters": str(stopped), "lines": len(letters), "twice": twice, "after": told}


def _stopped(after: str, letters: list[str]) -> str | None:
    """What to tell of a loop that stops: an indentation in words, an error in its own words with a question."""
    if indentation_told(after):
        return indentation_told(after)
    questions = {
        "being called after step": "which line ends an update for the scaler, and where does it stand?",
        "already been called": "how often may the gradients of one update be divided by the factor?",
        "is not defined": "which line makes it?",
        "_scale is None": "which line multiplies a loss before that?",
        "No inf checks": "which line looks at the gradients before that?",
    }
    if "after step" in after and {"F", "L"} <= set(letters) and letters.index("F") > letters.index("L"):
        questions = {"after step": "which gradients has the step used, if they are divided after it?"}
    asked = [question for piece, question in questions.items() if piece in after]
    return f"your loop stops with {after[:110]}\n{asked[0] if asked else 'which line does it miss, or meet too early?'}"


def _told(seen: Any, right: Any) -> str | None:
    after = seen["after"]
    if after == "not run":
        return f"give letters from A to {list(LINES)[-1]}; {seen['letters']}"
    letters = [sign for sign in seen["letters"] if sign in LINES]
    extra = [letter for letter in letters if letter in _NOT_NEEDED]
    if extra:
        return f"think about line {extra[0]}: {_NOT_NEEDED[extra[0]]}"
    if seen["twice"]:
        return f"line {seen['twice']} stands in your loop more than once\nwhere does one update need it?"
    if isinstance(after, str):
        return _stopped(after, letters)
    if seen["lines"] != right["lines"]:
        told = f"your loop has {seen['lines']} lines; a loop of {right['lines']} does it"
        few = "which of loss, division, clip, update, factor, rate and emptying has no line?"
        return f"{told}\n{few if seen['lines'] < right['lines'] else 'which of them does what another does already?'}"
    if not np.isfinite(after["parameters"]).all():
        return "after your loop the parameters are not finite\nwhich line leaves an update out?"
    if after["factor"] != right["after"]["factor"]:
        return f"after your loop the factor is {after['factor']:g}\nwhich line changes it, and how often?"
    return "your loop runs; its updates are others\nwhat does each line read, and which line has written it?"


ORDER_SCALED_STEP = order(
    "order_scaled_step",
    "Put the scaled step in order",
    LINES,
    "JHDGBFALCI",
    core=True,
    difficulty=2,
    minutes=15,
    observe=_observe,
    also="""
    zero_last: the gradients may be emptied at the end: at the start there are none
        JDGBFALCIH
    zero_after_step: they may be emptied as soon as the update is made
        JDGBFALHCI
    schedule_before_factor: schedule and factor do not know of each other
        JHDGBFALIC
    """,
    wrong="""
    clip_before_unscale: a loop that clips before it divides by the factor
        | of which gradient is `limit` the longest length?
        JHDGBAFLCI
    never_unscaled: a loop that clips the multiple of the gradient | of which gradient is `limit` the longest length?
        JHDGBALCI
    not_clipped: a loop that does not clip | which line shortens a long gradient?
        JHDGBFLCI
    clip_after_update: a loop that clips after the update | which gradient has the update used?
        JHDGBFLACI
    plain_step: a loop that makes every update, also along infinity
        | what does optimizer.step() do when a gradient is infinite?
        JHDGBFAECI
    two_steps: a loop that makes every update twice | what does scaler.step() call itself?
        JHDGBFALECI
    no_update: a loop in which nothing makes the update | which line changes the parameters?
        JHDGBFACI
    factor_first: a loop that changes the factor before the update | which line has to know what the factor was?
        JHDGBFACLI
    factor_kept: a loop that never changes the factor | what does an overflow teach?
        JHDGBFALI
    not_scaled: a loop that divides a loss by a factor that it never had
        | what does the multiplication keep small gradients from?
        JHDGMFALCI
    unscaled_each: a loop that divides after every batch
        | how often may the gradients of one update be divided by the factor?
        JHDGBKALCI
    schedule_first: a loop whose schedule moves before the update | at which rate is the first update made?
        JIHDGBFALC
    no_schedule: a loop whose rate never changes | which line changes the rate?
        JHDGBFALC
    never_zeroed: a loop that never sets the gradients to zero | what does backward() add to?
        JDGBFALCI
    zeroed_after_backward: a loop that empties the gradients before the update | what does the update use?
        JDGBHFALCI
    backward_before_loss: a loop that goes backward before it has a loss | which line makes `loss`?
        JHDBGFALCI
    """,
    properties=(Property("the loop that you built", _told),),
    hints=(
        "Within a group: loss, backward. After it: divide, clip, step, then what prepares the next update.",
        "The factor may change only when nothing is left that was made with the old one.",
        "scaler.step calls optimizer.step, or leaves it out.",
    ),
    not_tested="other programs that make the same updates",
)
