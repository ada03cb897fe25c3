"""What holds for sheet 02 beyond the demands on every check: its texts, and keys that a run confirms."""

import itertools
import math
import re

import numpy as np
import pytest
import torch

from course_lib.core.files import course_root
from course_lib.numpy_nn import plain_initializers
from course_lib.numpy_nn.initializers import he_normal, zeros
from course_lib.numpy_nn.plain_initializers import fan_in_and_out
from course_lib.teaching.checks.initialization import facts, order, panels, panels_check, xavier, zero_start
from course_lib.teaching.exercises import registry
from course_lib.teaching.exercises.diagnose import diagnose
from course_lib.teaching.percent import read_master

MASTER = course_root() / "solutions" / "source" / "02_initialization.py"


def exercise(slug):
    return registry.find(slug).exercise


def words(slug, answer):
    return " ".join(diagnose(exercise(slug), answer).lines)


def test_every_exercise_has_its_heading_its_kind_and_its_time_in_the_master():
    text = "\n".join(cell.text for cell in read_master(MASTER) if cell.kind == "markdown")
    for entry in registry.sheet(2):
        one = entry.exercise
        kind = {"faded": "complete"}.get(one.kind, one.kind) + (", core" if one.core else "")
        assert f"## {entry.number} {one.title}\n" in text
        assert f"`{one.slug}` · {kind} · difficulty {one.difficulty} of 3 · {one.minutes} minutes" in text
    minutes = sum(entry.exercise.minutes for entry in registry.sheet(2))
    assert f"About {minutes} minutes" in text


def test_the_sheet_has_every_kind_of_exercise_and_one_attack():
    kinds = [entry.exercise.kind for entry in registry.sheet(2)]
    assert set(kinds) == {"implement", "faded", "order", "find", "attack", "audit"}
    assert kinds.count("attack") == 1


def test_the_worked_examples_of_the_statements_are_right():
    rng = np.random.default_rng(0)
    assert fan_in_and_out((16, 3, 5, 5), "torch") == (75, 400)
    draws = np.concatenate([plain_initializers.he_normal((8, 3), rng).ravel() for _ in range(2000)])
    assert draws.std() == pytest.approx(0.5, rel=0.02)
    largest = max(np.abs(plain_initializers.glorot_uniform((5, 1), rng)).max() for _ in range(500))
    assert 0.99 < largest < 1
    tall, wide = (plain_initializers.orthogonal(shape, rng) for shape in ((7, 3), (3, 7)))
    np.testing.assert_allclose(tall.T @ tall, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(wide @ wide.T, np.eye(3), atol=1e-12)


# ---- keys against runs


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


def test_names_may_be_given_as_a_set_or_in_another_order():
    answer = zero_start.FINDINGS | {"softplus, step 2": {"b3", "w3", "W2", "b2"}, "relu, step 1": ["b3"]}
    assert diagnose(exercise("zero_start"), answer).status == "right"


def test_the_numbers_of_the_audit_are_computed():
    found = xavier.FINDINGS
    assert found["written"] == f"{math.sqrt(1 / 512):.3g}"
    assert found["glorot"] == f"{math.sqrt(2 / 576):.3g}"
    torch.manual_seed(0)
    draws = torch.cat([torch.nn.Linear(512, 64).weight.detach().flatten() for _ in range(10)])
    assert float(draws.std()) == pytest.approx(float(found["torch default"]), rel=0.01)


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
        word = panels_check.KEY[letter]
        if word == panels_check.ZEROS:
            assert not sizes.any()
            continue
        drift = np.log(sizes[:, 8] / sizes[:, 0]).mean() / 8
        zigzag = np.abs(np.diff(np.log(sizes[:, :9]), axis=1)).mean()
        expected = {
            panels_check.HEALTHY: abs(drift) < 0.1 and zigzag < 0.25,
            panels_check.NO_TWO: -0.5 < drift < -0.2,
            panels_check.VARIANCE: drift < -1,
            panels_check.FANS: abs(drift) < 0.1 and zigzag > 0.3,
            panels_check.LARGE: sizes.min() > 30,
        }
        assert expected[word], f"panel {letter} does not show {word!r}: drift {drift:.2f}, zigzag {zigzag:.2f}"


def test_the_right_order_of_the_sheet_runs_and_gives_sums_of_size_1():
    from course_lib.numpy_nn.plain_initializers import orthogonal

    for letters in (exercise("order_measured_start").reference, exercise("order_measured_start").accepted[0].answer):
        rng, shapes = np.random.default_rng(0), [(20, 40), (40, 15), (15, 30)]
        names = {"x": rng.standard_normal((200, 20)), "rng": rng, "np": np, "orthogonal": orthogonal}
        names |= {"shapes": shapes, "weights": []}
        exec(order.loop_of(letters), names)
        signal = names["x"]
        for weight in names["weights"]:
            assert (signal @ weight).std() == pytest.approx(1.0)
            signal = np.maximum(signal @ weight, 0)
        assert len(names["weights"]) == len(shapes)


# ---- the probe of an initializer


def test_the_formulas_of_the_probe_are_far_enough_apart():
    for (one, first), (other, second) in itertools.combinations(facts.FORMULAS.items(), 2):
        gaps = [abs(first(*shape) - second(*shape)) / max(second(*shape), 1e-9) for shape in facts.SHAPES]
        assert max(gaps) > 0.06, f"{one} and {other} are too close to be told apart"


@pytest.mark.parametrize("seed", range(5))
def test_a_right_answer_is_right_whatever_numbers_it_draws(seed):
    def shuffled(shape, rng):
        return rng.permutation(he_normal(shape, np.random.default_rng([seed, rng.integers(2**31)]), np.float64))

    assert diagnose(exercise("he_normal"), shuffled).status == "right"


def test_an_unknown_scale_is_told_as_a_factor_per_shape():
    said = words("he_normal", lambda shape, rng: 1.5 * he_normal(shape, rng, np.float64))
    factors = re.search(r"your standard deviation is ([\d., ]+) times the right one", said)[1]
    assert [float(one) for one in factors.split(",")] == pytest.approx([1.5] * 3, abs=0.04)


def test_what_is_no_matrix_is_told():
    assert "expected an array (inputs, outputs)" in words("he_normal", lambda shape, rng: 0.1)
    assert "returns None" in words("he_normal", lambda shape, rng: None)


def test_zeros_are_not_taken_for_a_distribution():
    assert diagnose(exercise("he_normal"), lambda shape, rng: zeros(shape, rng)).status == "wrong"


def test_a_test_that_crashes_on_right_initializers_is_an_error():
    def crashing(initializer):
        raise KeyError("x")

    assert diagnose(exercise("he_normal_passes"), crashing).status == "error"


def test_what_survives_an_attack_is_asked_about():
    def only_scale(initializer):
        weight = initializer((400, 100), np.random.default_rng(0), np.float64)
        return abs(weight.std() / math.sqrt(2 / 400) - 1) < 0.03

    said = words("he_normal_passes", only_scale)
    assert re.search(r"killed \d+ of 12; survived: .*uniform, mean", said)
    assert "do you look at the mean?" in said
