"""`python -m course_lib train SYSTEM`: trains a preset in a folder, and goes on where it was stopped.

Ends with 0 when the run is complete, 130 (Ctrl-C), 143 (SIGTERM) or 129 (SIGHUP) when it was interrupted and saved, 1
with one line on what is wrong, 2 for a command that makes no sense.
"""

import argparse
import importlib
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from course_lib.core.validation import validate_choice

# Nothing here loads torch before a run is asked for: `python -m course_lib lab` starts without it.


def add_options(parser: argparse.ArgumentParser, systems: Mapping[str, str]) -> None:
    """The options of `train`."""
    parser.add_argument("system", metavar="SYSTEM", choices=sorted(systems), help=", ".join(sorted(systems)))
    parser.add_argument("--preset", default="cpu", help="which configuration; a wrong name lists them (default: cpu)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps (default: auto)")
    parser.add_argument("--out", type=Path, help="folder of the run (default: runs/SYSTEM-PRESET)")
    parser.add_argument("--epochs", type=int, help="in place of the preset's")
    parser.add_argument("--precision", default="float32", help="float32, bfloat16, float16 (default: float32)")
    parser.add_argument(
        "--patience",
        type=float,
        default=300,
        metavar="SECONDS",
        help="how long one of several processes waits for another (default: 300)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of weights, order of the data and dropout (default: 0)")


def train_command(options: argparse.Namespace, systems: Mapping[str, str]) -> int:
    """Run it and return the exit status."""
    from course_lib.training.loop.distributed import ProcessLost, processes
    from course_lib.training.runs.signals import Interrupted

    try:
        with processes(options.device, options.patience):
            _train(options, systems[options.system])
    except Interrupted as interrupted:
        print(interrupted, file=sys.stderr)
        return interrupted.exit_code
    except (ValueError, OSError, FloatingPointError, MemoryError, ProcessLost) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _train(options: argparse.Namespace, system: str) -> None:
    from course_lib.core.seeding import Seeds
    from course_lib.training.loop.distributed import rank
    from course_lib.training.machine.device import pick_device
    from course_lib.training.runs.epoch_table import history_table

    module_name, _, function_name = system.partition(":")
    module = importlib.import_module(module_name)
    config = _config(module.PRESETS, options.preset, options.epochs)
    folder = options.out or Path("runs") / f"{options.system}-{options.preset}"
    device, seeds = pick_device(options.device), Seeds.same(options.seed)
    printed: list[str] = []

    def log(line: str) -> None:
        if rank() == 0:
            printed.append(line)
            print(line, flush=True)

    train_system = getattr(module, function_name)
    state = train_system(config, seeds, folder, device=device, precision=options.precision, log=log)
    table = history_table(state.history)
    if table.splitlines()[0] not in printed:  # the run was complete already, so no epoch printed its line
        log(table)
    log(f"saved in {folder}")


def _config(presets: Mapping[str, Any], name: str, epochs: int | None) -> Any:
    validate_choice("preset", name, presets)
    return presets[name] if epochs is None else replace(presets[name], epochs=epochs)
