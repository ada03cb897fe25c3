"""Steps of optimizers: the walks that each is let make, and the known mistakes."""

from course_lib.by_hand.optimizers import adam_step, adamw_step, momentum_step, nesterov_step, rmsprop_step
from course_lib.teaching.checks.optimizers.walk import Walk, step

CASES = (
    Walk((3, 2), (0.1, 0.1, 0.02, 0.02, 0.3, 0.05), (0.9,), seed=1),
    Walk((5,), (0.2, 0.05, 0.05, 0.4), (0.6,), seed=2),
    Walk((3, 2), (0.1, 0.3), (0.75,), seed=3, warm=True),
)

MOMENTUM = step(
    "momentum: Momentum | core, 10 minutes",
    momentum_step,
    *CASES,
    right="""
    change_first: the change is computed first, then the velocity
        velocity = A -> change = -lr * gradient; velocity = velocity * momentum + change
    on_copies: on copies, in place
        velocity = A -> velocity = velocity.copy(); velocity *= momentum; velocity -= lr * gradient
        return A -> parameter = parameter.copy(); parameter += velocity; return [parameter, velocity]
    """,
    wrong="""
    uphill: a velocity that goes up the gradient | with which sign does the gradient enter the velocity?
        momentum * velocity - A -> momentum * velocity + A
    subtracted: a right velocity that is subtracted | the velocity holds minus rate times gradient: what is added?
        parameter + velocity -> parameter - velocity
    rate_outside: momentum with the rate outside of the velocity, as torch keeps it
        | what does an old gradient weigh after the rate has changed?
        momentum * velocity - lr * gradient -> momentum * velocity + gradient
        parameter + velocity -> parameter - lr * velocity
    rate_twice: a rate that counts twice | the velocity has the rate in it: what is left for the parameter?
        parameter + velocity -> parameter + lr * velocity
    rate_missing: momentum without the rate | which argument has no part in your result?
        lr * gradient -> gradient
    damped: a velocity whose gradient is damped by 1 - momentum
        | does the formula take a mean of the gradients, or their sum?
        lr * gradient -> (1 - momentum) * lr * gradient
    momentum_on_all: momentum multiplied by the gradient too | what does momentum multiply: the past, or all of it?
        momentum * velocity - A -> momentum * (velocity - A)
    complement: 1 - momentum in place of momentum | momentum 0.9: how much of the old velocity stays?
        momentum * velocity -> (1 - momentum) * velocity
    memoryless: plain gradient descent: the old velocity is not used | what is left of the step before?
        momentum * velocity - A -> -A
    old_velocity: a step with the old velocity | which velocity moves the parameter, the one before or after the update?
        first: old = velocity; parameter + velocity -> parameter + old
    state_lost: a right step that returns the old velocity | what will the next step find as its velocity?
        first: old = velocity; return: RESULT[0], old
    undamped: a velocity that is never slowed down | which factor does the old velocity get?
        momentum * velocity -> velocity
    shared: one velocity shared by all entries | how many velocities has a parameter of six entries?
        lr * gradient -> lr * np.full_like(gradient, gradient.mean())
    nesterov: Nesterov's step | by what does the parameter move: the new velocity, or a look ahead of it?
        parameter + velocity -> parameter + momentum * velocity - lr * gradient
    gradient_twice: the gradient subtracted once more | is the gradient not in the velocity already?
        parameter + velocity -> parameter + velocity - lr * gradient
    swapped: the right two results in another order | in which order does the docstring list them?
        return: velocity, parameter + velocity
    """,
    hints="""
    Two lines: first the velocity changes, then the parameter moves by it.
    The old velocity is multiplied by momentum; rate times gradient is subtracted from that.
    Return both: the next step needs the velocity.
    """,
    not_tested="numbers in place of arrays, and float32",
    fade=("velocity = ",),
)

NESTEROV = step(
    "nesterov: Nesterov momentum | difficulty 2, 10 minutes",
    nesterov_step,
    *CASES,
    complete=True,
    right="""
    with_old_velocity: the same step, written with the old velocity: mu^2 v - (1 + mu) eta g
        first: old = velocity
        parameter + A - change -> parameter + momentum**2 * old - (1 + momentum) * lr * gradient
    with_both_velocities: the same step, written with both velocities: (1 + mu) v_new - mu v_old
        first: old = velocity; parameter + A - change -> parameter + (1 + momentum) * velocity - momentum * old
    """,
    wrong="""
    plain_momentum: the step of plain momentum, a look ahead with the old velocity
        | which velocity looks ahead, old or new?
        parameter + A - change -> parameter + velocity
    gradient_forgotten: a look ahead without the gradient | momentum times velocity, and what else moves the parameter?
        parameter + A - change -> parameter + A
    velocity_not_scaled: the whole velocity added, and the gradient once more | what share of the velocity is added?
        parameter + A - change -> parameter + velocity - change
    change_added: the gradient added in place of subtracted | does the change go up or down the gradient?
        parameter + A - change -> parameter + A + change
    uphill: a velocity that goes up the gradient | with which sign does the gradient enter the velocity?
        momentum * velocity - change -> momentum * velocity + change
    rate_outside: Nesterov with the rate outside of the velocity, as torch keeps it
        | what does an old gradient weigh after the rate has changed?
        parameter + A - change -> parameter - lr * (gradient + A)
        momentum * velocity - change -> momentum * velocity + gradient
    step_kept: a right step that keeps the step as its velocity | is the step the velocity, here?
        return: RESULT[0], RESULT[0] - parameter
    state_lost: a right step that returns the old velocity | what will the next step find as its velocity?
        first: old = velocity; return: RESULT[0], old
    """,
    hints="""
    The velocity changes exactly as in momentum.
    The parameter makes the step that momentum would make next if the gradient were the same again.
    momentum * velocity - change, with the new velocity.
    """,
    not_tested="the form in which the gradient is taken at another point than the parameter",
    fade=("velocity = momentum", "return parameter"),
)

RMSPROP = step(
    "rmsprop: RMSProp | difficulty 2, 10 minutes",
    rmsprop_step,
    # A large epsilon beside small gradients: it shows whether it stands inside or outside of the root.
    Walk((3, 2), (0.1, 0.1, 0.02, 0.3, 0.05), (0.9, 0.2), seed=5),
    Walk((4,), (0.2, 0.05, 0.4), (0.6, 0.05), seed=6),
    Walk((3, 2), (0.1, 0.3), (0.75, 0.1), seed=7, warm=True),
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
    hints="""
    A running mean: alpha times the old one plus (1 - alpha) times the new value.
    The new value is gradient squared, entry by entry; the step uses the mean after this update.
    Divide by np.sqrt(squares) + eps: eps stands outside of the root.
    """,
    not_tested="the variants with momentum or with a centred mean",
    fade=("squares = alpha",),
)

ADAM = step(
    "adam: Adam | core, difficulty 2, 20 minutes",
    adam_step,
    # epsilon is large beside the small gradients, so that its place shows; betas are small, so that t shows.
    Walk((3, 2), (0.1, 0.1, 0.02, 0.3, 0.05, 0.05), (0.8, 0.95, 0.05), seed=11),
    Walk((4,), (0.2, 0.05, 0.4, 0.1), (0.5, 0.7, 0.3), seed=12),
    Walk((3, 2), (0.1, 0.3), (0.8, 0.95, 0.05), seed=13, warm=True),
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
    hints="""
    Two running means, as in RMSProp: m of the gradient with beta1, v of its square with beta2.
    After t steps from zero the weights of a mean sum to 1 - beta**t: divide by that for the step only.
    Return m and v as they are, not corrected: the next step corrects them with its own t.
    """,
    not_tested="t that does not grow by one, and float32",
    fade=("m_hat = ", "v_hat = "),
)

ADAMW = step(
    "adamw: AdamW: weight decay apart from the gradient | core, difficulty 2, 15 minutes",
    adamw_step,
    # Weights and a bias, and the weight of a convolution; decays so large that a wrong place shows.
    Walk((3, 2), (0.1, 0.1, 0.02, 0.3, 0.05), (0.8, 0.95, 0.05, 0.7), seed=21),
    Walk((4,), (0.2, 0.05, 0.4, 0.1), (0.5, 0.7, 0.1, 0.4), seed=22),
    Walk((1, 5), (0.3, 0.2, 0.2), (0.9, 0.8, 0.01, 0.25), seed=23),
    Walk((2, 3, 2, 2), (0.3, 0.1), (0.9, 0.8, 0.01, 0.5), seed=24),
    Walk((3, 2), (0.1, 0.3), (0.75, 0.5, 0.05, 0.5), seed=25, warm=True),
    complete=True,
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
    hints="""
    Everything but one line is Adam.
    The weight loses the share lr * weight_decay of itself; m and v never see that.
    if parameter.ndim > 1: parameter = (1 - lr * weight_decay) * parameter
    """,
    not_tested="the decay of layers such as normalization, which have one axis too and are left out",
    fade=("parameter = (1 - lr * weight_decay)",),
)
