"""A running JupyterLab and a browser's page on it: what a learner does, as functions."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The lab of the course itself, on a copy of the course, so that the learner's sheets are not touched.
START = """import sys
from pathlib import Path
from course_lib.teaching.learner.lab import start_lab
start_lab(sys.argv[2:], root=Path(sys.argv[1]))"""
BROWSER_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# JupyterLab marks an error like any text on stderr, a warning for example, and a lesson should show neither.
ERRORS = '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]'
NO_NUMBERS = """() => ![...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]
  .some(prompt => /\\[\\d+\\]/.test(prompt.innerText))"""
# Milliseconds. To ask at every frame, as is usual, makes the page lay itself out all the time.
POLLING = 250
# Code cells with text that have not finished, as numbers from 0.
UNFINISHED = """() => [...document.querySelectorAll('.jp-Notebook .jp-CodeCell')]
  .map((cell, index) => [index, cell])
  .filter(([, cell]) => cell.querySelector('.cm-content')?.innerText.trim())
  .filter(([, cell]) => !/\\[\\d+\\]/.test(cell.querySelector('.jp-InputPrompt').innerText))
  .map(([index]) => index)"""


def find_chromium() -> str | None:
    """The path of a Chromium of this system, or None. COURSE_CHROMIUM names another one."""
    names = (os.environ.get("COURSE_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


@dataclass(frozen=True)
class Server:
    """Where a running JupyterLab is reached."""

    url: str
    token: str


@contextmanager
def jupyterlab(root: Path, scratch: Path, *, timeout: float = 60) -> Iterator[Server]:
    """Run the course's lab on the folder `root`, on a free port with a token; its own files go to `scratch`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    own = {
        name: str(scratch / name.lower())
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    options = [
        "--no-browser",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}",
    ]
    log = scratch / "jupyterlab.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-c", START, str(root), *options],
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        server = Server(f"http://127.0.0.1:{port}", token)
        try:
            _wait_until_up(server, process, log, timeout)
            yield server
        finally:
            process.terminate()  # JupyterLab then ends its kernels
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_up(server: Server, process: subprocess.Popen[bytes], log: Path, timeout: float) -> None:
    end = time.monotonic() + timeout
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/api/status?token={server.token}", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-3000:]}")


@contextmanager
def browser_page(chromium: str, outside: list[str]) -> Iterator[Any]:
    """A page of a headless Chromium; a request to anything but the loopback is refused and noted in `outside`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(BROWSER_OPTIONS))
        try:
            page = browser.new_page(viewport={"width": 1300, "height": 950})
            page.route(_leaves_the_machine, lambda route: (outside.append(route.request.url), route.abort()))
            yield page
        finally:
            browser.close()


def _leaves_the_machine(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1:", "data:", "blob:"))


def open_notebook(page: Any, server: Server, path: str, *, timeout: float = 90) -> None:
    """Open the notebook and wait for its kernel; `path` is relative to the server's folder."""
    page.goto(f"{server.url}/lab/tree/{path}?reset&token={server.token}")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=timeout * 1000)
    # "Run" before the session is attached would ask for a kernel; the status bar knows when it is.
    page.wait_for_selector('.jp-StatusBar-TextItem:has-text("| Idle")', timeout=timeout * 1000)


def choose(page: Any, menu: str, item: str) -> None:
    """Choose an item of JupyterLab's menu bar by its words."""
    page.click(f'.lm-MenuBar-itemLabel:text-is("{menu}")')
    page.click(f'.lm-Menu-itemLabel:text-is("{item}")')


def run_all(page: Any, *, timeout: float = 120) -> None:
    """Clear the stored outputs, run every cell, and wait for the last one, or for the first error."""
    choose(page, "Edit", "Clear Outputs of All Cells")
    page.wait_for_function(NO_NUMBERS, polling=POLLING)
    choose(page, "Run", "Run All Cells")
    page.wait_for_function(
        f"() => document.querySelector('{ERRORS}') !== null || ({UNFINISHED})().length === 0",
        timeout=timeout * 1000,
        polling=POLLING,
    )


def run_above(page: Any, cell: Any, *, timeout: float = 120) -> None:
    """Clear the stored outputs and run every cell above this one, or until the first error."""
    choose(page, "Edit", "Clear Outputs of All Cells")
    page.wait_for_function(NO_NUMBERS, polling=POLLING)
    cell.locator(".cm-content:visible, .jp-RenderedMarkdown:visible").first.click()
    choose(page, "Run", "Run All Above Selected Cell")
    place = cell.evaluate(
        "cell => [...document.querySelectorAll('.jp-Notebook .jp-CodeCell')]"
        ".filter(one => one.compareDocumentPosition(cell) & Node.DOCUMENT_POSITION_FOLLOWING).length"
    )
    page.wait_for_function(
        f"() => document.querySelector('{ERRORS}') !== null || ({UNFINISHED})().every(index => index >= {place})",
        timeout=timeout * 1000,
        polling=POLLING,
    )


def errors(page: Any) -> list[str]:
    """The text of every error, warning or other red output under a cell."""
    return [str(text) for text in page.locator(ERRORS).all_inner_texts()]


def figure_bytes(page: Any) -> str:
    """The image in the first widget, as text that changes when one of its bytes does."""
    image = page.locator(".widget-explore img").first
    image.wait_for(timeout=30_000)
    return str(
        image.evaluate("async image => Array.from(new Uint8Array(await (await fetch(image.src)).arrayBuffer())).join()")
    )


def move_slider(page: Any, *, steps: int = 3, timeout: float = 30) -> tuple[str, str]:
    """Move the first slider of the first widget with the keyboard; the figure before, and after it has come to rest."""
    before = figure_bytes(page)
    handle = page.locator(".widget-explore .noUi-handle").first
    handle.scroll_into_view_if_needed()
    handle.focus()
    low, now, high = (float(handle.get_attribute(f"aria-value{name}")) for name in ("min", "now", "max"))
    key = "ArrowRight" if now < (low + high) / 2 else "ArrowLeft"
    for _ in range(steps):
        page.keyboard.press(key)
    end = time.monotonic() + timeout
    last, after = None, figure_bytes(page)
    # At rest: changed, and then the same twice, for every key press draws once more.
    while (after == before or after != last) and time.monotonic() < end:
        page.wait_for_timeout(500)
        last, after = after, figure_bytes(page)
    return before, after


def cell_with(page: Any, text: str) -> Any:
    """The first code cell whose source contains `text`."""
    return page.locator(".jp-CodeCell").filter(has=page.locator(".jp-InputArea-editor", has_text=text)).first


def type_and_run(page: Any, cell: Any, source: str, *, timeout: float = 60) -> None:
    """Replace the text of a cell by `source` and run it."""
    editor = cell.locator(".cm-content")
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(source)
    run_cell(page, cell, timeout=timeout)


def run_cell(page: Any, cell: Any, *, timeout: float = 60) -> None:
    """Run one cell with Control+Enter and wait until it has finished."""
    prompt = cell.locator(".jp-InputPrompt").first
    before = prompt.inner_text()
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        now = prompt.inner_text()
        if now != before and now.strip("[]: ").isdigit():
            return
        page.wait_for_timeout(50)
    raise TimeoutError(f"the cell did not finish in {timeout:g} s; its prompt is {prompt.inner_text()!r}")


def verdict(cell: Any) -> tuple[str, str]:
    """Status and text of the verdict card under a cell."""
    card = cell.locator(".course-verdict").first
    card.wait_for(timeout=30_000)
    return str(card.get_attribute("data-status")), str(card.inner_text())
