"""Faults in five runs: the key to them, and the known readings."""

from course_lib.teaching.exercises.kinds import find

DECAY, FINE, SCALE = "decay too strong", "nothing wrong", "dropout not rescaled"
LABELS, MODE = "labels shuffled", "dropout on at evaluation"
KEY = {"A": DECAY, "B": FINE, "C": SCALE, "D": LABELS, "E": MODE}  # a test reads the runs and holds this key to it

FIND_FAULT = find(
    "find_regularization_fault: Find the fault in five runs | difficulty 2, 10 minutes",
    KEY,
    words=(DECAY, FINE, SCALE, LABELS, MODE),
    synonyms={
        DECAY: ("weight decay too strong", "too much decay", "too much weight decay", "decay too large"),
        FINE: ("ok", "okay", "fine", "sound", "healthy", "nothing", "none"),
        SCALE: ("dropout not scaled", "dropout without rescaling", "dropout unscaled"),
        LABELS: ("shuffled labels", "random labels"),
        MODE: tuple(
            f"dropout {on}" for on in ("on in evaluation", "active at evaluation", "on at test time", "at evaluation")
        ),
    },
    ask={
        DECAY: "which run has the shortest weights, and does it do well even on what it has seen?",
        FINE: "is it good on training images and on new ones, do its two evaluations agree, and is its level near 1?",
        SCALE: "which run has a level that differs between training and evaluation by more than chance?",
        LABELS: "which run knows its training images and nothing else?",
        MODE: "which network gives two answers to one question?",
    },
    wrong="""
    accuracy_only [C = nothing wrong; E = nothing wrong]: a reading of the accuracy on new images alone
        | which of the runs that do well have an instrument that is off?
    level_ignored [C = nothing wrong]: a reading without the level of the hidden layer
        | in which run does the next layer receive less in training than in evaluation?
    second_evaluation_ignored [E = nothing wrong]: a reading without the second evaluation
        | can a network that draws nothing give two different accuracies?
    dropout_faults_exchanged [C <-> E]: a reading that exchanges the two faults of dropout
        | which of the two makes an evaluation differ from the next one?
    low_is_shuffled [A <-> D]: a reading that exchanges strong decay and shuffled labels
        | which of the two runs does badly even on its training images?
    both_shuffled [A = labels shuffled]: a reading in which every bad run has shuffled labels
        | which of the two has learned its training images by heart?
    both_decay [D = decay too strong]: a reading in which every bad run has too much decay
        | can weights that are held short learn 300 meaningless labels?
    memorised_is_fine: a reading of the accuracy on the training images alone
        | what does a network know that is right on its training images and nowhere else?
        C = nothing wrong; D = nothing wrong; E = nothing wrong
    fine_run_suspected [B <-> E]: a reading that takes the healthy run for one with dropout on
        | by how much do its two evaluations differ?
    """,
    hints="""
    Each fault has one instrument that shows it. Go column by column and look for the odd one out.
    One in ten is the accuracy of guessing.
    Inverted dropout keeps the mean: the level is near 1 when it is right.
    """,
    not_tested="runs with two faults at once",
)
