"""Checkpoints: saving, files, content, compare, export."""
