"""In a real browser: a lesson runs, its slider moves its figure, and an exercise sheet shows its verdicts.

The first test also pays for the start of the server and of the browser.
"""

import inspect
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course_lib.by_hand import first_step as plain
from course_lib.teaching.numbers.cell import FOLDED, LAST
from course_lib.teaching.questions.question import question_of
from tests.browser.jupyterlab import (
    Server,
    cell_with,
    choose,
    errors,
    move_slider,
    open_notebook,
    run_above,
    run_all,
    run_cell,
    type_and_run,
    verdict,
)

pytestmark = pytest.mark.browser

COLLAPSED = {"jupyter": {"source_hidden": True}}
RIGHT = inspect.getsource(plain.softmax_cross_entropy)
WRONG = RIGHT.replace("gradient / len(labels)", "gradient")

# A notebook with a figure that does not follow its slider, and an error.
STUCK = """
import ipywidgets, io
from matplotlib.figure import Figure
png = io.BytesIO()
Figure(figsize=(1, 1)).savefig(png)
box = ipywidgets.VBox([ipywidgets.IntSlider(2, min=0, max=9), ipywidgets.Image(value=png.getvalue())])
box.add_class("widget-explore")
box
"""


def picture(page: Any, name: str) -> None:
    """Keep a picture of the page where COURSE_SCREENSHOTS names a folder, for a person to look at."""
    if os.environ.get("COURSE_SCREENSHOTS"):
        page.screenshot(path=str(Path(os.environ["COURSE_SCREENSHOTS"]) / f"{name}.png"))


def test_an_error_under_a_cell_and_a_figure_that_stays_are_seen(
    page: Any, lab_server: Server, course_copy: Path
) -> None:
    cells = [nbformat.v4.new_code_cell(source) for source in (STUCK, "1 / 0", "'never run'")]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "x"}})
    nbformat.write(notebook, course_copy / "my-course" / "broken.ipynb")
    open_notebook(page, lab_server, "broken.ipynb")
    run_all(page)
    (text,) = errors(page)
    assert "ZeroDivisionError" in text
    before, after = move_slider(page, timeout=1)
    assert before == after
    assert page.locator(".widget-explore .widget-readout").first.inner_text() == "5"


def test_lesson_00_is_the_first_page_and_runs_without_an_error(page: Any, lab_server: Server) -> None:
    page.goto(f"{lab_server.url}/?token={lab_server.token}")
    page.wait_for_url("**/tree/00_start_here.ipynb*", timeout=60_000)
    open_notebook(page, lab_server, "00_start_here.ipynb")
    picture(page, "lesson_00")
    run_all(page)
    assert errors(page) == []


def test_lesson_01_runs_without_an_error_and_its_slider_moves_its_figure(page: Any, lab_server: Server) -> None:
    """As far as the slider: a whole lesson is run above, and the rest of this one under nbval."""
    open_notebook(page, lab_server, "01_training_loop.ipynb")
    run_above(page, page.locator('.jp-MarkdownCell:has-text("The same for readers without a running kernel")').first)
    assert errors(page) == []
    before, after = move_slider(page)
    picture(page, "lesson_01")
    assert after != before, "the slider moved, and the figure stayed as it was"
    assert errors(page) == []


def test_a_widget_that_was_saved_is_seen_again_without_a_kernel(
    page: Any, lab_server: Server, course_copy: Path
) -> None:
    mine = course_copy / "my-course" / "broken.ipynb"
    open_notebook(page, lab_server, mine.name)
    run_all(page)
    choose(page, "File", "Save Notebook")
    page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')", polling=250)
    assert "application/vnd.jupyter.widget-state+json" in nbformat.read(mine, as_version=4).metadata["widgets"]
    choose(page, "Kernel", "Shut Down Kernel")
    page.wait_for_selector('.jp-StatusBar-TextItem:has-text("No Kernel")', timeout=30_000)
    open_notebook(page, lab_server, mine.name)
    page.locator(".widget-explore img").first.wait_for(timeout=30_000)
    picture(page, "reopened")
    assert page.locator(".widget-explore .widget-readout").first.inner_text() == "2"
    assert "Error displaying widget" not in page.locator(".jp-Notebook").inner_text()


def test_sheet_01_names_the_mistake_of_a_wrong_answer_and_accepts_the_right_one(page: Any, lab_server: Server) -> None:
    assert WRONG != RIGHT
    open_notebook(page, lab_server, "01_training_loop_exercises.ipynb")
    run_all(page)
    assert errors(page) == []
    answer = cell_with(page, "def softmax_cross_entropy(")
    check = cell_with(page, 'check("softmax_cross_entropy"')
    assert verdict(check)[0] == "not started"

    type_and_run(page, answer, WRONG)
    run_cell(page, check)
    status, text = verdict(check)
    picture(page, "sheet_01_wrong")
    assert status == "wrong"
    assert "not right yet" in text
    assert "the gradient of the sum, not of the mean" in text

    type_and_run(page, answer, RIGHT)
    run_cell(page, check)
    status, text = verdict(check)
    picture(page, "sheet_01_right")
    assert status == "right", text
    assert errors(page) == []


def test_questions_answer_after_a_choice_and_folded_numbers_open(
    page: Any, lab_server: Server, course_copy: Path
) -> None:
    sources = (
        "from course_lib.teaching.predict import outcome, predict, recall\n"
        "from course_lib.teaching.claims import claim\n"
        "from course_lib.teaching.build.source import show_source\n"
        "from course_lib.by_hand.first_step import linear_backward",
        'predict("01-leak")',
        'outcome("01-leak")',
        'recall("01-linear-needs")',
        f'{FOLDED}\nclaim("2.303", 2.3026, "the loss of knowing nothing")',
        f'{LAST}\nclaim("> 0.95", 0.9812, "test accuracy, mean of 5 seeds")',
        "show_source(linear_backward)",
    )
    cells = [nbformat.v4.new_code_cell(sources[0])]
    cells += [nbformat.v4.new_code_cell(source, metadata=COLLAPSED) for source in sources[1:]]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "x"}})
    nbformat.write(notebook, course_copy / "my-course" / "questions.ipynb")
    open_notebook(page, lab_server, "questions.ipynb")
    assert page.locator(".jp-InputPlaceholder:visible").count() == len(sources) - 1, "the code is collapsed"
    choose(page, "Run", "Run All Cells")
    page.locator(".widget-source").wait_for(timeout=60_000)
    assert errors(page) == []
    asked, answer = question_of("01-leak", "predict"), question_of("01-linear-needs", "recall")
    predicted, held, recalled = (page.locator(f".widget-{name}") for name in ("predict", "outcome", "recall"))

    assert asked.because not in page.locator(".jp-Notebook").inner_text()
    assert answer.because not in page.locator(".jp-Notebook").inner_text()
    picture(page, "questions_before")
    predicted.get_by_label(asked.choices[0]).check()
    predicted.get_by_text("Stored.").wait_for(timeout=10_000)
    held.get_by_role("button", name="Show the outcome").click()
    held.get_by_text(f"you expected: {asked.choices[0]}").wait_for(timeout=10_000)
    held.get_by_text(f"it came out: {asked.answer}").wait_for(timeout=10_000)
    assert asked.because in held.inner_text()

    recalled.get_by_label(answer.choices[0], exact=True).check()
    recalled.get_by_text("Not this one.").wait_for(timeout=10_000)
    recalled.get_by_label(answer.answer, exact=True).check()
    recalled.get_by_text("Right:").wait_for(timeout=10_000)

    numbers = page.locator("details.course-numbers")
    assert numbers.count() == 1, "two checks of one section are one line"
    assert numbers.inner_text().strip() == "2 numbers of this section hold"
    numbers.locator("summary").click()
    assert "0.9812" in numbers.locator("tr").nth(1).inner_text()

    page.locator(".widget-source").get_by_role("button", name="Show it to me").click()
    page.get_by_text("whose worked answer you have seen").wait_for(timeout=10_000)
    assert "return" in page.locator(".jp-CodeCell").last.inner_text()
    picture(page, "questions_after")
    assert errors(page) == []


def test_nothing_was_asked_of_the_network(page: Any, lab_server: Server, outside: list[str]) -> None:
    assert outside == []
