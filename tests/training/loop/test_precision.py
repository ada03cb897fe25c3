"""Autocast computes in the format that was asked for; the scaler keeps what float16 would lose."""

import pytest
import torch

from course_lib.training.loop.fit import fit
from course_lib.training.loop.precision import PRECISIONS, autocast, scaler_for, validate_precision
from tests.training.small import blob_loader, classification_loss, everything, new_state, same

CPU = torch.device("cpu")


@pytest.mark.parametrize("precision", PRECISIONS)
def test_products_are_computed_in_the_format_and_weights_stay_in_float32(precision):
    state, seen = new_state("sgd"), []
    state.model[0].register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
    fit(state, blob_loader(), classification_loss, epochs=1, precision=precision)
    assert set(seen) == {getattr(torch, precision)}
    for parameter in state.model.parameters():
        assert parameter.dtype == parameter.grad.dtype == torch.float32


def test_float32_asks_for_no_context_and_no_scaler():
    with autocast("float32", CPU):
        assert not torch.is_autocast_enabled("cpu")
    with autocast("bfloat16", CPU):
        assert torch.is_autocast_enabled("cpu")


def test_only_float16_has_a_scaler():
    assert scaler_for("float32", CPU) is scaler_for("bfloat16", CPU) is None
    assert isinstance(scaler_for("float16", CPU), torch.amp.GradScaler)


@pytest.mark.parametrize("call", [validate_precision, lambda p: autocast(p, CPU), lambda p: scaler_for(p, CPU)])
@pytest.mark.parametrize("precision", ["fp16", "float64", "", None])
def test_another_name_is_refused(call, precision):
    with pytest.raises(ValueError, match="precision must be one of float32, bfloat16, float16, got"):
        call(precision)


def test_a_gradient_below_the_smallest_float16_survives_only_with_the_scaler():
    """2e-8 is below half of the smallest float16, 6e-8."""
    kept = {}
    for scaled in (False, True):
        weight = torch.ones(1, requires_grad=True)
        scaler = torch.amp.GradScaler("cpu", init_scale=65536.0, enabled=scaled)
        loss = weight.half().float().sum() * 2e-8  # the gradient passes through float16 on its way to the weight
        scaler.scale(loss).backward()
        optimizer = torch.optim.SGD([weight], lr=0.0)
        scaler.unscale_(optimizer)
        kept[scaled] = float(weight.grad)
    assert kept[False] == 0.0
    assert kept[True] == pytest.approx(2e-8, rel=1e-3)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_a_run_in_half_precision_learns_what_float32_learns(precision):
    losses = {}
    for name in ("float32", precision):
        state = new_state("adam")
        losses[name] = fit(state, blob_loader(), classification_loss, epochs=10, precision=name).last("train", "loss")
    assert losses[precision] == pytest.approx(losses["float32"], rel=0.05)


def test_the_factor_of_float16_goes_on_in_a_second_call():
    whole, parts = new_state(), new_state()
    for state in (whole, parts):
        state.scaler = torch.amp.GradScaler("cpu", init_scale=64.0, growth_interval=3)
    fit(whole, blob_loader(), classification_loss, epochs=2, precision="float16")
    for epochs in (1, 2):
        fit(parts, blob_loader(), classification_loss, epochs=epochs, precision="float16")
    assert whole.scaler.get_scale() == 64.0 * 2**2  # 8 updates
    assert same(everything(parts), everything(whole))
