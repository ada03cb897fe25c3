"""The exercises of sheet 01, the training loop by hand, in their order."""

from course_lib.teaching.checks.training_loop.attack import LAYER_PASSES
from course_lib.teaching.checks.training_loop.audit import MEAN_OF_MEANS
from course_lib.teaching.checks.training_loop.batches import BATCH_ROWS
from course_lib.teaching.checks.training_loop.counting import COUNT_PARAMETERS
from course_lib.teaching.checks.training_loop.curves import READ_LEARNING_CURVES
from course_lib.teaching.checks.training_loop.linear import LINEAR_BACKWARD
from course_lib.teaching.checks.training_loop.loss import SOFTMAX_CROSS_ENTROPY
from course_lib.teaching.checks.training_loop.order import ORDER_TRAINING_STEP
from course_lib.teaching.checks.training_loop.split import STRATIFIED_SPLIT
from course_lib.teaching.checks.training_loop.standard import STANDARDIZE
from course_lib.teaching.checks.training_loop.step import TRAINING_STEP

SHEET = (
    COUNT_PARAMETERS,
    BATCH_ROWS,
    STRATIFIED_SPLIT,
    STANDARDIZE,
    SOFTMAX_CROSS_ENTROPY,
    LINEAR_BACKWARD,
    ORDER_TRAINING_STEP,
    TRAINING_STEP,
    READ_LEARNING_CURVES,
    LAYER_PASSES,
    MEAN_OF_MEANS,
)
