"""A step of RMSProp: its cases and its known mistakes."""

from course_lib.by_hand.optimizers import rmsprop_step
from course_lib.teaching.checks.optimizers.walk import Walk, step

RMSPROP = step(
    "rmsprop",
    "RMSProp",
    rmsprop_step,
    # A large epsilon beside small gradients: it shows whether it stands inside or outside of the root.
    Walk((3, 2), (0.1, 0.1, 0.02, 0.3, 0.05), (0.9, 0.2), seed=5),
    Walk((4,), (0.2, 0.05, 0.4), (0.6, 0.05), seed=6),
    Walk((3, 2), (0.1, 0.3), (0.75, 0.1), seed=7, warm=True),
    difficulty=2,
    right="""
    towards: the running mean as a step towards gradient squared
        squares = A -> squares = squares + (1 - alpha) * (gradient * gradient - squares)
        lr * gradient / (np.sqrt(squares) + eps) -> lr / (squares**0.5 + eps) * gradient
    """,
    wrong="""
    epsilon_inside: epsilon inside the root | is epsilon added to the mean of squares, or to its root?
        np.sqrt(squares) + eps -> np.sqrt(squares + eps)
    epsilon_missing: a step without epsilon | what happens where the gradient is zero from the start?
        np.sqrt(squares) + eps -> np.sqrt(squares)
    no_root: a division by the mean of squares, not by its root | which unit has gradient / gradient squared?
        np.sqrt(squares) -> squares
    not_a_mean: a sum of squares that lacks the factor 1 - alpha | do the weights of a mean sum to one?
        (1 - alpha) * gradient**2 -> gradient**2
    exchanged: alpha and 1 - alpha exchanged | alpha 0.9: how much of the old mean stays?
        alpha * squares + (1 - alpha) * A -> (1 - alpha) * squares + alpha * A
    old_squares: a division by the old squares | what are the squares before the first step?
        first: old = squares; np.sqrt(squares) -> np.sqrt(old)
    not_squared: a mean of the gradients, not of their squares | what cancels in a mean of gradients of both signs?
        gradient**2 -> np.abs(gradient); np.sqrt(squares) -> squares
    one_for_all: one mean of squares for all entries | does a small entry have the same size as a large one?
        gradient**2 -> np.full_like(gradient, np.mean(gradient**2))
    uphill: a step up the gradient | does the loss grow or fall along the gradient?
        parameter - A -> parameter + A
    adagrad: AdaGrad: squares that are summed for ever | what makes an old square count less?
        squares = A -> squares = squares + gradient**2
    state_lost: a right step that returns the old squares | what will the next step find as its squares?
        first: old = squares; return: RESULT[0], old
    """,
    hints=(
        "A running mean: alpha times the old one plus (1 - alpha) times the new value.",
        "The new value is gradient squared, entry by entry; the step uses the mean after this update.",
        "Divide by np.sqrt(squares) + eps: eps stands outside of the root.",
    ),
    not_tested="the variants with momentum or with a centred mean",
    fade=("squares = alpha",),
)
