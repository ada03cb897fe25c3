"""The digits net is a function of its configuration and seed, counts right, and learns."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

from course_lib.core.seeding import Seeds
from course_lib.digits.train import DigitsConfig, classification_loss, classification_scores, digits_net
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.loop.callbacks import evaluate
from course_lib.training.loop.fit import fit
from course_lib.training.loop.state import TrainState
from tests.training.small import same

PIXELS, LABELS = (torch.from_numpy(array) for array in load_digits(return_X_y=True))
PIXELS = (PIXELS / 16).float()


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    torch.manual_seed(1)
    first = digits_net(DigitsConfig(), seed=3)
    torch.manual_seed(2)
    assert same(first.state_dict(), digits_net(DigitsConfig(), seed=3).state_dict())
    assert not same(first.state_dict(), digits_net(DigitsConfig(), seed=4).state_dict())


def test_a_variant_with_dropout_starts_from_the_same_weights():
    with_dropout = digits_net(replace(DigitsConfig(), dropout=0.3), seed=3)
    assert [type(layer).__name__ for layer in with_dropout] == [*(["Linear", "ReLU", "Dropout"] * 2), "Linear"]
    assert same(with_dropout.state_dict(), digits_net(DigitsConfig(), seed=3).state_dict())


def test_weights_have_the_spread_of_he_and_biases_are_zero():
    net = digits_net(DigitsConfig(hidden=(400, 300)), seed=0)
    for layer in net:
        if isinstance(layer, nn.Linear):
            assert float(layer.weight.detach().std()) == pytest.approx((2 / layer.in_features) ** 0.5, rel=0.05)
            assert not layer.bias.any()
    assert [layer.out_features for layer in net if isinstance(layer, nn.Linear)] == [400, 300, 10]


@pytest.mark.parametrize("count", [1, 7, 64])
@torch.no_grad()
def test_loss_and_scores_are_sums_whose_means_are_those_of_torch(count):
    net = digits_net(DigitsConfig(), seed=0)
    batch = PIXELS[:count], LABELS[:count]
    logits = net(batch[0])
    loss, scores = classification_loss(net, batch), classification_scores(net, batch)
    assert loss.count == scores["loss"].count == scores["accuracy"].count == count
    assert float(loss.mean) == pytest.approx(float(F.cross_entropy(logits, batch[1])), rel=1e-5)
    assert float(scores["loss"].total) == float(loss.total)
    assert float(scores["accuracy"].mean) == pytest.approx(float((logits.argmax(1) == batch[1]).float().mean()))


def test_it_learns_the_digits():
    config = DigitsConfig(dropout=0.1)
    net = digits_net(config, seed=0)
    state = TrainState(net, torch.optim.Adam(net.parameters(), lr=config.lr), Seeds.same(0))
    train = TensorLoader(PIXELS[:1400], LABELS[:1400], batch_size=config.batch_size)
    test = TensorLoader(PIXELS[1400:], LABELS[1400:], batch_size=100, shuffle=False)
    before = evaluate(net, test, classification_scores)
    fit(state, train, classification_loss, epochs=8)
    after = evaluate(net, test, classification_scores)
    assert before["accuracy"] < 0.3
    assert after["accuracy"] > 0.8
    assert after["loss"] < before["loss"] / 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hidden": (64,)}, r"hidden must be two widths of at least 1, got \(64,\)"),
        ({"hidden": (64, 0)}, r"hidden must be two widths of at least 1, got \(64, 0\)"),
        ({"dropout": 1.0}, r"dropout must be in \[0, 1\), got 1.0"),
        ({"dropout": -0.1}, r"dropout must be in \[0, 1\), got -0.1"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        DigitsConfig(**change)
