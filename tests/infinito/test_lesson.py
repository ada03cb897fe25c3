"""The two models with which lesson 10 begins: one leaks, and neither its loss nor its output layer says which."""

import torch

from course_lib.infinito.lesson import two_models
from course_lib.infinito.report.analysis import leak


def test_one_of_the_two_sees_the_future_and_the_random_state_stays():
    state = torch.get_rng_state()
    one, two = two_models()
    assert torch.equal(torch.get_rng_state(), state)
    x = torch.arange(40).reshape(2, 20)
    assert leak(one, x, 5, x.flip(0)) > 0.01
    assert leak(two, x, 5, x.flip(0)) == 0.0
    assert torch.equal(one.output.weight, two.output.weight)
