"""The exercises of sheet 02, initialization, in their order."""

from course_lib.teaching.checks.initialization.attack import HE_NORMAL_PASSES
from course_lib.teaching.checks.initialization.initializers import FANS, GLOROT_UNIFORM, HE_NORMAL
from course_lib.teaching.checks.initialization.order import ORDER_MEASURED_START
from course_lib.teaching.checks.initialization.orthogonal import ORTHOGONAL
from course_lib.teaching.checks.initialization.panels import READ_START_PANELS
from course_lib.teaching.checks.initialization.xavier import XAVIER_NAME
from course_lib.teaching.checks.initialization.zero_start import ZERO_START

SHEET = (
    FANS,
    ZERO_START,
    HE_NORMAL,
    GLOROT_UNIFORM,
    XAVIER_NAME,
    ORTHOGONAL,
    ORDER_MEASURED_START,
    READ_START_PANELS,
    HE_NORMAL_PASSES,
)
