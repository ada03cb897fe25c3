"""Does an update through float16 keep its scale? The check of scaled_step."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from course_lib.teaching.checks.cuda.halves import Model, Slopes, loss_of, numbers
from course_lib.teaching.checks.cuda.scaled import RIGHT, WRONG
from course_lib.teaching.exercises.compare import to_array
from course_lib.teaching.exercises.exercise import Exercise, Property
from course_lib.teaching.exercises.forms import all_the_same, kind_of, not_in_parts
from course_lib.teaching.exercises.observe import Case, calls
from course_lib.training.plain_cuda import scaled_step

_PLAIN, _LONG = Slopes((0.5, -0.2, 0.1), 0.3), Slopes((6.0, -3.0, 2.0), 1.5)
_TINY = Slopes((3e-6, -2e-6, 1e-6), 2e-6)  # 2^-18.3: in float16 one digit and a half are left of it
_INF, _MINUS, _BIAS = Slopes((90.0, 0.1, 0.1), 0.1), Slopes((0.1, -90.0, 0.1), 0.1), Slopes((0.1, 0.1, 0.1), 90.0)
_NAN = Slopes((90.0, 0.1, 0.1), 0.1, (80.0, 0.0, 0.0))  # infinite less infinite
# At a factor of 1,024, 90 overflows (92,160 is above 65,504); at 512 it does not.
_CASES = (
    Case([_PLAIN, _LONG, _PLAIN], scale=64.0, limit=2.0, interval=100),
    Case([_TINY, _TINY], scale=4096.0, limit=1.0, interval=100, rate=1e5),
    Case([_PLAIN, _INF, _PLAIN, _INF], scale=1024.0, limit=1000.0, interval=100),
    Case([_PLAIN, _NAN, _PLAIN, _BIAS, _PLAIN], scale=2048.0, limit=5.0, interval=3),
    Case([_PLAIN] * 8, scale=2.0, limit=5.0, interval=3),
    Case([_PLAIN, _PLAIN, _MINUS, _PLAIN, _PLAIN, _PLAIN, _PLAIN], scale=1024.0, limit=5.0, interval=3),
)


def _run(answer: Callable[..., Any]) -> Callable[..., Any]:
    """Updates one after the other, each with the scale that the one before has returned.

    Scale and count are kept as text: they follow from the updates, and equal scales alone are no sign of a mistake.
    """

    def run(steps: list[Slopes], scale: float, limit: float, interval: int, rate: float = 0.1) -> Any:
        model, good = Model(), 0
        parameters = list(model.parameters())
        optimizer = torch.optim.SGD(parameters, lr=rate, momentum=0.9)
        loss_of(model, _LONG).backward()  # something of an earlier use stands in the gradients
        seen: dict[str, list[Any]] = {"parameters": [], "scale": [], "good": []}
        for slopes in steps:
            said = answer(loss_of(model, slopes), parameters, optimizer, scale, good, limit, interval)
            if said is None or not _two_numbers(said):
                return said if said is None else kind_of(said)
            scale, good = float(said[0]), int(said[1])
            seen["parameters"].append(numbers(model))
            seen["scale"].append(scale)
            seen["good"].append(good)
        told = {key: " ".join(f"{number:g}" for number in seen[key]) for key in ("scale", "good")}
        return {"parameters": np.array(seen["parameters"])} | told

    return run


def _two_numbers(said: Any) -> bool:
    if not isinstance(said, tuple | list) or len(said) != 2:
        return False
    return all(array is not None and array.size == 1 and np.isfinite(array).all() for array in map(to_array, said))


# What each case is about, as a question.
_ABOUT = {
    "case 1": "its second gradient is longer than the limit: what does a clip over all parameters do?",
    "case 2": "its gradients are about 1e-6: what would float16 make of them without a scale?",
    "case 3": "its second gradient overflows at 1,024 and not at 512: what happens at the second, and at the fourth?",
    "case 4": "one of its gradients is infinity less infinity, one overflows in the bias alone: what happens there?",
    "case 5": "nothing overflows: what does the scale change?",
    "case 6": "its third gradient is minus infinity: since when are the good updates counted?",
}
# The same where the updates are right, and scale or count are not.
_COUNTED = (
    _ABOUT
    | dict.fromkeys(("case 1", "case 2"), "nothing overflows, and `interval` is 100: what changes there?")
    | {"case 5": "nothing overflows, and `interval` is 3: what is returned after the third update?"}
)
# What the first update of case 1 goes along where the gradient of _LONG, which stands there before, takes part.
_STALE = np.array([*_LONG.up, _LONG.bias]) + 64 * np.array([*_PLAIN.up, _PLAIN.bias])


def _which(seen: Any, right: Any) -> str | None:
    form = not_in_parts(seen, "two numbers, (scale, good)")
    if form:
        return f"{form}\nwhat does the next update need?"
    for case, facts in right.items():
        own, rule = seen[case]["result"], facts["result"]
        if not np.isfinite(own["parameters"]).all():
            return f"{case}: parameters are NaN or infinite\n{_ABOUT[case]}"
        same = np.isclose(own["parameters"], rule["parameters"], rtol=1e-4, atol=1e-9).all(axis=1)
        if not same.all():
            step = int(np.argmin(same))
            start = rule["parameters"][step - 1] if step else numbers(Model())
            return f"{case}: step {step + 1} is not right{_wrong_update(own, rule, start, step, _ABOUT[case])}"
        for name in ("scale", "good"):
            if own[name] != rule[name]:
                numbers_of = own[name].split()
                step = next(
                    k for k, pair in enumerate(zip(numbers_of, rule[name].split(), strict=True)) if len({*pair}) > 1
                )
                told = f"{case}: the updates are right; after step {step + 1} `{name}` is {numbers_of[step]}"
                if own["scale"].split()[step] == rule["good"].split()[step]:
                    return f"{told}, as `good` should be\nin which order does the docstring return the two?"
                return f"{told}\n{_COUNTED[case]}"
    return None


def _wrong_update(own: Any, rule: Any, start: np.ndarray, step: int, about: str) -> str:
    """ "; it is 0.016 times the right one", where the two updates have one direction, and a question."""
    yours, right = (one["parameters"][step] - start for one in (own, rule))
    if not right.any():
        return f"; there should be no update\n{about}"
    if not yours.any():
        return "; it changes nothing\nwhich line changes the parameters?"
    if step == 0 and _along(yours, _STALE):
        return "; it goes along what stood in the gradients before, too\nwhich line empties them, and when?"
    if _along(yours, right):
        times = float(yours @ right / (right @ right))
        return f"; it is {times:.3g} times the right one\nby what has your gradient been multiplied, divided or cut?"
    return f"\n{about}"


def _along(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two updates have one direction, up to the rounding of float16."""
    return bool(np.allclose(one, float(one @ other / (other @ other)) * other, rtol=1e-3, atol=1e-6))


SCALED_STEP = Exercise(
    slug="scaled_step",
    title="An update through float16",
    kind="implement",
    core=True,
    difficulty=3,
    minutes=25,
    reference=scaled_step,
    observe=lambda answer: calls(_run(answer), *_CASES),
    accepted=tuple(RIGHT),
    mistakes=tuple(WRONG),
    properties=(Property("updates, then scale and count", _which),),
    hints=(
        "Order: zero, multiply and backward, divide, look, clip, update, count.",
        "torch.isfinite(p.grad).all() for every parameter; one bad number anywhere and nothing is updated.",
        "After any change of the scale the count starts again at 0.",
    ),
    not_tested="a scale that becomes infinite or 0, and several optimizers",
    fade=("parameter.grad /= scale", "nn.utils.clip_grad_norm_", "return 2 * scale, 0"),
    indistinguishable=all_the_same(RIGHT),
)
