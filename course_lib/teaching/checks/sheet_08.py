"""Sheet 08, from the loop to fit: its exercises in their order."""

from course_lib.teaching.checks.fitting.accumulate import ACCUMULATED_STEP
from course_lib.teaching.checks.fitting.attack import RESUME_PASSES
from course_lib.teaching.checks.fitting.audit import ONE_SEED_TWO_RUNS
from course_lib.teaching.checks.fitting.evaluation import MEAN_LOSS
from course_lib.teaching.checks.fitting.order import ORDER_FIT_LOOP
from course_lib.teaching.checks.fitting.reading import READ_RESUMES
from course_lib.teaching.checks.fitting.rows import ROWS_FROM
from course_lib.teaching.checks.fitting.schedule import SCHEDULED_STEPS

SHEET = (
    ACCUMULATED_STEP,
    SCHEDULED_STEPS,
    ORDER_FIT_LOOP,
    MEAN_LOSS,
    ROWS_FROM,
    READ_RESUMES,
    RESUME_PASSES,
    ONE_SEED_TWO_RUNS,
)
