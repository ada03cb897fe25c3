"""The learner's progress, its file, and the lab."""
