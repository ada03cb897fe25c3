# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # Sheet 01: the training loop by hand
#
# You write the parts of a training loop in NumPy, put them in order, run one step, read what runs look like, and test a
# backward pass that somebody else wrote. Shapes: n samples, f features, i inputs, o outputs, k classes.

# %% [markdown] id="how-sheet" tags=["sheet"]
# **How it works**
#
# - Replace `raise NotImplementedError` by your code, run the cell, then run the cell with `check` under it. `check` never
#   breaks anything: it says *right*, *not right yet* with the likely cause and a question, *error*, or *not started*.
# - `hint("linear_backward")` gives one more hint each time. `start("linear_backward", "faded")` puts a version into a new
#   cell in which only the central lines are missing, `start("linear_backward", "worked")` the whole function. Both are for
#   you to choose; what you write from a blank cell you will remember best.
# - The sheet runs from top to bottom also while exercises are unsolved. What you type here is
#   yours: an update of the course keeps it.
# - The [solutions](../solutions/01_training_loop.ipynb) stand apart, each with the reason and a common mistake.

# %% [markdown] id="how-solution" tags=["solution"]
# **The solutions.** Under every function stand the reason why it is so and the most common mistake. Yours may look quite
# different and be right: the check compares what a function does, not how it is written.

# %% id="setup"
import numpy as np

from course_lib.numpy_nn.gradcheck import numerical_gradient, relative_error
from course_lib.numpy_nn.layers import Layer
from course_lib.by_hand.first_step import linear_forward
from course_lib.plots import curves, style
from course_lib.teaching.check import check, hint, start
from course_lib.teaching.checks.training_loop.order import LINES
from course_lib.teaching.checks.training_loop.runs import KNOWING_NOTHING, in_words, six_runs

# %% [markdown] id="count-parameters-text" exercise="count_parameters"
# A network of linear layers is given by its sizes: `(784, 128, 64, 10)` has 784 inputs, hidden layers of 128 and 64 units,
# and 10 outputs. Each layer computes `x @ weight + bias`. Count all numbers that training may change.
#
# Example: `count_parameters((3, 2))` is 8: six weights and two biases.

# %% id="count-parameters" exercise="count_parameters" function="course_lib.by_hand.first_step:count_parameters"

# %% id="count-parameters-check"
check("count_parameters", count_parameters)

# %% [markdown] id="count-parameters-why" tags=["solution"]
# **Why it is so.** A layer from i inputs to o outputs joins every input with every output, i times o weights, and adds one
# number to every output, o biases. The inputs themselves are given, nothing is learned there.
#
# **A common mistake**: the biases are left out, or added for the inputs too.

# %% [markdown] id="batch-rows-text" exercise="batch_rows"
# An epoch uses every row of the data once, in a new random order, in batches. Return the row numbers of the batches as a
# list of arrays. If the sizes do not divide, the last batch is smaller. All randomness comes from `rng`.
#
# Example: `batch_rows(5, 2, rng)` may give `[array([3, 0]), array([4, 2]), array([1])]`.

# %% id="batch-rows" exercise="batch_rows" function="course_lib.by_hand.first_step:batch_rows"

# %% id="batch-rows-check"
check("batch_rows", batch_rows)

# %% [markdown] id="batch-rows-why" tags=["solution"]
# **Why it is so.** A random order that is cut into pieces holds every row exactly once, whatever the sizes are. `rng` keeps
# its state between two calls, so that the next epoch gets another order, and the same seed gives the same training.
#
# **A common mistake**: the last, smaller batch is dropped, or the order is drawn once for all epochs.

# %% [markdown] id="stratified-split-text" exercise="stratified_split"
# Divide the rows into a training, a validation and a test part, **class by class**, so that a rare class is in each of them
# in its share. Of a class with m rows, in random order, the first `round(m * f1)` go to training, those up to
# `round(m * (f1 + f2))` to validation, the rest to test. Return three sorted arrays of row numbers.
#
# Example: with fractions `(0.6, 0.2, 0.2)` a class of 10 rows is cut after 6 and after 8, a class of 5 after 3 and after 4;
# the parts then hold 9, 3 and 3 rows.

# %% id="stratified-split" exercise="stratified_split" function="course_lib.by_hand.first_step:stratified_split"

# %% id="stratified-split-check"
check("stratified_split", stratified_split)

# %% [markdown] id="stratified-split-why" tags=["solution"]
# **Why it is so.** Both cuts are rounded from the start of the class, so that no row is lost and none is in two parts,
# whatever m is. Rounding every share by itself can miss a row or count one twice.
#
# **A common mistake**: one permutation of all rows is cut. In the mean the shares are right; of a class of 11 rows the
# test part may then get none.

# %% [markdown] id="standardize-text" exercise="standardize"
# Shift and divide every feature so that it has mean 0 and standard deviation 1 **on the training part**, and apply the same
# numbers to the other set. The deviation is the one with n in the denominator. A feature that is constant in the training
# part is only shifted.
#
# Example: `train = [[1, 5], [3, 5]]` has the means 2 and 5 and the deviations 1 and 0. It becomes `[[-1, 0], [1, 0]]`, and
# `other = [[5, 6]]` becomes `[[3, 1]]`.

# %% id="standardize" exercise="standardize" function="course_lib.by_hand.first_step:standardize"

# %% id="standardize-check"
check("standardize", standardize)

# %% [markdown] id="standardize-why" tags=["solution"]
# **Why it is so.** In use, samples come one at a time and have no statistics of their own: the scale is a part of what was
# learned. With statistics of all data, the training part knows something of the test part.
#
# **A common mistake**: each set is standardized by itself. Then the same digit gets other inputs in training and in
# test, and a shift between the two sets is hidden instead of seen.

# %% [markdown] id="softmax-cross-entropy-text" exercise="softmax_cross_entropy"
# A classifier gives k numbers per sample, the logits $z$. Softmax makes probabilities of them, and the loss of a sample is
# minus the logarithm of the probability of its right class $y$:
#
# $$p_j = \frac{e^{z_j}}{\sum_m e^{z_m}}, \qquad \text{loss} = -\ln p_y,
# \qquad \frac{\partial\,\text{loss}}{\partial z_j} = p_j - [j = y]$$
#
# Return the **sum** of the losses, the **count** n, and the gradient of the **mean**. Logits may be as large as 10,000.
#
# Example: logits `[[0, 0], [0, ln 3]]` with labels `[0, 0]` have the probabilities `[[1/2, 1/2], [1/4, 3/4]]`. The sum is
# ln 2 + ln 4, the count 2, and the gradient `[[-1/4, 1/4], [-3/8, 3/8]]`.

# %% id="softmax-cross-entropy" exercise="softmax_cross_entropy" function="course_lib.by_hand.first_step:softmax_cross_entropy"

# %% id="softmax-cross-entropy-check"
check("softmax_cross_entropy", softmax_cross_entropy)

# %% [markdown] id="softmax-cross-entropy-why" tags=["solution"]
# **Why it is so.** Subtracting the largest logit of a row divides numerator and denominator by the same number, so that p
# stays as it is while no exponential exceeds 1. Subtracting the logarithm of the sum, in place of taking the logarithm of a quotient, keeps the loss finite
# where p is too small for a floating-point number. Sum and count are returned apart because sums over batches can be added,
# and means cannot (see the last exercise).
#
# **A common mistake**: the gradient of the sum where that of the mean is asked for, or a factor 1/n too much. The
# training still runs, with another learning rate than the one you think you set.

# %% [markdown] id="linear-backward-text" exercise="linear_backward"
# The layer is $y = x\,W + b$. Given the gradient of the loss with respect to y, find those with respect to x, W and b. A
# gradient has the shape of its variable. If the loss is a mean over the batch, its 1/n is already in `gradient`.
#
# Example: with x `[[1, 2]]`, weight `[[3], [4]]` and gradient `[[10]]` the gradient of x is `[[30, 40]]`, that of weight
# `[[10], [20]]`, that of bias `[10]`.

# %% id="linear-backward" exercise="linear_backward" function="course_lib.by_hand.first_step:linear_backward"

# %% id="linear-backward-check"
check("linear_backward", linear_backward)

# %% [markdown] id="linear-backward-why" tags=["solution"]
# **Why it is so.** $y_{no} = \sum_i x_{ni} W_{io} + b_o$. The weight $W_{io}$ reaches the output o of every sample, each time
# multiplied by $x_{ni}$: its gradient is the sum over n of $x_{ni}\, g_{no}$, which is `x.T @ gradient`. The bias is the weight
# of an input that is always 1. And $x_{ni}$ reaches all outputs of its own sample through row i of W: `gradient @ weight.T`.
#
# **A common mistake**: dividing by n once more. The shapes do not object, and neither does the loss curve.

# %% [markdown] id="order-training-step-text" exercise="order_training_step"
# Eight of these ten lines are a training loop: a new order in every epoch, then batch after batch. The indentation is taken
# away: each line belongs to the loop that was opened last before it. Give the letters of the eight lines in their order.

# %% id="order-training-step-lines"
for letter, line in LINES.items():
    print(f"{letter}  {line}")

# %% id="order-training-step" tags=["sheet"]
order = ...  # a list of letters, such as ["A", "B", "C"]

# %% id="order-training-step-solution" tags=["solution"]
from course_lib.teaching.checks.training_loop.order import loop_of

order = ["D", "G", "J", "B", "E", "I", "A", "F"]
print(loop_of(order))

# %% id="order-training-step-check"
check("order_training_step", order)

# %% [markdown] id="order-training-step-why" tags=["solution"]
# **Why it is so.** Every line needs what the one before makes: rows, logits, gradient of the logits, gradients of the
# parameters, new parameters. The order of the rows is made anew in each epoch, outside the loop over batches: inside, it
# would change while it is used, and some rows would come twice and others never.
#
# **A common mistake**: the update before the backward pass. In a program whose gradients are kept in the model that
# raises no error: each update then uses the gradients of the batch before.

# %% [markdown] id="training-step-text" exercise="training_step"
# Put forward, loss, backward and update together for a classifier of one layer, `logits = x @ weight + bias`. Use
# `linear_forward` of the library and your two functions from above. Return the mean loss **before** the step, the new
# weight and the new bias; do not write into what you are given.
#
# Example: with x `[[1]]`, weight `[[0, 0]]`, bias `[0, 0]`, labels `[0]` and rate 1 the loss is ln 2, the new weight
# `[[1/2, -1/2]]` and the new bias `[1/2, -1/2]`.

# %% id="training-step" exercise="training_step" function="course_lib.by_hand.first_step:training_step"

# %% id="training-step-check"
check("training_step", training_step)

# %% [markdown] id="training-step-use" tags=["sheet"]
# When it is right, you have all parts of a training. Try them together in a new cell:
#
# ```python
# from course_lib.numpy_nn.datasets import load_digits
#
# digits, rng = load_digits(), np.random.default_rng(0)
# train, validation, test = stratified_split(digits.y, (0.7, 0.15, 0.15), rng)
# x, x_test = standardize(digits.x[train], digits.x[test])
# weight, bias = np.zeros((64, 10)), np.zeros(10)
# for _ in range(20):  # epochs
#     for rows in batch_rows(len(x), 32, rng):
#         loss, weight, bias = training_step(weight, bias, x[rows], digits.y[train][rows], 0.1)
# print("share of test digits read rightly:", np.mean((x_test @ weight + bias).argmax(axis=1) == digits.y[test]))
# ```

# %% [markdown] id="training-step-why" tags=["solution"]
# **Why it is so.** Both gradients are taken at the same point, the old weight and the old bias; only then do both move. The
# gradient is that of the mean loss, so that the length of a step does not depend on the size of the batch.
#
# **A common mistake**: `weight -= ...` writes into the caller's array. The numbers are right, and whoever compares the
# loss before and after the step with "the old weight" compares the new one with itself.
#
# All parts together train a classifier of one layer on the digits:

# %% id="training-step-digits" tags=["solution"]
from course_lib.numpy_nn.datasets import load_digits

digits, rng = load_digits(), np.random.default_rng(0)
train, validation, test = stratified_split(digits.y, (0.7, 0.15, 0.15), rng)
x, x_test = standardize(digits.x[train], digits.x[test])
weight, bias = np.zeros((64, 10)), np.zeros(10)
for _ in range(20):  # epochs
    for rows in batch_rows(len(x), 32, rng):
        loss, weight, bias = training_step(weight, bias, x[rows], digits.y[train][rows], 0.1)
share = np.mean((x_test @ weight + bias).argmax(axis=1) == digits.y[test])
assert share > 0.9
print("more than nine of ten test digits are read rightly")

# %% [markdown] id="read-learning-curves-text" exercise="read_learning_curves"
# Six networks were trained on the digits for 25 epochs. Say of each run whether it is `"overfit"`, `"still learning"`,
# `"underfit"` or `"ideal"`, asking in this order:
#
# 1. **overfit**: at the end the validation loss lies far above the training loss, or it has clearly risen above its lowest
#    value;
# 2. **still learning**: the training loss still falls clearly over the last five epochs;
# 3. **underfit**: the training loss stays high, above a quarter of the loss of knowing nothing, ln 10 (the thin line);
# 4. **ideal**: nothing of that.

# %% id="read-learning-curves-runs" tags=["nbval-ignore-output"]
runs = six_runs()
figure, axes = style.canvas(2, 3, width=11, height=6.4, sharex=True, sharey=True)
for ax, (letter, history) in zip(axes.flat, runs.items(), strict=True):
    curves.learning_curves(ax, history)
    ax.axhline(KNOWING_NOTHING, color="#777777", linewidth=1)
    ax.set(title=f"run {letter}", ylim=(0, 3), ylabel="mean loss (nats)")
style.show(figure, in_words(runs))

# %% id="read-learning-curves" tags=["sheet"]
readings = {"A": ..., "B": ..., "C": ..., "D": ..., "E": ..., "F": ...}

# %% [markdown] id="read-learning-curves-rule" tags=["solution"]
# The same rule as a function of the library, with its limits in numbers:

# %% id="read-learning-curves-solution" tags=["solution"]
from course_lib.core.diagnosis import diagnose_curves
from course_lib.teaching.checks.training_loop.runs import losses

readings = {
    letter: diagnose_curves(*losses(history), knowing_nothing=KNOWING_NOTHING).verdict
    for letter, history in runs.items()
}
print(readings)

# %% id="read-learning-curves-check"
check("read_learning_curves", readings)

# %% [markdown] id="read-learning-curves-why" tags=["solution"]
# **Why it is so.** A: a small learning rate; both losses fall to the end. B: 50 training samples; the network knows them by
# heart and little else. C: enough data and a fitting rate. D: one hidden unit; the training loss is flat and high. E: with
# dropout the training loss is measured on a thinned network, and lies above the validation loss. F: three labels in ten
# were drawn anew; after learning the digits the network learns the wrong labels, and the validation loss rises.
#
# **A common mistake**: every high loss is called underfit. Whether a run is at its end or on its way shows in the slope.

# %% [markdown] id="layer-passes-text" exercise="layer_passes"
# Now you write a **test**. `layer_passes(layer, x, rng)` returns True when the backward pass of a layer is the derivative of
# its forward pass, else False. Your test is run on right layers, which it must accept, and on layers with one planted fault
# each, which it must find.
#
# A layer has `forward(x)` and, to be called after it, `backward(upstream)`, which returns the gradient with respect to x. A
# `Linear` has `weight` and `bias` too, and `backward` leaves their gradients in `weight_gradient` and `bias_gradient`; a
# `Tanh` has neither (`hasattr` tells). Everything is float64.
#
# Two functions of the library help: `numerical_gradient(function, x)`, the central differences of `function()` with respect
# to the array `x` that it reads, and `relative_error(a, b)`, from 0 to 1.
#
# Example: at x = 2 the derivative of x² is 4, and (2.00001² - 1.99999²) / 0.00002 is 4 up to rounding. `relative_error` of
# 4 and 4.4 is 0.4 / 8.4, about 0.05: a wrong derivative, though nearly right.

# %% id="layer-passes" exercise="layer_passes" function="course_lib.teaching.checks.training_loop.attack:layer_passes"

# %% id="layer-passes-check"
check("layer_passes", layer_passes)

# %% [markdown] id="layer-passes-why" tags=["solution"]
# **Why it is so.** A derivative is checked along one number, so that the outputs are multiplied by random numbers and
# summed; the gradient of that sum with respect to any variable is what `backward` must give for these numbers. Numbers of
# both signs, no two equal, see a mask, a transpose and an exchange of outputs. The gradients that `backward` gave are copied first, for a layer may
# overwrite them. Central differences err by h², one-sided ones by h; a smaller h is not better, because the digits in which
# two sums agree are lost in their difference.
#
# **A common mistake**: an upstream gradient of ones. Five of the fifteen planted faults survive it.

# %% id="layer-passes-ones" tags=["solution"]
from course_lib.teaching.checks.training_loop.attack import LAYER_PASSES

with_ones = next(mistake.answer for mistake in LAYER_PASSES.mistakes if mistake.id == "upstream_ones")
accepted = LAYER_PASSES.observe(with_ones)["planted"]
survived = [fault for fault, passed in accepted.items() if passed]
assert (len(survived), len(accepted)) == (5, 15)
print("\n".join(survived))

# %% [markdown] id="mean-of-means-text" exercise="mean_of_means"
# One of the documents that this course audits counts batches and iterations so (translated):
#
# > Data: 1000 samples. Batch size: 32. Number of batches: 1000 / 32 = 31.25 ≈ 32.
# >
# > Iterations per epoch = number of samples / batch size. Example: data 10,000, batch size 100, epochs 50.
#
# Fill in:
#
# - `batches`: how many batches an epoch of 1000 samples has at batch size 32, if every sample is used;
# - `last_batch`: how many samples are in the last of them;
# - `overweight`: somebody reports the loss of an epoch as the mean of these batches' mean losses. How many times as much does
#   a sample of the last batch count there as any other sample?
# - `iterations`: the iterations of the second example, all epochs together;
# - `verdict` on the sentence "iterations per epoch = number of samples / batch size", read as a rule for every number of
#   samples and every batch size: `"supported"`, `"not shown"` or `"contradicted"`.
#
# Example of an overweight: 10 samples in batches of 4, 4 and 2. Each batch is a third of the mean of means. A sample of the
# last batch has half of a third, the others have a quarter of a third: twice as much.

# %% id="mean-of-means" tags=["sheet"]
findings = {"batches": ..., "last_batch": ..., "overweight": ..., "iterations": ..., "verdict": ...}

# %% id="mean-of-means-solution" tags=["solution"]
sizes = [len(rows) for rows in batch_rows(1000, 32, np.random.default_rng(0))]
findings = {
    "batches": len(sizes),
    "last_batch": sizes[-1],
    "overweight": sizes[0] / sizes[-1],  # (1 / batches / last size) / (1 / batches / full size)
    "iterations": 50 * len(batch_rows(10_000, 100, np.random.default_rng(0))),
    "verdict": "contradicted",
}
print(findings)

# %% id="mean-of-means-check"
check("mean_of_means", findings)

# %% [markdown] id="mean-of-means-why" tags=["solution"]
# **Why it is so.** The number of batches is n / batch size **rounded up**: 31 full batches hold 992 samples, and the 8 that
# are left need one more. The document's second example divides without rest, its first does not, and there the sentence
# gives no whole number: contradicted as a rule, although both of its results are what the right rule gives. What would
# change the verdict: the words "rounded up", or "the last batch is dropped", with which it would be rounded down.
#
# **A common mistake**: averaging the means of batches of different size. A sum and a count never go wrong:

# %% id="mean-of-means-demonstration" tags=["solution"]
losses_of_samples = np.concatenate([np.full(992, 0.5), np.full(8, 3.0)])  # the last eight are hard
batches = np.split(losses_of_samples, range(32, 1000, 32))
mean_of_means = np.mean([batch.mean() for batch in batches])
by_sum_and_count = sum(batch.sum() for batch in batches) / sum(len(batch) for batch in batches)
assert np.isclose(by_sum_and_count, losses_of_samples.mean())
print(f"mean of means {mean_of_means:.3f}, by sum and count {by_sum_and_count:.3f}")
