"""One update of the parameters: forward and loss, backward, clip, update; what is refused changes nothing."""

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

import torch

from course_lib.core.metrics import Loss
from course_lib.training.loop.distributed import gradients_wait, summed_count, unwrapped, world_size
from course_lib.training.loop.generators import set_generator_states, torch_states
from course_lib.training.loop.precision import autocast
from course_lib.training.loop.state import LastStep, LossFunction, TrainState
from course_lib.training.loop.undo import BeforeUpdate, Buffers

ONE_PASS = ("cpu", "cuda")  # devices on which one call looks through all gradients
# Optimizers whose formula bounds the update; of others nothing is known.
_BOUNDED = (
    *(torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.NAdam, torch.optim.RAdam, torch.optim.Adamax),
    *(torch.optim.RMSprop, torch.optim.Adagrad, torch.optim.Adadelta),
)
_WIDE = (torch.float32, torch.float64, torch.bfloat16, torch.complex64, torch.complex128)  # exponents of 8 bits or more
LONG = 1e15


def optimizer_step(
    state: TrainState,
    batches: Sequence[Any],
    loss_fn: LossFunction,
    *,
    clip: float | None = None,
    precision: str = "float32",
    check: bool = True,
) -> None:
    """Change the parameters once, by the gradient of the mean loss over all elements of `batches`.

    Several batches are accumulated: sums are added and divided by the number of elements once, so that the result is
    that of one large batch even where the batches differ in size. state.loss and state.norm tell what was found.
    Raises FloatingPointError when `check` is True and loss, gradient or update is not finite (with a scaler: a gradient
    that no factor above 1 makes finite); ValueError for no batch, when no element counts, and for complex parameters in
    float16. A step that is refused with `check` has changed nothing: parameters, buffers, optimizer and torch's
    generators are as before it. What the loss drew from NumPy's or Python's generators stays drawn, because a copy of
    their states takes a fifth of the time of a small step.
    """
    step = Step(state, loss_fn, precision=precision)
    with step.of(batches, check=check):
        for batch in batches:
            loss = step.forward(batch)
            step.backward(loss)
        step.validate_finite()
        step.clip(clip)
        step.update()


class Step:
    """The updates of an epoch, one after the other: `with step.of(batches):` forward, backward, clip, update.

    loss, gradients: of the update in progress, or of the last one. norm: length of the gradient before clipping, None
    where it was not measured. What one update makes and the next one uses again is kept here.
    """

    def __init__(self, state: TrainState, loss_fn: LossFunction, *, precision: str = "float32") -> None:
        self.state, self.loss_fn = state, loss_fn
        self.processes = world_size()
        self.autocast = autocast(precision, state.device)
        self.loss: Loss | None = None
        self.norm: torch.Tensor | None = None
        self.gradients: list[torch.Tensor] = []
        self._buffers: Buffers | None = None
        self._start_of: tuple[Any, ...] = ()
        self._zero_and_one: tuple[torch.Tensor, torch.Tensor] | None = None
        self._waiting: AbstractContextManager[object] | None = None

    def of(self, batches: Sequence[Any], *, check: bool = True) -> "Step":
        """Begin an update by these batches. An error before its end puts back what the update has written."""
        self.parameters = [p for group in self.state.optimizer.param_groups for p in group["params"]]
        self.device = self.parameters[0].device
        _validate_batches(self.state, batches, self.parameters)
        self.size, self.done, self.check, self.norm = len(batches), 0, check, None
        if check:
            if self._buffers is None:
                self._buffers = Buffers(self.state.model)
            if self._buffers.places:
                self._buffers.note()
            on_cpu = self.device.type == "cpu"
            self._noise = {"cpu": torch.get_rng_state()} if on_cpu else torch_states(self.device)
        for parameter in self.parameters:
            parameter.grad = None  # as zero_grad does, whose report to the profiler takes ten times as long
        return self

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            return
        self._wait_no_more()
        if self.check and self._buffers is not None:
            self._buffers.put_back()
            set_generator_states(self._noise, self.device)
        _unscaled_no_more(self.state)

    def forward(self, batch: Any) -> Loss:
        """The loss of the next batch: a sum that knows its gradient, and a count."""
        self.done += 1
        if self.done < self.size:
            self._waiting = gradients_wait(self.state.model, True)
            self._waiting.__enter__()
        with self.autocast:
            loss = self.loss_fn(self.state.model, batch)
        _validate_loss(loss)
        return loss

    def backward(self, loss: Loss) -> None:
        """Add the gradient of one batch; after the last batch the sum is the gradient of the mean over all elements."""
        if self.done == 1:
            self.first = self._over_processes(loss.count)
            # How many elements the later batches hold is not known yet: all are taken to be like the first one.
            self.expected = max(1, self.first) * self.size
        # Started with 1 / n, the backward of a sum is that of the mean. DDP divides by the number of processes.
        scaler, start = self.state.scaler, self._start(loss.total, self.processes / self.expected)
        (loss.total if scaler is None else scaler.scale(loss.total)).backward(start)
        loss = Loss(loss.total.detach(), loss.count)
        self.loss = loss if self.done == 1 else self.loss + loss
        if self.done < self.size:
            self._wait_no_more()
            return
        elements = self.first if self.size == 1 else self._over_processes(self.loss.count)
        if elements == 0:
            raise ValueError(f"a batch must hold at least one element that counts, got none {_place(self.state)}")
        if scaler is not None:
            scaler.unscale_(self.state.optimizer)  # before clipping: a limit means the gradient, not its multiple
        self.gradients = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        if elements != self.expected:
            for gradient in self.gradients:
                gradient.mul_(self.expected / elements)

    def validate_finite(self) -> None:
        """Raises FloatingPointError where the loss or a gradient is not finite, if this update is one to check."""
        if self.check:
            self._validate_finite()

    def clip(self, limit: float | None) -> None:
        """Shorten the gradient of all parameters together to the length `limit` where it is longer; None: leave it."""
        self.limit = limit
        if limit is not None:
            self.norm = torch.nn.utils.get_total_norm(self.gradients)
            torch.nn.utils.clip_grads_with_norm_(self.parameters, limit, self.norm)

    def update(self) -> None:
        """Let the optimizer change the parameters; a change that is not finite is taken back, if this is checked."""
        if self.check and not self._surely_finite():
            _checked_update(self.state)
        else:
            _update(self.state)
        self.state.last = LastStep(self.loss, self.norm)

    def _over_processes(self, count: int) -> int:
        return count if self.processes == 1 else summed_count(count)

    def _wait_no_more(self) -> None:
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            waiting.__exit__(None, None, None)

    def _start(self, total: torch.Tensor, value: float) -> torch.Tensor:
        """A tensor like the loss that holds `value`; made anew only where another one is needed than before."""
        kind = (value, total.dtype, total.device, total.shape)
        if not self._start_of or self._start_of[0] != kind:
            self._start_of = kind, torch.full_like(total, value)
        return self._start_of[1]

    def _surely_finite(self) -> bool:
        """Whether the optimizer's own formula bounds the update by the gradient, which is finite."""
        longest = longest_gradient(self.state.optimizer)
        if longest == math.inf:
            return True
        if longest == 0 or (self.limit is not None and self.limit <= longest):
            return longest > 0
        return bool(torch.nn.utils.get_total_norm([_numbers(gradient) for gradient in self.gradients]) <= longest)

    def _validate_finite(self) -> None:
        # With float16 a gradient that overflows is expected: the scaler leaves that update out and lowers its factor.
        # Below a factor of 1 it is no longer the factor that makes it overflow, and every update would be left out in
        # silence.
        state, gradients = self.state, self.gradients
        counts = bool(gradients) and (state.scaler is None or state.scaler.get_scale() < 1)
        found = self._found_infinite() if counts else None
        loss = self.loss.total.item()  # on a GPU this waits for everything that was launched before
        infinite = found is not None and found.item() != 0
        if infinite:
            found.zero_()
        if not math.isfinite(loss):
            raise FloatingPointError(f"the loss is {loss} {_place(state)}; nothing was changed by this step")
        if infinite:
            names = {id(parameter.grad): name for name, parameter in unwrapped(state.model).named_parameters()}
            bad = [names.get(id(g), "a parameter") for g in gradients if not bool(torch.isfinite(_numbers(g)).all())]
            if bad:  # else large numbers, whose sum alone overflowed
                raise FloatingPointError(
                    f"the gradient of {', '.join(bad)} is not finite {_place(state)}; nothing was changed by this step"
                )

    def _found_infinite(self) -> torch.Tensor:
        """A scalar tensor, above 0 when an element is not finite; the caller sets it back to 0."""
        # Kept, because to make two small tensors takes as long as to look through the gradients of a small net.
        if self._zero_and_one is None or self._zero_and_one[0].device != self.device:
            self._zero_and_one = torch.zeros((), device=self.device), torch.ones((), device=self.device)
        found, one = self._zero_and_one
        if self.device.type in ONE_PASS:
            # What torch's scaler calls: one pass over all gradients, on a GPU in one launch. Times 1 changes no bit.
            # torch has no public name for it; its public norm of all gradients takes nine times as long.
            try:
                torch._amp_foreach_non_finite_check_and_unscale_(self.gradients, found, one)
            except RuntimeError:
                # It refuses a sparse or complex gradient, which is rare: to ask each one first takes as long.
                numbers = [_numbers(gradient) for gradient in self.gradients]
                torch._amp_foreach_non_finite_check_and_unscale_(numbers, found, one)
            return found
        # A sum is not finite as soon as one element is not.
        sums = torch.stack([_numbers(gradient).sum(dtype=torch.float32) for gradient in self.gradients])
        return found.copy_(~sums.sum().isfinite())


def _update(state: TrainState) -> None:
    if state.scaler is None:
        state.optimizer.step()
    else:
        state.scaler.step(state.optimizer)  # leaves the update out when a gradient overflowed
        state.scaler.update()


def _checked_update(state: TrainState) -> None:
    """The update, taken back when it made a number that is not finite. It costs a copy of all that it changes."""
    before = BeforeUpdate(state.optimizer)
    _update(state)
    bad = before.not_finite({id(parameter): name for name, parameter in unwrapped(state.model).named_parameters()})
    if bad:
        place = _place(state)
        before.put_back()
        raise FloatingPointError(
            f"the update of {', '.join(bad)} is not finite {place}; nothing was changed by this step"
        )


def longest_gradient(optimizer: torch.optim.Optimizer) -> float:
    """Up to which length of a finite gradient the update is finite for certain: inf, LONG, or 0 where nothing is known.

    Adam and its kin divide by a mean of the gradients plus eps, so that no finite gradient makes an update that is not
    finite, as long as eps is no fraction of what a number can be told from 0. Plain SGD at a rate of at most 1 moves by
    less than the gradient. Momentum adds gradients up, so that there only a short one is safe. Beyond these settings,
    with parameters of float16 and with any other optimizer, the update itself has to be looked at.
    """
    if type(optimizer) not in _BOUNDED:
        return 0.0
    longest = math.inf
    for group in optimizer.param_groups:
        if not _tame(group):
            return 0.0
        if group.get("momentum"):
            longest = LONG
    return longest


def _tame(group: dict[str, Any]) -> bool:
    """Whether the settings of one group are such that the formula bounds the update."""
    rate, decay, betas = group["lr"], group["weight_decay"], group.get("betas")
    if not (isinstance(rate, float) and 0 <= rate <= 1 and 0 <= decay <= 1e6 and rate * decay <= 1):
        return False
    if group["params"][0].dtype not in _WIDE or not group.get("eps", 1.0) >= 1e-10:
        return False
    if betas is not None:  # Adam and its kin have no other settings that matter
        return all(isinstance(beta, float | int) and 0 <= beta < 0.99999999 for beta in betas)
    return (
        0 <= group.get("momentum", 0) < 0.9999
        and 0 <= group.get("dampening", 0) <= 1
        and 0 <= group.get("alpha", 0) < 1
        and 0 <= group.get("rho", 0) < 1
        and not group.get("centered")  # a difference of two means, whose root can be that of a number below 0
    )


def _unscaled_no_more(state: TrainState) -> None:
    """A scaler notes that it has divided the gradients, and would refuse to do it again for the next ones."""
    if state.scaler is not None and state.scaler.is_enabled():
        fresh = torch.amp.GradScaler(state.device.type)
        fresh.load_state_dict(state.scaler.state_dict())
        state.scaler = fresh


def _validate_batches(state: TrainState, batches: Sequence[Any], parameters: list[torch.Tensor]) -> None:
    if len(batches) == 0:
        raise ValueError(f"batches must hold at least one batch, got none {_place(state)}")
    if state.scaler is not None and any(parameter.is_complex() for parameter in parameters):
        names = [name for name, parameter in unwrapped(state.model).named_parameters() if parameter.is_complex()]
        raise ValueError(
            f"precision must be float32 or bfloat16 for complex parameters, got float16 for {', '.join(names)}"
        )


def _validate_loss(loss: Any) -> None:
    if not isinstance(loss, Loss):
        raise TypeError(f"loss_fn must return a Loss(total, count), got a {type(loss).__name__}")
    if torch.is_complex(loss.total):
        raise TypeError(f"the total of a loss must be a real number, got one of {loss.total.dtype}")


def _numbers(gradient: torch.Tensor) -> torch.Tensor:
    """The real numbers in a gradient: of a complex one the real and the imaginary parts."""
    values = gradient.coalesce().values() if gradient.is_sparse else gradient
    return torch.view_as_real(values.resolve_conj()) if values.is_complex() else values


def _place(state: TrainState) -> str:
    rates = sorted({group["lr"] for group in state.optimizer.param_groups})
    shown = ", ".join(f"{rate:g}" for rate in rates)
    return f"at step {state.step + 1} (epoch {state.epoch + 1}, batch {state.batch + 1}, rate {shown}, {state.seeds})"
