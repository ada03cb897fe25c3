"""The exercises of the sheets: one module `sheet_NN` each, with its exercises in order in `SHEET`."""
