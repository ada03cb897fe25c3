"""A run in a folder: lock, signals, table, bar, pause, command."""
