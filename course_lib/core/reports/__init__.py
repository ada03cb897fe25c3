"""What the five source documents, and the public repositories behind them, report."""
