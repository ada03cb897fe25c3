"""One list of dependencies: environment.yml and constraints.txt follow pyproject.toml, and the install the pins."""

import importlib.metadata
import os
import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from course_lib import __version__
from course_lib.core.files import course_root

ROOT = course_root()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NAME = canonicalize_name(PROJECT["name"])
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def wanted() -> list[Requirement]:
    """Every dependency of the project and of its extras, with extras of the project itself followed."""
    found = [Requirement(text) for text in PROJECT["dependencies"]]
    for extra in PROJECT["optional-dependencies"].values():
        found += [Requirement(text) for text in extra]
    return [requirement for requirement in found if canonicalize_name(requirement.name) != NAME]


PINS = [Requirement(line) for line in lines(CONSTRAINTS)]


def pins_here() -> dict[str, Version]:
    """The pins that hold on this platform and Python."""
    here = [pin for pin in PINS if pin.marker is None or pin.marker.evaluate()]
    return {canonicalize_name(pin.name): Version(next(iter(pin.specifier)).version) for pin in here}


def test_dev_is_every_other_extra() -> None:
    extras = PROJECT["optional-dependencies"]
    (everything,) = (Requirement(text) for text in extras["dev"])
    assert canonicalize_name(everything.name) == NAME
    assert everything.extras == set(extras) - {"dev"}


def test_pyproject_gives_lower_bounds_only() -> None:
    for requirement in wanted():
        assert [bound.operator for bound in requirement.specifier] == [">="], f"{requirement} is no lower bound"


def test_constraints_hold_no_address_and_exact_versions_only() -> None:
    assert "://" not in CONSTRAINTS
    assert "--" not in CONSTRAINTS
    for pin in PINS:
        assert [bound.operator for bound in pin.specifier] == ["=="], f"{pin} is no exact version"


def test_every_dependency_is_pinned_at_or_above_its_lower_bound() -> None:
    for requirement in wanted():
        pins = [pin for pin in PINS if canonicalize_name(pin.name) == canonicalize_name(requirement.name)]
        assert pins, f"constraints.txt lacks {requirement.name}: make it again as CONTRIBUTING.md says"
        for pin in pins:
            assert requirement.specifier.contains(next(iter(pin.specifier)).version), f"{pin} is below {requirement}"


def test_what_is_installed_here_is_pinned() -> None:
    """Everything that the project brings along, followed through the installed metadata."""
    pins, seen, queue = pins_here(), set(), [canonicalize_name(requirement.name) for requirement in wanted()]
    wrong = []
    while queue:
        name = queue.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            if name in {canonicalize_name(requirement.name) for requirement in wanted()}:
                wrong.append(f"{name} is not installed")
            continue
        installed = Version(distribution.version)
        if name in pins and Version(installed.public) != pins[name]:
            wrong.append(f"{name} {installed} is installed, constraints.txt pins {pins[name]}")
        if name not in pins:
            wrong.append(f"{name} {installed} is installed, constraints.txt does not pin it")
        for text in distribution.requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                queue.append(canonicalize_name(requirement.name))
    assert not wrong, "\n".join(wrong)


def test_conda_gives_python_and_pip_and_pip_gives_the_rest() -> None:
    python, pip, through_pip = CONDA["dependencies"]
    assert CONDA["name"] == PROJECT["name"]
    assert pip == "pip"
    assert through_pip == {"pip": ["--constraint constraints.txt", "--editable .[dev]"]}
    (version,) = re.findall(r"^python=(\d+\.\d+)$", python)
    assert Version(version) in Requirement(f"python{PROJECT['requires-python']}").specifier
    assert "dev" in PROJECT["optional-dependencies"]


def test_the_installed_course_is_this_one() -> None:
    assert importlib.metadata.version(NAME) == __version__


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TQDM_MININTERVAL"])
def test_tests_run_with_their_variables_set(name: str) -> None:
    assert os.environ[name]


def test_tests_never_touch_the_progress_or_the_cache_of_a_learner() -> None:
    for name in ("COURSE_PROGRESS", "HF_HOME"):
        assert "course-tests-" in os.environ[name]
        assert str(ROOT) not in os.environ[name]
