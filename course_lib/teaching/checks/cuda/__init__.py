"""The exercises of sheet 09, CUDA: one module per exercise."""
