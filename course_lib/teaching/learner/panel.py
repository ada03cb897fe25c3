"""Widgets with a strip for readers without a kernel, and the same text for every test.

A widget's own text form holds its whole state (a picture as bytes). A panel is a box whose text form is written for
readers: nbval compares it, and a page without a kernel shows it.
"""

import html
from collections.abc import Sequence
from typing import Any

# Rows of radio buttons have a fixed height, and a button comes after its label in the page: labels of two lines would
# overlap, with the button beside the second line.
STYLE = (
    "<style>.course-panel .widget-radio-box{width:100%}"
    ".course-panel .widget-radio-box label{display:flex;align-items:flex-start;height:auto;line-height:1.4;"
    "white-space:normal;overflow-wrap:anywhere;padding-bottom:4px}"
    ".course-panel .widget-radio-box label input{flex:none;order:-1;margin:2px 8px 0 1px}"
    ".course-panel .widget-html-content{line-height:1.4}</style>"
)


def notebook_runs() -> bool:
    """Whether this is a kernel, so that widgets can be shown."""
    from course_lib.teaching.exercises.card import shell

    if getattr(shell(), "kernel", None) is None:
        return False
    try:
        import ipywidgets  # noqa: F401
    except ImportError:
        return False
    return True


def panel(parts: Sequence[Any], *, name: str, text: str, page: str = "") -> Any:
    """A vertical box of widgets with the CSS class `widget-<name>`; without a kernel it shows as `page` or `text`."""
    import ipywidgets

    class Panel(ipywidgets.VBox):  # made here so that this module imports without ipywidgets
        """A box with a text form for readers."""

        def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
            data = dict(super()._repr_mimebundle_() or {})
            data["text/plain"] = text
            if page:
                data["text/html"] = page
            return data, {}

        def __repr__(self) -> str:
            return text

    box = Panel([ipywidgets.HTML(STYLE), *parts])
    box.add_class("course-panel")
    box.add_class(f"widget-{name}")
    return box


def live_text(text: str) -> str:
    """Text that a screen reader announces when it changes."""
    return f'<div role="status" aria-live="polite">{html.escape(text)}</div>'
