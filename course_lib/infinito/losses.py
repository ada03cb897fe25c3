"""What does training minimize? The cross-entropy of the next token, as a sum and a count.

Shapes: B sequences, T tokens, V words. Padding is -100 in the targets y.
"""

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.core.metrics import Loss

PADDING = -100


def language_loss(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> Loss:
    """Cross-entropy in nats of the tokens y (B, T) that follow x (B, T), summed over the targets that count.

    Targets that are padding do not count, nor (as in the report) those equal to the config's `ignored_token`.
    """
    x, y = batch
    logits, _ = model(x)  # (B, T, V)
    targets = y.flatten()  # (B * T,)
    if model.config.ignored_token is not None:
        targets = targets.masked_fill(targets == model.config.ignored_token, PADDING)
    total = F.cross_entropy(logits.flatten(0, 1), targets, ignore_index=PADDING, reduction="sum")
    return Loss(total, int((targets != PADDING).sum()))
