"""Broken runs: cases, faults and their tests. What lessons and sheets use of it is in `cards`."""

from typing import Any


def __getattr__(name: str) -> Any:
    # Sheets that learners copied before take the names of `cards` from here.
    from importlib import import_module

    try:
        return getattr(import_module("course_lib.teaching.clinic.cards"), name)
    except AttributeError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
