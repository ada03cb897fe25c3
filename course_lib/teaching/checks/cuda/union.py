"""Do several devices compute the gradient of all their elements? Known mistakes, and the check of union_gradient."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_lib.teaching.checks.writing import all_the_same, also_right, known
from course_lib.teaching.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.observe import Case, calls
from course_lib.training.plain_cuda import union_gradient

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []
_RNG = np.random.default_rng(41)


def exchange(values: Sequence[Any]) -> Any:
    """The mean over the devices, as all of them get it."""
    return sum(values) / len(values)


def _case(*counts: int) -> Case:
    return Case([count * _RNG.normal(place, 1.0, (3, 2)) for place, count in enumerate(counts)], list(counts), exchange)


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


def _which(seen: Any, right: Any) -> str | None:
    one, rule = np.asarray(seen["case 4"]["result"], dtype=float), right["case 4"]["result"]
    if one.shape != rule.shape:
        return f"return one gradient of the shape of the sums, (3, 2); yours has the shape {one.shape}"
    if not np.allclose(one, rule):
        return "case 4, one device with 7 elements, is not right\nwhat is the gradient of a mean over 7?"
    if np.isnan(np.asarray(seen["case 3"]["result"], dtype=float)).any():
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
    observe=lambda answer: calls(answer, *_CASES),
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
