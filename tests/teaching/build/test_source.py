"""What a notebook shows of a function is the function's own text, and each cut takes out what it says."""

import functools

import numpy as np
import pytest

from course_lib.by_hand.optimizers import momentum_step
from course_lib.teaching.build import source
from course_lib.teaching.build.source import (
    body_of,
    faded_of,
    fenced,
    head_of,
    level_of,
    show_source,
    stub_of,
    worked_of,
)
from course_lib.teaching.learner import store
from course_lib.teaching.learner.progress import record_attempt


def decay(values: np.ndarray, rate: float, *, steps: int = 2) -> np.ndarray:
    """Shrink `values` (n,) by `rate` in every step.

    Raises nothing.
    """
    result = values.copy()
    for _ in range(steps):
        # what is left after one step
        result = result * (
            1 - rate  # the part that stays
        )
    return result  # (n,)


def undocumented(values):
    total = sum(values)
    return total


def one_liner(values):
    """Doubled."""
    if values: return [2 * value for value in values]  # noqa: E701  # fmt: skip
    return []


@functools.lru_cache
def cached(value):
    """One."""
    return value


def traced(function):
    return function


@traced
def marked(value):
    """One."""
    return value


def test_a_stub_has_signature_annotations_and_docstring_and_no_line_of_the_body():
    assert stub_of(decay) == "\n".join([
        "def decay(values: np.ndarray, rate: float, *, steps: int = 2) -> np.ndarray:",
        '    """Shrink `values` (n,) by `rate` in every step.',
        "",
        "    Raises nothing.",
        '    """',
        "    raise NotImplementedError",
    ])  # fmt: skip


def test_a_stub_runs_and_raises_not_implemented():
    namespace = {"np": np}
    exec(stub_of(decay), namespace)
    with pytest.raises(NotImplementedError):
        namespace["decay"](np.ones(2), 0.1)


def test_the_faded_level_lacks_the_named_statement_and_keeps_its_comments():
    faded = faded_of(decay, ("1 - rate",))
    assert "1 - rate" not in faded
    assert (
        "        # what is left after one step\n        ...  # your line: the part that stays\n    return result"
        in faded
    )
    compile(faded, "faded", "exec")


def test_the_faded_level_can_lack_several_statements():
    faded = faded_of(decay, ("return", "values.copy"))
    assert faded.count("...  # your line") == 2
    assert "    ...  # your line\n    for" in faded
    assert faded.endswith("    ...  # your line: (n,)")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("result",), r"decay: 'result' must match exactly one statement, it matches 3"),
        (("momentum",), r"'momentum' must match exactly one statement, it matches none"),
        (("range(steps)",), r"matches none \(a `for`, `if` or `with` line cannot be faded"),
        (("Shrink",), "matches none"),  # the docstring is no statement to fill in
        (("the part that stays", "1 - rate"), "two of the texts .* match"),
        ((), "lines must be a sequence of at least one text"),
        (("",), "none of them empty"),
        ("rate", "lines must be a sequence"),
    ],
)
def test_a_text_that_does_not_name_one_statement_is_refused(lines, words):
    with pytest.raises(ValueError, match=words):
        faded_of(decay, lines)


def test_a_statement_behind_an_if_on_one_line_cannot_be_faded():
    with pytest.raises(ValueError, match="must stand on a line of its own"):
        faded_of(one_liner, ("2 * value",))


def test_the_body_is_what_follows_the_docstring():
    assert body_of(decay).startswith("result = values.copy()\nfor _ in range(steps):\n    # what is left")
    assert body_of(undocumented) == "total = sum(values)\nreturn total"


def test_the_three_levels_are_stub_faded_and_the_function_itself():
    assert level_of(decay, "blank") == stub_of(decay)
    assert level_of(decay, "faded", ("return",)) == faded_of(decay, ("return",))
    assert level_of(decay, "worked").endswith("    return result  # (n,)")
    with pytest.raises(ValueError, match=r"level must be one of .*, got 'easy'"):
        level_of(decay, "easy")


class Layer:
    def forward(self, x):
        """x."""
        return x


@pytest.mark.parametrize(
    ("function", "error", "words"),
    [
        (cached, TypeError, "cut from a plain function, got"),
        (marked, ValueError, "marked is decorated; an exercise is cut from a function without decorators"),
        (Layer.forward, ValueError, "top level of its module, got Layer.forward"),
        (lambda x: x, ValueError, "top level of its module, got <lambda>"),
        (Layer, TypeError, "cut from a plain function, got"),
        (undocumented, ValueError, "undocumented needs a docstring on lines of its own"),
    ],
)
def test_what_cannot_be_cut_is_refused_by_name(function, error, words):
    with pytest.raises(error, match=words):
        stub_of(function)


def test_a_nested_function_is_refused():
    def inner(x):
        """x."""
        return x

    with pytest.raises(ValueError, match=r"top level of its module, got .*<locals>\.inner"):
        stub_of(inner)


def test_a_decorator_that_keeps_the_name_is_noticed():
    @functools.wraps(decay)
    def wrapper(*arguments):
        return decay(*arguments)

    with pytest.raises(ValueError, match="decay is decorated"):
        stub_of(wrapper)


def test_show_source_gives_markdown_with_the_place_and_plain_text(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    show_source(fenced)
    assert shown[0]["text/markdown"].startswith("`course_lib/teaching/build/source.py`\n\n```python\ndef fenced(")
    assert shown[0]["text/plain"].startswith("def fenced(code: str, language")
    show_source(fenced)
    assert shown[0] == shown[1]
    with pytest.raises(TypeError, match="needs a function, class or module written in Python, got 3"):
        show_source(3)


def test_a_fence_is_longer_than_the_backticks_within():
    assert fenced("a = '```'") == "````python\na = '```'\n````"


@pytest.fixture
def own_record(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setattr(store, "_waiting", [])


@pytest.fixture
def displayed(own_record, monkeypatch):
    """What is displayed in a notebook; a display with an id can be updated."""
    found = []

    class Handle:
        def update(self, data, raw):
            found.append(data)

    def display(data, raw=False, display_id=False):
        found.append(data)
        return Handle() if display_id else None

    monkeypatch.setattr(source, "notebook_runs", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    return found


def test_a_function_that_a_sheet_asks_for_shows_its_docstring_until_the_button_is_pressed(displayed):
    show_source(momentum_step)
    short, box = displayed
    assert short["text/plain"] == head_of(momentum_step)
    assert "return" not in short["text/plain"].split('"""')[-1]
    assert repr(box).startswith("Exercise 3.1 asks you to write it (momentum).")
    box.children[2].click()
    assert displayed[2]["text/plain"] == worked_of(momentum_step)
    assert store.load_record()["exercises"]["momentum"] == {"level": "worked"}
    show_source(momentum_step)
    assert displayed[3] == displayed[2], "what was seen once is shown at once"
    assert len(displayed) == 4


def test_a_solved_function_is_shown(displayed):
    record_attempt("momentum", "right")
    show_source(momentum_step)
    assert [one["text/plain"] for one in displayed] == [worked_of(momentum_step)]
    assert "level" not in store.load_record()["exercises"]["momentum"]


def test_without_widgets_the_call_says_how_the_rest_is_shown_and_that_is_recorded(own_record, capsys):
    show_source(momentum_step)
    told = capsys.readouterr().out
    assert "To see it now: show_source(momentum_step, reveal=True)" in told
    assert store.load_record()["exercises"] == {}
    show_source(momentum_step, reveal=True)
    assert store.load_record()["exercises"]["momentum"] == {"level": "worked"}


def test_a_function_that_no_sheet_asks_for_is_shown_whole(displayed):
    show_source(fenced)
    assert [one["text/plain"] for one in displayed] == [worked_of(fenced)]
