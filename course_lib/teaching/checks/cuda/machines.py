"""Six training runs and what limits them, computed for a machine of round figures. No GPU was measured.

The machine: 100 TFLOP/s, 2 TB/s, 5 microseconds of the host to ask for a kernel. A step costs the largest of four times
(arithmetic, memory, asking, loader), as in the queue of lesson 09; a run that reads its loss in every step pays for the
asking and for the device one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

RATE, BANDWIDTH, ASKING = 100e12, 2e12, 5e-6  # FLOP/s, bytes/s, seconds for each kernel
LIMITS = ("arithmetic", "memory", "asking", "loader", "waiting")


@dataclass(frozen=True)
class Step:
    """What a step of a run asks for. `loading` in seconds for a batch; `reads_loss`: whether it waits in each step."""

    kernels: int
    flops: float
    bytes: float
    loading: float
    reads_loss: bool = False

    @property
    def device(self) -> float:
        """Seconds that the device works: arithmetic and memory side by side."""
        return max(self.flops / RATE, self.bytes / BANDWIDTH)

    @property
    def asking(self) -> float:
        """Seconds that the host needs to ask for all kernels."""
        return self.kernels * ASKING

    @property
    def seconds(self) -> float:
        """The length of a step."""
        work = self.asking + self.device if self.reads_loss else max(self.asking, self.device)
        return max(work, self.loading)

    @property
    def limit(self) -> str:
        """Which of LIMITS makes the step as long as it is."""
        if replace(self, reads_loss=False).seconds < self.seconds:
            return "waiting"
        times = (self.flops / RATE, self.bytes / BANDWIDTH, self.asking, self.loading)
        return LIMITS[times.index(max(times))]


RUNS = {
    "A": Step(kernels=800, flops=1.2e12, bytes=20e9, loading=0.011),
    "B": Step(kernels=900, flops=0.05e12, bytes=2e9, loading=0.001),
    "C": Step(kernels=700, flops=0.5e12, bytes=24e9, loading=0.008),
    "D": Step(kernels=900, flops=1.1e12, bytes=16e9, loading=0.020),
    "E": Step(kernels=1000, flops=0.6e12, bytes=9e9, loading=0.004, reads_loss=True),
    "F": Step(kernels=2600, flops=1.15e12, bytes=21e9, loading=0.012),
}


def table() -> str:
    """What an engineer would note down of each run, as text: counts, loader, length of a step, share at work."""
    lines = [f"{'run':<5}{'kernels':>9}{'TFLOP':>9}{'GB moved':>10}{'loader ms':>11}{'step ms':>9}{'device works':>14}"]
    for letter, one in RUNS.items():
        lines.append(
            f"{letter:<5}{one.kernels:>9,}{one.flops / 1e12:>9.2f}{one.bytes / 1e9:>10.0f}{1e3 * one.loading:>11.1f}"
            f"{1e3 * one.seconds:>9.1f}{one.device / one.seconds:>14.0%}"
        )
    return "\n".join(lines)
