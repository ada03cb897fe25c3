"""`python -m benchmarks.gpu`: everything that lessons 09 and 11 want to know of a GPU, in parts of some minutes each.

Each part writes one recording with its provenance to notebooks/recorded/ and is left out when it is there already with
the same setting, so that the command can be stopped and given again. `--device cpu` makes the recordings of a CPU at a
smaller size; `--quick` runs every part at a tiny size on the CPU and writes nothing unless `--out` is given.
"""

import os

# Before torch is imported: some deterministic products on CUDA need a work space of a fixed size.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

import argparse
import sys
import time
import traceback
from pathlib import Path

import torch

from benchmarks import gpu_infinito, gpu_steps, gpu_waits
from benchmarks.gpu_setting import CPU, CUDA, QUICK, Part, Setting, config_of, make
from course_lib.core.recordings import read_recording, recordings_folder, write_recording

_SWEEP = ("model", "batch", "tokens", "batches")
PARTS = {
    part.name: part
    for part in (
        Part(
            "machine", "how many FLOP/s, bytes/s and operations/s can it do", gpu_steps.machine, ("sides", "elements")
        ),
        Part("steps", "how long is a step, by number format, optimizer and batch size", gpu_steps.steps, _SWEEP),
        Part("compile", "what does torch.compile cost and save", gpu_steps.compiled),
        Part("memory", "how much memory does a step need, predicted and measured", gpu_steps.memory, _SWEEP),
        Part("waits", "what does it cost to wait for the loss and for the loader", gpu_waits.waits),
        Part("determinism", "does the same run give the same bits, and what does that cost", gpu_waits.determinism),
        Part("fit", "how much slower is fit than a bare loop", gpu_steps.fit_overhead),
        Part(
            "infinito",
            "how fast is INFINITO beside a plain GPT, and how much memory does a step need",
            gpu_infinito.speed,
            ("infinito", "model", "batch"),
        ),
        Part(
            "infinito_run",
            "does the run that ended at perplexity 99.25 come out again on this device",
            gpu_infinito.reported_run,
            ("recipe",),
            devices=("cuda",),  # that of a CPU takes two hours: python -m benchmarks.reported_run
        ),
    )
}


def command_of(part: str, device: str = "cuda") -> str:
    """The command that makes one part."""
    return f"python -m benchmarks.gpu --part {part}" + ("" if device == "cuda" else f" --device {device}")


def is_done(part: Part, setting: Setting, folder: Path) -> bool:
    """Whether the recording is there, with the setting that would be used now."""
    try:
        return read_recording(f"{setting.device}_{part.name}", folder).config == config_of(part, setting)
    except (FileNotFoundError, ValueError):
        return False


def run(names: list[str], setting: Setting, folder: Path | None, *, again: bool = False) -> list[str]:
    """Make the recordings of these parts that are missing (folder None: write none); returns the parts that failed."""
    failed = []
    for name in names:
        part = PARTS[name]
        if folder is not None and not again and is_done(part, setting, folder):
            print(f"{name}: recorded already", flush=True)
            continue
        clock = time.perf_counter()
        try:
            recording = make(part, setting, command_of(name, setting.device))
        except Exception:  # the other parts do not depend on it, and a GPU is not always there
            traceback.print_exc()
            failed.append(name)
            continue
        if folder is not None:
            write_recording(recording, folder)
        print(f"{name}: {len(recording.rows)} rows in {time.perf_counter() - clock:.0f} s", flush=True)
        if setting.device == "cuda":
            torch.cuda.empty_cache()
    return failed


def main(arguments: list[str] | None = None) -> int:
    """Run the parts that are asked for; the exit status is 1 when one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part (may be given several times)")
    parser.add_argument("--list", action="store_true", help="say what is recorded and what is missing, and end")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--quick", action="store_true", help="every part at a tiny size, on the CPU")
    parser.add_argument("--again", action="store_true", help="also what is recorded already")
    parser.add_argument("--out", type=Path, help="another folder than notebooks/recorded")
    given = parser.parse_args(arguments)
    setting = QUICK if given.quick else {"cuda": CUDA, "cpu": CPU}[given.device]
    folder = given.out if given.quick else given.out or recordings_folder()
    wanted = given.part or [name for name, part in PARTS.items() if given.quick or setting.device in part.devices]
    if given.list:
        for part in (PARTS[name] for name in wanted):
            there = folder is not None and is_done(part, setting, folder)
            state = "recorded" if there else f"missing: {command_of(part.name, setting.device)}"
            print(f"{part.name:<12}{state:<60}{part.question}")
        return 0
    if setting.device == "cuda" and not torch.cuda.is_available():
        print("torch finds no CUDA device here; --device cpu makes the recordings of this CPU", file=sys.stderr)
        return 1
    failed = run(wanted, setting, folder, again=given.again)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
