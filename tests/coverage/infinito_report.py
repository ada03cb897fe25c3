"""Where lesson 11 and its sheet show each row of the INFINITO training report: its tables, and its headline facts.

A key is "table/row"; facts are kept in a table of that name. At least one of the cells must show the row's own text.
"""

_EPOCHS = ("rates-run", "columns-run", "run-read", "run-claim", "run-figure", "means-run")
_RECIPE = ("recipe",)
_SCRIPT = ("recipe-rest",)
_SPEED = ("times-run",)
_CODE = ("verdict-rest",)
_EXPECTED = ("forecast-run", "verdict-others")

COVERS = {
    **{f"epochs/{epoch}": _EPOCHS for epoch in range(1, 16)},
    **{f"phases/{phase}": ("columns-headline",) for phase in (1, 2, 3)},
    "goals/perplexity": ("verdict-goals", "ladder-run", "ladder-best-claims"),
    "goals/convergence": ("verdict-goals", "rates-other-run", "ladder-figure"),
    "goals/reproducibility": ("verdict-goals", "seeds-two", "seeds-run", "spread-run"),
    "goals/no overfitting": ("verdict-goals", "gap-run", "gap-why", "memorize-run"),
    "goals/checkpoints": ("verdict-goals",),
    "facts/final_perplexity": ("setup-quoted", "ladder-best-claims", "verdict-rest"),
    "facts/target_perplexity": ("verdict-rest", "explore-strip"),
    "facts/reduction": ("columns-headline-claims", "columns-headline", "ladder-best-claims", "sheet:audit_improvement"),
    "facts/seconds": _SPEED,
    **{
        f"facts/{name}": _RECIPE
        for name in (
            "vocabulary", "width", "layers", "heads", "memory_slots", "parameters", "epochs", "batch_size",
            "sequence_length", "learning_rate",
        )
    },
    **{f"facts/{name}": _SCRIPT for name in ("optimizer", "scheduler", "seed", "vocabulary_limit")},
    "facts/train_speed": _SPEED,
    "facts/validation_speed": _SPEED,
    "facts/first_perplexity": ("verdict-untrained", "columns-headline", "run-read"),
    "facts/first_loss": ("run-first",),
    "facts/final_loss": ("verdict-rest", "columns-run"),
    "facts/improvement_factor": ("verdict-rest", "columns-headline"),
    "facts/final_train_perplexity": ("gap-run", "verdict-rest"),
    "facts/gap": ("verdict-rest", "gap-run"),
    "facts/best_loss": ("ladder-best-claims",),
    "facts/expected_perplexity": _EXPECTED,
    "facts/expected_vocabulary": _EXPECTED,
    "facts/expected_epochs": _EXPECTED,
    **{
        f"facts/{name}": _CODE
        for name in (
            "lines_before", "lines_after", "lines_saved", "test_lines", "script_lines", "version_before", "version",
        )
    },
    "facts/p_before": ("p-run", "verdict-others", "sheet:audit_seeds"),
    "facts/std_now": ("spread-run", "verdict-others", "sheet:audit_seeds"),
    "facts/untrained_perplexity": ("verdict-untrained", "verdict-others"),
    "facts/time_goal": _SPEED,
}  # fmt: skip
