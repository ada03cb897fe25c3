"""What do the checks of sheet 10 share? Numbers for probes, and a word on a result of another form."""

from typing import Any

import torch

from course_lib.teaching.exercises.observe import Raised


def numbers(*shape: int, seed: int) -> torch.Tensor:
    """Normal numbers in float64 from a generator of their own."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def wrong_shape(seen: dict[str, Any], right: dict[str, Any], expected: str) -> str | None:
    """The sentence for the first result that is no tensor of the right shape."""
    for case, facts in seen.items():
        result, rule = facts["result"], right[case]["result"]
        if isinstance(result, Raised):
            return f"{case} stops with {result.type}: {result.message}"
        if not isinstance(result, torch.Tensor):
            return f"return a tensor {expected}; you return a {type(result).__name__}"
        if result.shape != rule.shape:
            return f"{case}: the result should be {expected} = {tuple(rule.shape)}; yours is {tuple(result.shape)}"
    return None
