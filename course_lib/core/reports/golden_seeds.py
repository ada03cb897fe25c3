"""What the "golden seed" study states: 10 seeds, then one run with +54.35 %."""

from course_lib.core.reports.record import Fact, Report, Table

METHODS = Table(
    "methods",
    "Comparison of initializations, all columns; the marks of the last two in words",
    ("method", "mean improvement", "best case", "reproducible", "recommended"),
    (
        ("random initialization", "3.44%", "26.36%", "no", "no"),
        ("golden seed 2", "12.70%", "~30%", "in part", "in part"),
        ("super golden seed (seed 42)", "54.35%", "54.35%", "yes, with seed 42 for the data", "yes"),
    ),
    "comparison of methods",
)

ATTEMPTS = Table(
    "attempts",
    "Runs of the model that started from seed 2; a dash where the document names no data seed",
    ("run", "model seed", "data seed", "improvement"),
    (
        ("in the 10-seed experiment", "2", "-", "+29.14%"),
        ("initial weights only", "2", "random", "12.70%"),
        ("seed 2 everywhere", "2", "2", "+10.42%"),
        ("super golden seed", "2", "42", "+54.35%"),
    ),
    "key results; critical findings",
)

EXPECTATIONS = Table(
    "expectations",
    "What the report promises for later use",
    ("option", "expected improvement"),
    (
        ("super golden seed, data seed 42", "~54%"),
        ("super golden seed, own data", "20-40%"),
        ("ensemble of 5-10 models", "30-50%"),
    ),
    "recommendations",
)

_TEN, _ONE, _FILES = "10-seed experiment", "single experiment", "generated files"

FACTS = (
    Fact("seeds", "10", "seeds of the statistical experiment", _TEN),
    Fact("mean_improvement", "3.44%", "mean improvement of the IIT model over the baseline, 10 seeds", _TEN),
    Fact("improvement_spread", "19.55%", "what stands after the plus-minus sign of the mean", _TEN),
    Fact("wins", "7/10", "seeds on which the IIT model was better", _TEN),
    Fact("win_share", "70%", "share of seeds on which the IIT model was better", _TEN),
    Fact("p", "p = 0.554", "test of the 10 paired results; the report says not significant", _TEN),
    Fact("lowest_improvement", "-33.86%", "worst of the 10 seeds", _TEN),
    Fact("highest_improvement", "+26.36%", "best of the 10 seeds", _TEN),
    Fact("best_single", "+30.38%", "best single run before the deeper analysis", _ONE),
    Fact("seed_2_first", "+29.14%", "improvement attributed to seed 2 of the 10-seed experiment", _ONE),
    Fact("seed_2_weights_only", "12.70%", "initial weights of seed 2, other data", "finding 1"),
    Fact("seed_2_everywhere", "+10.42%", "seed 2 for weights, data and optimizer", "finding 2"),
    Fact("super_golden_seed", "+54.35%", "weights of seed 2, data of seed 42", "finding 3"),
    Fact("model_seed", "2", "seed of the initial weights", "finding 3"),
    Fact("data_seed", "42", "seed of the data", "finding 3"),
    Fact("claimed_range", "30-54%", "range of improvements that the study sets out to explain", "title"),
    Fact("claimed_maximum", "54%", "largest improvement claimed in the conclusions", "conclusions"),
    Fact("first_claim", "30%", "improvement that was first taken to be consistent", "conclusions"),
    Fact("golden_seed_range", "12-30%", "improvement stated for the file of golden seed 2", _FILES),
    Fact("golden_seed_size", "860.69 KB", "size of the file of golden seed 2", _FILES),
    Fact("super_golden_seed_size", "861.99 KB", "size of the file of the super golden seed", _FILES),
)

REPORT = Report(
    "golden_seeds",
    "The golden-seed study",
    "2025-11-25",
    "001_b317665c0aed47e1.txt",
    FACTS,
    (METHODS, ATTEMPTS, EXPECTATIONS),
)
