"""The documentation of Python as a text: the same every time, and no module in two parts."""

import sys

import pytest

from course_lib.text.documentation import part_of_module, python_documentation
from course_lib.text.reading import END


def module_in(part):
    return next(name for name in sorted(sys.stdlib_module_names) if part_of_module(name) == part)


@pytest.fixture
def library(tmp_path):
    """A standard library of three modules, one for each part."""
    for part in ("train", "validation", "test"):
        (tmp_path / f"{module_in(part)}.py").write_text(f'"""The {part} part."""\n')
    return tmp_path


@pytest.fixture(scope="module")
def real():
    return python_documentation()


def test_the_real_one_is_a_text_of_some_size_in_three_parts(real):
    sizes = {part: len(words) for part, words in real.parts()}
    assert sizes["train"] > 100_000
    for part in ("validation", "test"):
        assert 0.03 < sizes[part] / sum(sizes.values()) < 0.2, sizes


def test_the_name_says_which_python_it_is(real):
    assert real.name == f"documentation of Python {sys.version_info.major}.{sys.version_info.minor}"


def test_no_paragraph_stands_twice_in_one_part_or_in_two(real):
    paragraphs = [line for _, words in real.parts() for line in " ".join(words).split(f" {END}")]
    assert len(set(paragraphs)) == len(paragraphs) - 2, "the three parts end in an empty one each"


def test_most_words_of_the_other_parts_are_known_from_training(real):
    vocabulary = real.vocabulary(minimum_count=2)
    for part in ("validation", "test"):
        unknown = (vocabulary.encode(getattr(real, part)) == vocabulary.id("<unk>")).mean()
        assert 0 < unknown < 0.15, f"{unknown:.3f} of {part} is unknown"


def test_every_module_is_in_one_part_and_every_part_has_modules():
    parts = {part_of_module(name) for name in sys.stdlib_module_names}
    assert parts == {"train", "validation", "test"}
    # Known names in their parts: they must stay there in every version of Python.
    expected = {"asyncio": "train", "json": "train", "statistics": "validation", "configparser": "test"}
    assert {name: part_of_module(name) for name in expected} == expected


def test_a_module_that_was_renamed_stays_in_its_part():
    assert part_of_module("_pydatetime") == part_of_module("datetime") == "validation"


def test_modules_go_to_the_part_of_their_name(library):
    corpus = python_documentation(library)
    for part, words in corpus.parts():
        assert words == ["the", part, "part", ".", END]


def test_a_paragraph_of_several_modules_is_taken_once(library):
    for part in ("train", "test"):
        with open(library / f"{module_in(part)}.py", "a") as file:
            file.write('def f():\n    """Copied."""\n')
    assert sum(words.count("copied") for _, words in python_documentation(library).parts()) == 1


def test_two_readings_are_equal(library):
    assert python_documentation(library) == python_documentation(library)


def test_a_package_stays_whole_and_its_tests_are_left_out(library):
    folder = library / module_in("test")
    (folder / "tests").mkdir(parents=True)
    (folder / "inner").mkdir()
    (folder / "b.py").write_text('"""Second."""\n')
    (folder / "a.py").write_text('"""First."""\n')
    (folder / "inner" / "c.py").write_text('"""Third."""\n')
    (folder / "tests" / "test_a.py").write_text('"""Not this."""\n')
    words = [word for word in python_documentation(library).test if word not in (END, ".")]
    assert words == ["the", "test", "part", "first", "second", "third"]


def test_strings_come_in_the_order_of_the_file_and_examples_are_left_out(library):
    (library / f"{module_in('train')}.py").write_text(
        '"""Module.\n\nIn two\nlines.\n\n>>> 1 + 1\n2\n"""\n'
        'class A:\n    """Class."""\n    def f(self):\n        """It\'s -- done..."""\n'
        'def g():\n    "Last."\n'
        'x = "not a documentation string"\n'
    )
    expected = "module . <eos> in two lines . <eos> class . <eos> it's -- done ... <eos> last . <eos>"
    assert " ".join(python_documentation(library).train) == expected


def test_escapes_that_are_no_text_do_no_harm(library):
    (library / f"{module_in('train')}.py").write_text('"""A \\0 b \\ud800 c <eos>."""\n')
    assert python_documentation(library).train == ["a", "b", "c", "<", "eos", ">", ".", END]


def test_a_file_with_an_error_is_passed_over(library):
    folder = library / module_in("train")
    folder.mkdir()
    (folder / "bad.py").write_text('"""Bad."""\n)(')
    (folder / "null.py").write_bytes(b'"""Null."""\0')
    (folder / "good.py").write_text('"""Good."""\nw = "\\d"\n')  # with a warning about the escape
    assert "good" in python_documentation(library).train
    assert {"bad", "null"}.isdisjoint(python_documentation(library).train)


def test_nothing_is_imported_that_was_not(library):
    (library / f"{module_in('train')}.py").write_text('"""Module."""\nraise SystemExit("this was run")\n')
    assert python_documentation(library).train == ["module", ".", END]


def test_a_python_without_sources_is_one_sentence(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holds no sources of the standard library; a Python from") as caught:
        python_documentation(tmp_path)
    assert "\n" not in str(caught.value)


def test_modules_that_not_every_python_has_are_left_out(library):
    (library / "idlelib").mkdir()
    (library / "idlelib" / "a.py").write_text('"""Editor."""\n')
    assert all("editor" not in words for _, words in python_documentation(library).parts())
