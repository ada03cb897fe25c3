"""A memory of what lies before the context: slots that are found by content and kept by priority.

Shapes: B sequences, T tokens of one segment, D model width, M slots with keys and values of width k, W candidates
that a segment offers. A segment reads what earlier segments wrote and writes for later ones, so that no position sees
its own future.
"""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.infinito.config import InfinitoConfig

EMPTY = -math.inf  # the logarithm of an importance of 0
SHARPNESS = 16.0  # at the start: what a cosine of 1 adds to the logarithm of a weight


class MemoryState(NamedTuple):
    """What each sequence remembers. A value like logits: made by a call, given to the next, never changed in place."""

    keys: torch.Tensor  # (B, M, k): what the text was like where the slot was written
    values: torch.Tensor  # (B, M, k): what followed there
    log_importance: torch.Tensor  # (B, M): log of a number in (0, 1), -inf for an empty slot
    access: torch.Tensor  # (B, M): reads received so far; a token spreads one read over the slots
    age: torch.Tensor  # (B, M): segments since it was written
    entropy: torch.Tensor  # (B,): of the latest segment's reads over the slots, in nats, mean over its tokens
    hits: torch.Tensor  # (B,): share of the latest segment's tokens that read slots more than they read nothing

    def detach(self) -> "MemoryState":
        """The same memory, cut from the graph of the segments that wrote it."""
        return MemoryState(*(part.detach() for part in self))


class PriorityMemory(nn.Module):
    """A content-addressed memory of M slots per sequence.

    A slot's priority is importance * (1 + access)^a * exp(-b * age). It multiplies the weight with which the slot is
    read, through which importance, a and b learn, and it decides which slots stay: of the M held and the W offered
    the M with the highest priority do. Source of addresses by cosine: Graves et al. 2014, Neural Turing Machines,
    section 3.3.1.
    """

    def __init__(self, config: InfinitoConfig) -> None:
        super().__init__()
        width, slot_width = config.width, config.slot_width
        self.slots, self.writes, self.slot_width = config.memory_slots, config.memory_writes, slot_width
        self.pooled_query, self.listens = config.pooled_query, config.memory_read
        self.norm = nn.LayerNorm(width)
        # One map for what is asked and what is kept: similar texts find each other before anything was learned.
        self.address = nn.Linear(width, slot_width)
        # The logarithm, because a step of the optimizer should change the sharpness by a share of it.
        self.log_sharpness = nn.Parameter(torch.tensor(math.log(SHARPNESS)))
        self.value = nn.Linear(width, slot_width)
        self.importance = nn.Linear(width, 1)
        # Without bias: a memory that answers nothing adds exactly nothing.
        self.out = nn.Linear(slot_width, width, bias=False)
        self.nothing = nn.Linear(width, 1)  # each token decides how much it wants to read nothing
        # a and b before softplus, which keeps them positive: 0.31 and 0.13 at the start.
        self.access_weight = nn.Parameter(torch.tensor(-1.0))
        self.age_weight = nn.Parameter(torch.tensor(-2.0))

    def fresh(self, batch: int) -> MemoryState:
        """The empty memory of `batch` sequences, on the device of the parameters."""
        one = self.log_sharpness.detach()  # device and dtype
        keys, values = (one.new_zeros(batch, self.slots, self.slot_width) for _ in range(2))
        access, age = (one.new_zeros(batch, self.slots) for _ in range(2))
        entropy, hits = (one.new_zeros(batch) for _ in range(2))
        return MemoryState(keys, values, torch.full_like(access, EMPTY), access, age, entropy, hits)

    def forward(self, x: torch.Tensor, memory: MemoryState) -> tuple[torch.Tensor, MemoryState]:
        """Read for every token of x (B, T, D), then write: x with the answers added, and the memory after it."""
        hidden = self.norm(x)
        answer, weights = self.read(hidden, memory)
        return (x + answer if self.listens else x), self.write(hidden, self.count_reads(memory, weights))

    def read(self, hidden: torch.Tensor, memory: MemoryState) -> tuple[torch.Tensor, torch.Tensor]:
        """The answers (B, T, D) to hidden (B, T, D), and the weights (B, T, M), whose rows sum to at most 1."""
        asking = hidden.mean(dim=1, keepdim=True) if self.pooled_query else hidden
        query = self.log_sharpness.exp() * self.key(asking)  # (B, T, k)
        # Adding the log multiplies the weight: twice the priority is read twice as much, an empty slot not at all.
        scores = query @ memory.keys.mT + self.log_priority(memory).unsqueeze(1)  # (B, T, M)
        # The last column stands for reading nothing. It also keeps the softmax finite while every slot is empty.
        # Its logit starts where M slots of no likeness would be as likely together.
        nothing = self.nothing(asking).to(scores.dtype) + math.log(self.slots)  # (B, T, 1)
        weights = torch.cat([scores, nothing], dim=-1).softmax(dim=-1)[..., :-1]  # (B, T, M)
        return self.out(weights @ memory.values), weights

    def key(self, hidden: torch.Tensor) -> torch.Tensor:
        """The address (..., k) of hidden (..., D), of length 1: the product of two addresses is their cosine."""
        return F.normalize(self.address(hidden), dim=-1)

    def log_priority(self, memory: MemoryState) -> torch.Tensor:
        """log(importance) + a log(1 + access) - b age, (B, M); -inf for an empty slot."""
        a, b = F.softplus(self.access_weight), F.softplus(self.age_weight)
        return memory.log_importance + a * memory.access.log1p() - b * memory.age

    @torch.no_grad()
    def count_reads(self, memory: MemoryState, weights: torch.Tensor) -> MemoryState:
        """The memory with the reads of one segment counted; weights (B, T, M)."""
        weights = weights.float()
        read = weights.sum(dim=-1)  # (B, T): what was not spent on reading nothing
        # With p = w / r: -sum p log p = -(sum w log w) / r + log r. A token that read nothing has entropy 0.
        some = read.clamp_min(torch.finfo(read.dtype).tiny)
        entropy = (torch.special.entr(weights).sum(dim=-1) / some + some.log()).where(read > 0, 0.0)
        return memory._replace(
            access=memory.access + weights.sum(dim=1),
            entropy=entropy.mean(dim=1),
            hits=(read > 0.5).float().mean(dim=1),
        )

    def write(self, hidden: torch.Tensor, memory: MemoryState) -> MemoryState:
        """The memory after the segment hidden (B, T, D): the M of highest priority among its slots and W newcomers.

        A newcomer pairs what the text was like at t with what followed at t + 1, as a cache of transitions does. The W
        positions of highest importance are offered; a segment of one token has no pair and offers none.
        """
        here, after = hidden[:, :-1], hidden[:, 1:]  # (B, T - 1, D)
        log_importance = F.logsigmoid(self.importance(here).squeeze(-1).to(memory.age.dtype))  # (B, T - 1)
        offered, rows = log_importance.topk(min(self.writes, here.shape[1]), dim=1)  # (B, W)
        new = torch.zeros_like(offered)
        memory = memory._replace(
            keys=_append(memory.keys, self.key(_rows(here, rows))),
            values=_append(memory.values, self.value(_rows(after, rows))),
            log_importance=_append(memory.log_importance, offered),
            access=_append(memory.access, new),
            age=_append(memory.age + 1, new),
        )
        # What is kept is a choice without gradient; what was kept carries the gradient of its later reads.
        keep = self.log_priority(memory).detach().topk(self.slots, dim=1).indices  # (B, M)
        return memory._replace(
            keys=_rows(memory.keys, keep),
            values=_rows(memory.values, keep),
            log_importance=memory.log_importance.gather(1, keep),
            access=memory.access.gather(1, keep),
            age=memory.age.gather(1, keep),
        )


def _append(old: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
    """Slots (B, M, ...) and newcomers (B, W, ...) as one list (B, M + W, ...), in the precision of the slots."""
    return torch.cat([old, new.to(old.dtype)], dim=1)


def _rows(x: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """The given rows (B, n) of every sequence of x (B, N, width): (B, n, width)."""
    return x.gather(1, rows.unsqueeze(-1).expand(-1, -1, x.shape[-1]))


def memory_statistics(memory: MemoryState) -> dict[str, float]:
    """What the memory of a batch is like, over all its sequences.

    occupancy: share of slots that hold something. read_entropy: over how many slots the latest segment's reads spread,
    in nats (log M at most). hit_share: share of its tokens whose read gave the slots more than half of its weight.
    mean_age, max_age: segments since writing, and mean_reads: reads received, of the slots that hold something (0 if
    none does).
    """
    filled = memory.log_importance > EMPTY  # (B, M)
    count = max(int(filled.sum()), 1)
    age, access = (part.where(filled, 0.0) for part in (memory.age, memory.access))
    return {
        "occupancy": float(filled.float().mean()),
        "read_entropy": float(memory.entropy.mean()),
        "hit_share": float(memory.hits.mean()),
        "mean_age": float(age.sum()) / count,
        "max_age": float(age.max()),
        "mean_reads": float(access.sum()) / count,
    }
