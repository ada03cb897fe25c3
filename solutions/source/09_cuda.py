# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # Sheet 09: CUDA
#
# You predict what a training step costs before it runs, find out what holds it up, keep it right in float16 and on
# several devices, and audit a claim about a loader. Everything runs on the CPU: what is counted here is the same on every
# machine, and where a machine is needed it is one of round figures, and named as such.

# %% [markdown] id="how-sheet" tags=["sheet"]
# **How it works**
#
# - Replace `raise NotImplementedError` by your code, run the cell, then run the cell with `check` under it. `check` never
#   breaks anything: it says *right*, *not right yet* with the likely cause and a question, *error*, or *not started*.
# - `hint("training_flops")` gives one more hint each time. `start("training_flops", "faded")` puts a version into a new
#   cell in which only the central lines are missing, `start("training_flops", "worked")` the whole function.
# - The sheet runs from top to bottom also while exercises are unsolved. What you type here is
#   yours: an update of the course keeps it.
# - The [solutions](../solutions/09_cuda.ipynb) stand apart, each with the reason and a common mistake.

# %% [markdown] id="how-solution" tags=["solution"]
# **The solutions.** Under every answer stand the reason why it is so and a common mistake. Yours may look quite
# different and be right: the check compares what a function does, not how it is written.

# %% id="setup"
import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn

from course_lib.teaching.check import check, hint, start
from course_lib.teaching.checks.cuda.waits import LISTINGS, numbered, run_once
from course_lib.teaching.checks.cuda.limits import LIMITS, table
from course_lib.teaching.checks.cuda.order import LINES
from course_lib.teaching.claims import quoted
from course_lib.training.machine.operations import first_wait

# %% [markdown] id="training-flops-text" exercise="training_flops"
# A network of linear layers, given by its widths. Count the FLOPs of the matrix products of one training step, forward and
# backward. Nobody asks for the gradient of the data.
#
# Example: widths `[6, 2]`, batch 3, a single layer. Forward: 6 sums of 6 products, 72 FLOPs. Backward: the gradient of the
# weight, as many. Together 144.

# %% id="training-flops" exercise="training_flops" function="course_lib.by_hand.cuda:training_flops"

# %% id="training-flops-check"
check("training_flops", training_flops)

# %% [markdown] id="training-flops-why" tags=["solution"]
# **Why it is so.** Forward is $xW$; backward is $x^\top g$ for the weight and $gW^\top$ for the layer before. All three have
# the same three sizes and cost the same. The first layer has no layer before it.
#
# **A common mistake**: three products for the first layer too. Where the input is the widest layer, as for images, that is off by
# a third of nearly everything. Torch's own counter agrees with the formula to the last FLOP:

# %% id="training-flops-proof" tags=["solution"]
from course_lib.training.machine.operations import flops_of

net = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
counted = flops_of(lambda: net(torch.ones(32, 64)).sum().backward())
assert counted == training_flops([64, 128, 10], 32)
print(f"{counted:,} FLOPs by formula and by counter")

# %% [markdown] id="roofline-seconds-text" exercise="roofline_seconds"
# Operations run one after the other; within one, the machine computes and moves bytes at the same time. How long do all of them need at
# least? `start("roofline_seconds", "faded")` gives the frame with three lines missing.
#
# Example: 5 GFLOP and 1 GB at 20 GFLOP/s and 1 GB/s. The arithmetic needs 0.25 s, the memory 1 s; the operation takes 1 s.

# %% id="roofline-seconds" exercise="roofline_seconds" function="course_lib.by_hand.cuda:roofline_seconds"

# %% id="roofline-seconds-check"
check("roofline_seconds", roofline_seconds)

# %% [markdown] id="roofline-seconds-why" tags=["solution"]
# **Why it is so.** What runs at the same time costs the larger of both times, what runs one after the other their sum. Fusing two
# operations makes one of them: its bytes become fewer, and arithmetic may hide behind them.
#
# **A common mistake**: the larger of the two *totals*. It lets the last operation's bytes move while the first one computes.

# %% [markdown] id="memory-of-step-text" exercise="memory_of_step"
# The same network, now with biases. What does a training step hold when its forward is complete: weights, gradients,
# moments of the optimizer, and what forward keeps for backward? Mixed precision stores only the last of them in fewer bytes.
#
# Example: widths `[6, 2]`, batch 3, Adam: 14 parameters, so 56 bytes of weights, 56 of gradients, 112 of moments; 3 times 8
# numbers are kept, 96 bytes. Sum: 320 bytes, 320 / 1,048,576 MiB.

# %% id="memory-of-step" exercise="memory_of_step" function="course_lib.by_hand.cuda:memory_of_step"

# %% id="memory-of-step-check"
check("memory_of_step", memory_of_step)

# %% [markdown] id="memory-of-step-why" tags=["solution"]
# **Why it is so.** Weights, gradients and moments go with the parameters, whatever the batch: 16 bytes each with Adam, half of
# them for its moments. Activations are as many as rows times widths. So a batch that does not fit is helped by fewer bytes per activation, by
# accumulation, or by computing them again; a model that does not fit is helped by none of these.
#
# **A common mistake**: halving everything for mixed precision. The weights and moments stay in float32, or small updates are lost.

# %% id="memory-of-step-batches" tags=["solution"]
for batch in (32, 512, 8192):
    parts = memory_of_step([784, 256, 128, 10], batch)
    share = parts["activations"] / sum(parts[name] for name in parts if name != "MiB")
    print(f"batch {batch:>5}: {parts['MiB']:6.1f} MiB, of which activations {share:.0%}")

# %% [markdown] id="name-the-limit-text" exercise="name_the_limit"
# Six training runs on a machine of round figures: **100 TFLOP/s, 2 TB/s, 5 microseconds of the host for each kernel**. (The
# table is computed with the queue of lesson 09. No GPU was measured.) The loader works ahead in processes of its own.
# For each run: its kernels, FLOPs and bytes per step, the time in which its loader makes a batch, the length of a step, and the share of
# it in which the device works. One of the runs reads its loss in every step. Name what limits each: `"arithmetic"`, `"memory"`,
# `"asking"` (the host asks for kernels), `"loader"`, or `"waiting"` (host and device take turns).

# %% id="name-the-limit-table"
print(table())
print("\nlimits:", ", ".join(LIMITS))

# %% id="name-the-limit" tags=["sheet"]
limits = {"A": ..., "B": ..., "C": ..., "D": ..., "E": ..., "F": ...}

# %% id="name-the-limit-solution" tags=["solution"]
limits = {
    "A": "arithmetic",
    "B": "asking",
    "C": "memory",
    "D": "loader",
    "E": "waiting",
    "F": "asking",
}

# %% id="name-the-limit-check"
check("name_the_limit", limits)

# %% [markdown] id="name-the-limit-why" tags=["solution"]
# **How they are told apart.** Four times for each run: FLOPs / rate, bytes / bandwidth, kernels times 5 microseconds, loader. In A it is
# the first that equals the length of the step, in C the second, in B and F the third, in D the fourth. E is as long as no single one of
# them, but as the third and the first together.
#
# **A common mistake**: "the device works 100 %" read as "it computes". In C it moves bytes all the time, and a device with twice the
# arithmetic would not be faster. And F: a device that works 88 % of the time is still not what the step waits for.

# %% [markdown] id="find-waits-text" exercise="find_waits"
# Seven training steps; all of them train correctly. Model and batch are on a GPU, `step` is a Python number, `total` a tensor on
# the GPU, `history` a list. Give the number of the line in which the host waits for the device in **every** step, 0 where there is none. No listing
# has more than one.

# %% id="find-waits-first"
print("\n\n".join(numbered(letter) for letter in "ABCD"))

# %% id="find-waits-second"
print("\n\n".join(numbered(letter) for letter in "EFG"))

# %% id="find-waits" tags=["sheet"]
waits = {"A": ..., "B": ..., "C": ..., "D": ..., "E": ..., "F": ..., "G": ...}  # numbers of lines, or 0

# %% id="find-waits-solution" tags=["solution"]
waits = {"A": 0, "B": 7, "C": 3, "D": 3, "E": 0, "F": 5, "G": 3}

# %% id="find-waits-check"
check("find_waits", waits)

# %% [markdown] id="find-waits-why" tags=["solution"]
# **Why it is so.** The host waits where it needs a *value*: B makes a Python number (detaching before it changes nothing), C asks for
# True or False, D and G need a shape that depends on values, F wants the numbers on its own side. A does the same, but only every 50th
# step. In E nothing leaves the device: `torch.where` keeps the shape, and the length that the clip returns stays a tensor.
#
# **A common mistake**: a search for `.item()`. None of the five that wait contains it. Fake tensors find four; `.cpu()` they do
# not see:

# %% id="find-waits-proof" tags=["solution"]
for letter in LISTINGS:
    place = first_wait(lambda letter=letter: run_once(letter))
    print(letter, place.split(": ", 1)[1] if place else "no wait found")
    assert (place is not None) == (waits[letter] > 0 and letter != "F")

# %% [markdown] id="loader-flags-text" exercise="loader_flags"
# Four flags of torch's `DataLoader`, two of which it refuses without workers, and one that does nothing without CUDA.
#
# Example: 4 workers and 8 batches ahead are 2 for each. With 0 workers nothing can be ahead.

# %% id="loader-flags" exercise="loader_flags" function="course_lib.by_hand.cuda:loader_flags"

# %% id="loader-flags-check"
check("loader_flags", loader_flags)

# %% [markdown] id="loader-flags-why" tags=["solution"]
# **Why it is so.** Pinned memory is for a GPU that fetches by itself, and the training process can pin what it has loaded. Persistent
# workers save a start in every epoch but the first. The factor is per worker, rounded up: 5 ahead of 2 workers are 3 for each.
#
# **A common mistake**: flags copied from a machine with a GPU. On another one they are refused, or do nothing.

# %% [markdown] id="scaled-step-text" exercise="scaled_step"
# `loss` is a tensor whose gradient passes float16 on its way back. Make one update with loss scaling, and return scale and
# count for the next one. The optimizer may have momentum: an update that is left out must leave *everything* as it is.
#
# Example: scale 1,024, and a gradient of 90. The multiple, 92,160, is above 65,504 and becomes infinite: no update, and
# `(512.0, 0)` is returned. With the same loss and scale 512 the update is made along 90, clipped.

# %% id="scaled-step" exercise="scaled_step" function="course_lib.by_hand.cuda:scaled_step"

# %% id="scaled-step-check"
check("scaled_step", scaled_step)

# %% [markdown] id="scaled-step-why" tags=["solution"]
# **Why it is so.** Multiplying the loss multiplies every gradient, by the chain rule, and lifts small ones into the range of float16. In float32
# the factor is taken out again, before anything looks at the size of the gradient: check, clip, update. A skipped update costs one batch; an
# infinite weight costs the run.
#
# **A common mistake**: the clip before the division. No gradient is then longer than limit / scale, and training stands nearly
# still without a single error. Another: zeros in place of the bad numbers, so that momentum moves the weights all the same.

# %% [markdown] id="order-scaled-step-text" exercise="order_scaled_step"
# Ten of these thirteen lines are training in mixed precision with accumulation and a schedule: one update for each group of
# batches, `count` elements in a group. `scaler` is torch's `GradScaler`; the lines keep their indentation. Give their letters in order; the check runs
# the loop that you build, and more than one order is right.

# %% id="order-scaled-step-lines"
for letter, line in LINES.items():
    print(f"{letter}  {line}")

# %% id="order-scaled-step" tags=["sheet"]
order = ...  # a list of letters, such as ["A", "B", "C"]

# %% id="order-scaled-step-solution" tags=["solution"]
from course_lib.teaching.exercises.run_order import program_of

order = ["J", "H", "D", "G", "B", "F", "A", "L", "C", "I"]
print(program_of(LINES, order))

# %% id="order-scaled-step-check"
check("order_scaled_step", order)

# %% [markdown] id="order-scaled-step-why" tags=["solution"]
# **Why it is so.** The factor may change only between two updates: all batches of a group must be multiplied by the same one, or their
# sum means nothing. It is taken out once, before the clip. `scaler.step` leaves the update out where something overflowed, and `update`
# then lowers the factor. Backward stands outside of `autocast`: it runs in the formats that forward has chosen.
#
# **A common mistake**: `unscale_` left out. `scaler.step` does it then, after the clip, and the clip has cut a multiple.

# %% [markdown] id="scaler-passes-text" exercise="scaler_passes"
# Now you write the **test**. `make(factor, interval)` gives a scaler as an object: `scaler.factor`, and
# `scaler.unscaled(gradients)`. Return True where it keeps the rules, False where it breaks one. Your test is run on right
# scalers, which it must accept, and on twenty broken ones, which it must find.
#
# Example: `make(8.0, 3)`. Three times `unscaled([np.array([16.0])])` gives `[np.array([2.0])]`, and the factor is 16 then. After
# `unscaled([np.array([np.inf])])`, which gives None, it is 8 again.

# %% id="scaler-passes" exercise="scaler_passes" function="course_lib.teaching.checks.cuda.attack:scaler_passes"

# %% id="scaler-passes-check"
check("scaler_passes", scaler_passes)

# %% [markdown] id="scaler-passes-why" tags=["solution"]
# **Why it is so.** The test carries a small right scaler of its own (`expected`, `count`) and compares after every list. Each part of
# the sequence is there because one fault lives nowhere else: growth twice in a row, minus infinity, the last array, an overflow just
# before the factor would grow.
#
# **A common mistake**: one interval. A scaler that does not read it passes, if it happens to be the right one.

# %% [markdown] id="union-gradient-text" exercise="union_gradient"
# Each device has the gradient of the **sum** of its losses, and a number of elements; the numbers differ, and one may be 0. Data
# parallel training can do one thing between devices: take the **mean** of what they hold. Make the gradient of the mean loss over all elements of
# all devices from it.
#
# Example: two devices with sums 16 and 20 over 4 and 2 elements. Together 36 / 6 = 6, while the mean of means is (4 + 10) / 2 = 7.

# %% id="union-gradient" exercise="union_gradient" function="course_lib.by_hand.cuda:union_gradient"

# %% id="union-gradient-check"
check("union_gradient", union_gradient)

# %% [markdown] id="union-gradient-why" tags=["solution"]
# **Why it is so.** The exchange divides by the number of devices; whoever wants a sum multiplies by it first. Counts are exchanged like gradients, and
# the division by all elements is made once. An element then weighs the same on whichever device it lies, and an empty device
# contributes 0 and no NaN.
#
# **A common mistake**: each device divides by the elements of all, and forgets that the exchange divides as well. The gradient is too short by
# the number of devices, and only a comparison with one device shows it.

# %% [markdown] id="loader-saving-text" exercise="loader_saving"
# The training log of NeuroNet-Fusion says that the start-up time of its data loader was reduced by 80 %, by `persistent_workers`.
# It does not say how that was measured. The cell prints what else it states; its epochs are numbered from 0. Fill in:
#
# - `saved`: by how many percent the flag reduces the number of worker starts in this run;
# - `epochs`: for how many epochs that reduction would be 80 percent;
# - `seconds`: the length of an epoch by the progress bar (one decimal), to be compared with the log's own;
# - `factor`: how many times as fast the run could be at most, if its device worked all the time (two decimals);
# - `start_up`: the verdict on "start-up time reduced by 80 percent": `"supported"`, `"not shown"` or `"contradicted"`;
# - `run`: the verdict on "therefore the training was faster".

# %% id="loader-saving-quotes"
from course_lib.core.reports.neuronet import REPORT
from course_lib.teaching.checks.cuda.audit import starts

quoted("80%", report="neuronet", at="loader_saving")
for name in ("loader_saving", "steps_per_epoch", "speed", "epoch_seconds", "gpu_use", "last_epoch"):
    fact = REPORT.fact(name)
    print(f"{fact.text:<10} {fact.meaning}")
print("worker starts in 3 epochs:", starts(3, persistent=False), "or", starts(3, persistent=True))

# %% id="loader-saving" tags=["sheet"]
findings = {"saved": ..., "epochs": ..., "seconds": ..., "factor": ..., "start_up": ..., "run": ...}

# %% id="loader-saving-solution" tags=["solution"]
findings = {
    "saved": 100 * (1 - starts(100, persistent=True) / starts(100, persistent=False)),
    "epochs": 5,  # 1 - 1 / 5
    "seconds": 50 / 3.32,
    "factor": 1 / 0.51,
    "start_up": "not shown",
    "run": "not shown",
}
print({key: round(value, 2) if isinstance(value, float) else value for key, value in findings.items()})

# %% id="loader-saving-check"
check("loader_saving", findings)

# %% [markdown] id="loader-saving-why" tags=["solution"]
# **Why it is so.** The flag replaces a start in every epoch by one start in the run: in 100 epochs it saves 99 of 100, and 80 percent in
# exactly five. The log's number may come from a short trial, or from a start-up that holds more than the workers (opening files, the
# first batch): without the seconds and the epochs nobody can tell, so it is neither shown nor refuted. That training was faster needs two
# runs, with and without; the log has one. The progress bar and the 15 seconds agree with each other, which is a point for the log.
#
# The factor is an upper limit of what *any* mend of loader or host could gain, if 51 % is the share of the time in which the
# device works; how much of the rest is the start-up, the log does not say.
# What would change the verdicts: seconds of both settings, over several epochs each.
#
# **A common mistake**: a percentage of a small part read as a percentage of the whole.
