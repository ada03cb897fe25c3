"""The patients of the clinic: two keys, and each case taken for its nearest rival."""

from typing import Any

from course_lib.teaching.clinic.cases import CASES, SIGNS
from course_lib.teaching.exercises.kinds import Exercise, find

FIRST = tuple(f"case-{number:02d}" for number in range(5, 12))
SECOND = tuple(f"case-{number:02d}" for number in range(12, 19))
_SYNONYMS = {
    "rate too high": ("rate too large", "too high a rate"),
    "rate too low": ("rate too small", "too low a rate"),
    "dead units": ("dead relus", "dead relu units", "dying relus", "units are dead"),
    "labels shuffled": ("shuffled labels", "random labels"),
    "inputs not standardized": ("inputs not scaled", "inputs not standardised", "not standardized"),
    "softmax twice": ("softmax applied twice", "two softmaxes", "double softmax"),
    "all weights zero": ("weights all zero", "weights are zero", "zero weights", "zero initialization"),
    "labels off by one": ("labels shifted by one", "off by one labels"),
    "units start as twins": ("twins", "units are twins", "identical units"),
    "chosen on the test part": ("chosen on test", "chosen on the test set"),
    "gradient of the sum": ("sum in place of mean",),
    "softmax overflows": ("overflow in softmax", "softmax overflow"),
    "no shuffling": ("not shuffled", "shuffling missing"),
    "bias gradient missing": ("missing bias gradient", "no bias gradient"),
}


def _patients(head: str, names: tuple[str, ...], **about: Any) -> Exercise:
    rivals = [
        f"    {name.replace('-', '_')}_rival: the key with {name} taken for its nearest rival, {CASES[name].rival}"
        f" | {CASES[name].question}\n        {name} = {CASES[name].rival}"
        for name in names
    ]
    return find(
        head,
        {name: CASES[name].fault for name in names},
        words=tuple(SIGNS),
        synonyms=_SYNONYMS,
        ask=lambda name, given, right: CASES[name].question,
        wrong="\n".join(rivals),
        not_tested="runs with two faults at once",
        **about,
    )


NAME_THE_FAULTS = _patients(
    "name_the_faults: The clinic: seven patients | difficulty 2, 20 minutes",
    FIRST,
    hints="""
    Begin with the rows of the table that were measured before the first step.
    Then the layers: is there output, is there a gradient, are there weights?
    Then compare training, validation and fresh samples, two at a time.
    """,
)
NAME_MORE_FAULTS = _patients(
    "name_more_faults: The clinic: seven more | difficulty 2, 20 minutes",
    SECOND,
    hints="""
    Two of them become NaN: in which place does the first one stand?
    How does the first gradient change with the number of samples, and how many units differ?
    One of them trains well: compare its table with that of the healthy run, line by line.
    """,
)
