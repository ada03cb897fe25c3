"""What sheet 02 tells its learners is true: its examples, keys that a run confirms, formulas that are told apart."""

import itertools
import math
import re

import numpy as np
import pytest
import torch

from course_lib.by_hand import initializers as plain_initializers
from course_lib.teaching.checks.initialization import facts, order, orthogonal, panels, zero_start
from tests.teaching.answers import answered, find


def test_the_worked_examples_of_the_statements_are_right():
    rng = np.random.default_rng(0)
    assert plain_initializers.fan_in_and_out((16, 3, 5, 5), "torch") == (75, 400)
    draws = np.concatenate([plain_initializers.he_normal((8, 3), rng).ravel() for _ in range(2000)])
    assert draws.std() == pytest.approx(0.5, rel=0.02)
    largest = max(np.abs(plain_initializers.glorot_uniform((5, 1), rng)).max() for _ in range(500))
    assert 0.99 < largest < 1
    tall, wide = (plain_initializers.orthogonal(shape, rng) for shape in ((7, 3), (3, 7)))
    np.testing.assert_allclose(tall.T @ tall, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(wide @ wide.T, np.eye(3), atol=1e-12)


def gradients_from_zeros(activation, step):
    """The parameters whose gradient is not 0 at this step (from 1) of gradient descent on the network 6-5-4-3."""
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(30, 6, generator=generator), torch.tensor([0] * 15 + [1] * 10 + [2] * 5)
    sizes = itertools.pairwise((6, 5, 4, 3))
    layers = [(torch.zeros(i, o, requires_grad=True), torch.zeros(o, requires_grad=True)) for i, o in sizes]
    names = {f"{kind}{k}": p for k, pair in enumerate(layers, start=1) for kind, p in zip("Wb", pair, strict=True)}
    for _ in range(step):
        signal = x
        for weight, bias in layers[:-1]:
            signal = activation(signal @ weight + bias)
        loss = torch.nn.functional.cross_entropy(signal @ layers[-1][0] + layers[-1][1], y)
        gradients = torch.autograd.grad(loss, list(names.values()))
        with torch.no_grad():
            for parameter, gradient in zip(names.values(), gradients, strict=True):
                parameter -= 0.5 * gradient
    return {name for name, gradient in zip(names, gradients, strict=True) if gradient.abs().max() > 1e-9}


@pytest.mark.parametrize("line", zero_start.KEY)
def test_the_table_of_zero_start_is_what_autograd_finds(line):
    name, step = re.fullmatch(r"(\w+), step (\d)", line).groups()
    activation = {"relu": torch.relu, "softplus": torch.nn.functional.softplus, "cos": torch.cos}[name]
    assert gradients_from_zeros(activation, int(step)) == zero_start.KEY[line]


def test_the_numbers_of_the_audit_are_computed():
    found = find("xavier_name").reference
    assert found["written"] == float(f"{math.sqrt(1 / 512):.3g}")
    assert found["glorot"] == float(f"{math.sqrt(2 / 576):.3g}")
    torch.manual_seed(0)
    draws = torch.cat([torch.nn.Linear(512, 64).weight.detach().flatten() for _ in range(10)])
    assert float(draws.std()) == pytest.approx(found["torch default"], rel=0.01)


def test_each_panel_shows_its_fault_over_other_seeds():
    for letter, (activation, initializer) in panels._STARTS.items():
        sizes = []
        for seed in range(3):
            rng, signal, row = np.random.default_rng(seed), np.random.default_rng(9).standard_normal((200, 64)), []
            for shape in itertools.pairwise(panels.SIZES):
                sums = signal @ initializer(shape, rng, np.float64)
                row.append(np.sqrt(np.mean(sums**2)))
                signal = np.maximum(sums, 0) if activation is panels.ReLU else np.tanh(sums)
            sizes.append(row)
        sizes = np.array(sizes)
        word = panels.KEY[letter]
        if word == panels.ZEROS:
            assert not sizes.any()
            continue
        drift = np.log(sizes[:, 8] / sizes[:, 0]).mean() / 8
        zigzag = np.abs(np.diff(np.log(sizes[:, :9]), axis=1)).mean()
        expected = {
            panels.HEALTHY: abs(drift) < 0.1 and zigzag < 0.25,
            panels.NO_TWO: -0.5 < drift < -0.2,
            panels.VARIANCE: drift < -1,
            panels.FANS: abs(drift) < 0.1 and zigzag > 0.3,
            panels.LARGE: sizes.min() > 30,
        }
        assert expected[word], f"panel {letter} does not show {word!r}: drift {drift:.2f}, zigzag {zigzag:.2f}"


def test_the_right_order_of_the_sheet_runs_and_gives_sums_of_size_1():
    exercise = find("order_measured_start")
    for letters in (exercise.reference, exercise.accepted[0].answer):
        rng, shapes = np.random.default_rng(0), [(20, 40), (40, 15), (15, 30)]
        names = {"x": rng.standard_normal((200, 20)), "rng": rng, "np": np, "orthogonal": plain_initializers.orthogonal}
        names |= {"shapes": shapes, "weights": []}
        exec(order.loop_of(letters), names)
        signal = names["x"]
        for weight in names["weights"]:
            assert (signal @ weight).std() == pytest.approx(1.0)
            signal = np.maximum(signal @ weight, 0)
        assert len(names["weights"]) == len(shapes)


def test_the_formulas_of_the_probe_are_far_enough_apart():
    for (one, first), (other, second) in itertools.combinations(facts.FORMULAS.items(), 2):
        gaps = [abs(first(*shape) - second(*shape)) / max(second(*shape), 1e-9) for shape in facts.SHAPES]
        assert max(gaps) > 0.06, f"{one} and {other} are too close to be told apart"


def test_traits_are_told_without_a_difference():
    for slug in ("he_normal", "glorot_uniform", "orthogonal"):
        for mistake in find(slug).mistakes:
            told = answered(slug, mistake.answer).lines
            assert told[:2] == (f"your result behaves like {mistake.cause}", mistake.question)


def test_every_sentence_on_orthogonal_weights_fits_on_the_card():
    right = orthogonal._observe(plain_initializers.orthogonal)["weights"]["(3, 7)"]
    for told in orthogonal._TOLD.values():
        lines = told.format(
            where="(3, 7)", kind="columns", **right | {"measured": "between 0.123 and 0.456"}
        ).splitlines()
        assert len(lines) <= 2
        assert all(len(line) < 120 for line in lines)
