"""The updates of an epoch: its cases and its known mistakes."""

from course_lib.by_hand.schedules import updates_per_epoch
from course_lib.teaching.exercises.kinds import implement

_CASES = ((1000, 32, 4, False), (1000, 32, 3, True), (95, 10, 3, True), (90, 10, 3, False), (7, 8, 2, False))
_CASES += ((7, 8, 2, True), (961, 32, 5, False), (961, 32, 5, True), (640, 32, 1, False))


def counted(samples, batch_size, accumulate, drop_last):
    updates = waiting = 0
    for start in range(0, samples, batch_size):
        if drop_last and start + batch_size > samples:
            break
        waiting += 1
        if waiting == accumulate:
            updates, waiting = updates + 1, 0
    return updates + (waiting > 0)


COUNT_UPDATES = implement(
    "count_updates",
    "Count the updates of an epoch",
    updates_per_epoch,
    minutes=8,
    cases=_CASES,
    names={"counted": counted},
    right="counted: counted by a loop",
    wrong="""
    iterations: iterations, not updates | how many batches does one update wait for?
        return: batches
    full_groups: full groups only | what becomes of the batches that are left over at the end of the epoch?
        return: batches // accumulate
    always_dropped: full batches only, with or without drop_last | which batch holds the last samples?
        math.ceil(samples / batch_size) -> samples // batch_size
    never_dropped: an incomplete batch in spite of drop_last | what does drop_last leave out?
        samples // batch_size -> math.ceil(samples / batch_size)
    exchanged: drop_last and its opposite exchanged | which value of drop_last gives fewer batches?
        A if drop_last else B -> B if drop_last else A
    fraction: a fraction of an update | can a loop run a quarter of a time?
        return: samples / (batch_size * accumulate)
    multiplied: more updates by accumulation | does waiting for several batches give more updates, or fewer?
        return: batches * accumulate
    groups_dropped: whole groups dropped by drop_last | does drop_last leave out a batch, or a group of batches?
        first: batch_size, accumulate = batch_size * accumulate, 1
    one_more: one update too many where it divides | how many updates do 9 batches make, three at a time?
        return: batches // accumulate + 1
    """,
    hints=(
        "Two questions, one after the other: how many batches, and how many updates do so many batches make?",
        "An incomplete batch counts unless drop_last; an incomplete group of batches always counts.",
    ),
    not_tested="a data set without samples",
)
