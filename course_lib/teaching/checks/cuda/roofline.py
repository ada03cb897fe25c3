"""The shortest time of a list of operations: cases and known mistakes."""

from course_lib.by_hand.cuda import roofline_seconds
from course_lib.teaching.exercises.exercise import Property
from course_lib.teaching.exercises.kinds import implement
from course_lib.teaching.exercises.one_number import ALL_DIGITS, ONE_NUMBER, first_wrong

# (FLOPs, bytes): some above the ridge and some below it, so that no single limit explains them all.
CASES = (
    ([(8e12, 1e11), (1e10, 6e11), (3e12, 2e11), (0.0, 1e11)], 1e13, 1e12),
    ([(5e9, 1e9)], 2e10, 1e9),
    ([(4.0, 9.0), (100.0, 1.0), (7.0, 7.0)], 2.0, 3.0),
    ([(1e9, 3e9), (7e9, 1e9)], 3e11, 7e11),  # seconds with more than two decimals
    ([(2.0, 0.0), (0.0, 3.0), (1.0, 8.0), (1.0, 8.0)], 4.0, 2.0),  # nothing moved, nothing computed, one twice
)


_FIRST = {"case 2": "one operation of 5 GFLOP and 1 GB at 20 GFLOP/s and 1 GB/s: {yours}\nwhich two times has it?"}
_REST = "one operation is right; what is the time of several that follow each other?"

ROOFLINE_SECONDS = implement(
    "roofline_seconds",
    "The shortest time of a list of operations",
    roofline_seconds,
    complete=True,
    cases=CASES,
    right="""
    in_one_line: a sum over the pairs in one line
        return: float(sum(max(flops / rate, moved / bandwidth) for flops, moved in operations))
    by_intensity: by intensity: below the ridge the memory limits, above it the arithmetic
        max(computing, moving) -> computing if flops * bandwidth > moved * rate else moving
    """,
    wrong="""
    one_after_the_other: computing and moving one after the other
        | what does the machine do while it waits for the memory?
        max(computing, moving) -> computing + moving
    larger_of_sums: the larger of the two sums over all operations
        | can the first operation move the bytes of the last one already?
        return: max(sum(f for f, _ in operations) / rate, sum(m for _, m in operations) / bandwidth)
    smaller: the smaller of the two times | is an operation done when its numbers are there, or when both are done?
        max(computing, moving) -> min(computing, moving)
    arithmetic_alone: the arithmetic alone | what limits the addition of two vectors?
        max(computing, moving) -> computing
    bytes_alone: the bytes alone | what limits the product of two large matrices?
        max(computing, moving) -> moving
    longest_alone: the longest operation alone | do the operations run at the same time?
        seconds += A -> seconds = max(seconds, A)
    upside_down: times turned upside down | does a faster machine take more time?
        flops / rate -> rate / flops if flops else 0.0; moved / bandwidth -> bandwidth / moved
    exchanged: rate and bandwidth exchanged | which of the two is in bytes per second?
        rate <-> bandwidth
    mean: a mean over the operations | how long do two operations take, one after the other?
        return: RESULT / len(operations)
    milliseconds: milliseconds in place of seconds | in which unit are FLOPs divided by FLOPs per second?
        return: 1000 * RESULT
    last_alone: the last operation alone | does each operation add to the time, or does it take its place?
        seconds += A -> seconds = A
    first_alone: the first operation alone | does your loop end before the others had their turn?
        after seconds += A -> return seconds
    copies_are_free: an operation without FLOPs that takes no time | does a machine that only moves bytes need none?
        max(computing, moving) -> max(computing, moving) if flops and moved else 0.0
    """,
    properties=(ONE_NUMBER, ALL_DIGITS, Property("one operation first", first_wrong(_FIRST, otherwise=_REST))),
    hints=(
        "FLOPs divided by FLOPs per second are seconds, and so are bytes divided by bytes per second.",
        "Within one operation the larger of the two times counts; over the operations they add up.",
    ),
    not_tested="caches, and the time of asking for an operation",
    fade=("computing = ", "moving = ", "seconds += "),
)
