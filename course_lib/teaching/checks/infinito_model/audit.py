"""One row of the report, "memory utilization 1.41 %": the findings and the known mistakes."""

from typing import Any

from course_lib.teaching.exercises.kinds import VERDICTS, audit

FINDINGS = {
    "uniform": 0.0039,  # 1 / 256
    "times uniform": 3.6,  # 0.0141 / (1 / 256)
    "occupancy": 1.0,  # 256 of 256
    "measures": "largest read weight",
    "logits moved": 0,
    "verdict": "contradicted",
}
MEASURES = ("share of slots in use", "largest read weight", "share of tokens that read", "importance")
_RETHINK = {
    "uniform": "256 weights sum to 1; how large is each if all are equal?",
    "times uniform": "how often does 1/256 go into 0.0141?",
    "occupancy": "which share of the 256 slots holds something, by the print-out?",
    "measures": "which line of ReportedMemory._count writes `utilization`?",
    "logits moved": "what does AS_REPORTED do with the content that it has read?",
    "verdict": "do 256 filled slots of 256, and an answer that nobody hears, fit the statement?",
}


def _asked(key: str, own: Any, rule: Any) -> str:
    """The question for a wrong finding: its form before its value."""
    if isinstance(own, int | float) and isinstance(rule, int | float) and rule:
        if f"{own:.1g}" == f"{rule:.1g}":
            return "right to one digit; compute with 1/256 itself and give two digits"
        if f"{own / 100:.1g}" == f"{rule:.1g}":
            return "is that a fraction, or percent?"
    return _RETHINK[key]


AUDIT_UTILIZATION = audit(
    'audit_utilization: Audit: "the model uses 1.41 % of its memory" | difficulty 2, 12 minutes',
    FINDINGS,
    words={"measures": MEASURES, "verdict": VERDICTS},
    synonyms={
        "largest read weight": ("largest weight", "max read weight", "biggest read weight", "largest attention weight"),
        "share of slots in use": ("slots in use", "occupancy"),
    },
    ask=_asked,
    within={"occupancy": 0.005},
    wrong="""
    believed: an audit that takes the name for the measurement | which line of the code writes the number?
        occupancy = 0.014; measures = share of slots in use; verdict = supported
    name_only [measures = share of slots in use]: a number that is taken for what its name says
        | can 1.41 % of the slots be in use when 256 of 256 hold something?
    tokens_that_read [measures = share of tokens that read]: a share of tokens
        | how many tokens does one read of this memory have as its question?
    in_percent [uniform = 0.39; occupancy = 100]: percentages in place of fractions | what do 256 equal weights sum to?
    slots [occupancy = 0.014]: 1.41 % of 256 slots | what is the ratio of 0.0141 and 1/256 a ratio of?
    heard [logits moved = 1]: an audit that expects the memory to be heard
        | which output of the model depends on the content that was read?
    undecided [verdict = not shown]: the right findings with the verdict left open
        | is 256 of 256 compatible with 1.41 % in use?
    verdict_only [verdict = supported]: the right findings with the wrong verdict
        | is 256 of 256 compatible with 1.41 % in use?
    """,
    hints="""
    show_source(ReportedMemory._count) prints the line that writes the number.
    256 weights that are all equal are 1/256 each: that is the smallest that the largest one can be.
    Scramble the slots of a small AS_REPORTED model and compare its logits, as in section 6.
    """,
    not_tested="digits beyond the second",
)
