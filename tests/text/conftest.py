"""The real WikiText-2, read once for all tests that want its figures."""

import pytest

from course_lib.core.files import data_folder
from course_lib.text.wikitext import TYPES, wikitext2


@pytest.fixture(scope="session")
def wikitext():
    if data_folder("wikitext-2") is None:
        pytest.skip("WikiText-2 is on this machine neither in $COURSE_DATA nor in data: no figures to reproduce")
    return wikitext2()


@pytest.fixture(scope="session")
def wikitext_ids(wikitext):
    return wikitext.encode(wikitext.vocabulary())


@pytest.fixture(scope="session")
def wikitext_types():
    return TYPES
