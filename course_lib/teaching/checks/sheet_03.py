"""The exercises of sheet 03, optimizers, in their order."""

from course_lib.teaching.checks.optimizers.attack import ADAM_PASSES
from course_lib.teaching.checks.optimizers.audit import ADAM_CLAIM
from course_lib.teaching.checks.optimizers.order import ORDER_TORCH_LOOP
from course_lib.teaching.checks.optimizers.steps import ADAM, ADAMW, MOMENTUM, NESTEROV, RMSPROP
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
