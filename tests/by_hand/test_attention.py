"""The readable functions of lesson 10 equal the fast ones of the library, and the case that can be done by hand."""

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from course_lib.by_hand import attention as plain
from course_lib.infinito.config import AS_REPORTED, TINY
from course_lib.infinito.memory import PriorityMemory
from course_lib.infinito.model import Attention, Infinito, attention_weights


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def numbers(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def test_the_weights_are_those_of_the_library_and_of_torch():
    query, key, value = (numbers(2, 3, 5, 4, seed=seed) for seed in range(3))
    weights = plain.causal_attention_weights(query, key)
    assert torch.allclose(weights, attention_weights(query, key, causal=True))
    assert torch.allclose(weights @ value, F.scaled_dot_product_attention(query, key, value, is_causal=True))


def test_heads_are_split_as_torch_splits_them():
    torch.manual_seed(0)
    x, theirs = numbers(2, 5, 12), torch.nn.MultiheadAttention(12, 3, batch_first=True, dtype=torch.float64)
    ours = Attention(replace(TINY, width=12, heads=3, causal=False)).double()
    with torch.no_grad():
        for part, layer in enumerate((ours.query, ours.key, ours.value)):
            layer.weight.copy_(theirs.in_proj_weight[12 * part : 12 * (part + 1)])
            layer.bias.zero_()
        ours.out.weight.copy_(theirs.out_proj.weight)
        ours.out.bias.zero_()
    assert torch.allclose(ours(x), theirs(x, x, x, need_weights=False)[0])


@pytest.mark.parametrize("empty", [0, 3, 16])
def test_reading_is_that_of_the_library(empty):
    torch.manual_seed(0)
    memory = PriorityMemory(TINY).double()
    with torch.no_grad():  # plain.read_memory has the odds with which the library starts, for every token
        memory.nothing.weight.zero_(), memory.nothing.bias.zero_()
    hidden = numbers(1, 6, TINY.width)
    state = memory.fresh(1)
    log_importance = torch.rand(1, TINY.memory_slots, dtype=torch.float64, generator=generator(1)).log()
    log_importance[:, :empty] = -math.inf
    state = state._replace(
        keys=F.normalize(numbers(1, 16, 16, seed=2), dim=-1),
        values=numbers(1, 16, 16, seed=3),
        log_importance=log_importance,
        access=numbers(1, 16, seed=4).abs(),
        age=torch.arange(16, dtype=torch.float64).unsqueeze(0),
    )
    answer, _ = memory.read(hidden, state)
    priority = memory.log_priority(state).exp()[0].detach()
    query, sharpness = memory.address(hidden)[0], memory.log_sharpness.exp().item()
    read = plain.read_memory(query, state.keys[0], state.values[0], priority, sharpness=sharpness)
    assert torch.allclose(memory.out(read), answer[0])
    assert bool((read == 0).all()) is (empty == 16)


def test_writing_keeps_what_the_library_keeps():
    torch.manual_seed(0)
    memory = PriorityMemory(TINY).double()
    a, b = (float(F.softplus(part.detach())) for part in (memory.access_weight, memory.age_weight))
    state = memory.fresh(1)
    for segment in range(6):
        hidden = memory.norm(numbers(1, 12, TINY.width, seed=segment))
        state = state._replace(access=state.access + 3 * (state.log_importance > -math.inf))
        offered = F.logsigmoid(memory.importance(hidden[:, :-1]).squeeze(-1)).topk(TINY.memory_writes, dim=1)[0]
        expected = memory.write(hidden, state)
        importance, access, age = (part[0].detach() for part in (state.log_importance.exp(), state.access, state.age))
        _, *kept = plain.slots_after_writing(importance, access, age, offered[0].detach().exp(), a=a, b=b)
        filled = kept[0] > 0  # among empty slots any order is right
        for ours, theirs in zip(kept, (expected.log_importance.exp(), expected.access, expected.age), strict=True):
            assert torch.allclose(ours[filled], theirs[0][filled])
        state = expected


def test_writing_by_hand():
    """a = 1, b = log 2: ages 2 and 1 become 3 and 2, so the priorities are 1 * 4 / 8, 0.8 / 4, and 0.25 for the new."""
    kept, importance, access, age = plain.slots_after_writing(
        torch.tensor([0.8, 1.0]), torch.tensor([0.0, 3.0]), torch.tensor([1.0, 2.0]), torch.tensor([0.25]),
        a=1.0, b=math.log(2),
    )  # fmt: skip
    assert kept.tolist() == [1, 2]
    assert importance.tolist() == [1.0, 0.25]
    assert access.tolist() == [3.0, 0.0]
    assert age.tolist() == [3.0, 0.0]


def test_the_count_is_that_of_the_reported_model():
    config = replace(AS_REPORTED, vocabulary=50, positions=20, context=20, width=24, heads=2, layers=3, feed_forward=40)
    model = Infinito(config)
    kept = [p.numel() for n, p in model.named_parameters() if n.split(".")[0] not in _EXTRAS]
    assert plain.count_parameters(50, 20, 24, 3, 40) == sum(kept)


_EXTRAS = ("memory", "metric_layers", "exploration")
