"""Sheet 04, learning rates: its exercises in their order."""

from course_lib.teaching.checks.learning_rates.attack import SCHEDULE_PASSES
from course_lib.teaching.checks.learning_rates.audit import AUDIT_RATES
from course_lib.teaching.checks.learning_rates.eigenvalue import LARGEST_EIGENVALUE
from course_lib.teaching.checks.learning_rates.order import ORDER_SCHEDULE
from course_lib.teaching.checks.learning_rates.reading import READ_RANGE_TESTS
from course_lib.teaching.checks.learning_rates.schedules import COUNT_UPDATES, PLATEAU, STEP_DECAY, WARMUP_COSINE

SHEET = (
    STEP_DECAY,
    WARMUP_COSINE,
    PLATEAU,
    COUNT_UPDATES,
    ORDER_SCHEDULE,
    READ_RANGE_TESTS,
    LARGEST_EIGENVALUE,
    SCHEDULE_PASSES,
    AUDIT_RATES,
)
