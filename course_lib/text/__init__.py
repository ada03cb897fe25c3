"""Text for language models: reading, vocabularies, corpora, blocks of tokens, and the n-gram models to beat."""
