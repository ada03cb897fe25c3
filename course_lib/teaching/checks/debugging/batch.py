"""One batch learned by heart: its cases and its known mistakes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.by_hand.debugging import overfit_one_batch
from course_lib.teaching.exercises.kinds import implement

_X = np.arange(40.0)[:, None] * [1.0, 10.0]  # row k is (k, 10 k), its label is k
_Y = np.arange(40)
_DRAWS = 12  # so many that a batch drawn with replacement has a row twice at least once


def _facts(answer: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """What an answer does with a step of known losses, as numbers and facts."""

    def run(losses: list[float], options: tuple[float, ...]) -> dict[str, Any]:
        def asked(seed: int, losses: list[float]) -> tuple[Any, list[list[int]], list[list[int]], bool]:
            """What is returned, the rows and the labels of every step, and whether x and y are as they were."""
            x, y, rows, labels = _X.copy(), _Y.copy(), list[list[int]](), list[list[int]]()

            def step(x: np.ndarray, y: np.ndarray) -> float:
                rows.append(np.asarray(x)[:, 0].astype(int).tolist())
                labels.append(np.asarray(y).tolist())
                return losses[min(len(rows), len(losses)) - 1]

            said = answer(step, x, y, np.random.default_rng(seed), *options)
            return said, rows, labels, np.array_equal(x, _X) and np.array_equal(y, _Y)

        said, rows, labels, unchanged = asked(3, losses)
        others = [asked(seed, [0.0])[1] for seed in range(3, 4 + _DRAWS)]
        first, again, *draws = [steps[0] if steps else [] for steps in (rows, *others)]
        return {
            "returned": said,
            "steps made": len(rows),
            "rows of a batch": len(first),
            f"a row twice in one of {_DRAWS} batches": any(len(set(one)) < len(one) for one in draws),
            "the same batch in every step": all(one == first for one in rows),
            "labels belong to the rows": labels == rows,
            "another batch for another rng": sorted(draws[0]) != sorted(first),
            "the same batch for an equal rng": again == first,
            "the first rows of the data": sorted(first) == list(range(len(first))),
            "x and y as they were": unchanged,
        }

    return run


_FALLING = [2.3, 1.0, 0.5, 0.1, 0.05, 0.009, 0.02, 0.001]


def with_permutation(step, x, y, rng, size=16, steps=300, target=0.01):
    rows, done = rng.permutation(len(x))[:size], 0
    while done < steps:
        loss = step(x[rows], y[rows])
        if np.isnan(loss) or np.isinf(loss):
            break
        if loss < target:
            return done
        done += 1
    return -1


OVERFIT_ONE_BATCH = implement(
    "overfit_one_batch: Learn one batch by heart | difficulty 2, 15 minutes",
    overfit_one_batch,
    cases=(  # losses; size, steps, target
        (_FALLING, ()),
        (_FALLING, (5, 4)),
        (_FALLING, (8, 20, 0.3)),
        ([2.3, 5.0, float("nan"), 0.001], (8,)),
        ([2.3, float("inf"), 0.001], (8,)),
        ([0.001, 0.5], (8,)),
        ([2.3, 2.2, 2.1], (8, 6)),
        (_FALLING, (8, 300, 0.009)),
        ([2.3, float("-inf"), 0.001], (8,)),  # below every target, and not finite
        (_FALLING, (40, 6)),  # all rows, and the last step
        ([2.3] + [0.015] * 299 + [0.001], ()),  # a step too late, and never below the usual target before
    ),
    run=_facts,
    names={"with_permutation": with_permutation},
    right="with_permutation: a permutation cut off, and a while loop",
    wrong="""
    new_batch: a new batch in every step | is it one batch that is to be learned by heart?
        drop: rows = A; before loss = A -> rows = rng.choice(len(x), size, replace=False)
    all_data: the whole data in place of a batch | how many samples shall the network store?
        step(x[rows], y[rows]) -> step(x, y)
    first_rows: the first rows of the data | what would they hold if the data were sorted by class?
        rows = A -> rows = np.arange(size)
    with_replacement: rows drawn with replacement | how many different samples are in the batch?
        rng.choice(len(x), size, replace=False) -> rng.integers(0, len(x), size)
    drawn_apart: images and labels drawn apart | does label k still belong to image k?
        after rows = A -> other = rng.choice(len(x), size, replace=False); y[rows] -> y[other]
    global_generator: a batch from numpy's global generator | which generator were you given, and what is it for?
        rng.choice -> np.random.choice
    own_generator: a batch from a generator of its own, the same for every rng | does another rng give another batch?
        first: rng = np.random.default_rng(0)
    one_too_many: a count that includes the step that only measured | how many updates lie before the loss you read?
        return done -> return done + 1
    met_exactly: a target that counts when it is met exactly | is 0.01 below 0.01?
        loss < target -> loss <= target
    goes_on: a run that goes on after NaN or infinity | what can a network still learn whose loss is NaN?
        drop: if not np.isfinite(loss): ...
    only_nan: a test for NaN that lets infinity pass | is an infinite loss a finite one?
        not np.isfinite(loss) -> np.isnan(loss)
    target_first: a loss of minus infinity that counts as learned | is minus infinity a finite loss?
        not np.isfinite(loss) -> loss >= target and not np.isfinite(loss) or np.isnan(loss)
    never_stops: all steps made, whatever the loss | what is left to do when the target is reached?
        for done in range(steps): ... -> losses = [step(x[rows], y[rows]) for _ in range(steps)]
        return: next((k for k, loss in enumerate(losses) if loss < target and np.isfinite(losses[: k + 1]).all()), -1)
    steps_for_failure: the number of steps where the target is never reached | how does the caller see that it failed?
        every return -1 -> return steps
    """,
    hints="""
    Draw the rows before the loop: rng.choice(len(x), size, replace=False).
    step returns the loss before its update: the first call tells the loss after 0 updates.
    Three ends: the loss is not finite, the loss is below the target, the steps are used up.
    """,
    not_tested="whether every batch is equally likely",
    fade=("rows = ", "loss = "),
)
