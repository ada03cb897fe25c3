"""Numbers in answers and reasons of questions that no claim states in this form, each with its reason.

"arithmetic": it follows from the numbers of the question, or of the sentence. "setting": what the question, or the code
of its section, is given. "claimed: cell": that cell claims the same in another form or with more digits. "implied:
cell": the claim of that cell is the stronger one. "no number": it is an operator of code.
"""

REASONS = ("arithmetic", "setting", "no number")

QUESTIONS = {
    "01-leak": {"90 %": "implied: leak-found"},
    "01-small-step": {"0.9": "arithmetic", "1.2": "arithmetic"},
    "02-tanh": {"2/3": "arithmetic"},
    "02-zero-sigmoid": {"1/2": "arithmetic"},
    "02-relu-30": {"30,000": "arithmetic"},
    "04-limit": {"10 %": "claimed: limit-paths-claims", "2.1": "arithmetic"},
    "04-momentum": {"10 times": "arithmetic"},
    "04-modulo": {"0 %": "no number"},
    "04-broken": {"0.95": "setting"},
    "04-curvature": {"0.26": "setting", "0.24": "setting"},
    "04-range-test": {"0.1": "arithmetic", "a third": "arithmetic"},
    "05-memorise": {"90 %": "claimed: memorise-claim"},
    "05-scale": {"0.2": "arithmetic"},
    "06-best-of": {"2.5": "claimed: bias-noise-claims"},
    "08-means": {"10 %": "claimed: count-run-claims"},
    "08-mode": {"Half": "setting"},
    "08-accumulate": {"three times": "arithmetic"},
    "09-underflow": {"10,000": "setting", "half": "arithmetic"},
    "09-parallel": {"1/5": "arithmetic", "1/16": "arithmetic"},
    "09-scaler": {"1e-8": "arithmetic"},
    "09-linear-scaling": {"A quarter": "arithmetic"},
    "10-row-three": {"1/4": "arithmetic"},
}
