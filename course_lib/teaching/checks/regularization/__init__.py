"""The exercises of sheet 05, regularization: one file per check, and what some of them run."""
