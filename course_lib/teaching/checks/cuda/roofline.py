"""How fast may a list of operations be? Known mistakes, and the check of roofline_seconds."""

from typing import Any

from course_lib.teaching.exercises.compare import to_array
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, kind_of, known
from course_lib.teaching.exercises.observe import calls
from course_lib.training.plain_cuda import roofline_seconds

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []
# (FLOPs, bytes): some above the ridge and some below it, so that no single limit explains them all.
_CASES = (
    ([(8e12, 1e11), (1e10, 6e11), (3e12, 2e11), (0.0, 1e11)], 1e13, 1e12),
    ([(5e9, 1e9)], 2e10, 1e9),
    ([(4.0, 9.0), (100.0, 1.0), (7.0, 7.0)], 2.0, 3.0),
    ([(1e9, 3e9), (7e9, 1e9)], 3e11, 7e11),  # seconds with more than two decimals
)


@also_right(_RIGHT, "a sum over the pairs in one line")
def in_one_line(operations, rate, bandwidth):
    return float(sum(max(flops / rate, moved / bandwidth) for flops, moved in operations))


@also_right(_RIGHT, "by intensity: below the ridge the memory limits, above it the arithmetic")
def by_intensity(operations, rate, bandwidth):
    return sum(f / rate if f * bandwidth > m * rate else m / bandwidth for f, m in operations) + 0.0


@known(_WRONG, "computing and moving one after the other", "what does the machine do while it waits for the memory?")
def one_after_the_other(operations, rate, bandwidth):
    return sum((f / rate + m / bandwidth for f, m in operations), 0.0)


@known(
    _WRONG,
    "the larger of the two sums over all operations",
    "can the first operation move the bytes of the last one already?",
)
def larger_of_sums(operations, rate, bandwidth):
    return max(sum(f for f, _ in operations) / rate, sum(m for _, m in operations) / bandwidth)


@known(
    _WRONG, "the smaller of the two times", "is an operation done when its numbers are there, or when both are done?"
)
def smaller(operations, rate, bandwidth):
    return sum((min(f / rate, m / bandwidth) for f, m in operations), 0.0)


@known(_WRONG, "the arithmetic alone", "what limits the addition of two vectors?")
def arithmetic_alone(operations, rate, bandwidth):
    return sum((f / rate for f, _ in operations), 0.0)


@known(_WRONG, "the bytes alone", "what limits the product of two large matrices?")
def bytes_alone(operations, rate, bandwidth):
    return sum((m / bandwidth for _, m in operations), 0.0)


@known(_WRONG, "the longest operation alone", "do the operations run at the same time?")
def longest_alone(operations, rate, bandwidth):
    return max((max(f / rate, m / bandwidth) for f, m in operations), default=0.0)


@known(_WRONG, "times turned upside down", "does a faster machine take more time?")
def upside_down(operations, rate, bandwidth):
    return sum((max(rate / f if f else 0.0, bandwidth / m) for f, m in operations), 0.0)


@known(_WRONG, "rate and bandwidth exchanged", "which of the two is in bytes per second?")
def exchanged(operations, rate, bandwidth):
    return roofline_seconds(operations, bandwidth, rate)


@known(_WRONG, "a mean over the operations", "how long do two operations take, one after the other?")
def mean(operations, rate, bandwidth):
    return roofline_seconds(operations, rate, bandwidth) / max(1, len(operations))


@known(_WRONG, "milliseconds in place of seconds", "in which unit are FLOPs divided by FLOPs per second?")
def milliseconds(operations, rate, bandwidth):
    return 1000 * roofline_seconds(operations, rate, bandwidth)


@known(_WRONG, "the last operation alone", "does each operation add to the time, or does it take its place?")
def last_alone(operations, rate, bandwidth):
    return roofline_seconds(operations[-1:], rate, bandwidth)


@known(_WRONG, "the first operation alone", "does your loop end before the others had their turn?")
def first_alone(operations, rate, bandwidth):
    return roofline_seconds(operations[:1], rate, bandwidth)


@known(_WRONG, "an operation without FLOPs that takes no time", "does a machine that only moves bytes need none?")
def copies_are_free(operations, rate, bandwidth):
    return roofline_seconds([pair for pair in operations if all(pair)], rate, bandwidth)


def _which(seen: Any, right: Any) -> str | None:
    own, rule = seen["case 2"]["result"], right["case 2"]["result"]
    form = to_array(own)
    if form is None or form.ndim:
        return f"return one number; you return {kind_of(own)}\nhow long do the operations need together?"
    if abs(own - rule) > 1e-9:
        return (
            f"one operation of 5 GFLOP and 1 GB at 20 GFLOP/s and 1 GB/s: you say {own:.4g} s\nwhich two times has it?"
        )
    for case, facts in right.items():
        said, exact = float(seen[case]["result"]), facts["result"]
        if said != exact and said in (round(exact, place) for place in range(6)):
            return f"{case}: {exact:.6g} s is rounded to {said:g}\nreturn the number as it is; who prints it may round"
    return "one operation is right; what is the time of several that follow each other?"


ROOFLINE_SECONDS = Exercise(
    slug="roofline_seconds",
    title="The shortest time of a list of operations",
    kind="faded",
    core=False,
    difficulty=1,
    minutes=10,
    reference=roofline_seconds,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("one operation first", _which),),
    hints=(
        "FLOPs divided by FLOPs per second are seconds, and so are bytes divided by bytes per second.",
        "Within one operation the larger of the two times counts; over the operations they add up.",
    ),
    not_tested="caches, and the time of asking for an operation",
    fade=("computing = ", "moving = ", "seconds += "),
    indistinguishable=all_the_same(_RIGHT),
)
