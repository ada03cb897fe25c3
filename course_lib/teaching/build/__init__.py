"""From percent scripts to notebooks; rules for cells and numbers."""
