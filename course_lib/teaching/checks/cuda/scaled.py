"""An update through float16: its cases and its known mistakes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from course_lib.by_hand.cuda import scaled_step
from course_lib.teaching.checks.cuda.halves import Model, Slopes, loss_of
from course_lib.teaching.checks.fitting.toys import numbers
from course_lib.teaching.exercises.compare import to_array
from course_lib.teaching.exercises.kinds import Case, Form, implement
from course_lib.teaching.exercises.series import Steps, steps_told

_PLAIN, _LONG = Slopes((0.5, -0.2, 0.1), 0.3), Slopes((6.0, -3.0, 2.0), 1.5)
_TINY = Slopes((3e-6, -2e-6, 1e-6), 2e-6)  # 2^-18.3: in float16 one digit and a half are left of it
_INF, _MINUS, _BIAS = Slopes((90.0, 0.1, 0.1), 0.1), Slopes((0.1, -90.0, 0.1), 0.1), Slopes((0.1, 0.1, 0.1), 90.0)
_NAN = Slopes((90.0, 0.1, 0.1), 0.1, (80.0, 0.0, 0.0))  # infinite less infinite
_HUGE, _WIDE, _ALL = Slopes((0.1, 0.1, 9e4), 0.1), Slopes((8e4, 0.1, 0.1), 0.1), Slopes((2e5, -2e5, 2e5), 0.1)


def _run(answer: Callable[..., Any]) -> Callable[..., Any]:
    """Updates one after the other, each with the scale that the one before has returned.

    Scale and count are kept as text: they follow from the updates, and equal scales alone are no sign of a mistake.
    """

    def run(
        steps: list[Slopes], scale: float, limit: float, interval: int | None = None, rate: float = 0.1, good: int = 0
    ) -> Any:
        rest = [] if interval is None else [interval]  # by position: a parameter may have another name
        model, seen = Model(), []
        parameters = list(model.parameters())
        optimizer = torch.optim.SGD(parameters, lr=rate, momentum=0.9)
        loss_of(model, _LONG).backward()  # something of an earlier use stands in the gradients
        for slopes in steps:
            said = answer(loss_of(model, slopes), parameters, optimizer, scale, good, limit, *rest)
            scale, good = float(said[0]), int(said[1])
            seen.append((numbers(model), f"{scale:g},{good:g}"))
        after, told = zip(*seen, strict=True)
        return {"parameters": np.array(after), "scale and count": " ".join(told)}

    return run


def _two_numbers(said: Any) -> bool:
    arrays = [to_array(one) for one in said] if isinstance(said, tuple | list) else []
    return len(arrays) == 2 and all(one is not None and one.size == 1 and np.isfinite(one).all() for one in arrays)


# What each case is about, as a question.
_ABOUT = {
    "case 1": "its second gradient is longer than the limit: what does a clip over all parameters do?",
    "case 2": "its gradients are about 1e-6: what would float16 make of them without a scale?",
    "case 3": "its second gradient overflows at 1,024 and not at 512: what happens at the second, and at the fourth?",
    "case 4": "one of its gradients is infinity less infinity, one overflows in the bias alone: what happens there?",
    "case 5": "nothing overflows: what does the scale change?",
    "case 6": "its third gradient is minus infinity: since when are the good updates counted?",
    "case 7": "it begins at 1998 good updates, without an `interval`: at which update does the scale grow?",
    "case 8": "its first gradient is large and finite, its second infinite in all weights: what happens at each?",
    "case 9": "its first update is the second good one of two: what is the scale then, and after the overflow?",
}
# The same where the updates are right, and scale or count are not.
_COUNTED = _ABOUT | dict.fromkeys(("case 1", "case 2"), "nothing overflows, and `interval` is 100: what changes there?")
_COUNTED["case 5"] = "nothing overflows, and `interval` is 3: what is returned after the third update?"
# What the first update of case 1 goes along where the gradient of _LONG, which stands there before, takes part.
_STALE = np.array([*_LONG.up, _LONG.bias]) + 64 * np.array([*_PLAIN.up, _PLAIN.bias])


def _wrong_update(case: str, step: int, own: np.ndarray, right: np.ndarray) -> str:
    """ "step 2 is not right; it is 0.016 times the right one", where both have one direction, and a question."""
    if not np.isfinite(own).all():
        return f"parameters are NaN or infinite\n{_ABOUT[case]}"
    start = right[step - 1] if step else numbers(Model())
    yours, due = own[step] - start, right[step] - start
    told = f"\n{_ABOUT[case]}"
    if not due.any():
        told = f"; there should be no update{told}"
    elif not yours.any():
        told = "; it changes nothing\nwhich line changes the parameters?"
    elif step == 0 and _off(yours, _STALE) < min(0.01, _off(yours, due)):
        told = "; it goes along what stood in the gradients before, too\nwhich line empties them, and when?"
    elif _off(yours, due) < 0.01:
        times = f"it is {float(yours @ due / (due @ due)):.3g} times the right one"
        told = f"; {times}\nby what has your gradient been multiplied, divided or cut?"
    return f"step {step + 1} is not right{told}"


def _off(one: np.ndarray, other: np.ndarray) -> float:
    """Which part of an update is not along the other; float16 and small numbers beside large ones leave 0.01."""
    return float(np.linalg.norm(one - (one @ other / (other @ other)) * other) / np.linalg.norm(one))


def _wrong_count(case: str, step: int, own: list[str], right: list[str]) -> str:
    """What is told of the scale and the count that a right update returns."""
    given, due = own[step].split(","), right[step].split(",")
    name, number = ("good", given[1]) if given[0] == due[0] else ("scale", given[0])
    told = f"the updates are right; after step {step + 1} `{name}` is {number}"
    if given[0] == due[1]:
        return f"{told}, as `good` should be\nin which order does the docstring return the two?"
    return f"{told}\n{_COUNTED[case]}"


def skips_large(seen: Any, right: Any) -> bool:
    """Whether the large finite gradient of case 8 is left out, and the small ones of case 2 are not."""
    small = np.allclose(seen["case 2"]["result"]["parameters"], right["case 2"]["result"]["parameters"], rtol=1e-4)
    return small and bool(np.array_equal(seen["case 8"]["result"]["parameters"][0], numbers(Model())))


def to_the_limit(parameters: Any, limit: float) -> None:
    """Every gradient as long as the limit, the short ones too."""
    length = torch.cat([parameter.grad.flatten() for parameter in parameters]).norm()
    for parameter in parameters:
        parameter.grad *= limit / length


SCALED_STEP = implement(
    "scaled_step: An update through float16 | core, difficulty 3, 25 minutes",
    scaled_step,
    # At a factor of 1,024, 90 overflows (92,160 is above 65,504); at 512 it does not.
    cases=(
        Case([_PLAIN, _LONG, _PLAIN], scale=64.0, limit=2.0, interval=100),
        Case([_TINY, _TINY], scale=4096.0, limit=1.0, interval=100, rate=1e5),
        Case([_PLAIN, _INF, _PLAIN, _INF], scale=1024.0, limit=1000.0, interval=100),
        Case([_PLAIN, _NAN, _PLAIN, _BIAS, _PLAIN], scale=2048.0, limit=5.0, interval=3),
        Case([_PLAIN] * 8, scale=2.0, limit=5.0, interval=3),
        Case([_PLAIN, _PLAIN, _MINUS, _PLAIN, _PLAIN, _PLAIN, _PLAIN], scale=1024.0, limit=5.0, interval=3),
        Case([_PLAIN, _PLAIN, _HUGE, _PLAIN], scale=1.5, limit=5.0, good=1998),
        Case([_WIDE, _ALL, _PLAIN], scale=0.5, limit=5.0, interval=100),  # 80,000 is finite there: half of it passes
        Case([_PLAIN, _PLAIN], scale=65536.0, limit=5.0, interval=2, good=1),
    ),
    run=_run,
    form=Form("two numbers, (scale, good)", _two_numbers, "what does the next update need?"),
    names={"to_the_limit": to_the_limit, "skips_large": skips_large},
    right="""
    limit_scaled: the limit multiplied by the scale, and the clip before the division
        after (scale * loss).backward() -> length = nn.utils.clip_grad_norm_(parameters, limit * scale)
        all(A for parameter in parameters) -> torch.isfinite(length)
        drop: nn.utils.clip_grad_norm_(parameters, limit)
    by_length: the length of the gradient tells whether it is finite, the division by hand
        before if not A: ... -> length = torch.sqrt(sum((p.grad**2).sum() for p in parameters))
        all(A for parameter in parameters) -> torch.isfinite(length)
        nn.utils.clip_grad_norm_(parameters, limit)
        -> [p.grad.mul_(min(1.0, limit / (length.item() + 1e-6))) for p in parameters]
    """,
    wrong="""
    clip_before_unscale: a clip before the division by the scale | of which gradient is `limit` the longest length?
        drop: nn.utils.clip_grad_norm_(parameters, limit)
        after (scale * loss).backward() -> nn.utils.clip_grad_norm_(parameters, limit)
    clip_of_each: a clip of each parameter by itself | over which numbers is the length of one gradient taken?
        nn.utils.clip_grad_norm_(A, B) -> [nn.utils.clip_grad_norm_([p], B) for p in A]
    clip_of_numbers: a clip of single numbers in place of the length | does a clip to a length turn the direction?
        nn.utils.clip_grad_norm_ -> nn.utils.clip_grad_value_
    always_of_the_limit: every gradient brought to the length `limit`, the short ones as well
        | what does a clip do to a gradient that is shorter than the limit?
        nn.utils.clip_grad_norm_ -> to_the_limit
    not_clipped: an update that is not clipped, or too late
        | which gradient has optimizer.step() used, and how long is it?
        drop: nn.utils.clip_grad_norm_(parameters, limit)
    never_unscaled: a gradient that is never divided by the scale
        | whose gradient does backward() give, that of the loss or that of its multiple?
        drop: parameter.grad /= scale
    never_scaled: a gradient that is divided by a scale that it never had | which line multiplies the loss?
        scale * loss -> loss
    no_scaling: a plain step: nothing is multiplied, nothing divided | what is left of a gradient of 1e-6 after float16?
        scale * loss -> loss; drop: parameter.grad /= scale
    no_skip: an update in every case, also along an infinite gradient
        | what are the parameters after an update by infinity?
        before return scale / 2, 0 -> nn.utils.clip_grad_norm_(parameters, limit); optimizer.step()
    not_checked: an update that never looks whether the gradient is finite | when is the scale to become smaller?
        if not A: ... -> else
    zeros_for_infinite: an update with 0 where the gradient is not finite
        | what else than the gradient moves the parameters in an update?
        before return scale / 2, 0 -> [p.grad.nan_to_num_(0.0, 0.0, 0.0) for p in parameters]; optimizer.step()
    only_infinite: a check for infinity that lets NaN pass | what is infinity minus infinity?
        torch.isfinite(parameter.grad).all() -> not torch.isinf(parameter.grad).any()
    only_nan: a check for NaN that lets infinity pass | what does float16 make of 92,160?
        torch.isfinite(parameter.grad).all() -> not torch.isnan(parameter.grad).any()
    all_numbers_of_one: a check that is content with one finite number in a gradient
        | how many bad numbers are enough to leave the update out?
        torch.isfinite(A).all() -> torch.isfinite(A).any()
    only_positive: a check that lets minus infinity pass | which two signs can an overflow have?
        torch.isfinite(A).all() -> not (A.isnan() | (A == torch.inf)).any()
    first_parameter: a check of the first parameter alone | in how many gradients can a number overflow?
        all(A for parameter in parameters) -> torch.isfinite(parameters[0].grad).all()
    last_parameter: a check of the last parameter alone | in how many gradients can a number overflow?
        all(A for parameter in parameters) -> torch.isfinite(parameters[-1].grad).all()
    size_checked: a check for large numbers in place of infinite ones | is a gradient of 80,000 infinite?
        torch.isfinite(A).all() -> {A.abs().max() < 50|A.abs().max() < 1e3|(A * scale).abs().max() < 1e4}
        when: skips_large
    own_update: an update by hand in place of that of the optimizer | what does the optimizer know beside the rate?
        optimizer.step() -> [p.data.sub_(optimizer.param_groups[0]["lr"] * p.grad) for p in parameters]
    not_lowered: a scale that stays after an overflow
        | what happens to the same loss in the next step, with the same scale?
        scale / 2 -> scale
    back_to_one: a scale of 1 after an overflow | how many halvings does it take until 90 fits?
        scale / 2 -> 1.0
    good_kept: good updates that are counted on after an overflow | since when has the scale been what it is?
        return scale / 2, 0 -> return scale / 2, good
    never_grows: a scale that never grows | what does a scale that one bad batch has lowered do later?
        if good + 1 == interval: ... -> else
    grows_each_time: a scale that grows with every good update | which of your lines reads `interval`?
        good + 1 == interval -> True
    keeps_growing: a scale that doubles in every update once `interval` is reached
        | what is `good` after the scale has changed?
        good + 1 == interval -> good + 1 >= interval; return 2 * scale, 0 -> return 2 * scale, good + 1
    never_counted: an update that is never counted | what is `good` after one more update?
        if good + 1 == interval: ... -> else
        return: scale, good
    counted_on: good updates that are counted on after the scale has grown | since when has the scale been what it is?
        good + 1 == interval -> (good + 1) % interval == 0; return 2 * scale, 0 -> return 2 * scale, good + 1
    one_late: a scale that grows one update late | is the update that was just made counted?
        good + 1 == interval -> good == interval
    never_zeroed: gradients that are never set to zero | what does backward() add to?
        drop: optimizer.zero_grad()
    exchanged: count and scale exchanged | in which order does the docstring return the two?
        every A, 0 -> 0, A; return: good + 1, scale
    loss_checked: a check of the loss in place of the gradients | which number overflows first, loss or gradient?
        if not A: ... -> else
        first: if not torch.isfinite(loss * scale): return scale / 2, 0
    """,
    properties=(steps_told(Steps("parameters", _wrong_update, within=1e-4), Steps("scale and count", _wrong_count)),),
    hints="""
    Order: zero, multiply and backward, divide, look, clip, update, count.
    torch.isfinite(p.grad).all() for every parameter; one bad number anywhere and nothing is updated.
    After any change of the scale the count starts again at 0.
    """,
    not_tested="a scale that becomes infinite or 0, and several optimizers",
    fade=("parameter.grad /= scale", "nn.utils.clip_grad_norm_", "return 2 * scale, 0"),
    equivalent="""
    swap: for parameter in parameters: paramet <-> if not all((torch.isfinite(parame | infinite stays infinite
    swap: if not all((torch.isfinite(parameter <-> nn.utils.clip_grad_norm_(paramete | it is left then
    """,
)
