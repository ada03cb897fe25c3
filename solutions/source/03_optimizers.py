# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # Sheet 03: optimizers
#
# You write the optimizers that everybody uses, one step each; put a torch loop in order; find faults in paths; write a
# test that tells Adam from its neighbours; and audit a sentence. All arrays of one call have one shape.

# %% [markdown] id="how-sheet" tags=["sheet"]
# **How it works**
#
# - Replace `raise NotImplementedError` by your code, run the cell, then run the cell with `check` under it. The check
#   calls your function **several times in a row**, each time with the state that it returned the time before, and with
#   a rate that changes.
# - `hint("adam")` gives one more hint each time. `start("adam", "faded")` puts a version into a new cell in which only
#   the central lines are missing, `start("adam", "worked")` the whole function.
# - The sheet runs from top to bottom also while exercises are unsolved. What you type here is
#   yours: an update of the course keeps it.
# - The [solutions](../solutions/03_optimizers.ipynb) stand apart, each with the reason and the most common mistake.

# %% [markdown] id="how-solution" tags=["solution"]
# **The solutions.** Under every function stand the reason why it is so and the most common mistake. Yours may look
# quite different and be right: the check compares what a function does, not how it is written.

# %% id="setup"
from collections.abc import Callable

import numpy as np

from course_lib.plots import curves, style
from course_lib.teaching.check import check, hint, start
from course_lib.teaching.checks.optimizers.audit import record_table
from course_lib.teaching.checks.optimizers.order import LINES
from course_lib.teaching.checks.optimizers.runs import in_words, six_paths

# %% [markdown] id="momentum-text" exercise="momentum"
# The velocity keeps a share of itself and takes up the gradient; the parameter moves by the **new** velocity:
#
# $$v \leftarrow \mu\,v - \eta\,g \qquad \theta \leftarrow \theta + v$$
#
# Return both, because the next step needs the velocity. Do not write into what you are given.
#
# Example: parameter 5, gradient 2, velocity 1, lr 0.1, momentum 0.5 give the velocity 0.5 - 0.2 = 0.3 and the
# parameter 5.3.

# %% id="momentum" exercise="momentum" function="course_lib.by_hand.optimizers:momentum_step"

# %% id="momentum-check"
check("momentum", momentum_step)

# %% [markdown] id="momentum-why" tags=["solution"]
# **Why it is so.** The velocity is a sum of all gradients so far, each with the rate that was valid then, and weighted
# by a power of the momentum. Under a constant gradient it grows to $\eta g/(1-\mu)$: at momentum 0.9 ten times a plain
# step.
#
# **Most common mistake**: the rate is multiplied onto the velocity at the step, as torch does it. Both forms give the
# same path until the rate changes:

# %% id="momentum-conventions" tags=["solution"]
from course_lib.by_hand.optimizers import rate_outside_step

for rates in ((0.1, 0.1, 0.1), (0.1, 0.1, 0.01)):
    inside, outside, v_in, v_out = 0.0, 0.0, 0.0, 0.0
    for rate in rates:
        inside, v_in = momentum_step(inside, 1.0, v_in, rate, 0.9)
        outside, v_out = rate_outside_step(outside, 1.0, v_out, rate, 0.9)
    print(f"rates {rates}: rate inside {inside:.3f}, rate outside {outside:.3f}")

# %% [markdown] id="nesterov-text" exercise="nesterov"
# The velocity changes as before. The parameter then moves by momentum times the **new** velocity, minus lr times
# gradient: the step that momentum would make next if the gradient stayed the same.
#
# Example: parameter 5, gradient 2, velocity 1, lr 0.1, momentum 0.5: the velocity becomes 0.3 and the parameter
# 5 + 0.15 - 0.2 = 4.95. (Momentum has gone to 5.3: Nesterov brakes earlier.)

# %% id="nesterov" exercise="nesterov" function="course_lib.by_hand.optimizers:nesterov_step"

# %% id="nesterov-check"
check("nesterov", nesterov_step)

# %% [markdown] id="nesterov-why" tags=["solution"]
# **Why it is so.** Nesterov takes the gradient at the point $\theta + \mu v$ to which the velocity carries. If you name
# *that* point the parameter, the gradient is taken where the network is, and the formula of this exercise is what
# remains.
#
# **Most common mistake**: the look ahead uses the old velocity. Then $\theta + \mu v_{old} - \eta g$ is plain momentum:
# the check cannot tell the two apart, because there is nothing to tell apart.

# %% [markdown] id="rmsprop-text" exercise="rmsprop"
# Keep a running mean of the squared gradient, entry by entry, and divide the gradient by its root:
#
# $$s \leftarrow \rho\,s + (1-\rho)\,g^2 \qquad \theta \leftarrow \theta - \eta\,\frac{g}{\sqrt s + \epsilon}$$
#
# with the new $s$ in the step. Return the new parameter and the new $s$.
#
# Example: parameter 1, gradient 4, squares 0, lr 0.1, alpha 0.75, eps 0 give the squares 0.25 · 16 = 4 and the
# parameter 1 - 0.1 · 4 / 2 = 0.8.

# %% id="rmsprop" exercise="rmsprop" function="course_lib.by_hand.optimizers:rmsprop_step"

# %% id="rmsprop-check"
check("rmsprop", rmsprop_step)

# %% [markdown] id="rmsprop-why" tags=["solution"]
# **Why it is so.** A gradient divided by the root of the mean of its squares has a size near 1, whatever its unit: the
# rate is a distance. epsilon keeps the quotient finite where all gradients so far were zero.
#
# **Most common mistake**: epsilon inside the root. With epsilon 1e-8 its root is 1e-4, ten thousand times as large as
# meant, and small gradients are hardly scaled up any more.

# %% [markdown] id="adam-text" exercise="adam"
# $$m \leftarrow \beta_1 m + (1-\beta_1)\,g \qquad v \leftarrow \beta_2 v + (1-\beta_2)\,g^2$$
#
# $$\hat m = \frac{m}{1-\beta_1^t} \qquad \hat v = \frac{v}{1-\beta_2^t} \qquad
#   \theta \leftarrow \theta - \eta\,\frac{\hat m}{\sqrt{\hat v}+\epsilon}$$
#
# `t` is the number of the step, 1 at the first. Return the new parameter, m and v, **not** corrected.
#
# Example: parameter 1, gradient 4, m = v = 0, t = 1, lr 0.1, betas 0.5 and 0.75, eps 0: m is 2 and v is 4;
# corrected they are 4 and 16; the parameter becomes 1 - 0.1 · 4 / 4 = 0.9.

# %% id="adam" exercise="adam" function="course_lib.by_hand.optimizers:adam_step"

# %% id="adam-check"
check("adam", adam_step)

# %% [markdown] id="adam-why" tags=["solution"]
# **Why it is so.** Both means start at 0, and after t steps the weights in them sum to $1-\beta^t$. Dividing by that
# makes them means again. Without it the step is $(1-\beta_1^t)/\sqrt{1-\beta_2^t}$ times as long: at the usual betas
# more than three times at the first step and more than six times at the twelfth.
#
# **Most common mistake**: the corrected values are kept as m and v, and corrected again at the next step.

# %% [markdown] id="adamw-text" exercise="adamw"
# Adam's step, and beside it a decay: each **weight** loses the share `lr * weight_decay` of itself, which m and v never see.
# A parameter of one axis is a bias and does not decay.
#
# Example: with lr 0.1 and weight_decay 0.5 a weight of 2 loses 5 % of itself and is 1.9 before Adam's step is taken off.

# %% id="adamw" exercise="adamw" function="course_lib.by_hand.optimizers:adamw_step"

# %% id="adamw-check"
check("adamw", adamw_step)

# %% [markdown] id="adamw-why" tags=["solution"]
# **Why it is so.** What goes through m and v is divided by the root of v. A decay that took that way would depend on
# how large the gradients of the data are, and where they are zero, not on its own strength at all (lesson 03, section
# 7). Taken apart, each weight loses the same share. A bias is one number per unit and is left alone.
#
# **Most common mistake**: `gradient + weight_decay * parameter`, and then Adam. That is Adam with L2.

# %% [markdown] id="order-torch-loop-text" exercise="order_torch_loop"
# Eight of these ten lines are a training loop in torch. Two are pseudo-code from our source: there, `backprop` returns
# the gradients and `step` receives them. In torch the gradients live in the parameters. The indentation is taken away:
# each line belongs to the loop that was opened last before it. Give the letters of the eight lines in their order.

# %% id="order-torch-loop-lines"
for letter, line in LINES.items():
    print(f"{letter}  {line}")

# %% id="order-torch-loop" tags=["sheet"]
order = ...  # a list of letters, such as ["A", "B", "C"]

# %% id="order-torch-loop-solution" tags=["solution"]
from course_lib.teaching.checks.optimizers.order import loop_of

order = ["F", "I", "C", "J", "G", "H", "D", "A"]
print(loop_of(order))

# %% id="order-torch-loop-check"
check("order_torch_loop", order)

# %% [markdown] id="order-torch-loop-why" tags=["solution"]
# **Why it is so.** The optimizer lives as long as the training, because it is its state. `backward` **adds** to the
# gradients that are there, so they are cleared between two backwards: right before, before the forward pass, or at the
# end of the step. Only between backward and step nothing may clear them.
#
# **Most common mistake**: no `zero_grad`. Each step then uses the sum of all gradients so far, which is momentum with
# factor 1 (next exercise, run A).

# %% [markdown] id="read-paths-text" exercise="read_paths"
# Six runs on one ravine (curvatures 1 and 20). Each word below fits one run. Which?
#
# - `"sound"`: nothing is wrong;
# - `"gradients add up"`: plain gradient descent whose gradients are never cleared;
# - `"rate too large"`, `"momentum too large"`, `"wrong sign"`;
# - `"noise"`: gradients of small batches, at a rate that stays.

# %% id="read-paths-runs"
paths = six_paths()
figure, axes = style.canvas(2, 3, width=11, height=6, sharex=True)
for ax, (letter, path) in zip(axes.flat, paths.items(), strict=True):
    for k, name in enumerate(("flat direction", "steep direction")):
        curves.line(ax, np.arange(len(path)), np.clip(path[:, k], -30, 30), label=name, index=k)
    ax.set(title=f"run {letter} (cut at 30)" if np.abs(path).max() > 30 else f"run {letter}")
    ax.set(xlabel="step", ylabel="parameter")
curves.legend(axes[0, 0], loc="upper right")
style.show(figure, in_words(paths))

# %% [markdown] id="read-paths-reading"
# The same runs once more: the distance to the minimum, on a log scale.

# %% id="read-paths-distance"
figure, axes = style.canvas(2, 3, width=11, height=6, sharex=True, sharey=True)
for ax, (letter, path) in zip(axes.flat, paths.items(), strict=True):
    curves.line(ax, np.arange(len(path)), np.linalg.norm(path, axis=1), label="distance", index=0)
    ax.set(title=f"run {letter}", xlabel="step", ylabel="distance", yscale="log", ylim=(1e-2, 1e4))
style.show(figure, "The distance of each path to the minimum, on a log scale. " + in_words(paths))

# %% id="read-paths" tags=["sheet"]
faults = {"A": ..., "B": ..., "C": ..., "D": ..., "E": ..., "F": ...}

# %% id="read-paths-solution" tags=["solution"]
faults = {
    "A": "gradients add up",
    "B": "sound",
    "C": "rate too large",
    "D": "momentum too large",
    "E": "noise",
    "F": "wrong sign",
}

# %% id="read-paths-check"
check("read_paths", faults)

# %% [markdown] id="read-paths-why" tags=["solution"]
# **Why it is so.** A: a sum of all gradients never forgets, and the path swings like a pendulum without friction. D:
# momentum 0.97 forgets slowly; the swings are as slow as those of A, and shrink. C: the steep direction changes sides
# at every step and grows, since the rate is above 2 / 20; the flat one is calm. F: both directions leave, and never
# change sides. E: the path comes near and then trembles at one level. B: momentum 0.6 at a fitting rate.
#
# **Most common mistake**: A is taken for too large a momentum. In a sense it is: the factor is 1.

# %% [markdown] id="adam-passes-text" exercise="adam_passes"
# Now you write a **test**. `adam_passes(step, rng)` returns True when `step`, which is called like `adam_step`, makes
# the steps of Adam, else False. Your test is run on four right versions, which it must accept, and on eighteen wrong
# ones, which it must find. You may use your own `adam_step`, once it is right, or torch. A right version may write into
# the arrays that it is given, and may round differently in the last digits.
#
# Example: a test of one step with gradient 1 finds a wrong sign, and no fault that shows only when m and v come back.

# %% id="adam-passes" exercise="adam_passes" function="course_lib.teaching.checks.optimizers.attack:adam_passes"

# %% id="adam-passes-check"
check("adam_passes", adam_passes)

# %% [markdown] id="adam-passes-why" tags=["solution"]
# **Why it is so.** Each part of the test kills a family of faults: several steps (state lost, corrected state kept),
# gradients of very different sizes (one v for all entries), an epsilon that counts (its place), betas that differ
# (exchanged). The copies are there for the version that writes in place: it is right and must pass.
#
# **Most common mistake**: "the loss falls" as a test. Nearly every wrong optimizer goes downhill:

# %% id="adam-passes-falls" tags=["solution"]
from course_lib.teaching.checks.optimizers.attack import ADAM_PASSES

loss_falls = next(mistake.answer for mistake in ADAM_PASSES.mistakes if mistake.id == "loss_falls")
accepted = ADAM_PASSES.observe(loss_falls)["planted"]
assert sum(accepted.values()) == 17
assert len(accepted) == 18
print(f"of {len(accepted)} wrong versions, {sum(accepted.values())} pass a test that the loss falls")

# %% [markdown] id="adam-claim-text" exercise="adam_claim"
# Our source writes of Adam (translated): *"Advantages: generally works well without much tuning."* The table holds the
# mean validation loss of ten seeds on the digits after five epochs, for seven rates each; everything else was equal.
# Adam's default rate is 0.001.

# %% id="adam-claim-record"
print(record_table())

# %% [markdown] id="adam-claim-ask"
# Fill in:
#
# - `best_rate`: Adam's best rate of the seven;
# - `default_cost`: how many times its lowest loss Adam has at its default rate (one decimal is enough);
# - `usable_adam`, `usable_sgd`: how many of the seven rates end below twice the lowest loss of the same optimizer;
# - `works_untuned`: your verdict on "on this task and budget, Adam works well without tuning the rate";
# - `easier_than_sgd`: your verdict on "in general, the rate of Adam is easier to tune than that of SGD".
#
# A verdict is `"supported"`, `"not shown"` or `"contradicted"`.

# %% id="adam-claim" tags=["sheet"]
findings = {
    "best_rate": ...,
    "default_cost": ...,
    "usable_adam": ...,
    "usable_sgd": ...,
    "works_untuned": ...,
    "easier_than_sgd": ...,
}

# %% id="adam-claim-solution" tags=["solution"]
from course_lib.teaching.checks.optimizers.audit import RECORD

lowest = {name: min(losses.values()) for name, losses in RECORD.items()}
usable = {name: sum(loss < 2 * lowest[name] for loss in losses.values()) for name, losses in RECORD.items()}
findings = {
    "best_rate": min(RECORD["Adam"], key=RECORD["Adam"].get),
    "default_cost": RECORD["Adam"][0.001] / lowest["Adam"],
    "usable_adam": usable["Adam"],
    "usable_sgd": usable["SGD"],
    "works_untuned": "contradicted",
    "easier_than_sgd": "not shown",
}
print(findings)

# %% id="adam-claim-check"
check("adam_claim", findings)

# %% [markdown] id="adam-claim-why" tags=["solution"]
# **Why it is so.** At the default the loss is almost four times what a tuned rate reaches: on this task and budget the
# sentence is contradicted. Three of seven rates are usable for each optimizer, so this table does not show that Adam is
# easier to tune; one task with a tie does not show the contrary either. What would change the verdicts: a longer budget
# for the first (the default is slow, not wrong); many tasks, with one grid for all of them, for the second.
#
# **Most common mistake**: to judge a general sentence by one table, in either direction.
