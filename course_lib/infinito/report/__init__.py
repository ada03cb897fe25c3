"""INFINITO's report: the run as reported, and its audit."""
