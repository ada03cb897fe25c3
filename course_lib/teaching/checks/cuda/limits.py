"""Six training runs and what limits them, computed for a machine of round figures: the key and the known readings.

No GPU was measured. The machine: 100 TFLOP/s, 2 TB/s, 5 microseconds of the host to ask for a kernel. A step costs the
largest of four times (arithmetic, memory, asking, loader), as in the queue of lesson 09; a run that reads its loss in
every step pays for the asking and for the device one after the other.
"""

from dataclasses import dataclass, replace

from course_lib.teaching.exercises.kinds import find

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


# A test computes it from the runs.
KEY = {"A": "arithmetic", "B": "asking", "C": "memory", "D": "loader", "E": "waiting", "F": "asking"}
_SYNONYMS = {
    "arithmetic": ("compute", "computing", "computation", "FLOPs", "math", "compute bound", "arithmetic bound"),
    "memory": ("bandwidth", "memory bandwidth", "bytes", "moving", "memory bound", "bandwidth bound"),
    "asking": ("host", "host bound", "launching", "launch", "launches", "kernel launch", "kernel launches", "kernels",
               "overhead"),
    "loader": ("data", "data loader", "loading", "data loading", "loader bound", "input bound"),
    "waiting": ("wait", "waits", "synchronization", "synchronisation", "sync", "reading the loss", "taking turns"),
}  # fmt: skip

NAME_THE_LIMIT = find(
    "name_the_limit: Six runs: what limits them? | difficulty 2, 12 minutes",
    KEY,
    words=LIMITS,
    synonyms=_SYNONYMS,
    ask={
        "A": "which of the four times equals the length of the step?",
        "B": "the device works a fifth of the time: who is busy in the rest?",
        "C": "the device works all the time: does it compute or does it move?",
        "D": "which of the four times equals the length of the step?",
        "E": "no single time is as long as the step: which two together are?",
        "F": "which of the four times equals the length of the step, to the tenth of a millisecond?",
    },
    wrong="""
    busy_is_computing [C = arithmetic]: a reading in which a device that always works computes
        | what else may a device be busy with than arithmetic?
    busy_is_device [F = arithmetic]: a reading in which a device that works most of the time is the limit
        | would F be shorter if its arithmetic cost nothing?
    memory_in_f [F = memory]: a reading that takes the bytes for the limit of F
    loader_in_f [F = loader]: a reading that takes the loader for the limit of F | who finishes later, loader or host?
    idle_is_loader [B = loader]: a reading in which a device that stands still waits for data
        | how long does the loader of B need for a batch?
    waiting_is_asking [E = asking]: a reading in which E is limited by its asking
        | how long does the host of E need to ask, and how long is the step?
    waiting_is_device [E = arithmetic]: a reading in which E is limited by its arithmetic
        | how long does the device of E work, and how long is the step?
    waiting_is_loader [E = loader]: a reading in which E waits for its loader
        | how long does the loader of E need for a batch?
    small_is_waiting [B = waiting]: a reading in which B waits for its loss
        | how long would the step of B be if host and device took turns?
    most_bytes [A = memory]: a reading in which A is limited by its bytes
        | which of the four times equals the length of the step?
    loader_is_arithmetic [D = arithmetic]: a reading in which D is limited by its arithmetic
        | would D be shorter on a faster device?
    """,
    hints="""
    Four times for each run: FLOPs / rate, bytes / bandwidth, kernels times 5 microseconds, loader.
    Where nobody waits, the longest of the four is the length of the step.
    Where the length is the sum of asking and device, the host waits in each step.
    """,
    not_tested="runs in which two limits are equally near; there you mend both",
)
