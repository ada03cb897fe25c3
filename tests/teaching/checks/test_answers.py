"""Every answer in the tables of this folder gets the card that is expected of it."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from tests.teaching.answers import wrong_with

TABLES = sorted(Path(__file__).parent.glob("answers_[0-9][0-9].py"))


def rows() -> list[Any]:
    """(slug, answer, expected) of every table, with a name."""
    found = []
    for path in TABLES:
        spec = importlib.util.spec_from_file_location(f"sheets_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for place, (slug, given, expected) in enumerate(module.ANSWERS):
            found.append(pytest.param(slug, given, expected, id=f"{path.stem[-2:]}-{slug}-{place}"))
    return found


@pytest.mark.parametrize(("slug", "given", "expected"), rows())
def test_an_answer_gets_its_card(slug: str, given: Any, expected: Any) -> None:
    told = wrong_with(slug, given, expected)
    assert not told, told
