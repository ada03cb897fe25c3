# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # Sheet 04: learning rates
#
# You write the schedules of lesson 04, count updates, put a loop with a scheduler in order, read range tests, measure a
# curvature, and write a test that finds broken schedules. Steps and epochs count from 0.

# %% [markdown] id="how-sheet" tags=["sheet"]
# **How it works**
#
# - Replace `raise NotImplementedError` by your code, run the cell, then run the cell with `check` under it. `check` says
#   *right*, *not right yet* with the likely cause and a question, *error*, or *not started*.
# - `hint("warmup_cosine")` gives one more hint each time. `start("warmup_cosine", "faded")` puts a version into a new cell
#   in which only the central lines are missing, `start("warmup_cosine", "worked")` the whole function.
# - The sheet runs from top to bottom also while exercises are unsolved. What you type here is
#   yours: an update of the course keeps it.
# - The [solutions](../solutions/04_learning_rates.ipynb) stand apart, each with the reason and the most common mistake.

# %% [markdown] id="how-solution" tags=["solution"]
# **The solutions.** Under every function stand the reason why it is so and the most common mistake. Yours may look quite
# different and be right: the check compares what a function does, not how it is written.

# %% id="setup"
import math
from collections.abc import Callable, Sequence

import numpy as np

from course_lib.plots import curves, style
from course_lib.teaching.check import check, hint, start
from course_lib.teaching.checks.learning_rates.order import LINES
from course_lib.teaching.checks.learning_rates.range_tests import four_range_tests, in_words

# %% [markdown] id="step-decay-text" exercise="step_decay"
# The rate is multiplied by `factor` after every `every` epochs. Give the rates of all epochs as a list. The line
# `if epoch % every == 0: lr = lr * factor` is common; look closely at what it does first.
#
# Example: `step_decay_rates(0.8, 0.5, 2, 5)` is `[0.8, 0.8, 0.4, 0.4, 0.2]`.

# %% id="step-decay" exercise="step_decay" function="course_lib.by_hand.schedules:step_decay_rates"

# %% id="step-decay-check"
check("step_decay", step_decay_rates)

# %% [markdown] id="step-decay-why" tags=["solution"]
# **Why it is so.** `epoch // every` is the number of decays before an epoch: 0 for the first `every` epochs. A closed form
# has no state, gives any epoch without those before, and is the same after a run was interrupted and resumed.
#
# **Most common mistake**: `epoch % every == 0` is true for epoch 0, so that the first rate is never used. In a loop over
# *batches* within the epoch it is worse: the rate is then lowered at every batch of such an epoch.

# %% [markdown] id="warmup-cosine-text" exercise="warmup_cosine"
# The schedule of most large trainings. During the warm-up the rates rise in equal steps, and the first of them is *one such
# step*, not 0; update `warmup` is the first at the full `lr`. From there half a cosine falls to `floor * lr`, which is
# reached at `steps` and kept. Return the rate, not a factor.
#
# Example: with lr 1, 10 steps, a warm-up of 2 and floor 0 the rates of the updates 0, 1, 2 are 1/3, 2/3 and 1; update 6,
# half-way down, has 1/2; step 10 and all later ones have 0.

# %% id="warmup-cosine" exercise="warmup_cosine" function="course_lib.by_hand.schedules:warmup_cosine"

# %% id="warmup-cosine-check"
check("warmup_cosine", warmup_cosine)

# %% [markdown] id="warmup-cosine-why" tags=["solution"]
# **Why it is so.** One number, the progress, carries it all: 0 where the warm-up ends, 1 where the run ends, held at 1
# afterwards. `(1 + cos(pi * progress)) / 2` leads from 1 to 0, and stretching it to the range from `lr` to
# `floor * lr` keeps its shape. A warm-up that starts at 0 wastes the first batch.
#
# **Most common mistake**: the horizon. With `(step - warmup) / steps` the floor is never reached; with `step / steps` the
# rate jumps at the end of the warm-up. Both look fine in a plot of a long run with a short warm-up.

# %% [markdown] id="plateau-text" exercise="plateau"
# The rate reacts to the validation loss. Complete the lines that carry the rule: what an improvement is, what happens after
# one, and what happens when the patience is at its end. Three of the lines are missing at the level *faded*, which
# `start("plateau", "faded")` puts into a new cell (it also stands folded away below).
#
# Example: losses 5, 4, 4, 4, 4 with lr 1, factor 1/2, patience 1 and min_delta 0 give the rates 1, 1, 1, 1/2, 1/2: the
# second bad loss in a row is more than the patience of 1, and the fifth loss is the first of a new count.

# %% id="plateau" exercise="plateau" function="course_lib.by_hand.schedules:plateau_rates"

# %% id="plateau-check"
check("plateau", plateau_rates)

# %% [markdown] id="plateau-why" tags=["solution"]
# **Why it is so.** `loss < best - min_delta` is False for NaN, so NaN never improves, without a line of its own. The count
# returns to 0 after an improvement and after a decay: the smaller rate gets its own time to show what it can do.
#
# **Most common mistake**: comparing with the loss before in place of the best. A noisy loss improves on its predecessor
# every second time, and the rate is never lowered.

# %% [markdown] id="count-updates-text" exercise="count_updates"
# A schedule over updates needs their number. `drop_last` leaves an incomplete last batch out. With **gradient
# accumulation** the gradients of several batches are added up before one update; batches that are left over at the end of
# the epoch make one more.
#
# Example: 10 samples in batches of 4 are 3 batches, and 2 with `drop_last`. Accumulating two of them gives 2 updates, and 1
# with `drop_last`.

# %% id="count-updates" exercise="count_updates" function="course_lib.by_hand.schedules:updates_per_epoch"

# %% id="count-updates-check"
check("count_updates", updates_per_epoch)

# %% [markdown] id="count-updates-why" tags=["solution"]
# **Why it is so.** Two roundings, one after the other: batches from samples (up, or down with `drop_last`), then updates
# from batches (up). An iteration is a batch; only without accumulation is it an update as well.
#
# **Most common mistake**: a schedule whose horizon counts iterations. With four batches accumulated the training ends
# after a quarter of the schedule.

# %% [markdown] id="order-schedule-text" exercise="order_schedule"
# Eight of these ten lines are a training loop in PyTorch with a schedule that counts updates (a warm-up with cosine, say)
# and with clipped gradients. Give their letters in order; what comes after the `for` is inside it.

# %% id="order-schedule-lines"
for letter, line in LINES.items():
    print(f"{letter}  {line}")

# %% id="order-schedule" tags=["sheet"]
order = ...  # a list of letters, such as ["A", "B", "C"]

# %% id="order-schedule-solution" tags=["solution"]
from course_lib.teaching.checks.learning_rates.order import loop_of

order = ["C", "F", "I", "H", "B", "G", "A", "E"]
print(loop_of(order))

# %% id="order-schedule-check"
check("order_schedule", order)

# %% [markdown] id="order-schedule-why" tags=["solution"]
# **Why it is so.** A scheduler of torch sets the first rate when it is made, and each `scheduler.step()` moves on to the
# next. Called before `optimizer.step()` it skips the first rate; torch warns of it. `zero_grad` may stand anywhere but
# between `backward` and `optimizer.step()`.
#
# **Most common mistake**: `scheduler.step(loss)` with the loss of a training batch. That form belongs to the plateau rule,
# once per epoch, with the *validation* loss.

# %% [markdown] id="read-range-tests-text" exercise="read_range_tests"
# Four trainings on the digits, four range tests. For each give the rate that you would start with, by this rule: **the
# largest power of ten that is at most a third of the rate at which the curve is lowest** (0.001, 0.01, 0.1, 1.0, ...).

# %% id="read-range-tests-runs" tags=["nbval-ignore-output"]
tests = four_range_tests()
figure, axes = style.canvas(1, 4, width=11, height=3.2, sharey=True)
for ax, (letter, test) in zip(axes, tests.items(), strict=True):
    curves.line(ax, test.rates, test.smoothed, label=letter, index=0)
    ax.set(title=f"test {letter}", xscale="log", xlim=(1e-5, 10), ylim=(0, 5), xlabel="rate")
    ax.set_xticks(10.0 ** np.arange(-5, 2))
    ax.tick_params(axis="x", labelsize=8, rotation=45)
axes[0].set_ylabel("smoothed batch loss (nats)")
style.show(figure, in_words(tests))

# %% id="read-range-tests" tags=["sheet"]
start_rates = {"A": ..., "B": ..., "C": ..., "D": ...}

# %% id="read-range-tests-solution" tags=["solution"]
from course_lib.teaching.checks.learning_rates.range_tests import decade_below

start_rates = {letter: decade_below(test.suggested) for letter, test in tests.items()}
print(start_rates)

# %% id="read-range-tests-check"
check("read_range_tests", start_rates)

# %% [markdown] id="read-range-tests-why" tags=["solution"]
# **Why it is so.** A is Adam on a network of five layers, B is SGD, C is SGD on raw pixels, D is SGD with momentum: the same
# digits, and rates that differ by a factor of a hundred. At the lowest point the loss has stopped falling, so the rate to
# start from lies to the left of it.
#
# **Most common mistake**: taking the rate of the lowest point itself. For B that is ten times as much.

# %% [markdown] id="largest-eigenvalue-text" exercise="largest_eigenvalue"
# Power iteration: bring the direction to length 1, multiply it by the Hessian (a central difference of two gradients, a
# `step` to either side), and go on with the product. Return the curvature along the last direction that you multiplied,
# **with its sign**.
#
# Example: for the loss (3 a² - b²) / 2 the gradient at (a, b) is (3a, -b), and the answer is 3 from nearly every start. For
# (a² - 5 b²) / 2 it is -5.

# %% id="largest-eigenvalue" exercise="largest_eigenvalue" function="course_lib.by_hand.curvature:largest_eigenvalue"

# %% id="largest-eigenvalue-check"
check("largest_eigenvalue", largest_eigenvalue)

# %% [markdown] id="largest-eigenvalue-why" tags=["solution"]
# **Why it is so.** Written in the eigenvectors of H, a product multiplies each part of v by its eigenvalue. After k products
# the part of the largest one is ahead of the next by the k-th power of their ratio. `v @ product` is the curvature along v,
# and it keeps the sign, which the length of the product loses: a steep hill is no bowl.
#
# **Most common mistake**: a one-sided difference. It errs by the change of the Hessian along the step; the central one
# cancels that.

# %% [markdown] id="schedule-passes-text" exercise="schedule_passes"
# Now you write a **test**. `make(lr, steps, warmup, floor)` returns a schedule: a function from the step to the rate.
# `schedule_passes(make)` returns True when the schedule follows the rule of 4.2, else False. Your test is run on four right
# versions, one of which keeps its rates in single precision, and on thirteen with one planted fault each.
#
# Example: `make(1.0, 10, 2, 0.0)` must give a schedule with `schedule(0)` near 1/3, `schedule(6)` near 1/2 and
# `schedule(12)` near 0. A version that fails one of these is broken; a version that passes them may be broken elsewhere.

# %% id="schedule-passes" exercise="schedule_passes" function="course_lib.teaching.checks.learning_rates.attack:schedule_passes"

# %% id="schedule-passes-check"
check("schedule_passes", schedule_passes)

# %% [markdown] id="schedule-passes-why" tags=["solution"]
# **Why it is so.** The expected rates are written down in another way than in the rule itself (whole arrays, no branch), so
# that a slip in one is not repeated in the other. Every setting sees faults that the others do not: a rate that is not 1 sees
# a multiplier, a floor above 0 sees a missing floor, a warm-up sees the three ways to start it wrongly, and the steps after
# the end see a cosine that rises again.
#
# **Most common mistake**: a test of the first step, the peak and the end. These faults survive it:

# %% id="schedule-passes-three-points" tags=["solution"]
from course_lib.teaching.checks.learning_rates.attack import SCHEDULE_PASSES

three_points = next(one.answer for one in SCHEDULE_PASSES.mistakes if one.id == "three_points")
planted = SCHEDULE_PASSES.observe(three_points)["planted"]
assert len(planted) == 14
survivors = [fault for fault, accepted in planted.items() if accepted]
assert survivors
print(", ".join(survivors))

# %% [markdown] id="audit-rates-text" exercise="audit_rates"
# One of the documents that this course audits says of the learning rate (translated):
#
# > Very small (0.0001): stable, very slow, may get trapped. Optimal (0.001-0.01): ideal balance. Very large (1.0): unstable.
# >
# > Iterations per epoch = number of samples / batch size. To start with: 100 epochs.
#
# Fill in:
#
# - `limit`: a bowl has the curvature 40. Below which rate does descent converge?
# - `steps_to_halve`: a direction has the curvature 1. At rate 0.0001, after how many whole steps is the distance at most half?
# - `updates`: 10,000 samples, batches of 32, four batches accumulated for each update, 100 epochs: how many updates?
# - `updates_full_batch`: the same data, all samples in one batch, no accumulation, 100 epochs: how many updates?
# - `optimal_range`: "the optimal rate is 0.001 to 0.01", after what the lesson showed: `"supported"`, `"not shown"` or
#   `"contradicted"`;
# - `trapped`: "a rate of 0.0001 may get trapped", after what the lesson showed: one of the same three.

# %% id="audit-rates" tags=["sheet"]
findings = {
    "limit": ...,
    "steps_to_halve": ...,
    "updates": ...,
    "updates_full_batch": ...,
    "optimal_range": ...,
    "trapped": ...,
}

# %% id="audit-rates-solution" tags=["solution"]
findings = {
    "limit": 2 / 40,
    "steps_to_halve": math.ceil(math.log(1 / 2) / math.log(1 - 0.0001)),
    "updates": 100 * updates_per_epoch(10_000, 32, accumulate=4, drop_last=False),
    "updates_full_batch": 100 * updates_per_epoch(10_000, 10_000, accumulate=1, drop_last=False),
    "optimal_range": "contradicted",
    "trapped": "not shown",
}
print(findings)

# %% id="audit-rates-check"
check("audit_rates", findings)

# %% [markdown] id="audit-rates-why" tags=["solution"]
# **Why it is so.** One counterexample is enough against "the optimal rate is ...": SGD on the standardized digits does best at
# hundreds of times the lower end. "May get trapped" is weaker, and one network that arrives with ten times the steps does not
# contradict it; but nothing shown supports it either, and what was seen is explained by slowness alone. What would change the
# verdict: a run that stays above the loss of a larger rate however long it goes on.
#
# **Most common mistake**: 100 epochs taken for an amount of training. Here they are 7,900 updates or 100.
