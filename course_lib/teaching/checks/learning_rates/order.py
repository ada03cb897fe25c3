"""Where does the scheduler step? The lines of a torch loop, and the check of order_schedule."""

from course_lib.teaching.exercises.exercise import Exercise, Mistake, Variant
from course_lib.teaching.exercises.spelling import letters_of

# Shown in this order; two lines are not needed.
LINES = {
    "A": "optimizer.step()",
    "B": "loss.backward()",
    "C": "for step in range(steps):",
    "D": "rate = rate * 0.5 if step % 10 == 0 else rate",
    "E": "scheduler.step()",
    "F": "x, y = next(batches)",
    "G": "torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)",
    "H": "loss = loss_function(model(x), y)",
    "I": "optimizer.zero_grad()",
    "J": "scheduler.step(loss)",
}
_REST = "CFHBGAE"  # all but zero_grad, which has several right places
_RIGHT = list("CFIHBGAE")


def loop_of(letters: list[str]) -> str:
    """The lines that the letters name, those after the `for` inside it."""
    depth, lines = 0, []
    for letter in letters:
        lines.append("    " * depth + LINES[letter])
        depth += LINES[letter].startswith("for ")
    return "\n".join(lines)


def _with_clearing(after: str) -> list[str]:
    place = _REST.index(after) + 1
    return [*_REST[:place], "I", *_REST[place:]]


_VARIANTS = (
    Variant("cleared_first", _with_clearing("C"), "the gradients are cleared before the batch is fetched"),
    Variant("cleared_before_backward", _with_clearing("H"), "the gradients are cleared right before backward"),
    Variant("cleared_after_step", _with_clearing("A"), "the gradients are cleared right after the update"),
    Variant("cleared_last", _with_clearing("E"), "the gradients are cleared at the end of the loop"),
)


def _mistake(id: str, letters: str, cause: str, question: str) -> Mistake:
    return Mistake(id, cause, question, list(letters))


_WRONG = (
    _mistake(
        "scheduler_first",
        "CEFIHBGA",
        "a loop in which the scheduler steps before the first update",
        "which update is made at the first rate of the schedule?",
    ),
    _mistake(
        "scheduler_before_update",
        "CFIHBGEA",
        "a loop in which the scheduler steps right before the update",
        "which update is made at the first rate of the schedule?",
    ),
    _mistake(
        "scheduler_before_backward",
        "CFIHEBGA",
        "a loop in which the scheduler steps before backward",
        "which update is made at the first rate of the schedule?",
    ),
    _mistake(
        "scheduler_outside",
        "ECFIHBGA",
        "a loop whose scheduler stands before it",
        "how often does the scheduler step, and how often must it?",
    ),
    _mistake(
        "no_scheduler",
        "CFIHBGA",
        "a loop without the scheduler",
        "which line moves the rate on?",
    ),
    _mistake(
        "clipped_after_update",
        "CFIHBAGE",
        "a loop that clips after the update",
        "which gradients has the update used?",
    ),
    _mistake(
        "clipped_before_backward",
        "CFIHGBAE",
        "a loop that clips before there are gradients",
        "which line makes the gradients that are clipped?",
    ),
    _mistake(
        "cleared_after_backward",
        "CFHBIGAE",
        "a loop that clears the gradients between backward and update",
        "which gradients are left for the update?",
    ),
    _mistake(
        "never_cleared",
        "CFHBGAE",
        "a loop that never clears the gradients",
        "what does backward do with gradients that are there already?",
    ),
    _mistake(
        "plateau_by_batch",
        "CFIHBGAJ",
        "a loop that gives the loss of a training batch to the scheduler",
        "which loss shall decide on the rate, and how noisy is this one?",
    ),
    _mistake(
        "by_modulo",
        "CDFIHBGA",
        "a loop that halves a variable by hand, at step 0 too",
        "does the optimizer ever read `rate`, and what is 0 % 10?",
    ),
    _mistake(
        "update_before_backward",
        "CFIHABGE",
        "a loop that updates before it goes backward",
        "which gradient does the very first update use?",
    ),
)

ORDER_SCHEDULE = Exercise(
    slug="order_schedule",
    title="Put a loop with a scheduler in order",
    kind="order",
    core=False,
    difficulty=2,
    minutes=8,
    reference=_RIGHT,
    observe=letters_of,
    accepted=_VARIANTS,
    mistakes=_WRONG,
    hints=(
        "The first update shall have the first rate of the schedule.",
        "Backward makes the gradients, clipping changes them, the update uses them: nothing else comes between.",
    ),
    not_tested="a schedule that counts epochs; its line stands after the loop over the batches",
)
