"""What a step asks of the device: its operations counted one by one, and where the host has to wait.

Everything here counts and nothing is timed, so that the numbers are the same on every machine. With fake tensors
(`torch._subclasses.FakeTensorMode`) a step of any size is counted without being computed.
"""

import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensorMode,
)
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from course_lib.training.machine.cost import Cost

_MOVES_NOTHING = {"_unsafe_view", "empty", "empty_like", "empty_strided", "new_empty", "lift_fresh"}
_FILLS = {"zero_", "fill_", "copy_", "normal_", "uniform_", "random_"}  # they write their first operand unread


class OperationCounter(TorchDispatchMode):
    """Inside `with OperationCounter() as counter:` every operation of torch adds its Cost to `counter.costs`.

    Views and questions (its device, its size) are left out: they move nothing. FLOPs of matrix products and attention
    are those of torch's own counter; any other operation counts one per element of its result. bytes: all operands,
    read or written, each as large as the memory that it covers. On a GPU each entry is one kernel, or a few.
    """

    def __init__(self) -> None:
        super().__init__()
        self.costs: list[Cost] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        packet = func.overloadpacket
        name = packet.__name__
        returns = func._schema.returns
        view = any(one.alias_info is not None and not one.alias_info.is_write for one in returns)
        if not view and name not in _MOVES_NOTHING and func.namespace == "aten":
            self.costs.append(_cost(func, name, args, kwargs, result))
        return result

    def __len__(self) -> int:
        return len(self.costs)


def _cost(func: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Cost:
    arguments = func._schema.arguments
    given = [(arguments[i], value) for i, value in enumerate(args)]
    given += [(argument, kwargs[argument.name]) for argument in arguments if argument.name in kwargs]
    written = [value for argument, value in given if argument.alias_info is not None and argument.alias_info.is_write]
    read = [value for number, (_, value) in enumerate(given) if not (number == 0 and name in _FILLS)]
    made = written or [result]  # an operation in place returns what it has written
    moved = sum(_bytes(tensor) for part in (read, made) for tensor in _tensors(part))
    if func.overloadpacket in flop_registry:
        flops = flop_registry[func.overloadpacket](*args, **kwargs, out_val=result)
    else:
        flops = sum(tensor.numel() for tensor in _tensors(made))
    return Cost(name, flops, moved)


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _tensors(one)


def _bytes(tensor: torch.Tensor) -> int:
    # A tensor that was expanded has more elements than memory.
    return min(tensor.numel() * tensor.element_size(), tensor.untyped_storage().nbytes())


def counted(run: Callable[[], object]) -> list[Cost]:
    """The operations of run(), in their order."""
    with OperationCounter() as counter:
        run()
    return counter.costs


def by_name(costs: Iterable[Cost]) -> dict[str, tuple[int, Cost]]:
    """name: (how many, their sum), the one that moves most first."""
    found: dict[str, tuple[int, Cost]] = {}
    for cost in costs:
        many, so_far = found.get(cost.name, (0, Cost(cost.name, 0, 0)))
        found[cost.name] = (many + 1, Cost(cost.name, so_far.flops + cost.flops, so_far.bytes + cost.bytes))
    return dict(sorted(found.items(), key=lambda entry: -entry[1][1].bytes))


def flops_of(run: Callable[[], object]) -> int:
    """FLOPs of the matrix products, convolutions and attentions of run(), by torch's FlopCounterMode."""
    with FlopCounterMode(display=False) as counter:
        run()
    return int(counter.get_total_flops())


def first_wait(run: Callable[[], object]) -> str | None:
    """Where run() first needs a number from the device, as "file:line: code"; None where it never does.

    run() must make all its tensors itself, the model's as well: they become fake ones, which have a shape and no
    values, so that whatever asks for a value fails. Finds `.item()`, `.tolist()`, `float(t)`, `if t > 0`, and shapes
    that depend on values (`t[mask]`, nonzero). Does not see `.cpu()`, `print(t)` and a synchronize, which wait as well.
    """
    try:
        with FakeTensorMode():
            run()
    except (DataDependentOutputException, DynamicOutputShapeException) as found:
        library = Path(torch.__file__).parent.as_posix()
        frames = [
            frame
            for frame in traceback.extract_tb(found.__traceback__)
            if not Path(frame.filename).as_posix().startswith(library)
        ]
        last = frames[-1]
        return f"{Path(last.filename).name}:{last.lineno}: {last.line}"
    return None
