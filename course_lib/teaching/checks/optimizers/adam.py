"""Adam: its cases and its known mistakes."""

from course_lib.by_hand.optimizers import adam_step
from course_lib.teaching.checks.optimizers.walk import Walk, step

ADAM = step(
    "adam",
    "Adam",
    adam_step,
    # epsilon is large beside the small gradients, so that its place shows; betas are small, so that t shows.
    Walk((3, 2), (0.1, 0.1, 0.02, 0.3, 0.05, 0.05), (0.8, 0.95, 0.05), seed=11),
    Walk((4,), (0.2, 0.05, 0.4, 0.1), (0.5, 0.7, 0.3), seed=12),
    Walk((3, 2), (0.1, 0.3), (0.8, 0.95, 0.05), seed=13, warm=True),
    core=True,
    difficulty=2,
    minutes=20,
    right="""
    folded: the corrections folded into the rate and into epsilon
        every 1 - beta2**t -> np.sqrt(1 - beta2**t); m_hat = A -> size = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
        drop: v_hat = A; A / (np.sqrt(v_hat) + eps) -> size * m / (np.sqrt(v) + eps * np.sqrt(1 - beta2**t))
    on_copies: on copies, in place
        m = A -> m = m.copy(); m += (1 - beta1) * (gradient - m)
        v = A -> v = v.copy(); v += (1 - beta2) * (np.square(gradient) - v)
    epsilon_before_correction: epsilon before the correction, the short form of the paper;
        | it differs where gradients are tiny
        np.sqrt(v_hat) + eps -> (np.sqrt(v) + eps) / np.sqrt(1 - beta2**t)
    """,
    wrong="""
    no_correction: Adam without bias correction | what are m and v after the first step, if both start at zero?
        m / (1 - beta1**t) -> m; v / (1 - beta2**t) -> v
    only_m: Adam that corrects m only | which of the two means starts at zero?
        v / (1 - beta2**t) -> v
    only_v: Adam that corrects v only | which of the two means starts at zero?
        m / (1 - beta1**t) -> m
    power_missing: a correction by 1 - beta at every step | what do the weights of the mean sum to after t steps?
        every B**t -> B
    t_plus_one: a correction with t + 1 | t is 1 at the first step: which power is right there?
        every B**t -> B**(t + 1)
    corrected_kept: corrected moments that are kept as m and v | what is corrected again at the next step?
        return: RESULT[0], m_hat, v_hat
    epsilon_inside: epsilon inside the root | is epsilon added to v_hat, or to its root?
        np.sqrt(v_hat) + eps -> np.sqrt(v_hat + eps)
    epsilon_missing: a step without epsilon | which argument has no part in your result?
        np.sqrt(v_hat) + eps -> np.sqrt(v_hat)
    no_root: a division by v_hat, not by its root | which unit has gradient / gradient squared?
        np.sqrt(v_hat) -> v_hat
    exchanged: beta1 and beta2 exchanged | which of the two means has the longer memory?
        beta1 <-> beta2
    complement: beta and 1 - beta exchanged | beta 0.9: how much of the old mean stays?
        beta1 * m + A * B -> (1 - beta1) * m + beta1 * B; beta2 * v + A * B -> (1 - beta2) * v + beta2 * B
    summed: an m that sums gradients without 1 - beta1 | do the weights of a mean sum to one?
        (1 - beta1) * gradient -> gradient
    square_of_m: a v that averages m squared | whose square does v average?
        gradient**2 -> m**2
    gradient_for_m: a step by the gradient in place of m | what is m kept for?
        lr * m_hat -> lr * gradient
    one_for_all: one v for all entries | does every entry have a gradient of the same size?
        gradient**2 -> np.full_like(gradient, np.mean(gradient**2))
    uphill: a step up the gradient | does the loss grow or fall along the gradient?
        parameter - A -> parameter + A
    state_lost: a right step that returns the old m and v | what will the next step find as its means?
        first: old = m, v; return: RESULT[0], *old
    """,
    hints=(
        "Two running means, as in RMSProp: m of the gradient with beta1, v of its square with beta2.",
        "After t steps from zero the weights of a mean sum to 1 - beta**t: divide by that for the step only.",
        "Return m and v as they are, not corrected: the next step corrects them with its own t.",
    ),
    not_tested="t that does not grow by one, and float32",
    fade=("m_hat = ", "v_hat = "),
)
