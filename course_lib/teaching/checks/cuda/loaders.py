"""Flags of a loader that make sense: cases and known mistakes."""

from collections.abc import Callable
from typing import Any

import torch
from torch.utils.data import DataLoader, TensorDataset

from course_lib.by_hand.cuda import loader_flags
from course_lib.teaching.exercises.kinds import Property, implement, kind_of

_DEFAULTS = {"num_workers": 0, "pin_memory": False, "persistent_workers": False, "prefetch_factor": None}
# 5 of 2 are a half too many, 9 of 4 less than a half: only rounding up is right for both.
CASES = ((4, 8, True), (0, 8, True), (0, 4, False), (2, 5, False), (3, 2, True), (1, 3, False), (4, 9, True))
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


def _about(key: str, own: str, workers: int, ahead: int) -> str:
    """The wrong value of a flag, what it means, and a question."""
    if key == "prefetch_factor" and workers:
        if not own.isdigit():
            return f"{own}, which is no whole number\nhow many whole batches does each worker keep ready?"
        ready = workers * int(own)
        asked = "how many must each keep ready?" if ready < ahead else "would fewer for each do?"
        return f"{own}: {workers} x {own} = {ready} batches are ready, {ahead} are asked for\n{asked}"
    if key in ("pin_memory", "persistent_workers") and own not in ("True", "False"):
        return f"{own}; give True or False\nfor which arguments is it True?"
    return f"{own}\nwhat does the docstring say of it?"


def _which(seen: Any, right: Any) -> str | None:
    for (workers, ahead, cuda), (case, facts) in zip(CASES, right.items(), strict=True):
        own, rule = seen[case]["result"], facts["result"]
        if not isinstance(own, dict):
            return f"return a dict of keyword arguments for DataLoader; you return {kind_of(own)}"
        place = f"workers {workers}, ahead {ahead}, cuda {cuda}"
        for key, flag in own["flags"].items():
            if key not in _DEFAULTS:
                return f"{key!r} is none of {', '.join(map(repr, _DEFAULTS))}"
            if flag != rule["flags"][key] and not own["refused"]:
                return f"{place}: {key} is {_about(key, flag, workers, ahead)}"
        if own["refused"]:
            question = "of which type is each value?" if workers else "which flags are only for workers?"
            return f"{place}: DataLoader refuses it: {own['refused'].split('.')[0][:100]}\n{question}"
    return None


LOADER_FLAGS = implement(
    "loader_flags: Flags of a loader that make sense",
    loader_flags,
    cases=CASES,
    run=_flags,
    right="""
    every_key: every key, with its default where it does not apply
        first: none = {"persistent_workers": False, "prefetch_factor": None}
        return: RESULT if workers else RESULT | none
    """,
    wrong="""
    always_pinned: pinned memory without a CUDA device | who would fetch from memory that may not be moved?
        return: RESULT | {"pin_memory": True}
    never_pinned: memory that is never pinned | from which memory can a GPU fetch by itself?
        return: RESULT | {"pin_memory": False}
    pinned_with_workers: pinned memory that depends on the workers | can the training process not pin its own batches?
        return: RESULT | {"pin_memory": cuda and workers > 0}
    always_persistent: workers that live on where there are none | what shall live on with 0 workers?
        return: RESULT | {"persistent_workers": True}
    never_persistent: workers that are started anew in every epoch
        | how often are worker processes started in 100 epochs?
        return: RESULT | {"persistent_workers": False}
    persistent_with_cuda: workers that live on only beside a GPU | does starting a process cost less without a GPU?
        flags["persistent_workers"] = True -> flags["persistent_workers"] = cuda
    always_prefetched: batches ready in advance where nobody prepares them | who fills the queue with 0 workers?
        return: RESULT | {"prefetch_factor": math.ceil(ahead / max(1, workers))}
    ahead_for_each: all batches ahead asked of each worker
        | 4 workers with 8 batches each: how many are ready, and in how much memory?
        math.ceil(ahead / workers) -> ahead
    rounded_down: a division rounded down | 5 batches ahead, 2 workers with 2 each: how many are ready?
        math.ceil(ahead / workers) -> ahead // workers
    rounded: a division rounded to the nearest whole number
        | 9 batches ahead, 4 workers with 2 each: how many are ready?
        math.ceil(ahead / workers) -> max(1, {int(ahead / workers + 0.5)|round(ahead / workers)})
    factor_by_default: the factor that torch takes by default | which of your lines reads `ahead`?
        math.ceil(ahead / workers) -> 2
    one_worker_at_least: a worker where none was asked for | why might a notebook ask for 0 workers?
        first: workers = max(1, workers)
    """,
    properties=(Property("each case", _which),),
    hints="""
    Two of the keys depend on whether there are workers, one on whether there is a GPU.
    prefetch_factor is per worker: 8 batches ahead of 4 workers are 2 for each. And 5 of 2 workers?
    """,
    not_tested="whether so many workers help; only a clock tells",
    fade=('flags["persistent_workers"]', 'flags["prefetch_factor"]'),
    equivalent="""
    swap: flags['persistent_workers'] = True <-> flags['prefetch_factor'] = math.cei | a dict has both in any order
    """,
)
