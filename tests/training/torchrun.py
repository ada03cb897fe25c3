"""How a test starts several processes: by torchrun, with one retry that is reported."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


LAUNCH = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2")


def torchrun(program: Path, *arguments: str, launch: tuple[str, ...] = LAUNCH, seconds: float = 120) -> None:
    """Run a program in two processes of this machine.

    gloo now and then aborts when it starts, whatever the program; so a run that fails is started once more, with a
    warning that says so. Fails the test when the second one fails too.
    """
    command = [sys.executable, *launch]
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"GLOO_SOCKET_IFNAME": "lo", "PYTHONPATH": os.pathsep.join(paths)}
    said = []
    for _ in range(2):
        done = subprocess.run(
            [*command, str(program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env=environment,
            timeout=seconds,
        )
        if done.returncode == 0:
            break
        said.append(f"exit status {done.returncode}\n{done.stderr[-3000:]}")
    if len(said) == 1:
        warnings.warn(
            f"torchrun failed and was started once more, which went well; it had said: {said[0]}", stacklevel=2
        )
    elif said:
        pytest.fail("torchrun failed twice:\n" + "\n".join(said))
