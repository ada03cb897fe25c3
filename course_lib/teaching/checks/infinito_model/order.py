"""In which order does a segment read, attend and write? The lines, and the check of order_segment."""

from typing import Any

from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.spelling import letters_of
from course_lib.teaching.exercises.values import about_lines

# Shown in this order; two lines are not needed. Every line after the `for` stands inside the loop.
LINES = {
    "A": "total = total + loss(model.output(h), y)",
    "B": "h = h + model.read(h, memory)",
    "C": "h = h + model.read(h.mean(dim=1, keepdim=True), memory)",
    "D": "memory = model.fresh_memory(batch)",
    "E": "h = model.lower_blocks(model.embed(x))",
    "F": "for x, y in segments_of_the_stream:",
    "G": "memory = model.write(h, memory)",
    "H": "memory = model.write(model.embed(y), memory)",
    "I": "h = model.upper_blocks(h)",
    "J": "total = 0.0",
}
_RIGHT = list("JDFEBGIA")


def loop_of(letters: list[str]) -> str:
    """The lines that the letters name; those after the `for` line stand inside the loop."""
    depth, lines = 0, []
    for letter in letters:
        lines.append("    " * depth + LINES[letter])
        depth += LINES[letter].startswith("for ")
    return "\n".join(lines)


def _mistake(id: str, letters: str, cause: str, question: str) -> Mistake:
    return Mistake(id, cause, question, list(letters))


_WRONG = (
    _mistake(
        "written_first",
        "JDFEGBIA",
        "a segment that writes before it reads",
        "whose tokens does position 0 then find in the memory?",
    ),
    _mistake(
        "fresh_for_each",
        "JFDEBGIA",
        "a memory that starts fresh in every segment",
        "what has the second segment to read?",
    ),
    _mistake(
        "pooled",
        "JDFECGIA",
        "a read that the mean over all positions asks for",
        "which tokens have a part in the question of position 0?",
    ),
    _mistake("targets_written", "JDFEBHIA", "a memory that is given the targets", "which tokens is h made of?"),
    _mistake("never_written", "JDFEBIA", "a memory that nobody writes", "what has the second segment to read?"),
    _mistake("never_read", "JDFEGIA", "a memory that nobody reads", "which line lets the memory change a logit?"),
    _mistake(
        "read_too_late",
        "JDFEIABG",
        "a read after the loss",
        "does what was read reach a logit?",
    ),
    _mistake(
        "read_on_top",
        "JDFEIBGA",
        "a memory above the upper blocks",
        "between which blocks does the memory of this sheet stand?",
    ),
    _mistake(
        "read_on_top_written_last",
        "JDFEIBAG",
        "a memory above the upper blocks",
        "between which blocks does the memory of this sheet stand?",
    ),
    _mistake("loss_too_early", "JDFEBGAI", "a loss before the upper blocks", "which h should the output layer get?"),
    _mistake(
        "total_inside", "DFJEBGIA", "a sum that starts anew in every segment", "what does the loop leave in total?"
    ),
    _mistake(
        "both_inside", "FJDEBGIA", "a loop in which no segment knows another", "which two names outlive a segment?"
    ),
)
_VARIANTS = (
    Variant("memory_first", list("DJFEBGIA"), "memory and sum start in the other order"),
    Variant("written_after_upper", list("JDFEBIGA"), "the upper blocks have seen what is written"),
    Variant("written_last", list("JDFEBIAG"), "written when the segment is done"),
    Variant("memory_first_written_last", list("DJFEBIAG"), "the memory first, and written when the segment is done"),
    Variant("memory_first_after_upper", list("DJFEBIGA"), "the memory first, written after the upper blocks"),
)
_NOT_NEEDED = {
    "C": "with C one question is asked for all positions\nwhich tokens have a part in the question of position 0?",
    "H": "with H the memory is given the targets\nwhich tokens may a segment write?",
}


def _from_the_top(seen: Any, right: Any) -> str | None:
    """How far the lines agree with any of the right orders, not only with the reference."""
    if not isinstance(seen, list):
        return None
    orders = [right, *(variant.answer for variant in _VARIANTS)]
    return about_lines(seen, max(orders, key=lambda order: _agrees(seen, order))) or None


def _agrees(letters: list[Any], order: list[str]) -> int:
    same = [own == rule for own, rule in zip(letters, order, strict=False)]
    return next((place for place, fits in enumerate(same) if not fits), len(same))


def _unneeded(seen: Any, right: Any) -> str | None:
    return next((told for letter, told in _NOT_NEEDED.items() if letter in seen), None)


ORDER_SEGMENT = Exercise(
    slug="order_segment",
    title="The steps of a segment",
    kind="order",
    core=False,
    difficulty=2,
    minutes=8,
    reference=_RIGHT,
    observe=letters_of,
    accepted=_VARIANTS,
    mistakes=_WRONG,
    properties=(
        Property("no line that is not needed", _unneeded),
        Property("as far as it is right", _from_the_top),
    ),
    hints=(
        "For each line ask which names it reads, and which line makes them.",
        "What one segment writes, a later one reads: which of the two lines stands first inside the loop?",
        "Two names outlive a segment: the sum and the memory. They start before the `for`.",
    ),
    not_tested="the indentation: every line after the `for` belongs to the loop",
)
