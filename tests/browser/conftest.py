"""What the browser tests share: a copy of the course, a running lab, a page."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from course_lib.core.files import course_root
from tests.browser.jupyterlab import Server, browser_page, find_chromium, jupyterlab


@pytest.fixture(scope="module")
def outside() -> list[str]:
    """The addresses outside this machine that the page asked for."""
    return []


# Of a module, not of the session: while the browser's driver runs, no other test could use asyncio.
@pytest.fixture(scope="module")
def page(outside: list[str]) -> Iterator[Any]:
    """A browser's page; the test is skipped without a browser, and fails where one is demanded."""
    chromium = find_chromium()
    if chromium is None:
        reason = "no Chromium on this machine (Debian: apt install chromium)"
        if os.environ.get("COURSE_REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    pytest.importorskip("playwright")
    with browser_page(chromium, outside) as found:
        yield found


@pytest.fixture(scope="module")
def course_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the built notebooks and sheets, in which the lab may copy and a learner may type."""
    copy = tmp_path_factory.mktemp("course")
    for folder in ("notebooks", "exercises", "solutions"):
        if (course_root() / folder).is_dir():
            shutil.copytree(course_root() / folder, copy / folder, ignore=shutil.ignore_patterns(".*", "source"))
    return copy


@pytest.fixture(scope="module")
def lab_server(page: Any, course_copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running lab on the copy. It asks for the page first: no server is started where there is no browser."""
    with jupyterlab(course_copy, tmp_path_factory.mktemp("jupyter")) as server:
        yield server
