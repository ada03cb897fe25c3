"""Step decay: its cases and its known mistakes."""

from course_lib.by_hand.schedules import step_decay_rates
from course_lib.teaching.exercises.kinds import implement

STEP_DECAY = implement(
    "step_decay",
    "Step decay, and what epoch 0 gets",
    step_decay_rates,
    minutes=8,
    # In the last case the run ends before the first decay.
    cases=((0.3, 0.5, 4, 11), (2.0, 0.1, 3, 7), (0.7, 0.8, 1, 5), (0.5, 0.25, 6, 4)),
    right="""
    in_a_loop: a loop that leaves epoch 0 alone
        factor ** (epoch // every) -> factor ** sum(k % every == 0 for k in range(1, epoch + 1))
    at_once: all epochs at once, with NumPy
        return: lr * factor ** (np.arange(epochs) // every)
    """,
    wrong="""
    fires_at_zero: a decay that fires at epoch 0 already | what is 0 % every, and what rate does epoch 0 then have?
        epoch // every -> epoch // every + 1
    one_early: a decay one epoch early | how many epochs have been trained at the first rate?
        epoch // every -> (epoch + 1) // every
    one_late: a decay one epoch late | which epoch is the first after `every` epochs, if they count from 0?
        epoch // every -> max(epoch - 1, 0) // every
    every_epoch: a decay in every epoch | how long does each rate stay the same?
        epoch // every -> epoch
    smooth: a smooth decay, without stairs | is epoch / every a whole number in every epoch?
        epoch // every -> epoch / every
    only_once: a decay that happens once | what happens at epoch 2 * every?
        epoch // every -> min(epoch // every, 1)
    multipliers: multipliers in place of rates | which rate do you get when the first argument is doubled?
        lr * A -> A
    divided: a rate divided by the factor | does the rate rise or fall with a factor below 1?
        lr * A -> lr / A
    subtracted: a decay by the same amount each time | is the rate multiplied, or is something taken off?
        factor ** A -> (1 - (1 - factor) * A)
    times_stairs: the factor times the number of stairs | what is the factor after two stairs: twice it, or its square?
        factor ** A -> (factor * A if A else 1)
    one_more: one epoch too many | how many epochs are 0 to epochs - 1?
        range(epochs) -> range(epochs + 1)
    compounded: a decay of what was decayed already | is `rate` in your loop still the first rate?
        epoch // every -> sum(k // every for k in range(epoch + 1))
    """,
    hints=(
        "Write down by hand the rates of the first 7 epochs for every = 3.",
        "How often has the rate been multiplied by the factor before epoch e? That number is a whole division.",
        "A closed form, lr * factor ** (...), has no state that could go wrong.",
    ),
    not_tested="factors above 1, every = 0",
)
