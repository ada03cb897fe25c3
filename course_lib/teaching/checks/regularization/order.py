"""In which order are images split, scaled, changed and trained on? The check of order_augmentation."""

from typing import Any

from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property

# Shown in this order; three lines are not needed.
LINES = {
    "A": "x = scale.transform(x)",
    "B": "images, labels = with_changed_copies(images, labels, rng)",
    "C": "for rows in batches_of(split.train, rng):",
    "D": "scale = Standardizer.fit(images)",
    "E": "split = split_indices(labels, seed=0)",
    "F": "x = changed(images[rows], rng)",
    "G": "for epoch in range(epochs):",
    "H": "scale = Standardizer.fit(images[split.train])",
    "I": "training_step(model, x, labels[rows])",
    "J": "x = changed(images[split.test], rng)",
}
_RIGHT = list("EHGCFAI")
_COPIES = "on which side of the split are the other copies of a test image?"
_OF_ALL = "what do the mean and the deviation then know of the test part?"
_ROWS = "F reads `rows`: which line makes them?"
_LEAKS = {"B": _COPIES, "D": _OF_ALL}
# What a line reads, and the line that makes it.
_READS = (
    ("H", "E", "H reads `split`: which line makes it?"),
    ("C", "E", "C reads `split`: which line makes it?"),
    ("F", "C", _ROWS),
    ("I", "C", "I reads `rows`: which line makes them?"),
    ("A", "H", "A reads `scale`: which line makes it?"),
    ("A", "F", "A reads `x`: which line makes it?"),
)


def letters(answer: Any) -> Any:
    """A text such as "E H ..." or "eh..." as the list of letters that it spells."""
    if isinstance(answer, str):
        answer = [sign for sign in answer if sign.isalnum()]
    if isinstance(answer, list | tuple):
        return [part.strip().upper() if isinstance(part, str) else part for part in answer]
    return answer


def _mistake(id: str, order: str, cause: str, question: str) -> Mistake:
    return Mistake(id, cause, question, list(order))


_WRONG = (
    _mistake(
        "copies_before_split",
        "BEHGCAI",
        "a program that makes the copies before the split",
        _COPIES,
    ),
    _mistake(
        "copies_and_changes",
        "BEHGCFAI",
        "a program that makes copies before the split, and changes them again",
        _COPIES,
    ),
    _mistake(
        "scale_of_all",
        "EDGCFAI",
        "a program that standardizes with all images",
        _OF_ALL,
    ),
    _mistake(
        "scale_before_split",
        "DEGCFAI",
        "a program that fits the scale before it splits",
        _OF_ALL,
    ),
    _mistake(
        "fit_before_split",
        "HEGCFAI",
        "a program that fits the scale on a training part that is not there yet",
        "which line makes `split`?",
    ),
    _mistake(
        "scaled_then_changed",
        "EHGCAFI",
        "a program that scales something that is not there yet, and then throws it away",
        "which line makes the `x` that is scaled, and what does the line F do to it?",
    ),
    _mistake(
        "changed_once",
        "EHCFAGI",
        "a program that changes a batch once, and trains on it in every epoch",
        "how many versions of an image does the network get to see?",
    ),
    _mistake(
        "loops_swapped",
        "EHCGFAI",
        "a program with the loop over epochs inside that over batches",
        "after how many images has the first epoch seen all of them?",
    ),
    _mistake(
        "changed_before_batches",
        "EHGFCAI",
        "a program that changes the rows of a batch before there is one",
        _ROWS,
    ),
    _mistake(
        "x_before_batches",
        "EHAGFCI",
        "a program that makes x before the loop that has the rows for it",
        _ROWS,
    ),
    _mistake(
        "not_changed",
        "EHGCAI",
        "a program without augmentation",
        "which line makes the `x` that is scaled?",
    ),
    _mistake(
        "not_scaled",
        "EHGCFI",
        "a program that fits a scale and does not use it",
        "which line uses `scale`?",
    ),
    _mistake(
        "test_changed",
        "EHGCFAIJ",
        "a program that changes the test images as well",
        "what are the test images to stand for?",
    ),
    _mistake(
        "trained_on_test",
        "EHGCJAI",
        "a program that trains on changed test images",
        "whose labels are labels[rows]?",
    ),
)


def _all_known(seen: Any) -> bool:
    return isinstance(seen, list | tuple) and all(isinstance(one, str) and one in LINES for one in seen)


def _leak(seen: Any, right: Any) -> str | None:
    """The question of a line that leaks, wherever it stands."""
    if not _all_known(seen):
        return None
    return next((f"{letter} sees all images: {asked}" for letter, asked in _LEAKS.items() if letter in seen), None)


def _reads(seen: Any, right: Any) -> str | None:
    """The question of a line that stands before the one that makes what it reads, or without it."""
    if not _all_known(seen):
        return None
    for reader, maker, question in _READS:
        if reader in seen and maker not in seen[: seen.index(reader)]:
            return question
    return None


ORDER_AUGMENTATION = Exercise(
    slug="order_augmentation",
    title="Split, scale, change, train",
    kind="order",
    core=False,
    difficulty=1,
    minutes=10,
    reference=_RIGHT,
    observe=letters,
    mistakes=_WRONG,
    properties=(Property("no leak", _leak), Property("made before it is read", _reads)),
    hints=(
        "What comes first: that after which no line may look at all images together.",
        "A new version of an image is wanted in every epoch, so it is made inside both loops.",
        "`changed` fills up with 0, which is paper as long as the pixels are not scaled.",
    ),
    not_tested="the indentation: every line belongs to the loop that was opened last before it",
)
