"""Six learning curves: the key to the runs and the known readings."""

from course_lib.teaching.exercises.kinds import find

IDEAL, UNDERFIT, OVERFIT, LEARNING = WORDS = ("ideal", "underfit", "overfit", "still learning")
# What the rule of the lesson says of these runs; a test runs them and holds this key to it.
KEY = {"A": LEARNING, "B": OVERFIT, "C": IDEAL, "D": UNDERFIT, "E": IDEAL, "F": OVERFIT}

READ_LEARNING_CURVES = find(
    "read_learning_curves: Read six learning curves | difficulty 2, 10 minutes",
    KEY,
    words=WORDS,
    ask={
        OVERFIT: "is the gap at the end wide, or has its validation loss risen above its lowest value?",
        UNDERFIT: "does its training loss stay high, and has it stopped falling?",
        LEARNING: "by how much does its training loss fall over the last five epochs?",
        IDEAL: "follow both of its curves to the end: high or low, near or far from each other, up or down?",
    },
    synonyms={
        OVERFIT: ("overfitted", "over fit", "over fitting", "overfits"),
        UNDERFIT: ("underfitted", "under fit", "under fitting", "underfits"),
        IDEAL: ("good", "good fit", "well fitted", "just right", "ideal fit"),
        LEARNING: ("learning", "still improving", "still training", "not finished"),
    },
    wrong="""
    names_exchanged: the right reading with the names overfit and underfit exchanged
        | which of the two knows its training data too well?
        B = underfit; D = overfit; F = underfit
    learning_is_underfit [A = underfit]: a reading that takes a high loss for underfit, even where it still falls
        | what would the run with the steepest end do if it went on?
    underfit_is_learning: a reading that takes a high loss for still learning, even where it is flat
        | by how much does the highest training loss fall over the last five epochs?
        D = still learning
    high_ones_exchanged [A = underfit; D = still learning]: a reading that exchanges underfit and still learning
        | which of the two high runs has come to rest?
    training_only [B = ideal; F = ideal]: a reading of the training loss alone
        | which curve shows what the network does with data that it never trained on?
    any_gap [C = overfit]: a reading that takes every gap between the curves for overfit
        | is a validation loss that is low and does not rise a reason to stop?
    rise_only [B = ideal]: a reading in which only a rising validation loss is overfit
        | what does the widest gap of all say, even though that curve does not rise?
    rise_ignored [F = ideal]: a reading in which a rising validation loss is no trouble
        | in which run would you have done better to stop early?
    rising_is_learning [F = still learning]: a reading in which a run whose training loss falls is still learning,
        | whatever its validation loss does | what is gained by going on while the validation loss rises?
    crossed_is_odd [E = underfit]: a reading that finds fault with a validation loss below the training loss
        | when is each of the two losses measured, and is dropout on then?
    """,
    hints="""
    Ask in this order: overfit, then still learning, then underfit. What is left is ideal.
    2.3 is the loss of ten equal probabilities. A training loss above a quarter of it is high.
    Training losses of an epoch are measured while the network changes, and with dropout on.
    """,
    not_tested="borderline runs: the limits of the rule are a choice",
)
