"""In which order are the causes of a bad training excluded? The steps, and the check of order_debugging."""

from typing import Any

from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.spelling import letters_of

STEPS = {
    "A": "train on one batch of sixteen samples until its loss is almost zero",
    "B": "try several rates and compare them on the validation part, over five seeds",
    "C": "compare the first loss, before any step, with ln k",
    "D": "open the test part and report its accuracy",
    "E": "raise the rate tenfold and see whether the loss falls",
    "F": "compare backward with central differences in float64",
    "G": "look at twenty samples with their labels, as the network gets them",
    "H": "choose the epoch with the best test accuracy",
    "I": "train on all training data; is validation better than chance?",
}
_RIGHT = list("GCFAIBD")
_NOT_NEEDED = {
    "E": "what have you learned if the loss still does not fall?",
    "H": "what does the test part say after it has chosen?",
}
_BEFORE = (
    ("G", "C", "which is the cheaper look: at the data, or at a number that they make?"),
    ("C", "A", "which of the two needs no training at all?"),
    ("F", "A", "if the batch is not learned, would you know whether the gradient is right?"),
    ("A", "I", "if all data do not help, would you know whether the network can learn anything?"),
    ("I", "B", "is a rate worth tuning in a program that does no better than chance?"),
    ("B", "D", "which part of the data may take part in a choice?"),
)


def _pair(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, list) or not all(letter in STEPS for letter in seen):
        return None
    extra = [letter for letter in seen if letter in _NOT_NEEDED]
    if extra:
        return f"think about step {extra[0]}: {_NOT_NEEDED[extra[0]]}"
    for first, second, question in _BEFORE:
        if first in seen and second in seen and seen.index(first) > seen.index(second):
            return f"{second} before {first}: {question}"
    missing = [letter for letter in right if letter not in seen]
    return f"{len(missing)} of the seven steps are missing from your list" if missing else None


def _mistake(id: str, letters: str, cause: str, question: str) -> Mistake:
    return Mistake(id, cause, question, list(letters))


_WRONG = (
    _mistake("rate_first", "EGCFAIBD", "an order that starts by raising the rate", _NOT_NEEDED["E"]),
    _mistake("rate_after_data", "GECFAIBD", "an order that raises the rate before any test", _NOT_NEEDED["E"]),
    _mistake("rate_at_the_end", "GCFAIEBD", "an order that raises the rate without comparing", _NOT_NEEDED["E"]),
    _mistake("test_chooses", "GCFAIBHD", "an order in which the test part chooses the epoch", _NOT_NEEDED["H"]),
    _mistake(
        "test_first",
        "GCFAIDB",
        "an order that tunes after the test part was opened",
        "what does a test part say to which you go back after every change?",
    ),
    _mistake(
        "tuned_first",
        "GBCFAID",
        "an order that tunes the rate before it tests the program",
        "is a rate worth tuning in a program whose gradient may be wrong?",
    ),
    _mistake(
        "all_data_first",
        "GICFABD",
        "an order that trains on all data first",
        "which takes longer: an epoch, or comparing one number with ln k?",
    ),
    _mistake(
        "batch_before_gradient",
        "GCAFIBD",
        "an order that learns a batch before it checks the gradient",
        "if the batch is not learned, would you know whether the gradient is right?",
    ),
    _mistake(
        "data_last",
        "CFAIBDG",
        "an order that looks at the data when all is over",
        "which faults of the data do all other tests pass over?",
    ),
    _mistake(
        "batch_after_all",
        "GCFIABD",
        "an order that learns one batch after all data",
        "what does a batch tell that a whole training has not told already?",
    ),
)

ORDER_DEBUGGING = Exercise(
    slug="order_debugging",
    title="Put the questions in order",
    kind="order",
    core=False,
    difficulty=1,
    minutes=10,
    reference=_RIGHT,
    observe=letters_of,
    accepted=(
        Variant("gradient_before_loss", list("GFCAIBD"), "the gradient before the first loss: both take seconds"),
    ),
    mistakes=_WRONG,
    properties=(Property("what comes first", _pair),),
    hints=(
        "Cheap questions that exclude much come first; nothing is tuned before the program is known to be right.",
        "Data, first loss, gradient, one batch, all data: each needs the ones before it to mean something.",
        "Two steps are not needed at all.",
    ),
    not_tested="other orders that you can defend; first loss and gradient check may change places",
)
