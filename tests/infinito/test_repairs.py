"""What the repaired model does and the reported one does not: five sentences, each asked of both."""

from dataclasses import replace

import pytest
import torch

from course_lib.infinito.config import AS_REPORTED, TINY, InfinitoConfig
from course_lib.infinito.losses import language_loss
from course_lib.infinito.memory import MemoryState
from course_lib.infinito.model import Infinito
from course_lib.infinito.report.analysis import leak, parameters_without_gradient

SIZES = ("vocabulary", "context", "positions", "width", "layers", "heads", "feed_forward", "memory_slots", "slot_width")
REPORTED = replace(AS_REPORTED, **{name: getattr(TINY, name) for name in SIZES})
TOKENS = 12


def model_of(config: InfinitoConfig) -> Infinito:
    """A model whose weights are large enough that what it reads from its memory shows."""
    torch.manual_seed(0)
    model = Infinito(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(5.0 if parameter.ndim == 2 and config.scaled_init else 1.0)
    return model


def ids(seed: int, batch: int = 2, tokens: int = TOKENS) -> torch.Tensor:
    return torch.randint(3, 104, (batch, tokens), generator=torch.Generator().manual_seed(seed))


def remembered(model: Infinito, batch: int = 2) -> MemoryState | None:
    """The memory of two earlier segments."""
    memory = None
    with torch.no_grad():
        for seed in (10, 11):
            _, memory = model(ids(seed, batch), memory)
    return memory


def sees_no_future(config: InfinitoConfig) -> bool:
    model = model_of(config).eval()
    return all(leak(model, ids(0), position, ids(1)) == 0.0 for position in range(TOKENS - 1))


def listens_to_its_memory(config: InfinitoConfig) -> bool:
    model = model_of(config).eval()
    memory = remembered(model)
    scrambled = None if memory is None else memory._replace(values=torch.randn_like(memory.values))
    with torch.no_grad():
        before = model(ids(0), memory)[0]
        for name, buffer in model.named_buffers():
            buffer.normal_() if name == "memory.slots" else None
        return not torch.equal(model(ids(0), scrambled)[0], before)


def evaluation_changes_nothing(config: InfinitoConfig) -> bool:
    model = model_of(config).eval()
    memory = remembered(model)
    before = [part.clone() for part in (*model.state_dict().values(), *(memory or ()))]
    with torch.no_grad():
        model(ids(0), memory)
    return all(map(torch.equal, before, [*model.state_dict().values(), *(memory or ())]))


def each_sequence_has_its_own_memory(config: InfinitoConfig) -> bool:
    """Whether the memory after a batch of two is that of two batches of one; what the buffers hold, if it is hidden."""

    def after(rows: slice) -> tuple[torch.Tensor, ...]:
        model, memory = model_of(config).eval(), None
        with torch.no_grad():
            for seed in (10, 11):
                _, memory = model(ids(seed)[rows], memory)
        return memory or (model.memory.slots.unsqueeze(0),)

    both, first, second = after(slice(0, 2)), after(slice(0, 1)), after(slice(1, 2))
    apart = [torch.cat(parts) for parts in zip(first, second, strict=True)]
    return all(a.shape == b.shape and torch.allclose(a, b, atol=1e-5) for a, b in zip(both, apart, strict=True))


def the_whole_memory_learns(config: InfinitoConfig) -> bool:
    x = ids(0, tokens=3 * config.context)
    dead = parameters_without_gradient(model_of(config), language_loss, (x, x.roll(-1, 1)))
    return not any(name.startswith("memory.") for name in dead)


SENTENCES = (
    sees_no_future,
    listens_to_its_memory,
    evaluation_changes_nothing,
    each_sequence_has_its_own_memory,
    the_whole_memory_learns,
)


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence.__name__)
def test_the_repaired_model_passes_and_the_reported_one_fails(sentence):
    assert sentence(TINY)
    assert not sentence(REPORTED)


@pytest.mark.parametrize(
    ("repair", "sentence"),
    [
        ({"causal": True}, sees_no_future),
        ({"memory_read": True}, listens_to_its_memory),
        ({"write_in_evaluation": False}, evaluation_changes_nothing),
        ({"shared_memory": False, "write_in_evaluation": False}, each_sequence_has_its_own_memory),
        ({"shared_memory": False, "write_in_evaluation": False, "memory_read": True}, the_whole_memory_learns),
    ],
)
def test_one_switch_mends_one_flaw_of_the_reported_model(repair, sentence):
    assert sentence(replace(REPORTED, **repair))


@pytest.mark.parametrize(
    ("flaw", "sentence"),
    [
        ({"causal": False}, sees_no_future),
        ({"memory_read": False}, listens_to_its_memory),
        ({"memory_read": False}, the_whole_memory_learns),
        ({"shared_memory": True, "write_in_evaluation": True}, evaluation_changes_nothing),
        ({"shared_memory": True, "write_in_evaluation": True}, each_sequence_has_its_own_memory),
    ],
)
def test_one_switch_brings_one_flaw_back(flaw, sentence):
    assert not sentence(replace(TINY, **flaw))


def test_a_pooled_query_lets_the_future_into_the_past_through_the_memory():
    """The second leak: a causal mask does not help when one answer to the whole segment is added to every position."""
    changed = ids(0)
    changed[:, -1] = (changed[:, -1] + 1) % 104
    for pooled in (False, True):
        model = model_of(replace(TINY, pooled_query=pooled)).eval()
        with torch.no_grad():
            before, after = (model(x, remembered(model))[0][:, :-1] for x in (ids(0), changed))
        assert torch.equal(before, after) is not pooled


@pytest.mark.parametrize("slots", [0, 16])
@pytest.mark.parametrize("position", [0, 5, 10])
def test_no_logit_and_no_other_sequence_depends_on_a_later_token(slots, position):
    """Bit for bit, with a memory that holds something, and in the same batch."""
    model = model_of(replace(TINY, memory_slots=slots)).eval()
    changed = ids(0)
    changed[0, position + 1 :] = ids(1)[0, position + 1 :]
    with torch.no_grad():
        memory = remembered(model)
        (before, old), (after, new) = model(ids(0), memory), model(changed, memory)
    assert torch.equal(before[0, : position + 1], after[0, : position + 1])
    assert not torch.equal(before[0, position + 1 :], after[0, position + 1 :])
    assert torch.equal(before[1], after[1])
    if slots:
        assert all(torch.equal(a[1], b[1]) for a, b in zip(old, new, strict=True))
        assert not torch.equal(old.access[0], new.access[0])
