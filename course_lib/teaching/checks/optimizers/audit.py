"""The claim that Adam works without tuning: a recorded grid of rates, the findings and the known mistakes."""

from course_lib.teaching.exercises.kinds import audit

# Mean validation loss (nats) of ten seeds on the digits: network 64-32-10, batches of 32, five epochs; seeds 0 to 9 for
# the split, the weights and the order. A test trains some of them again.
RECORD = {
    "Adam": {0.1: 2.83, 0.0316: 0.254, 0.01: 0.150, 0.00316: 0.210, 0.001: 0.582, 0.000316: 1.54, 0.0001: 2.42},
    "SGD": {1.0: 0.282, 0.316: 0.161, 0.1: 0.220, 0.0316: 0.452, 0.01: 1.07, 0.00316: 1.95, 0.001: 2.60},
}
FINDINGS = {"best_rate": 0.01, "default_cost": 3.9, "usable_adam": 3, "usable_sgd": 3,
            "works_untuned": "contradicted", "easier_than_sgd": "not shown"}  # fmt: skip


def record_table() -> str:
    """The record as lines of text: rate and mean validation loss, optimizer by optimizer."""
    lines = []
    for name, losses in RECORD.items():
        lines.append(f"{name:<5} rate " + " ".join(f"{rate:>9g}" for rate in losses))
        lines.append(f"{'':<5} loss " + " ".join(f"{loss:>9.3g}" for loss in losses.values()))
    return "\n".join(lines)


ADAM_CLAIM = audit(
    "adam_claim: Audit: does Adam work without tuning? | difficulty 2, 15 minutes",
    FINDINGS,
    ask={
        "best_rate": "which of Adam's rates has the lowest validation loss?",
        "default_cost": "how many times the lowest loss of Adam is its loss at 0.001?",
        "usable_adam": "how many of Adam's seven losses are below twice its lowest?",
        "usable_sgd": "how many of SGD's seven losses are below twice its lowest?",
        "works_untuned": "what does the untuned rate cost on this task, in times the lowest loss?",
        "easier_than_sgd": "compare the two counts of usable rates: what do they say, and about how many tasks?",
    },
    wrong="""
    default_is_best: an audit that takes the default for the best rate | which rate has the lowest validation loss?
        best_rate = 0.001
    cost_inverted [default_cost = 0.3]: a cost upside down | is the loss at the default larger or smaller?
    cost_difference [default_cost = 0.4]: a difference of losses | how many TIMES the lowest loss is it?
    cost_against_sgd [default_cost = 3.6]: a cost measured against the best of SGD
        | the claim is about tuning Adam: which loss would tuning have given?
    usable_without_best: a count that leaves out the best rate itself | is the lowest loss below twice the lowest loss?
        usable_adam = 2; usable_sgd = 2
    believed [works_untuned = supported]: an audit that believes the sentence | what does the untuned rate cost here?
    undecided [works_untuned = not shown]: an audit that finds the cost of the default too small to decide
        | would you call a loss of several times the reachable one `works well`?
    easier_believed: an audit that finds Adam easier to tune than SGD | how many usable rates has each?
        easier_than_sgd = supported
    easier_refuted [easier_than_sgd = contradicted]: an audit that takes one equal count for a refutation
        | does one task with equal counts show that it is never easier?
    """,
    hints="""
    All of it can be read off the table; twice the lowest loss of Adam is 0.30.
    The cost is a quotient: loss at 0.001 over the lowest loss of Adam.
    The first sentence speaks of this task and budget; the second compares two methods in general.
    """,
    not_tested="whether five epochs are a fair budget; with more of them the default comes closer",
)
