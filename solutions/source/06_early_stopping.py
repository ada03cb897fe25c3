# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # Sheet 06: early stopping, and what a best score is worth
#
# You write the rule that stops a training, keep and restore the best weights, find faulty stoppers by their logs and by a
# test of your own, smooth a curve, cut folds, and work out what the best of k scores is worth.

# %% [markdown] id="how-sheet" tags=["sheet"]
# **How it works**
#
# - Replace `raise NotImplementedError` by your code, run the cell, then run the cell with `check` under it. `check` never
#   breaks anything: it says *right*, *not right yet* with the likely cause and a question, *error*, or *not started*.
# - `hint("early_stopping")` gives one more hint each time. `start("early_stopping", "worked")` puts the whole function into
#   a new cell; where a faded version exists, `start("fit_and_restore", "faded")` leaves out the central lines only.
# - The sheet runs from top to bottom also while exercises are unsolved. What you type here is
#   yours: an update of the course keeps it.
# - The [solutions](../solutions/06_early_stopping.ipynb) stand apart, each with the reason and the most common mistake.

# %% [markdown] id="how-solution" tags=["solution"]
# **The solutions.** Under every function stand the reason why it is so and the most common mistake. Yours may look quite
# different and be right: the check compares what a function does, not how it is written.

# %% id="setup"
import math
from collections.abc import Callable

import numpy as np

from course_lib.numpy_nn.studies.stopping_runs import ten_runs
from course_lib.teaching.check import check, hint, start
from course_lib.teaching.checks.stopping import logs
from course_lib.teaching.checks.stopping.order import LINES

# %% [markdown] id="early-stopping-text" exercise="early_stopping"
# Given the losses of all epochs that a run *would* have, say after which epoch the rule ends it, and whose weights are
# restored. The first column is the training loss, the second the validation loss. NaN never improves and is a bad epoch
# like others.
#
# Example: the validation losses 3, 2, 2.5, 2.1, 1 with patience 2 give `(4, 2)`: epochs 3 and 4 are not below the best, 2.

# %% id="early-stopping" exercise="early_stopping" function="course_lib.by_hand.stopping:early_stopping"

# %% id="early-stopping-check"
check("early_stopping", early_stopping)

# %% [markdown] id="early-stopping-why" tags=["solution"]
# **Why it is so.** The condition is written so that everything that is not clearly an improvement is none: a tie, a step
# smaller than min_delta, NaN. The counter is tested after it has counted, so that no further epoch is trained for nothing.
# The best value only moves with an improvement, so that many small steps are one large one in the end.
#
# **Most common mistake**: `bad_epochs > patience`, one epoch too many; or a comparison with the epoch before.

# %% [markdown] id="order-early-stopping-text" exercise="order_early_stopping"
# Ten of these thirteen lines are a training loop that stops early and leaves the best weights in the model. The indentation is
# as it stands in the program. `best` starts as infinity, `bad_epochs` as 0, `kept` as a copy of the first parameters; training
# changes `model.parameters` in place. Give the letters of the ten lines in their order.

# %% id="order-early-stopping-lines"
for letter, line in LINES.items():
    print(f"{letter}  {line}")

# %% id="order-early-stopping" tags=["sheet"]
order = ...  # a list of letters, such as ["A", "B", "C"]

# %% id="order-early-stopping-solution" tags=["solution"]
from course_lib.teaching.checks.stopping.order import loop_of

order = list("FKDIBLEAHC")
print(loop_of(order))

# %% id="order-early-stopping-check"
check("order_early_stopping", order)

# %% [markdown] id="order-early-stopping-why" tags=["solution"]
# **Why it is so.** Train, measure, compare, count, test. The value that is compared and the weights that are kept must belong
# to the same state. The restore stands after the loop, so that it happens whether the loop was stopped or ran out.
#
# **Most common mistake**: the line without `.copy()`. It keeps a name, and the restore then does nothing.

# %% [markdown] id="fit-and-restore-text" exercise="fit_and_restore"
# Now with real weights. `parameters` is the list of the network's own arrays. Whatever happens, these very arrays must hold
# the best values at the end.
#
# Example: if the validation losses of the epochs are 3, 2, 2.5, 2.1 and patience is 2, four epochs are trained, 2 is
# returned, and the arrays hold what they held after epoch 2.

# %% id="fit-and-restore" exercise="fit_and_restore" function="course_lib.by_hand.stopping:fit_and_restore"

# %% id="fit-and-restore-check"
check("fit_and_restore", fit_and_restore)

# %% [markdown] id="fit-and-restore-why" tags=["solution"]
# **Why it is so.** An optimizer changes arrays in place, so that a second name for an array, or a new list of the same
# arrays, changes along. Only `copy()` of every array makes numbers that stay. In the other direction, `parameter = saved`
# would move a local name; `parameter[...] = saved` writes into the network.
#
# **Most common mistake**: an alias. Four ways of getting this wrong leave the same trace, the weights of the last epoch,
# which is why the check names them together. One line finds them in a program: evaluate after restoring, and compare.

# %% [markdown] id="read-stopping-logs-text" exercise="read_stopping_logs"
# Six programs saw the same losses, with patience 3 and min_delta 0. Each log says after which epoch the program stopped (12 is
# the last there is), which epoch it calls the best, and the validation loss of its network after restoring. One is right, the
# other five have one fault each, all different. Name them.

# %% id="read-stopping-logs-shown"
print(logs.table_of_losses(), "\n")
for letter, log in logs.logs().items():
    last, best, loss = log.values()
    print(f"{letter}: stopped after epoch {last}, best epoch {best}, validation loss afterwards {loss:.2f}")
print()
for word, meaning in logs.FAULTS.items():
    print(f"{word!r:<16} {meaning}")

# %% id="read-stopping-logs" tags=["sheet"]
readings = {"A": ..., "B": ..., "C": ..., "D": ..., "E": ..., "F": ...}

# %% id="read-stopping-logs-solution" tags=["solution"]
losses = np.column_stack([logs.TRAINING, logs.VALIDATION])
print(
    "the rule itself:",
    early_stopping(losses, 3),
    "; on the training loss:",
    early_stopping(losses[:, ::-1], 3),
)
readings = {
    "A": "never reset",
    "B": "no copy",
    "C": "right",
    "D": "previous",
    "E": "training loss",
    "F": "late",
}

# %% id="read-stopping-logs-check"
check("read_stopping_logs", readings)

# %% [markdown] id="read-stopping-logs-why" tags=["solution"]
# **Why it is so.** The rule stops after epoch 10 and restores epoch 7, with a loss of 1.40: C. A stops at epoch 8, the third
# bad epoch of all (5, 6, 8). B names epoch 7 and has the loss of epoch 10. D calls epoch 10 the best, which is only
# below epoch 9. E calls epoch 12 the best, where the training loss is lowest. F waits for a fourth bad epoch.
#
# **Most common mistake**: B is taken for right, because its two epochs are. The loss afterwards gives it away.

# %% [markdown] id="stopper-passes-text" exercise="stopper_passes"
# Write a **test**. It is given a stopper, a function like yours of 6.1, called as `stopper(losses, patience, min_delta)`, and
# returns True if the stopper follows the rule, else False. It is run on right stoppers, which it must accept, and on about
# twenty wrong ones, which it must find.
#
# Example: with the validation losses 3, 4, 5, 1 and patience 2 a right stopper gives (3, 1). One that looks at what
# comes after the stop gives (3, 4).

# %% id="stopper-passes" exercise="stopper_passes" function="course_lib.teaching.checks.stopping.attack:stopper_passes"

# %% id="stopper-passes-check"
check("stopper_passes", stopper_passes)

# %% [markdown] id="stopper-passes-why" tags=["solution"]
# **Why it is so.** Each script is there for a few faults: a reset between bad epochs; a value below the last and not below the
# best; a tie; small steps under min_delta; NaN at the start and in the middle; losses that end before the patience does;
# a lower loss behind the stop. The training loss always falls, so that whoever watches it never stops.
#
# **Most common mistake**: only sequences that fall and then rise. They find an off-by-one, and neither a counter that is
# never reset nor any fault with NaN.


# %% id="stopper-passes-plain" tags=["solution"]
def only_plain(stopper):
    losses = np.column_stack([[2.0, 1.9, 1.8, 1.7, 1.6, 1.5], [3.0, 2.0, 2.5, 2.6, 2.7, 2.8]])
    return tuple(stopper(losses, 3, 0.0)) == (5, 2)


verdict = check("stopper_passes", only_plain, record=False)
assert verdict.mistake == "one_dip"

# %% [markdown] id="smoothed-text" exercise="smoothed"
# The exponential moving average of a curve, corrected so that the start at 0 leaves no trace.
#
# Example: `smoothed([4, 4, 4], 0.9)` is `[4, 4, 4]`; without the correction it would begin with a tenth of 4.

# %% id="smoothed" exercise="smoothed" function="course_lib.by_hand.stopping:smoothed"

# %% id="smoothed-check"
check("smoothed", smoothed)

# %% [markdown] id="smoothed-why" tags=["solution"]
# **Why it is so.** After t steps a value of age a has the weight $(1-\beta)\beta^a$. These weights sum to $1 - \beta^t$, so
# that dividing by it gives a weighted mean. The state itself is not corrected: it would be divided again at every step.
#
# **Most common mistake**: no correction. The curve then seems to rise from 0, as if the loss had begun small.

# %% [markdown] id="k-folds-text" exercise="k_folds"
# Cut the rows into k folds in random order, all of it from `rng`, and return one pair per fold: the rows to train on, the
# rows to validate on.
#
# Example: `k_folds(5, 2, rng)` may give `[([4, 1], [3, 0, 2]), ([3, 0, 2], [4, 1])]`.

# %% id="k-folds" exercise="k_folds" function="course_lib.by_hand.stopping:k_folds"

# %% id="k-folds-check"
check("k_folds", k_folds)

# %% [markdown] id="k-folds-why" tags=["solution"]
# **Why it is so.** A random order that is cut once gives folds that share no row and together hold all, so that every row is
# judged once, by a model that never saw it. Everything that is measured on data (means, deviations, the epoch to stop at)
# belongs inside the loop over the pairs.
#
# **Most common mistake**: the rows stay in the order of the file, and a fold holds the classes of one stretch of it.

# %% [markdown] id="expected-best-text" exercise="expected_best"
# You have recorded the scores of n runs, higher is better. Somebody will make k runs of the same kind and report the
# best. Which score will it be in the mean? Draw k times with replacement from the recorded scores, and give the expected highest
# exactly, not by simulation.
#
# Example: from the scores 0 and 1 two draws give 1 with probability 3/4: `expected_best([0, 1], 2)` is 0.75.

# %% id="expected-best" exercise="expected_best" function="course_lib.by_hand.stopping:expected_best"

# %% id="expected-best-check"
check("expected_best", expected_best)

# %% [markdown] id="expected-best-why" tags=["solution"]
# **Why it is so.** *All k draws are at most the i-th smallest* has the probability $(i/n)^k$, for draws with replacement do
# not know of each other. The best is exactly the i-th smallest with the probability of this minus that of the next smaller.
# Here the number against a simulation:

# %% id="expected-best-simulated" tags=["solution"]
scores, rng = np.array([0.91, 0.83, 0.88, 0.97, 0.85]), np.random.default_rng(0)
simulated = scores[rng.integers(0, 5, (20_000, 3))].max(axis=1).mean()
assert abs(simulated - expected_best(scores, 3)) < 0.002
print(f"mean of the scores {scores.mean():.3f}, expected best of three {expected_best(scores, 3):.3f}")

# %% [markdown] id="expected-best-mistake" tags=["solution"]
# **Most common mistake**: $(i/n)^k$ is taken for the chance of exactly that score, and the chances do not sum to 1.

# %% [markdown] id="loss-up-audit-text" exercise="loss_up_audit"
# A rule of thumb that you will often read: *when the validation loss rises, the network overfits, and from there on it gets
# worse at its task.* `runs` below holds ten runs of the lesson, one per row, all scores on the test part:
#
# | column | what |
# |---|---|
# | 0 | the epoch of the lowest validation loss, "the best epoch" |
# | 1, 2 | loss at the best epoch, and at the end (epoch 40) |
# | 3, 4 | accuracy at the best epoch, and at the end |
# | 5, 6 | mean probability that the network gives its choice, at the best epoch and at the end |
#
# Fill in, means rounded to three decimals:
#
# - `runs_with_rising_loss`, `runs_with_rising_accuracy`: in how many of the ten it is higher at the end;
# - `loss_change`, `accuracy_change`: the mean of (end minus best epoch);
# - `overconfidence_at_best`, `overconfidence_at_end`: the mean of (probability minus accuracy);
# - `verdict` on the rule, read as a statement on every run, with "worse at its task" measured by the accuracy:
#   `"supported"`, `"not shown"` or `"contradicted"`.
#
# Example: two runs whose losses go from 0.5 to 0.6 and from 0.7 to 0.6 have a mean change of 0.0.

# %% id="loss-up-audit-table"
runs = ten_runs()
print("epoch   loss           accuracy       probability")
for row in runs:
    print(
        f"{row[0]:4.0f}    {row[1]:.3f}  {row[2]:.3f}   {row[3]:.3f}  {row[4]:.3f}   {row[5]:.3f}  {row[6]:.3f}"
    )

# %% id="loss-up-audit" tags=["sheet"]
findings = {
    "runs_with_rising_loss": ...,
    "runs_with_rising_accuracy": ...,
    "loss_change": ...,
    "accuracy_change": ...,
    "overconfidence_at_best": ...,
    "overconfidence_at_end": ...,
    "verdict": ...,
}

# %% id="loss-up-audit-solution" tags=["solution"]
change = runs[:, [2, 4]] - runs[:, [1, 3]]
overconfidence = (runs[:, 5:7] - runs[:, 3:5]).mean(axis=0)
findings = {
    "runs_with_rising_loss": int((change[:, 0] > 0).sum()),
    "runs_with_rising_accuracy": int((change[:, 1] > 0).sum()),
    "loss_change": round(change[:, 0].mean(), 3),
    "accuracy_change": round(change[:, 1].mean(), 3),
    "overconfidence_at_best": round(overconfidence[0], 3),
    "overconfidence_at_end": round(overconfidence[1], 3),
    "verdict": "contradicted",
}
print(findings)

# %% id="loss-up-audit-check"
check("loss_up_audit", findings)

# %% [markdown] id="loss-up-audit-why" tags=["solution"]
# **Why it is so.** In all ten runs the loss is higher at the end, and in all ten more images are read rightly. The two do not
# contradict each other: the network has become surer than it is right, and the loss charges for certainty where it is
# wrong. As a statement on every run the rule is contradicted. What would change the verdict: "worse" measured by the loss,
# for whoever uses the probabilities, or data with wrong labels, where the accuracy falls as well.
#
# **Most common mistake**: the confidence is read as a score of its own. It means nothing without the accuracy beside it.
