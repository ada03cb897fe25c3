"""What limits each of six runs: the key and the known readings."""

from course_lib.teaching.checks.cuda.machines import LIMITS
from course_lib.teaching.exercises.kinds import find

# A test computes it from the runs.
KEY = {"A": "arithmetic", "B": "asking", "C": "memory", "D": "loader", "E": "waiting", "F": "asking"}
_SYNONYMS = {
    "arithmetic": ("compute", "computing", "computation", "FLOPs", "math", "compute bound", "arithmetic bound"),
    "memory": ("bandwidth", "memory bandwidth", "bytes", "moving", "memory bound", "bandwidth bound"),
    "asking": [
        "host",
        "host bound",
        "launching",
        "launch",
        "launches",
        "kernel launch",
        "kernel launches",
        "kernels",
        "overhead",
    ],
    "loader": ("data", "data loader", "loading", "data loading", "loader bound", "input bound"),
    "waiting": ("wait", "waits", "synchronization", "synchronisation", "sync", "reading the loss", "taking turns"),
}  # fmt: skip

NAME_THE_LIMIT = find(
    "name_the_limit",
    "Six runs: what limits them?",
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
    size="difficulty 2, 12 minutes",
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
    hints=(
        "Four times for each run: FLOPs / rate, bytes / bandwidth, kernels times 5 microseconds, loader.",
        "Where nobody waits, the longest of the four is the length of the step.",
        "Where the length is the sum of asking and device, the host waits in each step.",
    ),
    not_tested="runs in which two limits are equally near; there you mend both",
)
