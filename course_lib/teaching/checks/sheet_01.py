"""The exercises of sheet 01, the training loop by hand, in their order."""

from course_lib.teaching.checks import training_loop
from course_lib.teaching.exercises.registry import in_order

SHEET = in_order(
    training_loop,
    "count_parameters batch_rows stratified_split standardize softmax_cross_entropy linear_backward",
    "order_training_step training_step read_learning_curves layer_passes mean_of_means",
)
