# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # Sheet 02: initialization
#
# To [lesson 02](../notebooks/02_initialization.ipynb). You count fans, predict which parameters learn from zeros, write
# initializers, read six starts on the instrument panel, and test initializers that somebody else wrote. Weights are
# `(inputs, outputs)`, as in `y = x @ weight`.

# %% [markdown] id="how-sheet" tags=["sheet"]
# Replace `raise NotImplementedError` or `...` by your answer, run the cell, then run the cell with `check` under it.
# `hint("he_normal")` gives one more hint each time; `start("orthogonal", "faded")` puts a version into a new cell in which
# only the central lines are missing. The [solutions](../solutions/02_initialization.ipynb) stand apart, each with the reason and the
# most common mistake. About 105 minutes.

# %% [markdown] id="how-solution" tags=["solution"]
# **The solutions.** Under every answer stand the reason why it is so and the most common mistake. Yours may look quite
# different and be right: the check compares what a function does, not how it is written.

# %% id="setup"
import math

import numpy as np

from course_lib.numpy_nn.initializers import Initializer
from course_lib.teaching.check import check, hint, start

# %% [markdown] id="fans-text" exercise="fan_in_and_out"
# Every rule of this sheet begins with two counts. **Fan-in** is the number of terms in the sum of one unit; **fan-out** is
# the number of sums in which one input takes part. The course stores `(inputs, outputs)`; torch stores `(outputs, inputs)`,
# and for a convolution `(outputs, inputs, height, width)`. Write the function for both.
#
# Example: the weight of a convolution from 3 to 16 maps with a kernel of 5 by 5 has the shape `(16, 3, 5, 5)` in torch; its
# fans are 75 and 400.

# %% id="fans" exercise="fan_in_and_out" function="course_lib.by_hand.initializers:fan_in_and_out"

# %% id="fans-check"
check("fan_in_and_out", fan_in_and_out)

# %% [markdown] id="fans-why" tags=["solution"]
# **Why it is so.** A unit of a linear layer adds up one term per input. A unit of a convolution adds up one term per input
# map **and** per place of the kernel, and each input pixel takes part in one sum per output map and per place.
#
# **Most common mistake**: the first number of the shape is taken for the inputs, whoever wrote the shape. For a square
# layer that does no harm, so it survives tests.

# %% [markdown] id="zero-text" exercise="zero_start"
# The network 6-5-4-3 has two hidden layers, and all its parameters W1, b1, W2, b2, W3, b3 start at 0. The loss is the
# softmax cross-entropy, the optimizer plain gradient descent, and the classes are not equally frequent. Which parameters
# have a gradient that is not 0 at the given step (step 1 is the first gradient, before any update)? Do it on paper. The
# activations are $\mathrm{relu}$ (slope 0 at 0), $\mathrm{softplus}(x) = \log(1 + e^x)$ and $\cos$.
#
# Write the names as a text, `"W3 b3"`. Then the verdict on the statement, for networks in general: `"supported"`, `"not
# shown"` or `"contradicted"`.

# %% id="zero-sheet" tags=["sheet"]
zero_start = {
    "relu, step 1": ...,
    "relu, step 9": ...,
    "softplus, step 1": ...,
    "softplus, step 2": ...,
    "cos, step 1": ...,
    "cos, step 9": ...,
    "verdict": ...,
}

# %% id="zero-solution" tags=["solution"]
zero_start = {
    "relu, step 1": "b3",  # h = relu(0) = 0 and W = 0: every product but the last bias has a factor 0
    "relu, step 9": "b3",  # a step on b3 changes none of these factors
    "softplus, step 1": "W3 b3",  # h = log 2, so h.T @ g is not 0; g @ W3.T still is
    "softplus, step 2": "W2 b2 W3 b3",  # W3 has moved, and the gradient comes one layer further down
    "cos, step 1": "W3 b3",  # h = cos(0) = 1
    "cos, step 9": "W3 b3",  # W3 has moved, but the slope of cos at 0 is 0: nothing passes
    "verdict": "contradicted",  # with relu and cos the hidden units learn nothing at all
}

# %% id="zero-check"
check("zero_start", zero_start)

# %% [markdown] id="zero-why" tags=["solution"]
# **Why it is so.** A gradient of weights is `h.T @ g`. With relu $h$ is 0, so the gradient of W3 is 0, and what passes down
# is multiplied by W3, which is 0: only b3 is left, for ever. With softplus $h$ is log 2: W3 learns first, then the layer
# below, and so on. With cos $h$ is 1, so W3 learns; but the slope of cos at 0 is 0, and nothing ever passes down.
#
# **Most common mistake**: "all neurons learn the same": right for softplus and sigmoid, whose units stay copies of each
# other; wrong where they learn nothing.

# %% [markdown] id="he-text" exercise="he_normal"
# A sum of $n$ terms has $n\,\mathrm{Var}(w)$ times the mean square of its inputs, and a ReLU lets half of it through. Write
# He's initializer.
#
# Example: for the shape `(8, 3)` the standard deviation is 1/2.

# %% id="he" exercise="he_normal" function="course_lib.by_hand.initializers:he_normal"

# %% id="he-check"
check("he_normal", he_normal)

# %% [markdown] id="he-why" tags=["solution"]
# **Why it is so.** The sum of $n$ terms has the mean square $n\,\mathrm{Var}(w)\,E[x^2]$, and of a mean square $q$ a ReLU
# leaves $q/2$. With $\mathrm{Var}(w) = 2/n$ the two cancel. `standard_normal` has variance 1, and a factor is squared in
# the variance: hence the root.
#
# **Most common mistake**: `2 / fan_in` as the factor. The network then dies by a factor that grows with the width.

# %% [markdown] id="glorot-text" exercise="glorot_uniform"
# Glorot's variance is $2/(n + m)$ for fan-in $n$ and fan-out $m$. Draw from a **uniform** distribution of that variance.
#
# Example: for the shape `(5, 1)` the weights lie between -1 and 1.

# %% id="glorot" exercise="glorot_uniform" function="course_lib.by_hand.initializers:glorot_uniform"

# %% id="glorot-check"
check("glorot_uniform", glorot_uniform)

# %% [markdown] id="glorot-why" tags=["solution"]
# **Why it is so.** The mean of the fans is $(n + m)/2$, and one over it is $2/(n + m)$. A uniform distribution on $\pm b$
# has variance $b^2/3$, so $b = \sqrt{3 \cdot 2/(n + m)} = \sqrt{6/(n + m)}$.
#
# **Most common mistake**: the standard deviation is used as the bound. The variance is then a third of what it should be.

# %% [markdown] id="xavier-text" exercise="xavier_name"
# A tutorial writes `W = np.random.randn(n_in, n_out) * np.sqrt(1 / n_in)` and calls it "Xavier/Glorot". Take a layer of 512
# inputs and 64 outputs. Give, with three significant digits: the standard deviation of the weights as `written`, and by
# Glorot's rule; the name of the rule that is written (`"lecun"`, `"glorot"` or `"he"`); the condition on `n_in` and `n_out`
# under which both agree, as an equation in n_in and n_out, such as `"n_in = 3 * n_out"`; the standard deviation of what
# `torch.nn.Linear(512, 64)` draws by default; and your verdict on the name: `"supported"`, `"not shown"` or
# `"contradicted"`.

# %% id="xavier-sheet" tags=["sheet"]
xavier = {
    "written": ...,
    "glorot": ...,
    "named": ...,
    "equal for": ...,
    "torch default": ...,
    "verdict": ...,
}

# %% id="xavier-solution" tags=["solution"]
xavier = {
    "written": math.sqrt(1 / 512),
    "glorot": math.sqrt(2 / (512 + 64)),
    "named": "lecun",
    "equal for": "n_in = n_out",
    "torch default": 1 / math.sqrt(3 * 512),  # uniform on +-1 / sqrt(512)
    "verdict": "contradicted",
}

# %% id="xavier-check"
check("xavier_name", xavier)

# %% [markdown] id="xavier-why" tags=["solution"]
# **Why it is so.** `randn` has deviation 1, so the factor is the deviation: $\sqrt{1/512}$, LeCun's rule. Glorot's is
# $\sqrt{2/576}$. From $1/n = 2/(n + m)$ follows $n = m$. The default of torch is uniform on $\pm 1/\sqrt{n}$, whose
# deviation is $1/\sqrt{3n}$.
#
# **Most common mistake**: the name is believed. In square layers, where most examples live, both rules agree.

# %% [markdown] id="orthogonal-text" exercise="orthogonal"
# A QR decomposition of a random matrix gives orthonormal columns. Two things are left to do: the signs, which the
# decomposition does not choose at random, and the shape. `start("orthogonal", "faded")` gives you all but these two lines.
#
# Example: for a result q of shape `(7, 3)` the product `q.T @ q` is the identity; for `(3, 7)` it is `q @ q.T`.

# %% id="orthogonal" exercise="orthogonal" function="course_lib.by_hand.initializers:orthogonal"

# %% id="orthogonal-check"
check("orthogonal", orthogonal)

# %% [markdown] id="orthogonal-why" tags=["solution"]
# **Why it is so.** `q` has orthonormal columns, whatever signs they have. The decomposition computes each sign from the
# data, so that `q[0, 0]` is never positive; multiplied by the sign of R's diagonal all directions are equally
# likely. A layer with more outputs than inputs can only have orthonormal rows: that is the transpose.
#
# **Most common mistake**: `np.linalg.qr` of a wide matrix. Its `q` is square, and the layer has lost its outputs.

# %% [markdown] id="order-text" exercise="order_measured_start"
# No formula is needed if you can measure: draw weights, send a batch `x` through, and divide the weights of each layer by
# the size of its sums, layer by layer. Put the lines in order. Every line after the `for` stands inside the loop; two lines
# are not needed. The answer is a text of letters, such as `"A B C"`.

# %% id="order-lines"
from course_lib.teaching.checks.initialization.order import LINES, loop_of

for letter, line in LINES.items():
    print(f"{letter}  {line}")

# %% id="order-sheet" tags=["sheet"]
order = ...

# %% id="order-solution" tags=["solution"]
order = "G C H F B D A"
print(loop_of(order.split()))

# %% id="order-check"
check("order_measured_start", order)

# %% [markdown] id="order-why" tags=["solution"]
# **Why it is so.** What a layer receives depends on the scaled weights of all layers before it. So each layer is drawn,
# measured, scaled, and only then does the signal pass. Storing the weights before or after the signal passes makes no
# difference.
#
# **Most common mistake**: the weights are stored before they are scaled. `weight / size` makes a new array, and the list
# keeps the old one.

# %% [markdown] id="panels-text" exercise="read_start_panels"
# Six networks of ten layers, 64-120-40-120-...-10, before their first step; one batch of digits was sent forward and
# backward. One start is healthy, five have one fault each. Read the panels and name them with these words:
#
# `"healthy"`, `"factor 2 missing"` (1 / fan-in with ReLUs), `"fan-out for fan-in"`, `"variance for deviation"` (2 / fan-in
# used as standard deviation), `"far too large"`, `"all zero"`.

# %% id="panels-show"
from course_lib.teaching.checks.initialization.panels import six_panels

for table in six_panels().values():
    print(table, end="\n\n")

# %% id="panels-sheet" tags=["sheet"]
faults = {"A": ..., "B": ..., "C": ..., "D": ..., "E": ..., "F": ...}

# %% id="panels-solution" tags=["solution"]
faults = {
    "A": "factor 2 missing",  # the sums lose a factor of about sqrt(2) in every layer, wide or narrow
    "B": "far too large",  # nearly all units saturated, and a gradient that grows on its way back
    "C": "healthy",  # no trend forward; narrow layers scatter
    "D": "variance for deviation",  # a fall of sqrt(2 / n) per layer: faster where n is 120
    "E": "fan-out for fan-in",  # a zigzag with the widths, and no drift
    "F": "all zero",  # sums of exactly 0
}

# %% id="panels-check"
check("read_start_panels", faults)

# %% [markdown] id="panels-why" tags=["solution"]
# **Why it is so.** First the trend, then its size. A and D fall: A by about $\sqrt2$ in every layer, D by far more and
# faster in wide layers. E changes from layer to layer and does not drift. B is saturated, F is exactly zero, and C is what
# a healthy start looks like, scatter included.
#
# **Most common mistake**: the scatter of C is taken for a fault. Layers of 40 units do scatter by a tenth or two.

# %% [markdown] id="attack-text" exercise="he_normal_passes"
# You are given initializers written by others, and you see only what they draw. Write a test that returns True for those
# that follow He's rule and False for the others. Four right ones use their random numbers in different ways; each of twelve
# wrong ones has one fault, of which several show in no square layer and in no single seed. The check tells you which
# survive.

# %% id="attack" exercise="he_normal_passes" function="course_lib.teaching.checks.initialization.attack:he_normal_passes"

# %% id="attack-check"
check("he_normal_passes", he_normal_passes)

# %% [markdown] id="attack-why" tags=["solution"]
# **Why it is so.** Each fault shows in one measurement and in no other: the fans in rectangular shapes, the distribution in
# the fourth moment, copies in equal numbers, the source of randomness in two draws of one seed and in one of another, the
# precision in a comparison of both dtypes. The bounds follow from chance: with 40,000 numbers the deviation is known to
# half a percent.
#
# **Most common mistake**: comparing with the library's own numbers. A right initializer may use its random numbers in
# another order.

# %% [markdown] id="next"
# ## Next
#
# [Lesson 03](../notebooks/03_optimizers.ipynb): given the gradient, how should the parameters move?
