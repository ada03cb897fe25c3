"""Where a run stands beside its tensors, in words of JSON: written into the metadata of a checkpoint, and put back."""

import math
import platform
from typing import Any

import numpy as np
import torch

import course_lib
from course_lib.core.metrics import Loss
from course_lib.training.loop.distributed import rank
from course_lib.training.loop.group_settings import members
from course_lib.training.loop.state import LastStep, TrainState
from course_lib.training.runs.plan import Plan


def place_of(state: TrainState, running: list[dict[str, float]]) -> dict[str, Any]:
    """Step, epoch and batch; the running loss of every process; why the run stopped; groups, loader and schedule.

    Raises TypeError for a schedule that changes while the run trains and cannot say how.
    """
    place = {
        "step": state.step,
        "epoch": state.epoch,
        "batch": state.batch,
        "running": running,
        "seconds": state.seconds,
        "stop": bool(state.stop),
        "reason": state.reason if state.stop else "",
        "best": state.best,
        "members": members(state.model, state.optimizer),
        "moments": len(state.optimizer.state_dict()["state"]),
    }
    if state.plan.loader is None:  # stepped by hand: there is no loader and no schedule that is known
        return place
    return {**place, "loader": state.plan.loader, "schedule": state.plan.record()}


def put_back(state: TrainState, meta: dict[str, Any]) -> None:
    """Let the state stand there. A checkpoint of an earlier version lacks reason, best, loader and schedule."""
    state.step, state.epoch, state.batch = meta["step"], meta["epoch"], meta["batch"]
    running = meta["running"][rank()] if rank() < len(meta["running"]) else {"total": 0.0, "count": 0}
    state.running, state.seconds, state.stop = Loss(running["total"], running["count"]), meta["seconds"], meta["stop"]
    state.reason, state.best = meta.get("reason", ""), meta.get("best")
    memory = (meta.get("schedule") or {}).get("memory")
    state.plan = Plan(loader=meta.get("loader"), awaited=memory)
    state.last = LastStep()


def versions() -> dict[str, str]:
    """Of what computes: Python, torch, NumPy and the course."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "course_lib": course_lib.__version__,
    }


def best_of_epochs(state: TrainState, split: str, name: str, sign: int) -> float:
    """The best value at the ends of the epochs before this step, for a run that an earlier version of the course began.

    sign: 1 where small is good, else -1. Infinity, the worst, where there is none.
    """
    ends = {row["step"] for row in state.history.rows if row["split"] == "train" and row["step"] < state.step}
    steps, values = state.history.series(split, name)
    found = [sign * value for step, value in zip(steps, values, strict=True) if step in ends and not math.isnan(value)]
    return sign * min(found, default=math.inf)
