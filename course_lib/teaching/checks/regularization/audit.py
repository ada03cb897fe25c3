"""Does a good result on copies say anything about new images? The check of copies_before_split, an audit."""

import re
from typing import Any

import numpy as np

from course_lib.teaching.exercises.compare import to_array
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property

VERDICTS = ("supported", "not shown", "contradicted")
REMEDIES = ("more copies", "split first", "standardize first", "stratify")
FINDINGS = {
    "test_images": 150,
    "different_images": 200,
    "with_a_copy": 0.99,
    "verdict": "not shown",
    "mend": "split first",
}
_RETHINK = {
    "test_images": "what is 15 % of all that was split?",
    "different_images": "how many digits did somebody write down?",
    "with_a_copy": "each of four other copies is in the training part with probability 0.7; and none of them?",
    "verdict": "on how many images that the network had no copy of was it tested?",
    "mend": "which step must no copy cross?",
}


def _number(text: Any) -> Any:
    """A number that was written as a text: "150", "1,000", "0.99", "0,99", "99 %"; anything else as it is."""
    plain = text.replace(" ", "") if isinstance(text, str) else ""
    if re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+", plain):
        return int(plain.replace(",", ""))
    if not re.fullmatch(r"\d*[.,]?\d+%?", plain):
        return text
    value = float(plain.rstrip("%").replace(",", ".")) / (100 if plain.endswith("%") else 1)
    return int(value) if plain.isdigit() else value


def _plain(answer: Any) -> Any:
    """The findings with spelling and texts of numbers evened out, and the share to two decimals (99 % is 0.99)."""
    if not isinstance(answer, dict):
        return answer
    even = {key: " ".join(part.lower().split()) if isinstance(part, str) else part for key, part in answer.items()}
    even |= {key: _number(even[key]) for key in ("test_images", "different_images", "with_a_copy") if key in even}
    share = to_array(even.get("with_a_copy"))
    if share is not None and share.ndim == 0 and share.dtype.kind in "if":
        even["with_a_copy"] = round(float(share), 2 if share <= 1 else 0)  # 99 and 99.19 are both in percent
    return even


def _mistake(id: str, cause: str, question: str, **changed: Any) -> Mistake:
    return Mistake(id, cause, question, FINDINGS | changed)


_WRONG = (
    _mistake("fifteen_of_200", "a test part of 15 % of the originals", "what was split, 200 or 1,000?", test_images=30),
    _mistake(
        "all_different",
        "a count that takes every copy for an image of its own",
        "how many digits did somebody write down?",
        different_images=1000,
    ),
    _mistake(
        "one_copy",
        "the share for one other copy",
        "an image has four others: when is none of them in the training part?",
        with_a_copy=0.7,
    ),
    _mistake(
        "none_of_them",
        "the share of test images without a copy in the training part",
        "is it asked how many have one, or how many have none?",
        with_a_copy=0.01,
    ),
    _mistake(
        "all_four",
        "the share with all four other copies in the training part",
        "how many copies does it take to have seen an image?",
        with_a_copy=0.24,
    ),
    _mistake(
        "in_percent",
        "a percentage where a share is asked for",
        "which number between 0 and 1 is it?",
        with_a_copy=99.19,
    ),
    _mistake(
        "believed",
        "an audit that takes the test part for new images",
        "what has the network seen of the images that it is tested on?",
        verdict="supported",
    ),
    _mistake(
        "refuted",
        "an audit that takes a bad test for a bad network",
        "do you know how it does on new images, or do you not know?",
        verdict="contradicted",
    ),
    _mistake(
        "more_copies",
        "a remedy that makes the leak larger",
        "with ten copies of each image, what is the share with a copy?",
        mend="more copies",
    ),
    _mistake(
        "stratified",
        "a remedy for another trouble",
        "does stratifying keep the copies of one image together?",
        mend="stratify",
    ),
)  # fmt: skip


def _which(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    for key, words in (("verdict", VERDICTS), ("mend", REMEDIES)):
        if seen[key] not in words:
            return f"{key} is one of {', '.join(map(repr, words))}; yours is {seen[key]!r}"
    wrong = [key for key in right if not _equal(seen[key], right[key])]
    return f"look again at {', '.join(wrong)}; {wrong[0]}: {_RETHINK[wrong[0]]}" if wrong else None


def _equal(own: Any, rule: Any) -> bool:
    array = to_array(own)
    return own == rule if isinstance(rule, str) or array is None else bool(array.ndim == 0 and np.isclose(array, rule))


COPIES_BEFORE_SPLIT = Exercise(
    slug="copies_before_split",
    title="Audit: 1,000 images from 200",
    kind="audit",
    core=False,
    difficulty=2,
    minutes=15,
    reference=FINDINGS,
    observe=_plain,
    mistakes=_WRONG,
    properties=(Property("each finding by itself", _which),),
    hints=(
        "15 % of the 1,000 are the test part.",
        "Treat the four other copies as coins: 1 minus the probability that all land outside the training part.",
        "A claim that a test cannot support may still be true: it is then not shown.",
    ),
    not_tested="how large the error of the report is; lesson 05 measures it for one network",
)
