"""What the tests of sheets 08 and 11 share until they are tables."""

from tests.teaching.test_sheet_02_cards import card


def wrong(slug, answer, *words):
    status, text = card(slug, answer)
    assert status == "wrong", text
    for piece in words:
        assert piece in text


def right(slug, answer):
    status, text = card(slug, answer)
    assert status == "right", text
