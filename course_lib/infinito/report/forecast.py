"""What a trained model forecasts, and how much of it depends on what it has read: a few numbers, not its weights.

Shapes: N ids of a text, T tokens of a block, V words of the vocabulary, U ids that occur in the text. All losses and
entropies are in nats per token.
"""

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from course_lib.infinito.model import Infinito
from course_lib.text.blocks import ShuffledBlocks


@dataclass(frozen=True)
class Forecast:
    """The forecasts of a model over a text, averaged over `tokens` of it.

    ids (U,): those that occur, and mean (U,): the mean probability of each; the rest of the mass is `absent`.
    loss: of the right targets. elsewhere: the same targets, each forecast from every position alike, as a model does
    that ignores what it has read; the difference is what the context is good for. spread: the mean KL divergence of a
    forecast from the mean forecast. stop (S,): the mean probability of the full stop after n = 0 .. S - 1 words of a
    sentence, NaN where there is no such place. stop_first: share of positions at which the full stop is the most
    probable.
    """

    tokens: int
    ids: tuple[int, ...]
    mean: tuple[float, ...]
    absent: float
    loss: float
    elsewhere: float
    spread: float
    stop: tuple[float, ...]
    stop_first: float


@torch.no_grad()
def forecast_of(
    model: Infinito, ids: Any, *, length: int, stop: int, longest: int, batch: int = 8, most: int | None = None
) -> Forecast:
    """Look at the forecasts for the blocks of `length` tokens of ids (N,), or the first `most` batches of them.

    stop: the id of the full stop; longest: words of the longest sentence. A copy of the model is asked, in evaluation,
    because the reported memory is written by every call. Raises ValueError as `ShuffledBlocks` does.
    """
    loader = ShuffledBlocks(ids, batch=batch, length=length, shuffle=False)
    used = np.unique(np.asarray(ids))
    model = copy.deepcopy(model).eval()
    since = _words_since(np.asarray(ids), stop)
    mean = torch.zeros(model.config.vocabulary, dtype=torch.float64)  # (V,)
    mean_log, counts = torch.zeros(len(used), dtype=torch.float64), torch.zeros(len(used), dtype=torch.float64)
    entropy = loss = first = 0.0
    stops = torch.zeros(longest + 1, 2, dtype=torch.float64)  # probability of the full stop, positions
    tokens = 0
    for number, (x, y) in enumerate(loader):
        if most is not None and number == most:
            break
        logs = model(x)[0].flatten(0, 1).log_softmax(dim=-1)  # (B T, V)
        y, chances = y.flatten(), logs.exp()
        mean += chances.sum(dim=0).double()
        mean_log += logs[:, used].sum(dim=0).double()
        counts += torch.from_numpy((y.numpy()[:, None] == used).sum(axis=0))
        entropy -= float((chances * logs).sum(dtype=torch.float64))
        loss -= float(logs.gather(1, y[:, None]).sum(dtype=torch.float64))
        first += float((logs.argmax(dim=-1) == stop).sum())
        after = torch.from_numpy(since[tokens + 1 : tokens + 1 + len(y)]).clamp(max=longest)
        stops.index_add_(0, after, torch.stack([chances[:, stop], torch.ones(len(y))], dim=1).double())
        tokens += len(y)
    mean, mean_log = mean / tokens, mean_log / tokens
    return Forecast(
        tokens=tokens,
        ids=tuple(int(number) for number in used),
        mean=tuple(mean[used].tolist()),
        absent=float(1 - mean[used].sum()),
        loss=loss / tokens,
        elsewhere=float(-(counts / tokens * mean_log).sum()),
        spread=float(-(mean * mean.log()).sum()) - entropy / tokens,
        stop=tuple((stops[:, 0] / stops[:, 1]).tolist()),
        stop_first=first / tokens,
    )


def _words_since(ids: np.ndarray, stop: int) -> np.ndarray:
    """(N,): how many words stand between the last full stop before a token (or the start) and the token."""
    place = np.arange(len(ids))
    after_stop = np.zeros(len(ids), dtype=np.int64)
    after_stop[1:] = np.where(ids[:-1] == stop, place[1:], 0)
    return place - np.maximum.accumulate(after_stop)
