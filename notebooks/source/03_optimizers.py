# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # 03 Optimizers
#
# Backward says in which direction the loss falls. It does not say how far to go, and it knows nothing of the steps
# before. An **optimizer** turns gradients into steps. In this lesson you write the six that everybody uses, see on
# small surfaces what each of them is good for, and then compare them on real data so that none of them gets a better
# chance than the others.
#
# **Afterwards you can**
#
# - write momentum, Nesterov momentum, RMSProp, Adam and AdamW, and show that yours are those of torch;
# - say how far a step goes: $\eta/(1-\mu)$ for momentum, about $\eta$ for Adam, and what the bias correction changes;
# - explain why L2 inside Adam is not weight decay;
# - compare optimizers at an equal tuning budget, and say what the comparison shows and what it does not;
# - name a case in which Adam does not converge.
#
# **Time**: 75 minutes, and about 125 for the [exercise sheet](../exercises/03_optimizers.ipynb).
# **Needs**: lesson 01 (the update rule and its limit 2 / curvature); He initialization from lesson 02. No GPU, no
# network.

# %% id="setup"
import numpy as np

from course_lib.core.stats import paired_comparison
from course_lib.numpy_nn.studies.landscapes import follow, noisy, ravine, saddle
from course_lib.numpy_nn.optimizers import SGD, Adam, AdamW, Momentum, Nesterov, RMSProp
from course_lib.plots import curves, style
from course_lib.teaching.claims import claim, quoted
from course_lib.teaching.predict import outcome, predict, recall
from course_lib.teaching.build.source import show_source

# %% [markdown] id="try-first"
# ## Try first
#
# A ravine: $f(a, b) = \tfrac12(a^2 + 100\,b^2)$. Along $b$ it is a hundred times as steep as along $a$. You start about
# 10 away from the minimum, have 100 steps of plain gradient descent, and choose the rate. Come **closer than `0.01`**.
# Give it five minutes.

# %% id="try-first-run" tags=["nbval-ignore-output"]
valley = ravine(100.0)


def distance(path):
    return np.linalg.norm(path, axis=-1)  # to the minimum, which is the origin


path = follow(SGD(lr=0.01), valley, steps=100)  # <- your rate
print(f"start {distance(path)[0]:.2f}   after 100 steps {distance(path)[-1]:.3g}")

# %% id="try-first-grid-claims"
rates = np.linspace(0.0002, 0.021, 209)
ends = [distance(follow(SGD(rate), valley, 100))[-1] for rate in rates]
claim("> 1", min(ends), "the best end of 209 rates: a hundred times too far away")
claim("0.02", 2 / 100, "the limit of the rate, set by the steep direction (lesson 01)")

# %% id="try-first-grid"
other = distance(follow(Momentum(0.033, 0.67), valley, 100))[-1]

# %% id="try-first-grid-claims-2"
claim("< 1e-5", other, "the end of momentum with the same number of gradients")

# %% [markdown] id="try-first-reading"
# No rate will do. The steep direction forbids rates above 0.02; at 0.02 the flat direction still loses only 2 % of its
# length in a step. One number cannot serve two curvatures. The other optimizer of the cell above uses the **same
# hundred gradients**, only differently, and comes a thousand times closer than the goal. How it does that is the first
# half of this lesson.

# %% id="try-first-percent"
claim("2 %", 100 * (1 - abs(1 - 0.02 * 1)), "what the flat direction loses in a step at the limit")
claim("> 1000", 0.01 / other, "how many times closer than the goal momentum comes")

# %% [markdown] id="momentum"
# ## 1 Momentum: remember the steps before
#
# A ball that rolls down a ravine does not stop at every point to look for the steepest way. It keeps its **velocity**
# $v$:
#
# $$v \leftarrow \mu\,v - \eta\,\nabla L(\theta) \qquad\qquad \theta \leftarrow \theta + v$$
#
# with the **momentum** $\mu$, usually `0.9`. Across the ravine the gradient changes sign at every step and the parts of
# $v$ cancel; along the ravine they point the same way and add up.

# %% id="momentum-source"
from course_lib.by_hand.optimizers import momentum_step

# %% id="momentum-source-claims"
quoted("0.9", report="theory")

# %% id="momentum-source-then"
show_source(momentum_step)

# %% [markdown] id="closed-form"
# ### How far does a step go?
#
# Under a gradient $g$ that never changes, the velocity is a geometric sum, and the path its sum once more:
#
# $$v_t = -\eta g\,\frac{1-\mu^t}{1-\mu} \;\longrightarrow\; -\frac{\eta}{1-\mu}\,g
#   \qquad \theta_t = \theta_0 - \frac{\eta g}{1-\mu}\Big(t - \mu\,\frac{1-\mu^t}{1-\mu}\Big)$$
#
# So the **effective step** is $\eta/(1-\mu)$: with $\mu = 0.9$ ten times the rate. Who switches momentum on and keeps
# the rate has made the rate ten times as large.

# %% id="closed-form-run"
rate, mu, gradient = 0.01, 0.9, 3.0
theta, velocity, thetas, velocities = 5.0, 0.0, [5.0], []
for _ in range(60):
    theta, velocity = momentum_step(theta, gradient, velocity, rate, mu)
    thetas.append(theta)
    velocities.append(velocity)

# %% id="closed-form-claim"
t = np.arange(1, 61)
sums = (1 - mu**t) / (1 - mu)
claim("< 1e-12", np.abs(velocities + rate * gradient * sums).max(), "velocity: code minus closed form")
formula = 5.0 - rate * gradient / (1 - mu) * (t - mu * sums)
claim("< 1e-12", np.abs(thetas[1:] - formula).max(), "parameter: code minus closed form")
claim("10", 1 / (1 - mu), "effective step over rate at a momentum of 0.9")
full_speed = -rate * gradient / (1 - mu)
claim("> 0.99", velocities[-1] / full_speed, "the share of it that is reached after 60 steps")

# %% [markdown] id="quadratic"
# ### On a bowl
#
# With the gradient $\lambda\theta$ of a bowl, the two lines are one recurrence, $\theta_{t+1} =
# (1+\mu-\eta\lambda)\,\theta_t - \mu\,\theta_{t-1}$, which is solved by powers of the two roots of $r^2 -
# (1+\mu-\eta\lambda)\,r + \mu = 0$. The product of the roots is $\mu$. When they are complex, both have the length
# $\sqrt\mu$, **whatever the curvature is**: this is why momentum can serve a steep and a flat direction at once.


# %% id="quadratic-run"
def roots_of(rate, momentum, curvature):
    return np.roots([1, -(1 + momentum - rate * curvature), momentum])


def closed_form(rate, momentum, curvature, start, t):
    r1, r2 = roots_of(rate, momentum, curvature).astype(complex)
    first = start * (1 - rate * curvature)  # the velocity starts at 0
    c1 = (first - r2 * start) / (r1 - r2)
    return (c1 * r1**t + (start - c1) * r2**t).real


path = follow(Momentum(0.02, 0.8), valley, 80)

# %% id="quadratic-run-claims"
for k, curvature in enumerate((1.0, 100.0)):
    right = closed_form(0.02, 0.8, curvature, valley.start[k], np.arange(81))
    claim("< 1e-10", np.abs(path[:, k] - right).max(), f"code minus closed form, curvature {curvature:.0f}")

# %% [markdown] id="quadratic-best"
# The best settings make the roots of the flattest and of the steepest direction equally short (Polyak 1964). With
# $\kappa$ = steepest / flattest curvature,
#
# $$\eta = \Big(\frac{2}{\sqrt{\lambda_{\max}} + \sqrt{\lambda_{\min}}}\Big)^2, \quad
#   \mu = \Big(\frac{\sqrt\kappa - 1}{\sqrt\kappa + 1}\Big)^2, \quad
#   \text{factor per step } \frac{\sqrt\kappa-1}{\sqrt\kappa+1} \;\text{ instead of }\; \frac{\kappa-1}{\kappa+1}.$$
#
# Here $\kappa = 100$: a factor of 0.82 in place of 0.98 per step. To come a thousand times closer takes 35 such steps
# in place of 346, and the advantage grows with $\sqrt\kappa$.

# %% id="quadratic-best-factors"
kappa = 100.0
best_rate, best_mu = (2 / (np.sqrt(kappa) + 1)) ** 2, ((np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)) ** 2
with_momentum, plain = np.sqrt(best_mu), (kappa - 1) / (kappa + 1)

# %% id="quadratic-best-run-claims"
claim("0.82", with_momentum, "factor per step with the best momentum")
claim("0.98", plain, "factor per step of plain gradient descent at its best rate")
claim("35", np.ceil(np.log(1000) / -np.log(with_momentum)), "steps for a factor of 1,000")
claim("346", np.ceil(np.log(1000) / -np.log(plain)), "the same without momentum")

# %% id="quadratic-best-run"
for curvature in (1.0, 40.0, 100.0):
    assert np.allclose(np.abs(roots_of(best_rate, best_mu, curvature)), with_momentum, atol=1e-6)

# %% [markdown] id="widget"
# ### Move it
#
# Set the momentum to 0 and look for the best rate. Then keep the rate and raise the momentum: first the path along the
# ravine becomes longer, then it overshoots and comes back, and near 1 it swings for ever.


# %% id="widget-words"
def describe(rate, momentum):
    factors = [np.abs(roots_of(rate, momentum, curvature)).max() for curvature in (1.0, 100.0)]
    slow = max(factors)
    fate = (
        f"ten times closer in {np.log(10) / -np.log(slow):.0f} steps" if slow < 1 else "the path diverges"
    )
    return (
        f"Rate {rate:.3f}, momentum {momentum:.2f}: in the long run a step multiplies the flat direction by "
        f"{factors[0]:.3f} and the steep one by {factors[1]:.3f}; {fate}."
    )


# %% id="widget-ground"
def ground(axes, landscape, wide, high, levels=14):
    """Contour lines of a landscape; labels of the axes."""
    a, b = np.meshgrid(np.linspace(-wide, wide, 90), np.linspace(-high, high, 90))
    values = landscape.value(np.stack([a, b], axis=-1))
    axes.contour(a, b, values, levels=levels, colors="0.75", linewidths=0.8)
    axes.set(
        xlim=(-wide, wide), ylim=(-high, high), xlabel="first parameter a", ylabel="second parameter b"
    )


# %% id="widget-draw"
def draw(rate=0.015, momentum=0.0):
    path = np.clip(follow(Momentum(rate, momentum), valley, 100), -1e6, 1e6)
    figure, (left, right) = style.canvas(1, 2, width=9, height=3.4)
    ground(left, valley, 11, 1.6)
    curves.line(left, *path.T, label="path", index=0)
    left.set_title(f"Rate {rate:.3f}, momentum {momentum:.2f}")
    for k, name in enumerate(("flat (a)", "steep (b)")):
        curves.line(right, np.arange(101), np.maximum(np.abs(path[:, k]), 1e-8), label=name, index=k)
    right.set(yscale="log", ylim=(1e-8, 1e3), xlabel="step", ylabel="distance to the minimum")
    right.set_title("Distance in each direction")
    curves.legend(right, loc="lower left")
    return figure, describe(rate, momentum)


# %% id="widget-run" tags=["nbval-ignore-output"]
import ipywidgets as widgets

from course_lib.teaching.widgets import explore

label = {"style": {"description_width": "7em"}, "layout": {"width": "100%", "max_width": "520px"}}
momenta = [0.0, 0.3, 0.5, 0.67, 0.8, 0.9, 0.95, 0.99]
explore(
    draw,
    rate=widgets.FloatSlider(
        0.015, min=0.001, max=0.045, step=0.001, readout_format=".3f", description="rate", **label
    ),
    momentum=widgets.SelectionSlider(options=momenta, value=0.0, description="momentum", **label),
)

# %% [markdown] id="widget-static"
# The same for readers without a running kernel: one rate, three momenta.

# %% id="widget-strip"
for momentum in (0.0, 0.67, 0.95):
    figure, sentence = draw(0.019, momentum)
    style.show(
        figure, alt=f"Contours of a ravine with the path of momentum; distances per direction. {sentence}"
    )

# %% [markdown] id="widget-reading"
# *Reading*: without momentum, at rate `0.019`, the steep direction falls and the flat one creeps; at `0.67` both fall
# fast; at `0.95` the path shoots past the minimum and swings back, and both directions are slower than at `0.67`. More
# momentum is not better momentum.
#
# ## 2 Two conventions
#
# torch writes momentum with the rate outside: $v \leftarrow \mu v + g$ and $\theta \leftarrow \theta - \eta v$. Our
# source has it inside, as section 1. While the rate stays the same, the two are one path. Every schedule of lesson 04
# changes the rate.

# %% id="convention-source"
from course_lib.by_hand.optimizers import rate_outside_step

show_source(rate_outside_step)

# %% id="convention-predict" tags=["nbval-ignore-output"]
predict("03-convention")

# %% id="convention-run"
RATES = np.where(np.arange(100) < 60, 0.1, 0.01)  # divided by ten after 60 steps


def moves(step):
    theta, velocity, path = np.array(0.0), np.array(0.0), [0.0]
    for rate in RATES:
        theta, velocity = step(theta, np.array(1.0), velocity, rate, 0.9)
        path.append(float(theta))
    return -np.diff(path)


inside, outside = moves(momentum_step), moves(rate_outside_step)

# %% id="convention-claim"
claim(
    "< 1e-12", np.abs(inside - outside)[:60].max(), "difference of the steps while the rate stays the same"
)
claim("0.91", inside[60] / inside[59], "the step after the change over the one before: rate inside")
claim("0.10", outside[60] / outside[59], "the same: rate outside")

# %% id="convention-claim-outcome"
outcome("03-convention")

# %% id="convention-torch"
import torch

parameter = torch.nn.Parameter(torch.tensor(0.0, dtype=torch.float64))
optimizer, theirs = torch.optim.SGD([parameter], lr=0.1, momentum=0.9), [0.0]
for rate in RATES:
    optimizer.param_groups[0]["lr"] = rate
    parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    theirs.append(parameter.item())

# %% id="convention-torch-claims"
claim(
    "< 1e-12",
    np.abs(-np.diff(theirs) - outside).max(),
    "steps of torch minus those of the form with the rate outside",
)

# %% id="convention-figure"
figure, axes = style.canvas(width=7, height=3)
curves.line(axes, np.arange(1, 101), inside, label="rate inside (section 1)", index=0)
curves.line(axes, np.arange(1, 101), outside, label="rate outside (torch)", index=1)
axes.set(xlabel="step", ylabel="length of the step")
axes.set_title("Momentum 0.9, constant gradient, rate divided by ten after step 60")
curves.legend(axes)
style.show(
    figure,
    alt="Length of a step over 100 steps. Both forms rise together to 1.0. After step 60 the form with the rate "
    "outside falls at once to 0.1; the form with the rate inside falls to 0.1 gradually over about thirty steps.",
)

# %% [markdown] id="convention-reading"
# *Reading*: with the rate inside, the velocity is made of old rates and coasts on; with the rate outside, a change
# counts at once. Neither is wrong. A schedule, or a rate that is changed by hand, is not carried over from one form to
# the other.
#
# ## 3 Nesterov: the gradient of a step ahead
#
# If the velocity will carry you to $\theta + \mu v$ anyway, take the gradient there: a look ahead that brakes before
# the slope turns. Written for the point that is looked ahead to, as in torch and here, it needs only one more line:

# %% id="nesterov-source"
from course_lib.by_hand.optimizers import nesterov_step

show_source(nesterov_step)

# %% [markdown] id="nesterov-text"
# On a bowl the complex roots now have the length $\sqrt{\mu\,(1-\eta\lambda)}$ in place of $\sqrt\mu$: **the steeper a
# direction, the more it is damped**. The price: the largest rate that still converges is smaller.


# %% id="nesterov-run"
def shrink(make, rate, momentum):
    """Factor per step in the steep direction, as the slope of the logarithm of the largest swings."""
    b = np.abs(follow(make(rate, momentum), valley, 60)[:, 1])
    return (b[50:].max() / b[:11].max()) ** (1 / 50)


# %% id="nesterov-claim"
claim("between 0.96 and 0.99", shrink(Momentum, 0.008, 0.95), "momentum: factor per step, measured")
claim("0.97", np.sqrt(0.95), "momentum: the root of mu")
claim("< 0.5", shrink(Nesterov, 0.008, 0.95), "Nesterov: factor per step, measured")
claim("0.44", np.sqrt(0.95 * (1 - 0.8)), "Nesterov: the root of mu (1 - eta lambda)")
claim(
    "< 1",
    distance(follow(Momentum(0.015, 0.9), valley, 300))[-1],
    "momentum at rate 1.5 / curvature converges",
)
claim(
    "> 1e6", distance(follow(Nesterov(0.015, 0.9), valley, 300))[-1], "Nesterov at the same rate diverges"
)

# %% [markdown] id="nesterov-reading"
# At rate `0.008` and momentum `0.95`, the steep direction keeps 0.97 of its swing per step with momentum and less than
# 0.5 with Nesterov; the flat direction hardly notices a difference.
#
# ## 4 RMSProp: a rate for every parameter
#
# Momentum still has one rate for all directions. **RMSProp** divides the gradient of each parameter by the root of a
# running mean of its own squares. What is left has a size near 1, whatever the size of the gradient was.

# %% id="rmsprop-source"
from course_lib.by_hand.optimizers import rmsprop_step

show_source(rmsprop_step)


# %% id="rmsprop-run"
def rmsprop_path(scale, steps=50):
    theta, squares, path = np.array([-10.0, 1.0]), np.zeros(2), []
    for _ in range(steps):
        theta, squares = rmsprop_step(theta, scale * valley.gradient(theta), squares, 0.1, 0.99, 1e-12)
        path.append(theta)
    return np.array(path)


# %% id="rmsprop-claim"
same, thousandfold = rmsprop_path(1.0), rmsprop_path(1000.0)
claim(
    "< 1e-9",
    np.abs(same - thousandfold).max(),
    "what a loss multiplied by 1,000 changes in the path of RMSProp",
)
first = np.abs(same[0] - np.array([-10.0, 1.0]))
claim(
    "< 1e-9", np.abs(first[0] - first[1]), "the first step is as long in the flat as in the steep direction"
)
claim("10", first[0] / 0.1, "the first step over the rate: 1 / root(1 - 0.99)")

# %% [markdown] id="rmsprop-reading"
# Two things to keep. The scale of the loss has dropped out: a rate means a *distance*, no longer a factor on the
# gradient. And the very first step is ten times too long, because the mean of squares starts at zero. The next section
# mends that.

# %% [markdown] id="adam"
# ## 5 Adam: both at once, and corrected
#
# **Adam** keeps a running mean $m$ of the gradient (as momentum does) and $v$ of its square (as RMSProp does):
#
# $$m \leftarrow \beta_1 m + (1-\beta_1)\,g \qquad v \leftarrow \beta_2 v + (1-\beta_2)\,g^2$$
#
# Both start at 0, so after $t$ steps the weights of the mean sum to $1-\beta^t$ only, not to 1. Dividing by that sum is
# the **bias correction**:
#
# $$\hat m = \frac{m}{1-\beta_1^t} \qquad \hat v = \frac{v}{1-\beta_2^t} \qquad
#   \theta \leftarrow \theta - \eta\,\frac{\hat m}{\sqrt{\hat v}+\epsilon}$$
#
# Our source gives Adam without these divisions.

# %% id="adam-source"
from course_lib.by_hand.optimizers import adam_step

show_source(adam_step)

# %% id="adam-predict" tags=["nbval-ignore-output"]
predict("03-correction")

# %% [markdown] id="correction-derive"
# Leave the corrections out and every step is multiplied by
#
# $$\frac{m/\sqrt v}{\hat m/\sqrt{\hat v}} = \frac{1-\beta_1^t}{\sqrt{1-\beta_2^t}},$$
#
# whatever the gradients are (as long as $\epsilon$ does not count). Below, the formula and the two programs, side by
# side, on random gradients.


# %% id="correction-run"
def uncorrected_step(parameter, gradient, m, v, t, rate, beta1, beta2, epsilon):
    m = beta1 * m + (1 - beta1) * gradient
    v = beta2 * v + (1 - beta2) * gradient**2
    return parameter - rate * m / (np.sqrt(v) + epsilon), m, v


def step_lengths(step, steps=1000):
    rng, m, v, lengths = np.random.default_rng(0), 0.0, 0.0, []
    for t in range(1, steps + 1):
        moved, m, v = step(0.0, rng.normal(1.0, 2.0), m, v, t, 0.001, 0.9, 0.999, 1e-12)
        lengths.append(moved)
    return np.array(lengths)


# %% id="correction-claim"
ratio = step_lengths(uncorrected_step) / step_lengths(adam_step)
t = np.arange(1, 1001)
formula = (1 - 0.9**t) / np.sqrt(1 - 0.999**t)

# %% id="correction-claim-claims"
claim(
    "< 1e-6", np.abs(ratio / formula - 1).max(), "relative difference of code and formula over 1,000 steps"
)
claim("3.16", ratio[0], "uncorrected over right step, t = 1")
claim("6.57", ratio.max(), "the largest of these ratios ...")
claim("12", t[ratio.argmax()], "... and the step at which it is reached")
claim("3.24", ratio[99], "at t = 100")
claim("1.26", ratio[999], "at t = 1000")

# %% id="correction-claim-outcome"
outcome("03-correction")

# %% id="correction-figure"
figure, axes = style.canvas(width=7, height=3)
curves.line(axes, t, formula, label="formula", index=0)
shown = np.unique(np.geomspace(1, 1000, 16).round().astype(int))
axes.plot(shown, ratio[shown - 1], "o", color=style.PALETTE[1], label="measured with the code")
axes.axhline(1, color="0.5", linewidth=1, linestyle=":")
axes.set(xscale="log", ylim=(0, 7), xlabel="step t", ylabel="uncorrected / corrected step")
axes.set_title("Without the bias correction the first thousand steps are too long")
curves.legend(axes)
style.show(
    figure,
    alt="Ratio of the step without to the step with bias correction, against the step from 1 to 1000 on a log scale. "
    "It starts at 3.16, rises to 6.57 at step 12, and falls slowly to 1.26 at step 1000. Measured points lie on "
    "the formula.",
)

# %% [markdown] id="correction-reading"
# *Reading*: 3.16 times too long at the first step, 6.57 times at the twelfth, still 3.24 at the hundredth and 1.26 at
# the thousandth.
#
# **You may think** that a correction for a start at zero makes small steps larger. **In fact** it makes large steps
# smaller, because the denominator was the more wrong of the two. **The run** is above. What does it do to a training?
# Two epochs on the digits, ten seeds, two rates:

# %% id="data"
from functools import lru_cache

from course_lib.numpy_nn.data import Standardizer, split_indices
from course_lib.numpy_nn.datasets import load_digits
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.train import evaluate, train_mlp

digits = load_digits()


# %% id="data-parts"
@lru_cache
def parts(seed, standardized=True):
    """Training, validation and test part of the digits: pairs (x, y)."""
    split = split_indices(digits.y, seed=seed)
    x = Standardizer.fit(digits.x[split.train]).transform(digits.x) if standardized else digits.x
    return [(x[rows], digits.y[rows]) for rows in (split.train, split.validation, split.test)]


# %% id="correction-optimizer"
class Uncorrected(Adam):
    def step(self, parameters, gradients, factor=1.0):
        if self.a is None:
            self.m, self.v, self.a = 0.0, 0.0, True
        settings = 1, self.lr * factor, *self.betas, self.eps  # t plays no part
        parameters[:], self.m, self.v = uncorrected_step(parameters, gradients, self.m, self.v, *settings)


# %% id="loss-after"
def loss_after(optimizer, seed, epochs=2, sizes=(64, 32, 10)):
    """Validation loss of a new network after some epochs; infinite when the run diverges."""
    train, validation, _ = parts(seed)
    model = mlp(sizes, rng=np.random.default_rng(seed))
    try:
        train_mlp(model, train, optimizer=optimizer, epochs=epochs, seed=seed)
    except ValueError:  # train_mlp stops a run whose loss is not finite
        return np.inf
    return evaluate(model, validation)["loss"]


# %% id="correction-digits" tags=["nbval-ignore-output"]
correction = {}
for rate in (0.001, 0.03):
    right, wrong = ([loss_after(make(rate), seed) for seed in range(10)] for make in (Adam, Uncorrected))
    correction[rate] = paired_comparison(wrong, right).interval
    print(
        f"rate {rate:<6} validation loss: Adam {np.mean(right):.2f}, uncorrected {np.mean(wrong):.2f}; "
        f"difference {correction[rate].mean:+.2f}, 95 % {correction[rate].low:+.2f} to {correction[rate].high:+.2f}"
    )

# %% id="correction-digits-claim"
claim(
    "< -0.5",
    correction[0.001].high,
    "rate 0.001: uncorrected minus Adam, upper end of the interval over ten seeds",
)
claim("> 1", correction[0.03].low, "rate 0.03: uncorrected minus Adam, lower end")

# %% [markdown] id="correction-verdict"
# At rate `0.001`, which is too small for so short a run, the uncorrected form is far *ahead*; at `0.03` it is ruined
# and Adam is not. It is no worse optimizer: it is Adam with a rate that starts several times larger than the one you
# set. The correction makes the rate mean what it says, from the first step.
#
# ### The same as torch
#
# Two hundred steps on gradients of very different sizes, at a rate that changes, against `torch.optim.Adam`.

# %% id="adam-torch"
rng, scales = np.random.default_rng(0), np.geomspace(1e-4, 10, 12).reshape(4, 3)
ours, m, v = rng.normal(size=(4, 3)), np.zeros((4, 3)), np.zeros((4, 3))
theirs = torch.nn.Parameter(torch.tensor(ours))
optimizer = torch.optim.Adam([theirs])
defaults = {name: optimizer.defaults[name] for name in ("lr", "betas", "eps")}
for t in range(1, 201):
    gradient, rate = scales * rng.normal(size=(4, 3)), 0.001 * (1 + t % 3)
    ours, m, v = adam_step(ours, gradient, m, v, t, rate, *defaults["betas"], defaults["eps"])
    theirs.grad = torch.tensor(gradient)
    optimizer.param_groups[0]["lr"] = rate
    optimizer.step()
difference = np.abs(ours - theirs.detach().numpy()).max()

# %% id="adam-torch-claims"
claim("< 1e-7", difference, "largest difference of any parameter after 200 steps")

# %% id="adam-defaults"
library = Adam()
assert defaults == {"lr": library.lr, "betas": library.betas, "eps": library.eps}
print(defaults)

# %% id="adam-defaults-claims"
for text in ("0.9", "0.999", "0.001"):
    quoted(text, report="theory")

# %% [markdown] id="idioms"
# A word on notation. Our source writes `gradient²`, `gradients = backprop(loss)` and `optimizer.step(gradients)`.
# That is good pseudo-code and none of it runs. In torch the gradients live in the parameters: `backward` puts them
# there, `step` takes them from there, and `zero_grad` clears them in between.

# %% id="idioms-run"
for line in ("gradient²", "gradient**2"):
    try:
        compile(line, "a line", "eval")
        print(f"{line:<12} is Python")
    except SyntaxError as error:
        print(f"{line:<12} SyntaxError: {error.msg.split(' (')[0]}")
try:
    optimizer.step(theirs.grad)
except TypeError as error:
    print("step(grad)   TypeError:", error)

# %% [markdown] id="inside"
# ## 6 Look inside: who moves how far?
#
# The **update ratio** of a layer is the length of a step divided by the length of its weights. One network of three
# hidden layers on raw pixels, once with SGD, once with Adam, each at a rate that trains it:

# %% id="inside-run"
from course_lib.numpy_nn.studies.instruments import UpdateWatch


def ratios(optimizer, seed=0):
    train, validation, _ = parts(seed, standardized=False)
    model, watch = mlp([64, 64, 32, 32, 10], rng=np.random.default_rng(seed)), UpdateWatch()
    hooks = {"on_gradient": [watch.before], "on_step": [watch.after]}
    train_mlp(model, train, optimizer=optimizer, epochs=3, seed=seed, **hooks)
    return np.array(watch.ratios), evaluate(model, validation)["accuracy"]  # (layers, steps)


# %% id="inside-ratios"
MAKERS = {"SGD, rate 0.01": lambda: SGD(0.01), "Adam, rate 0.003": lambda: Adam(0.003)}
seen = {name: [ratios(make(), seed) for seed in range(5)] for name, make in MAKERS.items()}
jumps = {}  # mean change of the logarithm of the ratio from one step to the next, seed by seed
for name, runs in seen.items():
    jumps[name] = np.array([np.abs(np.diff(np.log(layers), axis=1)).mean() for layers, _ in runs])
    assert min(accuracy for _, accuracy in runs) > 0.5, "both train"
calmer = jumps["SGD, rate 0.01"] / jumps["Adam, rate 0.003"]

# %% id="inside-ratios-claims"
claim("> 3", calmer.min(), "how many times less Adam jumps from step to step, worst of five seeds")
first_steps = np.array([layers[:, 0] for layers, _ in seen["Adam, rate 0.003"]])  # (seeds, layers)
claim("between 0.005 and 0.05", np.median(first_steps), "update ratio of the first step of Adam, median")

# %% id="inside-figure"
figure, axes = style.canvas(1, 2, width=10, height=3.2, sharey=True)
for axis, (name, runs) in zip(axes, seen.items(), strict=True):
    for k, values in enumerate(runs[0][0]):
        curves.line(axis, np.arange(1, len(values) + 1), values, label=f"layer {k + 1}", index=k)
    axis.set(yscale="log", xlabel="step", ylabel="update ratio", title=name)
curves.legend(axes[1], ncols=2)
style.show(
    figure,
    alt="Update ratio of four layers over 120 steps on a log scale, for SGD and for Adam. The curves of SGD jump up "
    "and down from step to step. Those of Adam run smoothly and close together, and fall slowly.",
)

# %% [markdown] id="inside-reading"
# *Reading*: a step of SGD is as long as the gradient of its batch happens to be; Adam divides by the size of the
# gradients so far, and its ratios change more than 3 times less from one step to the next. Both settle at a few
# thousandths of the weights per step, as many healthy trainings do.

# %% id="inside-late"
LATE = {"SGD, rate 0.01": "between 0.002 and 0.005", "Adam, rate 0.003": "between 0.0012 and 0.002"}
for name, runs in seen.items():
    late = [np.median(layers[:, -20:]) for layers, _ in runs]
    claim(LATE[name], np.median(late), f"{name}: update ratio of the last twenty steps, median", seeds=late)

# %% [markdown] id="adamw"
# ## 7 Weight decay, and why L2 in Adam is something else
#
# Large weights are often to be kept small. Two ways are usually given as one:
#
# - **L2**: add $\lambda \sum w^2$ to the loss. Its gradient $2\lambda w$ joins the gradient of the data.
# - **Weight decay**: take a share off every weight in each step, $w \leftarrow (1-\eta\,\delta)\,w$, apart from the
#   gradient.
#
# For plain SGD they are the same thing if $\delta = 2\lambda$ (mind the 2: torch's `weight_decay` is $\delta$, our
# source writes $\lambda$). Both are left off the biases.

# %% id="adamw-sgd"
from course_lib.numpy_nn.regularizers import l2

train, validation, _ = parts(0)


def decay_by_hand(model):
    model.parameters *= 1 - 0.1 * 0.02 * model.weight_mask  # delta = 2 lambda


penalized, decayed = (mlp([64, 32, 10], rng=np.random.default_rng(0), dtype=np.float64) for _ in range(2))
train_mlp(penalized, train, optimizer=SGD(0.1), epochs=2, on_gradient=[l2(0.01)])
train_mlp(decayed, train, optimizer=SGD(0.1), epochs=2, on_gradient=[decay_by_hand])

# %% id="adamw-sgd-claim"
difference = np.abs(penalized.parameters - decayed.parameters).max()
claim("< 1e-10", difference, "SGD: L2 minus decay, largest difference of any parameter")

# %% [markdown] id="adamw-predict-text"
# Some pixels of the digits are dark in *every* training image. Their weights get a gradient of exactly zero from the
# data: whatever moves them is the penalty alone. With Adam and the penalty in the gradient:

# %% id="adamw-predict" tags=["nbval-ignore-output"]
predict("03-decay")

# %% id="adamw-run"
dark = (train[0] == 0).all(axis=0)


def shrunk_to(optimizer, hooks=()):
    """Mean size of the weights of the dark pixels after five epochs, as a share of their size at the start."""
    model = mlp([64, 32, 10], rng=np.random.default_rng(0))
    weight = model.linear_layers[0].weight
    start = np.abs(weight[dark]).mean()
    train_mlp(model, train, optimizer=optimizer, epochs=5, on_gradient=hooks)
    return np.abs(weight[dark]).mean() / start


# %% id="adamw-claim"
strengths = [0.1, 0.01, 0.001, 0.0001]
inside_adam = [shrunk_to(Adam(0.001), [l2(strength)]) for strength in strengths]
apart = [shrunk_to(AdamW(0.001, weight_decay=2 * strength)) for strength in strengths]
rule = [(1 - 0.001 * 2 * strength) ** 200 for strength in strengths]
for strength, a, b in zip(strengths, inside_adam, apart, strict=True):
    print(f"lambda {strength:<7} share of the weights that is left: L2 in Adam {a:.2f}, AdamW {b:.3f}")

# %% id="adamw-claim-claims"
claim("< 0.01", max(inside_adam) - min(inside_adam), "L2 in Adam: what a thousandfold lambda changes")
claim("< 1e-3", np.abs(np.array(apart) - rule).max(), "AdamW minus (1 - eta delta)^200")

# %% id="adamw-claim-outcome"
outcome("03-decay")

# %% [markdown] id="adamw-two-text"
# And where the data's gradient is large? Two weights that both start at 1 get pure noise as gradient, of standard
# deviation `0.01` and `100`; decay `0.2`, two thousand steps, 500 copies of each.


# %% id="adamw-two"
def left_over(optimizer, penalty):
    weights, rng = np.ones((500, 2)), np.random.default_rng(0)
    for _ in range(2_000):
        optimizer.step(weights, rng.standard_normal((500, 2)) * [0.01, 100.0] + penalty * weights)
    return weights.mean(axis=0)


small, large = left_over(Adam(0.001), penalty=0.2)

# %% id="adamw-two-claims" tags=["results"]
claim("< 0.1", small, "L2 in Adam: what is left of the weight with small gradients")
claim("> 0.95", large, "L2 in Adam: what is left of the weight with large gradients")
small, large = left_over(AdamW(0.001, weight_decay=0.2), penalty=0.0)
claim("between 0.64 and 0.70", small, "AdamW: the weight with small gradients")
claim("between 0.64 and 0.70", large, "AdamW: the weight with large gradients")

# %% [markdown] id="adamw-reading"
# **You may think** that `Loss + λ Σ w²` is weight decay; our source puts the two under one heading. **In fact** Adam
# divides the penalty by $\sqrt{\hat v}$ like everything else. Where the data's gradient is small, the decay no longer
# depends on $\lambda$; where it is large, the decay is divided away. **The runs** are above. **AdamW** takes the decay
# past $m$ and $v$, and then it does what it says:

# %% id="adamw-source"
from course_lib.by_hand.optimizers import adamw_step

show_source(adamw_step)

# %% [markdown] id="landscapes"
# ## 8 Three landscapes
#
# The **ravine** again; a **saddle**, flat at its centre, uphill along $a$ and downhill along $b$; and the ravine with
# **noise** in every gradient, as batches make it. Four optimizers on each, with a rate that suits them.

# %% id="landscapes-run"
rough = noisy(ravine(10.0), 3.0, np.random.default_rng(0))
SETTINGS = {
    "ravine": (valley, 60, SGD(0.018), Momentum(0.018, 0.8), RMSProp(0.1), Adam(0.5)),
    "saddle": (saddle(), 80, SGD(0.1), Momentum(0.1, 0.9), RMSProp(0.02), Adam(0.1)),
    "noisy ravine": (rough, 300, SGD(0.1), Momentum(0.01, 0.9), RMSProp(0.1), Adam(0.3)),
}
NAMES = ("SGD", "momentum", "RMSProp", "Adam")
paths = {
    place: {
        name: follow(optimizer, landscape, steps) for name, optimizer in zip(NAMES, optimizers, strict=True)
    }
    for place, (landscape, steps, *optimizers) in SETTINGS.items()
}

# %% id="landscapes-figure"
figure, axes = style.canvas(1, 3, width=13, height=4.2)
for axis, (place, walks), size in zip(axes, paths.items(), ((11, 1.6), (1.8, 1.6), (11, 3.5)), strict=True):
    ground(axis, SETTINGS[place][0], *size)
    for k, (name, walk) in enumerate(walks.items()):
        curves.line(axis, *walk.T, label=name, index=k)
    axis.set_title(place)
curves.legend(axes[1], loc="lower right")
style.show(
    figure,
    alt="Paths of SGD, momentum, RMSProp and Adam on three contour maps. Ravine: SGD zigzags and creeps, momentum "
    "swings along it, RMSProp and Adam move along it from the first step. Saddle: RMSProp and Adam turn off at "
    "once; SGD runs to the saddle first and turns off there. Noisy ravine: all four end in a cloud around the "
    "minimum.",
)


# %% id="saddle-run"
def steps_to_leave(optimizer, height):
    path = follow(optimizer, saddle(height), 400)
    away = np.abs(path[:, 1]) > 0.5
    return int(away.argmax()) if away.any() else None


# %% id="saddle-claim"
HEIGHTS = (1e-2, 1e-4, 1e-6, 0.0)
for name, make in {"SGD": SGD, "momentum": Momentum, "Adam": Adam}.items():
    steps = [steps_to_leave(make(0.1), height) for height in HEIGHTS]
    print(f"{name:<9} steps to leave the saddle from heights {HEIGHTS}: {steps}")

# %% id="saddle-claim-claims"
claim("> 130", steps_to_leave(SGD(0.1), 1e-6), "steps of SGD from a millionth beside the ridge")
claim("< 15", steps_to_leave(Adam(0.1), 1e-6), "steps of Adam from there")
assert steps_to_leave(Adam(0.1), 0.0) is None, "on the ridge every gradient points at the saddle"

# %% [markdown] id="landscapes-reading"
# *Reading*: on the ravine RMSProp and Adam move along the flat direction from the first step. At the saddle SGD has to
# wait until a tiny height has grown, step by step; Adam measures the height in units of itself and leaves in less than
# 15 steps. Exactly on the ridge nobody leaves. In the noise all of them end in a cloud.
#
# ### How wide is the cloud?
#
# **You may think** that momentum averages the noise away. Measure: 4,000 copies of one noisy parameter with curvature
# 1, each with its own noise, a thousand steps. What is the variance around the minimum?


# %% id="noise-run"
def cloud(optimizer, copies=4_000, steps=1_000):
    theta, rng = np.zeros(copies), np.random.default_rng(0)
    for _ in range(steps):
        optimizer.step(theta, theta + rng.standard_normal(copies))
    return theta.var()


def cloud_formula(rate, momentum):  # solved from the recurrence of section 1 with noise of variance 1
    return rate * (1 + momentum) / ((1 - momentum) * (2 * (1 + momentum) - rate))


# %% id="noise-claim"
with_momentum, same_step, same_rate = cloud(Momentum(0.01, 0.9)), cloud(SGD(0.1)), cloud(SGD(0.01))
claim("between 0.93 and 1.07", with_momentum / cloud_formula(0.01, 0.9), "momentum: measured over formula")
claim("between 0.8 and 1.1", with_momentum / same_step, "momentum over SGD with the same effective step")
claim("> 8", with_momentum / same_rate, "momentum over SGD with the same rate")
claim("4,000", cloud.__defaults__[0], "copies of the parameter")

# %% [markdown] id="noise-reading"
# **In fact** momentum has the cloud of SGD with the same *effective* step, $\eta/(1-\mu)$: it remembers the noise as
# well as the gradient. What makes the cloud small is a small step at the end, which is why rates are lowered (lesson
# 04).
#
# ## 9 A fair comparison on the digits
#
# Published comparisons of optimizers often differ in how long each was tuned. So fix the budget **before**: each
# optimizer gets seven rates, half a power of ten apart, its other settings as they come, five epochs, ten seeds (each a
# new split, new weights, a new order). The rate with the lowest mean **validation** loss is chosen; only that one meets
# the **test** part, once.
#
# These are 350 trainings. They are **recorded**: the command named below runs the next three cells on all ten seeds.
# *Live* you run the whole grid on the first seed, and further down the chosen rates on ten other seeds.

# %% id="compare-predict" tags=["nbval-ignore-output"]
predict("03-compare")

# %% id="compare-run"
BUDGET = {  # the optimizer and the highest of its seven rates
    "SGD": (SGD, 1.0),
    "momentum": (Momentum, 0.1),
    "Nesterov": (Nesterov, 0.1),
    "RMSProp": (RMSProp, 0.1),
    "Adam": (Adam, 0.1),
}
DOWN = 10.0 ** -np.arange(0, 3.5, 0.5)


# %% id="compare-trained"
def trained(make, rate, seed):
    """A new network after five epochs and its validation loss, infinite when the run diverged."""
    train, validation, _ = parts(seed)
    model = mlp([64, 32, 10], rng=np.random.default_rng(seed))
    try:
        train_mlp(model, train, optimizer=make(rate), epochs=5, seed=seed)
    except ValueError:
        return model, np.inf
    return model, evaluate(model, validation)["loss"]


# %% id="compare-train"
def tune(seeds):
    """For each optimizer and each of its seven rates: networks and validation losses, one pair per seed."""
    return {
        name: [[trained(make, highest * down, seed) for seed in seeds] for down in DOWN]
        for name, (make, highest) in BUDGET.items()
    }


def best_rates(tuning):
    """Validation losses (7 rates, seeds) by optimizer -> the place of the rate with the lowest mean."""
    return {name: int(losses.mean(axis=1).argmin()) for name, losses in tuning.items()}


# %% id="compare-tested"
def test_accuracies(models, seeds):
    """Share of test digits read rightly, one number per seed: called once for each optimizer."""
    return np.array(
        [evaluate(m, parts(seed)[2])["accuracy"] for m, seed in zip(models, seeds, strict=True)]
    )


# %% id="compare-first"
first_seed = {  # validation losses, (7 rates, 1 seed)
    name: np.array([[loss for _, loss in row] for row in rows]) for name, rows in tune(range(1)).items()
}

# %% id="compare-recorded"
from course_lib.core.recordings import recorded

RUNS_OF = "python -m benchmarks.lesson_runs"
ten_seeds = recorded(
    "optimizers_compared", command=f"{RUNS_OF} optimizers_compared", hardware="any CPU, in a minute"
)
rows_of = {name: [row for row in ten_seeds.rows if row["optimizer"] == name] for name in BUDGET}
tuning = {  # validation losses, (7 rates, 10 seeds)
    name: np.array([row["validation_loss"] for row in rows], dtype=float) for name, rows in rows_of.items()
}
chosen = best_rates(tuning)

# %% id="compare-live"
claim("350", sum(losses.size for losses in tuning.values()), "trainings in the recording")
apart = [abs(first_seed[name][k, 0] - tuning[name][k, 0]) for name, k in chosen.items()]
claim("< 0.01", max(apart), "live minus recorded: validation loss of the first seed at the chosen rates")

# %% id="compare-test"
accuracy = {}  # recorded
for name, place in chosen.items():
    accuracy[name] = np.array(rows_of[name][place]["test_accuracy"])
    rate, loss = BUDGET[name][1] * DOWN[place], tuning[name][place].mean()
    print(
        f"{name:<9} rate {rate:<7.2g} validation loss {loss:.3f}, test accuracy {accuracy[name].mean():.3f}"
    )


# %% id="compare-pairs"
def versus_sgd(accuracy, level=0.95):
    """Intervals of the paired differences to SGD, in percentage points."""
    return {
        name: paired_comparison(100 * values, 100 * accuracy["SGD"], level=level).interval
        for name, values in accuracy.items()
        if name != "SGD"
    }


pairs = versus_sgd(accuracy)
for name, pair in pairs.items():
    print(f"{name:<9} minus SGD: {pair.mean:+.2f} points, 95 % {pair.low:+.2f} to {pair.high:+.2f}")

# %% id="compare-claim" tags=["results"]
means = [values.mean() for values in accuracy.values()]
claim("< 1.5", 100 * (max(means) - min(means)), "best minus worst mean test accuracy, percentage points")
claim("< 2", max(abs(end) for p in pairs.values() for end in (p.low, p.high)), "farthest end")
claim("> 0.95", min(means), "the lowest mean test accuracy")
claim("3 of 4", sum(p.low > 0 or p.high < 0 for p in pairs.values()), "intervals beside zero")
assert all(0 < place < 6 for place in chosen.values()), "no best rate lies at the edge of its grid"

# %% id="compare-claim-outcome"
outcome("03-compare")

# %% id="compare-sensitivity"
figure, (left, right) = style.canvas(1, 2, width=12, height=3.8, width_ratios=(1.5, 1))
left.set(xscale="log", yscale="log", xlabel="rate", ylabel="validation loss (nats)", ylim=(0.08, 20))
left.set_title("Sensitivity to the rate")
for k, (name, losses) in enumerate(tuning.items()):
    shown = np.where(np.isfinite(losses), np.minimum(losses, 20), 20)  # a run that diverged counts as 20
    curves.band(left, BUDGET[name][1] * DOWN, shown.T, label=name, index=k)

# %% id="compare-figure"
curves.legend(left, ncols=2)
curves.bars_with_intervals(right, list(pairs), list(pairs.values()), from_zero=False)
right.axvline(0, color="0.5", linewidth=1, linestyle=":")
right.set(
    xlabel="test accuracy minus SGD (points)", ylabel="optimizer", xlim=(-2, 2), title="At the chosen rates"
)
style.show(
    figure,
    alt="Left: validation loss against the rate for five optimizers, with intervals over ten seeds. Every curve is a "
    "valley with a bottom between 0.1 and 0.2; the valleys lie at different rates, SGD's highest. Right: test "
    "accuracy at the chosen rate minus that of SGD, in percentage points; all intervals lie within two points of "
    "zero.",
)

# %% [markdown] id="compare-reading"
# *Reading*: the valleys have nearly the same depth and lie at different places. Between the best and the worst tuned
# optimizer there are less than 1.5 points of accuracy; a rate beside the valley costs many times more than the wrong
# optimizer.
#
# Three of the four intervals on the right lie beside zero. Two things speak against believing them at once. First, they
# are **four** tests against **one** baseline: even if nothing differed, the chance that at least one 95 % interval misses zero
# would be well above that of a single one. Bonferroni's correction gives each of the four a level of `1 - 0.05 / 4`. Second, a real difference
# comes back. So do it again: the chosen rates, ten **other** seeds.


# %% id="compare-other"
def again_accuracies(others):
    """Test accuracies at the chosen rates, for each optimizer: one number per seed of `others`."""
    return {
        name: test_accuracies(
            [trained(BUDGET[name][0], BUDGET[name][1] * DOWN[place], seed)[0] for seed in others], others
        )
        for name, place in chosen.items()
    }


# %% id="compare-again"
live = again_accuracies(range(100, 101))
other_seeds = recorded(
    "optimizers_again", command=f"{RUNS_OF} optimizers_again", hardware="any CPU, in a minute"
)
again = {row["optimizer"]: np.array(row["test_accuracy"]) for row in other_seeds.rows}
CORRECTED = 1 - 0.05 / 4
print(f"minus SGD, in points; intervals at the level {CORRECTED:.2%}, corrected for four tests")
for name in pairs:
    first, second = (versus_sgd(seen, CORRECTED)[name] for seen in (accuracy, again))
    print(
        f"{name:<9} first ten seeds {first.mean:+.2f} ({first.low:+.2f} to {first.high:+.2f})"
        f"   ten others {second.mean:+.2f} ({second.low:+.2f} to {second.high:+.2f})"
    )

# %% id="compare-again-claim"
claim(
    "< 0.01",
    max(abs(live[name][0] - again[name][0]) for name in again),
    "live minus recorded: test accuracy of the first of the other seeds",
)
uncorrected = versus_sgd(accuracy)["Nesterov"], versus_sgd(again)["Nesterov"]
claim("0.33", uncorrected[0].mean, "Nesterov minus SGD, first ten seeds, points")
claim("0.02", uncorrected[0].low, "lower end at 95 %, not corrected")
claim("-0.37", uncorrected[1].mean, "the same with ten other seeds")
claim("-0.12", uncorrected[1].high, "upper end at 95 %, not corrected")

# %% id="compare-both-claim"
corrected = [versus_sgd(seen, CORRECTED) for seen in (accuracy, again)]
both_times = [
    name
    for name in pairs
    if all(one[name].low > 0 for one in corrected) or all(one[name].high < 0 for one in corrected)
]
claim("0", len(both_times), "optimizers that differ from SGD both times, in one direction, corrected")

# %% [markdown] id="compare-verdict"
# Look at Nesterov. The first ten seeds say 0.33 points *better* than SGD, with an interval that begins at 0.02; the ten others
# say `-0.37`: *worse*, with an interval that ends at `-0.12`. Each of the two would have made a confident sentence, and they
# contradict each other. With the correction none of the four optimizers differs from SGD in the same direction both times.
#
# **The honest verdict.** On this network, these data and five epochs, no optimizer is *shown* to be better than SGD. Not
# examined are other tasks, longer runs, and budgets in which momentum and the betas are tuned as well. The range of each
# grid was prior knowledge: without it, the budget would have gone into finding the valley.
#
# ### "Generally works well without much tuning"
#
# So says our source of Adam. Its default rate is `0.001`:

# %% id="sensitivity-claim"
losses = tuning["Adam"].mean(axis=1)
rates = BUDGET["Adam"][1] * DOWN
default = losses[np.abs(np.log(rates / 0.001)).argmin()]

# %% id="sensitivity-claim-claims"
claim(
    "> 2.5",
    default / losses.min(),
    "Adam at its default rate: validation loss over that of the chosen rate",
)
claim("> 5", losses[0] / losses.min(), "Adam at the highest rate: the same ratio")
claim("< 1e-9", np.abs(rates - 0.001).min(), "the default is one of the seven rates")
for name in ("SGD", "Adam"):
    usable = np.mean(tuning[name], axis=1) < 2 * np.mean(tuning[name], axis=1).min()
    claim("between 2 and 4", usable.sum(), f"{name}: rates of seven with less than twice the lowest loss")

# %% id="sensitivity-longer"
longer = np.mean([loss_after(Adam(0.001), seed, epochs=15) for seed in range(5)])
shorter = tuning["Adam"][np.abs(np.log(rates / 0.001)).argmin(), :5].mean()
claim(
    "< 0.6", longer / shorter, "the default rate after fifteen epochs, over its loss after five; five seeds"
)

# %% [markdown] id="sensitivity-reading"
# **You may think** that Adam needs no tuning. **In fact** its default ends these five epochs with more than 2.5 times
# the loss of a tuned rate, and its valley is about as wide as SGD's: two to four of the seven rates. **The run** is
# above. What can be said for Adam: its rate is a distance and does not move with the scale of the loss (section 4), as
# that of SGD does. And the default is a slow rate here, not a wrong one: three times the epochs bring its loss below
# 0.6 of what it was.

# %% [markdown] id="slow"
# ## 10 Slow convergence: what helps?
#
# "Raise the rate, better initialization, normalize the data, a better optimizer", says our source. Which of them? Three
# hidden layers, five epochs, all eight combinations: pixels raw or standardized; weights far too small (standard
# deviation `0.01`) or He; SGD or Adam. Each combination may choose among four rates (that is the remedy "raise the
# rate"), five seeds. The five are recorded; live the first of them runs.

# %% id="slow-run"
from itertools import product

from course_lib.numpy_nn.initializers import he_normal, normal

SLOW_RATES = {"SGD": (SGD, (0.3, 0.1, 0.03, 0.01)), "Adam": (Adam, (0.03, 0.01, 0.003, 0.001))}
INITIALIZERS = {"small": normal(0.01), "He": he_normal}


# %% id="slow-loss"
def slow_loss(standardized, init, make, rate, seed):
    train, validation, _ = parts(seed, standardized)
    model = mlp([64, 32, 32, 32, 10], rng=np.random.default_rng(seed), initializer=INITIALIZERS[init])
    try:
        train_mlp(model, train, optimizer=make(rate), epochs=5, seed=seed)
    except ValueError:
        return np.inf
    return evaluate(model, validation)["loss"]


# %% id="slow-train"
COMBINATIONS = list(product((False, True), INITIALIZERS, SLOW_RATES))


def slow_losses(standardized, init, name, seeds):
    """Validation losses at the four rates of the optimizer, (4, seeds)."""
    make, rates = SLOW_RATES[name]
    return np.array([[slow_loss(standardized, init, make, rate, seed) for seed in seeds] for rate in rates])


# %% id="slow-first"
first_seed = {key: slow_losses(*key, range(1)) for key in COMBINATIONS}
five_seeds = recorded(
    "slow_convergence", command=f"{RUNS_OF} slow_convergence", hardware="any CPU, in a minute"
)

# %% id="slow-recorded"
slow, apart = {}, []
for key in COMBINATIONS:
    standardized, init, name = key
    rows = [r for r in five_seeds.rows if (r["standardized"], r["init"], r["optimizer"]) == key]
    losses = np.array([row["validation_loss"] for row in rows], dtype=float)  # (4 rates, 5 seeds)
    best = int(losses.mean(axis=1).argmin())
    slow[key], rate = losses[best], rows[best]["rate"]
    apart.append(abs(first_seed[key][best, 0] - slow[key][0]))
    scale = "standardized" if standardized else "raw"
    print(f"{scale:<12} {init:<5} {name:<4} best rate {rate:<5} validation loss {slow[key].mean():.2f}")


# %% id="slow-live"
claim("< 0.05", max(apart), "live minus recorded: validation loss of the first seed, largest difference")


# %% id="slow-claim"
def mean_loss(*key):
    return np.mean(slow[key])


# %% id="slow-claim-claims"
claim(
    "> 2.2",
    mean_loss(False, "small", "SGD"),
    "raw, small weights, SGD: has learned nothing at any of the rates",
)
claim("> 2.2", mean_loss(True, "small", "SGD"), "standardizing alone does not mend it")
claim("< 1.2", mean_loss(False, "small", "Adam"), "Adam alone gets it moving")
claim("< 0.8", mean_loss(False, "He", "SGD"), "and so does He initialization alone")
both = [mean_loss(True, "He", name) for name in SLOW_RATES]
claim("< 0.4", max(both), "standardized and He: SGD and Adam, the worse of the two")
claim("> 1.5", mean_loss(False, "He", "SGD") / both[0], "He and SGD: what raw pixels cost, as a factor")

# %% id="slow-figure"
from course_lib.core.stats import t_interval

figure, axes = style.canvas(width=9, height=4)
labels = [f"{'standardized' if s else 'raw'}, {init}, {name}" for s, init, name in slow]
curves.bars_with_intervals(axes, labels, [t_interval(values) for values in slow.values()])
axes.axvline(np.log(10), color="0.5", linewidth=1, linestyle=":")
axes.set(xlabel="validation loss at the best of four rates (nats)", ylabel="combination", xlim=(0, 2.6))
axes.set_title("What mends a slow network: data, first weights, optimizer")
style.show(
    figure,
    alt="Eight bars of validation loss with intervals over five seeds. Small weights with SGD stay at 2.3, the dotted"
    " line of knowing nothing, raw or standardized. Small weights with Adam reach less than one. He "
    "initialization is below one half everywhere, and lowest on standardized pixels, where SGD and Adam are "
    "alike.",
)

# %% [markdown] id="slow-reading"
# *Reading*: where the first weights are far too small, SGD stands still at every rate, and Adam moves, because a tiny
# gradient divided by its own size is not tiny. Where data and first weights are right, the optimizer hardly matters.
# **Adam covers up a bad start; it does not replace a good one.**
#
# ## 11 Where Adam does not converge
#
# Reddi, Kale and Kumar (2018) give an example so simple that you can run it by hand. One parameter $x$ in $[-1, 1]$ and
# losses that are straight lines: $f_t(x) = Cx$ in every third step, $f_t(x) = -x$ in the other two, with $C > 2$. Over
# three steps the sum is $(C-2)\,x$, so the best $x$ is $-1$. Adam runs with $\beta_1 = 0$, $\beta_2 = 1/(1+C^2)$ and
# the rate $\eta/\sqrt t$, which falls as theory asks, and $x$ is put back into $[-1, 1]$ after each step. **AMSGrad**,
# their mend, divides by the largest $v$ so far.


# %% id="reddi-run"
def online(gradients, beta1, beta2, *, keep_largest=False, rate=0.5):
    x, m, v, largest, xs = 0.0, 0.0, 0.0, 0.0, []
    for t, gradient in enumerate(gradients, start=1):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        largest = max(largest, v)
        x -= rate / np.sqrt(t) * m / np.sqrt(largest if keep_largest else v)
        x = min(1.0, max(-1.0, x))
        xs.append(x)
    return np.array(xs)


C = 3.0
gradients = np.where(np.arange(1, 6001) % 3 == 1, C, -1.0)
adam, amsgrad = (online(gradients, 0.0, 1 / (1 + C**2), keep_largest=keep) for keep in (False, True))

# %% id="reddi-claim"
claim("> 0.98", adam[-1], "where Adam is after 6,000 steps: at the worst point")
claim("< -0.98", amsgrad[-1], "where AMSGrad is: at the best")
regret = np.mean(gradients * (adam + 1))  # loss of Adam minus loss of the best fixed x = -1
claim("> 0.6", regret, "mean loss above that of the best x; the worst x would have 2/3")
claim(
    "< -0.98", online(gradients, 0.0, 0.99)[-1], "the same Adam with beta2 = 0.99 finds the best point here"
)

# %% id="reddi-long"
long = np.where(np.arange(1, 30001) % 101 == 1, 1010.0, -10.0)
claim("> 0.5", online(long, 0.9, 0.99)[-1], "Adam with betas 0.9 and 0.99, on an example of period 101")
claim("< -0.8", online(long, 0.9, 0.99, keep_largest=True)[-1], "AMSGrad on it: still on its way to -1")

# %% id="reddi-figure"
figure, axes = style.canvas(width=7, height=3)
curves.line(axes, np.arange(1, 6001), adam, label="Adam", index=0)
curves.line(axes, np.arange(1, 6001), amsgrad, label="AMSGrad", index=1)
axes.axhline(-1, color="0.5", linewidth=1, linestyle=":")
axes.set(xscale="log", xlabel="step", ylabel="x", ylim=(-1.1, 1.1), title="The best x is -1")
curves.legend(axes, loc="center right")
style.show(
    figure,
    alt="The parameter x over 6000 steps on a log scale, both starting near 0. Adam climbs to +1, the worst point. "
    "AMSGrad falls to -1, the best point, where it stays.",
)

# %% [markdown] id="reddi-reading"
# *Reading*: the rare large gradient is divided by its own size and counts hardly more than each of the two small ones,
# so the two outvote it. The example needs a memory shorter than the distance between large gradients: with `beta2 =
# 0.99` this one is harmless, and then one with a period of 101 steps does it, at betas of 0.9 and 0.99. The paper
# proves that for any fixed $\beta_1 < \sqrt{\beta_2}$ there is such a problem. What is shown: the statement "Adam
# converges on convex problems" is false. What is not shown: that it happens on yours.

# %% id="reddi-numbers"
claim("> 0.9", np.sqrt(0.99), "root(beta2): the betas 0.9 and 0.99 keep the condition beta1 < root(beta2)")

# %% [markdown] id="broken"
# ## 12 A broken run
#
# Two runs of Adam on the digits, same seed, same rate. In one of them a line stands in the wrong place. Here are the
# losses and, from inside, how far each parameter moved in the last step, in units of the rate. Read the instruments
# before you read the code.

# %% id="broken-run"
from course_lib.numpy_nn import losses as nn_losses
from course_lib.numpy_nn.data import batches


# %% id="broken-watched"
def watched(supply, seed=0, epochs=3):
    (x, y), _, _ = parts(seed)
    model, losses, moved = mlp([64, 32, 10], rng=np.random.default_rng(seed)), [], None
    for epoch in range(epochs):
        for rows in batches(len(x), 32, seed=seed, epoch=epoch):
            value, gradient = nn_losses.softmax_cross_entropy(model.forward(x[rows]), y[rows])
            model.backward(gradient)
            before = model.parameters.copy()
            supply().step(model.parameters, model.gradients)
            moved = (model.parameters - before)[model.gradients != 0] / 0.01
            losses.append(value.mean)
    return losses, moved


# %% id="broken-two"
from course_lib.teaching.checks.optimizers.broken import two_runs

RUNS = {name: watched(supply) for name, supply in two_runs().items()}

# %% id="broken-figure" tags=["nbval-ignore-output"]
figure, (left, right) = style.canvas(1, 2, width=10, height=3.2)
for k, (name, (losses, moved)) in enumerate(RUNS.items()):
    curves.line(left, np.arange(1, len(losses) + 1), losses, label=name, index=k)
    right.hist(
        moved, bins=np.linspace(-2, 2, 41), histtype="step", linewidth=2, color=style.PALETTE[k], label=name
    )
left.set(yscale="log", xlabel="iteration", ylabel="loss of the batch (nats)", title="Loss")
right.set(xlabel="change of a parameter / rate", ylabel="parameters", title="The last step")
curves.legend(right)
style.show(
    figure,
    alt="Left: losses of two runs over 120 iterations on a log scale; both fall and look much alike. Right: "
    "histograms of the changes in the last step, in units of the rate. Run A: one broad hill around 0. Run B: two"
    " spikes, at -1 and +1.",
)

# %% id="broken-predict" tags=["nbval-ignore-output"]
predict("03-broken")

# %% id="broken-claim-claims" tags=["results"]
share = {name: np.mean(np.abs(np.abs(moved) - 1) < 0.01) for name, (_, moved) in RUNS.items()}
claim("> 0.85", share["run B"], "run B: share of parameters that moved by exactly the rate, up or down")
claim("< 0.1", share["run A"], "run A: the same share")

# %% id="broken-claim-outcome"
outcome("03-broken")

# %% id="broken-claim"
show_source(two_runs)

# %% [markdown] id="broken-reading"
# An optimizer **is** its state. Made anew, Adam is at $t = 1$ for ever, where $\hat m/\sqrt{\hat v} = g/|g|$, the sign
# of the gradient; momentum made anew is plain SGD. No error, a falling loss, and a histogram that gives it away. The
# same happens to who resumes a training from saved weights without the saved optimizer.
#
# ## 13 Recall
#
# Answer without scrolling up.

# %% id="recall-1" tags=["nbval-ignore-output"]
recall("03-effective")

# %% id="recall-2" tags=["nbval-ignore-output"]
recall("03-scale")

# %% id="recall-3" tags=["nbval-ignore-output"]
recall("03-first-step")

# %% id="recall-4" tags=["nbval-ignore-output"]
recall("03-limit")

# %% id="recall-5" tags=["nbval-ignore-output"]
recall("03-budget")

# %% id="recall-keys"
claim("0.02", 0.2 * (1 - 0.9), "the rate that keeps the effective step")
claim("0.04", 2 / 50, "the limit at curvature 50")
moved, _, _ = adam_step(0.0, 1e-4, 0.0, 0.0, 1, 0.001, 0.9, 0.999, 1e-8)
claim("0.001", -moved, "the first step of Adam at rate 0.001 and gradient 1e-4")

# %% [markdown] id="full-size"
# ## 14 At full size
#
# Nothing in this lesson needs a GPU, and so no recorded run belongs to it: the surfaces have two parameters, and the
# comparison is worth more with ten seeds on a small network than with one on a large. What does change with size is
# memory. Momentum keeps one number for every parameter, Adam two. The systems from lesson 10 on are trained with AdamW,
# and there you will measure what its state weighs.

# %% id="full-size-run"
model = mlp([784, 128, 64, 10], rng=np.random.default_rng(0))
optimizer = Adam()
optimizer.step(model.parameters, np.ones_like(model.parameters))
claim("109,386", model.parameters.size, "parameters of the network 784-128-64-10")
claim("218,772", optimizer.a.size + optimizer.b.size, "numbers that Adam keeps for it between two steps")

# %% [markdown] id="next"
# So Adam's state is 218,772 numbers for 109,386 parameters.
#
# ## Next
#
# The [exercise sheet](../exercises/03_optimizers.ipynb):
# you write the optimizers yourself, and each check tells you which mistake it sees. Then lesson 04: how large the rate
# may be, and how it should change.

# %% id="progress" tags=["nbval-ignore-output"]
from course_lib.teaching.learner.progress import show_progress

show_progress()

# %% [markdown] id="sources"
# ## Sources
#
# - Polyak 1964, *Some methods of speeding up the convergence of iteration methods*: momentum and its best settings on a
#   bowl.
# - Sutskever, Martens, Dahl, Hinton 2013, *On the importance of initialization and momentum in deep learning*: the form
#   with the rate inside, and Nesterov's gradient (Nesterov 1983) for neural networks.
# - Tieleman and Hinton 2012, lecture 6e of *Neural Networks for Machine Learning*: RMSProp.
# - Kingma and Ba 2015, *Adam: A Method for Stochastic Optimization*: algorithm 1, and the bias correction in its
#   section 3.
# - Loshchilov and Hutter 2019, *Decoupled Weight Decay Regularization*: L2 and decay are not the same in Adam; AdamW.
# - Reddi, Kale, Kumar 2018, *On the Convergence of Adam and Beyond*: the example of section 11, and AMSGrad.
# - Wilson et al. 2017, *The Marginal Value of Adaptive Gradient Methods in Machine Learning*, report that adaptive
#   methods generalise worse than SGD on several tasks. Our ten seeds do not show it on the digits.
