"""Where lesson 03 and its sheet show the concepts (T) and corrections (E) of the theory document."""

COVERS = {
    "T19": ("adamw-sgd-claim", "adamw-claim", "adamw-two", "sheet:adamw"),
    "T25": ("closed-form-run", "quadratic-run", "sheet:momentum"),
    "T26": ("adam-torch", "adam-defaults", "sheet:adam"),
    "T31": ("slow-train", "slow-claim"),
    "E01": ("correction-claim", "correction-digits-claim", "sheet:adam:no_correction"),
    "E02": ("sensitivity-claim", "compare-claim", "reddi-claim", "reddi-long", "sources", "sheet:adam_claim"),
    "E07": ("adamw-sgd-claim", "adamw-claim", "sheet:adamw:through_moments", "sheet:adamw:biases_too"),
    "E25": ("closed-form-run", "convention-claim", "convention-torch", "nesterov-run", "sheet:momentum:rate_outside"),
    "E26": ("idioms-run", "sheet:order_torch_loop:pseudo_code"),
}
