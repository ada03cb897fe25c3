# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # 10 INFINITO: the model
#
# INFINITO V5.2 is a language model with an external memory. Its report names 30,169,746 parameters, 256 memory slots, and a
# perplexity ($e^{\text{loss}}$) that lesson 11 audits. Here you build the model piece by piece, run each piece on numbers that
# you can follow on paper, and hold attention against torch. There are two versions of the model: `AS_REPORTED` computes what
# the reported code computed; `FULL` has the same sizes and is repaired. Each difference is one field of a configuration.
#
# **Afterwards you can**
#
# - write causal attention and say what the mask does to every row;
# - say what a memory that is read by content and by priority answers, and which slot it gives up;
# - count the parameters of a model by hand, and find those that never learn;
# - write a test that catches a model which sees its future;
# - tell a number that measures something from one that cannot vary.
#
# **Time**: 75 minutes, and two hours for the [exercise sheet](../exercises/10_infinito_model.ipynb).
# **Needs**: lessons 01 and 08. No GPU, no network.

# %% id="setup"
import copy
import math
from dataclasses import replace

import torch
import torch.nn.functional as F

from course_lib.infinito.config import AS_REPORTED, FULL, TINY
from course_lib.infinito.losses import language_loss
from course_lib.infinito.model import Infinito
from course_lib.plots import matrices, style
from course_lib.teaching.claims import claim, quoted
from course_lib.teaching.predict import outcome, predict, recall
from course_lib.teaching.build.source import show_source

# %% id="setup-quoted"
torch.set_printoptions(precision=3, sci_mode=False)
quoted("30,169,746", report="infinito", at="parameters")

# %% [markdown] id="try-first"
# ## Try first
#
# Below are two language models, `one` and `two`, with fresh weights and 104 words. A language model reads **tokens** (numbers of
# words) $x_0, x_1, \ldots$ and forecasts at every position $t$ the *next* token. One of the two can see the future: at position $t$ it looks at the very
# token that it has to forecast. Which one? You may look at the losses below, and do with both models what you like, but do
# not print their configuration. Give it five minutes.

# %% id="try-first-run"
from course_lib.infinito.lesson import two_models

one, two = two_models()
x = torch.randint(0, 104, (4, 33), generator=torch.Generator().manual_seed(1))
text = (x[:, :-1], x[:, 1:])  # (4, 32) tokens, and the tokens that follow
with torch.no_grad():
    losses = [float(language_loss(model, text).mean) for model in (one, two)]
print(f"loss of one: {losses[0]:.2f}   loss of two: {losses[1]:.2f}   log(104): {math.log(104):.2f}")

# %% id="try-first-yours"
# Yours: call the models as often as you like, on any tokens. The first part of an answer are the logits.
print("logits of one:", tuple(one(text[0])[0].shape), "  logits of two:", tuple(two(text[0])[0].shape))

# %% [markdown] id="try-first-reading"
# The losses do not tell: a model that knows nothing has a loss near log 104 whatever it is allowed to see. Training would
# tell, after a while: lesson 11 shows such a run. There is a test that tells at once, without any training. You will have it in
# section 7, and the last exercise of the sheet is to write it.

# %% id="try-first-claim"
claim("< 0.3", abs(losses[0] - losses[1]), "the difference of both losses in nats")
claim("< 0.3", max(abs(loss - math.log(104)) for loss in losses), "from the loss of knowing nothing")

# %% [markdown] id="attention"
# ## 1 Attention: a position looks at others
#
# The way through the model first. Each token is looked up in a table, which gives it a row of 512 numbers (its **embedding**), and
# a second table adds a row for its position: attention itself sees a set of rows, and not their order. Six **blocks** (sections 1
# to 4) change these rows. A linear map turns each row into 10,000 logits, one for each word that may come next. Beside the
# blocks stands a memory (sections 5 and 6).
#
# In a block every position $t$ makes three vectors from its row, by three linear maps: a **query** $q_t$ (what it looks for), a **key** $k_t$ (what it
# can be found by) and a **value** $v_t$ (what it gives). The weight with which $t$ looks at $s$ is
#
# $$a_{ts} = \frac{e^{q_t \cdot k_s / \sqrt d}}{\sum_{s' \le t} e^{q_t \cdot k_{s'} / \sqrt d}} \quad (s \le t), \qquad
# y_t = \sum_{s \le t} a_{ts} v_s .$$
#
# Do it on paper once. One sequence, four tokens, vectors of width 1: all queries are 1, the keys are log 1, log 2, log 3 and
# log 4. The odds in the sum are then 1, 2, 3, 4.

# %% id="attention-hand"
from course_lib.by_hand.attention import causal_attention_weights

query = torch.ones(1, 4, 1)  # (B, T, d)
key = torch.tensor([1.0, 2.0, 3.0, 4.0]).log().reshape(1, 4, 1)
value = torch.tensor([10.0, 20.0, 30.0, 40.0]).reshape(1, 4, 1)
weights = causal_attention_weights(query, key)  # (B, T, T)
print(weights[0])
print("answers", (weights @ value).flatten())
assert torch.allclose(weights[0, 2], torch.tensor([1, 2, 3, 0]) / 6)
assert torch.allclose(weights[0, 3], torch.tensor([1, 2, 3, 4]) / 10)

# %% [markdown] id="attention-source-text"
# Row 2 is 1/6, 2/6, 3/6 and nothing for the token after it; row 3 is 1, 2, 3, 4 tenths. The whole function:

# %% id="attention-source"
show_source(causal_attention_weights)

# %% [markdown] id="attention-torch-text"
# Three implementations must agree: this readable one, the one of the library, and torch's `scaled_dot_product_attention`. Its
# fast kernels give the answers without keeping the square of weights, so the library takes it unless the weights are asked
# for. On random numbers:

# %% id="attention-torch"
from course_lib.infinito.model import attention_weights

numbers = torch.Generator().manual_seed(0)
q, k, v = (torch.randn(2, 3, 5, 4, generator=numbers, dtype=torch.float64) for _ in range(3))
readable = causal_attention_weights(q, k) @ v
library = attention_weights(q, k, causal=True) @ v
fast = F.scaled_dot_product_attention(q, k, v, is_causal=True)

# %% id="attention-torch-claims"
claim("< 1e-12", (readable - fast).abs().max(), "readable against torch, largest difference")
claim("< 1e-12", (library - fast).abs().max(), "library against torch, largest difference")

# %% [markdown] id="scale"
# ### Why divide by the root of d?
#
# The product of two vectors of $d$ random numbers of variance 1 is a sum of $d$ terms of variance 1: its deviation is $\sqrt d$,
# which is 8 for the model's vectors of 64 numbers. Without the division the softmax of such scores is close to a maximum: one position gets most of
# the weight, and what is left for the others, and for learning from them, is little.

# %% id="scale-run" tags=["results"]
q, k = (torch.randn(200, 64, 64, generator=numbers) for _ in range(2))  # 200 sequences, T = 64, d = 64
scores = q @ k.mT  # (200, 64, 64)
claim("between 7.8 and 8.2", scores.std(), "deviation of a product of width 64")
without = scores.softmax(dim=-1).max(dim=-1).values.mean()
scaled = (scores / 8).softmax(dim=-1).max(dim=-1).values.mean()
claim("> 0.7", without, "largest of 64 weights without the scale, on average")
claim("< 0.2", scaled, "largest of 64 weights with it")

# %% [markdown] id="mask"
# ## 2 The mask, and what it does to rows
#
# Scores above the diagonal belong to the future. The mask puts $-\infty$ there **before** the softmax, and $e^{-\infty} = 0$.
# Row $t$ then has $t + 1$ weights that are not 0. With equal scores each of them is $1/(t + 1)$. One mistake hides in the order of
# two lines, another in one digit.

# %% id="mask-predict" tags=["nbval-ignore-output"]
predict("10-mask-after")

# %% id="mask-after"
scores = torch.randn(4, 4, generator=numbers)
changed = scores.clone()
changed[1, 3] += 2.0  # position 1 and its score for a token of the future


def too_late(scores):
    return scores.softmax(dim=-1).tril()


# %% id="mask-after-run"
print("rows sum to", too_late(scores).sum(dim=-1))
moved = (too_late(changed) - too_late(scores))[1, :2].abs().max()

# %% id="mask-after-run-claims"
claim("> 0.01", moved, "how far a token of the future moves the weights of the past")

# %% id="mask-after-run-outcome"
outcome("10-mask-after")

# %% [markdown] id="mask-off"
# And one digit: `triu(diagonal=0)` hides the position itself, so that row 0 has nothing left: 0/0, not a number.
# `triu(diagonal=2)` lets position $t$ see $t + 1$, which is exactly its target. The first mistake announces itself. The
# second gives no sign but a loss that is too good.


# %% id="mask-off-run"
def rows_with(diagonal):
    future = torch.ones(4, 4, dtype=torch.bool).triu(diagonal=diagonal)
    return torch.zeros(4, 4).masked_fill(future, -math.inf).softmax(dim=-1)


for diagonal in (0, 1, 2):
    seen = (rows_with(diagonal) > 0).sum(dim=-1).tolist()
    print(f"diagonal={diagonal}: positions that each row sees {seen}, row 0 {rows_with(diagonal)[0]}")
assert rows_with(0)[0].isnan().all()
assert torch.allclose(rows_with(1)[3], torch.full((4,), 1 / 4))

# %% [markdown] id="mask-figure-text"
# The weights of one head of a fresh block, with the mask of `FULL` and with that of `AS_REPORTED`, which has none. The input,
# six positions of random numbers, and the weights of the block are the same. (`TINY` is `FULL` in small: the same behaviour,
# fewer and narrower layers.)

# %% id="mask-figure"
sizes = replace(TINY, scaled_init=False)  # torch's own weights: large enough for rows that differ
h = 1.5 * torch.randn(1, 6, 64, generator=numbers)  # (B, T, D)
grids = {}

# %% id="mask-figure-claims"
for name, causal in (("FULL: causal", True), ("AS_REPORTED: no mask", False)):
    torch.manual_seed(0)
    block = Infinito(replace(sizes, causal=causal)).blocks[0]
    with torch.no_grad():
        grids[name] = block.attention.weights(h)[0, 0]  # (B, H, T, T): sequence 0, head 0
    claim("1.000", grids[name].sum(dim=-1).min(), f"the smallest sum of a row, {name}")

# %% id="mask-figure-draw"
figure, axes = style.canvas(1, 2, width=9, height=4)
for axis, (name, grid) in zip(axes, grids.items(), strict=True):
    matrices.heatmap(axis, grid, rows=[], columns=[], x_label="position looked at", y_label="position")
    axis.set_title(name)
assert (grids["AS_REPORTED: no mask"] > 0.001).all()
style.show(
    figure,
    alt="Two squares of 6 by 6 attention weights. In the causal one all weights above the diagonal are 0 and the first "
    "row holds a single 1. In the one without a mask all 36 weights are above 0, those above the diagonal too.",
)

# %% [markdown] id="mask-figure-reading"
# *Reading*: both have rows that sum to 1, and in the right square every position looks at tokens that come after it.
#
# ## 3 Heads: several looks at once
#
# One softmax gives one look. The model cuts the width into 8 **heads** of 64 numbers; each has its own weights. The cut is a
# reshape and a transpose: (B, T, D) → (B, T, H, d) → (B, H, T, d). Four tokens of width 4, two heads, numbered so that you see
# where each number goes:

# %% id="heads-run"
from course_lib.by_hand.attention import split_heads

x_small = torch.arange(16).reshape(1, 4, 4)  # token t holds 4t, 4t + 1, 4t + 2, 4t + 3
right = split_heads(x_small, 2)
wrong = x_small.reshape(1, 2, 4, 2)  # the right shape, without the transpose
print("head 0, split_heads:", right[0, 0].tolist())
print("head 0, reshape only:", wrong[0, 0].tolist())
assert right.shape == wrong.shape == (1, 2, 4, 2)
assert right[0, 0].tolist() == [[0, 1], [4, 5], [8, 9], [12, 13]]

# %% [markdown] id="heads-reading"
# `reshape` alone has the right shape and the wrong numbers: its head 0 holds both halves of tokens 0 and 1, so that "position
# 1" of the head is the second half of token 0. No error is raised. What protects you is a comparison with something known to be
# right. So: the whole layer against torch's, with the same weights.

# %% id="heads-torch"
layer = Infinito(sizes).blocks[0].attention  # width 64, 4 heads
theirs = torch.nn.MultiheadAttention(64, 4, batch_first=True)
maps = (layer.query, layer.key, layer.value)
with torch.no_grad():
    theirs.in_proj_weight.copy_(torch.cat([m.weight for m in maps]))  # (3D, D)
    theirs.in_proj_bias.copy_(torch.cat([m.bias for m in maps]))
    theirs.out_proj.load_state_dict(layer.out.state_dict())
    h = torch.randn(2, 10, 64, generator=numbers)
    hidden = torch.ones(10, 10, dtype=torch.bool).triu(1)
    expected = theirs(h, h, h, attn_mask=hidden, need_weights=False)[0]
    claim("< 1e-5", (layer(h) - expected).abs().max(), "INFINITO's attention against torch's layer")

# %% [markdown] id="block"
# ## 4 A block, and the noise that is called exploration
#
# A block adds two branches $f$ to its input: attention, which mixes positions, and a small net of 512 → 2,048 → 512 numbers (with
# a GELU, a smooth ReLU, between its two layers), which works on every position alone. **LayerNorm** (LN) takes the numbers of one
# position, subtracts their mean and divides by their deviation; then it applies a scale and a shift per number, which are
# learned and start at 1 and 0. The reported model normalizes after each sum (**post-norm**), the repaired one normalizes what
# enters a branch (**pre-norm**), so that the sum itself passes through untouched:
#
# $$\text{reported: } x \leftarrow \mathrm{LN}(x + f(x)) \qquad\qquad \text{repaired: } x \leftarrow x + f(\mathrm{LN}(x))$$

# %% id="block-run-claims"
claim("2,048", FULL.feed_forward, "width of the hidden layer of a block's net")

# %% id="block-run"
blocks = {
    name: Infinito(replace(TINY, pre_norm=name == "pre-norm")).blocks for name in ("pre-norm", "post-norm")
}
h = 3.0 * torch.randn(1, 4, 64, generator=numbers)  # (B, T, D), of size 3

# %% id="block-sizes"
with torch.no_grad():
    for name, layers in blocks.items():
        sizes_seen = [h.std().item()]
        out = h
        for block in layers.eval():
            out = block(out)
            sizes_seen.append(out.std().item())
        print(
            f"{name:<9} shape {tuple(out.shape)}, size after each block", [f"{s:.2f}" for s in sizes_seen]
        )
        claim(
            "between 0.9 and 1.1" if name == "post-norm" else "between 2.5 and 3.5",
            out.std(),
            f"{name}: size",
        )

# %% [markdown] id="block-reading"
# Post-norm sets every position back to size 1; in pre-norm the input goes through, and the branches add to it. Each such
# difference is one field of the configuration (`pre_norm`, `causal`, ...), so that one readable model holds both.
#
# **Stochastic exploration** is the report's name for Gaussian noise after every layer: $x \leftarrow x + s\,\varepsilon$ while
# training, with one learned number $s$, which starts at 0.1, for all layers. In evaluation it does nothing. (After a LayerNorm
# the numbers have size 1, so $s$ is the ratio of noise to signal. Pre-norm has no such size; there the noise is measured in
# units of each position's own.)

# %% id="exploration-run"
from course_lib.infinito.model import StochasticExploration

noise = StochasticExploration(0.1, relative=False)
noise.seed(0)  # a source of its own: dropout draws the same masks with it and without it
h = torch.zeros(1, 4, 20_000)
claim("0.10", noise.train()(h).std(), "deviation of what is added while training")
claim("<= 0", noise.eval()(h).abs().max(), "what is added in evaluation")
signal = F.layer_norm(torch.randn(1, 4, 512, generator=numbers), (512,))
claim("0.10", noise.scale / signal.std(), "noise to signal, after a LayerNorm")

# %% [markdown] id="memory"
# ## 5 A memory that is read, and what it forgets
#
# Attention sees one **segment** of 256 tokens. What lay before it is gone, unless something keeps it. The repaired memory
# holds $M$ slots per sequence. Each has a key (what the text was like at one position), a value (what followed there) and a
# **priority**. Position $t$ asks with a query and reads
#
# $$w_j \propto p_j\, e^{\beta \cos(q_t, k_j)}, \qquad w_{\text{nothing}} \propto M ,$$
#
# so that a slot of twice the priority is read twice as much, an empty slot ($p = 0$) not at all, and an empty memory answers
# exactly 0. (In the library $\beta$ is learned and starts at 16, and each token learns how much it wants to read nothing; at the
# start that is about $M$.) On paper: three slots, $\beta$ = log 4, a query along the first axis. The cosines are 1, 0 and -1, so
# the odds are 4, 1 and 1/4; the priorities 1, 2 and 0 make that 4, 2 and 0; nothing has 3. The sum is 9.

# %% id="read-hand"
from course_lib.by_hand.attention import read_memory

keys = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])  # (M, k)
values = torch.tensor([[9.0, 0.0], [0.0, 9.0], [9.0, 9.0]])
priority = torch.tensor([1.0, 2.0, 0.0])
answer = read_memory(torch.tensor([[5.0, 0.0]]), keys, values, priority, sharpness=math.log(4))
print("answer", answer)

# %% id="read-hand-claims"
claim("4.000", answer[0, 0], "4/9 of the first slot's 9")
claim("2.000", answer[0, 1], "2/9 of the second slot's 9")
nothing_there = read_memory(torch.randn(3, 2), keys, values, torch.zeros(3), sharpness=2.0)
claim("<= 0", nothing_there.abs().max(), "what an empty memory answers")

# %% id="read-source"
show_source(read_memory)

# %% [markdown] id="priority"
# ### Priority, and which slot goes
#
# After a segment the memory **writes**: the segment offers its $W$ most important positions, and of the $M$ slots held and the
# $W$ offered the $M$ with the highest priority stay. The priority of a slot is
#
# $$p = \text{importance} \cdot (1 + \text{access})^a \cdot e^{-b\,\text{age}} .$$
#
# Importance is learned and lies between 0 and 1, access counts the reads that a slot has received (a token has one read, which
# it spreads over the slots), age the segments since it was written; $a$ and $b$ are learned too. By hand, with $a = 1$ and $b = \log 2$, so that every segment halves:

# %% id="write-hand"
from course_lib.by_hand.attention import slots_after_writing

kept, importance, access, age = slots_after_writing(
    torch.tensor([0.8, 1.0, 0.9]),  # importance of slots 0, 1, 2
    torch.tensor([0.0, 3.0, 1.0]),  # reads received
    torch.tensor([0.0, 2.0, 3.0]),  # segments since written, before this one
    torch.tensor([0.45, 0.05]),  # two newcomers, 3 and 4
    a=1.0,
    b=math.log(2),
)
# priorities: 0.8 * 1 / 2 = 0.4,  1 * 4 / 8 = 0.5,  0.9 * 2 / 16 = 0.1125,  0.45 and 0.05
print("kept", kept.tolist(), "importance", importance, "age", age)
assert kept.tolist() == [1, 3, 0]

# %% [markdown] id="write-reading"
# Slot 2 goes although it was the second most important: it is old. Slot 1 is nearly as old and stays, because it was read more
# often. Newcomer 4 is not let in. The starting values of the library are $a$ = `0.31` and $b$ = `0.13`.

# %% id="priority-predict" tags=["nbval-ignore-output"]
predict("10-reads")

# %% id="priority-run"
memory = Infinito(TINY).memory
a, b = (F.softplus(part.detach()).item() for part in (memory.access_weight, memory.age_weight))

# %% id="priority-run-claims"
claim("16.00", memory.log_sharpness.exp(), "the factor of the cosine at the start")
claim("0.31", a, "weight of access at the start")
claim("0.13", b, "weight of age at the start")
reads = math.exp(10 * b / a) - 1  # (1 + reads)^a = e^(10 b)
claim("between 50 and 65", reads, "reads that make up for ten segments")

# %% id="priority-run-outcome"
outcome("10-reads")

# %% [markdown] id="priority-yours"
# Now move a slot yourself. Six entries want four places; `your slot` has importance `0.6`, and the sliders are the reads that it
# received and its age.

# %% id="priority-others"
OTHERS = {"slot 0": (0.9, 2, 8), "slot 1": (0.5, 6, 4), "slot 2": (0.4, 0, 1)}  # importance, access, age
NEW = {"newcomer A": (0.45, 0, 0), "newcomer B": (0.2, 0, 0)}


def priorities(access, age):
    entries = {**OTHERS, "your slot": (0.6, access, age), **NEW}
    return {name: i * (1 + c) ** a * math.exp(-b * t) for name, (i, c, t) in entries.items()}


# %% id="priority-draw"
def draw(access=5, age=6, width=8.5):
    priority = priorities(access, age)
    stay = sorted(priority, key=priority.get, reverse=True)[:4]
    figure, axis = style.canvas(width=width, height=3.2)
    for name, height in priority.items():
        kept = {"color": style.PALETTE[0], "edgecolor": "white"}
        gone = {"color": style.MISSING, "edgecolor": "black", "hatch": "///"}
        axis.barh(name, height, **(kept if name in stay else gone))
    axis.set(xlabel="priority (hatched: goes)", ylabel="entry", xlim=(0, 2), title="Four of six stay")
    axis.invert_yaxis()
    does = "stays" if "your slot" in stay else "goes"
    return figure, f"your slot has priority {priority['your slot']:.2f} and {does}"


# %% id="priority-widget" tags=["nbval-ignore-output"]
from course_lib.teaching.widgets import explore, strip

explore(draw, access=(0, 40), age=(0, 20))

# %% [markdown] id="priority-static"
# The same for readers without a running kernel: age alone drives the slot out, and reads bring it back.


# %% id="priority-strip"
def draw_small(access, age):
    return draw(access, age, width=4.2)


strip(draw_small, [{"access": 0, "age": 0}, {"access": 0, "age": 6}, {"access": 20, "age": 6}])

# %% [markdown] id="state"
# ### The state is a value
#
# `logits, memory = model(x, memory)`: the memory goes in and comes out like the logits. It belongs to one stream of text each,
# is never shared, and nobody can change it unseen. A segment **reads what earlier segments wrote, and writes after it has
# read**: so no position meets its own future in the memory.

# %% id="state-run"
torch.manual_seed(0)
model = Infinito(TINY).eval()  # 16 slots of 16 numbers
stream = torch.randint(0, 104, (1, 96), generator=numbers)  # three segments of 32
memory = model.fresh_memory(1)
with torch.no_grad():
    for number, segment in enumerate(stream.split(32, dim=1)):
        logits, memory = model(segment, memory)
        told = model.get_memory_statistics(memory)
        print(
            f"segment {number}: logits {tuple(logits.shape)}, keys {tuple(memory.keys.shape)}, "
            f"occupancy {told['occupancy']:.2f}, oldest slot {told['max_age']:.0f} segments"
        )

# %% id="state-run-claims"
claim("1.00", told["occupancy"], "share of slots in use after three segments")

# %% [markdown] id="state-library-text"
# Does the library read as `read_memory` does? Let every token want the same share of nothing, and ask the memory that these
# three segments wrote:

# %% id="state-library"
part = model.memory
with torch.no_grad():
    part.nothing.weight.zero_()  # now the odds of reading nothing are M for every token
    hidden = part.norm(torch.randn(1, 4, 64, generator=numbers))  # (B, T, D)
    fast, _ = part.read(hidden, memory)
    keys, values, priority = memory.keys[0], memory.values[0], part.log_priority(memory)[0].exp()
    sharpness = part.log_sharpness.exp()
    by_hand = part.out(read_memory(part.address(hidden)[0], keys, values, priority, sharpness=sharpness))
claim("< 1e-5", (by_hand - fast[0]).abs().max(), "read_memory against the library, largest difference")
claim("> 0.001", fast.abs().max(), "the largest number of the answer")

# %% [markdown] id="statistics"
# ### Statistics that mean what they say
#
# A statistic is checked like code: on a case whose answer is known. Four slots, of which one holds something, and two tokens:
# one gives the slot all of its read, the other reads nothing.

# %% id="statistics-run"
from course_lib.infinito.memory import MemoryState, memory_statistics

small = Infinito(replace(TINY, memory_slots=4)).memory
empty = small.fresh(1)
held = empty._replace(log_importance=torch.tensor([[-0.1, -math.inf, -math.inf, -math.inf]]))
reads = torch.tensor([[[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]])  # (B, T, M)
seen = memory_statistics(small.count_reads(held, reads))
print({name: round(value, 2) for name, value in seen.items()})

# %% id="statistics-run-claims"
claim("0.25", seen["occupancy"], "one of four slots holds something")
claim("0.5", seen["hit_share"], "one of two tokens gave the slots more than half of its read")
claim("0.00", seen["read_entropy"], "nats: each token read one slot or none")
claim("1.00", seen["mean_reads"], "reads that the slot received")

# %% [markdown] id="reported"
# ## 6 The reported memory
#
# `AS_REPORTED` has a memory as well: 256 slots of 64 numbers, and its tools print that all are occupied. A prediction before
# you see the code; the run comes after it.

# %% id="scramble-predict" tags=["nbval-ignore-output"]
predict("10-scramble")

# %% [markdown] id="reported-source-text"
# Below is what one call does. Read it with two questions: what becomes of the read when `listens` is False, as in
# `AS_REPORTED`? And who writes, and when?

# %% id="reported-source"
from course_lib.infinito.report.as_reported import ACCESSED, ReportedMemory

show_source(ReportedMemory.forward)

# %% [markdown] id="reported-text"
# (`write` puts the mean over the batch into one slot, whatever that slot held.) A narrow model of the same kind serves for what
# follows: 104 words, width 64, all 256 slots. It is called 300 times **in evaluation mode**, on batches of four texts.

# %% id="reported-run" tags=["nbval-ignore-output"]
narrow = replace(AS_REPORTED, vocabulary=104, width=64, heads=4, layers=1, feed_forward=64)
torch.manual_seed(0)
reported = Infinito(narrow).eval()
after_call = []
with torch.no_grad():
    for _ in range(300):
        reported(torch.randint(3, 104, (4, 16), generator=numbers))
        after_call.append(reported.get_memory_statistics())
numbers_of_the_report = after_call[-1]
print({name: round(value, 4) for name, value in numbers_of_the_report.items()})

# %% [markdown] id="reported-five"
# Under these names the report's tools print five numbers. What do they measure?
#
# | name | what the code computes |
# |---|---|
# | `utilization` | a moving average of the **largest read weight**; all 256 equal would give 1/256 |
# | `avg_importance` | the mean importance, which is 1 for everything ever written: it ranks nothing |
# | `max_age` | calls since the oldest slot was written, evaluation calls included |
# | `total_accesses` | how often the weight of a slot was above `0.01` since it was written; an even read of 256 slots never is |
# | `occupied_slots` | slots that hold anything: one more with each call, full after 256 |
#
# The repository prints a utilization of 1.41 % beside 256/256 occupied slots, and other pages of it read such a number as the
# share of slots in use. It is 3.6 times the weight of an even read: it says how sharp a read is, not how full the memory. And the
# thousands of accesses above are from the first calls, when a filled slot weighed ten times an empty one; later calls hardly
# add any, and once the memory is full the number falls, because a slot that is overwritten starts again at 0.

# %% id="reported-claims"
quoted("1.41%", report="infinito_repository", at="utilization")
quoted("256/256", report="infinito_repository", at="occupied_slots")
claim("3.6", 0.0141 / (1 / 256), "the reported utilization in units of an even read")
filled = [told["occupied_slots"] for told in after_call]
assert filled == [min(call, 256) for call in range(1, 301)], "one slot more with each call, up to 256"
claim("between 0.0039 and 0.02", numbers_of_the_report["utilization"], "`utilization` of this full memory")
claim("0.01", ACCESSED, "the weight above which a read counts as an access")
early, full, last = (after_call[call - 1]["total_accesses"] for call in (100, 256, 300))
claim("> 0.8", early / full, "share of the first 100 calls in the accesses of the first 256")
claim("< 1", last / full, "accesses after call 300, in units of those after call 256")
claim("1.00", numbers_of_the_report["avg_importance"], "importance of everything that is held")

# %% [markdown] id="scramble"
# ### Does anybody listen?
#
# A memory that matters changes the logits when its contents change. So scramble it, as in your prediction, and look.


# %% id="scramble-run"
@torch.no_grad()
def move_when_scrambled(model, past, x):
    """Largest change of a logit when what the memory holds is replaced by noise."""
    _, memory = model(past)
    before = model(x, memory)[0]
    if memory is None:  # the hidden kind
        model.memory.slots.normal_(std=100.0)
    else:
        memory = memory._replace(values=100.0 * torch.randn(memory.values.shape, generator=numbers))
    return (model(x, memory)[0] - before).abs().max()


# %% id="scramble-compare"
past, now = (torch.randint(3, 104, (2, 16), generator=numbers) for _ in range(2))

# %% id="scramble-compare-claims"
claim("<= 0", move_when_scrambled(reported, past, now), "change of a logit of the reported kind")
claim("> 0.01", move_when_scrambled(model, past, now), "change of a logit of the repaired kind")

# %% id="scramble-compare-outcome"
outcome("10-scramble")

# %% [markdown] id="evaluation"
# ### Evaluation that writes
#
# Worse, the hidden buffer is changed by *looking*: validation, generation, every call. In the repaired model that cannot
# happen, because nothing is hidden: the state that you hand in is the state that you keep. And because the reported memory
# stores the mean over the batch, what one text leaves behind depends on its neighbour. (In the reported run none of this did
# harm, because nobody listened. It does harm from the moment at which somebody mends that.)

# %% id="evaluation-run"
before = reported.memory.slots.clone()
with torch.no_grad():
    reported(now)
    claim("1", (reported.memory.slots != before).any(dim=1).sum(), "slots that one evaluation call changed")
    _, kept = model(past)
    copies = MemoryState(*(part.clone() for part in kept))
    model(now, kept)
    assert all(torch.equal(a, b) for a, b in zip(kept, copies, strict=True)), "reading left the state alone"
    alone = [model(past[row : row + 1])[1] for row in (0, 1)]
apart = (torch.cat([one_text.values for one_text in alone]) - kept.values).abs().max()

# %% id="evaluation-run-claims"
claim("< 1e-5", apart, "memory of a batch of two against that of two batches of one")

# %% id="evaluation-neighbour"
written = []
for neighbour in (now[1], past[1]):
    twin = copy.deepcopy(reported)  # the same memory before the call
    with torch.no_grad():
        twin(torch.stack([now[0], neighbour]))
    written.append(twin.memory.slots)

# %% id="evaluation-neighbour-claims"
claim("> 0.01", (written[0] - written[1]).abs().max(), "what another neighbour changes in what is stored")

# %% [markdown] id="causality"
# ## 7 The test of causality
#
# A model is causal when no logit up to $t$ depends on a token after $t$. That is a sentence that can be tested: change the
# tokens after $t$, and compare the logits up to $t$. No training, no loss. One difference proves a leak; no difference is no
# proof, for only these tokens were tried. Two conditions: dropout and noise must be off, and the weights must be such that they
# let something through. Random ones do; a path that is multiplied by a weight of 0 stays unseen until that weight learns.
# Now the two models of the beginning:


# %% id="causality-run"
@torch.no_grad()
def future_moves_past(model, x, t):
    changed = x.clone()
    changed[:, t + 1 :] = (x[:, t + 1 :] + 1) % 104  # every later token
    return (model(changed)[0] - model(x)[0])[:, : t + 1].abs().max().item()


tokens = x[:, :32]
found = {
    name: max(future_moves_past(m, tokens, t) for t in range(31))
    for name, m in (("one", one), ("two", two))
}
print({name: ("sees the future" if moved > 1e-5 else "is causal") for name, moved in found.items()})

# %% id="causality-run-claims"
claim("> 0.01", found["one"], "change of an earlier logit in `one`")
claim("< 1e-5", found["two"], "change of an earlier logit in `two`")

# %% [markdown] id="causality-full-text"
# So it was `one`. At full size, on the two presets with all their parameters (built once, and used again in section 8):

# %% id="causality-full"
from course_lib.infinito.report.analysis import leak

torch.manual_seed(0)
big_reported, big_full = Infinito(AS_REPORTED), Infinito(FULL)
ids = torch.randint(3, 104, (2, 12), generator=numbers)
leaks = {
    name: leak(m, ids, 5, ids.flip(0)) for name, m in (("AS_REPORTED", big_reported), ("FULL", big_full))
}

# %% id="causality-full-claims" tags=["results"]
claim("> 0.1", leaks["AS_REPORTED"], "AS_REPORTED: largest change of a logit up to t = 5")
claim("< 1e-5", leaks["FULL"], "FULL: largest change of a logit up to t = 5")
with torch.no_grad():  # a model that always says the same would pass as well
    said = [big_full.eval()(row.unsqueeze(0))[0] for row in ids]
claim("> 0.1", (said[0] - said[1]).abs().max(), "FULL: change of a logit when all tokens change")

# %% [markdown] id="causality-memory"
# ### Leaks that need a memory
#
# One segment with a fresh memory is not enough. The later reported versions average over **all** positions to ask the memory,
# and add its answer to **every** position: through the memory the future reaches the past, whatever the mask says. While
# the memory is empty there is nothing to see. And a memory that a batch shares carries one text into another.


# %% id="causality-memory-run"
@torch.no_grad()
def moves_after_a_segment(model, t=10):
    _, memory = model(past)
    changed = now.clone()
    changed[0, t + 1 :] = (now[0, t + 1 :] + 1) % 104
    return (model(changed, memory)[0] - model(now, memory)[0])[0, : t + 1].abs().max()


# %% id="causality-memory-claims"
torch.manual_seed(0)
pooled = Infinito(replace(TINY, pooled_query=True)).eval()
fresh = max(future_moves_past(pooled, now, t) for t in range(15))
claim("< 1e-5", fresh, "a question from the mean, memory fresh: nothing shows")
claim("> 1e-4", moves_after_a_segment(pooled), "the same model after one segment: a leak")
claim("< 1e-5", moves_after_a_segment(model), "the repaired model after one segment")

# %% [markdown] id="causality-whole"
# `sees_no_future` puts this into one test: every $t$, a fresh memory and a full one, and a neighbour in the batch that changes
# too. Writing it is the last exercise of the sheet, where planted leaks wait for it. Here it judges four small models. The last
# has a hidden buffer, and fails before anybody changes a token: each call writes, so that two equal calls are not equal.

# %% id="causality-whole-run"
from course_lib.teaching.checks.infinito_model.attack import sees_no_future

ten = replace(TINY, vocabulary=10)
kinds = {
    "repaired": ten,
    "no mask": replace(ten, causal=False),
    "mean asks": replace(ten, pooled_query=True),
    "one memory for all": replace(ten, shared_memory=True, write_in_evaluation=True),
}
with torch.no_grad():
    verdicts = {name: sees_no_future(Infinito(config).eval()) for name, config in kinds.items()}
print(verdicts)
assert [name for name, passed in verdicts.items() if passed] == ["repaired"]

# %% id="causality-twice"
hidden_kind = Infinito(kinds["one memory for all"]).eval()
with torch.no_grad():
    twice = [hidden_kind(now % 10)[0] for _ in range(2)]
claim("> 1e-5", (twice[0] - twice[1]).abs().max(), "difference of two equal calls, one memory for all")

# %% [markdown] id="count"
# ## 8 Count the parameters
#
# The report says 30,169,746. Count by hand: a linear map from $n$ to $m$ has $nm + m$ numbers, a LayerNorm $2D$, a table one row
# per word or position. (`count_parameters` does so for the tables, six blocks and the output; it is an exercise of the sheet.)
# The memory of the report has two maps of 513 → 256, one of 512 → 64 and one back, and one tracker; its
# metrics have two maps more, its noise one number.

# %% id="count-hand"
from course_lib.by_hand.attention import count_parameters


def linear(inputs, outputs):
    return inputs * outputs + outputs


language = count_parameters(vocabulary=10_000, positions=1_000, width=512, layers=6, feed_forward=2_048)
slots = 2 * linear(513, 256) + linear(512, 64) + linear(64, 512) + 1
metrics = linear(512, 256) + linear(512, 64)
print(
    f"language model {language:>12,}\nmemory         {slots:>12,}\nmetrics        {metrics:>12,}\nnoise          {1:>12,}"
)

# %% id="count-hand-claims"
claim("30,169,746", language + slots + metrics + 1, "parameters by hand")

# %% [markdown] id="count-table-text"
# And from the model itself, one line per kind of tensor:

# %% id="count-table"
from course_lib.infinito.report.analysis import parameter_table

table = parameter_table(big_reported)
for row in table:
    shape = " x ".join(map(str, row.shape)) or "one number"
    print(f"{row.name:<40} {shape:<16} {row.count} of {row.each:>9,} = {row.subtotal:>9,}")

# %% id="count-table-claims"
claim("30,169,746", sum(row.subtotal for row in table), "sum of the table")
claim("114", sum(row.count for row in table), "tensors")

# %% [markdown] id="count-dead"
# ### Which of them learn?
#
# `requires_grad` is true for all 114. That says what is allowed, not what happens. One backward pass says it: a parameter that
# nothing uses gets no gradient at all.

# %% id="count-dead-predict" tags=["nbval-ignore-output"]
predict("10-dead")

# %% id="count-dead-run"
from course_lib.infinito.report.analysis import parameters_by_part, parameters_without_gradient

assert all(parameter.requires_grad for parameter in big_reported.parameters())
dead = parameters_without_gradient(big_reported, language_loss, (ids, ids.roll(-1, dims=1)))
for part in sorted({name.split(".")[0] for name in dead}):
    print(part, sum(size for name, size in dead.items() if name.startswith(part)))

# %% id="count-dead-run-claims" tags=["results"]
claim("493,441", sum(dead.values()), "parameters to which no gradient comes")
claim("1.64 %", 100 * sum(dead.values()) / 30_169_746, "of all")
claim("329,281", parameters_by_part(big_reported)["memory"], "the whole memory among them")

# %% id="count-dead-run-outcome"
outcome("10-dead")

# %% [markdown] id="count-dead-reading"
# The whole external memory of the report, 329,281 parameters, learned nothing, neither what to store nor where to look: all stay
# as they were drawn, but for the one number `utilization`, which every read overwrites. In the repaired model every memory parameter receives a gradient, provided that a text has a past.
# `language_loss` cuts a text into segments and hands the memory from one to the next; the gradient comes from a later segment
# that reads what an earlier one wrote. (`FULL` also needs 5,120,000 numbers less: one table of words serves the input and the
# output.)

# %% id="count-alive"
torch.manual_seed(0)
learner = Infinito(TINY)
long_text = torch.randint(0, 104, (2, 97), generator=numbers)  # three segments of 32, and one token
silent = parameters_without_gradient(learner, language_loss, (long_text[:, :-1], long_text[:, 1:]))

# %% id="count-alive-claims"
claim("0", len(silent), "tensors of the repaired model without a gradient")
assert big_full.output.weight is big_full.token_embedding.weight
claim("5,120,000", big_full.output.weight.numel(), "numbers that FULL saves by sharing one table")

# %% [markdown] id="count-absent"
# ### Which of them serve the data?
#
# The text of the reported run has 101 different tokens: 100 words and the full stop. The tables have 10,000 rows, and no token
# ever asks for the others. Its segments have 256 tokens, so the positions beyond are never reached.

# %% id="count-absent-run"
from course_lib.infinito.report.analysis import parameters_of_absent_positions, parameters_of_absent_words

quoted("100", report="infinito_repository", at="words")
words = parameters_of_absent_words(AS_REPORTED, words_in_use=101)
places = parameters_of_absent_positions(AS_REPORTED, tokens=256)
claim("10,146,475", words, "parameters of 9,899 words that never occur")
claim("10,000", AS_REPORTED.vocabulary, "rows of each table")
claim("9,899", AS_REPORTED.vocabulary - 101, "words that never occur")
claim("33.6 %", 100 * words / 30_169_746, "of all")
claim("380,928", places, "parameters of positions beyond 256")
claim("19,148,902", 30_169_746 - 493_441 - words - places, "parameters that serve this text")

# %% [markdown] id="count-reading"
# Of 30,169,746 parameters 19,148,902 serve this text. The number of the report is right, and it counts what is stored. (The
# output rows of absent words are not frozen: the softmax pushes their logits down. That is the first thing that the run
# learns, as lesson 11 shows.)
#
# ## 9 You may think: phi measures integration
#
# The tools of the repository compute a metric named **phi**, "integrated information", and print 0.93 for an untrained
# demonstration and 0.93 for a trained model. **You may think** that a model which keeps its phi has kept something. **In fact** the
# number comes out for numbers of size 1, whatever they mean, and a LayerNorm makes them so. **Here is the run**: five models with
# fresh weights, then the same after 20 steps of training in which the loss falls; then noise in place of a model's states, its
# states in another order, and the same noise twice as large.

# %% id="phi-setup"
from course_lib.infinito.report.analysis import attention_maps
from course_lib.infinito.report.integration import first_metrics

# %% id="phi-setup-claims"
quoted("0.9325", report="infinito_repository", at="untrained_phi")
quoted("0.93", report="infinito_repository", at="phi")

# %% id="phi-setup-then"
wide = replace(AS_REPORTED, vocabulary=104, width=128, heads=4, layers=2, feed_forward=256)
sample = torch.randint(3, 104, (8, 33), generator=numbers)
batch = sample[:, :-1], sample[:, 1:]


# %% id="phi-metrics"
@torch.no_grad()
def metrics_of(model, states=None):
    model.eval()
    states = model.hidden(batch[0])[0] if states is None else states
    found = first_metrics(states, attention_maps(model, batch[0]), model.metric_layers)
    model.train()
    return found


# %% id="phi-run"
def before_and_after(seed):
    torch.manual_seed(seed)
    model = Infinito(wide)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    first, losses = metrics_of(model), []
    for _ in range(20):
        optimizer.zero_grad()
        loss = language_loss(model, batch).mean
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, first, metrics_of(model), losses[0] - losses[-1]


# %% id="phi-runs" tags=["nbval-ignore-output"]
runs = [before_and_after(seed) for seed in range(5)]
for _, first, last, fall in runs:
    print(f"phi {first['phi']:.3f} -> {last['phi']:.3f} while the loss fell by {fall:.1f} nats")

# %% id="phi-claims-claims"
claim("> 1", min(fall for *_, fall in runs), "nats that the loss fell, the least of five runs")
everything = [told["phi"] for _, first, last, _ in runs for told in (first, last)]
claim("between 0.9 and 0.97", min(everything), "the smallest phi before or after training")
claim("between 0.9 and 0.97", max(everything), "the largest")

# %% id="phi-claims"
trained = runs[0][0]
noise_states = F.layer_norm(torch.randn(8, 32, 128, generator=numbers), (128,))
shuffled = trained.hidden(batch[0])[0].detach()[:, torch.randperm(32, generator=numbers)]

# %% id="phi-claims-claims-2" tags=["results"]
claim("between 0.9 and 0.97", metrics_of(trained, noise_states)["phi"], "phi of pure noise")
claim("between 0.9 and 0.97", metrics_of(trained, shuffled)["phi"], "phi of states in another order")
claim("between 1.2 and 1.5", metrics_of(trained, 2 * noise_states)["phi"], "phi of noise twice as large")

# %% [markdown] id="phi-why"
# ### Why it hardly varies
#
# Phi is $2\,(0.4\,\text{trace} + 0.4\,\text{integration} + 0.2\,\text{variance})$. The *trace* is the mean squared length of
# vectors that were divided by their length: 1, always. The *integration* is a sum of $T/2$ cosines, divided by $T/2$ and
# again by $D/2$: at most $2/D$. The *variance* is that of a random projection: torch draws its weights with variance $1/(3D)$,
# so numbers of size 1 come out with a variance near 1/3. So phi is near $2\,(0.4 + 0.2/3)$ = 0.93 before the model has done
# anything, and what can move afterwards is that variance: phi follows the size of the numbers. Two companions: *pattern
# diversity* is the share of cosines divided by $T$ that are below 0.8, which all are; *complexity* is the variance of 64 numbers
# that together have length 1, which is about 1/64.

# %% id="phi-parts"
for name, states in (("noise", noise_states), ("other order", shuffled), ("trained", None)):
    told = metrics_of(trained, states)
    claim("1.000", told["trace"], f"trace, {name}")
    claim("1.000", told["pattern_diversity"], f"pattern diversity, {name}")
    claim("between 0.0146 and 0.0157", told["complexity"], f"complexity, {name}; 1/64 = {1 / 64:.4f}")
    claim("< 0.0157", told["integration"], f"integration, {name}; at most 2/128")
    claim("between 0.28 and 0.4", told["variance"], f"variance, {name}")
claim("0.93", 2 * (0.4 + 0.2 / 3), "phi from two constants")
claim("< 0.8", 1 / 32, "a cosine over T = 32 is at most this")

# %% [markdown] id="phi-later"
# The later version of the metrics has a *coherence* of 1 by construction: rows of attention sum to 1, so every head's mean is
# $1/T$, and the variance over heads is 0. A number that no model can change is no measurement. The test for that is cheap, and
# it is the same every time: compute the number on an untrained model, on noise, and on shuffled data.

# %% id="phi-later-run"
from course_lib.infinito.report.integration import improved_metrics

for sharpness in (0.0, 1.0, 50.0):
    maps = (sharpness * torch.randn(2, 8, 4, 32, 32, generator=numbers)).softmax(dim=-1)
    claim(
        "1.000000", improved_metrics(noise_states, maps)["coherence"], f"coherence, sharpness {sharpness:g}"
    )

# %% [markdown] id="exploration-falls"
# The same five runs show one thing more, about section 4. The scale $s$ of the exploration is learned from the training loss, and
# noise makes that loss worse: training turns the exploration down, in each of the five.

# %% id="exploration-falls-claim"
scales = [model.exploration.scale.item() for model, *_ in runs]
claim("< 0.097", max(scales), "scale of the noise after 20 steps, the largest of five; it began at 0.1")

# %% [markdown] id="broken"
# ## 10 A broken run
#
# A colleague trains the repaired model and reports: "The loss falls, no error anywhere, but switching the memory off changes
# nothing." The model is `TINY` with all its repairs. The training loop makes blocks of 32 tokens, shuffles them, and gives each
# to `language_loss`. Here is the size of the gradient per part, in one step:

# %% id="broken-run" tags=["nbval-ignore-output"]
torch.manual_seed(0)
colleague = Infinito(TINY)
block = torch.randint(0, 104, (16, 33), generator=numbers)
language_loss(colleague, (block[:, :-1], block[:, 1:])).mean.backward()
for part, module in colleague.named_children():
    sizes_of = [p.grad.norm().item() if p.grad is not None else 0.0 for p in module.parameters()]
    if sizes_of:
        print(f"{part:<16} {sum(sizes_of):.4f}")

# %% id="broken-predict" tags=["nbval-ignore-output"]
predict("10-broken")

# %% id="broken-answer"
longer = (long_text[:, :-1], long_text[:, 1:])  # blocks of three segments
short = parameters_without_gradient(colleague, language_loss, (block[:, :-1], block[:, 1:]))
everywhere = {f"memory.{name}" for name, _ in colleague.memory.named_parameters()}
assert set(short) == everywhere, "one segment: the whole memory is silent, nothing else"
assert not parameters_without_gradient(colleague, language_loss, longer), (
    "three segments: everything learns"
)

# %% id="broken-answer-outcome"
outcome("10-broken")

# %% [markdown] id="recall"
# ## 11 Recall
#
# Answer without scrolling up.

# %% id="recall-1" tags=["nbval-ignore-output"]
recall("10-row-three")

# %% id="recall-2" tags=["nbval-ignore-output"]
recall("10-fresh-test")

# %% id="recall-3" tags=["nbval-ignore-output"]
recall("10-no-gradient")

# %% id="recall-4" tags=["nbval-ignore-output"]
recall("10-loss-of-nothing")

# %% id="recall-5" tags=["nbval-ignore-output"]
recall("10-sum-and-count")

# %% id="recall-keys"
claim("9.2", math.log(10_000), "the loss of knowing nothing about 10,000 words")

# %% [markdown] id="full-size"
# ## 12 At full size
#
# Both versions were built here with all their parameters; what was *trained* was small, because a step of the full model is slow
# on a CPU core. Lesson 11 reads the recorded full run of `AS_REPORTED`. A recording of `FULL` on a GPU does not exist yet; on a
# machine with one, this command trains it on WikiText-2 (with a vocabulary of its own, so with larger tables), keeps
# checkpoints, and goes on where it was interrupted:
#
# ```
# python -m course_lib train infinito --preset cuda --device cuda --out runs/infinito-full
# ```

# %% [markdown] id="next"
# ## Next
#
# The [exercise sheet](../exercises/10_infinito_model.ipynb):
# you write attention, the memory and the test of causality, and each check tells you which mistake it sees. Then lesson 11: the
# whole training, and what the perplexity of the report was.

# %% id="progress" tags=["nbval-ignore-output"]
from course_lib.teaching.learner.progress import show_progress

show_progress()

# %% [markdown] id="sources"
# ## Sources
#
# - Vaswani et al. 2017, *Attention Is All You Need*, section 3.2: scaled dot-product attention and heads.
# - Xiong et al. 2020, *On Layer Normalization in the Transformer Architecture*: post-norm and pre-norm.
# - Graves, Wayne, Danihelka 2014, *Neural Turing Machines*, section 3.3: addresses by cosine and sharpness.
# - Grave, Joulin, Usunier 2017, *Improving Neural Language Models with a Continuous Cache*: a memory of what followed.
# - The report of INFINITO V5.2 and its public repository, as kept in `course_lib/core/reports`.
