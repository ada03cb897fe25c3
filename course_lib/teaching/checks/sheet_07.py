"""Sheet 07, debugging: its exercises in their order."""

from course_lib.teaching.checks.debugging.audit import RAISE_THE_RATE
from course_lib.teaching.checks.debugging.batch import OVERFIT_ONE_BATCH
from course_lib.teaching.checks.debugging.cases import NAME_MORE_FAULTS, NAME_THE_FAULTS
from course_lib.teaching.checks.debugging.gradient_checks import CLIPPED, GRADIENT_CHECK
from course_lib.teaching.checks.debugging.layers import FIRST_BAD_LAYER
from course_lib.teaching.checks.debugging.leak import NO_LEAK
from course_lib.teaching.checks.debugging.logits import SIGMOID_CROSS_ENTROPY
from course_lib.teaching.checks.debugging.order import ORDER_DEBUGGING

SHEET = (
    ORDER_DEBUGGING,
    GRADIENT_CHECK,
    SIGMOID_CROSS_ENTROPY,
    FIRST_BAD_LAYER,
    OVERFIT_ONE_BATCH,
    CLIPPED,
    NAME_THE_FAULTS,
    NAME_MORE_FAULTS,
    NO_LEAK,
    RAISE_THE_RATE,
)
