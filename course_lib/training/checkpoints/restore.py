"""The writing of a checkpoint into a run: all of it, or nothing when something goes wrong on the way."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn

from course_lib.training.checkpoints.content import validate_finite_tensors
from course_lib.training.checkpoints.files import CheckpointError
from course_lib.training.loop.distributed import unwrapped
from course_lib.training.loop.state import TrainState

Tensors = dict[str, torch.Tensor]


def first_line(error: BaseException) -> str:
    """Type and first line of an error, in one line."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__


@contextmanager
def refused(path: Path) -> Iterator[None]:
    """In the block, in which nothing of a run is written, every error is one of the checkpoint."""
    try:
        yield
    except (CheckpointError, OSError, MemoryError):
        raise
    except Exception as error:  # what somebody else has written may be wrong in any way
        raise CheckpointError(f"{path} cannot be read, and nothing was loaded: {first_line(error)}") from error


def refuse(path: Path, found: list[str]) -> None:
    """Raises CheckpointError with a line for every difference that was found."""
    if found:
        lines = "\n  ".join(found)
        raise CheckpointError(f"{path} is of another run, and nothing was loaded; {len(found)} differences:\n  {lines}")


@contextmanager
def all_or_nothing(path: Path, model: nn.Module, state: TrainState | None = None) -> Iterator[None]:
    """After an error in the block the weights, and the state where one is given, are as they were before it."""
    module = unwrapped(model)
    weights = {name: tensor.detach().to("cpu", copy=True) for name, tensor in module.state_dict().items()}
    trained = {name: parameter.requires_grad for name, parameter in module.named_parameters()}
    fields = {} if state is None else dict(vars(state))
    rows = [] if state is None else list(state.history.rows)
    optimizer = None if state is None else state.optimizer
    moments = None if optimizer is None else (optimizer.state, optimizer.param_groups, list(optimizer.param_groups))
    try:
        yield
    except BaseException as error:
        _write(module.state_dict(), weights)  # not by the module, which may be what has failed
        for name, parameter in module.named_parameters():
            parameter.requires_grad_(trained[name])
        if state is not None and optimizer is not None and moments is not None:
            vars(state).update(fields)
            state.history.rows[:] = rows
            optimizer.state, optimizer.param_groups = moments[:2]
            optimizer.param_groups[:] = moments[2]
        if not isinstance(error, Exception):
            raise
        raise CheckpointError(f"{path} cannot be loaded, and all is as it was: {first_line(error)}") from error


def validate_fitting(path: Path, model: nn.Module, weights: Tensors) -> None:
    """Raises CheckpointError for weights that are not finite, or that the memory of the model cannot hold."""
    validate_finite_tensors(weights, model)
    faults = [
        f"the elements of {name} share memory in this run, and have different values in the checkpoint"
        for name, tensor in unwrapped(model).state_dict().items()
        if _shares(tensor) and not torch.equal(_once(tensor, weights[name]).expand_as(tensor), weights[name])
    ]
    if faults:
        raise CheckpointError(f"{path} cannot be loaded, and nothing was: {'; '.join(faults)}")


def put_weights(model: nn.Module, weights: Tensors) -> None:
    """Load the weights, also into what `expand` made: of elements that share memory one is written."""
    module = unwrapped(model)
    shared = {name: tensor for name, tensor in module.state_dict().items() if _shares(tensor)}
    if not shared:
        module.load_state_dict(weights)
        return
    module.load_state_dict({name: tensor for name, tensor in weights.items() if name not in shared}, strict=False)
    _write(shared, weights)


def _write(tensors: Tensors, weights: Tensors) -> None:
    with torch.no_grad():
        for name, tensor in tensors.items():
            _once(tensor, tensor).copy_(_once(tensor, weights[name]))


def _shares(tensor: torch.Tensor) -> bool:
    return tensor.layout == torch.strided and 0 in [
        s for s, n in zip(tensor.stride(), tensor.shape, strict=True) if n > 1
    ]


def _once(like: torch.Tensor, tensor: torch.Tensor) -> torch.Tensor:
    """A part of `tensor` in which, laid out as `like` is, every element of the memory lies once."""
    for axis, stride in enumerate(like.stride()):
        if stride == 0 and like.shape[axis] > 1:
            tensor = tensor.narrow(axis, 0, 1)
    return tensor
