# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # Sheet 08: from the loop to `fit`
#
# You write the parts of a training loop in torch that go wrong without a sound: accumulation, schedule and clip,
# measuring, the order of the data. Then you read the logs of resumed runs, write a test that no broken checkpoint
# survives, and audit a claim about a seed. A **loss function** takes a model and a batch and gives `Loss(total,
# count)`: a sum, as a tensor, and over how many elements it runs.

# %% [markdown] id="how-sheet" tags=["sheet"]
# **How it works**
#
# - Replace `raise NotImplementedError` by your code, run the cell, then run the cell with `check` under it. `check`
#   never breaks anything: it says *right*, *not right yet* with the likely cause and a question, *error*, or *not
#   started*.
# - `hint("accumulated_step")` gives one more hint each time. `start("accumulated_step", "faded")` puts a version into a
#   new cell in which only the central lines are missing, `start("accumulated_step", "worked")` the whole function.
# - The sheet runs from top to bottom also while exercises are unsolved. What you type here is
#   yours: an update of the course keeps it.
# - The [solutions](../solutions/08_from_loop_to_fit.ipynb) stand apart, each with the reason and a common mistake.

# %% [markdown] id="how-solution" tags=["solution"]
# **The solutions.** Under every function stand the reason why it is so and the most common mistake. Yours may look
# quite different and be right: the check compares what a function does, not how it is written.

# %% id="setup"
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.teaching.check import check, hint, start
from course_lib.teaching.checks.fitting.audit import OTHER, REPORTED, miniature
from course_lib.teaching.checks.fitting.order import LINES
from course_lib.teaching.checks.fitting.reading import table_of
from course_lib.teaching.checks.fitting.resumes import FAULTS, log_of, seven_logs

LossFunction = Callable[[nn.Module, Any], Loss]

# %% [markdown] id="accumulated-step-text" exercise="accumulated_step"
# The batch that you want does not fit into memory, so it comes in pieces. Make **one** update, the one that the whole
# batch would have given. The pieces differ in size, and in some of them elements do not count (padding): `loss.count`
# says how many do. The gradients may hold something when your function is called.
#
# Example: two pieces with `Loss(total=6, count=2)` and `Loss(total=2, count=6)`. The mean loss is 8/8 = 1, not (3 +
# 1/3)/2.

# %% id="accumulated-step" exercise="accumulated_step" function="course_lib.by_hand.torch_loop:accumulated_step"

# %% id="accumulated-step-check"
check("accumulated_step", accumulated_step)

# %% [markdown] id="accumulated-step-why" tags=["solution"]
# **Why it is so.** The gradient of a sum is the sum of the gradients, and `backward()` adds: so the sums of the pieces
# may go backward one by one, and each frees its activations before the next one comes. Only the division has to wait
# until the number of elements is known.
#
# **A common mistake**: `(loss.total / loss.count / len(batches)).backward()`, the mean of means. Where all pieces hold
# equally many elements it is right, which is why it stood in well-known code until 2024
# (lesson 08, sources).

# %% [markdown] id="scheduled-steps-text" exercise="scheduled_steps"
# One update per batch at a rate that a schedule changes, with the gradient clipped to a longest length.
# `start("scheduled_steps", "faded")` gives the frame with two lines missing.
#
# Example: with base 0.1 and schedule `[0.5, 1.0]` the first update is made at the rate 0.05 and the second at 0.1. A
# gradient of length 6 is multiplied by 1/3 at a limit of 2; one of length 1 stays as it is.

# %% id="scheduled-steps" exercise="scheduled_steps" function="course_lib.by_hand.torch_loop:scheduled_steps"

# %% id="scheduled-steps-check"
check("scheduled_steps", scheduled_steps)

# %% [markdown] id="scheduled-steps-why" tags=["solution"]
# **Why it is so.** Whatever `step()` reads must be there before it: the rate in the groups, the shortened gradient in
# `.grad`. The schedule multiplies the base and not the rate of the step before, so that the rate is a function of the
# step alone, and a resumed run finds it again.
#
# **A common mistake**: clip after the update. Nothing complains, and the next `zero_grad()` throws away what was
# clipped.

# %% [markdown] id="order-fit-loop-text" exercise="order_fit_loop"
# Twelve of these fifteen lines are an epoch with accumulation, schedule and clip: one update per group of batches. They
# keep their indentation. The gradients may hold something when the epoch begins. Give the letters of the lines in order;
# the check runs the loop that you build, and more than one order is right.

# %% id="order-fit-loop-lines"
for letter, line in LINES.items():
    print(f"{letter}  {line}")

# %% id="order-fit-loop" tags=["sheet"]
order = ...  # a list of letters, such as ["A", "B", "C"]

# %% id="order-fit-loop-solution" tags=["solution"]
from course_lib.teaching.exercises.run_order import program_of

order = ["D", "H", "C", "L", "G", "J", "B", "N", "M", "A", "K", "F"]
print(program_of(LINES, order))

# %% id="order-fit-loop-check"
check("order_fit_loop", order)

# %% [markdown] id="order-fit-loop-why" tags=["solution"]
# **Why it is so.** Everything that belongs to an update stands outside the loop over the batches of its group; in that
# loop are only loss, backward and the count. Division comes before the clip, because the limit is meant for the
# gradient that the update uses. Gradients are emptied once per group, and the step is counted when it has been made.
#
# **A common mistake**: `zero_grad()` in the inner loop. Then the last batch of a group is trained on and the others are
# not.

# %% [markdown] id="mean-loss-text" exercise="mean_loss"
# The mean loss over all elements of all batches, as the model is *used*: dropout off, stored statistics, no gradients
# recorded. Afterwards every part is in the mode in which you found it. Look at `model.modules()` and `part.training`: a
# part that was frozen in eval mode must not wake up.
#
# Example: batches with `Loss(6, 2)` and `Loss(2, 6)` have the mean loss 1.

# %% id="mean-loss" exercise="mean_loss" function="course_lib.by_hand.torch_loop:mean_loss"

# %% id="mean-loss-check"
check("mean_loss", mean_loss)

# %% [markdown] id="mean-loss-why" tags=["solution"]
# **Why it is so.** A measurement must not change what it measures. In training mode dropout disturbs the outputs and
# BatchNorm moves its statistics with every batch, so that the number depends on chance and the model on how often it
# was measured.
#
# **A common mistake**: `model.train()` at the end. It is right as long as all parts train, and wakes every frozen part.

# %% [markdown] id="rows-from-text" exercise="rows_from"
# In which batches do the rows come in epoch `epoch` of a run with seed `seed`, from batch `start` on? A resumed run
# asks this in a new process, where nothing has been drawn yet: so the answer may depend on the arguments alone.
#
# Example: `rows_from(5, 2, seed=0, epoch=3)` may give `[array([3, 0]), array([4, 2]), array([1])]`. Then `rows_from(5,
# 2, seed=0, epoch=3, start=1)` is `[array([4, 2]), array([1])]`.

# %% id="rows-from" exercise="rows_from" function="course_lib.by_hand.torch_loop:rows_from"

# %% id="rows-from-check"
check("rows_from", rows_from)

# %% [markdown] id="rows-from-why" tags=["solution"]
# **Why it is so.** A generator that lives through the run has a state that depends on all that was drawn before;
# whoever wants to resume has to save it, and whoever adds a line that draws changes every later epoch. A stream per
# seed and epoch has no past.
#
# **A common mistake**: `seed + epoch`. Run 1 then trains its epoch 2 in the order in which run 2 trains its epoch 1:
# the seeds of a study are no longer independent.

# %% [markdown] id="read-resumes-text" exercise="read_resumes"
# A network with dropout is trained on 256 digits, 8 batches an epoch, and cut after update 12, in the middle of epoch
# 2. Seven times it goes on from the same checkpoint, in a new process. The table shows the **first update after the
# cut**: the loss of its batch (before the update), the length of the update, its rate; how many rows this epoch has
# used twice in the end; which share of the active units dropout switched off; whether the weights that were loaded are
# those of the checkpoint; and the validation loss at the end of all four epochs. Name what each run lost.

# %% id="read-resumes-table" tags=["nbval-ignore-output"]
print("what the uninterrupted run shows at the same places:")
print(table_of({"-": log_of("right")}), end="\n\n")
logs = seven_logs()
print(table_of(logs), end="\n\n")
for name, meaning in FAULTS.items():
    print(f"{name:<10} {meaning}")

# %% id="read-resumes" tags=["sheet"]
lost = {"A": ..., "B": ..., "C": ..., "D": ..., "E": ..., "F": ..., "G": ...}  # names from the list above

# %% id="read-resumes-solution" tags=["solution"]
lost = {
    "A": "noise",
    "B": "optimizer",
    "C": "eval",
    "D": "right",
    "E": "order",
    "F": "older",
    "G": "schedule",
}

# %% id="read-resumes-check"
check("read_resumes", lost)

# %% [markdown] id="read-resumes-why" tags=["solution"]
# **How they are told apart.** F starts from other weights. Of the rest, E uses rows twice, C switches no units off, and
# A is left when the loss differs though weights and rows do not: the masks are others. B, D and G agree in the loss to
# the last digit, so they differ at the update: G in its rate, B in its length alone.
#
# **A common mistake**: looking at the last column. The best loss at the end belongs to a broken run.

# %% id="read-resumes-best" tags=["solution"]
at_the_end = {letter: log["loss at the end"] for letter, log in logs.items()}
best = min(at_the_end, key=at_the_end.get)
assert lost[best] != "right", (
    "the right run is the same as the uninterrupted one, not better than the others"
)
print("lowest loss at the end:", FAULTS[lost[best]])

# %% [markdown] id="resume-passes-text" exercise="resume_passes"
# Now you write the **test**. It gets three functions: `start(seed)` begins a run, `save(run)` makes a checkpoint of it,
# `load(checkpoint)` a run that should go on from there. A run has `run.step()`, an array `run.weights`, and
# `run.score()`, which measures it on other data and changes nothing. An epoch has 7 steps; there is an order of rows,
# noise, momentum, a schedule, and statistics that only `score()` reads. Return True where a resumed run is the
# uninterrupted one **bit for bit**. Your test is run on right checkpoints, which it must accept, and on broken ones,
# which it must find.

# %% id="resume-passes" exercise="resume_passes" function="course_lib.teaching.checks.fitting.attack:resume_passes"

# %% id="resume-passes-check"
check("resume_passes", resume_passes)

# %% [markdown] id="resume-passes-why" tags=["solution"]
# **Why it is so.** What a checkpoint forgets shows only where it matters: momentum at the next step, the place in the
# epoch only within one, the number of the epoch only in the second, the seed only if it is not the default, a counter
# that starts anew only at the second resume. Each cut and each seed of the test is there because one fault lives
# nowhere else.
#
# **A common mistake**: a tolerance. A right resume has no error at all, so anything but equality lets a loss of
# precision through, and with it whatever else is small.

# %% [markdown] id="one-seed-text" exercise="one_seed_two_runs"
# The report on INFINITO gives its seed, 42, and says that repeated runs behave the same. Its repository holds a log of
# another run of the same script with the same seed. The cell prints the validation perplexities of both. According to
# our reading of the script, it draws its data *before* the seed is set; the miniature does the same in two lines. Fill
# in:
#
# - `equal`: in how many of the three epochs the perplexities agree;
# - `gap`: by how many percent the other run is higher than the reported one in epoch 1 (two decimals);
# - `repeatable`: which order makes the miniature repeatable: `"data first"`, `"seed first"`, `"both"` or `"neither"`;
# - `verdict` on "repeated runs behave the same": `"supported"`, `"not shown"` or `"contradicted"`.

# %% id="one-seed-runs"
from course_lib.teaching.claims import quoted

quoted("1,291.31", report="infinito", at="first_perplexity")
quoted("1294.81", report="infinito_repository", at="other_run_epoch_1")
for epoch, (reported, other) in enumerate(zip(REPORTED, OTHER, strict=True), start=1):
    print(f"epoch {epoch}   reported {reported:>8.2f}   the other run {other:>8.2f}")
for name, seed_first in (("data first", False), ("seed first", True)):
    losses = [miniature(seed_first=seed_first, started=process) for process in (1, 2, 3)]
    print(f"miniature, {name}: losses of three processes", *(f"{loss:.3f}" for loss in losses))

# %% id="one-seed" tags=["sheet"]
findings = {"equal": ..., "gap": ..., "repeatable": ..., "verdict": ...}

# %% id="one-seed-solution" tags=["solution"]
findings = {
    "equal": sum(reported == other for reported, other in zip(REPORTED, OTHER, strict=True)),
    "gap": 100 * (OTHER[0] - REPORTED[0]) / REPORTED[0],
    "repeatable": "seed first",
    "verdict": "contradicted",
}
print({key: round(value, 2) if isinstance(value, float) else value for key, value in findings.items()})

# %% id="one-seed-check"
check("one_seed_two_runs", findings)

# %% [markdown] id="one-seed-why" tags=["solution"]
# **Why it is so.** A seed sets what is drawn after it. Data that were drawn before it come from whatever state the
# process found. The difference is small: other sentences of the same kind make another run of the same kind. That is not
# the same run. What would change the verdict: two runs of the repaired script, in new processes, equal to the last
# digit.
#
# **A common mistake**: "nearly equal" taken for "the same". A repeated run has no error bar.
