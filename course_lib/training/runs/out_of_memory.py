"""When the memory does not suffice: a sentence with a way out, and the search for the largest batch that fits."""

import copy
import gc
import math
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from course_lib.training.loop.generators import generators_kept
from course_lib.training.loop.state import LossFunction, TrainState
from course_lib.training.loop.step import optimizer_step

# How torch words it where the error has no class of its own: the CPU's allocator, cuBLAS, Apple's GPU.
_WORDS = ("out of memory", "can't allocate memory", "not enough memory", "CUBLAS_STATUS_ALLOC_FAILED")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the error says that memory could not be had, on the CPU or a GPU."""
    if isinstance(error, MemoryError | torch.cuda.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(word in str(error) for word in _WORDS)


def largest_batch(try_batch: Callable[[int], object], sizes: Iterable[int]) -> int:
    """The largest of `sizes` (samples in a batch) for which try_batch(size) does not run out of memory.

    Tries them from small to large and stops at the first that does not fit. Other errors pass through. Raises
    ValueError for no sizes or one below 1, MemoryError when the smallest does not fit.
    """
    ordered = sorted(set(sizes))
    if not ordered or ordered[0] < 1:
        raise ValueError(f"sizes must be numbers of at least 1, got {ordered}")
    fits = None
    for size in ordered:
        if not _fits(try_batch, size):
            break
        fits = size
    if fits is None:
        raise MemoryError(f"not even a batch of {ordered[0]} fits into the memory: take a smaller model")
    return fits


def largest_batch_for(
    state: TrainState,
    make_batch: Callable[[int], Any],
    loss_fn: LossFunction,
    sizes: Iterable[int],
    *,
    precision: str = "float32",
) -> int:
    """The largest of `sizes` with which `state` can be trained: make_batch(size) is a batch of the run's shape.

    Each size is tried by two updates of a copy, the second with the optimizer's own memory in place. `state` and
    torch's generators stay as they are. The copy takes memory too, so the answer is on the safe side by one model and
    its optimizer. For a model that is not wrapped for several processes. Raises as `largest_batch`.
    """

    def attempt(size: int) -> None:
        trial = copy.deepcopy(state)
        trial.model.train()
        for _ in range(2):
            optimizer_step(trial, [make_batch(size)], loss_fn, precision=precision, check=False)
        if state.device.type == "cuda":
            torch.cuda.synchronize(state.device)

    with generators_kept(state.device):
        return largest_batch(attempt, sizes)


@contextmanager
def advice_on_size(state: TrainState, *, batch_size: int, accumulate: int = 1) -> Iterator[None]:
    """Around `fit`: where memory runs out, raise MemoryError with the settings to try that compute the same.

    Forward and backward change no parameter, so the state is then that of the last complete update; where the update
    itself ran out of memory the message says so. Gradients are dropped and cached memory given back, so that a smaller
    batch can be tried in the same process.
    """
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        advice = _advice(state, batch_size, accumulate, in_update=_in_update(error))
    else:
        return
    # Outside of the except block: the traceback of the error holds every activation of the failed step.
    state.optimizer.zero_grad(set_to_none=True)
    _give_back()
    raise MemoryError(advice)


def _advice(state: TrainState, batch_size: int, accumulate: int, *, in_update: bool) -> str:
    what = f"the memory of {state.device} did not suffice at step {state.step + 1} with batches of {batch_size}"
    if in_update:
        return f"{what}; the update was cut short, so the state is spoiled: load the last checkpoint, or start again"
    kept = f"{what}; nothing was changed by this step"
    if batch_size == 1:
        return f"{kept}. Take a smaller model, or shorter samples"
    smaller, more = math.ceil(batch_size / 2), 2 * accumulate
    return (
        f"{kept}. batch_size={smaller} with accumulate={more} needs half as much for activations and makes updates of "
        "the same size; largest_batch_for finds the largest batch that fits"
    )


def _in_update(error: BaseException) -> bool:
    """Whether the optimizer was at work, which changes parameters one after the other."""
    frames = traceback.walk_tb(error.__traceback__)
    return any(str(frame.f_globals.get("__name__")).startswith("torch.optim.") for frame, _ in frames)


def _fits(try_batch: Callable[[int], object], size: int) -> bool:
    try:
        try_batch(size)
        return True
    except Exception as error:
        if not is_out_of_memory(error):
            raise
    _give_back()  # outside of the except block: the traceback of the error holds what was computed
    return False


def _give_back() -> None:
    """Free what is no longer used, also in the cache that torch keeps of a GPU's memory."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
