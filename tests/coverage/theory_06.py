"""Where lesson 06 and its sheet show the concepts (T) and corrections (E) of the theory document."""

COVERS = {
    "T17": (
        "rule-source",
        "rule-script-run",
        "min-delta",
        "explore-draw",
        "restore-library",
        "sheet:early_stopping",
        "sheet:fit_and_restore",
    ),
    "E20": (
        "rule",
        "rule-variants",
        "nan-run",
        "alias-run",
        "restore-claim",
        "patience-claim",
        "bias-real-claim",
        "selection-claim",
        "sheet:early_stopping:nan_improves",
        "sheet:early_stopping:without_min_delta",
        "sheet:fit_and_restore:no_restore",
        "sheet:fit_and_restore:alias",
    ),
    "E21": (
        "loss-up-claim",
        "temperature-fit",
        "temperature-claim",
        "dropout-claim",
        "sheet:loss_up_audit:believed",
        "sheet:early_stopping:first_rise",
    ),
    "E22": ("noise-claim", "sheet:smoothed"),
    "E31": ("folds-claim", "selection-claim", "sheet:k_folds", "sheet:order_early_stopping:on_test"),
    "E33": ("seeds-claim", "seeds-reading"),
    "E34": ("seeds-run", "seeds-claim"),
}
