"""What the technical document of VELORA states: a plan in three phases, and no measured result."""

from course_lib.core.reports.record import Fact, Report, Table

PHASES = Table(
    "phases",
    "The three phases of training",
    ("phase", "what is trained", "what is frozen", "data"),
    (
        ("1", "each expert alone", "nothing", "the expert's own domain"),
        ("2", "router and fusion", "experts", "both domains"),
        ("3", "the whole model, unfrozen step by step", "nothing at the end", "mixed"),
    ),
    "training strategy",
)

COMPONENTS = Table(
    "components",
    "Parts of the model",
    ("part", "role"),
    (
        ("MathExpert", "arithmetic and numeric reasoning"),
        ("LanguageExpert", "processing and generation of language"),
        ("NeuralRouter", "decides which expert handles an input"),
        ("ExpertFusion", "combines the outputs of the experts"),
    ),
    "architecture",
)

TRAINING = Table(
    "training",
    "Loss and optimizer of the experts in the pseudocode",
    ("expert", "loss", "optimizer"),
    (("MathExpert", "MSELoss", "Adam"), ("LanguageExpert", "CrossEntropyLoss", "Adam")),
    "implementation of the training",
)

FACTS = (
    Fact("python", "3.8+", "Python version required", "software dependencies"),
    Fact("pytorch", "1.8+", "PyTorch version required", "software dependencies"),
    Fact(
        "operations",
        "addition, subtraction, multiplication, division",
        "tasks of the math expert",
        "data sets",
    ),
    Fact("query_types", "questions, commands, statements", "tasks of the language expert", "data sets"),
)

REPORT = Report(
    "velora",
    "VELORA: technical document and training strategy",
    "",
    "004_0736e6cf43119fa8.txt",
    FACTS,
    (PHASES, COMPONENTS, TRAINING),
)
