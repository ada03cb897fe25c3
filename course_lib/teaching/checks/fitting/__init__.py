"""The checks of sheet 08, from the loop to fit: the answers that they know, and the probes that separate them."""
