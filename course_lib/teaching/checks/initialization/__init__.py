"""The checks of sheet 02: first weights, how large they should be, and what a start looks like from inside."""
