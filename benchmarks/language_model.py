"""Tokens a second of INFINITO, beside a plainly written GPT of the same size, and what costs what.

Vocabulary 10,000, width 512, 6 layers, 8 heads, segments of 256 tokens, tied embeddings, the same dropout.
One step: forward, loss, backward, clipping, fused AdamW, and the loss as a number. One thread; all take turns in one
process. INFINITO trains with its exploration, which the peer has not; its memory is full and carried from step to step.
"""

import argparse
import statistics
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.measure import alternating, provenance, ratios, table
from benchmarks.recordings import RECORDS
from course_lib.core.files import write_json
from course_lib.infinito.config import AS_REPORTED, FULL, InfinitoConfig
from course_lib.infinito.losses import stream_loss
from course_lib.infinito.model import Infinito
from course_lib.infinito.report.analysis import step_flops

BATCH = 8
ROUNDS = 15
WITHOUT_MEMORY = replace(FULL, memory_slots=0)
# (name, slow, fast, relation, goal): the time of `slow` over that of `fast`, and what it should be.
PEER, PLAIN, WHOLE = "plain GPT", "INFINITO without memory", "INFINITO"
REPORTED, VALIDATION, LOW = "INFINITO as reported", "INFINITO, validation", "INFINITO without memory, bf16"
GOALS = (
    ("INFINITO without memory beside the plain GPT", PEER, PLAIN, ">=", 1.0),
    ("what the memory costs", WHOLE, PLAIN, "<=", 1.08),
    ("bf16 beside float32", PLAIN, LOW, ">=", 2.3),
    ("validation beside training (the report has 15.5 / 4.5 = 3.4)", WHOLE, VALIDATION, "", None),
    ("repaired beside as reported", REPORTED, WHOLE, "", None),
)
Step = Callable[[], object]


class PlainBlock(nn.Module):
    """Causal attention and a two-layer net, each after a norm and added to its input."""

    def __init__(self, config: InfinitoConfig) -> None:
        super().__init__()
        width = config.width
        self.heads, self.dropout = config.heads, config.dropout
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, config.feed_forward), nn.Linear(config.feed_forward, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (B, T, D) -> (B, T, D)."""
        batch, tokens, width = x.shape
        parts = self.attention(self.norm_1(x)).split(width, dim=2)
        query, key, value = (part.view(batch, tokens, self.heads, -1).transpose(1, 2) for part in parts)
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        mixed = mixed.transpose(1, 2).contiguous().view(batch, tokens, width)
        x = x + F.dropout(self.out(mixed), self.dropout, self.training)
        return x + F.dropout(self.down(F.gelu(self.up(self.norm_2(x)))), self.dropout, self.training)


class PlainGPT(nn.Module):
    """The peer, in the design of nanoGPT (https://github.com/karpathy/nanoGPT): all logits, then the loss."""

    def __init__(self, config: InfinitoConfig) -> None:
        super().__init__()
        self.tokens = nn.Embedding(config.vocabulary, config.width)
        self.positions = nn.Embedding(config.positions, config.width)
        self.blocks = nn.ModuleList(PlainBlock(config) for _ in range(config.layers))
        self.norm, self.dropout = nn.LayerNorm(config.width), config.dropout
        self.head = nn.Linear(config.width, config.vocabulary, bias=False)
        for parameter in self.parameters():
            if parameter.ndim == 2:
                nn.init.normal_(parameter, std=0.02)
        self.head.weight = self.tokens.weight

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """The mean cross-entropy of y (B, T) after x (B, T)."""
        hidden = self.tokens(x) + self.positions(torch.arange(x.shape[1], device=x.device))
        hidden = F.dropout(hidden, self.dropout, self.training)
        for block in self.blocks:
            hidden = block(hidden)
        logits = self.head(self.norm(hidden))
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), y.reshape(-1))


def batch_of(config: InfinitoConfig, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Random ids x and y (size, context) from a seed."""
    ids = torch.randint(1, config.vocabulary, (size, config.context + 1), generator=torch.Generator().manual_seed(0))
    return ids[:, :-1].contiguous(), ids[:, 1:].contiguous()


def training(model: nn.Module, loss_of: Callable[[], torch.Tensor], *, low: bool = False) -> Step:
    """A training step of the model whose mean loss `loss_of` computes; `low` for bfloat16 autocast."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)

    def step() -> float:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=low):
            loss = loss_of()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    return step


def infinito_loss(model: Infinito, size: int) -> Callable[[], torch.Tensor]:
    """The mean loss of the next segment of a stream, from the memory that the step before left."""
    batch = batch_of(model.config, size)
    memory = model.fresh_memory(size)
    with torch.no_grad():  # so often that every slot is taken
        for _ in range(0 if memory is None else -(-model.config.memory_slots // model.config.memory_writes)):
            _, memory = model(batch[0], memory)

    def loss_of() -> torch.Tensor:
        nonlocal memory
        loss, memory = stream_loss(model, batch, memory)
        return loss.mean

    return loss_of


def contenders(size: int, *, low: bool) -> dict[str, Step]:
    """One prepared, untrained model each; bfloat16 only where the processor has instructions for it."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    peer, batch = PlainGPT(FULL), batch_of(FULL, size)
    found = {PEER: training(peer, lambda: peer(*batch))}
    for name, config in ((PLAIN, WITHOUT_MEMORY), (WHOLE, FULL), (REPORTED, AS_REPORTED)):
        model = Infinito(config)
        found[name] = training(model, infinito_loss(model, size))
    if low:
        model = Infinito(WITHOUT_MEMORY)
        found[LOW] = training(model, infinito_loss(model, size), low=True)
    still = Infinito(FULL).eval()
    found[VALIDATION] = torch.no_grad()(infinito_loss(still, size))
    return found


def has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself; without, torch does it number by number, 100 times slower."""
    info = Path("/proc/cpuinfo")
    flags = info.read_text(encoding="utf-8") if info.is_file() else ""
    return "avx512_bf16" in flags or "amx_bf16" in flags or "bf16" in flags.split()


def measure(size: int = BATCH, rounds: int = ROUNDS) -> dict[str, Any]:
    """Tokens/s and GFLOP/s of every contender, and the ratios with their goals."""
    low = has_bfloat16()
    seconds = alternating(contenders(size, low=low), rounds)
    flops = step_flops(FULL, batch=size, tokens=FULL.context)
    rows = []
    for name, values in seconds.items():
        median = statistics.median(values)
        work = flops / 3 if name == VALIDATION else flops
        rows.append({"name": name, "tokens_per_second": size * FULL.context / median, "gflops": work / median / 1e9})
    found = []
    for name, slow, fast, relation, goal in GOALS:
        row = {"name": name, "relation": relation, "goal": goal, "ratio": None, "low": None, "high": None}
        if slow in seconds and fast in seconds:
            row["ratio"], row["low"], row["high"] = ratios(seconds[fast], seconds[slow])
        found.append(row)
    return {"rows": rows, "ratios": found, "bfloat16_instructions": low}


def report(measured: dict[str, Any]) -> str:
    """Two Markdown tables: the contenders, and the ratios with the verdict on each goal."""
    rows = [(row["name"], f"{row['tokens_per_second']:,.0f}", f"{row['gflops']:.0f}") for row in measured["rows"]]
    cells = []
    for row in measured["ratios"]:
        if row["ratio"] is None:
            cells.append((row["name"], "not measured: no bf16 instructions here", "", f">= {row['goal']}", ""))
            continue
        met = {">=": row["ratio"] >= (row["goal"] or 0), "<=": row["ratio"] <= (row["goal"] or 0)}.get(row["relation"])
        goal, verdict = (f"{row['relation']} {row['goal']}", "yes" if met else "no") if row["relation"] else ("", "")
        cells.append((row["name"], f"{row['ratio']:.2f}", f"{row['low']:.2f} .. {row['high']:.2f}", goal, verdict))
    first = table(("contender", "tokens/s", "GFLOP/s"), rows)
    return first + "\n\n" + table(("ratio", "median", "lowest .. highest", "goal", "met"), cells)


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and with the full number of rounds write the record."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.language_model", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="4 sequences and 3 rounds; writes no record")
    quick = parser.parse_args(arguments).quick
    measured = measure(4, 3) if quick else measure()
    print(report(measured))
    if not quick:
        record = RECORDS["language_model"]
        setting = {"batch": BATCH, "tokens": FULL.context, "rounds": ROUNDS, "threads": 1}
        write_json(record.path, {"setting": setting, **measured, "provenance": provenance(record.command, ("torch",))})


if __name__ == "__main__":
    main()
