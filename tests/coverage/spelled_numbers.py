"""Numbers in words, and in texts of figures, that no claim of their section states, each with its reason.

The key is the lesson, the cell and the number as it stands there.

"claimed: cell": the code of that cell claims it, in a form that the linter does not read, such as a loop over two
claims. "setting": what a cell asks for or is given. "arithmetic": it follows from the sentence. "definition": so the
thing is made. "the text": it counts parts of the lesson itself. "drawn": it stands at an axis of the figure, and says
where a line of it lies to a reader who does not see it.
"""

REASONS = ("setting", "arithmetic", "definition", "the text", "drawn")

SPELLED = {
    "01": {
        "leak-predict": {"one in ten": "arithmetic"},
        "halfway": {"24 of 43": "the text"},
        "rate-ratio": {"six times": "claimed: rate-safe-run"},
        "curves-figure": {"0.1": "drawn", "1.7": "drawn"},
    },
    "02": {
        "tanh-fact": {"5/3": "setting"},
        "orthogonal-limit": {"three quarters": "arithmetic"},
        "adam": {"one of 11": "setting"},
        "adam-epsilon-reading": {"4 of 6": "claimed: adam-epsilon-claim"},
        "map-figure": {"2.4": "drawn", "1.41": "drawn"},
        "tanh-figure": {"5/3": "setting"},
        "broken-figure": {"1.8": "drawn", "1.2": "drawn"},
    },
    "03": {
        "try-first": {"a hundred times": "arithmetic"},
        "try-first-reading": {"half": "the text"},
        "sensitivity-reading": {"four of the seven": "claimed: sensitivity-claim-claims"},
        "compare-figure": {"0.2": "drawn"},
        "slow-figure": {"2.3": "drawn"},
    },
    "04": {
        "try-first-reading": {"one of the three": "claimed: try-first-grid-claims"},
        "range-reading": {"A third": "setting"},
        "schedules-reading": {"a third": "definition"},
        "count-horizon": {"a quarter": "arithmetic"},
        "count-epochs-reading": {"a quarter": "arithmetic"},
        "sensitivity-figure": {"95 %": "setting", "0.0001": "drawn", "0.01": "drawn"},
        "range-figure": {"0.5": "drawn"},
        "schedules-figure": {"0.04": "drawn", "a third": "definition"},
        "scaling-figure": {"95 %": "setting"},
    },
    "05": {
        "compare": {"160 of the 200": "setting"},
    },
    "06": {
        "bias-real": {"half": "setting"},
    },
    "07": {
        "gradcheck": {"ten times": "arithmetic", "a hundred times": "arithmetic"},
        "map-reading": {"six in ten": "setting"},
        "epsilon-fact": {"1 of 16": "setting"},
        "gradcheck-figure": {"0.3": "drawn", "1e-10": "drawn"},
        "twice-figure": {"0.9": "drawn"},
    },
    "09": {
        "try-first": {"a third": "setting", "a quarter": "arithmetic"},
        "roof-reading": {"two of the three": "the text"},
        "batch-caution": {"a quarter": "arithmetic"},
        "formats-subnormal": {"half": "definition"},
        "formats-figure": {"26.5": "drawn", "10.5": "drawn"},
        "memory-figure": {"0.36": "drawn"},
    },
    "10": {
        "try-first": {"One of the two": "the text"},
        "attention-source-text": {"1/6": "arithmetic", "2/6": "arithmetic"},
        "reported-five": {"1/256": "arithmetic"},
        "count": {"one of 512": "definition"},
        "count-reading": {"twice": "setting"},
        "phi-why": {"1/3": "arithmetic", "1/64": "arithmetic"},
        "priority-draw": {"Four of six": "setting"},
    },
    "11": {
        "leak-quiet": {"ten times": "setting"},
        "seeds-why": {"one of the two": "setting"},
        "seeds-reading": {"6 of 45": "claimed: seeds-claim", "1 of 45": "claimed: seeds-claim"},
        "forecast-reading": {"one of three": "the text"},
    },
}
