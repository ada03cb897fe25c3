"""Loaders of batches, and their worker processes."""
