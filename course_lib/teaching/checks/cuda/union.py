"""Do several devices compute the gradient of all their elements? Known mistakes, and the check of union_gradient."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_lib.teaching.exercises.compare import to_array
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, kind_of, known, not_in_parts
from course_lib.teaching.exercises.observe import Case, calls
from course_lib.training.plain_cuda import union_gradient

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []
_RNG = np.random.default_rng(41)


def exchange(values: Sequence[Any]) -> Any:
    """The mean over the devices, as all of them get it."""
    return sum(values) / len(values)


def _case(*counts: int) -> Case:
    return Case([count * _RNG.normal(place, 1.0, (3, 2)) for place, count in enumerate(counts)], list(counts), exchange)


_ALL_TOGETHER = "gradients of all devices"  # what has to go through exchange


def _watched(answer: Callable[..., Any]) -> Callable[..., Any]:
    """The gradient that an answer gives, and what it sent through exchange."""

    def run(sums: Sequence[np.ndarray], counts: Sequence[int], exchange: Callable[[Sequence[Any]], Any]) -> Any:
        sent = []

        def watched(values: Sequence[Any]) -> Any:
            mean = exchange(values)
            sent.append((len(values), getattr(to_array(mean), "size", 0)))
            return mean

        watched.__qualname__ = "exchange"  # the name in the message of a wrong call
        found = answer(sums, counts, watched)
        if found is None:
            return None
        if to_array(found) is None:
            return kind_of(found)
        few = [number for number, _ in sent if number != len(sums)]
        told = f"exchange got {few[0]} values from {len(sums)} devices" if few else "no gradient goes through exchange"
        enough = sum(size for _, size in sent) >= sums[0].size  # a gradient may go through number by number
        return {"gradient": found, "exchange": _ALL_TOGETHER if enough and not few else told}

    return run


_CASES = (_case(16, 5), _case(4, 9, 2), _case(6, 0, 3, 1), _case(7))


@also_right(_RIGHT, "sums exchanged, counts exchanged, then divided once")
def divided_last(sums, counts, exchange):
    return exchange(sums) / exchange(counts)


@also_right(_RIGHT, "the mean of each device, weighted by its share of the elements")
def weighted_means(sums, counts, exchange):
    parts = [
        len(counts) * (count / sum(counts)) * (gradient / count) if count else 0 * gradient
        for gradient, count in zip(sums, counts, strict=True)
    ]
    return exchange(parts)


def _parts(rule: Callable[[int, Sequence[int]], float]) -> Callable[..., Any]:
    """An answer that multiplies the sum of each device by a rule of (its number, all counts), and exchanges."""

    def answer(sums, counts, exchange):
        with np.errstate(all="ignore"):
            return exchange([gradient * rule(place, counts) for place, gradient in enumerate(sums)])

    return answer


def _over(number: float) -> float:
    return 1 / number if number else float("nan")


def _wrong(id: str, cause: str, question: str, rule: Callable[[int, Sequence[int]], float]) -> None:
    _WRONG.append(Mistake(id, cause, question, _parts(rule)))


_wrong(
    "mean_of_means",
    "the mean of the devices' own means",
    "how much does an element weigh on a device with 16 of them, and on one with 5?",
    lambda place, counts: _over(counts[place]),
)
_wrong(
    "means_of_the_others",
    "the mean of means, with 0 from a device on which nothing counts",
    "how much does an element weigh on a device with 16 of them, and on one with 5?",
    lambda place, counts: 1 / max(1, counts[place]),
)


@known(
    _WRONG,
    "the mean of means of those devices on which something counts",
    "how much does an element weigh on a device with 16 of them, and on one with 5?",
)
def means_of_the_rest(sums, counts, exchange):
    return exchange([gradient / count for gradient, count in zip(sums, counts, strict=True) if count])


_wrong("not_divided", "the mean of the sums", "over how many elements is the loss a mean?", lambda place, counts: 1.0)
_wrong(
    "sum_of_sums",
    "the sum of all sums, not divided by the elements",
    "over how many elements is the loss a mean?",
    lambda place, counts: len(counts),
)
_wrong(
    "divided_twice",
    "a division by the devices too many: exchange has made one already",
    "what does exchange do with the values beside adding them?",
    lambda place, counts: 1 / sum(counts),
)
_wrong(
    "world_twice",
    "a multiplication by the devices too many",
    "how many times does exchange divide by the number of devices?",
    lambda place, counts: len(counts) ** 2 / sum(counts),
)
_wrong(
    "first_count",
    "sums divided as if all devices held as much as the first",
    "how many elements count on the second device?",
    lambda place, counts: 1 / counts[0],
)
_wrong(
    "largest_count",
    "sums divided as if all devices held as much as the fullest",
    "how many elements count on the others?",
    lambda place, counts: 1 / max(counts),
)
_wrong(
    "empty_left_out",
    "a number of devices without the empty ones",
    "by how many does exchange divide when one of four devices has nothing?",
    lambda place, counts: sum(count > 0 for count in counts) / sum(counts),
)
_wrong(
    "weighted_sums",
    "sums that are weighted by the counts once more",
    "is a sum over 16 elements not larger already than one over 5?",
    lambda place, counts: len(counts) * counts[place] / sum(counts) ** 2,
)


@known(_WRONG, "the gradient of the first device alone", "what do the other devices contribute?")
def first_device(sums, counts, exchange):
    return sums[0] / counts[0]


def _gradient(seen: Any, case: str) -> Any:
    return seen[case]["result"]["gradient"]


def _not_together(seen: Any, right: Any) -> str | None:
    """The sentence for an answer whose numbers are right, and which does what no device can do."""
    if not all(np.allclose(_gradient(seen, case), _gradient(right, case)) for case in right):
        return None
    said = {case: facts["result"]["exchange"] for case, facts in seen.items()}
    case = next((case for case, told in said.items() if told != _ALL_TOGETHER), None)
    if case is None:
        return None
    question = "what do the others wait for?" if "got" in said[case] else "how does sums[1] come to device 0?"
    return f"your numbers are right, but in {case} {said[case]}\n{question}"


def _which(seen: Any, right: Any) -> str | None:
    form = not_in_parts(seen, "one gradient, an array")
    if form:
        return f"{form}\nfor how many numbers has each device a gradient?"
    one, rule = np.asarray(_gradient(seen, "case 4"), dtype=float), _gradient(right, "case 4")
    if one.shape != rule.shape:
        told = f"return one gradient of the shape of the sums, {rule.shape}; yours has the shape {one.shape}"
        return f"{told}\nfor how many numbers has each device a gradient?"
    alone = _not_together(seen, right)
    if alone:
        return alone
    if not np.allclose(one, rule):
        times = float((one * rule).sum() / (rule * rule).sum())
        plain = f"; yours is {times:.4g} times the right one" if np.allclose(one, times * rule) else ""
        return f"case 4, one device with 7 elements, is not right{plain}\nwhat is the gradient of a mean over 7?"
    if np.isnan(np.asarray(_gradient(seen, "case 3"), dtype=float)).any():
        return "case 3 has a device on which nothing counts, and your result is NaN\nby what do you divide there?"
    return "one device is right; several are not\nhow much may each single element weigh?"


UNION_GRADIENT = Exercise(
    slug="union_gradient",
    title="One gradient from several devices",
    kind="implement",
    core=True,
    difficulty=2,
    minutes=15,
    reference=union_gradient,
    observe=lambda answer: calls(_watched(answer), *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("one device, an empty device, several", _which),),
    hints=(
        "What shall come out: the sum of all sums, divided by the number of all elements.",
        "exchange divides by the number of devices; multiply by it before, or let it cancel.",
        "Counts can be exchanged like gradients: world * exchange(counts) is their sum.",
    ),
    not_tested="whether exchange is called once, or for each parameter",
    fade=("elements = ",),
    indistinguishable=all_the_same(_RIGHT),
)
