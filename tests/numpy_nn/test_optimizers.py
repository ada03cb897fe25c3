"""Ten steps of every optimizer, at a rate that changes, are ten steps of torch's."""

import numpy as np
import pytest
import torch

from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import SGD, Adam, AdamW, Momentum, Nesterov, RMSProp

MULTIPLIERS = [1.0, 1.0, 0.5, 0.5, 2.0, 2.0, 0.1, 1.0, 0.3, 0.7]
CONSTANT = [1.0] * 10
SIZE = 12
SCALES = np.geomspace(1e-6, 10, SIZE)  # gradients of very different size: an epsilon in the wrong place shows


def gradients_of(step):
    return SCALES * np.random.default_rng(step).standard_normal(SIZE)


def ours(optimizer, multipliers, dtype=np.float64):
    """The parameters after every step, (10, SIZE)."""
    parameters = np.linspace(-1, 1, SIZE).astype(dtype)
    path = []
    for step, multiplier in enumerate(multipliers):
        optimizer.step(parameters, gradients_of(step).astype(dtype), multiplier)
        path.append(parameters.copy())
    return np.array(path)


def theirs(make, rate, multipliers, dtype=torch.float64):
    parameters = torch.nn.Parameter(torch.linspace(-1, 1, SIZE, dtype=torch.float64).to(dtype))
    optimizer = make([parameters], rate)
    path = []
    for step, multiplier in enumerate(multipliers):
        parameters.grad = torch.tensor(gradients_of(step), dtype=dtype)
        for group in optimizer.param_groups:
            group["lr"] = rate * multiplier
        optimizer.step()
        path.append(parameters.detach().clone().numpy())
    return np.array(path)


def torch_sgd(**options):
    return lambda parameters, rate: torch.optim.SGD(parameters, lr=rate, **options)


PAIRS = {
    "sgd": (SGD, 0.1, torch_sgd(), MULTIPLIERS),
    "momentum": (Momentum, 0.1, torch_sgd(momentum=0.9), CONSTANT),
    "nesterov": (Nesterov, 0.1, torch_sgd(momentum=0.9, nesterov=True), CONSTANT),
    "rmsprop": (RMSProp, 0.01, lambda p, rate: torch.optim.RMSprop(p, lr=rate), MULTIPLIERS),
    "adam": (Adam, 0.01, lambda p, rate: torch.optim.Adam(p, lr=rate), MULTIPLIERS),
    "adamw": (AdamW, 0.01, lambda p, rate: torch.optim.AdamW(p, lr=rate), MULTIPLIERS),
}


@pytest.mark.parametrize("name", PAIRS)
def test_ten_steps_equal_those_of_torch_in_float64(name):
    make, rate, make_theirs, multipliers = PAIRS[name]
    np.testing.assert_allclose(ours(make(rate), multipliers), theirs(make_theirs, rate, multipliers), atol=1e-13)


@pytest.mark.parametrize("name", PAIRS)
def test_ten_steps_equal_those_of_torch_in_float32_and_stay_in_float32(name):
    make, rate, make_theirs, multipliers = PAIRS[name]
    path = ours(make(rate), multipliers, np.float32)
    assert path.dtype == np.float32
    np.testing.assert_allclose(path, theirs(make_theirs, rate, multipliers, torch.float32), rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize(
    ("make", "options", "make_theirs"),
    [
        (Adam, {"betas": (0.5, 0.9), "eps": 0.1}, lambda p, r: torch.optim.Adam(p, r, (0.5, 0.9), 0.1)),
        (RMSProp, {"alpha": 0.5, "eps": 0.1}, lambda p, r: torch.optim.RMSprop(p, r, 0.5, 0.1)),
        (
            AdamW,
            {"betas": (0.5, 0.9), "eps": 0.1, "weight_decay": 0.3},
            lambda p, r: torch.optim.AdamW(p, r, (0.5, 0.9), 0.1, 0.3),
        ),
    ],
)
def test_other_constants_than_the_defaults_mean_the_same_as_in_torch(make, options, make_theirs):
    path = ours(make(0.05, **options), MULTIPLIERS)
    np.testing.assert_allclose(path, theirs(make_theirs, 0.05, MULTIPLIERS), atol=1e-13)


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_leaves_the_path_of_torch_after_the_rate_changes_and_not_before(nesterov):
    # torch scales the whole velocity by the new rate; here each gradient keeps the rate that it came with.
    make = Nesterov if nesterov else Momentum
    multipliers = [1.0] * 5 + [0.1] * 5
    path = ours(make(0.1), multipliers)
    other = theirs(torch_sgd(momentum=0.9, nesterov=nesterov), 0.1, multipliers)
    np.testing.assert_allclose(path[:5], other[:5], atol=1e-13)
    assert np.abs(path[5] - other[5]).max() > 0.1


def test_momentum_is_the_sum_of_all_gradients_discounted_by_their_age():
    path = ours(Momentum(0.1, momentum=0.8), MULTIPLIERS)
    velocity = sum(-0.1 * MULTIPLIERS[k] * 0.8 ** (9 - k) * gradients_of(k) for k in range(10))
    np.testing.assert_allclose(path[9] - path[8], velocity, atol=1e-13)


def test_adamw_with_a_mask_decays_weights_alone_as_torch_does_with_two_groups():
    mask = (np.arange(SIZE) % 3 > 0).astype(float)
    path = ours(AdamW(0.01, weight_decay=0.2 * mask), MULTIPLIERS)
    with_decay = theirs(lambda p, r: torch.optim.AdamW(p, lr=r, weight_decay=0.2), 0.01, MULTIPLIERS)
    without = theirs(lambda p, r: torch.optim.AdamW(p, lr=r, weight_decay=0.0), 0.01, MULTIPLIERS)
    np.testing.assert_allclose(path, np.where(mask == 1, with_decay, without), atol=1e-13)


def test_adamw_over_a_network_equals_torch_with_parameter_groups():
    model = mlp((5, 4, 3), rng=np.random.default_rng(0), dtype=np.float64)
    optimizer = AdamW(0.01, weight_decay=0.3 * model.weight_mask)
    tensors = [torch.nn.Parameter(torch.tensor(a.copy())) for la in model.linear_layers for a in (la.weight, la.bias)]
    groups = [{"params": tensors[::2], "weight_decay": 0.3}, {"params": tensors[1::2], "weight_decay": 0.0}]
    other = torch.optim.AdamW(groups, lr=0.01)
    for step in range(10):
        model.gradients[:] = np.random.default_rng(step).standard_normal(model.gradients.size)
        arrays = [a for layer in model.linear_layers for a in (layer.weight_gradient, layer.bias_gradient)]
        for tensor, array in zip(tensors, arrays, strict=True):
            tensor.grad = torch.tensor(array.copy())
        optimizer.step(model.parameters, model.gradients)
        other.step()
    expected = np.concatenate([tensor.detach().numpy().ravel() for tensor in tensors])
    np.testing.assert_allclose(model.parameters, expected, atol=1e-13)


@pytest.mark.parametrize("name", PAIRS)
def test_a_step_leaves_the_gradients_as_they_are_and_moves_the_parameters_in_place(name):
    make, rate, _, _ = PAIRS[name]
    parameters, gradients = np.ones(3), np.array([1.0, -2.0, 3.0])
    view = parameters[1:]
    make(rate).step(parameters, gradients)
    np.testing.assert_array_equal(gradients, [1, -2, 3])
    assert view[0] > 1 > view[1]


def test_the_first_step_of_adam_is_the_rate_whatever_the_size_of_the_gradient():
    parameters = np.zeros(3)
    Adam(0.01).step(parameters, np.array([1e-3, -1.0, 1e3]))
    np.testing.assert_allclose(parameters, [-0.01, 0.01, -0.01], rtol=1e-4)


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("rate", [0.0, -0.1, float("nan"), float("inf")])
def test_a_rate_that_is_not_above_zero_is_refused(name, rate):
    with pytest.raises(ValueError, match=f"lr must be a finite number above 0, got {rate}"):
        PAIRS[name][0](rate)


@pytest.mark.parametrize("name", PAIRS)
def test_parameters_and_gradients_of_different_length_are_refused_before_anything_moves(name):
    parameters = np.ones(3)
    with pytest.raises(ValueError, match=r"must have the same shape, got \(3,\) and \(1,\)"):
        PAIRS[name][0](0.1).step(parameters, np.ones(1))
    np.testing.assert_array_equal(parameters, 1)


@pytest.mark.parametrize("make", [Momentum, Nesterov, RMSProp, Adam, AdamW])
def test_an_optimizer_is_refused_to_a_second_network_of_another_size(make):
    optimizer = make(0.1)
    optimizer.step(np.ones(3), np.ones(3))
    words = r"parameters must be those of the steps before, of shape \(3,\), got \(4,\): every network needs"
    with pytest.raises(ValueError, match=words):
        optimizer.step(np.ones(4), np.ones(4))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Momentum(0.1, momentum=1.0), r"momentum must be in \[0, 1\), got 1.0"),
        (lambda: Nesterov(0.1, momentum=-0.5), r"momentum must be in \[0, 1\), got -0.5"),
        (lambda: RMSProp(0.1, alpha=1.0), r"alpha must be in \[0, 1\), got 1.0"),
        (lambda: RMSProp(0.1, eps=0.0), "eps must be a finite number above 0, got 0.0"),
        (lambda: Adam(betas=(1.0, 0.999)), r"each of betas must be in \[0, 1\), got 1.0"),
        (lambda: Adam(betas=(0.9, -0.1)), r"each of betas must be in \[0, 1\), got -0.1"),
        (lambda: AdamW(weight_decay=-0.1), "weight_decay must be a finite number of at least 0, got -0.1"),
        (
            lambda: AdamW(weight_decay=np.array([0.1, np.nan])),
            "weight_decay must be a finite number .*, got nan",
        ),
    ],
)
def test_constants_out_of_range_are_refused_by_name_rule_and_value(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_a_decay_for_another_network_is_refused():
    with pytest.raises(ValueError, match=r"weight_decay must be one number or have the shape of parameters, got"):
        AdamW(weight_decay=np.ones(2)).step(np.ones(3), np.ones(3))


@pytest.mark.parametrize(
    "make",
    [
        lambda: SGD(0.1),
        lambda: Momentum(0.1),
        lambda: Nesterov(0.1),
        lambda: RMSProp(0.01),
        lambda: Adam(0.01),
        lambda: AdamW(0.01),
    ],
)
def test_float16_parameters_take_the_steps_of_float32_to_their_own_precision(make):
    gradients = np.array([0.0, 1e-4, 0.5, 300.0])  # squares that vanish or overflow in float16
    ends = []
    for dtype in (np.float16, np.float32):
        parameters, optimizer = np.ones(4, dtype), make()
        for _ in range(3):
            optimizer.step(parameters, gradients.astype(dtype))
        assert parameters.dtype == dtype
        ends.append(parameters)
    np.testing.assert_allclose(*ends, atol=1e-2, rtol=1e-3)
