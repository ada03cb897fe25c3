"""Clipping gradients by their common length: the cases and the known mistakes."""

import numpy as np

from course_lib.by_hand.debugging import clipped
from course_lib.teaching.exercises.kinds import implement

LONG, SHORT = [np.array([[3.0, 0.0], [0.0, -4.0]]), np.array([12.0])], [np.array([[0.5], [0.25]]), np.array([0.5])]

CLIPPED = implement(
    "clipped",
    "Clip gradients that explode",
    clipped,
    cases=((LONG, 6.5), (LONG, 13.0), (SHORT, 2.0), ([np.array([8.0, 6.0, 0.0])], 0.5)),
    wrong="""
    entry_by_entry: every number clipped by itself | does the gradient keep its direction?
        return: [np.clip(gradient, -limit, limit) for gradient in gradients]
    array_by_array: every array clipped by its own length | which length do all parameters have together?
        return: [g * min(1.0, limit / np.linalg.norm(g)) for g in gradients]
    always_scaled: gradients that are always brought to the limit | how long were the short ones before?
        limit / length if A else B -> limit / length
    squared_length: the squared length in place of the length | of which unit is the limit?
        np.sqrt(A) -> A
    """,
    hints=("One factor for all arrays: what is their common length?",),
    not_tested="gradients of zeros, and numbers that are not finite",
    equivalent="length > limit -> length >= limit | at the limit the factor is 1 either way",
)
