"""The exercises of sheet 01, the training loop by hand: one file per group of checks."""
