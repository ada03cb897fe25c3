"""The speed of the course beside its peers: `python -m benchmarks` measures and prints tables."""

import os

# Set before NumPy or torch is imported: a BLAS reads the number of its threads once, when it is loaded.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
