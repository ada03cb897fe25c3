# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # Sheet 07: debugging
#
# You write the tools that find faults, and then you use them: on fourteen broken runs, on splits that leak, and on a piece of
# advice. Shapes: n samples, f features, k classes.

# %% [markdown] id="how-sheet" tags=["sheet"]
# **How it works**
#
# - Replace `raise NotImplementedError` by your code, run the cell, then run the cell with `check` under it. `check` never
#   breaks anything: it says *right*, *not right yet* with the likely cause and a question, *error*, or *not started*.
# - `hint("gradient_check")` gives one more hint each time. `start("gradient_check", "faded")` puts a version into a new
#   cell in which only the central lines are missing, `start("gradient_check", "worked")` the whole function.
# - The sheet runs from top to bottom also while exercises are unsolved. What you type here is
#   yours: an update of the course keeps it.
# - The [solutions](../solutions/07_debugging.ipynb) stand apart, each with the reason and the most common mistake.

# %% [markdown] id="how-solution" tags=["solution"]
# **The solutions.** Under every answer stand the reason why it is so and the most common mistake. Yours may look quite
# different and be right: the check compares what a function does, not how it is written.

# %% id="setup"
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from course_lib.teaching.check import check, hint, start
from course_lib.teaching.checks.debugging.order import STEPS
from course_lib.teaching.clinic.cards import FAULTS, diagnose, readings, show_case, show_mended, table

# %% [markdown] id="order-debugging-text" exercise="order_debugging"
# A classifier of k classes does not learn as it should. Seven of these nine steps are a good way to find out why, and to
# finish once it is mended: cheap questions first, nothing tuned before the program is known to be right. Give their letters
# in order.

# %% id="order-debugging-steps"
for letter, step in STEPS.items():
    print(f"{letter}  {step}")

# %% id="order-debugging" tags=["sheet"]
order = ...  # a list of letters, such as ["A", "B", "C"]

# %% id="order-debugging-solution" tags=["solution"]
order = ["G", "C", "F", "A", "I", "B", "D"]
print("\n".join(STEPS[letter] for letter in order))

# %% id="order-debugging-check"
check("order_debugging", order)

# %% [markdown] id="order-debugging-why" tags=["solution"]
# **Why it is so.** Each step excludes what would make the next one meaningless: a batch that is not learned says little
# while the gradient may be wrong, and a validation accuracy says little while not even one batch is learned. First loss and
# gradient check take seconds each and may change places. The test part comes once and last, because it must not choose.
#
# **Most common mistake**: the rate first. It is the easiest thing to change, and lesson 07 counts how rarely it is the cause.

# %% [markdown] id="gradient-check-text" exercise="gradient_check"
# Somebody claims that `gradient` is the gradient of `function` at x. Compare the claim with **central differences**,
#
# $$n_i = \frac{f(x + h e_i) - f(x - h e_i)}{2h}, \qquad \text{error} = \frac{|a - n|}{|a| + |n|},$$
#
# where $a$ is the claim, $e_i$ moves number $i$ alone, and $|\cdot|$ is the Euclidean length over **all** numbers. x may have
# any shape, and any precision: compute the differences in float64, and leave the caller's x as it is.
#
# Example: for `function = lambda v: v[0] ** 2` at x `[3.0]` the derivative is 6. The claim `[6.0]` has the error 0 up to
# rounding, the claim `[3.0]` the error 3 / 9.

# %% id="gradient-check" exercise="gradient_check" function="course_lib.by_hand.debugging:gradient_check"

# %% id="gradient-check-check"
check("gradient_check", gradient_check)

# %% [markdown] id="gradient-check-why" tags=["solution"]
# **Why it is so.** With both sides the error of first order cancels, and the rest shrinks with h². The difference of two
# nearly equal losses loses as many digits as they share: that is why float64, and why a step that is not too small. One
# quotient of lengths, and not a mean of quotients, because an entry near zero has no meaningful relative error of its own.
#
# **Most common mistake**: numbers that are moved and not put back; the second difference is then taken at another point.

# %% [markdown] id="sigmoid-cross-entropy-text" exercise="sigmoid_cross_entropy"
# A yes-or-no classifier gives one logit z per sample; $p = 1/(1 + e^{-z})$ is the probability of 1. The loss is $-\ln p$ for
# the label 1 and $-\ln(1 - p)$ for the label 0. Return the **sum** of the losses, the **count** n, and the gradient of the
# **mean** with respect to the logits, safely for logits up to 10,000 on either side. No epsilon: a sure mistake must cost what
# it costs.
#
# Example: logits `[0, ln 3]` with labels `[1, 0]` have p `[1/2, 3/4]`. The sum is ln 2 + ln 4, the count 2, and the gradient
# `[-1/4, 3/8]`.

# %% id="sigmoid-cross-entropy" exercise="sigmoid_cross_entropy" function="course_lib.by_hand.debugging:sigmoid_cross_entropy"

# %% id="sigmoid-cross-entropy-check"
check("sigmoid_cross_entropy", sigmoid_cross_entropy)

# %% [markdown] id="sigmoid-cross-entropy-why" tags=["solution"]
# **Why it is so.** $-\ln p = \ln(1 + e^{-z})$ and $-\ln(1 - p) = z + \ln(1 + e^{-z})$; both are
# $\max(z, 0) - zy + \ln(1 + e^{-|z|})$, in which no exponential exceeds 1. The derivative of $\ln(1 + e^z) - zy$ is $p - y$:
# the slope of the sigmoid has cancelled, so that a sure mistake is corrected in full.
#
# **Most common mistake**: an epsilon in the logarithm. It removes the infinity, cuts the loss off, and takes the gradient away from
# the worst samples.

# %% [markdown] id="first-bad-layer-text" exercise="first_bad_layer"
# A NaN spreads through all layers behind it. Send x through the layers, one after the other, and say where the first value
# stands that is NaN **or infinite**: -1 for the input, k for the output of layer k (from 0), `len(layers)` if all is well.
# `start("first_bad_layer", "faded")` gives the frame with two lines missing.
#
# Example: three layers, the first doubles, the second takes the square root, the third doubles. For x `[[1, -2]]` the answer is 1.

# %% id="first-bad-layer" exercise="first_bad_layer" function="course_lib.by_hand.debugging:first_bad_layer"

# %% id="first-bad-layer-check"
check("first_bad_layer", first_bad_layer)

# %% [markdown] id="first-bad-layer-why" tags=["solution"]
# **Why it is so.** Cause comes before effect: the first bad place in the order of the computation is where to look. Infinity
# counts, for infinity minus infinity, or infinity times zero, is the NaN of the next layer, and a tanh can even hide it.
#
# **Most common mistake**: the input is not looked at, and a NaN in the data is blamed on layer 0.

# %% [markdown] id="overfit-one-batch-text" exercise="overfit_one_batch"
# `step(x, y)` makes one update on a batch and returns the loss **before** that update. Draw one batch of `size` different
# rows with `rng`, use it in every step, and return how many updates had been made when a loss below `target` came back. Return
# -1 if none does within `steps` steps, or at once when a loss is not finite.
#
# Example: if the losses that `step` returns are 2.3, 0.5, 0.008, the answer is 2: two updates led to the third loss.

# %% id="overfit-one-batch" exercise="overfit_one_batch" function="course_lib.by_hand.debugging:overfit_one_batch"

# %% id="overfit-one-batch-check"
check("overfit_one_batch", overfit_one_batch)

# %% [markdown] id="overfit-one-batch-why" tags=["solution"]
# **Why it is so.** One fixed batch has no noise: its loss must go to zero when forward, loss, backward and update fit
# together. The batch is drawn, because the first rows of a file may all have one label, which a bias alone learns.
#
# **Most common mistake**: a new batch in every step. That is ordinary training, and it hides the very question.

# %% [markdown] id="clipped-text" exercise="clipped"
# A gradient that explodes is one long step in a direction that may still be right. Keep its direction, and limit its length:
# take the Euclidean length over the numbers of **all** arrays together, and where it is above `limit`, scale every array by
# the same factor.
#
# Example: the arrays `[[3, 0], [0, -4]]` and `[12]` have the common length 13. With `limit` 6.5 all their numbers are halved.

# %% id="clipped" exercise="clipped" function="course_lib.by_hand.debugging:clipped"

# %% id="clipped-check"
check("clipped", clipped)

# %% [markdown] id="clipped-why" tags=["solution"]
# **Why it is so.** One factor for all arrays keeps the ratio of any two numbers, so the step points where it pointed. torch
# does the same in `torch.nn.utils.clip_grad_norm_`.
#
# **Most common mistake**: each number is clipped by itself. Then the largest numbers lose most, and the direction changes.

# %% [markdown] id="clinic-text" exercise="name_the_faults"
# Seven runs of a network 64-32-32-10 on the digits, each with one fault. Four panels: losses (the dotted line is ln 10), the
# loss of every batch, the length of each step relative to the weights, and the confusion matrix of the validation part. Then
# a table. `fresh` samples are measured by code that is right. Try a name with `diagnose("case-05", "rate too high")`; it
# says what that fault would show. `show_mended("case-05")` runs the case with its mend. First a healthy run, to compare:

# %% id="clinic-healthy" tags=["nbval-ignore-output"]
print(table(readings("healthy")))
print(textwrap.fill("FAULTS: " + "; ".join(FAULTS), 110))

# %% id="clinic-05" tags=["nbval-ignore-output"]
show_case("case-05")

# %% id="clinic-06" tags=["nbval-ignore-output"]
show_case("case-06")

# %% id="clinic-07" tags=["nbval-ignore-output"]
show_case("case-07")

# %% id="clinic-08" tags=["nbval-ignore-output"]
show_case("case-08")

# %% id="clinic-09" tags=["nbval-ignore-output"]
show_case("case-09")

# %% id="clinic-10" tags=["nbval-ignore-output"]
show_case("case-10")

# %% id="clinic-11" tags=["nbval-ignore-output"]
show_case("case-11")

# %% id="clinic-first" tags=["sheet"]
patients = {
    "case-05": ...,  # a name from FAULTS
    "case-06": ...,
    "case-07": ...,
    "case-08": ...,
    "case-09": ...,
    "case-10": ...,
    "case-11": ...,
}

# %% id="clinic-first-solution" tags=["solution"]
patients = {
    "case-05": "rate too low",
    "case-06": "dead units",
    "case-07": "softmax twice",
    "case-08": "labels shuffled",
    "case-09": "inputs not standardized",
    "case-10": "all weights zero",
    "case-11": "labels off by one",
}
for case, fault in patients.items():
    diagnose(case, fault, record=False)

# %% id="clinic-first-check"
check("name_the_faults", patients)

# %% [markdown] id="clinic-first-why" tags=["solution"]
# **How they are told apart.** Cases 5 and 7 both fall slowly; only in 7 are loss and gradient low from the start, and high
# accuracy and high loss go together. Cases 6 and 10 have the same curves to the last digit; the size of the weights separates
# them. Case 8 is the only one whose training loss falls while validation rises above ln 10. Case 9 is wrong before the first
# step. In case 11 the fresh samples are read right: the fault is in the evaluation.
#
# **Most common mistake**: case 6 for case 10. Both layers are silent; look at the column "first weights".

# %% id="clinic-first-mended" tags=["solution", "nbval-ignore-output"]
show_mended("case-07")

# %% [markdown] id="clinic-second-text" exercise="name_more_faults"

# %% id="clinic-12" tags=["nbval-ignore-output"]
show_case("case-12")

# %% id="clinic-13" tags=["nbval-ignore-output"]
show_case("case-13")

# %% id="clinic-14" tags=["nbval-ignore-output"]
show_case("case-14")

# %% id="clinic-15" tags=["nbval-ignore-output"]
show_case("case-15")

# %% id="clinic-16" tags=["nbval-ignore-output"]
show_case("case-16")

# %% id="clinic-17" tags=["nbval-ignore-output"]
show_case("case-17")

# %% id="clinic-18" tags=["nbval-ignore-output"]
show_case("case-18")

# %% id="clinic-second" tags=["sheet"]
more_patients = {
    "case-12": ...,  # a name from FAULTS
    "case-13": ...,
    "case-14": ...,
    "case-15": ...,
    "case-16": ...,
    "case-17": ...,
    "case-18": ...,
}

# %% id="clinic-second-solution" tags=["solution"]
more_patients = {
    "case-12": "rate too high",
    "case-13": "units start as twins",
    "case-14": "chosen on the test part",
    "case-15": "gradient of the sum",
    "case-16": "softmax overflows",
    "case-17": "no shuffling",
    "case-18": "bias gradient missing",
}
for case, fault in more_patients.items():
    diagnose(case, fault, record=False)

# %% id="clinic-second-check"
check("name_more_faults", more_patients)

# %% [markdown] id="clinic-second-why" tags=["solution"]
# **How they are told apart.** Cases 12 and 16 end in NaN: in 12 the first steps are longer than the weights, in 16 the weights
# were never bad, the loss was. Case 13 has 32 units of which one is different. In case 14 the best epoch was chosen on 20
# samples. In case 15 the first gradient grows with the number of samples; its later troubles are those of a rate that is too
# high, and lowering the rate would mend them for this batch size only. Case 17 jumps at the same places in each epoch. Case
# 18 trains well, and its biases have not moved.
#
# **Most common mistake**: case 15 for a rate that is too high.

# %% id="clinic-second-mended" tags=["solution", "nbval-ignore-output"]
show_mended("case-15")

# %% [markdown] id="no-leak-text" exercise="no_leak"
# Now you write a **test**. `no_leak` gets two parts of a data set and for each row whose it is (a number or a name). It returns
# True when the split is clean, False when it leaks: when a **group** is in both parts, or when a test row **is** a training
# row, up to 1e-6 in every feature (files are stored in float32, and rounding is no alibi). Rows that are merely alike are clean; so
# are copies within one part. Your test is run on clean splits, which it must accept, and on planted leaks, which it must find.
#
# Example: train `[[1, 2]]`, test `[[1, 2]]` leaks; test `[[2, 1]]` does not, nor does `[[1, 2.01]]`, unless both rows belong to the same patient.

# %% id="no-leak" exercise="no_leak" function="course_lib.teaching.checks.debugging.leak:no_leak"

# %% id="no-leak-check"
check("no_leak", no_leak)

# %% [markdown] id="no-leak-why" tags=["solution"]
# **Why it is so.** A leak is anything by which a test row can be recognised. A copy need not stand at the same place, and need not
# be equal to the last bit. A group needs no copies at all: two images of one patient tell of each other.
#
# **Most common mistake**: exact equality. It finds the copies that somebody made, and misses those that a file made.

# %% [markdown] id="raise-the-rate-text" exercise="raise_the_rate"
# One of the documents that this course audits says under "the loss does not fall": *raise the learning rate*. The cell trains
# five broken runs at ten times their rate. Fill in:
#
# - `cured`: how many of the five reach a validation accuracy above 0.7 **and** a training loss below 1;
# - `hidden`: the name of the fault whose accuracy rises above 0.7 while its training loss stays above 1: the rate has hidden it;
# - `floor`: the lowest loss that a cross-entropy with softmax can give for ten classes when its inputs lie between 0 and 1
#   (three decimals, or a formula);
# - `verdict` on the advice, read as a rule for losses that do not fall: `"supported"`, `"not shown"` or `"contradicted"`.
#
# Example of a floor: for two classes it is the loss of the logits `[1, 0]` with the first class right,
# $\ln(e + 1) - 1$, about 0.313.

# %% id="raise-the-rate-runs" tags=["nbval-ignore-output"]
from course_lib.teaching.checks.debugging.audit import FAULTS as AUDITED
from course_lib.teaching.clinic.faults import SETUPS
from course_lib.teaching.clinic.loop import train

tenfold = {}
for fault in AUDITED:
    broken = SETUPS[fault][0]
    tenfold[fault] = train(replace(broken, lr=10 * broken.lr, epochs=12), 0)
    accuracy, loss = tenfold[fault].val_accuracy[-1], tenfold[fault].train_loss[-1]
    print(f"{fault:<18} validation accuracy {accuracy:.2f}   training loss {loss:.2f}")

# %% id="raise-the-rate" tags=["sheet"]
findings = {"cured": ..., "hidden": ..., "floor": ..., "verdict": ...}

# %% id="raise-the-rate-solution" tags=["solution"]
good = {fault: run.val_accuracy[-1] > 0.7 for fault, run in tenfold.items()}
low = {fault: run.train_loss[-1] < 1 for fault, run in tenfold.items()}
findings = {
    "cured": sum(good[fault] and low[fault] for fault in tenfold),
    "hidden": next(fault for fault in tenfold if good[fault] and not low[fault]),
    "floor": np.log(np.e + 9) - 1,
    "verdict": "contradicted",
}
print({key: round(value, 3) if isinstance(value, float) else value for key, value in findings.items()})

# %% id="raise-the-rate-check"
check("raise_the_rate", findings)

# %% [markdown] id="raise-the-rate-why" tags=["solution"]
# **Why it is so.** A rate that is too low is one cause of many, and the only one here that a higher rate mends. A rule that
# fails in four of five cases is no rule; as one of several questions, asked late, it has its place. What would change the verdict: the
# words "if the steps are far below a thousandth of the weights".
#
# **Most common mistake**: counting by accuracy alone. That is how the second softmax survives.
