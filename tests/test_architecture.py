"""The house: imports point down only, packages load without what they do not need, files and functions stay short."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from course_lib.core.files import course_root

ROOT = course_root()
PACKAGE = ROOT / "course_lib"
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)
FLOORS = {
    "moved": 0,
    "by_hand": 0,
    "core": 1,
    "numpy_nn": 2,
    "training": 3, "text": 3, "plots": 3,
    "infinito": 4, "lottery": 4, "velora": 4, "fusion": 4, "digits": 4,
    "teaching": 5, "__main__": 5,
}  # fmt: skip
# Which packages of others each of ours may import, at the top of a file or inside a function.
ALLOWED_IN_CORE = {"numpy", "scipy"}
FORBIDDEN = {
    "numpy_nn": {"torch", "torchvision", "datasets", "IPython", "ipywidgets", "jupyterlab", "matplotlib"},
    "plots": {"torch", "torchvision", "datasets", "ipywidgets", "jupyterlab"},
    "training": {"jupyterlab", "ipywidgets", "IPython"},
}
MOST_LINES, MOST_LINES_OF_FUNCTION = 350, 60  # one idea of 300 lines is better than two halves


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
    """(line, full name) of everything that a file imports, at its top or inside a function."""
    package = module_of(path) if path.name == "__init__.py" else module_of(path).rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{name.name}") for name in node.names)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def part_of(module: str) -> str:
    """The second name of course_lib.part.rest; "" for the package itself."""
    return [*module.split("."), ""][1]


IMPORTS = [(path, line, name) for path in FILES for line, name in imports_of(parsed(path), path)]


def place(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT).as_posix()}:{line}"


def test_every_part_has_a_floor() -> None:
    parts = {part_of(module_of(path)) for path in FILES} - {""}
    assert parts <= set(FLOORS), f"no floor is named for {sorted(parts - set(FLOORS))}"


def test_imports_point_down_only() -> None:
    wrong = []
    for path, line, name in IMPORTS:
        here, there = part_of(module_of(path)), part_of(name)
        if not name.startswith("course_lib.") or here == there or there not in FLOORS or not here:
            continue
        # On one floor there are neighbours but no systems that know each other.
        if FLOORS[there] > FLOORS[here] or (FLOORS[there] == FLOORS[here] == 4):
            wrong.append(f"{place(path, line)} in {here} (floor {FLOORS[here]}) imports {name} (floor {FLOORS[there]})")
    assert not wrong, "\n".join(wrong)


def test_parts_import_each_other_in_no_circle() -> None:
    graph: dict[str, set[str]] = {}
    for path, _, name in IMPORTS:
        here, there = part_of(module_of(path)), part_of(name)
        if name.startswith("course_lib.") and there in FLOORS and here and here != there:
            graph.setdefault(here, set()).add(there)
    assert circle(graph) is None, f"a circle of parts: {circle(graph)}"


def test_modules_import_each_other_in_no_circle_when_they_load() -> None:
    modules = {module_of(path) for path in FILES}
    graph: dict[str, set[str]] = {}
    for path in FILES:
        top = ast.Module(body=[node for node in parsed(path).body if not _for_types_only(node)], type_ignores=[])
        for node in [n for n in top.body if isinstance(n, ast.Import | ast.ImportFrom)]:
            for _, name in imports_of(node, path):
                target = name if name in modules else name.rpartition(".")[0]
                if target in modules and target != module_of(path):
                    graph.setdefault(module_of(path), set()).add(target)
    assert circle(graph) is None, f"a circle of modules: {circle(graph)}"


def _for_types_only(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def circle(graph: dict[str, set[str]]) -> list[str] | None:
    """A circle in the graph as the list of its nodes, or None."""
    done: set[str] = set()

    def search(node: str, trail: list[str]) -> list[str] | None:
        if node in trail:
            return [*trail[trail.index(node) :], node]
        if node in done:
            return None
        for following in sorted(graph.get(node, ())):
            if found := search(following, [*trail, node]):
                return found
        done.add(node)
        return None

    return next((found for node in sorted(graph) if (found := search(node, []))), None)


def test_the_search_for_circles_finds_one() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) == ["a", "b", "c", "a"]
    assert circle({"a": {"b", "c"}, "b": {"c"}}) is None


def test_core_imports_numpy_scipy_and_the_standard_library_only() -> None:
    wrong = [
        f"{place(path, line)} imports {name}"
        for path, line, name in IMPORTS
        if part_of(module_of(path)) == "core"
        and name.split(".")[0] not in ALLOWED_IN_CORE | {"course_lib"} | set(sys.stdlib_module_names)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("part", sorted(FORBIDDEN))
def test_a_part_never_imports_what_it_must_do_without(part: str) -> None:
    wrong = [
        f"{place(path, line)} imports {name}"
        for path, line, name in IMPORTS
        if part_of(module_of(path)) == part and name.split(".")[0] in FORBIDDEN[part]
    ]
    assert not wrong, "\n".join(wrong)


def test_ipython_is_imported_inside_functions_only() -> None:
    wrong = [
        f"{place(path, node.lineno)} imports IPython when it loads"
        for path in FILES
        for node in parsed(path).body
        for _, name in (imports_of(node, path) if isinstance(node, ast.Import | ast.ImportFrom) else ())
        if name.split(".")[0] in {"IPython", "jupyterlab", "torchvision", "datasets"}
    ]
    assert not wrong, "\n".join(wrong)


WITHOUT = """
import importlib, importlib.abc, pkgutil, sys
class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ModuleNotFoundError("No module named " + repr(name), name=name)
sys.meta_path.insert(0, Absent())
for part in {parts!r}:
    package = importlib.import_module("course_lib." + part)
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
print(" ".join(sorted({watched!r} & set(sys.modules))))
"""


def load(parts: tuple[str, ...], *, blocked: tuple[str, ...] = (), watched: set[str] | None = None) -> str:
    """Import every module of the parts in a fresh interpreter; the watched packages that came along."""
    code = WITHOUT.format(blocked=blocked, parts=parts, watched=watched or set())
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


NOTEBOOK_PACKAGES = ("jupyterlab", "ipywidgets", "datasets", "IPython", "torchvision")
SYSTEMS = tuple(part for part, floor in FLOORS.items() if floor == 2 and (PACKAGE / part).is_dir())


def test_everything_below_teaching_loads_without_the_notebook_packages() -> None:
    load(("core", "numpy_nn", "training", "text", *SYSTEMS), blocked=NOTEBOOK_PACKAGES)


def test_training_and_the_systems_load_with_torch_numpy_and_scipy_alone() -> None:
    """What a rented machine with a GPU may have."""
    blocked = (*NOTEBOOK_PACKAGES, "safetensors", "tqdm", "pynvml", "sklearn", "matplotlib", "joblib", "pandas")
    load(("training", "text", *SYSTEMS), blocked=blocked)


def test_core_numpy_nn_and_plots_load_without_torch() -> None:
    watched = {"torch", "IPython", "ipywidgets", "matplotlib.pyplot"}
    assert load(("core", "numpy_nn"), blocked=("torch",), watched=watched) == ""
    assert load(("plots",), blocked=("torch", "IPython"), watched={"torch"}) == ""


def test_no_file_is_longer_than_a_reader_wants() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    longest = max(lengths, key=lambda path: lengths[path])
    assert lengths[longest] <= MOST_LINES, (
        f"{place(longest, 1)} has {lengths[longest]} lines, the limit is {MOST_LINES}"
    )


def test_no_function_is_longer_than_a_reader_wants() -> None:
    lengths = {
        f"{place(path, node.lineno)} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in FILES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    longest = max(lengths, key=lambda name: lengths[name])
    assert lengths[longest] <= MOST_LINES_OF_FUNCTION, (
        f"{longest} has {lengths[longest]} lines, the limit is {MOST_LINES_OF_FUNCTION}"
    )


def test_annotations_are_what_they_say_in_every_module() -> None:
    """One habit everywhere: no module puts the reading of its annotations off; a name that comes later is quoted."""
    assert not [place(path, 1) for path in _everywhere() if "\nfrom __future__ " in path.read_text()]


def test_the_first_line_of_a_module_says_what_it_holds() -> None:
    asking = [place(path, 1) for path in _everywhere() if "?" in path.read_text().split("\n", 1)[0]]
    assert not asking, "the first line asks and does not say what is in the file:\n" + "\n".join(asking)


def _everywhere() -> list[Path]:
    found = [path for folder in ("course_lib", "tests", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))]
    assert len(found) > 500
    return found


def test_everything_public_has_a_docstring() -> None:
    bare = []
    for path in FILES:
        tree = parsed(path)
        if not ast.get_docstring(tree):
            bare.append(place(path, 1))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                # A known answer of an exercise is described by its row in the table.
                row = re.search(rf"(^ *|\"){node.name}: ", path.read_text(encoding="utf-8"), re.MULTILINE)
                described = "checks" in path.parts and (node.decorator_list or row)
                if not ast.get_docstring(node) and not described:
                    bare.append(f"{place(path, node.lineno)} {node.name}")
    assert not bare, "without a docstring:\n" + "\n".join(bare)


def test_no_file_is_without_content() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    names = listed.stdout.splitlines() if listed.returncode == 0 else []
    files = [ROOT / name for name in names] or FILES
    empty = [path.relative_to(ROOT).as_posix() for path in files if path.is_file() and not path.read_bytes().strip()]
    assert not empty, f"without content: {empty}"


def test_sub_packages_hold_one_docstring_line_and_the_package_its_version() -> None:
    for path in PACKAGE.glob("*/__init__.py"):
        assert len(parsed(path).body) == 1, f"{place(path, 1)} holds more than its docstring"
    # Its line, the version, and old names of modules that are followed.
    assert len(parsed(PACKAGE / "__init__.py").body) == 4


# Rooms of tests that hold no tests of one room of the code, with the reason.
OTHER_TESTS = {"coverage": "tables: what shows each concept of the theory", "browser": "lessons in a real browser"}


def rooms(folder: Path) -> set[str]:
    """The folders below `folder` that hold Python files, as paths from it."""
    found = {path.parent.relative_to(folder).as_posix() for path in folder.rglob("*.py")}
    return {room for room in found if "__pycache__" not in room} - {"."}


def rooms_without_code(tests: Path, package: Path) -> list[str]:
    """Rooms of tests that the package has no room for."""
    return sorted(room for room in rooms(tests) - rooms(package) if room.split("/")[0] not in OTHER_TESTS)


def misplaced(tests: Path, package: Path) -> list[str]:
    """Files of tests that are named after a module of another room, and after none of their own."""
    modules: dict[str, set[str]] = {}
    for path in package.rglob("*.py"):
        modules.setdefault(path.stem, set()).add(path.parent.relative_to(package).as_posix())
    wrong = []
    for path in tests.rglob("test_*.py"):
        room, name = path.parent.relative_to(tests).as_posix(), path.stem.removeprefix("test_")
        there = modules.get(name, set())
        if there and room not in there and room != "." and room.split("/")[0] not in OTHER_TESTS:
            wrong.append(f"tests/{room}/{path.name}: the module {name} is in {sorted(there)}")
    return sorted(wrong)


def test_the_tests_have_the_rooms_of_the_code() -> None:
    assert rooms_without_code(ROOT / "tests", PACKAGE) == []


def test_a_file_of_tests_stands_in_the_room_of_its_module() -> None:
    assert not misplaced(ROOT / "tests", PACKAGE), "\n".join(misplaced(ROOT / "tests", PACKAGE))


def test_a_planted_room_and_a_planted_file_out_of_place_are_found(tmp_path: Path) -> None:
    files = ("package/core/rows.py", "package/text/units.py", "tests/core/test_units.py", "tests/cellar/test_it.py")
    for name in (*files, "tests/core/test_rows.py", "tests/coverage/theory.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert rooms_without_code(tmp_path / "tests", tmp_path / "package") == ["cellar"]
    (wrong,) = misplaced(tmp_path / "tests", tmp_path / "package")
    assert wrong.startswith("tests/core/test_units.py")
