"""The metrics of "integrated information": what they give, and which of them cannot vary, whatever the model does."""

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from course_lib.infinito.config import AS_REPORTED, TINY
from course_lib.infinito.model import Infinito
from course_lib.infinito.report.analysis import attention_maps
from course_lib.infinito.report.as_reported import ReportedMetricLayers
from course_lib.infinito.report.integration import IMPROVED_WEIGHTS, delta_phi_loss, first_metrics, improved_metrics

TOKENS, WIDTH = 24, 128


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(seed: int) -> torch.Tensor:
    return torch.randn(2, TOKENS, WIDTH, generator=generator(seed))


def states() -> dict[str, torch.Tensor]:
    """Hidden states (2, T, D) as different as they can be, all through a LayerNorm as the model's are."""
    slow = noise(0).cumsum(dim=1)
    made = {
        "noise": noise(1),
        "one vector everywhere": noise(2)[:, :1].expand(2, TOKENS, WIDTH),
        "a slow walk": slow,
        "the walk in another order": slow[:, torch.randperm(TOKENS, generator=generator(3))],
        "two clusters": torch.where(torch.arange(TOKENS)[:, None] % 2 == 0, noise(4)[:, :1], noise(5)[:, :1]),
    }
    return {name: F.layer_norm(x, (WIDTH,)) for name, x in made.items()}


def attention(sharpness: float) -> torch.Tensor:
    """Attention matrices (3 layers, 2, 4 heads, T, T), from uniform (0) to nearly one position per row."""
    return (sharpness * torch.randn(3, 2, 4, TOKENS, TOKENS, generator=generator(6))).softmax(dim=-1)


def layers() -> ReportedMetricLayers:
    torch.manual_seed(0)
    return ReportedMetricLayers(WIDTH)


def spread(values: list[float]) -> float:
    return max(values) - min(values)


def test_parts_of_the_first_phi_cannot_vary():
    found = [first_metrics(x, attention(s), layers()) for x in states().values() for s in (0.0, 1.0, 5.0)]
    assert spread([numbers["trace"] for numbers in found]) < 1e-5
    assert found[0]["trace"] == pytest.approx(1.0, abs=1e-5)
    assert {numbers["pattern_diversity"] for numbers in found} == {1.0}
    assert max(numbers["integration"] for numbers in found) <= 2 / WIDTH + 1e-6
    assert all(abs(numbers["complexity"] - 1 / 64) < 1e-3 for numbers in found)


def test_the_first_phi_is_0_93_for_noise_for_text_and_for_a_constant():
    """2 (0.4 + 0.4 * little + 0.2 / 3): the third is the variance of weights uniform on +-1/sqrt(D), times D."""
    for name, x in states().items():
        phi = first_metrics(x, attention(1.0), layers())["phi"]
        assert phi == pytest.approx(2 * (0.4 + 0.2 / 3), abs=0.05), name


def test_the_first_phi_of_the_reported_model_is_0_93_before_any_training():
    torch.manual_seed(0)
    model = Infinito(replace(AS_REPORTED, vocabulary=104, layers=2)).eval()
    x = torch.randint(3, 104, (2, 64), generator=generator(0))
    with torch.no_grad():
        numbers = first_metrics(model.hidden(x)[0], attention_maps(model, x), model.metric_layers)
    assert numbers["phi"] == pytest.approx(0.93, abs=0.015)
    assert numbers["complexity"] == pytest.approx(0.0156, abs=1e-4)
    assert abs(numbers["coherence"]) < 0.01


def test_the_first_coherence_varies_with_attention_and_is_zero_for_a_uniform_one():
    values = [first_metrics(noise(0), attention(s), layers())["coherence"] for s in (0.0, 5.0, 50.0)]
    assert values[0] == pytest.approx(0.0, abs=1e-4)
    assert values[0] + 0.01 < values[1] < values[2]


def test_parts_of_the_improved_phi_cannot_vary():
    found = [improved_metrics(x, attention(s)) for x in states().values() for s in (0.0, 1.0, 5.0)]
    assert {round(numbers["coherence"], 6) for numbers in found} == {1.0}
    # The variance over all numbers of states through a LayerNorm is 1, and sigmoid(10) = 0.99995.
    assert all(abs(numbers["complexity"] - 0.99995) < 1e-5 for numbers in found)


def test_the_improved_phi_is_as_high_for_a_constant_as_it_can_be():
    """ "Integrated" without bound: a model that says one thing at every position has the highest value."""
    found = {name: improved_metrics(x, attention(0.0)) for name, x in states().items()}
    constant = found.pop("one vector everywhere")
    assert constant["temporal"] == pytest.approx(1.0)
    assert constant["integration"] == pytest.approx(1.0)
    assert constant["phi"] == pytest.approx(3.0, abs=1e-3)
    assert all(numbers["phi"] < constant["phi"] for numbers in found.values())


def test_order_matters_to_the_temporal_part_only_of_the_four():
    walk, shuffled = (
        improved_metrics(states()[n], attention(1.0)) for n in ("a slow walk", "the walk in another order")
    )
    assert walk["temporal"] > shuffled["temporal"] + 0.05
    assert walk["complexity"] == pytest.approx(shuffled["complexity"])
    assert walk["attention"] == shuffled["attention"]


def test_a_lower_perplexity_raises_phi_by_definition():
    x = states()["noise"]
    base = improved_metrics(x, attention(1.0))["phi"]
    for perplexity, factor in ((1_000.0, 1.0), (150.0, 2.0), (1.2, 5.0)):
        assert improved_metrics(x, attention(1.0), perplexity=perplexity)["phi"] == pytest.approx(
            factor * base, rel=1e-5
        )
    with pytest.raises(ValueError, match=r"perplexity must be above 0, got 0\.0"):
        improved_metrics(x, attention(1.0), perplexity=0.0)


def test_fewer_than_four_tokens_have_an_integration_of_one():
    uniform = torch.full((1, 2, 1, 3, 3), 1 / 3)
    assert improved_metrics(noise(0)[:, :3], uniform)["integration"] == 1.0


def test_the_weights_of_the_improved_phi_sum_to_one():
    assert sum(IMPROVED_WEIGHTS.values()) == pytest.approx(1.0)


def test_the_loss_that_was_to_raise_phi_is_smallest_at_target_minus_one():
    grid = torch.linspace(0, 1, 1_001)
    losses = torch.stack([delta_phi_loss(phi, 1.2) for phi in grid])
    assert grid[losses.argmin()].item() == pytest.approx(0.2, abs=1e-6)
    for phi in (0.9395, 0.9181):
        value = delta_phi_loss(torch.tensor(phi, dtype=torch.double), 3.5).item()
        assert value == pytest.approx((phi - 3.5) ** 2 + 2 * phi)
    assert 0.1 * delta_phi_loss(torch.tensor(0.9395), 3.5).item() == pytest.approx(0.843596, abs=1e-4)  # as logged


@pytest.mark.parametrize("metrics", [lambda x, a: first_metrics(x, a, layers()), improved_metrics])
def test_shapes_that_do_not_belong_together_are_refused(metrics):
    with pytest.raises(ValueError, match=r"hidden must be \(B, T, D\) with T >= 2, got \(2, 1, 128\)"):
        metrics(noise(0)[:, :1], attention(1.0))
    with pytest.raises(ValueError, match=r"attention must be \(L, 2, H, 24, 24\), got \(2, 4, 24, 24\)"):
        metrics(noise(0), attention(1.0)[0])


def test_maps_of_a_model_are_those_of_its_layers():
    model = Infinito(TINY).eval()
    x = torch.randint(0, 104, (3, 10), generator=generator(0))
    maps = attention_maps(model, x)
    assert maps.shape == (2, 3, 4, 10, 10)
    torch.testing.assert_close(maps.sum(-1), torch.ones(2, 3, 4, 10))
    assert (maps.triu(1) == 0).all()
    entropy = improved_metrics(model.hidden(x)[0], maps)["attention"]
    assert 0.0 < entropy < 1.0 + 1e-6
    assert math.isfinite(entropy)
