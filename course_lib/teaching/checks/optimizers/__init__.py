"""The exercises of sheet 03, optimizers: one file per optimizer or question."""
