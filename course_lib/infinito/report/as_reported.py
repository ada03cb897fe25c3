"""The memory as reported, a buffer behind the model: asked and not heard, written by every call.

Shapes: B sequences, T tokens, D model width, S slots of width k. Nothing here is repaired; the notes F3 to F7 of the
audit (lesson 11) are what these lines do.
"""

from typing import Any

import torch
from torch import nn

from course_lib.infinito.config import InfinitoConfig

ACCESSED = 0.01  # a slot counts as accessed above this weight; with 256 slots, 1/256 = 0.0039 is the uniform weight


class ReportedMemory(nn.Module):
    """S slots in buffers that all sequences of all batches share, and that evaluation changes like training.

    The state: slots (S, k), age (S,), importance (S,), access (S,). A call reads with a query (B, D), which counts
    accesses, and writes the mean over the batch of the processed queries into one slot.
    """

    def __init__(self, config: InfinitoConfig) -> None:
        super().__init__()
        slots, width, slot_width = config.memory_slots, config.width, config.slot_width
        self.read_controller = nn.Linear(width + 1, slots)
        self.write_controller = nn.Linear(width + 1, slots)  # its answer decides nothing
        self.content_processor = nn.Linear(width, slot_width)
        # Never called in the report. Where `memory_read` repairs the discarded read, it brings the slots' width back
        # to that of the model.
        self.importance_enhancer = nn.Linear(slot_width, width)
        # A Parameter that no gradient reaches: it is overwritten by each read.
        self.utilization = nn.Parameter(torch.zeros(1))
        self.register_buffer("slots", torch.zeros(slots, slot_width))
        self.register_buffer("age", torch.zeros(slots))
        self.register_buffer("importance", torch.full((slots,), 0.1))
        self.register_buffer("access", torch.zeros(slots))
        self.listens, self.pooled_query = config.memory_read, config.pooled_query
        self.write_in_evaluation = config.write_in_evaluation

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Read and (unless `memory_read`) do not listen, then write: hidden (B, T, D) -> (B, T, D)."""
        pooled = hidden.mean(dim=1)  # (B, T, D) -> (B, D): all positions, the last ones too
        changes = self.training or self.write_in_evaluation
        if self.listens:
            query = pooled.unsqueeze(1) if self.pooled_query else hidden  # (B, 1, D) or (B, T, D)
            content = self.read(query, update=changes)  # (B, 1, k) or (B, T, k)
            hidden = hidden + self.importance_enhancer(content)  # one answer is added to every position
        elif changes:
            # Nobody hears the answer. Asked without gradient, because none could come back.
            with torch.no_grad():
                self.read(pooled)
        if changes:
            self.write(pooled)
        return hidden

    def read(self, query: torch.Tensor, *, update: bool = True) -> torch.Tensor:
        """What the slots answer to queries (..., D): (..., k). Counts accesses unless `update` is False.

        The address depends on the query and on the number of the slot, not on what the slot holds.
        """
        level = torch.ones_like(query[..., :1])  # the integration level, which is 1 unless metrics are asked for
        weights = self.read_controller(torch.cat([query, level], dim=-1)).softmax(dim=-1)  # (..., S)
        # Copies, because `write` changes the buffers before the gradient has come back.
        weights = weights * self.importance.clone()
        weights = weights / (weights.sum(dim=-1, keepdim=True) + 1e-6)
        if update:
            self._count(weights.detach().flatten(0, -2))  # (rows, S)
        return weights @ self.slots.clone()  # (..., S) @ (S, k)

    @torch.no_grad()
    def _count(self, weights: torch.Tensor) -> None:
        self.access += (weights > ACCESSED).sum(dim=0)
        largest = weights.max(dim=-1).values.mean()
        self.utilization.copy_(0.9 * self.utilization + 0.1 * largest)

    @torch.no_grad()
    def write(self, content: torch.Tensor, *, level: float = 1.0, phi: float = 0.0) -> None:
        """Put the mean over the batch of the processed `content` (B, D) into the slot with the highest score.

        One slot per call, whatever it holds; no gradient. Ties go to the first slot.
        """
        processed = self.content_processor(content).mean(dim=0, keepdim=True)  # (B, k) -> (1, k)
        victim = replacement_score(self.importance, self.access, self.age).argmax(keepdim=True)  # (1,)
        # Whole tensors and an index that stays on the device: no number has to come back from a GPU.
        self.slots.index_copy_(0, victim, processed.to(self.slots.dtype))
        self.age += 1
        self.age.index_fill_(0, victim, 0.0)
        self.importance.index_fill_(0, victim, level * (1.0 + phi))
        self.access.index_fill_(0, victim, 0.0)

    def statistics(self) -> dict[str, float]:
        """The five numbers of the report, under its names, which say other things than they measure.

        "utilization" is a moving average of the largest read weight, not of how many slots are used.
        """
        return {
            "utilization": float(self.utilization.detach()),
            "avg_importance": float(self.importance.mean()),
            "max_age": float(self.age.max()),
            "total_accesses": float(self.access.sum()),
            "occupied_slots": float((self.slots.abs().sum(dim=-1) > 0.01).sum()),
        }


def replacement_score(importance: torch.Tensor, access: torch.Tensor, age: torch.Tensor) -> torch.Tensor:
    """How much each slot asks to be replaced: little importance, few accesses, a high age. All (S,)."""
    return -importance - 0.1 * access / (access.max() + 1e-6) + 0.05 * age / (age.max() + 1e-6)


class ReportedMetricLayers(nn.Module):
    """The two linear layers of the reported integration metrics: never trained, in the run never even called."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.phi_projector = nn.Linear(width, width // 2)
        self.complexity_analyzer = nn.Linear(width, 64)

    def forward(self, *_: Any) -> None:
        """Raises TypeError: the metrics are functions, see `course_lib.infinito.report.integration`."""
        raise TypeError("the metric layers are called by course_lib.infinito.report.integration, not by the model")
