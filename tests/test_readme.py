"""README and CONTRIBUTING tell the truth: commands and links exist, lessons and dependencies are complete."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from course_lib import __version__
from course_lib.core.files import course_root
from course_lib.core.reports.tables import report_number
from course_lib.teaching.build.lessons import PARTS
from course_lib.teaching.build.number_rules import unbacked_numbers

ROOT = course_root()
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
TEXT = {name: (ROOT / name).read_text(encoding="utf-8") for name in PAGES}
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def code(text: str) -> str:
    """All that stands in code blocks and between backticks."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return "\n".join(blocks + re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)))


def lesson_table() -> str:
    """The table of lessons as README should hold it."""
    rows = ["| | lesson | the question |", "|---|---|---|"]
    for part in PARTS:
        rows.append(f"| | **{part.title}** | |")
        for lesson in part.lessons:
            path = f"notebooks/{lesson.stem}.ipynb"
            title = f"[{lesson.title}]({path})" if (ROOT / path).is_file() else lesson.title
            rows.append(f"| {lesson.number:02d} | {title} | {lesson.question} |")
    return "\n".join(rows)


@pytest.mark.parametrize("page", PAGES)
def test_every_make_command_is_a_target(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", code(TEXT[page])))
    assert named <= targets, f"{page} names {sorted(named - targets)}, Makefile has {sorted(targets)}"


def test_every_target_is_declared_and_described() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert set(phony.split()) == targets
    assert set(re.findall(r"^([a-z]+):.*  ## ", MAKEFILE, re.MULTILINE)) == targets


@pytest.mark.parametrize("page", PAGES)
def test_every_module_that_is_run_exists(page: str) -> None:
    for module in set(re.findall(r"python -m ([\w.]+)", code(TEXT[page]))) - {"pip", "pytest", "venv"}:
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), f"{page}: python -m {module}"


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", TEXT[page]):
        if not link.startswith(("http://", "https://", "#")):
            assert (ROOT / link.split("#")[0]).exists(), f"{page} links to {link}, which is not there"


@pytest.mark.parametrize("page", PAGES)
def test_every_file_named_as_code_exists(page: str) -> None:
    made_later = {"my-course/", "my-course/.course/before/", "my-course/progress.json", "my-exercises/"}
    for name in re.findall(r"`([\w.-]+/[\w./-]*)`", TEXT[page]):
        if "NN_" not in name and "sheet_NN" not in name and name not in made_later:
            assert (ROOT / name).exists(), f"{page} names {name}, which is not there"


def test_every_picture_has_a_text() -> None:
    for text, path in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", TEXT["README.md"]):
        assert len(text) >= 30, f"the picture {path} needs a text that says what it shows"


def test_the_list_of_lessons_is_that_of_the_course() -> None:
    (table,) = re.findall(r"<!-- lessons:.*?-->\n(.*?)\n<!-- end of lessons -->", TEXT["README.md"], re.DOTALL)
    assert table == lesson_table(), f"README.md should hold\n{lesson_table()}"
    listed = {Path(path).name for path in re.findall(r"\((notebooks/[^)]+\.ipynb)\)", TEXT["README.md"])}
    assert listed == {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}


def test_the_text_says_conda_name_and_lowest_python_as_they_are() -> None:
    assert f"conda activate {PROJECT['name']}" in TEXT["README.md"]
    lowest = PROJECT["requires-python"].removeprefix(">=")
    assert f"Python {lowest} or later" in TEXT["README.md"]
    assert f"Python {lowest} or later" in MAKEFILE


def test_every_dependency_has_its_reason_and_no_other_has_one() -> None:
    groups = {"course": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}
    wanted = {(Requirement(text).name, group) for group, texts in groups.items() if group != "dev" for text in texts}
    rows = re.findall(
        r"^\| ([\w-]+) \| (\w+) \| (.+) \|$", TEXT["CONTRIBUTING.md"].split("with a reason each")[1], re.M
    )
    assert {(name, group) for name, group, _ in rows if name != "package"} == wanted
    assert all(len(reason) > 8 for *_, reason in rows[1:])


def test_the_budgets_in_the_text_are_those_of_the_ledger() -> None:
    from tests.ledger import PARTS as LEDGER

    sentence = ", ".join(f"{name} {seconds}" for name, (_, seconds) in LEDGER.items())
    assert sentence in " ".join(TEXT["CONTRIBUTING.md"].split())


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    assert re.findall(r"^## (\S+)", TEXT["CHANGELOG.md"], re.MULTILINE)[0] == __version__


def test_both_licences_name_what_they_cover() -> None:
    code_licence, text_licence = ((ROOT / name).read_text(encoding="utf-8") for name in PROJECT["license-files"])
    assert "MIT License" in code_licence
    assert "LICENSE-TEXT" in code_licence
    assert "Creative Commons Attribution 4.0" in text_licence
    assert "LICENSE" in text_licence


def tree_in(text: str) -> dict[str, str]:
    """The rooms in the tree of a page, as paths from course_lib, and the phrase of each."""
    (block,) = re.findall(r"^```\n(by_hand/ .*?)^```", text, re.MULTILINE | re.DOTALL)
    rooms, above = {}, ""
    for inside, name, phrase in re.findall(r"^( *)(\w+)/ +(.*)$", block, re.MULTILINE):
        above = above if inside else name
        rooms[f"{above}/{name}" if inside else name] = phrase
    return rooms


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_the_tree_names_every_room_of_the_library_with_a_phrase(page: str) -> None:
    package = ROOT / "course_lib"
    rooms = {path.parent.relative_to(package).as_posix() for path in package.rglob("__init__.py")} - {"."}
    deepest = {"teaching/checks"}  # a folder a sheet, told in one phrase
    wanted = {room for room in rooms if not any(room.startswith(f"{one}/") for one in deepest)}
    tree = tree_in(TEXT[page])
    assert set(tree) == wanted
    assert all(len(phrase) >= 5 for phrase in tree.values())


def test_the_tree_is_one() -> None:
    assert tree_in(TEXT["README.md"]) == tree_in(TEXT["CONTRIBUTING.md"])


def test_a_room_that_is_missing_in_the_tree_is_seen() -> None:
    text = "```\nby_hand/  formulas\ncore/  the rest\n    reports/  tables\n```"
    assert tree_in(text) == {"by_hand": "formulas", "core": "the rest", "core/reports": "tables"}


# The numbers of the README: the report that states each, and how it is written there.
STATED = {
    "99.25": ("infinito", "99.25"),
    "+54 %": ("golden_seeds", "+54%"),
    "86.75 %": ("neuronet", "86.75%"),
}


def test_every_decimal_and_percentage_of_the_readme_stands_in_a_report() -> None:
    cell = {"cell_type": "markdown", "id": "README", "source": TEXT["README.md"]}
    assert {one.literal for one in unbacked_numbers([cell])} == set(STATED)
    assert all(report_number(text, report) for report, text in STATED.values())
