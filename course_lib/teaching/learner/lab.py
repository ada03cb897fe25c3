"""The lab: the learner's folder is brought up to date, and JupyterLab opens in it at lesson 00.

Everything that is written lies inside the course's folder: `my-course/` is the learner's (see `folder`), `.jupyter/`
keeps the layout of this course's JupyterLab apart from that of other projects.
"""

import os
import tempfile
from collections.abc import MutableMapping, Sequence
from pathlib import Path

from course_lib.core.files import course_root
from course_lib.teaching.learner import folder

START = "00_start_here.ipynb"

# Each setting with the spellings under which a learner may give it; ours is left out when theirs is there,
# because JupyterLab refuses an option that comes twice.
SETTINGS = {
    "--ServerApp.ip=127.0.0.1": ("--ip", "--ServerApp.ip"),
    "--ServerApp.root_dir={root}": (
        "--notebook-dir",
        "--ServerApp.root_dir",
        "--ServerApp.notebook_dir",
        "--NotebookApp.notebook_dir",
    ),
    "--LabApp.default_url=/lab/tree/{first}": ("--LabApp.default_url", "--ServerApp.default_url"),
}

# A learner's own configuration and kernels: it is enough that they can be read.
ONLY_READ = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")


def set_environment(root: Path, environment: MutableMapping[str, str]) -> None:
    """Set what the kernels and JupyterLab inherit; a variable that is already set is left as it is."""
    threads = str(min(4, os.cpu_count() or 1))  # the models of the lessons are too small for more
    # Waiting threads sleep instead of spinning: beside a busy process a spinning wait made a loop 24 times slower.
    environment.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        environment.setdefault(name, threads)
    environment.setdefault("JUPYTERLAB_WORKSPACES_DIR", str(root / ".jupyter" / "workspaces"))
    # These are defaults for JupyterLab; what the learner has chosen in their own settings still wins.
    ours = str(Path(__file__).parent / "lab_settings")
    paths = [path for path in environment.get("JUPYTER_CONFIG_PATH", "").split(os.pathsep) if path]
    if ours not in paths:
        environment["JUPYTER_CONFIG_PATH"] = os.pathsep.join([*paths, ours])


def lab_arguments(root: Path, extra: Sequence[str] = (), *, is_root: bool = False) -> list[str]:
    """JupyterLab's arguments: loopback only, the learner's folder, lesson 00 as first page, then `extra`.

    root: the folder of the course, which is served itself where it holds no folder of the learner's.
    """
    given = {argument.split("=", 1)[0] for argument in extra}
    mine, places = root / folder.FOLDER, {"root": root, "first": f"notebooks/{START}"}
    if (mine / START).is_file():
        places = {"root": mine, "first": START}
    ours = [setting.format(**places) for setting, spellings in SETTINGS.items() if not given.intersection(spellings)]
    if is_root and "--allow-root" not in given:
        ours.append(
            "--allow-root"
        )  # a container's only user; the server still listens on the loopback and wants a token
    return [*ours, *extra]


def start_lab(extra: Sequence[str] = (), *, root: Path | None = None) -> int:
    """Update the learner's folder and run JupyterLab in it until it is stopped; `extra` goes to JupyterLab."""
    root = course_root() if root is None else root
    try:
        print(folder.update_folder(root), flush=True)
    except TimeoutError as error:
        print(f"{folder.FOLDER}/ was not brought up to date now ({error}).", flush=True)
    except OSError as error:
        # A full disk or a read-only folder must not keep anybody from reading the lessons.
        print(
            f"The lessons and sheets were not copied to {folder.FOLDER}/ ({_reason(error)}). They can be read and run. "
            "What you change in them cannot be kept here: save a copy elsewhere, and let the variable COURSE_PROGRESS "
            "name a file of yours for your progress.",
            flush=True,
        )
    set_environment(root, os.environ)
    for sentence in find_places(os.environ):
        print(sentence, flush=True)
    return _run_jupyterlab(lab_arguments(root, extra, is_root=_is_root()))


def find_places(environment: MutableMapping[str, str]) -> list[str]:
    """Make the folders that JupyterLab writes to; one that cannot be is replaced by one for this start, and named.

    Changes `environment`; returns a sentence for each folder that was replaced.
    """
    told = []
    for variable, usual, miss in _places():
        folder = environment.get(variable) or usual
        try:
            os.makedirs(folder, exist_ok=True)
            if variable not in ONLY_READ:
                tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            environment[variable] = tempfile.mkdtemp(prefix="course-lab-")
            if miss:
                told.append(f"{miss} cannot be kept ({folder}: {_reason(error)}).")
    return told


def _places() -> list[tuple[str, str, str]]:
    """(variable, folder where it is not set, what a learner would miss) of each folder that JupyterLab asks for."""
    layout = ("JUPYTERLAB_WORKSPACES_DIR", "", "The layout of this JupyterLab")
    try:
        from jupyter_core.paths import jupyter_config_dir, jupyter_data_dir, jupyter_runtime_dir
    except ImportError:  # said where JupyterLab itself is imported
        return [layout]
    settings = os.path.join(jupyter_config_dir(), "lab", "user-settings")
    return [
        layout,
        ("JUPYTERLAB_SETTINGS_DIR", settings, "What you set in this JupyterLab"),
        ("JUPYTER_CONFIG_DIR", jupyter_config_dir(), ""),
        ("JUPYTER_DATA_DIR", jupyter_data_dir(), ""),
        ("JUPYTER_RUNTIME_DIR", jupyter_runtime_dir(), ""),  # keys and addresses of this start, which nobody keeps
    ]


def _reason(error: OSError) -> str:
    reason = error.strerror or str(error)
    return reason[:1].lower() + reason[1:]


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _run_jupyterlab(arguments: list[str]) -> int:
    try:
        from jupyterlab.labapp import LabApp  # reads the environment when it is imported
    except ImportError:
        raise SystemExit("JupyterLab is not installed here: `make lab` installs it with everything else.") from None
    # In this process, so that Ctrl-C reaches JupyterLab itself on every system.
    return int(LabApp.launch_instance(arguments) or 0)
