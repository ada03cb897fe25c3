# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # 09 CUDA: where does the time of a training step go?
#
# A graphics processor does not make a program fast. It makes a few operations very fast, and leaves the rest as slow as it
# was. Whoever wants speed has to know what a step consists of. In this lesson you predict the time and the memory of a
# training step from its arithmetic, before it runs, and then measure how far you were off, and why.
#
# **Afterwards you can**
#
# - count the FLOPs and bytes of a step, and say which of the two limits it;
# - predict the memory of a step exactly: weights, gradients, moments, activations;
# - explain what a larger batch, a fused optimizer, `torch.compile` and half precision each save, and when they save nothing;
# - find the line that makes the processor wait for the device;
# - say what a loss scaler is for, what determinism promises, and what two devices compute together.
#
# **Time**: 75 minutes, and about 170 for the [exercise sheet](../exercises/09_cuda.ipynb).
# **Needs**: lessons 01, 03 and 08. **No GPU is needed**: what can be counted is counted here, times are measured on the machine
# that you have (on a GPU where there is one, by the same code), and what only a GPU can tell is read from a recording or
# named as missing. No number of a GPU is made up.

# %% id="setup"
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from course_lib.plots import curves, style
from course_lib.teaching.claims import claim, quoted
from course_lib.teaching.predict import outcome, predict, recall
from course_lib.teaching.build.source import show_source
from course_lib.training.machine.cost import Machine, gpt_step, linear_step, matmul
from course_lib.training.machine.cost import mlp_step, shortest, total
from course_lib.training.machine.operations import by_name, counted, first_wait, flops_of
from course_lib.training.machine.gpt import GPT, INFINITO_SHAPE, GPTConfig, next_token_loss, random_tokens
from course_lib.training.machine.profile import measure_machine, time_call, time_in_turns

# %% [markdown] id="device"
# Two models go with us: a small language model that your processor trains in a fraction of a second, and one of the shape of
# INFINITO (6 layers, 8 heads, 512 wide, 10,000 words), which is only counted here. On a machine with a CUDA GPU the
# *timed* cells take the large one and the GPU. On a CPU one thread does the work, so that times do not depend on what your other
# cores are doing. What such a model is good for is lesson 10; here you need its parts only as work to be done. Each token (a
# word) is a row of `width` numbers. A block treats these rows with four linear layers, and with **attention**, in which every
# token looks at those before it: two more products of matrices. At the end a linear layer gives one number for each word.

# %% id="device-run" tags=["nbval-ignore-output"]
from course_lib.training.machine.device import pick_device

SMALL = GPTConfig(vocabulary=1_000, context=64, width=128, layers=2, heads=4)
PRESETS = {"cpu": (SMALL, 8, 64), "mps": (SMALL, 8, 64), "cuda": (INFINITO_SHAPE, 32, 256)}
device = pick_device()
config, batch_size, tokens = PRESETS[device.type]
torch.set_num_threads(1)
print("timed on:", device, "with", config)

# %% id="device-check-claims"
claim("10,000", INFINITO_SHAPE.vocabulary, "words of the large shape")

# %% id="device-check"
print(INFINITO_SHAPE)

# %% [markdown] id="try-first"
# ## Try first: a third of the time
#
# Below is a training step of a small network: 64 inputs, two hidden layers of width 64, 10 classes, batches of 8, Adam. Make
# a step take **less than a third of the time**. You may change one thing, the hidden width, to anything from 1 to 64. A width of 32
# has about a quarter of the arithmetic in the middle layer, so this should be easy. Five minutes.


# %% id="try-first-step"
def train_step(width, batch=8, device=device):
    torch.manual_seed(0)
    layers = nn.Linear(64, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 10)
    model = nn.Sequential(*layers).to(device)
    optimizer = torch.optim.Adam(model.parameters())
    x, y = torch.randn(batch, 64, device=device), torch.randint(10, (batch,), device=device)

    def step():
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()

    return step


# %% id="try-first-run" tags=["nbval-ignore-output"]
width = 32  # <- your width, from 1 to 64
found = time_in_turns({"64": train_step(64), "yours": train_step(width)}, device, calls=20)
for name, seconds in found.items():
    print(f"width {name:<6}{1e6 * min(seconds):8.0f} microseconds a step at best")

# %% [markdown] id="try-first-reading"
# It cannot be done. Take the extreme, width 1, which leaves next to nothing to compute:

# %% id="try-first-times" tags=["nbval-ignore-output"]
turns = time_in_turns({w: train_step(w) for w in (1, 64)}, device, rounds=15, calls=20)
share = min(turns[1]) / min(turns[64])
print(f"width 1 takes {share:.2f} of the time of width 64")

# %% id="try-first-claims-claims"
claim("> 0.35", share, "time of a step at width 1, as a share of that at width 64")
few, many = (sum(cost.flops for cost in mlp_step([64, w, w, 10], 8)) for w in (1, 64))
claim("> 60", many / few, "times fewer FLOPs in its matrix products")

# %% id="try-first-claims"
same = [len(counted(train_step(w, device="cpu"))) for w in (1, 64)]
assert same[0] == same[1], "but as many operations"

# %% [markdown] id="try-first-lesson"
# More than sixty times less arithmetic, the same number of operations, and no time saved that would be worth the name. So most
# of this step's time does not go into arithmetic. Into what, then? A step has three prices: **arithmetic**, **moving numbers** between memory and
# processor, and **asking** for each operation. We take them in this order.
#
# ## 1 Count the arithmetic
#
# One FLOP is one addition or multiplication. A linear layer $y = xW$ with $x$ of shape $(n, p)$ and $W$ of $(p, q)$ makes
# $n q$ sums of $p$ products:
#
# $$\text{forward: } 2npq \text{ FLOPs}.$$

# %% id="flops-predict" tags=["nbval-ignore-output"]
predict("09-backward")

# %% id="flops-source"
show_source(linear_step)

# %% [markdown] id="flops-derive"
# The chain rule of lesson 01 gave backward two products: $x^\top g$ for the weight and $g W^\top$ for the input. Both have the
# three sizes $n, p, q$, so each costs what forward cost. Only the first layer is spared one: nobody asks for the gradient of
# the data. Do not believe a formula, hold it against a counter. Torch has one that looks at every product that really runs:

# %% id="flops-run"
sizes, rows = [64, 128, 128, 10], 32
net = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))
x, y = torch.randn(rows, 64), torch.randint(10, (rows,))
seen = flops_of(lambda: F.cross_entropy(net(x), y).backward())
assert seen == total(mlp_step(sizes, rows)).flops, "formula and counter agree to the last FLOP"
middle = linear_step("middle", rows, 128, 128)
claim("2.00", total(middle[1:]).flops / middle[0].flops, "backward over forward, a layer in the middle")

# %% id="flops-run-outcome"
outcome("09-backward")

# %% [markdown] id="flops-gpt"
# Now a step of the large shape: batches of 32 sequences of 256 tokens. On a laptop it would take many seconds, and it need
# not run at all. A **fake tensor** has a shape, a type and a device, and no values; the whole step runs on them and only the
# bookkeeping happens.


# %% id="flops-gpt-run"
def large_step(batch=32, tokens=256):
    model = GPT(INFINITO_SHAPE)
    loss = next_token_loss(model, random_tokens(INFINITO_SHAPE, batch, tokens))
    (loss.total / loss.count).backward()


with FakeTensorMode():
    seen = flops_of(large_step)
large = gpt_step(INFINITO_SHAPE, 32, 256)
assert seen == total(large).flops

# %% id="flops-gpt-run-claims"
claim("1.270", seen / 1e12, "TFLOP (10^12 FLOPs) of one step of the large shape")
claim("155", seen / (32 * 256) / 1e6, "MFLOP (10^6) for each token")

# %% [markdown] id="flops-share"
# *Which* products? The list is sorted below: `up`, `down`, `q, k, v` and `attention out` are the four linear layers of the
# blocks, `vocabulary` is the last one. The often-heard rule "six FLOPs for each parameter and token" counts 2 forward
# and 4 backward for every weight: it knows nothing of attention, and it must leave out weights that only look something up.

# %% id="flops-share-run"
kinds = {}
for cost in large:
    kind = cost.name.rsplit(" ", 2 if cost.name.endswith("gradient") else 1)[0]
    kinds[kind] = kinds.get(kind, 0) + cost.flops
for kind, flops in sorted(kinds.items(), key=lambda entry: -entry[1]):
    print(f"{kind:<15}{flops / total(large).flops:7.1%}")

# %% id="flops-rule"
with FakeTensorMode():
    parameters = sum(p.numel() for p in GPT(INFINITO_SHAPE).parameters())

# %% id="flops-rule-claims"
claim("24,166,400", parameters, "parameters of the plain model of this shape")
claim("0.94", 6 * parameters / (seen / (32 * 256)), "the rule of six, as a share of what is counted")

# %% [markdown] id="bytes"
# The rule is close here, because tokens and vocabulary share their matrix and the sequences are short. It is a rule for
# models in which the weights are nearly all of the work.
#
# ## 2 Count what is moved
#
# Arithmetic happens in registers; the numbers lie in memory and have to be fetched and put back. `relu` on $n$ float32
# numbers computes $n$ FLOPs and moves $8n$ bytes. The quotient is the **arithmetic intensity** of an operation, in FLOPs per
# byte. For the product of two square matrices of side $n$ it is $2n^3 / 12n^2 = n/6$: it grows with the size.

# %% id="bytes-run"
from course_lib.training.machine.cost import adam, elementwise

operations = [
    elementwise("relu", 10**6),
    elementwise("a + b", 10**6, reads=2),
    adam(10**6),
    *(matmul(f"product, side {n}", n, n, n) for n in (24, 240, 2_400)),
    matmul("batch of 8, 512 -> 512", 8, 512, 512),
]
for cost in operations:
    print(f"{cost.name:<24}{cost.intensity:8.2f} FLOP/byte")

# %% id="bytes-claims"
claim("0.125", operations[0].intensity, "FLOP/byte of relu")
claim("40", operations[4].intensity, "FLOP/byte of a product of side 240: n / 6")
claim("2.00", matmul("half", 240, 240, 240, itemsize=2).intensity / 40, "how much two bytes a number gain")
claim(
    "< 4",
    operations[6].intensity,
    "FLOP/byte of a layer at batch 8: the weights are fetched for eight rows only",
)

# %% [markdown] id="roof"
# ## 3 Two limits make a roof
#
# A machine has a highest rate of arithmetic and a highest bandwidth. An operation of intensity $I$ can reach at most
#
# $$\min(\text{rate},\; \text{bandwidth} \times I) \quad \text{FLOP/s.}$$
#
# Drawn over $I$ this is a **roofline**: a slope, where the memory is the limit, and a flat part, where the arithmetic is.
# The intensity where they meet is the machine's **ridge**. Both numbers can be measured in about a second.

# %% id="roof-measure" tags=["nbval-ignore-output"]
machine = measure_machine(device)
print(f"{machine.name}: {machine.rate / 1e9:,.0f} GFLOP/s, {machine.bandwidth / 1e9:,.1f} GB/s")
print(f"ridge at {machine.ridge:.0f} FLOP/byte")

# %% id="roof-predict" tags=["nbval-ignore-output"]
predict("09-addition")

# %% id="roof-points"
from functools import partial

from course_lib.training.machine.profile import matmul_rate

long = 2**28 if device.type == "cuda" else 2**24
ones = [torch.ones(long, device=device) for _ in range(3)]
addition = elementwise("addition", long, reads=2)
seconds = time_call(partial(torch.add, ones[0], ones[1], out=ones[2]), device).low
reached = addition.flops / seconds
ones.clear()
SIDES = (16, 32, 64, 128, 256, 512)
rates = [matmul_rate(device, size=side, rounds=15) for side in SIDES]
bandwidth = max(machine.bandwidth, addition.bytes / seconds)
machine = Machine(machine.name, max(machine.rate, *rates), bandwidth)  # the best that was seen

# %% id="roof-claims"
claim("< 0.1", reached / machine.rate, "share of the highest rate that the addition reaches")
claim("> 2", rates[-1] / rates[0], "rate of a product of side 512 over one of side 16")

# %% id="roof-claims-outcome"
outcome("09-addition")

# %% id="roof-figure" tags=["nbval-ignore-output"]
figure, axes = style.canvas(width=8, height=3.6)
grid = np.geomspace(0.03, 300, 200)
axes.plot(grid, [machine.roof(i) / 1e9 for i in grid], color="0.3", label="roof, measured on this machine")
points = [matmul("", n, n, n).intensity for n in SIDES]
axes.plot(points, np.array(rates) / 1e9, "o", color=style.PALETTE[0], label="products of sides 16 to 512")
axes.plot([addition.intensity], [reached / 1e9], "s", color=style.PALETTE[1], label="addition of vectors")
axes.set(xscale="log", yscale="log", xlabel="arithmetic intensity (FLOP per byte)", ylabel="GFLOP/s")
axes.set_title("The roofline of this machine")
curves.legend(axes, loc="lower right")
style.show(
    figure,
    alt="Rate against arithmetic intensity on log scales. The roof rises in a straight line and turns flat at the "
    "ridge. The addition of vectors lies at the far left, near the rising part. Products of larger and larger matrices "
    "lie farther to the right and rise towards the flat part; the smallest one lies far below the roof.",
)

# %% [markdown] id="roof-reading"
# *Reading*: the addition lies near the slope, at a small share of what the processor could do. Large products come close to the
# flat part. The smallest lies far under the roof. The roof knows two of the three prices; section 5 measures the third one, that
# of asking, which is the first suspect. (A point may also lie *above* the
# slope: numbers that fit into a cache need not come from memory.) A roof is a limit, not a forecast.

# %% id="widget-draw"
ROUND_FIGURES = Machine("round figures: 100 TFLOP/s, 2 TB/s", 1e14, 2e12)


def draw(batch=8, width=512, halves=False, inches=7):
    cost = matmul("layer", batch, width, width, itemsize=2 if halves else 4)
    roof = ROUND_FIGURES.roof(cost.intensity)
    figure, axes = style.canvas(width=inches, height=3.2)
    grid = np.geomspace(0.1, 2000, 200)
    axes.plot(grid, [ROUND_FIGURES.roof(i) / 1e12 for i in grid], color="0.4")
    axes.plot([cost.intensity], [roof / 1e12], "o", markersize=11, color=style.PALETTE[1])
    axes.axvline(ROUND_FIGURES.ridge, color="0.6", linestyle=":", linewidth=1)
    axes.set(xscale="log", yscale="log", xlabel="intensity (FLOP per byte)", ylabel="TFLOP/s at most")
    axes.set_title(f"{width} to {width}, batch {batch}")
    limit = "the memory" if cost.intensity < ROUND_FIGURES.ridge else "the arithmetic"
    return figure, f"{cost.intensity:.1f} FLOP/byte, at most {roof / 1e14:.0%} of the rate: {limit} limits."


# %% [markdown] id="widget"
# ### Move along the roof
#
# One linear layer on a machine of round figures (not a measurement of any device: 100 TFLOP/s and 2 TB/s, so the
# ridge is at 50). Move `batch` and `width`, and look where the point stops climbing. Then let the numbers have two bytes.

# %% id="widget-run" tags=["nbval-ignore-output"]
from course_lib.teaching.widgets import explore, strip

explore(
    draw,
    batch=[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096],
    width=[64, 256, 512, 1024, 4096],
    halves=False,
)

# %% [markdown] id="widget-static"
# The same for readers without a running kernel:

# %% id="widget-strip"
strip(
    partial(draw, inches=4),
    [
        {"batch": 1, "width": 512, "halves": False},
        {"batch": 32, "width": 512, "halves": False},
        {"batch": 512, "width": 512, "halves": False},
        {"batch": 4096, "width": 64, "halves": False},
    ],
)

# %% id="widget-claims"
claim("50", ROUND_FIGURES.ridge, "the ridge of the round figures")
assert matmul("", 1, 4096, 4096).intensity < 0.5, "batch 1: half a FLOP per byte, whatever the width"
assert matmul("", 4096, 64, 64).intensity < 16, "narrow: the batch does not help any more"
claim("16", matmul("", 10**9, 64, 64).intensity, "FLOP/byte of a layer of width 64 at an endless batch")

# %% [markdown] id="widget-reading"
# *Reading*: the intensity is limited by the **smallest** of the three sizes. A larger batch carries the point to the right
# until the width stops it; a network that is narrow stays on the slope for ever. Only wide layers *and* large
# batches together fill a GPU.
#
# ## 4 A whole step, predicted and measured
#
# Every operation of a step, in its order, with its FLOPs and bytes: an `OperationCounter` sees each one as torch runs it.
# Each needs at least the larger of its two times; the sum is a **lower bound** of the step, for numbers that come from memory.
# (What the operation before has left in a cache comes faster, so that a small step may even beat the bound.)


# %% id="step-make"
def language_step(config, batch, tokens, device="cpu", **options):
    torch.manual_seed(0)
    with torch.device(device):
        model = GPT(config)
    optimizer = torch.optim.AdamW(model.parameters(), **options)
    data = random_tokens(config, batch, tokens, device=device)

    def step():
        optimizer.zero_grad()
        loss = next_token_loss(model, data)
        (loss.total / loss.count).backward()
        optimizer.step()

    return step


# %% id="step-count"
step = language_step(SMALL, 8, 64, fused=True)
step()  # the first step also makes the moments of Adam
costs = counted(step)
found = by_name(costs)
print(f"{'operation':<55}{'times':>5}{'MFLOP':>8}{'MB':>7}")
for name, (times, cost) in list(found.items())[:9]:
    print(f"{name:<55}{times:>5}{cost.flops / 1e6:>8.1f}{cost.bytes / 1e6:>7.1f}")
print(f"{'all':<55}{len(costs):>5}{total(costs).flops / 1e6:>8.1f}{total(costs).bytes / 1e6:>7.1f}")

# %% [markdown] id="step-predict"
# The products come first in arithmetic, but small things add up in bytes. On the device of the timed cells:

# %% id="step-predict-widget" tags=["nbval-ignore-output"]
predict("09-bound")

# %% id="step-time" tags=["nbval-ignore-output"]
step = language_step(config, batch_size, tokens, device, fused=True)
with FakeTensorMode():
    fake = language_step(config, batch_size, tokens, fused=True)
    fake()
    listed = counted(fake)
timing, again = time_call(step, device, rounds=9), measure_machine(device)
machine = Machine(
    machine.name, *np.maximum((machine.rate, machine.bandwidth), (again.rate, again.bandwidth))
)
bound = shortest(listed, machine)
print(
    f"lower bound {1e3 * bound:.1f} ms; measured {1e3 * timing.median:.1f} ms, at best {1e3 * timing.low:.1f} ms"
)
flops = total(gpt_step(config, batch_size, tokens)).flops
print(f"at best {flops / timing.low / machine.rate:.0%} of the rate of large products")

# %% id="step-time-claims"
claim("between 0.8 and 8", timing.low / bound, "the best time over the lower bound")

# %% id="step-time-claims-outcome"
ratio = timing.low / bound
share = "up to three" if ratio < 3 else "three to ten" if ratio < 10 else "more than ten"
outcome("09-bound", f"{share} times as long", ratio=ratio)

# %% [markdown] id="profile"
# Where the time really went is a question for a **profiler**. It writes down when each operation began and ended. (This cell profiles
# the small model on the CPU, everywhere; on CUDA the same profiler lists the kernels.)

# %% id="profile-run" tags=["nbval-ignore-output"]
from course_lib.training.machine.profile import time_by_operation

here = torch.device("cpu")
on_cpu = measure_machine(here) if device.type != "cpu" else machine
small_step = language_step(SMALL, 8, 64, fused=True)
small_step()
measured = time_by_operation(small_step)
predicted = {name: sum(cost.seconds(on_cpu) for cost in costs if cost.name == name) for name in found}


# %% id="profile-group"
def grouped(seconds):
    groups = dict.fromkeys(("products", "attention", "element by element", "between operations"), 0.0)
    for name, value in seconds.items():
        product, between = name in ("mm", "addmm", "bmm"), name == "between operations"
        kind = "products" if product else "attention" if "attention" in name else "element by element"
        groups["between operations" if between else kind] += value
    return {name: value / sum(groups.values()) for name, value in groups.items()}


# %% id="profile-draw"
shares = {"lower bound": grouped(predicted), "profiler": grouped(measured)}
figure, axes = style.canvas(width=9, height=2.6)
left = np.zeros(2)
for index, kind in enumerate(shares["profiler"]):
    widths = np.array([groups[kind] for groups in shares.values()])
    look = {"color": style.PALETTE[index], "hatch": ("", "//", "..", "xx")[index], "edgecolor": "white"}
    axes.barh(range(2), widths, left=left, label=kind, **look)
    left += widths

# %% id="profile-figure" tags=["nbval-ignore-output"]
axes.set_yticks(range(2), list(shares))
axes.set(xlabel="share of the time", ylabel="by", ylim=(-0.5, 2.1))
axes.set_title("Where the time of a step goes (small model, CPU)")
curves.legend(axes, loc="upper center", ncols=4)
told = {n: ", ".join(f"{kind} {share:.0%}" for kind, share in g.items()) for n, g in shares.items()}
alt = "; ".join(f"{name}: {text}" for name, text in told.items())
style.show(figure, alt=f"Two stacked bars, the shares of a step's time. {alt}.")

# %% [markdown] id="profile-reading"
# *Reading*: matrix products make a large part of both bars. What the bound does not know of: operations that need more than one
# FLOP for an element (an exponential, say), and, at the right, the time *between* operations, in which Python decides what
# comes next.

# %% id="profile-claims" tags=["results"]
claim("> 0.2", shares["profiler"]["products"], "share of the matrix products, profiled")
claim(
    "0.00",
    shares["lower bound"]["between operations"],
    "what the bound knows of the time between operations",
)

# %% [markdown] id="ask"
# ## 5 The price of asking
#
# Each operation is asked for by the program: Python calls torch, torch finds the right **kernel** (the compiled function that does
# the work), the device gets it. That takes some microseconds, whether the kernel has one number to add or a million. It is what the width in "Try first" could not
# change. Three things change it: fewer and larger operations by a larger **batch**, by **fused** ones, or by a **compiler**.

# %% id="ask-run" tags=["nbval-ignore-output"]
print(
    f"{1e6 * min(turns[1]) / same[0]:.0f} microseconds for each of {same[0]} operations at width 1, Python included"
)

# %% id="ask-claims"
claim(
    "> 0.5", min(turns[1]) * 1e6 / same[0], "microseconds for an operation that has next to nothing to do"
)

# %% [markdown] id="batch"
# ### A larger batch

# %% id="batch-predict" tags=["nbval-ignore-output"]
predict("09-batch")

# %% id="batch-run" tags=["nbval-ignore-output"]
BATCHES = (
    (1, 4, 16, 64, 256, 1024, 4096) if device.type != "cuda" else (1, 16, 256, 4096, 2**16, 2**18, 2**20)
)
per_step = [time_call(train_step(128, batch), device, calls=4).low for batch in BATCHES]
per_sample = np.array(per_step) / BATCHES
for batch, seconds in zip(BATCHES, per_sample, strict=True):
    print(f"batch {batch:>7}: {1e6 * seconds:9.3f} microseconds a sample")

# %% id="batch-figure" tags=["nbval-ignore-output"]
figure, axes = style.canvas(width=8, height=3.3)
curves.line(axes, BATCHES, 1e6 * per_sample, label="measured", index=0)
fixed = per_step[0] * 1e6
axes.plot(
    BATCHES, fixed / np.array(BATCHES), color="0.3", linestyle=":", label="the time of batch 1, shared"
)
axes.axhline(1e6 * per_sample[-1], color="0.5", linewidth=1, label="arithmetic and memory")
axes.set(xscale="log", yscale="log", xlabel="batch size", ylabel="microseconds per sample")
axes.set_title("A larger batch shares the price of asking")
curves.legend(axes, loc="upper right")
style.show(
    figure,
    alt="Time per sample against the batch size, both on log scales. From batch 1 on the measured line falls in "
    "proportion to the batch, along the dotted line, then it bends and becomes level at the largest batches.",
)

# %% [markdown] id="batch-reading"
# *Reading*: along the dotted line a sample that is added costs nothing. Where the line turns level, the step has
# become a matter of arithmetic, and a larger batch saves no more time.

# %% id="batch-claims"
claim(
    "> 3",
    per_sample[0] / per_sample[BATCHES.index(256)],
    "times less for a sample in batches of 256 than of one",
)
claim("< 2.5", per_sample[5] / per_sample[6], "times less for the last, fourfold batch: the gain ends")

# %% id="batch-claims-outcome"
outcome("09-batch")

# %% [markdown] id="batch-caution"
# That is time *per sample*. Lesson 04 counted **updates**: a batch four times as large makes a quarter of the updates, and
# whether the network learns as fast per sample is another question. The speed of the machine is one factor, the number of
# steps to the goal is the other.
#
# ### Fused optimizers
#
# AdamW reads four numbers per parameter and writes three. Written as tensor operations, for each parameter tensor one after
# the other, it does a dozen small things, and each reads from memory and writes back. `foreach=True` does each of them for all
# tensors at once; `fused=True` does everything in one kernel.

# %% id="fused-run"
many = {}
for name, options in {
    "one by one": {"foreach": False},
    "foreach": {"foreach": True},
    "fused": {"fused": True},
}.items():
    model = GPT(SMALL)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer = torch.optim.AdamW(model.parameters(), **options)
    optimizer.step()  # the first step also makes the moments
    many[name] = counted(optimizer.step)
    moved = total(many[name]).bytes / sum(p.numel() for p in model.parameters())
    print(f"{name:<12}{len(many[name]):>5} operations,{moved:5.0f} bytes a parameter")

# %% id="fused-claims" tags=["results"]
claim("> 20", len(many["one by one"]) / len(many["fused"]), "times as many operations one by one as fused")
claim(
    "> 2", total(many["foreach"]).bytes / total(many["fused"]).bytes, "times as many bytes without fusing"
)
claim("28", adam(1).bytes, "bytes a parameter that cannot be avoided: 4 numbers read, 3 written")
# (Torch declares that its fused kernel may write the gradient too, so the counter books 4 bytes more.)

# %% [markdown] id="compile"
# ### The compiler
#
# `torch.compile` does to forward and backward what `fused=True` does to Adam. It follows the Python program once, writes down
# the **graph** of its operations, and makes new kernels in which several small operations read their inputs once and write
# one result. That takes seconds to minutes, and again when shapes change, so it is not done live here. What can be done live is the
# first half: a "compiler" that only looks at the graph and then runs it as it stands.

# %% id="compile-graph"
graphs = []


def look(graph, inputs):
    graphs.append([node for node in graph.graph.nodes if node.op.startswith("call")])
    return graph.forward


model, (ids, _) = GPT(SMALL), random_tokens(SMALL, 8, 64)
followed = torch.compile(model, backend=look, fullgraph=True)(ids)
assert torch.equal(followed, model(ids)), "the same numbers, bit for bit"

# %% id="compile-graph-claims"
claim("1", len(graphs), "graph: nothing in this forward has to be asked in between")

# %% [markdown] id="compile-break"
# A graph can hold only what is the same for every batch. As soon as the program asks *for a value* (`.item()`, an `if`
# on a tensor), the graph ends there: a **graph break**. Two graphs with Python between them cannot be fused, and on a GPU the
# program also has to wait. `fullgraph=True` turns a break into an error, which is why a speed test should use it.


# %% id="compile-break-model"
class Chatty(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids):
        logits = self.model(ids)
        if logits.mean().item() > 100:  # a check that somebody left in
            print("large logits")
        return logits.softmax(dim=-1)


# %% id="compile-break-run"
import logging

logging.getLogger("torch._dynamo").setLevel(logging.ERROR)  # it would tell the break at length
graphs.clear()
torch.compile(Chatty(model), backend=look)(ids)

# %% id="compile-break-run-claims"
claim("2", len(graphs), "graphs: the check cut the model in two")

# %% id="compile-break-claims"
torch._dynamo.reset()  # else it takes the two graphs that it has
try:
    torch.compile(Chatty(model), backend=look, fullgraph=True)(ids)
    refused = False
except torch._dynamo.exc.TorchDynamoException:
    refused = True
assert refused, "fullgraph=True refuses what the plain call accepts in silence"

# %% id="compile-recorded" tags=["nbval-ignore-output"]
from course_lib.core.recordings import recorded

MAKE = "python -m benchmarks.gpu --part"
compiled = recorded("cpu_compile", command=f"{MAKE} compile --device cpu", hardware="any CPU")
if compiled:
    eager, after = (compiled.row(variant=f"float32, {how}") for how in ("eager", "compiled"))
    for name, row in (("eager", eager), ("compiled", after)):
        print(
            f"  {name:<10}{row['seconds']:.2f} s a step, from {row['lowest']:.2f} to {row['highest']:.2f}"
        )
    saved, once = eager["seconds"] - after["seconds"], after["until_ready"]
    clear = eager["lowest"] > after["highest"]
    tells = f"pays after {once / saved:.0f} steps" if clear else "no saving that stands out"
    print(f"  ready after {once:.0f} s: {tells}")

# %% [markdown] id="compile-reading"
# ("Eager" is torch without a compiler: each operation is done when Python gets to it.) Divide the seconds until it is ready by
# what each step saves, if anything: that is how many steps a run needs before compiling has paid for itself. A compiler does not make matrix products faster; where they are most of a step, there is little
# to save. It gains where many small operations lie between the products, and where asking for them is what limits. For a notebook of
# a few hundred steps it seldom pays; for a night on a GPU it often does: nanoGPT's README reports steps of 135 ms in place of
# about 250 ms. (On which GPU and at which batch size it does not say.)
#
# ## 6 The queue, and how to spoil it
#
# On a CPU an operation is done when the call returns. On a GPU the call only puts it into a **queue**: the program (the *host*)
# goes on while the device works. As long as the host is ahead, its price of asking costs nothing. The picture is simple enough
# to compute: two workers, one line each.

# %% id="queue-source"
from course_lib.training.machine.timeline import seconds_per_piece, timeline

HOST, DEVICE = 3.0, 4.0  # milliseconds to ask for a step, and to do it: an example, not a measurement
runs = {
    "never waits": timeline(8, host=HOST, device=DEVICE),
    "reads the loss each step": timeline(8, host=HOST, device=DEVICE, wait_every=1),
    "host is slow": timeline(8, host=DEVICE, device=HOST),
}


# %% id="queue-draw"
def draw_queue(axis, pieces):
    for number, piece in enumerate(pieces):
        look = {"color": style.PALETTE[number % 2], "hatch": ("", "//")[number % 2], "edgecolor": "white"}
        for row, (start, end) in ((1, piece.asked), (0, piece.done)):
            axis.barh(row, end - start, left=start, **look)
    axis.set_xlabel("milliseconds")


# %% id="queue-figure"
figure, axes = style.canvas(1, 3, width=11, height=2.6, sharey=True, sharex=True)
for axis, (name, pieces) in zip(axes, runs.items(), strict=True):
    draw_queue(axis, pieces)
    axis.set_title(name)
axes[0].set_yticks([0, 1], ["device", "host"])
axes[0].set_ylabel("worker")
style.show(
    figure,
    alt="Three time lines of a host and a device, eight steps each. Never waiting: the host runs ahead and the device "
    "works without a gap. Reading the loss in each step: host and device take turns and each stands still for about "
    "half of the time. With a slow host the device has a gap before every step.",
)


# %% id="queue-claims"
def milliseconds(host, device, wait_every=None):
    return seconds_per_piece(timeline(1000, host=host, device=device, wait_every=wait_every))


# %% id="queue-claims-claims"
claim("4.0", milliseconds(3, 4), "ms a step when nobody waits: the larger of the two")
claim("7", milliseconds(3, 4, wait_every=1), "ms a step when the loss is read each time: their sum")
claim("4.1", milliseconds(3, 4, wait_every=50), "ms a step when it is read every fiftieth time")
claim("4.0", milliseconds(4, 3), "ms a step when asking takes longer than doing")

# %% [markdown] id="queue-reading"
# *Reading*: without waits a step costs the **larger** of the two times; with a wait in each step it costs their **sum**. That is
# why `fit` has `check_every`, and why a running loss is kept as a tensor on the device. And where the host is slower than the
# device, the device idles whatever it is: a faster GPU does not make that step faster at all.
#
# **You may think** that a clock around the call measures the step. **In fact** it measures the host. **The run**, in the same picture: 1 ms to ask
# for a step, 4 ms to do it, eight steps. The host has finished asking long before the device has finished working:

# %% id="queue-clock"
pieces = timeline(8, host=1.0, device=4.0)
claim("8", pieces[-1].asked[1], "ms on a clock that stops when the last call returns")
claim("33", pieces[-1].done[1], "ms until the work is done")

# %% [markdown] id="queue-clock-reading"
# So a clock needs a `torch.cuda.synchronize()` on both sides, or the device's own events; `time_call` uses events:

# %% id="queue-clock-source"
from course_lib.training.machine.profile import seconds_of

show_source(seconds_of)

# %% [markdown] id="broken"
# ### A broken run
#
# The loop below trains correctly. On a CPU it runs as fast as any other. On a GPU it keeps the device waiting in **each** step.
# Read it before you run the next cell: which line?


# %% id="broken-loop"
def broken_step():
    model = GPT(SMALL)
    optimizer = torch.optim.AdamW(model.parameters())
    history = []
    loss = next_token_loss(model, random_tokens(SMALL, 4, 16))
    mean = loss.total / loss.count
    history.append(mean.detach())
    mean.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    history.append(norm)
    if not torch.isfinite(norm):
        return history
    optimizer.step()
    return history


# %% id="broken-predict" tags=["nbval-ignore-output"]
predict("09-broken")

# %% [markdown] id="broken-how"
# You need no GPU to find it. A fake tensor has no values, so a line that needs one fails, and the traceback names the line:

# %% id="broken-found"
place = first_wait(broken_step)
print(place.split(": ", 1)[1])
assert "isfinite" in place

# %% id="broken-found-outcome"
outcome("09-broken")

# %% id="broken-list"
t = torch.zeros(4)
TRAPS = {
    "loss.item()": lambda t: t.sum().item(),
    "t.tolist()": lambda t: t.tolist(),
    "if t.sum() > 0": lambda t: bool(t.sum() > 0),
    "t[t > 0]": lambda t: t[t > 0],
    "torch.where(t > 0, t, 0)": lambda t: torch.where(t > 0, t, 0),
    "running += loss.detach()": lambda t: t.add_(t.detach()),
}
for name, line in TRAPS.items():
    print(f"{name:<26}", "waits" if first_wait(lambda line=line: line(torch.zeros(4))) else "does not wait")

# %% [markdown] id="broken-mend"
# The last two are the mends: choose by `where` with a shape that is known, and add up on the device. What this test does
# **not** see: `.cpu()`, `print(t)` and `numpy()` wait as well. And a check for NaN is worth a wait: do it every so many
# steps (`check_every=50`), not never.
#
# ## 7 Loaders: the same queue once more
#
# Put the loader in the place of the host and the training step in the place of the device. A loader without workers runs in
# the program itself: load, then train. On a CPU, or where each step waits, the two times add up; on a GPU that nobody waits for,
# loading still adds to the host's share. With worker processes that prepare a few batches **ahead**, a step costs the
# larger of the two.

# %% id="loader-run"
LOAD, TRAIN = 5.0, 6.0
alone = LOAD + TRAIN
ahead = seconds_per_piece(timeline(1000, host=LOAD, device=TRAIN, ahead=2))
one_slow = seconds_per_piece(timeline(1000, host=3 * TRAIN, device=TRAIN, ahead=8))
claim("11", alone, "ms a step when loading and training take turns")
claim("6.0", ahead, "ms a step with batches ready ahead")
claim(
    "18.0",
    one_slow,
    "ms a step when loading takes three times as long: room for more batches does not help",
)

# %% [markdown] id="loader-flags"
# Prefetching hides loading; it does not make it faster. A loader that is too slow needs more workers, or less work (decode
# once, keep the data on the device if they fit: the 2 million tokens of a small corpus are 8 MB as int32). The flags of torch's
# `DataLoader` have rules:

# %% id="loader-flags-run" tags=["nbval-ignore-output"]
import warnings

from torch.utils.data import DataLoader, TensorDataset

data, refused = TensorDataset(torch.zeros(8, 3)), []
for name, value in (("persistent_workers", True), ("prefetch_factor", 2), ("pin_memory", True)):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            DataLoader(data, batch_size=4, num_workers=0, **{name: value})
        except ValueError as error:
            refused.append(name)
            print(error)

# %% id="loader-flags-claims"
assert refused == ["persistent_workers", "prefetch_factor"], "without workers these two make no sense"

# %% [markdown] id="loader-pinned"
# **Pinned memory** cannot be moved or swapped out, so a GPU can fetch from it by itself. Only from there is
# `x.to("cuda", non_blocking=True)` really a copy that goes on in the background; from ordinary memory the program waits until
# the batch has been fetched, whatever the flag says. Two rules keep it safe. Do not write into a pinned batch before its copy is done (a loader gives you a
# fresh one). And never use `non_blocking=True` in the other direction, device to CPU, and then read the numbers without a
# synchronize: you may read what was there *before* the copy. Without an accelerator, `pin_memory=True` does nothing, but for a warning.
#
# On this course's sheets and notebooks loaders have no workers: where processes are spawned (macOS, Windows), a worker
# cannot find a class that was defined in a notebook.

# %% [markdown] id="formats"
# ## 8 Fewer bits
#
# Half the bytes per number double the intensity, and modern GPUs have units that multiply matrices of 16-bit numbers many
# times faster than float32. There are two ways to spend 16 bits. One sign; then bits for the **exponent**, which decide how
# large and small a number can be, and bits for the **digits**, which decide how finely it is cut.

# %% id="formats-table"
FORMATS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
print(
    f"{'format':<10}{'bits':>5}{'largest':>10}{'smallest normal':>17}{'smallest':>10}{'step above 1':>14}"
)
for name, dtype in FORMATS.items():
    info = torch.finfo(dtype)
    smallest = info.smallest_normal * info.eps  # a subnormal: all digits but the last are 0
    print(
        f"{name:<10}{info.bits:>5}{info.max:>10.3g}{info.smallest_normal:>17.3g}{smallest:>10.3g}{info.eps:>14.3g}"
    )

# %% [markdown] id="formats-subnormal"
# Below the smallest *normal* number a format has **subnormals**: the exponent can go no lower, so numbers lose digits from the
# front, one bit for each halving, until only one is left. Below half of that, everything rounds to 0. Walk down in float16:

# %% id="formats-subnormal-run"
print("exact value   in float16   relative error")
for power in (10, 14, 16, 18, 20, 22, 24, 25, 26):
    value = 1.3 * 2.0**-power
    stored = torch.tensor(value).half().item()
    print(f"{value:>11.3e}{stored:>13.3e}{abs(stored - value) / value:>16.2%}")

# %% id="formats-claims"
info = torch.finfo(torch.float16)
claim("65,504", info.max, "the largest number of float16")
claim("6.1e-5", info.smallest_normal, "its smallest normal number")
claim("6.0e-8", info.smallest_normal * info.eps, "its smallest number above 0")
assert torch.tensor(2.9e-8).half() == 0 and torch.tensor(3.1e-8).half() > 0
claim("8", torch.finfo(torch.bfloat16).eps / info.eps, "times coarser are the steps of bfloat16")

# %% [markdown] id="formats-gradient"
# **Gradients are small.** The loss is a mean over all tokens of a batch, 8,192 in the large shape, and of 10,000 words all but one
# are wrong: the gradient of the logit of a wrong word is its probability divided by 8,192. At the start all 10,000 words
# have about the same probability.

# %% id="formats-gradient-predict" tags=["nbval-ignore-output"]
predict("09-underflow")

# %% id="formats-gradient-run-claims"
claim("8,192", 32 * 256, "tokens in a batch of the large shape")

# %% id="formats-gradient-run"
generator = torch.Generator().manual_seed(0)
hidden = torch.randn(64, 512, generator=generator)  # 64 of the 8,192 tokens, as a layer norm leaves them
words = 0.02 * torch.randn(10_000, 512, generator=generator)
right = torch.randint(10_000, (64,), generator=generator)
gradient = torch.softmax(hidden @ words.T, dim=1)
gradient[torch.arange(64), right] -= 1  # probability minus truth, as in lesson 01
gradient /= 32 * 256

# %% id="formats-gradient-claims"
lost = (gradient.half() == 0).float().mean()
scaled = 65_536 * gradient

# %% id="formats-gradient-claims-claims" tags=["results"]
claim("> 0.95", lost, "share of the logits' gradients that float16 turns into 0")
claim("<= 0", (scaled.half() == 0).float().mean(), "share when they are multiplied by 65,536 first")
claim("0", torch.isinf(scaled.half()).sum(), "of them that are too large then")

# %% id="formats-gradient-claims-outcome"
outcome("09-underflow")

# %% id="formats-gradient-claims-claims-2"
claim("1.2e-8", 1 / (10_000 * 8_192), "that quotient")

# %% id="formats-draw"
figure, axes = style.canvas(width=8.5, height=3.2)
bins = np.arange(-36, 16, 1)
for index, (name, values) in enumerate({"gradients": gradient, "times 65,536": scaled}.items()):
    share = np.histogram(np.log2(np.abs(values.numpy()).ravel()), bins)[0] / values.numel()
    axes.step(bins[:-1], share, where="post", label=name, **{**style.look(index), "marker": ""})

# %% id="formats-figure"
axes.axvspan(-25, 16, color="0.9", zorder=0)
axes.axvspan(-14, 16, color="0.8", zorder=0)
axes.set(xlabel="power of two", ylabel="share of the gradients", xlim=(-36, 16))
axes.set_title("What float16 can hold: normal (dark), subnormal (light), nothing (white)")
curves.legend(axes, loc="upper right")
style.show(
    figure,
    alt="Histogram of the gradients' size in powers of two. Unscaled they peak near 2 to the minus 26.5, in the "
    "white region where float16 has only zero. Multiplied by 65,536 the same peak lies 16 steps to the right, near "
    "2 to the minus 10.5, inside the dark region of normal numbers.",
)

# %% [markdown] id="formats-scaler"
# *Reading*: the whole mountain stands in the white, where float16 has nothing but 0. Multiplying the **loss** by 65,536 moves all
# gradients 16 powers of two to the right, by the chain rule; after backward they are divided by the same factor, in float32. This
# is **loss scaling**. Which factor is right? As large as possible without overflow, and that is found by trying. The **scaler**
# does it: if any gradient is infinite or NaN, it leaves the update out and halves the factor; after 2,000 good steps it doubles it.

# %% id="formats-scaler-run"
scaler = torch.amp.GradScaler(device="cpu")

# %% id="formats-scaler-run-claims"
claim("65,536", scaler.get_scale(), "the factor that it starts with")
claim("2,000", scaler.get_growth_interval(), "good steps after which the factor is doubled")

# %% id="formats-scaler-run-then"
weight = nn.Parameter(torch.zeros(1))
optimizer = torch.optim.SGD([weight], lr=1.0)
for size in (3.0, 3.0, 1e-8):
    optimizer.zero_grad()
    loss = size * weight.half().float().sum()  # its gradient is `size`, and goes through float16
    scaler.scale(loss).backward()
    seen = weight.grad.item()
    scaler.step(optimizer)
    scaler.update()
    print(
        f"gradient {size:<7g} scaled {seen:<13.4g} weight {weight.item():<8.2g} factor {scaler.get_scale():,.0f}"
    )

# %% id="formats-scaler-claims"
claim("16,384", scaler.get_scale(), "the factor after two overflows")
claim("-1.0e-8", weight.item(), "the weight: two updates left out, and the tiny gradient kept")
unscaled = nn.Parameter(torch.zeros(1))
(1e-8 * unscaled.half().float().sum()).backward()
claim("<= 0", abs(unscaled.grad.item()), "the same tiny gradient without a scaler")

# %% [markdown] id="formats-order"
# A consequence for the order of lines: **unscale before you clip**. A limit of 1 on the length of a gradient that is 65,536 times
# too long cuts it to 1, and unscaling then leaves next to nothing. `optimizer_step` of lesson 08 does it in the right order, and the
# sheet lets you find out what the wrong one looks like.
#
# **bfloat16** has the exponent of float32, so none of this happens: no scaler. It pays with digits.

# %% id="formats-digits"
sums = {}
for name, dtype in FORMATS.items():
    weight = torch.tensor(1.0, dtype=dtype)
    for _ in range(1_000):
        weight += 0.001  # a thousand small updates
    sums[name] = weight.item()
    print(f"{name:<10}{sums[name]:.3f}")

# %% id="formats-digits-claims"
claim("1.000", sums["bfloat16"], "a weight of 1 after a thousand updates of 0.001, in bfloat16")
claim("between 1.95 and 2.05", sums["float16"], "in float16")
claim("2.000", sums["float32"], "in float32")

# %% [markdown] id="formats-autocast"
# **You may think** that bfloat16 is the better half because it needs no scaler. **In fact** it is the coarser one: its steps above 1
# are 8 times as wide. **The run**: a thousand updates of `0.001` on a weight of 1 are all lost, each is less than half a
# step. So both halves are for *computing*, and weights, moments and updates stay in float32. **Autocast** does that: products run
# in 16 bits, losses in float32 (on CUDA softmax and norms too).

# %% id="formats-autocast-run"
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
x, y = torch.randn(16, 64), torch.randint(10, (16,))
with torch.autocast("cpu", dtype=torch.bfloat16):
    logits = net(x)
    loss = F.cross_entropy(logits, y)
loss.backward()
print("logits", logits.dtype, "  loss", loss.dtype, "  weight and its gradient", net[0].weight.grad.dtype)

# %% [markdown] id="formats-cast"
# Autocast is not free: each weight is converted in each step, and each conversion is one more operation. Where the
# processor has no units for 16 bits, the products are slower besides. So whether halves are faster is a question to the machine:

# %% id="formats-speed" tags=["nbval-ignore-output"]
from course_lib.training.loop.precision import autocast

print(f"operations of a forward: {len(counted(lambda: net(x)))} in float32", end=", ")
with autocast("bfloat16", torch.device("cpu")):
    print(f"{len(counted(lambda: net(x)))} under autocast")
half = matmul_rate(device, precision="bfloat16", size=256, rounds=3)
print(
    f"products in bfloat16 run at {half / matmul_rate(device, size=256, rounds=3):.2g} times the rate here"
)

# %% id="formats-recorded" tags=["nbval-ignore-output"]
whole = recorded("cpu_steps", command=f"{MAKE} steps --device cpu", hardware="any CPU")
if whole:
    exact, coarse = (whole.row(variant=f"{name}, AdamW fused", batch=8) for name in ("float32", "bfloat16"))
    print(
        f"  a whole step in bfloat16 took {coarse['seconds'] / exact['seconds']:.2g} times as long as in float32"
    )

# %% id="formats-casts"
plain = len(counted(lambda: net(x)))
with autocast("bfloat16", torch.device("cpu")):
    cast = len(counted(lambda: net(x)))
claim("> 0", cast - plain, "more operations under autocast: the conversions")

# %% [markdown] id="formats-tf32"
# **TF32** is a third way, for NVIDIA GPUs from Ampere on: numbers stay float32 in memory, and the multiplying units look at the
# first 10 bits of the digits only. It changes results. Torch's default is mixed: matrix products exact, the convolutions of cuDNN (NVIDIA's
# library) in TF32. `matmul_precision("highest")` or `("tf32")` of this course says it for both.
#
# ## 9 The memory of a step
#
# When forward is complete, four things lie in memory: the **weights** (4 bytes a parameter), room for their **gradients** (4),
# the two **moments** of Adam (8), and the **activations**: whatever forward has to keep because backward needs it. The first
# three depend on the model alone, 16 bytes a parameter. The fourth grows with the batch.
#
# What is kept? Lesson 01 said it for one layer: the weight's gradient is $x^\top g$, so the layer keeps its input $x$. For our
# language model the list can be written down, per token of width $D$ with $H$ heads and $V$ words:

# %% id="memory-source"
from course_lib.training.machine.step_memory import gpt_activations, saved_bytes, step_memory

show_source(gpt_activations)

# %% [markdown] id="memory-check"
# Is the list complete? Torch hands every tensor that it saves for backward to a hook, if you give it one. `saved_bytes`
# adds them up, each piece of memory once, without the weights.

# %% id="memory-check-run"
model, batch = GPT(SMALL), random_tokens(SMALL, 8, 64)
kept = saved_bytes(lambda: next_token_loss(model, batch).total, model)
assert kept == gpt_activations(SMALL, 8, 64), "predicted to the byte"
with FakeTensorMode():
    model, batch = GPT(INFINITO_SHAPE), random_tokens(INFINITO_SHAPE, 32, 256)
    kept_large = saved_bytes(lambda: next_token_loss(model, batch).total, model)
    memory = step_memory(model, kept_large)
assert kept_large == gpt_activations(INFINITO_SHAPE, 32, 256)
print(memory)

# %% id="memory-predict" tags=["nbval-ignore-output"]
predict("09-memory")

# %% id="memory-claims"
claim("between 0.8 and 0.9", memory.activations / memory.total, "share of the activations")
claim("16", (memory.total - memory.activations) / 24_166_400, "bytes a parameter for the rest")
saved = {
    "SGD": memory.optimizer,
    "half the batch": kept_large - gpt_activations(INFINITO_SHAPE, 16, 256),
    "16-bit weights": memory.weights // 2,
}
assert max(saved, key=saved.get) == "half the batch"
claim("> 4", saved["half the batch"] / saved["SGD"], "times as much as SGD in place of Adam saves")

# %% id="memory-claims-outcome"
outcome("09-memory")

# %% id="memory-draw"
figure, axes = style.canvas(width=8, height=3.2)
batches, left = (1, 4, 8, 16, 32), np.zeros(5)
parts = {
    "weights, gradients, moments": [(memory.total - memory.activations) / 2**30] * 5,
    "activations": [gpt_activations(INFINITO_SHAPE, b, 256) / 2**30 for b in batches],
}
for index, (name, sizes) in enumerate(parts.items()):
    axes.barh(range(5), sizes, left=left, label=name, color=style.PALETTE[index], hatch=("", "//")[index])
    left = left + sizes

# %% id="memory-figure"
axes.set_yticks(range(5), batches)
axes.set(xlabel="GiB in float32", ylabel="batch", title="Memory of a step of the large shape, predicted")
curves.legend(axes, loc="lower right")
style.show(
    figure,
    alt="Stacked bars of memory for batches of 1, 4, 8, 16 and 32. Weights, gradients and moments take the same 0.36 "
    "GiB in each bar. Activations grow in proportion to the batch, from a sixth of that to about five times as much.",
)

# %% [markdown] id="memory-reading"
# *Reading*: the fixed part is the same in every bar; from batch 8 on the activations are the larger part, and they grow in
# proportion. The peak of a real run is higher by what lives only for a moment (the gradient of the logits is as large as
# the logits). On CUDA `torch.cuda.max_memory_allocated()` tells it:

# %% id="memory-recorded" tags=["nbval-ignore-output"]
measured = recorded("cuda_memory", command=f"{MAKE} memory", hardware="a CUDA GPU")
for row in measured.rows if measured else []:
    print(
        f"  batch {row['batch']:>4}: predicted {row['predicted'] / 2**30:6.2f} GiB, peak {row['peak'] / 2**30:6.2f}"
    )

# %% [markdown] id="checkpointing"
# ### Memory for time
#
# **Activation checkpointing** keeps only the input of each block, and computes the rest of the block again when backward gets
# there. What does it save, and what does it cost? Count both.

# %% id="checkpointing-run"
from torch.utils.checkpoint import checkpoint


def loss_of(model, batch, again):
    hidden = model.tokens(batch[0]) + model.positions.weight[: batch[0].shape[1]]
    for block in model.blocks:
        hidden = checkpoint(block, hidden, use_reentrant=False) if again else block(hidden)
    logits = F.linear(model.norm(hidden), model.tokens.weight)
    return F.cross_entropy(logits.flatten(0, 1), batch[1].flatten())


model, batch = GPT(SMALL), random_tokens(SMALL, 8, 64)
kept = [saved_bytes(lambda again=again: loss_of(model, batch, again), model) for again in (False, True)]
work = [flops_of(lambda again=again: loss_of(model, batch, again).backward()) for again in (False, True)]

# %% id="checkpointing-claims" tags=["results"]
claim("> 3", kept[0] / kept[1], "times fewer bytes kept")
claim("1.18", work[1] / work[0], "times the FLOPs")
with FakeTensorMode():
    model, batch = GPT(INFINITO_SHAPE), random_tokens(INFINITO_SHAPE, 32, 256)
    work = [
        flops_of(lambda again=again: loss_of(model, batch, again).backward()) for again in (False, True)
    ]
claim("1.18", work[1] / work[0], "large shape: the same, by coincidence")
blocks = 6 * (
    24 * 512**2 + 4 * 256 * 512
)  # FLOPs of the forward pass for a token: linear layers, attention
claim(
    "1.27", 1 + blocks / (3 * (blocks + 2 * 512 * 10_000)), "large shape: if each block were computed whole"
)

# %% [markdown] id="checkpointing-reading"
# Why not 1.27? Because torch stops to compute a block again as soon as it has what backward needs. The last product of a block
# is not among it: nothing needs its result a second time.

# %% [markdown] id="determinism"
# ## 10 The same bits again?
#
# Addition of floating-point numbers is not associative: each sum is rounded, so the **order** of the additions decides about
# the last bits. Whoever splits a sum among several workers changes the order.

# %% id="determinism-order"
a, b, c = 0.1, 0.2, 0.3
claim("1.1e-16", abs((a + b) + c - (a + (b + c))), "difference between two orders of three numbers")

# %% id="determinism-threads" tags=["nbval-ignore-output"]
threads, other = torch.get_num_threads(), 0
for seed in range(20):
    numbers = torch.randn(1_000_000, generator=torch.Generator().manual_seed(seed))
    sums = []
    for count in (1, 1, 2):
        torch.set_num_threads(count)
        sums.append(numbers.sum().item())
    assert sums[0] == sums[1], "one thread twice: the same bits"
    other += sums[0] != sums[2]
torch.set_num_threads(threads)
print(f"{other} of 20 sums have other bits with two threads")

# %% id="determinism-claims"
claim("> 0", other, "of 20 sums that differ between one and two threads")

# %% [markdown] id="determinism-reading"
# **You may think** that a seed makes a run repeatable. **In fact** it fixes the random numbers, not the order of sums. With one thread
# twice, all 20 sums were equal bit for bit; with two threads some were not. Two runs agree to the last bit when
# *seed, machine, versions and number of threads* agree **and** every operation keeps its order.
#
# The last condition fails on a GPU: some kernels let thousands of threads add to one number in whatever order they come
# (an embedding's gradient, `index_add`, some convolutions). `torch.use_deterministic_algorithms(True)` takes other kernels, and
# raises an error where there is none; cuDNN must not choose by timing (`benchmark = False`). `device.deterministic()` sets all
# of it and puts it back. It costs time; how much depends on the model and the GPU (Zhuang and others 2022 found up to several times as long).

# %% id="determinism-recorded" tags=["nbval-ignore-output"]
price = recorded("cuda_determinism", command=f"{MAKE} determinism", hardware="a CUDA GPU")
for row in price.rows if price else []:
    bits = "equal bits" if row["equal"] else "other bits"
    print(
        f"  {row['model']:<16}deterministic {row['deterministic']!s:<6}{1e3 * row['seconds']:7.2f} ms, {bits}"
    )

# %% [markdown] id="parallel"
# ## 11 Two devices
#
# **Data parallel** training gives each device a copy of the model and its share of the batch. Each computes the gradient of
# *its* loss; then they exchange gradients and take the **mean**, and all make the same update. Is the mean of the gradients
# the gradient of the whole batch? Try it by hand, on a batch in which not every element counts (padding, say, which cross-entropy
# leaves out).

# %% id="parallel-make"
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
x, y = torch.randn(32, 64), torch.randint(10, (32,))
y[16:27] = -100  # these do not count; all of them are in the second half
halves = [(x[:16], y[:16]), (x[16:], y[16:])]


def gradient_of(x, y, divide_by=None):
    net.zero_grad()
    loss = F.cross_entropy(net(x), y, reduction="sum")  # -100 is left out
    (loss / (divide_by or (y >= 0).sum())).backward()
    return torch.cat([parameter.grad.flatten() for parameter in net.parameters()])


# %% id="parallel-predict" tags=["nbval-ignore-output"]
predict("09-parallel")

# %% id="parallel-run"
whole = gradient_of(x, y)
counts = [int((part[1] >= 0).sum()) for part in halves]
means = sum(gradient_of(*part) for part in halves) / 2
# Each device divides by the number on ALL devices; times 2, since the exchange divides by 2.
right = sum(2 * gradient_of(*part, divide_by=sum(counts)) for part in halves) / 2
claim("16", counts[0], "elements that count on device 1")
claim("5", counts[1], "elements that count on device 2")
claim("> 0.1", (means - whole).norm() / whole.norm(), "relative error of the mean of the means")
claim("< 1e-5", (right - whole).norm() / whole.norm(), "of sums, divided by the count of all")

# %% id="parallel-run-outcome"
outcome("09-parallel")

# %% [markdown] id="parallel-lesson"
# It is the mean of means of lesson 01, once more, and it goes wrong without a sound. `optimizer_step` exchanges the *counts* as
# well and divides once: that is the line with `world_size()`. With equal counts both ways agree.
#
# What does the exchange cost? In a ring of $k$ devices each sends and receives $2(k-1)/k$ times the size of the gradients:

# %% id="parallel-bytes"
gradients = 4 * parameters
for k in (2, 8, 64):
    print(f"{k:>3} devices: {2 * (k - 1) / k * gradients / 1e6:6.1f} MB sent by each, for each step")

# %% id="parallel-bytes-claims"
claim("97", 2 * (2 - 1) / 2 * gradients / 1e6, "MB for each of two devices, large shape in float32")
claim("< 194", 2 * (64 - 1) / 64 * gradients / 1e6, "MB for each of 64: hardly twice as much")

# %% [markdown] id="parallel-run-it"
# The number of bytes hardly depends on how many devices there are, so what decides is how long a device computes before it has to
# exchange: large batches, or several batches accumulated between two exchanges. (Torch's
# `DistributedDataParallel` also starts to send while backward still runs, which hides a part of it.) To run it for real, with one process per
# device, the same `fit` is started by torch's launcher: `torchrun --standalone --nproc_per_node=2 -m course_lib train ...`
#
# ## 12 Audit: how fast is 4.5 steps a second?
#
# The report on INFINITO says `4.5 it/s` for batches of 32 sequences of 256 tokens. It does not name its GPU. Can
# the number be judged all the same? We know what a step of this shape has to compute. (The plain model, that is, without the
# memory.)

# %% id="audit-claims-2"
quoted("4.5 it/s", report="infinito")

# %% id="audit"
reached = 4.5 * total(large).flops

# %% id="audit-claims-3"
claim("5.7", reached / 1e12, "TFLOP/s that the report's speed amounts to")
claim("36,864", 4.5 * 32 * 256, "tokens per second")

# %% id="audit-claims" tags=["results"]
T4, A100, H100 = 8.1e12, 312e12, 989e12  # FLOP/s by NVIDIA's data sheets; nothing here was measured
claim("between 0.6 and 0.8", reached / T4, "share of a T4's data sheet, float32")
claim("between 0.01 and 0.02", reached / A100, "share of an A100's, bfloat16")
claim("< 0.01", reached / H100, "share of an H100's, bfloat16")

# %% [markdown] id="audit-reading"
# Is 5.7 TFLOP/s much? On a T4 in float32 it would be 0.6 to 0.8 of the data sheet, about as much as the best
# training programs reach on any GPU.
# On an A100 or H100 in bfloat16 it would be one or two percent, or less, and arithmetic is not what the time goes into. So the
# verdict: **the number cannot be judged, because a speed without its machine says nothing.** When you report one, name the GPU, the
# number format and the FLOPs of a step. And when your own run reaches a few percent, look in this order:
#
# 1. Does the host wait in each step? (`first_wait`, section 6.)
# 2. Does the device wait for the loader? (Time a step on one batch, again and again.)
# 3. Is it the price of asking? (Count the operations; raise the batch; does a step take longer?)
# 4. Only then: number formats, fused operations, a compiler.

# %% [markdown] id="recall"
# ## 13 Recall
#
# Answer without scrolling up.

# %% id="recall-1" tags=["nbval-ignore-output"]
recall("09-intensity")

# %% id="recall-2" tags=["nbval-ignore-output"]
recall("09-sum-or-larger")

# %% id="recall-3" tags=["nbval-ignore-output"]
recall("09-scaler")

# %% id="recall-4" tags=["nbval-ignore-output"]
recall("09-adam-bytes")

# %% id="recall-5" tags=["nbval-ignore-output"]
recall("09-mean-again")

# %% id="recall-6" tags=["nbval-ignore-output"]
recall("09-linear-scaling")

# %% id="recall-keys"
assert matmul("", 1, 4096, 4096).intensity < 0.5, "recall 1"
assert seconds_per_piece(timeline(1000, host=3, device=4, wait_every=1)) == 7, "recall 2"
claim("16", 4 + 4 + 8, "bytes a parameter, recall 4")
claim("1.25", (30 * 1 + 10 * 2) / 40, "recall 5")

# %% [markdown] id="full-size"
# ## 14 At full size
#
# Everything that only a GPU can tell is measured by one command, in parts of a few minutes each; a part that is recorded is left
# out, so it can be stopped and started again:
#
# `python -m benchmarks.gpu` (and `--list` says what is missing).
#
# It times the large shape in float32, TF32, bfloat16 and float16, with three forms of AdamW, eager and compiled, at six batch sizes,
# and reads the peak of its memory. Below stands what has been recorded, with its provenance; what is missing is said to be missing.
# Compare only what was timed together: the variants of one batch took turns, so that
# a busy machine hit them alike; the sweep over batch sizes was timed by itself, and its load may have been another one.

# %% id="full-size-steps" tags=["nbval-ignore-output"]
steps = {}
for name in ("cpu_steps", "cuda_steps"):
    kind, _, part = name.partition("_")
    wish = f"{MAKE} {part}" + (" --device cpu" if kind == "cpu" else "")
    steps[kind] = recorded(name, command=wish, hardware="any CPU" if kind == "cpu" else "a CUDA GPU")
    for row in steps[kind].rows if steps[kind] else []:
        label = f"{row['variant']}, batch {row['batch']}"
        print(f"  {label:<38}{1e3 * row['seconds']:9.2f} ms {row['tokens_per_second']:>12,.0f} tokens/s")

# %% [markdown] id="full-size-predict"
# And the prediction of section 4, for the GPU of the recording: the products of a step in bfloat16, under a roof made of its
# recorded rate and bandwidth.

# %% id="full-size-predict-run" tags=["nbval-ignore-output"]
gpu = recorded("cuda_machine", command=f"{MAKE} machine", hardware="a CUDA GPU")
if gpu and steps["cuda"]:
    rate = max(row["flops_per_second"] for row in gpu.rows if row.get("precision") == "bfloat16")
    roof = Machine(gpu.provenance["device"], rate, gpu.row(measure="copy")["bytes_per_second"])
    bound = shortest(gpt_step(INFINITO_SHAPE, 32, 256, itemsize=2), roof)
    real = steps["cuda"].row(variant="bfloat16, AdamW fused", batch=32)["seconds"]
    print(f"  lower bound {1e3 * bound:.2f} ms, recorded {1e3 * real:.2f} ms: {real / bound:.1f} times")

# %% id="full-size-rest" tags=["nbval-ignore-output"]
for part in ("compile", "waits", "fit"):
    found = recorded(f"cuda_{part}", command=f"{MAKE} {part}", hardware="a CUDA GPU")
    for row in found.rows if found else []:
        print(
            "  " + ", ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items())
        )

# %% id="full-size-check"
from dataclasses import asdict

from course_lib.core.recordings import read_recording, recording_path

for part in ("steps", "compile", "memory", "waits", "determinism", "fit"):
    if recording_path(f"cuda_{part}").is_file():
        shape = read_recording(f"cuda_{part}").config["model"]
        assert shape == asdict(INFINITO_SHAPE), f"what is shown of {part} is of another shape: {shape}"

# %% [markdown] id="next"
# ## Next
#
# The [exercise sheet](../exercises/09_cuda.ipynb): you count FLOPs,
# seconds and memory yourself, name what limits a step, find waits, write and order a scaled step, and average two devices right.

# %% id="progress" tags=["nbval-ignore-output"]
from course_lib.teaching.learner.progress import show_progress

show_progress()

# %% [markdown] id="sources"
# ## Sources
#
# - Williams, Waterman, Patterson 2009, *Roofline: an insightful visual performance model for multicore architectures*.
# - Micikevicius and others 2018, *Mixed precision training*: loss scaling, and weights that stay in float32.
# - Dao, Fu, Ermon, Rudra, Ré 2022, *FlashAttention*: attention without a table of T x T in memory, recomputed in backward.
# - Chen, Xu, Zhang, Guestrin 2016, *Training deep nets with sublinear memory cost*: activation checkpointing.
# - Li and others 2020, *PyTorch Distributed: experiences on accelerating data parallel training*.
# - Zhuang, Zhang, Song, Hooker 2022, *Randomness in neural network training*: the cost of determinism on several GPUs.
# - Karpathy, *nanoGPT*, README (efficiency notes): what `torch.compile` saved there.
# - PyTorch's documentation: *Reproducibility*, *CUDA semantics* (asynchronous execution, pinned memory), *Automatic mixed precision*.
