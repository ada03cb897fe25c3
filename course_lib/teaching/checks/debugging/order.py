"""The order in which the causes of a bad training are excluded: its steps and the known mistakes."""

from course_lib.teaching.exercises.kinds import lettered, order

STEPS = lettered("""
    A  train on one batch of sixteen samples until its loss is almost zero
    B  try several rates and compare them on the validation part, over five seeds
    C  compare the first loss, before any step, with ln k
    D  open the test part and report its accuracy
    E  raise the rate tenfold and see whether the loss falls
    F  compare backward with central differences in float64
    G  look at twenty samples with their labels, as the network gets them
    H  choose the epoch with the best test accuracy
    I  train on all training data; is validation better than chance?
""")
_RAISED = "what have you learned if the loss still does not fall?"
_CHOSEN = "what does the test part say after it has chosen?"
_GRADIENT = "if the batch is not learned, would you know whether the gradient is right?"

ORDER_DEBUGGING = order(
    "order_debugging: Put the questions in order",
    STEPS,
    "GCFAIBD",
    also="""
    gradient_before_loss [GFCAIBD]: the gradient before the first loss: both take seconds
    gradient_first [FGCAIBD]: the gradient before all else: it needs no data
    """,
    wrong=f"""
    rate_first [EGCFAIBD]: an order that starts by raising the rate | {_RAISED}
    rate_after_data [GECFAIBD]: an order that raises the rate before any test | {_RAISED}
    rate_at_the_end [GCFAIEBD]: an order that raises the rate without comparing | {_RAISED}
    test_chooses [GCFAIBHD]: an order in which the test part chooses the epoch | {_CHOSEN}
    test_first [GCFAIDB]: an order that tunes after the test part was opened
        | what does a test part say to which you go back after every change?
    tuned_first [GBCFAID]: an order that tunes the rate before it tests the program
        | is a rate worth tuning in a program whose gradient may be wrong?
    all_data_first [GICFABD]: an order that trains on all data first
        | which takes longer: an epoch, or comparing one number with ln k?
    batch_before_gradient [GCAFIBD]: an order that learns a batch before it checks the gradient | {_GRADIENT}
    data_last: an order that looks at the data when all is over | which faults of the data do all other tests pass over?
        CFAIBDG
    batch_after_all [GCFIABD]: an order that learns one batch after all data
        | what does a batch tell that a whole training has not told already?
    """,
    unwanted={"E": f"think about step E: {_RAISED}", "H": f"think about step H: {_CHOSEN}"},
    rules=f"""
    G C: C before G: which is the cheaper look: at the data, or at a number that they make?
    C A: A before C: which of the two needs no training at all?
    F A: A before F: {_GRADIENT}
    A I: I before A: if all data do not help, would you know whether the network can learn anything?
    I B: B before I: is a rate worth tuning in a program that does no better than chance?
    B D: D before B: which part of the data may take part in a choice?
    """,
    hints="""
    Cheap questions that exclude much come first; nothing is tuned before the program is known to be right.
    Data, first loss, gradient, one batch, all data: each needs the ones before it to mean something.
    Two steps are not needed at all.
    """,
    not_tested="other orders that you can defend; first loss and gradient check may change places",
)
