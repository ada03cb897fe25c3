"""The order of a loop with a scheduler: its lines and the known mistakes."""

from course_lib.teaching.exercises.kinds import lettered, loop_in, order

# Shown in this order; two lines are not needed.
LINES = lettered("""
    A  optimizer.step()
    B  loss.backward()
    C  for step in range(steps):
    D  rate = rate * 0.5 if step % 10 == 0 else rate
    E  scheduler.step()
    F  x, y = next(batches)
    G  torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    H  loss = loss_function(model(x), y)
    I  optimizer.zero_grad()
    J  scheduler.step(loss)
""")
_FIRST_RATE = "which update is made at the first rate of the schedule?"
_BATCH_LOSS = "which loss shall decide on the rate, and how noisy is this one?"
_BY_HAND = "does the optimizer ever read `rate`, and what is 0 % 10?"
loop_of = loop_in(LINES)
ORDER_SCHEDULE = order(
    "order_schedule: Put a loop with a scheduler in order | difficulty 2, 8 minutes",
    LINES,
    "CFIHBGAE",
    also="""
    cleared_first [CIFHBGAE]: the gradients are cleared before the batch is fetched
    cleared_before_backward [CFHIBGAE]: the gradients are cleared right before backward
    cleared_after_step [CFHBGAIE]: the gradients are cleared right after the update
    cleared_last [CFHBGAEI]: the gradients are cleared at the end of the loop
    """,
    wrong=f"""
    scheduler_first [CEFIHBGA]: a loop in which the scheduler steps before the first update | {_FIRST_RATE}
    scheduler_before_update [CFIHBGEA]: a loop in which the scheduler steps right before the update | {_FIRST_RATE}
    scheduler_before_backward [CFIHEBGA]: a loop in which the scheduler steps before backward | {_FIRST_RATE}
    scheduler_outside [ECFIHBGA]: a loop whose scheduler stands before it
        | how often does the scheduler step, and how often must it?
    no_scheduler [CFIHBGA]: a loop without the scheduler | which line moves the rate on?
    clipped_after_update [CFIHBAGE]: a loop that clips after the update | which gradients has the update used?
    clipped_before_backward [CFIHGBAE]: a loop that clips before there are gradients
        | which line makes the gradients that are clipped?
    cleared_after_backward [CFHBIGAE]: a loop that clears the gradients between backward and update
        | which gradients are left for the update?
    never_cleared: a loop that never clears the gradients | what does backward do with gradients that are there already?
        CFHBGAE
    plateau_by_batch [CFIHBGAJ]: a loop that gives the loss of a training batch to the scheduler | {_BATCH_LOSS}
    by_modulo [CDFIHBGA]: a loop that halves a variable by hand, at step 0 too | {_BY_HAND}
    update_before_backward: a loop that updates before it goes backward | which gradient does the very first update use?
        CFIHABGE
    """,
    unwanted={"J": _BATCH_LOSS, "D": _BY_HAND},
    rules=f"""
    C EFHIBGA: how often shall line {{}} run: once, or at every step?
    F H: H reads `x` and `y`: which line makes them?
    H B: B goes backward from `loss`: which line makes it?
    B A: which gradient does the very first update use?
    B G: which line makes the gradients that are clipped?
    G A: which gradients has the update used?
    B I A: which gradients are left for the update?
    A E: {_FIRST_RATE}
    """,
    hints="""
    The first update shall have the first rate of the schedule.
    Backward makes the gradients, clipping changes them, the update uses them: nothing else comes between.
    """,
    not_tested="a schedule that counts epochs; its line stands after the loop over the batches",
)
