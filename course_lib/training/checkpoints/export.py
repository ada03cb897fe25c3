"""A run as the files that others read: a JSON file of five lists, or one `.pth.tar` dictionary.

Both are what the INFINITO report's training script wrote. They hold no seeds, no configuration and no place in the
epoch, so that no run goes on from them bit for bit: for that there is `checkpoint`.
"""

import math
from pathlib import Path
from typing import Any

import torch

from course_lib.core.files import write_json, write_then_rename
from course_lib.core.history import History
from course_lib.core.metrics import perplexity
from course_lib.core.validation import validate_not_empty
from course_lib.training.checkpoints.content import plain
from course_lib.training.checkpoints.foreign_files import read_plain
from course_lib.training.loop.distributed import unwrapped
from course_lib.training.loop.state import TrainState

LISTS = ("train_loss", "train_perplexity", "val_loss", "val_perplexity", "learning_rate")
KEYS = ("epoch", "model_state_dict", "optimizer_state_dict", "scheduler_state_dict", "val_loss", "history")


def history_lists(history: History) -> dict[str, list[float]]:
    """Five lists with one number per epoch: train_loss, train_perplexity, val_loss, val_perplexity, learning_rate.

    A perplexity is exp of the loss in nats, unless the row holds one. The lists of "val" are empty where it was never
    measured. Raises ValueError for a history without "train", or where "val" was measured after some epochs only: the
    lists would no longer belong together.
    """
    train, val = _last_of_each_epoch(history, "train"), _last_of_each_epoch(history, "val")
    validate_not_empty("history", train, "epoch of 'train'")
    if val and list(val) != list(train):
        raise ValueError(f"val must be measured after the epochs {list(train)} of train, got {list(val)}")
    return {
        "train_loss": [row["loss"] for row in train.values()],
        "train_perplexity": [_perplexity(row) for row in train.values()],
        "val_loss": [row["loss"] for row in val.values()],
        "val_perplexity": [_perplexity(row) for row in val.values()],
        "learning_rate": [row["rate"] for row in train.values()],
    }


def export_history(history: History, path: Path) -> None:
    """Write `history_lists` as JSON; what is not finite, which JSON does not have, becomes null."""
    lists = history_lists(history)
    write_json(path, {name: [v if math.isfinite(v) else None for v in values] for name, values in lists.items()})


def write_pth_tar(state: TrainState, path: Path) -> None:
    """Write the dictionary of the report's checkpoints: epoch, the states of model and optimizer, val_loss, history.

    scheduler_state_dict is None, because the rate here is a function of the step; val_loss is None before "val" was
    measured; history holds the five lists. The file is complete or untouched. It loads with weights_only=True.
    """
    lists = history_lists(state.history) if state.history.rows else {name: [] for name in LISTS}
    data = {
        "epoch": state.epoch,
        "model_state_dict": plain(unwrapped(state.model).state_dict(), "model"),
        "optimizer_state_dict": plain(state.optimizer.state_dict(), "optimizer"),
        "scheduler_state_dict": None,
        "val_loss": lists["val_loss"][-1] if lists["val_loss"] else None,
        "history": lists,
    }
    write_then_rename(path, lambda part: torch.save(data, part))


def read_pth_tar(path: Path) -> dict[str, Any]:
    """The dictionary in such a file, with all tensors on the CPU. Nothing in it is run.

    Scalars of NumPy, such as np.mean gives, are plain numbers, its arrays lists. Raises FileNotFoundError for no file,
    ValueError for a damaged one, another kind, one that holds code, or one that is larger in memory than on the disk.
    The file has no checksum: a flipped bit within a tensor goes unseen.
    """
    try:
        data = read_plain(Path(path))
    except ValueError as error:
        raise ValueError(f"{path} must hold tensors and plain values only, and cannot be read: {error}") from error
    if not isinstance(data, dict) or not set(KEYS) <= set(data):
        missing = sorted(set(KEYS) - set(data)) if isinstance(data, dict) else list(KEYS)
        raise ValueError(f"{path} must hold {', '.join(KEYS)}; it lacks {', '.join(missing)}")
    return data


def _last_of_each_epoch(history: History, split: str) -> dict[int, dict[str, Any]]:
    return {row["epoch"]: row for row in history.rows if row["split"] == split and "loss" in row}


def _perplexity(row: dict[str, Any]) -> float:
    return row["perplexity"] if "perplexity" in row else perplexity(row["loss"])
