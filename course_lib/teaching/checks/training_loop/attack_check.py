"""Does the learner's gradient check accept right layers and find planted faults? The check of layer_passes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.numpy_nn.gradcheck import layer_passes
from course_lib.teaching.checks.training_loop.attack import MISTAKES, VARIANTS
from course_lib.teaching.checks.training_loop.versions import PLANTED, RIGHT, Version
from course_lib.teaching.exercises.exercise import Exercise, Property
from course_lib.teaching.exercises.forms import all_the_same
from course_lib.teaching.exercises.observe import attack

# What to ask about each fault that survived, in the order in which it is asked.
_SURVIVED = {
    "weight gradient / n": "on how many samples do you look at weight_gradient?",
    "bias gradient a mean": "do you look at bias_gradient?",
    "square weight not transposed": "do you compare what backward returns?",
    "outputs reversed": "does your upstream gradient tell one output from another?",
    "upstream ignored": "does your upstream gradient differ from all ones?",
    "tanh slope 1 - y": "do you check layers that have no weight?",
    "relu mask on gradient": "does your upstream gradient have both signs?",
    "tanh without signs": "does your upstream gradient have both signs?",
    "weight gradient / n (small x)": "is your limit relative to the size of the gradients?",
    "leaky slope doubled": "how large an error do you let pass, and do you look at every entry?",
}


def _reading(seen: Any, right: Any) -> str | None:
    alarms = [name for name, accepted in seen["right"].items() if accepted is not True]
    alive = [name for name, accepted in seen["planted"].items() if accepted is not False]
    if alarms and set(alarms) <= {"relu", "relu (all off)"}:
        return "gradients of a ReLU that is off are zero: what does your measure of error say of two zeros?"
    if alarms:
        return "right layers are rejected: print the error you find for one of them; which part of it is your own?"
    asked = [question for name, question in _SURVIVED.items() if name in alive]
    return asked[0] if asked else "some entries are not looked at: is every entry of all three gradients compared?"


def _observe(answer: Callable[..., Any]) -> dict[str, Any]:
    def test(version: Version) -> Any:
        return answer(version.build(), version.x.copy(), np.random.default_rng(0))

    return attack(test, right=RIGHT, planted=PLANTED)


LAYER_PASSES = Exercise(
    slug="layer_passes",
    title="Attack: a gradient check that finds planted faults",
    kind="attack",
    core=True,
    difficulty=3,
    minutes=25,
    reference=layer_passes,
    observe=_observe,
    accepted=VARIANTS,
    mistakes=MISTAKES,
    properties=(Property("what survived", _reading),),
    hints=(
        "Make one number of the output: sum(forward(x) * upstream). Its gradient is what backward(upstream) claims.",
        "backward makes up to three claims: what it returns, weight_gradient and bias_gradient. Copy them first.",
        "Draw upstream at random with both signs, and compare by relative_error with a small limit.",
    ),
    not_tested="layers that draw random numbers, such as dropout",
    indistinguishable=(*all_the_same(VARIANTS), ("tiny_step", "single_precision")),
)
