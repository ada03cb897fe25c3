"""The listings of sheet 09: training steps in a line of which the host may wait for the device.

Each is a training step that trains correctly. Its line numbers count from the `def`.
"""

import inspect
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn


def _listing_a(model, optimizer, x, y, step, total, history):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    total += loss.detach()
    if step % 50 == 0:
        print("mean so far", total.item() / (step + 1))


def _listing_b(model, optimizer, x, y, step, total, history):
    optimizer.zero_grad()
    logits = model(x)
    loss = F.cross_entropy(logits, y)
    loss.backward()
    optimizer.step()
    hits = (logits.argmax(dim=1) == y).sum()
    history.append({"step": step, "hits": hits, "loss": float(loss.detach())})


def _listing_c(model, optimizer, x, y, step, total, history):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    if torch.isnan(loss):
        return
    loss.backward()
    optimizer.step()
    history.append(loss.detach())


def _listing_d(model, optimizer, x, y, step, total, history):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y, reduction="none")
    hard = loss[loss > 1.0]
    (hard.sum() / len(x)).backward()
    optimizer.step()
    history.append(loss.detach().mean())


def _listing_e(model, optimizer, x, y, step, total, history):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y, reduction="none")
    easy = torch.where(loss > 1.0, loss, 0.0)
    easy.mean().backward()
    length = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    history.append(length)


def _listing_f(model, optimizer, x, y, step, total, history):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    history.append(loss.detach().cpu())


def _listing_g(model, optimizer, x, y, step, total, history):
    optimizer.zero_grad()
    lengths = (x != 0).sum(dim=1)
    columns = torch.arange(lengths.max(), device=x.device)
    mask = columns[None, :] < lengths[:, None]
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    history.append(mask.float().mean())


_ALL = (_listing_a, _listing_b, _listing_c, _listing_d, _listing_e, _listing_f, _listing_g)
LISTINGS: dict[str, Callable[..., Any]] = dict(zip("ABCDEFG", _ALL, strict=True))


def numbered(letter: str) -> str:
    """The listing with its line numbers, from the line after the `def`."""
    rows = inspect.getsource(LISTINGS[letter]).rstrip().splitlines()[1:]
    return "\n".join([f"{letter}", *(f"{number:>4}{row}" for number, row in enumerate(rows, start=1))])


def run_once(letter: str) -> None:
    """The listing, with a model and a batch of its own, in step 7: what `first_wait` can run on fake tensors."""
    model = nn.Linear(6, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x, y = torch.ones(5, 6), torch.zeros(5, dtype=torch.int64)
    LISTINGS[letter](model, optimizer, x, y, 7, torch.zeros(()), [])
