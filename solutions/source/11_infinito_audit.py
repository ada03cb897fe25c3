# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # Sheet 11: the audit
#
# To [lesson 11](../notebooks/11_infinito_audit.ipynb). You compute the ladder of forecasters that learn nothing, read losses from
# batches and rates from a schedule, put an audit in order, name what happened in six runs, judge two sentences of the report,
# and write the test that finds a wrong evaluation. Losses and entropies are in nats per token.

# %% [markdown] id="how-sheet" tags=["sheet"]
# Replace `raise NotImplementedError` or `...` by your answer, run the cell, then run the cell with `check` under it.
# `hint("unigram_entropy")` gives one more hint each time; `start("entropy_rate", "faded")` puts a version into a new cell in
# which only the central lines are missing. The [solutions](../solutions/11_infinito_audit.ipynb) stand apart, each with the reason and
# the most common mistake. About 120 minutes.

# %% [markdown] id="how-solution" tags=["solution"]
# **The solutions.** Under every answer stand the reason why it is so and the most common mistake. Yours may look quite
# different and be right: the check compares what a function does, not how it is written.

# %% id="setup"
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_lib.teaching.check import check, hint, start
from course_lib.teaching.claims import claim, quoted

# %% [markdown] id="unigram-text" exercise="unigram_entropy"
# A text of `sentences` sentences, with `shortest` to `longest` words each, all lengths equally likely; `words` words, all equally
# likely; one full stop between two sentences. How many nats per token does the best model need that knows how often each
# symbol occurs, and nothing else?
#
# Example: 2 words, 2 sentences of 1 word each. Three tokens, one of them the stop: shares 1/3, 1/3 (two words share 2/3), that is
# log 3 = 1.0986 nats.

# %% id="unigram-example"
claim("1.0986", math.log(3), "the example: three symbols, equally frequent")

# %% id="unigram" exercise="unigram_entropy" function="course_lib.by_hand.entropies:unigram_entropy"

# %% id="unigram-check"
check("unigram_entropy", unigram_entropy)

# %% id="unigram-report" tags=["solution"]
claim("97.07", math.exp(unigram_entropy(100, 5_000, 10, 29)), "perplexity on the source of the report")

# %% [markdown] id="unigram-why" tags=["solution"]
# **Why it is so.** A model that always gives each symbol its share needs $-\sum_k p_k \ln p_k$ nats on average, and no other fixed
# forecast needs fewer. The stop is the most frequent symbol by far, because it has no rivals in its place.
#
# **Most common mistake**: the stop is forgotten, or taken for one more word of equal share. The result is then log 100 or log 101, and
# the report's number looks better than it is.

# %% [markdown] id="rate-text" exercise="entropy_rate"
# The best forecaster of all knows how the text is made, and sees what came before. A sentence has `lengths[i]` words with
# probability `chances[i]`; each word is one of `words`, equally likely; a stop ends it. How many nats per token does it need?
# `start("entropy_rate", "faded")` gives you all but three lines.
#
# Example: one word only, sentences of 1 or 3 words, equally likely. A sentence costs log 2 for its length and nothing for its words,
# and has 3 tokens on average: 0.2310 nats.

# %% id="rate-example"
claim("0.2310", math.log(2) / 3, "the example: log 2 over three tokens")

# %% id="rate" exercise="entropy_rate" function="course_lib.by_hand.entropies:entropy_rate"

# %% id="rate-check"
check("entropy_rate", entropy_rate)

# %% id="rate-report" tags=["solution"]
claim(
    "92.45",
    math.exp(entropy_rate(100, range(10, 30), [1 / 20] * 20)),
    "perplexity on the source of the report",
)

# %% [markdown] id="rate-why" tags=["solution"]
# **Why it is so.** Whatever order the forecaster works in, it has to tell the length once and every word once. Spread over the tokens
# of a sentence, words and stop, that is the rate. A forecaster that goes token by token and asks at each place whether the
# sentence ends needs exactly as many nats; that version is accepted too.
#
# **Most common mistake**: nats per word. The stop is a token, and it is forecast for next to nothing.

# %% [markdown] id="rows-text" exercise="perplexity_of_rows"
# A text was read in batches; for each you have the mean loss of its tokens and how many they are. What is the perplexity
# of the text, per token?
#
# Example: means 1 and 0 with 1 and 3 tokens: the loss per token is 1/4, the perplexity 1.284.

# %% id="rows-example"
claim("1.284", math.exp(1 / 4), "the example")

# %% id="rows" exercise="perplexity_of_rows" function="course_lib.by_hand.entropies:perplexity_of"

# %% id="rows-check"
check("perplexity_of_rows", perplexity_of)

# %% [markdown] id="rows-why" tags=["solution"]
# **Why it is so.** Sums may be added, means may not. The exponential comes last: a perplexity is the exponential of a mean, and not the
# mean of exponentials, which is always larger unless all are equal.
#
# **Most common mistake**: the mean of means. The short last batch then counts as much as the others.

# %% [markdown] id="schedule-text" exercise="rates_after_epochs"
# Write the column of rates that a table of epochs shows: the rate *after* the last update of each epoch. The cosine falls over
# `horizon` epochs, of which only `epochs` are trained.
#
# Example: 2 epochs of 5 updates, horizon 4, from 1 to 0: progress 1/4 and 1/2, rates 0.854 and 0.5.

# %% id="schedule-example"
claim("0.854", (1 + math.cos(math.pi / 4)) / 2, "the example, first epoch")
claim("0.5", (1 + math.cos(math.pi / 2)) / 2, "second epoch")

# %% id="schedule" exercise="rates_after_epochs" function="course_lib.by_hand.entropies:rates_after_epochs"

# %% id="schedule-check"
check("rates_after_epochs", rates_after_epochs)

# %% [markdown] id="schedule-why" tags=["solution"]
# **Why it is so.** Only the progress matters, $k/\text{horizon}$; the number of updates cancels. It matters as soon as the rate is
# read one update earlier, which is what the last update used.
#
# **Most common mistake**: a cosine over the epochs that were trained. It ends at the floor, and the report's column does not.

# %% [markdown] id="order-text" exercise="order_audit"
# Put the lines in order; two are not needed. Several orders are right. One condition cannot be seen in the names: what has to be
# fixed before it is known how the run came out? The answer is a text of letters, such as `"A B C"`.

# %% id="order-lines"
from course_lib.teaching.checks.infinito_audit.order import LINES

for letter, line in LINES.items():
    print(f"{letter}  {line}")

# %% id="order-sheet" tags=["sheet"]
order = ...

# %% id="order-solution" tags=["solution"]
order = "J D F E B A G I"
for letter in order.split():
    print(LINES[letter])

# %% id="order-check"
check("order_audit", order)

# %% [markdown] id="order-why" tags=["solution"]
# **Why it is so.** Names force most of the order. They do not force the bands to come before the run, and no program will ever
# complain: only you can.
#
# **Most common mistake**: a vocabulary of both texts. It looks like tidiness, and tells the model which words it will be asked.

# %% [markdown] id="find-text" exercise="name_the_runs"
# Six small models on the source of the report, windows of 32 tokens. Below are their perplexities, both without noise. You know the
# ladder: 101.00 for knowing the symbols, 97.07 for counting, 92.45 for the best forecaster, and 1.152 for copying what is
# visible in all places of a window but the last. Name the runs with these words:
#
# `"honest"`, `"sees the next token"` (no mask), `"asked for what it is given"` (the target is the token itself, not the next),
# `"memorizes"` (a training text of 2,048 tokens), `"held out is the training text"`, `"padding counted"` (10 tokens of each
# window are padding, and count as tokens).

# %% id="find-show"
from course_lib.teaching.checks.infinito_audit.find import six_curves
from course_lib.text.synthetic import entropy_rate as rate_of_the_source
from course_lib.text.synthetic import leak_entropy, uniform_entropy
from course_lib.text.synthetic import unigram_entropy as counting

claim("101.00", math.exp(uniform_entropy()), "knows the symbols")
claim("97.07", math.exp(counting()), "counts them")
claim("92.45", math.exp(rate_of_the_source()), "the best forecaster")
claim("1.152", math.exp(leak_entropy(32)), "copies what is visible")
claim("2,048", 64 * 32, "tokens of the small training text")
print(six_curves())

# %% [markdown] id="find-provenance"
# The curves are recorded: `python -m benchmarks.leak_runs` makes them again. A training text of 2,048 tokens is used in two of them.

# %% id="find-sheet" tags=["sheet"]
what = {"A": ..., "B": ..., "C": ..., "D": ..., "E": ..., "F": ...}

# %% id="find-solution" tags=["solution"]
what = {
    "A": "padding counted",  # rests where 10 of 32 tokens cost nothing
    "B": "honest",
    "C": "held out is the training text",  # two lines that agree to the last digit
    "D": "asked for what it is given",  # below what copying the visible can give
    "E": "sees the next token",
    "F": "memorizes",  # below the floor on its own text, far above 101 on any other
}
claim("23.2", math.exp(counting() * 22 / 32), "perplexity of counting when 10 of 32 tokens are free")

# %% id="find-check"
check("name_the_runs", what)

# %% [markdown] id="find-why" tags=["solution"]
# **Why it is so.** Each rung excludes something. Below 92.45 on fresh text nobody is honest; below 1.152 the model is not even asked for
# a next token; and a run that rests at 23.2 has found all there is, on a text of which a third is free.
#
# **Most common mistake**: D and E are exchanged. Both fall to about 1; only one of them passes below 1.152, and needs no time to find out.

# %% [markdown] id="improvement-text" exercise="audit_improvement"
# The sentence to judge: *"the perplexity fell by 92.3 %, from 1,291.31 to 99.25: the model has learned the patterns of its text."* Give
# with two significant digits: the `reduction`, as a fraction of 1; the reduction from 1,291.31 to the perplexity of a model that knows
# the 101 `symbols alone`; by how many nats the loss fell from first to last (`nats fallen`); by how many nats its end lies below the
# model of the symbols alone (`nats below symbols`); and, by these numbers and nothing else, your `verdict` on what stands after the
# colon: `"supported"`, `"not shown"` or `"contradicted"`.

# %% id="improvement-quoted"
quoted("92.3%", report="infinito", at="reduction")
quoted("1,291.31", report="infinito", at="first_perplexity")
quoted("99.25", report="infinito", at="final_perplexity")

# %% id="improvement-sheet" tags=["sheet"]
improvement = {
    "reduction": ...,
    "symbols alone": ...,
    "nats fallen": ...,
    "nats below symbols": ...,
    "verdict": ...,
}

# %% id="improvement-solution" tags=["solution"]
improvement = {
    "reduction": 1 - 99.25 / 1291.31,
    "symbols alone": 1 - 101 / 1291.31,
    "nats fallen": math.log(1291.31 / 99.25),
    "nats below symbols": math.log(101 / 99.25),
    "verdict": "not shown",
}

# %% id="improvement-check"
check("audit_improvement", improvement)

# %% [markdown] id="improvement-why" tags=["solution"]
# **Why it is so.** The ratio is right, so nothing is contradicted. But a model that has never read a sentence and knows the list of
# symbols has nearly the same reduction: what the sentence claims, patterns, is not what the number shows.
#
# **Most common mistake**: "contradicted". To contradict the sentence you would have to show that no pattern was learned, which section 5
# of the lesson does with the forecasts themselves. The number alone can neither show nor refute it.

# %% [markdown] id="seeds-text" exercise="audit_seeds"
# The report sets these two numbers side by side as proof that reproducibility went from poor to perfect. Give: in how many comparisons
# pure chance yields a p as low as that once (`one in`, a whole number); the standard deviation of ten throws of a coin that shows 0 or
# 1, each the first throw of a new generator, all with the same seed (`std of a coin`); what a spread of 0 over equal seeds measures
# (`zero measures`: one of `"that the program repeats itself"`, `"how much results vary"`, `"that the model is good"`); whether a p of
# nan passes the test `p > 0.05` (`nan passes`, True or False); and, by these two numbers and nothing else, your `verdict` on the
# sentence: `"supported"`, `"not shown"` or `"contradicted"`.

# %% id="seeds-quoted"
quoted("p = 0.039", report="infinito", at="p_before")
quoted("std = 0.000000", report="infinito", at="std_now")
quoted("0.039", report="infinito", at="p_before")
quoted("0.000000", report="infinito", at="std_now")

# %% id="seeds-sheet" tags=["sheet"]
level = 0.05
seeds = {"one in": ..., "std of a coin": ..., "zero measures": ..., "nan passes": ..., "verdict": ...}

# %% id="seeds-solution" tags=["solution"]
level = 0.05
seeds = {
    "one in": round(1 / 0.039),
    "std of a coin": float(np.std([np.random.default_rng(42).integers(2) for _ in range(10)])),
    "zero measures": "that the program repeats itself",
    "nan passes": float("nan") > level,
    "verdict": "not shown",
}

# %% id="seeds-check"
check("audit_seeds", seeds)

# %% [markdown] id="seeds-why" tags=["solution"]
# **Why it is so.** The two numbers answer two questions: one compares groups of different seeds, the other repeats one seed. No change
# between them can be read off. Whether results vary less now would take several seeds, before and after.
#
# **Most common mistake**: the spread of 0 is read as a small variation of the result. It is the variation of nothing.

# %% [markdown] id="attack-text" exercise="evaluation_is_sound"
# Others have written `evaluate(model, text, batch)`, which should give the perplexity per word of a text, read `batch` words at a time.
# You are given a toy model that adds noise while it is in training mode, as dropout does. Write a test that returns True for a
# sound evaluation and False for any other. Four sound ones differ in how they add up; 13 are not sound. Some faults show only in
# a short last batch, with an unknown word, or in what the evaluation leaves behind. Try your test on one of the sound ones first; the
# test itself gets along without them and computes the right answer from `model.losses`:

# %% id="attack-show"
from course_lib.teaching.checks.infinito_audit.versions import PLANTED, RIGHT, new_model

model = new_model(0)
print("numbers of w0, w1 and w99:", model.ids(["w0", "w1", "w99"]), "  training mode:", model.training)
print("a sound evaluation:", round(RIGHT["by sums"](model, ["w0", "w1", "w99"], 2), 3))
print(len(RIGHT), "sound ones,", len(PLANTED), "others")

# %% id="attack" exercise="evaluation_is_sound" function="course_lib.teaching.checks.infinito_audit.attack:evaluation_is_sound"

# %% id="attack-check"
check("evaluation_is_sound", evaluation_is_sound)

# %% [markdown] id="attack-why" tags=["solution"]
# **Why it is so.** With a model whose losses you know, the right answer is one line, and every fault is a difference; the art is in the
# texts. Each of them is chosen so that some fault must show: a rest that does not fill a batch, words that repeat, words that are
# unknown. And an evaluation is also judged by what it leaves behind.
#
# **Most common mistake**: one text, one batch, one mode. It accepts the mean of means, which is what the report computes.

# %% [markdown] id="next"
# ## Next
#
# Lesson 12: real text and honest baselines, and whether the repaired memory helps.
