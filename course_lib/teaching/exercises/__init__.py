"""What an exercise is: kinds, edits, mutants, observation, comparison, typed answers, the card."""
