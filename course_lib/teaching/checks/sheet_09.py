"""The exercises of sheet 09, CUDA, in their order."""

from course_lib.teaching.checks import cuda
from course_lib.teaching.exercises.registry import in_order

SHEET = in_order(
    cuda,
    "training_flops roofline_seconds memory_of_step name_the_limit find_waits loader_flags scaled_step",
    "order_scaled_step scaler_passes union_gradient loader_saving",
)
