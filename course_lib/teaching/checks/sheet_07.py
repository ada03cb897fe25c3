"""Sheet 07, debugging: its exercises in their order."""

from course_lib.teaching.checks import debugging
from course_lib.teaching.exercises.registry import in_order

SHEET = in_order(
    debugging,
    "order_debugging gradient_check sigmoid_cross_entropy first_bad_layer overfit_one_batch clipped",
    "name_the_faults name_more_faults no_leak raise_the_rate",
)
