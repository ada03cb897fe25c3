"""Digits: a small network trained from the shell."""
