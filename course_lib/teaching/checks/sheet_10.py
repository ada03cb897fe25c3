"""Sheet 10, the model INFINITO: its exercises in their order."""

from course_lib.teaching.checks.infinito_model.attack import SEES_NO_FUTURE
from course_lib.teaching.checks.infinito_model.audit import AUDIT_UTILIZATION
from course_lib.teaching.checks.infinito_model.count import COUNT_PARAMETERS
from course_lib.teaching.checks.infinito_model.find import FIND_THE_LEAKS
from course_lib.teaching.checks.infinito_model.heads import SPLIT_HEADS
from course_lib.teaching.checks.infinito_model.order import ORDER_SEGMENT
from course_lib.teaching.checks.infinito_model.read import READ_MEMORY
from course_lib.teaching.checks.infinito_model.weights import CAUSAL_ATTENTION_WEIGHTS
from course_lib.teaching.checks.infinito_model.write import SLOTS_AFTER_WRITING

SHEET = (
    CAUSAL_ATTENTION_WEIGHTS,
    SPLIT_HEADS,
    READ_MEMORY,
    SLOTS_AFTER_WRITING,
    ORDER_SEGMENT,
    COUNT_PARAMETERS,
    FIND_THE_LEAKS,
    AUDIT_UTILIZATION,
    SEES_NO_FUTURE,
)
