"""An audit of one row: before p = 0.039, now std = 0.000000. Findings and known mistakes."""

from typing import Any

from course_lib.teaching.exercises import typed
from course_lib.teaching.exercises.kinds import VERDICTS, audit

MEASURES = SAME, VARY, GOOD = ("that the program repeats itself", "how much results vary", "that the model is good")
FINDINGS: dict[str, Any] = {
    "one in": 1 / 0.039,
    "std of a coin": 0.0,
    "zero measures": SAME,
    "nan passes": False,
    "verdict": "not shown",
}
_RETHINK = {
    "one in": "how many comparisons does it take, on average, until chance alone gives p <= 0.039?",
    "std of a coin": "ten throws of a generator with the same seed: what are they?",
    "zero measures": "would a bad model with a fixed seed have another spread?",
    "nan passes": "what is float('nan') > 0.05 in Python?",
    "verdict": "is there a comparison of several seeds, before and after, in these two numbers?",
}


def _comparisons(value: Any) -> Any:
    """The number of comparisons, also of "1 in 26"; 25 and 26 are both the 25.6 that it is."""
    found = typed.read_number(value.strip().removeprefix("1 in ") if isinstance(value, str) else value)
    return FINDINGS["one in"] if isinstance(found, float) and 25 <= found <= 26 else found


def _asked(key: str, given: Any, right: Any) -> str:
    """The question for one finding, with what the given number would be where that can be told."""
    if key == "std of a coin" and given > 0:
        return f"with {given:.2g} the throws differ: is it one generator for all ten, or one with that seed for each?"
    if key == "one in" and 2 <= given <= 60:
        return f"{given:g} times 0.039 is {given * 0.039:.2f}: how many comparisons until chance yields one?"
    return _RETHINK[key]


AUDIT_SEEDS = audit(
    'audit_seeds: Audit: "before p = 0.039, now std = 0.000000" | 8 minutes',
    FINDINGS,
    words={"zero measures": MEASURES, "verdict": VERDICTS},
    synonyms={
        SAME: ("the program repeats itself", "it repeats itself", "repeatability", "reproducibility", "determinism"),
        VARY: ("results vary", "how results vary", "variation", "spread", "that results vary little"),
        GOOD: ("the model is good", "quality", "a good model"),
    },
    read={"one in": _comparisons},
    within={"std of a coin": 1e-9},
    ask=_asked,
    names={"VARY": VARY, "GOOD": GOOD},
    wrong="""
    believed [zero measures = VARY; verdict = supported]: an audit that believes both numbers
        | would a fixed seed have made the first number better as well?
    supported [verdict = supported]: the right findings with the wrong verdict
    contradicted [verdict = contradicted]: an audit that takes missing evidence for a counterexample
        | two runs of seed 42 refute "perfect": do these two numbers alone refute it too?
    spread [zero measures = VARY]: a spread of 0 that is taken for a small variation
        | would a bad model with a fixed seed have another spread?
    quality [zero measures = GOOD]: a spread of 0 that is taken for quality
        | would a bad model with a fixed seed have another spread?
    one_in_20 [one in = 20.0]: the level in place of the p-value | what is 1 / 0.039?
    one_in_39 [one in = 39.0]: the digits of p | what is 1 / 0.039?
    share [one in = 0.039]: a share in place of a number of comparisons | what is 1 / 0.039?
    coin_varies [std of a coin = 0.5]: a coin whose throws differ in spite of one seed
        | ten throws of a generator with the same seed: what are they?
    nan_passes [nan passes = True]: a test that nan passes | what is float('nan') > 0.05 in Python?
    """,
    hints="""
    Under pure chance a p-value is uniform between 0 and 1.
    Try np.std of ten numbers that ten generators with the same seed give.
    A comparison with nan is False, whatever stands on the other side.
    """,
    not_tested="which test gave the p-value",
)
