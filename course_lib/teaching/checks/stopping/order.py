"""The order of a loop with early stopping: its lines and the known mistakes."""

from functools import partial

from course_lib.teaching.exercises.kinds import lettered, order
from course_lib.teaching.exercises.run_order import program_of

# Shown in this order, indented as they stand in the loop; three lines are not needed.
LINES = lettered("""
    A      if bad_epochs >= patience:
    B          best, bad_epochs, kept = value, 0, model.parameters.copy()
    C  model.parameters[:] = kept
    D      value = evaluate(model, validation)['loss']
    E          bad_epochs += 1
    F  for epoch in range(1, epochs + 1):
    G      value = evaluate(model, test)['loss']
    H          break
    I      if value < best:
    J          best, bad_epochs, kept = value, 0, model.parameters
    K      train_one_epoch(model, train)
    L      else:
    M          bad_epochs = 0
""")
loop_of = partial(program_of, LINES)
ORDER_EARLY_STOPPING = order(
    "order_early_stopping: Put a loop with early stopping in order | 8 minutes",
    LINES,
    "FKDIBLEAHC",
    wrong="""
    no_restore [FKDIBLEAH]: a loop that never restores | whose weights are in the model at the end?
    alias [FKDIJLEAHC]: a loop that keeps the array itself | is model.parameters a copy?
    on_test [FKGIBLEAHC]: a loop that stops by the test part | what will say how good the result is?
    test_first [FAHKDIBLEC]: a loop that tests the counter before it trains
        | is the epoch that filled the counter the last one trained?
    validated_first: a loop that validates before it trains | do `value` and the kept weights belong to the same state?
        FDKIBLEAHC
    branches_exchanged: a loop with its branches exchanged | what happens on improvement: one more, or a reset?
        FKDIELBAHC
    reset_otherwise [FKDIBLMAHC]: a loop that resets the counter in both branches | which line makes the counter grow?
    restored_before_break [FKDIBLEACH]: a loop in which the restore stands between `if` and `break`
        | what are the lines that belong to the `if`?
    restored_each_epoch [FCKDIBLEAH]: a loop that puts the best weights back before every epoch
        | can the model still get past a bad epoch?
    """,
    hints="""
    Train, measure, compare, count, test: in this order, once per epoch.
    Two of the lines save weights. One of them saves a name.
    Restoring stands after the loop, not indented, so that it happens however the loop ended.
    """,
    not_tested="other loops that would do the same with other lines",
)
