"""The exercises of sheet 11, the audit of INFINITO, in their order."""

from course_lib.teaching.checks.infinito_audit.attack import EVALUATION_IS_SOUND
from course_lib.teaching.checks.infinito_audit.find import NAME_THE_RUNS
from course_lib.teaching.checks.infinito_audit.improvement import AUDIT_IMPROVEMENT
from course_lib.teaching.checks.infinito_audit.order import ORDER_AUDIT
from course_lib.teaching.checks.infinito_audit.rate import ENTROPY_RATE
from course_lib.teaching.checks.infinito_audit.rows import PERPLEXITY_OF
from course_lib.teaching.checks.infinito_audit.schedule import RATES_AFTER_EPOCHS
from course_lib.teaching.checks.infinito_audit.seeds import AUDIT_SEEDS
from course_lib.teaching.checks.infinito_audit.unigram import UNIGRAM_ENTROPY

SHEET = (
    UNIGRAM_ENTROPY,
    ENTROPY_RATE,
    PERPLEXITY_OF,
    RATES_AFTER_EPOCHS,
    ORDER_AUDIT,
    NAME_THE_RUNS,
    AUDIT_IMPROVEMENT,
    AUDIT_SEEDS,
    EVALUATION_IS_SOUND,
)
