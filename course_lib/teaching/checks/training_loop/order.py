"""The order of a training loop: its lines and the known mistakes."""

from typing import Any

from course_lib.teaching.exercises.kinds import Property, lettered, loop_in, order

# Shown in this order; two lines are not needed.
LINES = lettered("""
    A  _, weight_gradient, bias_gradient = linear_backward(x[rows], weight, gradient)
    B  rows = order[start : start + batch_size]
    C  weight, bias = weight + rate * weight_gradient, bias + rate * bias_gradient
    D  for epoch in range(epochs):
    E  logits = linear_forward(x[rows], weight, bias)
    F  weight, bias = weight - rate * weight_gradient, bias - rate * bias_gradient
    G  order = rng.permutation(len(x))
    H  rows = rng.integers(0, len(x), batch_size)
    I  total, count, gradient = softmax_cross_entropy(logits, labels[rows])
    J  for start in range(0, len(x), batch_size):
""")
# Which names a line reads that another line makes, and which it makes.
_READS = {"A": "gradient rows", "B": "order start", "C": "weight_gradient", "E": "rows", "F": "weight_gradient",
          "I": "logits rows"}  # fmt: skip
_MAKES = {"A": "weight_gradient", "B": "rows", "E": "logits", "G": "order", "H": "rows", "I": "gradient", "J": "start"}
loop_of = loop_in(LINES)


def _names(seen: Any, right: Any) -> str | None:
    """The first line that reads what no line above it makes."""
    made: set[str] = set()
    if not isinstance(seen, list) or not all(letter in LINES for letter in seen):
        return None
    for letter in seen:
        missing = sorted(set(_READS.get(letter, "").split()) - made)
        if missing:
            return f"line {letter} reads {' and '.join(missing)}, which no line above it in your list makes"
        made |= set(_MAKES.get(letter, "").split())
    return f"line {seen[0]} stands outside every loop: shall it run only once?" if seen[:1] != right[:1] else None


ORDER_TRAINING_STEP = order(
    "order_training_step: Put a training loop in order",
    LINES,
    "DGJBEIAF",
    wrong="""
    update_before_backward: a loop that updates before it goes backward | which gradient does the very first update use?
        DGJBEIFA
    update_first [DGJBFEIA]: a loop that updates at the start of each batch
        | which batch do the gradients come from that the update uses?
    shuffled_once [GDJBEIAF]: a loop that shuffles once, before all epochs | is the order of epoch 2 a new one?
    shuffled_per_batch [DJGBEIAF]: a loop that shuffles anew before every batch
        | can two batches of one epoch then hold the same row?
    backward_before_loss [DGJBEAIF]: a loop that goes backward before there is a loss
        | which line makes the `gradient` that goes backward?
    loss_before_forward [DGJBIEAF]: a loop that takes the loss before the forward pass
        | which line makes the `logits` that the loss reads?
    backward_before_forward [DGJBAEIF]: a loop that starts with the backward pass
        | what must be known before a gradient can go backward?
    loops_swapped [JDGBEIAF]: a loop over batches around the loop over epochs
        | after how many rows has the first epoch seen all data?
    rows_before_loop: a loop that chooses the rows before `start` is there | which line gives `start` its value?
        DGBJEIAF
    forward_once: a loop with one forward pass per epoch | do the outputs stay the same while weight and bias change?
        DGBEJIAF
    with_replacement: a loop that draws each batch anew, with replacement | does every row come up once per epoch?
        DGJHEIAF
    drawn_without_order [DJHEIAF]: a loop that draws each batch anew, without a shuffled order
        | does every row come up once per epoch?
    uphill [DGJBEIAC]: a loop that goes up the gradient | does the loss grow or fall along the gradient?
    not_shuffled [DJBEIAF]: a loop that never makes the order | which line gives `order` its value?
    """,
    unwanted={
        "C": "think about line C: does the loss fall along + gradient?",
        "H": "think about line H: does every row come up once per epoch?",
    },
    properties=(Property("every name is made before it is read", _names),),
    hints="""
    For each line ask which names it reads, and which line makes them.
    The order is made anew in every epoch, the rows in every batch.
    Within a batch: rows, forward, loss, backward, update.
    """,
    not_tested="the indentation: every line belongs to the loop that was opened last before it",
)
