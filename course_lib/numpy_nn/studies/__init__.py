"""What a lesson measures on a NumPy network: curvature, landscapes, mean field, range tests."""
