"""The exercises of sheet 04: learning rates and schedules, one file per exercise or two."""
