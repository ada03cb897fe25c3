"""What did the learner mean? Letters and words as they are typed, evened out before they are compared."""

from typing import Any


def letters_of(answer: Any) -> Any:
    """A text such as "G C H ..." or "gch...", or a list of letters, as the list of capitals that it spells.

    What is neither a text nor a list is returned as it is.
    """
    if isinstance(answer, str):
        answer = [sign for sign in answer if sign.isalnum()]
    if isinstance(answer, list | tuple):
        return [part.strip().upper() if isinstance(part, str) else part for part in answer]
    return answer


def words_of(answer: Any) -> Any:
    """A dictionary from letters to words, with capital letters and words in small ones, single spaces between them.

    What is no dictionary is returned as it is.
    """
    if not isinstance(answer, dict):
        return answer
    return {
        str(key).strip().upper(): " ".join(word.lower().replace("_", " ").split()) if isinstance(word, str) else word
        for key, word in answer.items()
    }
