# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # 06 Early stopping, and what it does to the reported number
#
# A network that is trained for too long may get worse on new data. So you watch a **validation** part, stop when it no longer
# improves, and go back to the best weights. The rule is ten lines long, is often written wrongly, and has a price: the
# score by which you chose is no longer an honest score.
#
# **Afterwards you can**
#
# - write early stopping with patience, min_delta and restoring, and say for any sequence of losses where it stops;
# - recognise the usual faults: off by one, a best model that is an alias, NaN;
# - tell a rising validation loss from a network that gets worse;
# - say how much too good the best of k scores is, and keep a test part that says the truth;
# - report a result with its spread: over seeds, or by cross-validation where data are few.
#
# **Time**: 65 minutes, and about 120 for the [exercise sheet](../exercises/06_early_stopping.ipynb).
# **Needs**: lessons 01 and 05. No GPU, no network.

# %% id="setup"
import numpy as np

from course_lib.core.stats import expected_best_of, paired_comparison, t_interval
from course_lib.numpy_nn.datasets import load_digits
from course_lib.by_hand.stopping import early_stopping
from course_lib.plots import curves, style
from course_lib.teaching.claims import claim, quoted
from course_lib.teaching.predict import outcome, predict, recall
from course_lib.teaching.build.source import show_source

digits = load_digits()

# %% [markdown] id="try-first"
# ## Try first
#
# Below is the validation loss of a real run: the digits, 108 training images, a network 64-64-64-10 with dropout `0.5`. The
# rule: **stop when the loss has not reached a new low for `patience` epochs in a row.** Find a patience that
# **finds the lowest point of the whole curve and stops at most five epochs after it**. Give it three minutes.

# %% id="try-first-run" tags=["nbval-ignore-output"]
from course_lib.numpy_nn.studies.stopping_runs import WITH_DROPOUT, recorded_curve

VALIDATION, TEST = recorded_curve()
both = np.column_stack([VALIDATION, VALIDATION])  # the function reads the second column
last, best = early_stopping(both, patience=5)  # <- your patience
print(f"stops after epoch {last}; best epoch so far {best}, loss {VALIDATION[best - 1]:.3f}")
print(f"lowest of the whole curve: epoch {np.argmin(VALIDATION) + 1}, loss {min(VALIDATION):.3f}")

# %% [markdown] id="try-first-reading"
# No patience does it. On its way down the curve has a stretch of 17 epochs without a new low. Whoever wants to get past it
# needs a patience of 18, and then waits 18 epochs after the lowest point as well. **A stopper cannot see the future: it
# pays for what it does not want to miss.**

# %% id="try-first-grid"
assert WITH_DROPOUT["dropout"] == 0.5
claim("108", round(0.06 * len(digits.x)), "training images: 6 % of the digits")
lowest = int(np.argmin(VALIDATION)) + 1
stops = {patience: early_stopping(both, patience) for patience in range(1, 40)}
finds = [patience for patience, (_, best) in stops.items() if best == lowest]
claim("18", min(finds), "the smallest patience that finds the lowest point")
claim("18", stops[18][0] - lowest, "epochs that it waits afterwards")
assert not any(best == lowest and last - lowest <= 5 for last, best in stops.values())

# %% [markdown] id="rule"
# ## 1 The rule, and the order of its three lines
#
# Our source gives early stopping as a loop with `patience = 10`. For each epoch it does, in this order: **reset the counter
# on improvement, add one otherwise, test the counter afterwards.** That order is right. What the loop lacks comes in
# sections 2 and 3. Here is the same rule as a function of the losses:

# %% id="rule-source-claims"
quoted("10", report="theory")

# %% id="rule-source"
show_source(early_stopping)

# %% [markdown] id="rule-script"
# A rule of this kind is best understood on a sequence that you can follow by hand. Patience is 3:

# %% id="rule-script-run"
script = np.array([5.0, 4.0, 4.5, 3.0, 3.5, 3.2, 3.1, 2.9, 1.0])
best, bad = np.inf, 0
for epoch, value in enumerate(script, start=1):
    bad = 0 if value < best else bad + 1
    best = min(best, value)
    print(
        f"epoch {epoch}  loss {value:.1f}  best {best:.1f}  bad epochs in a row {bad}{'  stop' if bad == 3 else ''}"
    )
    if bad == 3:
        break
losses = np.column_stack([script, script])
assert early_stopping(losses, patience=3) == (7, 4)

# %% [markdown] id="rule-predict"
# Note two things. `3.2` is lower than `3.5` and still a bad epoch: the comparison is with the **best**, not with the epoch
# before. And the losses `2.9` and `1.0` were never computed: training had ended.
#
# Now the same sequence for stoppers with one small fault each.

# %% id="rule-predict-widget" tags=["nbval-ignore-output"]
predict("06-never-reset")

# %% id="rule-variants"
from course_lib.teaching.checks.stopping import stoppers

for name in ("one_too_few", "one_too_many", "tested_first", "never_reset", "first_rise", "with_the_last"):
    last, best = getattr(stoppers, name)(losses, 3)
    print(f"{name:<14} stops after epoch {last}, restores epoch {best}")
assert stoppers.one_too_few(losses, 3) == (6, 4)  # tests `bad >= patience - 1`
assert stoppers.one_too_many(losses, 3) == (9, 9)  # tests `bad > patience`
assert stoppers.tested_first(losses, 3) == (8, 4)  # trains one more epoch and throws it away
assert stoppers.never_reset(losses, 3) == (6, 4)
assert stoppers.with_the_last(losses, 3) == (9, 9)  # bad epochs in a row: never three

# %% id="rule-variants-outcome"
outcome("06-never-reset")

# %% [markdown] id="rule-variants-reading"
# The two faults "one too few" and "never reset" end alike here. One sequence is not a test: that is why the check of
# the exercise uses a dozen, and why one exercise asks **you** for a test that tells about twenty wrong stoppers from right ones.
#
# ### min_delta: what counts as an improvement
#
# With `min_delta` a loss must lie more than that below the best. Progress in small steps is not lost, for the best value
# stays where it is until the sum of the steps is large enough, if the patience lasts until then:

# %% id="min-delta"
slow = np.array([8.0, 7.9, 7.8, 7.6, 7.5, 7.4, 7.3])
slow = np.column_stack([slow, slow])
for patience, min_delta in ((2, 0.0), (4, 0.3), (2, 0.3)):
    print(f"patience {patience}, min_delta {min_delta}:", early_stopping(slow, patience, min_delta))
assert early_stopping(slow, 4, 0.3) == (7, 4)  # 7.6 is the first that lies more than 0.3 below 8.0
assert early_stopping(slow, 2, 0.3) == (3, 1)  # too little patience for small steps

# %% [markdown] id="nan"
# ### NaN
#
# A loss that is *not a number* is a run that has broken down. Every comparison with NaN is False, so `value < best` is
# False: NaN **never improves**. That is right, but the stopper still waits for its whole patience, computing nothing of
# use. Written the other way round, `not value >= best`, NaN improves and is kept as the best. And
# `np.argmin`, with which one might look for the best epoch afterwards, returns the position of the NaN.

# %% id="nan-run"
broken = np.column_stack([np.ones(9), [2.0, 1.5, *[np.nan] * 7]])
assert early_stopping(broken, patience=3) == (5, 2)  # NaN from epoch 3 on; it waits until epoch 5
last, best = stoppers.nan_improves(broken, 3)
assert np.isnan(broken[best - 1, 1])
print(
    f"NaN as an improvement: stops after epoch {last}, restores epoch {best}, whose loss is {broken[best - 1, 1]}"
)
assert np.argmin(broken[:, 1]) + 1 == 3
assert np.nanargmin(broken[:, 1]) + 1 == 2

# %% [markdown] id="nan-reading"
# The loop of this course does not wait: `train_mlp` refuses a loss that is not finite, with epoch, step and rate. A
# stopper is for a run that learns no more, not for one that is broken.
#
# ### Move patience and min_delta
#
# The curve of *Try first* once more. What lies behind the stop is dotted: you would not have it. Begin with patience 1 and
# go up. Where does the restored epoch jump, and what do you pay for each jump?


# %% id="explore-words"
def describe(patience, min_delta):
    last, best = early_stopping(both, patience, min_delta)
    return (
        f"Patience {patience}, min_delta {min_delta:.2f}: stops after epoch {last} and restores epoch {best}, "
        f"validation loss {VALIDATION[best - 1]:.3f} (lowest of the curve: {min(VALIDATION):.3f}), "
        f"test loss {TEST[best - 1]:.3f}."
    )


# %% id="explore-draw"
epochs = np.arange(1, 101)


def panel(ax, patience, min_delta):
    last, best = early_stopping(both, patience, min_delta)
    ax.plot(epochs[last - 1 :], VALIDATION[last - 1 :], color="0.6", linestyle=":", label="never computed")
    ax.plot(epochs[:last], VALIDATION[:last], color=style.PALETTE[0], label="validation loss")
    ax.axvline(last, color="0.3", linestyle="--", linewidth=1.2, label="stop")
    ax.plot(best, VALIDATION[best - 1], "o", color=style.PALETTE[1], markersize=9, label="restored")
    ax.set(xlabel="epoch", ylabel="loss (nats)", ylim=(0.25, 1.2), xlim=(0, 101))
    ax.set_title(f"patience {patience}, min_delta {min_delta:.2f}: stop {last}, restored {best}")


# %% id="explore-figure"
def draw(patience=1, min_delta=0.0):
    figure, ax = style.canvas(width=8, height=3.4)
    panel(ax, patience, min_delta)
    curves.legend(ax, loc="upper right", ncols=2)
    return figure, describe(patience, min_delta)


# %% id="explore-widget" tags=["nbval-ignore-output"]
from course_lib.teaching.widgets import explore

explore(draw, patience=(1, 25), min_delta=(0.0, 0.1, 0.01))

# %% [markdown] id="explore-static"
# Four frames for readers without a running kernel:

# %% id="explore-strip"
frames = [(1, 0.0), (5, 0.0), (18, 0.0), (18, 0.02)]
figure, axes = style.canvas(2, 2, width=11, height=6, sharex=True, sharey=True)
for ax, frame in zip(axes.flat, frames, strict=True):
    panel(ax, *frame)
curves.legend(axes[0, 0])
style.show(figure, alt="Four panels. " + " ".join(describe(*frame) for frame in frames))

# %% [markdown] id="explore-reading"
# *Reading*: the dot is what you get, the dashed line is when you get it. The restored epoch moves in jumps, each past one rise of the curve. A min_delta of `0.02` makes the stopper blind
# to the slow last part of the descent and moves the same patience back to an earlier epoch. Neither number has a right
# value: both say how much training you pay for how small a gain.
#
# ## 2 Restoring the best
#
# When the stopper stops, the network is `patience` epochs **past** its best. Our source saves the model at each
# improvement, and never loads it again. `train_mlp` restores; the run below asserts it. Sixteen runs, each with its own
# split and its own start, without dropout:

# %% id="runs"
from course_lib.numpy_nn.studies.stopping_runs import PLAIN, stopping_run

show_source(stopping_run)

# %% id="runs-train" tags=["nbval-ignore-output"]
seeds = range(16)
plain = [stopping_run(digits, seed, **PLAIN) for seed in seeds]  # 40 epochs, nothing stops them
with_dropout = [stopping_run(digits, seed, **WITH_DROPOUT) for seed in seeds]  # 100 epochs


def table(runs, part, score="loss"):
    return np.array([getattr(curves_of[part], score) for _, curves_of in runs])  # (runs, epochs)


print("runs, epochs:", table(plain, "test").shape, table(with_dropout, "test").shape)

# %% id="restore-gain" tags=["nbval-ignore-output"]
patience, rows = 10, np.arange(len(seeds))
validation, test = table(plain, "validation"), table(plain, "test")
stopped = np.array([early_stopping(np.column_stack([v, v]), patience) for v in validation])
at_stop, at_best = test[rows, stopped[:, 0] - 1], test[rows, stopped[:, 1] - 1]
gain = paired_comparison(at_stop, at_best).interval
print(
    f"test loss of the last weights minus that of the best: {gain.mean:.3f}, 95 % {gain.low:.3f} to {gain.high:.3f}"
)

# %% id="restore-claim"
claim("> 0", gain.low, "test loss that restoring saves, lower end of the interval")

# %% id="restore-library"
from course_lib.core.stopping import EarlyStopping
from course_lib.numpy_nn.data import Standardizer, split_indices
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import SGD, Adam
from course_lib.numpy_nn.train import evaluate, train_mlp

part = split_indices(digits.y, seed=0, fractions=(0.06, 0.06, 0.88))
x = Standardizer.fit(digits.x[part.train]).transform(digits.x)
small, val, large = ((x[r], digits.y[r]) for r in (part.train, part.validation, part.test))
model, stopper = mlp([64, 64, 64, 10], rng=np.random.default_rng(0)), EarlyStopping(patience=10)
history = train_mlp(model, small, optimizer=Adam(1e-2), epochs=40, validation=val, stopper=stopper)
assert evaluate(model, val)["loss"] == history.best("val", "loss")["loss"] == stopper.best
assert history.last("val", "loss") > stopper.best, "the last epoch was not the best"

# %% [markdown] id="alias"
# ### A broken run: the best model that is not
#
# The loop below trains, measures, compares, keeps and restores, in the right order. Yet afterwards the network does not
# have the loss that was noted as the best. One word is missing.

# %% id="alias-broken" tags=["nbval-ignore-output"]
model, optimizer, best, bad = mlp([64, 64, 64, 10], rng=np.random.default_rng(0)), Adam(1e-2), np.inf, 0
for epoch in range(40):
    train_mlp(model, small, optimizer=optimizer, epochs=1, seed=epoch)
    value = evaluate(model, val)["loss"]
    if value < best:
        best, bad, kept = value, 0, model.parameters
    else:
        bad += 1
    if bad == 10:
        break
model.parameters[:] = kept
noted, afterwards = best, evaluate(model, val)["loss"]
print(f"noted as the best: {noted:.3f}   after restoring: {afterwards:.3f}")

# %% id="alias-broken-claim"
claim("> 0.005", afterwards - noted, "validation loss after restoring, above the one that was noted")

# %% id="alias-predict" tags=["nbval-ignore-output"]
predict("06-alias")

# %% [markdown] id="alias-torch"
# The same in PyTorch, where it is met most often: `state_dict()` returns the tensors themselves, and training changes them
# in place.

# %% id="alias-run"
import copy

import torch

layer = torch.nn.Linear(3, 1)
best, kept = layer.state_dict(), copy.deepcopy(layer.state_dict())
with torch.no_grad():
    layer.weight += 1.0  # what an optimizer does
assert torch.equal(best["weight"], layer.weight), "the 'best' weights moved along"
assert not torch.equal(kept["weight"], layer.weight), "the copy did not"

# %% id="alias-run-outcome"
outcome("06-alias")

# %% [markdown] id="alias-reading"
# The faulty program restores its last weights onto themselves. It never fails and never warns. The test costs one line:
# **after restoring, evaluate, and compare with the best value that was noted.** A copy of a *list* of arrays, `list(p)` or
# `p.copy()`, is no cure: the list is new, the arrays in it are the old ones.
#
# ## 3 You may think: the validation loss rises, so the network gets worse
#
# The sixteen plain runs go on to epoch 40. Look at the same epochs twice: through the loss and through the accuracy.

# %% id="loss-up-predict" tags=["nbval-ignore-output"]
predict("06-loss-up")


# %% id="loss-up-panels"
def two_bands(axis, shown, **words):
    for index, (name, values) in enumerate(shown.items()):
        curves.band(axis, np.arange(1, 41), values, label=name, index=index)
    axis.set(xlabel="epoch", **words)
    curves.legend(axis)


# %% id="loss-up-figure" tags=["nbval-ignore-output"]
figure, axes = style.canvas(1, 3, width=11.5, height=3.5)
for axis, score, limits in ((axes[0], "loss", (0.5, 1.2)), (axes[1], "accuracy", (0.78, 0.9))):
    shown = {part: table(plain, part, score) for part in ("validation", "test")}
    two_bands(axis, shown, ylabel=score, ylim=limits, title=f"Held-out {score}, 16 runs")
axes[0].set_ylabel("loss (nats)")
sure = {name: table(plain, "test", name) for name in ("confidence", "accuracy")}
two_bands(
    axes[2], sure, ylabel="probability, share", ylim=(0.75, 1), title="How sure, and how right (test)"
)
turn = np.median(validation.argmin(axis=1)) + 1
for axis in axes:
    axis.axvline(turn, color="0.5", linestyle=":", linewidth=1.2)
about = "Three panels over 40 epochs, means of 16 runs with bands. Loss: falls to about epoch 5, then rises. Accuracy: "
about += "rises beyond it. Third panel: confidence crosses accuracy before epoch 4 and stays above it."
style.show(figure, alt=about)

# %% [markdown] id="loss-up-reading"
# *Reading*: the dotted line is the epoch of the lowest validation loss in the middle run. Beyond it both losses rise,
# and both accuracies rise too, while the network gets surer than it is right.

# %% id="loss-up-run" tags=["nbval-ignore-output"]
best = validation.argmin(axis=1)
accuracy, confidence = table(plain, "test", "accuracy"), table(plain, "test", "confidence")
rise = paired_comparison(test[:, -1], test[rows, best])
better = paired_comparison(accuracy[:, -1], accuracy[rows, best])
seen = paired_comparison(validation[:, -1], validation[rows, best])
for name, pair in (("validation loss", seen), ("test loss", rise), ("test accuracy", better)):
    interval = pair.interval
    print(
        f"{name:<16} {interval.mean:+.3f}, 95 % {interval.low:+.3f} to {interval.high:+.3f}, up in {pair.wins} of 16"
    )

# %% id="loss-up-claim"
claim("> 0", seen.interval.low, "rise of the validation loss from its lowest to epoch 40, lower end")
claim("> 0", rise.interval.low, "rise of the test loss between the same epochs, lower end")
claim("> 0", better.interval.low, "rise of the test ACCURACY between the same epochs, lower end")
claim("> 0.01", better.interval.mean, "its mean: more than a point")
claim(">= 11", better.wins, "runs of 16 in which the accuracy rose")
claim("> 0.04", np.mean(confidence[:, -1] - accuracy[:, -1]), "confidence minus accuracy at epoch 40")
over = confidence - accuracy
claim("> 0.02", np.mean(over[:, -1] - over[rows, best]), "how much that has grown")
claim("> 1.05", np.mean(test[:, -1] / test[rows, best]), "test loss at epoch 40 over that at the best")

# %% id="loss-up-claim-outcome"
outcome("06-loss-up")

# %% [markdown] id="loss-up-why"
# **In fact** both happen at once, in most of the runs. Cross-entropy adds two things: whether the network is right, and
# **how sure** it is. The loss of an image is $-\log p_y$. An image that is right at $p_y = 0.9$ can gain no more than 0.105
# nats by further certainty; an image that is wrong and goes from $p_y = 0.1$ to $0.01$ loses 2.303. Once every training
# image is right, the training loss still falls, by larger logits, which make every answer more certain, the wrong ones on
# new images as well. This is **over-confidence**: the third panel, where the mean probability of the chosen class outgrows the share of right choices.
#
# If that is the cause, one number must undo it. Divide all logits by a **temperature** $T$: no choice changes, for the
# largest logit stays the largest, only the certainty does. $T$ is fitted on the validation part.

# %% id="loss-up-why-numbers"
claim("> 0.99", table(plain, "train", "accuracy")[:, -1].mean(), "training accuracy at epoch 40")
claim("0.105", -np.log(0.9), "all that can still be gained on an image that is right with 0.9")
claim("2.303", np.log(0.1 / 0.01), "lost on a wrong one whose right class goes from 0.1 to 0.01")

# %% id="temperature"
from course_lib.numpy_nn.losses import softmax_cross_entropy

temperatures = np.geomspace(0.5, 10, 60)


# %% id="temperature-fit"
def cooled(seed, epochs):
    """Temperature and test loss of the network after so many epochs, its temperature chosen on the validation part."""
    part = split_indices(digits.y, seed=seed, fractions=(0.06, 0.06, 0.88))
    x = Standardizer.fit(digits.x[part.train]).transform(digits.x)
    model = mlp([64, 64, 64, 10], rng=np.random.default_rng(seed))
    train_mlp(model, (x[part.train], digits.y[part.train]), optimizer=Adam(1e-2), epochs=epochs, seed=seed)
    by_temperature = [
        [softmax_cross_entropy(model.forward(x[r]) / t, digits.y[r])[0].mean for t in temperatures]
        for r in (part.validation, part.test)
    ]
    chosen = int(np.argmin(by_temperature[0]))
    return temperatures[chosen], by_temperature[1][chosen]


# %% id="temperature-run" tags=["nbval-ignore-output"]
chosen, late = np.array([cooled(seed, 40) for seed in seeds]).T
chosen_at_best, at_best = np.array([cooled(seed, int(best[seed]) + 1) for seed in seeds]).T
saved = paired_comparison(test[:, -1], late).interval
both_cooled = paired_comparison(at_best, late).interval
print(f"temperatures at epoch 40 {chosen.min():.1f} to {chosen.max():.1f}")
print(f"temperatures at the best epoch {chosen_at_best.min():.1f} to {chosen_at_best.max():.1f}")
for name, one in (
    ("epoch 40 as it is minus epoch 40 cooled", saved),
    ("best epoch cooled minus epoch 40 cooled", both_cooled),
):
    print(f"test loss of {name}: {one.mean:.3f}, {one.low:.3f} to {one.high:.3f}")

# %% id="temperature-claim" tags=["results"]
claim("> 1", chosen.mean(), "mean temperature at epoch 40: the logits were too large")
claim("> 0.02", saved.low, "test loss that one number saves at epoch 40, lower end over 16 runs")
claim("> 0", both_cooled.low, "both cooled: what epoch 40 is better than the best epoch, lower end")
claim("between 0.03 and 0.2", both_cooled.mean, "the same, mean over 16 runs, in nats")

# %% [markdown] id="temperature-reading"
# The comparison is fair only if both get a temperature of their own, for the best epoch is over-confident as well. With it,
# epoch 40 is better than the epoch of the lowest validation loss, in loss **and** in accuracy. So: *the
# validation loss rises* says that the network's probabilities get worse. Whether its answers get worse must be measured.
# Sometimes they do. Here three training labels in ten are drawn anew, and the network learns them by heart:


# %% id="wrong-labels"
def with_wrong_labels(seed):
    part, rng = split_indices(digits.y, seed=seed), np.random.default_rng(seed)
    x = Standardizer.fit(digits.x[part.train]).transform(digits.x)
    some = rng.permutation(part.train)[:500]
    anew = rng.random(500) < 0.3
    labels = np.where(anew, rng.integers(0, 10, 500), digits.y[some])
    model, held_out = (
        mlp([64, 64, 10], rng=np.random.default_rng(seed)),
        (x[part.test], digits.y[part.test]),
    )
    history = train_mlp(model, (x[some], labels), optimizer=Adam(3e-3), epochs=40, validation=held_out)
    _, loss = history.series("val", "loss")
    _, right = history.series("val", "accuracy")
    learned = evaluate(model, (x[some], labels))["accuracy"]
    return loss[-1] - loss.min(), right[-1] - right[loss.argmin()], learned


# %% id="wrong-labels-run" tags=["nbval-ignore-output"]
loss_up, accuracy_change, learned = np.array([with_wrong_labels(seed) for seed in range(10)]).T
lost = t_interval(accuracy_change)
print(
    f"held-out loss {loss_up.mean():+.2f}, accuracy {lost.mean:+.3f}, 95 % {lost.low:+.3f} to {lost.high:+.3f}"
)

# %% id="wrong-labels-claim"
claim("> 0.02", loss_up.mean(), "rise of the held-out loss with wrong training labels, mean of ten runs")
claim("< -0.02", lost.high, "change of the accuracy over the same epochs, upper end")
claim("> 0.9", learned.min(), "training accuracy, wrong labels included: learned by heart")

# %% [markdown] id="loss-up-lesson"
# Same sign of the loss, opposite sign of the accuracy: the loss alone cannot tell the two apart. Stop by the quantity that
# you will be judged by: by loss if probabilities are used, by accuracy if answers are. And a rise may be a passing one, as in
# *Try first*; in large networks the test error can even fall a second time long after, which is called *double descent*.
#
# ## 4 You may think: a training loss above the validation loss is a fault
#
# Here are the runs with dropout. The training loss in the history is a mean **over the epoch, with dropout on, while the
# network changes**; the validation loss is measured after the epoch, with dropout off. Measured alike, the order is
# the usual one.

# %% id="dropout-run" tags=["nbval-ignore-output"]
in_training = np.array([history.series("train", "loss")[1] for history, _ in with_dropout])
train_after, val_after = table(with_dropout, "train"), table(with_dropout, "validation")
above = t_interval((in_training - val_after)[:, 9])
alike = t_interval((train_after - val_after)[:, 9])
print(
    f"epoch 10, training minus validation loss as recorded: {above.mean:+.2f}, {above.low:+.2f} to {above.high:+.2f}"
)
print(
    f"epoch 10, both after the epoch with dropout off:      {alike.mean:+.2f}, {alike.low:+.2f} to {alike.high:+.2f}"
)

# %% id="dropout-figure" tags=["nbval-ignore-output"]
figure, axes = style.canvas(width=7.5, height=3.4)
lines = {
    "training, as recorded": in_training,
    "training, dropout off": train_after,
    "validation": val_after,
}
for index, (name, values) in enumerate(lines.items()):
    curves.band(axes, epochs[:60], values[:, :60], label=name, index=index)
axes.set(xlabel="epoch", ylabel="loss (nats)", title="One network, two ways to measure its training loss")
curves.legend(axes)
about = "Losses over 60 epochs, means of 16 runs with bands. The recorded training loss lies above the validation loss "
about += "at first and crosses it later; with dropout off it lies far below the recorded one, and below validation."
style.show(figure, alt=about)

# %% id="dropout-claim" tags=["results"]
claim("> 0.1", above.low, "recorded training minus validation loss, epoch 10, lower end")
claim("< -0.1", alike.high, "the same with both measured alike, upper end")

# %% [markdown] id="dropout-reading"
# *Reading*: the recorded training loss starts above the validation loss, and the same weights measured without dropout lie
# far below it. **In fact** the two curves of a history are not measured alike; before you read a gap, ask how.
# Augmentation does the same as dropout: it makes the training images harder.
#
# ## 5 You may think: the training loss must fall
#
# In trend. The loss of a single batch is an estimate from a few images, and it goes up about as often as down.

# %% id="noise-run" tags=["nbval-ignore-output"]
from course_lib.numpy_nn.data import batches

whole = split_indices(digits.y, seed=0)
x_all = Standardizer.fit(digits.x[whole.train]).transform(digits.x)
images, labels = x_all[whole.train], digits.y[whole.train]
model, optimizer, batch_losses = mlp([64, 64, 10], rng=np.random.default_rng(0)), SGD(0.05), []
for epoch in range(4):
    for r in batches(len(images), 16, seed=0, epoch=epoch):
        value, gradient = softmax_cross_entropy(model.forward(images[r]), labels[r])
        model.backward(gradient)
        optimizer.step(model.parameters, model.gradients)
        batch_losses.append(value.mean)
rises = np.mean(np.diff(batch_losses) > 0)
print(f"{len(batch_losses)} batches; the loss rises in {100 * rises:.0f} % of the steps")

# %% [markdown] id="noise-smooth"
# To see the trend, average. The **exponential moving average** keeps one number: $s_t = \beta s_{t-1} + (1-\beta)\,v_t$. It
# starts at $s_0 = 0$ and is too small at first, by the factor $1 - \beta^t$, which is the sum of the weights that it has given
# out so far. Dividing by it mends that; you have met the same correction in Adam.

# %% id="noise-source"
from course_lib.by_hand.stopping import smoothed

show_source(smoothed)

# %% id="noise-figure" tags=["nbval-ignore-output"]
figure, axes = style.canvas(width=8, height=3.4)
steps = np.arange(1, len(batch_losses) + 1)
axes.plot(steps, batch_losses, color="0.75", linewidth=0.9, label="loss of each batch")
for index, beta in enumerate((0.9, 0.98)):
    curves.line(
        axes, steps, smoothed(np.array(batch_losses), beta), label=f"smoothed, beta {beta}", index=index
    )
axes.set(xlabel="iteration", ylabel="loss (nats)", title="A healthy run, batch by batch", ylim=(0, 2.6))
curves.legend(axes)
style.show(
    figure,
    alt="The loss of each batch over four epochs, a ragged grey line that falls from above two to near 0.2 with many rises; "
    "of two smoothed lines the one with beta 0.9 still has small rises; the one with 0.98 falls later and nearly without.",
)

# %% id="noise-claim"
claim("> 0.35", rises, "share of steps in which the loss of the batch is higher than the one before")
smooth = smoothed(np.array(batch_losses), 0.98)
claim("< 0.3", np.mean(np.diff(smooth) > 0), "share of steps in which the smoothed loss rises")
quarters = [part.mean() for part in np.split(np.array(batch_losses), 4)]
assert quarters == sorted(quarters, reverse=True), "the means of the four epochs fall"
raw = np.full(3, 2.0)
claim("0.20", (1 - 0.9) * raw[0], "the first value without the correction: a tenth of what it should be")
claim("2.0", smoothed(raw, 0.9)[0], "and with it")

# %% [markdown] id="noise-reading"
# *Reading*: the smoother the line, the later it turns. A smoothed curve is for eyes; for a decision you would pay its delay.
#
# ## 6 How much patience does noise need?
#
# Suppose nothing changes any more: the validation loss is a constant plus independent noise. Every order of the first $t+p$
# values is equally likely, whatever the noise looks like, so the lowest of them lies among the last $p$ with probability
#
# $$P(\text{a new best within } p \text{ epochs, when the best so far was reached by epoch } t) = \frac{p}{t+p}.$$
#
# With $p = t$ that is one half: once epoch p has passed, the next wait is more likely to end the training than not. **On
# pure noise a stopper with patience p trains for a little less than 2p epochs, and every "improvement" among them is luck.** A check
# by simulation:

# %% id="patience-noise"
rng = np.random.default_rng(0)
flat = 0.3 + 0.02 * rng.standard_normal((2_000, 400))
for t, p in ((10, 10), (30, 10), (10, 30)):
    share = np.mean(flat[:, t : t + p].min(axis=1) < flat[:, :t].min(axis=1))
    print(f"t {t}, p {p}: measured {share:.2f}, p / (t + p) = {p / (t + p):.2f}")
    assert abs(share - p / (t + p)) < 0.03

# %% id="patience-noise-claims"
for p, low, high in ((5, 1.7, 2.0), (30, 1.75, 1.9)):
    stops = [early_stopping(np.column_stack([c, c]), p)[0] for c in flat]
    claim(
        f"between {low} and {high}",
        np.mean(stops) / p,
        f"mean epoch of the stop over the patience, patience {p}",
    )

# %% [markdown] id="patience-real"
# Real curves have a trend as well, and there patience buys something. For the sixteen runs with dropout: patience against
# the epochs that were trained, and against the test loss of the restored weights.

# %% id="patience-run" tags=["nbval-ignore-output"]
test_dropout = table(with_dropout, "test")
patiences, cost, result = (1, 2, 3, 5, 8, 12, 20, 30), [], []
for patience in patiences:
    stops = np.array([early_stopping(np.column_stack([v, v]), patience) for v in val_after])
    cost.append(stops[:, 0])
    result.append(test_dropout[rows, stops[:, 1] - 1])
    print(f"patience {patience:>2}: {cost[-1].mean():5.1f} epochs, test loss {result[-1].mean():.3f}")
slower = paired_comparison(result[0], result[5]).interval
print(f"patience 1 minus patience 12: {slower.mean:.3f}, 95 % {slower.low:.3f} to {slower.high:.3f}")

# %% id="patience-figure" tags=["nbval-ignore-output"]
figure, (left, right) = style.canvas(1, 2, width=10, height=3.4)
curves.band(left, patiences, np.array(cost).T, label="16 runs", index=0)
curves.band(right, patiences, (np.array(result) - result[0]).T, label="16 runs", index=0)
right.axhline(0, color="0.5", linewidth=1)
left.set(xlabel="patience (epochs)", ylabel="epochs trained", title="What patience costs")
right.set(xlabel="patience (epochs)", ylabel="test loss minus that at 1", title="What patience buys")
about = "Two panels over patience from 1 to 30, means of 16 runs with bands. Left: the epochs trained rise from about "
about += "30 to 75. Right: the change of the test loss falls below zero and is flat beyond patience 12."
style.show(figure, alt=about)

# %% id="patience-claim"
claim("> 0", slower.low, "test loss that patience 12 saves over patience 1, lower end of the interval")
claim("between 1.3 and 3", np.mean(cost[5]) / np.mean(cost[0]), "and how many times the epochs it takes")
claim("< 0.03", abs(np.mean(result[5]) - np.mean(result[7])), "what patience 30 changes over 12")
claim("> 1.2", np.mean(cost[7]) / np.mean(cost[5]), "and what it costs")
PRECHELT = {"problems": 12, "networks": 24, "runs": 1296, "gain": 4, "times": 4}  # typed in from his paper
claim("4 %", PRECHELT["gain"], "his figure for the gain of slower criteria")
claim("4", PRECHELT["times"], "and for how many times as long they took")

# %% [markdown] id="patience-reading"
# *Reading*: in these runs patience buys something up to about 12; beyond, you pay for nothing. Prechelt measured the
# trade on 12 problems with 24 networks, 1296 runs: slower criteria gained about 4 % on average, and took about 4 times as
# long. His networks, data and criteria are others than ours; what carries over is the shape: small gains, dearly bought.
#
# ## 7 You may think: the best validation score is the score of the model
#
# You have looked at 40 epochs and report the best. It is best **partly by luck**, and that part will not come again.
# First where we know the truth: pure noise with standard deviation 1 around 0, so that no epoch is better than another.

# %% id="bias-predict" tags=["nbval-ignore-output"]
predict("06-best-of")

# %% id="bias-noise"
noise = np.random.default_rng(1).standard_normal((4_000, 100))
for k in (1, 10, 100):
    measured, expected = noise[:, :k].max(axis=1).mean(), expected_best_of(k, 0, 1)
    print(f"best of {k:>3}: measured {measured:.2f}, expected {expected:.2f}")
    assert abs(measured - expected) < 0.06

# %% id="bias-noise-claims" tags=["results"]
claim("1.54", expected_best_of(10, 0, 1), "standard deviations by which the best of 10 is too good")
claim("2.51", expected_best_of(100, 0, 1), "and the best of 100")

# %% id="bias-noise-outcome"
outcome("06-best-of")

# %% [markdown] id="bias-related"
# Real epochs resemble their neighbours: the images are the same and the weights nearly so. Then 100 epochs are worth fewer
# independent draws, and the bias is smaller. Noise whose neighbours correlate by 0.95:

# %% id="bias-related-run"
likeness = 0.95
related = noise.copy()
for epoch in range(1, 100):
    related[:, epoch] = likeness * related[:, epoch - 1] + np.sqrt(1 - likeness**2) * noise[:, epoch]
correlation = np.corrcoef(related[:, 49], related[:, 50])[0, 1]
claim("0.95", correlation, "correlation of neighbouring epochs")
claim("between 1.3 and 1.9", related.max(axis=1).mean(), "deviations that the best of 100 is too good")

# %% [markdown] id="bias-real"
# How large is it on the digits? Take the best validation accuracy of each run, and the test accuracy *of the same epoch*: the
# test part of 1,581 images had no say. As a control, the same difference without choosing: the mean over the second half of the epochs.

# %% id="bias-real-run" tags=["nbval-ignore-output"]
excess = {}
for name, runs in (("plain", plain), ("with dropout", with_dropout)):
    val_accuracy, test_accuracy = table(runs, "validation", "accuracy"), table(runs, "test", "accuracy")
    chosen = val_accuracy.argmax(axis=1)
    difference = val_accuracy - test_accuracy
    control = difference[:, difference.shape[1] // 2 :].mean(axis=1)
    excess[name] = paired_comparison(difference[rows, chosen], control).interval
    print(
        f"{name:<13} best minus test {difference[rows, chosen].mean():+.3f}, not chosen {control.mean():+.3f}; bias "
        f"{excess[name].mean:+.3f}, 95 % {excess[name].low:+.3f} to {excess[name].high:+.3f}"
    )

# %% id="bias-real-claim"
claim("1,581", len(part.test), "test images")
for name, interval in excess.items():
    claim("> 0.004", interval.low, f"bias of the best validation accuracy of 108 images, {name}, lower end")
    claim("between 0.008 and 0.05", interval.mean, f"its mean over 16 runs, {name}")

# %% [markdown] id="bias-reading"
# **In fact** the best validation accuracy of a single run is about two points too good here, without any fault in the
# program. The validation part has become a part of training: it chose. Report the score of a part that did not choose.
#
# ## 8 What the test part is for
#
# The same happens one floor up, when runs are compared. Twenty networks, equal but for start and order, and 100 images
# to judge them by. Choose the best **by the test images** and report that score; or choose by 100 other (validation)
# images and report the test score. The truth is known from over a thousand further images. Five splits, each with 300 draws
# of the images:


# %% id="selection-train" tags=["nbval-ignore-output"]
def twenty_networks(split_seed):
    part = split_indices(digits.y, seed=split_seed, fractions=(0.06, 0.06, 0.88))
    x = Standardizer.fit(digits.x[part.train]).transform(digits.x)
    right = []
    for start in range(20):
        model = mlp([64, 64, 64, 10], rng=np.random.default_rng(start))
        train_mlp(model, (x[part.train], digits.y[part.train]), optimizer=Adam(1e-2), epochs=12, seed=start)
        right.append(model.forward(x[part.test]).argmax(axis=1) == digits.y[part.test])
    return np.array(right)  # (20 networks, images)


right_of = [twenty_networks(split_seed) for split_seed in range(5)]


# %% id="selection-choose"
def reported_minus_true(right, rng):
    validation, test, rest = np.split(rng.permutation(right.shape[1]), [100, 200])
    truth = right[:, rest].mean(axis=1)
    by_test = right[:, test].mean(axis=1).argmax()
    by_validation = right[:, validation].mean(axis=1).argmax()
    too_good = [right[chosen, test].mean() - truth[chosen] for chosen in (by_test, by_validation)]
    return [*too_good, truth[by_test] - truth[by_validation]]


rng = np.random.default_rng(0)
inflation = [np.mean([reported_minus_true(right, rng) for _ in range(300)], axis=0) for right in right_of]
by_test, by_validation, worth = (t_interval(column) for column in np.transpose(inflation))

# %% id="selection-print" tags=["nbval-ignore-output"]
for name, interval in (("chosen by test", by_test), ("chosen by validation", by_validation)):
    print(
        f"{name:<21} reported minus true {interval.mean:+.4f}, 95 % {interval.low:+.4f} to {interval.high:+.4f}"
    )
spread = np.mean([right.mean(axis=1).std(ddof=1) for right in right_of])
print(f"true standard deviation between the twenty networks: {spread:.3f}")

# %% id="selection-claim" tags=["results"]
claim("> 0.015", by_test.low, "how much too good the best of twenty by test is, lower end")
claim(
    "< 0.004",
    abs(worth.mean),
    "true accuracy of the network chosen by test minus that chosen by validation",
)
claim("< 0.006", abs(by_validation.mean), "how far from the truth the test score is when validation chose")

# %% [markdown] id="selection-reading"
# Chosen by test, the best of twenty is reported several points above what it is worth. Chosen by validation, the test score
# is right on average. Note what this does **not** say: the network that was chosen by test images is, in truth, as good as the
# other. Only its *number* is false. So a test part is for one question, once, after every choice; each further look that leads to a
# choice turns it into a validation part.
#
# ## 9 Few data: cross-validation
#
# With 100 labelled images, a validation part of 20 is a poor judge. **Cross-validation** cuts the data into k folds and lets
# each be validated by a model that was trained on the others, so that all 100 are judged. The model here is as simple
# as can be, the class with the nearest mean image, so that we can repeat it 200 times and compare with the truth.

# %% id="folds"
from course_lib.by_hand.stopping import k_folds

show_source(k_folds)


# %% id="folds-model"
def nearest_mean(x, y, x_new):
    known = np.unique(y)
    means = np.array([x[y == label].mean(axis=0) for label in known])  # (classes, 64)
    return known[((x_new[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)]


def judged(train, validation):
    guessed = nearest_mean(digits.x[train], digits.y[train], digits.x[validation])
    return np.mean(guessed == digits.y[validation])


# %% id="folds-run"
def errors_of_estimates(rng):
    rows = rng.permutation(len(digits.y))
    ours, others = rows[:100], rows[100:]
    scores = [judged(ours[train], ours[validation]) for train, validation in k_folds(100, 5, rng)]
    truth = judged(ours, others)
    return scores[0] - truth, np.mean(scores) - truth, np.std(scores, ddof=1)


rng = np.random.default_rng(0)
one_part, five_folds, between_folds = np.array([errors_of_estimates(rng) for _ in range(200)]).T
print(f"error of one validation part of 20: standard deviation {one_part.std():.3f}")
print(
    f"error of the mean of five folds:    standard deviation {five_folds.std():.3f}, mean {five_folds.mean():+.3f}"
)
print(f"standard deviation between the five folds of one sample, mean: {between_folds.mean():.3f}")

# %% id="folds-claim" tags=["results"]
claim("> 1.7", one_part.std() / five_folds.std(), "how many times as far off a single validation part is")
claim("between -0.03 and 0", five_folds.mean(), "a little too low: each fold trains on 80, not 100")
claim("> 0.05", between_folds.mean(), "spread between the folds of one sample: report it with the mean")

# %% [markdown] id="folds-reading"
# Five fits halve the error of the estimate. What is reported is the mean **with the spread** of the folds. That spread is a
# description, not a standard error: the folds share their training images, and no formula gets an unbiased variance
# from one round (see *Sources*). Our source gives a range of shares for each of three
# parts; the shares that you pick must sum to one (its lowest do not, nor its highest), and with few data no choice of
# shares is good. Where samples come in groups, folds are cut by group (lesson 01). And the test part, if you can afford
# one, still lies outside of all of it.

# %% id="folds-quoted"
quoted("60-80%", report="theory")
quoted("10-20%", report="theory")
lowest, highest = 60 + 10 + 10, 80 + 20 + 20
claim("80", lowest, "the sum of its lowest shares, in hundredths")
claim("120", highest, "the sum of its highest")

# %% [markdown] id="seeds"
# ## 10 One run is an anecdote
#
# Our source neither fixes nor repeats a seed. Here is the test accuracy of the sixteen plain runs, each at the epoch that its
# validation loss chose. The runs differ in split, start and order, and in the epoch at which they were stopped; the twenty
# networks of section 8 differ in start and order only, and ended at epoch 12. So these two are compared at epoch 12.

# %% id="seeds-run" tags=["nbval-ignore-output"]
final = accuracy[rows, validation.argmin(axis=1)]
interval = t_interval(final)
print("each run:", np.round(np.sort(final), 3))
print(
    f"mean {interval.mean:.3f}, 95 % interval {interval.low:.3f} to {interval.high:.3f}, n = {interval.count}"
)
at_12 = accuracy[:, 11].std(ddof=1)
print(f"standard deviation {final.std(ddof=1):.3f}")
print(f"at epoch 12: {at_12:.3f} over splits and starts, {spread:.3f} over starts alone")

# %% id="seeds-claim"
claim("> 0.02", final.max() - final.min(), "between the best and the worst of sixteen runs of one recipe")
claim("< 0.04", interval.high - interval.low, "width of the interval of the mean")
claim("> 1", at_12 / spread, "at epoch 12, splits and starts vary more than starts alone")
steps_here, steps_large = 100 * -(-108 // 32), 100 * -(-60_000 // 32)
claim("400", steps_here, "updates in 100 epochs of 108 images in batches of 32")
claim("187,500", steps_large, "updates in 100 epochs of 60,000 images")

# %% [markdown] id="seeds-reading"
# Report **mean, interval, number of runs, and what varied between them**: "16 runs, each with its own split and start". The
# interval is for the mean; a single new run scatters more widely. An interval over starts alone, on one split, says
# nothing of other splits.
#
# One more default deserves a word: "100 epochs". The number that counts is that of **updates**: 400 for our 108 images,
# 187,500 for `60_000`. With early stopping the number of epochs becomes what it should be, an upper limit.

# %% id="seeds-quoted"
quoted("100", report="theory")

# %% [markdown] id="recall"
# ## 11 Recall
#
# Answer without scrolling up.

# %% id="recall-1" tags=["nbval-ignore-output"]
recall("06-patience-one")

# %% id="recall-2" tags=["nbval-ignore-output"]
recall("06-alias-list")

# %% id="recall-3" tags=["nbval-ignore-output"]
recall("06-temperature")

# %% id="recall-4" tags=["nbval-ignore-output"]
recall("06-best-of-ten")

# %% id="recall-5" tags=["nbval-ignore-output"]
recall("06-standardize-folds")

# %% id="recall-keys"
asked = np.array([3.0, 3.1, 2.9, 2.95, 2.92, 2.8])
assert early_stopping(np.column_stack([asked, asked]), 2) == (5, 3)
claim(
    "3", 2 * expected_best_of(10, 0, 1), "points by which the best of ten is too good at a deviation of 2"
)
claim("0.6", 2 / np.sqrt(10), "not the standard error of the mean of ten")

# %% [markdown] id="full-size"
# ## 12 At full size
#
# There is no recorded run for this lesson. Stopping, copying and choosing cost the same thought in a network of any size; what
# grows is the price of a repetition, and with it the temptation to report the best of a few. The audits of this course
# meet each point of this lesson again: a best epoch by the test part, a best seed of many, a single run. Where a model
# is too large to be copied in memory, the best weights go to disk, under a temporary name that is then renamed.
#
# ## Next
#
# The [exercise sheet](../exercises/06_early_stopping.ipynb).

# %% id="progress" tags=["nbval-ignore-output"]
from course_lib.teaching.learner.progress import show_progress

show_progress()

# %% [markdown] id="sources"
# ## Sources
#
# - Prechelt 1998, *Automatic early stopping using cross validation: quantifying the criteria* (Neural Networks), and *Early
#   stopping, but when?*: the comparison of stopping criteria that section 6 quotes.
# - Goodfellow, Bengio, Courville 2016, *Deep Learning*, section 7.8: the algorithm with patience.
# - Guo, Pleiss, Sun, Weinberger 2017, *On calibration of modern neural networks*: over-confidence and temperature scaling.
# - Nakkiran et al. 2020, *Deep double descent*: a test error that falls, rises and falls again.
# - Dodge et al. 2019, *Show your work*: the expected best of k, from recorded runs (an exercise of the sheet).
# - Bengio and Grandvalet 2004, *No unbiased estimator of the variance of k-fold cross-validation*.
# - Bouthillier et al. 2021, *Accounting for variance in machine learning benchmarks*: what to vary between runs.
# - Raschka 2018, *Model evaluation, model selection, and algorithm selection in machine learning*: splits and test parts.
