"""A small neural network library in NumPy: every forward, every backward and every update in the open."""
