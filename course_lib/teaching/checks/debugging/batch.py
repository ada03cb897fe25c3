"""Does a network learn one batch by heart? Known mistakes, and the check of overfit_one_batch."""

from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_debugging import overfit_one_batch
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, known
from course_lib.teaching.exercises.observe import calls

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


class _Recorder:
    """A step whose losses are given in advance; it keeps the rows that it was given."""

    def __init__(self, losses: list[float]) -> None:
        self.losses, self.batches = losses, []

    def __call__(self, x: np.ndarray, y: np.ndarray) -> float:
        self.batches.append((np.array(x), np.array(y)))
        place = min(len(self.batches), len(self.losses)) - 1
        return self.losses[place]


_X = np.arange(40.0)[:, None] * [1.0, 10.0]  # row k is (k, 10 k), its label is k
_Y = np.arange(40)


def _facts(answer: Any) -> Any:
    """What an answer does with a step of known losses, as numbers and facts."""

    def run(losses: list[float], options: dict[str, Any]) -> dict[str, Any]:
        recorder = _Recorder(losses)
        said = answer(recorder, _X, _Y, np.random.default_rng(3), **options)
        rows = [x[:, 0].astype(int).tolist() for x, _ in recorder.batches]
        labels = [np.asarray(y).tolist() for _, y in recorder.batches]
        first = rows[0] if rows else []
        again = _Recorder(losses)
        answer(again, _X, _Y, np.random.default_rng(4), **options)
        other = again.batches[0][0][:, 0].astype(int).tolist() if again.batches else []
        return {
            "returned": said,
            "steps made": len(rows),
            "rows of a batch": len(first),
            "rows twice in it": len(set(first)) < len(first),
            "the same batch in every step": all(one == first for one in rows),
            "labels belong to the rows": labels == rows,
            "another batch for another rng": sorted(other) != sorted(first),
        }

    return run


_FALLING = [2.3, 1.0, 0.5, 0.1, 0.05, 0.009, 0.02, 0.001]
_CASES = (
    (_FALLING, {}),
    (_FALLING, {"size": 5, "steps": 4}),
    (_FALLING, {"size": 8, "target": 0.3, "steps": 20}),
    ([2.3, 5.0, float("nan"), 0.001], {"size": 8}),
    ([2.3, float("inf"), 0.001], {"size": 8}),
    ([0.001, 0.5], {"size": 8}),
    ([2.3, 2.2, 2.1], {"size": 8, "steps": 6}),
    (_FALLING, {"size": 8, "target": 0.009}),
)


def _batch(x, y, rng, size):
    rows = rng.choice(len(x), size, replace=False)
    return x[rows], y[rows]


def _run(step, batch_of, steps, target, *, first=0, at_most=False, go_on=False):
    for done in range(steps):
        loss = step(*batch_of())
        if not np.isfinite(loss) and not go_on:
            return -1
        if loss < target or (at_most and loss == target):
            return done + first
    return -1


@also_right(_RIGHT, "a permutation cut off, and a while loop")
def with_permutation(step, x, y, rng, size=16, steps=300, target=0.01):
    rows, done = rng.permutation(len(x))[:size], 0
    while done < steps:
        loss = step(x[rows], y[rows])
        if loss < target:
            return done
        if np.isnan(loss) or np.isinf(loss):
            break
        done += 1
    return -1


@known(_WRONG, "a new batch in every step", "is it one batch that is to be learned by heart?")
def new_batch(step, x, y, rng, size=16, steps=300, target=0.01):
    return _run(step, lambda: _batch(x, y, rng, size), steps, target)


@known(_WRONG, "the whole data in place of a batch", "how many samples shall the network store?")
def all_data(step, x, y, rng, size=16, steps=300, target=0.01):
    return _run(step, lambda: (x, y), steps, target)


@known(_WRONG, "the first rows of the data", "what would they hold if the data were sorted by class?")
def first_rows(step, x, y, rng, size=16, steps=300, target=0.01):
    return _run(step, lambda: (x[:size], y[:size]), steps, target)


@known(_WRONG, "rows drawn with replacement", "how many different samples are in the batch?")
def with_replacement(step, x, y, rng, size=16, steps=300, target=0.01):
    rows = rng.integers(0, len(x), size)
    rows[-1] = rows[0]
    return _run(step, lambda: (x[rows], y[rows]), steps, target)


@known(_WRONG, "images and labels drawn apart", "does label k still belong to image k?")
def drawn_apart(step, x, y, rng, size=16, steps=300, target=0.01):
    own, other = rng.choice(len(x), size, replace=False), rng.choice(len(x), size, replace=False)
    return _run(step, lambda: (x[own], y[other]), steps, target)


@known(_WRONG, "a count that includes the step that only measured", "how many updates lie before the loss you read?")
def one_too_many(step, x, y, rng, size=16, steps=300, target=0.01):
    batch = _batch(x, y, rng, size)
    return _run(step, lambda: batch, steps, target, first=1)


@known(_WRONG, "a target that counts when it is met exactly", "is 0.01 below 0.01?")
def met_exactly(step, x, y, rng, size=16, steps=300, target=0.01):
    batch = _batch(x, y, rng, size)
    return _run(step, lambda: batch, steps, target, at_most=True)


@known(_WRONG, "a run that goes on after NaN or infinity", "what can a network still learn whose loss is NaN?")
def goes_on(step, x, y, rng, size=16, steps=300, target=0.01):
    batch = _batch(x, y, rng, size)
    return _run(step, lambda: batch, steps, target, go_on=True)


@known(_WRONG, "all steps made, whatever the loss", "what is left to do when the target is reached?")
def never_stops(step, x, y, rng, size=16, steps=300, target=0.01):
    batch = _batch(x, y, rng, size)
    losses = [step(*batch) for _ in range(steps)]
    good = [k for k, loss in enumerate(losses) if loss < target and np.isfinite(losses[: k + 1]).all()]
    return good[0] if good else -1


@known(_WRONG, "the number of steps where the target is never reached", "how does the caller see that it failed?")
def steps_for_failure(step, x, y, rng, size=16, steps=300, target=0.01):
    batch = _batch(x, y, rng, size)
    done = _run(step, lambda: batch, steps, target)
    return steps if done == -1 else done


def _which(seen: Any, right: Any) -> str | None:
    for case, facts in seen.items():
        for name, rule in right[case]["result"].items():
            own = facts["result"][name]
            if own != rule:
                return f"{case}: {name}: {own}, expected {rule}"
    return None


OVERFIT_ONE_BATCH = Exercise(
    slug="overfit_one_batch",
    title="Learn one batch by heart",
    kind="implement",
    core=False,
    difficulty=2,
    minutes=15,
    reference=overfit_one_batch,
    observe=lambda answer: calls(_facts(answer), *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("what the steps were given", _which),),
    hints=(
        "Draw the rows before the loop: rng.choice(len(x), size, replace=False).",
        "step returns the loss before its update: the first call tells the loss after 0 updates.",
        "Three ends: the loss is not finite, the loss is below the target, the steps are used up.",
    ),
    not_tested="whether every batch is equally likely",
    fade=("rows = ", "loss = "),
    indistinguishable=all_the_same(_RIGHT),
)
