"""What do p = 0.039 and a spread of 0 show? The check of audit_seeds, an audit of one row."""

from typing import Any

from course_lib.teaching.exercises.compare import to_array
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property

VERDICTS = ("supported", "not shown", "contradicted")
MEASURES = ("that the program repeats itself", "how much results vary", "that the model is good")
FINDINGS: dict[str, Any] = {
    "one in": "26",
    "std of a coin": "0",
    "zero measures": MEASURES[0],
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


def _even(key: str, value: Any) -> Any:
    if isinstance(value, str):
        value = " ".join(value.lower().split())
        if key in ("nan passes",):
            return {"true": True, "false": False, "yes": True, "no": False}.get(value, value)
        if key not in ("one in", "std of a coin"):
            return value
        try:
            value = float(value)
        except ValueError:
            return value
    array = to_array(value)
    if key not in ("one in", "std of a coin") or array is None or array.ndim or array.dtype.kind == "b":
        return value
    number = float(array)
    return "26" if key == "one in" and 25 <= number <= 26 else f"{number:.2g}"


def _plain(answer: Any) -> Any:
    return {key: _even(key, value) for key, value in answer.items()} if isinstance(answer, dict) else answer


def _mistake(id: str, cause: str, question: str, **changed: Any) -> Mistake:
    return Mistake(id, cause, question, FINDINGS | {key.replace("_", " "): value for key, value in changed.items()})


_WRONG = (
    _mistake(
        "believed",
        "an audit that believes both numbers",
        "would a fixed seed have made the first number better as well?",
        zero_measures=MEASURES[1],
        verdict="supported",
    ),
    _mistake("supported", "the right findings with the wrong verdict", _RETHINK["verdict"], verdict="supported"),
    _mistake(
        "contradicted",
        "an audit that takes missing evidence for a counterexample",
        "two runs of seed 42 refute \"perfect\": do these two numbers alone refute it too?",
        verdict="contradicted",
    ),
    _mistake("spread", "a spread of 0 that is taken for a small variation", _RETHINK["zero measures"],
             zero_measures=MEASURES[1]),
    _mistake("quality", "a spread of 0 that is taken for quality", _RETHINK["zero measures"],
             zero_measures=MEASURES[2]),
    _mistake("one_in_20", "the level in place of the p-value", "what is 1 / 0.039?", one_in="20"),
    _mistake("one_in_39", "the digits of p", "what is 1 / 0.039?", one_in="39"),
    _mistake("share", "a share in place of a number of comparisons", "what is 1 / 0.039?", one_in="0.039"),
    _mistake("coin_varies", "a coin whose throws differ in spite of one seed", _RETHINK["std of a coin"],
             std_of_a_coin="0.5"),
    _mistake("nan_passes", "a test that nan passes", _RETHINK["nan passes"], nan_passes=True),
)  # fmt: skip


def _which(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    for key, words in (("verdict", VERDICTS), ("zero measures", MEASURES)):
        if seen[key] not in words:
            return f"{key!r} is one of {', '.join(map(repr, words))}"
    wrong = [key for key in right if seen[key] != right[key]]
    return f"look again at {', '.join(wrong)}\n{wrong[0]}: {_asked(wrong[0], seen[wrong[0]])}" if wrong else None


def _asked(key: str, given: Any) -> str:
    """The question for one finding, with what the given number would be where that can be told."""
    array = to_array(given) if not isinstance(given, str) else None
    number = float(given) if isinstance(given, str) and given.replace(".", "", 1).isdigit() else array
    if key == "std of a coin" and number is not None and float(number) > 0:
        return f"with {given} the throws differ: is it one generator for all ten, or one with that seed for each?"
    if key == "one in" and number is not None and 2 <= float(number) <= 60:
        return f"{given} times 0.039 is {float(number) * 0.039:.2f}: how many comparisons until chance yields one?"
    return _RETHINK[key]


AUDIT_SEEDS = Exercise(
    slug="audit_seeds",
    title='Audit: "before p = 0.039, now std = 0.000000"',
    kind="audit",
    core=False,
    difficulty=1,
    minutes=8,
    reference=FINDINGS,
    observe=_plain,
    mistakes=_WRONG,
    properties=(Property("each finding by itself", _which),),
    hints=(
        "Under pure chance a p-value is uniform between 0 and 1.",
        "Try np.std of ten numbers that ten generators with the same seed give.",
        "A comparison with nan is False, whatever stands on the other side.",
    ),
    not_tested="which test gave the p-value",
)
