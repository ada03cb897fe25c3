"""All that a training run needs in order to go on, in one object; a checkpoint saves it as one thing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import torch
from torch import nn

from course_lib.core.history import History
from course_lib.core.metrics import Loss
from course_lib.core.seeding import Seeds
from course_lib.training.loop.group_settings import group_settings
from course_lib.training.runs.plan import Plan


class LastStep(NamedTuple):
    """What the last update found: its loss, and the length of its gradient before clipping (None: not measured)."""

    loss: Loss | None = None
    norm: torch.Tensor | None = None


@dataclass
class TrainState:
    """A model, its optimizer and where the run stands.

    step: updates so far. epoch: complete epochs. batch: batches used of the epoch in progress, 0 between epochs.
    running: training loss over the epoch in progress; seconds: time spent on it, without callbacks.
    generators: the states of torch's generators in mid-epoch, so that dropout goes on where it was; None between epochs
    and while `fit` runs. scaler: of float16, else None.
    stop: set it in a callback to end the run; it is saved. reason: why, where the callback says so. interrupted: the
    same for a signal; it is not saved, so that the next start goes on.
    best: the best value so far among the states that were saved or could have been, by split, name and mode; None
    where a checkpoint of an earlier version does not tell.
    Beside these fields, without which the run could not go on, `last` shows callbacks what the last update found; it is
    in no checkpoint. state.loss and state.norm read it.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    seeds: Seeds
    history: History = field(default_factory=History)
    step: int = 0
    epoch: int = 0
    batch: int = 0
    running: Loss = field(default_factory=lambda: Loss(0.0, 0))
    seconds: float = 0.0
    generators: dict[str, torch.Tensor] | None = None
    scaler: torch.amp.GradScaler | None = None
    stop: bool = False
    reason: str = ""
    interrupted: bool = False
    best: dict[str, float] | None = field(default_factory=dict)
    plan: Plan = field(default_factory=Plan, init=False, repr=False, compare=False)
    given: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # The base rate of a group stays beside the rate of the moment, as in torch's own schedulers: it is saved with
        # the optimizer, and a resumed run multiplies the same number.
        for group in self.optimizer.param_groups:
            group.setdefault("initial_lr", float(group["lr"]))
        self.given = group_settings(self.model, self.optimizer)
        self.last = LastStep()

    @property
    def loss(self) -> Loss | None:
        """The loss of the last update; None before the first one, and after a checkpoint was loaded."""
        return self.last.loss

    @property
    def norm(self) -> torch.Tensor | None:
        """The length of the last update's gradient before clipping; None where it was not measured."""
        return self.last.norm

    def settings_given(self) -> dict[str, Any]:
        """Members and settings of the optimizer's groups as the caller gave them, in the words of JSON.

        Before the first update that is how they are. What moves afterwards (a weight decay that a callback changes, a
        counter that an optimizer keeps in its group, a group that is added) is state: no sign of another run.
        """
        if self.step == 0:
            self.given = group_settings(self.model, self.optimizer)
        return self.given

    @property
    def device(self) -> torch.device:
        """Where the first parameter of the model lies. Raises ValueError for a model without parameters."""
        parameter = next(self.model.parameters(), None)
        if parameter is None:
            raise ValueError(f"model must have parameters, got a {type(self.model).__name__} without any")
        return parameter.device

    @property
    def lr(self) -> float:
        """The learning rate of the first group at the last update."""
        return float(self.optimizer.param_groups[0]["lr"])

    @property
    def ended(self) -> bool:
        """Whether something asked the run to end."""
        return self.stop or self.interrupted


Callback = Callable[[TrainState], None]
LossFunction = Callable[[nn.Module, Any], Loss]


class Loader(Protocol):
    """What `fit` asks of the data: batches whose order is a function of the epoch.

    A loader may say by `identity()`, a dict for JSON, what its order depends on (batch size, seed, ...): a run that
    stopped in mid-epoch then goes on with the same order only.
    """

    def __len__(self) -> int:
        """Batches in one epoch."""
        ...

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Any]:
        """The batches of that epoch (counted from 1) in their order, without the first `start` of them."""
        ...
