"""What an answer does beside its result is noted, told in one sentence, and put back."""

import contextlib
import random
import time
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.teaching.exercises import effects
from course_lib.teaching.exercises.diagnose import diagnose_answer
from course_lib.teaching.exercises.kinds import implement
from course_lib.teaching.exercises.limit import TookTooLong, limited
from course_lib.teaching.exercises.observe import Case


def halved(values, rng, model):
    """Half of the values."""
    return values / 2


HALVED = implement(
    "halved: Half of the values",
    halved,
    cases=(Case(torch.tensor([1.0, 2.0]), np.random.default_rng(0), nn.Linear(2, 1)),),
    wrong="""
    whole: all of the values | what is half of 2?
        values / 2 -> values
    doubled: twice the values | what is half of 2?
        values / 2 -> values * 2
    minus: half of the values with a minus | what is half of 2?
        values / 2 -> -values / 2
    quarter: a quarter of the values | what is half of 2?
        values / 2 -> values / 4
    """,
    not_tested="nothing",
)


def writes(values, rng, model):
    out = values / 2
    values *= 0
    return out


def draws_from_numpy(values, rng, model):
    np.random.rand()
    return values / 2


def seeds_python(values, rng, model):
    random.seed(3)
    return values / 2


def draws_from_torch(values, rng, model):
    torch.rand(1)
    return values / 2


def switches_gradients_off(values, rng, model):
    torch.set_grad_enabled(False)
    return values / 2


def leaves_eval_on(values, rng, model):
    model.eval()
    return values / 2


def changes_the_default_dtype(values, rng, model):
    torch.set_default_dtype(torch.float64)
    return values / 2


def replaces_a_function(values, rng, model):
    np.exp = np.log
    return values / 2


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (writes, "it writes into what it was given: argument 1"),
        (draws_from_numpy, "it draws from NumPy's global generator or seeds it"),
        (seeds_python, "it draws from Python's global generator or seeds it"),
        (draws_from_torch, "it draws from torch's global generator or seeds it"),
        (switches_gradients_off, "it leaves the record of gradients switched off"),
        (leaves_eval_on, "it leaves a model in another mode"),
        (changes_the_default_dtype, "it changes torch's default data type"),
        (replaces_a_function, "it replaces numpy.exp"),
    ],
)
def test_an_effect_has_its_sentence_and_is_put_back(answer, told):
    exp, state, dtype = np.exp, torch.get_rng_state(), torch.get_default_dtype()
    found = diagnose_answer(HALVED, answer)
    assert found.status == "wrong"
    assert "your numbers are right, but " + told in " ".join(found.lines)
    assert np.exp is exp
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.is_grad_enabled()
    assert torch.get_default_dtype() == dtype


def test_a_warning_is_a_note_on_a_right_answer():
    def warns(values, rng, model):
        warnings.warn("a part is empty", stacklevel=1)
        return values / 2

    found = diagnose_answer(HALVED, warns)
    assert found.status == "right"
    assert "it warns: a part is empty" in found.lines


def test_an_effect_is_added_to_a_known_mistake():
    def both(values, rng, model):
        torch.rand(1)
        return values * 2

    found = diagnose_answer(HALVED, both)
    assert found.mistakes == ("doubled",)
    assert found.lines[-1] == "and it draws from torch's global generator or seeds it"


def test_an_effect_that_the_reference_has_is_none():
    def drawn(values, rng, model):
        """Half of the values, after a draw."""
        torch.rand(1)
        return values / 2

    with effects.effects_of() as noted:
        effects.watched(drawn, noted)(torch.ones(2), None, None)
    assert not noted.beyond([noted])
    assert noted.beyond([effects.Effects()])


def test_an_endless_answer_is_stopped_and_told_so(monkeypatch):
    def endless(values, rng, model):
        while True:
            with contextlib.suppress(Exception):
                values = values + 0

    monkeypatch.setattr("course_lib.teaching.exercises.diagnose.limited", lambda: limited(0.3))
    began = time.monotonic()
    found = diagnose_answer(HALVED, endless)
    assert found.status == "error"
    assert "your code was stopped after" in found.lines[0]
    assert time.monotonic() - began < 30


def endless():
    with limited(0.2):
        while True:
            pass


def test_a_limit_that_is_not_reached_does_nothing():
    with limited(5):
        pass
    with pytest.raises(TookTooLong):
        endless()
    assert sum(range(1000)) == 499500


def test_an_import_is_not_cut_off_half_way(tmp_path, monkeypatch):
    lines = (
        "import time",
        "end = time.process_time() + 0.5",
        "while time.process_time() < end:",
        "    pass",
        "whole = True",
    )
    (tmp_path / "takes_its_time.py").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with limited(0.1):
        import takes_its_time
    assert takes_its_time.whole
