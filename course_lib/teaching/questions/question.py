"""A question of a lesson, as it stands in `questions/NN.toml`: `question_of("01-leak")`.

The notebook holds the key alone, so that nobody reads the answer above the choices.
"""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from course_lib.core.validation import validate_choice

FOLDER = Path(__file__).parent
KINDS = ("predict", "recall")
_FIELDS = {"kind", "question", "choices", "answer", "because"}


@dataclass(frozen=True)
class Question:
    """One question. `kind` is "predict" or "recall"; `answer` is one of the choices, or "" where only the run can tell;
    `because` may hold {names} of values that the lesson measures."""

    key: str
    kind: str
    question: str
    choices: tuple[str, ...]
    answer: str = ""
    because: str = ""


def question_of(key: str, kind: str) -> Question:
    """The question with this key, of this kind. Raises ValueError where there is none, or its file breaks a rule."""
    found = questions_of(str(key)[:2]).get(key)
    if found is None or found.kind != kind:
        known = [one.key for one in questions_of(str(key)[:2]).values() if one.kind == kind]
        raise ValueError(f"no {kind} question has the key {key!r}; this lesson has {', '.join(known) or 'none'}")
    return found


@lru_cache(maxsize=64)
def questions_of(lesson: str) -> dict[str, Question]:
    """key -> question of the lesson "NN"; empty where it has no file.

    Raises ValueError, with file, key and rule, for a question that cannot be asked.
    """
    path = FOLDER / f"{lesson}.toml"
    if not (len(lesson) == 2 and lesson.isdigit() and path.is_file()):
        return {}
    return {key: _read(key, row, path.name) for key, row in tomllib.loads(path.read_text(encoding="utf-8")).items()}


def validate_question(question: str, choices: Any, key: str) -> None:
    """Raise ValueError for an empty question or key, and unless there are at least two different choices."""
    if not question.strip():
        raise ValueError("question must be a text, got an empty one")
    if not key.strip():
        raise ValueError("key must be a text that starts with the lesson's number, got an empty one")
    if isinstance(choices, str) or len(choices) < 2 or len(set(choices)) != len(choices):
        raise ValueError(f"choices must be at least two different texts, got {choices!r}")


def _read(key: str, row: Any, file: str) -> Question:
    where = f"{file}, {key!r}"
    if not isinstance(row, dict) or set(row) - _FIELDS or not {"kind", "question", "choices"} <= set(row):
        raise ValueError(f"{where}: a question has kind, question, choices, and may have answer and because")
    found = Question(key, **{**row, "choices": tuple(row["choices"])})
    validate_choice(f"{where}: kind", found.kind, KINDS)
    if key[:2] != file[:2]:
        raise ValueError(f"{where}: a key starts with the number of its lesson")
    try:
        validate_question(found.question, found.choices, key)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    if found.answer:
        validate_choice(f"{where}: answer", found.answer, found.choices)
    if found.kind == "recall" and not (found.answer and found.because.strip()):
        raise ValueError(f"{where}: a recall question needs an answer, and a because that says why it is right")
    return found
