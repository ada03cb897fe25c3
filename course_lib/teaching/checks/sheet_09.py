"""The exercises of sheet 09, CUDA, in their order."""

from course_lib.teaching.checks.cuda.attack import SCALER_PASSES
from course_lib.teaching.checks.cuda.audit import LOADER_SAVING
from course_lib.teaching.checks.cuda.costs import MEMORY_OF_STEP, ROOFLINE_SECONDS, TRAINING_FLOPS
from course_lib.teaching.checks.cuda.limits import NAME_THE_LIMIT
from course_lib.teaching.checks.cuda.loaders import LOADER_FLAGS
from course_lib.teaching.checks.cuda.order import ORDER_SCALED_STEP
from course_lib.teaching.checks.cuda.scaled import SCALED_STEP
from course_lib.teaching.checks.cuda.union import UNION_GRADIENT
from course_lib.teaching.checks.cuda.waits import FIND_WAITS

SHEET = (
    TRAINING_FLOPS,
    ROOFLINE_SECONDS,
    MEMORY_OF_STEP,
    NAME_THE_LIMIT,
    FIND_WAITS,
    LOADER_FLAGS,
    SCALED_STEP,
    ORDER_SCALED_STEP,
    SCALER_PASSES,
    UNION_GRADIENT,
    LOADER_SAVING,
)
