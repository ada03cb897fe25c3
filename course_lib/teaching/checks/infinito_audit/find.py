"""Six runs, of which one is honest: their curves, the key and the known readings."""

import math

from course_lib.core.recordings import read_recording
from course_lib.teaching.exercises.kinds import find

HONEST, NEXT, UNSHIFTED, MEMORIZES, SAME, PADDED = WORDS = (
    "honest",
    "sees the next token",
    "asked for what it is given",
    "memorizes",
    "held out is the training text",
    "padding counted",
)
KEY = {"A": PADDED, "B": HONEST, "C": SAME, "D": UNSHIFTED, "E": NEXT, "F": MEMORIZES}
_RUNS = dict(zip(WORDS, ("honest", "no mask", "not shifted", "memorizes", "same text", "padded"), strict=True))
_STEPS = (50, 100, 200, 400, 800)


def six_curves() -> str:
    """The recorded perplexities of the runs A to F: of the training text and of the held-out text, without noise."""
    rows = read_recording("infinito_leaks").rows
    lines = ["run   text        " + "".join(f"{f'update {step}':>12}" for step in _STEPS)]
    for letter, word in KEY.items():
        points = {row["step"]: row for row in rows if row["run"] == _RUNS[word] and row["seed"] == 0}
        for part, name in (("train", "training"), ("held_out", "held out")):
            numbers = "".join(f"{points[step][part]:>12,.2f}" for step in _STEPS)
            lines.append(f"{letter if part == 'train' else ' ':<6}{name:<12}{numbers}")
    return "\n".join(lines)


_SYNONYMS = {
    HONEST: ("sound", "healthy", "no leak"),
    NEXT: ("sees next", "next token", "no mask", "sees the future", "sees its target"),
    UNSHIFTED: ("not shifted", "unshifted", "target not shifted", "copies its input", "asked for what its given"),
    MEMORIZES: ("memorises", "memorized", "memorizing", "memorising", "memorization", "remembers", "overfits",
                "overfitting"),
    SAME: ("same text", "held out training text", "held out text is training text", "validation is training text"),
    PADDED: ("padding", "padded", "counts padding", "padding is counted", "padding counts"),
}  # fmt: skip

NAME_THE_RUNS = find(
    "name_the_runs: Find: six runs, and one is honest | difficulty 2, 12 minutes",
    KEY,
    words=WORDS,
    synonyms=_SYNONYMS,
    ask={
        "A": "where does A come to rest, on both texts, and which share of a block would be free of charge there?",
        "B": "does the held-out perplexity of B ever pass the floor?",
        "C": "how far apart are the two lines of C, to the last digit?",
        "D": f"can copying a visible neighbour get below exp(floor / 32) = {math.exp(4.5267 / 32):.3f}?",
        "E": "below which number is E on fresh text, and how long does it take to get there?",
        "F": "what does F do on fresh text while it falls on its own?",
    },
    names={"NEXT": NEXT, "UNSHIFTED": UNSHIFTED, "SAME": SAME},
    wrong="""
    leaks_exchanged [D <-> E]: a reading that exchanges D and E
    both_next [D = NEXT]: a reading that finds one leak in D and E
    both_unshifted [E = UNSHIFTED]: a reading that takes both falls to 1 for copies of the input
    low_is_a_leak [C = NEXT]: a reading in which C sees the next token
        | how far apart are the two lines of C, to the last digit?
    c_memorizes [C = memorizes]: a reading that takes both lines of C for remembered text
    fall_is_a_leak [F = NEXT]: a reading that finds a leak in a falling training perplexity
        | on which text does a low perplexity prove a leak?
    padding_is_honest [A = honest]: a reading that takes 23 for an honest number
    all_below_leak [A = NEXT]: a reading that calls everything below the floor a visible target
        | can a model that sees its target rest at 23?
    honest_memorizes [B = memorizes]: a reading that takes B for a model that memorizes
    f_is_same [C <-> F]: a reading that exchanges C and F | how far apart are the two lines of C, to the last digit?
    """,
    hints="""
    Compare with the ladder: 101.00, 97.07, the floor 92.45, and exp(4.5267 / 32) for copying what is visible.
    Below the floor on fresh text: a leak, or another question. Below it on training text alone: memory.
    Two lines that agree to the last digit are one text.
    """,
    not_tested="whether you could tell the runs apart by their first row alone",
)
