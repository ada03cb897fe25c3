"""Learning-rate schedules: a step -> the factor of the base rate.

One schedule can so drive several groups of parameters that have different base rates. Steps count from 0:
`schedule(0)` is the factor of the first update. A step may be an update or an epoch; it is whatever the
caller counts.
"""

import math
from collections.abc import Callable

from course_lib.by_hand.schedules import warmup_cosine
from course_lib.core.validation import validate_at_least, validate_interval

Schedule = Callable[[int], float]


def constant() -> Schedule:
    """The base rate, at every step."""

    def schedule(step: int) -> float:
        _validate_step(step)
        return 1.0

    return schedule


def exponential(factor: float, every: int = 1) -> Schedule:
    """Smooth decay: factor ** (step / every), so that `every` steps multiply the rate by `factor`.

    With every=1 it equals torch.optim.lr_scheduler.ExponentialLR. Raises ValueError unless 0 < factor <= 1,
    every >= 1.
    """
    validate_interval("factor", factor, 0, 1, "(]")
    validate_at_least("every", every, 1)

    def schedule(step: int) -> float:
        _validate_step(step)
        return math.pow(factor, step / every)

    return schedule


def step_decay(factor: float, every: int) -> Schedule:
    """Decay in stairs: factor ** floor(step / every); the first stair is `every` steps long.

    Equals torch.optim.lr_scheduler.StepLR. Raises ValueError unless 0 < factor <= 1 and every >= 1.
    """
    validate_interval("factor", factor, 0, 1, "(]")
    validate_at_least("every", every, 1)

    def schedule(step: int) -> float:
        _validate_step(step)
        # A closed form: the loop "if step % every == 0: rate *= factor" already decays at step 0.
        return math.pow(factor, step // every)

    return schedule


def cosine_with_warmup(steps: int, warmup: int = 0, floor: float = 0.0) -> Schedule:
    """A line up to 1 at step `warmup`, then half a cosine down to `floor` at step `steps`.

    The line starts at 1 / (warmup + 1); after `steps` the factor stays at `floor`. Without warm-up it
    equals torch.optim.lr_scheduler.CosineAnnealingLR(T_max=steps) up to step `steps`. Raises ValueError
    unless 0 <= warmup < steps and 0 <= floor <= 1.
    Source: Loshchilov & Hutter 2017, SGDR, equation 5 (cosine); Goyal et al. 2017 (warm-up).
    """
    validate_at_least("steps", steps, 1)
    validate_interval("warmup", warmup, 0, steps, "[)")
    validate_interval("floor", floor, 0, 1)

    def schedule(step: int) -> float:
        _validate_step(step)
        return warmup_cosine(step, 1.0, steps, warmup, floor)

    return schedule


def one_cycle(steps: int, peak_at: float = 0.3, start: float = 1 / 25, end: float = 1e-4) -> Schedule:
    """Half a cosine up from `start` to 1, then half a cosine down to `end`; the base rate is the peak.

    The peak lies at step peak_at * steps - 1, the end at step steps - 1, and later steps stay at `end`. Both
    `start` and `end` are relative to the peak. Equals torch.optim.lr_scheduler.OneCycleLR(total_steps=steps,
    pct_start=peak_at, div_factor=1 / start, final_div_factor=start / end).
    Raises ValueError unless 0 < peak_at < 1, peak_at * steps > 1, and start and end are in [0, 1].
    Source: Smith & Topin 2018, Super-convergence.
    """
    validate_interval("peak_at", peak_at, 0, 1, "()")
    if not peak_at * steps > 1:
        raise ValueError(f"peak_at * steps must be > 1, got {peak_at} * {steps}: the rise has no step")
    validate_interval("start", start, 0, 1)
    validate_interval("end", end, 0, 1)
    peak, last = peak_at * steps - 1, steps - 1

    def schedule(step: int) -> float:
        _validate_step(step)
        if step <= peak:
            return _cosine(start, 1.0, step / peak)
        return _cosine(1.0, end, min(1.0, (step - peak) / (last - peak)))

    return schedule


class Plateau:
    """Multiply the rate by `factor` when a loss has not improved for more than `patience` updates in a row.

    `update(value)` is called after each measurement (on the validation set, not the training set); calling
    the object with a step gives the factor of now, whatever the step. To improve is to lie more than
    `min_delta` below the best value so far; NaN never improves. That factor does not fall below `floor`.
    For a score that should rise, pass its negative. Equals
    torch.optim.lr_scheduler.ReduceLROnPlateau(threshold_mode="abs", min_lr=floor, eps=0).

    Raises ValueError unless 0 < factor < 1, patience >= 0, min_delta >= 0 and 0 <= floor <= 1.
    """

    def __init__(self, factor: float, patience: int, min_delta: float = 0.0, floor: float = 0.0) -> None:
        validate_interval("factor", factor, 0, 1, "()")
        validate_at_least("patience", patience, 0)
        validate_at_least("min_delta", min_delta, 0)
        validate_interval("floor", floor, 0, 1)
        self.factor, self.patience, self.min_delta, self.floor = factor, patience, min_delta, floor
        self.scale = 1.0
        self.best = math.inf
        self.bad_updates = 0

    def update(self, value: float) -> None:
        """Take note of the newest value of the watched loss."""
        if value < self.best - self.min_delta:
            self.best = value
            self.bad_updates = 0
        else:
            self.bad_updates += 1
        if self.bad_updates > self.patience:
            self.scale = max(self.scale * self.factor, self.floor)
            self.bad_updates = 0

    def __call__(self, step: int) -> float:
        _validate_step(step)
        return self.scale

    def state_dict(self) -> dict[str, float]:
        """What it has noted so far; a checkpoint keeps it, so that a resumed run goes on at the same rate."""
        return {"scale": self.scale, "best": self.best, "bad_updates": self.bad_updates}

    def load_state_dict(self, state: dict[str, float]) -> None:
        """Go on from what `state_dict` returned. Raises ValueError for anything else."""
        wanted = ("scale", "best", "bad_updates")
        state = {"scale" if name == "multiplier" else name: value for name, value in state.items()}  # its name before
        if sorted(state) != sorted(wanted):
            raise ValueError(f"state must hold {', '.join(wanted)}, got {', '.join(sorted(state)) or 'nothing'}")
        validate_interval("scale", state["scale"], 0, 1)
        validate_at_least("bad_updates", state["bad_updates"], 0)
        self.scale, self.best = float(state["scale"]), float(state["best"])
        self.bad_updates = int(state["bad_updates"])


def _cosine(start: float, end: float, part: float) -> float:
    """Half a cosine from `start` (part 0) to `end` (part 1)."""
    return end + (start - end) * (1.0 + math.cos(math.pi * part)) / 2.0


def _validate_step(step: int) -> None:
    """Said here and not in core/validation: each training step asks, and enters as few files as it can."""
    if not step >= 0:
        raise ValueError(f"step must count from 0, got {step}")
