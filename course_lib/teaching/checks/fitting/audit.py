"""A report that gives its seed, and a second run with it: the findings and the known mistakes."""

import numpy as np

from course_lib.teaching.exercises.kinds import VERDICTS, audit

# Validation perplexities of epochs 1 to 3: the report's run, and another of the same script with the same seed.
REPORTED = (1291.31, 451.82, 198.96)
OTHER = (1294.81, 451.88, 198.49)
GAP = 100 * (OTHER[0] - REPORTED[0]) / REPORTED[0]
FINDINGS = {"equal": 0, "gap": GAP, "repeatable": "seed first", "verdict": "contradicted"}
ORDERS = ("data first", "seed first", "both", "neither")


def miniature(*, seed_first: bool, started: int) -> float:
    """A script in small: it draws its data and its first weights from one generator, and seeds it with 42.

    `started` is the state in which the process finds the generator: another one in every process. Returns the loss
    of a linear model before its first update.
    """
    world = np.random.RandomState(started)
    if seed_first:
        world.seed(42)
    x = world.normal(size=(50, 4))
    if not seed_first:
        world.seed(42)
    weights = world.normal(size=4)
    return float(np.mean((x @ weights - x.sum(axis=1)) ** 2))


ONE_SEED_TWO_RUNS = audit(
    "one_seed_two_runs: Audit: seed 42, and two runs | difficulty 2, 12 minutes",
    FINDINGS,
    words={"repeatable": ORDERS, "verdict": VERDICTS},
    synonyms={"data first": ("data before seed",), "seed first": ("seed before data",)},
    ask={
        "equal": "in how many of the three epochs are the two perplexities the same?",
        "gap": "what is (other - reported) / reported in epoch 1, in percent?",
        "repeatable": "for which order does the miniature print the same loss for all processes?",
        "verdict": "the claim is that repeated runs behave the same: are there two that do not?",
    },
    decimals={"gap": 2},
    within={"gap": 6e-3},  # two decimals are enough, and either run may be the base: 0.27 is the gap
    names={"GAP": GAP, "DIFFERENCE": OTHER[0] - REPORTED[0]},
    wrong="""
    nearly_equal [equal = 1]: a count that takes 451.82 and 451.88 for equal
        | does a generator with one seed give nearly the same numbers, or the same?
    all_equal [equal = 3]: a count that finds all epochs equal | what stands in the first column?
    difference [gap = DIFFERENCE]: a difference in place of percent | percent of what?
    fraction [gap = GAP / 100]: a share in place of percent | how many percent is 0.0027?
    turned [gap = -GAP]: the difference taken the other way round | which of the two runs is higher?
    ratio [gap = 100 + GAP]: the other run in percent of the reported one | how much HIGHER is it?
    data_first [repeatable = data first]: an audit that takes the order of the script for the repeatable one
        | how many different losses does that order print?
    both_repeat [repeatable = both]: an audit that finds both orders repeatable
        | does the seed reach back to what was drawn before it?
    believed [verdict = supported]: an audit that believes the report: the seed was fixed
        | what does a fixed seed promise of numbers that were drawn before it was set?
    undecided [verdict = not shown]: an audit that finds nothing either way
        | how many pairs of runs that differ does it take against 'repeated runs behave the same'?
    """,
    hints="""
    Equal means equal to the last digit that is printed.
    A seed sets what is drawn after it; the data of the script are drawn before.
    One counterexample contradicts a claim about all repeated runs.
    """,
    not_tested="whether other things differed between the two runs as well, such as the versions of the libraries",
)
