"""In which order does torch train? The lines to be ordered, and the check of order_torch_loop."""

from course_lib.teaching.exercises.exercise import Exercise, Mistake, Variant
from course_lib.teaching.exercises.spelling import letters_of

# Shown in this order; two lines are not needed.
LINES = {
    "A": "optimizer.step()",
    "B": "gradients = backprop(loss)",
    "C": "for rows in batches(len(x), batch_size, seed=seed, epoch=epoch):",
    "D": "loss.backward()",
    "E": "optimizer.step(gradients)",
    "F": "optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)",
    "G": "loss = cross_entropy(logits, y[rows])",
    "H": "optimizer.zero_grad()",
    "I": "for epoch in range(epochs):",
    "J": "logits = model(x[rows])",
}
_RIGHT = list("FICJGHDA")


def loop_of(letters: list[str]) -> str:
    """The lines that the letters name, each inside the loop that was opened last before it."""
    depth, lines = 0, []
    for letter in letters:
        lines.append("    " * depth + LINES[letter])
        depth += LINES[letter].startswith("for ")
    return "\n".join(lines)


_ACCEPTED = (
    Variant("cleared_before_forward", list("FICHJGDA"), "zero_grad before the forward pass: between two backwards"),
    Variant("cleared_before_loss", list("FICJHGDA"), "zero_grad between forward and loss: between two backwards"),
    Variant("cleared_after_step", list("FICJGDAH"), "zero_grad at the end: the next backward finds no gradients"),
)


def _mistake(id: str, letters: str, cause: str, question: str) -> Mistake:
    return Mistake(id, cause, question, list(letters))


_WRONG = (
    _mistake(
        "never_cleared",
        "FICJGDA",
        "a loop that never clears the gradients",
        "backward adds to what is there: what does step 2 use?",
    ),
    _mistake(
        "cleared_per_epoch",
        "FIHCJGDA",
        "a loop that clears the gradients once per epoch",
        "backward adds to what is there: what does batch 2 use?",
    ),
    _mistake(
        "cleared_before_step",
        "FICJGDHA",
        "a loop that clears the gradients between backward and step",
        "which gradients are left for the step?",
    ),
    _mistake(
        "step_first",
        "FICJGHAD",
        "a loop that steps before it goes backward",
        "where does the step find its gradients?",
    ),
    _mistake(
        "new_each_batch",
        "ICFJGHDA",
        "a loop with a new optimizer in every batch",
        "what are m, v and t at the start of each step?",
    ),
    _mistake(
        "new_each_epoch",
        "IFCJGHDA",
        "a loop with a new optimizer in every epoch",
        "what are m, v and t at the start of epoch 2?",
    ),
    _mistake(
        "pseudo_code",
        "FICJGBE",
        "the pseudo-code of our source, which torch does not run",
        "where does backward of torch leave the gradients?",
    ),
    _mistake(
        "step_with_argument",
        "FICJGHDE",
        "a step that is handed gradients that nobody made",
        "which line makes the name `gradients`?",
    ),
    _mistake(
        "both_backwards",
        "FICJGHDBE",
        "a loop with torch's backward and the pseudo-code after it",
        "does torch have a function that returns all gradients as `backprop` does?",
    ),
    _mistake(
        "loss_before_forward",
        "FICGJHDA",
        "a loop that takes the loss before the forward pass",
        "which line makes the `logits` that the loss reads?",
    ),
    _mistake(
        "backward_before_loss",
        "FICJHDGA",
        "a loop that goes backward before there is a loss",
        "which line makes the `loss` that goes backward?",
    ),
    _mistake(
        "loops_swapped",
        "FCIJGHDA",
        "a loop over epochs inside the loop over batches",
        "which line gives `epoch` its value?",
    ),
)

ORDER_TORCH_LOOP = Exercise(
    slug="order_torch_loop",
    title="Put a torch training loop in order",
    kind="order",
    core=False,
    difficulty=1,
    minutes=10,
    reference=_RIGHT,
    observe=letters_of,
    accepted=_ACCEPTED,
    mistakes=_WRONG,
    hints=(
        "The optimizer is its state: how long must it live?",
        "backward ADDS to the gradients that the parameters hold; step reads them and takes no argument.",
        "zero_grad may stand in more than one place; not between backward and step.",
    ),
    not_tested="the indentation: every line belongs to the loop that was opened last before it",
)
