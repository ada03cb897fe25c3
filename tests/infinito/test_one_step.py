"""One training step of `train infinito`: it enters twelve files, and the system's room for its loss alone."""

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import torch

import course_lib
from course_lib.core.seeding import Seeds
from course_lib.infinito import train
from course_lib.infinito.config import TINY
from course_lib.infinito.train import SPECIAL, Data, Recipe, train_infinito
from course_lib.text.blocks import ShuffledBlocks
from course_lib.text.vocabulary import Vocabulary
from course_lib.training.loop.step import Step

ROOT = f"{Path(course_lib.__file__).parent}/"
RECIPE = Recipe(TINY, batch=2, length=2 * TINY.context, epochs=1, horizon=1)


def file_of(frame: FrameType) -> str | None:
    """The file of course_lib that a frame is in."""
    name = frame.f_code.co_filename
    return name.removeprefix(ROOT) if name.startswith(ROOT) else None


def caller_of(frame: FrameType) -> str | None:
    """The file of course_lib from which the call came, whatever lies between."""
    back = frame.f_back
    while back is not None and file_of(back) is None:
        back = back.f_back
    return None if back is None else file_of(back)


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, str | None]]:
    """(file, function, file of the caller) of all calls in the third step: the first ones make what later ones use."""
    found: list[list[tuple[str, str, str | None]]] = [[]]

    def note(frame: FrameType, event: str, argument: Any) -> None:
        file = file_of(frame) if event == "call" else None
        if file is not None:
            if frame.f_code is Step.of.__code__:
                found.append([])
            found[-1].append((file, frame.f_code.co_qualname, caller_of(frame)))

    ids = torch.randint(3, TINY.vocabulary, (5 * 2 * RECIPE.length + 1,))
    blocks = ShuffledBlocks(ids, batch=2, length=RECIPE.length)
    words = Vocabulary.build(["a", "b"], special=SPECIAL)
    before = sys.getprofile()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "prepare", lambda *given, **named: Data(blocks, blocks, words))
        sys.setprofile(note)
        try:
            train_infinito(RECIPE, Seeds.same(0), tmp_path_factory.mktemp("run"), log=lambda line: None)
        finally:
            sys.setprofile(before)
    assert len(found) == 1 + 5
    return found[3]


def test_a_step_enters_at_most_twelve_files(calls: list[tuple[str, str, str | None]]) -> None:
    files = {file for file, _, _ in calls}
    assert len(files) <= 12, "\n".join(sorted(files))


def test_the_room_of_the_system_is_entered_for_the_loss_and_by_autograd_for_its_gradient(
    calls: list[tuple[str, str, str | None]],
) -> None:
    room = "infinito/"
    entries = [name for file, name, caller in calls if file.startswith(room) and not str(caller).startswith(room)]
    assert [name for name in entries if not name.endswith(".backward")] == ["language_loss"]
    assert set(entries) == {"language_loss", "_ChunkedCrossEntropy.backward"}


def test_the_model_is_not_asked_for_what_the_recipe_knows(calls: list[tuple[str, str, str | None]]) -> None:
    assert "config_of" not in {name for _, name, _ in calls}
