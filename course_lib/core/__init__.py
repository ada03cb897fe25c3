"""What every other package builds on: randomness, records, schedules, metrics, statistics, files."""
