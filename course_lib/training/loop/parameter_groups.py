"""Parameter groups: which parameters are trained, at which rate, and which of them decay.

A name in a pattern or a mapping is that of a parameter ("head.bias"), of a part with all that is in it ("backbone",
"backbone.layer4"), or in patterns one with wildcards ("*.bias"). A name that matches nothing is an error: a misspelled
one would train, or freeze, nothing without a word.
"""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from torch import nn

from course_lib.core.validation import validate_above, validate_at_least, validate_interval, validate_not_empty
from course_lib.training.loop.distributed import unwrapped

Group = dict[str, Any]
NORMS = (
    nn.LayerNorm,
    nn.GroupNorm,
    nn.modules.batchnorm._NormBase,  # BatchNorm and InstanceNorm of every dimension
    *([nn.RMSNorm] if hasattr(nn, "RMSNorm") else []),
)


def parameter_groups(model: nn.Module, rates: Mapping[str, float]) -> list[Group]:
    """Freeze every part of `model` that `rates` does not name; one optimizer group per part that it names.

    A group has the keys params, lr and name. A parameter that two named parts share goes into the group of the first.
    Raises ValueError for a name without parameters (with the parts that there are), for a rate that is not above 0, for
    parts that lie in each other or share a parameter at different rates, and for no rates.
    """
    model = unwrapped(model)
    if not rates:
        raise ValueError("rates must name at least one part, got none: nothing would be trained")
    for name, rate in rates.items():
        validate_above(f"the rate of {name!r}", rate, 0, finite=True)
    unknown = sorted(name for name in rates if not _matching(model, name, wildcards=False))
    if unknown:
        raise ValueError(f"{type(model).__name__} has no part {unknown} with parameters; its parts are {_parts(model)}")
    rate_of: dict[int, tuple[str, float]] = {}
    groups = []
    for name, rate in rates.items():
        params = []
        for full_name, parameter in _matching(model, name, wildcards=False):
            first, other = rate_of.setdefault(id(parameter), (name, rate))
            if other != rate:
                raise ValueError(f"{full_name} must have one rate, got {other:g} in {first!r} and {rate:g} in {name!r}")
            if first == name:
                params.append(parameter)
        if params:
            groups.append({"params": params, "lr": float(rate), "name": name})
    for parameter in model.parameters():
        parameter.requires_grad_(id(parameter) in rate_of)
        parameter.grad = None  # an optimizer moves whatever has a gradient, frozen or not
    return groups


def freeze(model: nn.Module, patterns: Iterable[str]) -> list[str]:
    """Train the matching parameters no further; returns their names.

    Running statistics (BatchNorm) still follow the data while the model trains: `fix_statistics` stops them.
    Raises ValueError for a pattern that matches no parameter, TypeError for one text in place of several.
    """
    return _set_trainable(model, patterns, False)


def unfreeze(model: nn.Module, patterns: Iterable[str]) -> list[str]:
    """Train the matching parameters again; returns their names. The optimizer must hold them. Raises as `freeze`."""
    return _set_trainable(model, patterns, True)


def fix_statistics(model: nn.Module, patterns: Iterable[str]) -> list[str]:
    """Keep the matching normalization layers in evaluation mode, also while `fit` trains; returns their names.

    A pattern names the layer or a part that holds it. Raises as `freeze` does, for a pattern without such a layer.
    """
    norms = {name: m for name, m in unwrapped(model).named_modules() if getattr(m, "running_mean", None) is not None}
    chosen = {}
    for pattern in _validated(patterns):
        found = [name for name in norms if _covers(pattern, name)]
        if not found:
            raise ValueError(f"{pattern!r} matches no layer with running statistics; there are {sorted(norms)}")
        chosen.update({name: norms[name] for name in found})
    for module in chosen.values():
        # model.train() reaches every layer, so the mode is set again at the moment when it is read.
        module.register_forward_pre_hook(_evaluation_mode)
    return list(chosen)


def layerwise_rates(
    model: nn.Module, base: float, factor: float, order: Sequence[str] | None = None
) -> dict[str, float]:
    """Rates for `parameter_groups`: `base` for the last part of `order`, each part before it `factor` times the next.

    order: names of parts from input to output; None takes the model's own parts as they were defined. Parts that were
    trained before and lie near the input then move least. Raises ValueError unless base > 0, 0 < factor <= 1 and every
    name is that of a part with parameters, named once.
    Source: Howard & Ruder 2018, Universal Language Model Fine-tuning, section 3.2 (factor 1 / 2.6).
    """
    validate_above("base", base, 0, finite=True)
    validate_interval("factor", factor, 0, 1, "(]")
    model = unwrapped(model)
    order = _parts(model) if order is None else order
    unknown = [name for name in order if not _matching(model, name, wildcards=False)]
    if unknown or not order or len(set(order)) < len(order):
        raise ValueError(f"order must name parts of {_parts(model)}, each at most once, got {list(order)}")
    return {name: base * factor ** (len(order) - 1 - place) for place, name in enumerate(order)}


def decay_groups(
    model: nn.Module, weight_decay: float, *, groups: Sequence[Group] | None = None, embeddings: bool = False
) -> list[Group]:
    """Split every group in two: weights, which decay, and what does not.

    Biases, other vectors and numbers, and the parameters of normalization layers do not: decay would pull a scale
    towards 0, and they hardly overfit. The tables of nn.Embedding do not either unless embeddings=True; one that is
    also the output layer counts as a table. groups: from `parameter_groups`; None takes all trainable parameters.
    Raises ValueError unless weight_decay >= 0 and there is something to train.
    """
    validate_at_least("weight_decay", weight_decay, 0, finite=True)
    model = unwrapped(model)
    if groups is None:
        groups = [{"params": [p for p in model.parameters() if p.requires_grad], "name": "all"}]
    if not any(group["params"] for group in groups):
        raise ValueError(f"model must have parameters to train, got a {type(model).__name__} without any")
    spared = NORMS if embeddings else (*NORMS, nn.Embedding, nn.EmbeddingBag)
    without = {id(p) for m in model.modules() if isinstance(m, spared) for p in m.parameters(recurse=False)}
    split = []
    for group in groups:
        for decays, strength in ((True, weight_decay), (False, 0.0)):
            params = [p for p in group["params"] if (p.ndim >= 2 and id(p) not in without) == decays]
            if params:
                name = group["name"] if decays else f"{group['name']}, no decay"
                split.append({**group, "params": params, "weight_decay": float(strength), "name": name})
    return split


def _set_trainable(model: nn.Module, patterns: Iterable[str], trainable: bool) -> list[str]:
    found = {}
    for pattern in _validated(patterns):
        matching = _matching(unwrapped(model), pattern)
        if not matching:
            names = [name for name, _ in unwrapped(model).named_parameters()]
            raise ValueError(f"{pattern!r} matches no parameter of {type(model).__name__}; it has {names}")
        found.update(matching)
    for parameter in found.values():
        parameter.requires_grad_(trainable)
        parameter.grad = None  # an optimizer moves whatever has a gradient, frozen or not
    return list(found)


def _evaluation_mode(module: nn.Module, inputs: object) -> None:
    module.training = False


def _matching(model: nn.Module, name: str, *, wildcards: bool = True) -> list[tuple[str, nn.Parameter]]:
    """(name, parameter) of all that the name covers; a shared parameter under each of its names."""
    named = model.named_parameters(remove_duplicate=False)
    return [(full, parameter) for full, parameter in named if _covers(name, full, wildcards=wildcards)]


def _covers(name: str, full: str, *, wildcards: bool = True) -> bool:
    """Whether `name` is `full` or a part that it lies in."""
    if not wildcards:
        return full == name or full.startswith(f"{name}.")
    return fnmatchcase(full, name) or fnmatchcase(full, f"{name}.*")


def _parts(model: nn.Module) -> list[str]:
    """The model's own parts and parameters, in their order."""
    return list(dict.fromkeys(name.partition(".")[0] for name, _ in model.named_parameters(remove_duplicate=False)))


def _validated(patterns: Iterable[str]) -> list[str]:
    if isinstance(patterns, str):
        raise TypeError(f"patterns must be several texts, such as [{patterns!r}], got the text {patterns!r}")
    found = list(patterns)
    validate_not_empty("patterns", found, "pattern")
    return found
