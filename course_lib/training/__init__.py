"""Training at scale: the machine, the data that may be downloaded, and later the PyTorch loop."""
