"""Is the memory of a step predicted? The check of memory_of_step."""

from typing import Any

from course_lib.teaching.checks.cuda.memory_answers import PARTS, RIGHT, WRONG
from course_lib.teaching.exercises.compare import to_array
from course_lib.teaching.exercises.exercise import Exercise, Property
from course_lib.teaching.exercises.forms import all_the_same, kind_of
from course_lib.teaching.exercises.observe import Case, calls
from course_lib.training.plain_cuda import memory_of_step

_CASES = (
    Case([5, 7, 3], 4),
    Case([64, 300, 200, 10], 32, moments=1),
    Case([784, 256, 128, 10], 50, activation_bytes=2),
    Case([6, 2], 3, moments=0, activation_bytes=2),
    Case([30, 20, 40, 50, 8], 1000, 2, 4),
)
_ABOUT = {
    "weights": "which numbers has a layer, and how many bytes has each?",
    "gradients": "for which numbers does backward() make a gradient?",
    "moments": "how many numbers does the optimizer keep for each parameter, and in how many bytes?",
    "activations": "which widths are kept for each row, each how often, and in how many bytes?",
    "MiB": "what is the sum of the four parts, and how many bytes has a MiB?",
}


def _form(own: Any) -> str:
    """What is wrong with the form of a result, "" where nothing is."""
    keys = (*PARTS, "MiB")
    if not isinstance(own, dict):
        return f"return a dict with the keys {', '.join(keys)}; you return {kind_of(own)}"
    odd = [repr(key) for key in own if key not in keys]
    missing = [repr(key) for key in keys if key not in own]
    if odd or missing:
        told = f"{missing[0]} is missing" if missing else ""
        told += ("; " if odd and missing else "") + (f"{odd[0]} is not asked for" if odd else "")
        return f"return a dict with the keys {', '.join(keys)}: {told}"
    for key in keys:
        array = to_array(own[key])
        if array is None or array.ndim:
            return f"{key}: give one number; yours is {kind_of(own[key])}"
    return ""


def _which(seen: Any, right: Any) -> str | None:
    for case, facts in right.items():
        own = seen[case]["result"]
        form = _form(own)
        if form:
            return form
        wrong = [name for name in (*PARTS, "MiB") if abs(own[name] - facts["result"][name]) > 1e-9 * own[name]]
        if wrong:
            times = own[wrong[0]] / (facts["result"][wrong[0]] or 1)
            if wrong == ["MiB"] and own["MiB"] in (round(facts["result"]["MiB"], place) for place in range(7)):
                return f"{case}: MiB is rounded to {own['MiB']:g}; return it as it is"
            told = f"{case}: {', '.join(wrong)} not right; {wrong[0]}: {own[wrong[0]]:g}"
            told += f", {times:g} times the right number" if facts["result"][wrong[0]] else ", and nothing is held"
            return f"{told}\n{_ABOUT[wrong[0]]}"
    return None


MEMORY_OF_STEP = Exercise(
    slug="memory_of_step",
    title="Predict the memory of a step",
    kind="implement",
    core=True,
    difficulty=2,
    minutes=20,
    reference=memory_of_step,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(RIGHT),
    mistakes=WRONG,
    properties=(Property("each part by itself", _which),),
    hints=(
        "Three parts are a multiple of the parameters; only the activations know the batch.",
        "A layer has inputs times outputs weights and as many biases as outputs.",
        "Activations: one number for each row of the batch and each width, the first and the last included.",
    ),
    not_tested="what lives for a moment only, such as the gradient of the last output",
    fade=("parameters = ", "activations = "),
    indistinguishable=all_the_same(RIGHT),
)
