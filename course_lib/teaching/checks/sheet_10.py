"""Sheet 10, the model INFINITO: its exercises in their order."""

from course_lib.teaching.checks import infinito_model
from course_lib.teaching.exercises.registry import in_order

SHEET = in_order(
    infinito_model,
    "causal_attention_weights split_heads read_memory slots_after_writing order_segment count_infinito",
    "find_the_leaks audit_utilization sees_no_future",
)
