"""The best rate of the books: the findings of the audit and the known mistakes."""

import math

from course_lib.teaching.exercises.kinds import audit

AUDIT_RATES = audit(
    "audit_rates: Audit: the best rate is 0.001 to 0.01, for 100 epochs | difficulty 2, 12 minutes",
    {
        "limit": 0.05,  # 2 / 40
        "steps_to_halve": 6932,  # ceil(log(1/2) / log(1 - 0.0001))
        "updates": 7900,  # ceil(313 / 4) = 79 an epoch
        "updates_full_batch": 100,
        "optimal_range": "contradicted",
        "trapped": "not shown",
    },
    ask={
        "limit": "by which factor does a step multiply the distance, and when is it -1?",
        "steps_to_halve": "each step multiplies by 1 - 0.0001: after how many is 1/2 reached, in whole steps?",
        "updates": "how many batches has an epoch, how many updates do they make, and how many epochs?",
        "updates_full_batch": "how many updates has an epoch when all samples are in one batch?",
        "optimal_range": "which rates were best for SGD in the lesson, and are they in the range?",
        "trapped": "does being slow show that there is a trap, or that there is none anywhere?",
    },
    within={"limit": 1e-6},
    bounds=("limit",),
    names={"inf": math.inf},
    wrong="""
    one_over [limit = 0.025]: a limit of 1 / curvature | at 1 / curvature, where does one step land?
    upside_down [limit = 20]: a limit turned upside down | does a steeper bowl allow larger steps?
    curvature_halved [limit = 0.1]: a limit of 4 / curvature | what is 1 - 4 for the distance?
    half_over_rate: half the distance at one full step's pace | is the step as long when half is left?
        steps_to_halve = 5000
    rounded_down [steps_to_halve = 6931]: steps rounded down | is the distance halved after 6931 steps, or nearly?
    never [steps_to_halve = inf]: a slow rate taken for one that never arrives | is 0.9999 to a large power small?
    iterations [updates = 31300]: iterations counted as updates | how many batches does an update wait for?
    rounded_groups [updates = 7800]: full groups only | what becomes of batch 313?
    fraction [updates = 7812.5]: a fraction of an update | can a loop run a quarter of a time?
    one_epoch [updates = 79]: the updates of one epoch | and the other 99?
    samples [updates_full_batch = 1000000]: samples counted as updates | how many updates does one batch make?
    as_many_epochs: an epoch taken for a fixed amount of training | how many updates has an epoch with one batch?
        updates_full_batch = 7900
    believed [optimal_range = supported]: an audit that accepts the range | which rate was best for SGD in the lesson?
    undecided: an audit that finds no counterexample | is one network with another best rate not enough?
        optimal_range = not shown
    trap_believed: slow taken for trapped | where did the small rate arrive with ten times the steps?
        trapped = supported
    trap_denied: one network without a trap taken for all | does one run show that no network has a trap?
        trapped = contradicted
    """,
    hints="""
    The factor of a step is 1 - rate * curvature; it must lie between -1 and 1.
    10,000 samples in batches of 32 are 313 batches, the last one of 16.
    One counterexample contradicts `the best rate is ...`; it does not contradict `a small rate may ...`.
    """,
    not_tested="which rate is best on your own problem; that needs a run",
)
