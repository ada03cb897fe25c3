"""The diagrams of lessons: their numbers are those of the network that they show."""

import numpy as np
import torch

from course_lib.plots.diagrams import one_weight, two_layers


def words(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_the_values_and_gradients_of_one_weight_are_those_that_torch_finds():
    x, w, b = (torch.tensor(value, dtype=torch.double, requires_grad=True) for value in (2.0, 0.5, 1.0))
    product = x * w
    total = product + b
    output = torch.relu(total)
    loss = (output - 3) ** 2
    inner = (product, total, output)
    for one in inner:
        one.retain_grad()
    loss.backward()
    for symbol, value, gradient in (
        ("w", w, w.grad), ("b", b, b.grad), ("x · w", product, product.grad), ("sum", total, total.grad),
        ("max(0, ·)", output, output.grad), ("(· - 3)²", loss, torch.tensor(1.0)),
    ):  # fmt: skip
        shown = words(one_weight())
        place = shown.index(symbol)
        assert float(shown[place + 1]) == value.item()
        assert float(shown[place + 2].removeprefix("← ")) == np.float64(gradient.item())


def test_the_shapes_are_those_of_a_network_64_32_10():
    shown = " ".join(words(two_layers()))
    for shape in ("(n, 64)", "W₁ (64, 32)", "h (n, 32)", "W₂ (32, 10)", "z (n, 10)"):
        assert shape in shown
