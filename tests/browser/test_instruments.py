"""The instruments of the browser tests see what they are for: an error under a cell, and a figure that stays."""

from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.browser.jupyterlab import Server, errors, move_slider, open_notebook, run_all

pytestmark = pytest.mark.browser

STUCK = """
import ipywidgets, io
from matplotlib.figure import Figure
png = io.BytesIO()
Figure(figsize=(1, 1)).savefig(png)
box = ipywidgets.VBox([ipywidgets.IntSlider(2, min=0, max=9), ipywidgets.Image(value=png.getvalue())])
box.add_class("widget-explore")
box
"""


def test_an_error_under_a_cell_and_a_figure_that_stays_are_seen(
    page: Any, lab_server: Server, course_copy: Path
) -> None:
    cells = [nbformat.v4.new_code_cell(source) for source in (STUCK, "1 / 0", "'never run'")]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "x"}})
    (course_copy / "broken").mkdir()
    nbformat.write(notebook, course_copy / "broken" / "lesson.ipynb")
    open_notebook(page, lab_server, "broken/lesson.ipynb")
    run_all(page)
    (text,) = errors(page)
    assert "ZeroDivisionError" in text
    before, after = move_slider(page, timeout=1)
    assert before == after
    assert page.locator(".widget-explore .widget-readout").first.inner_text() == "5"
