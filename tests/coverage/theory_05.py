"""Where lesson 05 and its sheet show the concepts (T) and corrections (E) of the theory document."""

COVERS = {
    "T16": ("width-figure", "width-claims"),
    "T18": (
        "dropout-source",
        "dropout-mean",
        "dropout-backward-check",
        "sheet:dropout_forward",
        "sheet:dropout_backward",
        "sheet:dropout_passes",
    ),
    "T19": ("decay-source", "decay-sgd", "decay-torch", "decay-adam-run", "decay-adam-claim", "sheet:l2_step"),
    "T20": (
        "augment-source",
        "augment-show",
        "augment-safe-run",
        "augment-flip-run",
        "augment-order-run",
        "sheet:order_augmentation",
        "sheet:copies_before_split",
    ),
    "T30": ("strengths-run", "compare-gains", "compare-show", "compare-claim-right", "compare-claim-wrong"),
    "E07": ("decay", "decay-torch", "decay-adam-reading", "sheet:l2_step:two_missing", "sheet:l2_step:bias_penalised"),
    "E14": ("small-batches-run", "small-batches-claim", "small-batches-fact"),
    "E23": (
        "dropout-backward",
        "dropout-names-mixed",
        "dropout-average",
        "sheet:dropout_forward:not_guarded",
        "sheet:dropout_forward:global_random_state",
        "sheet:dropout_forward:rescaled_at_test",
        "sheet:dropout_backward:new_mask",
    ),
    "E24": (
        "augment-safe",
        "augment-safe-run",
        "augment-order-run",
        "sheet:order_augmentation:copies_before_split",
        "sheet:copies_before_split:believed",
    ),
    "E30": ("width-claims", "width-fact", "compare-claim-right"),
}
