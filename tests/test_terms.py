"""Public names use the field's terms: those of torch.optim, and one word for one thing."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from course_lib.core.files import course_root

PACKAGE = course_root() / "course_lib"
# A parameter or a field that torch calls otherwise, and what it is called there.
FORBIDDEN = {
    "rate": "lr", "learning_rate": "lr", "eta": "lr", "step_size": "lr",
    "epsilon": "eps", "decay": "weight_decay", "multiplier": "factor", "multipliers": "factors",
    "beta_1": "betas", "beta_2": "betas", "momentum_factor": "momentum",
}  # fmt: skip
# Rates of another kind: operations a second.
OTHER_RATES = {"by_hand/cuda.py roofline_seconds(rate)", "training/machine/cost.py Machine.rate"}


def public_names(package: Path) -> Iterator[tuple[str, str]]:
    """(name, where) of parameters of public functions and methods, and of fields of public classes."""
    for path in sorted(package.rglob("*.py")):
        where = path.relative_to(package).as_posix()
        if not where.startswith("teaching/checks/"):
            yield from _of_nodes(ast.parse(path.read_text(encoding="utf-8")).body, where, "")


def _of_nodes(nodes: list[ast.stmt], where: str, owner: str) -> Iterator[tuple[str, str]]:
    for node in nodes:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _of_nodes(node.body, where, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef) and (not node.name.startswith("_") or node.name in DUNDERS):
            given = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
            yield from ((one.arg, f"{where} {owner}{node.name}({one.arg})") for one in given)
            if owner and any(ast.unparse(mark) == "property" for mark in node.decorator_list):
                yield node.name, f"{where} {owner}{node.name}"
        elif owner and isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, f"{where} {owner}{node.target.id}"


DUNDERS = {"__init__", "__call__"}


def wrong_terms(package: Path) -> list[str]:
    return [
        f"{where}: {FORBIDDEN[name]}"
        for name, where in public_names(package)
        if name in FORBIDDEN and where not in OTHER_RATES
    ]


def test_parameters_and_fields_have_the_names_that_torch_gives_them() -> None:
    assert not wrong_terms(PACKAGE), "\n".join(wrong_terms(PACKAGE))


def test_every_rate_of_another_kind_is_there() -> None:
    assert {where for _, where in public_names(PACKAGE)} >= OTHER_RATES


@pytest.mark.parametrize(
    "text",
    [
        "def step(x, rate): ...",
        "def step(x, *, epsilon=1e-8): ...",
        "class Adam:\n    def __init__(self, decay): ...",
        "class Adam:\n    def step(self, multiplier=1.0): ...",
        "class Config:\n    rate: float = 1e-3",
        "class State:\n    @property\n    def rate(self): ...",
    ],
)
def test_a_planted_term_is_found(tmp_path: Path, text: str) -> None:
    (tmp_path / "one.py").write_text(text, encoding="utf-8")
    assert len(wrong_terms(tmp_path)) == 1


# Words that mean one thing: a word, and where names of modules, public functions and classes may hold it.
PLACES = {
    "probe": (),
    "guard": ("training/data/workers.py",),  # `if __name__ == "__main__"`, which Python's own pages call so
    "guarded": (),
    "master": (),
    "masters": (),
    "multiplier": (),
    "noise": ("numpy_nn/", "infinito/"),
    "progress": ("teaching/", "__main__.py"),
    "audit": ("infinito/report/", "teaching/"),
    "report": ("core/reports/", "infinito/report/"),
}


def words_out_of_place(package: Path) -> list[str]:
    found = []
    for path in sorted(package.rglob("*.py")):
        where = path.relative_to(package).as_posix()
        nodes = ast.parse(path.read_text(encoding="utf-8")).body
        named = [node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        for name in [path.stem, *(name for name in named if not name.startswith("_"))]:
            words = {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+", name)}
            for word in sorted(words & set(PLACES)):
                if not where.startswith(PLACES[word] or "-"):
                    found.append(f"{where} {name}: {word}")
    return found


def test_a_word_names_one_thing() -> None:
    assert not words_out_of_place(PACKAGE), "\n".join(words_out_of_place(PACKAGE))


@pytest.mark.parametrize("text", ["def probe_layer(): ...", "class NoiseState: ...", "def progress_bar(): ..."])
def test_a_planted_word_out_of_place_is_found(tmp_path: Path, text: str) -> None:
    (tmp_path / "one.py").write_text(text, encoding="utf-8")
    assert len(words_out_of_place(tmp_path)) == 1
