# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # Sheet 10: the model
#
# To [lesson 10](../notebooks/10_infinito_model.ipynb). You write attention and a memory that is read by likeness and by
# priority, count the parameters of a model, read six pictures of what a model depends on, and write the test that finds a leak.
# All tensors are torch tensors; B are sequences, T tokens, D the width, H heads, M slots.

# %% [markdown] id="how-sheet" tags=["sheet"]
# Replace `raise NotImplementedError` or `...` by your answer, run the cell, then run the cell with `check` under it.
# `hint("read_memory")` gives one more hint each time; `start("slots_after_writing", "faded")` puts a version into a new cell in
# which only the central lines are missing. The [solutions](../solutions/10_infinito_model.ipynb) stand apart, each with the reason and
# the most common mistake. About 120 minutes.

# %% [markdown] id="how-solution" tags=["solution"]
# **The solutions.** Under every answer stand the reason why it is so and the most common mistake. Yours may look quite
# different and be right: the check compares what a function does, not how it is written.

# %% id="setup"
import math
from collections.abc import Callable
from typing import Any

import torch

from course_lib.teaching.check import check, hint, start

# %% [markdown] id="weights-text" exercise="causal_attention_weights"
# Scores, scale, mask, softmax: four steps, and each can go wrong in a way that raises no error. Write the weights of causal
# attention for any number of leading axes.
#
# Example: queries that are all 1 and keys log 1, log 2, log 3 (width 1) give the rows 1, 0, 0; 1/3, 2/3, 0; 1/6, 2/6, 3/6.

# %% id="weights" exercise="causal_attention_weights" function="course_lib.by_hand.attention:causal_attention_weights"

# %% id="weights-check"
check("causal_attention_weights", causal_attention_weights)

# %% [markdown] id="weights-why" tags=["solution"]
# **Why it is so.** $e^{-\infty}$ is 0, so a score of $-\infty$ leaves the numerator *and* the denominator. The diagonal itself
# stays visible: `triu(diagonal=1)` begins one column to its right. The root of $d$ is the deviation of a sum of $d$ products.
#
# **Most common mistake**: the mask after the softmax. The weights of the past then still depend on the scores of the future,
# through the sum that they were divided by.

# %% [markdown] id="heads-text" exercise="split_heads"
# Turn (B, T, D) into (B, H, T, D / H), so that one product over the last two axes is one attention per head.
#
# Example: a sequence of 2 tokens, [0, 1, 2, 3] and [4, 5, 6, 7], in 2 heads: head 0 is [[0, 1], [4, 5]].

# %% id="heads" exercise="split_heads" function="course_lib.by_hand.attention:split_heads"

# %% id="heads-check"
check("split_heads", split_heads)

# %% [markdown] id="heads-why" tags=["solution"]
# **Why it is so.** Memory holds a token's numbers next to each other, so the reshape may only cut the last axis; which axis
# comes before which is the transpose's work.
#
# **Most common mistake**: `x.reshape(batch, heads, tokens, -1)`. The shape is right, and a "position" of a head is a piece of
# another token. The model trains, a little worse, and nobody notices.

# %% [markdown] id="read-text" exercise="read_memory"
# Write the read of a priority memory. An empty slot has priority 0 and may not be read; an empty memory answers 0, not `nan`;
# and a query of twice the length asks the same question.
#
# Example: keys (1, 0) and (0, 1), priorities 1 and 3, query (2, 0), sharpness log 4. The odds are 4, 3 and, for nothing, 2: the
# answer is 4/9 of the first value and 3/9 of the second.

# %% id="read" exercise="read_memory" function="course_lib.by_hand.attention:read_memory"

# %% id="read-check"
check("read_memory", read_memory)

# %% [markdown] id="read-why" tags=["solution"]
# **Why it is so.** $e^{s + \log p} = p\,e^s$: adding the logarithm multiplies the weight, and log 0 removes an empty slot
# exactly. The additional column is a slot whose value is 0; it also keeps the softmax finite when every slot is empty.
#
# **Most common mistake**: `scores * priority`. It sharpens where it should weigh, and a slot with a negative cosine is read
# *less* the more important it is.

# %% [markdown] id="write-text" exercise="slots_after_writing"
# A segment offers newcomers, and of all slots and newcomers those of highest priority stay. `start("slots_after_writing",
# "faded")` gives you all but three lines.
#
# Example: $a = 1$ and $b = \log 2$, two slots and one newcomer with the priorities below. Slot 1 and the newcomer (number 2)
# stay, in this order.

# %% id="write-example"
entries = [(0.8, 0, 2), (1.0, 3, 3), (0.25, 0, 0)]  # importance, access, and age after the segment
print("priorities", [importance * (1 + access) / 2**age for importance, access, age in entries])

# %% id="write" exercise="slots_after_writing" function="course_lib.by_hand.attention:slots_after_writing"

# %% id="write-check"
check("slots_after_writing", slots_after_writing)

# %% [markdown] id="write-why" tags=["solution"]
# **Why it is so.** Slots and newcomers stand in one list and are judged by one rule; nobody is let in for being new. The ages
# grow before the comparison, because the segment that writes is over.
#
# **Most common mistake**: `access ** a` without the one: a newcomer has no reads yet, its priority is 0, and the memory never
# changes again once it is full.

# %% [markdown] id="order-text" exercise="order_segment"
# The loss of a stream of segments, with a memory that connects them and stands between the lower and the upper blocks. Put the
# lines in order. Every line after the `for` stands inside the loop; two lines are not needed. The answer is a text of letters,
# such as `"A B C"`.

# %% id="order-lines"
from course_lib.teaching.checks.infinito_model.order import LINES, loop_of

for letter, line in LINES.items():
    print(f"{letter}  {line}")

# %% id="order-sheet" tags=["sheet"]
order = ...

# %% id="order-solution" tags=["solution"]
order = "J D F E B G I A"
print(loop_of(order.split()))

# %% id="order-check"
check("order_segment", order)

# %% [markdown] id="order-why" tags=["solution"]
# **Why it is so.** The memory begins once per stream and outlives the segments. Inside a segment reading comes before writing,
# or position 0 finds its own future in the memory. Whether the write stands before or after the loss makes no difference: the
# segment has read by then.
#
# **Most common mistake**: `fresh_memory` inside the loop. Everything runs, the loss falls, and the memory is read when it is
# empty, always.

# %% [markdown] id="count-text" exercise="count_infinito"
# Count the parameters of the reported language model without its memory, metrics and noise. With the sizes of the report (and
# 493,442 for the rest) you arrive at its 30,169,746.

# %% id="count-quoted"
from course_lib.teaching.claims import claim, quoted

quoted("30,169,746", report="infinito", at="parameters")
claim("493,442", 329_281 + 164_160 + 1, "parameters of memory, metrics and noise, counted in the lesson")

# %% id="count" exercise="count_infinito" function="course_lib.by_hand.attention:count_parameters"

# %% id="count-check"
check("count_infinito", count_parameters)

# %% id="count-report" tags=["solution"]
claim("493,442", 30_169_746 - count_parameters(10_000, 1_000, 512, 6, 2_048), "memory, metrics and noise")

# %% [markdown] id="count-why" tags=["solution"]
# **Why it is so.** Every linear map from $n$ to $m$ has $nm + m$ numbers. Heads do not appear: they cut a map into parts and
# add nothing. Twice 5,120,000 are the two tables of words, a third of the model.
#
# **Most common mistake**: one table for both. Many models share it (tied embeddings); the reported one does not.

# %% id="count-tables" tags=["solution"]
claim("5,120,000", 10_000 * 512, "numbers of one table of words")

# %% [markdown] id="find-text" exercise="find_the_leaks"
# Six small models of two layers. In each row of a picture one token of a segment was changed, and `#` marks the positions whose
# logits moved: on the left with a fresh memory, on the right after a first segment. Below: whether the first segment of the
# same row of the batch, or of the other row, moves the logits. Name the models with these words:
#
# `"healthy"`, `"no mask"`, `"mask off by one"`, `"mean over time asks"` (one question to the memory for all positions),
# `"memory never heard"`, `"one memory for all"` (shared by the batch).

# %% id="find-show"
from course_lib.teaching.checks.infinito_model.find import six_pictures

for picture in six_pictures().values():
    print(picture, end="\n\n")

# %% id="find-sheet" tags=["sheet"]
faults = {"A": ..., "B": ..., "C": ..., "D": ..., "E": ..., "F": ...}

# %% id="find-solution" tags=["solution"]
faults = {
    "A": "mean over time asks",  # a triangle without a memory, a full square with one
    "B": "mask off by one",  # one column too many per layer: two, in two layers
    "C": "memory never heard",  # nothing that was read before moves anything
    "D": "healthy",
    "E": "one memory for all",  # somebody else's text moves the forecast
    "F": "no mask",  # a full square at once
}

# %% id="find-check"
check("find_the_leaks", faults)

# %% [markdown] id="find-why" tags=["solution"]
# **Why it is so.** Without a fault token $j$ moves logits from $j$ on: a triangle. What is to the left of it is the future. A
# leak of one step per layer adds up over the layers. And no leak in one segment says nothing about a memory that is empty.
#
# **Most common mistake**: A is taken for a model without a mask. Its left picture shows that the mask is there.

# %% [markdown] id="audit-text" exercise="audit_utilization"
# The repository prints a memory utilization of 1.41 % and 256/256 occupied slots for the trained model; other pages of it read
# such a utilization as the share of slots in use, which is the sentence to audit. The code is printed below. Give, as fractions
# with two significant digits:
#
# - the largest read weight of a read that is spread evenly over 256 slots (`uniform`);
# - how many `times uniform` 1.41 % is;
# - the `occupancy` that the same print-out states;
# - what the number `measures`, one of `"share of slots in use"`, `"largest read weight"`, `"share of tokens that read"`,
#   `"importance"`;
# - by how much the logits of the reported model move when the memory is scrambled (`logits moved`);
# - your `verdict` on the sentence in the title: `"supported"`, `"not shown"` or `"contradicted"`.

# %% id="audit-show"
from course_lib.infinito.report.as_reported import ReportedMemory
from course_lib.teaching.build.source import show_source

quoted("1.41%", report="infinito_repository", at="utilization")
show_source(ReportedMemory._count)

# %% id="audit-sheet" tags=["sheet"]
utilization = {
    "uniform": ...,
    "times uniform": ...,
    "occupancy": ...,
    "measures": ...,
    "logits moved": ...,
    "verdict": ...,
}

# %% id="audit-solution" tags=["solution"]
utilization = {
    "uniform": 1 / 256,
    "times uniform": 0.0141 * 256,
    "occupancy": 256 / 256,
    "measures": "largest read weight",
    "logits moved": 0.0,
    "verdict": "contradicted",
}

# %% id="audit-check"
check("audit_utilization", utilization)

# %% [markdown] id="audit-why" tags=["solution"]
# **Why it is so.** `utilization` is a moving average of the largest read weight, which for 256 slots lies between 1/256 and 1. It
# says how *sharp* a read is. By the same print-out every slot holds something; and by the code the answer is thrown away, so
# that in the sense of an influence on the forecast the model uses none of it.
#
# **Most common mistake**: "about 4 of 256 slots". The number is no share of slots.

# %% [markdown] id="attack-text" exercise="sees_no_future"
# You are given models written by others, and you may only call them: `logits, memory = model(x, memory)`. Write a test that
# returns True for those whose logits depend on nothing but the own past, and False for the others. Five right ones differ in
# what they are made of, and one of them rounds differently; each of 14 wrong ones has one leak. Several show only at one place, only
# with a memory that holds something, or only when the neighbour in the batch changes. The check tells you which survive.

# %% id="attack" exercise="sees_no_future" function="course_lib.teaching.checks.infinito_model.attack:sees_no_future"

# %% id="attack-check"
check("sees_no_future", sees_no_future)

# %% [markdown] id="attack-why" tags=["solution"]
# **Why it is so.** Each leak is a path, and a path shows when its beginning changes and its end is looked at: all later tokens,
# every $t$, enough tokens, a memory with content, another row, another past of that row. The bound stands between rounding and
# the faintest leak; equality to the last bit would reject a model that adds up its past in another order.
#
# **Most common mistake**: one segment, a fresh memory, a batch of one. It finds the missing mask and passes every leak
# through a memory.

# %% [markdown] id="next"
# ## Next
#
# Lesson 11: the full training of this model, and what its perplexity was.
