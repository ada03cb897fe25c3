# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # 01 The training loop by hand
#
# A neural network is trained by four steps that are repeated. Compute the outputs (**forward**). Measure how wrong they are
# (**loss**). Find out how the loss would change if each parameter grew a little (**backward**). Change every parameter a little
# in the direction that makes the loss smaller (**update**). In this lesson you write the four steps in NumPy, first for a single
# weight, then for a network that reads digits, and you check each step before you trust it.
#
# **Afterwards you can**
#
# - write forward, loss, backward and update for a two-layer network, and check that the gradient is right;
# - count epochs, batches and iterations, and average a loss over batches without a mistake;
# - say what limits the learning rate, and change the data so that the limit is higher;
# - split and standardize data so that nothing leaks from the test part;
# - tell from two curves whether a network has learned too little, too much or enough.
#
# **Time**: one hour, with a stop half-way, and twice that for the [exercise sheet](../exercises/01_training_loop.ipynb). Sections
# that are called *Deeper* come on top; nothing later needs them.
# **Needs**: Python, NumPy, products of matrices, the chain rule. The deeper sections also need eigenvalues. No GPU, no network.
# "Our source" is the document on the theory of training whose statements this part of the course examines.

# %% id="setup"
import numpy as np

from course_lib.core.stats import paired_comparison, t_interval
from course_lib.numpy_nn.datasets import load_diabetes, load_digits
from course_lib.plots import curves, diagrams, images, style
from course_lib.teaching.claims import claim, quoted
from course_lib.teaching.predict import outcome, predict, recall
from course_lib.teaching.build.source import show_source

digits = load_digits()

# %% [markdown] id="try-first"
# ## Try first
#
# Below is a complete training run: a linear classifier, the pixels of all digits, fifty steps. Two lines are yours. The
# **learning rate** is the factor by which the gradient is multiplied to make a step. `prepare` may change the pixels before the
# training, all images in the same way; as it stands, it changes nothing. Bring the loss **below** `0.1` within the fifty
# steps, **without ever rising above the value at which it starts**. Give it five minutes. If no rate will do, ask what all
# these pixels have in common. (Only the training loss counts here, so all images may be used.)

# %% id="try-first-run"
from course_lib.by_hand.first_step import training_step


def fifty_steps(x, y, rate):
    weight, bias = np.zeros((64, 10), x.dtype), np.zeros(10, x.dtype)
    losses = []
    for _ in range(51):
        loss, weight, bias = training_step(weight, bias, x, y, rate)
        losses.append(loss)
    return losses


# %% id="try-first-rate" tags=["nbval-ignore-output"]
def prepare(pixels):  # (1797, 64), values from 0 to 16
    return pixels  # <- your idea


losses = fifty_steps(prepare(digits.x), digits.y, rate=1.0)  # <- your rate
reached = losses[-1] < 0.1 and max(losses) <= losses[0]
print(f"start {losses[0]:.2f}   highest {max(losses):.2f}   after 50 steps {losses[-1]:.3f}")
print("You have reached it." if reached else "Not there yet.")

# %% [markdown] id="try-first-reading"
# With the pixels as they are, no rate does it. The next cell tries 23 rates for you, and the best one whose loss never rises
# above its start still ends above 0.15. With the right line in `prepare` it is easy. If you have not found that line, section 7
# shows it, and why it works.

# %% id="try-first-grid"
rates = 2.0 ** np.arange(-10, 1.5, 0.5)


def best_calm(x, rates):
    runs = [fifty_steps(x, digits.y, rate) for rate in rates]
    return min(run[-1] for run in runs if max(run) <= run[0])


# %% id="try-first-grid-claims"
claim("23", len(rates), "rates tried")
claim("> 0.15", best_calm(digits.x, rates), "the best end of a run that never rises above its start")

# %% [markdown] id="data"
# ## 1 The data: look, split, standardize
#
# 1,797 handwritten digits, 8 x 8 pixels with values from 0 to 16. Look at data before you train on them: a network will
# fit wrong labels as happily as right ones.

# %% id="data-look-claims"
claim("1,797", len(digits.x), "images")

# %% id="data-look"
figure = images.image_grid(
    digits.x[:20].reshape(-1, 8, 8),
    titles=[str(label) for label in digits.y[:20]],
    columns=10,
    title="The first twenty images and their labels",
)
style.show(
    figure,
    alt="Twenty greyscale images of handwritten digits, 8 by 8 pixels each, in two rows of ten. Above each stands its "
    "label; the labels run from 0 to 9 twice, and the shapes match them.",
)

# %% [markdown] id="data-look-reading"
# *Reading*: at 8 x 8 pixels you can still name most digits, so a network has a fair chance.
#
# ### Three parts
#
# The network learns from the **training** part. The **validation** part is for decisions: which rate, when to stop. The
# **test** part answers one question, once, at the end: how well does the network do on data that no decision has seen? The
# usual shares `0.70`, `0.15` and `0.15` give 7,000, 1,500 and 1,500 of `10_000` samples. The split is **stratified**: each class is cut
# in these shares, so that no part misses a digit. It is made of row numbers, so that images and labels are cut alike.
#
# {exercise: stratified_split}

# %% id="split"
from course_lib.numpy_nn.data import Standardizer, split_indices

ten_thousand = split_indices(np.arange(10_000) % 10, seed=0, fractions=(0.70, 0.15, 0.15))

# %% id="split-claims"
claim("7,000", len(ten_thousand.train), "training samples of 10,000")
claim("1,500", len(ten_thousand.validation), "validation samples, and as many test samples")

# %% id="split-then"
split = split_indices(digits.y, seed=0)
together = np.concatenate([split.train, split.validation, split.test])
assert np.array_equal(np.sort(together), np.arange(len(digits.y))), "every row is in exactly one part"
for name in ("train", "validation", "test"):
    rows = getattr(split, name)
    print(f"{name:<10} {len(rows):>5} rows, of each digit {np.bincount(digits.y[rows])}")

# %% [markdown] id="standardize"
# ### One scale
#
# Some pixels are dark in nearly every image, others in few. **Standardizing** brings every feature to mean 0 and standard
# deviation 1: `(x - mean) / std`, one mean and one deviation *per feature*. Both are **measured on the training part only**
# and then used for all parts, because the test part stands for data that you do not have yet. A pixel that is the same in
# every training image has deviation 0. It is centred and not divided.
#
# {exercise: standardize}

# %% id="standardize-run"
standardizer = Standardizer.fit(digits.x[split.train])
x = standardizer.transform(digits.x)  # (1797, 64)
x_train, y_train = x[split.train], digits.y[split.train]
validation = x[split.validation], digits.y[split.validation]
test = x[split.test], digits.y[split.test]

constant = digits.x[split.train].std(axis=0) == 0
assert np.allclose(x_train.mean(axis=0), 0, atol=1e-5)
assert np.allclose(x_train.std(axis=0)[~constant], 1, atol=1e-4)
print(f"{constant.sum()} of {len(constant)} pixels are constant in the training part")
typical = np.median(np.abs(x[split.test].mean(axis=0)))
print(f"typical mean of a pixel in the test part: {typical:.2f} (near 0, not 0)")

# %% [markdown] id="leak"
# ### How much does a leak matter?
#
# Many texts, our source among them, standardize first and split afterwards. The test part then has a say in the mean and
# the deviation: information **leaks**. Measure before you judge. The classifier is the simplest there is: it gives an image the
# label of its **nearest neighbour** in the training part.


# %% id="leak-nearest"
def neighbour_accuracy(x, y, split):
    train, test = x[split.train], x[split.test]
    # |a - b|^2 = |a|^2 - 2 a.b + |b|^2, and |a|^2 does not matter for which b is nearest
    nearest = ((train**2).sum(axis=1) - 2 * test @ train.T).argmin(axis=1)  # (test, train) -> (test,)
    return np.mean(y[split.train][nearest] == y[split.test])


# %% id="leak-order"
def accuracy_with(fitted_on, part):
    return neighbour_accuracy(Standardizer.fit(fitted_on).transform(digits.x), digits.y, part)


parts = [split_indices(digits.y, seed=seed) for seed in range(10)]
before = [accuracy_with(digits.x, part) for part in parts]  # standardized before the split: a leak
after = [accuracy_with(digits.x[part.train], part) for part in parts]
change = paired_comparison(before, after).interval

# %% id="leak-order-claims"
claim(
    "< 0.006",
    max(-change.low, change.high),
    "what the leak may change in the accuracy, 95 % interval of ten splits",
)
claim("1,258", len(split.train), "images in the training part")

# %% [markdown] id="leak-predict"
# Here the leak changes next to nothing: the mean of 1,258 images is nearly the mean of all of them. It would be a mistake
# to conclude that leaks are harmless. Now 200 images get **random labels**, so that there is nothing to learn, and one in ten
# is the best honest accuracy. Each image is stored five times, with a little noise, as in data augmentation. Then we split.

# %% id="leak-predict-widget" tags=["nbval-ignore-output"]
predict("01-leak")

# %% id="leak-copies"
rng = np.random.default_rng(0)
rows = rng.choice(len(x), 200, replace=False)
random_labels = np.repeat(rng.integers(0, 10, 200), 5)
copies = np.repeat(x[rows], 5, axis=0) + 0.3 * rng.standard_normal((1000, 64))
source_image = np.repeat(np.arange(200), 5)

# %% id="leak-found" tags=["results"]
at_random = split_indices(random_labels, seed=0)
by_image = split_indices(random_labels, seed=0, groups=source_image)
leaky = neighbour_accuracy(copies, random_labels, at_random)
honest = neighbour_accuracy(copies, random_labels, by_image)
claim("> 0.95", leaky, "accuracy on random labels when copies of one image lie in different parts")
claim("< 0.3", honest, "accuracy on the 30 test images when all copies of an image stay together")

# %% id="leak-found-outcome"
outcome("01-leak")

# %% [markdown] id="leak-lesson"
# Nearly every random label is "predicted": the test copy finds its sister in the training part. So the order of two lines of
# code matters little. What matters is whether **one test sample can be recognised from a training sample**. Split first. Split
# by *group* (patient, writer, document) where samples come in groups. Augment only the training part. A published result that is
# audited later in the course has made this mistake.
#
# ## 2 Count before you train
#
# An **epoch** is one pass in which every training sample is used exactly once. A **batch** is a handful of samples that are
# processed together. Each batch gives one update, an **iteration**. The order is shuffled anew for every epoch.
#
# {exercise: batch_rows}

# %% id="count"
from course_lib.numpy_nn.data import batches, batches_per_epoch

sizes = [len(rows) for rows in batches(1_000, 32, seed=0, epoch=1)]

# %% id="count-claims"
claim("32", len(sizes), "batches of 1,000 samples in batches of 32")
claim("8", sizes[-1], "samples in the last batch")
claim("31", batches_per_epoch(1_000, 32, drop_last=True), "batches when the incomplete one is dropped")
claim("5,000", 50 * batches_per_epoch(10_000, 100), "iterations: 10,000 samples, batches of 100, 50 epochs")

# %% id="count-then"
first, second = (np.concatenate(list(batches(1_000, 32, seed=0, epoch=e))) for e in (1, 2))
assert np.array_equal(np.sort(first), np.arange(1_000)), "an epoch uses every sample once"
assert not np.array_equal(first, second), "the next epoch uses another order"

# %% [markdown] id="count-mean"
# Our source calls `1_000` / 32 = 31.25 "about 32". The number of batches is the quotient *rounded up*, and the small last batch
# has a consequence: the **mean of batch means is not the mean over samples**. A sample in the last batch counts four times as
# much as the others. So every loss in this course is a sum *and* a count; both are added up over the batches, and the division
# is done once.
#
# {exercise: mean_of_means}

# %% id="count-mean-run"
quoted("31.25", report="theory")
sample_losses = np.where(np.arange(1_000) < 992, 1.0, 3.0)  # the last eight samples are harder
pieces = np.split(sample_losses, range(32, 1_000, 32))
mean_of_means = np.mean([piece.mean() for piece in pieces])
claim("4", sizes[0] / sizes[-1], "the weight of a sample of the last batch in the mean of means")
claim("1.016", sum(p.sum() for p in pieces) / sum(map(len, pieces)), "sum over count: the mean loss")
claim("1.0625", mean_of_means, "mean of batch means: wrong")

# %% [markdown] id="small"
# ## 3 One weight, with pencil and paper
#
# Before the network that reads digits, take the smallest one there is. One input $x = 2$, one weight $w = 0.5$, one bias
# $b = 1$. The network multiplies, adds, and replaces a negative result by 0; this last operation is called **ReLU**. The output
# should be 3, and the loss is the square of what is missing. The figure is a **computation graph**: every box takes what the
# arrows bring, and hands on one number. Follow the blue numbers from left to right.

# %% id="small-figure"
style.show(
    diagrams.one_weight(),
    alt="A computation graph. Forward: x is 2 and w is 0.5, their product is 1; with b, which is 1, the sum is 2; the "
    "maximum with 0 is 2; the squared distance to 3 is 1. Backward, from right to left: 1 at the loss, -2 at the "
    "maximum, at the sum and at b, -2 at the product, and -4 at w.",
)

# %% [markdown] id="small-reading"
# *Reading*: the orange numbers are read from right to left. Each answers one question: **if this number grew by a little, by how
# many times as much would the loss grow?** This is the **gradient** of the loss with respect to that number.
#
# - At the loss itself the answer is 1.
# - The square of $(h - 3)$ grows by $2(h - 3)$ times as much as $h$. Here that is $-2$: a larger $h$ would make the loss smaller.
# - $\max(0, \cdot)$ hands the gradient on where its input is positive. Where it is negative it hands on 0.
# - A sum hands the gradient on to everything that is added, unchanged. So the bias gets $-2$.
# - A product hands it on *times the other factor*. So the weight gets $-2 \cdot x = -4$.
#
# That is the whole of backward. Every network in this course is made of such boxes. Do not believe it, try it: make $w$ larger by
# `0.01`. The loss should fall by about $4 \cdot 0.01$.


# %% id="small-run"
def small_loss(w, b, x=2.0, target=3.0):
    return (max(0.0, w * x + b) - target) ** 2


change = small_loss(0.51, 1.0) - small_loss(0.5, 1.0)
print(f"the loss changes by {change:.4f}, which is {change / 0.01:.2f} times the change of w")
print(f"up and down by a millionth: {(small_loss(0.5 + 1e-6, 1) - small_loss(0.5 - 1e-6, 1)) / 2e-6:.4f}")

# %% [markdown] id="small-update"
# Now the update. Both gradients are negative, so both parameters should grow. We move against the gradient, by the learning rate
# times the gradient. Take the rate `0.1`: what will the loss be after this one step? It was 1.

# %% id="small-predict" tags=["nbval-ignore-output"]
predict("01-small-step")

# %% id="small-step"
w, b = 0.5 - 0.1 * -4, 1.0 - 0.1 * -2
print(f"w = {w:.1f}, b = {b:.1f}: the loss is {small_loss(w, b):.3f}")

# %% id="small-step-outcome"
assert abs(small_loss(w, b)) < 1e-12
outcome("01-small-step")

# %% [markdown] id="small-after"
# One step, and the loss is 0. With another rate it would not be: twice the rate jumps over the target and lands just as far
# on its other side. Section 7 asks what decides this.
#
# ## 4 Forward: from pixels to a loss
#
# Now the network that reads digits. It does the same with many numbers at once: there are 64 pixels in place of one input, 32
# units in place of one, and 10 outputs, one for each digit. With $n$ samples:
#
# $$h = \max(0,\; x W_1 + b_1) \qquad z = h W_2 + b_2$$
#
# where $x$ is $(n, 64)$, $W_1$ is $(64, 32)$, $h$ is $(n, 32)$, $W_2$ is $(32, 10)$ and the outputs $z$, called **logits**, are
# $(n, 10)$. The weights start as random numbers with variance 2 / inputs (lesson 02 shows what happens otherwise), the biases
# at 0.

# %% id="forward-figure"
style.show(
    diagrams.two_layers(),
    alt="A computation graph from left to right: x with shape (n, 64), the first layer with W1 and b1, shape (n, 32), the "
    "maximum with 0, the second layer with W2 and b2, shape (n, 10), softmax with cross-entropy, and the loss, one "
    "number. Dashed arrows lead back from the loss to both pairs of parameters; each gradient has the shape of its value.",
)

# %% [markdown] id="forward-reading"
# *Reading*: the same boxes as before, with arrays in place of numbers. A gradient always has the shape of the value that it
# belongs to; this alone finds many mistakes.

# %% id="forward-run"
from course_lib.numpy_nn.initializers import he_normal

rng = np.random.default_rng(0)
w1, b1 = he_normal((64, 32), rng, np.float64), np.zeros(32)
w2, b2 = he_normal((32, 10), rng, np.float64), np.zeros(10)


def forward(x):
    hidden = np.maximum(x @ w1 + b1, 0)  # (n, 32)
    return hidden, hidden @ w2 + b2  # (n, 32), (n, 10)


batch = np.arange(32)
hidden, logits = forward(x_train[batch])
print("hidden", hidden.shape, "logits", logits.shape)

# %% [markdown] id="loss"
# Logits are any numbers. **Softmax** turns a row of them into probabilities, $p_j = e^{z_j} / \sum_i e^{z_i}$. The
# **cross-entropy** of a sample is $-\log p_y$ for its right class $y$: it is 0 when the network is certain and right, and has no
# upper bound when it is certain and wrong. A network that knows nothing gives every class 1/10, and its loss is
# $\log 10$ = 2.303 (with the natural logarithm, so the unit is the **nat**). Keep this number: any classifier of ten classes that
# knows nothing has this loss. Random weights often start above it, because they are wrong with some confidence.
#
# {exercise: softmax_cross_entropy}

# %% id="loss-source"
from course_lib.by_hand.first_step import softmax_cross_entropy

# %% id="loss-source-claims"
claim("2.303", np.log(10), "the loss of giving each of ten classes the same probability")
total, count, logit_gradient = softmax_cross_entropy(np.zeros((5, 10)), np.arange(5))
claim("2.303", total / count, "the same from the function")

# %% id="loss-source-then"
show_source(softmax_cross_entropy)

# %% [markdown] id="loss-shift"
# Why is the maximum of a row subtracted? In the mathematics this changes nothing. In floating point, `exp(1000)` is infinite, and
# infinity divided by infinity is *not a number*.

# %% id="loss-shift-run"
large = np.array([[1000.0, 0.0]])
with np.errstate(over="ignore", invalid="ignore"):
    naive = np.exp(large) / np.exp(large).sum()
total, _, _ = softmax_cross_entropy(large, np.array([1]))
print("naive softmax:", naive[0], "  shifted, loss of the wrong class:", total)
assert np.isnan(naive[0, 0])

# %% id="loss-shift-run-claims"
claim("1000", total, "the loss of a logit that is 1000 too small")

# %% [markdown] id="backward"
# ## 5 Backward: the same rules, layer by layer
#
# Start at the loss and walk back along the orange arrows. Softmax and cross-entropy together have a derivative that you can read
# aloud: *probability minus truth*. Here $\text{one-hot}(y)$ is 1 for the right class and 0 for the others:
#
# $$\frac{\partial L}{\partial z} = \frac{1}{n}\,(p - \text{one-hot}(y)).$$
#
# A linear layer $z = hW + b$ is a product and a sum. So the rules of section 3 apply: the product hands its gradient $g$ on times
# the other factor, the sum hands it on as it is. Each weight is used by every sample, so what comes back from the samples is
# added up. You can rebuild each formula from the shapes alone:
#
# $$\frac{\partial L}{\partial W} = h^\top g \qquad
#   \frac{\partial L}{\partial b} = \textstyle\sum_{\text{samples}} g \qquad
#   \frac{\partial L}{\partial h} = g\,W^\top$$
#
# And $\max(0, \cdot)$ lets the gradient through where its output was positive.
#
# {exercise: linear_backward}

# %% id="backward-run"
from course_lib.by_hand.first_step import linear_backward, relu_backward


def loss_and_gradients(x, labels):
    hidden, logits = forward(x)  # 1. forward
    total, count, g = softmax_cross_entropy(logits, labels)  # 2. loss
    g_hidden, g_w2, g_b2 = linear_backward(hidden, w2, g)  # 3. backward, from the loss to the pixels
    _, g_w1, g_b1 = linear_backward(x, w1, relu_backward(hidden, g_hidden))
    return total / count, (g_w1, g_b1, g_w2, g_b2)


loss, gradients = loss_and_gradients(x_train[batch], y_train[batch])
print(f"loss {loss:.3f};  shapes {[g.shape for g in gradients]}")
show_source(linear_backward)

# %% [markdown] id="check-gradient"
# ### Do not believe a gradient, check it
#
# The definition of the derivative needs no chain rule. Push one weight up by a little, then down, and see what the loss
# does, as you did in section 3. If the lines above are right, the two agree for every weight. This needs numbers in
# double precision: the loss changes in its sixth decimal, and several digits of that change must be right.
#
# {exercise: layer_passes}

# %% id="check-gradient-run"
from course_lib.numpy_nn.gradcheck import numerical_gradient, relative_error


def batch_loss():
    return loss_and_gradients(x_train[batch], y_train[batch])[0]


# %% id="check-gradient-run-claims"
for name, weights, gradient in zip(("w1", "b1", "w2", "b2"), (w1, b1, w2, b2), gradients, strict=True):
    numerical = numerical_gradient(batch_loss, weights)
    claim("< 1e-6", relative_error(gradient, numerical), f"relative error of the whole gradient of {name}")

# %% id="check-gradient-run-then"
show_source(numerical_gradient)

# %% [markdown] id="update"
# ## 6 Update, and again
#
# The gradient points uphill, so the parameters move against it, by the **learning rate** $\eta$ times the gradient:
# $\theta \leftarrow \theta - \eta\,\nabla L$. That is all. Here are three steps. Below them are the same three steps in
# PyTorch, whose `backward()` finds the gradients by itself. If both are right, all 2,410 parameters agree.
#
# {exercise: order_training_step}
#
# {exercise: training_step}

# %% id="update-run"
import torch

# %% id="update-run-claims"
claim("2,410", w1.size + b1.size + w2.size + b2.size, "parameters of the network 64-32-10")

# %% id="update-run-then"
theirs = [torch.tensor(p, requires_grad=True) for p in (w1, b1, w2, b2)]
for step in range(3):
    rows = np.arange(32) + 32 * step
    loss, gradients = loss_and_gradients(x_train[rows], y_train[rows])
    for parameter, gradient in zip((w1, b1, w2, b2), gradients, strict=True):
        parameter -= 0.1 * gradient  # 4. update, in place

# %% id="update-torch"
optimizer = torch.optim.SGD(theirs, lr=0.1)
for step in range(3):
    rows = np.arange(32) + 32 * step
    tw1, tb1, tw2, tb2 = theirs
    h = torch.relu(torch.tensor(x_train[rows], dtype=torch.float64) @ tw1 + tb1)  # 1. forward
    torch_loss = torch.nn.functional.cross_entropy(h @ tw2 + tb2, torch.tensor(y_train[rows]))  # 2. loss
    optimizer.zero_grad()  # torch adds gradients up; without this line step 2 would use those of step 1 as well
    torch_loss.backward()  # 3. backward
    optimizer.step()  # 4. update

differences = [abs(t.detach().numpy() - p).max() for t, p in zip(theirs, (w1, b1, w2, b2), strict=True)]
claim("< 1e-12", max(differences), "largest difference of any parameter after three steps")

# %% [markdown] id="halfway" tags=["halfway"]
# You have written a training step, and another implementation agrees with it in every parameter. The second half asks how large
# a step may be, why data come in batches, and how to read what a training tells you.

# %% [markdown] id="rate"
# ## 7 How large may a step be?
#
# In section 3 one step of rate `0.1` brought the loss from 1 to 0, by luck. Was it luck? Near a minimum, a smooth loss looks like
# a bowl. So study the simplest bowl: $f(\theta) = \tfrac12 \lambda\,\theta^2$. Its gradient is $\lambda\theta$, and $\lambda$ is its
# **curvature**: how fast the slope changes. One step multiplies $\theta$ by a fixed number:
#
# $$\theta \leftarrow \theta - \eta\lambda\theta = (1 - \eta\lambda)\,\theta.$$
#
# At $\eta = 1/\lambda$ that number is 0, and one step is enough. Below that, $\theta$ shrinks and keeps its sign. Above it, $\theta$
# changes its sign at every step and still shrinks, up to $\eta = 2/\lambda$. From there on it grows. With several directions of
# different curvature there is **one** rate for all of them: the steepest direction sets the limit $2/\lambda_{\max}$, and the
# flattest decides how long it takes. Move the slider. At which rate does the path begin to zigzag, and at which does it leave?

# %% id="rate-draw"
from course_lib.teaching.widgets import explore

curvature = np.array([1.0, 10.0])  # so that the limit is 2 / 10


def descend(rate, steps=25):
    path = [np.array([-4.0, 1.0])]
    for _ in range(steps):
        path.append(path[-1] - rate * curvature * path[-1])  # theta - eta * gradient
    return np.array(path)


# %% id="rate-limit"
claim("0.2", 2 / curvature.max(), "no rate from here on converges in this bowl")
claim("0.1", 1 / curvature.max(), "where the zigzag begins")
assert np.abs(descend(0.19, 200)[-1]).max() < 1e-6
assert np.abs(descend(0.21, 200)[-1]).max() > 1e6

# %% id="rate-words"
FLAT, STEEP = np.meshgrid(np.linspace(-4.6, 4.6, 80), np.linspace(-2.2, 2.2, 80))
BOWL = 0.5 * (curvature[0] * FLAT**2 + curvature[1] * STEEP**2)


def describe(rate):
    flat, steep = 1 - rate * curvature
    fate = "the path converges" if abs(steep) < 1 else "the path diverges"
    swings = " and changes sides" if steep < 0 else ""
    return (
        f"At rate {rate:.3f} a step multiplies the flat direction by {flat:+.2f} and the steep one by {steep:+.2f}"
        f"{swings}: {fate}."
    )


# %% id="rate-figure"
def draw(rate):
    path = descend(rate)
    figure, (left, right) = style.canvas(1, 2, width=9, height=3.4)
    left.contour(FLAT, STEEP, BOWL, levels=12, colors="0.75", linewidths=0.8)
    left.plot(*path.T, "o-", color=style.PALETTE[0], markersize=4, linewidth=1.2)
    left.set(xlim=(-4.6, 4.6), ylim=(-2.2, 2.2), xlabel="flat direction", ylabel="steep direction")
    left.set_title(f"Rate {rate:.3f} (limit {2 / curvature.max():.1f})")
    for k, name in enumerate(("flat", "steep")):
        curves.line(
            right, np.arange(len(path)), np.maximum(np.abs(path[:, k]), 1e-300), label=name, index=k
        )
    right.set(yscale="log", ylim=(1e-6, 1e3), xlabel="step", ylabel="distance to the minimum")
    right.set_title("Distance in each direction")
    curves.legend(right)
    return figure, describe(rate)


# %% id="rate-widget" tags=["nbval-ignore-output"]
import ipywidgets as widgets

slider = widgets.FloatSlider(value=0.05, min=0.005, max=0.215, step=0.005, description="rate")
slider.readout_format = ".3f"
explore(draw, rate=slider)

# %% [markdown] id="rate-static"
# The same for readers without a running kernel: three rates.

# %% id="rate-strip"
for rate in (0.02, 0.17, 0.21):
    figure, sentence = draw(rate)
    style.show(
        figure,
        alt=f"Contours of an elongated bowl with the path of gradient descent; distances. {sentence}",
    )

# %% [markdown] id="rate-reading"
# *Reading*: at `0.02` both directions shrink, and the flat one is slow. At `0.17` the steep one changes sides at every step
# and still shrinks. At `0.21` it grows. The zigzag begins at $1/\lambda_{\max}$ = 0.1, where $1 - \eta\lambda$ turns negative.
# So it was no luck in section 3: along the step that was made there the loss is a bowl of curvature 10, and the rate was one tenth.
#
# ### Where curvature comes from
#
# Take one weight again, and the loss $\tfrac12(wx - y)^2$. Its gradient is $x\,(wx - y)$. When $w$ grows by 1, the gradient grows by
# $x^2$: that is the curvature. With many samples it is the **mean square of the input**. So the data decide how large a step may
# be. Halve the input, and the curvature falls to a quarter.
#
# With 64 weights, the inputs that are large together add up. Raw pixels are never negative. A step that makes all weights
# larger therefore changes the output for every image in the same sense, and all pixels contribute. No other direction is nearly
# as steep. The rate must respect this one direction, and in all others the training crawls. Smaller pixels do not help,
# because all curvatures shrink together. **Subtracting the mean** helps: the bright pixels of one image and the dark ones
# of another then cancel. This is the line that "Try first" asked for: `return pixels - pixels.mean(axis=0)`.

# %% id="rate-ratio-run"
claim(
    "> 0.15",
    best_calm(digits.x / 16, 256 * rates[::2]),
    "pixels from 0 to 1, rates scaled alike: no better",
)
centred = digits.x - digits.x.mean(axis=0)
claim("< 0.05", best_calm(centred, rates[::2]), "pixels centred, nothing else: the task is solved")
calm = fifty_steps(x, digits.y, rate=2.0)
claim("< 0.1", calm[-1], "and with standardized pixels at rate 2, too")
assert max(calm) == calm[0], "without ever rising above its start"

# %% id="rate-inputs-claims"
bright, halved = np.mean(digits.x**2, axis=0).sum(), np.mean((digits.x / 2) ** 2, axis=0).sum()
claim(
    "4",
    bright / halved,
    "how many times the curvature of a linear model shrinks when its inputs are halved",
)

# %% [markdown] id="rate-refuted"
# **You may think** that there is a best range of rates, "0.001 to 0.01", and that 1.0 is unstable and may diverge; our source
# says so. **In fact** a rate has no meaning without the curvature that it meets. **Here is the run**: on the same images, rate
# 1.0 multiplies the loss by more than a hundred on raw pixels, and never lets it rise on standardized ones.

# %% id="rate-refuted-numbers"
quoted("0.001-0.01", report="theory")
quoted("1.0", report="theory")
wild, tame = fifty_steps(digits.x, digits.y, rate=1.0), fifty_steps(x, digits.y, rate=1.0)
claim("> 100", max(wild) / wild[0], "how many times the loss is multiplied at rate 1.0 on raw pixels")
claim("1.000", max(tame) / tame[0], "the same on standardized pixels: it never rises")

# %% [markdown] id="rate-digits" tags=["deeper"]
# ### Deeper: the limit in numbers, with Hessians
#
# For several parameters, the second derivatives form a matrix, the **Hessian**. Its eigenvalues are the curvatures in its
# directions. A linear model with squared error *is* a bowl, so the rule must be exact there. The diabetes data have 10 features and
# a bias. The Hessian of the mean squared error is $\tfrac2n X^\top X$, and its largest eigenvalue is $\lambda_{\max}$. We take `0.99`
# and `1.01` of $2/\lambda_{\max}$. (No accuracy on new patients is claimed here, so all rows may be used.)

# %% id="rate-real"
diabetes = load_diabetes()
features = Standardizer.fit(diabetes.x).transform(diabetes.x).astype(np.float64)
X = np.hstack([features, np.ones((len(features), 1))])
target = (diabetes.y - diabetes.y.mean()) / diabetes.y.std()
limit = 2 / np.linalg.eigvalsh(2 / len(X) * X.T @ X).max()


# %% id="rate-real-run"
def final_loss(rate, steps=1_000):
    theta = np.zeros((X.shape[1], 1))
    for _ in range(steps):
        theta -= rate * 2 / len(X) * X.T @ (X @ theta - target)
    return float(np.mean((X @ theta - target) ** 2))


# %% id="rate-real-run-claims" tags=["results"]
claim(
    "0.482",
    final_loss(0.99 * limit),
    "squared error after 1,000 steps at 0.99 of the limit (knowing nothing: 1)",
)
least = np.linalg.lstsq(X, target, rcond=None)[0]
claim("0.482", np.mean((X @ least - target) ** 2), "the least that any linear formula reaches")
claim("> 1e6", final_loss(1.01 * limit), "squared error after 1,000 steps at 1.01 of the limit")

# %% [markdown] id="rate-digits-text"
# For the linear classifier of "Try first", the curvature at the start is known in closed form. All probabilities are 1/10
# there, and the Hessian is $\tfrac1{10}(I-\tfrac1{10}\mathbf 1\mathbf 1^\top)\otimes\tfrac1n X^\top X$, with the bias as a
# column of ones in $X$. The first factor has the eigenvalues 1/10 and 0, so $\lambda_{\max}$ is a tenth of the largest
# eigenvalue of $\tfrac1nX^\top X$.


# %% id="rate-digits-run"
def curvatures(x):
    with_bias = np.hstack([x, np.ones((len(x), 1))]).astype(np.float64)
    return np.linalg.eigvalsh(with_bias.T @ with_bias / len(x)) / 10  # rising


raw, standardized = curvatures(digits.x), curvatures(x)

# %% id="rate-digits-run-claims" tags=["results"]
claim("0.0075", 2 / raw[-1], "limit at the start on raw pixels")
claim("2.7", 2 / standardized[-1], "limit at the start on standardized pixels")
claim("15", raw[-1] / raw[-2], "steepest over second steepest direction, raw pixels")
claim("< 2", standardized[-1] / standardized[-2], "the same on standardized pixels")

# %% [markdown] id="rate-ratio"
# The steepest direction on raw pixels is the *mean image*. It is 15 times as steep as the next one. On standardized pixels the
# two steepest directions are nearly alike.
#
# How good is the limit as a forecast? It belongs to the bowl that touches the loss at its start, and the loss is no bowl. On
# raw pixels it is right within a factor of about three. On standardized pixels six times as much is still calm, because the
# curvature of a cross-entropy falls as soon as the classifier becomes certain. Below the limit you are safe here. Above it you
# need not fail.

# %% id="rate-safe-run"
at_limit = fifty_steps(digits.x, digits.y, 2 / raw[-1])
assert at_limit == sorted(at_limit, reverse=True), "at the limit the loss falls at every step"
beyond = fifty_steps(digits.x, digits.y, 3 * 2 / raw[-1])
claim("> 2.4", max(beyond), "raw pixels at three times the limit: it rises above its start")
assert max(fifty_steps(x, digits.y, 6 * 2 / standardized[-1])) == at_limit[0], (
    "standardized: calm at six times"
)

# %% [markdown] id="batches"
# ## 8 Why batches?
#
# There are three reasons. **Noise**, which we measure: the gradient of a batch is an estimate of the gradient over all data, and
# its variance should fall as 1/b. **Memory**, which we count: what backward needs grows with the batch. **Speed**, which we
# time: one product of large matrices is faster than many of small ones.

# %% id="batches-noise"
from course_lib.numpy_nn import losses as nn_losses
from course_lib.numpy_nn.network import mlp

model = mlp([64, 32, 10], rng=np.random.default_rng(0))


def batch_gradient(rows):
    _, g = nn_losses.softmax_cross_entropy(model.forward(x_train[rows]), y_train[rows])
    model.backward(g)
    return model.gradients.copy()


# %% id="batches-noise-run"
rng, batch_sizes = np.random.default_rng(0), [1, 2, 4, 8, 16, 32, 64, 128, 256]
exact = batch_gradient(np.arange(len(x_train)))
noise = [
    np.mean([np.sum((batch_gradient(rng.integers(0, len(x_train), b)) - exact) ** 2) for _ in range(500)])
    for b in batch_sizes
]
slope = np.polyfit(np.log(batch_sizes), np.log(noise), 1)[0]

# %% id="batches-noise-run-claims"
claim("between -1.1 and -0.9", slope, "slope of the noise over the batch size, both on a log scale")

# %% id="batches-exact"
one = np.mean([np.sum((batch_gradient(np.array([row])) - exact) ** 2) for row in range(len(x_train))])

# %% id="batches-exact-claims"
claim(
    "between 0.8 and 1.2",
    noise[3] * 8 / one,
    "measured noise at batch size 8, times 8, over that of one sample",
)

# %% id="batches-figure"
figure, axes = style.canvas(width=6.5, height=3.2)
curves.line(axes, batch_sizes, noise, label="measured, 500 batches each", index=0)
curves.line(axes, batch_sizes, one / np.array(batch_sizes), label="noise of one sample / b", index=1)
axes.set(xscale="log", yscale="log", xlabel="batch size b", ylabel="mean squared error of the gradient")
axes.set_title("The noise of a batch gradient falls as 1/b")
axes.legend()
style.show(
    figure,
    alt="Mean squared error of the batch gradient against batch sizes from 1 to 256, both on a log scale. From 4 on the "
    "measured points lie on the falling line 1/b; at 1 and 2 they scatter around it, since the gradients of single "
    "samples differ widely.",
)

# %% [markdown] id="batches-reading"
# *Reading*: four times the batch halves the standard deviation of the gradient and costs four times the arithmetic. (Whether
# the noise of small batches also helps a network to do better on new data is disputed. It was reported, and it was not found
# when every setting was tuned; see *Sources*.)
#
# Memory and time, for the network 784-128-64-10, the usual first network for images of 28 x 28 pixels:

# %% id="batches-cost" tags=["nbval-ignore-output"]
import time

sizes = [784, 128, 64, 10]
model = mlp(sizes, rng=np.random.default_rng(0))
for b in (1, 8, 32, 128, 512):
    data = np.ones((b, 784), np.float32)
    start = time.perf_counter()
    for _ in range(20):
        _, g = nn_losses.softmax_cross_entropy(model.forward(data), np.zeros(b, int))
        model.backward(g)
    microseconds = 1e6 * (time.perf_counter() - start) / (20 * b)
    kept = 4 * b * sum(sizes)  # bytes of the input and of what each layer gives, in float32
    print(f"batch {b:>4}: {microseconds:8.1f} microseconds a sample, {kept / 1024:8.1f} KiB of activations")

# %% [markdown] id="batches-memory"
# Batches bound the memory of the **activations**, which backward needs, and not that of the data: `x_train` was loaded whole. The
# time for a sample falls steeply at first, because more samples share the overhead of the calls.
#
# ## 9 The loop of the library
#
# `course_lib.numpy_nn.train.train_mlp` is the loop of section 6, with batches, evaluation and a history. Every NumPy lesson
# calls it. Find the four steps.

# %% id="loop-source"
from course_lib.numpy_nn.train import evaluate, train_mlp

show_source(train_mlp)

# %% [markdown] id="loop-count"
# A linear layer of $i$ inputs and $o$ outputs has $i \cdot o$ weights and $o$ biases. The network 784-128-64-10 has 109,386
# parameters. Count them by hand before you open the next cell.
#
# {exercise: count_parameters}

# %% id="loop-count-run"
by_hand = (784 * 128 + 128) + (128 * 64 + 64) + (64 * 10 + 10)
claim("109,386", by_hand, "parameters of 784-128-64-10, by hand")
claim(
    "109,386", mlp([784, 128, 64, 10], rng=np.random.default_rng(0)).parameters.size, "and in the library"
)

# %% [markdown] id="loop-modes"
# Some layers behave differently while they learn. **Dropout** drops values at random in training and passes everything on
# otherwise; batch normalization uses the statistics of the batch in training and stored ones otherwise. So a network has
# two modes, `training=True` and `False` here, `model.train()` and `model.eval()` in torch, and an evaluation in the wrong
# one measures a different network.

# %% id="loop-modes-run"
model = mlp([64, 32, 10], rng=np.random.default_rng(0), dropout=0.5)
first, second = model.forward(x_train[:5], training=True), model.forward(x_train[:5], training=True)
assert not np.array_equal(first, second), "two forward passes in training drop different values"
assert np.array_equal(model.forward(x_train[:5]), model.forward(x_train[:5])), "evaluation repeats itself"

norm = torch.nn.BatchNorm1d(64)
some, others = torch.tensor(x_train[:8]), torch.tensor(x_train[8:16])
in_training = norm(torch.cat([some, others]))[:8]
assert not torch.allclose(in_training, norm(some)), (
    "in training the output depends on the rest of the batch"
)
norm.eval()
assert torch.allclose(norm(torch.cat([some, others]))[:8], norm(some)), "in evaluation it does not"

# %% [markdown] id="loop-evaluate"
# An evaluation needs no gradients. NumPy computes none unless it is asked. PyTorch records every operation for a backward pass
# that never comes, which costs memory and time; inside `torch.no_grad()` it does not. And the mean is again a sum over a count,
# so that it does not depend on how the validation part is cut.

# %% id="loop-evaluate-run"
losses = [evaluate(model, validation, batch_size=size)["loss"] for size in (270, 100, 7)]
assert np.allclose(losses, losses[0], rtol=1e-5), "the same loss, however the validation part is cut"

linear = torch.nn.Linear(64, 10)
assert linear(torch.tensor(validation[0])).requires_grad, "recorded for a backward pass"
with torch.no_grad():
    assert not linear(torch.tensor(validation[0])).requires_grad, "not recorded"

# %% [markdown] id="loop-seeds"
# Now train: 64-64-64-10, batches of 32, fifteen epochs, with Adam (an optimizer that chooses a rate for each parameter;
# lesson 03). The result depends on the random numbers of the start and of the order, so one run is an anecdote. Five
# seeds make a **95 % interval**. The procedure that makes it covers the true mean in 95 of 100 repetitions. With **one** split it
# says something about the mean over seeds on these 269 test images, and about nothing else. So ten other splits are run as well.

# %% id="loop-seeds-run"
from course_lib.numpy_nn.optimizers import Adam


def train_digits(seed, epochs=15):
    model = mlp([64, 64, 64, 10], rng=np.random.default_rng(seed))
    history = train_mlp(
        model, (x_train, y_train), optimizer=Adam(1e-3), epochs=epochs, seed=seed, validation=validation
    )
    return model, history


# %% id="loop-seeds-results" tags=["nbval-ignore-output"]
trained = [train_digits(seed) for seed in range(5)]
accuracies = [evaluate(model, test)["accuracy"] for model, _ in trained]
interval = t_interval(accuracies)
print(f"test accuracy of five seeds {np.round(accuracies, 3)}")
print(f"mean {interval.mean:.3f}, 95 % interval {interval.low:.3f} to {interval.high:.3f}")


# %% id="loop-splits" tags=["nbval-ignore-output"]
def accuracy_on_split(seed):
    part = split_indices(digits.y, seed=seed)
    scaled = Standardizer.fit(digits.x[part.train]).transform(digits.x)
    model = mlp([64, 64, 64, 10], rng=np.random.default_rng(0))
    train_mlp(model, (scaled[part.train], digits.y[part.train]), optimizer=Adam(1e-3), epochs=15)
    return evaluate(model, (scaled[part.test], digits.y[part.test]))["accuracy"]


on_splits = [accuracy_on_split(seed) for seed in range(10)]
print(f"one seed, ten splits: {min(on_splits):.3f} to {max(on_splits):.3f}")

# %% id="loop-seeds-claim"
claim(">= 0.95", interval.low, "test accuracy of five seeds on this split, lower end of the 95 % interval")
claim(">= 0.95", np.mean(on_splits), "mean test accuracy over ten splits", seeds=on_splits)
claim("95 %", 100 * interval.level, "level of the interval")
claim("269", len(split.test), "test images")
last = trained[0][1].rows[-1]
assert last["split"] == "val"
assert set(last) >= {"epoch", "step", "loss", "accuracy"}
claim("600", last["step"], "iterations: 40 batches in each of 15 epochs")

# %% [markdown] id="curves"
# ## 10 Reading learning curves
#
# Two curves tell most of what went on: the loss on the training part and the loss on the validation part, per epoch. We
# make four kinds on purpose: a sensible run; a large network on 150 images (**overfitting**: it learns the training images,
# not the task); a network of one hidden unit (**underfitting**: it cannot express the task); and a run that was stopped too
# early.
#
# {exercise: read_learning_curves}

# %% id="curves-run"
from course_lib.core.diagnosis import diagnose_curves
from course_lib.numpy_nn.optimizers import SGD

RUNS = {  # name: (sizes, optimizer, epochs, training images)
    "sensible": ([64, 64, 10], Adam(1e-3), 15, 1258),
    "large, 150 images": ([64, 256, 256, 10], Adam(3e-3), 60, 150),
    "one hidden unit": ([64, 1, 10], Adam(3e-3), 40, 1258),
    "stopped early": ([64, 64, 10], SGD(3e-3), 15, 1258),
}

# %% id="curves-train"
histories = {}
for name, (sizes, optimizer, epochs, count) in RUNS.items():
    model = mlp(sizes, rng=np.random.default_rng(1))
    part = x_train[:count], y_train[:count]
    settings = {"optimizer": optimizer, "epochs": epochs, "seed": 1, "validation": validation}
    histories[name] = train_mlp(model, part, **settings)

# %% id="curves-figure"
figure, axes = style.canvas(1, 4, width=11, height=3, sharey=True)
for axis, (name, history) in zip(axes, histories.items(), strict=True):
    curves.learning_curves(axis, history)
    axis.set_title(name)
    axis.axhline(np.log(10), color="0.5", linewidth=1, linestyle=":")
axes[0].set_ylim(0, 2.6)
style.show(
    figure,
    alt="Four pairs of learning curves, training and validation loss per epoch; a dotted line marks the loss of knowing "
    "nothing. Sensible: training ends below 0.1, validation near 0.2. Large network on 150 images: training reaches zero "
    "within five epochs, validation stays near one. One hidden unit: both fall ever more slowly and end near 1.7. "
    "Stopped early: both still fall steeply when the run ends, near 1.",
)

# %% [markdown] id="curves-reading"
# *Reading*: compare the end of each curve with the dotted line (knowing nothing), the two curves with each other (the
# **gap**), and how much the training loss still falls within the last fifth (the **slope**). That is a rule, and a rule can
# be run:

# %% id="curves-rule"
for name, history in histories.items():
    _, train_loss = history.series("train", "loss")
    _, val_loss = history.series("val", "loss")
    print(f"{name:<18} {diagnose_curves(train_loss, val_loss, knowing_nothing=np.log(10)).verdict}")

# %% [markdown] id="curves-rule-source"
# Two cautions. A rising validation *loss* does not prove that the network gets worse at its task: it may only become too
# certain, while its accuracy still improves (lesson 06 shows such a run). And the training curve here is the mean over an
# epoch in which the network changes, so in the first epochs it may lie above the validation curve.

# %% id="curves-source"
show_source(diagnose_curves)

# %% [markdown] id="misconception"
# ## 11 One line of backward is wrong
#
# Here is a ReLU whose backward forgets the mask: it passes the gradient through units that were off. Everything else is
# as before.

# %% id="misconception-predict" tags=["nbval-ignore-output"]
predict("01-forgetful")

# %% id="misconception-run"
from course_lib.numpy_nn.gradcheck import check_layer
from course_lib.numpy_nn.layers import ReLU


class ForgetfulReLU(ReLU):
    def backward(self, gradient):
        return gradient  # the planted fault


# %% id="misconception-train" tags=["results"]
model = mlp([64, 64, 64, 10], rng=np.random.default_rng(0), activation=ForgetfulReLU)
history = train_mlp(model, (x_train, y_train), optimizer=Adam(1e-3), epochs=15, seed=0)
right = trained[0][1]  # the same network, data and seed with the right backward
claim("< 0.2", history.last("train", "loss"), "training loss with a wrong gradient")
claim("> 1.5", history.last("train", "loss") / right.last("train", "loss"), "times that with the right one")
claim("> 0.9", evaluate(model, validation)["accuracy"], "its validation accuracy")

# %% id="misconception-train-outcome"
outcome("01-forgetful")

# %% [markdown] id="misconception-fact"
# **You may think** that a falling loss shows that the gradient is right. **In fact** it shows only that the steps point
# *somewhat* downhill. This network even passes for a good one. **Here is the run** that tells the two apart: the check of
# section 5, which the library has for any layer.

# %% id="misconception-check"
rng = np.random.default_rng(0)
probe = rng.standard_normal((6, 5))
claim("< 1e-6", check_layer(ReLU(), probe, rng=rng)["input"], "relative error of the right backward")
claim("> 0.1", check_layer(ForgetfulReLU(), probe, rng=rng)["input"], "relative error of the forgetful one")

# %% [markdown] id="broken"
# ### A broken run
#
# The training below does what a loop should: forward, loss, backward, update, two epochs of batches. Yet one thing is
# missing. The network, the rate and the data are fine. Read the code, read the curve, decide.

# %% id="broken-run"
by_label = np.argsort(y_train, kind="stable")  # the file happens to be sorted by digit
x_file, y_file = x_train[by_label], y_train[by_label]


def two_epochs(batches_of, seed):
    model, optimizer, batch_losses = mlp([64, 64, 10], rng=np.random.default_rng(seed)), SGD(0.1), []
    for epoch in range(2):
        for rows in batches_of(epoch):
            value, g = nn_losses.softmax_cross_entropy(model.forward(x_file[rows]), y_file[rows])
            model.backward(g)
            optimizer.step(model.parameters, model.gradients)
            batch_losses.append(value.mean)
    return evaluate(model, validation)["accuracy"], batch_losses


# %% id="broken-batches"
def batches_of_the_broken_run(epoch):
    return [np.arange(start, min(start + 8, len(x_file))) for start in range(0, len(x_file), 8)]


_, batch_losses = two_epochs(batches_of_the_broken_run, seed=0)

# %% id="broken-figure"
figure, axes = style.canvas(width=8, height=3)
axes.plot(batch_losses, color=style.PALETTE[0], linewidth=1.2)
axes.set(xlabel="iteration (158 an epoch)", ylabel="loss (nats)")
axes.set_title("A broken run: what is missing?")
style.show(
    figure,
    alt="Loss of each batch over 316 iterations. It is near zero most of the time and jumps up about ten times in each "
    "epoch, at regular distances; in the second epoch the jumps are lower and less regular.",
)

# %% [markdown] id="broken-reading"
# *Reading*: the loss is low for about 16 batches, then jumps, ten times an epoch.

# %% id="broken-predict" tags=["nbval-ignore-output"]
predict("01-broken")

# %% id="broken-answer" tags=["nbval-ignore-output"]
broken = [two_epochs(batches_of_the_broken_run, seed)[0] for seed in range(5)]
mended = [
    two_epochs(lambda epoch, seed=seed: batches(len(x_file), 8, seed=seed, epoch=epoch), seed)[0]
    for seed in range(5)
]
cost = paired_comparison(mended, broken).interval
print(
    f"validation accuracy that the missing line costs: {cost.mean:.2f}, 95 % {cost.low:.2f} to {cost.high:.2f}"
)

# %% id="broken-claim"
claim(
    "> 0.2",
    cost.low,
    "what the missing line costs after two epochs, lower end of the interval over five seeds",
)

# %% id="broken-claim-outcome"
outcome("01-broken")

# %% [markdown] id="recall"
# ## 12 Recall
#
# Answer without scrolling up. Retrieval is what makes it stay.

# %% id="recall-1" tags=["nbval-ignore-output"]
recall("01-last-batch")

# %% id="recall-2" tags=["nbval-ignore-output"]
recall("01-halved-pixels")

# %% id="recall-3" tags=["nbval-ignore-output"]
recall("01-linear-needs")

# %% id="recall-4" tags=["nbval-ignore-output"]
recall("01-log-classes")

# %% id="recall-5" tags=["nbval-ignore-output"]
recall("01-test-part")

# %% [markdown] id="recall-keys-why"
# The key of one of these questions is a number, so it is computed as well:

# %% id="recall-keys"
claim("4.605", np.log(100), "the loss of knowing nothing about 100 classes")

# %% [markdown] id="regression" tags=["deeper"]
# ## Deeper: values in place of classes
#
# A regression changes two things. The output is used as it is (no softmax), and the loss is the squared error. The loop stays.
# 442 patients, 10 measurements, and the progression of their diabetes a year later. Targets are standardized as well; in
# these units, a model that knows nothing but the mean has an error of about 1. A network is only worth its trouble when it
# beats something simple. So ordinary **linear regression** runs beside it on the same splits.

# %% id="regression-network"
from course_lib.core.stopping import EarlyStopping
from course_lib.numpy_nn.losses import squared_error


diabetes = load_diabetes()


def network_error(train, val, test, seed):
    model = mlp([10, 32, 1], rng=np.random.default_rng(seed))
    settings = {"optimizer": Adam(1e-3), "epochs": 100, "loss": squared_error, "seed": seed}
    # Training ends when the validation loss has not improved for ten epochs (lesson 06).
    train_mlp(model, train, validation=val, stopper=EarlyStopping(patience=10), **settings)
    return evaluate(model, test, squared_error)["loss"]


# %% id="regression-linear"
def linear_error(train, test):
    x_train, x_test = (np.hstack([x, np.ones((len(x), 1))]) for x, _ in (train, test))
    theta = np.linalg.lstsq(x_train, train[1], rcond=None)[0]
    return np.mean((x_test @ theta - test[1]) ** 2)


def errors_of_one_split(seed):
    part = split_indices(np.zeros(442), seed=seed, stratify=False)
    x = Standardizer.fit(diabetes.x[part.train]).transform(diabetes.x)
    y = Standardizer.fit(diabetes.y[part.train]).transform(diabetes.y)
    train, val, test = ((x[rows], y[rows]) for rows in (part.train, part.validation, part.test))
    return network_error(train, val, test, seed), linear_error(train, test), np.mean(test[1] ** 2)


# %% id="regression-run" tags=["nbval-ignore-output"]
network, linear, mean_only = np.array([errors_of_one_split(seed) for seed in range(10)]).T
versus_mean, versus_linear = paired_comparison(network, mean_only), paired_comparison(network, linear)
for name, errors in (("network", network), ("linear regression", linear), ("the mean", mean_only)):
    print(f"{name:<18} squared error on the test part {errors.mean():.3f} (mean of 10 splits)")
for name, pair in (("the mean", versus_mean), ("linear", versus_linear)):
    interval = pair.interval
    print(f"network minus {name:<9} {interval.mean:+.3f}, 95 % {interval.low:+.3f} to {interval.high:+.3f}")

# %% id="regression-claim" tags=["results"]
claim(
    "< -0.2",
    versus_mean.interval.high,
    "the network beats the mean: upper end of the interval of the difference",
)
claim("< 0.05", -versus_linear.interval.low, "the most that it gains over linear regression, if anything")

# %% [markdown] id="regression-reading"
# The network learns, and shows **no advantage** over a linear formula of eleven numbers: if it gains anything, it is less than
# 0.05. Ten splits need not tell whether it is *worse*; an interval that contains 0 never shows that two things are equal.
# Without the line of linear regression you would have reported a success.

# %% [markdown] id="full-size" tags=["deeper"]
# ## Deeper: the same on MNIST
#
# The classic version of this lesson is MNIST: many more digits, 28 x 28 pixels each, and the network 784-128-64-10. It is a
# download of about 12 MB, which this course never makes without being asked. Where the files are already in the course's
# data folder, the cell trains on `10_000` of them. Otherwise it says how to get them.

# %% id="full-size-run" tags=["nbval-ignore-output"]
from course_lib.training.data.mnist import load_mnist

try:
    mnist = load_mnist()
except FileNotFoundError as reason:
    print(reason)
else:
    rows = np.random.default_rng(0).choice(len(mnist.train_x), 10_000, replace=False)
    model = mlp([784, 128, 64, 10], rng=np.random.default_rng(0))
    train_mlp(model, (mnist.train_x[rows], mnist.train_y[rows]), optimizer=Adam(1e-3), epochs=5)
    print(evaluate(model, (mnist.test_x, mnist.test_y)))

# %% [markdown] id="next"
# ## Next
#
# The [exercise sheet](../exercises/01_training_loop.ipynb):
# you write the pieces of this lesson yourself, and each check tells you which mistake it sees. The last cell below reads what
# you have done so far.

# %% id="progress" tags=["nbval-ignore-output"]
from course_lib.teaching.learner.progress import show_progress

show_progress()

# %% [markdown] id="sources"
# ## Sources
#
# - Rumelhart, Hinton, Williams 1986, *Learning representations by back-propagating errors*: the backward pass.
# - LeCun, Bottou, Orr, Müller 1998, *Efficient BackProp*: standardizing the inputs, and the limit of the rate by the largest
#   eigenvalue.
# - Hastie, Tibshirani, Friedman, *The Elements of Statistical Learning*, section 7.10.2: the wrong and the right way to
#   cross-validate; Kapoor and Narayanan 2023: how often leaks are published.
# - Keskar et al. 2017 report that small batches generalise better; Shallue et al. 2019 do not find it when all is tuned.
# - Efron et al. 2004 (the diabetes data); Alpaydin and Kaynak 1998 (the digits).
