# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # 02 Initialization
#
# Before the first step a network is nothing but random numbers, and their size decides whether there will be a second one
# worth taking. Too small, and the signal is gone before it reaches the output; too large, and it overflows; zero, and
# nothing learns at all. In this lesson you find the right size by arithmetic, for layers of any width, and check every
# formula on a real network.
#
# **Afterwards you can**
#
# - say which parameters get a gradient when all weights start at zero, and why it depends on the activation;
# - derive the variance of the weights from the number of inputs, and tell LeCun, Glorot, He and PyTorch's default apart;
# - predict the size of the signal and of the gradient in layer 40 without building the network;
# - read a fault of the initialization off an instrument panel;
# - say when Adam makes up for a bad start, and when it does not.
#
# **Time**: 60 minutes, and about 105 for the [exercise sheet](../exercises/02_initialization.ipynb). **Needs**: lesson
# 01. No GPU, no network.

# %% id="setup"
from itertools import pairwise

import numpy as np

from course_lib.core.layer_stats import saturated_share
from course_lib.core.stats import paired_comparison, t_interval
from course_lib.numpy_nn import initializers
from course_lib.numpy_nn.data import Standardizer, split_indices
from course_lib.numpy_nn.datasets import load_digits
from course_lib.numpy_nn.studies.instruments import layer_stats
from course_lib.numpy_nn.layers import ReLU, Sigmoid, Tanh

# %% [markdown] id="try-first"
# ## Try first
#
# A network of 50 layers on the digits of lesson 01. The hidden layers have 96 and 48 units in turn, the biases start at
# zero, the weights are normal with standard deviation `0.01`: small numbers, as one might choose them. It takes 60 steps.
# Change the one number until the loss ends **below 2.28** (knowing nothing is 2.303). Give it five minutes.
# %% id="try-first-data"
from course_lib.numpy_nn.losses import softmax_cross_entropy
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import SGD
from course_lib.plots import curves, style
from course_lib.teaching.claims import claim, quoted
from course_lib.teaching.predict import outcome, predict, recall
from course_lib.teaching.build.source import show_source

digits = load_digits()
split = split_indices(digits.y, seed=0)
x = Standardizer.fit(digits.x[split.train]).transform(digits.x)
x_train, y_train = x[split.train], digits.y[split.train]
validation = x[split.validation], digits.y[split.validation]

# %% id="try-first-sizes"
SIZES = [64, *([96, 48] * 25)[:49], 10]

# %% id="try-first-sizes-claims"
claim("50", len(SIZES) - 1, "linear layers")
claim("2.303", np.log(10), "the loss of knowing nothing")


# %% id="try-first-loop"
def sixty_steps(std, seed=0):
    model = mlp(SIZES, rng=np.random.default_rng(seed), initializer=initializers.normal(std))
    optimizer, rng, losses = SGD(0.01), np.random.default_rng(seed), []
    with np.errstate(all="ignore"):
        for _ in range(61):
            rows = rng.integers(0, len(x_train), 64)
            logits = model.forward(x_train[rows])
            if not np.abs(logits).max() < 1e30:  # overflow, or NaN
                return [*losses, np.inf]
            value, gradient = softmax_cross_entropy(logits, y_train[rows])
            model.backward(gradient)
            optimizer.step(model.parameters, model.gradients)
            losses.append(value.mean)
    return losses


# %% id="try-first-run" tags=["nbval-ignore-output"]
losses = sixty_steps(std=0.01)  # <- your number
print(f"start {losses[0]:.4f}   end {losses[-1]:.4f}   after {len(losses) - 1} steps")

# %% [markdown] id="try-first-reading"
# The grid below tries nine standard deviations. Below `0.15` the loss starts at the value of knowing nothing and stays
# there; from `0.20` on it starts in the hundreds or far above and overflows. Only a narrow window between learns. You can
# find it by trying. At the end of section 4 you will compute it on a sheet of paper.

# %% id="try-first-grid" tags=["nbval-ignore-output"]
stds = [0.01, 0.1, 0.14, 0.16, 0.17, 0.18, 0.2, 0.3, 1.0]
grid = {std: [sixty_steps(std, seed) for seed in range(2)] for std in stds}
for std, runs in grid.items():
    starts, ends = np.mean([run[0] for run in runs]), np.mean([run[-1] for run in runs])
    print(f"std {std:<5} starts at {starts:10.3g}, ends at {ends:6.3f}")

# %% id="try-first-claim"
small = [run for std in stds if std < 0.15 for run in grid[std]]
large = [run for std in stds if std >= 0.20 for run in grid[std]]
claim("9", len(grid), "standard deviations tried")
claim("< 0.005", max(abs(run[0] - np.log(10)) for run in small), "below 0.15 it starts by knowing nothing")
claim("> 2.29", min(run[-1] for run in small), "... and it stays there")
claim("> 100", min(run[0] for run in large), "from 0.20 on: the loss at the start")
claim(
    "< 2.28",
    min(run[-1] for std in (0.17, 0.18) for run in grid[std]),
    "within the window something is learned",
)

# %% [markdown] id="zeros"
# ## 1 All zeros: who gets a gradient?
#
# Zero looks neutral. Our source says that with zeros "all neurons learn the same". Before you believe it: the network
# 64-32-16-10, all weights and biases 0, one batch. A hidden layer of zeros gives $\phi(0)$ for every image.

# %% id="zeros-predict" tags=["nbval-ignore-output"]
predict("02-zeros")


# %% id="zeros-table"
class Identity:
    def forward(self, x, *, training=False):
        return x

    def backward(self, gradient):
        return gradient


# %% id="zeros-who"
def who_gets_a_gradient(activation, steps=0, rate=0.5):
    """For weight and bias of each of the three layers, whether its gradient has a value other than 0."""
    model = mlp(
        [64, 32, 16, 10],
        rng=np.random.default_rng(0),
        activation=activation,
        initializer=initializers.zeros,
    )
    for step in range(steps + 1):
        _, gradient = softmax_cross_entropy(model.forward(x_train[:200]), y_train[:200])
        model.backward(gradient)
        if step < steps:
            SGD(rate).step(model.parameters, model.gradients)
    arrays = [g for layer in model.linear_layers for g in (layer.weight_gradient, layer.bias_gradient)]
    return [bool(np.any(array)) for array in arrays]


# %% id="zeros-run"
ACTIVATIONS = {"linear": Identity, "ReLU": ReLU, "tanh": Tanh, "sigmoid": Sigmoid}
print("gradient not zero?   W1   b1   W2   b2   W3   b3")
for steps in (0, 1, 2):
    for name, activation in ACTIVATIONS.items():
        cells = ["yes" if one else "." for one in who_gets_a_gradient(activation, steps)]
        print(f"step {steps + 1}, {name:<10}" + "".join(f"{cell:>5}" for cell in cells))
    counts = [sum(who_gets_a_gradient(activation, steps)) for activation in ACTIVATIONS.values()]
    assert counts == [1, 1, 1, 2 + 2 * steps], "only b3, but for the sigmoid"

# %% id="zeros-run-outcome"
outcome("02-zeros")

# %% [markdown] id="zeros-why"
# The gradient of the last weights is $h^\top g$, and that of the layer below passes through $g\,W^\top$ (lesson 01). With
# $\phi(0) = 0$, both factors are zero, now and after any number of steps: **only the last bias learns**. It can learn one
# thing, how frequent each class is. The sigmoid is the exception, since $\phi(0) = \tfrac12$: the last weights get a
# gradient at the first step, the layer below at the second, and so on downwards. Here the source is right: all units of a
# layer learn the same, and stay the same for ever. (Up to rounding, which Adam can amplify: hence double precision below.)

# %% id="zeros-train"
from course_lib.numpy_nn.optimizers import Adam
from course_lib.numpy_nn.train import train_mlp


def trained(
    start, *, seed=0, sizes=(64, 32, 16, 10), activation=ReLU, epochs=10, rate=1e-3, dtype="float32"
):
    rng = np.random.default_rng(seed)
    model = mlp(sizes, rng=rng, activation=activation, initializer=start, dtype=dtype)
    settings = {"optimizer": Adam(rate), "epochs": epochs, "seed": seed, "validation": validation}
    return model, train_mlp(model, (x_train, y_train), **settings)


# %% id="zeros-train-run" tags=["nbval-ignore-output"]
FROM_ZEROS = {
    "ReLU, zeros": (initializers.zeros, ReLU, 1e-3),
    "sigmoid, zeros": (initializers.zeros, Sigmoid, 1e-2),
    "sigmoid, Glorot": (initializers.glorot_normal, Sigmoid, 1e-2),
}
runs = {
    name: [trained(start, activation=phi, rate=rate, seed=seed, dtype="float64") for seed in range(5)]
    for name, (start, phi, rate) in FROM_ZEROS.items()
}
accuracy = {name: t_interval([h.last("val", "accuracy") for _, h in one]) for name, one in runs.items()}
for name, one in accuracy.items():
    print(f"{name:<16} validation accuracy {one.mean:.2f}, 95 % {one.low:.2f} to {one.high:.2f}")

# %% id="zeros-train-claim" tags=["results"]
hidden = [layer for model, _ in runs["ReLU, zeros"] for layer in model.linear_layers[:2]]
assert not any(layer.weight.any() or layer.bias.any() for layer in hidden), "the hidden layers moved"
losses = [history.last("val", "loss") for _, history in runs["ReLU, zeros"]]
claim("> 2.29", min(losses), "ReLU from zeros: nothing but class frequencies, the best of five seeds")
hidden = [layer.weight for model, _ in runs["sigmoid, zeros"] for layer in model.linear_layers[:2]]
apart = max(np.ptp(weight, axis=1).max() / np.abs(weight).max() for weight in hidden)
claim("< 1e-6", apart, "sigmoid from zeros: relative difference between the units of a layer")
claim("< 0.6", accuracy["sigmoid, zeros"].high, "its accuracy: 32 equal units are worth one")
claim("> 0.85", accuracy["sigmoid, Glorot"].low, "the same network from random weights")

# %% [markdown] id="zeros-fine"
# Zeros are wrong for **hidden weights**. They are right for biases, and harmless in a network without hidden layer: there
# the gradient of the weights is $x^\top g$, and $x$ is data. (The last scale of a residual block is often started at zero
# too, on purpose: the block then begins as the identity. Goyal et al. 2017.)

# %% id="zeros-fine-run"
_, logistic = trained(initializers.zeros, sizes=(64, 10), rate=1e-2)
claim("> 0.9", logistic.last("val", "accuracy"), "logistic regression from zeros, validation accuracy")

# %% [markdown] id="large"
# ## 2 Ten times a standard normal
#
# Our source's example of weights that are too large is `np.random.randn(n_in, n_out) * 10`, with the warning that the
# activations saturate and the gradients vanish. Look inside, layer by layer, with three activations.

# %% id="large-predict" tags=["nbval-ignore-output"]
predict("02-large")


# %% id="large-run"
def inside(activation, initializer, sizes=(64, 128, 96, 128, 96, 128, 10), seed=0):
    """One report per linear layer (what the units sum up) and per activation, with a batch of 200 images."""
    model = mlp(
        sizes,
        rng=np.random.default_rng(seed),
        activation=activation,
        initializer=initializer,
        dtype=np.float64,
    )
    reports = layer_stats(model, x_train[:200].astype(np.float64), y_train[:200])
    return reports[::2], reports[1::2]


def gradient_length(report):
    return report.gradient.rms * np.sqrt(report.activations.shape[1])  # of one sample, whatever the width


# %% id="large-print"
for std, scheme in (("10", initializers.normal(10)), ("LeCun", initializers.lecun_normal)):
    sums, outputs = inside(Tanh, scheme)
    shares = " ".join(f"{saturated_share(one.activations):.2f}" for one in outputs)
    ratio = gradient_length(sums[0]) / gradient_length(sums[-1])
    print(
        f"std {std:<6} share of |tanh| > 0.99 per layer: {shares}   gradient, first / last layer: {ratio:.2g}"
    )

# %% id="large-claim"
sums, outputs = inside(Tanh, initializers.normal(10))
saturated = [saturated_share(one.activations) for one in outputs]
passing_little = [np.mean(1 - one.activations**2 < 1e-3) for one in outputs]
claim("> 0.95", min(saturated), "share of saturated units, every layer")
claim("> 0.9", min(passing_little), "share of units that pass less than a thousandth, every layer")
ratio = gradient_length(sums[0]) / gradient_length(sums[-1])
claim("> 1000", ratio, "and yet the gradient grows on its way back, by this factor")
sums, _ = inside(Sigmoid, initializers.normal(10))
claim("> 20", gradient_length(sums[0]) / gradient_length(sums[-1]), "with sigmoids too")

# %% id="large-claim-outcome"
outcome("02-large")

# %% [markdown] id="large-refuted"
# **You may think**: saturated units, so the gradients vanish. **In fact** both happen at once: more than nine units in ten
# pass next to nothing, and what the others pass is multiplied by large weights at every layer. The gradient is *longer* at the
# first layer, and concentrated on a few units. The typical unit learns nothing; the others are thrown about. **The run** is
# above. (With sigmoids it is the same story.) A ReLU does not saturate: the half that it passes grows by the same large
# factor at every layer:

# %% id="large-relu"
sums, _ = inside(ReLU, initializers.normal(10))
print("ReLU, rms of the sums per layer:", " ".join(f"{one.output.rms:.0e}" for one in sums))
growth = [after.output.rms / before.output.rms for before, after in pairwise(sums)]

# %% id="large-relu-claims"
claim("between 60 and 100", np.exp(np.mean(np.log(growth))), "factor from layer to layer")
signal, layers = x_train[:200], 0
with np.errstate(over="ignore", invalid="ignore"):
    rng = np.random.default_rng(0)
    while np.isfinite(signal).all():
        signal = np.maximum(
            signal @ initializers.normal(10)((signal.shape[1], 128 - 32 * (layers % 2)), rng), 0
        )
        layers += 1
claim("between 18 and 23", layers, "layers until float32 overflows")

# %% [markdown] id="one-layer"
# ## 3 One layer: what the sum does to the variance
#
# A unit sums up $y = \sum_{i=1}^{n} x_i w_i$. Weights are drawn with mean 0, independent of the data and of each other.
# Then the mixed terms vanish on average, and the squares remain:
#
# $$E[y^2] = \sum_i E[x_i^2]\,\mathrm{Var}(w) = n\,\mathrm{Var}(w)\,E[x^2].$$
#
# $n$ is the number of inputs of the unit, its **fan-in**. The signal keeps its size when $\mathrm{Var}(w) = 1/n$: this is
# **LeCun**'s rule. On the way back the same matrix is used transposed, each input collects from all $m$ outputs (the
# **fan-out**), and a gradient entry keeps its size when $\mathrm{Var}(w) = 1/m$. Both cannot hold in a rectangular layer;
# **Glorot** takes the mean of $n$ and $m$, $\mathrm{Var}(w) = 2/(n + m)$.

# %% id="one-layer-run" tags=["nbval-ignore-output"]
rng = np.random.default_rng(0)
data, upstream = rng.standard_normal((2000, 784)), rng.standard_normal((2000, 128))
measured = {}
for name in ("lecun_normal", "glorot_normal", "glorot_uniform", "he_normal"):
    weight = getattr(initializers, name)((784, 128), rng, np.float64)
    measured[name] = weight.std(), (data @ weight).std(), (upstream @ weight.T).std()
    stds = " ".join(f"{one:.4f}" for one in measured[name])
    print(f"{name:<15} std of weights, of sums, of gradients: {stds}")

# %% id="one-layer-claim"
claim("between 0.97 and 1.03", measured["lecun_normal"][1], "LeCun keeps the signal")
claim(
    "between 0.39 and 0.42",
    measured["lecun_normal"][2],
    "... and shrinks gradient entries by sqrt(128 / 784)",
)
claim("between 1.28 and 1.34", measured["glorot_normal"][1], "Glorot: a compromise forward ...")
claim("between 0.51 and 0.55", measured["glorot_normal"][2], "... and backward")

# %% [markdown] id="xavier"
# ### Two rules, one name
#
# Our source calls `randn * sqrt(1 / n_in)` "Xavier/Glorot". That is LeCun's rule. The two are equal for a square layer,
# which is why the mix-up survives; for 784 inputs and 128 outputs they are 0.0357 and 0.0468. A uniform distribution on
# $\pm b$ has variance $b^2/3$, so Glorot's uniform bound is $\sqrt{6/(n+m)}$.

# %% id="xavier-numbers-claims"
quoted("784", report="theory", at="inputs")
claim("0.0357", np.sqrt(1 / 784), "LeCun, 784 inputs")
claim("0.0468", np.sqrt(2 / (784 + 128)), "Glorot, 784 inputs and 128 outputs")
assert np.sqrt(1 / 128) == np.sqrt(2 / (128 + 128)), "equal only when the layer is square"

# %% id="xavier-numbers"
show_source(initializers.glorot_uniform)

# %% [markdown] id="relu-half"
# ### A ReLU takes half
#
# The sums are symmetric about zero, and a ReLU sets the negative half to zero: $E[\mathrm{relu}(y)^2] = \tfrac12 E[y^2]$.
# The next layer receives half the mean square, so it must have twice the variance: $\mathrm{Var}(w) = 2/n$. This is
# **He**'s rule. A leaky ReLU with slope $a$ keeps $(1 + a^2)/2$, which gives $2/((1 + a^2)\,n)$.

# %% id="relu-half-sums"
from course_lib.by_hand.initializers import he_normal

sums = np.random.default_rng(0).standard_normal(1_000_000)

# %% id="relu-half-run-claims"
claim(
    "between 0.498 and 0.502",
    np.mean(np.maximum(sums, 0) ** 2),
    "share of the mean square that passes a ReLU",
)
leaky = np.where(sums > 0, sums, 0.2 * sums)
claim("between 0.517 and 0.523", np.mean(leaky**2), "with slope 0.2: (1 + 0.04) / 2")

# %% id="relu-half-run"
show_source(he_normal)

# %% [markdown] id="torch-default"
# And what does `torch.nn.Linear` do when you say nothing? None of these: uniform on $\pm 1/\sqrt{n}$, a standard deviation
# of $1/\sqrt{3n}$. For 784 inputs that is 0.0206, where He asks for 0.0505. With these weights the signal shrinks by
# $\sqrt{6}$ per ReLU layer (the default draws the biases likewise, which keeps the sums from vanishing and carries nothing
# of the data).

# %% id="torch-default-run"
import torch

torch.manual_seed(0)
default = torch.nn.Linear(784, 4096)
claim("0.0206", 1 / np.sqrt(3 * 784), "standard deviation of the default, computed")
claim("between 0.0205 and 0.0207", default.weight.std(), "and measured")
claim("0.0357", default.weight.abs().max(), "its largest weight, the bound 1 / sqrt(n)")
claim("0.0505", np.sqrt(2 / 784), "He, 784 inputs")

# %% [markdown] id="depth"
# ## 4 Many layers: small factors multiply
#
# A factor of one half per layer is harmless once. After 20 layers it is $2^{-20}$ in the mean square. Twenty ReLU layers of
# 200 and 100 units in turn, with LeCun's and with He's variance, 40 networks each:

# %% id="depth-predict" tags=["nbval-ignore-output"]
predict("02-depth")


# %% id="depth-run"
def twenty_layers(initializer, seed, widths=(200, 100)):
    rng = np.random.default_rng(seed)
    signal = rng.standard_normal((200, widths[0]))
    for layer in range(20):
        shape = widths[layer % 2], widths[(layer + 1) % 2]
        signal = np.maximum(signal @ initializer(shape, rng, np.float64), 0)
    return signal.std()


ends = {
    name: np.array([twenty_layers(getattr(initializers, name), seed) for seed in range(40)])
    for name in ("lecun_normal", "he_normal")
}

# %% id="depth-print" tags=["nbval-ignore-output"]
for name, stds in ends.items():
    low, middle, high = np.quantile(stds, [0, 0.5, 1])
    print(f"{name:<13} std of the outputs: median {middle:.2g}, lowest {low:.2g}, highest {high:.2g}")

# %% id="depth-claim" tags=["results"]
wide = np.sqrt(1 - 1 / np.pi)  # std of relu(y) for y of variance 2, in the limit of wide layers
claim("0.83", wide, "He, wide layers, after any number of layers")
claim("0.0008", wide / np.sqrt(2.0**20), "1/n in place of 2/n, after 20 layers")
lecun, he = ends["lecun_normal"], ends["he_normal"]
claim("between 0.0005 and 0.001", np.median(lecun), "measured with 1/n, the median of 40 networks")
claim("between 0.6 and 1", np.median(he), "measured with He, the median of 40 networks")
claim("< 0.5", he.min(), "the lowest of the 40: one network is an anecdote")

# %% id="depth-claim-outcome"
outcome("02-depth")

# %% [markdown] id="depth-reading"
# So 0.83 against 0.0008. Note the spread: the formula speaks of wide layers, and single networks of this width scatter by a
# factor of two or more about it, some below 0.5. Whoever quotes one network quotes its seed as well.
#
# ### Any activation: one number per layer
#
# The argument works for every activation $\phi$. A sum of many terms is nearly normal, so one number describes a layer, the
# mean square $q$ of its sums. With $\mathrm{Var}(w) = g^2/n$, where $g$ is called the **gain**:
#
# $$q_1 = g^2 E[x^2] \qquad q_{l+1} = g^2\,E\big[\phi(\sqrt{q_l}\,z)^2\big], \quad z \sim N(0, 1).$$
#
# The expectation is a one-dimensional integral. This is called **mean-field theory**, and it does not mention the width.

# %% id="mean-field"
from course_lib.numpy_nn.studies import mean_field

show_source(mean_field.signal_squares)
he = mean_field.signal_squares("relu", np.sqrt(2), 20)

# %% id="mean-field-claims"
claim("2", he[-1], "ReLU with gain sqrt 2: the mean square of the sums in layer 20, as in layer 1")
claim("0.5", mean_field.signal_squares("relu", 1, 2)[1], "ReLU with gain 1: what one layer leaves")

# %% [markdown] id="mean-field-back"
# Backwards, the gradient is multiplied by the slope $\phi'$ of each unit and by the weights. The squared **length** of a
# sample's gradient changes from layer to layer by
#
# $$\chi_l = g^2\,E\big[\phi'(\sqrt{q_l}\,z)^2\big],$$
#
# again for any widths. A ReLU has slope 1 half of the time, so $\chi = g^2/2$: He's gain of $\sqrt2$ keeps both directions
# at once. Now the check against networks of 40 layers, with 100, 160 and 120 units in turn.

# %% id="check-run"
DEPTH = 40
X = np.random.default_rng(1).standard_normal((100, 100)).astype(np.float32)
Y = np.random.default_rng(2).integers(0, 10, 100)

# %% id="check-measure"
LAYERS = {"relu": ReLU, "tanh": Tanh, "sigmoid": Sigmoid}


def measure(activation, gain, seed=0):
    """rms of the sums and length of the gradient (relative to the last) of the 40 linear layers."""
    sizes = [*([100, 160, 120] * 14)[:DEPTH], 10]

    def scaled(shape, rng, dtype):
        return float(gain) * initializers.lecun_normal(shape, rng, dtype)

    model = mlp(sizes, rng=np.random.default_rng(seed), activation=LAYERS[activation], initializer=scaled)
    reports = layer_stats(model, X, Y)[::2]
    lengths = np.array([gradient_length(one) for one in reports])
    return np.array([one.output.rms for one in reports]), lengths / lengths[-1]


# %% id="check-claim"
for activation, gain in (("relu", np.sqrt(2)), ("relu", 1.2), ("tanh", 1.0), ("tanh", 1.5)):
    runs = np.array([measure(activation, gain, seed) for seed in range(5)])  # (5, 2, 40)
    signal, gradient = np.exp(
        np.log(runs[:, :, :-1]).mean(axis=0)
    )  # without the last layer, which has 10 units
    theory = np.sqrt(mean_field.signal_squares(activation, gain, DEPTH))[:-1]
    theory_back = np.sqrt(mean_field.gradient_squares(activation, gain, DEPTH))[:-1]
    per_layer = [
        abs(np.log(signal / theory)).max() / DEPTH,
        abs(np.log(gradient / theory_back)).max() / DEPTH,
    ]
    claim("< 0.03", max(per_layer), f"{activation}, gain {gain:.2f}: largest error of the theory per layer")

# %% [markdown] id="window"
# And now the window of *Try first*, on paper. A weight of standard deviation $s$ into $n$ inputs is a gain of $s\sqrt{n}$.
# For layers of 96 and 48 units in turn, two layers multiply the mean square by $\tfrac12 \cdot 96 s^2 \cdot \tfrac12 \cdot
# 48 s^2$, which is 1 for

# %% id="window-run" tags=["results"]
claim("0.172", (4 / (96 * 48)) ** 0.25, "the standard deviation that keeps the signal")
after = (np.array([0.15, 0.20]) / (4 / (96 * 48)) ** 0.25) ** 49
claim("< 0.002", after[0], "what is left after 49 more layers at 0.15")
claim("> 1000", after[1], "and at 0.20")

# %% [markdown] id="gain"
# ## 5 Depth and gain
#
# Move the gain. Dots are one network of 40 layers, lines are the theory. Find the gain at which the signal neither dies nor
# explodes, for each activation, and look at the gradient at the same time: can you find a gain for the sigmoid?


# %% id="gain-words"
THEORIES = mean_field.signal_squares, mean_field.gradient_squares


def words(activation, gain):
    size = mean_field.signal_squares(activation, gain, DEPTH)[-1] ** 0.5
    ratio = mean_field.gradient_squares(activation, gain, DEPTH)[0] ** 0.5
    fate = "about as long as" if 0.2 < ratio < 5 else f"{ratio:.1g} times as long as"
    return (
        f"{activation}, gain {gain:.2f}: in layer 40 the sums have the size {size:.2g}; in layer 1 the gradient is "
        f"{fate} in layer 40."
    )


# %% id="gain-draw"
def draw(activation="tanh", gain=1.0):
    figure, axes = style.canvas(1, 2, width=9.5, height=3.4)
    layers = np.arange(1, DEPTH + 1)
    names = ("rms of the sums", "length of the gradient")
    for axis, dots, squares, name in zip(axes, measure(activation, gain), THEORIES, names, strict=True):
        theory = np.sqrt(squares(activation, gain, DEPTH))
        axis.plot(layers, dots, "o", color=style.PALETTE[0], markersize=4, label="network")
        axis.plot(layers, theory, "-", color=style.PALETTE[1], linewidth=1.8, label="mean field")
        axis.set(yscale="log", ylim=(1e-8, 1e8), xlabel="layer", ylabel=name)
    axes[0].set_title(f"Forward: {activation}, gain {gain:.2f}")
    axes[1].set_title("Backward, relative to layer 40")
    curves.legend(axes[0])
    return figure, words(activation, gain)


# %% id="gain-widget" tags=["nbval-ignore-output"]
from course_lib.teaching.widgets import explore, strip

explore(draw, activation=["relu", "tanh", "sigmoid"], gain=(0.5, 2.5, 0.05))

# %% [markdown] id="gain-static"
# The same for readers without a running kernel, with both quantities in one picture:


# %% id="gain-small"
def draw_small(activation, gain):
    figure, axes = style.canvas(width=3.5, height=2.9)
    layers = np.arange(1, DEPTH + 1)
    names = ("sums", "gradient")
    for index, (dots, squares) in enumerate(zip(measure(activation, gain), THEORIES, strict=True)):
        look = {"color": style.PALETTE[index], "linestyle": style.DASHES[index]}
        axes.plot(layers[::3], dots[::3], style.MARKERS[index], color=style.PALETTE[index], markersize=4)
        axes.plot(layers, np.sqrt(squares(activation, gain, DEPTH)), label=names[index], **look)
    axes.set(yscale="log", ylim=(1e-8, 1e8), xlabel="layer", ylabel="size")
    axes.set_title(f"{activation}, gain {gain:.1f}")
    curves.legend(axes)
    return figure, words(activation, gain)


# %% id="gain-strip"
frames = [("relu", 1.0), ("relu", 1.4), ("relu", 2.0), ("sigmoid", 1.0)]
frames += [("tanh", 0.7), ("tanh", 1.0), ("tanh", 2.0)]
strip(draw_small, [{"activation": activation, "gain": gain} for activation, gain in frames])

# %% [markdown] id="gain-reading"
# *Reading*: a ReLU is a straight line on this scale: it dies, keeps or explodes, forward and backward together, and the
# gain of $\sqrt2$ is exact. A tanh cannot explode forward; with a large gain its signal settles, and the gradient explodes.
# Within the range of the slider the sigmoid has no good gain: at gain 1 its gradient falls to about a quarter per layer,
# so "Xavier for sigmoid" is no remedy. (Glorot and Bengio advise against it for one more reason: its outputs have a mean that
# is not 0, which drives the last hidden layer into saturation.) (Only near a gain of 10, with
# sums far out in the flat parts of the curve, would its gradient keep its length.)
#
# The whole plane at once: colour is measured, the black lines are the theory.

# %% id="map-run"
gains = np.arange(0.6, 2.41, 0.15)
maps = {
    name: np.log10([measure(name, gain) for gain in gains])[:, :, :-1] for name in ("relu", "tanh")
}  # (gain, 2, layer)


def theory_map(name, squares):
    return np.log10([squares(name, gain, DEPTH)[:-1] for gain in gains]) / 2


# %% id="map-draw"
def draw_map(axis, name, column):
    squares = THEORIES[column]
    layers, lines = np.arange(1, DEPTH), [-4, -2, -1, -0.1, 0.1, 1, 2, 4]
    colours = axis.pcolormesh(
        layers, gains, maps[name][:, column], cmap="PuOr", vmin=-6, vmax=6, shading="nearest"
    )
    contour = axis.contour(
        layers, gains, theory_map(name, squares), levels=lines, colors="black", linewidths=1
    )
    axis.clabel(contour, fmt="%g", fontsize=9)
    axis.grid(visible=False)
    axis.set_title(f"{name}: {('size of the sums', 'length of the gradient')[column]}")
    return colours


# %% id="map-figure"
figure, axes = style.canvas(2, 2, width=10, height=6.6, sharex=True, sharey=True)
colours = [draw_map(axes[row, column], name, column) for row, name in enumerate(maps) for column in (0, 1)]
figure.supxlabel("layer")
figure.supylabel("gain")
figure.colorbar(colours[0], ax=axes, label="log10, measured (lines: mean field)")
style.show(
    figure,
    alt="Four maps over layer 1 to 39 and gain 0.6 to 2.4. ReLU: sums and gradients shrink below gain 1.41 and grow "
    "above it. Tanh: sums shrink below gain 1 and stay near 1 above it; gradients shrink below gain 1 and grow above. "
    "The theory's lines follow the borders of the measured colours.",
)

# %% [markdown] id="map-reading"
# *Reading*: deep learning is possible where both maps of a row are pale. The pale band narrows with depth: to the right for
# the signal, to the left for the gradient, which comes from the other end. For ReLU both bands lie at the same gain. For
# tanh the gradient asks for a gain near 1.

# %% id="map-claim"
for name in maps:
    apart = abs(maps[name][:, 0] - theory_map(name, mean_field.signal_squares)).max()
    claim("< 0.5", apart, f"{name}, forward: largest error of the theory, in powers of ten")
shrink = mean_field.gradient_squares("sigmoid", 1.0, DEPTH) ** 0.5
claim(
    "between 0.2 and 0.3", shrink[-3] / shrink[-2], "sigmoid, gain 1: what a layer leaves of the gradient"
)
kept = mean_field.gradient_squares("sigmoid", 10.0, DEPTH)[0] ** 0.5
claim("between 0.5 and 0.75", kept, "sigmoid, gain 10: what 39 layers leave of it")

# %% [markdown] id="tanh"
# ## 6 Tanh with Glorot, 200 layers
#
# It is often said that with Glorot's rule the activations of a tanh network settle at some variance. Glorot's rule is a
# gain of 1 (in square layers). What happens up to layer 200?

# %% id="tanh-predict" tags=["nbval-ignore-output"]
predict("02-tanh")


# %% id="tanh-run"
def tanh_squares(gain, seed, depth=200, widths=(160, 240, 200)):
    rng = np.random.default_rng(seed)
    signal, squares = rng.standard_normal((16, widths[0])).astype(np.float32), []
    for layer in range(depth):
        shape = widths[layer % 3], widths[(layer + 1) % 3]
        sums = signal @ (gain * initializers.lecun_normal(shape, rng))
        squares.append(np.mean(sums**2))
        signal = np.tanh(sums)
    return squares


# %% id="tanh-measure" tags=["nbval-ignore-output"]
nets = {1.0: 10, 0.9: 2, 5 / 3: 2}  # gain: number of networks
measured = {
    gain: np.mean([tanh_squares(gain, seed) for seed in range(n)], axis=0) for gain, n in nets.items()
}
theory = {gain: mean_field.signal_squares("tanh", gain, 200) for gain in measured}

# %% id="tanh-figure" tags=["nbval-ignore-output"]
figure, axes = style.canvas(width=8, height=3.6)
layers = np.arange(1, 201)
for index, (gain, squares) in enumerate(measured.items()):
    look = {"color": style.PALETTE[index], "markersize": 4, "label": f"gain {gain:.2f}, networks"}
    axes.plot(layers[::3], squares[::3], style.MARKERS[index], **look)
    axes.plot(layers, theory[gain], color=style.PALETTE[index], linewidth=1.2)
axes.plot(layers, 1 / (2 * layers), color="black", linestyle=":", label="1 / (2 l)")
axes.set(xscale="log", yscale="log", ylim=(1e-5, 5), xlabel="layer l", ylabel="mean square of the sums")
axes.set_title("Tanh: only a gain above 1 settles")
curves.legend(axes, loc="lower left")
style.show(
    figure,
    alt="Mean square of the sums over layers 1 to 200, both on a log scale. Gain 5/3 is level from layer 3 on, "
    "gain 0.9 bends down. Gain 1 falls along the dotted line 1/(2l), a straight line, and does not level off.",
)

# %% id="tanh-claim"
one, high = measured[1.0], measured[5 / 3]
claim("1.01", 400 * theory[1.0][-1], "gain 1, theory: the mean square in layer 200, in units of 1 / (2 l)")
claim("between 0.4 and 1.3", 400 * one[-1], "the same, mean of ten networks")
slope = np.polyfit(np.log(layers[19:]), np.log(one[19:]), 1)[0]
claim("between -1.6 and -0.8", slope, "slope from layer 20 to 200, both on a log scale: -1 is 1 / l")
claim("between 0.9 and 1.1", high[-1] / high[9], "gain 5/3 settles: layer 200 over layer 10")
growth = mean_field.gradient_squares("tanh", 5 / 3, 200)[0] ** 0.5
claim("> 1e7", growth, "... and there the gradient grows by this factor")

# %% id="tanh-claim-outcome"
outcome("02-tanh")

# %% [markdown] id="tanh-fact"
# **You may think** that it settles. **In fact** it never does. For small sums $\tanh(y)^2 \approx y^2 - \tfrac23 y^4$, and $E[z^4] = 3$, so $q_{l+1}
# \approx q_l - 2 q_l^2$, whose solution tends to $1/(2l)$. **The run** follows it (networks of finite width a little
# below). A gain above 1, such as PyTorch's recommended 5/3 for tanh, does settle. It pays for that on the way back: the
# gradient then grows from layer to layer, as the map showed. A gain of 1 is the border between both, and a slow decay is
# its price.

# %% [markdown] id="rectangular"
# ## 7 Rectangular layers: compromises add up
#
# Forward, LeCun and He count the inputs. He et al. remark that one may as well count the outputs: in a chain the widths
# cancel, and only the first and the last remain. Glorot's mean does not cancel. Take layers of 400 and 100 units in turn,
# linear, so that nothing but the rule is at work.

# %% id="rectangular-predict" tags=["nbval-ignore-output"]
predict("02-rectangular")


# %% id="rectangular-run"
def alternating(initializer, seed=0):
    rng = np.random.default_rng(seed)
    signal, sizes = rng.standard_normal((200, 400)), []
    for layer in range(20):
        shape = (400, 100) if layer % 2 == 0 else (100, 400)
        signal = signal @ initializer(shape, rng, np.float64)
        sizes.append(signal.std())
    return sizes


def fan_out(shape, rng, dtype):
    return initializers.lecun_normal(shape[::-1], rng, dtype).T


# %% id="rectangular-print" tags=["nbval-ignore-output"]
schemes = {
    "LeCun (fan-in)": initializers.lecun_normal,
    "fan-out": fan_out,
    "Glorot": initializers.glorot_normal,
}
zigzag = {
    name: np.exp(np.mean([np.log(alternating(f, s)) for s in range(5)], axis=0))
    for name, f in schemes.items()
}
for name, sizes in zigzag.items():
    print(f"{name:<15} std after layers 1, 2, 19, 20:", " ".join(f"{sizes[k]:.2f}" for k in (0, 1, 18, 19)))

# %% id="rectangular-claim"
claim(
    "0.64",
    2 * 400 / 500 * 2 * 100 / 500,
    "Glorot: factor of the mean square over two layers, 1.6 times 0.4",
)
claim("0.107", np.sqrt(0.64**10), "so much is left of the standard deviation after 20 layers")
claim("between 0.08 and 0.14", zigzag["Glorot"][-1], "measured, five networks")
claim("between 0.75 and 1.25", zigzag["LeCun (fan-in)"][-1], "fan-in keeps it")
claim("between 0.75 and 1.25", zigzag["fan-out"][-1], "fan-out too, after two layers ...")
claim("between 1.6 and 2.4", zigzag["fan-out"][-2], "... with a zigzag on the way")

# %% id="rectangular-claim-outcome"
outcome("02-rectangular")

# %% [markdown] id="broken"
# ### A broken run: read the panel
#
# Somebody wrote an initializer for ReLU layers and used it for a network of 64, then 256 and 32 units in turn. Nothing
# crashed, and with square layers the same code had passed every test. Here is the size of the sums per layer, healthy
# beside broken. What was done?

# %% id="broken-run"
from course_lib.teaching.checks.initialization.broken import somebodys_initializer

sizes = [64, *([256, 32] * 7)[:13], 10]
panels = {}
for name, scheme in (("healthy", initializers.he_normal), ("broken", somebodys_initializer)):
    model = mlp(sizes, rng=np.random.default_rng(3), initializer=scheme)
    reports = layer_stats(model, x_train[:200], y_train[:200])[::2]
    panels[name] = np.array([one.output.rms for one in reports[:-1]])  # the hidden layers

# %% id="broken-figure"
figure, axes = style.canvas(width=8, height=3.2)
for index, (name, sizes_of_sums) in enumerate(panels.items()):
    curves.line(axes, np.arange(1, 14), sizes_of_sums, label=name, index=index)
axes.set(ylim=(0, 4.5), xlabel="layer", ylabel="rms of the sums")
axes.set_title("Two starts of the network 64-256-32-256-32-...")
curves.legend(axes)
style.show(
    figure,
    alt="Size of the sums in 13 hidden layers. The healthy network stays between 0.9 and 1.8. The broken one alternates: "
    "below one in the odd layers, of 256 units, and between 1.2 and 2.5 in the even layers, of 32 units.",
)

# %% [markdown] id="broken-reading"
# *Reading*: the healthy start scatters a little; the broken one changes by a factor of almost three from layer to layer,
# and does not drift.

# %% id="broken-predict" tags=["nbval-ignore-output"]
predict("02-broken")

# %% id="broken-answer-claims"
steps = np.abs(np.diff(np.log(panels["broken"])))
claim("2.83", np.sqrt(256 / 32), "the root of the ratio of the widths")
claim("between 2.2 and 3.6", np.exp(steps.mean()), "factor from layer to layer in the broken start")
claim("between 0.4 and 2.5", panels["broken"][11] / panels["broken"][1], "layer 12 over layer 2: no drift")

# %% id="broken-answer-outcome"
outcome("02-broken")

# %% id="broken-answer"
show_source(somebodys_initializer)

# %% [markdown] id="orthogonal"
# ## 8 Orthogonal: every direction, not only the mean
#
# A variance speaks of averages. A product of random matrices may keep the average length and still flatten almost all
# directions. Weights with orthonormal rows keep the length of *every* input, in a layer that does not shrink the width.
# Twenty linear layers that grow from 64 to 124 units; the singular values of their product say by how much each of the 64
# directions is stretched.

# %% id="orthogonal-run"
widths = np.arange(64, 125, 3)


def stretches(initializer):
    rng, product = np.random.default_rng(0), np.eye(64)
    for shape in pairwise(widths):
        product = product @ initializer(tuple(map(int, shape)), rng, np.float64)
    return np.linalg.svd(product, compute_uv=False)


random_ones, orthogonal_ones = stretches(initializers.glorot_normal), stretches(initializers.orthogonal)

# %% id="orthogonal-run-claims"
claim("20", len(widths) - 1, "layers")
claim("> 1000", random_ones.max() / random_ones.min(), "normal weights: largest stretch over smallest")
claim("< 1e-12", np.abs(orthogonal_ones - 1).max(), "orthogonal weights: every stretch is 1")

# %% id="orthogonal-run-then"
show_source(initializers.orthogonal)

# %% [markdown] id="orthogonal-limit"
# The word "orthogonal" promises less where a layer shrinks: from 400 to 100 units three quarters of the directions are
# lost, whatever the weights. In the chain of section 7 it leaves a quarter of the mean square per pair of layers, less than
# Glorot. And a ReLU still needs its gain of $\sqrt2$.

# %% id="orthogonal-limit-run"
left = alternating(initializers.orthogonal)
claim("0.25", 100 / 400, "share of the mean square that two layers, 400 to 100 to 400, leave")
claim("between 0.0008 and 0.0012", left[-1], "standard deviation after ten such pairs")

# %% [markdown] id="adam"
# ## 9 Does it still matter with Adam?
#
# Adam divides the gradient of each parameter by its own recent size (lesson 03), so a gradient that is a thousand times too
# small makes the same step. Perhaps the initialization no longer matters? Three starts, all with biases of 0: He, the
# weights of PyTorch's default, and the small `0.01`; a network of 3 layers and one of 11; ten seeds, the same for each
# start. The ten are recorded, by the next two cells; live the first of them runs.

# %% id="adam-predict" tags=["nbval-ignore-output"]
predict("02-adam")


# %% id="adam-run"
def pytorch_default(shape, rng, dtype=np.float32):
    return rng.uniform(-(shape[0] ** -0.5), shape[0] ** -0.5, shape).astype(dtype)


STARTS = {
    "He": initializers.he_normal,
    "PyTorch's default": pytorch_default,
    "std 0.01": initializers.normal(0.01),
}
SHALLOW, DEEP = (64, 96, 48, 10), (64, *[96, 48] * 5, 10)


# %% id="adam-seeds"
def run(*arguments, **settings):
    return trained(*arguments, **settings)[1].series("val", "accuracy")[1]


def accuracies(sizes, epochs, seeds):
    """(seeds, epochs) of validation accuracy for every start."""
    return {
        name: np.array([run(f, seed=s, sizes=sizes, epochs=epochs) for s in seeds])
        for name, f in STARTS.items()
    }


# %% id="adam-first"
from course_lib.core.recordings import recorded

first_seed = accuracies(SHALLOW, 12, range(1)), accuracies(DEEP, 6, range(1))
ten_seeds = recorded(
    "starts_under_adam", command="python -m benchmarks.lesson_runs starts_under_adam", hardware="any CPU"
)

# %% id="adam-train"
shallow, deep = (
    {name: np.array(ten_seeds.row(layers=layers, start=name)["accuracy"]) for name in STARTS}
    for layers in (3, 11)
)  # (10 seeds, epochs) each
for name in STARTS:
    print(
        f"{name:<18} 3 layers: {shallow[name][:, -1].mean():.3f}   11 layers: {deep[name][:, -1].mean():.3f}"
    )

# %% id="adam-live"
apart = [
    abs(live[name][0, -1] - many[name][0, -1])
    for live, many in zip(first_seed, (shallow, deep), strict=True)
    for name in STARTS
]
claim(
    "< 0.05", max(apart), "live minus recorded: accuracy of the first seed at the end, largest difference"
)

# %% id="adam-figure"
figure, axes = style.canvas(1, 2, width=9.5, height=3.4, sharey=True)
for axis, runs, title in ((axes[0], shallow, "3 layers, Adam"), (axes[1], deep, "11 layers, Adam")):
    for index, (name, values) in enumerate(runs.items()):
        curves.band(axis, np.arange(1, values.shape[1] + 1), values, label=name, index=index)
    axis.set(xlabel="epoch", ylabel="validation accuracy", ylim=(0, 1))
    axis.set_title(title)
curves.legend(axes[0], loc="lower right")
style.show(
    figure,
    alt="Validation accuracy per epoch, mean and interval of ten seeds, three starts. With 3 layers all "
    "three meet above 0.95 within twelve epochs, the small start being late. With 11 layers He rises to about 0.9, "
    "PyTorch's default is far below it, and the small start stays at 0.1.",
)

# %% id="adam-intervals"
early = paired_comparison(shallow["He"][:, 0], shallow["std 0.01"][:, 0]).interval
late = paired_comparison(shallow["He"][:, -1], shallow["std 0.01"][:, -1]).interval
shallow_default, versus_default = (
    paired_comparison(runs["He"][:, -1], runs["PyTorch's default"][:, -1]).interval
    for runs in (shallow, deep)
)
for name, one in (("3 layers, epoch 1, He - 0.01", early), ("3 layers, epoch 12, He - 0.01", late),
                  ("3 layers, epoch 12, He - default", shallow_default),
                  ("11 layers, epoch 6, He - default", versus_default)):  # fmt: skip
    print(f"{name:<34} {one.mean:+.3f}, 95 % {one.low:+.3f} to {one.high:+.3f}")

# %% id="adam-claim"
claim("> 0.1", early.low, "3 layers, first epoch: what He gains on std 0.01, lower end of the interval")
claim(
    "between -0.01 and 0.03", late.mean, "the same after twelve epochs: at most three images in a hundred"
)
claim("< 0", shallow_default.high, "3 layers, twelve epochs: He minus PyTorch's default, upper end")
claim("< 0.015", abs(shallow_default.low), "the other end: how far the default may be ahead")
claim("> 0.05", versus_default.low, "11 layers, six epochs: He over PyTorch's default, lower end")
claim("< 0.2", deep["std 0.01"].max(), "11 layers, std 0.01: the best of all epochs and seeds")
claim("> 0.8", t_interval(deep["He"][:, -1]).low, "11 layers, He: lower end of the interval of the mean")

# %% id="adam-claim-outcome"
outcome("02-adam")

# %% [markdown] id="adam-reading"
# *Reading*: in a shallow network the answer is "mostly early". A small start is far behind after one epoch, and after
# twelve the difference that is left is about one image in a hundred, if anything. PyTorch's default even ends a little
# ahead of He there, by a point or less, with an interval that lies beside 0. In the deep network the start matters as much as
# ever: He is far ahead of the default, and `0.01` stays at chance.
#
# Why can Adam not help `0.01`? Adam divides a gradient by its own recent size *plus epsilon*, a tiny number that keeps it
# from dividing by 0 (lesson 03). Here the gradient of the first layer is far smaller than epsilon, `1e-8`. So the quotient is
# nearly 0, and so is the step. If that is the obstacle, a smaller epsilon must remove it. Try it: the same start, the same
# seeds, once with `1e-8` and once with `1e-20`. (A start that is too large is another matter: it does not heal by itself,
# because the weights have to travel.)


# %% id="adam-why" tags=["nbval-ignore-output"]
def ten_times(shape, rng, dtype):
    return 10 * initializers.he_normal(shape, rng, dtype)


model = mlp(DEEP, rng=np.random.default_rng(0), initializer=initializers.normal(0.01))
first = layer_stats(model, x_train[:200], y_train[:200])[0]
too_large = [
    trained(ten_times, seed=seed, sizes=SHALLOW, epochs=12)[1].last("val", "accuracy") for seed in range(5)
]
print(f"std 0.01, largest gradient at the first layer: {first.gradient.largest:.0e}")
print(f"ten times He, validation accuracy: {np.mean(too_large):.2f}")

# %% id="adam-why-claim"
claim(
    "< 1e-8",
    first.gradient.largest,
    "11 layers, std 0.01: largest gradient at the first layer; epsilon is 1e-8",
)
claim(
    "< 0.8",
    t_interval(too_large).high,
    "3 layers, ten times He, twelve epochs of Adam: upper end of the interval",
)


# %% id="adam-epsilon" tags=["nbval-ignore-output"]
def with_epsilon(epsilon, seed):
    model = mlp(DEEP, rng=np.random.default_rng(seed), initializer=initializers.normal(0.01))
    optimizer = Adam(1e-3, (0.9, 0.999), epsilon)
    history = train_mlp(
        model, (x_train, y_train), optimizer=optimizer, epochs=20, seed=seed, validation=validation
    )
    return history.last("val", "accuracy")


usual, tiny = ([with_epsilon(epsilon, seed) for seed in range(6)] for epsilon in (1e-8, 1e-20))
print(f"11 layers, std 0.01, 20 epochs, epsilon 1e-8:  {np.round(usual, 2)}")
print(f"the same with epsilon 1e-20:                   {np.round(tiny, 2)}")

# %% id="adam-epsilon-claim" tags=["results"]
claim("< 0.15", max(usual), "11 layers, std 0.01, epsilon 1e-8: the best of six seeds")
claim(
    ">= 4",
    sum(one > 0.2 for one in tiny),
    "of six seeds that learn with epsilon 1e-20 (accuracy above 0.2)",
)
claim("< 0.85", max(tiny), "the best of them: far behind He in a third of the epochs")

# %% [markdown] id="adam-epsilon-reading"
# Epsilon is the obstacle. With `1e-8` no seed learns anything; with `1e-20` at least 4 of 6 do, although the forward pass is
# just as faint. That is an explanation, not a remedy: after 20 epochs even the best of them is behind what He reaches in six.
# The remedy is a start at which signals and gradients keep their size.

# %% [markdown] id="practice"
# ### What to do
#
# Biases 0. He (fan-in) for ReLU and its relatives; a gain near 1 for tanh; not PyTorch's default in a deep plain network.
# Check it with one batch before training: `layer_stats`, a line per layer, no trend forward or backward. Normalization
# layers and residual connections (later lessons) take much of this worry away, by keeping the size of the signal
# themselves.
#
# ## 10 Recall
#
# Answer without scrolling up.

# %% id="recall-1" tags=["nbval-ignore-output"]
recall("02-double-width")

# %% id="recall-2" tags=["nbval-ignore-output"]
recall("02-zero-sigmoid")

# %% id="recall-3" tags=["nbval-ignore-output"]
recall("02-glorot-lecun")

# %% id="recall-4" tags=["nbval-ignore-output"]
recall("02-relu-30")

# %% id="recall-5" tags=["nbval-ignore-output"]
recall("02-log-ten")

# %% id="recall-keys"
claim("32768", 2**15, "2 to the power of 15")
claim("2.303", np.log(10), "knowing nothing about ten classes")

# %% [markdown] id="full-size"
# ## 11 At full size
#
# There is no recorded GPU run for this lesson, because there is nothing that a larger machine would change: the theory does
# not mention the width, and 200 layers run here in a second. What is left to see at full size, normalization and residual
# connections in networks that could not be trained without them, comes with the systems of the later lessons.
#
# ## Next
#
# The [exercise sheet](../exercises/02_initialization.ipynb): you write the initializers, read six panels, and write a test that
# tells a right initializer from twelve wrong ones. Then lesson 03: given the gradient, how should the parameters move?

# %% id="progress" tags=["nbval-ignore-output"]
from course_lib.teaching.learner.progress import show_progress

show_progress()

# %% [markdown] id="sources"
# ## Sources
#
# - LeCun, Bottou, Orr, Müller 1998, *Efficient BackProp*: variance 1 / fan-in.
# - Glorot and Bengio 2010, *Understanding the difficulty of training deep feedforward neural networks*: the mean of both
#   fans, the uniform bound, and the trouble with sigmoids.
# - He, Zhang, Ren, Sun 2015, *Delving deep into rectifiers*: 2 / fan-in, leaky slopes, and that either fan will do in a
#   chain.
# - Saxe, McClelland, Ganguli 2014: orthogonal weights in deep linear networks.
# - Poole et al. 2016 and Schoenholz et al. 2017: the recursion for signals and gradients, and its phases.
# - Mishkin and Matas 2016, *All you need is a good init*: measuring in place of deriving (an exercise of the sheet).
# - Goodfellow, Bengio, Courville, *Deep Learning*, section 8.4: breaking the symmetry between units.
# - Goyal et al. 2017: zero for the last scale of a residual block.
