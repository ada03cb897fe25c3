"""What the checks of sheet 10 share: numbers for cases, and a word on a result of another form."""

from collections.abc import Callable, Iterable
from typing import Any

import torch

from course_lib.teaching.exercises.exercise import Property


def numbers(*shape: int, seed: int) -> torch.Tensor:
    """Normal numbers in float64 from a generator of their own."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def cases_of(seen: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    """The cases of an observation, without what else was looked at."""
    return [(case, facts) for case, facts in seen.items() if isinstance(facts, dict)]


def flow(answer: Callable[..., Any], *tensors: torch.Tensor, others: tuple[Any, ...] = ()) -> dict[str, Any]:
    """One more case: whether gradients reach the tensors through what the answer gives for them and for the others.

    An answer that is no tensor, or that cannot be computed so, is not judged here: the other cases tell of it.
    """
    leaves = [tensor.clone().requires_grad_() for tensor in tensors]
    try:
        result = answer(*leaves, *others)
    except Exception:
        result = None
    if not isinstance(result, torch.Tensor):
        return {"gradients": True}
    if result.requires_grad:
        result.square().sum().backward()
    return {"gradients": all(leaf.grad is not None and bool(leaf.grad.any()) for leaf in leaves)}


def _without(seen: dict[str, Any], right: dict[str, Any]) -> str | None:
    told = "no gradient flows through your result to what it was made of\nhow would the layers below learn?"
    return None if seen["gradients"] else told


GRADIENTS = Property("gradients", _without)
