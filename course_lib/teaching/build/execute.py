"""The execution of a built notebook, so that a second one gives the same bytes.

Counts, outputs and figures are kept; what differs from run to run is not: times of cells, ids of widget models, the
version of the language. Kernels run with one thread and write a learner's progress into a folder that is thrown away.
"""

import os
import re
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

import course_lib

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
TIMEOUT = 120  # seconds for one cell, as in the test suite
_WIDGET = "application/vnd.jupyter.widget-view+json"
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class ExecutionError(RuntimeError):
    """The cell with the id `cell` raised, hung or killed its kernel."""

    def __init__(self, cell: str, text: str) -> None:
        super().__init__(f"cell {cell!r} failed: {text}")
        self.cell = cell


def execute(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run every cell of `notebook` in `folder` and return the notebook with normalised outputs. Changes it in place.

    Raises ExecutionError with what went wrong in which cell.
    """
    with tempfile.TemporaryDirectory() as scratch:
        client = NotebookClient(
            notebook,
            timeout=TIMEOUT,
            record_timing=False,
            coalesce_streams=True,
            kernel_name="python3",
            extra_arguments=["--log-level=ERROR"],  # not a warning about the transport for every notebook
            resources={"metadata": {"path": str(folder)}},
        )
        try:
            client.execute(env=_environment(Path(scratch)))
        except CellExecutionError as error:
            text = f"{error.ename}: {error.evalue}\n{_COLOUR.sub('', str(error))}"
            raise ExecutionError(_last_begun(notebook), text) from error
        except (CellTimeoutError, DeadKernelError) as error:
            raise ExecutionError(_last_begun(notebook), f"{type(error).__name__}: {error}") from error
    return normalise(notebook)


def _last_begun(notebook: NotebookNode) -> str:
    """The first cell that stores an error or has no count yet: the one that execution stopped at."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            failed = any(output.output_type == "error" for output in cell.outputs)
            if failed or cell.execution_count is None:
                return str(cell.id)
    return ""


def _environment(scratch: Path) -> dict[str, str]:
    library = str(Path(course_lib.__file__).resolve().parents[1])
    # This checkout first, so that the notebook does not import another installed copy.
    search = os.pathsep.join([library, *filter(None, [os.environ.get("PYTHONPATH")])])
    return {
        **os.environ,
        **dict.fromkeys(_ONE_THREAD, "1"),
        "PYTHONPATH": search,
        "COURSE_PROGRESS": str(scratch / "progress.json"),
        "IPYTHONDIR": str(scratch / "ipython"),  # nobody's start-up files, nobody's history
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "COURSE_PROGRESS_BARS": "0",
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    }


def normalise(notebook: NotebookNode) -> NotebookNode:
    """Drop, in place, what differs from run to run."""
    notebook.metadata = nbformat.from_dict(METADATA)  # also drops the state of all widgets
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(_WIDGET, None)
    return notebook


def as_text(notebook: NotebookNode) -> str:
    """The notebook file's text. Raises nbformat's ValidationError when it is no valid notebook."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT) + "\n"


def executed_in_order(notebook: NotebookNode) -> bool:
    """Whether the code cells carry the counts 1..n, from top to bottom."""
    counts = [cell.get("execution_count") for cell in notebook.cells if cell.cell_type == "code"]
    return counts == list(range(1, len(counts) + 1))
