"""Sheet 08, from the loop to fit: its exercises in their order."""

from course_lib.teaching.checks import fitting
from course_lib.teaching.exercises.registry import in_order

SHEET = in_order(
    fitting,
    "accumulated_step scheduled_steps order_fit_loop mean_loss rows_from read_resumes resume_passes",
    "one_seed_two_runs",
)
