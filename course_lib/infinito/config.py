"""The sizes of INFINITO, and its behaviour: as reported with its flaws, or repaired.

Every flaw of the reported model is one field here, so that a lesson switches them one by one with
`dataclasses.replace`: `replace(AS_REPORTED, causal=True)`, or the other way round `replace(FULL, causal=False)`.
"""

from dataclasses import dataclass, replace

from course_lib.core.validation import validate_at_least, validate_integer, validate_interval


@dataclass(frozen=True)
class InfinitoConfig:
    """Sizes and behaviour of one model; the defaults are FULL. Raises ValueError or TypeError for nonsense.

    The fields under "behaviour" have the repaired value as their default; the reported value and its effect stand
    in the comment.
    """

    # Sizes
    vocabulary: int = 10_000
    context: int = 256  # tokens of one segment: what attention sees at once
    positions: int = 1_000  # rows of the position table; a segment has at most so many tokens
    width: int = 512
    layers: int = 6
    heads: int = 8
    feed_forward: int = 2_048
    memory_slots: int = 256  # 0 turns the external memory off
    slot_width: int = 64
    memory_writes: int = 64  # candidates that one segment offers to the memory (the reported memory writes 1)

    # Noise while training
    dropout: float = 0.1
    attention_dropout: float = 0.0  # reported: 0.1, on the attention matrix, which the fast kernels then build
    exploration: float = 0.1  # first scale of the noise after each layer; 0 turns it off

    # Behaviour
    causal: bool = True  # reported: False, every position sees its own target one step to the right
    pre_norm: bool = True  # reported: False, the norm stands after each sum and none before the output
    tied: bool = True  # reported: False, input and output embedding are two tables
    scaled_init: bool = True  # reported: False, the defaults of torch: tokens N(0, 1), linear layers +-1/sqrt(fan_in)
    position_std: float = 0.02  # the reported value too; beside tokens of 1.0 it hides the order for long
    memory_read: bool = True  # reported: False, what the memory answers is thrown away
    pooled_query: bool = False  # reported: True, the mean over all positions asks, so that the future reaches the past
    shared_memory: bool = False  # reported: True, one hidden buffer for all sequences of all batches
    write_in_evaluation: bool = False  # reported: True, evaluation changes the hidden buffer
    metric_layers: bool = False  # reported: True, layers for the integration metrics that no gradient reaches
    keep_attention_maps: bool = False  # V5.2: True, the maps of the last batch end up in every checkpoint
    ignored_token: int | None = None  # reported: 0, this token is not counted as a target

    def __post_init__(self) -> None:
        _validate_sizes(self)
        for name in ("dropout", "attention_dropout"):
            validate_interval(name, getattr(self, name), 0, 1, "[)")
        for name in ("exploration", "position_std"):
            validate_at_least(name, getattr(self, name), 0)
        if self.ignored_token is not None:
            validate_interval("ignored_token", self.ignored_token, 0, self.vocabulary, "[)")
        if self.write_in_evaluation and not self.shared_memory:
            # An explicit state is never changed in place: there is no hidden place that evaluation could write.
            raise ValueError("write_in_evaluation needs shared_memory: only a hidden memory can be changed unseen")
        if self.shared_memory and self.memory_slots == 0:
            raise ValueError("shared_memory needs memory_slots >= 1, got 0")


def _validate_sizes(config: InfinitoConfig) -> None:
    """Raise TypeError or ValueError unless every size is a whole number in its range, and they fit each other."""
    smallest = {"memory_slots": 0, "memory_writes": 1, "vocabulary": 2}
    names = ("vocabulary", "context", "positions", "width", "layers", "heads", "feed_forward")
    for name in (*names, "memory_slots", "slot_width", "memory_writes"):
        value = getattr(config, name)
        validate_integer(name, value)
        validate_at_least(name, value, smallest.get(name, 1))
    if config.width % config.heads != 0:
        raise ValueError(f"width ({config.width}) must be a multiple of heads ({config.heads})")
    if config.context > config.positions:
        raise ValueError(f"context ({config.context}) must be at most positions ({config.positions})")


FULL = InfinitoConfig()

# The model of the run that ended at perplexity 99.25, with 30,169,746 parameters. Its attention maps are not kept,
# which changes nothing that it computes and saves 189 MB per checkpoint; see `keep_attention_maps`.
AS_REPORTED = InfinitoConfig(
    attention_dropout=0.1,
    causal=False,
    pre_norm=False,
    tied=False,
    scaled_init=False,
    memory_read=False,
    pooled_query=True,
    shared_memory=True,
    write_in_evaluation=True,
    metric_layers=True,
    ignored_token=0,
)

# Small enough for a lesson on one CPU core: about a million parameters, 0.1 s a step with 16 sequences.
SMALL = replace(
    FULL,
    vocabulary=2_000,
    context=128,
    positions=128,
    width=128,
    layers=4,
    heads=4,
    feed_forward=512,
    memory_slots=64,
    slot_width=32,
    memory_writes=32,
)

# For tests and for studies over many seeds: a few milliseconds a step.
TINY = replace(
    FULL,
    vocabulary=104,
    context=32,
    positions=64,
    width=64,
    layers=2,
    heads=4,
    feed_forward=256,
    memory_slots=16,
    slot_width=16,
    memory_writes=8,
)
