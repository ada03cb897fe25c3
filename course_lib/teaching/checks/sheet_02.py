"""The exercises of sheet 02, initialization, in their order."""

from course_lib.teaching.checks import initialization
from course_lib.teaching.exercises.registry import in_order

SHEET = in_order(
    initialization,
    "fan_in_and_out zero_start he_normal glorot_uniform xavier_name orthogonal order_measured_start",
    "read_start_panels he_normal_passes",
)
