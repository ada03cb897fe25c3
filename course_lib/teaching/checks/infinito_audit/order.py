"""The order of an audit: its lines and the known mistakes."""

from typing import Any

from course_lib.teaching.exercises.kinds import Property, lettered, order

# Shown in this order; two lines are not needed. What each line makes, and what it needs.
LINES = lettered("""
    A  floor = entropy_rate(source)
    B  reproduced = within(bands, run.history)
    C  bands = choose_bands(report, run.history)
    D  train_text, held_out = draw(source, 'train'), draw(source, 'validation')
    E  run = train(recipe, vocabulary.encode(train_text))
    F  vocabulary = Vocabulary.build(train_text)
    G  loss = evaluate(run.model, vocabulary.encode(held_out))
    H  vocabulary = Vocabulary.build(train_text + held_out)
    I  verdict = judge(reproduced, loss, floor)
    J  bands = choose_bands(report)
""")
_MAKES = {"A": "floor", "B": "reproduced", "C": "bands", "D": "texts", "E": "run", "F": "vocabulary", "G": "loss",
          "H": "vocabulary", "I": "verdict", "J": "bands"}  # fmt: skip
_NEEDS = {"B": ("bands", "run"), "C": ("run",), "E": ("vocabulary", "texts"), "F": ("texts",),
          "G": ("run", "vocabulary", "texts"), "H": ("texts",), "I": ("reproduced", "loss", "floor")}  # fmt: skip


def traits(letters: Any) -> dict[str, str]:
    """What decides about an order: its lines, the first that needs what is not made yet ("I: loss"), when bands are."""
    if not isinstance(letters, list) or not all(isinstance(letter, str) for letter in letters):
        return {"lines": "no letters", "too early": "", "bands": ""}
    made, early, bands = {""}, "", ""
    for letter in letters:
        lacks = [name for name in _NEEDS.get(letter, ()) if name not in made]
        early = early or (f"{letter}: {', '.join(lacks)}" if lacks else "")
        if letter in "CJ" and not bands:
            bands = "after the run" if "run" in made else "before the run"
        made.add(_MAKES.get(letter, ""))
    return {"lines": "".join(sorted(letters)), "too early": early, "bands": bands}


_UNWANTED = {
    "C": "with C the bands know the run\ncan a run lie outside of bands that were drawn around it?",
    "H": "with H the vocabulary knows the held-out text\nfrom which text may a model know its words?",
}


def _told(seen: Any, right: Any) -> str | None:
    lines = seen["lines"]
    if lines == "no letters":
        return 'the answer is a text of letters, such as "A B C"'
    for letter in lines:
        if letter not in LINES:
            return f"there is no line {letter}"
        if lines.count(letter) > 1:
            return f"line {letter} stands in it twice"
    asked = [question for letter, question in _UNWANTED.items() if letter in lines]
    missing = [letter for letter in right["lines"] if letter not in lines]
    if asked or missing:
        few = f"line {missing[0]} is missing" if len(missing) == 1 else f"{len(missing)} lines are still missing"
        return asked[0] if asked else few
    letter, _, lacks = seen["too early"].partition(": ")
    if letter:
        told = lacks.replace("texts", "held_out" if letter == "G" else "train_text").replace(", ", "`, `")
        asked_last = "which lines make them?" if ", " in lacks else "which line makes it?"
        return f"line {letter} comes too early: it reads `{told}`, which no line has made by then\n{asked_last}"
    return "the bands are chosen after the run" if seen["bands"] != right["bands"] else None


ORDER_AUDIT = order(
    "order_audit: The order of an audit | difficulty 2, 8 minutes",
    LINES,
    "JDFEBAGI",
    observe=traits,
    also="""
    floor_first [AJDFEBGI]: the floor first: it needs nothing but the source
    bands_later [DFAJEGBI]: the bands are chosen just before the run
    floor_last [JDFEBGAI]: the floor just before the verdict
    """,
    wrong="""
    bands_after [DFEJBAGI]: an audit that chooses its bands when the run is known
        | which bands would not fit a run that has been seen?
    bands_from_the_run [DFECBAGI]: an audit that makes its bands from the run
        | can a run lie outside of bands that were drawn around it?
    both_texts [JDHEBAGI]: a vocabulary of both texts
        | what does the model know of the held-out text before it is evaluated?
    no_floor [JDFEBGI]: a verdict without a floor | what is the loss to be compared with?
    no_bands [DFEAGI]: an audit that reproduces nothing | which line says whether the number came out?
    not_evaluated [JDFEBAI]: a verdict without a held-out loss | on which text is the model judged?
    verdict_early [JDFEBAIG]: a verdict before the evaluation | which name does the verdict need?
    verdict_without_floor [JDFEBGIA]: a verdict before the floor is known | what is the loss to be compared with?
    verdict_without_bands [JDFEAGIB]: a verdict before the comparison with the bands
        | which line says whether the number came out?
    evaluated_early [JDFGEBAI]: an evaluation before the training | which model would be evaluated?
    run_first [JDEFBAGI]: a training without a vocabulary | what turns the words into numbers?
    text_late [JFDEBAGI]: a vocabulary before its text | which words would it hold?
    within_early [JDFBEAGI]: a comparison before the run | which history would lie within the bands?
    """,
    properties=(Property("the lines and their order", _told),),
    hints="""
    For each line ask which names it reads, and which line makes them.
    No name tells you when the bands have to be chosen: what would be wrong with choosing them last?
    The vocabulary belongs to the training text alone.
    """,
    not_tested="the place of the floor and of the comparison, which is free as long as they come before the verdict",
)
