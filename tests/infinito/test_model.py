"""The model as a whole: shapes, what it refuses, how it starts, and what it can learn only with its memory."""

from dataclasses import replace

import pytest
import torch

from course_lib.infinito.config import FULL, SMALL, TINY
from course_lib.infinito.losses import language_loss, stream_loss
from course_lib.infinito.model import Infinito

X = torch.arange(24).reshape(2, 12)


def test_logits_and_memory_have_the_shapes_that_they_promise():
    model = Infinito(TINY)
    logits, memory = model(X)
    assert logits.shape == (2, 12, 104)
    assert memory.keys.shape == memory.values.shape == (2, 16, 16)
    assert memory.log_importance.shape == memory.access.shape == memory.age.shape == (2, 16)
    assert memory.entropy.shape == memory.hits.shape == (2,)


def test_it_remembers_in_the_state_only():
    assert not list(Infinito(TINY).buffers())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda m: m(torch.zeros(1, 65, dtype=torch.long)), r"x must have at most 64 tokens \(positions\), got 65"),
        (lambda m: m(X, m.fresh_memory(3)), "memory must belong to the 2 sequences of x, got one of 3"),
        (lambda m: m.fresh_memory(0), "batch must hold one sequence or more, got 0"),
        (lambda m: m.get_memory_statistics(), r"memory must be the state that model\(x, memory\) returned, got None"),
    ],
)
def test_what_does_not_fit_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call(Infinito(TINY))


def test_no_slots_mean_no_memory():
    model = Infinito(replace(TINY, memory_slots=0))
    assert model.memory is None
    assert model.fresh_memory(2) is None
    assert model(X)[1] is None
    with pytest.raises(ValueError, match=r"this model has no memory \(memory_slots is 0\)"):
        model.get_memory_statistics()
    with pytest.raises(ValueError, match="memory must be None: this model keeps no explicit memory"):
        model(X, Infinito(TINY).fresh_memory(2))


def test_statistics_come_from_the_state_of_a_call():
    model = Infinito(TINY).eval()
    found = []
    memory = None
    for _ in range(3):
        _, memory = model(X, memory)
        found.append(model.get_memory_statistics(memory))
    assert [numbers["occupancy"] for numbers in found] == [0.5, 1.0, 1.0]
    assert found[0]["read_entropy"] == 0.0 < found[1]["read_entropy"] < torch.tensor(16.0).log().item()


def test_tied_embeddings_are_one_table():
    tied, apart = Infinito(TINY), Infinito(replace(TINY, tied=False))
    assert tied.output.weight is tied.token_embedding.weight
    count = [sum(p.numel() for p in model.parameters()) for model in (tied, apart)]
    assert count[1] - count[0] == 104 * 64 + 104


def test_the_full_model_has_as_many_parameters_as_its_closed_form():
    with torch.device("meta"):
        found = sum(parameter.numel() for parameter in Infinito(FULL).parameters())
    words, width, layers, slot = 10_000, 512, 6, 64
    block = 4 * (width**2 + width) + 2 * 4 * width**2 + 5 * width + 4 * width
    memory = 2 * width + 2 * (width * slot + slot) + 2 * (width + 1) + slot * width + 3
    assert found == words * width + 1_000 * width + layers * block + 2 * width + memory + 1


def test_the_first_loss_is_that_of_guessing():
    torch.manual_seed(0)
    model = Infinito(SMALL).eval()
    x = torch.randint(0, 2_000, (2, 129))
    loss = language_loss(model, (x[:, :-1], x[:, 1:]))
    assert loss.mean.item() == pytest.approx(torch.tensor(2_000.0).log().item(), abs=0.1)


def test_two_models_of_one_seed_are_equal_and_of_two_seeds_are_not():
    models = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        models.append(Infinito(TINY).token_embedding.weight)
    assert torch.equal(models[0], models[1])
    assert not torch.equal(models[0], models[2])


def pairs(batch: int, generator: torch.Generator) -> torch.Tensor:
    """Two segments of 16: eight pairs (letter, its digit of this sequence), then the same pairs in another order."""
    letters = torch.rand(batch, 16, generator=generator).argsort(1)[:, :8]
    digits = torch.randint(16, 32, (batch, 8), generator=generator)
    order = torch.rand(batch, 8, generator=generator).argsort(1)
    first = torch.stack([letters, digits], dim=-1).flatten(1)
    second = torch.stack([letters.gather(1, order), digits.gather(1, order)], dim=-1).flatten(1)
    return torch.cat([first, second, second[:, :1]], dim=1)  # (batch, 33)


def test_what_stands_in_an_earlier_segment_can_be_learned_with_the_memory_only():
    config = replace(TINY, vocabulary=32, context=16, positions=16, memory_writes=16, dropout=0.0, exploration=0.0)
    right = {}
    for slots in (16, 0):
        torch.manual_seed(0)
        model, generator = Infinito(replace(config, memory_slots=slots)), torch.Generator().manual_seed(1)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        for _ in range(120):
            x = pairs(24, generator)
            optimizer.zero_grad()
            language_loss(model, (x[:, :-1], x[:, 1:])).mean.backward()
            optimizer.step()
        x = pairs(200, generator)
        with torch.no_grad():
            _, memory = stream_loss(model, (x[:, :16], x[:, 1:17]), None)
            logits, _ = model(x[:, 16:32], memory)
        answers = logits[:, ::2].argmax(-1)  # after each letter of the second segment
        right[slots] = (answers == x[:, 17:33:2]).float().mean().item()
    assert right[16] > 0.95, right
    assert right[0] < 0.2, right  # a digit of sixteen is guessed
