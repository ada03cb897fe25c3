"""What sheet 10 tells its learners is true: the pictures and planted models show what their names say."""

import pytest
import torch

from course_lib.teaching.checks.infinito_model import find
from course_lib.teaching.checks.infinito_model.order import LINES, loop_of
from course_lib.teaching.checks.infinito_model.versions import PLANTED, RIGHT

TRIANGLE = [". " * row + "# " * (7 - row) for row in range(7)]


def tables(word):
    """The left and the right table of a picture, as rows of "#" and "."."""
    rows = [line[9:] for line in find.picture(word).splitlines() if line.startswith("token ")]
    return [row[:13] + " " for row in rows], [row[21:] + " " for row in rows]


@pytest.mark.parametrize(
    ("word", "left", "right"),
    [
        (find.HEALTHY, True, True),
        (find.UNHEARD, True, True),
        (find.SHARED, True, True),
        (find.POOLED, True, False),
        (find.NO_MASK, False, False),
        (find.ONE_AHEAD, False, False),
    ],
)
def test_a_table_is_a_triangle_where_nothing_leaks(word, left, right):
    assert [table == TRIANGLE for table in tables(word)] == [left, right]


def test_the_lines_below_a_picture_tell_who_is_heard():
    said = {word: "\n".join(find.picture(word).splitlines()[-2:]) for word in find.WORDS}
    assert "this row moves" in said[find.HEALTHY]
    assert "other row does not move" in said[find.HEALTHY]
    assert "this row does not move" in said[find.UNHEARD]
    assert "other row moves" in said[find.SHARED]


def test_six_pictures_differ_and_do_not_disturb_the_random_state():
    state = torch.get_rng_state()
    assert len({text.split("\n", 1)[1] for text in find.six_pictures().values()}) == 6
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", [*RIGHT, *PLANTED])
def test_every_model_of_the_attack_gives_forecasts(name):
    model = {**RIGHT, **PLANTED}[name]
    x = torch.arange(40).reshape(2, 20) % 10
    logits, memory = model(x, None)
    assert logits.shape == (2, 20, 10)
    assert torch.isfinite(model(x, memory)[0]).all()


def test_the_loop_is_indented_after_its_for_line():
    assert loop_of(list("JDFE")).splitlines() == [LINES["J"], LINES["D"], LINES["F"], "    " + LINES["E"]]


@pytest.mark.parametrize("tokens", [20, 128])
def test_what_a_causal_model_owes_to_rounding_stays_below_the_bound_of_the_exercise(tokens):
    moved = []
    for seed in range(5):
        ids = torch.Generator().manual_seed(seed)
        x, other = (torch.randint(0, 10, (2, tokens), generator=ids) for _ in range(2))
        changed = torch.cat([x[:, : tokens // 2], other[:, tokens // 2 :]], dim=1)
        for model in RIGHT.values():
            logits = [model(one, None)[0][:, : tokens // 2] for one in (x, changed)]
            moved.append(float((logits[0] - logits[1]).abs().max()))
    assert 0 < max(moved) < 1e-5
