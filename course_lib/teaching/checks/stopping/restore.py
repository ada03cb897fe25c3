"""Do the arrays of the network hold the best values at the end? The check of fit_and_restore.

The probe is a network of two arrays that every epoch raises by 1, with scripted validation losses: the values at the
end tell from which epoch they are.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_stopping import fit_and_restore
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, known
from course_lib.teaching.exercises.observe import calls

_NAN = math.nan
# Validation losses of the epochs, the most epochs, patience.
_SCRIPTS = (
    ([5.0, 4.0, 3.0, 3.5, 3.2, 3.1, 1.0, 0.5], 8, 3),
    ([5.0, 4.0, 4.5, 3.0, 3.0, 3.4, 3.3, 2.0], 6, 4),
    ([3.0, 2.0, 1.0, 0.5], 4, 1),
    ([_NAN, _NAN, _NAN, 1.0], 4, 2),
    ([2.0, _NAN, 1.5, 1.8, 1.7, 1.6, 1.0], 7, 3),
    ([4.0, 4.5, 3.5, 3.8, 3.0, 3.6, 3.4], 7, 2),
)
MISTAKES: list[Mistake] = []
VARIANTS: list[Variant] = []


def _scripted(answer: Any) -> Callable[..., dict[str, Any]]:
    """Run the answer on the two arrays and tell what is in them afterwards."""

    def run(values: list[float], epochs: int, patience: int) -> dict[str, Any]:
        arrays = [np.zeros((2, 3)), np.zeros(3)]
        parameters = list(arrays)
        trained: list[int] = []

        def train_epoch(given: list[np.ndarray]) -> None:
            trained.append(1)
            for array in given:
                array += 1.0

        def validate(given: list[np.ndarray]) -> float:
            return values[min(len(trained), len(values)) - 1]

        best_epoch = answer(parameters, train_epoch, validate, epochs, patience)
        held = [sorted(set(array.ravel().tolist())) for array in arrays]
        return {"best epoch": best_epoch, "epochs trained": len(trained), "values in the network": held}

    return run


def _seen(answer: Any) -> Any:
    return calls(_scripted(answer), *_SCRIPTS)


def _fit(
    parameters,
    train_epoch,
    validate,
    epochs,
    patience,
    *,
    copy=lambda ps: [p.copy() for p in ps],
    before=False,
    better=lambda value, best: value < best,
    reset=True,
    more=0,
    previous=False,
    first=False,
    only_early=False,
    restore=True,
    behind=False,
):
    """Training that is right with these defaults; each known mistake changes one of them."""
    best, best_epoch, bad, kept, epoch = math.inf, 0, 0, copy(parameters), 0
    for epoch in range(1, epochs + 1):
        older = copy(parameters) if before else None
        train_epoch(parameters)
        value = validate(parameters)
        if better(value, best):
            best, bad = value, 0 if reset else bad
            if not (first and best_epoch):
                kept = older if before else copy(parameters)
            best_epoch = epoch
        else:
            bad += 1
        if previous:
            best = value
        if bad >= patience + more:
            break
    if restore and not (only_early and epoch == epochs and bad < patience):
        for parameter, saved in list(zip(parameters, kept, strict=False))[: 1 if behind else None]:
            parameter[...] = saved
    return best_epoch


@also_right(VARIANTS, "one flat copy of all parameters")
def one_vector(parameters, train_epoch, validate, epochs, patience):
    flat = {"kept": np.concatenate([p.ravel() for p in parameters])}

    def copy(ps):
        flat["kept"] = np.concatenate([p.ravel() for p in ps])
        return flat["kept"]

    best_epoch = _fit(parameters, train_epoch, validate, epochs, patience, copy=copy, restore=False)
    start = 0
    for parameter in parameters:
        parameter[...] = flat["kept"][start : start + parameter.size].reshape(parameter.shape)
        start += parameter.size
    return best_epoch


@known(MISTAKES, "the last weights", "is what you keep a copy, and is it written back into the arrays?")
def no_restore(parameters, train_epoch, validate, epochs, patience):
    return _fit(parameters, train_epoch, validate, epochs, patience, restore=False)


@known(
    MISTAKES,
    "an alias, not a copy",
    "kept = parameters: how many arrays are there then?",
)
def alias(parameters, train_epoch, validate, epochs, patience):
    return _fit(parameters, train_epoch, validate, epochs, patience, copy=lambda ps: ps)


@known(
    MISTAKES,
    "a list of the same arrays",
    "list(parameters) makes a new list; does it make new arrays?",
)
def shallow_copy(parameters, train_epoch, validate, epochs, patience):
    return _fit(parameters, train_epoch, validate, epochs, patience, copy=list)


@known(
    MISTAKES,
    "a restored local name",
    "parameters = kept: which arrays does the network use afterwards?",
)
def rebound(parameters, train_epoch, validate, epochs, patience):
    return _fit(list(parameters), train_epoch, validate, epochs, patience, restore=False)


@known(MISTAKES, "a copy taken before the epoch that improved", "whose loss was measured: before or after training?")
def copied_before(parameters, train_epoch, validate, epochs, patience):
    return _fit(parameters, train_epoch, validate, epochs, patience, before=True)


@known(MISTAKES, "a copy that is made once, at the first improvement", "and the improvements that follow?")
def first_copy(parameters, train_epoch, validate, epochs, patience):
    return _fit(parameters, train_epoch, validate, epochs, patience, first=True)


@known(
    MISTAKES,
    "a restore only where training stopped early",
    "epochs ran out while the counter was at 2: is the last epoch the best?",
)
def only_when_stopped(parameters, train_epoch, validate, epochs, patience):
    return _fit(parameters, train_epoch, validate, epochs, patience, only_early=True)


@known(MISTAKES, "a restore of the first array only", "does a layer have nothing but a weight?")
def first_array(parameters, train_epoch, validate, epochs, patience):
    return _fit(parameters, train_epoch, validate, epochs, patience, behind=True)


@known(
    MISTAKES, "training that waits one bad epoch too many", "with patience 1, after how many bad epochs do you stop?"
)
def one_too_many(parameters, train_epoch, validate, epochs, patience):
    return _fit(parameters, train_epoch, validate, epochs, patience, more=1)


@known(MISTAKES, "a counter that is never reset", "bad, good, bad, good: how many bad epochs in a row are that?")
def never_reset(parameters, train_epoch, validate, epochs, patience):
    return _fit(parameters, train_epoch, validate, epochs, patience, reset=False)


@known(MISTAKES, "a comparison with the epoch before", "up by 2, then down by 1: is that a new best?")
def with_the_last(parameters, train_epoch, validate, epochs, patience):
    return _fit(parameters, train_epoch, validate, epochs, patience, previous=True)


@known(MISTAKES, "training for which NaN is an improvement", "what is `not (nan >= best)`, and is nan a good loss?")
def nan_improves(parameters, train_epoch, validate, epochs, patience):
    return _fit(parameters, train_epoch, validate, epochs, patience, better=lambda value, best: not value >= best)


@known(MISTAKES, "training for which a tie improves", "the loss is flat for ever: when do you stop?")
def ties_improve(parameters, train_epoch, validate, epochs, patience):
    return _fit(parameters, train_epoch, validate, epochs, patience, better=lambda value, best: value <= best)


@known(MISTAKES, "training that never stops early", "which line ends the loop?")
def never_stops(parameters, train_epoch, validate, epochs, patience):
    return _fit(parameters, train_epoch, validate, epochs, patience, more=10**6)


def _first_wrong(seen: Any, right: Any) -> str | None:
    for (values, epochs, patience), (name, case) in zip(_SCRIPTS, right.items(), strict=True):
        own = seen[name]["result"]
        for key, rule in case["result"].items():
            if own[key] != rule:
                return f"losses {values}, at most {epochs} epochs, patience {patience}: {key} {own[key]!r}"
    return None


FIT_AND_RESTORE = Exercise(
    slug="fit_and_restore",
    title="Keep the best weights, and put them back",
    kind="faded",
    core=True,
    difficulty=2,
    minutes=15,
    reference=fit_and_restore,
    observe=_seen,
    accepted=tuple(VARIANTS),
    mistakes=tuple(MISTAKES),
    properties=(Property("what the network holds", _first_wrong),),
    hints=(
        "A name is not a copy. How many arrays exist after `kept = parameters`, or after `list(parameters)`?",
        "array.copy() for every array, at the moment of the improvement.",
        "parameter[...] = saved writes into the array; parameter = saved only moves a name.",
    ),
    not_tested="the state of the optimizer, which a run that goes on would need as well",
    fade=("array.copy()", "bad_epochs += 1", "parameter[...] = saved"),
    indistinguishable=(*all_the_same(VARIANTS), ("no_restore", "alias", "shallow_copy", "rebound")),
)
