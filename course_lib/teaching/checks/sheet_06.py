"""Sheet 06, early stopping: its exercises in their order."""

from course_lib.teaching.checks import stopping
from course_lib.teaching.exercises.registry import in_order

SHEET = in_order(
    stopping,
    "early_stopping order_early_stopping fit_and_restore read_stopping_logs stopper_passes smoothed k_folds",
    "expected_best loss_up_audit",
)
