"""The priority memory: what is read, what is written, what is kept, and statistics that mean what they say."""

import math
from dataclasses import replace

import pytest
import torch

from course_lib.infinito.config import TINY
from course_lib.infinito.memory import EMPTY, MemoryState, PriorityMemory, memory_statistics
from course_lib.infinito.model import Infinito

BATCH, TOKENS, SLOTS = 3, 10, 6
CONFIG = replace(TINY, memory_slots=SLOTS, memory_writes=4)


@pytest.fixture
def memory() -> PriorityMemory:
    torch.manual_seed(0)
    return PriorityMemory(CONFIG)


def text(seed: int, tokens: int = TOKENS) -> torch.Tensor:
    return torch.randn(BATCH, tokens, CONFIG.width, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def filled(memory: PriorityMemory) -> MemoryState:
    """Full slots of equal importance, never read, written by the segment before."""
    keys, values = memory.key(text(8, SLOTS)), text(9, SLOTS)[..., :16]
    flat = torch.zeros(BATCH, SLOTS)
    return memory.fresh(BATCH)._replace(keys=keys, values=values, log_importance=flat)


@torch.no_grad()
def test_an_empty_memory_answers_exactly_nothing(memory):
    answer, weights = memory.read(text(0), memory.fresh(BATCH))
    assert (answer == 0).all()
    assert (weights == 0).all()


@torch.no_grad()
def test_weights_over_the_slots_sum_to_what_reading_nothing_leaves(memory):
    _, weights = memory.read(text(0), filled(memory))
    assert weights.shape == (BATCH, TOKENS, SLOTS)
    assert ((weights.sum(-1) > 0) & (weights.sum(-1) < 1)).all()
    memory.nothing.bias.fill_(-math.inf)
    torch.testing.assert_close(memory.read(text(0), filled(memory))[1].sum(-1), torch.ones(BATCH, TOKENS))
    memory.nothing.bias.fill_(50.0)
    assert memory.read(text(0), filled(memory))[1].sum() < 1e-6


@torch.no_grad()
def test_a_slot_is_found_by_its_content(memory):
    """A text like the one that was written reads that slot, before anything was learned."""
    hidden = text(0)
    state = memory.write(hidden, memory.fresh(BATCH))
    rows = memory.importance(hidden[:, :-1]).squeeze(-1).topk(4, dim=1).indices  # (B, 4): which tokens were written
    alike = hidden + 0.1 * text(1)
    best = memory.read(alike, state)[1].argmax(-1)  # (B, T)
    assert torch.equal(best.gather(1, rows), torch.arange(4).expand(BATCH, 4))
    torch.testing.assert_close(state.keys[:, :4].norm(dim=-1), torch.ones(BATCH, 4))


@torch.no_grad()
def test_twice_the_importance_doubles_the_odds(memory):
    state = filled(memory)
    before = memory.read(text(0), state)[1]
    state.log_importance[:, 0] = math.log(2.0)
    after = memory.read(text(0), state)[1]
    torch.testing.assert_close(after[..., 0] / after[..., 1], 2 * before[..., 0] / before[..., 1])


@torch.no_grad()
def test_priority_rises_with_importance_and_access_and_falls_with_age(memory):
    state = filled(memory)
    base = memory.log_priority(state)
    assert (memory.log_priority(state._replace(log_importance=state.log_importance + 1)) > base).all()
    assert (memory.log_priority(state._replace(access=state.access + 3)) > base).all()
    assert (memory.log_priority(state._replace(age=state.age + 1)) < base).all()
    assert (memory.log_priority(memory.fresh(BATCH)) == EMPTY).all()


@torch.no_grad()
def test_a_segment_writes_its_most_important_transitions(memory):
    hidden = text(0)
    state = memory.write(hidden, memory.fresh(BATCH))
    assert memory_statistics(state)["occupancy"] == pytest.approx(4 / 6)
    importance = memory.importance(hidden[:, :-1]).squeeze(-1)
    for row in range(BATCH):
        for slot, token in enumerate(importance[row].argsort(descending=True)[:4]):
            torch.testing.assert_close(state.keys[row, slot], memory.key(hidden[row, token]))
            torch.testing.assert_close(state.values[row, slot], memory.value(hidden[row, token + 1]))
            torch.testing.assert_close(state.log_importance[row, slot], importance[row, token].sigmoid().log())
    assert (state.log_importance[:, 4:] == EMPTY).all()


def plain_write(memory: PriorityMemory, hidden: torch.Tensor, state: MemoryState) -> list[list[tuple]]:
    """The same with loops: per sequence the list of (key, value, importance, access, age) that stay, best first."""
    kept = []
    for row in range(len(hidden)):
        held = [
            (state.keys[row, s], state.values[row, s], state.log_importance[row, s], state.access[row, s], age + 1)
            for s, age in enumerate(state.age[row])
            if state.log_importance[row, s] > EMPTY
        ]
        offers = []
        for t in range(hidden.shape[1] - 1):
            importance = memory.importance(hidden[row, t]).sigmoid().log()[0]
            offers.append((memory.key(hidden[row, t]), memory.value(hidden[row, t + 1]), importance, 0.0, 0.0))
        offers.sort(key=lambda item: -float(item[2]))

        def priority(item: tuple) -> float:
            a, b = (torch.nn.functional.softplus(p) for p in (memory.access_weight, memory.age_weight))
            return float(item[2] + a * math.log(1.0 + item[3]) - b * item[4])

        kept.append(sorted([*held, *offers[:4]], key=priority, reverse=True)[:SLOTS])
    return kept


@torch.no_grad()
def test_writing_equals_a_version_with_loops_over_sequences_tokens_and_slots(memory):
    state = memory.fresh(BATCH)
    for segment in range(6):
        hidden = text(segment)
        state = memory.count_reads(state, memory.read(hidden, state)[1])
        expected = plain_write(memory, hidden, state)
        state = memory.write(hidden, state)
        for row, items in enumerate(expected):
            assert (state.log_importance[row] > EMPTY).sum() == len(items)
            for slot, item in enumerate(items):
                found = (part[row, slot] for part in state[:5])
                for value, wanted in zip(found, item, strict=True):
                    torch.testing.assert_close(value, torch.as_tensor(wanted), rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_of_two_equal_slots_the_one_that_was_read_outlives_the_other(memory):
    state = filled(memory)._replace(
        log_importance=torch.full((BATCH, SLOTS), -2.0), age=torch.full((BATCH, SLOTS), 3.0)
    )
    state.access[:, 1] = 50.0
    memory.importance.bias.fill_(5.0)  # newcomers that are important
    after = memory.write(text(0), state)
    survivor, evicted = state.keys[:, 1], state.keys[:, 0]
    assert (after.keys == survivor.unsqueeze(1)).all(-1).any(1).all()
    assert (memory_statistics(after)["occupancy"], float(after.age.max())) == (1.0, 4.0)
    newcomers = (after.age == 0).sum(1)
    assert (newcomers == 4).all()
    assert evicted.shape == survivor.shape


@torch.no_grad()
def test_newcomers_that_matter_less_than_what_is_held_do_not_enter(memory):
    state = filled(memory)
    memory.importance.bias.fill_(-20.0)
    after = memory.write(text(0), state)
    assert (after.age == 1).all()
    torch.testing.assert_close(after.keys.sort(dim=1).values, state.keys.sort(dim=1).values)


@torch.no_grad()
def test_writing_changes_no_tensor_of_the_state_that_it_was_given(memory):
    state = filled(memory)
    before = [part.clone() for part in state]
    memory(text(0), state)
    assert all(map(torch.equal, before, state))


@torch.no_grad()
def test_a_segment_of_one_token_reads_and_writes_nothing(memory):
    state = filled(memory)
    _, after = memory(text(0, 1), state)
    assert (after.age == 1).all()
    assert after.access.sum() > 0


@torch.no_grad()
def test_access_counts_the_reads_of_all_tokens(memory):
    state = filled(memory)
    weights = memory.read(text(0), state)[1]
    after = memory.count_reads(state, weights)
    torch.testing.assert_close(after.access.sum(1), weights.sum((1, 2)))
    assert after.access.sum() <= BATCH * TOKENS


@torch.no_grad()
def test_entropy_and_hits_of_reads_made_by_hand(memory):
    state = filled(memory)
    weights = torch.zeros(BATCH, TOKENS, SLOTS)
    weights[0] = 0.9 / SLOTS  # spread evenly
    weights[1, :, 0] = 0.4  # one slot, and more than half for nothing
    weights[2, : TOKENS // 2, :2] = 0.5  # half of the tokens read two slots, the others nothing
    after = memory.count_reads(state, weights)
    expected = torch.tensor([math.log(SLOTS), 0.0, 0.5 * math.log(2)])
    torch.testing.assert_close(after.entropy, expected, atol=1e-6, rtol=0)
    torch.testing.assert_close(after.hits, torch.tensor([1.0, 0.0, 0.5]))


def test_statistics_say_what_they_mean(memory):
    state = filled(memory)
    state.log_importance[:, 4:] = EMPTY
    state.age[:, :4] = torch.tensor([1.0, 2.0, 3.0, 6.0])
    state.age[:, 4:] = 99.0  # of empty slots: does not count
    state.access[:, 0] = 8.0
    found = memory_statistics(state._replace(entropy=torch.ones(BATCH), hits=torch.tensor([0.0, 0.5, 1.0])))
    assert found == {
        "occupancy": pytest.approx(4 / 6),
        "read_entropy": 1.0,
        "hit_share": 0.5,
        "mean_age": 3.0,
        "max_age": 6.0,
        "mean_reads": 2.0,
    }
    assert memory_statistics(memory.fresh(BATCH)) == dict.fromkeys(found, 0.0)


def test_every_parameter_learns_once_three_segments_have_been_read(memory):
    state, total = memory.fresh(BATCH), 0.0
    for segment in range(3):
        out, state = memory(text(segment), state)
        total = total + (out * text(100 + segment)).sum()
    total.backward()
    for name, parameter in memory.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().sum() > 0, name


def test_gradients_are_finite_although_empty_slots_have_an_importance_of_minus_infinity(memory):
    hidden = text(0).requires_grad_()
    out, state = memory(hidden, memory.fresh(BATCH))
    out, _ = memory(text(1), state)
    out.sum().backward()
    assert torch.isfinite(hidden.grad).all()


def test_a_detached_memory_sends_no_gradient_back(memory):
    _, state = memory(text(0), memory.fresh(BATCH))
    assert state.values.requires_grad
    assert not any(part.requires_grad for part in state.detach())


def test_a_model_that_has_seen_nothing_answers_as_one_without_memory():
    torch.manual_seed(0)
    model = Infinito(TINY).eval()
    plain = Infinito(replace(TINY, memory_slots=0)).eval()
    plain.load_state_dict({k: v for k, v in model.state_dict().items() if not k.startswith("memory.")})
    x = torch.arange(20).reshape(2, 10)
    assert torch.equal(model(x)[0], plain(x)[0])


def test_reads_differ_between_sequences_of_a_batch():
    model = Infinito(TINY)
    _, memory = model(torch.arange(40).reshape(2, 20))
    assert not torch.equal(memory.keys[0], memory.keys[1])
