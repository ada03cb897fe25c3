"""Numbers in words that no claim of their section states, by lesson, cell and phrase, each with its reason.

"claimed: cell": the code of that cell claims it, in a form that the linter does not read, such as a loop over two
claims. "setting": what a cell asks for or is given. "arithmetic": it follows from the sentence. "definition": so the
thing is made. "the text": it counts parts of the lesson itself.
"""

REASONS = ("setting", "arithmetic", "definition", "the text")

SPELLED = {
    "01": {
        "leak-predict": {"one in ten": "arithmetic"},
        "halfway": {"24 of 43": "the text"},
        "rate-ratio": {"six times": "claimed: rate-safe-run"},
    },
    "02": {
        "tanh-fact": {"5/3": "setting"},
        "orthogonal-limit": {"three quarters": "arithmetic"},
        "adam": {"one of 11": "setting"},
        "adam-epsilon-reading": {"4 of 6": "claimed: adam-epsilon-claim"},
    },
    "03": {
        "try-first": {"a hundred times": "arithmetic"},
        "try-first-reading": {"half": "the text"},
        "sensitivity-reading": {"four of the seven": "claimed: sensitivity-claim-claims"},
    },
    "04": {
        "try-first-reading": {"one of the three": "claimed: try-first-grid-claims"},
        "range-reading": {"A third": "setting"},
        "schedules-reading": {"a third": "definition"},
        "count-horizon": {"a quarter": "arithmetic"},
        "count-epochs-reading": {"a quarter": "arithmetic"},
    },
    "05": {"compare": {"160 of the 200": "setting"}},
    "06": {"bias-real": {"half": "setting"}},
    "07": {
        "gradcheck": {"ten times": "arithmetic", "a hundred times": "arithmetic"},
        "map-reading": {"six in ten": "setting"},
        "epsilon-fact": {"1 of 16": "setting"},
    },
    "09": {
        "try-first": {"a third": "setting", "a quarter": "arithmetic"},
        "roof-reading": {"two of the three": "the text"},
        "batch-caution": {"a quarter": "arithmetic"},
        "formats-subnormal": {"half": "definition"},
    },
    "10": {
        "try-first": {"One of the two": "the text"},
        "attention-source-text": {"1/6": "arithmetic", "2/6": "arithmetic"},
        "reported-five": {"1/256": "arithmetic"},
        "count": {"one of 512": "definition"},
        "count-reading": {"twice": "setting"},
        "phi-why": {"1/3": "arithmetic", "1/64": "arithmetic"},
    },
    "11": {
        "leak-quiet": {"ten times": "setting"},
        "seeds-why": {"one of the two": "setting"},
        "seeds-reading": {"6 of 45": "claimed: seeds-claim", "1 of 45": "claimed: seeds-claim"},
        "forecast-reading": {"one of three": "the text"},
    },
}
