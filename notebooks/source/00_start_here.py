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
# Click into the first cell below and press Shift+Enter. It trains a neural network to read handwritten digits, on this
# machine, in a few seconds.

# %% id="first-network" tags=["nbval-ignore-output"]
import numpy as np

from course_lib.numpy_nn.data import split_indices
from course_lib.numpy_nn.datasets import load_digits
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import Adam
from course_lib.numpy_nn.train import train_mlp

digits = load_digits()  # images of 8 x 8 pixels, each with the digit that it shows
split = split_indices(digits.y, seed=0)  # some to learn from, others to be tested with
network = mlp([64, 64, 10], rng=np.random.default_rng(0))
train_mlp(network, (digits.x[split.train] / 16, digits.y[split.train]), optimizer=Adam(3e-3), epochs=20)
guesses = network.forward(digits.x[split.test] / 16).argmax(axis=1)
print(f"It reads {np.mean(guesses == digits.y[split.test]):.0%} of {len(guesses)} new images correctly.")

# %% [markdown] id="first-reading"
# That was a complete training. The network has looked at each of its images 20 times, and after every few images it was
# changed a little, so that its next answers would be less wrong. Nobody told it what a 3 looks like. Run the next cells to
# see images that it was tested with: some that it reads correctly, and some that it does not.

# %% id="first-sorted" tags=["nbval-ignore-output"]
from course_lib.plots import images, style
from course_lib.teaching.claims import claim, quoted

tested, true = digits.x[split.test], digits.y[split.test]
right, wrong = np.flatnonzero(guesses == true), np.flatnonzero(guesses != true)
print(f"{len(right)} are read correctly, {len(wrong)} are not")

# %% id="first-claims"
claim("> 0.94", len(right) / len(true), "share of the test images that are read correctly")

# %% id="first-figure" tags=["nbval-ignore-output"]
titles = [f"{guesses[one]}" for one in right[:8]] + [f"{guesses[one]}, is {true[one]}" for one in wrong[:8]]
some = tested[[*right[:8], *wrong[:8]]].reshape(-1, 8, 8)
figure = images.image_grid(some, titles=titles, title="What the network reads, and what it misreads")
style.show(
    figure,
    alt="Greyscale digits, 8 by 8 pixels each, with the network's reading above. In the first row it reads every digit "
    "correctly. Below it reads another digit than the one that was written; most of these are hard for us too.",
)

# %% [markdown] id="draw"
# ### Your own digit
#
# Here is one of the images that it misreads. A click changes a pixel. Can you mend the digit with a few clicks, so that the
# network reads it as it was meant? Then clear the grid and draw a digit of your own. (The network has only seen digits that
# were written with a pen and fill the field. A digit in a corner is something new to it.)

# %% id="draw-grid" tags=["nbval-ignore-output"]
from course_lib.teaching.drawing import draw_digit


def probabilities(pixels):
    scores = np.exp(network.forward(pixels / 16))
    return scores / scores.sum(axis=1, keepdims=True)


draw_digit(probabilities, tested[wrong])

# %% [markdown] id="about"
# ## What this course is about
#
# You have just used every part that this course is about: the first weights, the loss, the gradient, the optimizer, the
# learning rate, the moment to stop. In lesson 01 you write the training that ran above yourself, in a few lines of NumPy.
# The lessons after it ask what happens when one of these parts is chosen badly, and how you would notice.
#
# Then come real systems from published reports that make remarkable claims. You **build** each system so that it works, you
# **reproduce** the number that its report is proud of, and you **audit** what that number means. The first of them, a language
# model, is in lessons 10 and 11. The table at the end of this page shows which lessons are there and which are planned.
#
# The rest of this page takes ten minutes. It shows how a lesson works, what runs on your machine, and where you stand.

# %% [markdown] id="how"
# ## How a lesson works
#
# **You predict before you run.** People who watch an experiment without predicting its outcome learn little more from it
# than people who do not watch it at all. So a lesson asks you first. Your choice is stored, it blocks nothing, and after the
# run you see whether you were right. Try it: what is the derivative of $\max(0, x)$ at $x = -2$?

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
# **Numbers in the text are checked, as far as a test finds them.** When a lesson says that a loss is 2.303, a cell computes
# it, and `claim` compares the two. If the code and the text disagree, the lesson stops with an error. A number from a report
# goes through `quoted`, which looks it up at the place in the report that it stands for. So you can tell three things apart:
# what was measured here, what somebody reported, and what is only said. A test looks in the text of the lessons for numbers
# that have neither check. It can miss one, and it does not read everything: if a number looks wrong, compute it. Open the
# line below to see such checks.

# %% id="how-claims-run"
claim("2.303", np.log(10), "the loss of a classifier that gives ten classes the same probability")
quoted("99.25", report="infinito", at="final_perplexity")  # a perplexity that the first report gives

# %% [markdown] id="how-checks"
# **Exercises tell you what went wrong.** Each lesson has a sheet of exercises. You write a function, and `check` runs it on
# inputs that were chosen to tell the usual mistakes apart. Its answer names the mistake that it sees and asks you a question
# about it. It never stops the notebook, and it tells you what it does not test. Here is a function with a mistake in it.

# %% id="how-checks-run"
from course_lib.teaching.check import check


def standardize(train, other):
    return (train - train.mean()) / train.std(), (other - train.mean()) / train.std()


check("standardize", standardize, record=False)  # on a sheet your attempts are counted

# %% [markdown] id="how-levels"
# If an exercise is too steep, `hint("standardize")` gives one hint at a time. For the larger ones,
# `start("softmax_cross_entropy", "faded")` puts a version into the sheet in which only the central lines are missing. If an
# exercise is too easy, skip it: the recall questions at the end of each lesson tell you whether you know it.
#
# **Cells that only check or draw are folded.** A click on such a cell opens it. A heading that starts with *Deeper* is
# folded too: nothing later needs it, so you may leave it for another day.
#
# **Your work is yours.** JupyterLab shows one folder of your own, `my-course/`: a copy of each lesson, of each sheet (its
# name ends in `_exercises`) and of the solutions. Change what you like. When the course is updated, what you typed stays
# and what is new comes in, cell by cell. Where both changed the same cell, you see both, and a mark.

# %% [markdown] id="machine"
# ## Your machine
#
# Nothing here needs a GPU and, once the course is installed, nothing needs a network. Some lessons show a run that was
# recorded on a larger machine. It was made with the same code, and the lesson names the machine.

# %% id="machine-report" tags=["nbval-ignore-output"]
from course_lib.training.machine.runtime import describe_environment, presets_that_run

report = describe_environment()
print(report)

# %% id="machine-presets" tags=["nbval-ignore-output"]
presets = presets_that_run(report)
assert any(preset.runs for preset in presets), "nothing would run on this machine"
for preset in presets:
    print(
        f"{preset.name:<12} {'runs here' if preset.runs else 'does not run here'}: {preset.meaning}; {preset.reason}"
    )

# %% [markdown] id="map"
# ## The lessons

# %% id="map-run" tags=["nbval-ignore-output"]
from course_lib.teaching.build.lessons import show_lesson_map

show_lesson_map()

# %% [markdown] id="progress"
# ## Where you stand
#
# The table counts what you have solved, predicted and recalled. It is kept in one small file, `progress.json`, beside the
# lessons. Run the cell again whenever you like. In a terminal, `python -m course_lib progress` prints the same.

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
