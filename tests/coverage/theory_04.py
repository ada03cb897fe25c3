"""Where lesson 04 and its sheet show the concepts (T) and corrections (E) of the theory document."""

COVERS = {
    "T04": ("count-claims", "sheet:count_updates"),
    "T07": ("limit-paths", "limit-figure", "edge-claims", "edge-seeds-claims", "sheet:largest_eigenvalue"),
    "T08": (
        "schedules-expected",
        "schedules-figure",
        "plateau-runs",
        "sheet:step_decay",
        "sheet:plateau",
        "sheet:warmup_cosine",
    ),
    "E12": ("count-claims", "count-horizon-run", "sheet:count_updates", "sheet:count_updates:iterations"),
    "E15": ("refuted-range-run", "trapped-claims", "range-run", "sheet:audit_rates:believed"),
    "E16": ("bugs-power",),
    "E17": ("bugs-modulo-claims", "sheet:step_decay:fires_at_zero", "sheet:order_schedule:by_modulo"),
    "E18": ("plateau-claim", "schedules-expected", "sheet:order_schedule:plateau_by_batch"),
    "E33": ("count-epochs-claims", "sheet:audit_rates:as_many_epochs"),
}
