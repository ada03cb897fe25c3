"""How a test that runs for every exercise names each in its id."""

from course_lib.teaching.exercises.registry import Entry


def named(entry: Entry) -> str:
    """Number and slug, as in "3.4-adam"."""
    return f"{entry.number}-{entry.exercise.slug}"
