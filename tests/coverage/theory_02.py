"""Where lesson 02 and its sheet show the concepts (T) and corrections (E) of the theory document."""

COVERS = {
    "T21": ("zeros-run", "zeros-train-claim", "zeros-fine-run", "sheet:zero_start"),
    "T22": ("large-print", "large-claim", "large-relu", "sheet:read_start_panels"),
    "T23": ("one-layer-run", "xavier-numbers", "rectangular-claim", "sheet:glorot_uniform"),
    "T24": ("relu-half-run", "depth-run", "depth-claim", "check-claim", "sheet:he_normal"),
    "E03": ("xavier", "xavier-numbers", "sheet:xavier_name", "sheet:glorot_uniform:lecun"),
    "E04": ("relu-half-run", "torch-default-run", "depth-claim", "sheet:he_normal:lecun", "sheet:xavier_name:torch_he"),
    "E05": ("zeros-why", "zeros-run", "zeros-fine-run", "sheet:zero_start:believed"),
    "E06": ("large-refuted", "large-claim", "large-relu", "sheet:read_start_panels"),
}
