"""The figure follows the slider, and readers without a kernel get something too."""

import asyncio
import subprocess
import sys

import numpy as np
import pytest

from course_lib.teaching import widgets as module
from course_lib.teaching.widgets import _Follower, explore, strip

ipywidgets = pytest.importorskip("ipywidgets")


def draw(rate=0.5, steps=4):
    from course_lib.plots.style import canvas

    figure, ax = canvas(width=3, height=2)
    ax.plot(np.arange(steps + 1), (1 - rate) ** np.arange(steps + 1))
    ax.set(title="Gradient descent on a parabola", xlabel="step", ylabel="distance from the minimum")
    if rate == 1.5:
        raise ValueError("this rate is not drawn")
    return figure, f"At rate {rate:g} the distance after {steps} steps is {(1 - rate) ** steps:.3g}."


@pytest.fixture
def quick(monkeypatch):
    """A stand-in for the drawing, so that only what follows a slider is tested."""
    monkeypatch.setattr(module, "_picture", lambda figure, sentence: f'<img alt="{sentence}" src="{figure}">')
    return lambda rate, kind="a": (f"{kind}{rate}", f"sentence at {rate}")


def test_the_figure_and_the_sentence_follow_the_slider():
    box = explore(draw, rate=(0.0, 2.0, 0.25))
    slider, image, below = box.children[1:]
    assert slider.value == 0.5
    before = image.value
    assert 'alt="At rate 0.5 the distance after 4 steps is 0.0625."' in before
    slider.value = 1.75
    assert image.value != before
    assert "At rate 1.75 the distance after 4 steps is 0.316." in below.value
    assert 'aria-live="polite"' in below.value
    assert 'alt="At rate 1.75 the distance after 4 steps is 0.316."' in image.value
    slider.value = 1.5
    assert "This cannot be drawn: ValueError: this rate is not drawn" in below.value


def test_the_box_has_its_css_class_and_a_form_without_a_kernel():
    box = explore(draw, rate=(0.0, 2.0, 0.25))
    assert "widget-explore" in box._dom_classes
    data, _ = box._repr_mimebundle_()
    assert data["text/plain"] == "Figure: At rate 0.5 the distance after 4 steps is 0.0625."
    assert data["text/html"].startswith('<img decoding="sync"')
    assert explore(draw, rate=(0.0, 2.0, 0.25))._repr_mimebundle_()[0]["text/html"] == data["text/html"]


@pytest.mark.parametrize(
    ("control", "kind", "value"),
    [
        ((1, 9), "IntSlider", 5),
        ((1, 9, 2), "IntSlider", 5),
        ((0.0, 1.0), "FloatSlider", 0.5),
        ((0, 1.0, 0.25), "FloatSlider", 0.5),
        ([0.1, 1.0, 10.0], "SelectionSlider", 0.1),
        (True, "Checkbox", True),
        (ipywidgets.FloatLogSlider(value=0.1, min=-3, max=0), "FloatLogSlider", 0.1),
    ],
)
def test_a_control_becomes_the_fitting_widget(quick, control, kind, value):
    knob = explore(quick, rate=control).children[1]
    assert type(knob).__name__ == kind
    assert knob.value == pytest.approx(value)
    if kind != "FloatLogSlider":
        assert knob.description == "rate"


@pytest.mark.parametrize(
    ("controls", "words"),
    [
        ({}, "at least one control"),
        ({"speed": (0, 1)}, "draw takes rate, kind; it has no speed"),
        ({"rate": (1, 1)}, r"control rate must have low < high, got \(1, 1\)"),
        ({"rate": 3}, r"control rate must be \(low, high\)"),
        ({"rate": []}, r"control rate must be \(low, high\)"),
    ],
)
def test_a_control_that_cannot_be_is_refused(quick, controls, words):
    with pytest.raises(ValueError, match=words):
        explore(quick, **controls)


def test_a_figure_without_words_is_refused():
    from course_lib.plots.style import canvas

    with pytest.raises(ValueError, match="at least 30 characters"):
        explore(lambda rate: (canvas()[0], "short"), rate=(0, 1))


def test_a_slow_drawing_is_done_once_for_the_newest_value():
    drawn, value = [], [0]
    follower = _Follower(lambda: drawn.append(value[0]), seconds=1.0)

    async def drag():
        for value[0] in range(1, 6):
            follower.moved()
        assert drawn == []
        await asyncio.sleep(0.1)

    asyncio.run(drag())
    assert drawn == [5]


def test_a_quick_drawing_follows_every_value():
    drawn, value = [], [0]
    follower = _Follower(lambda: drawn.append(value[0]), seconds=0.0)

    async def drag():
        for value[0] in range(1, 4):
            follower.moved()

    asyncio.run(drag())
    assert drawn == [1, 2, 3]


def test_a_strip_has_a_picture_with_alt_text_and_a_caption_for_each_frame(monkeypatch):
    shown = []
    monkeypatch.setattr(module, "shell", object)
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    strip(draw, [{"rate": 0.25}, {"rate": 1.0, "steps": 2}])
    page = shown[0]["text/html"]
    assert page.count("<img ") == page.count("<figcaption>") == 2
    assert 'alt="rate = 0.25: At rate 0.25 the distance after 4 steps is 0.316."' in page
    assert shown[0]["text/plain"].splitlines()[1] == "rate = 1.0, steps = 2: At rate 1 the distance after 2 steps is 0."


def test_a_strip_outside_a_notebook_is_its_sentences(capsys):
    strip(draw, [{"rate": 0.25}])
    assert capsys.readouterr().out == "rate = 0.25: At rate 0.25 the distance after 4 steps is 0.316.\n"
    with pytest.raises(ValueError, match="at least one frame, got none"):
        strip(draw, [])


def test_the_module_imports_without_widgets():
    code = "import sys, course_lib.teaching.widgets; print('ipywidgets' in sys.modules, 'IPython' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False False"
