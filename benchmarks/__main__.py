"""`python -m benchmarks [--quick]`: run every benchmark that this machine can run, and print a table each."""

import argparse
import os

from benchmarks import clone, fit_overhead, language_model, lessons, numpy_mlp, resume
from benchmarks.recordings import missing


def main() -> None:
    """Measure and print; the full run writes the records."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute in place of several: no lessons, no records")
    quick = parser.parse_args().quick
    print("## train_mlp beside its peers\n")
    numpy_mlp.main(["--quick"] if quick else [])
    print("\n## fit beside a loop by hand\n")
    fit_overhead.main(["--quick"] if quick else [])
    if hasattr(os, "fork"):
        print("\n## Runs that are killed and resumed, files that are damaged\n")
        resume.main(["--quick"])  # in full it takes many minutes: python -m benchmarks.resume
    print("\n## INFINITO beside a plain GPT\n")
    language_model.main(["--quick"] if quick else [])
    print("\n## Size of a fresh clone\n")
    print(clone.report(clone.measure()))
    if not quick:
        print("\n## Lessons\n")
        print(lessons.report(lessons.measure()))
    for record in missing():
        print(f"\nmissing record {record.name} ({record.question}): on {record.hardware}, run `{record.command}`")


if __name__ == "__main__":
    main()
