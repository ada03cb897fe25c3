"""A checklist that is run, not ticked by hand.

An item passes, fails, or is not checkable with what was given; it always says why in a sentence, and a number where one
was measured.
"""

import math
from dataclasses import dataclass

PASS, FAIL, NOT_CHECKABLE = "pass", "fail", "not checkable"


@dataclass(frozen=True)
class Item:
    """One line of a checklist.

    name: a few words. status: "pass", "fail" or "not checkable". sentence: what was found. value: the number that
    decided, NaN where none was measured. Raises ValueError for another status, an empty name or an empty sentence.
    """

    name: str
    status: str
    sentence: str
    value: float = math.nan

    def __post_init__(self) -> None:
        if self.status not in (PASS, FAIL, NOT_CHECKABLE):
            raise ValueError(f"status must be {PASS!r}, {FAIL!r} or {NOT_CHECKABLE!r}, got {self.status!r}")
        if not self.name.strip() or not self.sentence.strip():
            raise ValueError(f"name and sentence must be texts, got {self.name!r} and {self.sentence!r}")


@dataclass(frozen=True)
class Ticks:
    """The items of one stage ("before training"), in their order. Raises ValueError for two items of one name."""

    stage: str
    items: tuple[Item, ...]

    def __post_init__(self) -> None:
        names = [item.name for item in self.items]
        if len(set(names)) < len(names):
            raise ValueError(f"items must have different names, got {names}")

    def __getitem__(self, name: str) -> Item:
        """The item of this name. Raises KeyError that lists the names."""
        for item in self.items:
            if item.name == name:
                return item
        raise KeyError(f"no item {name!r}; there are {[item.name for item in self.items]}")

    def _with(self, status: str) -> tuple[str, ...]:
        return tuple(item.name for item in self.items if item.status == status)

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the items that fail."""
        return self._with(FAIL)

    @property
    def unchecked(self) -> tuple[str, ...]:
        """Names of the items that could not be checked."""
        return self._with(NOT_CHECKABLE)

    def __str__(self) -> str:
        """The table: status, name and sentence, one line per item."""
        width = max((len(item.name) for item in self.items), default=0)
        lines = [f"{item.status:<13}  {item.name:<{width}}  {item.sentence}" for item in self.items]
        return "\n".join([self.stage, *lines])


def judged(name: str, holds: bool, sentence: str, value: float = math.nan) -> Item:
    """An item that passes when `holds`."""
    return Item(name, PASS if holds else FAIL, sentence, float(value))


def unchecked(name: str, sentence: str) -> Item:
    """An item for which something is missing; the sentence says what."""
    return Item(name, NOT_CHECKABLE, sentence)
