"""Sheet 04, learning rates: its exercises in their order."""

from course_lib.teaching.checks import learning_rates
from course_lib.teaching.exercises.registry import in_order

SHEET = in_order(
    learning_rates,
    "step_decay warmup_cosine plateau count_updates order_schedule read_range_tests largest_eigenvalue",
    "schedule_passes audit_rates",
)
