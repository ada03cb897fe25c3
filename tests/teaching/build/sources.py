"""The small sources that the tests of the pipeline build."""

from course_lib.teaching.build.assemble import Target, assemble

TOP = '# %% [markdown] id="top"\n# # Title\n'
FUNCTION = 'function="course_lib.teaching.build.source:fenced"'
SHEET = f"""{TOP}
# %% id="imports"
import re

# %% [markdown] id="ask"
# Write `fenced`.

# %% id="mine" exercise="the_fence" {FUNCTION} fade="longest = ||return"
# filled by the builder

# %%
print(2)

# %% id="order" tags=["sheet"]
order = None

# %% id="answer" tags=["solution"]
order = [1, 2]
"""
LESSON = f"""{TOP}
# %% id="imports"
import base64

import ipywidgets
from IPython.display import display

from matplotlib.figure import Figure

# %% id="draw"
figure = Figure(figsize=(1, 1))
figure.add_subplot().plot([1, 2, 4])
figure.savefig("line.png", metadata={{"Software": None}})
alt = {{"image/png": {{"alt": "a rising line"}}}}
png = base64.b64encode(open("line.png", "rb").read()).decode()
display({{"image/png": png, "text/plain": "Figure: a rising line"}}, metadata=alt, raw=True)

# %% [markdown] id="why"
# The line rises.

# %% id="slide" tags=["nbval-ignore-output"]
print("one", flush=True)
print("two", flush=True)
ipywidgets.VBox([ipywidgets.FloatSlider(value=0.5)])
"""


def source(root, text, folder="notebooks", name="97_demo.py"):
    path = root / folder / "source" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def cells(tmp_path, kind, text):
    folder = "notebooks" if kind == "lesson" else "solutions"
    return assemble(Target(kind, source(tmp_path, text, folder), tmp_path / "x" / "97_demo.ipynb")).cells


def by_id(nodes):
    return {node.id: node for node in nodes}
