"""Which flags of a loader make sense? Known mistakes, and the check of loader_flags."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch.utils.data import DataLoader, TensorDataset

from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, kind_of, known
from course_lib.teaching.exercises.observe import calls
from course_lib.training.plain_cuda import loader_flags

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []
_DEFAULTS = {"num_workers": 0, "pin_memory": False, "persistent_workers": False, "prefetch_factor": None}
_CASES = ((4, 8, True), (0, 8, True), (0, 4, False), (2, 5, False), (3, 2, True), (1, 3, False))
_DATA = TensorDataset(torch.zeros(8, 1))


def _flags(answer: Callable[..., Any]) -> Callable[..., Any]:
    """What the answer gives, with the defaults filled in, and whether DataLoader takes it."""

    def run(workers: int, ahead: int, cuda: bool) -> Any:
        said = answer(workers, ahead, cuda)
        if not isinstance(said, dict):
            return said
        try:
            DataLoader(_DATA, batch_size=2, **said)
            refused = ""
        except (TypeError, ValueError) as error:
            refused = str(error).splitlines()[0]
        # As text, so that True is not 1 and None is not missing.
        return {"flags": {key: str(value) for key, value in (_DEFAULTS | said).items()}, "refused": refused}

    return run


@also_right(_RIGHT, "every key, with its default where it does not apply")
def every_key(workers, ahead, cuda):
    return {
        "num_workers": workers,
        "pin_memory": bool(cuda),
        "persistent_workers": workers > 0,
        "prefetch_factor": -(-ahead // workers) if workers else None,
    }


def _changed(**changed: Callable[[int, int, bool], Any]) -> Callable[..., dict[str, Any]]:
    """Right flags, with some keys set by a rule of (workers, ahead, cuda)."""

    def flags(workers: int, ahead: int, cuda: bool) -> dict[str, Any]:
        found = loader_flags(workers, ahead, cuda)
        return found | {key: rule(workers, ahead, cuda) for key, rule in changed.items()}

    return flags


def _only_with_workers(rule: Callable[[int, int, bool], Any], default: Any) -> Callable[[int, int, bool], Any]:
    return lambda workers, ahead, cuda: rule(workers, ahead, cuda) if workers else default


def _wrong(id: str, cause: str, question: str, **changed: Callable[[int, int, bool], Any]) -> None:
    _WRONG.append(Mistake(id, cause, question, _changed(**changed)))


_wrong(
    "always_pinned",
    "pinned memory without a CUDA device",
    "who would fetch from memory that may not be moved?",
    pin_memory=lambda workers, ahead, cuda: True,
)
_wrong(
    "never_pinned",
    "memory that is never pinned",
    "from which memory can a GPU fetch by itself?",
    pin_memory=lambda workers, ahead, cuda: False,
)
_wrong(
    "pinned_with_workers",
    "pinned memory that depends on the workers",
    "can the training process not pin its own batches?",
    pin_memory=lambda workers, ahead, cuda: cuda and workers > 0,
)
_wrong(
    "always_persistent",
    "workers that live on where there are none",
    "what shall live on with 0 workers?",
    persistent_workers=lambda workers, ahead, cuda: True,
)
_wrong(
    "never_persistent",
    "workers that are started anew in every epoch",
    "how often are worker processes started in 100 epochs?",
    persistent_workers=lambda workers, ahead, cuda: False,
)
_wrong(
    "persistent_with_cuda",
    "workers that live on only beside a GPU",
    "does starting a process cost less without a GPU?",
    persistent_workers=_only_with_workers(lambda workers, ahead, cuda: cuda, False),
)
_wrong(
    "always_prefetched",
    "batches ready in advance where nobody prepares them",
    "who fills the queue with 0 workers?",
    prefetch_factor=lambda workers, ahead, cuda: math.ceil(ahead / max(1, workers)),
)
_wrong(
    "ahead_for_each",
    "all batches ahead asked of each worker",
    "4 workers with 8 batches each: how many are ready, and in how much memory?",
    prefetch_factor=_only_with_workers(lambda workers, ahead, cuda: ahead, None),
)
_wrong(
    "rounded_down",
    "a division rounded down",
    "5 batches ahead, 2 workers with 2 each: how many are ready?",
    prefetch_factor=_only_with_workers(lambda workers, ahead, cuda: ahead // workers, None),
)
_wrong(
    "factor_by_default",
    "the factor that torch takes by default",
    "which of your lines reads `ahead`?",
    prefetch_factor=_only_with_workers(lambda workers, ahead, cuda: 2, None),
)


@known(_WRONG, "a worker where none was asked for", "why might a notebook ask for 0 workers?")
def one_worker_at_least(workers, ahead, cuda):
    return loader_flags(max(1, workers), ahead, cuda)


def _about(key: str, own: str, workers: int, ahead: int) -> str:
    """The wrong value of a flag, what it means, and a question."""
    if key in ("pin_memory", "persistent_workers") and own not in ("True", "False"):
        return f"{own}; give True or False\nfor which arguments is it True?"
    if key == "prefetch_factor" and workers:
        if not own.isdigit():
            return f"{own}, which is no whole number\nhow many whole batches does each worker keep ready?"
        ready, few = workers * int(own), workers * int(own) < ahead
        told = f"{own}: {workers} x {own} = {ready} batches are ready, {ahead} are asked for"
        return f"{told}\n{'how many must each keep ready?' if few else 'would fewer for each do?'}"
    return f"{own}\nwhat does the docstring say of it?"


def _which(seen: Any, right: Any) -> str | None:
    for case, facts in seen.items():
        own, rule = facts["result"], right[case]["result"]
        if not isinstance(own, dict):
            return f"return a dict of keyword arguments for DataLoader; you return {kind_of(own)}"
        strange = [key for key in own["flags"] if key not in _DEFAULTS]
        if strange:
            return f"{strange[0]!r} is none of {', '.join(map(repr, _DEFAULTS))}"
        workers, ahead, cuda = _CASES[int(case.split()[1]) - 1]
        place = f"workers {workers}, ahead {ahead}, cuda {cuda}"
        if own["refused"]:
            question = "of which type is each value?" if workers else "which flags are only for workers?"
            return f"{place}: DataLoader refuses it: {own['refused'].split('.')[0][:100]}\n{question}"
        wrong = [key for key in _DEFAULTS if own["flags"][key] != rule["flags"][key]]
        if wrong:
            return f"{place}: {wrong[0]} is {_about(wrong[0], own['flags'][wrong[0]], workers, ahead)}"
    return None


LOADER_FLAGS = Exercise(
    slug="loader_flags",
    title="Flags of a loader that make sense",
    kind="implement",
    core=False,
    difficulty=1,
    minutes=10,
    reference=loader_flags,
    observe=lambda answer: calls(_flags(answer), *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("each case", _which),),
    hints=(
        "Two of the keys depend on whether there are workers, one on whether there is a GPU.",
        "prefetch_factor is per worker: 8 batches ahead of 4 workers are 2 for each. And 5 of 2 workers?",
    ),
    not_tested="whether so many workers help; only a clock tells",
    fade=('flags["persistent_workers"]', 'flags["prefetch_factor"]'),
    indistinguishable=all_the_same(_RIGHT),
)
