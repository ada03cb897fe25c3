"""The exercises of sheet 07, debugging: one file per group of checks."""
