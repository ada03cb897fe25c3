"""The two runs of the broken-run section of lesson 03, which get each batch's optimizer from different places."""

from collections.abc import Callable

from course_lib.numpy_nn.optimizers import Adam


def two_runs() -> dict[str, Callable[[], Adam]]:
    """For each run, what gives every batch its optimizer."""
    kept = Adam(0.01)
    return {"run A": lambda: kept, "run B": lambda: Adam(0.01)}
