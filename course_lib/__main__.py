"""The command line: python -m course_lib report | progress | train | update | lab."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from course_lib.training.runs import command

# What `train` can train: a function of a config, seeds, a folder, device=, precision= and log=, which returns the
# TrainState, in a module that has the PRESETS. Imported only when it is asked for.
SYSTEMS = {
    "digits": "course_lib.digits.train:train_digits",
    "infinito": "course_lib.infinito.train:train_infinito",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m course_lib", description="Training neural networks: the course.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("report", help="what this machine is and which presets run on it")
    told = commands.add_parser("progress", help="what you have solved, predicted and recalled so far")
    told.add_argument("--export", metavar="FILE", help="write FILE.json and FILE.html, a summary to hand in")
    train = commands.add_parser("train", help="train one of the systems, or go on with a run that was stopped")
    command.add_options(train, SYSTEMS)
    commands.add_parser("update", help="bring your folder my-course up to date with the course; what you wrote stays")
    # No abbreviations: an unknown option of `lab` is JupyterLab's.
    commands.add_parser(
        "lab",
        help="bring your folder my-course up to date and open JupyterLab in it; other options go to JupyterLab",
        allow_abbrev=False,
    )
    options, extra = parser.parse_known_args(arguments)
    if extra and options.command != "lab":
        parser.error(f"unrecognized arguments: {' '.join(extra)}")
    if options.command == "report":
        return _report()
    if options.command == "progress":
        return _progress(options.export)
    if options.command == "train":
        return command.train_command(options, SYSTEMS)
    if options.command == "update":
        return _update()
    from course_lib.teaching.learner import lab

    return lab.start_lab(extra)


def _report() -> int:
    from course_lib.training.machine.runtime import describe_environment, presets_that_run

    report = describe_environment()
    print(report)
    print()
    for preset in presets_that_run(report):
        print(f"{preset.name:<14}{'runs' if preset.runs else 'does not run'}: {preset.reason}")
    return 0


def _update() -> int:
    from course_lib.teaching.learner import folder

    try:
        print(folder.update_folder())
    except OSError as error:
        print(f"{folder.FOLDER}/ was not brought up to date: {error}", file=sys.stderr)
        return 1
    return 0


def _progress(export: str | None) -> int:
    from course_lib.teaching.learner import progress, summary

    if export is None:
        print(progress.progress_table())
        return 0
    try:
        for path in summary.export(Path(export)):
            print(f"written: {path}")
    except OSError as error:
        print(f"The summary was not written: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
