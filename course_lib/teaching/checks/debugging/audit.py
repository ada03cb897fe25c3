"""The advice to raise the rate: the findings of the audit and the known mistakes."""

import math
from typing import Any

from course_lib.teaching.exercises.kinds import VERDICTS, audit

FAULTS = ("rate too low", "dead units", "labels shuffled", "softmax twice", "all weights zero")
FLOOR = math.log(math.e + 9) - 1
FINDINGS = {"cured": 1, "hidden": "softmax twice", "floor": FLOOR, "verdict": "contradicted"}
_ASK = {
    "cured": "which of the five reach an accuracy of 0.7 and a training loss below 1?",
    "hidden": "whose accuracy rises above 0.7 while its training loss stays above 1?",
    "floor": "what does the loss give for the logits 1, 0, 0, ... (nine zeros), the first class being right?",
    "verdict": "is there a training with a loss that does not fall, which a higher rate does not cure?",
}


def _ask(name: str, given: Any, right: Any) -> str:
    near = name == "floor" and isinstance(given, float) and abs(given - right) < 0.006
    return "it is near; what are its first three decimals?" if near else _ASK[name]


RAISE_THE_RATE = audit(
    "raise_the_rate: Audit: the loss does not fall, so raise the rate | difficulty 2, 15 minutes",
    FINDINGS,
    words={"hidden": FAULTS, "verdict": VERDICTS},
    ask=_ask,
    within={"floor": 6e-4},  # three decimals are enough: 1.461 is the floor
    names={"log": math.log, "e": math.e, "FLOOR": FLOOR},
    wrong="""
    by_accuracy [cured = 2]: a count by accuracy alone | is the loss of each of them below 1 as well?
    none_cured [cured = 0]: a count in which the rate cures nothing | and the run whose rate was too low?
    all_cured [cured = 5]: a count in which the rate cures everything | which number did you compare with 0.7?
    wrong_hidden: an audit that takes the cured one for the hidden one | does its training loss stay above 1?
        hidden = rate too low
    dead_hidden [hidden = dead units]: an audit that finds dead units hidden | what accuracy have they?
    floor_zero [floor = 0.0]: a floor of zero | can the probability of the right class reach 1 there?
    floor_of_nothing: the loss of knowing nothing as the floor | what if the network is sure and right?
        floor = log(10)
    floor_in_bits [floor = FLOOR / log(2)]: a floor in bits | which logarithm does the loss take?
    floor_of_nine [floor = log(e + 8) - 1]: the floor for nine classes | how many classes are wrong when ten are there?
    believed [verdict = supported]: an audit that believes the advice | how many of the five does it cure?
    undecided [verdict = not shown]: an audit that finds nothing either way
        | is one loss that a higher rate does not mend enough against a rule?
    """,
    hints="""
    The cell above trains each of the five at ten times its rate; read accuracy and training loss together.
    A softmax gives numbers between 0 and 1; the second one takes them for logits.
    A rule of the form 'if A, do B' is contradicted by one A that B does not mend.
    """,
    not_tested="other faults, and other factors than ten",
)
