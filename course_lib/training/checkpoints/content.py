"""What of a run goes into a checkpoint: tensors and plain values, which load without running code."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import nn

from course_lib.core.seeding import stream
from course_lib.training.checkpoints.files import META, CheckpointError
from course_lib.training.checkpoints.foreign_files import read_plain
from course_lib.training.checkpoints.validation import (
    fault_of_scaler,
    fault_of_structure,
    faults_of_moments,
    faults_of_values,
)
from course_lib.training.loop.distributed import rank, unwrapped, world_size
from course_lib.training.loop.generators import fresh_states, generator_states, generators_kept, set_generator_states
from course_lib.training.loop.state import TrainState

Tensors = dict[str, torch.Tensor]


def weights_of(model: nn.Module) -> tuple[Tensors, dict[str, str]]:
    """The tensors of the model's state on the CPU, and which names share the tensor of another: (tensors, tied).

    Raises TypeError for a part of the state that is not a tensor.
    """
    tensors: Tensors = {}
    tied: dict[str, str] = {}
    first: dict[tuple, str] = {}
    for name, tensor in unwrapped(model).state_dict().items():
        if not isinstance(tensor, torch.Tensor):
            raise TypeError(f"{name} must be a tensor to be saved, got a {type(tensor).__name__}")
        same = (tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype, str(tensor.device))
        if tensor.numel() and same in first:
            tied[name] = first[same]
        else:
            first[same] = name
            tensors[name] = tensor.detach().cpu().contiguous()
    return tensors, tied


def validate_finite_tensors(tensors: Tensors, model: nn.Module) -> None:
    """Raises CheckpointError for a parameter that is not finite, or a buffer with NaN: a mask may well hold -inf."""
    parameters = {name for name, _ in unwrapped(model).named_parameters(remove_duplicate=False)}
    bad = [
        name
        for name, tensor in tensors.items()
        if (tensor.is_floating_point() or tensor.is_complex())
        and not (tensor.isfinite() if name in parameters else ~tensor.isnan()).all()
    ]
    if bad:
        raise CheckpointError(f"{', '.join(bad)} must be finite to be saved: no run can go on from there")


def weight_bytes(tensors: Tensors) -> bytes:
    """The tensors as a safetensors file; tensors that overlap in part are written apart.

    Raises TypeError for a data type that such a file does not have, complex128 for one.
    """
    from safetensors.torch import save

    owners: dict[int, str] = {}
    for name, tensor in tensors.items():
        if owners.setdefault(tensor.untyped_storage().data_ptr(), name) != name:
            tensors = {**tensors, name: tensor.clone()}
    try:
        return save(tensors)
    except KeyError as error:
        names = ", ".join(name for name, tensor in tensors.items() if tensor.dtype == error.args[0])
        raise TypeError(f"{names} must be of a data type that safetensors holds, got {error.args[0]}") from error


def read_weights(data: bytes, tied: dict[str, str]) -> Tensors:
    """What `weight_bytes` wrote, with every tied name. Raises CheckpointError for what is no such file."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        tensors = load(data)
    except SafetensorError as error:
        raise CheckpointError(f"weights.safetensors cannot be read: {error}") from error
    for name, other in tied.items():
        if other not in tensors or name in tensors:
            raise CheckpointError(f"{META} ties {name} to {other}, and weights.safetensors has them otherwise")
    return {**tensors, **{name: tensors[other] for name, other in tied.items()}}


def optimizer_bytes(state: TrainState, noise: list[Tensors] | None) -> bytes:
    """Optimizer, scaler and noise, in a form that loads without running code."""
    saved = plain(state.optimizer.state_dict(), "optimizer")
    faults = list(faults_of_values(saved))
    if faults:  # what could not be loaded is not saved
        raise CheckpointError(f"no run can go on from this optimizer: {'; '.join(faults[:9])}")
    parts = {
        "optimizer": saved,
        "scaler": None if state.scaler is None else plain(state.scaler.state_dict(), "scaler"),
        "noise": noise,
    }
    buffer = io.BytesIO()
    torch.save(parts, buffer)
    return buffer.getvalue()


def read_optimizer(data: bytes) -> dict[str, Any]:
    """What `optimizer_bytes` wrote. Raises CheckpointError for anything else; code in the file is not run."""
    try:
        parts = read_plain(data)
    except ValueError as error:
        raise CheckpointError(
            f"optimizer.pt holds something else than tensors and plain values and was not loaded: {error}"
        ) from error
    if not isinstance(parts, dict) or set(parts) != {"optimizer", "scaler", "noise"}:
        raise CheckpointError("optimizer.pt must hold optimizer, scaler and noise, and does not")
    if fault := fault_of_structure(parts["optimizer"]) or fault_of_scaler(parts["scaler"]):
        raise CheckpointError(f"optimizer.pt holds no state of an optimizer: {fault}")
    return parts


def validate_whole(path: Path, meta: dict[str, Any], parts: dict[str, Any], optimizer: Any, groups: list) -> None:
    """Raises CheckpointError for moments that are missing, of another shape, or no numbers to go on from."""
    saved = parts["optimizer"]
    faults = [*faults_of_values(saved), *faults_of_moments(meta, saved, optimizer, groups)]
    if faults:
        raise CheckpointError(f"{path} cannot be loaded, and nothing was: {'; '.join(faults[:9])}")


def scaler_of(saved: dict[str, Any] | None, state: TrainState) -> torch.amp.GradScaler | None:
    """A scaler of gradients in the state that was saved; None where there was none."""
    if saved is None:
        return None
    scaler = torch.amp.GradScaler(state.device.type)
    scaler.load_state_dict(saved)
    return scaler


def generators_of(saved: list[Tensors] | None, meta: dict[str, Any]) -> Tensors | None:
    """The states of this process's generators. Raises CheckpointError for what is none, or missing in mid-epoch."""
    if saved is None:
        if meta["batch"]:
            raise CheckpointError("optimizer.pt must hold the states of the generators of a run in mid-epoch")
        return None
    try:
        mine, cpu = dict(saved[rank()]), torch.device("cpu")
        with generators_kept(cpu):  # tried, and not described: only a generator knows its states
            set_generator_states(mine, cpu)
    except Exception as error:
        raise CheckpointError("noise in optimizer.pt must be the states of generators, and is not") from error
    return mine


def generators_and_running(state: TrainState) -> tuple[list[Tensors] | None, list[dict[str, float]]]:
    """The states of the generators (None between epochs) and the running loss, one entry for each process."""
    mine = torch.tensor([float(state.running.total), state.running.count], dtype=torch.float64)
    running = [{"total": float(total), "count": int(count)} for total, count in _of_all(mine, state)]
    if state.batch == 0:
        return None, running
    noise = generator_states(state.device) if state.generators is None else state.generators
    by_name = {name: _of_all(states, state) for name, states in sorted(noise.items())}
    return [dict(zip(by_name, states, strict=True)) for states in zip(*by_name.values(), strict=True)], running


def all_fine(fine: bool, state: TrainState) -> bool:
    """Whether it is fine in every process; none goes on before all have said so."""
    return all(bool(answer) for answer in _of_all(torch.tensor([fine], dtype=torch.uint8), state))


def generators_here(noise: Tensors, state: TrainState) -> Tensors:
    """The saved states of the generators; with one for this kind of device, where the run began on another kind.

    That one cannot give the numbers that the other device would have given, but it is a function of the seed too. The
    same holds for NumPy's and Python's generators, which an earlier version of the course did not save.
    """
    kind = state.device.type
    seeds = {
        name: stream(
            state.seeds.noise, f"noise of process {rank()} from batch {state.batch} on {name}", state.epoch + 1
        )
        for name in (kind, "numpy", "python")
        if name not in noise
    }
    fresh = {name: fresh_states(seed, state.device)[name] for name, seed in seeds.items() if name != kind}
    if kind in seeds:
        fresh[kind] = torch.Generator(state.device).manual_seed(seeds[kind]).get_state()
    return {**noise, **fresh}


def plain(value: Any, place: str) -> Any:
    """A copy on the CPU of tensors and plain values. Raises TypeError for all that needs code to be loaded."""
    if isinstance(value, torch.Tensor):
        tensor = value.detach().cpu()
        # A view would bring the whole memory that it looks at into the file.
        return tensor if tensor.untyped_storage().nbytes() == tensor.nbytes else tensor.clone()
    if isinstance(value, np.generic):
        return value.item()
    if type(value) in (list, tuple):
        return type(value)(plain(item, f"{place}[{number}]") for number, item in enumerate(value))
    if isinstance(value, dict):
        return {key: plain(item, f"{place}.{key}") for key, item in value.items()}
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise TypeError(f"{place} must be a tensor or a plain value to be saved, got a {type(value).__name__}")


def _of_all(tensor: torch.Tensor, state: TrainState) -> list[torch.Tensor]:
    """The tensors (of one shape) of all processes, in their order, on the CPU."""
    if world_size() == 1:
        return [tensor]
    mine = tensor.to(state.device)
    parts = [torch.empty_like(mine) for _ in range(world_size())]
    dist.all_gather(parts, mine)
    return [part.cpu() for part in parts]
