"""Numbers that the questions of a lesson state: those of the right answer and of the reason that is shown with it.

What a question asks of, it gives: these numbers need no claim, nor do the wrong choices, which state nothing. An answer
and its reason are read as if they stood below the cell that asks the question.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from course_lib.teaching.build.number_rules import Problem, unbacked_numbers

_COMPUTED = re.compile(r"\{\w+(?::[^{}]*)?\}")  # "{ratio:.1f}": the lesson fills it in


def unbacked_in_questions(
    questions: Mapping[str, Mapping[str, Any]], cells: Sequence[Mapping[str, Any]]
) -> list[Problem]:
    """The numbers of answers and reasons that no claim of the lesson backs; the problem's cell is the question's key.

    Raises ValueError for a question that no code cell asks.
    """
    wanted, shown = dict(questions), []
    for cell in cells:
        shown.append(cell)
        for key in [key for key in wanted if cell["cell_type"] == "code" and f'"{key}"' in "".join(cell["source"])]:
            shown.append(_markdown(key, f"{_answer(wanted[key])}\n\n{_because(wanted.pop(key))}"))
    if wanted:
        raise ValueError(f"no cell asks {', '.join(wanted)}")
    given = {key: _stated(str(question.get("question", ""))) for key, question in questions.items()}
    return [one for one in unbacked_numbers(shown) if one.cell in given and one.literal not in given[one.cell]]


def _answer(question: Mapping[str, Any]) -> str:
    answer = question.get("answer", "")
    return answer if isinstance(answer, str) else "\n\n".join(map(str, answer))


def _because(question: Mapping[str, Any]) -> str:
    return _COMPUTED.sub("", str(question.get("because", "")))


def _stated(text: str) -> set[str]:
    return {one.literal for one in unbacked_numbers([_markdown("", text)])}


def _markdown(key: str, text: str) -> dict[str, str]:
    return {"cell_type": "markdown", "id": key, "source": text}
