"""Sheet 06, early stopping: its exercises in their order."""

from course_lib.teaching.checks.stopping.attack import STOPPER_PASSES
from course_lib.teaching.checks.stopping.audit import LOSS_UP_AUDIT
from course_lib.teaching.checks.stopping.best_of import EXPECTED_BEST
from course_lib.teaching.checks.stopping.folds import K_FOLDS
from course_lib.teaching.checks.stopping.logs import READ_STOPPING_LOGS
from course_lib.teaching.checks.stopping.order import ORDER_EARLY_STOPPING
from course_lib.teaching.checks.stopping.restore import FIT_AND_RESTORE
from course_lib.teaching.checks.stopping.smooth import SMOOTHED
from course_lib.teaching.checks.stopping.stoppers import EARLY_STOPPING

SHEET = (
    EARLY_STOPPING,
    ORDER_EARLY_STOPPING,
    FIT_AND_RESTORE,
    READ_STOPPING_LOGS,
    STOPPER_PASSES,
    SMOOTHED,
    K_FOLDS,
    EXPECTED_BEST,
    LOSS_UP_AUDIT,
)
