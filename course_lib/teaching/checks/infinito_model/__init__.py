"""The checks of sheet 10: attention, the priority memory, what a model holds, and what it may not see."""
