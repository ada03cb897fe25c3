# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # 00 Start here
#
# This course is about *training* neural networks: from a loop in NumPy to the full training of three systems whose published
# reports make remarkable claims. You **build** each system so that it really works, you **reproduce** the number that its
# report is proud of, and you **audit** what that number means.
#
# This notebook takes ten minutes. It shows what will run on your machine, how the lessons work, and where you stand.
# Run a cell with Shift+Enter, or all of them from the menu *Run*.

# %% [markdown] id="machine"
# ## Your machine
#
# Nothing here needs a GPU or, once installed, a network. Where a lesson shows a recorded full-size run, it was made with the
# same code, and the lesson says on which machine.

# %% id="machine-report" tags=["nbval-ignore-output"]
from course_lib.training.machine.runtime import describe_environment, presets_that_run

report = describe_environment()
print(report)

# %% id="machine-presets" tags=["nbval-ignore-output"]
for preset in presets_that_run(report):
    print(
        f"{preset.name:<12} {'runs here' if preset.runs else 'does not run here'}: {preset.meaning}; {preset.reason}"
    )

# %% [markdown] id="how"
# ## How a lesson works
#
# **You predict before you run.** Watching an experiment without a prediction teaches little more than not watching it. Your
# choice is stored at once, blocks nothing, and is compared with the run. Try it: what is the derivative of
# $\max(0, x)$ at $x = -2$?

# %% id="how-predict" tags=["nbval-ignore-output"]
from course_lib.teaching.predict import outcome, predict

# %% id="how-predict-outcome"
predict("00-relu")

# %% id="how-outcome"
step = 1e-5
slope = (max(0, -2 + step) - max(0, -2 - step)) / (2 * step)

# %% id="how-outcome-outcome"
outcome("00-relu", f"{slope:.0f}")

# %% [markdown] id="how-claims"
# **Every measured number is checked.** When the text says that something is 2.303, a cell computes it, and `claim` compares the two.
# If the code and the text ever disagree, the lesson stops with an error. Numbers from the reports go through `quoted`, which
# finds them in the tables of the report. So you can tell three things apart: what was measured here, what somebody
# reported, and what is only said.

# %% id="how-claims-run"
import numpy as np

from course_lib.teaching.claims import claim, quoted

claim("2.303", np.log(10), "the loss of a classifier that gives ten classes the same probability")
quoted("99.25", report="infinito")  # a perplexity that the first report gives

# %% [markdown] id="how-checks"
# **Exercises tell you what went wrong.** Each lesson has a sheet. You write a function, `check` runs it on inputs that are
# chosen to tell the usual mistakes apart, and answers with the mistake that it sees. It never stops the notebook, and
# there are no hidden tests: what a check does not test, it says. Here is a function with a mistake in it.

# %% id="how-checks-run"
from course_lib.teaching.check import check


def standardize(train, other):
    return (train - train.mean()) / train.std(), (other - train.mean()) / train.std()


check("standardize", standardize, record=False)  # on a sheet your attempts are counted

# %% [markdown] id="how-levels"
# If an exercise is too steep, `hint("standardize")` gives one hint at a time, and for the larger ones
# `start("softmax_cross_entropy", "faded")` puts a version into the sheet that lacks only the lines with the idea. If it is
# too easy, skip it: the recall questions at the end of each lesson will tell you whether you can.
#
# **Your work is yours.** JupyterLab shows one folder of your own, `my-course/`: a copy of each lesson, of each sheet (its
# name ends in `_exercises`) and of the solutions. Change what you like. When the course is updated, what you typed stays
# and what is new comes in, cell by cell; where both changed the same cell, you see both, marked.

# %% [markdown] id="map"
# ## The lessons

# %% id="map-run" tags=["nbval-ignore-output"]
from course_lib.teaching.build.lessons import show_lesson_map

show_lesson_map()

# %% [markdown] id="progress"
# ## Where you stand
#
# The table counts what you have solved, predicted and recalled. It is kept in one small file, `progress.json`, beside the
# lessons. Run the cell again whenever you like; in a terminal, `python -m course_lib progress` prints the same.

# %% id="progress-run" tags=["nbval-ignore-output"]
from course_lib.teaching.learner.progress import show_progress

show_progress()

# %% [markdown] id="next"
# ## Next
#
# Open [01 The training loop by hand](01_training_loop.ipynb).
#
# ## Sources
#
# - Crouch, Fagen, Callan and Mazur 2004, *Classroom demonstrations: learning tools or entertainment?*: why you predict first.
# - Renkl, Atkinson and Große 2004, *How fading worked solution steps works*: the levels of an exercise.
# - Pan and Rickard 2018, *Transfer of test-enhanced learning*: the recall questions.
