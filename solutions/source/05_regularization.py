# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # Sheet 05: regularization
#
# You write dropout in both directions, a penalised step and max-norm, put a program with augmentation in order, find
# faults by their traces, write a test for a layer that is random, and audit a report. Shapes: n samples, f features,
# i inputs, o outputs.

# %% [markdown] id="how-sheet" tags=["sheet"]
# **How it works.** Replace `raise NotImplementedError` by your code, run the cell, then the cell with `check` under
# it: it says *right*, *not right yet* with the likely cause and a question, *error*, or *not started*.
# `hint("dropout_forward")` gives one more hint each time; `start("dropout_forward", "faded")` puts a version into a
# new cell in which only the central lines are missing, `start("dropout_forward", "worked")` the whole function. The
# sheet runs from top to bottom also while exercises are unsolved, and the solutions are in
# [05_regularization](../solutions/05_regularization.ipynb).

# %% [markdown] id="how-solution" tags=["solution"]
# **The solutions.** Under every function stand the reason why it is so and the most common mistake. Yours may look
# quite different and be right: the check compares what a function does, not how it is written.

# %% id="setup"
from typing import Any

import numpy as np

from course_lib.teaching.check import check, hint, start
from course_lib.teaching.checks.regularization.order import LINES
from course_lib.teaching.checks.regularization.runs import five_runs, in_words

# %% [markdown] id="dropout-forward-text" exercise="dropout_forward"
# In training, drop every value of x with the probability p, each by its own coin, and scale the others so that the
# *expected* result is x. Return the values and the mask of what was kept, which the backward pass will need. Out of
# training return x and `None`. All random numbers come from `rng`, and a p outside $[0, 1)$ raises `ValueError`.
#
# Example: with p = 0.5 and x `[[1, 2, 3]]` a result may be `[[2, 0, 6]]` with the mask `[[True, False, True]]`.

# %% id="dropout-forward" exercise="dropout_forward" function="course_lib.by_hand.regularizers:dropout_forward"

# %% id="dropout-forward-check"
check("dropout_forward", dropout_forward)

# %% [markdown] id="dropout-forward-why" tags=["solution"]
# **Why it is so.** A share 1 - p is left, so each must count 1 / (1 - p) times. With p = 1 nothing is left that could
# be scaled. The generator is an argument so that a run can be repeated, and an evaluation draws nothing so that it
# does not change the training that goes on after it.
#
# **Most common mistake**: `rng.random(x.shape) < p` as the mask of what is *kept*. At p = 0.5 no test of the mean
# notices; that is why the check uses another p.

# %% [markdown] id="dropout-backward-text" exercise="dropout_backward"
# Given the gradient with respect to y, the mask of the forward pass and p, find the gradient with respect to x. The
# mask is `None` when that forward pass was not in training.
#
# Example: with p = 0.5, the mask `[[True, False]]` and the gradient `[[1, 1]]` it is `[[2, 0]]`.

# %% id="dropout-backward" exercise="dropout_backward" function="course_lib.by_hand.regularizers:dropout_backward"

# %% id="dropout-backward-check"
check("dropout_backward", dropout_backward)

# %% [markdown] id="dropout-backward-why" tags=["solution"]
# **Why it is so.** For a given mask y is x times a fixed number, 0 or 1 / (1 - p), and the derivative of c x is c.
#
# **Most common mistake**: the scale is left out. The network still learns, with gradients that are too small below the
# dropout layer and right above it.

# %% [markdown] id="l2-step-text" exercise="l2_step"
# The loss is $L + \lambda \sum w^2$, summed over the weights of a layer and not over its bias. You are given the
# gradients of $L$ alone. Return the weight and the bias after one step of plain SGD. `start("l2_step", "faded")`
# leaves two lines to you.
#
# Example: a weight 1 and a bias 1, all gradients 0, rate 0.1 and strength 0.5: the new weight is 0.9, the bias stays 1.

# %% id="l2-step" exercise="l2_step" function="course_lib.by_hand.regularizers:l2_step"

# %% id="l2-step-check"
check("l2_step", l2_step)

# %% [markdown] id="l2-step-why" tags=["solution"]
# **Why it is so.** The derivative of $\lambda w^2$ is $2 \lambda w$; it is a gradient like the other and is
# multiplied by the rate once. In other words the weight shrinks by the factor $1 - 2\eta\lambda$ and then takes the
# step.
#
# **Most common mistake**: the 2. With `weight_decay=λ`, PyTorch adds $\lambda w$, so the same λ means half of the
# penalty there.

# %% [markdown] id="max-norm-text" exercise="max_norm"
# Limit the length of the incoming weights of each unit. Longer ones are shortened to the limit and keep their
# direction; the others stay as they are. Return a new array.
#
# Example: with the limit 1 the unit `[3, 4]` becomes `[0.6, 0.8]`, and the unit `[0.3, 0.4]` stays.

# %% id="max-norm" exercise="max_norm" function="course_lib.by_hand.regularizers:max_norm"

# %% id="max-norm-check"
check("max_norm", max_norm)

# %% [markdown] id="max-norm-why" tags=["solution"]
# **Why it is so.** `limit / max(length, limit)` is 1 for a short unit and limit / length for a long one, and never
# divides by zero.
#
# **Most common mistake**: the wrong axis. `weight` is (inputs, outputs), so the weights that come *into* a unit are a
# column.

# %% [markdown] id="order-text" exercise="order_augmentation"
# Seven of these ten lines are a training with augmentation that leaks nothing, in which every epoch sees new versions
# of the training images. `changed` turns and shifts images; what comes in from outside is 0, the value of paper
# *before* scaling. The indentation is taken away: each line belongs to the loop that was opened last before it. Give
# the seven letters in order.

# %% id="order-lines"
for letter, line in LINES.items():
    print(f"{letter}  {line}")

# %% id="order" tags=["sheet"]
order = ...  # a list of letters, such as ["A", "B", "C"]

# %% id="order-solution" tags=["solution"]
order = ["E", "H", "G", "C", "F", "A", "I"]
print("\n".join(LINES[letter] for letter in order))

# %% id="order-check"
check("order_augmentation", order)

# %% [markdown] id="order-why" tags=["solution"]
# **Why it is so.** After the split nothing looks at all images together: the scale is measured on the training part,
# and only training images are changed. A change is made inside both loops, so that no two epochs see the same
# version.
#
# **Most common mistake**: copies made first, because it is convenient to store them. The last exercise says what that
# costs.

# %% [markdown] id="find-text" exercise="find_regularization_fault"
# Five networks with dropout 0.4 were trained on 300 digits. One is in order; in each of the others something is
# wrong. The instruments: the accuracy on the training images (with the labels that the network was given), on new
# images, on the *same* new images *once more*, the length of all weights together, and the mean output of the hidden
# layer in training, divided by that in evaluation. Say of each run which it is: `"nothing wrong"`, `"decay too
# strong"`, `"labels shuffled"`, `"dropout on at evaluation"` or `"dropout not rescaled"`.

# %% id="find-runs" tags=["nbval-ignore-output"]
print(in_words(five_runs()))

# %% id="find" tags=["sheet"]
readings = {"A": ..., "B": ..., "C": ..., "D": ..., "E": ...}

# %% id="find-solution" tags=["solution"]
readings = {
    "A": "decay too strong",
    "B": "nothing wrong",
    "C": "dropout not rescaled",
    "D": "labels shuffled",
    "E": "dropout on at evaluation",
}

# %% id="find-check"
check("find_regularization_fault", readings)

# %% [markdown] id="find-why" tags=["solution"]
# **Why it is so.** A: short weights, and it does not even do well on what it has seen. C: the next layer receives
# less in training than in evaluation, by the factor 1 - p. D: it knows its 300 labels by heart, with long weights,
# and nothing else. E: one network, one set of images, two accuracies: something draws random numbers during
# evaluation.
#
# **Most common mistake**: to look at the accuracy on new images alone. C and E pass for healthy.

# %% [markdown] id="attack-text" exercise="dropout_passes"
# Write a **test**. `dropout_passes(layer)` returns True for a layer that is inverted dropout, else False. It is run
# on right layers with different p, which it must accept, and on layers with one planted fault each, which it must
# find.
#
# A layer has `layer.p`, the share that it drops; `layer.forward(x)` for evaluation and `layer.forward(x,
# training=True)`, with x of shape (n, f); and `layer.backward(gradient)`, which belongs to the forward pass before
# it. You choose x.
#
# Some questions have exact answers, such as "is an evaluation the identity?". Others have not: of 10,000 coins with p
# = 0.5, about 5,000 fall on heads, give or take 50 (one standard deviation, $\sqrt{n\,p\,(1-p)}$). Allow five of them
# and a right layer is refused less than once in a million times.

# %% id="attack" exercise="dropout_passes" function="course_lib.teaching.checks.regularization.attack:dropout_passes"

# %% id="attack-check"
check("dropout_passes", dropout_passes)

# %% [markdown] id="attack-why" tags=["solution"]
# **Why it is so.** With an x without zeros the mask can be read off y, and most questions become exact. What is left
# to chance is the share that is dropped, with a margin of five standard deviations, and whether coins are shared:
# then the shares of rows or of columns differ more than they should. Two calls show a mask that never changes, and a
# backward pass after an evaluation shows one that is kept too long.
#
# **Most common mistake**: a test of the mean. It accepts a mask that is shared by the whole batch, and one that is
# always the same.

# %% id="attack-mean" tags=["solution"]
from course_lib.teaching.checks.regularization.attack import DROPOUT_PASSES

mean_only = next(mistake.answer for mistake in DROPOUT_PASSES.mistakes if mistake.id == "mean_only")
accepted = DROPOUT_PASSES.observe(mean_only)["planted"]
print(
    "a test of the mean alone lets pass:", ", ".join(fault for fault, passed in accepted.items() if passed)
)

# %% [markdown] id="audit-text" exercise="copies_before_split"
# A report (made up for this exercise, though you will meet its like):
#
# > From 200 digits, each written once, we made five versions each by small turns and shifts. These 1,000 images were
# > divided at random into 70 % for training, 15 % for validation and 15 % for test. The test accuracy shows that the
# > network reads new digits with an accuracy of 97 %.
#
# Fill in:
#
# - `test_images`: how many images are in the test part;
# - `different_images`: how many different digits are in the whole set;
# - `with_a_copy`: the share of test images of which at least one other version is in the training part, to two
#   decimals (treat the four other versions as independent, each in the training part with the probability 0.7);
# - `verdict` on the last sentence: `"supported"`, `"not shown"` or `"contradicted"`;
# - `mend`: `"more copies"`, `"split first"`, `"standardize first"` or `"stratify"`.

# %% id="audit" tags=["sheet"]
findings = {"test_images": ..., "different_images": ..., "with_a_copy": ..., "verdict": ..., "mend": ...}

# %% id="audit-solution" tags=["solution"]
findings = {
    "test_images": round(0.15 * 5 * 200),
    "different_images": 200,
    "with_a_copy": round(1 - (1 - 0.7) ** 4, 2),  # not: all four outside the training part
    "verdict": "not shown",
    "mend": "split first",
}
print(findings)

# %% id="audit-check"
check("copies_before_split", findings)

# %% [markdown] id="audit-why" tags=["solution"]
# **Why it is so.** Nearly every test image has a sibling among the training images, so that the test measures how
# well the network recognises what it has seen. The claim may even be true; this test cannot tell. What would change
# the verdict: digits that were set aside before the versions were made.
#
# The share, counted instead of computed:

# %% id="audit-count" tags=["solution"]
rng = np.random.default_rng(0)
shares = []
for _ in range(200):
    original, order_drawn = np.repeat(np.arange(200), 5), rng.permutation(1000)
    train, test = original[order_drawn[:700]], original[order_drawn[850:]]
    shares.append(np.isin(test, train).mean())
assert abs(np.mean(shares) - 0.99) < 0.005
print(f"share of test images with a sibling in the training part: {np.mean(shares):.2f}")
