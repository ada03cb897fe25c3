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
# Nine exercises on [lesson 02](../notebooks/02_initialization.ipynb), about 100 minutes. Write your answer in the cell,
# run it, then run the check below it: it tells you what it sees. `hint("slug")` gives one more hint at every call, and
# `start("slug", "faded")` puts a version under the cell in which only the lines are missing that carry the idea.
# Weights are `(inputs, outputs)` throughout, as in `y = x @ weight`.

# %% id="setup"
import math

import numpy as np

from course_lib.teaching.check import check, hint, start

# %% [markdown] id="fans-text"
# ## 2.1 Count the fans
#
# *Difficulty 1, 8 minutes.* Every rule of this sheet begins with two counts. **Fan-in** is the number of terms in the
# sum of one unit; **fan-out** is the number of sums in which one input takes part. The course stores `(inputs,
# outputs)`; torch stores `(outputs, inputs)`, and for a convolution `(outputs, inputs, height, width)`. Write the
# function for both.

# %% id="fans" exercise="fan_in_and_out" function="course_lib.numpy_nn.plain_initializers:fan_in_and_out"

# %% id="fans-check"
check("fan_in_and_out", fan_in_and_out)

# %% [markdown] id="zero-text"
# ## 2.2 Audit: "from zeros, all neurons learn the same"
#
# *Difficulty 2, 12 minutes.* The network 6-5-4-3 has two hidden layers, and all its parameters W1, b1, W2, b2, W3, b3
# start at 0. The loss is the softmax cross-entropy, the optimizer plain gradient descent, and the classes are not
# equally frequent. Which parameters have a gradient that is not 0 at the given step (step 1 is the first gradient,
# before any update)? Do it on paper. The activations are $\mathrm{relu}$ (slope 0 at 0), $\mathrm{softplus}(x) = \log(1
# + e^x)$ and $\cos$.
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

# %% [markdown] id="he-text"
# ## 2.3 Weights for a ReLU layer
#
# *Difficulty 1, 10 minutes.* A sum of $n$ terms has $n\,\mathrm{Var}(w)$ times the mean square of its inputs, and a
# ReLU lets half of it through. Write He's initializer.

# %% id="he" exercise="he_normal" function="course_lib.numpy_nn.plain_initializers:he_normal"

# %% id="he-check"
check("he_normal", he_normal)

# %% [markdown] id="glorot-text"
# ## 2.4 A compromise between forward and backward
#
# *Difficulty 1, 10 minutes.* Glorot's variance is $2/(n + m)$ for fan-in $n$ and fan-out $m$. Draw from a **uniform**
# distribution of that variance.

# %% id="glorot" exercise="glorot_uniform" function="course_lib.numpy_nn.plain_initializers:glorot_uniform"

# %% id="glorot-check"
check("glorot_uniform", glorot_uniform)

# %% [markdown] id="xavier-text"
# ## 2.5 Audit: is `sqrt(1 / n_in)` Xavier's rule?
#
# *Difficulty 1, 8 minutes.* A tutorial writes `W = np.random.randn(n_in, n_out) * np.sqrt(1 / n_in)` and calls it
# "Xavier/Glorot". Take a layer of 512 inputs and 64 outputs. Give, with three significant digits: the standard
# deviation of the weights as `written`, and by Glorot's rule; the name of the rule that is written (`"lecun"`,
# `"glorot"` or `"he"`); the condition on `n_in` and `n_out` under which both agree, as an equation; the standard
# deviation of what `torch.nn.Linear(512, 64)` draws by default; and your verdict on the name.

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

# %% [markdown] id="orthogonal-text"
# ## 2.6 Weights that keep every length
#
# *Difficulty 2, 12 minutes.* A QR decomposition of a random matrix gives orthonormal columns. Two things are left to
# do: the signs, which the decomposition does not choose at random, and the shape. `start("orthogonal", "faded")` gives
# you all but these two lines.

# %% id="orthogonal" exercise="orthogonal" function="course_lib.numpy_nn.plain_initializers:orthogonal"

# %% id="orthogonal-check"
check("orthogonal", orthogonal)

# %% [markdown] id="order-text"
# ## 2.7 Measure in place of deriving
#
# *Difficulty 2, 8 minutes.* No formula is needed if you can measure: draw weights, send a batch `x` through, and divide
# the weights of each layer by the size of its sums, layer by layer. Put the lines in order. Every line after the `for`
# stands inside the loop; two lines are not needed. The answer is a text of letters, such as `"A B C"`.

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

# %% [markdown] id="panels-text"
# ## 2.8 Find the fault: six starts on the panel
#
# *Difficulty 2, 12 minutes.* Six networks of ten layers, 64-120-40-120-...-10, before their first step; one batch of
# digits was sent forward and backward. One start is healthy, five have one fault each. Read the panels and name them
# with these words:
#
# `"healthy"`, `"factor 2 missing"` (1 / fan-in with ReLUs), `"fan-out for fan-in"`, `"variance for deviation"` (2 /
# fan-in used as standard deviation), `"far too large"`, `"all zero"`.

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

# %% [markdown] id="attack-text"
# ## 2.9 Attack: a test that tells He's initializer from twelve others
#
# *Difficulty 3, 25 minutes.* You are given initializers written by others, and you see only what they draw. Write a
# test that returns True for those that follow He's rule and False for the others. Four right ones use their random
# numbers in different ways; each of twelve wrong ones has one fault, of which several show in no square layer and in no
# single seed. The check tells you which survive.

# %% id="attack" exercise="he_normal_passes" function="course_lib.numpy_nn.plain_initializers:he_normal_passes"

# %% id="attack-check"
check("he_normal_passes", he_normal_passes)

# %% [markdown] id="next"
# ## Next
#
# [Lesson 03](../notebooks/03_optimizers.ipynb): given the gradient, how should the parameters move?
