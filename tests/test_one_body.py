"""Each public name means one thing, and each function is written once: `by_hand` holds the body, the others call it."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from course_lib.core.files import course_root

PACKAGE = course_root() / "course_lib"
SHORT = 12  # nodes of a body that says too little to be a copy: `return self.x`, a call that is passed on

# Two functions of one name on purpose.
SAME_NAME = {
    "main": "a command line has one in each module that is started",
    "evaluate": "lessons call it: of a NumPy network, and of a torch model",
    "layer_stats": "lessons call it: of a NumPy network, and of a torch model",
    "count_parameters": "sheets 01 and 10 ask for it: of linear layers, and of the reported language model",
    "softmax_cross_entropy": "the library's works in place, one exponential in place of two; tests hold the two equal",
}

Definition = tuple[str, ast.FunctionDef | ast.ClassDef]


def definitions(package: Path) -> Iterator[Definition]:
    """(module, node) of each function and class at the top of a module; the checks' tables are left out."""
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).with_suffix("").as_posix()
        if not name.startswith("teaching/checks/"):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    yield name, node


def calls_its_body(node: ast.AST) -> bool:
    """Whether a function calls `by_hand.NAME` of its own name: it validates, and the body stands there."""
    calls = (one.func for one in ast.walk(node) if isinstance(one, ast.Call))
    names = {f.attr for f in calls if isinstance(f, ast.Attribute) and ast.unparse(f.value) == "by_hand"}
    return getattr(node, "name", "") in names


def same_names(found: list[Definition]) -> dict[str, list[str]]:
    """Public names that are defined in several modules, but for those that call the body in by_hand."""
    modules = defaultdict(list)
    for module, node in found:
        if not node.name.startswith("_") and not calls_its_body(node):
            modules[node.name].append(module)
    return {name: where for name, where in modules.items() if len(where) > 1}


def same_bodies(found: list[Definition]) -> list[list[str]]:
    """Functions and classes whose bodies are the same trees, without their docstrings."""
    bodies = defaultdict(list)
    for module, node in found:
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        tree = ast.Module(body=body, type_ignores=[])
        if sum(1 for _ in ast.walk(tree)) > SHORT:
            bodies[ast.dump(tree)].append(f"{module}.{node.name}")
    return [places for places in bodies.values() if len(places) > 1]


FOUND = list(definitions(PACKAGE))


def test_a_public_name_means_one_thing() -> None:
    twice = {name: where for name, where in same_names(FOUND).items() if name not in SAME_NAME}
    assert not twice, f"give one of them another name, or let it call the other: {twice}"


def test_every_exception_is_needed() -> None:
    assert sorted(SAME_NAME) == sorted(set(SAME_NAME) & set(same_names(FOUND)))


def test_no_body_is_written_twice() -> None:
    assert same_bodies(FOUND) == []


@pytest.mark.parametrize(
    ("text", "names", "bodies"),
    [
        ("def other(x):\n    return (x - x.mean()) / x.std()", [], 1),
        ("def scaled(x):\n    return x * 2 + 1", ["scaled"], 0),
        ("def scaled(x):\n    'Validated.'\n    return by_hand.scaled(check(x))", [], 0),
        ("class scaled:\n    a: int = 1", ["scaled"], 0),
        ("def _scaled(x):\n    return x * 2 + 1", [], 0),
    ],
)
def test_a_planted_second_body_is_found(tmp_path: Path, text: str, names: list[str], bodies: int) -> None:
    (tmp_path / "one.py").write_text(
        "def scaled(x):\n    'A.'\n    return (x - x.mean()) / x.std()\n", encoding="utf-8"
    )
    (tmp_path / "two.py").write_text(text, encoding="utf-8")
    found = list(definitions(tmp_path))
    assert list(same_names(found)) == names
    assert len(same_bodies(found)) == bodies


def test_by_hand_imports_nothing_of_ours() -> None:
    """So that every room can call it."""
    for path in (PACKAGE / "by_hand").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        imports = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import | ast.ImportFrom)]
        assert not [one for one in imports if "course_lib" in ast.unparse(one) and "by_hand" not in ast.unparse(one)]
