"""In which line of a listing does the host wait in every step? The check of find_waits."""

from typing import Any

from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property

# A test runs the listings on fake tensors and holds this key to what fails there; .cpu() it cannot see.
KEY = {"A": 0, "B": 7, "C": 3, "D": 3, "E": 0, "F": 5, "G": 3}
_QUESTIONS = {
    "A": "in which of 50 steps does Python need a number there?",
    "B": "which line asks for a Python number, and does detach() make one?",
    "C": "what does `if` need, and where is it?",
    "D": "how many elements has the result, and who has to know that number?",
    "E": "is any Python number asked for, or does every line give a tensor of a known shape?",
    "F": "where does the result live, and when is the copy complete?",
    "G": "what has to be known to make room for the result?",
}


def _lines(answer: Any) -> Any:
    """Letters as upper-case keys; None, "none" and "-" are line 0."""
    if not isinstance(answer, dict):
        return answer
    return {str(key).strip().upper(): _line(value) for key, value in answer.items()}


def _line(value: Any) -> Any:
    if value is None or (isinstance(value, str) and value.strip().lower() in ("", "-", "none", "0")):
        return 0
    if isinstance(value, str) and value.strip().isdigit():
        return int(value)
    return int(value) if isinstance(value, float) and value == int(value) else value


def _with(id: str, cause: str, question: str, **changed: int) -> Mistake:
    return Mistake(id, cause, question, KEY | changed)


_WRONG = (
    _with("print_suspected", "a reading that blames the line that prints in A", _QUESTIONS["A"], A=7),
    _with("detach_waits", "a reading in which detach() waits in A", "does detach() copy a number to the host?", A=5),
    _with("hits_summed", "a reading in which a sum waits in B", "is the sum of hits a number or a tensor?", B=6),
    _with("detach_saves", "a reading in which detach() keeps float() from waiting in B", _QUESTIONS["B"], B=0),
    _with("if_free", "a reading in which an `if` on a tensor costs nothing", _QUESTIONS["C"], C=0),
    _with("mask_free", "a reading in which the mask of D costs nothing", _QUESTIONS["D"], D=0),
    _with("where_waits", "a reading in which torch.where waits as a mask does", _QUESTIONS["E"], E=3),
    _with("clip_waits", "a reading in which the clip waits in E", "who reads the length that it returns?", E=5),
    _with("cpu_free", "a reading in which .cpu() costs nothing", _QUESTIONS["F"], F=0),
    _with("arange_free", "a reading in which the arange of G costs nothing", _QUESTIONS["G"], G=0),
    _with("max_waits", "a reading in which the sum of lengths waits in G", "which line needs the longest length?", G=2),
    _with("compare_waits", "a reading in which the comparison of G waits", "which line makes the columns?", G=4),
    _with(
        "only_item",
        "a search for .item(), float() and print alone",
        "what else needs a value: an `if`, a shape, a copy?",
        A=7,
        C=0,
        D=0,
        F=0,
        G=0,
    ),
    _with(
        "only_fake_tensors",
        "a test on fake tensors that was believed in everything",
        "which ways of waiting does that test not see?",
        F=0,
        A=7,
    ),
)


def _which(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    strange = [letter for letter in right if not isinstance(seen[letter], int) or isinstance(seen[letter], bool)]
    if strange:
        return f"{strange[0]}: give the number of a line, 0 for none; yours is {seen[strange[0]]!r}"
    wrong = [letter for letter in right if seen[letter] != right[letter]]
    return f"look again at {', '.join(wrong)}\n{wrong[0]}: {_QUESTIONS[wrong[0]]}" if wrong else None


FIND_WAITS = Exercise(
    slug="find_waits",
    title="Seven steps: where does the host wait?",
    kind="find",
    core=False,
    difficulty=2,
    minutes=12,
    reference=KEY,
    observe=_lines,
    mistakes=_WRONG,
    properties=(Property("each listing by itself", _which),),
    hints=(
        "The host waits where Python needs a value: a number, True or False, a shape, or a copy on its own side.",
        "Tensors in, tensors of a known shape out: nobody waits. That holds for sum, where, detach and the clip.",
        "first_wait(lambda: run_once('C')) runs a listing on fake tensors. It does not see every kind of wait.",
    ),
    not_tested="how long a wait takes; that is a question for a GPU",
)
