"""The exercises of sheet 03, optimizers, in their order."""

from course_lib.teaching.checks.optimizers.adam import ADAM
from course_lib.teaching.checks.optimizers.adamw import ADAMW
from course_lib.teaching.checks.optimizers.attack import ADAM_PASSES
from course_lib.teaching.checks.optimizers.audit import ADAM_CLAIM
from course_lib.teaching.checks.optimizers.momentum import MOMENTUM
from course_lib.teaching.checks.optimizers.nesterov import NESTEROV
from course_lib.teaching.checks.optimizers.order import ORDER_TORCH_LOOP
from course_lib.teaching.checks.optimizers.rmsprop import RMSPROP
from course_lib.teaching.checks.optimizers.trajectories import READ_PATHS

SHEET = (
    MOMENTUM,
    NESTEROV,
    RMSPROP,
    ADAM,
    ADAMW,
    ORDER_TORCH_LOOP,
    READ_PATHS,
    ADAM_PASSES,
    ADAM_CLAIM,
)
