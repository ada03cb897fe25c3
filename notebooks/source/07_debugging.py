# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # 07 Debugging
#
# A program with a mistake crashes. A training with a mistake trains, a little worse than it could, or not at all, and says
# nothing. This lesson is about making it speak: tests that take seconds, instruments that show what happens inside, a
# checklist that is run and not ticked, and a clinic of broken runs in which you name the fault.
#
# **Afterwards you can**
#
# - check a gradient, and say for which step, precision and point the check means something;
# - let a network learn one batch by heart, and say what that proves;
# - find the first place where a NaN stands, and tell overflow, rate and 0/0 apart;
# - run a checklist before, during and after a training;
# - read five instruments and name the fault of a run.
#
# **Time**: 75 minutes, and about 160 for the [exercise sheet](../exercises/07_debugging.ipynb).
# **Needs**: lesson 01; lessons 02 to 06 help. No GPU, no network.

# %% id="setup"
from dataclasses import replace

import numpy as np

from course_lib.core.stats import paired_comparison, t_interval
from course_lib.numpy_nn.data import Standardizer, split_indices
from course_lib.numpy_nn.datasets import load_digits
from course_lib.plots import curves, images, matrices, style
from course_lib.teaching.claims import claim, quoted
from course_lib.teaching.predict import outcome, predict, recall
from course_lib.teaching.build.source import show_source

# %% [markdown] id="try-first"
# ## Try first
#
# The function below trains a network on the digits, twelve epochs, and returns the training loss of every epoch. Knowing
# nothing is a loss of ln 10, about 2.303; a healthy run ends near zero. Data, labels and split are fine, and no line
# raises an error. Our source has four pieces of advice for a loss that does not fall; the second is to raise the learning rate.
# Try that one. Bring the last loss **below** `1.4`. Give it five
# minutes, then read on.

# %% id="try-first-run" tags=["nbval-ignore-output"]
from course_lib.teaching.clinic.faults import stubborn_losses

losses = stubborn_losses(lr=0.1)  # <- your rate
print(f"first epoch {losses[0]:.3f}   last epoch {losses[-1]:.3f}")
print("You have reached it." if losses[-1] < 1.4 else "Not there yet.")

# %% id="try-first-grid"
ends = {rate: stubborn_losses(rate)[-1] for rate in (0.01, 0.1, 0.3, 1.0, 3.0, 10.0)}

# %% id="try-first-grid-claims"
claim("2.303", np.log(10), "the loss of knowing nothing about ten classes")
claim("> 1.4", min(ends.values()), "the best end of six rates")

# %% [markdown] id="try-first-reading"
# No rate gets there, and a search over rates would have taken the afternoon. The cause is one line of the model, and section 4
# finds it with one formula. First, the tools.
#
# ## 1 An order of questions
#
# When the loss does not fall, the number of possible causes is large, and most of them look alike in the curve. What helps
# is an order: questions that take seconds and exclude much come first.
#
# 1. **Is the first loss right?** Before any step, k classes should cost about ln k.
# 2. **Is the gradient right?** Compare it with differences of the loss.
# 3. **Can the network learn one small batch by heart?** If not, more data cannot help.
# 4. **Does it do better than chance on data that it has not seen?** If not, look at the labels.
# 5. **Does the number hold on fresh data?** If not, look at the evaluation and at the split.
#
# Only then: rate, initialization, size, regularization. The rest of the lesson runs these questions.

# %% [markdown] id="gradcheck"
# ## 2 Is the gradient right?
#
# The derivative is the slope of a chord whose ends come together. There are two ways to take the chord:
#
# $$\text{forward: } \frac{f(x+h) - f(x)}{h} = f'(x) + \tfrac h2 f''(x) + \dots \qquad
# \text{central: } \frac{f(x+h) - f(x-h)}{2h} = f'(x) + \tfrac{h^2}{6} f'''(x) + \dots$$
#
# In the central one the error of first order cancels: ten times smaller $h$, a hundred times smaller error. But $f$ is
# computed with rounding errors of about $\varepsilon\,|f|$, and the difference is divided by $h$: that part of the error
# **grows** as $h$ shrinks. In between lies the best step.

# %% id="gradcheck-predict" tags=["nbval-ignore-output"]
predict("07-step")

# %% id="gradcheck-network"
from course_lib.numpy_nn.layers import Tanh
from course_lib.numpy_nn.losses import softmax_cross_entropy
from course_lib.numpy_nn.network import mlp

rng = np.random.default_rng(0)
model = mlp([5, 6, 3], rng=rng, activation=Tanh, dtype=np.float64)
x, y = rng.standard_normal((8, 5)), rng.integers(0, 3, 8)
model.backward(softmax_cross_entropy(model.forward(x), y)[1])
claimed, theta = model.gradients.copy(), model.parameters.copy()


# %% id="gradcheck-loss"
def loss_at(parameters):
    """The mean loss in the precision of the parameters."""
    network = mlp([5, 6, 3], rng=rng, activation=Tanh, dtype=parameters.dtype)
    network.parameters[:] = parameters
    return softmax_cross_entropy(network.forward(x.astype(parameters.dtype)), y)[0].mean


# %% id="gradcheck-differences"
from course_lib.numpy_nn.gradcheck import relative_error


def error_of(h, *, central=True, dtype=np.float64):
    slopes = []
    for k in range(0, len(theta), 4):  # every fourth of the 57 parameters is enough for a curve
        up, down = theta.astype(dtype), theta.astype(dtype)
        up[k] += h
        down[k] -= h if central else 0
        width = float(up[k]) - float(down[k])  # what was really moved, after rounding
        slopes.append((float(loss_at(up)) - float(loss_at(down))) / width if width else 0.0)
    return relative_error(claimed[::4], np.array(slopes))


# %% id="gradcheck-errors"
steps = 10.0 ** np.arange(-12, 0, 0.5)
CURVES = {"central": {}, "forward": {"central": False}, "central, float32": {"dtype": np.float32}}
errors = {name: np.array([error_of(h, **how) for h in steps]) for name, how in CURVES.items()}

# %% id="gradcheck-figure"
figure, axes = style.canvas(width=8, height=3.6)
for index, (name, error) in enumerate(errors.items()):
    curves.line(axes, steps, error, label=name, index=index)
axes.axvline(1e-5, color="0.5", linewidth=1, linestyle=":")
axes.set(xscale="log", yscale="log", xlabel="step h", ylabel="relative error of the gradient")
axes.set_title("Two slopes: too large a step, too small a step")
curves.legend(axes)
style.show(
    figure,
    alt="Relative error of a right gradient against the step h from 1e-12 to 0.3, both on log scales. Central differences "
    "in float64 fall steeply to below 1e-10 near h = 1e-5 and rise again for smaller h; forward differences fall half as "
    "steeply and are best between 1e-8 and 1e-7; central differences in float32 never get below about 1e-5.",
)

# %% [markdown] id="gradcheck-reading"
# *Reading*: from the right, both float64 curves fall, the central one twice as steeply; from the left, these two fall along
# the same slope, that of rounding. In float32 the smallest steps do not change a parameter at all: the error is 1. The dotted line is $h = 10^{-5}$, the usual choice.


# %% id="gradcheck-slopes"
def slope(name, low, high):
    part = (steps >= low * 0.99) & (steps <= high * 1.01)
    return np.polyfit(np.log(steps[part]), np.log(errors[name][part]), 1)[0]


# %% id="gradcheck-slopes-claims" tags=["results"]
claim("between 1.9 and 2.1", slope("central", 1e-4, 1e-1), "central error on the right: h squared")
claim("between 0.9 and 1.1", slope("forward", 1e-6, 1e-1), "forward error on the right: h")
claim("between -1.5 and -0.5", slope("central", 1e-12, 1e-7), "on the left: rounding, 1/h")

# %% id="gradcheck-best"
claim("between 3e-6 and 3e-5", steps[errors["central"].argmin()], "the best step, central, float64")
claim("< 1e-8", errors["central"].min(), "its error")
least = errors["central, float32"].min()
claim("> 1e-6", least, "the smallest error in float32: no gradient passes a limit of 1e-6")

# %% id="gradcheck-best-outcome"
outcome("07-step")

# %% [markdown] id="gradcheck-widget-text"
# ### Look through the microscope
#
# The same in one dimension, close up. Move the step: on the left you see the loss in a window of width $2h$ and, dashed, its
# true slope. When $h$ is large the curve bends away from the line; when it is tiny you see the **stairs** of floating
# point numbers. At which step do the stairs appear?

# %% id="gradcheck-draw"
from course_lib.teaching.widgets import explore

POINT = 0.7


def f(w):
    return np.log1p(np.exp(-3 * w)) + 1.0  # a cross-entropy of one weight


SLOPE = -3 / (1 + np.exp(3 * POINT))  # its derivative at POINT, exactly


def chord_error(h):
    return np.abs((f(POINT + h) - f(POINT - h)) / (2 * h) - SLOPE) / abs(SLOPE)


# %% id="gradcheck-draw-figure"
def draw(exponent):
    h = 10.0**exponent
    window = np.linspace(-h, h, 401)
    figure, (left, right) = style.canvas(1, 2, width=9, height=3.2)
    left.plot(window / h, (f(POINT + window) - f(POINT)) / h, color=style.PALETTE[0], label="loss")
    left.plot([-1, 1], [-SLOPE, SLOPE], color=style.PALETTE[1], linestyle="--", label="true slope")
    left.set(xlabel="distance / h", ylabel="change of the loss / h", title=f"Window of h = 1e{exponent:g}")
    curves.legend(left)
    grid = 10.0 ** np.arange(-15, 0.1, 0.25)
    right.loglog(grid, np.maximum(chord_error(grid), 1e-13), color=style.PALETTE[0], linewidth=1.2)
    right.plot([h], [max(chord_error(h), 1e-13)], "o", color=style.PALETTE[1], markersize=9)
    right.set(xlabel="step h", ylabel="relative error", title="Error of the chord's slope")
    return figure, f"At h = 1e{exponent:g} the chord's slope is off by a share of {chord_error(h):.0e}."


# %% id="gradcheck-widget" tags=["nbval-ignore-output"]
import ipywidgets as widgets

slider = widgets.FloatSlider(
    value=-2, min=-15, max=0, step=0.5, description="log10 h", layout={"width": "420px"}
)
explore(draw, exponent=slider)

# %% [markdown] id="gradcheck-static"
# The same for readers without a running kernel: three steps.

# %% id="gradcheck-strip" tags=["nbval-ignore-output"]
for exponent in (0, -5, -14.5):
    figure, sentence = draw(exponent)
    style.show(
        figure, alt=f"Loss in a window with the true slope, and the error of the chord over h. {sentence}"
    )
claim("> 0.1", chord_error(1.0), "error at h = 1: the curve bends away from its slope")
claim("< 1e-8", chord_error(1e-5), "error at h = 1e-5")
claim("> 1e-3", chord_error(10.0**-14.5), "error at the tiniest step of the strip: stairs")

# %% [markdown] id="gradcheck-strip-reading"
# *Reading*: at the largest step the loss bends away from the dashed line; at `1e-5` they cannot be told apart; at the
# smallest, the loss is a staircase and the chord joins two steps of it.
#
# ### Four ways to a wrong verdict
#
# **Absolute differences.** A gradient of size one millionth that is wrong by a factor of two passes any limit of `1e-5`.
# Divide by the size: $|a - n| / (|a| + |n|)$.

# %% id="gradcheck-relative"
from course_lib.by_hand.debugging import gradient_check

small = np.full(4, 1e-6)  # the gradient of sum(1e-6 x)
wrong = 2 * small

# %% id="gradcheck-relative-claims"
claim(
    "< 1e-5",
    np.abs(wrong - small).max(),
    "absolute difference of a gradient that is wrong by a factor of two",
)
claim("0.333", gradient_check(lambda v: float(small @ v), wrong, np.ones(4)), "its relative error")

# %% [markdown] id="gradcheck-kink"
# **Kinks.** At 0 a ReLU has no derivative, and closer to 0 than $h$ the difference sees both sides. The backward pass is right
# and the check says no. Test at points away from kinks; biases that are not all 0 help.


# %% id="gradcheck-kink-run"
def relu_sum(v):
    return float(np.maximum(v, 0).sum())


near, far = (
    np.array([4e-6, -2.0, 1.0]),
    np.array([0.5, -2.0, 1.0]),
)  # the first is closer to the kink than h = 1e-5

# %% id="gradcheck-kink-run-claims"
claim(
    "> 0.1",
    gradient_check(relu_sum, (near > 0).astype(float), near),
    "error of a right gradient next to a kink",
)
claim("< 1e-9", gradient_check(relu_sum, (far > 0).astype(float), far), "away from it")

# %% [markdown] id="gradcheck-dropout"
# **Dropout.** With a new mask at every call the two losses belong to two different networks. Switch dropout off, or set its
# generator back before every call, which also tests dropout's own backward.

# %% id="gradcheck-dropout-run"
from course_lib.numpy_nn.gradcheck import check_layer, check_network
from course_lib.numpy_nn.layers import Dropout

layer, points = Dropout(0.5, rng=np.random.default_rng(0)), np.ones((6, 5))
upstream = np.random.default_rng(1).standard_normal((6, 5))
layer.forward(points, training=True)
claimed_by_dropout = layer.backward(upstream)


def new_mask(v):
    return float((layer.forward(v, training=True) * upstream).sum())


# %% id="gradcheck-dropout-claim"
claim("> 0.5", gradient_check(new_mask, claimed_by_dropout, points), "a new mask at every call")
one_mask = check_layer(layer, points, rng=np.random.default_rng(0), training=True)
claim("< 1e-9", one_mask["input"], "the generator is set back before every call: one mask for all")

# %% [markdown] id="gradcheck-limits"
# **A right gradient of the wrong loss.** The check compares the gradient with *your* loss. Here is a small network with
# the fault of "Try first": every gradient is right.

# %% id="gradcheck-limits-run"
from course_lib.numpy_nn.network import Sequential
from course_lib.teaching.clinic.faults import Softmax

stubborn = Sequential(*mlp([5, 6, 3], rng=rng, activation=Tanh, dtype=np.float64).layers, Softmax())

# %% id="gradcheck-limits-run-claims"
claim(
    "< 1e-7",
    check_network(stubborn, softmax_cross_entropy, x, y),
    "relative error of the stubborn network's gradient",
)

# %% id="gradcheck-source"
show_source(gradient_check)

# %% [markdown] id="batch"
# ## 3 Learn one batch by heart
#
# Sixteen samples, the same in every step. A network of a few thousand numbers can store them, so the loss must go to almost
# zero. If it does not, something between input and update is broken, and neither more data nor more layers will mend it.

# %% id="batch-predict" tags=["nbval-ignore-output"]
predict("07-batch")

# %% id="batch-step"
from course_lib.by_hand.debugging import overfit_one_batch

digits = load_digits()
split = split_indices(digits.y, seed=0)
scale = Standardizer.fit(digits.x[split.train])
parts = [
    (scale.transform(digits.x[rows]), digits.y[rows])
    for rows in (split.train, split.validation, split.test)
]
train, validation, test = parts


# %% id="batch-stepper"
def stepper(rate, seed=0):
    model = mlp([64, 32, 32, 10], rng=np.random.default_rng(seed))

    def step(x, y):
        value, gradient = softmax_cross_entropy(model.forward(x), y)
        model.backward(gradient)
        model.parameters -= np.float32(rate) * model.gradients
        return value.mean

    return step


# %% id="batch-run"
random_labels = np.random.default_rng(1).integers(0, 10, len(train[1]))
done = overfit_one_batch(stepper(0.1), *train, np.random.default_rng(0))
anyway = overfit_one_batch(stepper(0.1), train[0], random_labels, np.random.default_rng(0))
claim("between 60 and 200", done, "steps until one batch costs less than 0.01")
claim("between 70 and 250", anyway, "the same with random labels")
claim(
    "-1",
    overfit_one_batch(stepper(0.0001), *train, np.random.default_rng(0)),
    "at a rate that is far too low: never",
)
with np.errstate(all="ignore"):
    low = overfit_one_batch(stepper(3.0), *train, np.random.default_rng(0))
claim("-1", low, "at a rate that is far too high: never")

# %% id="batch-run-outcome"
outcome("07-batch")

# %% [markdown] id="batch-meaning"
# So a batch learned by heart proves that forward, loss, backward and update work together at this rate. It does **not** prove
# that the labels are right: random ones are learned as well. Each test has its blind side; here is a map of them.
#
# ### Which test sees which fault?
#
# Eighteen faults are planted in one small training, one at a time, and the five questions of section 1 are put to each.

# %% id="map-run"
from course_lib.teaching.clinic.faults import SETUPS
from course_lib.teaching.clinic.tests import TESTS, five_tests

names = ["healthy", *SETUPS]
passed = np.array([five_tests(name) for name in names])  # (faults + 1, tests)
assert passed[0].all(), "the healthy run passes all five"
seen = ~passed[1:]

# %% id="map-run-claims"
claim("18", len(SETUPS), "faults")
claim("17 of 18", int(seen.any(axis=1).sum()), "faults that at least one test sees")

# %% id="map-run-unseen"
print("seen by no test:", [name for name, row in zip(SETUPS, seen, strict=True) if not row.any()])

# %% id="map-figure"
figure, axes = style.canvas(width=9, height=6.2)
axes.imshow(~passed, cmap="Blues", vmin=0, vmax=1.6, aspect="auto")
for row, column in np.argwhere(~passed):
    axes.text(column, row, "sees it", ha="center", va="center", fontsize=9)
axes.set_xticks(range(len(TESTS)), [name.replace(" ", "\n", 1) for name in TESTS])
axes.set_yticks(range(len(names)), names)
axes.grid(False)
axes.set(xlabel="test", ylabel="planted fault", title="Which test sees which fault")
told = "; ".join(
    f"{name}: {', '.join(np.array(TESTS)[~row]) or 'none'}" for name, row in zip(names, passed, strict=True)
)
style.show(
    figure, alt=f"A table of faults by tests; a filled cell means that the test sees the fault. {told}."
)

# %% [markdown] id="map-reading"
# *Reading*: no column is full. The gradient check sees a wrong backward pass and is blind to rates, starts and labels; the one
# batch sees most of what keeps a network from learning; faults of the labels, the split and the evaluation show only in the last two
# columns ("better than chance" asks for an accuracy of more than six in ten here). And one fault passes all five: batches in the order
# of a sorted file, which the loss of every single batch gives away (lesson 01).

# %% id="map-claims" tags=["results"]
claim("<= 12", int(seen.sum(axis=0).max()), "faults that the best single test sees")
column = dict(zip(TESTS, seen.T, strict=True))
only_last = column["holds on fresh data"] & ~seen[:, :4].any(axis=1)
claim(">= 2", int(only_last.sum()), "faults that show only on fresh data")

# %% [markdown] id="twice"
# ## 4 Softmax twice
#
# Many recipes list "softmax" as the output of a classifier and a cross-entropy as its loss; our source does. But in PyTorch,
# and here, **the loss contains the softmax**: it wants *logits*. With a softmax in the model as well, the loss sees numbers
# $p$ between 0 and 1 in place of logits. Even a perfect answer, $p = 1$ for the right class and 0 for nine others, costs
#
# $$-\ln \frac{e^1}{e^1 + 9\,e^0} = \ln(e + 9) - 1.$$
#
# That is the floor which no rate in "Try first" could break. And the gradient has to pass two softmaxes: where the network
# is surely wrong, the inner one is flat.

# %% id="twice-floor"
floor = np.log(np.e + 9) - 1

# %% id="twice-floor-claims"
claim("1.461", floor, "the lowest loss that softmax twice can reach with ten classes")
assert all(end > floor for end in ends.values()), "every run of the first section ended above it"

# %% id="twice-floor-then"
confidence = np.linspace(0, 12, 25)  # the logit of one wrong class, the others at 0
logits = np.zeros((25, 10))
logits[:, 1] = confidence
labels = np.zeros(25, int)
once = softmax_cross_entropy(logits, labels)[1] * 25
inner = Softmax()
twice = inner.backward(softmax_cross_entropy(inner.forward(logits), labels)[1] * 25)

# %% id="twice-figure"
figure, axes = style.canvas(width=7.5, height=3.2)
curves.line(axes, confidence, np.linalg.norm(once, axis=1), label="softmax once", index=0)
curves.line(axes, confidence, np.linalg.norm(twice, axis=1), label="softmax twice", index=1)
axes.set(xlabel="logit of a wrong class, all others at 0", ylabel="length of the gradient")
axes.set_title("How strongly is a sure mistake corrected?")
curves.legend(axes)
style.show(
    figure,
    alt="Length of the gradient at the logits against how sure the network is of a wrong class. With one softmax it grows "
    "from about 0.9 to 1.4. With two it starts at about 0.1 and falls to zero for sure mistakes.",
)
claim("> 1.4", np.linalg.norm(once[-1]), "gradient for the surest mistake, softmax once")
claim("< 0.01", np.linalg.norm(twice[-1]), "the same, softmax twice")

# %% [markdown] id="twice-reading"
# *Reading*: with one softmax a mistake is corrected the more, the surer it is; with two, the surest mistakes are not corrected at all.
# The **mend** is one line: leave the softmax out of the model. Over five seeds:

# %% id="twice-seeds" tags=["nbval-ignore-output"]
from course_lib.teaching.clinic.loop import Setup
from course_lib.teaching.clinic.loop import train as run_setup

broken = [run_setup(SETUPS["softmax twice"][0], seed).val_accuracy[-1] for seed in range(5)]
mended = [run_setup(Setup(), seed).val_accuracy[-1] for seed in range(5)]
gain = paired_comparison(mended, broken).interval
print(f"accuracy gained by leaving out one line: {gain.mean:.2f}, 95 % {gain.low:.2f} to {gain.high:.2f}")

# %% id="twice-claim"
claim("> 0", gain.low, "what the second softmax costs after twelve epochs: lower end of the interval")

# %% [markdown] id="binary"
# ### Yes or no: the same with a sigmoid
#
# For two classes one logit $z$ is enough, $p = 1/(1 + e^{-z})$. Written in two steps, sigmoid first and logarithm after, the
# loss of a sure mistake is infinite: for $z = 40$ the number $1 - p$ rounds to 0. Taken together it is
# $\max(z, 0) - zy + \ln(1 + e^{-|z|})$, finite for every $z$, and its gradient is $p - y$.

# %% id="binary-run"
import torch

from course_lib.by_hand.debugging import sigmoid_cross_entropy

z, answers = np.array([40.0, -3.0, 800.0, -800.0]), np.array([0.0, 1.0, 0.0, 1.0])
with np.errstate(all="ignore"):
    p = 1 / (1 + np.exp(-z))
    in_two_steps = -(answers * np.log(p) + (1 - answers) * np.log(1 - p))
total, count, gradient = sigmoid_cross_entropy(z, answers)
theirs = torch.nn.functional.binary_cross_entropy_with_logits(torch.tensor(z), torch.tensor(answers)).item()
print("in two steps", in_two_steps)

# %% id="binary-run-claims"
claim("3 of 4", int((~np.isfinite(in_two_steps)).sum()), "losses that the two steps make infinite or NaN")
claim("< 1e-12", abs(total / count - theirs), "difference to torch's binary_cross_entropy_with_logits")
claim("1", abs(gradient * count).max(), "largest gradient, for a sure mistake: it is corrected in full")

# %% [markdown] id="zero-grad"
# ### The torch idiom: `zero_grad`
#
# Our NumPy layers overwrite their gradients. PyTorch **adds** to them, which is useful when a batch is cut into pieces, and a
# fault when it is forgotten: step by step, the sum of all gradients so far. One case of the clinic shows what that looks like.

# %% id="zero-grad-run"
layer = torch.nn.Linear(3, 1)
data = torch.ones(4, 3)


def gradient_after_backward():
    layer(data).mean().backward()
    return layer.weight.grad.clone()


first, second = gradient_after_backward(), gradient_after_backward()
assert torch.equal(second, 2 * first), "without zero_grad the second gradient holds the first as well"
layer.zero_grad()
assert torch.equal(gradient_after_backward(), first), "with it, it does not"

# %% [markdown] id="dead"
# ### Dead units
#
# A ReLU unit that is off for every sample gets no gradient, and stays off. One step that is too long can do that to a
# layer for good. We train at two rates and count the units of the second hidden layer that answer to no sample.

# %% id="dead-run" tags=["nbval-ignore-output"]
at_rate = {rate: [run_setup(replace(Setup(), lr=rate), seed) for seed in range(5)] for rate in (0.1, 3.0)}
for rate, five in at_rate.items():
    shares, loss = [run.layers[1].dead for run in five], np.mean([run.train_loss[-1] for run in five])
    print(f"rate {rate}: share of dead units {np.round(shares, 2)}, training loss {loss:.2f}")

# %% id="dead-claim" tags=["results"]
claim(
    "< 0.2",
    max(run.layers[1].dead for run in at_rate[0.1]),
    "largest share of dead units at rate 0.1, five seeds",
)
claim(
    "> 0.8",
    min(run.layers[1].dead for run in at_rate[3.0]),
    "smallest share at rate 3.0: the layer is gone",
)
claim(
    "> 2",
    min(run.train_loss[-1] for run in at_rate[3.0]),
    "training loss there: flat, and the rate is too high",
)

# %% [markdown] id="nan"
# ## 5 NaN: find the first bad place
#
# A NaN spreads: one step later every number of the network is NaN, and the curve does not say where it came from. There are three
# common origins, and the **first** bad place tells them apart.
#
# **Overflow.** In float32 the exponential of 88 is a number and that of 89 is infinite. Infinity divided by infinity is NaN.

# %% id="nan-overflow-claims"
with np.errstate(all="ignore"):
    claim("< 3.5e38", np.exp(np.float32(88)), "exp of 88 in float32: finite")
    assert np.isinf(np.exp(np.float32(89))), "exp of 89 is not"
    z = np.array([100, 0, 0], np.float32)
    naive = np.exp(z) / np.exp(z).sum()

# %% id="nan-overflow"
shifted = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
print("naive", naive, "  shifted by the largest", shifted)
assert np.isnan(naive[0]) and np.isclose(shifted[0], 1)

# %% [markdown] id="nan-three"
# **Rate.** Steps that are too long multiply the weights until they overflow. **0/0.** A pixel that is the same in every
# training image has deviation 0. Send one batch forward and ask each layer in turn: that is `first_bad_layer`. The clinic's loop asks at every step
# whether input, weights, outputs or loss come first.

# %% id="nan-first" tags=["nbval-ignore-output"]
for fault in ("softmax overflows", "rate too high", "inputs not standardized", "zero by zero"):
    run = run_setup(SETUPS[fault][0], 0)
    print(f"{fault:<24} first loss {run.start_loss:<7.3g} first bad value: {run.first_bad}")

# %% id="nan-first-claim"
from course_lib.by_hand.debugging import first_bad_layer

firsts = {
    fault: run_setup(SETUPS[fault][0], 0).first_bad
    for fault in ("softmax overflows", "rate too high", "zero by zero")
}
assert firsts["zero by zero"].startswith("the input")
assert firsts["softmax overflows"].startswith("the loss")
assert firsts["rate too high"].startswith("step") and "layer" in firsts["rate too high"]

network = mlp([64, 32, 32, 10], rng=np.random.default_rng(0))
network.linear_layers[1].weight[3, 4] = np.inf
with np.errstate(all="ignore"):
    found = first_bad_layer(network.layers, train[0][:8])

# %% id="nan-first-claim-claims"
claim("2", found, "the number of the layer with the planted infinity")

# %% id="nan-first-source"
show_source(first_bad_layer)

# %% [markdown] id="epsilon"
# ### You may think: add an epsilon
#
# Our source's remedy for a division by zero is to add an epsilon, and the same is done to logarithms. It does remove the NaN. What does it do to the training?
# Take a sample of which the network is sure and wrong: logits 30 and 0, and the second class is right.

# %% id="epsilon-predict" tags=["nbval-ignore-output"]
predict("07-epsilon")


# %% id="epsilon-log"
def with_epsilon(z):
    p = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
    return float(-np.log(p[1] + 1e-8))


z = np.array([30.0, 0.0])
total, right = softmax_cross_entropy(z[None], np.array([1]))
steps_up = [(with_epsilon(z + 1e-5 * e) - with_epsilon(z - 1e-5 * e)) / 2e-5 for e in np.eye(2)]

# %% id="epsilon-log-claims"
claim("30", total.mean, "the right loss, in nats")
claim("18.4", with_epsilon(z), "the loss with epsilon: it is cut off at -log(1e-8)")
claim("1", np.abs(right).max(), "largest gradient, right loss")
claim("< 1e-3", np.abs(steps_up).max(), "largest gradient with epsilon: the worst samples teach nothing")

# %% id="epsilon-log-outcome"
outcome("07-epsilon")

# %% [markdown] id="epsilon-fact"
# **In fact** the epsilon turned a loud fault into a silent one. The second run does the same to the data: some pixels of the
# training images are always 0. With `(x - mean) / (std + 1e-8)` they are harmless, until one of them is not 0. In the run, one such
# pixel of the test images has the value 1 of 16, as from a speck of dust.

# %% id="epsilon-speck-run"
from course_lib.numpy_nn.optimizers import Adam
from course_lib.numpy_nn.train import evaluate, train_mlp


def with_speck(seed):
    part = split_indices(digits.y, seed=seed)
    x, y = digits.x[part.train], digits.y[part.train]
    speck = digits.x[part.test].copy()
    speck[:, np.flatnonzero(x.std(axis=0) == 0)[0]] = 1
    model = mlp([64, 32, 10], rng=np.random.default_rng(seed))
    train_mlp(model, (Standardizer.fit(x).transform(x), y), optimizer=Adam(1e-3), epochs=8, seed=seed)
    mean, std = x.mean(axis=0), x.std(axis=0)
    safe, loud = Standardizer.fit(x).transform(speck), (speck - mean) / (std + np.float32(1e-8))
    return [evaluate(model, (data, digits.y[part.test]))["accuracy"] for data in (safe, loud)]


# %% id="epsilon-speck" tags=["nbval-ignore-output"]
guarded, epsilon = np.array([with_speck(seed) for seed in range(5)]).T
print(f"accuracy with the guard {guarded.mean():.2f}, with the epsilon {epsilon.mean():.2f} (five seeds)")

# %% id="epsilon-claim"
lost = paired_comparison(guarded, epsilon).interval
claim(
    "> 0.5",
    lost.low,
    "accuracy that one speck costs behind an epsilon, lower end of the interval of five seeds",
)
claim("> 0.8", guarded.min(), "the lowest accuracy when a constant feature is centred and not divided")

# %% [markdown] id="epsilon-lesson"
# An epsilon belongs where a quotient of two small numbers is *meant*, as in Adam. Elsewhere ask first why the number is zero, and mend that: logits
# in place of probabilities, a guard for constant features, clipping for gradients that explode (lesson 05).
#
# ## 6 You may think: the loss does not fall, so raise the rate
#
# That is the second of our source's four pieces of advice (the first, gradient checking, was section 2), and many others give
# it first. **Here is the run**: seven trainings whose loss does not fall as it should, each at its own
# rate and at ten times that rate, five seeds.

# %% id="rate-predict" tags=["nbval-ignore-output"]
predict("07-rate")

# %% id="rate-run" tags=["nbval-ignore-output"]
FLAT = [
    "rate too low", "zero_grad missing", "dead units", "labels shuffled", "softmax twice", "all weights zero",
    "units start as twins",
]  # fmt: skip
raised = {}
for fault in FLAT:
    setup = replace(SETUPS[fault][0], lr=10 * SETUPS[fault][0].lr, epochs=12)
    raised[fault] = [run_setup(setup, seed) for seed in range(5)]
    accuracy = np.mean([run.val_accuracy[-1] for run in raised[fault]])
    loss = np.mean([run.train_loss[-1] for run in raised[fault]])
    print(f"{fault:<22} accuracy {accuracy:.2f}   training loss {loss:.2f}   (mean of five seeds)")


# %% id="rate-claim"
def recovered(runs):
    return all(run.val_accuracy[-1] > 0.7 for run in runs)


by_accuracy = [fault for fault, runs in raised.items() if recovered(runs)]

# %% id="rate-claim-claims"
claim("2 of 7", len(by_accuracy), "faults with an accuracy above 0.7 in all five seeds at the tenfold rate")
assert by_accuracy == ["rate too low", "softmax twice"]

# %% id="rate-claim-outcome"
outcome("07-rate")

# %% id="rate-claim-loss"
loss = {fault: [run.train_loss[-1] for run in raised[fault]] for fault in by_accuracy}
floor = np.log(1 + 9 * np.exp(-1))

# %% id="rate-claim-loss-claims"
claim(
    "< 1", max(loss["rate too low"]), "rate too low: training loss at the tenfold rate, worst of five seeds"
)
claim("1.461", floor, "softmax twice: no network can have a lower loss than this")
claim(
    "< 0.2",
    max(loss["softmax twice"]) - floor,
    "softmax twice: how far the five runs stay above that floor",
)

# %% [markdown] id="rate-fact"
# **In fact** the advice mends 2 of 7 if you look at the accuracy, and one of the two is not mended. The rate that was too low is.
# The second softmax is still in the model: its loss has come down to a floor of 1.461, below which no network can get it
# (section 4), and it stays there, whatever is trained. The rate has made the fault bearable and thereby hidden it. For the five
# others a higher rate changes nothing. And a rate that is too *high* shows the same flat curve. Ask the five questions first;
# they take less time than one more training.
#
# ## 7 A checklist that runs
#
# Our source ends with a list to tick: items before training, during, and after. A tick says that somebody meant to look. Here
# each item is a function that measures; where something is missing it says "not checkable", which is not the same as "pass".
#
# ### Before

# %% id="preflight-run" tags=["nbval-ignore-output"]
from course_lib.numpy_nn.studies.before_training import preflight

model = mlp([64, 64, 64, 10], rng=np.random.default_rng(0))
before = preflight(model, train=train, validation=validation, test=test)
print(before)
assert not before.failed and not before.unchecked

# %% [markdown] id="preflight-faults"
# Now seven planted faults, and the items that each of them fails.

# %% id="preflight-planted"
from course_lib.numpy_nn.initializers import normal, zeros

raw = [(digits.x[rows], digits.y[rows]) for rows in (split.train, split.validation, split.test)]
names = ("train", "validation", "test")
overlap = (np.vstack([test[0][:-5], train[0][:5]]), test[1])
by_class = np.argsort(digits.y, kind="stable")
sorted_parts = [(scale.transform(digits.x[r]), digits.y[r]) for r in np.split(by_class, [1258, 1528])]
rng = np.random.default_rng(0)
PLANTED = {
    "raw pixels": preflight(model, **dict(zip(names, raw, strict=True))),
    "five rows in two parts": preflight(model, train=train, validation=validation, test=overlap),
    "split without shuffling": preflight(model, **dict(zip(names, sorted_parts, strict=True))),
    "nine outputs": preflight(mlp([64, 64, 9], rng=rng), train=train, validation=validation),
}

# %% id="preflight-planted-more"
PLANTED["all weights zero"] = preflight(
    mlp([64, 64, 10], rng=rng, initializer=zeros), train=train, test=test
)
PLANTED["weights too large"] = preflight(
    mlp([64, 64, 10], rng=rng, initializer=normal(3.0)), train=train, test=test
)
PLANTED["softmax in the model"] = preflight(Sequential(*model.layers, Softmax()), train=train, test=test)
for name, report in PLANTED.items():
    print(f"{name:<24} fails: {', '.join(report.failed)}")
assert all(report.failed for report in PLANTED.values())
assert PLANTED["softmax in the model"].failed == ("outputs and loss",)

# %% [markdown] id="recipe"
# ### During: with the recipe of our source
#
# Our source's settings to start with: Adam at rate 0.001, batches of 32, 100 epochs, two hidden layers of 64 to 128
# units with ReLU. They are good ones. Five seeds on the digits:


# %% id="recipe-run" tags=["nbval-ignore-output"]
def recipe(seed):
    model = mlp([64, 64, 64, 10], rng=np.random.default_rng(seed))
    history = train_mlp(model, train, optimizer=Adam(1e-3), epochs=100, seed=seed, validation=validation)
    return model, history


runs = [recipe(seed) for seed in range(5)]
accuracies = [evaluate(model, validation)["accuracy"] for model, _ in runs]
interval = t_interval(accuracies)
print(
    f"validation accuracy after 100 epochs: {interval.mean:.3f}, 95 % {interval.low:.3f} to {interval.high:.3f}"
)
at_15 = [history.series("val", "accuracy", "epoch")[1][14] for _, history in runs]
later = paired_comparison(accuracies, at_15).interval
print(f"gained after epoch 15: {later.mean:+.3f}, 95 % {later.low:+.3f} to {later.high:+.3f}")

# %% id="recipe-claim"
quoted("0.001", report="theory")
claim(">= 0.95", interval.low, "accuracy of the recipe, lower end of the interval of five seeds")
claim("< 0.03", later.high, "what epochs 16 to 100 add to the accuracy, upper end of the interval")

# %% [markdown] id="monitor"
# The last 85 epochs add about one point; lesson 06 stops such a run and keeps its best weights. Which weights did *this* run keep? Ask.

# %% id="monitor-run" tags=["nbval-ignore-output"]
from course_lib.core.stopping import EarlyStopping
from course_lib.numpy_nn.studies.monitor import monitor

last_model, last_history = runs[0]
print(monitor(last_history, knowing_nothing=np.log(10), model=last_model, validation=validation))
model = mlp([64, 64, 64, 10], rng=np.random.default_rng(0))
settings = {"optimizer": Adam(1e-3), "epochs": 100, "seed": 0, "validation": validation}
history = train_mlp(model, train, stopper=EarlyStopping(patience=10), **settings)
during = monitor(history, knowing_nothing=np.log(10), model=model, validation=validation)
print("\nwith early stopping,", during)

# %% id="monitor-claim"
assert not during.failed and not during.unchecked
without = monitor(last_history, knowing_nothing=np.log(10), model=last_model, validation=validation)
assert "best weights kept" in without.failed, "the weights of the last epoch are not those of the best"

# %% [markdown] id="post"
# ### After
#
# The test part lies in a `Sealed`, which counts how often it is opened. Then: which digits are confused, which
# samples are worst, a picture of them, and a record of the settings.

# %% id="post-open" tags=["nbval-ignore-output"]
from course_lib.numpy_nn.studies.after_training import Sealed, analyse_errors, post

sealed = Sealed(*test)
x_test, y_test = sealed.open("final accuracy of the model with early stopping")
errors = analyse_errors(model, x_test, y_test)
guesses = model.forward(x_test).argmax(axis=1)

# %% id="post-worst" tags=["nbval-ignore-output"]
titles = [f"{y_test[row]} as {guesses[row]}" for row in errors.worst]
figure = images.image_grid(
    scale.inverse(x_test[list(errors.worst)]).reshape(-1, 8, 8),
    titles=titles,
    columns=10,
    title="The ten worst test images",
)
style.show(
    figure,
    alt=f"The ten test images with the largest loss, titled true digit as predicted digit: {', '.join(titles)}.",
)

# %% id="post-confusion" tags=["nbval-ignore-output"]
figure_2, axes = style.canvas(width=5.2, height=4.4)
matrices.confusion(axes, errors.matrix, [str(k) for k in range(10)])
axes.set_title("Confusion on the test part")
true, predicted, count = errors.confused
style.show(
    figure_2,
    alt=f"Confusion matrix of ten digits on 269 test images; nearly all lie on the diagonal. The largest number off it is "
    f"{count}, for the digit {true} read as {predicted}.",
)

# %% [markdown] id="post-reading"
# *Reading*: look at the worst images before you blame the network: some of them you would misread yourself. Single wrong
# labels are found here, and hardly anywhere else.

# %% id="post-run" tags=["nbval-ignore-output"]
RECORD = {
    "sizes": [64, 64, 64, 10], "activation": "ReLU", "initializer": "he_normal", "optimizer": "Adam", "rate": 1e-3,
    "batch_size": 32, "epochs": 100, "patience": 10, "seed": 0, "split": "split_indices(seed=0)",
}  # fmt: skip
after = post(test=sealed, errors=errors, figure=figure, settings=RECORD)
print(after)
sealed.open("another look, after changing the rate")
print(
    "\nafter one more look, failed:",
    post(test=sealed, errors=errors, figure=figure, settings=RECORD).failed,
)

# %% id="post-claim"
assert not after.failed and not after.unchecked
assert post(test=sealed, errors=errors, figure=figure, settings=RECORD).failed == ("test part used once",)
claim("> 0.9", errors.accuracy, "accuracy on the test part, opened once")
assert errors.matrix.sum() == len(sealed)

# %% [markdown] id="clinic"
# ## 8 The clinic: four broken runs
#
# Now without knowing what was planted. Each case is a training of one small network, 64-32-32-10, with one fault. The
# instruments are the same for all: losses, the loss of every batch, the length of each step relative to the weights, the
# confusion matrix, and a table. **Look, decide, then run the next cell.** For comparison, the readings of a healthy run:

# %% id="clinic-healthy" tags=["nbval-ignore-output"]
import textwrap

from course_lib.teaching.clinic.cards import FAULTS, diagnose, readings, show_case, show_mended, table

print(table(readings("healthy")))
print(textwrap.fill("faults to choose from: " + "; ".join(FAULTS), 110))

# %% [markdown] id="case-1"
# ### Case 1
#
# Follow the third panel from the left end: how long is the first step, how long the fortieth? The rate is constant.

# %% id="case-1-show" tags=["nbval-ignore-output"]
show_case("case-01")

# %% id="case-1-diagnose" tags=["nbval-ignore-output"]
diagnose("case-01", ...)  # <- for example "rate too high"

# %% [markdown] id="case-1-answer"
# "Rate too high" is the first thought, and the instruments speak against it: at a rate that is too high the *first* step is too
# long already. Here the first is normal and the steps grow. What adds up?

# %% id="case-1-verdict"
diagnose("case-01", "rate too high", record=False)
diagnose("case-01", "zero_grad missing", record=False)
run = readings("case-01")

# %% id="case-1-verdict-claims"
claim("> 5", run.updates[0][39] / run.updates[0][0], "length of step 40 over that of step 1")

# %% id="case-1-mended" tags=["nbval-ignore-output"]
show_mended("case-01")

# %% [markdown] id="case-2"
# ### Case 2
#
# A poor validation accuracy. Before you change the network: what does the table say about fresh samples, which are measured
# by other code?

# %% id="case-2-show" tags=["nbval-ignore-output"]
show_case("case-02")

# %% id="case-2-diagnose" tags=["nbval-ignore-output"]
diagnose("case-02", ...)

# %% id="case-2-verdict"
diagnose("case-02", "dropout on in evaluation", record=False)
run = readings("case-02")

# %% id="case-2-verdict-claims"
claim("> 0.1", run.fresh_accuracy[-1] - run.val_accuracy[-1], "by how much the right measurement is better")

# %% id="case-2-mended" tags=["nbval-ignore-output"]
show_mended("case-02")

# %% [markdown] id="case-3"
# ### Case 3
#
# A validation accuracy to be proud of. Which row of the table would you ask for before you report it?

# %% id="case-3-show" tags=["nbval-ignore-output"]
show_case("case-03")

# %% id="case-3-diagnose" tags=["nbval-ignore-output"]
diagnose("case-03", ...)

# %% id="case-3-verdict"
diagnose("case-03", "chosen on the test part", record=False)
diagnose("case-03", "leak across the split", record=False)
run = readings("case-03")

# %% id="case-3-verdict-claims"
claim(
    "> 0.2",
    run.val_accuracy[-1] - run.fresh_accuracy[-1],
    "validation accuracy minus that on fresh samples, at the end",
)

# %% id="case-3-mended" tags=["nbval-ignore-output"]
show_mended("case-03")

# %% [markdown] id="case-3-note"
# The mended run looks *worse*, and it is the honest one: four labels in ten are wrong in these data, so that no network can do well on them.
#
# ### Case 4
#
# There is little to see, and one row of the table is enough.

# %% id="case-4-show" tags=["nbval-ignore-output"]
show_case("case-04")

# %% id="case-4-diagnose" tags=["nbval-ignore-output"]
diagnose("case-04", ...)

# %% id="case-4-verdict"
diagnose("case-04", "softmax overflows", record=False)
diagnose("case-04", "zero by zero", record=False)

# %% id="case-4-mended" tags=["nbval-ignore-output"]
show_mended("case-04")

# %% [markdown] id="clinic-rest"
# Fourteen more cases are on the exercise sheet, without a guide.
#
# ## 9 Recall
#
# Answer without scrolling up. Two questions are from earlier lessons.

# %% id="recall-1" tags=["nbval-ignore-output"]
recall("07-gradient-step")

# %% id="recall-2" tags=["nbval-ignore-output"]
recall("07-one-batch")

# %% id="recall-3" tags=["nbval-ignore-output"]
recall("07-floor")

# %% id="recall-4" tags=["nbval-ignore-output"]
recall("07-first-bad")

# %% id="recall-5" tags=["nbval-ignore-output"]
recall("07-zeros")

# %% id="recall-6" tags=["nbval-ignore-output"]
recall("07-mean-sum")

# %% id="recall-keys"
claim("1.5", floor, "the floor of softmax twice, to one decimal")

# %% [markdown] id="full-size"
# ## At full size
#
# There is no larger run to show: debugging is done small, and that is its rule. What carries over to the models of the later chapters: the five
# questions cost seconds for a network of any size if the batch is small; the instruments (`course_lib.core.layer_stats`) take arrays and do not
# ask where they come from; in torch, `torch.autograd.gradcheck` compares gradients in float64, and
# `torch.autograd.set_detect_anomaly(True)` names the operation that made a NaN in the backward pass.

# %% id="full-size-run"
weights = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
assert torch.autograd.gradcheck(torch.tanh, (weights,)), "torch's own check, in float64"

# %% id="full-size-anomaly"
import warnings

with torch.autograd.set_detect_anomaly(True), warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the warning repeats the place, with a trace
    zero = torch.zeros(1, requires_grad=True)
    try:
        (torch.sqrt(zero) * 0).sum().backward()  # infinity times zero
    except RuntimeError as error:
        claim(
            "1",
            int("SqrtBackward" in str(error)),
            "the message names the operation whose backward gave NaN",
        )

# %% [markdown] id="next"
# ## Next
#
# The [exercise sheet](../exercises/07_debugging.ipynb): the gradient
# check, the stable loss, the one batch, a test for leaks, and fourteen patients.

# %% id="progress" tags=["nbval-ignore-output"]
from course_lib.teaching.learner.progress import show_progress

show_progress()

# %% [markdown] id="sources"
# ## Sources
#
# - Karpathy 2019, *A recipe for training neural networks*: look at the data, check the first loss, overfit one batch.
# - Baydin, Pearlmutter, Radul, Siskind 2018, *Automatic differentiation in machine learning: a survey*: why numerical
#   differences are a check and not a method.
# - Pascanu, Mikolov, Bengio 2013, *On the difficulty of training recurrent neural networks*: gradients that explode, and clipping.
# - Goodfellow, Bengio, Courville 2016, *Deep Learning*, section 4.1 on overflow, and section 11.5 on debugging strategies.
# - PyTorch documentation of `CrossEntropyLoss`, `BCEWithLogitsLoss` and `Optimizer.zero_grad`.
