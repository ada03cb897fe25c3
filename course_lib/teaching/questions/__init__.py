"""The questions of the lessons: a file for each, with texts, choices, answers and reasons, and what reads it."""
