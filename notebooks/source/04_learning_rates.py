# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # 04 Learning rates
#
# The gradient says in which direction to go. The **learning rate** says how far, and no other setting decides as much about
# whether a network learns. In this lesson you measure how large a step may be on a real network, find a good rate without
# guessing, and change it during training on purpose and not by accident.
#
# **Afterwards you can**
#
# - measure the largest curvature $\lambda_{\max}$ of a network's loss, and show that $2/\lambda_{\max}$ is the limit;
# - read a range test and a sensitivity curve, for SGD, momentum and Adam;
# - write and check the usual schedules, and see from a log of the rate when one is broken;
# - count updates, not epochs, and scale the rate with the batch as far as that goes;
# - say when a schedule pays, and when it does not.
#
# **Time**: 75 minutes, and about 115 for the [exercise sheet](../exercises/04_learning_rates.ipynb).
# **Needs**: lessons 01 and 03. No GPU, no network.

# %% id="setup"
import numpy as np

from course_lib.core import schedules
from course_lib.core.stats import paired_comparison, t_interval
from course_lib.numpy_nn.data import Standardizer, split_indices
from course_lib.numpy_nn.datasets import load_diabetes, load_digits
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import SGD, Adam, Momentum
from course_lib.numpy_nn.train import evaluate, train_mlp
from course_lib.plots import curves, style
from course_lib.teaching.claims import claim, quoted
from course_lib.teaching.predict import outcome, predict, recall
from course_lib.teaching.build.source import show_source

# %% id="data"
digits = load_digits()
split = split_indices(digits.y, seed=0)
x = Standardizer.fit(digits.x[split.train]).transform(digits.x)
train = x[split.train], digits.y[split.train]
validation = x[split.validation], digits.y[split.validation]
raw = digits.x[split.train], digits.y[split.train]  # pixels from 0 to 16, not standardized


# %% id="end-loss"
@np.errstate(over="ignore", invalid="ignore")
def end_loss(optimizer, seed, data=train, **settings):
    model = mlp([64, 32, 10], rng=np.random.default_rng(seed))
    try:
        train_mlp(model, data, optimizer=optimizer, seed=seed, **{"epochs": 4} | settings)
        return evaluate(model, data)["loss"]
    except ValueError:  # the run diverged
        return np.inf


# %% [markdown] id="try-first"
# ## Try first: one rate for three
#
# Three trainings of the same network, four epochs each: SGD on standardized digits, SGD on raw pixels, Adam on standardized
# digits. Find **one rate that is good for all three**: say, with a training loss below `0.3` each. Give it five minutes.

# %% id="try-first-run" tags=["nbval-ignore-output"]
TASKS = {"SGD": (SGD, train), "SGD, raw pixels": (SGD, raw), "Adam": (Adam, train)}
rate = 0.01  # <- your rate
for name, (optimizer, data) in TASKS.items():
    print(f"{name:<16} training loss {end_loss(optimizer(rate), seed=0, data=data):.3f}")

# %% [markdown] id="try-first-reading"
# The grid below tries ten rates with five seeds. At every one of them at least one of the three ends with **more than five
# times** the loss that it reaches at its own best rate. On this grid no such rate exists.

# %% id="try-first-grid"
rates = 10.0 ** np.arange(-4, 1, 0.5)
ends = {
    name: np.array([[end_loss(optimizer(rate), seed, data=data) for rate in rates] for seed in range(5)])
    for name, (optimizer, data) in TASKS.items()
}  # (seeds, rates) each
typical = {name: np.median(losses, axis=0) for name, losses in ends.items()}
worst = np.max([losses / losses.min() for losses in typical.values()], axis=0)  # of the three, at each rate

# %% id="try-first-grid-claims"
claim("> 5", worst.min(), "loss of the worst of the three over its own best, at the best common rate")
claim(
    "> 0.3",
    np.max(list(typical.values()), axis=0).min(),
    "loss of the worst of the three at the best common rate",
)

# %% [markdown] id="refuted-range"
# **You may think** that the best rate lies between 0.001 and 0.01; our source says so, and that 0.0001 is too small and 1.0
# too large. **In fact** a rate means nothing without the optimizer, the scale of the data and the curvature. **The run**: on
# the standardized digits the best rate of the source's range leaves SGD with a loss above 1, while the rate
# `1.0`, which "may diverge", is among its best (median of five); Adam at the same `1.0` is ruined.

# %% id="refuted-range-run"
quoted("0.001-0.01", report="theory")
quoted("0.0001", report="theory")
quoted("1.0", report="theory")
assert np.isclose(rates[8], 1.0)
inside = (rates > 0.9e-3) & (rates < 1.1e-2)
claim("0.001", rates[inside].min(), "the lowest rate of the range that was tried")
claim("> 1", ends["SGD"][:, inside].min(), "the best loss of SGD within the range, five seeds")
claim("< 0.2", typical["SGD"][8], "the median loss of SGD at rate 1.0")
claim("> 5", ends["Adam"][:, 8].min(), "the best loss of Adam at rate 1.0")

# %% [markdown] id="limit"
# ## 1 The limit, measured
#
# Lesson 01 derived it for a bowl: along a direction of curvature $\lambda$ one step multiplies the distance to the minimum by
# $1 - \eta\lambda$. The distance shrinks when $\eta < 2/\lambda$, so the steepest direction sets the limit
# $2/\lambda_{\max}$. Does that hold for a network? Its curvature is the matrix of second derivatives, the **Hessian** $H$: for
# $P$ parameters a $P \times P$ matrix that nobody wants to write down. We only need its largest eigenvalue.
#
# Two ideas. **A product with $H$ is a difference of gradients**: $Hv \approx \frac{g(\theta + hv) - g(\theta - hv)}{2h}$.
# **Power iteration**: multiply any direction by $H$ again and again; each multiplication stretches its part along an
# eigenvector by that eigenvalue, so in the end the steepest direction is all that is left.

# %% id="limit-source"
from course_lib.by_hand.curvature import largest_eigenvalue

show_source(largest_eigenvalue)

# %% [markdown] id="limit-check"
# Do not believe it, check it: for a network of 310 parameters the whole Hessian can be written down, one column per
# parameter, and handed to a library. In float64, for a difference of nearly equal gradients keeps only the digits in which
# they differ.

# %% id="limit-check-run"
from course_lib.numpy_nn.studies.curvature import curvature_along, full_gradient, largest_curvature
from course_lib.numpy_nn.layers import Tanh

x_some, y_some = train[0][:300].astype(np.float64), train[1][:300]
tiny = mlp([64, 4, 10], rng=np.random.default_rng(0), activation=Tanh, dtype=np.float64)
count = tiny.parameters.size
hessian = np.array([curvature_along(tiny, x_some, y_some, column) for column in np.eye(count)])
exact = np.linalg.eigvalsh((hessian + hessian.T) / 2)

# %% id="limit-check-claims-claims"
found = largest_curvature(tiny, x_some, y_some, iterations=200, tolerance=1e-6).value
claim("310", count, "parameters of the network 64-4-10")
claim("< 1e-4", abs(found - exact[-1]) / exact[-1], "relative error of power iteration")
claim(
    "> 0.7",
    np.mean(np.abs(exact) < exact[-1] / 10),
    "share of directions with less than a tenth of that curvature",
)

# %% id="limit-check-claims"
print(f"eigenvalues from {exact[0]:.2f} to {exact[-1]:.2f}")

# %% [markdown] id="limit-minimum"
# Most directions are flat beside the few steep ones, and some curve downwards: this is what the loss of a network looks
# like from within.
#
# Now the limit itself. It speaks about a minimum, so we need one. With a small penalty on the weights (lesson 05), full
# batches and patience the network 64-16-10 comes to rest where its gradient is zero to nine digits.

# %% id="limit-minimum-run"
DECAY = {"weight_decay": 0.03}
model = mlp([64, 16, 10], rng=np.random.default_rng(0), activation=Tanh, dtype=np.float64)
optimizer = Momentum(0.5, momentum=0.95)
for _ in range(1_200):
    loss, gradient = full_gradient(model, x_some, y_some, **DECAY)
    optimizer.step(model.parameters, gradient)
minimum = model.parameters.copy()

# %% id="limit-minimum-run-claims"
claim("< 1e-9", np.linalg.norm(gradient), "length of the gradient at the minimum")

# %% id="limit-minimum-run-then"
steepest = largest_curvature(model, x_some, y_some, iterations=300, tolerance=1e-6, **DECAY)
limit = 2 / steepest.value
print(f"largest curvature {steepest.value:.3f}, so the limit is {limit:.2f}")

# %% id="limit-predict" tags=["nbval-ignore-output"]
predict("04-limit")


# %% id="limit-run"
def distances(share, steps=40):
    """Distance from the minimum along the steepest direction, at `share` of the limit."""
    model.parameters[:] = minimum + 1e-5 * steepest.direction
    seen = [1e-5]
    for _ in range(steps):
        _, gradient = full_gradient(model, x_some, y_some, **DECAY)
        model.parameters -= share * limit * gradient
        seen.append(float((model.parameters - minimum) @ steepest.direction))
    return np.array(seen)


# %% id="limit-paths"
paths = {share: distances(share) for share in (0.9, 0.95, 1.05, 1.1)}

# %% id="limit-paths-claims" tags=["results"]
claim("-0.900", paths[0.95][10] / paths[0.95][9], "measured factor of a step at 0.95 of the limit")
claim("-1.100", paths[1.05][10] / paths[1.05][9], "the same at 1.05 of the limit")

# %% id="limit-paths-outcome"
outcome("04-limit")

# %% id="limit-figure"
figure, axes = style.canvas(width=8, height=3.4)
for index, (share, path) in enumerate(paths.items()):
    curves.line(axes, np.arange(41), np.abs(path), label=f"{share:.0%} of the limit", index=index)
    axes.plot(np.arange(41), 1e-5 * abs(1 - 2 * share) ** np.arange(41), color="0.3", linewidth=0.7)
axes.set(yscale="log", xlabel="step", ylabel="distance from the minimum")
axes.set_title("A real network at the limit (thin: predicted)")
curves.legend(axes, loc="lower left")
style.show(
    figure,
    alt="Distance from the minimum over 40 steps, on a log scale, at four rates. At 90 and 95 % of the "
    "limit straight falling lines, at 105 and 110 % straight rising lines; thin predicted lines lie "
    "on top of all four.",
)

# %% [markdown] id="limit-reading"
# *Reading*: four straight lines on a log scale, each on top of its prediction. At `0.95` of the limit the distance shrinks
# by a tenth in every step, at `1.05` it grows by a tenth. The rule of the bowl is exact for a network, *near a minimum*.
#
# And far away? Leave it running at `1.02` times the limit:

# %% id="limit-beyond"
model.parameters[:] = minimum + 1e-3 * steepest.direction
for _ in range(600):
    above, gradient = full_gradient(model, x_some, y_some, **DECAY)
    model.parameters -= 1.02 * limit * gradient
claim(
    "> 0.01",
    np.linalg.norm(model.parameters - minimum),
    "distance from the minimum after 600 steps at 1.02 times the limit",
)
claim("between 1.0001 and 1.1", above / loss, "loss there, as a multiple of the loss at the minimum")

# %% id="limit-beyond-middle"
there = model.parameters.copy()
_, gradient = full_gradient(model, x_some, y_some, **DECAY)
model.parameters[:] = there - 1.02 * limit * gradient / 2  # half of the next step
in_the_middle = largest_curvature(model, x_some, y_some, iterations=300, tolerance=1e-6, **DECAY).value
claim(
    "between 0.9 and 0.999",
    in_the_middle / steepest.value,
    "curvature half-way between two steps, over that before",
)

# %% [markdown] id="limit-beyond-reading"
# It has left the minimum and has not gone to infinity: it jumps to and fro across a place where the loss is a little higher
# and the curvature a little lower. A bowl is the same everywhere, a network is not. So what does a network do that is
# trained *from the start* at a rate that its curvature does not allow?
#
# ## 2 The edge of stability
#
# Full-batch gradient descent on 300 digits, squared error, network 64-32-32-10. Along the way we measure
# $\lambda_{\max}$ and compare it with what the rate allows, $2/\eta$.

# %% id="edge-run"
from course_lib.numpy_nn.losses import squared_error

one_hot = np.eye(10)[y_some]
SQUARED = {"loss": squared_error}


def wide_enough(seed):
    return mlp([64, 32, 32, 10], rng=np.random.default_rng(seed), activation=Tanh, dtype=np.float64)


# %% id="edge-follow"
def edge(rate, seed=0, steps=800, watch_from=0):
    model, seen, losses, direction = wide_enough(seed), [], [], None
    for step in range(steps + 1):
        if step % 40 == 0 and step >= watch_from:
            settings = {"iterations": 15, "tolerance": 1e-2, "start": direction, **SQUARED}
            found = largest_curvature(model, x_some, one_hot, **settings)
            direction = found.direction  # the next search starts here
            seen.append(found.value)
        loss, gradient = full_gradient(model, x_some, one_hot, **SQUARED)
        model.parameters -= rate * gradient
        losses.append(loss)
    return np.array(seen), np.array(losses)


# %% id="edge-predict" tags=["nbval-ignore-output"]
predict("04-edge")

# %% id="edge-runs"
followed = {rate: edge(rate) for rate in (0.5, 1.0, 1.5, 2.0)}

# %% id="edge-figure"
figure, axes = style.canvas(1, 4, width=11, height=3, sharey=True)
for axis, (rate, (seen, _)) in zip(axes, followed.items(), strict=True):
    curves.line(axis, 40 * np.arange(len(seen)), seen, label="measured", index=0)
    axis.axhline(2 / rate, color=style.PALETTE[1], linestyle="--", label="limit 2 / rate")
    axis.set_title(f"rate {rate}")
    axis.set_xlabel("step")
axes[0].set(ylabel="largest curvature", ylim=(0, 4.3))
curves.legend(axes[1], loc="upper right")
style.show(
    figure,
    alt="Largest curvature over 800 steps at four rates, with the limit 2 / rate as a dashed line. At "
    "rate 0.5 it stays at half of the limit; at 1.0 it rises slowly towards it; at 1.5 and 2.0 it "
    "lies on the limit from an early step on.",
)

# %% [markdown] id="edge-reading"
# *Reading*: at the two large rates the curvature comes to the dashed line and stays there. At 1.0 it is still climbing towards
# it when the run ends, and at `0.5` it stays far below for as long as we look.


# %% id="edge-claims"
def share_of_limit(rate):
    return followed[rate][0][-8:].mean() * rate / 2


# %% id="edge-claims-claims"
claim("> 2", followed[2.0][0][0], "curvature at the start, as a multiple of what rate 2 allows")
claim("between 0.9 and 1.1", share_of_limit(2.0), "curvature over the limit at the end, rate 2.0")
claim("between 0.7 and 1.1", share_of_limit(1.5), "the same at rate 1.5")
claim("between 0.6 and 1.0", share_of_limit(1.0), "the same at rate 1.0")
claim("< 0.6", share_of_limit(0.5), "the same at rate 0.5")
claim(
    "> 0", followed[1.0][0][-1] - followed[1.0][0][10], "rate 1.0: rise of the curvature from step 400 on"
)

# %% id="edge-claims-outcome"
outcome("04-edge")

# %% id="edge-seeds" tags=["nbval-ignore-output"]
several = [edge(2.0, seed, steps=600, watch_from=400) for seed in range(5)]
shares = [seen.mean() for seen, _ in several]  # the limit at rate 2 is 1
rising = [np.mean(np.diff(losses) > 0) for _, losses in several]
print(f"rate 2, five starts: curvature over the limit {np.round(shares, 2)}")
print(f"share of steps in which the loss rose {np.round(rising, 2)}")

# %% id="edge-seeds-claims" tags=["results"]
claim("> 0.85", min(shares), "the lowest of the five, as a multiple of the limit")
claim("< 1.15", max(shares), "the highest of the five")
claim(
    ">= 2", sum(share > 0 for share in rising), "of five starts, in how many the loss rises in some steps"
)
claim("< 0.3", max(rising), "share of steps in which the loss rose, largest of five")
claim(
    "< 0.05",
    max(losses[-1] / losses[0] for _, losses in several),
    "end of the loss over its start, worst of five",
)

# %% [markdown] id="edge-meaning"
# Cohen and others (2021) named this the **edge of stability**: at a rate of practical size full-batch descent does not sit
# safely below the limit. Its curvature moves to the limit, in most of the five starts the loss goes up in some steps, and it learns all the same. What we
# do *not* see here is their full picture: at the small rate the rise would take far longer than a lesson. And it depends on
# the loss. With cross-entropy the curvature *falls* once the network becomes certain, so that the limit moves away:

# %% id="edge-cross-entropy"
model = wide_enough(0)
at_start = largest_curvature(model, x_some, y_some).value
for _ in range(300):
    _, gradient = full_gradient(model, x_some, y_some)
    model.parameters -= 0.5 * gradient
claim(
    "< 0.3",
    largest_curvature(model, x_some, y_some).value / at_start,
    "curvature after 300 steps over that at the start",
)

# %% [markdown] id="sensitivity"
# ## 3 How much does the rate matter? Sensitivity curves
#
# Nobody computes eigenvalues before every training. A **sensitivity curve** is the plain alternative: the loss at the end
# against the rate, over decades, for several seeds. SGD and Adam are from "Try first"; momentum is added.

# %% id="sensitivity-predict" tags=["nbval-ignore-output"]
predict("04-momentum")

# %% id="sensitivity-run"
ends["momentum 0.9"] = np.array([[end_loss(Momentum(rate), seed) for rate in rates] for seed in range(5)])

# %% id="sensitivity-figure"
figure, axes = style.canvas(width=8.5, height=3.6)
for index, name in enumerate(("SGD", "momentum 0.9", "Adam")):
    curves.band(axes, rates, np.log10(np.minimum(ends[name], 1e2)), label=name, index=index)
axes.axhline(np.log10(np.log(10)), color="0.5", linewidth=1, linestyle=":")
axes.set(xscale="log", xlabel="rate", ylabel="log10 of the training loss", ylim=(-2.2, 1.5))
axes.set_title("Loss after four epochs: mean and 95 % interval of five seeds")
curves.legend(axes, loc="lower left")
style.show(
    figure,
    alt="Training loss after four epochs against the rate from 0.0001 to 3, both on log scales, for "
    "three optimizers. Each curve falls to a narrow valley and then rises steeply. The valley of "
    "Adam is at 0.01 to 0.03, of momentum at 0.03 to 0.1, of SGD near 1. A dotted line marks the loss "
    "of knowing nothing.",
)

# %% [markdown] id="sensitivity-reading"
# *Reading*: three valleys of similar depth in different places. To the left every curve falls gently: a rate three times too
# small costs time. To the right the walls are steep: ten times the best rate ruins every one of them. Adam's valley is no wider
# than the others, so "Adam needs no tuning" is not what this shows.

# %% id="sensitivity-claims"
shifted = np.abs(np.log10(ends["momentum 0.9"][:, :5] / ends["SGD"][:, 2:7]))  # two half decades apart
claim("< 0.1", shifted.max(), "log10 of the loss: momentum at a rate, SGD at ten times it")
for name in ("SGD", "momentum 0.9", "Adam"):
    claim("< 0.1", np.median(ends[name], axis=0).min(), f"loss at the best rate of {name}")
widths = {name: np.sum(np.median(ends[name], axis=0) < 0.1) for name in ends}
claim(
    "<= 0", widths["Adam"] - widths["SGD"], "rates with a loss below 0.1: how many more Adam has than SGD"
)

# %% id="sensitivity-claims-adam"
best = np.median(ends["Adam"], axis=0).argmin()
claim("> 5", np.median(ends["Adam"][:, best + 2] / ends["Adam"][:, best]), "ten times too large, Adam")

# %% id="sensitivity-claims-adam-outcome"
outcome("04-momentum")

# %% [markdown] id="inside"
# ### What it looks like inside
#
# The loss tells it late. The **update ratio** (how far a step moves a layer's weights, relative to their length) tells it in
# the first steps. One epoch of SGD, first layer:

# %% id="inside-run"
from course_lib.numpy_nn.studies.instruments import UpdateWatch

ratios = {}
for rate in (0.001, 0.1, 1.0):
    watch, model = UpdateWatch(), mlp([64, 32, 10], rng=np.random.default_rng(0))
    hooks = {"on_gradient": [watch.before], "on_step": [watch.after]}
    train_mlp(model, train, optimizer=SGD(rate), epochs=1, seed=0, **hooks)
    ratios[rate] = np.median(watch.ratios[0])
    print(f"rate {rate:<6} median update ratio {ratios[rate]:.1e}")

# %% id="inside-claims"
claim("< 3e-4", ratios[0.001], "update ratio of a rate that is too small")
claim("between 7e-3 and 3e-2", ratios[0.1], "update ratio of a good rate")

# %% [markdown] id="range"
# ## 4 The range test
#
# A sensitivity curve costs dozens of trainings. The **range test** (Smith 2017) gets most of it from one short run in which
# the rate itself grows, by a constant factor from step to step, until the loss explodes. The weights are put back afterwards.

# %% id="range-source"
from course_lib.numpy_nn.studies.range_test import range_test

show_source(range_test)


# %% id="range-run"
def tested(optimizer, seed):
    model = mlp([64, 32, 10], rng=np.random.default_rng(seed))
    return range_test(model, train, optimizer=optimizer(1.0), lowest=1e-4, highest=30, steps=200, seed=seed)


tests = {
    name: [tested(optimizer, seed) for seed in range(5)]
    for name, optimizer in (("SGD", SGD), ("momentum 0.9", Momentum), ("Adam", Adam))
}

# %% id="range-figure"
figure, axes = style.canvas(1, 3, width=11, height=3.2, sharey=True)
for axis, (name, runs) in zip(axes, tests.items(), strict=True):
    for run in runs[1:]:
        axis.plot(run.rates, run.smoothed, color="0.7", linewidth=1)
    curves.line(axis, runs[0].rates, runs[0].smoothed, label="seed 0 (grey: four more)", index=0)
    axis.axvline(runs[0].suggested, color=style.PALETTE[1], linestyle="--", label="a third of the lowest")
    axis.set(xscale="log", xlabel="rate", title=name, xlim=(1e-4, 30), ylim=(0, 4))
axes[0].set_ylabel("smoothed batch loss")
curves.legend(axes[0], loc="upper left", fontsize=9)
style.show(
    figure,
    alt="Smoothed loss against a growing rate, three optimizers, five seeds each. All stay flat, fall "
    "over two decades and explode: SGD near 2, momentum near 0.5, Adam near 0.1. A dashed line "
    "marks a third.",
)

# %% [markdown] id="range-reading"
# *Reading*: flat (too small to matter), falling (worth trying), exploding (too large). The lowest point of the curve is
# **not** the rate to take: there the loss has stopped falling. A third of it, or less, is a start. It lags, too, since
# the curve is an average over the last ten steps or so and the network has been trained on the way.

# %% id="range-claims"
for name, runs in tests.items():
    suggested = np.median([run.suggested for run in runs])
    nearest = np.abs(np.log(rates / suggested)).argmin()
    good = np.median(ends[name], axis=0)
    claim(
        "< 0.2",
        good[nearest],
        f"loss of section 3 at the grid's rate next to what the range test suggests, {name}",
    )
lowest = [[run.turning_point for run in tests[name]] for name in ("SGD", "momentum 0.9", "Adam")]
claim("> 1", min(lowest[0]) / max(lowest[1]), "SGD's lowest point over momentum's, closest seeds")
claim("> 1", min(lowest[1]) / max(lowest[2]), "momentum's lowest point over Adam's, closest seeds")

# %% [markdown] id="schedules"
# ## 5 Schedules: the rate as a function of the step
#
# A large rate is fast at first and noisy at the end, so the usual wish is: large first, small last. In this course a
# schedule is a function from the step (from 0) to a **multiplier** of the base rate. Here are six, over 60 epochs.

# %% id="schedules-shapes"
watched = np.concatenate(
    [np.geomspace(2.3, 0.4, 20), np.full(40, 0.4)]
)  # a validation loss that stops falling
plateau, by_loss = schedules.Plateau(0.5, patience=9), []
for epoch, loss in enumerate(watched):
    by_loss.append(plateau(epoch))  # the multiplier of this epoch ...
    plateau.update(loss)  # ... and only then its validation loss
SHAPES = {
    "constant": schedules.constant(),
    "exponential": schedules.exponential(0.95),
    "step": schedules.step_decay(0.5, every=10),
    "plateau": by_loss.__getitem__,
    "warm-up + cosine": schedules.cosine_with_warmup(60, warmup=6),
    "one-cycle": schedules.one_cycle(60),
}

# %% id="schedules-figure"
figure, axes = style.canvas(2, 3, width=10, height=4.6, sharex=True, sharey=True)
for axis, (name, schedule) in zip(axes.flat, SHAPES.items(), strict=True):
    axis.step(range(60), [schedule(epoch) for epoch in range(60)], where="mid", color=style.PALETTE[0])
    axis.set_title(name)
for axis in axes[1]:
    axis.set_xlabel("epoch")
for axis in axes[:, 0]:
    axis.set_ylabel("factor")
style.show(
    figure,
    alt="Six schedules over 60 epochs as multipliers of the base rate. Constant: 1. Exponential: a "
    "falling curve to 0.05. Step: halved every ten epochs. Plateau: 1, then halved every ten epochs "
    "once the loss stands still. Warm-up and cosine: a short rise, then half a cosine to 0. One- "
    "cycle: from 0.04 up to 1 at a third of the way, then down to 0.",
)

# %% [markdown] id="schedules-reading"
# *Reading*: the first five start at 1 or get there at once; one-cycle rises for a third of the run. Never trust a
# drawing: write down what you expect at some epochs, and compare.

# %% id="schedules-expected"
expected = {
    "exponential": {0: 1, 1: 0.95, 10: 0.95**10},
    "step": {0: 1, 9: 1, 10: 0.5, 19: 0.5, 20: 0.25, 59: 0.5**5},
    "plateau": {0: 1, 29: 1, 30: 0.5, 40: 0.25, 50: 0.125},
    "warm-up + cosine": {0: 1 / 7, 5: 6 / 7, 6: 1, 33: 0.5, 60: 0},
    "one-cycle": {0: 1 / 25, 17: 1, 59: 1e-4},
}
for name, values in expected.items():
    assert np.allclose([SHAPES[name](epoch) for epoch in values], list(values.values())), name
claim("0.599", SHAPES["exponential"](10), "multiplier of 0.95 per epoch after ten epochs")
claim("0.5", SHAPES["step"](10), "multiplier in the epoch after the first ten")

# %% [markdown] id="schedules-source"
# Look at two details of warm-up and cosine. The first update has the rate $1/(w+1)$ of the full one and not 0: a step at rate 0
# is a wasted batch. And the cosine runs from the *end* of the warm-up to the *end* of the training, so that both ends meet.

# %% id="schedules-source-show"
from course_lib.by_hand.schedules import warmup_cosine

show_source(warmup_cosine)

# %% [markdown] id="bugs"
# ### Two lines that look right
#
# Our source writes decay as `lr = lr_initial * 0.95^epoch`, and step decay as `if epoch % 10 == 0: lr = lr * 0.5`. Both are
# common. In Python `^` is not a power but *exclusive or* of the bits: with a float it raises, with
# two whole numbers it says nothing and is wrong.

# %% id="bugs-power"
try:
    print(0.1 * 0.95 ^ 3)
except TypeError as error:
    print("TypeError:", error)

# %% id="bugs-power-claims"
claim("1", 2 ^ 3, "2 ^ 3 in Python, which is not 8")
claim("8", 2**3, "2 ** 3")
quoted("0.95", report="theory")

# %% id="bugs-predict" tags=["nbval-ignore-output"]
predict("04-modulo")


# %% id="bugs-modulo"
def logged(condition):
    lr, log = 0.1, []
    for epoch in range(30):
        if condition(epoch):
            lr = lr * 0.5
        log.append(lr)  # log the rate: the loss alone would not tell
    return log


# %% id="bugs-modulo-claims"
as_written, mended = logged(lambda epoch: epoch % 10 == 0), logged(lambda epoch: epoch and epoch % 10 == 0)
claim("0.05", as_written[0], "rate of epoch 0 as it is written: halved before training")
claim("0.1", mended[0], "rate of epoch 0 with `epoch and ...`")
assert np.allclose(mended, [0.1 * SHAPES["step"](epoch) for epoch in range(30)]), "the closed form"

# %% id="bugs-modulo-claims-outcome"
outcome("04-modulo")

# %% [markdown] id="plateau"
# ### "Based on the loss": which loss?
#
# The source's fourth schedule is "based on the loss". It is known as *reduce on plateau*, and it must watch the **validation**
# loss: the training loss of a network that is large enough goes on falling and never asks for a smaller rate. The same run
# twice, 40 epochs of Adam, patience 5.


# %% id="plateau-run"
def watching(part, seed):
    model, optimizer = mlp([64, 32, 10], rng=np.random.default_rng(seed)), Adam(0.01)
    rule, log = schedules.Plateau(0.5, patience=5), []
    for epoch in range(40):
        log.append(rule(epoch))
        train_mlp(model, train, optimizer=optimizer, epochs=1, seed=100 * seed + epoch, schedule=rule)
        rule.update(evaluate(model, part)["loss"])
    return log


# %% id="plateau-runs" tags=["nbval-ignore-output"]
by_validation = [watching(validation, seed)[-1] for seed in range(5)]
by_training = [watching(train, seed)[-1] for seed in range(5)]
print("multiplier in the last epoch, watching the validation loss:", by_validation)
print("multiplier in the last epoch, watching the training loss:  ", by_training)

# %% id="plateau-claim"
claim(
    ">= 3",
    sum(end < 1 for end in by_validation),
    "of five runs that watch the validation loss: the rate was lowered",
)
claim("1", min(by_training), "the same, watching the training loss: it never fired")

# %% [markdown] id="move"
# ### Move it
#
# A bowl whose gradient is noisy, as that of batches is; curvature 1, so that the limit is 2. Take *constant* and move the
# peak: the larger the rate, the faster the start and the higher the **floor** at which the noise holds the loss. Take *cosine*:
# the floor sinks with the rate. Then push the peak above the limit, and watch at which step the loss turns.

# %% id="move-shapes"
STEPS = 150
noise = np.random.default_rng(0).standard_normal((100, STEPS))  # 100 runs, at every position the same noise


def multipliers(schedule, warmup):
    rule = {
        "constant": lambda: lambda step: min(1.0, (step + 1) / (warmup + 1)),
        "cosine": lambda: schedules.cosine_with_warmup(STEPS, warmup=warmup),
        "one-cycle": lambda: schedules.one_cycle(STEPS),
    }[schedule]()
    return np.array([rule(step) for step in range(STEPS)])


# %% id="move-descend"
def descend(rate_of_step):
    theta, seen = np.full(100, 10.0), []
    for step, rate in enumerate(rate_of_step):
        seen.append(np.mean(theta**2) / 2)
        theta = theta - rate * (theta + noise[:, step])  # gradient of theta^2 / 2, and noise
    return np.array(seen)


# %% id="move-draw"
def draw(schedule="constant", peak=0.5, warmup=0):
    rate_of_step = peak * multipliers(schedule, warmup)
    seen = descend(rate_of_step)
    figure, (left, right) = style.canvas(1, 2, width=9, height=3.2)
    curves.line(left, np.arange(STEPS), rate_of_step, label="rate", index=0)
    left.axhline(2, color=style.PALETTE[1], linestyle="--", label="limit 2 / curvature")
    left.set(ylim=(0, 2.6), xlabel="step", ylabel="rate", title=f"{schedule}, peak {peak:.2f}")
    curves.legend(left, loc="upper right")
    curves.line(right, np.arange(STEPS), np.clip(seen, 1e-4, 1e9), label="loss", index=0)
    right.set(
        yscale="log", ylim=(1e-4, 1e9), xlabel="step", ylabel="mean loss", title="Loss on a noisy bowl"
    )
    end = seen[-20:].mean()
    tail = " It grew while the rate was above the limit." if rate_of_step.max() > 2 else ""
    return figure, f"{schedule}, peak {peak:.2f}, warm-up {warmup}: the loss ends near {end:.2g}.{tail}"


# %% id="move-widget" tags=["nbval-ignore-output"]
from course_lib.teaching.widgets import explore

explore(draw, schedule=["constant", "cosine", "one-cycle"], peak=(0.05, 2.5, 0.05), warmup=(0, 50, 5))

# %% [markdown] id="move-static"
# The same for readers without a running kernel:

# %% id="move-strip"
for schedule, peak in (("constant", 0.1), ("constant", 1.0), ("cosine", 1.0), ("cosine", 2.3)):
    figure, sentence = draw(schedule, peak)
    style.show(figure, alt=f"Rate and loss over 150 steps on a noisy bowl. {sentence}")

# %% [markdown] id="move-reading"
# *Reading*: a constant rate of `0.1` is slower and ends lower than `1.0`; a cosine from `1.0` is as fast as the one and ends below both.
# With a peak of `2.3` the loss grows by decades until the cosine falls below the limit, and recovers from there.
# The floor of a constant rate can be computed: $\eta / (2(2 - \eta))$ for this bowl and noise of variance 1.

# %% id="move-claims"
for rate in (0.1, 1.0):
    floor = descend(np.full(STEPS, rate))[75:].mean()
    claim(
        "between 0.8 and 1.25",
        floor / (rate / (2 * (2 - rate))),
        f"measured floor over the formula, rate {rate}",
    )
claim(
    "< 0.1",
    descend(multipliers("cosine", 0))[-20:].mean() / 0.5,
    "end of the cosine over the floor of rate 1.0",
)
grown = descend(2.3 * multipliers("cosine", 0))
claim("> 100", grown.max() / grown[0], "how far the loss grows with a peak of 2.3")
claim("< 1", grown[-20:].mean(), "where it ends")

# %% [markdown] id="pays"
# ## 6 Does a schedule beat a tuned constant rate?
#
# A fair question needs a fair protocol: every arm gets its own best peak, tuned on *other* seeds with the same number of tries,
# and is then compared on fresh seeds, in pairs. First where theory says it must pay: **noise that never ends**. Linear
# regression on the diabetes data, batches of 4, `2_000` steps; measured is the excess over the best possible loss.

# %% id="pays-bowl"
diabetes = load_diabetes()
features = Standardizer.fit(diabetes.x).transform(diabetes.x).astype(np.float64)
X = np.hstack([features, np.ones((len(features), 1))])  # (442, 11)
target = ((diabetes.y - diabetes.y.mean()) / diabetes.y.std()).astype(np.float64).ravel()
lowest_loss = np.mean((X @ np.linalg.lstsq(X, target, rcond=None)[0] - target) ** 2)


def excess(rate, schedule, seeds, steps=2_000):
    rows = np.stack([np.random.default_rng(seed).integers(0, len(X), (steps, 4)) for seed in seeds])
    theta = np.zeros((len(seeds), X.shape[1]))  # one row per seed: all of them descend together
    for step in range(steps):
        batch = X[rows[:, step]]  # (seeds, 4, 11)
        error = np.einsum("sbi,si->sb", batch, theta) - target[rows[:, step]]
        theta -= rate * schedule(step) * np.einsum("sb,sbi->si", error, batch) / 2
    return np.mean((theta @ X.T - target) ** 2, axis=1) - lowest_loss


# %% id="pays-bowl-protocol"
def tuned_then_compared(arms, peaks, tune, compare):
    results = {}
    for name, schedule in arms.items():
        best = min(peaks, key=lambda peak: np.mean(tune(peak, schedule)))
        results[name] = compare(best, schedule)
        print(f"{name:<17} best peak {best:.5f}   result {np.mean(results[name]):.4f}")
    return results


# %% id="pays-bowl-run" tags=["nbval-ignore-output"]
ARMS = {
    "constant": schedules.constant(),
    "warm-up + cosine": schedules.cosine_with_warmup(2_000, warmup=100),
}
bowl = tuned_then_compared(
    ARMS,
    2.0 ** np.arange(-12, -3),
    lambda r, s: excess(r, s, range(100, 105)),
    lambda r, s: excess(r, s, range(20)),
)
in_the_bowl = paired_comparison(bowl["warm-up + cosine"], bowl["constant"]).interval
low, high = in_the_bowl.low, in_the_bowl.high
print(f"cosine minus constant {in_the_bowl.mean:+.4f}, 95 % {low:+.4f} to {high:+.4f}, 20 seeds")

# %% id="pays-bowl-claim" tags=["results"]
claim("< 0", in_the_bowl.high, "upper end of the interval: the schedule ends lower")
claim(">= 14", np.sum(bowl["warm-up + cosine"] < bowl["constant"]), "of 20 pairs that it wins")
claim(
    "< 0.85",
    bowl["warm-up + cosine"].mean() / bowl["constant"].mean(),
    "its excess loss over that of the constant rate",
)

# %% [markdown] id="pays-network"
# Now the network on the digits: SGD with momentum, eight epochs, the loss on the validation part.

# %% id="pays-predict" tags=["nbval-ignore-output"]
predict("04-pays")


# %% id="pays-network-run"
def validation_loss(peak, schedule, seeds):
    losses = []
    for seed in seeds:
        model = mlp([64, 32, 10], rng=np.random.default_rng(seed))
        train_mlp(model, train, optimizer=Momentum(peak), epochs=8, seed=seed, schedule=schedule)
        losses.append(evaluate(model, validation)["loss"])
    return losses


# %% id="pays-network-compare" tags=["nbval-ignore-output"]
ARMS = {"constant": schedules.constant(), "warm-up + cosine": schedules.cosine_with_warmup(320, warmup=16)}
digit_losses = tuned_then_compared(
    ARMS,
    2.0 ** np.arange(-8, -3),
    lambda r, s: validation_loss(r, s, (100, 101, 102)),
    lambda r, s: validation_loss(r, s, range(10)),
)
on_digits = paired_comparison(digit_losses["warm-up + cosine"], digit_losses["constant"]).interval
low, high = on_digits.low, on_digits.high
print(f"cosine minus constant {on_digits.mean:+.3f}, 95 % {low:+.3f} to {high:+.3f}, ten seeds")

# %% id="pays-network-claim" tags=["results"]
claim("> 0", on_digits.low, "lower end of the interval: here the schedule ends higher")
claim("between 0.01 and 0.06", on_digits.mean, "by so many nats")

# %% id="pays-network-claim-outcome"
outcome("04-pays")

# %% [markdown] id="pays-reading"
# In the bowl the schedule wins in most of the pairs. On the digits it is clearly **worse** than a constant rate that was tuned
# as carefully: the whole interval lies above 0. Why the difference? Look at what a constant rate is disturbed by: the gradients of single batches, at the start of
# training and at its end.


# %% id="pays-inside"
def batch_gradients(theta):  # of the bowl, batches of 4
    rows = np.random.default_rng(0).integers(0, len(X), (500, 4))
    return np.einsum("sb,sbi->si", X[rows] @ theta - target[rows], X[rows]) / 2


def network_gradients(epochs, seed=0):
    model, found = mlp([64, 32, 10], rng=np.random.default_rng(seed)), []
    if epochs:
        train_mlp(model, train, optimizer=Momentum(2.0**-6), epochs=epochs, seed=seed)
    for start in range(0, 1_248, 32):
        found.append(full_gradient(model, train[0][start : start + 32], train[1][start : start + 32])[1])
    return np.array(found)


# %% id="pays-inside-claims" tags=["nbval-ignore-output"]
def spread(gradients):
    return gradients.var(axis=0).sum()  # squared distance of a batch's gradient from the mean gradient


solution = np.linalg.lstsq(X, target, rcond=None)[0]
left_in_bowl = spread(batch_gradients(solution)) / spread(batch_gradients(np.zeros(11)))
left_in_network = [spread(network_gradients(8, s)) / spread(network_gradients(0, s)) for s in range(5)]
print(f"noise, end over start: bowl {left_in_bowl:.2f}, network {np.round(left_in_network, 4)}")

# %% id="pays-inside-claims-claims"
claim("between 0.4 and 0.5", left_in_bowl, "bowl: the noise that is left at the solution")
claim(
    "< 0.05",
    max(left_in_network),
    "network after the eight epochs of the comparison, largest of five seeds",
)

# %% [markdown] id="pays-meaning"
# In the bowl 0.4 to 0.5 of the noise is still there at the very solution, so a constant rate never comes to rest. A
# network that fits every training sample has gradients that vanish *for every batch*: the noise ends by itself, and
# a schedule then only makes steps shorter. Expect schedules to pay where the data cannot be fitted exactly and training is
# long, as with language models (lesson 10); and tune before you compare.
#
# ## 7 Count updates, not epochs
#
# Our source: iterations per epoch = samples / batch size, and an iteration is an update. Lesson 01 rounded it up; with
# `drop_last` it is rounded *down*. And with **gradient accumulation** (several batches are added up before one update, when a
# large batch does not fit into memory) an iteration is not an update at all.

# %% id="count-run"
from course_lib.by_hand.schedules import updates_per_epoch

show_source(updates_per_epoch)

# %% id="count-claims"
claim("32", updates_per_epoch(1_000, 32, accumulate=1, drop_last=False), "1,000 samples, batches of 32")
claim("31", updates_per_epoch(1_000, 32, accumulate=1, drop_last=True), "with drop_last")
claim("8", updates_per_epoch(1_000, 32, accumulate=4, drop_last=False), "four batches accumulated")
claim("1,250", 50 * updates_per_epoch(10_000, 100, 4, False), "updates where the source counts 5,000")
quoted("5,000", report="theory")

# %% [markdown] id="count-horizon"
# Who counts wrongly pays with the schedule. A cosine over 5,000 "iterations" of which only 1,250 are updates ends its training
# after a quarter of the way, at 85 % of the peak rate: it was hardly a schedule.

# %% id="count-horizon-run"
claim(
    "0.85",
    schedules.cosine_with_warmup(5_000)(1_250),
    "multiplier at the last update when iterations were counted",
)
claim("0", schedules.cosine_with_warmup(1_250)(1_250), "the same when updates were counted")

# %% [markdown] id="count-epochs"
# Nor does an **epoch** mean anything before the batch size is known. "100 epochs" is the source's default. Here are 5 epochs at
# four batch sizes, and then the same number of *steps*, all at rate `0.05`.

# %% id="count-epochs-run-claims"
quoted("100", report="theory")

# %% id="count-epochs-run" tags=["nbval-ignore-output"]
SIZES = (8, 32, 128, 512)
steps_in_five = {b: 5 * updates_per_epoch(len(train[0]), b, 1, False) for b in SIZES}
five_epochs = {b: [end_loss(SGD(0.05), seed, epochs=5, batch_size=b) for seed in range(5)] for b in SIZES}
same_steps = [end_loss(SGD(0.05), seed, epochs=steps_in_five[8] // 3, batch_size=512) for seed in range(5)]
for b in SIZES:
    print(f"batch {b:>3}: 5 epochs, {steps_in_five[b]:>4} updates, loss {np.mean(five_epochs[b]):.2f}")
print(f"batch 512: {steps_in_five[8] // 3} epochs, 789 updates, training loss {np.mean(same_steps):.2f}")

# %% id="count-epochs-claims"
claim("790", steps_in_five[8], "updates in five epochs with batches of 8")
claim("15", steps_in_five[512], "updates in five epochs with batches of 512")
claim("64", 512 / 8, "times as many samples, after as many updates")
claim(
    "> 10",
    np.min(five_epochs[512]) / np.max(five_epochs[8]),
    "loss after five epochs, batches of 512 over batches of 8",
)
ratio = np.array(same_steps) / np.array(five_epochs[8])
claim(
    "between 0.8 and 1.25",
    t_interval(ratio).mean,
    "the same ratio after an equal number of updates, mean of five seeds",
)

# %% [markdown] id="count-epochs-reading"
# After five epochs the loss of the large batch is more than ten times as high; after the same number of updates there is next to no
# difference (and it has seen 64 times as many samples for it). Say how many **updates** you trained.
#
# ## 8 Batch size and rate together
#
# A batch 4 times as large makes a quarter of the updates per epoch. The **linear scaling rule** (Goyal and others 2017)
# makes up for it: multiply the rate by the same factor as the batch. Four epochs; from batches of 8 at rate `0.05` upwards, by
# the rule and without it.

# %% id="scaling-predict" tags=["nbval-ignore-output"]
predict("04-scaling")

# %% id="scaling-run"
BATCHES = (8, 32, 128, 256, 512)
scaled = np.array([[end_loss(SGD(0.05 * b / 8), s, batch_size=b) for b in BATCHES] for s in range(5)])
unscaled = np.array([[end_loss(SGD(0.05), s, batch_size=b) for b in BATCHES] for s in range(5)])

# %% id="scaling-figure"
figure, axes = style.canvas(width=8, height=3.4)
for index, (name, losses) in enumerate((("rate times b / 8", scaled), ("rate 0.05", unscaled))):
    curves.band(axes, BATCHES, np.log10(np.minimum(losses, 30)), label=name, index=index)
axes.set_xscale("log", base=2)
axes.set(xlabel="batch size b", ylabel="log10 of the training loss")
axes.set_title("Four epochs: linear scaling holds, then breaks (five seeds, 95 %)")
curves.legend(axes, loc="upper left")
style.show(
    figure,
    alt="Training loss after four epochs, log scale, against batch sizes from 8 to 512. With the rate "
    "scaled in proportion the line is level from 8 to 256 and jumps up at 512. With the rate fixed "
    "at 0.05 it rises steadily.",
)

# %% id="scaling-claims" tags=["nbval-ignore-output"]
change = scaled / scaled[:, :1]  # against batches of 8, the same seed
for column, b in enumerate(BATCHES[1:4], start=1):
    interval = t_interval(change[:, column])
    times = f"times {interval.mean:.2f}, 95 % {interval.low:.2f} to {interval.high:.2f}"
    print(f"batch {b:>3} at rate {0.05 * b / 8:.1f}: loss {times}")
    claim("between 0.8 and 1.25", interval.mean, f"the rule holds at {b}: loss over that of batches of 8")

# %% id="scaling-claims-break"
claim("> 3", np.median(change[:, 4]), "loss at 512 over that at 8, median of five")
claim("> 5", np.min(unscaled[:, 3] / unscaled[:, 0]), "without the rule: loss at 256 over that at 8")
claim("3.2", 0.05 * 512 / 8, "the rate that the rule gives for 512")

# %% id="scaling-claims-break-outcome"
outcome("04-scaling")

# %% [markdown] id="scaling-limit"
# Where does it break, and why there? Measure the limit $2/\lambda_{\max}$ of this network, before training and after two
# epochs.


# %% id="scaling-limit-run" tags=["nbval-ignore-output"]
def limit_of(seed, epochs):
    model = mlp([64, 32, 10], rng=np.random.default_rng(seed), dtype=np.float64)
    if epochs:
        train_mlp(model, train, optimizer=SGD(0.4), epochs=epochs, seed=seed, batch_size=64)
    some = train[0][:600].astype(np.float64), train[1][:600]
    return 2 / largest_curvature(model, *some, iterations=40, tolerance=1e-2).value


at_start, later = ([limit_of(seed, epochs) for seed in range(5)] for epochs in (0, 2))
print("limit before training", np.round(at_start, 2), "  after two epochs", np.round(later, 2))

# %% id="scaling-limit-claims"
claim("< 1.6", max(at_start), "highest limit before training: the rate of batches of 256 lies above it")
claim(
    "< 1.6",
    max(later),
    "highest limit after two epochs: 1.6 lies above it, 3.2 is more than twice as large",
)
claim(
    "> 1",
    min(np.divide(later, at_start)),
    "how far the limit moves up while the network learns, smallest of five",
)

# %% [markdown] id="scaling-reading"
# *Reading*: from 8 to 256 the level line is the rule at work, 32 times fewer updates to the same loss. It holds while one
# large step does what several small ones do, that is, while the gradient hardly changes between them. At 256 the rate is
# two to three times the limit of the *start* and still a little above that after two epochs, and the run recovers, since the
# curvature goes on falling as the network learns; at 512 the rate is more than twice the later limit too, and the run breaks. (Goyal and others use the rule with a warm-up, which waits for the curvature to
# fall.) Whether large batches are *worse on new data* is another question, on which the literature disagrees: see lesson 01.
#
# ## 9 You may think: a small rate gets trapped
#
# Our source warns that a very small rate "may get trapped". Take rates ten times smaller, once with the same number of
# epochs and once with ten times as many.

# %% id="trapped-predict" tags=["nbval-ignore-output"]
predict("04-trapped")

# %% id="trapped-run"
fast = np.array([end_loss(SGD(0.1), seed) for seed in range(5)])
short = np.array([end_loss(SGD(0.01), seed) for seed in range(5)])
patient = np.array([end_loss(SGD(0.01), seed, epochs=40) for seed in range(5)])

# %% id="trapped-claims"
claim("> 4", np.min(short / fast), "a tenth of the rate, same epochs: ratio of the losses, closest of five")
claim("between 0.9 and 1.1", np.mean(patient / fast), "ten times the epochs: mean ratio of five")
claim("< 0.1", np.max(np.abs(patient / fast - 1)), "largest deviation of the five from the same loss")

# %% id="trapped-claims-outcome"
outcome("04-trapped")

# %% [markdown] id="trapped-fact"
# **In fact** it is slow and not trapped: with ten times the steps it arrives at the same loss, seed by seed. In many dimensions
# most points with a vanishing gradient are saddle points, which have a way down (Dauphin and others 2014). That does not prove
# that no network ever gets stuck; it says that "too small" shows as *slow*, and that the remedy is the rate.
#
# ## 10 A broken run
#
# SGD at rate `0.1`, which section 3 found good, with an exponential decay by `0.95`. The author's note says "5 % less in every
# epoch, over ten epochs". The loss falls at first and then does not move.


# %% id="broken-run"
def decayed(every, seed=0):
    watch, model = UpdateWatch(), mlp([64, 32, 10], rng=np.random.default_rng(seed))
    settings = {"epochs": 10, "seed": seed, "schedule": schedules.exponential(0.95, every=every)}
    hooks = {"on_gradient": [watch.before], "on_step": [watch.after]}
    history = train_mlp(model, train, optimizer=SGD(0.1), **settings, **hooks)
    return history.series("train", "loss")[1], np.array(watch.ratios[0])


broken_losses, broken_ratios = decayed(every=1)

# %% id="broken-figure"
figure, (left, right) = style.canvas(1, 2, width=9, height=3)
curves.line(left, np.arange(1, 11), broken_losses, label="training", index=0)
left.set(xlabel="epoch", ylabel="loss (nats)", ylim=(0, 2), title="The loss stands still")
curves.line(right, np.arange(len(broken_ratios)), broken_ratios, label="first layer", index=0)
right.set(yscale="log", xlabel="update (40 an epoch)", ylabel="update ratio", title="Length of a step")
style.show(
    figure,
    alt="Two panels. Left: the training loss falls from 1.6 to 1.0 within two epochs and then stays "
    "there. Right: the update ratio of the first layer, on a log scale, falls in a straight line "
    "from the first update on, by six decades in 280 updates, and faster after that.",
)

# %% id="broken-predict" tags=["nbval-ignore-output"]
predict("04-broken")

# %% id="broken-answer" tags=["nbval-ignore-output"]
ends_broken = np.array([decayed(every=1, seed=seed)[0][-1] for seed in range(5)])
ends_mended = np.array(
    [decayed(every=40, seed=seed)[0][-1] for seed in range(5)]
)  # 40 updates are an epoch
cost = paired_comparison(ends_broken, ends_mended).interval
print(f"loss that the wrong unit costs: {cost.mean:.2f}, 95 % {cost.low:.2f} to {cost.high:.2f}")

# %% id="broken-claim"
claim(
    "> 0.5",
    cost.low,
    "what the wrong unit costs in the last epoch, lower end of the interval over five seeds",
)
claim("< 0.01", 0.95**100, "multiplier after 100 updates, two and a half epochs")
claim("40", updates_per_epoch(len(train[0]), 32, 1, False), "updates in an epoch")
claim("0.05", 1 - 0.95, "what the author meant to take off per epoch")

# %% id="broken-claim-outcome"
outcome("04-broken")

# %% [markdown] id="broken-reading"
# The loss alone looks like a network that has learned all it can. The **log of the rate**, or the update ratio where nobody
# logged it, shows it at once: after 100 updates a step is less than a hundredth of the first. Log the rate in every run.
#
# ## 11 Recall
#
# Answer without scrolling up.

# %% id="recall-1" tags=["nbval-ignore-output"]
recall("04-curvature")

# %% id="recall-2" tags=["nbval-ignore-output"]
recall("04-warmup")

# %% id="recall-3" tags=["nbval-ignore-output"]
recall("04-accumulation")

# %% id="recall-4" tags=["nbval-ignore-output"]
recall("04-range-test")

# %% id="recall-5" tags=["nbval-ignore-output"]
recall("04-momentum-again")

# %% id="recall-6" tags=["nbval-ignore-output"]
recall("04-noise")

# %% id="recall-keys"
claim("0.25", 2 / 8, "the limit for curvature 8")
claim("20", updates_per_epoch(3_000, 50, 3, False), "updates of the third question")
claim(
    "0.2", schedules.cosine_with_warmup(100, warmup=4)(0), "first multiplier of a warm-up over four updates"
)

# %% [markdown] id="full-size"
# ## 12 At full size
#
# Everything here runs in seconds because the network has some thousand parameters. Nothing in it needs more: the same
# `largest_curvature` and `range_test` work for any size, at the price of two gradients, or one training step, per iteration. What a
# small run cannot show is how much a schedule gains in a long training on data that cannot be fitted. That is measured
# where such a training is, in lessons 10 and 11 on the language model; no recorded run is claimed here.

# %% [markdown] id="next"
# ## Next
#
# The [exercise sheet](../exercises/04_learning_rates.ipynb):
# you write the schedules, count the updates, read range tests and write a test that finds broken schedules.

# %% id="progress" tags=["nbval-ignore-output"]
from course_lib.teaching.learner.progress import show_progress

show_progress()

# %% [markdown] id="sources"
# ## Sources
#
# - LeCun, Bottou, Orr, Müller 1998, *Efficient BackProp*: the limit of the rate by the largest eigenvalue. LeCun, Simard,
#   Pearlmutter 1993: finding that eigenvalue without the Hessian.
# - Cohen, Kaur, Li, Kolter, Talwalkar 2021, *Gradient descent on neural networks typically occurs at the edge of stability*.
# - Bengio 2012, *Practical recommendations for gradient-based training of deep architectures*: the rate as the setting to tune first.
# - Smith 2017, *Cyclical learning rates*: the range test. Smith and Topin 2018, *Super-convergence*: one-cycle.
# - Loshchilov and Hutter 2017, *SGDR*: the cosine. Goyal and others 2017, *Accurate, large minibatch SGD*: warm-up and
#   linear scaling. Dauphin and others 2014: saddle points.
