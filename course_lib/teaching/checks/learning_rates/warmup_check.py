"""Does the rate rise, fall and stay as it should? The check of warmup_cosine."""

from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_schedules import warmup_cosine
from course_lib.teaching.checks.learning_rates.warmup import MISTAKES, VARIANTS
from course_lib.teaching.exercises.exercise import Exercise, Property
from course_lib.teaching.exercises.forms import all_the_same
from course_lib.teaching.exercises.observe import calls

RUNS = {  # rate, steps, warmup, floor, and how many updates are looked at: beyond the end as well
    "case 1": (0.4, 15, 4, 0.15, 19),
    "case 2": (3.0, 9, 1, 0.0, 11),
    "case 3": (0.02, 7, 0, 0.5, 9),
}


def _rates(answer: Any) -> Any:
    def run(rate: float, steps: int, warmup: int, floor: float, looked_at: int) -> Any:
        values = [answer(step, rate, steps, warmup, floor) for step in range(looked_at)]
        return None if all(value is None for value in values) else np.array(values, float) / rate

    return run


def _observe(answer: Any) -> dict[str, Any]:
    return calls(_rates(answer), *RUNS.values())


def _where(seen: Any, right: Any) -> str | None:
    for case, (rate, steps, warmup, floor, _) in RUNS.items():
        own, rule = np.asarray(seen[case]["result"]) * rate, np.asarray(right[case]["result"]) * rate
        wrong = np.flatnonzero(~np.isclose(own, rule, rtol=1e-6, atol=1e-12))
        if len(wrong):
            k = int(wrong[0])
            part = "in the warm-up" if k < warmup else "where the cosine begins" if k == warmup else "in the cosine"
            part = part if k < steps else "at the end or after it"
            given = f"rate {rate}, steps {steps}, warmup {warmup}, floor {floor}"
            return f"{given}: update {k} ({part}) has {own[k]:.4g} and should have {rule[k]:.4g}"
    return None


WARMUP_COSINE = Exercise(
    slug="warmup_cosine",
    title="Warm-up, then cosine",
    kind="implement",
    core=True,
    difficulty=2,
    minutes=15,
    reference=warmup_cosine,
    observe=_observe,
    accepted=tuple(VARIANTS),
    mistakes=tuple(MISTAKES),
    properties=(Property("each part by itself", _where),),
    hints=(
        "Two cases: step < warmup, and the rest. Update `warmup` itself belongs to the rest.",
        "For the rest make one number, the progress: 0 at update `warmup`, 1 at `steps`, and never above 1.",
        "(1 + cos(pi * progress)) / 2 goes from 1 to 0; stretch it so that it goes from rate to floor * rate.",
    ),
    not_tested="warmup >= steps, steps that are not whole numbers",
    indistinguishable=all_the_same(VARIANTS),
    fade=("progress =", "return rate * (floor"),
)
