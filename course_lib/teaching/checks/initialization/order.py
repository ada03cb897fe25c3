"""In which order are weights drawn, measured and scaled? The lines, and the check of order_measured_start."""

from typing import Any

from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.spelling import letters_of

# Shown in this order; two lines are not needed. Layer-sequential unit variance, Mishkin & Matas 2016.
LINES = {
    "A": "signal = np.maximum(signal @ weight, 0)",
    "B": "weight = weight / size",
    "C": "for shape in shapes:",
    "D": "weights.append(weight)",
    "E": "weight = weight / size**2",
    "F": "size = (signal @ weight).std()",
    "G": "signal = x",
    "H": "weight = orthogonal(shape, rng)",
    "I": "size = weight.std()",
}
_RIGHT = list("GCHFBDA")


def loop_of(letters: list[str]) -> str:
    """The lines that the letters name; those after the `for` line stand inside the loop."""
    depth, lines = 0, []
    for letter in letters:
        lines.append("    " * depth + LINES[letter])
        depth += LINES[letter].startswith("for ")
    return "\n".join(lines)


def _mistake(id: str, letters: str, cause: str, question: str) -> Mistake:
    return Mistake(id, cause, question, list(letters))


_WRONG = (
    _mistake(
        "signal_not_passed",
        "GCHFBD",
        "a loop in which every layer is measured on the data",
        "what does the second layer receive when the network runs?",
    ),
    _mistake(
        "signal_reset",
        "CGHFBDA",
        "a loop that starts every layer from the data again",
        "what does the second layer receive when the network runs?",
    ),
    _mistake(
        "passed_before_scaling",
        "GCHFABD",
        "a signal that passes through the weights before they are scaled",
        "which weights will the finished network use?",
    ),
    _mistake(
        "passed_before_measuring",
        "GCHAFBD",
        "a layer that is measured on its own output",
        "which signal enters the layer whose sums you measure?",
    ),
    _mistake(
        "stored_before_scaling",
        "GCHFDBA",
        "a list of the weights as they were before scaling",
        "does weight / size change the array that was stored, or make a new one?",
    ),
    _mistake(
        "stored_as_drawn",
        "GCHDFBA",
        "a list of the weights as they were drawn",
        "does weight / size change the array that was stored, or make a new one?",
    ),
    _mistake(
        "by_the_square",
        "GCHFEDA",
        "weights divided by the variance of the sums",
        "if the sums are 3 times too large, by what must the weights be divided?",
    ),
    _mistake(
        "own_deviation",
        "GCHIBDA",
        "weights scaled to a deviation of 1, whatever the layer receives",
        "how large are sums of 300 such terms?",
    ),
    _mistake(
        "measured_before_drawn",
        "GCFHBDA",
        "a loop that measures before there are weights",
        "which line gives `weight` its value?",
    ),
    _mistake(
        "divided_before_measured",
        "GCHBFDA",
        "a loop that divides by a size that was not measured yet",
        "which line gives `size` its value?",
    ),
    _mistake(
        "drawn_once",
        "GHCFBDA",
        "one weight matrix for all layers",
        "do all layers have the same shape?",
    ),
)

# What to say of a line that is not needed, wherever it stands: what the loop then does, and a question.
_NOT_NEEDED = {
    "I": "with I your start measures the weights and not the sums\nwhich size should be 1?",
    "E": "with E your start divides by the variance of the sums\n"
    "if the sums are 3 times too large, by what must the weights be divided?",
}


def _unneeded(seen: Any, right: Any) -> str | None:
    return next((told for letter, told in _NOT_NEEDED.items() if letter in seen), None)


ORDER_MEASURED_START = Exercise(
    slug="order_measured_start",
    title="Measure in place of deriving",
    kind="order",
    core=False,
    difficulty=2,
    minutes=8,
    reference=_RIGHT,
    observe=letters_of,
    accepted=(Variant("stored_last", list("GCHFBAD"), "the weights are stored after the signal has passed"),),
    mistakes=_WRONG,
    properties=(Property("no line that is not needed", _unneeded),),
    hints=(
        "For each line ask which names it reads, and which line makes them.",
        "Draw, measure the sums, scale, and only then let the signal pass to the next layer.",
        "`weight / size` makes a new array; what was stored before keeps the old numbers.",
    ),
    not_tested="the indentation: every line after the `for` belongs to the loop",
)
