"""The reported model, number by number: its parameters, its dead parts, and a memory that nobody hears."""

from dataclasses import replace

import pytest
import torch

from course_lib.infinito.config import AS_REPORTED, TINY
from course_lib.infinito.losses import language_loss
from course_lib.infinito.model import Infinito
from course_lib.infinito.report.analysis import (
    parameter_table,
    parameters_by_part,
    parameters_of_absent_positions,
    parameters_of_absent_words,
    parameters_without_gradient,
)
from course_lib.infinito.report.as_reported import ReportedMemory

# The reported behaviour at a size for tests; a vocabulary of 104 holds the ids of the report's data.
SMALL_REPORTED = replace(
    AS_REPORTED,
    vocabulary=104,
    context=32,
    positions=64,
    width=64,
    layers=2,
    heads=4,
    feed_forward=256,
    memory_slots=16,
    slot_width=16,
)


@pytest.fixture(scope="module")
def model() -> Infinito:
    torch.manual_seed(0)
    return Infinito(AS_REPORTED)


def ids(batch: int = 2, tokens: int = 16, seed: int = 0) -> torch.Tensor:
    return torch.randint(3, 104, (batch, tokens), generator=torch.Generator().manual_seed(seed))


def test_it_has_114_tensors_and_30_169_746_parameters(model):
    assert len(list(model.parameters())) == 114
    assert sum(parameter.numel() for parameter in model.parameters()) == 30_169_746
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_the_table_of_parameters_sums_to_the_whole(model):
    table = parameter_table(model)
    assert sum(row.count for row in table) == 114
    assert sum(row.subtotal for row in table) == 30_169_746
    rows = {row.name: row for row in table}
    assert rows["blocks.*.feed_forward.0.weight"][1:] == ((2_048, 512), 1_048_576, 6)
    assert rows["memory.read_controller.weight"].subtotal == 131_328


def test_the_parts_have_the_sizes_of_the_fact_sheet(model):
    parts = parameters_by_part(model)
    assert parts["token_embedding"] + parts["position_embedding"] == 5_632_000
    assert parts["blocks"] == 6_303_744 + 12_598_272 + 12_288
    assert (parts["output"], parts["memory"], parts["metric_layers"], parts["exploration"]) == (
        5_130_000,
        329_281,
        164_160,
        1,
    )
    buffers = sum(buffer.numel() for buffer in model.buffers())
    assert buffers == 17_152


def test_493_441_parameters_never_receive_a_gradient(model):
    x = ids(1, 8)
    dead = parameters_without_gradient(model, language_loss, (x, x.roll(-1, 1)))
    assert sum(dead.values()) == 493_441
    assert {name.split(".")[0] for name in dead} == {"memory", "metric_layers"}
    assert all(parameter.grad is None for parameter in model.parameters())  # what was there before: nothing


def test_10_146_475_parameters_serve_words_that_never_occur():
    assert parameters_of_absent_words(AS_REPORTED, 101) == 10_146_475
    assert parameters_of_absent_positions(AS_REPORTED, 256) == 380_928
    with pytest.raises(ValueError, match=r"words_in_use must be in \[0, 10000\], got 10001"):
        parameters_of_absent_words(AS_REPORTED, 10_001)
    with pytest.raises(ValueError, match=r"tokens must be in \[1, 1000\], got 1001"):
        parameters_of_absent_positions(AS_REPORTED, 1_001)


def test_another_vocabulary_gives_the_size_in_the_log_of_the_run_on_real_text():
    with torch.device("meta"):
        model = Infinito(replace(AS_REPORTED, vocabulary=50_257))
    assert sum(parameter.numel() for parameter in model.parameters()) == 71_433_171


def test_it_starts_as_torch_makes_it_with_positions_fifty_times_weaker_than_tokens(model):
    assert model.token_embedding.weight.std().item() == pytest.approx(1.0, rel=0.01)
    assert model.position_embedding.std().item() == pytest.approx(0.02, rel=0.01)
    limit = 512**-0.5
    weight = model.blocks[3].attention.query.weight
    assert weight.abs().max().item() <= limit
    assert weight.std().item() == pytest.approx(limit / 3**0.5, rel=0.01)  # uniform on +-limit


def test_its_first_loss_is_above_that_of_guessing(model):
    x = ids(2, 256)
    loss = language_loss(model, (x[:, :-1], x[:, 1:]))
    assert loss.mean.item() == pytest.approx(9.38, abs=0.06)  # ln 10,000 is 9.21


def test_token_0_is_no_target():
    model = Infinito(SMALL_REPORTED).eval()
    x, y = ids(), ids(seed=1)
    y[:, 3:7] = 0
    loss = language_loss(model, (x, y))
    assert loss.count == 2 * 12
    assert language_loss(Infinito(replace(SMALL_REPORTED, ignored_token=None)), (x, y)).count == 2 * 16


def plain_read(memory: ReportedMemory, query: torch.Tensor) -> torch.Tensor:
    """The reported read with loops over the rows of the batch and the slots, as one would first write it."""
    answers, largest = [], []
    for row in query:
        weights = torch.softmax(memory.read_controller(torch.cat([row, torch.ones(1)])), dim=0) * memory.importance
        weights = weights / (weights.sum() + 1e-6)
        answers.append(sum(weight * slot for weight, slot in zip(weights, memory.slots, strict=True)))
        for slot, weight in enumerate(weights):
            if weight > 0.01:
                memory.access[slot] += 1
        largest.append(max(weights))
    memory.utilization.data = 0.9 * memory.utilization.data + 0.1 * torch.stack(largest).mean()
    return torch.stack(answers)


def plain_write(memory: ReportedMemory, content: torch.Tensor) -> None:
    """The reported write: find the victim slot by slot, average the batch row by row."""
    best, victim = -float("inf"), -1
    for slot in range(len(memory.slots)):
        score = -memory.importance[slot] - 0.1 * memory.access[slot] / (memory.access.max() + 1e-6)
        score = score + 0.05 * memory.age[slot] / (memory.age.max() + 1e-6)
        if score > best:
            best, victim = float(score), slot
    memory.slots[victim] = sum(memory.content_processor(row) for row in content) / len(content)
    for slot in range(len(memory.slots)):
        memory.age[slot] = 0 if slot == victim else memory.age[slot] + 1
    memory.importance[victim], memory.access[victim] = 1.0, 0.0


@torch.no_grad()
def test_the_memory_equals_a_version_with_loops_over_rows_and_slots():
    torch.manual_seed(0)
    fast, plain = ReportedMemory(SMALL_REPORTED), ReportedMemory(SMALL_REPORTED)
    plain.load_state_dict(fast.state_dict())
    for call in range(40):  # 16 slots: filled once and replaced one and a half times
        query = torch.randn(1 + call % 5, 64)
        torch.testing.assert_close(fast.read(query), plain_read(plain, query))
        fast.write(query)
        plain_write(plain, query)
        for name in ("slots", "age", "importance", "access", "utilization"):
            torch.testing.assert_close(getattr(fast, name), getattr(plain, name))


def test_every_call_writes_one_slot_first_the_empty_ones_then_in_turn():
    model = Infinito(SMALL_REPORTED).eval()
    for call in range(1, 17):
        model(ids(seed=call))
        assert model.get_memory_statistics()["occupied_slots"] == call
    assert (model.memory.importance == 1.0).all()  # every item is as important as every other
    before = model.memory.slots.clone()
    model(ids(seed=99))
    assert (model.memory.slots != before).any(dim=-1).sum() == 1


def test_the_statistic_called_utilization_is_the_largest_read_weight_and_not_the_occupancy():
    model = Infinito(SMALL_REPORTED)
    for call in range(60):
        model(ids(seed=call))
    statistics = model.get_memory_statistics()
    assert statistics["occupied_slots"] == 16
    assert 1 / 16 < statistics["utilization"] < 0.3


def test_scrambling_the_memory_changes_no_logit_until_the_read_is_repaired():
    for read in (False, True):
        torch.manual_seed(0)
        model = Infinito(replace(SMALL_REPORTED, memory_read=read, write_in_evaluation=False)).eval()
        before = model(ids())[0]
        model.memory.slots.normal_()
        assert torch.equal(model(ids())[0], before) is not read


@pytest.mark.parametrize("writes", [True, False])
def test_evaluation_writes_the_memory_unless_that_is_repaired(writes):
    model = Infinito(replace(SMALL_REPORTED, write_in_evaluation=writes)).eval()
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    model(ids())
    changed = any(not torch.equal(buffer, before[name]) for name, buffer in model.named_buffers())
    assert changed is writes


def test_one_slot_holds_the_mean_of_a_batch_of_unrelated_texts():
    torch.manual_seed(0)
    model = Infinito(SMALL_REPORTED).eval()
    pooled = model.hidden(ids(4))[0].mean(dim=1)
    written = model.memory.content_processor(pooled).mean(dim=0)
    torch.testing.assert_close(model.memory.slots[model.memory.age == 0][0], written)


def test_with_the_read_repaired_what_to_store_still_cannot_be_learned():
    model = Infinito(replace(SMALL_REPORTED, memory_read=True))
    model(ids())  # something to read
    dead = parameters_without_gradient(model, language_loss, (ids(), ids(seed=1)))
    assert "memory.content_processor.weight" in dead  # writes go around the graph
    assert "memory.importance_enhancer.weight" not in dead
    assert "memory.read_controller.weight" not in dead


def test_it_keeps_no_explicit_memory():
    model = Infinito(SMALL_REPORTED)
    assert model.fresh_memory(2) is None
    assert model(ids())[1] is None
    with pytest.raises(ValueError, match="memory must be None: this model keeps no explicit memory"):
        model(ids(), Infinito(TINY).fresh_memory(2))


def test_the_metric_layers_are_not_part_of_the_forward_pass():
    with pytest.raises(TypeError, match="the metric layers are called by"):
        Infinito(SMALL_REPORTED).metric_layers()
