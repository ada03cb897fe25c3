"""A step of AdamW: its cases and its known mistakes."""

from course_lib.by_hand.optimizers import adamw_step
from course_lib.teaching.checks.optimizers.walk import Walk, step

ADAMW = step(
    "adamw",
    "AdamW: weight decay apart from the gradient",
    adamw_step,
    # Weights and a bias, and the weight of a convolution; decays so large that a wrong place shows.
    Walk((3, 2), (0.1, 0.1, 0.02, 0.3, 0.05), (0.8, 0.95, 0.05, 0.7), seed=21),
    Walk((4,), (0.2, 0.05, 0.4, 0.1), (0.5, 0.7, 0.1, 0.4), seed=22),
    Walk((1, 5), (0.3, 0.2, 0.2), (0.9, 0.8, 0.01, 0.25), seed=23),
    Walk((2, 3, 2, 2), (0.3, 0.1), (0.9, 0.8, 0.01, 0.5), seed=24),
    Walk((3, 2), (0.1, 0.3), (0.75, 0.5, 0.05, 0.5), seed=25, warm=True),
    complete=True,
    core=True,
    difficulty=2,
    minutes=15,
    right="""
    together: decay and Adam's step subtracted together, as in the paper
        if parameter.ndim > 1: ... -> own = weight_decay * (parameter.ndim > 1) * parameter
        lr * m_hat / A -> lr * (m_hat / A + own)
    with_adam: with the Adam of the exercise before
        first: old = m, v; return: adam_step(parameter, gradient, *old, t, lr, beta1, beta2, eps)
    decay_after: the decay after the step, not before it: it differs by lr * weight_decay * step
        (1 - lr * weight_decay) * parameter -> parameter
        return: (1 - lr * weight_decay * (parameter.ndim > 1)) * RESULT[0], m, v
    """,
    wrong="""
    through_moments: L2 in Adam: the decay joins the gradient and goes through m and v
        | by what is the decay divided when it is a part of the gradient?
        (1 - lr * weight_decay) * parameter -> parameter
        first: gradient = gradient + weight_decay * (parameter.ndim > 1) * parameter
    through_moments_twice: L2 in Adam with the factor 2
        | by what is the decay divided when it is a part of the gradient?
        (1 - lr * weight_decay) * parameter -> parameter
        first: gradient = gradient + 2 * weight_decay * (parameter.ndim > 1) * parameter
    divided: a decay that joins m_hat above the fraction line | by what is everything above the fraction line divided?
        (1 - lr * weight_decay) * parameter -> parameter
        lr * m_hat -> lr * (m_hat + weight_decay * (parameter.ndim > 1) * parameter)
    biases_too: a decay of biases as well | what has a bias of one axis to lose?
        parameter.ndim > 1 -> True
    biases_only: a decay of biases in place of weights | which of the two has more than one axis?
        parameter.ndim > 1 -> parameter.ndim == 1
    matrices_only: a decay of weights of two axes only | how many axes has the weight of a convolution?
        parameter.ndim > 1 -> parameter.ndim == 2
    no_decay: Adam: nothing decays | which argument has no part in your result?
        (1 - lr * weight_decay) * parameter -> parameter
    without_rate: a decay without the rate | what happens to the decay when a schedule lowers the rate?
        lr * weight_decay -> weight_decay
    rate_squared: a decay by the rate squared | how often does the rate multiply the decay?
        lr * weight_decay -> lr**2 * weight_decay
    twice: a decay of twice the strength | is the share lr * weight_decay, or the gradient of weight_decay * w^2?
        lr * weight_decay -> 2 * lr * weight_decay
    grows: weights that grow | is a share taken off, or added?
        1 - lr * weight_decay -> 1 + lr * weight_decay
    kept_share: weights of which only the share lr * weight_decay stays | which share is taken off, and which stays?
        1 - lr * weight_decay -> lr * weight_decay
    sign_only: a decay of one size for all weights (L1) | does a large weight lose more than a small one?
        (1 - lr * weight_decay) * parameter -> parameter - lr * weight_decay * np.sign(parameter)
    no_correction: AdamW without bias correction | what are m and v after the first step, if both start at zero?
        m / (1 - beta1**t) -> m; v / (1 - beta2**t) -> v
    epsilon_inside: epsilon inside the root | is epsilon added to v_hat, or to its root?
        np.sqrt(v_hat) + eps -> np.sqrt(v_hat + eps)
    decayed_moment: an m that decays with the weight | what belongs to the past gradients, and what to the weight?
        return: RESULT[0], (1 - lr * weight_decay * (parameter.ndim > 1)) * m, v
    """,
    equivalent="""
    swap: v_hat = v / (1 - beta2 ** t) <-> if parameter.ndim > 1: parameter = ( | neither uses what the other makes
    """,
    hints=(
        "Everything but one line is Adam.",
        "The weight loses the share lr * weight_decay of itself; m and v never see that.",
        "if parameter.ndim > 1: parameter = (1 - lr * weight_decay) * parameter",
    ),
    not_tested="the decay of layers such as normalization, which have one axis too and are left out",
    fade=("parameter = (1 - lr * weight_decay)",),
)
