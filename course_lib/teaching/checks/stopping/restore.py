"""The best weights kept and put back: cases and known mistakes of fit_and_restore.

The probe is a network of two arrays that every epoch raises by 1, with scripted validation losses: the values in
the arrays tell from which epoch they are, to `validate` and at the end.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.by_hand.stopping import fit_and_restore
from course_lib.teaching.exercises.kinds import Property, first_trait, implement

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
_SHOWN = [f"losses {values}, at most {epochs} epochs, patience {patience}" for values, epochs, patience in _SCRIPTS]


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
            seen = float(np.mean([array.mean() for array in given]))  # the epoch whose weights these arrays hold
            return values[min(round(seen), len(values)) - 1] if seen == round(seen) else _NAN

        best_epoch = answer(parameters, train_epoch, validate, epochs, patience)
        held = [sorted(set(array.ravel().tolist())) for array in arrays]
        return {"best epoch": best_epoch, "epochs trained": len(trained), "values in the network": held}

    return run


FIT_AND_RESTORE = implement(
    "fit_and_restore: Keep the best weights, and put them back | core, difficulty 2, 15 minutes",
    fit_and_restore,
    complete=True,
    cases=_SCRIPTS,
    run=_scripted,
    right="""
    one_vector: one flat copy of all parameters
        every [A.copy() for A in B] -> np.concatenate([array.ravel() for array in parameters])
        first: ends = np.cumsum([array.size for array in parameters])[:-1]
        zip(parameters, kept, strict=True)
        -> zip(parameters, [part.reshape(old.shape) for part, old in zip(np.split(kept, ends), parameters)])
    """,
    wrong="""
    no_restore: the last weights | is what you keep a copy, and is it written back into the arrays?
        parameter[...] = saved -> pass
    alias: an alias, not a copy | kept = parameters: how many arrays are there then?
        every [A.copy() for A in B] -> parameters
    shallow_copy: a list of the same arrays | list(parameters) makes a new list; does it make new arrays?
        every [A.copy() for A in B] -> list(parameters)
    rebound: a restored local name | parameters = kept: which arrays does the network use afterwards?
        parameter[...] = saved -> parameter = saved
    copied_before: a copy taken before the epoch that improved | whose loss was measured: before or after training?
        before train_epoch(parameters) -> older = [array.copy() for array in parameters]
        kept = [array.copy() for array in parameters] -> kept = older
    first_copy: a copy that is made once, at the first improvement | and the improvements that follow?
        kept = [array.copy() for array in parameters]
        -> kept = kept if copied else [array.copy() for array in parameters]; copied = True
        first: copied = False
    only_when_stopped: a restore only where training stopped early
        | epochs ran out while the counter was at 2: is the last epoch the best?
        zip(parameters, kept, strict=True) -> zip(parameters, kept) if epoch < epochs or bad_epochs >= patience else ()
    first_array: a restore of the first array only | does a layer have nothing but a weight?
        zip(parameters, kept, strict=True) -> zip(parameters[:1], kept)
    one_too_many: training that waits one bad epoch too many | with patience 1, after how many bad epochs do you stop?
        bad_epochs >= patience -> bad_epochs >= patience + 1
    never_reset: a counter that is never reset | bad, good, bad, good: how many bad epochs in a row are that?
        best, best_epoch, bad_epochs = value, epoch, 0 -> best, best_epoch = value, epoch
    with_the_last: a comparison with the epoch before | up by 2, then down by 1: is that a new best?
        before if bad_epochs >= patience: ... -> best = value
    nan_improves: training for which NaN is an improvement | what is `not (nan >= best)`, and is nan a good loss?
        value < best -> not value >= best
    ties_improve: training for which a tie improves | the loss is flat for ever: when do you stop?
        value < best -> value <= best
    not_on_return: a stop that leaves the function before the restore
        | which lines still run when the training stops early?
        break -> return best_epoch
    kept_measured: a validation of the kept weights, not of those that were just trained
        | which weights shall be measured after an epoch?
        validate(parameters) -> validate(kept)
    never_stops: training that never stops early | which line ends the loop?
        drop: if bad_epochs >= patience: break
    """,
    same=(("no_restore", "alias", "shallow_copy", "rebound"),),
    properties=(Property("what the network holds", first_trait({}, cases=_SHOWN)),),
    hints="""
    A name is not a copy. How many arrays exist after `kept = parameters`, or after `list(parameters)`?
    array.copy() for every array, at the moment of the improvement.
    parameter[...] = saved writes into the array; parameter = saved only moves a name.
    """,
    not_tested="the state of the optimizer, which a run that goes on would need as well",
    fade=("array.copy()", "bad_epochs += 1", "parameter[...] = saved"),
)
