"""The exercises of sheet 03, optimizers, in their order."""

from course_lib.teaching.checks import optimizers
from course_lib.teaching.exercises.registry import in_order

SHEET = in_order(
    optimizers,
    "momentum nesterov rmsprop adam adamw order_torch_loop read_paths adam_passes adam_claim",
)
