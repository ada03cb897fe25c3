"""INFINITO: a language model with an external memory, as its report describes it and as it works when repaired."""
