"""What learners copied before a module moved still finds it."""

import importlib

import pytest

from course_lib.moved import MOVED


@pytest.mark.parametrize(("old", "new"), MOVED.items())
def test_an_old_name_is_the_module_of_the_new_one(old, new):
    module = importlib.import_module(new)
    name, spec = module.__name__, module.__spec__
    assert importlib.import_module(old) is module
    assert (module.__name__, module.__spec__) == (name, spec)


def test_a_name_that_never_was_is_not_found():
    with pytest.raises(ModuleNotFoundError, match="never_was"):
        importlib.import_module("course_lib.numpy_nn.never_was")


def test_the_names_of_the_clinic_are_found_where_sheets_took_them():
    from course_lib.teaching.clinic import FAULTS, diagnose
    from course_lib.teaching.clinic.cards import FAULTS as same

    assert FAULTS is same
    assert callable(diagnose)
