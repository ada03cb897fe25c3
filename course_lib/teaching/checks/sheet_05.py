"""Sheet 05, regularization: its exercises in their order."""

from course_lib.teaching.checks import regularization
from course_lib.teaching.exercises.registry import in_order

SHEET = in_order(
    regularization,
    "dropout_forward dropout_backward l2_step max_norm order_augmentation find_regularization_fault",
    "dropout_passes copies_before_split",
)
