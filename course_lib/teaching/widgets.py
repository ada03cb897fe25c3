"""Figures that follow a slider: `explore` for readers with a kernel, `strip` for all the others.

Both take the same `draw(**values) -> (Figure, sentence)`: the sentence says what the figure shows at these values.
"""

import asyncio
import html
import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from course_lib.plots.style import image_html
from course_lib.teaching.exercises.card import shell
from course_lib.teaching.learner.panel import live_text, panel

Draw = Callable[..., tuple[Any, str]]
SLOW = 0.05  # seconds; a drawing slower than this waits for the newest value instead of following every one


def explore(draw: Draw, **controls: Any) -> Any:
    """Sliders over a figure that follows them, with its sentence below. Returns an ipywidgets box to display.

    A control is (low, high) or (low, high, step) of whole numbers or floats, a list of choices, a bool, or a widget. It
    starts at the default of `draw`'s parameter, else in the middle. Raises ValueError for a control that `draw` does
    not take or a range that is empty.
    """
    import ipywidgets

    defaults = _defaults(draw, controls)
    wide = f"{0.6 * max(map(len, controls), default=0) + 1:.1f}em"  # one width, so that the sliders stand in line
    knobs = {name: _knob(name, control, defaults[name], wide) for name, control in controls.items()}

    def values() -> dict[str, Any]:
        return {name: knob.value for name, knob in knobs.items()}

    started = time.perf_counter()
    figure, sentence = draw(**values())
    # Not an Image widget: it takes no alt text, and a tooltip on it is an error in the browser.
    image = ipywidgets.HTML(_picture(figure, sentence), layout={"width": "100%"})
    seconds = time.perf_counter() - started
    below = ipywidgets.HTML(live_text(sentence), layout={"width": "100%"})

    def redraw() -> None:
        try:
            figure, told = draw(**values())
            image.value = _picture(figure, told)
        except Exception as error:  # an exception in a callback would vanish in the server's log
            told = f"This cannot be drawn: {type(error).__name__}: {error}"
        below.value = live_text(told)

    follow = _Follower(redraw, seconds)
    for knob in knobs.values():
        knob.observe(follow.moved, names="value")
    page = f"{image.value}<div>{html.escape(sentence)}</div>"
    return panel([*knobs.values(), image, below], name="explore", text=f"Figure: {sentence}", page=page)


class _Follower:
    """Redraws at every move while that is quick, else once for the newest of the values that queue up meanwhile."""

    def __init__(self, redraw: Callable[[], None], seconds: float) -> None:
        self.redraw, self.seconds, self.waiting = redraw, seconds, False

    def moved(self, _: Any = None) -> None:
        """A control has a new value."""
        loop = _running_loop()
        if loop is None or self.seconds < SLOW:
            self.draw()
        elif not self.waiting:
            self.waiting = True
            # By then the messages that came in during the last drawing have set their values.
            loop.call_later(SLOW, self.draw)

    def draw(self) -> None:
        """Draw now, and take the time for the next decision."""
        self.waiting = False
        started = time.perf_counter()
        self.redraw()
        self.seconds = time.perf_counter() - started


def strip(draw: Draw, frames: Sequence[Mapping[str, Any]]) -> None:
    """Show the frames of `draw` side by side, each with its values and its sentence below.

    `frames` are the values of each frame, `[{"rate": 0.1}, {"rate": 1.9}]`. Raises ValueError where there are none.
    """
    if not frames:
        raise ValueError("frames must hold the values of at least one frame, got none")
    pictures, lines = [], []
    for values in frames:
        figure, sentence = draw(**values)
        lines.append(f"{_named(values)}: {sentence}")
        picture = _picture(figure, lines[-1])
        caption = f"<figcaption>{html.escape(lines[-1])}</figcaption>"
        pictures.append(f'<figure style="margin:0">{picture}{caption}</figure>')
    text = "\n".join(lines)
    if shell() is None:
        print(text)
        return
    from IPython.display import display

    row = "display:grid;grid-template-columns:repeat(auto-fit,minmax(260px,1fr));gap:12px;line-height:1.4;"
    row += "color:var(--jp-content-font-color1, inherit)"
    display(
        {"text/html": f'<div class="course-strip" style="{row}">{"".join(pictures)}</div>', "text/plain": text},
        raw=True,
    )


def _defaults(draw: Draw, controls: Mapping[str, Any]) -> dict[str, Any]:
    parameters = inspect.signature(draw).parameters
    takes_all = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters.values())
    unknown = [name for name in controls if name not in parameters]
    if unknown and not takes_all:
        raise ValueError(f"draw takes {', '.join(parameters) or 'nothing'}; it has no {', '.join(unknown)}")
    if not controls:
        raise ValueError("explore needs at least one control, got none")
    given = {name: parameters[name].default for name in controls if name in parameters}
    return {name: None if given.get(name) is inspect.Parameter.empty else given.get(name) for name in controls}


def _knob(name: str, control: Any, default: Any, wide: str) -> Any:
    """The widget of one control, with its name as a readable label."""
    import ipywidgets

    common = {
        "description": name.replace("_", " "),
        "style": {"description_width": wide},
        "layout": {"width": "100%", "max_width": "520px"},
    }
    if isinstance(control, ipywidgets.ValueWidget):
        return control
    if isinstance(control, bool):
        return ipywidgets.Checkbox(value=control if default is None else default, indent=False, **common)
    if isinstance(control, list) and control:
        start = default if default in control else control[0]
        return ipywidgets.SelectionSlider(options=control, value=start, continuous_update=True, **common)
    if not isinstance(control, tuple) or len(control) not in (2, 3):
        raise ValueError(f"control {name} must be (low, high), (low, high, step), a list or a widget, got {control!r}")
    low, high, *step = control
    if not low < high:
        raise ValueError(f"control {name} must have low < high, got {control!r}")
    whole = all(isinstance(one, int) for one in control)
    size = step[0] if step else (1 if whole else (high - low) / 50)
    start = default if default is not None else low + round((high - low) / 2 / size) * size
    slider = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
    return slider(value=min(max(start, low), high), min=low, max=high, step=size, continuous_update=True, **common)


def _picture(figure: Any, sentence: str) -> str:
    """The figure as an element with the sentence as its alt text. Raises ValueError for a figure without its words."""
    wide, high = figure.get_size_inches()
    # The place is kept and the new picture painted at once, so that nothing jumps or flickers while a slider moves.
    style = f"max-width:100%;height:auto;aspect-ratio:{wide:g}/{high:g}"
    return image_html(figure, sentence).replace("<img ", f'<img decoding="sync" style="{style}" ', 1)


def _named(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} = {value}" for name, value in values.items())


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
