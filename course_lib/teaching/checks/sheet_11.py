"""The exercises of sheet 11, the audit of INFINITO, in their order."""

from course_lib.teaching.checks import infinito_audit
from course_lib.teaching.exercises.registry import in_order

SHEET = in_order(
    infinito_audit,
    "unigram_entropy entropy_rate perplexity_of_rows rates_after_epochs order_audit name_the_runs",
    "audit_improvement audit_seeds evaluation_is_sound",
)
