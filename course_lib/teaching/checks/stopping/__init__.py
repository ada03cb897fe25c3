"""The exercises of sheet 06: early stopping, and what the reported number is worth."""
