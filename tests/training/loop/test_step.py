"""One update: several batches count as one large batch, and what is not finite changes nothing."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.core.seeding import Seeds
from course_lib.training.loop.fit import fit
from course_lib.training.loop.state import TrainState
from course_lib.training.loop.step import optimizer_step
from tests.training.small import (
    OPTIMIZERS,
    blob_loader,
    blobs,
    classification_loss,
    copied,
    everything,
    masked_loss,
    network,
    new_state,
    same,
)

X, Y = blobs(50)


def pieces(sizes):
    """The first sum(sizes) samples as batches of these sizes, and as one batch."""
    x, y = X[: sum(sizes)], Y[: sum(sizes)]
    return list(zip(x.split(sizes), y.split(sizes), strict=True)), (x, y)


def gradients(state: TrainState) -> torch.Tensor:
    return torch.cat([parameter.grad.flatten() for parameter in state.model.parameters()])


def stepped(batches, loss_fn=classification_loss, optimizer="sgd", **settings_of_step) -> TrainState:
    state = new_state(optimizer)
    optimizer_step(state, batches, loss_fn, **settings_of_step)
    return state


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("sizes", [(16, 16, 2), (1, 30), (30, 1), (5, 5, 5), (9,)])
@pytest.mark.parametrize("clip", [None, 0.1])
def test_uneven_batches_that_are_accumulated_equal_one_large_batch(optimizer, sizes, clip):
    parts, whole = pieces(list(sizes))
    accumulated = stepped(parts, optimizer=optimizer, clip=clip)
    at_once = stepped([whole], optimizer=optimizer, clip=clip)
    torch.testing.assert_close(gradients(accumulated), gradients(at_once), atol=1e-6, rtol=0)
    assert accumulated.loss.count == at_once.loss.count == sum(sizes)
    assert float(accumulated.loss.mean) == pytest.approx(float(at_once.loss.mean), rel=1e-6)
    if optimizer in ("sgd", "momentum"):  # Adam divides by the size of a gradient, which may be next to nothing
        for one, other in zip(accumulated.model.parameters(), at_once.model.parameters(), strict=True):
            torch.testing.assert_close(one, other, atol=1e-6, rtol=0)


def test_dividing_by_the_number_of_batches_would_be_another_gradient():
    parts, whole = pieces([16, 16, 2])
    state = new_state("sgd")
    for batch in parts:
        (classification_loss(state.model, batch).mean / len(parts)).backward()
    wrong = gradients(state)
    right = gradients(stepped([whole]))
    assert float((wrong - right).abs().max()) > 1000 * 1e-6
    torch.testing.assert_close(gradients(stepped(parts)), right, atol=1e-6, rtol=0)


MASKS = st.lists(st.lists(st.booleans(), min_size=1, max_size=9), min_size=1, max_size=5)
MASKS = MASKS.filter(lambda masks: any(map(any, masks)))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.booleans(), min_size=1, max_size=9), min_size=1, max_size=5).filter(lambda m: any(map(any, m)))
)
def test_only_elements_that_count_are_counted_wherever_they_lie(masks):
    """Also a batch without any, in the first place too."""
    parts, (x, y) = pieces([len(mask) for mask in masks])
    keep = torch.tensor([value for mask in masks for value in mask])
    labels = torch.where(keep, y, -100)
    parts = list(zip(x.split([len(mask) for mask in masks]), labels.split([len(mask) for mask in masks]), strict=True))
    state = stepped(parts, masked_loss)
    assert state.loss.count == int(keep.sum())
    torch.testing.assert_close(gradients(state), gradients(stepped([(x[keep], y[keep])])), atol=1e-6, rtol=1e-5)


def test_batches_without_any_element_that_counts_are_refused_and_change_nothing():
    state = new_state("adamw")
    before = everything(state)
    with pytest.raises(ValueError, match=r"a batch must hold at least one element that counts, got none at step 1 \("):
        optimizer_step(state, [(X[:3], torch.full((3,), -100))], masked_loss)
    assert same(everything(state), before)


def test_the_gradient_of_the_step_before_is_gone():
    state = new_state("sgd")
    optimizer_step(state, [(X, Y)], classification_loss)
    optimizer_step(state, [(X, Y)], classification_loss)
    twice = gradients(state)
    state.model.zero_grad()
    state.model.load_state_dict(stepped([(X, Y)]).model.state_dict())
    classification_loss(state.model, (X, Y)).mean.backward()
    torch.testing.assert_close(twice, gradients(state), atol=1e-7, rtol=0)


@pytest.mark.parametrize("clip", [0.05, 1e6])
def test_a_gradient_is_shortened_to_the_limit_and_its_length_before_is_told(clip):
    free, clipped = stepped([(X, Y)]), stepped([(X, Y)], clip=clip)
    length = gradients(free).norm()
    assert free.norm is None
    assert float(clipped.norm) == pytest.approx(float(length))
    assert float(gradients(clipped).norm()) == pytest.approx(min(clip, float(length)), rel=1e-4)


def poison_loss(value: float, at: int):
    """The classification loss, made `value` in the call number `at`."""
    calls = [0]

    def loss_fn(model, batch):
        calls[0] += 1
        loss = classification_loss(model, batch)
        return Loss(loss.total * value if calls[0] == at else loss.total, loss.count)

    return loss_fn


class Poison(torch.autograd.Function):
    """Passes values on and makes one number of their gradient `value`."""

    @staticmethod
    def forward(context, x, value):
        context.value = value
        return x.clone()

    @staticmethod
    def backward(context, gradient):
        gradient = gradient.clone()
        gradient.view(-1)[0] = context.value
        return gradient, None


def poison_gradient(value: float, at: int):
    """The classification loss; the gradient of layer 3's bias holds `value` in the call number `at`."""
    calls = [0]

    def loss_fn(model, batch):
        calls[0] += 1
        hidden = model[2](model[1](model[0](batch[0])))
        bias = Poison.apply(model[3].bias, value) if calls[0] == at else model[3].bias
        logits = hidden.detach() @ model[3].weight.T + bias
        return Loss(nn.functional.cross_entropy(logits, batch[1], reduction="sum"), len(batch[1]))

    return loss_fn


def run_until_it_fails(optimizer, loss_fn, schedule=lambda step: 1 / (step + 1), **more):
    """A run whose sixth update (epoch 2, batch 2) is bad; the state after five good ones, and after the error."""
    state, good = new_state(optimizer), {}

    def keep(state):
        good.update(everything(state))

    with pytest.raises(FloatingPointError) as caught:
        fit(state, blob_loader(), loss_fn, epochs=3, schedule=schedule, on_step=[keep], **more)
    return state, good, str(caught.value)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("poison", [poison_loss, poison_gradient])
@pytest.mark.parametrize("clip", [None, 1.0])
def test_what_is_not_finite_stops_the_run_before_the_update_and_says_where(optimizer, value, poison, clip):
    state, good, words = run_until_it_fails(optimizer, poison(value, at=6), clip=clip)
    rate = OPTIMIZERS[optimizer](network().parameters()).param_groups[0]["lr"] / 6
    assert f"at step 6 (epoch 2, batch 2, rate {rate:g}, Seeds(init=0, data=0, noise=0))" in words
    what = f"the loss is {value}" if poison is poison_loss else "the gradient of 3.bias is not finite"
    assert words.startswith(what)
    after = everything(state)
    for part in ("model", "step", "place", "running", "rows"):
        assert same(after[part], good[part]), part
    # The rate of the step that was not made stands in the groups; moments and counters are untouched.
    assert same(after["optimizer"]["state"], good["optimizer"]["state"])


@pytest.mark.parametrize("where", ["input", "weight"])
def test_a_number_that_is_not_finite_in_the_data_or_the_weights_is_found_at_its_step(where):
    def loss_fn(model, batch):
        x, y = batch
        if state.step == 2:
            if where == "input":
                x = x.clone()
                x[1, 1] = math.nan
            else:
                model[0].weight.data[0, 0] = math.inf
                x = torch.zeros_like(x)
        return classification_loss(model, (x, y))

    state = new_state()
    with pytest.raises(FloatingPointError, match="the loss is nan at step 3"):
        fit(state, blob_loader(), loss_fn, epochs=1)


def test_every_parameter_with_a_bad_gradient_is_named_and_each_rate():
    model = network()
    optimizer = torch.optim.SGD(
        [{"params": model[0].parameters(), "lr": 0.1}, {"params": model[3].parameters(), "lr": 0.001}]
    )
    state = TrainState(model, optimizer, Seeds(1, 2, 3))
    words = r"of 0.weight, 0.bias is not finite at step 1 .*rate 0.001, 0.1, Seeds\(init=1, data=2, noise=3\)"

    def loss_fn(model, batch):
        hidden = Poison.apply(model[0](batch[0]), math.inf)
        return Loss(model[3](model[2](model[1](hidden))).sum(), len(batch[0]))

    with pytest.raises(FloatingPointError, match=words):
        optimizer_step(state, [(X, Y)], loss_fn)


def test_large_finite_gradients_whose_sum_overflows_are_let_through():
    model = nn.Linear(2, 1, bias=False)
    state = TrainState(model, torch.optim.SGD(model.parameters(), lr=1e-38), Seeds.same(0))
    optimizer_step(state, [3e38], lambda model, size: Loss((model.weight * size).sum(), 1))
    assert model.weight.grad.tolist() == [[pytest.approx(3e38)] * 2]


@pytest.mark.parametrize(("check_every", "found_at"), [(1, 6), (2, 6), (4, 8), (5, 10)])
def test_with_check_every_n_the_error_comes_at_the_next_check(check_every, found_at):
    state, _, words = run_until_it_fails("sgd", poison_loss(math.nan, at=6), check_every=check_every)
    assert f"at step {found_at} " in words
    assert state.step == found_at - 1


def test_without_a_check_nothing_is_refused():
    state = new_state("sgd")
    optimizer_step(state, [(X, Y)], poison_loss(math.nan, at=1), check=False)
    assert torch.isnan(state.model[3].bias).all()


def half_state() -> TrainState:
    state = new_state("sgd")
    state.scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=3)
    return state


@pytest.mark.parametrize("value", [math.inf, math.nan])
@pytest.mark.parametrize("clip", [None, 1.0])
def test_with_float16_an_overflowed_gradient_leaves_the_update_out_and_halves_the_factor(value, clip):
    state = half_state()
    before = everything(state)
    optimizer_step(state, [(X, Y)], poison_gradient(value, at=1), precision="float16", clip=clip)
    after = everything(state)
    assert same(after["model"], before["model"])
    assert same(after["optimizer"], before["optimizer"])
    assert state.scaler.get_scale() == 512.0
    optimizer_step(state, [(X, Y)], classification_loss, precision="float16", clip=clip)
    assert not same(everything(state)["model"], before["model"])


def test_with_float16_the_factor_doubles_after_good_updates():
    state = half_state()
    for _ in range(3):
        optimizer_step(state, [(X, Y)], classification_loss, precision="float16")
    assert state.scaler.get_scale() == 2048.0


def test_with_float16_a_loss_that_is_not_finite_still_stops_the_run():
    state = half_state()
    before = everything(state)
    with pytest.raises(FloatingPointError, match="the loss is nan at step 1"):
        optimizer_step(state, [(X, Y)], poison_loss(math.nan, at=1), precision="float16")
    assert same(everything(state)["model"], before["model"])


@pytest.mark.parametrize("factor", [1.0, 64.0, 65536.0])
def test_the_limit_means_the_gradient_and_not_its_multiple(factor):
    """Without unscaling first, a factor of 65,536 would make a limit of 0.05 one of 8e-7."""
    state = new_state("sgd")
    state.scaler = torch.amp.GradScaler("cpu", init_scale=factor)
    optimizer_step(state, [(X, Y)], classification_loss, clip=0.05)
    plain = stepped([(X, Y)], clip=0.05)
    torch.testing.assert_close(gradients(state), gradients(plain), atol=1e-6, rtol=0)
    assert float(state.norm) == pytest.approx(float(plain.norm), rel=1e-5)


def test_with_the_scaler_accumulated_batches_equal_one_large_batch():
    parts, whole = pieces([16, 16, 2])
    accumulated, at_once = half_state(), half_state()
    optimizer_step(accumulated, parts, classification_loss)
    optimizer_step(at_once, [whole], classification_loss)
    torch.testing.assert_close(gradients(accumulated), gradients(at_once), atol=1e-6, rtol=0)


def test_the_gradient_of_a_tied_parameter_is_that_of_both_places_and_named_once():
    model = nn.Sequential(nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False))
    model[1].weight = model[0].weight
    state = TrainState(model, torch.optim.SGD(model.parameters(), lr=0.1), Seeds.same(0))
    before = copied(model.state_dict())
    with pytest.raises(FloatingPointError, match=r"the gradient of 0.weight is not finite"):
        optimizer_step(state, [X[:, :4]], lambda model, x: Loss(Poison.apply(model(x), math.inf).sum(), len(x)))
    assert same(model.state_dict(), before)


def test_with_float16_a_gradient_that_no_factor_makes_finite_stops_the_run():
    state, factors = half_state(), []

    def bad(model, batch):
        return poison_gradient(math.nan, at=1)(model, batch)

    before = everything(state)
    with pytest.raises(FloatingPointError, match=r"the gradient of 3.bias is not finite at step 12 "):
        fit(state, blob_loader(), bad, epochs=9, on_step=[lambda state: factors.append(state.scaler.get_scale())])
    assert factors == [1024 / 2**k for k in range(1, 12)]
    assert same(everything(state)["model"], before["model"])


def test_a_loss_function_that_returns_a_mean_is_told_what_to_return():
    state = new_state()
    with pytest.raises(TypeError, match=r"^loss_fn must return a Loss\(total, count\), got a Tensor$"):
        optimizer_step(state, [(X, Y)], lambda model, batch: nn.functional.cross_entropy(model(batch[0]), batch[1]))


def test_no_batches_are_refused_and_change_nothing():
    state = new_state()
    before = everything(state)
    for batches in ([], ()):
        with pytest.raises(ValueError, match=r"batches must hold at least one batch, got none at step 1 \(epoch 1"):
            optimizer_step(state, batches, classification_loss)
    assert same(everything(state), before)


class Rotation(nn.Module):
    """y = |w x + b|² summed over complex numbers w and b; the same in real numbers for `as_pairs`."""

    def __init__(self, as_pairs: bool = False) -> None:
        super().__init__()
        numbers = torch.tensor([[0.5, -1.0], [0.2, 0.3]], dtype=torch.float64)
        self.numbers = nn.Parameter(numbers if as_pairs else torch.view_as_complex(numbers))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        w, b = self.numbers if self.numbers.is_complex() else torch.view_as_complex(self.numbers)
        return (w * x + b).abs() ** 2


def rotation_loss(model: nn.Module, x: torch.Tensor) -> Loss:
    return Loss(model(x).sum(), len(x))


@pytest.mark.parametrize("clip", [None, 0.1])
@pytest.mark.parametrize("optimizer", [lambda p: torch.optim.SGD(p, lr=0.1), lambda p: torch.optim.AdamW(p, lr=0.1)])
def test_complex_parameters_train_as_their_pairs_of_real_numbers_do(optimizer, clip):
    found = []
    for as_pairs in (False, True):
        model = Rotation(as_pairs)
        state = TrainState(model, optimizer(model.parameters()), Seeds.same(0))
        for state.step in range(3):
            optimizer_step(state, [torch.arange(4.0, dtype=torch.float64)], rotation_loss, clip=clip)
        numbers = model.numbers.detach()
        found.append(numbers if as_pairs else torch.view_as_real(numbers))
    assert (found[0] - Rotation(True).numbers).abs().min() > 0
    torch.testing.assert_close(found[0], found[1], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("value", [complex("nan"), complex(0, math.inf)])
def test_a_complex_gradient_that_is_not_finite_is_named(value):
    model = Rotation()
    state = TrainState(model, torch.optim.SGD(model.parameters(), lr=0.1), Seeds.same(0))
    model.numbers.register_hook(lambda gradient: torch.full_like(gradient, value))
    with pytest.raises(FloatingPointError, match=r"the gradient of numbers is not finite at step 1"):
        optimizer_step(state, [torch.ones(2, dtype=torch.float64)], rotation_loss)


def test_complex_numbers_where_they_cannot_be_are_refused_by_name():
    model = Rotation()
    state = TrainState(model, torch.optim.SGD(model.parameters(), lr=0.1), Seeds.same(0))
    with pytest.raises(TypeError, match=r"the total of a loss must be a real number, got one of torch.complex128"):
        optimizer_step(state, [torch.ones(2)], lambda model, x: Loss(model.numbers.sum(), 2))
    state.scaler = torch.amp.GradScaler("cpu")
    with pytest.raises(ValueError, match=r"float32 or bfloat16 for complex parameters, got float16 for numbers"):
        optimizer_step(state, [torch.ones(2)], rotation_loss)
