"""Everything that one training step enters."""
