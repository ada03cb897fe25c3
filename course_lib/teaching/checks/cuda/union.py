"""One gradient from several devices: cases and known mistakes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_lib.by_hand.cuda import union_gradient
from course_lib.teaching.exercises.compare import same, to_array
from course_lib.teaching.exercises.difference_in_words import relation
from course_lib.teaching.exercises.kinds import Case, Form, Property, implement

_RNG = np.random.default_rng(41)
_SHAPE = "for how many numbers has each device a gradient?"
_ALL_TOGETHER = "gradients of all devices"  # what has to go through exchange


def exchange(values: Sequence[Any]) -> Any:
    """The mean over the devices, as all of them get it."""
    return sum(values) / len(values)


def _moved(values: Sequence[Any]) -> Any:
    """Another mean than that of the devices: an answer that uses what exchange returns gives another gradient."""
    return exchange(values) + 1


def _case(*counts: int, shape: tuple[int, ...] = (3, 2)) -> Case:
    return Case([count * _RNG.normal(place, 1.0, shape) for place, count in enumerate(counts)], list(counts), exchange)


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
        few = [number for number, _ in sent if number != len(sums)]
        told = _ALL_TOGETHER
        if few:
            told = f"exchange got {few[0]} values from {len(sums)} devices"
        elif sum(size for _, size in sent) < sums[0].size:  # a gradient may go through number by number
            told = "no gradient goes through exchange"
        elif same(answer([one.copy() for one in sums], list(counts), _moved), found):
            told = "what exchange returns has no part in the result"
        return {"gradient": found, "exchange": told}

    return run


def _which(seen: Any, right: Any) -> str | None:
    own, rule = ({case: np.asarray(facts["result"]["gradient"], dtype=float) for case, facts in every.items()}
                 for every in (seen, right))  # fmt: skip
    one = own["case 4"]
    if one.shape != rule["case 4"].shape:
        told = f"return one gradient of the shape of the sums, {rule['case 4'].shape}; yours has the shape {one.shape}"
        return f"{told}\n{_SHAPE}"
    if all(np.allclose(own[case], rule[case]) for case in rule):  # and it does what no device can do
        case, told = next((case, facts["result"]["exchange"]) for case, facts in seen.items()
                          if facts["result"]["exchange"] != _ALL_TOGETHER)  # fmt: skip
        question = "what do the others wait for?" if "got" in told else "how does sums[1] come to device 0?"
        return f"your numbers are right, but in {case} {told}\n{question}"
    if not np.allclose(one, rule["case 4"]):
        plain = relation(one, rule["case 4"])
        plain = plain and f"; yours is {plain}"
        return f"case 4, one device with 7 elements, is not right{plain}\nwhat is the gradient of a mean over 7?"
    if np.isnan(own["case 3"]).any():
        return "case 3 has a device on which nothing counts, and your result is NaN\nby what do you divide there?"
    return "one device is right; several are not\nhow much may each single element weigh?"


UNION_GRADIENT = implement(
    "union_gradient: One gradient from several devices | core, difficulty 2, 15 minutes",
    union_gradient,
    cases=(_case(16, 5), _case(4, 9, 2), _case(6, 0, 3, 1), _case(7), _case(2, 3, shape=(2, 1, 3, 2))),
    run=_watched,
    form=Form("one gradient, an array", lambda found: to_array(found) is not None, _SHAPE),
    right="""
    divided_last: sums exchanged, counts exchanged, then divided once
        return: exchange(sums) / exchange(counts)
    weighted_means: the mean of each device, weighted by its share of the elements
        first: own = [gradient / max(1, count) for gradient, count in zip(sums, counts)]
        return: exchange([world * (count / sum(counts)) * mean for mean, count in zip(own, counts)])
    """,
    wrong="""
    mean_of_means: the mean of the devices' own means
        | how much does an element weigh on a device with 16 of them, and on one with 5?
        return: exchange([gradient / count for gradient, count in zip(sums, counts)])
    means_of_the_others: the mean of means, with 0 from a device on which nothing counts
        | how much does an element weigh on a device with 16 of them, and on one with 5?
        return: exchange([gradient / max(1, count) for gradient, count in zip(sums, counts)])
    means_of_the_rest: the mean of means of those devices on which something counts
        | how much does an element weigh on a device with 16 of them, and on one with 5?
        return: exchange([gradient / count for gradient, count in zip(sums, counts) if count])
    not_divided: the mean of the sums | over how many elements is the loss a mean?
        world * gradient / elements -> gradient
    sum_of_sums: the sum of all sums, not divided by the elements | over how many elements is the loss a mean?
        world * gradient / elements -> world * gradient
    divided_twice: a division by the devices too many: exchange has made one already
        | what does exchange do with the values beside adding them?
        world * gradient / elements -> gradient / elements
    world_twice: a multiplication by the devices too many
        | how many times does exchange divide by the number of devices?
        world * gradient / elements -> world**2 * gradient / elements
    first_count: sums divided as if all devices held as much as the first
        | how many elements count on the second device?
        world * gradient / elements -> gradient / counts[0]
    largest_count: sums divided as if all devices held as much as the fullest | how many elements count on the others?
        world * gradient / elements -> gradient / max(counts)
    empty_left_out: a number of devices without the empty ones
        | by how many does exchange divide when one of four devices has nothing?
        world * gradient / elements -> np.count_nonzero(counts) * gradient / elements
    weighted_sums: sums that are weighted by the counts once more
        | is a sum over 16 elements not larger already than one over 5?
        return: exchange([world * gradient * count / elements**2 for gradient, count in zip(sums, counts)])
    first_device: the gradient of the first device alone | what do the other devices contribute?
        return: sums[0] / counts[0]
    """,
    properties=(Property("one device, an empty device, several", _which),),
    hints="""
    What shall come out: the sum of all sums, divided by the number of all elements.
    exchange divides by the number of devices; multiply by it before, or let it cancel.
    Counts can be exchanged like gradients: world * exchange(counts) is their sum.
    """,
    not_tested="whether exchange is called once, or for each parameter",
    fade=("elements = ",),
)
