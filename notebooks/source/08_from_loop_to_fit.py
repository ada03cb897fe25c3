# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # 08 From the loop to `fit`
#
# The loop of lesson 01 trains a network in seconds. A loop that trains for days has to do the same four steps and to
# survive: batches that do not fit into memory, measurements in between, a machine that is switched off in the middle of
# a step. In this lesson the loop moves to torch, grows into the function `fit` that trains every later system of the
# course, and is killed by you.
#
# **Afterwards you can**
#
# - translate a NumPy network into torch and show that it is the same network, losses and gradients included;
# - accumulate gradients over uneven batches, clip, and measure, without the faults that no error message reports;
# - say what a run needs in order to go on, and test it: resumed equals uninterrupted, bit for bit;
# - tell what is left when a process is killed while it saves, and why that decides how to save.
#
# **Time**: 75 minutes, and about 130 for the [exercise sheet](../exercises/08_from_loop_to_fit.ipynb). **Needs**:
# lessons 01 and 03, and what dropout is (lesson 05). No GPU, no network.

# %% id="setup"
import copy
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F

from course_lib.core.metrics import Loss
from course_lib.core.seeding import Seeds, epoch_order, stream
from course_lib.core.stats import paired_comparison
from course_lib.plots import curves, style
from course_lib.teaching.claims import claim
from course_lib.teaching.predict import outcome, predict, recall
from course_lib.teaching.build.source import show_source

# %% [markdown] id="try-first"
# ## Try first
#
# Below is a loop as many are written: a seed at the top, batches and dropout drawn as they are needed. It makes sixty
# updates. The power fails after thirty. `keep` says what you had saved by then, and the resumed run makes the remaining
# thirty updates. **Change `keep` so that the resumed weights are exactly those of the run that was never interrupted.**
# A model and an optimizer have a `state_dict()`; whatever you return under these two names is loaded. Give it five
# minutes.

# %% id="try-first-data"
from course_lib.digits.train import (
    DigitsConfig,
    classification_loss,
    classification_scores,
    digits_loaders,
)
from course_lib.digits.train import digits_net

CONFIG = DigitsConfig(dropout=0.5, epochs=3)
loader, held_out = digits_loaders(CONFIG, Seeds.same(0))
x, y = loader.tensors  # (1258, 64), (1258,)
validation = [held_out.tensors]  # one batch of 270


# %% id="try-first-loop"
def naive_run(updates, kept=None):
    torch.manual_seed(0)
    model = digits_net(CONFIG, seed=0)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for part, name in ((model, "model"), (optimizer, "optimizer")):
        if kept and name in kept:
            part.load_state_dict(kept[name])
    for _ in range(updates):
        rows = torch.randint(len(x), (32,))
        optimizer.zero_grad()
        F.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
    return model, optimizer


# %% id="try-first-keep" tags=["nbval-ignore-output"]
def keep(model, optimizer):
    return {"model": model.state_dict()}  # <- yours


def flat(model):
    return torch.cat([p.detach().ravel() for p in model.parameters()])


whole, _ = naive_run(60)
resumed, _ = naive_run(30, kept=keep(*naive_run(30)))
print(f"largest difference of a weight: {(flat(whole) - flat(resumed)).abs().max():.4f}")

# %% id="try-first-reading-run"
model, optimizer = naive_run(30)
both, _ = naive_run(30, kept={"model": model.state_dict(), "optimizer": optimizer.state_dict()})
difference = (flat(whole) - flat(both)).abs().max()
claim("> 0.005", difference, "the largest difference with model and optimizer saved")

# %% [markdown] id="try-first-reading"
# Model and optimizer together are not enough. What is missing is in neither of them: which rows come next, and which
# units dropout switches off next. Both are drawn from a generator that belongs to the whole program, and after a
# restart it starts again. Sections 7 to 9 come back to this. First the loop itself has to move.

# %% [markdown] id="twice"
# ## 1 The same network twice
#
# The network 64-64-32-10 of the digits, in NumPy and in torch, with the same weights, batches and Adam. Two conventions
# differ. A weight matrix is (inputs, outputs) here and (outputs, inputs) in torch, so it is transposed; and torch keeps
# one tensor per weight and bias where our network keeps one long vector. The order of the rows is one function for
# both: `epoch_order(count, seed, epoch)`.

# %% id="twice-build"
from course_lib.numpy_nn.network import mlp

ours = mlp([64, 64, 32, 10], rng=np.random.default_rng(0))
theirs = digits_net(DigitsConfig(), seed=0)
linear_parts = [part for part in theirs if isinstance(part, torch.nn.Linear)]
with torch.no_grad():
    for here, there in zip(ours.linear_layers, linear_parts, strict=True):
        there.weight.copy_(torch.from_numpy(here.weight.T.copy()))
        there.bias.copy_(torch.from_numpy(here.bias))
print(theirs)

# %% id="twice-predict" tags=["nbval-ignore-output"]
predict("08-twice")

# %% id="twice-train" tags=["nbval-ignore-output"]
from course_lib.numpy_nn.optimizers import Adam
from course_lib.numpy_nn.train import train_mlp
from course_lib.training.loop.fit import fit
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.loop.state import TrainState

in_numpy = train_mlp(ours, (x.numpy(), y.numpy()), optimizer=Adam(1e-3), epochs=3, seed=0)
state = TrainState(theirs, torch.optim.Adam(theirs.parameters(), lr=1e-3), Seeds.same(0))
in_torch = fit(state, TensorLoader(x, y, batch_size=32, seed=0), classification_loss, epochs=3)
losses = np.array([history.series("train", "loss")[1] for history in (in_numpy, in_torch)])
for epoch, (a, b) in enumerate(losses.T, start=1):
    print(f"epoch {epoch}   NumPy {a:.3f}   torch {b:.3f}")

# %% id="twice-claim"
claim("< 1e-5", np.abs(losses[0] - losses[1]).max(), "the largest difference of a loss in three epochs")
claim("120", state.step, "updates")

# %% id="twice-claim-outcome"
outcome("08-twice")

# %% [markdown] id="twice-reading"
# The two programs share no line from the matrix product to the update. That they agree to five digits over 120 updates
# is a strong test of both. Do not ask for equal bits here: float32 addition depends on the order of the terms, and two
# libraries add in different orders.
#
# ## 2 Backward: who computes it?
#
# In NumPy each layer had a `backward` of its own. In torch nobody calls one: every operation on a tensor that needs a
# gradient is **recorded**, and `loss.backward()` walks the record from its end. Here is the record of a forward pass,
# and beside it our layers in reverse order.


# %% id="autograd-record"
def record(node):
    """The names of the recorded operations, from the loss back to the input."""
    names = []
    while node is not None:
        names.append(type(node).__name__.removesuffix("Backward0"))
        parents = [parent for parent, _ in node.next_functions if parent is not None]
        # A parameter ends in AccumulateGrad, a transposed weight in T: leaves, not the way back.
        parents = [one for one in parents if type(one).__name__ not in ("AccumulateGrad", "TBackward0")]
        node = parents[0] if parents else None
    return names


recorded = record(F.cross_entropy(theirs(x[:8]), y[:8]).grad_fn)
print("torch:", " < ".join(recorded))
print("ours:  softmax_cross_entropy <", " < ".join(type(layer).__name__ for layer in reversed(ours.layers)))

# %% [markdown] id="autograd-layers"
# Are the gradients the same, layer by layer? Each layer gets the same input and the same gradient from above, drawn at
# random: with all ones, a layer that mixes up its outputs would pass. Then the loss, on labels that are not evenly
# spread.

# %% id="autograd-compare"
from course_lib.numpy_nn import losses as nn_losses
from course_lib.numpy_nn.gradcheck import relative_error


def compare(layer, part, inputs, upstream):
    """Relative error of our gradients against autograd: input, then weight and bias."""
    tensor = torch.from_numpy(inputs).requires_grad_()
    wanted = [tensor, *part.parameters()]
    found = torch.autograd.grad(part(tensor), wanted, torch.from_numpy(upstream))
    layer.forward(inputs)
    mine = [layer.backward(upstream)]
    if hasattr(layer, "weight"):
        mine += [layer.weight_gradient.T, layer.bias_gradient]
    return [relative_error(a, b.numpy()) for a, b in zip(mine, found, strict=True)]


# %% id="autograd-layers-run"
rng, errors, inputs = np.random.default_rng(1), [], x[:16].numpy()
parts = [part for part in theirs if not isinstance(part, torch.nn.Dropout)]
for layer, part in zip(ours.layers, parts, strict=True):
    outputs = layer.forward(inputs)
    upstream = rng.standard_normal(outputs.shape).astype(np.float32)
    errors += compare(layer, part, inputs, upstream)
    print(f"{type(layer).__name__:<7} {inputs.shape} -> {outputs.shape}")
    inputs = outputs
logits = torch.from_numpy(inputs).requires_grad_()
F.cross_entropy(logits, y[:16]).backward()
_, of_the_loss = nn_losses.softmax_cross_entropy(inputs, y[:16].numpy())
errors.append(relative_error(of_the_loss, logits.grad.numpy()))

# %% id="autograd-layers-run-claims"
claim("12", len(errors), "gradients compared: those of five layers, and that of the loss")
claim("< 1e-5", max(errors), "the largest relative error among them")

# %% [markdown] id="autograd-adds"
# **You may think** that `backward()` computes the gradient. **In fact** it *adds* the gradient to what stands in
# `.grad`, so that a weight that is used twice gets the sum of both uses. **Here is the run**: two backward passes of
# one loss.

# %% id="autograd-adds-run"
theirs.zero_grad()
F.cross_entropy(theirs(x[:32]), y[:32]).backward()
once = theirs[0].weight.grad.clone()
F.cross_entropy(theirs(x[:32]), y[:32]).backward()
claim(
    "2",
    (theirs[0].weight.grad.norm() / once.norm()).item(),
    "the gradient after two backward passes, in units of one",
)

# %% [markdown] id="stages"
# Our layers overwrite (`out=self.weight_gradient`); torch adds. That is why a torch loop has one line more than ours,
# `zero_grad()`, and why forgetting it makes steps that grow (case 1 of the clinic in lesson 07). Section 4 makes use of
# it.
#
# ## 3 From a loop to `fit`, in three stages
#
# **Stage 1: the bare loop.** Forward, loss, backward, update, and an order that is a function of the epoch.


# %% id="stage-1"
def new_model():
    model = digits_net(DigitsConfig(), seed=0)
    return model, torch.optim.Adam(model.parameters(), lr=1e-3)


model, optimizer = new_model()
for epoch in range(1, 4):
    order = torch.from_numpy(epoch_order(len(x), seed=0, epoch=epoch))
    for start in range(0, len(x), 32):
        rows = order[start : start + 32]
        loss = F.cross_entropy(model(x[rows]), y[rows], reduction="sum") / len(rows)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
stage_1 = flat(model)

# %% [markdown] id="stage-2-text"
# **Stage 2: a function.** What varies becomes an argument: the data (a loader that gives the batches of an epoch) and
# the loss (a function of model and batch that returns a sum and a count). The loop no longer knows what a digit is.


# %% id="stage-2"
def train(model, optimizer, loader, loss_fn, epochs):
    for epoch in range(1, epochs + 1):
        for batch in loader.epoch(epoch):
            loss = loss_fn(model, batch)
            optimizer.zero_grad()
            (loss.total / loss.count).backward()
            optimizer.step()


model, optimizer = new_model()
digits_loader = TensorLoader(x, y, batch_size=32, seed=0)
train(model, optimizer, digits_loader, classification_loss, epochs=3)
stage_2 = flat(model)

# %% [markdown] id="stage-3-text"
# **Stage 3: callbacks.** Measuring, printing, saving, stopping: every project wants something else between the updates,
# and a loop with an argument for each of them ends as a loop that nobody reads. So `fit` calls plain functions of its
# **state**: `on_step` after every update, `on_epoch` after every epoch. Here one measures and one keeps the gradient's
# length; neither may change the training.

# %% id="stage-3"
import math

from course_lib.training.loop.callbacks import evaluate_on, every

lengths = []


def watch(state):
    squares = sum(float((p.grad**2).sum()) for p in state.model.parameters())
    lengths.append(math.sqrt(squares))


measure = evaluate_on("val", validation, classification_scores)

# %% id="stage-3-run" tags=["nbval-ignore-output"]
model, optimizer = new_model()
state = TrainState(model, optimizer, Seeds.same(0))
callbacks = {"on_step": [every(10, watch)], "on_epoch": [measure]}
history = fit(state, digits_loader, classification_loss, epochs=3, **callbacks)
stage_3 = flat(model)
print("validation accuracy by epoch:", *(f"{value:.2f}" for value in history.series("val", "accuracy")[1]))

# %% id="stages-equal"
assert torch.equal(stage_1, stage_2), "the function trains another network than the loop"
assert torch.equal(stage_2, stage_3), "fit trains another network than the function"
print("three stages, the same", len(stage_1), "weights to the last bit")

# %% id="stages-equal-claims"
claim("12", len(lengths), "lengths kept, one at every tenth of 120 updates")
claim("> 0.7", history.last("val", "accuracy"), "validation accuracy after three epochs")

# %% [markdown] id="fit-source-text"
# `torch.equal`, not `allclose`: a refactoring that changes nothing changes no bit. Here is the library's `fit`. In its
# innermost loop, under `with step.of(batches, ...)`, stand the lines of stage 2: forward and loss, backward, update. Two
# lines have come between backward and update: is everything finite, and is the gradient too long? Around them `fit`
# keeps where it stands (`state.epoch`, `state.batch`), so that it can go on in the middle of an epoch. The rest of the
# lesson takes the other lines apart.

# %% id="fit-source"
show_source(fit)

# %% [markdown] id="nan-text"
# One habit of `fit` before we go on. An update with a gradient that is not finite destroys all weights at once, and a
# run that goes on after it wastes its time. So loss and gradients are looked at **before** the update:

# %% id="nan-run"
spoiled = x.clone()
spoiled[epoch_order(len(x), seed=0, epoch=1)[70], 5] = float("nan")  # one pixel, in the third batch
model, optimizer = new_model()
state = TrainState(model, optimizer, Seeds.same(0))
try:
    fit(state, TensorLoader(spoiled, y, batch_size=32, seed=0), classification_loss, epochs=3)
except FloatingPointError as error:
    print(error)

# %% id="nan-run-claims"
claim("2", state.step, "updates made before the batch that holds a NaN")
assert all(torch.isfinite(p).all() for p in model.parameters()), "the last good weights are still there"

# %% [markdown] id="count"
# ## 4 A loss is a sum and a count
#
# The batch that you want does not fit into memory, so it comes in pieces, **micro-batches**; their gradients are added
# up and one update is made. That is what `backward()` adding is good for. The pieces differ in how many elements
# *count*: sentences have different lengths, and padding does not count. Our stand-in: digits whose label -100 says "not
# counted", four micro-batches with 30, 2, 17 and 8 labels that count.


# %% id="count-data"
def counted_loss(model, batch):
    x, y = batch
    total = F.cross_entropy(model(x), y, ignore_index=-100, reduction="sum")
    return Loss(total, int((y != -100).sum()))


def micro_batches(counts):
    """As many micro-batches of 32 as there are counts; in number i the first counts[i] labels count."""
    pieces = zip(x.split(32), y.split(32), counts, strict=False)
    return [(rows, torch.where(torch.arange(32) < n, labels, -100)) for rows, labels, n in pieces]


def joined(batches):
    return [tuple(map(torch.cat, zip(*batches, strict=True)))]


# %% id="count-gradients"
def gradient(model, batches, weight):
    """The accumulated gradient; weight(loss) multiplies the sum of a batch before its backward pass."""
    model.zero_grad()
    for batch in batches:
        loss = counted_loss(model, batch)
        (loss.total * weight(loss)).backward()
    return torch.cat([p.grad.ravel() for p in model.parameters()])


def three_gradients(model, batches):
    """Of one large batch; accumulated as sum over count; accumulated as mean of means."""
    count = sum(int((labels != -100).sum()) for _, labels in batches)
    large = gradient(model, joined(batches), lambda loss: 1 / loss.count)
    by_sum = gradient(model, batches, lambda loss: 1 / count)
    return large, by_sum, gradient(model, batches, lambda loss: 1 / loss.count / len(batches))


# %% [markdown] id="count-formula"
# Of piece $i$ of $k$, $n_i$ elements count, and the sum of their losses is $L_i$. On the left stands the loss of one
# large batch, on the right what is often programmed:
#
# $$\frac{\sum_i L_i}{\sum_i n_i} \qquad\qquad \frac1k \sum_i \frac{L_i}{n_i}$$

# %% id="count-predict" tags=["nbval-ignore-output"]
predict("08-means")


# %% id="count-run"
def off(found, right):
    return ((found - right).norm() / right.norm()).item()


model, _ = new_model()
batches = micro_batches([30, 2, 17, 8])
large, by_sum, by_means = three_gradients(model, batches)

# %% id="count-run-claims" tags=["results"]
claim("< 1e-5", off(by_sum, large), "sum over count against the large batch, relative error")
claim("> 0.1", off(by_means, large), "mean of means against the large batch")

# %% id="count-run-outcome"
outcome("08-means")

# %% id="count-even"
large, _, by_means = three_gradients(model, micro_batches([20, 20, 20, 20]))
claim("< 1e-5", off(by_means, large), "mean of means where each piece holds 20 labels that count")
rng, far = np.random.default_rng(0), []
for _ in range(20):
    large, _, by_means = three_gradients(model, micro_batches(rng.integers(1, 33, 4)))
    far.append(off(by_means, large))
claim("> 0.1", np.median(far), "where the counts are drawn from 1 to 32: median of twenty draws")

# %% [markdown] id="count-even-reading"
# With even pieces the two formulas agree, which is how the fault lives on: whoever tests on pieces of one size finds
# nothing. It stood in widely used training code until 2024 (see the sources). Move the slider to see what it does.
#
# Two micro-batches, the first of digits 0 to 4, the second of digits 5 to 9; together 64 labels count. The gradients of
# both span a plane, and every mixture of them lies in it. **Watch which arrow moves.**


# %% id="weights-gradients"
def of_digits(mask):
    rows = torch.nonzero(mask)[:60, 0]
    return gradient(model, [(x[rows], y[rows])], lambda loss: 1 / loss.count).double().numpy()


first, second = of_digits(y < 5), of_digits(y >= 5)
along = first / np.linalg.norm(first)
across = second - (second @ along) * along
plane = np.stack([along, across / np.linalg.norm(across)])  # (2, P): axes of the plane
g1, g2 = plane @ first, plane @ second


def angle(a, b):
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


# %% id="weights-draw"
def draw_bars(axes, n):
    heights = [0.5 / n, 0.5 / (64 - n)]
    axes.bar(["first piece", "second piece"], heights, color=style.PALETTE[1], hatch="//")
    axes.axhline(1 / 64, color=style.PALETTE[0], label="sum over count: 1/64")
    axes.set(ylabel="weight of one label", xlabel=f"labels that count: {n} and {64 - n}", ylim=(0, 0.17))
    axes.set_title("Mean of means (hatched)")
    curves.legend(axes)


def draw_arrow(axes, end, name, index, width=2.5):
    look = {"color": style.PALETTE[index], "linestyle": style.DASHES[index], "linewidth": width}
    axes.plot([0, end[0]], [0, end[1]], marker="o", markevery=[1], label=name, **look)


# %% id="weights-draw-both"
def draw_weights(in_first=32):
    right, means = (in_first * g1 + (64 - in_first) * g2) / 64, (g1 + g2) / 2
    figure, (left, plot) = style.canvas(1, 2, width=9.5, height=3.4)
    draw_bars(left, in_first)
    draw_arrow(plot, g1, "first piece", 2, width=1)
    draw_arrow(plot, g2, "second piece", 3, width=1)
    draw_arrow(plot, right, "sum over count", 0)
    draw_arrow(plot, means, "mean of means", 1)
    plot.set(xlabel="along the first gradient", ylabel="across it", title="Gradients", aspect="equal")
    curves.legend(plot, loc="upper left", bbox_to_anchor=(1, 1))
    ratio = max(in_first, 64 - in_first) / min(in_first, 64 - in_first)
    degrees = f"The two accumulated gradients are {angle(right, means):.0f} degrees apart."
    return figure, f"A label of the smaller piece weighs {ratio:.1f} times one of the larger. {degrees}"


# %% id="weights-widget" tags=["nbval-ignore-output"]
from course_lib.teaching.widgets import explore

explore(draw_weights, in_first=(4, 60, 4))

# %% [markdown] id="weights-static"
# The same for readers without a running kernel: three positions.

# %% id="weights-strip" tags=["nbval-ignore-output"]
for in_first in (4, 32, 60):
    figure, sentence = draw_weights(in_first)
    told = "Bars of what a label weighs in each piece, and arrows of the gradients in their plane."
    style.show(figure, alt=f"{told} With {in_first} labels in the first piece: {sentence}")
apart = [angle((k * g1 + (64 - k) * g2) / 64, (g1 + g2) / 2) for k in (4, 32, 60)]
claim("< 0.1", apart[1], "degrees between the two gradients when the pieces are equal")
claim("> 10", min(apart[0], apart[2]), "degrees at 4 and at 60 labels in the first piece")

# %% [markdown] id="weights-reading"
# *Reading*: the solid arrow turns with the data; the dashed one, the mean of means, **does not move at all**. It does
# not know how many labels stand behind a mean.
#
# The library does it by the sum. `step.backward` takes the later pieces to be like the first one, and corrects the
# factor after the last one, when it has counted. `optimizer_step` is one update by hand, in the lines of `fit`:

# %% id="step-source"
from course_lib.training.loop.step import Step, optimizer_step

show_source(Step.backward)
show_source(optimizer_step)

# %% id="accumulate-run"
weights = []
for group in (batches, joined(batches)):
    model, _ = new_model()
    state = TrainState(model, torch.optim.SGD(model.parameters(), lr=0.1), Seeds.same(0))
    optimizer_step(state, group, counted_loss)
    weights.append(flat(model))
    print(f"in {len(group)}: mean loss {state.loss.mean.item():.3f} over {state.loss.count} labels")
apart = (weights[0] - weights[1]).abs().max()

# %% id="accumulate-run-claims"
claim("< 1e-5", apart, "largest difference of a weight: an update in four pieces, and in one")

# %% [markdown] id="accumulate-fit-text"
# In `fit` it is one argument. Batches of 16, two of them for an update, take the same rows in the same order as batches
# of 32, also at the end of an epoch, where the last group is smaller:

# %% id="accumulate-fit"
ends = []
for batch_size, accumulate in ((32, 1), (16, 2)):
    model, _ = new_model()
    state = TrainState(model, torch.optim.SGD(model.parameters(), lr=0.05), Seeds.same(0))
    pieces = TensorLoader(x, y, batch_size=batch_size, seed=0)
    fit(state, pieces, classification_loss, epochs=3, accumulate=accumulate)
    ends.append(flat(model))
    print(f"{len(pieces)} batches of {batch_size} an epoch, {state.step} updates")

# %% id="accumulate-fit-claims"
claim("< 1e-4", (ends[0] - ends[1]).abs().max(), "largest difference of a weight after three epochs")

# %% [markdown] id="clip"
# ## 5 Clip: once, and of the whole
#
# Clipping shortens a gradient that is too long and keeps its direction (lesson 05). Its place is between the last
# backward and the update, after the division. Clip every piece by itself, and the pieces are weighted once more, by
# their lengths.

# %% id="clip-run"
from course_lib.numpy_nn.regularizers import clip_gradient_norm

limit, count = 0.5, sum(int((labels != -100).sum()) for _, labels in batches)
whole_gradient = by_sum.double().numpy()
clipped = whole_gradient.copy()
clip_gradient_norm(clipped, limit)
pieces = [gradient(model, [batch], lambda loss: 1 / count).double().numpy() for batch in batches]
for piece in pieces:
    clip_gradient_norm(piece, limit / 4)

# %% id="clip-run-claims" tags=["results"]
claim("0.5", np.linalg.norm(clipped), "length after clipping the whole")
claim("< 0.01", angle(clipped, whole_gradient), "degrees by which that turns the gradient")
claim("> 5", angle(sum(pieces), whole_gradient), "degrees by which clipping each piece turns it")

# %% [markdown] id="schedule"
# The **rate** has its place too: it is set before the update that uses it, as the base rate times `schedule(step)`. A
# function of the step alone is found again by a resumed run; a rate that is multiplied on from step to step is not
# (exercise 2 of the sheet).

# %% [markdown] id="mode"
# ## 6 The mode that was forgotten
#
# Dropout switches units off while the network trains and leaves them on when it is used. torch decides by a flag,
# `model.training`, that somebody has to set: `model.eval()` before a measurement, `model.train()` after it. Nothing
# complains when it is forgotten. Ten networks with dropout 0.5, three epochs each; all of them are needed again below,
# so each is also kept as it stood after update 60, in the middle of epoch 2.

# %% id="mode-predict" tags=["nbval-ignore-output"]
predict("08-mode")


# %% id="study-start"
def begin(seed):
    model = digits_net(CONFIG, seed=seed)
    return TrainState(model, torch.optim.Adam(model.parameters(), lr=1e-3), Seeds.same(seed))


def digits_of(seed):
    return TensorLoader(x, y, batch_size=32, seed=seed)


def cut_at(step):
    def callback(state):
        state.interrupted = state.step == step

    return callback


# %% id="study-run"
def train_to(state, *, epochs=3, loader=None, cut=None):
    state.interrupted = False
    loader = loader or digits_of(state.seeds.data)
    fit(state, loader, classification_loss, epochs=epochs, on_step=[] if cut is None else [cut_at(cut)])
    return state


halfway = [train_to(begin(seed), cut=60) for seed in range(10)]
finished = [train_to(copy.deepcopy(state)) for state in halfway]

# %% id="mode-run" tags=["nbval-ignore-output"]
from course_lib.training.loop.callbacks import evaluate


@torch.no_grad()
def forgotten(state):
    torch.manual_seed(0)
    state.model.train()  # the fault
    return (state.model(validation[0][0]).argmax(1) == validation[0][1]).float().mean().item()


scores = [evaluate(state.model, validation, classification_scores) for state in finished]
right, wrong = [score["accuracy"] for score in scores], [forgotten(state) for state in finished]
lost = paired_comparison(right, wrong).interval
print(f"accuracy in eval mode {np.mean(right):.2f}, in training mode {np.mean(wrong):.2f}")
print(f"lost: {lost.mean:.2f}, 95 % {lost.low:.2f} to {lost.high:.2f} (ten seeds)")

# %% id="mode-claim"
claim("> 0.2", lost.low, "accuracy lost in training mode, lower end of the interval over ten seeds")

# %% id="mode-claim-outcome"
outcome("08-mode")

# %% [markdown] id="mode-norm"
# The opposite fault, a model that **stays** in eval mode after the first measurement, is quieter: it trains on without
# dropout (the sheet has such a run). And where a model has a BatchNorm, a measurement in training mode changes the
# model itself, for such a layer moves its stored mean and deviation with every batch it sees:

# %% id="mode-norm-run"
norm = torch.nn.BatchNorm1d(64)
before = norm.running_mean.clone()
with torch.no_grad():  # no gradient, no optimizer, only a look
    norm(validation[0][0])

# %% id="mode-norm-run-claims"
claim("> 0.01", (norm.running_mean - before).abs().max(), "what one measurement in training mode moved")

# %% id="mode-source"
show_source(evaluate)

# %% [markdown] id="noise"
# ## 7 Random, and the same again
#
# "Try first" failed because its random numbers had a past: the rows of update 31 depend on everything that was drawn
# before them. The remedy is not to save all of the past but to have less of it. In this course every random number is a
# function of a **seed**, a **purpose** and an **epoch**.

# %% id="noise-past"
torch.manual_seed(0)
without = torch.randint(1258, (5,)).tolist()
torch.manual_seed(0)
torch.rand(1)  # somebody adds a line that draws a number, such as a plot with jitter
print("rows without that line:", without, "  with it:", torch.randint(1258, (5,)).tolist())
print("rows of epoch 7, whatever was drawn before:", epoch_order(1258, seed=0, epoch=7)[:5].tolist())
print("seed of the dropout of epoch 7:", stream(0, "noise of process 0", 7))

# %% [markdown] id="noise-why"
# `fit` seeds the generator of dropout once per epoch, with a number made of `seeds.noise` and the epoch, and puts it
# back as it found it when it returns. So epoch 3 has the same masks whether epochs 1 and 2 ran in this process or last
# week; and changing one seed changes one thing:


# %% id="noise-run"
def one_epoch(seeds):
    model = digits_net(CONFIG, seed=seeds.init)
    state = TrainState(model, torch.optim.Adam(model.parameters(), lr=1e-3), seeds)
    world = torch.get_rng_state()
    fit(state, digits_of(seeds.data), classification_loss, epochs=1)
    assert torch.equal(world, torch.get_rng_state()), "fit leaves the program's generator as it was"
    return flat(model)


first = one_epoch(Seeds(init=0, data=0, noise=0))
for seeds in (Seeds(0, 0, 0), Seeds(0, 1, 0), Seeds(0, 0, 1)):
    torch.rand(5)  # somebody draws in between
    print(seeds, "the same weights" if torch.equal(one_epoch(seeds), first) else "other weights")

# %% [markdown] id="kill"
# ## 8 Kill it
#
# What must be saved, then? Weights; the optimizer's moments; the step, the epoch and the batch; the seeds; the history,
# for a rule such as early stopping reads it; and in the middle of an epoch the state of the generators. That is the
# `TrainState`, and it is saved as one thing.
#
# The next cell starts a training of 120 updates **in a process of its own**, with a checkpoint at every tenth update.
# When the update that you choose is made, the process gets SIGKILL, which no program can catch: nothing is tidied up.
# Choose your moment. (With `while_saving=True` as one more argument the kill waits for the next save and falls into the
# middle of it; section 10 shows what that leaves behind.)

# %% id="kill-choose" tags=["nbval-ignore-output"]
import tempfile
from pathlib import Path

from course_lib.teaching.clinic.killed_run import digits_run, run_and_kill

kill_after = 77  # <- your update, 1 to 120

runs = tempfile.TemporaryDirectory()
folder = Path(runs.name) / "killed"
killed = run_and_kill(folder, CONFIG, Seeds.same(0), after=kill_after, save_steps=10)
print(killed)

# %% id="kill-claim"
claim("-9", killed.exit_code, "the exit code of a process that SIGKILL has ended")
claim("120", len(digits_of(0)) * CONFIG.epochs, "updates of the whole run")

# %% [markdown] id="kill-resume-text"
# Now start it again. There is no button for "resume": the same call, the same folder. It finds the newest whole
# checkpoint and goes on, in the middle of an epoch if need be.

# %% id="kill-resume" tags=["nbval-ignore-output"]
resumed = digits_run(folder, CONFIG, Seeds.same(0), save_steps=10)
print(f"now at step {resumed.step}")

# %% id="kill-equal"
uninterrupted = finished[0]  # the same seeds, in this process, never saved
assert torch.equal(flat(resumed.model), flat(uninterrupted.model)), "the resumed run is another run"
moments = [part.optimizer.state_dict()["state"] for part in (resumed, uninterrupted)]
assert all(
    torch.equal(moments[0][k][name], moments[1][k][name]) for k in moments[0] for name in moments[0][k]
)
losses = [part.history.series("train", "loss")[1] for part in (resumed, uninterrupted)]
assert np.array_equal(*losses), "also the losses of the epoch in which it was killed"
print("weights, moments of Adam and losses of all epochs: equal to the last bit")

# %% [markdown] id="run-source-text"
# Two processes, one of them killed, and no bit differs. Try other moments, also 1 and 120. What the kill costs is the
# work since the last checkpoint, and nothing else. Both calls came down to `run`, which is `fit` in a folder:

# %% id="run-source"
from course_lib.training.runs.run import run

show_source(run)

# %% [markdown] id="kill-equal-reading"
# How often should one save, then? With a checkpoint at every $n$-th update, a kill costs $n/2$ updates on average;
# saving costs the time of $c$ updates every time. If a kill comes every $M$ updates on average, the share of time that
# is lost is about
#
# $$\frac{c}{n} + \frac{n}{2M}, \qquad \text{smallest at } n = \sqrt{2cM}$$
#
# (Young 1974). Move both sliders, and watch the redone part grow and shrink.

# %% id="save-draw"
SAVE_COST, BETWEEN_KILLS = 2.0, 2000.0  # in updates: what a checkpoint costs, and from kill to kill


def overhead(n):
    return SAVE_COST / n + n / (2 * BETWEEN_KILLS)


def draw_run(axes, kill_after, save_every):
    saved, marks = kill_after // save_every * save_every, np.arange(0, 121, save_every)
    lost = {"left": [saved], "color": style.PALETTE[1], "hatch": "//", "label": "lost"}
    axes.barh([0], [saved], color=style.PALETTE[0], label="kept")
    axes.barh([0], [kill_after - saved], **lost)
    axes.plot(marks, np.full(len(marks), 0.55), "k|", markersize=10, label="checkpoint")
    axes.set(xlim=(0, 121), ylim=(-1.6, 1), yticks=[], xlabel="update", ylabel="one run")


# %% id="save-draw-right"
def draw_saves(kill_after=77, save_every=10):
    figure, (left, right) = style.canvas(1, 2, width=10, height=2.8, width_ratios=(3, 2))
    draw_run(left, kill_after, save_every)
    left.set_title(f"Killed after update {kill_after}")
    curves.legend(left, loc="lower right", ncols=3)
    n = np.arange(4, 241)
    right.plot(n, 100 * overhead(n), color=style.PALETTE[0])
    right.plot([save_every], [100 * overhead(save_every)], "o", color=style.PALETTE[1], markersize=9)
    right.set(xlabel="updates between two checkpoints", ylabel="time lost (%)", ylim=(0, 55))
    right.set_title("Save how often?")
    share = f"Saving and redoing take {overhead(save_every):.1%} of the time."
    return figure, f"Lost: {kill_after % save_every} of {kill_after} updates. {share}"


# %% id="save-widget" tags=["nbval-ignore-output"]
explore(draw_saves, kill_after=(1, 120), save_every=[4, 5, 8, 10, 20, 30, 40, 60, 90, 120])

# %% id="save-strip" tags=["nbval-ignore-output"]
for setting in ((77, 4), (77, 60)):
    figure, sentence = draw_saves(*setting)
    told = (
        f"A bar of 120 updates, what is kept and what is lost; time lost against the distance. {sentence}"
    )
    style.show(figure, alt=told)
n = np.arange(1, 1000)
best = int(n[overhead(n).argmin()])
claim("89", best, "the best n, where a checkpoint costs 2 updates and a kill comes every 2,000")
claim("89", math.sqrt(2 * SAVE_COST * BETWEEN_KILLS), "the same by the formula")
claim("1.25", overhead(best / 2) / overhead(best), "time lost when saving twice as often, over the least")
kills = np.random.default_rng(0).exponential(BETWEEN_KILLS, 20_000)
claim("between 0.48 and 0.52", np.mean(kills % best) / best, "lost by a kill, in units of n: 20,000 kills")

# %% [markdown] id="save-reading"
# *Reading*: the curve on the right is flat around its lowest point. With $c = 2$ and $M = 2000$ the best distance is 89
# updates; saving twice as often as that takes only a quarter more of the lost time.
#
# ## 9 Three resumes that lose something
#
# The ten runs that stopped at update 60 go on once more, three times each with one part of the state missing:
#
# - **no moments**: Adam starts without its state, as in every program that saves the weights alone;
# - **order again**: the epoch goes on with its *first* batches instead of those that were left;
# - **noise again**: the generator of dropout starts the epoch's masks again.

# %% id="broken-predict" tags=["nbval-ignore-output"]
predict("08-moments")


# %% id="broken-faults"
class ForgetsItsPlace(TensorLoader):
    def epoch(self, epoch, start=0):
        return iter(list(super().epoch(epoch))[: len(self) - start])


def no_moments(state):
    optimizer = torch.optim.Adam(state.model.parameters(), lr=1e-3)
    return replace(state, optimizer=optimizer)


# %% id="broken-faults-more"
def order_again(state):
    loader = ForgetsItsPlace(x, y, batch_size=32, seed=state.seeds.data)
    return train_to(state, epochs=2, loader=loader)  # the rest of the epoch in which it was cut


def noise_again(state):
    state.generators = None  # fit then starts the noise of the epoch from its seed
    return state


# %% id="broken-run" tags=["nbval-ignore-output"]
FAULTS = {"no moments": no_moments, "order again": order_again, "noise again": noise_again}
whole_losses = [score["loss"] for score in scores]
moved, change = {}, {}
for name, fault in FAULTS.items():
    ends = [train_to(fault(copy.deepcopy(state))) for state in halfway]
    pairs = zip(ends, finished, strict=True)
    moved[name] = min((flat(a.model) - flat(b.model)).abs().max().item() for a, b in pairs)
    losses = [evaluate(end.model, validation, classification_scores)["loss"] for end in ends]
    change[name] = paired_comparison(losses, whole_losses).interval
    low, high = change[name].low, change[name].high
    print(f"{name:<12} loss {change[name].mean:+.3f}, 95 % {low:+.3f} to {high:+.3f}")

# %% id="broken-claim" tags=["results"]
claim("> 0.005", min(moved.values()), "largest change of a weight: at least this, in every seed and fault")
claim(
    "< -0.02", change["no moments"].high, "loss without moments minus with them, upper end of the interval"
)
for name in ("order again", "noise again"):
    farthest = max(abs(change[name].low), abs(change[name].high))
    claim("< 0.03", farthest, f"{name}: the farther end of the interval, ten seeds")

# %% id="broken-claim-outcome"
outcome("08-moments")

# %% [markdown] id="broken-fact"
# **You may think** that a resume is right when the run goes on well. **In fact** all three are other runs from the
# first update on, and by the result you would not know: two of them end within 0.03 of the uninterrupted run in the
# mean of ten seeds, and the one that has lost its optimizer ends *lower*. It is not a better method; its steps are
# merely longer for a while, as the next figure shows. What long steps do depends on the rate and on how far a training
# is (lesson 04). **Here is the run**:


# %% id="jump-run"
def update_lengths(state, updates=20):
    path = [flat(state.model)]
    callbacks = [lambda state: path.append(flat(state.model)), cut_at(60 + updates)]
    state.interrupted = False
    fit(state, digits_of(state.seeds.data), classification_loss, epochs=2, on_step=callbacks)
    return torch.stack(path).diff(dim=0).norm(dim=1).numpy()


kept = np.array([update_lengths(copy.deepcopy(state)) for state in halfway])
fresh = np.array([update_lengths(no_moments(copy.deepcopy(state))) for state in halfway])
ratio = fresh[:, 0] / kept[:, 0]

# %% id="jump-run-claims"
claim("> 1.5", ratio.min(), "length of update 61, without moments over with them: smallest of ten seeds")

# %% id="jump-figure" tags=["nbval-ignore-output"]
figure, axes = style.canvas(width=8, height=3.2)
updates = np.arange(61, 81)
curves.band(axes, updates, kept, label="resumed with its moments", index=0)
curves.band(axes, updates, fresh, label="Adam starts again", index=1)
axes.set(xlabel="update", ylabel="length of the update", ylim=(0, None), xticks=updates[::3])
axes.set_title("What a lost optimizer state does")
curves.legend(axes)
told = f"With its moments {kept[:, 0].mean():.2f} at update 61 and {kept[:, -1].mean():.2f} at update 80; "
told += (
    f"where Adam starts again {fresh[:, 0].mean():.2f} at first and {fresh[:, -1].mean():.2f} at update 80."
)
style.show(figure, alt=f"Length of the updates 61 to 80, means of ten seeds with bands. {told}")

# %% [markdown] id="jump-reading"
# *Reading*: the first step of a fresh Adam has about the length of the rate in every weight, whatever the gradient: its
# two moments come from one gradient, and their quotient is ±1 (lesson 03). So the only test that finds a broken resume
# is **equality**. You write it on the sheet.
#
# ## 10 Half a file
#
# A kill can fall into the saving itself. The obvious way to save, `torch.save(..., "model.pt")` again and again under
# one name, first empties the old file and then writes the new one. This is what is on the disk when the process dies in
# between:

# %% id="half-run"
import io

path = Path(runs.name) / "model.pt"
torch.save(uninterrupted.model.state_dict(), path)  # the good one of an hour ago
written = path.read_bytes()
path.write_bytes(written[: len(written) // 2])  # the next one, killed half-way
try:
    torch.load(path, weights_only=True)
except Exception:
    print("torch.load cannot read it")

# %% id="half-run-claims"
claim("0", int(path.read_bytes() == written), "good copies of the weights left")

# %% [markdown] id="half-remedy"
# The remedy is old: write under **another name**, flush it to the disk, then **rename**. A rename within a folder
# happens as a whole or not at all. A checkpoint here is a folder that gets its real name last; a reader passes over
# what has none.

# %% id="half-folder"
from course_lib.training.checkpoints.saving import latest, verify

newest = latest(folder)
print("newest:", newest.name, " holds:", ", ".join(sorted(file.name for file in newest.iterdir())))
partial = folder / f".{newest.name}.aaaa.part"
partial.mkdir()
(partial / "weights.safetensors").write_bytes((newest / "weights.safetensors").read_bytes()[:1000])
assert latest(folder) == newest, "what was not finished does not exist"

# %% [markdown] id="flip-text"
# And what if a file is whole but wrong, by a faulty disk or a broken download? One bit in one weight is enough: the
# cell turns a weight of `0.1` into more than `1e37`. Then twenty files with one bit flipped at random, are read, by
# plain `torch.load` and as our checkpoint, which keeps the SHA-256 of every file:


# %% id="flip-run"
def flipped(data, rng):
    changed = bytearray(data)
    changed[rng.integers(len(data))] ^= 1 << rng.integers(8)
    return bytes(changed)


def refused(read, *arguments):
    try:
        read(*arguments)
    except Exception:  # whatever it raises, it has noticed
        return True
    return False


# %% id="flip-one"
weight = np.array([0.1], np.float32)
weight.view(np.uint32)[0] ^= 1 << 30  # the highest bit of the exponent
claim("> 1e37", weight[0], "what one flipped bit makes of a weight of 0.1")

# %% id="flip-count"
rng, file = np.random.default_rng(0), newest / "weights.safetensors"
whole_file, by_torch, by_us = file.read_bytes(), 0, 0
for _ in range(20):
    by_torch += refused(lambda: torch.load(io.BytesIO(flipped(written, rng)), weights_only=True))
    file.write_bytes(flipped(whole_file, rng))
    by_us += refused(verify, newest)
file.write_bytes(whole_file)

# %% id="flip-count-claims"
claim("20 of 20", by_us, "flipped bits that our checkpoint refuses")
claim("< 5", by_torch, "flipped bits that torch.load notices")

# %% [markdown] id="refuse-text"
# The message names the file, and what to do:

# %% id="refuse-run" tags=["nbval-ignore-output"]
import textwrap

file.write_bytes(flipped(whole_file, rng))
try:
    digits_run(folder, CONFIG, Seeds.same(0), save_steps=10)
except ValueError as error:
    print(textwrap.fill(str(error).replace(runs.name, "..."), 110, break_on_hyphens=False))
_ = file.write_bytes(whole_file)

# %% id="refuse-claim"
assert verify(newest)["step"] == 120, "the file is whole again"
runs.cleanup()

# %% [markdown] id="recall-title"
# ## 11 Recall
#
# Answer without scrolling up. Three questions are from earlier lessons.

# %% id="recall-1" tags=["nbval-ignore-output"]
recall("08-accumulate")

# %% id="recall-2" tags=["nbval-ignore-output"]
recall("08-clip-order")

# %% id="recall-3" tags=["nbval-ignore-output"]
recall("08-resume-test")

# %% id="recall-4" tags=["nbval-ignore-output"]
recall("08-adam-first")

# %% id="recall-5" tags=["nbval-ignore-output"]
recall("08-eval-dropout")

# %% id="recall-6" tags=["nbval-ignore-output"]
recall("08-stopper-state")

# %% [markdown] id="full-size"
# ## At full size
#
# The same `run` from the shell, with a folder that you keep. Kill it when you like and start it again; the second call
# says where it goes on.
#
# ```bash
# python -m course_lib train digits --preset cpu --device cpu --out runs/digits
# ```
#
# The systems of the later chapters take the place of `digits`. What the lesson does once, the benchmark does many
# times: runs of several kinds, each killed one to four times at random moments, some of them in the middle of a save.

# %% id="full-size-run" tags=["nbval-ignore-output"]
import json

from course_lib.core.files import course_root

record = json.loads((course_root() / "benchmarks" / "records" / "resume.json").read_text())
made = record["provenance"]
print(f"recorded {made['date']} on {made['cpu']}, torch {made['versions']['torch']}: {made['command']}")
for row in record["rows"]:
    ended = f"{row['kind']}, {row['signal']}"
    counts = f"{row['kills']:>4} kills, {row['in_a_save']:>3} of them in a save"
    print(f"{ended:<34}{counts}   {row['equal']} of {row['runs']} runs equal, bit for bit")

# %% id="full-size-claim" tags=["nbval-ignore-output"]
for row in record["faults"]:
    result = f"newest lost {row['newest lost']}" if "newest lost" in row else f"refused {row['refused']}"
    print(f"{row['fault']:<28}{row['format']:<14}{result} of {row['count']}")
assert all(row["equal"] == row["runs"] for row in record["rows"]), "a killed run ended with other bits"
own = [row for row in record["faults"] if row["format"] == "course_lib"]
assert all(row.get("newest lost", 0) == 0 for row in own), "a checkpoint was lost by a kill"
assert all(row.get("refused", row["count"]) == row["count"] for row in own), "damage was not noticed"

# %% [markdown] id="full-size-reading"
# *Reading*: every killed run ended with the bits of the one that was left alone, also where the kill fell into a save.
# The second table holds the same faults against other ways to save: a format that renames its file loses nothing to a
# kill, and only one that keeps a checksum notices a flipped bit.
#
# No GPU was used here. On a GPU some operations add in an order that changes from run to run, and bits can only be
# compared in torch's deterministic mode; lesson 09 comes back to it.

# %% [markdown] id="next"
# ## Next
#
# The [exercise sheet](../exercises/08_from_loop_to_fit.ipynb): accumulation, schedule and clip, measuring, an order that can be
# found again, seven resumed runs, and a test that no broken checkpoint survives. Lesson 09 asks where the time of a
# step goes.

# %% id="progress" tags=["nbval-ignore-output"]
from course_lib.teaching.learner.progress import show_progress

show_progress()

# %% [markdown] id="sources"
# ## Sources
#
# - Baydin, Pearlmutter, Radul, Siskind 2018, *Automatic differentiation in machine learning: a survey*: what
#   `backward()` does.
# - Paszke et al. 2019, *PyTorch: an imperative style, high-performance deep learning library*; the documentation of
#   `torch.autograd`, and its notes on reproducibility.
# - Kingma and Ba 2015, *Adam*: the correction of the moments, and with it the length of the first step.
# - Srivastava et al. 2014, *Dropout*; Ioffe and Szegedy 2015, *Batch normalization*: what differs between training and
#   use.
# - Hugging Face 2024, *Fixing gradient accumulation* (blog): how the mean of means was found and mended in
#   `transformers`.
# - Young 1974, *A first order approximation to the optimum checkpoint interval*: how often to save.
# - Pascanu, Mikolov, Bengio 2013, *On the difficulty of training recurrent neural networks*: clipping by the norm.
