"""Counting and looking: the table of a model, its work per step, its dead parameters and its leaks."""

from dataclasses import replace

import pytest
import torch

from course_lib.infinito.config import FULL, TINY
from course_lib.infinito.losses import language_loss
from course_lib.infinito.model import Infinito
from course_lib.infinito.report.analysis import leak, parameter_table, parameters_without_gradient, step_flops

X = torch.arange(20).reshape(2, 10)


def test_the_work_of_a_step_is_that_of_the_fact_sheet():
    assert step_flops(FULL, batch=32, tokens=256) / 1e12 == pytest.approx(1.257, abs=5e-4)
    assert step_flops(replace(FULL, vocabulary=33_278), batch=32, tokens=256) / 1e12 == pytest.approx(1.84, abs=0.05)


def test_a_table_counts_a_tied_tensor_once():
    table = parameter_table(Infinito(TINY))
    assert sum(row.subtotal for row in table) == sum(p.numel() for p in Infinito(TINY).parameters())
    assert not any(row.name.startswith("output") for row in table)


def test_one_segment_reads_nothing_and_three_teach_every_parameter():
    one = parameters_without_gradient(Infinito(TINY), language_loss, (X, X.roll(-1, 1)))
    assert {name.split(".")[0] for name in one} == {"position_embedding", "memory"} - {"position_embedding"}
    x = torch.randint(0, 104, (2, 96))
    assert parameters_without_gradient(Infinito(TINY), language_loss, (x, x.roll(-1, 1))) == {}


def test_gradients_that_were_there_are_put_back():
    model = Infinito(TINY)
    model.norm.weight.grad = torch.full((64,), 3.0)
    parameters_without_gradient(model, language_loss, (X, X))
    assert (model.norm.weight.grad == 3.0).all()
    assert model.norm.bias.grad is None


@pytest.mark.parametrize("training", [True, False])
def test_a_leak_is_measured_without_changing_the_model(training):
    torch.manual_seed(0)
    reported = replace(TINY, causal=False, shared_memory=True, write_in_evaluation=True, memory_read=True)
    for config in (TINY, reported):
        model = Infinito(config).train(training)
        before = {name: part.clone() for name, part in model.state_dict().items()}
        found = leak(model, X, 4, X.flip(0))
        assert (found == 0.0) is config.causal
        assert model.training is training
        assert all(torch.equal(part, before[name]) for name, part in model.state_dict().items())


def test_a_leak_needs_a_later_token_and_equal_shapes():
    model = Infinito(TINY)
    with pytest.raises(ValueError, match=r"position must be in \[0, 9\), got 9"):
        leak(model, X, 9, X)
    with pytest.raises(ValueError, match=r"x and other must have the same shape, got \(2, 10\) and \(2, 9\)"):
        leak(model, X, 0, X[:, 1:])
