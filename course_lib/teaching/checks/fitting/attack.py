"""Does the learner's test find checkpoints that lose something? Its known mistakes, and the check of resume_passes."""

from collections.abc import Callable, Sequence
from typing import Any
from unittest import mock

import numpy as np

from course_lib.teaching.checks.fitting.runs import PLANTED, RIGHT, Run, Version
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, limited, one_truth
from course_lib.teaching.exercises.observe import attack
from course_lib.training.plain import resume_passes

_CUTS = ((7,), (3,), (10,), (3, 5, 12))
Test = Callable[..., bool]


def _same(whole: Any, part: Any) -> bool:
    return np.array_equal(whole.weights, part.weights) and whole.score() == part.score()


def _same_bytes(whole: Any, part: Any) -> bool:
    return whole.weights.tobytes() == part.weights.tobytes() and whole.score() == part.score()


def _tester(
    *,
    cuts: Sequence[tuple[int, ...]] = _CUTS,
    seeds: tuple[int, ...] = (0, 1),
    steps: int = 21,
    same: Callable[[Any, Any], bool] = _same,
    goes_on: bool = True,
    every_step: bool = True,
) -> Test:
    """A test of resuming that is right with these defaults; each known mistake changes one of them."""

    def test(start: Callable[[int], Any], save: Callable[[Any], Any], load: Callable[[Any], Any]) -> bool:
        for seed in seeds:
            for places in cuts:
                whole, part = start(seed), start(seed)
                for step in range(1, steps + 1):
                    whole.step()
                    part.step()
                    if step in places:
                        checkpoint = save(part)
                        if goes_on:
                            part.step()
                        part = load(checkpoint)
                    if (every_step or step == steps) and not same(whole, part):
                        return False
        return True

    return test


def _right_after(start: Callable[[int], Any], save: Callable[[Any], Any], load: Callable[[Any], Any]) -> bool:
    """Compares the run that was saved with the one that was loaded, and never makes a step with it."""
    for seed in (0, 1):
        for cut in (3, 7, 10):
            run = start(seed)
            for _ in range(cut):
                run.step()
            checkpoint = save(run)
            if not _same(run, load(checkpoint)):
                return False
    return True


def _falls(start: Callable[[int], Any], save: Callable[[Any], Any], load: Callable[[Any], Any]) -> bool:
    run = start(0)
    first = run.score()
    for _ in range(10):
        run.step()
    run = load(save(run))
    for _ in range(11):
        run.step()
    return run.score() < first


VARIANTS = (
    Variant("at_the_end", _tester(every_step=False, steps=25), "a comparison at the end alone"),
    Variant("every_place", _tester(cuts=[(k, k + 2) for k in range(1, 16)]), "every place of two epochs"),
    Variant("as_bytes", _tester(same=_same_bytes), "weights compared as bytes"),
)


def _mistake(id: str, cause: str, question: str, answer: Test) -> Mistake:
    return Mistake(id, cause, question, answer)


MISTAKES = (
    _mistake(
        "between_epochs",
        "a test that cuts only between two epochs",
        "which faults show only in the middle of an epoch?",
        _tester(cuts=((7,), (14,), (7, 14))),
    ),
    _mistake(
        "first_epoch",
        "a test that cuts only in the first epoch",
        "what does a checkpoint that forgets the epoch say in epoch 1?",
        _tester(cuts=((2,), (3,), (2, 5))),
    ),
    _mistake(
        "cut_once",
        "a test that resumes once",
        "is a run that was resumed before saved as rightly as a fresh one?",
        _tester(cuts=((7,), (3,), (10,))),
    ),
    _mistake(
        "one_seed",
        "a test with one seed, the default",
        "what if the seed is not saved, and is 0 where it is missing?",
        _tester(seeds=(0,)),
    ),
    _mistake(
        "weights_alone",
        "a test that compares the weights alone",
        "what does score() read that is no weight?",
        _tester(same=lambda a, b: np.array_equal(a.weights, b.weights)),
    ),
    _mistake(
        "score_rounded",
        "a test that compares scores to three decimals",
        "how much do 24 bits in place of 53 change a score?",
        _tester(same=lambda a, b: round(a.score(), 3) == round(b.score(), 3)),
    ),
    _mistake(
        "with_tolerance",
        "a test with a tolerance of a thousandth",
        "how far is a run from itself that was resumed rightly?",
        _tester(same=lambda a, b: np.allclose(a.weights, b.weights, atol=1e-3) and abs(a.score() - b.score()) < 1e-3),
    ),
    _mistake(
        "right_after_loading",
        "a test that compares right after loading and makes no step",
        "when does a lost momentum show in the weights?",
        _right_after,
    ),
    _mistake(
        "saved_run_stands",
        "a test in which the saved run stands still",
        "what becomes of the checkpoint when the saved run goes on?",
        _tester(goes_on=False),
    ),
    _mistake(
        "updates_counted",
        "a test that compares how many updates were made",
        "can two runs make equally many updates and be different?",
        _tester(same=lambda a, b: a.updates == b.updates),
    ),
    _mistake(
        "loss_falls",
        "a test that asks whether the loss still falls",
        "does a run without its momentum not fall any more?",
        _falls,
    ),
    _mistake(
        "reversed",
        "a test with True and False exchanged",
        "what shall it return for a checkpoint that is right?",
        lambda start, save, load: not resume_passes(start, save, load),
    ),
    _mistake("accepts_all", "a test that accepts everything", "does a path lead to `return False`?", lambda *_: True),
    _mistake(
        "rejects_all",
        "a test that rejects everything",
        "are the two runs compared after equally many steps?",
        lambda *_: False,
    ),
)
# What to ask about each fault that survived, in the order in which it is asked.
_SURVIVED = {
    "momentum lost": "do you make steps after loading, and compare then?",
    "order starts again": "do you cut in the middle of an epoch?",
    "noise starts again": "do you cut in the middle of an epoch?",
    "epochs start again": "do you cut after the first epoch too?",
    "seed not saved": "do you try more than one seed?",
    "statistics lost": "do you compare score() as well as weights?",
    "arrays shared": "does the saved run make a step before you load?",
    "right only once": "do you resume a run that was resumed before?",
    "weights in float32": "do you compare bit for bit?",
    "momentum in float16": "do you compare bit for bit?",
}


_FORM = {False: "what if the two runs never differ, or never agree?", True: "where does it return False?"}


def _reading(seen: Any, right: Any) -> str | None:
    if seen["form"] != right["form"]:
        return f"your test {seen['form']}\n{_FORM['returns' in seen['form']]}"
    said = list(seen["right"].values())
    if True in said and False in said:
        return "one right version is rejected, another is not: what do you ask that is not in the rules?"
    if any(accepted is not True for accepted in seen["right"].values()):
        return "a right version is rejected: do both runs make equally many steps, from the same seed?"
    alive = [name for name, accepted in seen["planted"].items() if accepted is not False]
    asked = [question for name, question in _SURVIVED.items() if name in alive]
    return asked[0] if asked else None


def _observe(answer: Callable[..., Any]) -> dict[str, Any]:
    notes: list[str] = []
    forms: list[str] = []

    def test(version: Version) -> Any:
        kind = "right" if version in RIGHT.values() else "wrong"
        step = limited(Run.step, f"does not end for a version that is {kind}", notes)
        with mock.patch.object(Run, "step", step):
            return one_truth(answer, (Run, version.save, version.load), forms)

    seen = attack(test, right=RIGHT, planted=PLANTED)
    notes += forms
    return seen | {"form": notes[0] if notes else "it ends, with True or False"}


RESUME_PASSES = Exercise(
    slug="resume_passes",
    title="Attack: a test that kills broken checkpoints",
    kind="attack",
    core=True,
    difficulty=3,
    minutes=25,
    reference=resume_passes,
    observe=_observe,
    accepted=VARIANTS,
    mistakes=MISTAKES,
    properties=(Property("what survived", _reading),),
    hints=(
        "Two runs from one seed: one goes through, the other is saved, loaded and goes on. Compare after every step.",
        "Cut between epochs, within one, in a later one, and more than once in a run.",
        "Let the saved run make a step before you load: a checkpoint that shares its arrays moves along.",
    ),
    not_tested="files: what a kill in the middle of writing leaves behind",
    indistinguishable=all_the_same(VARIANTS),
)
