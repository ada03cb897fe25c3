"""Teaching tools: checks, claims, predictions, progress, the notebook pipeline and the lab."""
