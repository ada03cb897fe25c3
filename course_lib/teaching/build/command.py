"""From sources to notebooks: lessons, solutions and exercise sheets, executed and with stable ids.

notebooks/source/NN_topic.py   -> notebooks/NN_topic.ipynb
solutions/source/NN_topic.py   -> solutions/NN_topic.ipynb and exercises/NN_topic.ipynb

python -m course_lib.teaching.build             build and execute what is stale
python -m course_lib.teaching.build 01          only what belongs to 01 (add --all to execute it in any case)
python -m course_lib.teaching.build --check     execute nothing; fail and name the source of what is stale
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.reader import NotJSONError

from course_lib.core.files import course_root, write_text
from course_lib.teaching.build.assemble import Target, assemble, orphans, targets
from course_lib.teaching.build.cell_rules import Complaint, code_findings, output_findings
from course_lib.teaching.build.execute import ExecutionError, as_text, execute, executed_in_order
from course_lib.teaching.build.percent import SourceError, place, read_source


def notebook_differences(stored: NotebookNode, fresh: NotebookNode) -> list[tuple[str, str]]:
    """(cell id, what differs) between a stored notebook and a fresh build; outputs are not looked at."""
    ids, wanted = [cell.get("id") for cell in stored.cells], [cell.id for cell in fresh.cells]
    if ids != wanted:
        first = next((new for old, new in zip([*ids, None], wanted, strict=False) if old != new), wanted[-1])
        return [(first, "and those below are not as in the source: cells were added, removed, renamed or moved")]
    found = []
    for old, new in zip(stored.cells, fresh.cells, strict=True):
        parts = [key for key in ("cell_type", "source", "metadata") if old[key] != new[key]]
        if parts:
            found.append((new.id, f"differs from its source file in {', '.join(parts)}"))
    if stored.metadata != fresh.metadata:
        found.append(("", "the metadata of the notebook are not those that the builder writes"))
    return found


def _stored(target: Target) -> NotebookNode | None:
    """The notebook that lies there; None where there is none, or something else."""
    try:
        return nbformat.read(target.path, as_version=nbformat.NO_CONVERT)
    except (FileNotFoundError, NotJSONError):
        return None


def stale(target: Target, fresh: NotebookNode) -> list[tuple[str, str]]:
    """(cell id, why) the stored notebook has to be built again; empty when it is fresh."""
    stored = _stored(target)
    if stored is None:
        return [("", "was not built, or what lies there is no notebook")]
    return notebook_differences(stored, fresh) or list(output_findings(stored))


def stale_notebooks(root: Path, names: Sequence[str] = ()) -> list[Complaint]:
    """Everything that is wrong with the notebooks under `root`; executes nothing."""
    found: dict[Complaint, None] = {}  # ordered, and what solution and sheet share is named once
    for target in _chosen(targets(root), names):
        try:
            fresh, cells = assemble(target), read_source(target.source)
        except SourceError as error:
            where, _, says = str(error).partition(": ")
            found[Complaint(where, "", says)] = None
            continue
        lines = {cell.id: cell.line for cell in cells}
        aged = [(cell, f"{says} [{place(target.path)}]") for cell, says in stale(target, fresh)]
        for cell, says in [*code_findings(cells), *aged]:
            line = lines.get(cell) or lines.get(cell.removesuffix("-faded"), 0)
            found[Complaint(place(target.source, line), cell, says)] = None
    for path in [] if names else orphans(root):
        found[Complaint(place(path), "", "no source asks for this notebook; write one or delete it")] = None
    return list(found)


def build(target: Target, *, run: bool = True, always: bool = False) -> str:
    """Build one notebook if it is stale; return what was done: "fresh", "outputs kept", "executed" or "not executed".

    Raises SourceError with the line of the source when it breaks a rule or a cell fails; the old file then stays.
    """
    fresh, cells = assemble(target), read_source(target.source)
    if not always and not stale(target, fresh):
        return "fresh"
    lines = {cell.id: cell.line for cell in cells}
    _refuse(target, lines, list(code_findings(cells)))
    if not always and _keep_outputs(target, fresh):
        done = "outputs kept"
    elif run:
        target.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            execute(fresh, target.path.parent)
        except ExecutionError as error:
            where = place(target.source, lines.get(error.cell, 0))
            raise SourceError(f"{where}: {error}") from error
        done = "executed"
    else:
        done = "not executed"
    if executed_in_order(fresh):
        _refuse(target, lines, list(output_findings(fresh)))
    write_text(target.path, as_text(fresh))
    return done


def _refuse(target: Target, lines: dict[str, int], broken: list[tuple[str, str]]) -> None:
    if broken:
        found = [Complaint(place(target.source, lines.get(cell, 0)), cell, says) for cell, says in broken]
        raise SourceError("\n".join(map(str, found)))


def _keep_outputs(target: Target, fresh: NotebookNode) -> bool:
    """Take the stored outputs over when only text changed: the code cells, in order, are those that were executed."""
    stored = _stored(target)
    if stored is None:
        return False
    old = [cell for cell in stored.cells if cell.cell_type == "code"]
    new = [cell for cell in fresh.cells if cell.cell_type == "code"]
    if [cell.source for cell in old] != [cell.source for cell in new] or list(output_findings(stored)):
        return False
    for before, after in zip(old, new, strict=True):
        after.outputs, after.execution_count = before.outputs, before.execution_count
    return True


def _chosen(all_targets: list[Target], names: Sequence[str]) -> list[Target]:
    """The targets that `names` ask for ("01", "01_training_loop" or a path of a source or a notebook)."""
    stems = [Path(name).stem for name in names]
    known = {target.source.stem for target in all_targets}
    for stem in stems:
        if not any(stem in (name, name[:2]) for name in known):
            raise SourceError(f"no source is called {stem!r}; there are {sorted(known)}")
    return [t for t in all_targets if not stems or {t.source.stem, t.source.stem[:2]} & set(stems)]


def main(arguments: Sequence[str] | None = None, root: Path | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m course_lib.teaching.build", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="01, 01_topic or a path; everything when left out")
    parser.add_argument("--check", action="store_true", help="execute nothing, fail when a notebook is stale")
    parser.add_argument("--all", action="store_true", help="execute what is fresh too (the library changed)")
    parser.add_argument("--no-execute", action="store_true", help="write the cells without running them")
    options = parser.parse_args(arguments)
    root = root or course_root()
    try:
        if options.check:
            found = stale_notebooks(root, options.names)
            print("\n".join(map(str, found)) or "fresh")
            return 1 if found else 0
        for target in _chosen(targets(root), options.names):
            start = time.perf_counter()
            done = build(target, run=not options.no_execute, always=options.all)
            print(f"{place(target.path)}: {done} ({time.perf_counter() - start:.1f} s)")
    except SourceError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
