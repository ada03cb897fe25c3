"""The checks of sheet 11, the audit of INFINITO's perplexity."""
