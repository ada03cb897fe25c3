"""In which order do the lines of a scaled, accumulated step stand? The check of order_scaled_step.

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
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import indentation_told
from course_lib.teaching.exercises.observe import Raised, raised
from course_lib.teaching.exercises.spelling import letters_of

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
RIGHT = list("JHDGBFALCI")
_NOT_NEEDED = {
    "E": "what does optimizer.step() do when a gradient is infinite?",
    "K": "how often may the gradients of one update be divided by the factor?",
    "M": "what does the multiplication keep small gradients from?",
}
_LONG, _PLAIN, _OVER = Slopes((9.0, -4.0, 2.0), 3.0), Slopes((0.5, -0.2, 0.1), 0.3), Slopes((200.0, 0.1, 0.1), 0.1)
_UPDATES = (
    ([_PLAIN, _LONG], 2),
    ([_LONG, _PLAIN, _PLAIN], 4),
    ([_PLAIN, _OVER], 1),
    ([_OVER, _PLAIN], 2),
    ([_LONG], 1),
)


class _Precision:
    """`autocast()` switches float16 on while the loss is computed."""

    on = False

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        self.on = True
        try:
            yield
        finally:
            self.on = False


def program_of(letters: list[str]) -> str:
    """The lines that the letters name, one under the other."""
    return "\n".join(LINES[letter] for letter in letters)


def run(letters: list[str]) -> dict[str, Any] | Raised:
    """Parameters, factor and rate after the updates of this program, or what it raised."""
    model, precision = Model(), _Precision()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    scaler = torch.amp.GradScaler(device="cpu", init_scale=512.0, growth_interval=2)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5**step)

    def loss_fn(model: Model, batch: Slopes) -> Loss:
        return Loss(loss_of(model, batch, halves=precision.on), 1)

    names = {"nn": nn, "model": model, "optimizer": optimizer, "scaler": scaler, "schedule": schedule}
    names |= {"updates": _UPDATES, "loss_fn": loss_fn, "autocast": precision, "limit": 2.0}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(program_of(letters), "<your loop>", "exec"), names)
    except Exception as error:
        return raised(error)
    return {"parameters": numbers(model), "factor": scaler.get_scale(), "rate": optimizer.param_groups[0]["lr"]}


def _observe(answer: Any) -> Any:
    letters = letters_of(answer)
    if not isinstance(letters, list) or not all(isinstance(one, str) and one in LINES for one in letters):
        odd = [one for one in letters if one not in list(LINES)] if isinstance(letters, list) else [letters]
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


def _mistake(id: str, letters: str, cause: str, question: str) -> Mistake:
    return Mistake(id, cause, question, list(letters))


_WRONG = (
    _mistake(
        "clip_before_unscale",
        "JHDGBAFLCI",
        "a loop that clips before it divides by the factor",
        "of which gradient is `limit` the longest length?",
    ),
    _mistake(
        "never_unscaled",
        "JHDGBALCI",
        "a loop that clips the multiple of the gradient",
        "of which gradient is `limit` the longest length?",
    ),
    _mistake("not_clipped", "JHDGBFLCI", "a loop that does not clip", "which line shortens a long gradient?"),
    _mistake(
        "clip_after_update", "JHDGBFLACI", "a loop that clips after the update", "which gradient has the update used?"
    ),
    _mistake("plain_step", "JHDGBFAECI", "a loop that makes every update, also along infinity", _NOT_NEEDED["E"]),
    _mistake(
        "two_steps", "JHDGBFALECI", "a loop that makes every update twice", "what does scaler.step() call itself?"
    ),
    _mistake(
        "no_update", "JHDGBFACI", "a loop in which nothing makes the update", "which line changes the parameters?"
    ),
    _mistake(
        "factor_first",
        "JHDGBFACLI",
        "a loop that changes the factor before the update",
        "which line has to know what the factor was?",
    ),
    _mistake("factor_kept", "JHDGBFALI", "a loop that never changes the factor", "what does an overflow teach?"),
    _mistake("not_scaled", "JHDGMFALCI", "a loop that divides a loss by a factor that it never had", _NOT_NEEDED["M"]),
    _mistake("unscaled_each", "JHDGBKALCI", "a loop that divides after every batch", _NOT_NEEDED["K"]),
    _mistake(
        "schedule_first",
        "JIHDGBFALC",
        "a loop whose schedule moves before the update",
        "at which rate is the first update made?",
    ),
    _mistake("no_schedule", "JHDGBFALC", "a loop whose rate never changes", "which line changes the rate?"),
    _mistake(
        "never_zeroed", "JDGBFALCI", "a loop that never sets the gradients to zero", "what does backward() add to?"
    ),
    _mistake(
        "zeroed_after_backward",
        "JDGBHFALCI",
        "a loop that empties the gradients before the update",
        "what does the update use?",
    ),
    _mistake(
        "backward_before_loss",
        "JHDBGFALCI",
        "a loop that goes backward before it has a loss",
        "which line makes `loss`?",
    ),
)

ORDER_SCALED_STEP = Exercise(
    slug="order_scaled_step",
    title="Put the scaled step in order",
    kind="order",
    core=True,
    difficulty=2,
    minutes=15,
    reference=RIGHT,
    observe=_observe,
    accepted=(
        Variant(
            "zero_last", list("JDGBFALCIH"), "the gradients may be emptied at the end: at the start there are none"
        ),
        Variant("zero_after_step", list("JDGBFALHCI"), "they may be emptied as soon as the update is made"),
        Variant("schedule_before_factor", list("JHDGBFALIC"), "schedule and factor do not know of each other"),
    ),
    mistakes=_WRONG,
    properties=(Property("the loop that you built", _told),),
    hints=(
        "Within a group: loss, backward. After it: divide, clip, step, then what prepares the next update.",
        "The factor may change only when nothing is left that was made with the old one.",
        "scaler.step calls optimizer.step, or leaves it out.",
    ),
    not_tested="other programs that make the same updates",
    indistinguishable=(("reference", "zero_last", "zero_after_step", "schedule_before_factor"),),
)
