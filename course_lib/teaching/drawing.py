"""A grid of pixels to draw a digit on, and what a classifier says of it while it is drawn."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from course_lib.teaching.learner.panel import live_text, panel

Floats = npt.NDArray[np.floating[Any]]
WIDTH, BRIGHTEST = 8, 16.0  # as in the digits of scikit-learn: 8 x 8 pixels from 0 (dark) to 16
_SIZE = "30px"
_STYLE = (
    "<style>.course-pixels .jupyter-button{border:1px solid #8a8a8a;min-width:0;padding:0;margin:0}"
    ".course-pixels .jupyter-button:focus{outline:2px solid #d55e00}</style>"
)


def draw_digit(classify: Callable[[Floats], Floats], images: npt.ArrayLike) -> Any:
    """A grid of buttons that shows the first of `images` (k, 64). A click turns a dark pixel bright, a bright one dark.

    classify: pixels (1, 64) of 0 to 16 -> probabilities (1, classes). What it says of the grid stands below it. One
    button clears the grid, one puts the next image there. Returns an ipywidgets box to display.
    Raises ValueError for images that are not (k, 64) with k >= 1.
    """
    given = np.asarray(images, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] != WIDTH**2 or not len(given):
        raise ValueError(f"images must be (k, {WIDTH**2}) with k >= 1, got {given.shape}")
    import ipywidgets

    pixels, shown = given[0].copy(), [0]
    size = {"width": _SIZE, "height": _SIZE}
    grid = [ipywidgets.Button(layout=size) for _ in range(WIDTH**2)]
    words = ipywidgets.HTML(layout={"width": "100%"})

    def redraw() -> None:
        for place, button in enumerate(grid):
            grey = round(255 * min(max(pixels[place] / BRIGHTEST, 0.0), 1.0))
            button.style.button_color = f"#{grey:02x}{grey:02x}{grey:02x}"
            row, column = divmod(place, WIDTH)
            button.tooltip = f"row {row + 1}, column {column + 1}: {'bright' if _is_bright(pixels[place]) else 'dark'}"
        words.value = live_text(in_words(classify(pixels[None])[0]))

    def put(new: Floats) -> None:
        pixels[:] = new
        redraw()

    def clicked(place: int) -> None:
        pixels[place] = 0.0 if _is_bright(pixels[place]) else BRIGHTEST
        redraw()

    def next_image(_: Any) -> None:
        shown[0] = (shown[0] + 1) % len(given)
        put(given[shown[0]])

    for place, button in enumerate(grid):
        button.on_click(lambda _, place=place: clicked(place))
    clear, another = ipywidgets.Button(description="Clear"), ipywidgets.Button(description="Next image")
    clear.on_click(lambda _: put(np.zeros(WIDTH**2)))
    another.on_click(next_image)
    columns = {"grid_template_columns": f"repeat({WIDTH}, {_SIZE})", "grid_gap": "0px", "margin": "4px 0"}
    redraw()
    box = ipywidgets.GridBox(grid, layout=columns)
    box.add_class("course-pixels")
    text = f"A grid of {WIDTH} by {WIDTH} pixels to draw on. {in_words(classify(given[:1])[0])}"
    return panel([ipywidgets.HTML(_STYLE), box, ipywidgets.HBox([clear, another]), words], name="drawing", text=text)


def in_words(probabilities: Floats) -> str:
    """The likeliest class of probabilities (classes,), how likely it is, and the two that follow."""
    first, second, third = (int(one) for one in np.argsort(probabilities)[::-1][:3])
    return (
        f"The network says {first} ({probabilities[first]:.0%}), "
        f"then {second} ({probabilities[second]:.0%}) and {third} ({probabilities[third]:.0%})."
    )


def _is_bright(pixel: float) -> bool:
    return bool(pixel >= BRIGHTEST / 2)
