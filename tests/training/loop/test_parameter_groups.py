"""Named parameters are trained, at their rate, and no others; a name that matches nothing is an error."""

import pytest
import torch
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.core.seeding import Seeds
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.loop.fit import fit
from course_lib.training.loop.parameter_groups import (
    decay_groups,
    fix_statistics,
    freeze,
    layerwise_rates,
    parameter_groups,
    unfreeze,
)
from course_lib.training.loop.state import TrainState


class Net(nn.Module):
    """Two parts, a layer without parameters, and a parameter of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 4))
        self.squash = nn.Tanh()
        self.head = nn.Linear(4, 3)
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.squash(self.body(x))) * self.scale


class Tied(nn.Module):
    """An embedding whose table is also the output layer."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(7, 4)
        self.norm = nn.LayerNorm((2, 4))
        self.out = nn.Linear(4, 7)
        self.out.weight = self.table.weight


def net() -> Net:
    torch.manual_seed(0)
    return Net()


def names(model: nn.Module, group: dict) -> list[str]:
    members = {id(parameter) for parameter in group["params"]}
    return [name for name, parameter in model.named_parameters() if id(parameter) in members]


def trained(model: nn.Module) -> list[str]:
    return [name for name, parameter in model.named_parameters() if parameter.requires_grad]


def squares(model: nn.Module, batch: tuple[torch.Tensor, ...]) -> Loss:
    x, y = batch
    return Loss(((model(x) - y) ** 2).sum(), y.numel())


def run(model: nn.Module, groups: list[dict], *, epochs: int = 2, kind: type = torch.optim.AdamW) -> None:
    generator = torch.Generator().manual_seed(1)
    x, y = torch.randn(20, 5, generator=generator), torch.randn(20, 3, generator=generator)
    fit(TrainState(model, kind(groups), Seeds.same(0)), TensorLoader(x, y, batch_size=8), squares, epochs=epochs)


def test_named_parts_are_trained_at_their_rates_and_the_others_frozen():
    model = net()
    groups = parameter_groups(model, {"head": 0.1, "scale": 0.01})
    assert [(names(model, g), g["lr"], g["name"]) for g in groups] == [
        (["head.weight", "head.bias"], 0.1, "head"),
        (["scale"], 0.01, "scale"),
    ]
    assert trained(model) == ["scale", "head.weight", "head.bias"]


def test_parts_inside_parts_can_be_named():
    model = net()
    (group,) = parameter_groups(model, {"body.3": 0.1})
    assert names(model, group) == ["body.3.weight", "body.3.bias"]


def test_a_second_call_trains_what_the_first_froze():
    model = net()
    parameter_groups(model, {"head": 0.1})
    parameter_groups(model, {"body": 0.1})
    assert trained(model) == [name for name, _ in model.named_parameters() if name.startswith("body")]


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.AdamW])
def test_frozen_parameters_stay_bit_for_bit_even_with_decay_and_an_old_gradient(kind):
    model = net()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    squares(model, (torch.randn(4, 5), torch.randn(4, 3))).total.backward()
    everything = kind(model.parameters(), lr=0.1, weight_decay=0.1)  # holds the frozen ones too
    parameter_groups(model, {"head": 0.1})
    everything.step()
    assert all(torch.equal(value, before[name]) for name, value in model.named_parameters())
    run(model, parameter_groups(model, {"head": 0.1}), kind=kind)
    for name, value in model.named_parameters():
        assert torch.equal(value, before[name]) != name.startswith("head"), name


def test_a_parameter_that_two_parts_share_is_trained_once():
    model = Tied()
    groups = parameter_groups(model, {"table": 0.1, "out": 0.1})
    assert [names(model, group) for group in groups] == [["table.weight"], ["out.bias"]]
    torch.optim.SGD(groups)  # torch refuses a parameter that stands in two groups
    assert trained(model) == ["table.weight", "out.bias"]


def test_a_part_is_trained_whole_also_where_a_frozen_part_shares_with_it():
    model = Tied()
    (group,) = parameter_groups(model, {"out": 0.1})
    assert names(model, group) == ["table.weight", "out.bias"]


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ({"haed": 0.1}, r"Net has no part \['haed'\] with parameters; its parts are \['scale', 'body', 'head'\]"),
        ({"squash": 0.1}, r"no part \['squash'\] with parameters"),
        ({"hea": 0.1}, r"no part \['hea'\]"),
        ({"*": 0.1}, r"no part \['\*'\]"),
        ({}, "rates must name at least one part, got none"),
        ({"head": 0.0}, "the rate of 'head' must be a finite number above 0, got 0.0"),
        ({"head": float("nan")}, "the rate of 'head' must be a finite number above 0, got nan"),
        ({"body": 0.1, "body.3": 0.2}, "body.3.weight must have one rate, got 0.1 in 'body' and 0.2 in 'body.3'"),
    ],
)
def test_a_wrong_name_or_rate_is_refused_and_changes_nothing(rates, words):
    model = net()
    with pytest.raises(ValueError, match=words):
        parameter_groups(model, rates)
    assert len(trained(model)) == len(list(model.parameters()))


def test_freezing_and_unfreezing_by_pattern():
    model = net()
    assert freeze(model, ["body", "*.bias"]) == [
        *(f"body.{place}.{kind}" for place in (0, 1, 3) for kind in ("weight", "bias")),
        "head.bias",
    ]
    assert trained(model) == ["scale", "head.weight"]
    assert unfreeze(model, ["body.3"]) == ["body.3.weight", "body.3.bias"]
    assert trained(model) == ["scale", "body.3.weight", "body.3.bias", "head.weight"]


@pytest.mark.parametrize("change", [freeze, unfreeze, fix_statistics])
def test_a_pattern_that_matches_nothing_is_refused(change):
    with pytest.raises(ValueError, match=r"'boddy' matches no .*body\.1"):
        change(net(), ["body", "boddy"])
    with pytest.raises(ValueError, match="patterns must hold at least one pattern, got none"):
        change(net(), [])
    with pytest.raises(TypeError, match=r"patterns must be several texts, such as \['body'\], got the text 'body'"):
        change(net(), "body")


def test_a_refused_pattern_leaves_everything_trainable():
    model = net()
    with pytest.raises(ValueError, match="matches no parameter of Net"):
        freeze(model, ["body", "boddy"])
    assert "body.0.weight" in trained(model)


def test_running_statistics_follow_the_data_of_a_frozen_part_unless_they_are_fixed():
    for fixed in (False, True):
        model = net()
        freeze(model, ["body"])
        if fixed:
            assert fix_statistics(model, ["body"]) == ["body.1"]
        before = model.body[1].running_mean.clone()
        run(model, [{"params": [*model.head.parameters(), model.scale], "lr": 0.01}])
        assert torch.equal(model.body[1].running_mean, before) == fixed


def test_layerwise_rates_fall_by_the_factor_from_the_output_to_the_input():
    assert layerwise_rates(net(), 1.0, 0.5, ["body.0", "body.3", "head"]) == {"body.0": 0.25, "body.3": 0.5, "head": 1}
    assert layerwise_rates(net(), 0.1, 1.0) == dict.fromkeys(("scale", "body", "head"), 0.1)
    groups = parameter_groups(net(), layerwise_rates(net(), 0.1, 0.1, ["body", "head"]))
    assert [group["lr"] for group in groups] == pytest.approx([0.01, 0.1])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((0.0, 0.5), "base must be a finite number above 0, got 0.0"),
        ((1.0, 0.0), r"factor must be in \(0, 1\], got 0.0"),
        ((1.0, 1.5), r"factor must be in \(0, 1\], got 1.5"),
        ((1.0, 0.5, ["body", "haed"]), r"order must name parts of .*'head'.*, got \['body', 'haed'\]"),
        ((1.0, 0.5, ["body", "body"]), "each at most once"),
        ((1.0, 0.5, []), r"got \[\]"),
    ],
)
def test_layerwise_rates_that_make_no_sense_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        layerwise_rates(net(), *arguments)


def test_weights_decay_and_biases_norms_and_numbers_do_not():
    model = net()
    decays, spared = decay_groups(model, 0.1)
    assert names(model, decays) == ["body.0.weight", "body.3.weight", "head.weight"]
    assert (decays["weight_decay"], spared["weight_decay"]) == (0.1, 0.0)
    assert len(names(model, decays)) + len(names(model, spared)) == len(list(model.parameters()))


def test_without_a_gradient_only_what_decays_moves():
    model = net()
    before = {name: value.clone() for name, value in model.named_parameters()}
    optimizer = torch.optim.AdamW(decay_groups(model, 0.5), lr=0.1)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    moved = [name for name, value in model.named_parameters() if not torch.equal(value, before[name])]
    assert moved == ["body.0.weight", "body.3.weight", "head.weight"]


def test_tables_of_embeddings_decay_only_when_asked_and_norms_of_two_dimensions_never():
    model = Tied()
    (spared,) = decay_groups(model, 0.1)
    assert names(model, spared) == ["table.weight", "norm.weight", "norm.bias", "out.bias"]
    decays, _ = decay_groups(model, 0.1, embeddings=True)
    assert names(model, decays) == ["table.weight"]


def test_groups_with_rates_are_split_and_keep_their_rates_and_order():
    model = net()
    groups = decay_groups(model, 0.1, groups=parameter_groups(model, {"body": 0.01, "head": 0.1}))
    assert [(g["name"], g["lr"], g["weight_decay"]) for g in groups] == [
        ("body", 0.01, 0.1),
        ("body, no decay", 0.01, 0.0),
        ("head", 0.1, 0.1),
        ("head, no decay", 0.1, 0.0),
    ]


def test_frozen_parameters_are_in_no_group():
    model = net()
    freeze(model, ["body", "scale"])
    assert [names(model, group) for group in decay_groups(model, 0.1)] == [["head.weight"], ["head.bias"]]
    freeze(model, ["head"])
    with pytest.raises(ValueError, match="model must have parameters to train, got a Net without any"):
        decay_groups(model, 0.1)


@pytest.mark.parametrize("weight_decay", [-0.1, float("nan"), float("inf")])
def test_a_decay_that_makes_no_sense_is_refused(weight_decay):
    with pytest.raises(ValueError, match=f"weight_decay must be a finite number of at least 0, got {weight_decay}"):
        decay_groups(net(), weight_decay)
