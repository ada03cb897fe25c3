"""Does the learner's test accept right initializers and find planted faults? The check of he_normal_passes."""

from typing import Any

from course_lib.numpy_nn.plain_initializers import he_normal_passes
from course_lib.teaching.checks.initialization.attack import MISTAKES, VARIANTS
from course_lib.teaching.checks.initialization.versions import PLANTED, RIGHT
from course_lib.teaching.exercises.exercise import Exercise, Property
from course_lib.teaching.exercises.forms import all_the_same
from course_lib.teaching.exercises.observe import attack

# What to ask about each fault that survived, in the order in which it is asked.
_SURVIVED = {
    "LeCun": "do you compare the deviation with sqrt(2 / fan-in)?",
    "fan-out": "is fan-in different from fan-out in your shapes?",
    "+10 %": "how far off may the deviation be before you reject it?",
    "mean": "do you look at the mean?",
    "turned": "do you look at the shape?",
    "uniform": "which number tells a normal from a uniform distribution of the same variance?",
    "copies": "do you compare one column with another?",
    "seed": "do you try two seeds?",
    "global": "do you draw twice from equal seeds?",
    "drawn": "do you compare float32 and float64 weights of one seed?",
    "dtype": "do you look at the dtype?",
}


def _reading(seen: Any, right: Any) -> str | None:
    alarms = [name for name, accepted in seen["right"].items() if accepted is not True]
    alive = [name for name, accepted in seen["planted"].items() if accepted is not False]
    if alarms:
        return "right initializers are rejected: print what you measure for one of them, and your bounds"
    asked = [question for name, question in _SURVIVED.items() if name in alive]
    return asked[0] if asked else None


HE_NORMAL_PASSES = Exercise(
    slug="he_normal_passes",
    title="Attack: a test that tells He's initializer from twelve others",
    kind="attack",
    core=True,
    difficulty=3,
    minutes=25,
    reference=he_normal_passes,
    observe=lambda answer: attack(answer, right=RIGHT, planted=PLANTED),
    accepted=VARIANTS,
    mistakes=MISTAKES,
    properties=(Property("what survived", _reading),),
    hints=(
        "Draw enough weights that chance is small: 40,000 numbers have a deviation that is off by 0.4 % at most.",
        "Never square shapes; mean, deviation, and E[z^4], which is 3 for a normal and 1.8 for a uniform distribution.",
        "Then the seeds: equal seeds, different seeds, and float32 against float64.",
    ),
    not_tested="truncated normal weights, and dependence between weights that are not copies",
    indistinguishable=(*all_the_same(VARIANTS), ("too_strict", "rejects_all")),
)
