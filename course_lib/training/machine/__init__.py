"""The device: its kind, costs, profiles, memory of a step."""
