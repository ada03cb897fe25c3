"""Sheet 05, regularization: its exercises in their order."""

from course_lib.teaching.checks.regularization.attack import DROPOUT_PASSES
from course_lib.teaching.checks.regularization.audit import COPIES_BEFORE_SPLIT
from course_lib.teaching.checks.regularization.backward import DROPOUT_BACKWARD
from course_lib.teaching.checks.regularization.dropout import DROPOUT_FORWARD
from course_lib.teaching.checks.regularization.find import FIND_FAULT
from course_lib.teaching.checks.regularization.lengths import MAX_NORM
from course_lib.teaching.checks.regularization.order import ORDER_AUGMENTATION
from course_lib.teaching.checks.regularization.penalty import L2_STEP

SHEET = (
    DROPOUT_FORWARD,
    DROPOUT_BACKWARD,
    L2_STEP,
    MAX_NORM,
    ORDER_AUGMENTATION,
    FIND_FAULT,
    DROPOUT_PASSES,
    COPIES_BEFORE_SPLIT,
)
