"""The numbers of the theory document on training neural networks."""

from course_lib.core.reports.record import Fact, Report, Table

RATES = Table(
    "rates",
    "Learning rates and the effect that the document attributes to them",
    ("size", "learning rate", "effect"),
    (
        ("very small", "0.0001", "stable, slow, may get trapped"),
        ("best", "0.001-0.01", "balance"),
        ("very large", "1.0", "unstable, may diverge"),
    ),
    "learning rate",
)

SPLIT = Table(
    "split",
    "Parts of the data",
    ("part", "typical share", "share in the example", "samples in the example"),
    (
        ("train", "60-80%", "70%", "7,000"),
        ("validation", "10-20%", "15%", "1,500"),
        ("test", "10-20%", "15%", "1,500"),
    ),
    "data sets",
)

DEFAULTS = Table(
    "defaults",
    "Settings to start with",
    ("setting", "value"),
    (
        ("learning rate", "0.001"),
        ("batch size", "32"),
        ("epochs", "100"),
        ("optimizer", "Adam"),
        ("hidden layers", "2"),
        ("hidden size", "64-128"),
        ("activation", "ReLU"),
        ("output activation", "softmax or none"),
    ),
    "typical hyper-parameters",
)

_BATCH, _STEP, _RATE, _DATA = "batches", "iterations", "learning rate", "data sets"
_MODEL, _STOP, _DROP = "initialize the model", "early stopping", "dropout"
_INIT, _MOMENTUM, _ADAM = "initialization of weights", "momentum", "Adam"

FACTS = (
    Fact("epochs_range", "10-1000+", "typical number of epochs", "epochs"),
    Fact("batch_example_samples", "1000", "samples of the batch example", _BATCH),
    Fact("batch_example_size", "32", "batch size of the example", _BATCH),
    Fact("batch_example_quotient", "31.25", "samples divided by batch size", _BATCH),
    Fact("batch_example_batches", "32", "batches of an epoch", _BATCH),
    Fact("batch_sizes", "16, 32, 64, 128, 256", "usual batch sizes", _BATCH),
    Fact("iteration_example_samples", "10,000", "samples of the iteration example", _STEP),
    Fact("iteration_example_batch", "100", "batch size of the iteration example", _STEP),
    Fact("iteration_example_epochs", "50", "epochs of the iteration example", _STEP),
    Fact("iteration_example_total", "5,000", "iterations in all", _STEP),
    Fact("exponential_factor", "0.95", "factor of the exponential decay per epoch", _RATE),
    Fact("step_factor", "0.5", "factor of the step decay", _RATE),
    Fact("step_every", "10", "epochs between two steps of the decay", _RATE),
    Fact("total_samples", "10,000", "samples of the split example", _DATA),
    Fact("inputs", "784", "inputs of the example network", _MODEL),
    Fact("hidden_sizes", "128, 64", "hidden layers of the example network", _MODEL),
    Fact("outputs", "10", "outputs of the example network", _MODEL),
    Fact("patience", "10", "epochs without improvement before the stop", _STOP),
    Fact("dropout_rate", "0.5", "default rate of dropout", _DROP),
    Fact("large_scale", "10", "factor of the initialization that is too large", _INIT),
    Fact("xavier_numerator", "1", "numerator of the variance in the formula named Xavier", _INIT),
    Fact("he_numerator", "2", "numerator of the variance in the formula named He", _INIT),
    Fact("momentum", "0.9", "share of the old velocity", _MOMENTUM),
    Fact("beta1", "0.9", "decay of the first moment", _ADAM),
    Fact("beta2", "0.999", "decay of the second moment", _ADAM),
    Fact("adam_rate", "0.001", "typical rate of Adam", _ADAM),
)

REPORT = Report(
    "theory",
    "Theory of training neural networks",
    "",
    "003_ed7ff99f1b380972.txt",
    FACTS,
    (RATES, SPLIT, DEFAULTS),
)
