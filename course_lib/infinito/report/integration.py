"""The report's metrics of "integrated information": both versions, as functions of what a model did.

Shapes: B sequences, T tokens, D model width; hidden (B, T, D) is what comes out of the blocks, attention
(L, B, H, T, T) the attention matrices of L layers with H heads. Each function returns one number per name, the mean
over the batch. Several cannot vary, whatever the model does; tests/infinito/report/test_integration.py shows which.
"""

import math

import torch
import torch.nn.functional as F

from course_lib.core.validation import validate_above
from course_lib.infinito.report.as_reported import ReportedMetricLayers

Numbers = dict[str, float]


@torch.no_grad()
def first_metrics(hidden: torch.Tensor, attention: torch.Tensor, layers: ReportedMetricLayers) -> Numbers:
    """The metrics of the run that ended at 99.25: phi of three parts, coherence, complexity, diversity, entropy.

    `layers` are two linear maps that nothing ever trained: every part sees a random projection.
    """
    _validate(hidden, attention)
    tokens = hidden.shape[1]
    projected = layers.phi_projector(hidden)  # (B, T, D/2)
    unit = F.normalize(projected, dim=-1)
    # The trace of the covariance of unit vectors: the mean of their squared lengths, which are 1.
    trace = unit.square().sum(dim=(1, 2)) / tokens  # (B,)
    half = tokens // 2
    overlap = (unit[:, :half] * unit[:, half : 2 * half]).sum(dim=(1, 2)).abs()  # (B,)
    integration = overlap / (half * unit.shape[-1])  # at most 1 / (D/2): the sum over T/2 unit vectors is at most T/2
    variance = projected.flatten(1).var(dim=1)  # (B,)
    phi = (2.0 * (0.4 * trace + 0.4 * integration + 0.2 * variance)).clamp(0.0, 10.0)
    features = layers.complexity_analyzer(hidden)  # (B, T, 64)
    unit_features = F.normalize(features, dim=-1)
    similarity = unit_features @ unit_features.mT / tokens  # (B, T, T): a cosine divided by T is at most 1 / T
    pairs = torch.ones(tokens, tokens, dtype=torch.bool, device=hidden.device).triu(diagonal=1)
    probability = features.softmax(dim=-1)
    return _means(
        trace=trace,
        integration=integration,
        variance=variance,
        phi=phi,
        coherence=1.0 - _entropy(attention.mean(dim=(0, 2)), 1e-6).mean(dim=-1) / math.log(tokens),
        complexity=unit_features.flatten(1).var(dim=1),
        pattern_diversity=(similarity < 0.8)[:, pairs].float().mean(dim=-1),
        activation_entropy=_entropy(probability).mean(dim=-1),
    )


@torch.no_grad()
def improved_metrics(hidden: torch.Tensor, attention: torch.Tensor, *, perplexity: float | None = None) -> Numbers:
    """The later metrics: phi of four parts, and coherence across heads.

    `perplexity` multiplies phi by clip(300 / perplexity, 1, 5), so that a phi that "grows with training" is true by
    definition; the reported model never passed it. Raises ValueError for a perplexity that is not positive.
    """
    _validate(hidden, attention)
    if perplexity is not None:
        validate_above("perplexity", perplexity, 0)
    tokens = hidden.shape[1]
    temporal = (F.cosine_similarity(hidden[:, :-1], hidden[:, 1:], dim=-1).mean(dim=1) + 1.0) / 2.0  # (B,)
    # The slope of 10 turns every variance near 1, which a LayerNorm guarantees, into 0.99995.
    complexity = torch.sigmoid(10.0 * hidden.flatten(1).var(dim=1))
    columns = attention.mean(dim=(0, 2)).mean(dim=1)  # (B, T): how much each position is looked at; sums to 1
    diversity = _entropy(columns) / math.log(tokens)
    parts = {"temporal": temporal, "integration": _quarters(hidden), "complexity": complexity, "attention": diversity}
    factor = 1.0 if perplexity is None else min(max(300.0 / perplexity, 1.0), 5.0)
    phi = (3.0 * factor * sum(IMPROVED_WEIGHTS[name] * part for name, part in parts.items())).clamp(0.0, 10.0)
    # Rows of attention sum to 1, so the mean over a head's matrix is 1 / T for every head: a variance of nothing.
    heads = attention.mean(dim=(0, 3, 4))  # (B, H)
    return _means(**parts, phi=phi, coherence=1.0 / (1.0 + heads.var(dim=1, correction=0)))


IMPROVED_WEIGHTS = {"temporal": 0.30, "integration": 0.30, "complexity": 0.20, "attention": 0.20}


def delta_phi_loss(weighted_phi: torch.Tensor, target: float) -> torch.Tensor:
    """The auxiliary loss that was to raise phi: mean (phi - target)^2 + mean relu(3 phi - phi).

    The second term compares phi with itself times 3 (a slip of units) and adds 2 phi: the sum is smallest at
    phi = target - 1, which for the target of 1.2 is 0.2.
    """
    return (weighted_phi - target).square().mean() + F.relu(3.0 * weighted_phi - weighted_phi).mean()


def _quarters(hidden: torch.Tensor) -> torch.Tensor:
    """Mean |cosine| over the 6 pairs of the means of the four quarters, (B,); 1 for fewer than 4 tokens."""
    quarter = hidden.shape[1] // 4
    if quarter == 0:
        return torch.ones(len(hidden), device=hidden.device)
    means = hidden[:, : 4 * quarter].unflatten(1, (4, quarter)).mean(dim=2)  # (B, 4, D)
    unit = F.normalize(means, dim=-1)
    first, second = torch.triu_indices(4, 4, offset=1, device=hidden.device)
    return (unit[:, first] * unit[:, second]).sum(dim=-1).abs().mean(dim=1)


def _entropy(probability: torch.Tensor, inside: float = 0.0) -> torch.Tensor:
    """-sum p log(p + inside) over the last dimension, in nats."""
    if inside == 0.0:
        return torch.special.entr(probability).sum(dim=-1)
    return -(probability * (probability + inside).log()).sum(dim=-1)


def _means(**values: torch.Tensor) -> Numbers:
    return {name: float(value.mean()) for name, value in values.items()}


def _validate(hidden: torch.Tensor, attention: torch.Tensor) -> None:
    if hidden.ndim != 3 or hidden.shape[1] < 2:
        raise ValueError(f"hidden must be (B, T, D) with T >= 2, got {tuple(hidden.shape)}")
    batch, tokens = hidden.shape[:2]
    if attention.ndim != 5 or attention.shape[1] != batch or attention.shape[3:] != (tokens, tokens):
        raise ValueError(f"attention must be (L, {batch}, H, {tokens}, {tokens}), got {tuple(attention.shape)}")
